package catalog

import (
	"cmp"
	"math"
	"slices"

	"tintype/internal/catalog/index"
	"tintype/internal/media"
	"tintype/internal/search"
)

// hit is something found: a document of the index, or a changed asset.
type hit struct {
	doc     int // of the index, where pending is nil
	pending *pendingAsset
}

// sorter finds the first hits of an order.
type sorter struct {
	x      *indexed
	keys   []sortKey
	most   int
	after  *place // the end of the page before
	sorted []hit  // the best so far
}

// sortKey is a part of the order: the numbers or the texts of a field.
type sortKey struct {
	field      string
	text       bool
	descending bool
	column     *column
}

// place is where a page ended: the values of its last hit.
type place struct {
	Values []search.Value `json:"v"`
	ID     string         `json:"i"`
}

func (x *indexed) sorter(keys []search.Key, most int, after *place) *sorter {
	s := &sorter{x: x, most: most, after: after}
	for _, k := range keys {
		t, _ := search.TypeOf(k.Field)
		if t.HasNumber() {
			s.keys = append(s.keys, sortKey{k.Field, false, k.Descending, x.column(columnNumber + k.Field)})
		}
		if t.HasText() {
			s.keys = append(s.keys, sortKey{k.Field, true, k.Descending, x.column(columnText + k.Field)})
		}
	}
	return s
}

// run returns the best hits among the documents of found and the changed
// assets, in order.
func (s *sorter) run(found index.Set, pending []*pendingAsset) []hit {
	for _, p := range pending {
		s.offer(hit{pending: p})
	}
	blocks := s.order(slices.Collect(found.Blocks()))
	ahead := 1
	for i, n := range blocks {
		if s.x.err != nil {
			return nil
		}
		if s.hopeless(n) {
			break // so are those behind it
		}
		if s.passed(n) {
			continue
		}
		if b := s.keys[0].column.blocks[n]; b != nil && b.numbers == nil && b.texts == nil {
			s.x.read(s.keys[0].column, blocks[i:min(i+ahead, len(blocks))])
			ahead = min(2*ahead, 64)
		}
		worse := s.worse(n)
		for i := range index.Members(found.Block(n)) {
			if !worse(i) {
				s.offer(hit{doc: n*index.BlockSize + i})
			}
		}
	}
	return s.sorted
}

// worse returns a quick look at the first key of a block's documents: true of
// one that certainly comes behind all of a list that is full.
func (s *sorter) worse(n int) func(i int) bool {
	k := s.keys[0]
	b := k.column.blocks[n]
	if b == nil || len(s.sorted) < s.most {
		return func(int) bool { return false }
	}
	last := s.sorted[s.most-1]
	if k.text {
		text, ok := s.text(k, last)
		if !ok || b.texts == nil {
			return func(int) bool { return false }
		}
		at := b.texts.Find(text)
		return func(i int) bool {
			rank, ok := b.texts.Rank(i)
			return !ok || k.descending && rank < at || !k.descending && rank > at
		}
	}
	v, ok := s.number(k, last)
	if !ok || b.numbers == nil {
		return func(int) bool { return false }
	}
	return func(i int) bool {
		n, ok := b.numbers.Get(i)
		return !ok || k.descending && n < v || !k.descending && n > v
	}
}

// offer takes a hit in if it is behind the page before and among the best.
func (s *sorter) offer(h hit) {
	if len(s.sorted) == s.most && s.compare(h, s.sorted[s.most-1]) >= 0 {
		return
	}
	if s.after != nil && s.compareTo(h, s.after) <= 0 {
		return
	}
	at, _ := slices.BinarySearchFunc(s.sorted, h, s.compare)
	if len(s.sorted) == s.most {
		s.sorted = s.sorted[:s.most-1]
	}
	s.sorted = slices.Insert(s.sorted, at, h)
}

