package uploadcare

import (
	"strings"

	"tintype/internal/media"
	"tintype/internal/transform"
)

// textStyle is what font, text_align and text_box say of the texts that follow.
type textStyle struct {
	family       string
	size         float64
	color        *transform.Color
	bold, italic bool
	align        transform.Align
	valign       transform.VAlign
	box          string // "", "none", "fit", "line" or "fill"
	boxColor     transform.Color
	padding      float64
}

// overlay lays another file on the picture, or the original itself.
func overlay(b *builder, args []string) error {
	if err := b.count(args, 1, 4); err != nil {
		return err
	}
	c := transform.Composite{Gravity: transform.Gravity{Anchor: transform.NorthWest}}
	c.Layer.Relative = transform.OfBase
	if args[0] == "self" {
		c.Layer.Self = true
	} else {
		id, ok := assetID(args[0])
		if !ok {
			return b.bad(args[0], "the UUID of a file, or self")
		}
		c.Layer.Ref = media.Ref{ID: id}
	}
	args = args[1:]
	fit := transform.Resize{Fit: transform.Inside, Box: transform.Box{Width: transform.Frac(1), Height: transform.Frac(1)}}
	if len(args) > 0 && isSize(args[0]) {
		d, err := b.relativeSize(args[0])
		if err != nil {
			return err
		}
		fit.Box, args = box(d), args[1:]
	}
	if len(args) > 0 && isPlace(args[0]) {
		c.Gravity, _ = place(args[0])
		args = args[1:]
	}
	c.Layer.Steps = []transform.Step{fit}
	if len(args) > 0 {
		opacity, ok := length(args[0])
		if !ok || opacity.Unit != transform.Fraction || opacity.Value > 1 {
			return b.bad(args[0], "a size such as 50px50p, a place such as center or 25p,25p, or an opacity from 0p to 100p, in this order")
		}
		c.Layer.Steps = append(c.Layer.Steps, transform.Opacity{Factor: opacity.Value})
		args = args[1:]
	}
	if len(args) > 0 {
		return b.bad(args[0], "an argument: after the opacity there is none")
	}
	b.add(c)
	return nil
}

// relativeSize reads a size in percent of the picture.
func (b *builder) relativeSize(arg string) (dimensions, error) {
	d, ok := readSize(arg)
	if !ok || !d.both() || !d.relative() {
		return d, b.bad(arg, "a size in percent such as 50px50p")
	}
	return d, nil
}

// boxed reads the size and the place of a rectangle on the picture.
func (b *builder) boxed(size, at string) (dimensions, transform.Gravity, error) {
	d, err := b.relativeSize(size)
	if err != nil {
		return d, transform.Gravity{}, err
	}
	g, ok := place(at)
	if !ok {
		return d, g, b.bad(at, placeWords)
	}
	return d, g, nil
}

func rect(b *builder, args []string) error {
	if err := b.count(args, 3, 3); err != nil {
		return err
	}
	c, err := b.color(args[0])
	if err != nil {
		return err
	}
	d, g, err := b.boxed(args[1], args[2])
	if err != nil {
		return err
	}
	b.add(transform.Composite{Gravity: g, Layer: transform.Layer{
		Canvas: &transform.Block{Width: d.w, Height: d.h, Color: c},
	}})
	return nil
}

func textAlign(b *builder, args []string) error {
	if err := b.count(args, 2, 2); err != nil {
		return err
	}
	var ok bool
	if b.text.align, ok = aligns[args[0]]; !ok {
		return b.bad(args[0], "one of left, center and right")
	}
	if b.text.valign, ok = valigns[args[1]]; !ok {
		return b.bad(args[1], "one of top, center and bottom")
	}
	return nil
}

var aligns = map[string]transform.Align{
	"left": transform.AlignLeft, "center": transform.AlignCenter, "right": transform.AlignRight,
}

var valigns = map[string]transform.VAlign{
	"top": transform.VAlignTop, "center": transform.VAlignMiddle, "bottom": transform.VAlignBottom,
}

var families = map[string]string{
	"DejaVu": "DejaVu Sans", "DejaVuMono": "DejaVu Sans Mono", "DejaVuSerif": "DejaVu Serif",
	"Noto": "Noto Sans", "NotoMono": "Noto Sans Mono", "NotoSerif": "Noto Serif",
}

