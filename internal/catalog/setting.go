package catalog

import (
	"encoding/json"

	"github.com/uptrace/bun"

	"tintype/internal/media"
)

type settingRow struct {
	bun.BaseModel `bun:"table:setting,alias:s"`

	Account   string `bun:"account,pk"`
	Kind      string `bun:"kind,pk"`
	Name      string `bun:"name,pk"`
	Body      string `bun:"body"`
	CreatedAt int64  `bun:"created_at"`
	UpdatedAt int64  `bun:"updated_at"`
}

func (r *settingRow) setting() media.Setting {
	return media.Setting{
		Account: media.AccountID(r.Account), Kind: media.SettingKind(r.Kind), Name: r.Name, Body: json.RawMessage(r.Body),
		CreatedAt: fromMicros(r.CreatedAt), UpdatedAt: fromMicros(r.UpdatedAt),
	}
}

func settings(rows []settingRow) []media.Setting {
	list := make([]media.Setting, len(rows))
	for i := range rows {
		list[i] = rows[i].setting()
	}
	return list
}

type directoryRow struct {
	bun.BaseModel `bun:"table:directory,alias:d"`

	ID       int64 `bun:"id,pk"`
	Revision int64 `bun:"revision"`
}

// DirectoryRevision is another number after every commit that changed an
// account, a key or a setting.
func (tx *Tx) DirectoryRevision() (int64, error) {
	var row directoryRow
	err := tx.tx.NewSelect().Model(&row).Where("id = 1").Scan(tx.ctx)
	return row.Revision, tx.fail("read revision", err)
}

// directoryChanged counts the revision up. On PostgreSQL it makes other
// changes of the directory wait for this commit.
func (tx *Tx) directoryChanged() error {
	_, err := tx.changed("count revision", tx.tx.NewUpdate().Model((*directoryRow)(nil)).Set("revision = revision + 1").Where("id = 1"))
	return err
}

// Settings returns the settings of every account, by account, kind and name.
func (tx *Tx) Settings() ([]media.Setting, error) {
	var rows []settingRow
	if err := tx.tx.NewSelect().Model(&rows).Order("account", "kind", "name").Scan(tx.ctx); err != nil {
		return nil, tx.fail("list settings", err)
	}
	return settings(rows), nil
}

// SettingsOf returns an account's settings of some kinds, by kind and name.
func (tx *Tx) SettingsOf(acc media.AccountID, kinds ...media.SettingKind) ([]media.Setting, error) {
	var rows []settingRow
	err := tx.tx.NewSelect().Model(&rows).Where("account = ?", string(acc)).Where("kind IN (?)", bun.In(kinds)).Order("kind", "name").Scan(tx.ctx)
	if err != nil {
		return nil, tx.fail("list settings", err)
	}
	return settings(rows), nil
}

// HoldSettings makes every other change of a setting wait for the end of this
// transaction, so that several can be changed by what they are together.
func (tx *Tx) HoldSettings() error { return tx.directoryChanged() }

// Setting returns one setting; NotFound if there is none. Inside an Update it
// stays as it was read until the end of the transaction.
func (tx *Tx) Setting(acc media.AccountID, kind media.SettingKind, name string) (media.Setting, error) {
	if checkKey("name", name) != nil {
		return media.Setting{}, media.Errorf(media.NotFound, "There is no %s of this name", kind)
	}
	var row settingRow
	q := tx.tx.NewSelect().Model(&row).Where("account = ?", string(acc)).Where("kind = ?", string(kind)).Where("name = ?", name)
	if tx.write && tx.db.back.rowLocks {
		q = q.For("UPDATE")
	}
	if err := q.Scan(tx.ctx); err != nil {
		return media.Setting{}, tx.found("find setting", err, "There is no %s %s", kind, name)
	}
	return row.setting(), nil
}

// AddSetting inserts a setting; Conflict when there is one of its name.
// Zero times are now.
func (tx *Tx) AddSetting(s media.Setting) error {
	row, err := tx.settingRow(s)
	if err != nil {
		return err
	}
	if _, err := tx.changed("add setting", tx.tx.NewInsert().Model(row)); err != nil {
		return err
	}
	return tx.directoryChanged()
}

// PutSetting inserts a setting or replaces the body of the one of its name,
// which keeps its time of creation. Zero times are now.
func (tx *Tx) PutSetting(s media.Setting) error {
	row, err := tx.settingRow(s)
	if err != nil {
		return err
	}
	_, err = tx.changed("put setting", tx.tx.NewInsert().Model(row).On("CONFLICT (account, kind, name) DO UPDATE").
		Set("body = EXCLUDED.body").Set("updated_at = EXCLUDED.updated_at"))
	if err != nil {
		return err
	}
	return tx.directoryChanged()
}

// DeleteSetting removes a setting; NotFound if there is none.
func (tx *Tx) DeleteSetting(acc media.AccountID, kind media.SettingKind, name string) error {
	n, err := tx.changed("delete setting", tx.tx.NewDelete().Model((*settingRow)(nil)).
		Where("account = ?", string(acc)).Where("kind = ?", string(kind)).Where("name = ?", name))
	if err == nil && n == 0 {
		err = media.Errorf(media.NotFound, "There is no %s %s", kind, name)
	}
	if err != nil {
		return err
	}
	return tx.directoryChanged()
}

func (tx *Tx) settingRow(s media.Setting) (*settingRow, error) {
	for _, key := range []struct{ what, text string }{{"account", string(s.Account)}, {"kind", string(s.Kind)}, {"name", s.Name}} {
		if err := checkKey(key.what, key.text); err != nil {
			return nil, err
		}
	}
	if !json.Valid(s.Body) || checkText("body", string(s.Body)) != nil {
		return nil, media.Errorf(media.Invalid, "The %s %s is not proper JSON", s.Kind, s.Name)
	}
	now := tx.db.cfg.Now()
	if s.CreatedAt.IsZero() {
		s.CreatedAt = now
	}
	if s.UpdatedAt.IsZero() {
		s.UpdatedAt = now
	}
	return &settingRow{
		Account: string(s.Account), Kind: string(s.Kind), Name: s.Name, Body: string(s.Body),
		CreatedAt: micros(s.CreatedAt), UpdatedAt: micros(s.UpdatedAt),
	}, nil
}
