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

// resourcesWhere is listWhere for lists that are not counted.
func (d *Dialect) resourcesWhere(c *call, where search.Expr) (any, error) {
	out, err := d.listWhere(c, where)
	if err != nil {
		return nil, err
	}
	out.TotalCount = nil
	return out, nil
}
