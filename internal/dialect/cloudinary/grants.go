package cloudinary

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"tintype/internal/catalog"
	"tintype/internal/dialect"
	"tintype/internal/media"
)

// accessRule is an entry of access_control.
type accessRule struct {
	Type  string `json:"access_type"`
	Start string `json:"start,omitempty"`
	End   string `json:"end,omitempty"`
	Key   string `json:"key,omitempty"`
	Path  string `json:"path,omitempty"`
}

// ruleTimes are the forms of start and end.
var ruleTimes = []string{
	time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04:05 -0700", "2006-01-02 15:04 -0700",
	"2006-01-02 15:04", "2006-01-02T15:04Z07:00", "2006-01-02T15:04", time.DateOnly,
}

func ruleTime(name, text string) (time.Time, error) {
	if text = strings.TrimSpace(text); text == "" {
		return time.Time{}, nil
	}
	for _, layout := range ruleTimes {
		if t, err := time.Parse(layout, text); err == nil && t.Year() > 0 && t.Year() < 10_000 {
			return t.UTC(), nil
		}
	}
	return time.Time{}, media.Errorf(media.Invalid, "Invalid %s in access_control: %s", name, dialect.Quotable(text))
}

// parseRules reads access_control: a list of rules in JSON, or one of them.
func parseRules(text string) ([]media.Grant, error) {
	malformed := media.Errorf(media.Invalid, "access_control %s is no list of {access_type, start, end}", dialect.Quotable(text))
	var rules []accessRule
	switch text = strings.TrimSpace(text); {
	case text == "":
		return []media.Grant{}, nil
	case text[0] == '{':
		text = "[" + text + "]"
	}
	if json.Unmarshal([]byte(text), &rules) != nil {
		return nil, malformed
	}
	grants, anonymous := []media.Grant{}, false
	for _, r := range rules {
		if r.Key != "" || r.Path != "" {
			return nil, media.Errorf(media.Invalid, "key and path in access_control are not supported")
		}
		g := media.Grant{Token: r.Type == "token"}
		switch {
		case g.Token && (r.Start != "" || r.End != ""):
			return nil, media.Errorf(media.Invalid, "start and end in access_control need access_type anonymous")
		case !g.Token && r.Type != "anonymous":
			return nil, media.Errorf(media.Invalid, "Invalid access_type %s", dialect.Quotable(r.Type))
		case !g.Token && anonymous:
			return nil, media.Errorf(media.Invalid, "access_control may have one rule of access_type anonymous only")
		}
		var err error
		if g.Start, err = ruleTime("start", r.Start); err != nil {
			return nil, err
		}
		if g.End, err = ruleTime("end", r.End); err != nil {
			return nil, err
		}
		if !g.Start.IsZero() && !g.End.IsZero() && !g.Start.Before(g.End) {
			return nil, media.Errorf(media.Invalid, "end is not after start in access_control")
		}
		anonymous = anonymous || !g.Token
		grants = append(grants, g)
	}
	return grants, nil
}

// grants reads who may read an asset, in the newer or the older way; nil is
// nothing. echo is the older way's word.
func (c *call) grants() (grants *[]media.Grant, echo string, err error) {
	if c.form.Has("access_control") {
		list, err := parseRules(c.rulesText())
		if err != nil {
			return nil, "", err
		}
		grants = &list
	}
	switch mode := c.form.Get("access_mode"); mode {
	case "":
		return grants, "", nil
	case "public", "authenticated":
		if grants == nil {
			list := modeGrants(mode)
			grants = &list
		}
		return grants, mode, nil
	default:
		return nil, "", media.Errorf(media.Invalid, "Invalid access_mode %s", dialect.Quotable(mode))
	}
}

// rulesText is access_control as one text: a list in a JSON body has become
// several values.
func (c *call) rulesText() string {
	var parts []string
	for _, f := range c.form.Fields {
		if v := strings.TrimSpace(f.Value); f.Name == "access_control" && v != "" {
			parts = append(parts, v)
		}
	}
	if len(parts) == 1 {
		return parts[0]
	}
	if len(parts) == 0 {
		return ""
	}
	return "[" + strings.Join(parts, ",") + "]"
}

func modeGrants(mode string) []media.Grant {
	if mode == "authenticated" {
		return []media.Grant{{Token: true}}
	}
	return []media.Grant{}
}

// modeOf is the older way's word for who may read an asset.
func modeOf(a *media.Asset) string {
	if a.Guarded() {
		return "authenticated"
	}
	return "public"
}

