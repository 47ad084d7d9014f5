package cloudinary

import (
	"encoding/json"
	"regexp"
	"strings"

	"tintype/internal/account"
	"tintype/internal/dialect"
	"tintype/internal/library"
	"tintype/internal/media"
)

type transformationItem struct {
	Name    string `json:"name"`
	Allowed bool   `json:"allowed_for_strict"`
	Used    bool   `json:"used"`
	Named   bool   `json:"named"`
}

type transformationDetails struct {
	transformationItem
	Info       []settings        `json:"info"`
	Derived    []derivedResource `json:"derived"`
	NextCursor string            `json:"next_cursor,omitempty"`
}

// derivedResource is a rendition in a list over several assets.
type derivedResource struct {
	PublicID     string `json:"public_id"`
	ResourceType string `json:"resource_type"`
	Type         string `json:"type"`
	derived
}

// spelledIn is a transformation's text in this dialect.
func spelledIn(text string) media.Spelling { return media.Spelling{Dialect: Name, Text: text} }

// transformations lists the named transformations and those in use, or
// describes the one that the call names.
func (d *Dialect) transformations(c *call) (any, error) {
	if c.form.Get("transformation") != "" {
		c.id = c.form.Get("transformation")
		return d.transformation(c)
	}
	named, err := c.form.Bool("named", false)
	if err != nil {
		return nil, err
	}
	both := !c.form.Has("named")
	limit, err := c.maxResults()
	if err != nil {
		return nil, err
	}
	after, err := readCursor(c.form.Get("next_cursor"))
	if err != nil {
		return nil, err
	}
	out := struct {
		Transformations []transformationItem `json:"transformations"`
		NextCursor      string               `json:"next_cursor,omitempty"`
	}{Transformations: []transformationItem{}}
	// Named ones first: their cursors begin with "t", those in use with "u".
	if (named || both) && !strings.HasPrefix(after, "u") {
		for _, s := range c.acc.Settings(account.KindTransformation) {
			if "t"+s.Name <= after {
				continue
			}
			if len(out.Transformations) == limit {
				out.NextCursor = writeCursor("t" + strings.TrimPrefix(out.Transformations[limit-1].Name, "t_"))
				return out, nil
			}
			item, err := d.namedItem(c, s)
			if err != nil {
				return nil, err
			}
			out.Transformations = append(out.Transformations, item)
		}
	}
	if named {
		return out, nil
	}
	texts, err := d.cfg.Library.Transformations(c.ctx, c.acc.ID, Name, strings.TrimPrefix(used(after), "u"), limit+1)
	if err != nil {
		return nil, err
	}
	for _, text := range texts {
		if isNamed(c, text) {
			continue
		}
		if len(out.Transformations) == limit {
			out.NextCursor = writeCursor("u" + lastUsed(out.Transformations))
			break
		}
		out.Transformations = append(out.Transformations, transformationItem{Name: text, Allowed: allowed(c.acc, text), Used: true})
	}
	return out, nil
}

// used is a cursor's part about transformations in use, "" for one that is
// still among the named ones.
func used(after string) string {
	if strings.HasPrefix(after, "u") {
		return after
	}
	return ""
}

// lastUsed is the last text of a page that is no name; "" where there is none yet.
func lastUsed(items []transformationItem) string {
	if last := items[len(items)-1]; !last.Named {
		return last.Name
	}
	return ""
}

func (d *Dialect) namedItem(c *call, s media.Setting) (transformationItem, error) {
	var n account.NamedTransformation
	if err := json.Unmarshal(s.Body, &n); err != nil {
		return transformationItem{}, err
	}
	made, _, err := d.cfg.Library.MadeBy(c.ctx, c.acc.ID, spelledIn("t_"+s.Name), "", 1)
	return transformationItem{Name: "t_" + s.Name, Allowed: n.Allowed, Used: len(made) > 0, Named: true}, err
}

// isNamed reports whether a text is the use of a name alone.
func isNamed(c *call, text string) bool {
	name, ok := strings.CutPrefix(text, "t_")
	if ok {
		_, ok = c.acc.Setting(account.KindTransformation, name)
	}
	return ok
}