// font reads reset, weight, style, size, colour and family, in this order,
// with any left out. What is left out stays as it was.
func font(b *builder, args []string) error {
	if err := b.count(args, 1, 6); err != nil {
		return err
	}
	s := &b.text
	readers := []func(string) bool{
		func(a string) bool {
			if a == "reset" {
				s.family, s.size, s.color, s.bold, s.italic = "", 0, nil, false, false
			}
			return a == "reset"
		},
		func(a string) bool { return choose(a, "bold", "regular", &s.bold) },
		func(a string) bool { return choose(a, "italic", "normal", &s.italic) },
		func(a string) bool {
			n, ok := whole(a)
			if ok = ok && n >= 1 && n <= maxTextSize; ok {
				s.size = float64(n)
			}
			return ok
		},
		func(a string) bool {
			c, ok := color(a)
			if ok {
				s.color = &c
			}
			return ok
		},
		func(a string) bool {
			family, ok := families[a]
			if ok {
				s.family = family
			}
			return ok
		},
	}
	for _, a := range args {
		read := false
		for !read && len(readers) > 0 {
			read, readers = readers[0](a), readers[1:]
		}
		if !read {
			return b.bad(a, "reset, a weight, a style, a size from 1 to "+digits(maxTextSize)+", a colour or a family, in this order")
		}
	}
	return nil
}

// maxTextSize is the largest size of text, in pixels.
const maxTextSize = 2000

// choose sets a choice by one of its two words.
func choose(arg, yes, no string, v *bool) bool {
	if arg == yes || arg == no {
		*v = arg == yes
		return true
	}
	return false
}

// textBox says what lies behind a text: nothing, a box around it, one around
// each line, or the whole box of the text.
func textBox(b *builder, args []string) error {
	if err := b.count(args, 1, 3); err != nil {
		return err
	}
	kind, err := b.oneOf(args[:1], true, "none", "fit", "line", "fill")
	if err != nil {
		return err
	}
	s := &b.text
	s.box, s.boxColor, s.padding = kind, transform.White, 0
	args = args[1:]
	if len(args) > 0 {
		c, ok := color(args[0])
		switch {
		case ok:
			s.boxColor, args = c, args[1:]
		case len(args) == 2:
			return b.bad(args[0], "a colour of 3, 6 or 8 hexadecimal digits")
		}
	}
	if len(args) > 0 {
		n, err := b.integer(args[0], 0, maxTextSize)
		if err != nil {
			return err
		}
		s.padding = float64(n)
	}
	return nil
}

// textEscapes are what stands for characters that a segment cannot hold.
var textEscapes = strings.NewReplacer("~~", "~", "~s", "/", "~n", "\n")

func text(b *builder, args []string) error {
	if err := b.count(args, 3, 3); err != nil {
		return err
	}
	d, g, err := b.boxed(args[0], args[1])
	if err != nil {
		return err
	}
	content := textEscapes.Replace(args[2])
	if content == "" {
		return b.bad(args[2], "a text")
	}
	b.add(transform.Composite{Gravity: g, NoOverflow: true, Layer: b.text.layer(content, d)})
	return nil
}

// layer is a text in a box of a size.
func (s textStyle) layer(content string, d dimensions) transform.Layer {
	t := &transform.Text{
		Content: content, Family: s.family, Size: s.size, Italic: s.italic, Align: s.align,
		Color: transform.Black, Wrap: d.w, Height: d.h, Fixed: true, VAlign: s.valign,
	}
	if t.Size == 0 {
		t.Size = 20
	}
	if s.color != nil {
		t.Color = *s.color
	}
	if s.bold {
		t.Weight = 700
	}
	if s.box == "" || s.box == "none" {
		return transform.Layer{Text: t}
	}
	for i := range t.Padding {
		t.Padding[i] = transform.Px(s.padding)
	}
	switch s.box {
	case "line":
		t.LineColor = s.boxColor
	case "fill":
		t.Background = s.boxColor
	case "fit":
		// The box that fits is laid on an empty one of the size asked for.
		t.Background, t.Fixed = s.boxColor, false
		t.Wrap, t.Height = transform.Frac(1), transform.Frac(1)
		return transform.Layer{
			Canvas: &transform.Block{Width: d.w, Height: d.h},
			Steps: []transform.Step{transform.Composite{
				Layer: transform.Layer{Text: t}, NoOverflow: true, Gravity: transform.Gravity{Anchor: s.anchor()},
			}},
		}
	}
	return transform.Layer{Text: t}
}

// anchor is the compass point of the alignments.
func (s textStyle) anchor() transform.Anchor {
	x := map[transform.Align]int{transform.AlignCenter: 0, transform.AlignRight: 1}
	y := map[transform.VAlign]int{transform.VAlignMiddle: 0, transform.VAlignBottom: 1}
	at := [2]int{-1, -1}
	if n, ok := x[s.align]; ok {
		at[0] = n
	}
	if n, ok := y[s.valign]; ok {
		at[1] = n
	}
	return anchors[at]
}
