package catalog

import (
	"github.com/uptrace/bun"

	"tintype/internal/media"
)

type spellingRow struct {
	bun.BaseModel `bun:"table:spelling,alias:sp"`

	Account   string `bun:"account,pk"`
	Dialect   string `bun:"dialect,pk"`
	Text      string `bun:"text,pk"`
	Rendition string `bun:"rendition,pk"`
}

// Spelled reports whether PutSpelling was called for a rendition.
func (tx *Tx) Spelled(acc media.AccountID, s media.Spelling, key string) (bool, error) {
	found, err := tx.tx.NewSelect().Model((*spellingRow)(nil)).Where("account = ?", string(acc)).
		Where("dialect = ?", s.Dialect).Where("text = ?", s.Text).Where("rendition = ?", key).Exists(tx.ctx)
	return found, tx.fail("find spelling", err)
}

// PutSpelling records that a rendition was asked for in these words. NotFound
// when there is no such rendition, Invalid for a text of more than 1,024 bytes.
func (tx *Tx) PutSpelling(acc media.AccountID, s media.Spelling, key string) error {
	for _, k := range []struct{ what, text string }{{"dialect", s.Dialect}, {"transformation", s.Text}, {"rendition key", key}} {
		if err := checkKey(k.what, k.text); err != nil {
			return err
		}
	}
	row := &spellingRow{Account: string(acc), Dialect: s.Dialect, Text: s.Text, Rendition: key}
	_, err := tx.changed("put spelling", tx.tx.NewInsert().Model(row).On("CONFLICT DO NOTHING"))
	return err
}

// SpellingsOf returns, for each of the renditions that was asked for in a
// dialect, the first text of those it was asked for with.
func (tx *Tx) SpellingsOf(acc media.AccountID, dialect string, keys []string) (map[string]string, error) {
	texts := map[string]string{}
	if len(keys) == 0 {
		return texts, nil
	}
	var rows []spellingRow
	err := tx.tx.NewSelect().Model(&rows).Where("account = ?", string(acc)).Where("dialect = ?", dialect).
		Where("rendition IN (?)", bun.In(keys)).Order("text").Scan(tx.ctx)
	for _, r := range rows {
		if _, ok := texts[r.Rendition]; !ok {
			texts[r.Rendition] = r.Text
		}
	}
	return texts, tx.fail("list spellings", err)
}

// SpellingTexts returns the texts after one that renditions were asked for
// with in a dialect, each once and in order. Limit is at most 1,000, and 0 is 100.
func (tx *Tx) SpellingTexts(acc media.AccountID, dialect, after string, limit int) ([]string, error) {
	var texts []string
	err := tx.tx.NewSelect().Model((*spellingRow)(nil)).ColumnExpr("DISTINCT text").Where("account = ?", string(acc)).
		Where("dialect = ?", dialect).Where("text > ?", after).Order("text").Limit(int64(pageSize(limit))).Scan(tx.ctx, &texts)
	return texts, tx.fail("list spellings", err)
}

// SpelledRenditions returns a page of the renditions that were asked for in
// these words, by key, and the cursor of the next page.
func (tx *Tx) SpelledRenditions(acc media.AccountID, s media.Spelling, cursor string, limit int) ([]*media.Rendition, string, error) {
	limit = pageSize(limit)
	var rows []renditionRow
	q := tx.tx.NewSelect().Model(&rows).
		Join("JOIN spelling AS sp ON sp.account = r.account AND sp.rendition = r.key").
		Where("sp.account = ?", string(acc)).Where("sp.dialect = ?", s.Dialect).Where("sp.text = ?", s.Text).
		Order("r.key").Limit(int64(limit) + 1)
	if cursor != "" {
		after, err := parseCursor(cursorRenditions, cursor)
		if err != nil {
			return nil, "", err
		}
		q = q.Where("r.key > ?", after.id)
	}
	if err := q.Scan(tx.ctx); err != nil {
		return nil, "", tx.fail("list renditions", err)
	}
	list, next, err := renditionPage(rows, limit)
	return list, next, tx.fail("read rendition", err)
}

// RenditionKeys returns the keys that begin with a prefix of at least 32
// characters: at most one, unless digests collide.
func (tx *Tx) RenditionKeys(acc media.AccountID, prefix string) (keys []string, err error) {
	if len(prefix) < 32 || checkKey("rendition key", prefix) != nil {
		return nil, nil
	}
	err = tx.tx.NewSelect().Model((*renditionRow)(nil)).Column("key").Where("account = ?", string(acc)).
		Where("key >= ?", prefix).Where("key < ?", successor(prefix)).Scan(tx.ctx, &keys)
	return keys, tx.fail("find renditions", err)
}

// DeleteRendition removes the record of a rendition and returns it, for its blob.
func (tx *Tx) DeleteRendition(acc media.AccountID, key string) (*media.Rendition, error) {
	r, err := tx.Rendition(acc, key)
	if err != nil {
		return nil, err
	}
	n, err := tx.changed("delete rendition", tx.tx.NewDelete().Model((*renditionRow)(nil)).Where("account = ?", string(acc)).Where("key = ?", key))
	return r, gone(n, err, "delete rendition", media.AssetID(key))
}
