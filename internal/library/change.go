package library

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"tintype/internal/catalog"
	"tintype/internal/media"
	"tintype/internal/schema"
	"tintype/internal/transform"
)

// Find returns an asset; NotFound if there is none.
func (l *Library) Find(ctx context.Context, acc media.AccountID, ref media.Ref) (*media.Asset, error) {
	var a *media.Asset
	err := l.cfg.Catalog.View(ctx, func(tx *catalog.Tx) (err error) {
		a, err = tx.Asset(acc, ref)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find asset: %w", err)
	}
	return a, nil
}

// List returns one page of assets and the cursor of the next, "" at the end.
func (l *Library) List(ctx context.Context, acc media.AccountID, q catalog.AssetQuery) (assets []*media.Asset, next string, err error) {
	err = l.cfg.Catalog.View(ctx, func(tx *catalog.Tx) (err error) {
		assets, next, err = tx.Assets(acc, q)
		return err
	})
	if err != nil {
		return nil, "", fmt.Errorf("list assets: %w", err)
	}
	return assets, next, nil
}

// Renditions returns one page of an asset's renditions and the next cursor.
func (l *Library) Renditions(ctx context.Context, acc media.AccountID, id media.AssetID, cursor string, limit int) (rs []*media.Rendition, next string, err error) {
	err = l.cfg.Catalog.View(ctx, func(tx *catalog.Tx) (err error) {
		rs, next, err = tx.Renditions(acc, id, cursor, limit)
		return err
	})
	if err != nil {
		return nil, "", fmt.Errorf("list renditions: %w", err)
	}
	return rs, next, nil
}

// Change says what Update replaces; nil leaves a thing as it is.
type Change struct {
	Tags    *[]string
	Context *map[string]string
	// Metadata changes values of structured fields.
	Metadata *schema.Change
	// Ahead are renditions to make of the asset. Those that the caller waits
	// for he makes himself, with Eager.
	Ahead *Ahead
	Marks
	// AutoQuality is as in Upload.
	AutoQuality *transform.Transformation
	Placing
	// Grants say who may read the asset; an empty list removes them.
	Grants *[]media.Grant
	// Moderators are those that the asset is put before, in place of all
	// that were asked before.
	Moderators *[]string
	// Moderation is what a person says of the asset.
	Moderation *media.ModerationStatus
}

// Update changes an asset's record; NotFound if there is none.
func (l *Library) Update(ctx context.Context, acc media.AccountID, ref media.Ref, c Change) (*media.Asset, error) {
	if err := errors.Join(c.Marks.check(), c.Placing.check()); err != nil {
		return nil, err
	}
	if c.Moderation != nil {
		if err := checkStatus(*c.Moderation); err != nil {
			return nil, err
		}
	}
	var a *media.Asset
	opened := false
	err := l.cfg.Catalog.Update(ctx, func(tx *catalog.Tx) (err error) {
		if a, err = tx.Asset(acc, ref); err != nil {
			return err
		}
		before := *a
		if c.Metadata != nil {
			if opened, err = l.changeMetadata(tx, []*media.Asset{a}, *c.Metadata, schema.Edit); err != nil {
				return err
			}
		}
		if c.Tags != nil {
			a.Tags = cleanTags(*c.Tags)
		}
		if c.Context != nil {
			a.Context = *c.Context
		}
		c.Marks.on(a, false)
		setAutoQuality(a, c.AutoQuality)
		if c.Placing != (Placing{}) {
			if err := l.place(tx, a, c.Placing); err != nil {
				return err
			}
		}
		if c.Grants != nil {
			a.Detail.Grants = *c.Grants
		}
		if c.Moderators != nil {
			if err := l.submit(tx, a, *c.Moderators); err != nil {
				return err
			}
		}
		if c.Moderation != nil {
			if err := l.settle(tx, a, media.Moderation{Kind: media.Manual, Status: *c.Moderation}); err != nil {
				return err
			}
		}
		a.UpdatedAt = l.now()
		if err := tx.PutAsset(a); err != nil {
			return err
		}
		return l.tellChange(tx, &before, a, c.Ahead)
	})
	if err != nil {
		return nil, fmt.Errorf("update asset: %w", err)
	}
	l.cfg.Fault("committed")
	if opened {
		l.tellSchema(ctx, acc)
	}
	l.cfg.Renditions.Announce(after(ctx), acc, a.ID)
	return a, nil
}

// tellChange records the events of a changed record. Whom the caller named is
// told once, of the change as a whole.
func (l *Library) tellChange(tx *catalog.Tx, before, a *media.Asset, ahead *Ahead) error {
	data := media.AssetData{Asset: *a}
	if ahead != nil {
		data.Ahead, data.Later = ahead.wanted(), ahead.EagerLater
	}
	events := []media.Event{media.NewEvent(media.EventUpdated, a, l.now(), data)}
	if added, removed := media.Lists(before.Tags, a.Tags); len(added)+len(removed) > 0 {
		events = append(events, media.NewEvent(media.EventTagsChanged, a, l.now(), media.ListChange{Asset: *a, Added: added, Removed: removed}))
	}
	if pairs := media.Pairs(before.Context, a.Context); pairs.Changed() {
		pairs.Asset = *a
		events = append(events, media.NewEvent(media.EventContextChanged, a, l.now(), pairs))
	}
	if !maps.EqualFunc(before.Metadata, a.Metadata, sameJSON) {
		events = append(events, media.NewEvent(media.EventMetadataChanged, a, l.now(), media.ValuesChange{Asset: *a, Before: before.Metadata, After: a.Metadata}))
	}
	if before.Folder != a.Folder {
		events = append(events, media.NewEvent(media.EventMoved, a, l.now(), media.TextChange{Before: before.Folder, Asset: *a}))
	}
	if before.DisplayName != a.DisplayName {
		events = append(events, media.NewEvent(media.EventNamed, a, l.now(), media.TextChange{Before: before.DisplayName, Asset: *a}))
	}
	if !slices.EqualFunc(before.Detail.Grants, a.Detail.Grants, media.Grant.Equal) {
		events = append(events, media.NewEvent(media.EventGrantsChanged, a, l.now(), media.GrantsChange{Before: before.Detail.Grants, Asset: *a}))
	}
	for i, e := range events {
		if i > 0 {
			e.Origin = tx.Origin().Aside()
		}
		if err := tx.AddEvent(e); err != nil {
			return err
		}
	}
	if ahead == nil {
		return nil
	}
	return l.promiseAhead(tx, a, *ahead)
}

// Rename gives an asset another name, and another access where to names one.
// Its renditions go with it. The name of another asset is Conflict, unless
// overwrite removes that one.
func (l *Library) Rename(ctx context.Context, acc media.AccountID, from, to media.Ref, overwrite bool) (*media.Asset, error) {
	if err := CheckName(to.Name); err != nil {
		return nil, err
	}
	var a, gone *media.Asset
	err := l.retry(ctx, func() error {
		gone = nil
		return l.cfg.Catalog.Reclaim(ctx, func(tx *catalog.Tx) (err error) {
			a, gone, err = l.rename(tx, acc, from, to, overwrite)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("rename asset: %w", err)
	}
	l.cfg.Fault("committed")
	if gone != nil {
		l.drop(ctx, acc, gone.ID)
	}
	l.cfg.Renditions.Announce(after(ctx), acc, a.ID)
	return a, nil
}

func (l *Library) rename(tx *catalog.Tx, acc media.AccountID, from, to media.Ref, overwrite bool) (a, gone *media.Asset, err error) {
	if a, err = tx.Asset(acc, from); err != nil {
		return nil, nil, err
	}
	to.ID, to.URL = "", ""
	if to.Kind == "" {
		to.Kind = a.Kind
	}
	if to.Access == "" {
		to.Access = a.Access
	}
	old := a.Ref
	switch gone, err = tx.Asset(acc, to); {
	case media.CodeOf(err) == media.NotFound:
		gone = nil
	case err != nil:
		return nil, nil, err
	case gone.ID == a.ID:
		return a, nil, nil
	case !overwrite:
		return nil, nil, &taken{media.Errorf(media.Conflict, "The name %s is taken", to.Name)}
	default:
		if _, err := l.remove(tx, gone, tx.Origin().Aside()); err != nil {
			return nil, nil, err
		}
	}
	if err := tx.RenameAsset(acc, a.ID, to, l.now()); err != nil {
		return nil, nil, err
	}
	if a, err = tx.Asset(acc, media.Ref{ID: a.ID}); err != nil {
		return nil, nil, err
	}
	lay := a.Folder
	if err := l.place(tx, a, Placing{}); err != nil {
		return nil, nil, err
	}
	if a.Folder != lay {
		if err := tx.PutAsset(a); err != nil {
			return nil, nil, err
		}
	}
	return a, gone, tx.AddEvent(media.NewEvent(media.EventRenamed, a, l.now(), media.RenameData{From: old, Asset: *a}))
}

// Deleted says what Delete removed.
type Deleted struct {
	Asset *media.Asset
	// Renditions counts the derived files that went with it.
	Renditions int
}

// Delete removes an asset; NotFound if there is none. When it returns, the
// asset is gone for good and every node was told; its bytes follow.
func (l *Library) Delete(ctx context.Context, acc media.AccountID, ref media.Ref) (*Deleted, error) {
	var out Deleted
	err := l.cfg.Catalog.Reclaim(ctx, func(tx *catalog.Tx) error {
		a, err := tx.Asset(acc, ref)
		if err != nil {
			return err
		}
		out = Deleted{Asset: a}
		out.Renditions, err = l.remove(tx, a, tx.Origin())
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("delete asset: %w", err)
	}
	l.cfg.Fault("committed")
	l.drop(ctx, acc, out.Asset.ID)
	l.cfg.Fault("dropped")
	return &out, nil
}

// remove deletes a's records and has its bytes deleted later.
func (l *Library) remove(tx *catalog.Tx, a *media.Asset, by media.Origin) (renditions int, err error) {
	versions, err := tx.Versions(a.Account, a.ID)
	if err != nil {
		return 0, err
	}
	derived, err := tx.DeleteRenditions(a.Account, a.ID)
	if err != nil {
		return 0, err
	}
	keys := blobs(derived)
	for _, v := range versions {
		keys = append(keys, v.Blob)
	}
	if err := tx.DeleteAsset(a.Account, a.ID); err != nil {
		return 0, err
	}
	if err := l.deleteLater(tx, a.Account, keys); err != nil {
		return 0, err
	}
	e := media.NewEvent(media.EventDeleted, a, l.now(), media.AssetData{Asset: *a})
	e.Origin = by
	return len(derived), tx.AddEvent(e)
}

// DropRenditions forgets an asset's renditions but keeps the asset, and says
// how many there were.
func (l *Library) DropRenditions(ctx context.Context, acc media.AccountID, id media.AssetID) (int, error) {
	n := 0
	err := l.cfg.Catalog.Reclaim(ctx, func(tx *catalog.Tx) error {
		derived, err := tx.DeleteRenditions(acc, id)
		if err != nil {
			return err
		}
		n = len(derived)
		return l.deleteLater(tx, acc, blobs(derived))
	})
	if err != nil {
		return 0, fmt.Errorf("drop renditions: %w", err)
	}
	l.cfg.Fault("committed")
	l.drop(ctx, acc, id)
	return n, nil
}

// now is the wall clock in UTC.
func (l *Library) now() time.Time { return l.cfg.Now().UTC() }

// taken marks a conflict that a second look would find again.
type taken struct{ err *media.Error }

func (t *taken) Error() string { return t.err.Error() }
func (t *taken) Unwrap() error { return t.err }
