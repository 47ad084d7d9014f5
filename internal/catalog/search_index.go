package catalog

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"tintype/internal/catalog/index"
	"tintype/internal/media"
	"tintype/internal/search"
)

// indexed is an account's search index as a transaction sees it. Its methods
// remember the first error in err, after which answers mean nothing.
type indexed struct {
	tx      *Tx
	acc     string
	epoch   string
	next    int       // the number of the next document
	live    index.Set // the documents that stand for assets as they are now
	pending []pendingAsset
	terms   map[string]index.Set // that were asked for with need
	columns map[string]*column
	err     error
}

// pendingAsset is an asset that changed since the index was folded, and is
// looked at itself instead.
type pendingAsset struct {
	asset *media.Asset
	doc   search.Doc
}

// openIndex reads what every search begins with.
func (tx *Tx) openIndex(acc media.AccountID) (*indexed, error) {
	x := &indexed{tx: tx, acc: string(acc), terms: map[string]index.Set{}, columns: map[string]*column{}}
	err := tx.tx.QueryRowContext(tx.ctx, "SELECT epoch, next FROM search_index WHERE account = ?", x.acc).Scan(&x.epoch, &x.next)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, tx.fail("open search index", err)
	}
	x.live = index.NewSet(x.next)
	x.rows("read live documents", "SELECT chunk, docs FROM search_live WHERE account = ?", []any{x.acc}, func(scan func(...any) error) error {
		var chunk int
		var docs sql.RawBytes
		if err := scan(&chunk, &docs); err != nil {
			return err
		}
		return orInto(x.live, chunk, docs)
	})
	x.readPending(acc)
	return x, x.err
}

// readPending takes the documents of changed assets out of the live ones, and
// reads these assets.
func (x *indexed) readPending(acc media.AccountID) {
	var pending []string
	const changed = "SELECT p.asset, coalesce(d.doc, -1) FROM search_pending AS p LEFT JOIN search_doc AS d ON d.account = p.account AND d.asset = p.asset WHERE p.account = ?"
	x.rows("read changed documents", changed, []any{x.acc}, func(scan func(...any) error) error {
		var id string
		var doc int
		if err := scan(&id, &doc); err != nil {
			return err
		}
		pending = append(pending, id)
		if doc >= 0 {
			x.live.Remove(doc)
		}
		return nil
	})
	if x.err == nil && len(pending) >= foldAt {
		x.tx.db.foldings.kick(acc)
	}
	for some := range slices.Chunk(pending, someKeys) {
		x.readChanged(acc, some)
	}
}

// readChanged reads changed assets by their ids. A join with their marks would
// leave it to the planner from which side to come, and one is a million long.
func (x *indexed) readChanged(acc media.AccountID, ids []string) {
	if x.err != nil {
		return
	}
	var rows []assetRow
	q := x.tx.selectAssets(&rows, acc).Where("a.id IN (?)", bun.In(ids))
	if x.err = x.tx.fail("read changed assets", q.Scan(x.tx.ctx)); x.err != nil {
		return
	}
	for i := range rows {
		a, err := rows[i].asset()
		if err != nil {
			x.err = x.tx.fail("read asset", err)
			return
		}
		x.pending = append(x.pending, pendingAsset{a, search.Of(a)})
	}
}

// rows calls fn for every row of a query.
func (x *indexed) rows(op, query string, args []any, fn func(scan func(...any) error) error) {
	if x.err != nil {
		return
	}
	x.err = x.tx.eachRow(op, query, args, fn)
}

// eachRow calls fn for every row of a query, with a function that reads it.
func (tx *Tx) eachRow(op, query string, args []any, fn func(scan func(...any) error) error) error {
	rows, err := tx.tx.QueryContext(tx.ctx, query, args...)
	if err != nil {
		return tx.fail(op, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows.Scan); err == errEnough {
			return nil
		} else if err != nil {
			return tx.fail(op, err)
		}
	}
	return tx.fail(op, rows.Err())
}

// orInto adds a stored chunk to a set.
func orInto(s index.Set, chunk int, docs []byte) error {
	c := s.Chunk(chunk)
	if c == nil {
		return fmt.Errorf("chunk %d of %d", chunk, len(s))
	}
	return c.Or(docs)
}

// need reads the terms that an expression asks for, all at once.
func (x *indexed) need(e search.Expr) {
	var wanted []string
	var walk func(search.Expr)
	walk = func(e search.Expr) {
		switch e := e.(type) {
		case search.And:
			for _, c := range e {
				walk(c)
			}
		case search.Or:
			for _, c := range e {
				walk(c)
			}
		case search.Not:
			walk(e.Of)
		default:
			l, _ := lookupOf(e)
			wanted = append(wanted, l.exact...)
		}
	}
	walk(e)
	slices.Sort(wanted)
	x.readTerms(slices.Compact(wanted))
}

func (x *indexed) readTerms(wanted []string) {
	if len(wanted) == 0 || x.next == 0 {
		return
	}
	const some = "SELECT term, chunk, docs FROM search_term WHERE account = ? AND term IN (?)"
	x.rows("read terms", some, []any{x.acc, bun.In(wanted)}, func(scan func(...any) error) error {
		var term string
		var chunk int
		var docs sql.RawBytes
		if err := scan(&term, &chunk, &docs); err != nil {
			return err
		}
		if x.terms[term] == nil {
			x.terms[term] = index.NewSet(x.next)
		}
		return orInto(x.terms[term], chunk, docs)
	})
}

// errEnough ends reading rows early.
var errEnough = errors.New("enough")

// between calls fn for the pieces of all terms that begin with prefix and are
// not before from, in the order of terms, until it returns errEnough.
func (x *indexed) between(prefix, from string, fn func(term string, chunk int, docs []byte) error) {
	query, args := "SELECT term, chunk, docs FROM search_term WHERE account = ? AND term >= ?", []any{x.acc, max(prefix, from)}
	if end := successor(prefix); end != "" {
		query += " AND term < ?"
		args = append(args, end)
	}
	x.rows("read terms", query+" ORDER BY term, chunk", args, func(scan func(...any) error) error {
		var term string
		var chunk int
		var docs sql.RawBytes
		if err := scan(&term, &chunk, &docs); err != nil {
			return err
		}
		if chunk >= len(x.live) {
			return fmt.Errorf("chunk %d of %d", chunk, len(x.live))
		}
		return fn(term, chunk, docs)
	})
}

// value cuts the text out of a term of a whole value.
func value(term string) string {
	_, text, _ := strings.Cut(term, termEnd)
	return text
}
