package catalog

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"tintype/internal/catalog/index"
	"tintype/internal/media"
	"tintype/internal/search"
)

const (
	// foldAt is how many changed assets are worth folding.
	foldAt = 128
	// foldMost bounds how many are folded in one transaction while requests
	// are served, and foldBulk while the catalog is being opened.
	foldMost, foldBulk = 512, 4 * index.BlockSize
)

// foldSearch brings up to most changed assets of an account into its index,
// and returns how many it took. Who folds the same account waits.
func (db *DB) foldSearch(ctx context.Context, acc media.AccountID, most int) (int, error) {
	taken := 0
	err := db.run(ctx, true, func(tx *Tx) error {
		if db.back.lock != nil {
			if err := db.back.lock(tx.ctx, tx.tx, "search "+string(acc), false); err != nil {
				return tx.failWrite("lock search index", err)
			}
		}
		f := &fold{tx: tx, acc: string(acc), terms: map[termPiece][]int{}, numbers: map[columnPiece]map[int]float64{}, texts: map[columnPiece]map[int]string{}}
		var err error
		taken, err = f.run(most)
		return tx.failWrite("fold search index", err)
	})
	return taken, err
}

// fold is one folding of changed assets into the index of their account. A
// document never changes: an asset that did gets a new one, and the old one
// is no longer live.
type fold struct {
	tx    *Tx
	acc   string
	next  int
	swept string // where a sweep is; see sweep
	live  map[int]*index.Chunk
	// what the new documents add to pieces
	terms   map[termPiece][]int
	numbers map[columnPiece]map[int]float64
	texts   map[columnPiece]map[int]string
}

type termPiece struct {
	chunk int
	term  string
}

type columnPiece struct {
	column string
	block  int
}

func (f *fold) run(most int) (int, error) {
	changed, err := f.changed(most)
	if err != nil || len(changed) == 0 {
		return 0, err
	}
	if err := f.open(); err != nil {
		return 0, err
	}
	sparse, err := f.sparse()
	if err != nil {
		return 0, err
	}
	again := slices.Concat(changed, sparse)
	slices.Sort(again)
	again = slices.Compact(again)
	if err := f.bury(again); err != nil {
		return 0, err
	}
	var rows []assetRow
	q := f.tx.selectAssets(&rows, media.AccountID(f.acc)).Where("a.id IN (?)", bun.In(again)).OrderExpr("a.created_at, a.id")
	if err := q.Scan(f.tx.ctx); err != nil {
		return 0, err
	}
	var docs table
	for i := range rows {
		a, err := rows[i].asset()
		if err != nil {
			return 0, err
		}
		docs.add(f.acc, int64(f.next), string(a.ID))
		f.add(search.Of(a))
	}
	docs.name, docs.columns, docs.keys = "search_doc", []string{"account", "doc", "asset"}, 2
	if err := f.tx.putAll(docs); err != nil {
		return 0, err
	}
	if err := cmp.Or(f.storeTerms(), f.storeColumns(), f.storeLive(), f.sweep()); err != nil {
		return 0, err
	}
	_, err = f.tx.tx.ExecContext(f.tx.ctx, "DELETE FROM search_pending WHERE account = ? AND asset IN (?)", f.acc, bun.In(changed))
	return len(changed), err
}

// changed returns assets that changed. On PostgreSQL their marks are locked,
// so that who changes one of them again waits, and leaves a new mark; a mark
// that somebody is setting is left for another time.
func (f *fold) changed(most int) ([]string, error) {
	query := "SELECT asset FROM search_pending WHERE account = ? ORDER BY asset LIMIT ?"
	if f.tx.db.back.rowLocks {
		query += " FOR UPDATE SKIP LOCKED"
	}
	var ids []string
	err := f.tx.eachRow("read changed assets", query, []any{f.acc, most}, func(scan func(...any) error) error {
		var id string
		err := scan(&id)
		ids = append(ids, id)
		return err
	})
	return ids, err
}

// open reads where the index ends, or begins one.
func (f *fold) open() error {
	err := f.tx.tx.QueryRowContext(f.tx.ctx, "SELECT next, sweep FROM search_index WHERE account = ?", f.acc).Scan(&f.next, &f.swept)
	if errors.Is(err, sql.ErrNoRows) {
		_, err = f.tx.tx.ExecContext(f.tx.ctx, "INSERT INTO search_index (account, epoch, next, sweep) VALUES (?, ?, 0, '')", f.acc, rand.Text())
	}
	if err != nil {
		return err
	}
	f.live = map[int]*index.Chunk{}
	return f.tx.eachRow("read live documents", "SELECT chunk, docs FROM search_live WHERE account = ?", []any{f.acc}, func(scan func(...any) error) error {
		var chunk int
		var docs sql.RawBytes
		if err := scan(&chunk, &docs); err != nil {
			return err
		}
		f.live[chunk] = new(index.Chunk)
		return f.live[chunk].Or(docs)
	})
}

// bury takes the documents of assets out of the live ones.
func (f *fold) bury(assets []string) error {
	err := f.tx.eachRow("read documents", "SELECT doc FROM search_doc WHERE account = ? AND asset IN (?)", []any{f.acc, bun.In(assets)}, func(scan func(...any) error) error {
		var doc int
		if err := scan(&doc); err != nil {
			return err
		}
		if c := f.live[doc/index.ChunkSize]; c != nil {
			c.Remove(doc % index.ChunkSize)
		}
		return nil
	})
	if err != nil {
		return err
	}
	_, err = f.tx.tx.ExecContext(f.tx.ctx, "DELETE FROM search_doc WHERE account = ? AND asset IN (?)", f.acc, bun.In(assets))
	return err
}

