package transform

import (
	"slices"
	"strings"
)

// normalizer is the form that multiplies pixels by the device pixel ratio and
// makes numbers, colours and nested steps normal.
type normalizer struct {
	skip
	dpr float64
}

// normalGeneric is the normal form of a step that has no rules of its own
// beyond tidy and idle.
func normalGeneric(s Step, dpr float64) Step {
	switch b := s.(type) {
	case Bind:
		s = b.scaled(dpr)
	case Use:
		if b.Scale == 0 {
			b.Scale = 1
		}
		b.Scale = min(b.Scale*dpr, 1e6)
		s = b
	}
	p, value := kindOfStep(s).hold(s)
	p.args(normalizer{dpr: dpr})
	if t, ok := p.(tidier); ok {
		t.tidy()
	}
	if i, ok := p.(idler); ok && i.idle() {
		return nil
	}
	return value()
}

// word of a lead, which a text cannot leave out, is the first by default.
func (normalizer) word(_ string, v *string, lead bool, words ...string) {
	if lead && *v == "" {
		*v = words[0]
	}
}

func (n normalizer) num(_ string, v *float64, s span) {
	if s.px && *v != 0 {
		*v = max(s.lo, min(*v*n.dpr, s.hi))
	}
	*v += 0
}

func (n normalizer) count(_ string, v *int, s span) {
	if s.px && *v != 0 {
		*v = int(max(s.lo, min(roundHalfUp(float64(*v)*n.dpr), s.hi)))
	}
}

func (n normalizer) length(_ string, v *Length, s span) {
	if s.lead {
		*v = px0(*v)
	}
	if s.size {
		*v = extent(*v, n.dpr)
	} else {
		*v = offset(*v, n.dpr)
	}
}

func (n normalizer) lengths(name string, v []Length, s span) {
	for i := range v {
		n.length(name, &v[i], s)
	}
}

func (n normalizer) radii(_ string, v *[4]Length, _ bool) { n.lengths("", v[:], pixels) }

func (normalizer) floats(_ string, v []float64, _ span) {
	for i := range v {
		v[i] += 0
	}
}

func (normalizer) numbers(_ string, v *[]float64, _ span) {
	if len(*v) == 0 {
		*v = nil
		return
	}
	*v = slices.Clone(*v)
	for i := range *v {
		(*v)[i] += 0
	}
}

func (normalizer) color(_ string, v *Color, _ span) { *v = v.plain() }

func (normalizer) maybe(_ string, v **Color) { *v = plainBackground(*v) }

func (normalizer) colors(_ string, v *[]Color, _ int) {
	if len(*v) == 0 {
		*v = nil
		return
	}
	*v = slices.Clone(*v)
}

func (normalizer) strs(_ string, v *[]string, _ int) {
	if len(*v) == 0 {
		*v = nil
	}
}

func (normalizer) ranges(_ string, v *[]PageRange, _ int) {
	if len(*v) == 0 {
		*v = nil
	}
}

func (n normalizer) box(b *Box) {
	b.Width, b.Height, b.Ratio = extent(b.Width, n.dpr), extent(b.Height, n.dpr), b.Ratio+0
}

func (n normalizer) gravity(g *Gravity, keepZero bool) {
	if keepZero {
		if g.X.Given() {
			g.X = corner(g.X, n.dpr)
		}
		if g.Y.Given() {
			g.Y = corner(g.Y, n.dpr)
		}
		return
	}
	g.X, g.Y = offset(g.X, n.dpr), offset(g.Y, n.dpr)
}

func (normalizer) expr(_ string, e *Expr) { *e = e.normal() }

// normal leaves only what counts for the operator.
func (e Expr) normal() Expr {
	switch e.Op {
	case ExprNumber:
		return Num(e.Number + 0)
	case ExprString, ExprVariable, ExprFact:
		return Expr{Op: e.Op, Text: e.Text}
	}
	n := Expr{Op: e.Op}
	for _, a := range e.Args {
		n.Args = append(n.Args, a.normal())
	}
	return n
}

func (n normalizer) steps(_ string, v *[]Step) { *v = normalSteps(*v, n.dpr) }

// step normalizes a Bind's step field by field: what it comes to is known
// only when its fields are bound.
func (n normalizer) step(v *Step) {
	p, value := kindOfStep(*v).hold(*v)
	p.args(n)
	*v = value()
}