// order puts blocks first that may hold the best, as their bounds tell.
func (s *sorter) order(blocks []int) []int {
	if k := s.keys[0]; !k.text {
		slices.SortStableFunc(blocks, func(a, b int) int { return cmp.Compare(k.best(a), k.best(b)) })
	}
	return blocks
}

// best is the least that a block can hold in the direction of the key.
func (k sortKey) best(n int) float64 {
	b := k.column.blocks[n]
	switch {
	case b == nil || b.filled == 0:
		return math.Inf(1)
	case k.descending:
		return -b.most
	}
	return b.least
}

// hopeless: the list is full, and nothing in the block comes before its last.
func (s *sorter) hopeless(n int) bool {
	k := s.keys[0]
	if k.text || len(s.sorted) < s.most {
		return false
	}
	v, ok := s.number(k, s.sorted[s.most-1])
	if k.descending {
		v = -v
	}
	return ok && k.best(n) > v
}

// passed: everything in the block was on earlier pages.
func (s *sorter) passed(n int) bool {
	k := s.keys[0]
	if k.text || s.after == nil {
		return false
	}
	b, end := k.column.blocks[n], s.after.Values[0].Number
	if b == nil || b.filled < index.BlockSize || end == nil {
		return false
	}
	if k.descending {
		return b.least > *end
	}
	return b.most < *end
}

func (s *sorter) number(k sortKey, h hit) (float64, bool) {
	if h.pending != nil {
		n, ok := h.pending.doc.Numbers[k.field]
		return n, ok
	}
	return s.x.number(k.column, h.doc)
}

func (s *sorter) text(k sortKey, h hit) (string, bool) {
	if h.pending != nil {
		return sortText(h.pending.doc, k.field)
	}
	return s.x.text(k.column, h.doc)
}

func (s *sorter) id(h hit) string {
	if h.pending != nil {
		return string(h.pending.asset.ID)
	}
	id, _ := s.x.text(s.x.column(columnText+"id"), h.doc)
	return id
}

func (s *sorter) compare(a, b hit) int {
	for _, k := range s.keys {
		c := 0
		if k.text {
			v, ok := s.text(k, a)
			w, also := s.text(k, b)
			c = ordered(v, w, ok, also, k.descending)
		} else {
			v, ok := s.number(k, a)
			w, also := s.number(k, b)
			c = ordered(v, w, ok, also, k.descending)
		}
		if c != 0 {
			return c
		}
	}
	return cmp.Compare(s.id(a), s.id(b))
}

func ordered[T cmp.Ordered](v, w T, ok, also, descending bool) int {
	switch {
	case !ok && !also:
		return 0
	case !ok:
		return 1
	case !also:
		return -1
	case descending:
		return cmp.Compare(w, v)
	}
	return cmp.Compare(v, w)
}

// compareTo compares a hit with the end of the page before.
func (s *sorter) compareTo(h hit, p *place) int {
	at := -1
	field := ""
	for _, k := range s.keys {
		if k.field != field {
			at++
			field = k.field
		}
		c, end := 0, p.Values[at]
		if k.text {
			v, ok := s.text(k, h)
			w := ""
			if end.Text != nil {
				w = *end.Text
			}
			c = ordered(v, w, ok, end.Text != nil, k.descending)
		} else {
			v, ok := s.number(k, h)
			w := 0.0
			if end.Number != nil {
				w = *end.Number
			}
			c = ordered(v, w, ok, end.Number != nil, k.descending)
		}
		if c != 0 {
			return c
		}
	}
	return cmp.Compare(s.id(h), p.ID)
}

// placeOf says where a hit stands.
func placeOf(keys []search.Key, a *media.Asset) *place {
	p := &place{ID: string(a.ID)}
	d := search.Of(a)
	for _, k := range keys {
		v := search.ValueOf(d, k.Field)
		t, _ := search.TypeOf(k.Field)
		if !t.HasText() {
			v.Text = nil
		}
		p.Values = append(p.Values, v)
	}
	return p
}
