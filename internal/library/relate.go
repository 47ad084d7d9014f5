package library

import (
	"context"
	"fmt"

	"tintype/internal/catalog"
	"tintype/internal/media"
)

// Relate makes an asset and each of the others related to each other, and
// answers each with nil, Conflict where they are already, NotFound where there
// is no such other, or Invalid where it is the asset itself. The error is
// about the asset, or an outage: nothing has changed then.
func (l *Library) Relate(ctx context.Context, acc media.AccountID, to media.Ref, others []media.Ref) ([]error, error) {
	return l.relations(ctx, acc, to, others, func(tx *catalog.Tx, a, b media.AssetID) error {
		if a == b {
			return media.Errorf(media.Invalid, "An asset cannot be related to itself")
		}
		fresh, err := tx.Relate(acc, a, b, l.now())
		if err == nil && !fresh {
			err = media.Errorf(media.Conflict, "The assets are related already")
		}
		return err
	})
}

// Unrelate undoes Relate and answers each of the others with nil, or NotFound
// where there is no such asset, or no such relation: then with ErrNoRelation as
// its cause.
func (l *Library) Unrelate(ctx context.Context, acc media.AccountID, from media.Ref, others []media.Ref) ([]error, error) {
	return l.relations(ctx, acc, from, others, func(tx *catalog.Tx, a, b media.AssetID) error {
		there, err := tx.Unrelate(acc, a, b)
		if err == nil && !there {
			err = &media.Error{Code: media.NotFound, Message: "The assets are not related", Err: ErrNoRelation}
		}
		return err
	})
}

// ErrNoRelation is the cause when two assets exist and are not related.
var ErrNoRelation = fmt.Errorf("library: no relation")

func (l *Library) relations(ctx context.Context, acc media.AccountID, ref media.Ref, others []media.Ref, change func(tx *catalog.Tx, a, b media.AssetID) error) ([]error, error) {
	answers := make([]error, len(others))
	err := l.cfg.Catalog.Update(ctx, func(tx *catalog.Tx) error {
		a, err := tx.Asset(acc, ref)
		if err != nil {
			return err
		}
		for i, other := range others {
			b, err := tx.Asset(acc, other)
			if err == nil {
				err = change(tx, a.ID, b.ID)
			}
			switch media.CodeOf(err) {
			case media.NotFound, media.Conflict, media.Invalid:
				answers[i] = err
			default:
				if err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("relate assets: %w", err)
	}
	return answers, nil
}

// Related returns a page of the assets that are related to one, and the cursor
// of the next page.
func (l *Library) Related(ctx context.Context, acc media.AccountID, id media.AssetID, cursor string, limit int) (assets []*media.Asset, next string, err error) {
	err = l.cfg.Catalog.View(ctx, func(tx *catalog.Tx) (err error) {
		assets, next, err = tx.Related(acc, id, cursor, limit)
		return err
	})
	return assets, next, err
}
