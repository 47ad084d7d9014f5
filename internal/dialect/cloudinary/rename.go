package cloudinary

import (
	"tintype/internal/dialect"
	"tintype/internal/media"
)

// rename gives an asset another public id, and another type with to_type.
func (d *Dialect) rename(c *call) (any, error) {
	from, err := c.needed("from_public_id")
	if err != nil {
		return nil, err
	}
	to, err := c.needed("to_public_id")
	if err != nil {
		return nil, err
	}
	if err := checkName("", to); err != nil {
		return nil, err
	}
	access, err := c.accessOf("type", media.Public)
	if err != nil {
		return nil, err
	}
	toAccess, err := c.accessOf("to_type", access)
	if err != nil {
		return nil, err
	}
	var overwrite, withContext, withMetadata bool
	for name, b := range map[string]*bool{"overwrite": &overwrite, "context": &withContext, "metadata": &withMetadata} {
		if *b, err = c.form.Bool(name, false); err != nil {
			return nil, err
		}
	}
	a, err := d.cfg.Library.Rename(c.ctx, c.acc.ID,
		media.Ref{Kind: c.kind, Access: access, Name: from},
		media.Ref{Kind: c.kind, Access: toAccess, Name: to}, overwrite)
	switch media.CodeOf(err) {
	case media.NotFound:
		return nil, missing(err, from)
	case media.Conflict:
		return nil, &media.Error{Code: media.Invalid, Message: "to_public_id (" + dialect.Quotable(to) + ") already exists", Err: err}
	}
	if err != nil {
		return nil, err
	}
	r := d.result(c, a)
	if !withContext {
		r.Context = nil
	}
	r.Metadata = nil
	if withMetadata {
		r.Metadata = c.values(a, true)
	}
	return r, nil
}
