package uploadcare

import (
	"tintype/internal/transform"
)

func brightness(b *builder, args []string) error {
	v, err := b.amount(args, -100, 100, 0)
	b.add(transform.Brightness{Amount: v / 100})
	return err
}

func exposure(b *builder, args []string) error {
	v, err := b.amount(args, -500, 500, 0)
	b.add(transform.Exposure{Stops: v / 100})
	return err
}

// gamma of 0 is as dark as the model goes: all but white becomes black.
func gamma(b *builder, args []string) error {
	v, err := b.amount(args, 0, 1000, 100)
	b.add(transform.Gamma{Exponent: max(v/100, 0.01)})
	return err
}

func contrast(b *builder, args []string) error {
	v, err := b.amount(args, -100, 500, 0)
	b.add(transform.Linear{Amount: v / 100})
	return err
}

// saturation beyond twice is a move away from grey, in up to two moves.
func saturation(b *builder, args []string) error {
	v, err := b.amount(args, -100, 500, 0)
	away := func(by float64) transform.Step {
		return transform.Mix{Steps: []transform.Step{transform.Grayscale{}}, Amount: -by}
	}
	switch {
	case v <= 100:
		b.add(transform.Saturation{Amount: v / 100})
	case v <= 200:
		b.add(away(v / 100))
	default: // three times, then what is left
		b.add(away(2), transform.Saturation{Amount: (v - 200) / 300})
	}
	return err
}

func vibrance(b *builder, args []string) error {
	v, err := b.amount(args, -100, 500, 0)
	b.add(transform.Vibrance{Amount: v / 100})
	return err
}

func warmth(b *builder, args []string) error {
	v, err := b.amount(args, -100, 100, 0)
	b.add(transform.Warmth{Amount: v / 100})
	return err
}

func enhance(b *builder, args []string) error {
	v, err := b.amount(args, 0, 100, 50)
	b.add(transform.Mix{
		Steps:  []transform.Step{transform.Improve{}, transform.Sharpen{Sigma: 1, Amount: 0.5}},
		Amount: v / 100,
	})
	return err
}

func grayscale(b *builder, args []string) error {
	b.add(transform.Grayscale{})
	return b.count(args, 0, 0)
}

func invert(b *builder, args []string) error {
	b.add(transform.Negate{})
	return b.count(args, 0, 0)
}

func filter(b *builder, args []string) error {
	if err := b.count(args, 1, 2); err != nil {
		return err
	}
	look, ok := looks[args[0]]
	if !ok {
		return b.bad(args[0], "the name of a filter")
	}
	v, err := b.amount(args[1:], -100, 200, 100)
	b.add(mixed(v, look))
	return err
}

// mixed blends a step with what was before; 100 is the step itself.
func mixed(percent float64, s transform.Step) transform.Step {
	if percent == 100 {
		return s
	}
	return transform.Mix{Steps: []transform.Step{s}, Amount: percent / 100}
}

func sharp(b *builder, args []string) error {
	v, err := b.amount(args, 0, 20, 5)
	b.add(transform.Sharpen{Sigma: 1, Amount: v / 5})
	return err
}

// maxStrength is the strongest blur, of which ten make a sigma of one pixel.
const maxStrength = 5000

func blur(b *builder, args []string) error {
	if err := b.count(args, 0, 2); err != nil {
		return err
	}
	strength, err := b.amount(args[:min(len(args), 1)], 0, maxStrength, 10)
	if err != nil {
		return err
	}
	v, err := b.amount(args[min(len(args), 1):], -200, 100, 100)
	b.add(mixed(v, transform.Blur{Sigma: strength / 10}))
	return err
}

func blurRegion(b *builder, args []string) error {
	if err := b.count(args, 1, 3); err != nil {
		return err
	}
	if args[0] == "faces" {
		// A face is taken for a quarter of the picture's short side.
		soft, err := b.softening(args[1:], dimensions{transform.Frac(0.25), transform.Frac(0.25)})
		b.add(transform.Mix{Steps: []transform.Step{soft}, Amount: 1, Where: transform.Area{Anchor: transform.Faces}})
		return err
	}
	if err := b.count(args, 2, 3); err != nil {
		return err
	}
	d, ok := readSize(args[0])
	if !ok || !d.both() {
		return b.bad(args[0], "a size such as 200x300 or 50px50p, or faces")
	}
	x, y, ok := position(args[1])
	if !ok {
		return b.bad(args[1], "a position such as 20,30 or 25p,25p")
	}
	soft, err := b.softening(args[2:], d)
	b.add(region(soft, d, x, y))
	return err
}

// softening is a blur of a strength; without one its sigma is a tenth of the
// short side of what it is for.
func (b *builder) softening(args []string, d dimensions) (transform.Step, error) {
	if len(args) > 0 {
		v, err := b.amount(args, 0, maxStrength, 0)
		return transform.Blur{Sigma: v / 10}, err
	}
	if d.absolute() {
		return transform.Blur{Sigma: min(d.w.Value, d.h.Value) / 10}, nil
	}
	short := transform.Calc(transform.ExprMin, pixelsOf(d.w, "width"), pixelsOf(d.h, "height"))
	return transform.Bind{Step: transform.Blur{}, Values: []transform.Binding{
		{Field: "sigma", Expr: transform.Calc(transform.ExprDiv, short, transform.Num(10))},
	}}, nil
}

// region does a step to a rectangle. A percentage of its place counts the
// room that it leaves.
func region(s transform.Step, d dimensions, x, y transform.Length) transform.Step {
	m := transform.Mix{Steps: []transform.Step{s}, Amount: 1, Where: transform.Area{Width: d.w, Height: d.h}}
	var later []transform.Binding
	set := func(at *transform.Length, field, side string, where, of transform.Length) {
		switch {
		case where.Unit == transform.Pixel || where.Value == 0:
			*at = transform.Px(where.Value)
		case of.Unit == transform.Fraction:
			*at = transform.Frac((1 - of.Value) * where.Value)
		default:
			room := transform.Calc(transform.ExprSub, transform.Fact(side), transform.Num(of.Value))
			later = append(later, transform.Binding{Field: field, Expr: transform.Calc(transform.ExprMul, room, transform.Num(where.Value))})
		}
	}
	set(&m.Where.X, "x", "width", x, d.w)
	set(&m.Where.Y, "y", "height", y, d.h)
	if later != nil {
		return transform.Bind{Step: m, Values: later}
	}
	return m
}

func pixelsOf(l transform.Length, side string) transform.Expr {
	if l.Unit == transform.Pixel {
		return transform.Num(l.Value)
	}
	return transform.Calc(transform.ExprMul, transform.Fact(side), transform.Num(l.Value))
}
