package catalog

import (
	"github.com/uptrace/bun"

	"tintype/internal/media"
)

type accountRow struct {
	bun.BaseModel `bun:"table:account,alias:acc"`

	ID        string `bun:"id,pk"`
	CreatedAt int64  `bun:"created_at"`
}

type keyRow struct {
	bun.BaseModel `bun:"table:account_key,alias:k"`

	Account  string `bun:"account,pk"`
	ID       string `bun:"id,pk"`
	Position int    `bun:"position"`
	Secret   string `bun:"secret"`
	Name     string `bun:"name"`
	Disabled bool   `bun:"disabled"`
}

// Accounts returns every account with its keys, by name; keys in the order
// in which PutAccount had them.
func (tx *Tx) Accounts() ([]media.Account, error) {
	var rows []accountRow
	if err := tx.tx.NewSelect().Model(&rows).Order("id").Scan(tx.ctx); err != nil {
		return nil, tx.fail("list accounts", err)
	}
	var keys []keyRow
	if err := tx.tx.NewSelect().Model(&keys).Order("account", "position").Scan(tx.ctx); err != nil {
		return nil, tx.fail("list keys", err)
	}
	accounts := make([]media.Account, len(rows))
	at := make(map[string]int, len(rows))
	for i, r := range rows {
		accounts[i] = media.Account{ID: media.AccountID(r.ID), CreatedAt: fromMicros(r.CreatedAt)}
		at[r.ID] = i
	}
	for _, k := range keys {
		i, ok := at[k.Account]
		if !ok { // of an account that came between the two queries
			continue
		}
		accounts[i].Keys = append(accounts[i].Keys, media.Key{ID: k.ID, Secret: k.Secret, Name: k.Name, Disabled: k.Disabled})
	}
	return accounts, nil
}

// PutAccount inserts an account, or replaces the one of its name and all its
// keys. A zero CreatedAt is now for a new account, and otherwise left as it is.
func (tx *Tx) PutAccount(a media.Account) error {
	if !media.ValidAccount(string(a.ID)) {
		return media.Errorf(media.Invalid, "The account name %q is not valid", a.ID)
	}
	seen := map[string]bool{}
	for _, k := range a.Keys {
		if err := checkKey("key", k.ID); err != nil {
			return err
		}
		if seen[k.ID] {
			return media.Errorf(media.Conflict, "The key %s stands twice", k.ID)
		}
		seen[k.ID] = true
	}
	row := &accountRow{ID: string(a.ID), CreatedAt: micros(a.CreatedAt)}
	insert := tx.tx.NewInsert().Model(row).On("CONFLICT (id) DO UPDATE").Set("created_at = EXCLUDED.created_at")
	if a.CreatedAt.IsZero() {
		row.CreatedAt = micros(tx.db.cfg.Now())
		insert = tx.tx.NewInsert().Model(row).On("CONFLICT (id) DO UPDATE").Set("id = EXCLUDED.id")
	}
	if _, err := tx.changed("put account", insert); err != nil {
		return err
	}
	if _, err := tx.changed("replace keys", tx.tx.NewDelete().Model((*keyRow)(nil)).Where("account = ?", row.ID)); err != nil {
		return err
	}
	if len(a.Keys) == 0 {
		return tx.directoryChanged()
	}
	keys := make([]keyRow, len(a.Keys))
	for i, k := range a.Keys {
		keys[i] = keyRow{Account: row.ID, ID: k.ID, Position: i, Secret: k.Secret, Name: k.Name, Disabled: k.Disabled}
	}
	if _, err := tx.changed("put keys", tx.tx.NewInsert().Model(&keys)); err != nil {
		return err
	}
	return tx.directoryChanged()
}
