package transform

import (
	"strings"
	"unicode/utf8"

	"tintype/internal/media"
)

// skip is the part of a form that looks at nothing. Groups and steps that are
// there are gone through or left alone.
type skip struct{}

func (skip) word(string, *string, bool, ...string) {}
func (skip) small(string, *uint8, ...string)       {}
func (skip) num(string, *float64, span)            {}
func (skip) count(string, *int, span)              {}
func (skip) flag(string, *bool)                    {}
func (skip) length(string, *Length, span)          {}
func (skip) color(string, *Color, span)            {}
func (skip) maybe(string, **Color)                 {}
func (skip) str(string, *string, int)              {}
func (skip) box(*Box)                              {}
func (skip) gravity(*Gravity, bool)                {}
func (skip) radii(string, *[4]Length, bool)        {}
func (skip) lengths(string, []Length, span)        {}
func (skip) floats(string, []float64, span)        {}
func (skip) numbers(string, *[]float64, span)      {}
func (skip) colors(string, *[]Color, int)          {}
func (skip) strs(string, *[]string, int)           {}
func (skip) ranges(string, *[]PageRange, int)      {}
func (skip) expr(string, *Expr)                    {}
func (skip) step(*Step)                            {}
func (skip) steps(string, *[]Step)                 {}
func (skip) bindings(*[]Binding)                   {}
func (skip) group(_ string, there bool, fn func()) bool {
	if there {
		fn()
	}
	return there
}

// binder is the form that offers each field that can be bound, with how to set it.
type binder struct {
	skip
	offer func(name string, px bool, set func(Value) error)
}

func (b binder) num(name string, v *float64, s span) {
	b.offer(name, s.px, func(x Value) (err error) { *v, err = x.number(); return err })
}

func (b binder) count(name string, v *int, s span) {
	b.offer(name, s.px, func(x Value) error {
		f, err := x.number()
		*v = int(max(-huge, min(roundHalfUp(f), huge)))
		return err
	})
}

func (b binder) length(name string, v *Length, _ span) {
	b.offer(name, true, func(x Value) error {
		f, err := x.number()
		*v = Px(f)
		return err
	})
}

func (b binder) lengths(name string, v []Length, s span) {
	for i := range v {
		b.length(name+number(float64(i+1)), &v[i], s)
	}
}

func (b binder) floats(name string, v []float64, s span) {
	for i := range v {
		b.num(name+number(float64(i+1)), &v[i], s)
	}
}

func (b binder) color(name string, v *Color, _ span) {
	b.offer(name, false, func(x Value) (err error) { *v, err = x.color(); return err })
}

func (b binder) maybe(name string, v **Color) {
	b.offer(name, false, func(x Value) error {
		c, err := x.color()
		*v = &c
		return err
	})
}

func (b binder) colors(name string, v *[]Color, _ int) {
	own := append([]Color(nil), *v...)
	for i := range own {
		b.offer(name+number(float64(i+1)), false, func(x Value) (err error) {
			own[i], err = x.color()
			*v = own
			return err
		})
	}
}

func (b binder) str(name string, v *string, _ int) {
	b.offer(name, false, func(x Value) error { *v = x.text(); return nil })
}

func (b binder) box(x *Box) {
	b.length("width", &x.Width, sizes)
	b.length("height", &x.Height, sizes)
	b.num("ratio", &x.Ratio, span{})
}

func (b binder) gravity(g *Gravity, _ bool) {
	b.length("x", &g.X, offsets)
	b.length("y", &g.Y, offsets)
	b.str("region", &g.Name, 0)
}

func (b binder) radii(_ string, r *[4]Length, _ bool) {
	b.offer("radius", true, func(x Value) error {
		f, err := x.number()
		for i := range r {
			r[i] = Px(f)
		}
		return err
	})
	b.lengths("radius", r[:], pixels)
}

// fieldsOf lists the fields of a step that can be bound, and whether they
// count CSS pixels.
func fieldsOf(s Step) map[string]bool {
	fields := map[string]bool{}
	if k := kindOfStep(s); k != nil {
		p, _ := k.hold(s)
		p.args(binder{offer: func(name string, px bool, _ func(Value) error) {
			if _, twice := fields[name]; !twice {
				fields[name] = px
			}
		}})
	}
	return fields
}

// bind sets fields of a step, and returns it valid and normal; nil when it
// then does nothing.
func bind(s Step, values map[string]Value) (Step, error) {
	k := kindOfStep(s)
	p, value := k.hold(s)
	var failed error
	done := map[string]bool{}
	p.args(binder{offer: func(name string, _ bool, set func(Value) error) {
		x, ok := values[name]
		if !ok || done[name] || failed != nil {
			return
		}
		done[name] = true
		if set(x) != nil {
			failed = media.Errorf(media.Invalid, "Invalid %s of %s: %s", name, k.name, clipped(x.text()))
		}
	}})
	if failed != nil {
		return nil, failed
	}
	v := validator{tally: new(tally)}
	if v.check(value()); v.err != nil {
		return nil, v.err
	}
	return normalStep(value(), 1), nil
}

func clipped(s string) string {
	if len(s) <= 100 {
		return s
	}
	s = s[:100]
	for !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return strings.TrimSpace(s)
}
