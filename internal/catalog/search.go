package catalog

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math/bits"
	"slices"

	"github.com/uptrace/bun"

	"tintype/internal/catalog/index"
	"tintype/internal/media"
	"tintype/internal/search"
)

// Found is what Search found.
type Found struct {
	Assets []*media.Asset
	// Total counts everything that was found, on whichever page.
	Total int
	Next  string // the cursor of the next page; "" at the end
	// Counts answers the query's aggregations, in their order.
	Counts [][]Count
}

// Count is how many of what was found have a value, or lie in a bucket.
type Count struct {
	Value string // the value, or the bucket's name
	Count int
}

// Search finds assets: everything that is committed, and what this
// transaction did. Total and Counts are exact. A cursor goes on behind the
// last asset of its page, whatever came and went since; one of another query,
// or junk, is Invalid, as is a query that asks what cannot be answered.
//
// What is marked as deleted is found as well, with the status "deleted".
func (tx *Tx) Search(acc media.AccountID, q search.Query) (*Found, error) {
	if err := q.Validate(); err != nil {
		return nil, err
	}
	keys := distinct(q.Keys())
	var after *place
	if q.Cursor != "" {
		var err error
		if after, err = parsePlace(q.Cursor, keys); err != nil {
			return nil, err
		}
	}
	x, err := tx.openIndex(acc)
	if err != nil {
		return nil, err
	}
	plain := search.Plain(q.Where)
	x.need(plain)
	for _, a := range q.Aggregate {
		x.need(search.Plain(a.Among))
	}
	found := x.eval(plain, x.live)
	found.And(x.live)
	pending := x.pendingMatches(q.Where)
	out := &Found{Total: found.Count() + len(pending)}
	for _, a := range q.Aggregate {
		out.Counts = append(out.Counts, x.counts(a, found, pending))
	}
	limit := q.PageSize()
	hits := x.sorter(keys, limit+1, after).run(found, pending)
	if x.err != nil {
		return nil, x.err
	}
	more := len(hits) > limit
	if out.Assets, err = x.assets(acc, hits[:min(limit, len(hits))]); err != nil {
		return nil, err
	}
	if more {
		out.Next = formatPlace(placeOf(keys, out.Assets[limit-1]), keys)
	}
	return out, nil
}

// distinct leaves out keys of a field that was there before.
func distinct(keys []search.Key) []search.Key {
	var out []search.Key
	for _, k := range keys {
		if !slices.ContainsFunc(out, func(o search.Key) bool { return o.Field == k.Field }) {
			out = append(out, k)
		}
	}
	return out
}

func (x *indexed) pendingMatches(where search.Expr) []*pendingAsset {
	var out []*pendingAsset
	plain := search.Plain(where)
	for i := range x.pending {
		if search.Match(plain, x.pending[i].doc) {
			out = append(out, &x.pending[i])
		}
	}
	return out
}

// foundRow is an asset with its document.
type foundRow struct {
	assetRow `bun:",extend"`
	Doc      int `bun:"doc,scanonly"`
}

func (tx *Tx) selectFound(rows *[]foundRow, acc media.AccountID, docs []int) *bun.SelectQuery {
	return tx.selectAssets(rows, acc).ColumnExpr("d.doc AS doc").
		Join("JOIN search_doc AS d ON d.account = a.account AND d.asset = a.id").Where("d.account = ?", string(acc)).Where("d.doc IN (?)", bun.In(docs))
}

// assets reads the assets of hits, in their order.
func (x *indexed) assets(acc media.AccountID, hits []hit) ([]*media.Asset, error) {
	var docs []int
	for _, h := range hits {
		if h.pending == nil {
			docs = append(docs, h.doc)
		}
	}
	found := map[int]*media.Asset{}
	if len(docs) > 0 {
		var rows []foundRow
		if err := x.tx.selectFound(&rows, acc, docs).Scan(x.tx.ctx); err != nil {
			return nil, x.tx.fail("read found assets", err)
		}
		for i := range rows {
			a, err := rows[i].asset()
			if err != nil {
				return nil, x.tx.fail("read asset", err)
			}
			found[rows[i].Doc] = a
		}
	}
	out := make([]*media.Asset, len(hits))
	for i, h := range hits {
		if h.pending != nil {
			out[i] = h.pending.asset
		} else if out[i] = found[h.doc]; out[i] == nil {
			return nil, fmt.Errorf("document %d of the search index has no asset", h.doc)
		}
	}
	return out, nil
}

// counts answers an aggregation.
func (x *indexed) counts(a search.Aggregation, found index.Set, pending []*pendingAsset) []Count {
	if a.Among != nil {
		among := search.Plain(a.Among)
		some := x.eval(among, found)
		some.And(found)
		found = some
		pending = slices.DeleteFunc(slices.Clone(pending), func(p *pendingAsset) bool { return !search.Match(among, p.doc) })
	}
	if len(a.Ranges) > 0 {
		return x.countRanges(a, found, pending)
	}
	counts := map[string]int{}
	for _, p := range pending {
		for _, v := range p.doc.Texts[a.Field] {
			counts[v]++
		}
	}
	var piece index.Chunk
	x.between(term(termValue, a.Field, ""), "", func(term string, chunk int, docs []byte) error {
		if found[chunk] == nil {
			return nil
		}
		piece = index.Chunk{}
		if err := piece.Or(docs); err != nil {
			return err
		}
		if n := piece.CountAnd(found[chunk]); n > 0 {
			counts[value(term)] += n
		}
		return nil
	})
	out := []Count{}
	for _, v := range slices.Sorted(maps.Keys(counts)) {
		out = append(out, Count{v, counts[v]})
	}
	return out
}

