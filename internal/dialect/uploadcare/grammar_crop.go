package uploadcare

import (
	"strings"

	"tintype/internal/media"
	"tintype/internal/transform"
)

func crop(b *builder, args []string) error {
	if err := b.count(args, 1, 3); err != nil {
		return err
	}
	if args[0] == "face" || args[0] == "image" {
		return b.cropTag(args[0], args[1:])
	}
	if err := b.count(args, 1, 2); err != nil {
		return err
	}
	if r, ok := ratio(args[0]); ok {
		return b.cropRatio(r, args[1:])
	}
	d, ok := readSize(args[0])
	if !ok || !d.both() {
		return b.bad(args[0], "a size such as 200x300 or 50px50p, a ratio such as 16:9, face or image")
	}
	at := "0,0"
	if len(args) == 2 {
		at = args[1]
	}
	return b.cropSize(d, at)
}

// cropSize cuts a size out; what lies beyond the picture is filled.
func (b *builder) cropSize(d dimensions, at string) error {
	e := transform.Extract{Box: box(d), Pad: true, Background: b.fill}
	x, y, ok := position(at)
	if ok && x.Unit == transform.Pixel && y.Unit == transform.Pixel {
		e.Gravity = transform.Gravity{X: x, Y: y}
	} else if e.Gravity, ok = place(at); !ok {
		return b.bad(at, placeWords)
	}
	b.add(e)
	b.size = b.size.cropped(d)
	return nil
}

// cropped is the size after a cut.
func (k known) cropped(d dimensions) known {
	side := func(l transform.Length, of int) int {
		if l.Unit == transform.Fraction {
			return int(l.Value*float64(of) + 0.5)
		}
		return int(l.Value)
	}
	return known{side(d.w, k.w), side(d.h, k.h)}
}

// cropRatio cuts the largest rectangle of a ratio out.
func (b *builder) cropRatio(r float64, args []string) error {
	e := transform.Extract{Box: transform.Box{Ratio: r}}
	if len(args) == 1 {
		var err error
		if e.Gravity, err = b.percentPlace(args[0]); err != nil {
			return err
		}
	}
	b.add(e)
	b.size = known{}
	return nil
}

// cropTag cuts around the largest face, or the whole picture where that is
// asked for or no face is found. The alignment counts for the whole picture.
func (b *builder) cropTag(tag string, args []string) error {
	var r float64
	var d dimensions
	if len(args) > 0 && strings.Contains(args[0], ":") {
		ok := false
		if r, ok = ratio(args[0]); !ok {
			return b.bad(args[0], "a ratio such as 16:9")
		}
		args = args[1:]
	} else if len(args) > 0 && isSize(args[0]) {
		ok := false
		if d, ok = readSize(args[0]); !ok || !d.both() || !d.relative() {
			return b.bad(args[0], "a size in percent such as 200px200p")
		}
		args = args[1:]
	}
	if err := b.count(args, 0, 1); err != nil {
		return err
	}
	whole := transform.Gravity{Anchor: transform.Center}
	if len(args) == 1 {
		var err error
		if whole, err = b.percentPlace(args[0]); err != nil {
			return err
		}
	}
	b.size = known{}
	e := transform.Extract{Box: transform.Box{Width: d.w, Height: d.h, Ratio: r}, Gravity: whole}
	if tag == "image" {
		if d.both() || r > 0 {
			e.Pad, e.Background = d.both(), fillOf(d.both(), b.fill)
			b.add(e)
		}
		return nil
	}
	fallback, ok := whole.Anchor, true
	if fallback == transform.AtPosition {
		fallback, ok = compassPoint(whole.X, whole.Y)
	}
	if !ok {
		return media.Errorf(media.Unsupported, "Operation %s: the position %s beside a face is not supported, only alignments are", b.op, quotable(args[0]))
	}
	e.Gravity = transform.Gravity{Anchor: transform.Face, Fallback: fallback}
	e.OfFound = d.both()
	b.add(e)
	return nil
}

func fillOf(pad bool, fill *transform.Color) *transform.Color {
	if pad {
		return fill
	}
	return nil
}

// trim cuts a border off. The tolerance is a percentage, 10 by default.
func trim(b *builder, args []string) error {
	if err := b.count(args, 0, 2); err != nil {
		return err
	}
	t := transform.Trim{Tolerance: 0.1}
	if len(args) > 0 {
		n, err := b.integer(strings.TrimRight(args[0], "p%"), 0, 100)
		if err != nil {
			return err
		}
		t.Tolerance = float64(n) / 100
	}
	if len(args) > 1 {
		padding, ok := length(args[1])
		if !ok {
			return b.bad(args[1], "a padding such as 10 or 5p")
		}
		t.Padding = padding
	}
	b.add(t)
	b.size = known{}
	return nil
}

func borderRadius(b *builder, args []string) error {
	if err := b.count(args, 1, 2); err != nil {
		return err
	}
	horizontal, err := b.radii(args[0])
	if err != nil {
		return err
	}
	vertical := horizontal
	if len(args) == 2 {
		if vertical, err = b.radii(args[1]); err != nil {
			return err
		}
	}
	b.add(transform.Corners{Horizontal: horizontal, Vertical: vertical})
	return nil
}

// radii reads one to four radii and inherits the rest as CSS does.
func (b *builder) radii(arg string) (r [4]transform.Length, err error) {
	parts := strings.Split(arg, ",")
	if len(parts) > 4 {
		return r, b.bad(arg, "one to four radii such as 50p or 10,20")
	}
	for i, p := range parts {
		var ok bool
		if r[i], ok = length(p); !ok {
			return r, b.bad(arg, "one to four radii such as 50p or 10,20")
		}
	}
	if len(parts) < 2 {
		r[1] = r[0]
	}
	if len(parts) < 3 {
		r[2] = r[0]
	}
	if len(parts) < 4 {
		r[3] = r[1]
	}
	return r, nil
}

func setFill(b *builder, args []string) error {
	if err := b.count(args, 1, 1); err != nil {
		return err
	}
	c, err := b.color(args[0])
	if err != nil {
		return err
	}
	b.fill = &c
	return nil
}

// rotate turns counter-clockwise.
func rotate(b *builder, args []string) error {
	if err := b.count(args, 1, 1); err != nil {
		return err
	}
	n, ok := whole(args[0])
	if !ok || n%90 != 0 || n < -360 || n > 360 {
		return b.bad(args[0], "a multiple of 90 from -360 to 360")
	}
	turn := (360 - n%360) % 360
	b.add(transform.Rotate{Degrees: float64(turn)})
	if turn%180 == 90 {
		b.size = known{b.size.h, b.size.w}
	}
	return nil
}

func autorotate(b *builder, args []string) (err error) {
	b.raw, err = b.oneOf(args, false, "yes", "no")
	return err
}

func flip(b *builder, args []string) error {
	b.add(transform.Flip{Vertical: true})
	return b.count(args, 0, 0)
}

func mirror(b *builder, args []string) error {
	b.add(transform.Flip{})
	return b.count(args, 0, 0)
}

// rasterize makes pixels of a drawing, which every step does: one that
// changes nothing asks for them.
func rasterize(b *builder, args []string) error {
	b.add(transform.Rotate{})
	return b.count(args, 0, 0)
}
