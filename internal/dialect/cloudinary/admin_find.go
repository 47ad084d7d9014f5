package cloudinary

import (
	"tintype/internal/search"
)

// resourcesByTag lists the assets of a kind that have a tag.
func (d *Dialect) resourcesByTag(c *call) (any, error) {
	return d.resourcesWhere(c, search.Equals{Field: "tags", Text: c.id})
}

// resourcesByContext lists the assets of a kind that have a pair of context,
// or with a key alone any value of it.
func (d *Dialect) resourcesByContext(c *call) (any, error) {
	key, err := c.needed("key")
	if err != nil {
		return nil, err
	}
	if value := c.form.Get("value"); value != "" {
		return d.resourcesWhere(c, search.Equals{Field: "context." + key, Text: value})
	}
	return d.resourcesWhere(c, search.Present{Field: "context." + key})
}

// resourcesWhere lists the assets of a kind of which an expression is true.
func (d *Dialect) resourcesWhere(c *call, where search.Expr) (any, error) {
	if err := refuseUnbuilt(c.form, unbuiltAdmin); err != nil {
		return nil, err
	}
	s, err := c.shown()
	if err != nil {
		return nil, err
	}
	list, err := c.listQuery()
	if err != nil {
		return nil, err
	}
	found, err := d.cfg.Library.Search(c.ctx, c.acc.ID, search.Query{
		Where:  search.And{search.Equals{Field: "kind", Text: string(c.kind)}, search.Not{Of: search.Equals{Field: "status", Text: "deleted"}}, where},
		Sort:   []search.Key{{Field: "created_at", Descending: !list.Ascending}, {Field: "id", Descending: !list.Ascending}},
		Limit:  list.Limit,
		Cursor: list.Cursor,
	})
	if err != nil {
		return nil, err
	}
	out := resourceList{Resources: []any{}, NextCursor: found.Next}
	for _, a := range found.Assets {
		r, err := d.row(c, a, s)
		if err != nil {
			return nil, err
		}
		out.Resources = append(out.Resources, r)
	}
	return out, nil
}
