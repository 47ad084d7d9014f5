package imagekit

import (
	"math"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"tintype/internal/dialect"
	"tintype/internal/media"
	"tintype/internal/transform"
)

const (
	// maxContent bounds a text layer, in characters.
	maxContent = 2500
	// defaultTextSize is that of text in pixels.
	defaultTextSize = 45
)

// styleKeys are the parameters that a text or canvas is made of; what else it
// has is done to it afterwards.
var styleKeys = words("fs ff co tg w h ia pa bg al lh")

// style takes the parameters of a text or canvas out of its chain. The rest
// is one step: such a layer has no chain of its own.
func style(body chain) (params, step, error) {
	p, rest, err := takeKeys(body, styleKeys)
	var one step
	for _, s := range rest {
		one = append(one, s...)
	}
	return p, one, err
}

// finish does to a text or canvas what is not part of its making.
func (in *reader) finish(l *transform.Layer, s step) error {
	if len(s) == 0 {
		return nil
	}
	sub := in.nested()
	sub.branch, sub.scope = false, newScope(false, "base_")
	steps, err := sub.step(s)
	in.count += len(steps)
	sub.count = in.count
	in.join(sub)
	l.Steps = steps
	return err
}

// opacity reads al: tenths of opaque, unless the colour says its own.
func opacity(p params, c transform.Color, stated bool) transform.Color {
	v, ok := p.get("al")
	if !ok || stated {
		return c
	}
	if n, ok := parseInt(v, 1, 9); ok {
		c.A = uint8(math.Floor(float64(c.A)*float64(n)/10 + 0.5))
	}
	return c
}

func (in *reader) canvasLayer(l *transform.Layer, b *bind, body chain) error {
	p, rest, err := style(body)
	if err != nil {
		return err
	}
	c := &transform.Block{Color: transform.Black}
	if v, ok := p.get("bg"); ok {
		color, stated, ok := parseColor(v)
		if !ok {
			return invalid("bg-" + v)
		}
		_, named := dialect.ColorByName(strings.ToLower(v))
		c.Color = opacity(p, color, stated || named)
	} else {
		c.Color = opacity(p, c.Color, false)
	}
	if c.Width, err = blockSide(p, "w", "canvas-width", b); err != nil {
		return err
	}
	if c.Height, err = blockSide(p, "h", "canvas-height", b); err != nil {
		return err
	}
	l.Canvas = c
	return in.finish(l, rest)
}

func blockSide(p params, key, field string, b *bind) (transform.Length, error) {
	text, ok := p.get(key)
	if !ok {
		return transform.Length{}, nil
	}
	v, ok := styleScope.parseValue(text)
	switch {
	case !ok, v.expr == nil && (v.num <= 0 || v.num > maxSide):
		return transform.Length{}, invalid(key + "-" + text)
	case v.expr == nil && v.num < 1:
		return transform.Frac(v.num), nil
	}
	return b.px(field, v), nil
}

func (in *reader) textLayer(l *transform.Layer, b *bind, content string, body chain) error {
	p, rest, err := style(body)
	if err != nil {
		return err
	}
	if n := utf8.RuneCountInString(content); n > maxContent {
		return tooMany("characters in a text", maxContent, n)
	}
	t := &transform.Text{
		Content: strings.ReplaceAll(content, `\n`, "\n"), Size: defaultTextSize,
		Color: transform.Black, Align: transform.AlignCenter,
	}
	if err := font(t, p); err != nil {
		return err
	}
	stated := false
	if v, ok := p.get("co"); ok {
		if t.Color, stated, ok = parseColor(v); !ok {
			return invalid("co-" + v)
		}
	}
	t.Color = opacity(p, t.Color, stated)
	if v, ok := p.get("bg"); ok {
		if t.Background, _, ok = parseColor(v); !ok {
			return invalid("bg-" + v)
		}
	}
	switch v, _ := p.get("ia"); v {
	case "left", "right":
		t.Align = transform.Align(v)
	}
	if err := measures(t, b, p); err != nil {
		return err
	}
	l.Text = t
	return in.finish(l, rest)
}

// font reads the family, or the file of a font, and the typography.
func font(t *transform.Text, p params) error {
	if v, ok := p.get("ff"); ok && v != "" {
		v = slashes(v)
		switch strings.ToLower(path.Ext(v)) {
		case ".ttf", ".otf", ".woff", ".woff2", ".ttc":
			v = strings.TrimLeft(v, "/")
			if !validName(v) {
				return invalid("ff-" + v)
			}
			t.Font = media.Ref{Kind: media.KindRaw, Access: media.Public, Name: v}
		default:
			if len(v) > 100 || strings.IndexFunc(v, unicode.IsControl) >= 0 {
				return invalid("ff-" + v)
			}
			t.Family = strings.ReplaceAll(v, "_", " ")
		}
	}
	if v, ok := p.get("tg"); ok {
		for _, word := range strings.Split(v, "_") {
			switch word {
			case "b":
				t.Weight = 700
			case "i":
				t.Italic = true
			case "strikethrough":
				t.Strike = true
			}
		}
	}
	return nil
}

// measures reads the lengths of a text, which may be expressions of the page.
func measures(t *transform.Text, b *bind, p params) error {
	for _, m := range []struct {
		key, field string
		most       float64
		to         *float64
	}{{"fs", "size", 2000, &t.Size}, {"lh", "line-height", 10_000, &t.LineHeight}} {
		text, ok := p.get(m.key)
		if !ok {
			continue
		}
		v, ok := styleScope.parseValue(text)
		if !ok || v.expr == nil && (v.num <= 0 || v.num > m.most) {
			return invalid(m.key + "-" + text)
		}
		*m.to = b.num(m.field, v)
	}
	sides, err := padding(t, b, p)
	if err != nil {
		return err
	}
	return wrap(t, b, p, sides)
}

// wrap reads the width of a text's box, which the padding is a part of.
func wrap(t *transform.Text, b *bind, p params, sides value) error {
	text, ok := p.get("w")
	if !ok {
		return nil
	}
	v, ok := styleScope.parseValue(text)
	if !ok || v.expr == nil && (v.num <= 0 || v.num > maxSide) {
		return invalid("w-" + text)
	}
	d := dim{given: true, frac: v.expr == nil && v.num < 1, v: v}
	if sides.expr != nil || sides.num != 0 {
		d = dim{given: true, v: calc(transform.ExprSub, d.pixels("width"), sides)}
		if d.v.expr == nil {
			d.v.num = max(1, d.v.num)
		}
	}
	t.Fixed, t.Wrap = true, d.length("wrap", b)
	return nil
}

// padding reads the padding as CSS has it: top, right, bottom, left, of which
// the last may be left out. It returns what the left and the right take.
func padding(t *transform.Text, b *bind, p params) (sides value, err error) {
	text, ok := p.get("pa")
	if !ok {
		return sides, nil
	}
	values, ok := styleScope.parseValues(text)
	if !ok || len(values) > 4 {
		return sides, invalid("pa-" + text)
	}
	order := [4][4]int{{0, 0, 0, 0}, {0, 1, 0, 1}, {0, 1, 2, 1}, {0, 1, 2, 3}}[len(values)-1]
	for i, from := range order {
		v := values[from]
		if v.expr == nil && v.num < 0 {
			return sides, invalid("pa-" + text)
		}
		if v.expr != nil || v.num != 0 {
			t.Padding[i] = b.px([4]string{"padding1", "padding2", "padding3", "padding4"}[i], v)
		}
	}
	return calc(transform.ExprAdd, values[order[1]], values[order[3]]), nil
}

// validText reports whether s can stand in a picture.
func validText(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }
