package cloudinary

import (
	"encoding/json"
	"strconv"
	"strings"

	"tintype/internal/dialect"
	"tintype/internal/library"
	"tintype/internal/media"
	"tintype/internal/transform"
)

// breakpointsMax bounds the requests of one call, and imagesMax what one asks.
const (
	breakpointsMax = 10
	imagesMax      = 200
)

// breakpointItem is one request for breakpoints.
type breakpointItem struct {
	library.Breakpoints
	text       string   // the transformation as it was given
	components []string // the same for a URL
	ext        string   // the extension of URLs; "" means the asset's own
}

// breakpointParams are a request's members; numbers may be texts.
type breakpointParams struct {
	CreateDerived  *loose `json:"create_derived"`
	Transformation string `json:"transformation"`
	Format         string `json:"format"`
	MinWidth       *loose `json:"min_width"`
	MaxWidth       *loose `json:"max_width"`
	BytesStep      *loose `json:"bytes_step"`
	MaxImages      *loose `json:"max_images"`
}

// loose is a number or a boolean, perhaps as a text.
type loose string

// UnmarshalJSON implements json.Unmarshaler.
func (l *loose) UnmarshalJSON(b []byte) error {
	*l = loose(strings.Trim(string(b), `" `))
	return nil
}

// breakpoints reads responsive_breakpoints.
func (c *call) breakpoints() ([]breakpointItem, error) {
	text := strings.TrimSpace(c.form.Get("responsive_breakpoints"))
	if text == "" {
		return nil, nil
	}
	if !strings.HasPrefix(text, "[") {
		text = "[" + text + "]"
	}
	var list []breakpointParams
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return nil, media.Errorf(media.Invalid, "Invalid responsive_breakpoints %s", dialect.Quotable(text))
	}
	if len(list) > breakpointsMax {
		return nil, &media.Error{Code: media.Invalid, Message: "There are too many responsive_breakpoints",
			Err: &media.LimitError{What: "responsive_breakpoints", Max: breakpointsMax, Got: int64(len(list))}}
	}
	var items []breakpointItem
	for _, p := range list {
		item, err := p.item()
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, nil
}

func (p breakpointParams) item() (item breakpointItem, err error) {
	if p.CreateDerived == nil {
		return item, media.Errorf(media.Invalid, "Missing required parameter - create_derived")
	}
	if item.Keep, err = strconv.ParseBool(string(*p.CreateDerived)); err != nil {
		return item, media.Errorf(media.Invalid, "Invalid create_derived %s", dialect.Quotable(string(*p.CreateDerived)))
	}
	step := 0
	for _, n := range []struct {
		name        string
		given       *loose
		to          *int
		def, lo, hi int
	}{
		{"min_width", p.MinWidth, &item.Min, 50, 1, 1 << 16}, {"max_width", p.MaxWidth, &item.Max, 1000, 1, 1 << 16},
		{"bytes_step", p.BytesStep, &step, 20000, 1, 1 << 30}, {"max_images", p.MaxImages, &item.Most, 20, 1, imagesMax},
	} {
		*n.to = n.def
		if n.given == nil {
			continue
		}
		v, err := strconv.Atoi(string(*n.given))
		if err != nil || v < n.lo || v > n.hi {
			return item, media.Errorf(media.Invalid, "Parameter %s must be a whole number from %d to %d, not %s", n.name, n.lo, n.hi, dialect.Quotable(string(*n.given)))
		}
		*n.to = v
	}
	item.Step = int64(step)
	if p.MinWidth == nil {
		item.Min = min(item.Min, item.Max)
	}
	if item.Min > item.Max {
		return item, media.Errorf(media.Invalid, "min_width is larger than max_width")
	}
	return item, item.chain(p)
}

// chain reads the transformation and the format.
func (item *breakpointItem) chain(p breakpointParams) error {
	item.text = p.Transformation
	if p.Transformation != "" {
		list, err := parseEager(p.Transformation)
		if err != nil {
			return err
		}
		if len(list) != 1 {
			return media.Errorf(media.Invalid, "Invalid transformation %s", dialect.Quotable(p.Transformation))
		}
		item.Base, item.components, item.ext = list[0].chain, list[0].components, list[0].ext
	}
	if p.Format == "" {
		return nil
	}
	f, ok := media.FormatByExtension(p.Format)
	if !ok || f.Kind != media.KindImage {
		return media.Errorf(media.Invalid, "Invalid format %s", dialect.Quotable(p.Format))
	}
	if item.Base.Output.Format == "" || item.Base.Output.Format == transform.Auto {
		item.Base.Output.Format = f.Name
	}
	item.ext = p.Format
	return nil
}

type breakpointResult struct {
	Breakpoints    []breakpoint `json:"breakpoints"`
	Transformation string       `json:"transformation,omitempty"`
}

type breakpoint struct {
	Width     int    `json:"width"`
	Height    int    `json:"height"`
	Bytes     int64  `json:"bytes"`
	URL       string `json:"url"`
	SecureURL string `json:"secure_url"`
}

// breakpointResults finds what the requests ask for, in their order.
func (d *Dialect) breakpointResults(c *call, a *media.Asset, items []breakpointItem) ([]breakpointResult, error) {
	var out []breakpointResult
	for _, item := range items {
		found, err := d.cfg.Library.Breakpoints(c.ctx, a, item.Breakpoints)
		if err != nil {
			return nil, err
		}
		ext := item.ext
		if ext == "" {
			ext = media.Extension(a.Version.Info.Format)
		}
		r := breakpointResult{Transformation: item.text}
		for _, p := range found {
			components := append(append([]string{}, item.components...), "c_scale,w_"+strconv.Itoa(p.Width))
			b := breakpoint{Width: p.Width, Height: p.Height, Bytes: p.Bytes}
			b.URL, b.SecureURL = d.urls(derivedPath(a, components, ext, c.key.Secret), a.Account)
			r.Breakpoints = append(r.Breakpoints, b)
		}
		out = append(out, r)
	}
	return out, nil
}
