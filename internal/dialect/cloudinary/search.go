package cloudinary

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"tintype/internal/catalog"
	"tintype/internal/dialect"
	"tintype/internal/media"
	"tintype/internal/search"
)

// searchAssets answers the Search API.
func (d *Dialect) searchAssets(c *call) (any, error) {
	began := d.cfg.Now()
	q, err := c.searchQuery(assetFields, d.cfg.Now())
	if err != nil {
		return nil, err
	}
	if !search.Uses(q.Where, "status") {
		q.Where = search.And{q.Where, search.Not{Of: search.Equals{Field: "status", Text: "deleted"}}}
	}
	counted, err := c.aggregations()
	if err != nil {
		return nil, err
	}
	for _, a := range counted {
		q.Aggregate = append(q.Aggregate, a.Aggregation)
	}
	show, err := c.searchShown()
	if err != nil {
		return nil, err
	}
	found, err := d.cfg.Library.Search(c.ctx, c.acc.ID, q)
	if err != nil {
		return nil, err
	}
	out := searchAnswer{Total: found.Total, Resources: []any{}, Next: found.Next}
	for _, a := range found.Assets {
		row, err := d.searchRow(c, a, show)
		if err != nil {
			return nil, err
		}
		out.Resources = append(out.Resources, row)
	}
	for i, a := range counted {
		if out.Aggregations == nil {
			out.Aggregations = map[string]any{}
		}
		out.Aggregations[a.wire] = a.present(found.Counts[i])
	}
	out.Time = d.cfg.Now().Sub(began).Milliseconds()
	return out, nil
}

// searchFolders answers the search for folders.
func (d *Dialect) searchFolders(c *call) (any, error) {
	began := d.cfg.Now()
	q, err := c.searchQuery(folderFields, d.cfg.Now())
	if err != nil {
		return nil, err
	}
	found, err := d.cfg.Library.SearchFolders(c.ctx, c.acc.ID, q)
	if err != nil {
		return nil, err
	}
	out := folderAnswer{Total: found.Total, Folders: []foundFolder{}, Next: found.Next}
	for _, f := range found.Folders {
		out.Folders = append(out.Folders, foundFolder{f.Name(), f.Path, folderID(c.acc.ID, f.Path), searchTime(f.CreatedAt)})
	}
	out.Time = d.cfg.Now().Sub(began).Milliseconds()
	return out, nil
}

// tags lists the tags that assets of a kind have.
func (d *Dialect) tags(c *call) (any, error) {
	limit, err := c.maxResults()
	if err != nil {
		return nil, err
	}
	tags, next, err := d.cfg.Library.Tags(c.ctx, c.acc.ID, c.kind, c.form.Get("prefix"), c.form.Get("next_cursor"), limit)
	if err != nil {
		return nil, err
	}
	return tagList{Tags: orEmpty(tags), NextCursor: next}, nil
}

type tagList struct {
	Tags       []string `json:"tags"`
	NextCursor string   `json:"next_cursor,omitempty"`
}

// searchQuery reads what both searches have in common.
func (c *call) searchQuery(v vocabulary, now time.Time) (search.Query, error) {
	q := search.Query{Cursor: c.form.Get("next_cursor")}
	limit, err := c.form.Int("max_results", 50, 1, 1<<31)
	if err != nil {
		return q, err
	}
	q.Limit = int(min(limit, search.MaxPage))
	if q.Where, err = parseExpression(c.form.Get("expression"), v, now); err != nil {
		return q, err
	}
	q.Sort, err = c.sortBy(v)
	return q, err
}

