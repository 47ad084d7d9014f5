package catalog

import (
	"time"

	"github.com/uptrace/bun"

	"tintype/internal/media"
)

type relationRow struct {
	bun.BaseModel `bun:"table:relation,alias:rel"`

	Account   string `bun:"account,pk"`
	Asset     string `bun:"asset,pk"`
	Other     string `bun:"other,pk"`
	CreatedAt int64  `bun:"created_at"`
}

// Relate makes two assets related, each to the other, and reports whether
// they were not yet. NotFound when one of them is not there.
func (tx *Tx) Relate(acc media.AccountID, a, b media.AssetID, at time.Time) (bool, error) {
	rows := []relationRow{
		{Account: string(acc), Asset: string(a), Other: string(b), CreatedAt: micros(at)},
		{Account: string(acc), Asset: string(b), Other: string(a), CreatedAt: micros(at)},
	}
	n, err := tx.changed("relate assets", tx.tx.NewInsert().Model(&rows).On("CONFLICT DO NOTHING"))
	return n > 0, err
}

// Unrelate undoes Relate, and reports whether there was something to undo.
func (tx *Tx) Unrelate(acc media.AccountID, a, b media.AssetID) (bool, error) {
	n, err := tx.changed("unrelate assets", tx.tx.NewDelete().Model((*relationRow)(nil)).Where("account = ?", string(acc)).
		Where("asset = ? AND other = ? OR asset = ? AND other = ?", string(a), string(b), string(b), string(a)))
	return n > 0, err
}

// Related returns a page of the assets that are related to one, by id, and the
// cursor of the next page, "" at the end. What is deleted is not among them.
func (tx *Tx) Related(acc media.AccountID, id media.AssetID, cursor string, limit int) ([]*media.Asset, string, error) {
	limit = pageSize(limit)
	var rows []assetRow
	q := tx.selectAssets(&rows, acc).Where("a.deleted = ?", false).
		Where("a.id IN (?)", tx.tx.NewSelect().Model((*relationRow)(nil)).Column("other").Where("rel.account = ?", string(acc)).Where("rel.asset = ?", string(id))).
		Order("a.id").Limit(int64(limit) + 1)
	if cursor != "" {
		after, err := parseCursor(cursorRelated, cursor)
		if err != nil {
			return nil, "", err
		}
		q = q.Where("a.id > ?", after.id)
	}
	if err := q.Scan(tx.ctx); err != nil {
		return nil, "", tx.fail("list related assets", err)
	}
	next := ""
	if len(rows) > limit {
		rows = rows[:limit]
		next = formatCursor(cursorRelated, position{id: rows[limit-1].ID})
	}
	list := make([]*media.Asset, len(rows))
	for i := range rows {
		var err error
		if list[i], err = rows[i].asset(); err != nil {
			return nil, "", tx.fail("read asset", err)
		}
	}
	return list, next, nil
}
