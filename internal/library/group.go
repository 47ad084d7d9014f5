package library

import (
	"context"
	"fmt"
	"time"

	"tintype/internal/catalog"
	"tintype/internal/media"
)

// MaxGroup is how many members a group has at most.
const MaxGroup = 1000

// Grouped is a group with its assets, in the order of its members: nil for
// those that are gone.
type Grouped struct {
	*media.Group
	Assets []*media.Asset
}

// MakeGroup records a new group of 1 to MaxGroup members. NotFound when the
// account has not all of the assets; those of restricted access do not exist
// for who is not trusted.
func (l *Library) MakeGroup(ctx context.Context, acc media.AccountID, members []media.Member, trusted bool) (*Grouped, error) {
	if n := len(members); n < 1 || n > MaxGroup {
		return nil, &media.Error{
			Code: media.Invalid, Message: fmt.Sprintf("A group has 1 to %d files, not %d", MaxGroup, n),
			Err: &media.LimitError{What: "members", Max: MaxGroup, Got: int64(n)},
		}
	}
	id, err := l.newID()
	if err != nil {
		return nil, err
	}
	out := &Grouped{Group: &media.Group{
		Account: acc, ID: media.GroupID(id), Members: members, CreatedAt: l.now().Truncate(time.Microsecond),
	}}
	err = l.cfg.Catalog.Update(ctx, func(tx *catalog.Tx) error {
		if err := out.find(tx); err != nil {
			return err
		}
		for i, a := range out.Assets {
			if a == nil || !trusted && !a.Shown(out.CreatedAt) {
				return media.Errorf(media.NotFound, "Resource not found - %s", members[i].Asset)
			}
		}
		return tx.AddGroup(out.Group)
	})
	if err != nil {
		return nil, fmt.Errorf("make group: %w", err)
	}
	return out, nil
}

// FindGroup returns a group; NotFound if there is none.
func (l *Library) FindGroup(ctx context.Context, acc media.AccountID, id media.GroupID) (*Grouped, error) {
	out := &Grouped{}
	err := l.cfg.Catalog.View(ctx, func(tx *catalog.Tx) (err error) {
		if out.Group, err = tx.Group(acc, id); err != nil {
			return err
		}
		return out.find(tx)
	})
	if err != nil {
		return nil, fmt.Errorf("find group: %w", err)
	}
	return out, nil
}

// find looks for the members' assets.
func (g *Grouped) find(tx *catalog.Tx) error {
	ids := make([]media.AssetID, len(g.Members))
	for i, m := range g.Members {
		ids[i] = m.Asset
	}
	found, err := tx.AssetsByID(g.Account, ids)
	if err != nil {
		return err
	}
	g.Assets = make([]*media.Asset, len(ids))
	for i, id := range ids {
		g.Assets[i] = found[id]
	}
	return nil
}
