package cloudinary

import (
	"maps"
	"slices"
	"strconv"

	"tintype/internal/dialect"
	"tintype/internal/library"
	"tintype/internal/media"
)

// maxBulk bounds the assets that one bulk call names.
const maxBulk = 1000

// changedIDs answers the calls that change many assets: those that exist.
type changedIDs struct {
	PublicIDs []string `json:"public_ids"`
}

// bulkRefs reads the assets that a bulk call is about.
func (c *call) bulkRefs() ([]media.Ref, error) {
	ids := c.form.List("public_ids")
	if len(ids) == 0 {
		return nil, media.Errorf(media.Invalid, "Missing required parameter - public_ids")
	}
	if len(ids) > maxBulk {
		return nil, tooMany("public_ids", maxBulk, len(ids))
	}
	access, err := c.accessOf("type", media.Public)
	if err != nil {
		return nil, err
	}
	refs := make([]media.Ref, len(ids))
	for i, id := range ids {
		refs[i] = media.Ref{Kind: c.kind, Access: access, Name: id}
	}
	return refs, nil
}

// bulk changes many assets in the same way.
func (d *Dialect) bulk(c *call, refs []media.Ref, edit func(a *media.Asset) (bool, error)) (any, error) {
	assets, err := d.cfg.Library.ChangeEach(c.ctx, c.acc.ID, refs, edit)
	if err != nil {
		return nil, err
	}
	out := changedIDs{PublicIDs: []string{}}
	for _, a := range assets {
		out.PublicIDs = append(out.PublicIDs, a.Name)
	}
	return out, nil
}

// bulkTags adds and removes tags of many assets.
func (d *Dialect) bulkTags(c *call) (any, error) {
	command, err := c.needed("command")
	if err != nil {
		return nil, err
	}
	refs, err := c.bulkRefs()
	if err != nil {
		return nil, err
	}
	given, err := c.tagsIn("tag")
	if err != nil {
		return nil, err
	}
	var next func(old []string) []string
	switch command {
	case "add", "set_exclusive":
		next = func(old []string) []string { return union(old, given) }
	case "remove":
		next = func(old []string) []string { return without(old, given) }
	case "replace":
		next = func([]string) []string { return union(nil, given) }
	case "remove_all":
		next = func([]string) []string { return nil }
	default:
		return nil, media.Errorf(media.Invalid, "Invalid command %s", dialect.Quotable(command))
	}
	if len(given) == 0 && command != "remove_all" && !(command == "replace" && c.form.Has("tag")) {
		return nil, media.Errorf(media.Invalid, "Missing required parameter - tag")
	}
	out, err := d.bulk(c, refs, tagEdit(next))
	if err != nil || command != "set_exclusive" {
		return out, err
	}
	return out, d.untagOthers(c, refs, given)
}

func tagEdit(next func(old []string) []string) func(a *media.Asset) (bool, error) {
	return func(a *media.Asset) (bool, error) {
		tags := next(a.Tags)
		if slices.Equal(tags, a.Tags) {
			return false, nil
		}
		if len(tags) > maxTags {
			return false, tooMany("tags", maxTags, len(tags))
		}
		a.Tags = tags
		return true, nil
	}
}

// union is a list with what it lacks of another behind it.
func union(list, more []string) []string {
	list = slices.Clone(list)
	for _, s := range more {
		if !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}

func without(list, some []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(some, s) })
}

// untagOthers takes tags from all assets but those named.
func (d *Dialect) untagOthers(c *call, keep []media.Ref, tags []string) error {
	kept := map[media.Ref]bool{}
	for _, ref := range keep {
		kept[ref] = true
	}
	for _, tag := range tags {
		for cursor := ""; ; {
			assets, next, err := d.cfg.Library.Tagged(c.ctx, c.acc.ID, c.kind, keep[0].Access, tag, cursor, maxDeleted/4)
			if err != nil {
				return err
			}
			var others []media.Ref
			for _, a := range assets {
				if !kept[media.Ref{Kind: a.Kind, Access: a.Access, Name: a.Name}] {
					others = append(others, media.Ref{ID: a.ID})
				}
			}
			remove := tagEdit(func(old []string) []string { return without(old, []string{tag}) })
			if _, err := d.cfg.Library.ChangeEach(c.ctx, c.acc.ID, others, remove); err != nil {
				return err
			}
			if cursor = next; next == "" {
				break
			}
		}
	}
	return nil
}

// bulkContext adds pairs to many assets, or removes all.
func (d *Dialect) bulkContext(c *call) (any, error) {
	command, err := c.needed("command")
	if err != nil {
		return nil, err
	}
	refs, err := c.bulkRefs()
	if err != nil {
		return nil, err
	}
	var given map[string]string
	switch command {
	case "remove_all":
	case "add":
		if given, err = parseContext(c.form.Get("context")); err != nil {
			return nil, err
		}
		if len(given) == 0 {
			return nil, media.Errorf(media.Invalid, "Missing required parameter - context")
		}
	default:
		return nil, media.Errorf(media.Invalid, "Invalid command %s", dialect.Quotable(command))
	}
	return d.bulk(c, refs, func(a *media.Asset) (bool, error) {
		var pairs map[string]string
		if command == "add" {
			if pairs = maps.Clone(a.Context); pairs == nil {
				pairs = map[string]string{}
			}
			maps.Copy(pairs, given)
		}
		if maps.Equal(pairs, a.Context) {
			return false, nil
		}
		a.Context = pairs
		return true, nil
	})
}

// tooMany refuses a list that is longer than it may be.
func tooMany(what string, most, got int) error {
	return &media.Error{
		Code:    media.Invalid,
		Message: "There are more than " + strconv.Itoa(most) + " " + what,
		Err:     &media.LimitError{What: what, Max: int64(most), Got: int64(got)},
	}
}

// assetDestroy removes an asset by its id.
func (d *Dialect) assetDestroy(c *call) (any, error) {
	id, err := c.needed("asset_id")
	if err != nil {
		return nil, err
	}
	if !assetID(id) {
		return nil, media.Errorf(media.Invalid, "Invalid asset_id %s", dialect.Quotable(id))
	}
	return d.remove(c, media.Ref{ID: media.AssetID(id)})
}

// update changes what is recorded of an asset, and answers with all of it.
func (d *Dialect) update(c *call) (any, error) {
	return d.updateOf(c, media.Ref{Kind: c.kind, Access: c.access, Name: c.id})
}

// updateByID is update by the asset's id.
func (d *Dialect) updateByID(c *call) (any, error) {
	return d.updateOf(c, media.Ref{ID: media.AssetID(c.id)})
}

func (d *Dialect) updateOf(c *call, ref media.Ref) (any, error) {
	if err := refuseUnbuilt(c.form, unbuilt); err != nil {
		return nil, err
	}
	if err := refuseAddons(c.form, true); err != nil {
		return nil, err
	}
	a, err := d.change(c, ref, library.Ahead{})
	if err != nil {
		return nil, missing(err, c.id)
	}
	if to := c.form.Get("public_id"); to != "" && to != a.Name {
		if err := checkName("", to); err != nil {
			return nil, err
		}
		_, err := d.cfg.Library.Rename(c.ctx, c.acc.ID, media.Ref{ID: a.ID}, media.Ref{Name: to}, false)
		if media.CodeOf(err) == media.Conflict {
			return nil, &media.Error{Code: media.Invalid, Message: "public_id (" + dialect.Quotable(to) + ") already exists", Err: err}
		}
		if err != nil {
			return nil, missing(err, c.id)
		}
	}
	return d.detailsOf(c, media.Ref{ID: a.ID})
}
