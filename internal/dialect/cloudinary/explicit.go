package cloudinary

import (
	"tintype/internal/dialect"
	"tintype/internal/library"
	"tintype/internal/media"
)

// explicit applies changes and eager transformations to an asset that exists.
// Tags and context that are given replace what was there, empty ones too.
func (d *Dialect) explicit(c *call) (any, error) {
	id, err := c.needed("public_id")
	if err != nil {
		return nil, err
	}
	if _, err := c.needed("type"); err != nil {
		return nil, err
	}
	access, err := c.accessOf("type", media.Public)
	if err != nil {
		return nil, err
	}
	if err := refuseUnbuilt(c.form, unbuilt); err != nil {
		return nil, err
	}
	eager, ahead, err := c.ahead()
	if err != nil {
		return nil, err
	}
	later, err := c.form.Bool("async", false)
	if err != nil {
		return nil, err
	}
	if later && len(eager) > 0 {
		ahead.EagerLater = true
		c.batch()
	}
	if err := refuseAddons(c.form, false); err != nil {
		return nil, err
	}
	w, err := c.wanted()
	if err != nil {
		return nil, err
	}
	items, err := c.breakpoints()
	if err != nil {
		return nil, err
	}
	a, err := d.change(c, media.Ref{Kind: c.kind, Access: access, Name: id}, ahead)
	if err != nil {
		return nil, missing(err, id)
	}
	if later {
		return c.pending(a.Kind, a.Access, a.Name), nil
	}
	if _, err := d.cfg.Library.Analyse(c.ctx, a, w.parts()); err != nil {
		return nil, err
	}
	r := d.resultWith(c, a, w)
	if r.Breakpoints, err = d.breakpointResults(c, a, items); err != nil {
		return nil, err
	}
	if c.form.Get("access_mode") != "" {
		r.AccessMode = modeOf(a)
	}
	if ahead.EagerLater {
		r.Eager, r.BatchID = d.processing(c, a, eager), c.batch()
		return r, nil
	}
	r.Eager = d.eagerResults(c, a, eager, d.cfg.Library.Eager(c.ctx, a, eager.chains(), eager.labels()))
	return r, nil
}

// change replaces what the call gives, or only finds the asset where nobody
// is to be told of anything and nothing is made in the background.
func (d *Dialect) change(c *call, ref media.Ref, ahead library.Ahead) (*media.Asset, error) {
	var change library.Change
	if c.form.Has("tags") {
		tags, err := c.tags()
		if err != nil {
			return nil, err
		}
		change.Tags = &tags
	}
	if c.form.Has("context") {
		pairs, err := parseContext(c.form.Get("context"))
		if err != nil {
			return nil, err
		}
		change.Context = &pairs
	}
	var err error
	if change.Metadata, err = c.metadata(); err != nil {
		return nil, err
	}
	if change.Marks, err = c.marks(); err != nil {
		return nil, err
	}
	if change.AutoQuality, err = c.autoQuality(); err != nil {
		return nil, err
	}
	if ahead.EagerLater || len(ahead.EagerNotify) > 0 || len(media.OriginOf(c.ctx).Notify) > 0 {
		change.Ahead = &ahead
	}
	if change.Placing, err = c.placing(); err != nil {
		return nil, err
	}
	if change.Grants, _, err = c.grants(); err != nil {
		return nil, err
	}
	if moderators, err := c.moderators(); err != nil {
		return nil, err
	} else if len(moderators) > 0 {
		change.Moderators = &moderators
	}
	if change.Moderation, err = c.verdict(); err != nil {
		return nil, err
	}
	if change == (library.Change{}) {
		return d.cfg.Library.Find(c.ctx, c.acc.ID, ref)
	}
	return d.cfg.Library.Update(c.ctx, c.acc.ID, ref, change)
}

// missing puts the public id that was asked for into a NotFound.
func missing(err error, id string) error {
	if media.CodeOf(err) != media.NotFound {
		return err
	}
	return &media.Error{Code: media.NotFound, Message: "Resource not found - " + dialect.Quotable(id), Err: err}
}