func (n normalizer) bindings(v *[]Binding) {
	bs := make([]Binding, len(*v))
	for i, b := range *v {
		bs[i] = Binding{b.Field, b.Expr.normal()}
	}
	slices.SortFunc(bs, func(a, b Binding) int { return strings.Compare(a.Field, b.Field) })
	*v = bs
}

// scaled multiplies the expressions for fields in CSS pixels.
func (s Bind) scaled(dpr float64) Bind {
	if dpr == 1 {
		return s
	}
	px := fieldsOf(s.Step)
	values := make([]Binding, len(s.Values))
	for i, b := range s.Values {
		if px[b.Field] {
			b.Expr = Calc(ExprMul, b.Expr, Num(dpr))
		}
		values[i] = b
	}
	s.Values = values
	return s
}

func (s *Use) tidy() {
	if s.Scale == 1 {
		s.Scale = 0
	}
}

func (s *If) idle() bool { return len(s.Then) == 0 && len(s.Else) == 0 }

func (s *Mix) tidy() {
	w := &s.Where
	if w.Anchor != "" {
		*w = Area{Anchor: w.Anchor, Name: w.Name}
	}
}

func (s *Mix) idle() bool { return len(s.Steps) == 0 || s.Amount == 0 }

func (s *Composite) tidy() {
	if s.Blend == Over {
		s.Blend = ""
	}
	if s.Gravity.Anchor == Center {
		s.Gravity.Anchor = ""
	}
	s.Gravity.Fallback = ""
	if s.Blend != Displace {
		s.DX, s.DY = 0, 0
	}
	if t := s.Layer.Text; t != nil {
		if t.Weight == 400 {
			t.Weight = 0
		}
		if t.Align == AlignLeft {
			t.Align = ""
		}
		if t.VAlign == VAlignTop {
			t.VAlign = ""
		}
	}
}

func (s *Arc) idle() bool       { return s.Degrees == 0 }
func (s *Shear) idle() bool     { return s.X == 0 && s.Y == 0 }
func (s *Corners) idle() bool   { return *s == Corners{} }
func (s *Exposure) idle() bool  { return s.Stops == 0 }
func (s *Linear) idle() bool    { return s.Amount == 0 }
func (s *Gain) idle() bool      { return *s == Gain{} }
func (s *Warmth) idle() bool    { return s.Amount == 0 }
func (s *Hue) tidy()            { s.Degrees = turn(s.Degrees) }
func (s *Hue) idle() bool       { return s.Degrees == 0 }
func (s *Vibrance) idle() bool  { return s.Amount == 0 }
func (s *Gamma) idle() bool     { return s.Exponent == 0 || s.Exponent == 1 }
func (s *Posterize) idle() bool { return s.Levels == 0 || s.Levels == 256 }
func (s *Quantize) idle() bool  { return s.Colors == 0 }

func (s *Colorize) tidy() { s.Color.A = 255 }
func (s *ReplaceColor) tidy() {
	s.To.A = 255
	if s.From != nil {
		c := *s.From
		c.A = 255
		s.From = &c
	}
}

func (s *Grade) tidy() {
	if s.Gamma == 1 {
		s.Gamma = 0
	}
}
func (s *Grade) idle() bool { return *s == Grade{} }

func (s *Assist) tidy() {
	if s.Shift {
		s.Amount = 0
	}
}
func (s *Assist) idle() bool   { return *s == Assist{} }
func (s *Noise) idle() bool    { return s.Amount == 0 }
func (s *Vignette) idle() bool { return s.Amount == 0 }

func (s *Outline) tidy() {
	if s.Mode == OutlineOuter {
		s.Mode = ""
	}
}
func (s *Outline) idle() bool { return s.Color.A == 0 }

func (s *Shadow) idle() bool { return s.Color.A == 0 }

func (s *Gradient) tidy()      { s.Degrees = turn(s.Degrees) }
func (s *Gradient) idle() bool { return s.From.A == 0 && s.To.A == 0 }

func (s *Fade) tidy() {
	if s.Power == 1 {
		s.Power = 0
	}
}
func (s *Fade) idle() bool {
	return s.Top.Value == 0 && s.Right.Value == 0 && s.Bottom.Value == 0 && s.Left.Value == 0
}

func (s *Morphology) tidy() {
	if s.Method == Erode {
		s.Method = ""
	}
	if s.Kernel == Disk {
		s.Kernel = ""
	}
}
func (s *Morphology) idle() bool { return s.Radius == 0 }
