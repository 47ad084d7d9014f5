package cloudinary

import (
	"slices"

	"tintype/internal/catalog"
	"tintype/internal/media"
)

// maxDeleted is how many assets one call removes; the answer to a call that
// meant more has a cursor to go on with.
const maxDeleted = 1000

// deletion removes assets, or what was derived from them, and is the answer.
type deletion struct {
	Deleted    map[string]string       `json:"deleted"`
	Counts     map[string]deletedCount `json:"deleted_counts"`
	Partial    bool                    `json:"partial"`
	NextCursor string                  `json:"next_cursor,omitempty"`

	keep bool      // the originals
	only eagerList // of what was derived, if it names any
}

type deletedCount struct {
	Original int `json:"original"`
	Derived  int `json:"derived"`
}

// deletion reads what calls that remove assets have in common.
func (c *call) deletion() (*deletion, error) {
	if err := refuseUnbuilt(c.form, unbuiltAdmin); err != nil {
		return nil, err
	}
	out := &deletion{Deleted: map[string]string{}, Counts: map[string]deletedCount{}}
	var err error
	if out.keep, err = c.form.Bool("keep_original", false); err != nil {
		return nil, err
	}
	if _, err := c.form.Bool("invalidate", false); err != nil {
		return nil, err
	}
	if out.only, err = parseEager(c.transformations()); err != nil {
		return nil, err
	}
	if len(out.only) > 0 && !out.keep {
		return nil, media.Errorf(media.Invalid, "transformations needs keep_original")
	}
	return out, nil
}

// deleteResources removes assets by exactly one of public_ids, prefix and
// all; with keep_original only what was derived from them.
func (d *Dialect) deleteResources(c *call) (any, error) {
	out, err := c.deletion()
	if err != nil {
		return nil, err
	}
	all, err := c.form.Bool("all", false)
	if err != nil {
		return nil, err
	}
	ids, err := c.publicIDs()
	if err != nil {
		return nil, err
	}
	prefix := c.form.Get("prefix")
	ways := 0
	for _, given := range []bool{len(ids) > 0, prefix != "", all} {
		if given {
			ways++
		}
	}
	if ways != 1 {
		return nil, media.Errorf(media.Invalid, "Exactly one of public_ids, prefix and all must be given")
	}
	if len(ids) == 0 {
		q := catalog.AssetQuery{Kind: c.kind, Access: c.access, Prefix: prefix, Order: catalog.ByName, Limit: maxDeleted / 4}
		return out, d.deleteMany(c, out, func(cursor string) ([]*media.Asset, string, error) {
			q.Cursor = cursor
			return d.cfg.Library.List(c.ctx, c.acc.ID, q)
		})
	}
	for _, id := range ids {
		if err := d.deleteOne(c, out, id, media.Ref{Kind: c.kind, Access: c.access, Name: id}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// deleteByTag removes the assets of a kind that have a tag.
func (d *Dialect) deleteByTag(c *call) (any, error) {
	out, err := c.deletion()
	if err != nil {
		return nil, err
	}
	return out, d.deleteMany(c, out, func(cursor string) ([]*media.Asset, string, error) {
		return d.cfg.Library.Tagged(c.ctx, c.acc.ID, c.kind, "", c.id, cursor, maxDeleted/4)
	})
}

// deleteByIDs removes assets by their asset ids, which key the answer.
func (d *Dialect) deleteByIDs(c *call) (any, error) {
	out, err := c.deletion()
	if err != nil {
		return nil, err
	}
	ids, err := c.assetIDs()
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if err := d.deleteOne(c, out, string(id), media.Ref{ID: id}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// deleteMany walks pages of assets, from where the call says.
func (d *Dialect) deleteMany(c *call, out *deletion, page func(cursor string) ([]*media.Asset, string, error)) error {
	cursor := c.form.Get("next_cursor")
	for n := 0; n < maxDeleted; {
		assets, next, err := page(cursor)
		if err != nil {
			return err
		}
		for _, a := range assets {
			if err := d.deleteOne(c, out, a.Name, media.Ref{ID: a.ID}); err != nil {
				return err
			}
		}
		n += len(assets)
		if cursor = next; next == "" {
			return nil
		}
	}
	out.Partial, out.NextCursor = true, cursor
	return nil
}

// deleteOne removes one asset, or only its renditions, and notes what went.
func (d *Dialect) deleteOne(c *call, out *deletion, label string, ref media.Ref) error {
	var count deletedCount
	a, err := d.cfg.Library.Find(c.ctx, c.acc.ID, ref)
	switch {
	case err != nil:
	case len(out.only) > 0:
		count.Derived, err = d.cfg.Library.DropRenditionsLike(c.ctx, a, Name, out.only.made)
	case out.keep:
		count.Derived, err = d.cfg.Library.DropRenditions(c.ctx, c.acc.ID, a.ID)
	default:
		count.Original = 1
		gone, delErr := d.cfg.Library.Delete(c.ctx, c.acc.ID, media.Ref{ID: a.ID})
		if err = delErr; err == nil {
			count.Derived = gone.Renditions
		}
	}
	switch {
	case media.CodeOf(err) == media.NotFound:
		if _, another := out.Deleted[label]; !another {
			out.Deleted[label], out.Counts[label] = "not_found", deletedCount{}
		}
		return nil
	case err != nil:
		return err
	}
	// Assets of several types may have one public id.
	before := out.Counts[label]
	out.Deleted[label] = "deleted"
	out.Counts[label] = deletedCount{before.Original + count.Original, before.Derived + count.Derived}
	return nil
}

// made reports whether a rendition was made by one of the list: asked for in
// its words, or meaning the same.
func (l eagerList) made(r *media.Rendition, text string) bool {
	return slices.ContainsFunc(l, func(item eagerItem) bool {
		return text == item.text || r.Transformation == item.chain.String()
	})
}
