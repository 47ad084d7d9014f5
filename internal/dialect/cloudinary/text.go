package cloudinary

import (
	"math"
	"strconv"
	"strings"

	"tintype/internal/dialect"
	"tintype/internal/library"
	"tintype/internal/media"
	"tintype/internal/transform"
)

// unbuiltText are parameters of text that are not offered yet.
var unbuiltText = words("async notification_url eager transformation")

// text draws a text and keeps it, for its picture and for its style.
func (d *Dialect) text(c *call) (any, error) {
	content, err := c.needed("text")
	if err != nil {
		return nil, err
	}
	if err := refuseUnbuilt(c.form, unbuiltText); err != nil {
		return nil, err
	}
	name := c.form.Get("public_id")
	if err := checkName("", name); err != nil {
		return nil, err
	}
	t, err := c.textStyle()
	if err != nil {
		return nil, err
	}
	if t.Content = strings.ReplaceAll(content, "\r\n", "\n"); !legible(t.Content) {
		return nil, media.Errorf(media.Invalid, "Invalid text - %s", dialect.Quotable(content))
	}
	opacity, err := c.number("opacity", 100, 0, 100)
	if err != nil {
		return nil, err
	}
	a, err := d.cfg.Library.Draw(c.ctx, library.Drawing{Account: c.acc.ID, Name: name, Text: t, Opacity: opacity / 100})
	if err != nil {
		return nil, err
	}
	return d.result(c, a), nil
}

// textStyle reads the parameters that say how a text looks.
func (c *call) textStyle() (t transform.Text, err error) {
	t = transform.Text{Family: "Arial", Color: transform.Black}
	if family := c.form.Get("font_family"); family != "" {
		if err := namedFont(&t, family); err != nil {
			return t, err
		}
	}
	if t.Size, err = c.number("font_size", 12, 1, maxFontSize); err != nil {
		return t, err
	}
	for _, n := range []struct {
		name string
		to   *float64
	}{{"letter_spacing", &t.LetterSpacing}, {"line_spacing", &t.LineSpacing}} {
		if *n.to, err = c.number(n.name, 0, -1000, 1000); err != nil {
			return t, err
		}
	}
	for _, p := range []struct {
		name string
		to   *transform.Color
	}{{"font_color", &t.Color}, {"background", &t.Background}} {
		v := c.form.Get(p.name)
		if v == "" {
			continue
		}
		if *p.to, err = parseColor(p.name, v); err != nil {
			return t, media.Errorf(media.Invalid, "Invalid %s %s", p.name, dialect.Quotable(v))
		}
	}
	if t.Background.A > 0 {
		for i := range t.Padding {
			t.Padding[i] = transform.Px(textPadding(t.Size))
		}
	}
	return t, c.textWords(&t)
}

// textWords reads the parameters whose values are words.
func (c *call) textWords(t *transform.Text) error {
	for _, p := range []struct {
		name string
		set  func(v string) bool
	}{
		{"font_weight", func(v string) (ok bool) { t.Weight, ok = weights[v]; return ok }},
		{"font_style", func(v string) bool { t.Italic = v == "italic" || v == "oblique"; return t.Italic || v == "normal" }},
		{"text_align", func(v string) (ok bool) { t.Align, ok = aligns[v]; return ok }},
		{"text_decoration", func(v string) bool {
			t.Underline, t.Strike = v == "underline", v == "strikethrough" || v == "line-through"
			return t.Underline || t.Strike || v == "none" || v == "normal"
		}},
		{"font_antialiasing", func(v string) (ok bool) { t.Antialias, ok = antialiases[v]; return ok }},
		{"font_hinting", func(v string) (ok bool) { t.Hinting, ok = hintings[v]; return ok }},
	} {
		if v := c.form.Get(p.name); v != "" && !p.set(strings.ToLower(v)) {
			return media.Errorf(media.Invalid, "Invalid %s %s", p.name, dialect.Quotable(v))
		}
	}
	return nil
}

// number reads a number, of which an end like "px" or "%" is no part.
func (c *call) number(name string, def, least, most float64) (float64, error) {
	v := c.form.Get(name)
	if v == "" {
		return def, nil
	}
	n, err := strconv.ParseFloat(strings.TrimRight(strings.TrimSpace(v), "px%"), 64)
	if err != nil || math.IsNaN(n) || n < least || n > most {
		return def, media.Errorf(media.Invalid, "Parameter %s must be a number from %v to %v, not %q", name, least, most, dialect.Quotable(v))
	}
	return n, nil
}
