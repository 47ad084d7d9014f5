package catalog

import (
	"encoding/json"

	"github.com/uptrace/bun"

	"tintype/internal/media"
)

type groupRow struct {
	bun.BaseModel `bun:"table:asset_group,alias:g"`

	Account   string `bun:"account,pk"`
	ID        string `bun:"id,pk"`
	Members   string `bun:"members"`
	CreatedAt int64  `bun:"created_at"`
}

// AddGroup records a group. Its members need not exist. Conflict when its
// account has one of that ID, NotFound when there is no such account.
func (tx *Tx) AddGroup(g *media.Group) error {
	if err := checkKey("group", string(g.ID)); err != nil {
		return err
	}
	for _, m := range g.Members {
		if err := checkKey("asset", string(m.Asset)); err != nil {
			return err
		}
		if err := checkText("transformation of a member", m.Transformation); err != nil {
			return err
		}
	}
	members, err := json.Marshal(g.Members)
	if err != nil {
		return err
	}
	row := &groupRow{Account: string(g.Account), ID: string(g.ID), Members: string(members), CreatedAt: micros(g.CreatedAt)}
	_, err = tx.changed("add group", tx.tx.NewInsert().Model(row))
	return err
}

// Group returns a group of an account, or NotFound.
func (tx *Tx) Group(acc media.AccountID, id media.GroupID) (*media.Group, error) {
	var row groupRow
	err := tx.tx.NewSelect().Model(&row).Where("g.account = ?", string(acc)).Where("g.id = ?", string(id)).Scan(tx.ctx)
	if err != nil {
		return nil, tx.found("find group", err, "Resource not found - %s", id)
	}
	g := &media.Group{Account: acc, ID: id, CreatedAt: fromMicros(row.CreatedAt)}
	if err := json.Unmarshal([]byte(row.Members), &g.Members); err != nil {
		return nil, tx.fail("read group", err)
	}
	return g, nil
}

// AssetsByID returns those of an account's assets that exist and have one of
// the ids.
func (tx *Tx) AssetsByID(acc media.AccountID, ids []media.AssetID) (map[media.AssetID]*media.Asset, error) {
	found := make(map[media.AssetID]*media.Asset, len(ids))
	var keys []string
	for _, id := range ids {
		if checkKey("asset", string(id)) == nil {
			keys = append(keys, string(id))
		}
	}
	if len(keys) == 0 {
		return found, nil
	}
	var rows []assetRow
	err := tx.selectAssets(&rows, acc).Where("a.deleted = ?", false).Where("a.id IN (?)", bun.In(keys)).Scan(tx.ctx)
	if err != nil {
		return nil, tx.fail("find assets", err)
	}
	for i := range rows {
		a, err := rows[i].asset()
		if err != nil {
			return nil, tx.fail("read asset", err)
		}
		found[a.ID] = a
	}
	return found, nil
}
