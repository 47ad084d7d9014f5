package catalog

import (
	"github.com/uptrace/bun"

	"tintype/internal/media"
)

type renditionRow struct {
	bun.BaseModel `bun:"table:rendition,alias:r"`

	Account        string `bun:"account,pk"`
	Key            string `bun:"key,pk"`
	Asset          string `bun:"asset"`
	Version        string `bun:"version"`
	Transformation string `bun:"transformation"`
	Blob           string `bun:"blob"`
	MD5            string `bun:"md5"`
	Info           string `bun:"info"`
	CreatedAt      int64  `bun:"created_at"`
}

func (r *renditionRow) rendition() (*media.Rendition, error) {
	m := &media.Rendition{
		Key: r.Key, Account: media.AccountID(r.Account), Asset: media.AssetID(r.Asset), Version: media.VersionID(r.Version),
		Transformation: r.Transformation, Blob: r.Blob, MD5: r.MD5, CreatedAt: fromMicros(r.CreatedAt),
	}
	return m, decode("info", r.Info, &m.Info)
}

func renditions(rows []renditionRow) ([]*media.Rendition, error) {
	list := make([]*media.Rendition, len(rows))
	for i := range rows {
		var err error
		if list[i], err = rows[i].rendition(); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Rendition returns the rendition of a key.
func (tx *Tx) Rendition(acc media.AccountID, key string) (*media.Rendition, error) {
	if checkKey("rendition key", key) != nil {
		return nil, media.Errorf(media.NotFound, "Rendition not found")
	}
	var row renditionRow
	err := tx.tx.NewSelect().Model(&row).Where("account = ?", string(acc)).Where("key = ?", key).Scan(tx.ctx)
	if err != nil {
		return nil, tx.found("find rendition", err, "Rendition not found")
	}
	r, err := row.rendition()
	return r, tx.fail("read rendition", err)
}

// PutRendition inserts a rendition or replaces the one of its key. NotFound
// when its version is not, or no longer, recorded. A zero CreatedAt is now.
func (tx *Tx) PutRendition(r *media.Rendition) error {
	for _, key := range []struct{ what, text string }{{"account", string(r.Account)}, {"rendition key", r.Key}, {"blob key", r.Blob}} {
		if err := checkKey(key.what, key.text); err != nil {
			return err
		}
	}
	if err := checkText("transformation", r.Transformation); err != nil {
		return err
	}
	if err := tx.writable(); err != nil {
		return err
	}
	if err := tx.lockBlob(r.Account, r.Blob, true); err != nil {
		return err
	}
	if r.CreatedAt.IsZero() {
		r.CreatedAt = tx.db.cfg.Now()
	}
	r.CreatedAt = fromMicros(micros(r.CreatedAt))
	info, err := encode(r.Info, "{}")
	if err != nil {
		return err
	}
	row := &renditionRow{
		Account: string(r.Account), Key: r.Key, Asset: string(r.Asset), Version: string(r.Version),
		Transformation: r.Transformation, Blob: r.Blob, MD5: r.MD5, Info: info, CreatedAt: micros(r.CreatedAt),
	}
	insert := tx.tx.NewInsert().Model(row).On("CONFLICT (account, key) DO UPDATE")
	for _, column := range []string{"asset", "version", "transformation", "blob", "md5", "info", "created_at"} {
		insert = insert.Set("? = EXCLUDED.?", bun.Ident(column), bun.Ident(column))
	}
	_, err = tx.changed("put rendition", insert)
	return err
}

// Renditions returns a page of the renditions of an asset by key, and the
// cursor of the next page, "" at the end. Limit is at most 1,000, and 0 is 100.
func (tx *Tx) Renditions(acc media.AccountID, id media.AssetID, cursor string, limit int) ([]*media.Rendition, string, error) {
	limit = pageSize(limit)
	var rows []renditionRow
	q := tx.tx.NewSelect().Model(&rows).Where("account = ?", string(acc)).Where("asset = ?", string(id)).Order("key").Limit(int64(limit) + 1)
	if cursor != "" {
		after, err := parseCursor(cursorRenditions, cursor)
		if err != nil {
			return nil, "", err
		}
		q = q.Where("key > ?", after.id)
	}
	if err := q.Scan(tx.ctx); err != nil {
		return nil, "", tx.fail("list renditions", err)
	}
	list, next, err := renditionPage(rows, limit)
	return list, next, tx.fail("read rendition", err)
}

// renditionPage makes a page of the rows of a query that asked for one more,
// by key, and the cursor of the next page.
func renditionPage(rows []renditionRow, limit int) (list []*media.Rendition, next string, err error) {
	if len(rows) > limit {
		rows = rows[:limit]
		next = formatCursor(cursorRenditions, position{id: rows[limit-1].Key})
	}
	list, err = renditions(rows)
	return list, next, err
}

// DeleteRenditions removes the records of all renditions of an asset and
// returns them, for their blobs.
func (tx *Tx) DeleteRenditions(acc media.AccountID, id media.AssetID) ([]*media.Rendition, error) {
	return tx.deleteRenditions(acc, id, func(q *bun.DeleteQuery) *bun.DeleteQuery { return q })
}

// DeleteRenditionsOf removes the records of the renditions of an asset that
// have one of the keys, and returns them, for their blobs.
func (tx *Tx) DeleteRenditionsOf(acc media.AccountID, id media.AssetID, keys []string) ([]*media.Rendition, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	return tx.deleteRenditions(acc, id, func(q *bun.DeleteQuery) *bun.DeleteQuery { return q.Where("key IN (?)", bun.In(keys)) })
}

func (tx *Tx) deleteRenditions(acc media.AccountID, id media.AssetID, which func(*bun.DeleteQuery) *bun.DeleteQuery) ([]*media.Rendition, error) {
	if err := tx.writable(); err != nil {
		return nil, err
	}
	var rows []renditionRow
	_, err := which(tx.tx.NewDelete().Model(&rows).Where("account = ?", string(acc)).Where("asset = ?", string(id))).Returning("*").Exec(tx.ctx)
	if err != nil {
		return nil, tx.failWrite("delete renditions", err)
	}
	list, err := renditions(rows)
	return list, tx.fail("read rendition", err)
}