// sortBy reads sort_by in all its spellings: objects in JSON, one or in a
// list, "field:direction", and brackets.
func (c *call) sortBy(v vocabulary) ([]search.Key, error) {
	var keys []search.Key
	add := func(name, direction string) error {
		k := search.Key{}
		switch strings.ToLower(strings.TrimSpace(direction)) {
		case "desc":
			k.Descending = true
		case "asc", "":
		default:
			return media.Errorf(media.Invalid, "Invalid direction %s in sort_by", dialect.Quotable(direction))
		}
		if name == "score" {
			return nil // nothing is more relevant than something else
		}
		f, ok := v.find(name)
		if !ok || !search.Sortable(f.name) {
			return media.Errorf(media.Invalid, "It is not possible to sort by %s", dialect.Quotable(name))
		}
		k.Field = f.name
		keys = append(keys, k)
		return nil
	}
	for _, p := range c.form.Fields {
		value := strings.TrimSpace(p.Value)
		if p.Name != "sort_by" || value == "" {
			continue
		}
		if _, name, ok := strings.Cut(p.Index, "]["); ok || p.Indexed && p.Index != "" && strings.Trim(p.Index, "0123456789") != "" {
			if !ok {
				name = p.Index
			}
			if err := add(name, value); err != nil {
				return nil, err
			}
			continue
		}
		if value[0] == '{' || value[0] == '[' {
			if err := eachPair(value, add); err != nil {
				return nil, err
			}
			continue
		}
		for _, part := range strings.Split(value, ",") {
			name, direction, _ := strings.Cut(strings.TrimSpace(part), ":")
			if err := add(strings.TrimSpace(name), direction); err != nil {
				return nil, err
			}
		}
	}
	return keys, nil
}

// eachPair calls fn with the members of an object, or of each of a list, in
// the order in which they are written.
func eachPair(text string, fn func(name, value string) error) error {
	malformed := media.Errorf(media.Invalid, "sort_by %s is not a list of {field: direction}", dialect.Quotable(text))
	in := json.NewDecoder(strings.NewReader(text))
	name, depth := "", 0
	for {
		token, err := in.Token()
		if err != nil {
			if depth == 0 && name == "" && !in.More() {
				return nil
			}
			return malformed
		}
		switch t := token.(type) {
		case json.Delim:
			if t == '{' || t == '[' {
				depth++
			} else {
				depth--
			}
			if name != "" || depth > 2 {
				return malformed
			}
		case string:
			if name == "" {
				name = t
				continue
			}
			if err := fn(name, t); err != nil {
				return err
			}
			name = ""
		default:
			return malformed
		}
	}
}

// aggregation is one in the vendor's words.
type aggregation struct {
	search.Aggregation
	wire  string
	asked []bucket // the ranges as they were asked for; nil for the usual ones
}

type bucket struct {
	Key  string   `json:"key"`
	From *float64 `json:"from,omitempty"`
	To   *float64 `json:"to,omitempty"`
}

type countedBucket struct {
	bucket
	Count int `json:"count"`
}

// usualRanges are where numbers are divided that are counted without ranges.
var usualRanges = map[string][]float64{
	"bytes":    {100 << 10, 1 << 20, 10 << 20, 100 << 20},
	"pixels":   {100_000, 1_000_000, 4_000_000, 12_000_000},
	"duration": {10, 60, 300, 1800},
}

// aggregations reads aggregate: names, or objects with ranges.
func (c *call) aggregations() ([]aggregation, error) {
	var out []aggregation
	for _, p := range c.form.Fields {
		value := strings.TrimSpace(p.Value)
		if p.Name != "aggregate" || value == "" {
			continue
		}
		var asked []rangesOf
		switch value[0] {
		case '{':
			asked = make([]rangesOf, 1)
			if err := json.Unmarshal([]byte(value), &asked[0]); err != nil {
				return nil, malformedAggregate(value)
			}
		case '[':
			if err := json.Unmarshal([]byte(value), &asked); err != nil {
				return nil, malformedAggregate(value)
			}
		default:
			for _, name := range strings.Split(value, ",") {
				asked = append(asked, rangesOf{Type: strings.TrimSpace(name)})
			}
		}
		for _, a := range asked {
			one, err := a.aggregation()
			if err != nil {
				return nil, err
			}
			out = append(out, one)
		}
	}
	return out, nil
}