// transformation describes a named transformation, with or without its "t_",
// or one that is written out.
func (d *Dialect) transformation(c *call) (any, error) {
	limit, err := c.maxResults()
	if err != nil {
		return nil, err
	}
	var out transformationDetails
	text := c.id
	if s, ok := c.namedTransformation(c.id); ok {
		if out.transformationItem, err = d.namedItem(c, s); err != nil {
			return nil, err
		}
		var n account.NamedTransformation
		if err := json.Unmarshal(s.Body, &n); err != nil {
			return nil, err
		}
		text = out.Name
		out.Info = explain(n.Source)
	} else {
		out.transformationItem = transformationItem{Name: text, Allowed: allowed(c.acc, text)}
		out.Info = explain(text)
	}
	made, next, err := d.cfg.Library.MadeBy(c.ctx, c.acc.ID, spelledIn(text), c.form.Get("next_cursor"), limit)
	if err != nil {
		return nil, err
	}
	out.Used = len(made) > 0
	if !out.Used && !out.Named && !out.Allowed {
		return nil, notFoundTransformation(c.id)
	}
	out.NextCursor, out.Derived = next, []derivedResource{}
	for _, m := range made {
		out.Derived = append(out.Derived, d.derivedResource(c, m, text))
	}
	return out, nil
}

func (d *Dialect) derivedResource(c *call, m library.Made, text string) derivedResource {
	return derivedResource{
		PublicID: m.Of.Name, ResourceType: string(m.Of.Kind), Type: deliveryType(m.Of.Access), derived: d.derived(c, m.Of, m.Rendition, text),
	}
}

func notFoundTransformation(name string) error {
	return media.Errorf(media.NotFound, "Can't find transformation with name %s", dialect.Quotable(name))
}

func (c *call) namedTransformation(name string) (media.Setting, bool) {
	if s, ok := c.acc.Setting(account.KindTransformation, strings.TrimPrefix(name, "t_")); ok {
		return s, true
	}
	return c.acc.Setting(account.KindTransformation, name)
}

var transformationName = regexp.MustCompile(`^[\pL\pN_.\-]([\pL\pN_.\- ]{0,253}[\pL\pN_.\-])?$`)

// createTransformation names a transformation.
func (d *Dialect) createTransformation(c *call) (any, error) {
	if c.id == "" {
		name, err := c.needed("name")
		if err != nil {
			return nil, err
		}
		c.id = name
	}
	name := strings.TrimPrefix(c.id, "t_")
	text, err := c.needed("transformation")
	if err != nil {
		return nil, err
	}
	if !transformationName.MatchString(name) {
		return nil, media.Errorf(media.Invalid, "Invalid transformation name %s", dialect.Quotable(name))
	}
	allow, err := c.form.Bool("allowed_for_strict", true)
	if err != nil {
		return nil, err
	}
	body, err := namedBody(text, allow)
	if err != nil {
		return nil, err
	}
	err = d.cfg.Accounts.AddSetting(c.ctx, media.Setting{Account: c.acc.ID, Kind: account.KindTransformation, Name: name, Body: body})
	if err != nil && media.CodeOf(err) == media.Conflict {
		return nil, media.Errorf(media.Conflict, "Transformation %s already exists", name)
	}
	return message{Message: "created"}, err
}

// namedBody is the body of the setting of a named transformation.
func namedBody(text string, allow bool) (json.RawMessage, error) {
	text = strings.TrimLeft(text, "/") // a slash at the end says that no format is meant
	chain, err := parseChainText(strings.TrimRight(text, "/"))
	if err != nil {
		return nil, err
	}
	if chain.Hints != 0 {
		return nil, media.Errorf(media.Invalid, "A named transformation cannot depend on the client: %s", dialect.Quotable(text))
	}
	return json.Marshal(account.NamedTransformation{Text: chain.String(), Source: text, Dialect: Name, Allowed: allow})
}

