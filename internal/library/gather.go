package library

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"tintype/internal/media"
	"tintype/internal/rendition"
	"tintype/internal/transform"
)

// Gathering describes a picture that is made of others, as often as they change.
type Gathering struct {
	Account media.AccountID
	// Access is media.Sequence or media.Sheet.
	Access media.Access
	// Name of the asset. One that is there is replaced.
	Name string
	// Members are the pictures. Refs by URL are brought in first.
	Members media.Members
	// Chain is done to each member, and says how the whole is written, when
	// it is made at once to see whether it can be.
	Chain transform.Transformation
}

// Gather makes a composed asset: its content is the list of its members, and
// whoever asks for it gets a picture of what they are then. Errors are those
// of rendition.Store.Get for Chain. What shows before pixels are touched changes
// nothing; after another error there is no asset, unless there was one before.
func (l *Library) Gather(ctx context.Context, g Gathering) (*media.Asset, error) {
	if !g.Access.Composed() {
		return nil, fmt.Errorf("library: an asset of access %s has no members", g.Access)
	}
	if err := CheckName(g.Name); err != nil {
		return nil, err
	}
	var err error
	if g.Members.Refs, err = l.broughtIn(ctx, g.Account, g.Members.Refs); err != nil {
		return nil, err
	}
	ref := media.Ref{Kind: media.KindImage, Access: g.Access, Name: g.Name}
	planned := &media.Asset{Account: g.Account, Ref: ref, Detail: media.Detail{Members: &g.Members}}
	if err := l.cfg.Renditions.Composable(ctx, planned, g.Chain); err != nil {
		return nil, fmt.Errorf("compose %s: %w", g.Name, err)
	}
	list, err := json.Marshal(g.Members)
	if err != nil {
		return nil, err
	}
	old, err := l.Find(ctx, g.Account, ref)
	if err != nil && media.CodeOf(err) != media.NotFound {
		return nil, err
	}
	staged, err := l.Stage(ctx, bytes.NewReader(list), 1<<20)
	if err != nil {
		return nil, err
	}
	defer staged.Discard()
	u := &Upload{Account: g.Account, Kind: media.KindImage, Access: g.Access, Name: g.Name, Overwrite: true, members: &g.Members}
	out, err := l.commit(ctx, &candidate{
		upload: u, naming: l.naming(u, media.KindImage), staged: staged, kind: media.KindImage,
		info: media.Info{Format: "json", Bytes: staged.Size},
	})
	if err != nil {
		return nil, err
	}
	if out.Overwritten {
		l.drop(ctx, g.Account, out.Asset.ID)
	}
	if _, err := l.cfg.Renditions.GetSigned(ctx, out.Asset, g.Chain); err != nil {
		if old == nil {
			if _, err := l.Delete(after(ctx), g.Account, media.Ref{ID: out.Asset.ID}); err != nil {
				l.cfg.Logger.Warn("an asset whose members make no picture stays", "account", g.Account, "asset", out.Asset.ID, "error", err)
			}
		}
		return nil, fmt.Errorf("compose %s: %w", g.Name, err)
	}
	return out.Asset, nil
}

// broughtIn names each reference by what it is here.
func (l *Library) broughtIn(ctx context.Context, acc media.AccountID, refs []media.Ref) ([]media.Ref, error) {
	var out []media.Ref
	for _, ref := range refs {
		var a *media.Asset
		var err error
		if ref.URL == "" {
			a, err = l.Find(ctx, acc, ref)
		} else if err = l.cfg.Renditions.MayImport(ref.URL, true); err == nil {
			a, err = l.cfg.Renditions.Import(ctx, acc, media.RemoteRef(ref.URL), ref.URL)
		}
		if err != nil {
			return nil, fmt.Errorf("find member: %w", err)
		}
		if a.Kind != media.KindImage || a.Access.Composed() {
			return nil, media.Errorf(media.Invalid, "%s is not a picture that can be put together with others", a.Name)
		}
		out = append(out, media.Ref{Kind: a.Kind, Access: a.Access, Name: a.Name})
	}
	return out, nil
}

// Sheet says where the members of a sheet lie.
func (l *Library) Sheet(ctx context.Context, a *media.Asset) (*rendition.Layout, error) {
	layout, _, err := l.cfg.Renditions.Sheet(ctx, a, transform.Transformation{}, true)
	return layout, err
}
