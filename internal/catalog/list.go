package catalog

import (
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"tintype/internal/media"
)

// Order is an order of listing.
type Order uint8

const (
	// ByCreated is the newest first, or the oldest first when Ascending.
	ByCreated Order = iota
	// ByName is by the bytes of the name, always ascending.
	ByName
)

// AssetQuery says which assets to list. The zero value lists all, the newest
// first.
type AssetQuery struct {
	Kind   media.Kind   // "" is any
	Access media.Access // "" is any
	// Prefix of the name, literally: no character of it is special.
	Prefix string
	// Names, when not nil, are the only names to find.
	Names []string
	// Tag, when not empty, is one that the assets have.
	Tag    string
	Cursor string // of the page before; "" begins
	Limit  int    // at most 1,000; 0 is 100
	Order  Order
	// Ascending reverses ByCreated.
	Ascending bool
	// From, when not zero, is the time of creation to begin at: those made
	// later are left out, or with Ascending those made before.
	From time.Time
}

const (
	defaultPage = 100
	maxPage     = 1000
)

// pageSize is the limit of a page that was asked for with limit.
func pageSize(limit int) int {
	if limit <= 0 {
		return defaultPage
	}
	return min(limit, maxPage)
}

// Assets returns a page of assets and the cursor of the next page, "" at the
// end. A cursor goes on behind the last asset of its page, also when that was
// deleted since; with a cursor of another order, or junk, the error is Invalid.
func (tx *Tx) Assets(acc media.AccountID, q AssetQuery) ([]*media.Asset, string, error) {
	if err := errors.Join(checkText("prefix", q.Prefix), checkText("tag", q.Tag)); err != nil {
		return nil, "", err
	}
	if q.Names != nil && len(q.Names) == 0 {
		return nil, "", nil
	}
	limit := pageSize(q.Limit)
	var rows []assetRow
	s := tx.selectAssets(&rows, acc).Where("a.deleted = ?", false).Limit(int64(limit) + 1)
	if s = q.filter(s); q.Tag != "" {
		s = s.Where(tx.db.back.hasTag, q.Tag)
	}
	s, kind, err := q.page(s)
	if err != nil {
		return nil, "", err
	}
	if err := s.Scan(tx.ctx); err != nil {
		return nil, "", tx.fail("list assets", err)
	}
	next := ""
	if len(rows) > limit {
		rows = rows[:limit]
		last := rows[limit-1]
		next = formatCursor(kind, position{at: last.CreatedAt, name: last.Name, id: last.ID})
	}
	assets := make([]*media.Asset, len(rows))
	for i := range rows {
		if assets[i], err = rows[i].asset(); err != nil {
			return nil, "", tx.fail("read asset", err)
		}
	}
	return assets, next, nil
}

func (q *AssetQuery) filter(s *bun.SelectQuery) *bun.SelectQuery {
	if q.Kind != "" {
		s = s.Where("a.kind = ?", string(q.Kind))
	}
	if q.Access != "" {
		s = s.Where("a.access = ?", string(q.Access))
	}
	if q.Prefix != "" {
		s = s.Where("a.name >= ?", q.Prefix)
		if end := successor(q.Prefix); end != "" {
			s = s.Where("a.name < ?", end)
		}
	}
	if q.Names != nil {
		names := make([]string, 0, len(q.Names))
		for _, name := range q.Names {
			if checkKey("name", name) == nil {
				names = append(names, name)
			}
		}
		s = s.Where("a.name IN (?)", bun.In(names))
	}
	switch {
	case q.From.IsZero():
	case q.Ascending:
		s = s.Where("a.created_at >= ?", micros(q.From))
	default:
		s = s.Where("a.created_at <= ?", micros(q.From))
	}
	return s
}

// page orders the query and begins it behind the cursor. Comparing rows as
// tuples lets both databases go straight to the place in the index.
func (q *AssetQuery) page(s *bun.SelectQuery) (*bun.SelectQuery, cursorKind, error) {
	kind, columns, after, direction := cursorCreated, "a.created_at, a.id", "<", "DESC"
	switch {
	case q.Order == ByName:
		kind, columns, after, direction = cursorName, "a.name, a.id", ">", "ASC"
	case q.Ascending:
		after, direction = ">", "ASC"
	}
	if q.Cursor != "" {
		p, err := parseCursor(kind, q.Cursor)
		if err != nil {
			return nil, kind, err
		}
		var first any = p.at
		if kind == cursorName {
			first = p.name
		}
		s = s.Where("("+columns+") "+after+" (?, ?)", first, p.id)
	}
	for column := range strings.SplitSeq(columns, ", ") {
		s = s.OrderExpr(column + " " + direction)
	}
	return s, kind, nil
}

// CountAssets counts the assets of an account that are not deleted.
func (tx *Tx) CountAssets(acc media.AccountID) (int, error) {
	n, err := tx.tx.NewSelect().Model((*assetRow)(nil)).Where("account = ?", string(acc)).Where("deleted = ?", false).Count(tx.ctx)
	return int(n), tx.fail("count assets", err)
}

// successor returns the least text above every text that begins with prefix,
// in the order of bytes, which in UTF-8 is that of code points; "" if none is.
func successor(prefix string) string {
	for prefix != "" {
		r, size := utf8.DecodeLastRuneInString(prefix)
		prefix = prefix[:len(prefix)-size]
		switch {
		case r == utf8.MaxRune:
			continue
		case r == 0xD7FF: // surrogates are no text
			r = 0xE000
		default:
			r++
		}
		return prefix + string(r)
	}
	return ""
}