// rulesOf writes access_control; nil where there is none.
func rulesOf(grants []media.Grant) []accessRule {
	var rules []accessRule
	for _, g := range grants {
		r := accessRule{Type: "anonymous"}
		if g.Token {
			r.Type = "token"
		}
		if !g.Start.IsZero() {
			r.Start = rfc3339(g.Start)
		}
		if !g.End.IsZero() {
			r.End = rfc3339(g.End)
		}
		rules = append(rules, r)
	}
	return rules
}

// chosen finds the assets that a call names by exactly one of public_ids,
// prefix and tag; not more than maxDeleted.
func (d *Dialect) chosen(c *call, accesses ...media.Access) ([]*media.Asset, error) {
	ids, err := c.publicIDs()
	if err != nil {
		return nil, err
	}
	prefix, tag := c.form.Get("prefix"), c.form.Get("tag")
	ways := 0
	for _, given := range []bool{len(ids) > 0, prefix != "", tag != ""} {
		if given {
			ways++
		}
	}
	if ways != 1 {
		return nil, media.Errorf(media.Invalid, "Exactly one of public_ids, prefix and tag must be given")
	}
	var all []*media.Asset
	for _, access := range accesses {
		for cursor := ""; len(all) < maxDeleted; {
			var some []*media.Asset
			if tag != "" {
				some, cursor, err = d.cfg.Library.Tagged(c.ctx, c.acc.ID, c.kind, access, tag, cursor, maxResults)
			} else {
				q := catalog.AssetQuery{Kind: c.kind, Access: access, Prefix: prefix, Order: catalog.ByName, Cursor: cursor, Limit: maxResults}
				if len(ids) > 0 {
					q.Names = ids
				}
				some, cursor, err = d.cfg.Library.List(c.ctx, c.acc.ID, q)
			}
			if err != nil {
				return nil, err
			}
			if all = append(all, some...); cursor == "" {
				break
			}
		}
	}
	return all[:min(len(all), maxDeleted)], nil
}

// outcomes answers the calls that change who may read assets.
type outcomes struct {
	Published *[]any `json:"published,omitempty"`
	Updated   *[]any `json:"updated,omitempty"`
	Failed    []any  `json:"failed"`
}

type failedItem struct {
	PublicID string `json:"public_id"`
	Message  string `json:"message"`
}

// updateAccessMode opens or closes many assets.
func (d *Dialect) updateAccessMode(c *call) (any, error) {
	mode, err := c.needed("access_mode")
	if err != nil {
		return nil, err
	}
	if mode != "public" && mode != "authenticated" {
		return nil, media.Errorf(media.Invalid, "Invalid access_mode %s", dialect.Quotable(mode))
	}
	assets, err := d.chosen(c, c.access)
	if err != nil {
		return nil, err
	}
	refs := make([]media.Ref, len(assets))
	for i, a := range assets {
		refs[i] = media.Ref{ID: a.ID}
	}
	assets, err = d.cfg.Library.ChangeEach(c.ctx, c.acc.ID, refs, func(a *media.Asset) (bool, error) {
		grants := modeGrants(mode)
		if slices.EqualFunc(grants, a.Detail.Grants, media.Grant.Equal) {
			return false, nil
		}
		a.Detail.Grants = grants
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	rows, err := d.rows(c, assets, shown{}, "")
	if err != nil {
		return nil, err
	}
	return outcomes{Updated: &rows.Resources, Failed: []any{}}, nil
}

// publishResources makes private and authenticated assets public.
func (d *Dialect) publishResources(c *call) (any, error) {
	accesses := []media.Access{media.Private, media.Authenticated}
	if c.form.Get("type") != "" {
		access, err := c.accessOf("type", "")
		if err != nil {
			return nil, err
		}
		if accesses = nil; !access.Open() {
			accesses = []media.Access{access}
		}
	}
	overwrite, err := c.form.Bool("overwrite", false)
	if err != nil {
		return nil, err
	}
	assets, err := d.chosen(c, accesses...)
	if err != nil {
		return nil, err
	}
	out := outcomes{Published: &[]any{}, Failed: []any{}}
	for _, a := range assets {
		b, err := d.cfg.Library.Rename(c.ctx, c.acc.ID, media.Ref{ID: a.ID}, media.Ref{Name: a.Name, Access: media.Public}, overwrite)
		switch code := media.CodeOf(err); {
		case err == nil:
			row, err := d.row(c, b, shown{})
			if err != nil {
				return nil, err
			}
			*out.Published = append(*out.Published, row)
		case code == media.NotFound || code == media.Conflict:
			out.Failed = append(out.Failed, failedItem{a.Name, media.MessageOf(err)})
		default:
			return nil, err
		}
	}
	return out, nil
}
