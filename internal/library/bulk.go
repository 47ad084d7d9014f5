package library

import (
	"context"
	"fmt"
	"slices"

	"tintype/internal/catalog"
	"tintype/internal/media"
	"tintype/internal/search"
)

// bulkStep is how many assets one transaction changes: enough to be quick,
// and few enough to let others write in between.
const bulkStep = 100

// ChangeEach applies edit to those of the named assets that exist, and
// returns them in the order of refs. edit reports whether it changed anything;
// what it replaces it must not write into. Either all of an asset is changed
// or nothing; an error leaves those before it changed.
func (l *Library) ChangeEach(ctx context.Context, acc media.AccountID, refs []media.Ref, edit func(a *media.Asset) (bool, error)) ([]*media.Asset, error) {
	// In one order, so that two calls cannot wait for each other's locks.
	sorted := slices.Clone(refs)
	slices.SortFunc(sorted, compareRefs)
	found := map[media.Ref]*media.Asset{}
	for some := range slices.Chunk(slices.Compact(sorted), bulkStep) {
		if err := l.changeSome(ctx, acc, some, found, edit); err != nil {
			return nil, fmt.Errorf("change assets: %w", err)
		}
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

func (l *Library) changeSome(ctx context.Context, acc media.AccountID, refs []media.Ref, found map[media.Ref]*media.Asset, edit func(a *media.Asset) (bool, error)) error {
	var changed []media.AssetID
	err := l.cfg.Catalog.Update(ctx, func(tx *catalog.Tx) error {
		for _, ref := range refs {
			a, err := tx.Asset(acc, ref)
			if err != nil && media.CodeOf(err) == media.NotFound {
				continue
			}
			if err != nil {
				return err
			}
			found[ref] = a
			before := *a
			switch did, err := edit(a); {
			case err != nil:
				return err
			case !did:
				continue
			}
			a.UpdatedAt = l.now()
			if err := tx.PutAsset(a); err != nil {
				return err
			}
			if err := l.tellChange(tx, &before, a, nil); err != nil {
				return err
			}
			changed = append(changed, a.ID)
		}
		return nil
	})
	if err != nil {
		return err
	}
	l.cfg.Fault("committed")
	for _, id := range changed {
		l.cfg.Renditions.Announce(after(ctx), acc, id)
	}
	return nil
}

// FindEach returns those of the named assets that exist, in no other order
// than that of ids.
func (l *Library) FindEach(ctx context.Context, acc media.AccountID, ids []media.AssetID) ([]*media.Asset, error) {
	var found map[media.AssetID]*media.Asset
	err := l.cfg.Catalog.View(ctx, func(tx *catalog.Tx) (err error) {
		found, err = tx.AssetsByID(acc, ids)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find assets: %w", err)
	}
	var assets []*media.Asset
	for _, id := range ids {
		if a := found[id]; a != nil {
			assets = append(assets, a)
			delete(found, id)
		}
	}
	return assets, nil
}

// Tagged returns a page of the assets of a kind, and of an access ("" is any),
// that have a tag, and the cursor of the next.
func (l *Library) Tagged(ctx context.Context, acc media.AccountID, kind media.Kind, access media.Access, tag, cursor string, limit int) ([]*media.Asset, string, error) {
	where := search.And{search.Equals{Field: "tags", Text: tag}, search.Equals{Field: "kind", Text: string(kind)}, Living}
	if access != "" {
		where = append(where, search.Equals{Field: "access", Text: string(access)})
	}
	found, err := l.Search(ctx, acc, search.Query{Where: where, Sort: []search.Key{{Field: "id"}}, Cursor: cursor, Limit: limit})
	if err != nil {
		return nil, "", err
	}
	return found.Assets, found.Next, nil
}

// Living is true of assets that are not deleted.
var Living = search.Not{Of: search.Equals{Field: "status", Text: "deleted"}}

// DropRenditionsLike forgets those of an asset's renditions that match says
// yes to, by what they are and by the words, in a dialect, that they were
// asked for with. It says how many there were.
func (l *Library) DropRenditionsLike(ctx context.Context, a *media.Asset, dialect string, match func(r *media.Rendition, text string) bool) (int, error) {
	n, cursor := 0, ""
	for {
		made, next, err := l.Renditions(ctx, a.Account, a.ID, cursor, 0)
		if err != nil {
			return n, err
		}
		keys := make([]string, len(made))
		for i, r := range made {
			keys[i] = r.Key
		}
		texts, err := l.SpellingsOf(ctx, a.Account, dialect, keys)
		if err != nil {
			return n, err
		}
		for _, r := range made {
			if !match(r, texts[r.Key]) {
				continue
			}
			if err := l.DropRendition(ctx, a.Account, r.Key); err != nil && media.CodeOf(err) != media.NotFound {
				return n, err
			}
			n++
		}
		if cursor = next; next == "" {
			return n, nil
		}
	}
}