func (x *indexed) countRanges(a search.Aggregation, found index.Set, pending []*pendingAsset) []Count {
	out := make([]Count, len(a.Ranges))
	c := x.column(columnNumber + a.Field)
	blocks := slices.Collect(found.Blocks())
	x.read(c, blocks)
	if x.err != nil {
		return nil
	}
	var among [index.BlockSize / 64]uint64
	for i, r := range a.Ranges {
		out[i].Value = r.Name
		for _, p := range pending {
			if v, ok := p.doc.Numbers[a.Field]; ok && r.Holds(v) {
				out[i].Count++
			}
		}
		var low, high *search.Bound
		if r.From != nil {
			low = &search.Bound{Value: *r.From}
		}
		if r.To != nil {
			high = &search.Bound{Value: *r.To, Open: true}
		}
		from, to := ends(low, high)
		for _, n := range blocks {
			if b := c.blocks[n]; b != nil {
				clear(among[:])
				b.numbers.Between(from, to, found.Block(n), among[:])
				for _, w := range among {
					out[i].Count += bits.OnesCount64(w)
				}
			}
		}
	}
	return out
}

// Tags returns a page of the tags of an account's assets of a kind ("" is
// any) that begin with prefix, by their bytes, and the cursor of the next
// page. Tags of deleted assets are not among them.
func (tx *Tx) Tags(acc media.AccountID, kind media.Kind, prefix, cursor string, limit int) ([]string, string, error) {
	if err := checkText("prefix", prefix); err != nil {
		return nil, "", err
	}
	last := ""
	if cursor != "" {
		p, err := parseCursor(cursorTags, cursor)
		if err != nil {
			return nil, "", err
		}
		last = p.id
	}
	x, err := tx.openIndex(acc)
	if err != nil {
		return nil, "", err
	}
	where := search.And{search.Not{Of: search.Equals{Field: "status", Text: "deleted"}}}
	if kind != "" {
		where = append(where, search.Equals{Field: "kind", Text: string(kind)})
	}
	x.need(where)
	among := x.eval(where, x.live)
	among.And(x.live)
	tags := map[string]bool{}
	for _, p := range x.pendingMatches(where) {
		for _, t := range p.doc.Texts["tags"] {
			if len(t) >= len(prefix) && t[:len(prefix)] == prefix && t > last {
				tags[t] = true
			}
		}
	}
	limit = pageSize(limit)
	x.tagsAmong(among, prefix, last, limit+1, tags)
	if x.err != nil {
		return nil, "", x.err
	}
	page := slices.Sorted(maps.Keys(tags))
	if len(page) <= limit {
		return page, "", nil
	}
	return page[:limit], formatCursor(cursorTags, position{id: page[limit-1]}), nil
}

// tagsAmong adds the first tags behind last that documents of a set have.
func (x *indexed) tagsAmong(among index.Set, prefix, last string, most int, tags map[string]bool) {
	var piece index.Chunk
	n := 0
	begin := term(termValue, "tags", prefix)
	x.between(begin, term(termValue, "tags", last), func(term string, chunk int, docs []byte) error {
		tag := value(term)
		if tag == last || tags[tag] || among[chunk] == nil {
			return nil
		}
		piece = index.Chunk{}
		if err := piece.Or(docs); err != nil {
			return err
		}
		if piece.CountAnd(among[chunk]) == 0 {
			return nil
		}
		tags[tag] = true
		if n++; n == most {
			return errEnough
		}
		return nil
	})
}

const cursorTags cursorKind = 'g'

// searchCursor is the text of a cursor: the order that it belongs to, and
// where its page ended. The expression is not part of it: one that holds a
// time counted back from now is another one on each page.
type searchCursor struct {
	Order string `json:"o"`
	place
}

func orderOf(keys []search.Key) string {
	sum := sha256.Sum256(fmt.Append(nil, keys))
	return base64.RawURLEncoding.EncodeToString(sum[:9])
}

func formatPlace(p *place, keys []search.Key) string {
	b, _ := json.Marshal(searchCursor{orderOf(keys), *p}) // of strings and finite numbers
	return base64.RawURLEncoding.EncodeToString(b)
}

// parsePlace accepts what formatPlace wrote for the same order.
func parsePlace(s string, keys []search.Key) (*place, error) {
	invalid := media.Errorf(media.Invalid, "Invalid value for cursor")
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return nil, invalid
	}
	var c searchCursor
	if json.Unmarshal(b, &c) != nil || c.Order != orderOf(keys) || len(c.Values) != len(keys) || c.ID == "" || formatPlace(&c.place, keys) != s {
		return nil, invalid
	}
	return &c.place, nil
}
