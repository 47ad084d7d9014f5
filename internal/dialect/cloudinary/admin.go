package cloudinary

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"tintype/internal/catalog"
	"tintype/internal/dialect"
	"tintype/internal/media"
	"tintype/internal/transform"
)

// adminRate is what the rate headers tell. Nothing is counted: the number
// only has to be there, above zero.
const adminRate = 1_000_000

func (d *Dialect) rateHeaders(h http.Header) {
	reset := d.cfg.Now().UTC().Truncate(time.Hour).Add(time.Hour)
	h.Set("X-FeatureRateLimit-Limit", strconv.Itoa(adminRate))
	h.Set("X-FeatureRateLimit-Reset", reset.Format(http.TimeFormat))
	h.Set("X-FeatureRateLimit-Remaining", strconv.Itoa(adminRate-1))
}

// assetID reports whether s has the form of an asset's id.
func assetID(s string) bool {
	return len(s) == 32 && strings.Trim(s, "0123456789abcdef") == ""
}

func ping(*Dialect, *call) (any, error) { return map[string]string{"status": "ok"}, nil }

func listKinds(*Dialect, *call) (any, error) {
	return map[string][]string{"resource_types": {"image", "raw", "video"}}, nil
}

const (
	defaultResults = 10
	maxResults     = 500
	maxIDs         = 100
)

func (c *call) maxResults() (int, error) {
	n, err := c.form.Int("max_results", defaultResults, 1, 1<<31)
	return int(min(n, maxResults)), err
}

// shown says which members of rows a call wants.
type shown struct {
	tags, context, metadata, moderations bool
	fields                               []string
}

func (c *call) shown() (s shown, err error) {
	for name, b := range map[string]*bool{"tags": &s.tags, "context": &s.context, "metadata": &s.metadata, "moderations": &s.moderations} {
		if *b, err = c.form.Bool(name, false); err != nil {
			return s, err
		}
	}
	for _, v := range c.form.List("fields") {
		s.fields = append(s.fields, strings.FieldsFunc(v, func(r rune) bool { return r == ',' || r == ' ' })...)
	}
	return s, nil
}

// row describes an asset in a list.
func (d *Dialect) row(c *call, a *media.Asset, s shown) (any, error) {
	r := &row{core: d.core(c, a)}
	r.AccessMode, r.core.Moderation = modeOf(a), nil
	if s.moderations || len(s.fields) > 0 {
		list := append([]moderationItem{}, moderationOf(a)...)
		r.Moderations = &list
	}
	if s.tags || len(s.fields) > 0 {
		tags := orEmpty(a.Tags)
		r.Tags = &tags
	}
	if s.context || len(s.fields) > 0 {
		r.Context = contextOf(a)
	}
	if s.metadata || len(s.fields) > 0 {
		r.Metadata = c.values(a, true)
	}
	if len(s.fields) == 0 {
		return r, nil
	}
	r.ETag, r.OriginalFilename = a.Version.MD5, a.OriginalName
	return fieldsOf(r, s.fields)
}

type resourceList struct {
	Resources  []any  `json:"resources"`
	TotalCount *int   `json:"total_count,omitempty"`
	NextCursor string `json:"next_cursor,omitempty"`
}

// resources lists assets of a kind: all, by prefix, or by ids.
func (d *Dialect) resources(c *call) (any, error) {
	if err := refuseUnbuilt(c.form, unbuiltAdmin); err != nil {
		return nil, err
	}
	s, err := c.shown()
	if err != nil {
		return nil, err
	}
	q, err := c.listQuery()
	if err != nil {
		return nil, err
	}
	assets, next, err := d.cfg.Library.List(c.ctx, c.acc.ID, q)
	if err != nil {
		return nil, err
	}
	return d.rows(c, assets, s, next)
}

// rows answers with a page of assets.
func (d *Dialect) rows(c *call, assets []*media.Asset, s shown, next string) (*resourceList, error) {
	out := &resourceList{Resources: []any{}, NextCursor: next}
	for _, a := range assets {
		r, err := d.row(c, a, s)
		if err != nil {
			return nil, err
		}
		out.Resources = append(out.Resources, r)
	}
	return out, nil
}

func (c *call) listQuery() (q catalog.AssetQuery, err error) {
	q = catalog.AssetQuery{Kind: c.kind, Access: c.access, Prefix: c.form.Get("prefix"), Cursor: c.form.Get("next_cursor")}
	if q.Limit, err = c.maxResults(); err != nil {
		return q, err
	}
	if q.Prefix != "" {
		if c.access == "" {
			return q, media.Errorf(media.Invalid, "Missing required parameter - type")
		}
		q.Order = catalog.ByName
	}
	switch strings.ToLower(c.form.Get("direction")) {
	case "", "desc", "-1":
	case "asc", "1":
		q.Ascending = true
	default:
		return q, media.Errorf(media.Invalid, "Invalid direction %s", dialect.Quotable(c.form.Get("direction")))
	}
	if q.From, err = c.startAt(); err != nil {
		return q, err
	}
	if c.form.Has("public_ids") {
		if q.Names, err = c.publicIDs(); err != nil {
			return q, err
		}
		q.Limit = maxIDs
	}
	return q, nil
}

// publicIDs reads a list of at most maxIDs; it is not nil.
func (c *call) publicIDs() ([]string, error) { return c.idsIn("public_ids") }

