package library

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"tintype/internal/account"
	"tintype/internal/catalog"
	"tintype/internal/media"
	"tintype/internal/schema"
)

// SetMetadata changes values of structured fields of those of the named
// assets that exist, and returns these in the order of refs. All of them are
// changed, or with an error none.
func (l *Library) SetMetadata(ctx context.Context, acc media.AccountID, refs []media.Ref, c schema.Change) ([]*media.Asset, error) {
	var assets []*media.Asset
	var changed []media.AssetID
	opened := false
	err := l.cfg.Catalog.Update(ctx, func(tx *catalog.Tx) (err error) {
		assets, changed = nil, nil
		if assets, err = existing(tx, acc, refs); err != nil {
			return err
		}
		before := make([]media.Asset, len(assets))
		for i, a := range assets {
			before[i] = *a
		}
		if opened, err = l.changeMetadata(tx, assets, c, schema.Edit); err != nil {
			return err
		}
		for i, a := range assets {
			if maps.EqualFunc(before[i].Metadata, a.Metadata, sameJSON) {
				continue
			}
			a.UpdatedAt = l.now()
			if err := tx.PutAsset(a); err != nil {
				return err
			}
			if err := l.tellChange(tx, &before[i], a, nil); err != nil {
				return err
			}
			changed = append(changed, a.ID)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("set metadata: %w", err)
	}
	l.cfg.Fault("committed")
	if opened {
		l.tellSchema(ctx, acc)
	}
	for _, id := range changed {
		l.cfg.Renditions.Announce(after(ctx), acc, id)
	}
	return assets, nil
}

// existing reads those of the named assets that exist, in the order of refs,
// each once. It locks them in one order, so that two calls cannot wait for
// each other.
func existing(tx *catalog.Tx, acc media.AccountID, refs []media.Ref) ([]*media.Asset, error) {
	sorted := slices.Clone(refs)
	slices.SortFunc(sorted, compareRefs)
	found := map[media.Ref]*media.Asset{}
	for _, ref := range slices.Compact(sorted) {
		a, err := tx.Asset(acc, ref)
		if media.CodeOf(err) == media.NotFound {
			continue
		}
		if err != nil {
			return nil, err
		}
		found[ref] = a
	}
	var assets []*media.Asset
	for _, ref := range refs {
		if a := found[ref]; a != nil {
			assets = append(assets, a)
			delete(found, ref)
		}
	}
	return assets, nil
}

func compareRefs(a, b media.Ref) int {
	return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Access, b.Access), cmp.Compare(a.Name, b.Name))
}

// giveMetadata gives a new asset its values. What the server makes by itself
// has none, and nobody can be asked about what it fetches.
func (l *Library) giveMetadata(tx *catalog.Tx, a *media.Asset, u *Upload) (opened bool, err error) {
	occasion := schema.Upload
	switch {
	case u.drawn != "" || u.members != nil || u.Access == media.Remote:
		if u.Metadata.Zero() {
			return false, nil
		}
		occasion = schema.Import
	case u.remote:
		occasion = schema.Import
	}
	return l.changeMetadata(tx, []*media.Asset{a}, u.Metadata, occasion)
}

// changeMetadata changes the values of assets by the account's schema, as it
// is in this transaction. opened reports that the schema changed with them.
func (l *Library) changeMetadata(tx *catalog.Tx, assets []*media.Asset, c schema.Change, o schema.Occasion) (opened bool, err error) {
	if len(assets) == 0 {
		return false, nil
	}
	acc := assets[0].Account
	s, err := readSchema(tx, acc)
	if err != nil {
		return false, err
	}
	for _, a := range assets {
		out, err := s.Apply(a.Metadata, c, o)
		if err == nil && len(out.Opened) > 0 {
			opened = true
			// Once more, now that nobody else can change the fields.
			if s, err = l.open(tx, acc, func(s *schema.Schema) (schema.Outcome, error) { return s.Apply(a.Metadata, c, o) }); err == nil {
				out, err = s.Apply(a.Metadata, c, o)
			}
		}
		if err != nil {
			return false, err
		}
		a.Metadata = out.Values
	}
	return opened, nil
}

// open stores the choices that fields get by an outcome, and returns the
// schema that has them.
func (l *Library) open(tx *catalog.Tx, acc media.AccountID, apply func(*schema.Schema) (schema.Outcome, error)) (*schema.Schema, error) {
	if err := tx.HoldSettings(); err != nil {
		return nil, err
	}
	s, err := readSchema(tx, acc)
	if err != nil {
		return nil, err
	}
	out, err := apply(s)
	if err != nil {
		return nil, err
	}
	for _, f := range out.Opened {
		setting, err := account.FieldSetting(acc, f)
		if err != nil {
			return nil, err
		}
		setting.UpdatedAt = l.now()
		if err := tx.PutSetting(setting); err != nil {
			return nil, err
		}
	}
	return readSchema(tx, acc)
}

func readSchema(tx *catalog.Tx, acc media.AccountID) (*schema.Schema, error) {
	settings, err := tx.SettingsOf(acc, account.KindField, account.KindRule)
	if err != nil {
		return nil, err
	}
	return account.SchemaOf(settings), nil
}

// tellSchema has every node read what the account says of its fields.
func (l *Library) tellSchema(ctx context.Context, acc media.AccountID) {
	if err := l.cfg.Cluster.Publish(after(ctx), account.Topic, []byte(acc)); err != nil {
		l.cfg.Logger.Warn("nodes learn of a changed field by polling only", "account", acc, "error", err)
	}
}

func sameJSON(a, b json.RawMessage) bool { return bytes.Equal(a, b) }