// add numbers a document and notes what it adds to the pieces.
func (f *fold) add(d search.Doc) {
	chunk, offset := f.next/index.ChunkSize, f.next%index.ChunkSize
	block, place := f.next/index.BlockSize, f.next%index.BlockSize
	f.next++
	if f.live[chunk] == nil {
		f.live[chunk] = new(index.Chunk)
	}
	f.live[chunk].Add(offset)
	for _, t := range terms(d) {
		p := termPiece{chunk, t}
		f.terms[p] = append(f.terms[p], offset)
	}
	for field, n := range d.Numbers {
		p := columnPiece{columnNumber + field, block}
		if f.numbers[p] == nil {
			f.numbers[p] = map[int]float64{}
		}
		f.numbers[p][place] = n
	}
	for field := range d.Texts {
		if text, ok := sortText(d, field); ok {
			p := columnPiece{columnText + field, block}
			if f.texts[p] == nil {
				f.texts[p] = map[int]string{}
			}
			f.texts[p][place] = text
		}
	}
}

// someKeys is how many terms or ids one query names.
const someKeys = 1000

func (f *fold) storeTerms() error {
	byChunk := map[int][]string{}
	for p := range f.terms {
		byChunk[p.chunk] = append(byChunk[p.chunk], p.term)
	}
	for chunk, all := range byChunk {
		slices.Sort(all)
		for some := range slices.Chunk(all, someKeys) {
			if err := f.storeSome(chunk, some); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *fold) storeSome(chunk int, some []string) error {
	pieces := map[string]*index.Chunk{}
	const stored = "SELECT term, docs FROM search_term WHERE account = ? AND chunk = ? AND term IN (?)"
	err := f.tx.eachRow("read terms", stored, []any{f.acc, chunk, bun.In(some)}, func(scan func(...any) error) error {
		var term string
		var docs sql.RawBytes
		if err := scan(&term, &docs); err != nil {
			return err
		}
		pieces[term] = new(index.Chunk)
		return pieces[term].Or(docs)
	})
	if err != nil {
		return err
	}
	rows := table{name: "search_term", columns: []string{"account", "term", "chunk", "docs"}, keys: 3}
	var fresh index.Chunk
	for _, t := range some {
		piece := pieces[t]
		if piece == nil {
			fresh = index.Chunk{}
			piece = &fresh
		}
		for _, offset := range f.terms[termPiece{chunk, t}] {
			piece.Add(offset)
		}
		rows.add(f.acc, t, int64(chunk), piece.Append(nil))
	}
	return f.tx.putAll(rows)
}

func (f *fold) storeColumns() error {
	rows := table{name: "search_column", columns: []string{"account", "field", "block", "filled", "least", "most", "data"}, keys: 3}
	blocks := map[int]bool{}
	for p := range f.numbers {
		blocks[p.block] = true
	}
	stored := map[columnPiece][]byte{}
	err := f.tx.eachRow("read columns", "SELECT field, block, data FROM search_column WHERE account = ? AND block IN (?)", []any{f.acc, bun.In(slices.Collect(maps.Keys(blocks)))}, func(scan func(...any) error) error {
		var p columnPiece
		var data []byte
		err := scan(&p.column, &p.block, &data)
		stored[p] = data
		return err
	})
	if err != nil {
		return err
	}
	for p, values := range f.numbers {
		n := new(index.Numbers)
		if data := stored[p]; data != nil {
			if n, err = index.DecodeNumbers(data); err != nil {
				return err
			}
		}
		for i, v := range values {
			n.Set(i, v)
		}
		filled, least, most := n.Bounds()
		rows.add(f.acc, p.column, int64(p.block), int64(filled), least, most, n.Append(nil))
	}
	for p, values := range f.texts {
		t := new(index.Texts)
		if data := stored[p]; data != nil {
			if t, err = index.DecodeTexts(data); err != nil {
				return err
			}
		}
		t = t.With(values)
		rows.add(f.acc, p.column, int64(p.block), int64(t.Count()), 0.0, 0.0, t.Append(nil))
	}
	return f.tx.putAll(rows)
}

func (f *fold) storeLive() error {
	rows := table{name: "search_live", columns: []string{"account", "chunk", "docs"}, keys: 2}
	for chunk, c := range f.live {
		rows.add(f.acc, int64(chunk), c.Append(nil))
	}
	if err := f.tx.putAll(rows); err != nil {
		return err
	}
	_, err := f.tx.tx.ExecContext(f.tx.ctx, "UPDATE search_index SET next = ? WHERE account = ?", f.next, f.acc)
	return err
}

// table is rows to put into a table, all at once: a row with the same first
// keys columns is replaced. Values are string, int64, float64 or []byte.
type table struct {
	name    string
	columns []string
	keys    int
	rows    [][]any
}

func (t *table) add(row ...any) { t.rows = append(t.rows, row) }

// insert is the statement for rows that source gives.
func (t *table) insert(source string) string {
	set := make([]string, 0, len(t.columns))
	for _, c := range t.columns[t.keys:] {
		set = append(set, c+" = excluded."+c)
	}
	return "INSERT INTO " + t.name + " (" + strings.Join(t.columns, ", ") + ") " + source +
		" ON CONFLICT (" + strings.Join(t.columns[:t.keys], ", ") + ") DO UPDATE SET " + strings.Join(set, ", ")
}

func (tx *Tx) putAll(t table) error {
	if err := tx.writable(); err != nil || len(t.rows) == 0 {
		return err
	}
	if err := tx.db.back.putAll(tx.ctx, tx.tx.Tx, t); err != nil {
		return fmt.Errorf("put %s: %w", t.name, err)
	}
	return nil
}
