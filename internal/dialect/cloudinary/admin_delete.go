package cloudinary

import (
	"tintype/internal/catalog"
	"tintype/internal/media"
)

// maxDeleted is how many assets one call removes; the answer to a call that
// meant more has a cursor to go on with.
const maxDeleted = 1000

type deletion struct {
	Deleted    map[string]string       `json:"deleted"`
	Counts     map[string]deletedCount `json:"deleted_counts"`
	Partial    bool                    `json:"partial"`
	NextCursor string                  `json:"next_cursor,omitempty"`
}

type deletedCount struct {
	Original int `json:"original"`
	Derived  int `json:"derived"`
}

// deleteResources removes assets by exactly one of public_ids, prefix and
// all; with keep_original only what was derived from them.
func (d *Dialect) deleteResources(c *call) (any, error) {
	if err := refuseUnbuilt(c.form, unbuiltAdmin); err != nil {
		return nil, err
	}
	all, err := c.form.Bool("all", false)
	if err != nil {
		return nil, err
	}
	keep, err := c.form.Bool("keep_original", false)
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
	out := &deletion{Deleted: map[string]string{}, Counts: map[string]deletedCount{}}
	if len(ids) > 0 {
		for _, id := range ids {
			if err := d.deleteOne(c, out, media.Ref{Kind: c.kind, Access: c.access, Name: id}, keep); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	return out, d.deleteMany(c, out, prefix, keep)
}

// deleteMany walks the assets of a prefix, "" for all.
func (d *Dialect) deleteMany(c *call, out *deletion, prefix string, keep bool) error {
	q := catalog.AssetQuery{
		Kind: c.kind, Access: c.access, Prefix: prefix, Order: catalog.ByName, Cursor: c.form.Get("next_cursor"), Limit: maxDeleted / 4,
	}
	for n := 0; n < maxDeleted; {
		assets, next, err := d.cfg.Library.List(c.ctx, c.acc.ID, q)
		if err != nil {
			return err
		}
		for _, a := range assets {
			if err := d.deleteOne(c, out, a.Ref, keep); err != nil {
				return err
			}
		}
		n += len(assets)
		if q.Cursor = next; next == "" {
			return nil
		}
	}
	out.Partial, out.NextCursor = true, q.Cursor
	return nil
}

// deleteOne removes one asset, or only its renditions, and notes what went.
func (d *Dialect) deleteOne(c *call, out *deletion, ref media.Ref, keep bool) error {
	var count deletedCount
	a, err := d.cfg.Library.Find(c.ctx, c.acc.ID, ref)
	switch {
	case err != nil:
	case keep:
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
		out.Deleted[ref.Name], out.Counts[ref.Name] = "not_found", deletedCount{}
		return nil
	case err != nil:
		return err
	}
	out.Deleted[ref.Name], out.Counts[ref.Name] = "deleted", count
	return nil
}