func malformedAggregate(text string) error {
	return media.Errorf(media.Invalid, "aggregate %s is neither a field nor {type, ranges: [{key, from, to}]}", dialect.Quotable(text))
}

// rangesOf is how an aggregation with ranges is asked for; in a list it may
// be a field's name alone.
type rangesOf struct {
	Type   string   `json:"type"`
	Ranges []bucket `json:"ranges"`
}

// UnmarshalJSON implements json.Unmarshaler.
func (r *rangesOf) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, &r.Type)
	}
	type plain rangesOf
	return json.Unmarshal(b, (*plain)(r))
}

func (r rangesOf) aggregation() (aggregation, error) {
	out := aggregation{wire: r.Type, asked: r.Ranges}
	of := func(kind media.Kind) search.Expr { return search.Equals{Field: "kind", Text: string(kind)} }
	switch r.Type {
	case "resource_type":
		out.Field = "kind"
	case "type":
		out.Field = "access"
	case "format", "bytes":
		out.Field = r.Type
	case "duration":
		out.Field, out.Among = "duration", of(media.KindVideo)
	case "pixels", "image_pixels":
		out.Field, out.Among = "pixels", of(media.KindImage)
	case "video_pixels":
		out.Field, out.Among = "pixels", of(media.KindVideo)
	default:
		return out, media.Errorf(media.Invalid, "It is not possible to aggregate by %s", dialect.Quotable(r.Type))
	}
	for _, b := range r.Ranges {
		out.Ranges = append(out.Ranges, search.Bucket{Name: b.Key, From: b.From, To: b.To})
	}
	if ends := usualRanges[out.Field]; len(r.Ranges) == 0 && ends != nil {
		var from *float64
		name := "*"
		for _, end := range ends {
			to := strconv.FormatFloat(end, 'f', -1, 64)
			out.Ranges = append(out.Ranges, search.Bucket{Name: name + "-" + to, From: from, To: &end})
			from, name = &end, to
		}
		out.Ranges = append(out.Ranges, search.Bucket{Name: name + "-*", From: from})
	}
	return out, nil
}

// present gives the counts of an aggregation their form.
func (a aggregation) present(counts []catalog.Count) any {
	if a.asked != nil {
		out := make([]countedBucket, len(counts))
		for i, n := range counts {
			out[i] = countedBucket{a.asked[i], n.Count}
		}
		return out
	}
	out := map[string]int{}
	for _, n := range counts {
		name := n.Value
		if a.Field == "access" {
			name = deliveryType(media.Access(name))
		}
		if n.Count > 0 {
			out[name] += n.Count
		}
	}
	return out
}

// searchable are the members that with_field adds to a row.
var searchable = words("context tags metadata image_metadata image_analysis quality_analysis accessibility_analysis")

// searchShown says which members rows have: all the usual ones and some more,
// or those of a list.
type searchShown struct {
	with   map[string]bool
	fields []string
}

func (c *call) searchShown() (searchShown, error) {
	s := searchShown{with: map[string]bool{}, fields: c.nameList("fields")}
	for _, name := range c.nameList("with_field") {
		if !searchable[name] {
			return s, media.Errorf(media.Invalid, "There is no with_field %s", dialect.Quotable(name))
		}
		s.with[name] = true
	}
	for _, name := range s.fields {
		if searchable[name] {
			s.with[name] = true
		}
	}
	return s, nil
}

// nameList reads a list of names in any of its spellings.
func (c *call) nameList(param string) []string {
	var names []string
	for _, v := range c.form.List(param) {
		names = append(names, strings.FieldsFunc(v, func(r rune) bool { return strings.ContainsRune(`, []"`, r) })...)
	}
	return slices.Compact(names)
}