// updateTransformation changes what a name stands for, or whether a
// transformation is allowed in strict mode.
func (d *Dialect) updateTransformation(c *call) (any, error) {
	if c.id == "" {
		name, err := c.needed("transformation")
		if err != nil {
			return nil, err
		}
		c.id = name
	}
	allow, err := c.form.Bool("allowed_for_strict", false)
	if err != nil {
		return nil, err
	}
	s, named := c.namedTransformation(c.id)
	if !named {
		if c.form.Get("unsafe_update") != "" {
			return nil, notFoundTransformation(c.id)
		}
		return d.allowTransformation(c, allow)
	}
	err = d.cfg.Accounts.EditSetting(c.ctx, c.acc.ID, s.Kind, s.Name, func(old json.RawMessage) (json.RawMessage, error) {
		var n account.NamedTransformation
		if err := json.Unmarshal(old, &n); err != nil {
			return nil, err
		}
		if c.form.Has("allowed_for_strict") {
			n.Allowed = allow
		}
		text := n.Source
		if given := c.form.Get("unsafe_update"); given != "" {
			text = given
		}
		return namedBody(text, n.Allowed)
	})
	return message{Message: "updated"}, err
}

// allowTransformation allows a transformation that is written out, or
// withdraws that.
func (d *Dialect) allowTransformation(c *call, allow bool) (any, error) {
	if !c.form.Has("allowed_for_strict") {
		return nil, media.Errorf(media.Invalid, "Missing required parameter - allowed_for_strict")
	}
	if _, err := parseChainText(c.id); err != nil {
		return nil, err
	}
	var err error
	if allow {
		err = d.cfg.Accounts.PutSetting(c.ctx, media.Setting{Account: c.acc.ID, Kind: account.KindAllowed, Name: c.id, Body: json.RawMessage(`{}`)})
	} else if err = d.cfg.Accounts.DeleteSetting(c.ctx, c.acc.ID, account.KindAllowed, c.id); err != nil && media.CodeOf(err) == media.NotFound {
		err = nil
	}
	return message{Message: "updated"}, err
}

// deleteTransformation removes a name, and whatever was made by a transformation.
func (d *Dialect) deleteTransformation(c *call) (any, error) {
	if c.id == "" {
		name, err := c.needed("transformation")
		if err != nil {
			return nil, err
		}
		c.id = name
	}
	text, found := c.id, false
	if s, ok := c.namedTransformation(c.id); ok {
		if err := d.cfg.Accounts.DeleteSetting(c.ctx, c.acc.ID, s.Kind, s.Name); err != nil {
			return nil, err
		}
		text, found = "t_"+s.Name, true
	} else if allowed(c.acc, text) {
		if err := d.cfg.Accounts.DeleteSetting(c.ctx, c.acc.ID, account.KindAllowed, text); err != nil {
			return nil, err
		}
		found = true
	}
	n, err := d.cfg.Library.DropMadeBy(c.ctx, c.acc.ID, spelledIn(text))
	if err != nil {
		return nil, err
	}
	if n == 0 && !found {
		return nil, notFoundTransformation(c.id)
	}
	return message{Message: "deleted"}, nil
}

// allowed reports whether strict mode admits a transformation as it is written.
func allowed(acc *account.Account, text string) bool {
	if _, ok := acc.Setting(account.KindAllowed, text); ok {
		return true
	}
	names, ok := strings.CutPrefix(text, "t_")
	if !ok || strings.ContainsAny(names, "/,") {
		return false
	}
	for name := range strings.SplitSeq(names, ".") {
		if !acc.AllowsNamed(name) {
			return false
		}
	}
	return true
}

// deleteDerived removes renditions by their ids.
func (d *Dialect) deleteDerived(c *call) (any, error) {
	ids := c.form.List("derived_resource_ids")
	if len(ids) == 0 {
		return nil, media.Errorf(media.Invalid, "Missing required parameter - derived_resource_ids")
	}
	if len(ids) > maxIDs {
		return nil, media.Errorf(media.Invalid, "There are more than %d derived_resource_ids", maxIDs)
	}
	out := map[string]string{}
	for _, id := range ids {
		n, err := d.cfg.Library.DropRenditionLike(c.ctx, c.acc.ID, id)
		switch {
		case err != nil:
			return nil, err
		case n == 0:
			out[id] = "not_found"
		default:
			out[id] = "deleted"
		}
	}
	return map[string]any{"deleted": out}, nil
}
