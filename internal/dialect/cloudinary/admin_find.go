package cloudinary

import (
	"strings"

	"tintype/internal/library"
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

// resourcesInFolder lists the assets that lie in a folder itself, and counts
// them.
func (d *Dialect) resourcesInFolder(c *call) (any, error) {
	folder, err := c.needed("asset_folder")
	if err != nil {
		return nil, err
	}
	where := search.Expr(search.Equals{Field: "folder", Text: strings.Trim(folder, "/")})
	if strings.Trim(folder, "/") == "" {
		where = search.Not{Of: search.Present{Field: "folder"}}
	}
	out, total, err := d.listWhere(c, where)
	if err != nil {
		return nil, err
	}
	out.TotalCount = &total
	return out, nil
}

// resourcesWhere lists the assets of a kind of which an expression is true.
func (d *Dialect) resourcesWhere(c *call, where search.Expr) (any, error) {
	out, _, err := d.listWhere(c, where)
	if err != nil {
		return nil, err
	}
	return out, nil
}

// listWhere lists the living assets of which an expression is true, of the
// call's kind where it names one, and tells how many there are.
func (d *Dialect) listWhere(c *call, where search.Expr) (out *resourceList, total int, err error) {
	if err := refuseUnbuilt(c.form, unbuiltAdmin); err != nil {
		return nil, 0, err
	}
	s, err := c.shown()
	if err != nil {
		return nil, 0, err
	}
	list, err := c.listQuery()
	if err != nil {
		return nil, 0, err
	}
	all := search.And{library.Living, where}
	if c.kind != "" {
		all = append(all, search.Equals{Field: "kind", Text: string(c.kind)})
	}
	if !list.From.IsZero() {
		from := &search.Bound{Value: search.Micros(list.From)}
		if list.Ascending {
			all = append(all, search.Range{Field: "created_at", Min: from})
		} else {
			all = append(all, search.Range{Field: "created_at", Max: from})
		}
	}
	found, err := d.cfg.Library.Search(c.ctx, c.acc.ID, search.Query{
		Where:  all,
		Sort:   []search.Key{{Field: "created_at", Descending: !list.Ascending}, {Field: "id", Descending: !list.Ascending}},
		Limit:  list.Limit,
		Cursor: list.Cursor,
	})
	if err != nil {
		return nil, 0, err
	}
	out, err = d.rows(c, found.Assets, s, found.Next)
	return out, found.Total, err
}