// idsIn reads a parameter that lists at most maxIDs ids; the list is not nil.
func (c *call) idsIn(name string) ([]string, error) {
	ids := c.form.List(name)
	if len(ids) > maxIDs {
		return nil, tooMany(name, maxIDs, len(ids))
	}
	return orEmpty(ids), nil
}

// resource answers for one asset by its public id.
func (d *Dialect) resource(c *call) (any, error) {
	return d.detailsOf(c, media.Ref{Kind: c.kind, Access: c.access, Name: c.id})
}

// resourceByID answers for one asset by its asset id.
func (d *Dialect) resourceByID(c *call) (any, error) {
	return d.detailsOf(c, media.Ref{ID: media.AssetID(c.id)})
}

func (d *Dialect) detailsOf(c *call, ref media.Ref) (any, error) {
	if err := refuseUnbuilt(c.form, unbuiltAdmin); err != nil {
		return nil, err
	}
	limit, err := c.maxResults()
	if err != nil {
		return nil, err
	}
	versions, err := c.form.Bool("versions", false)
	if err != nil {
		return nil, err
	}
	related, err := c.form.Bool("related", false)
	if err != nil {
		return nil, err
	}
	a, found, err := d.lookInto(c, ref)
	if err != nil {
		return nil, missing(err, c.id)
	}
	out := &details{LastUpdated: lastUpdated{rfc3339(a.UpdatedAt)}, Derived: []derived{}}
	out.row = row{
		core: d.core(c, a), Pages: pagesOf(a), Context: contextOf(a), Metadata: c.values(a, false), ETag: a.Version.MD5, OriginalFilename: a.OriginalName,
	}
	out.AccessMode = modeOf(a)
	if list := moderationOf(a); list != nil {
		out.Moderations = &list
	}
	if len(a.Tags) > 0 {
		out.Tags = &a.Tags
	}
	if a.Kind == media.KindVideo {
		out.videoResult = d.video(a)
	}
	if versions {
		v := a.Version
		out.Versions = []versionItem{{string(v.ID), versionNumber(a), out.Format, v.Info.Bytes, rfc3339(v.CreatedAt), false}}
	}
	out.findings = found
	if related {
		list, next, err := d.related(c, a, limit)
		if err != nil {
			return nil, err
		}
		out.Related, out.RelatedNext = &list, next
	}
	made, next, err := d.cfg.Library.Renditions(c.ctx, a.Account, a.ID, c.form.Get("derived_next_cursor"), limit)
	if err != nil && media.CodeOf(err) == media.Invalid {
		// The vendor takes a cursor that it cannot read for none, here and nowhere else.
		made, next, err = d.cfg.Library.Renditions(c.ctx, a.Account, a.ID, "", limit)
	}
	if err != nil {
		return nil, err
	}
	out.NextCursor = next
	keys := make([]string, len(made))
	for i, r := range made {
		keys[i] = r.Key
	}
	texts, err := d.cfg.Library.SpellingsOf(c.ctx, a.Account, Name, keys)
	if err != nil {
		return nil, err
	}
	for _, r := range made {
		out.Derived = append(out.Derived, d.derived(c, a, r, texts[r.Key]))
	}
	return out, nil
}

// derived describes a rendition by the text that it was asked for with, or
// where that is unknown by one rebuilt from its meaning; where the grammar has
// no word for that, there is no URL to give.
func (d *Dialect) derived(c *call, a *media.Asset, r *media.Rendition, text string) derived {
	ext := media.Extension(r.Info.Format)
	out := derived{Format: ext, Bytes: r.Info.Bytes, ID: r.Key[:min(derivedID, len(r.Key))]}
	if text == "" {
		var ok bool
		if text, ok = rebuilt(a, r); !ok {
			return out
		}
	}
	out.Transformation = text
	components := strings.FieldsFunc(text, func(r rune) bool { return r == '/' })
	if n := len(components); n > 1 && !strings.ContainsAny(components[n-1], "_$") {
		components = components[:n-1] // the format, which ext says
	}
	out.URL, out.SecureURL = d.urls(derivedPath(a, components, ext, c.key.Secret), a.Account)
	return out
}

// derivedID is the length of a rendition's id: so much of its key.
const derivedID = 32

// rebuilt writes the transformation of a rendition.
func rebuilt(a *media.Asset, r *media.Rendition) (string, bool) {
	t, err := transform.Parse(r.Transformation)
	if err != nil {
		return "", false
	}
	t.Output.Format = "" // the extension says it
	text, err := buildChain(usual(t))
	if text == "" && r.Info.Format == a.Version.Info.Format {
		text = identity // without a word the URL would be the original's
	}
	return text, err == nil
}

// usual says the same in the words that people use: with one side given
// "scale" and "fit" mean the same, and it is "scale" that is written.
func usual(t transform.Transformation) transform.Transformation {
	t.Steps = slices.Clone(t.Steps)
	for i, step := range t.Steps {
		r, ok := step.(transform.Resize)
		if ok && r.Fit == transform.Inside && r.Limit == transform.AnySize && r.Ratio == 0 && r.Width.Given() != r.Height.Given() {
			r.Fit = transform.Fill
			t.Steps[i] = r
		}
	}
	return t
}
