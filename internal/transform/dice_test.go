package transform

import "math"

// The methods below make dice a form: every step is filled with numbers that
// are mostly in range, at times odd.

func (d *dice) word(_ string, v *string, _ bool, words ...string) {
	*v = append(words, "", "", "x=y")[d.n(len(words)+3)]
}

func (d *dice) small(_ string, v *uint8, words ...string) { *v = uint8(d.n(len(words) + 2)) }

func (d *dice) num(_ string, v *float64, s span) {
	switch d.n(6) {
	case 0:
		*v = d.number()
	case 1:
		*v = 0
	default:
		*v = s.lo + (min(s.hi, 1000)-max(s.lo, -1000))*float64(d.n(256))/255
	}
}

func (d *dice) count(name string, v *int, s span) {
	var f float64
	d.num(name, &f, s)
	*v = int(max(-1e9, min(f, 1e9)))
	if math.IsNaN(f) {
		*v = 3
	}
}

func (d *dice) flag(_ string, v *bool) { *v = d.bool() }

func (d *dice) fillLength() Length {
	l := []Length{{}, Px(d.number()), Frac(d.number()), Px(float64(d.n(256))), Frac(float64(d.n(256)) / 100)}[d.n(5)]
	if l.Value < 0 && d.n(4) > 0 {
		l.Value = -l.Value
	}
	return l
}

func (d *dice) length(_ string, v *Length, _ span) { *v = d.fillLength() }

func (d *dice) maybe(_ string, v **Color) { *v = d.background() }

var oddTexts = []string{"", "a", "Hello, world", "x|y(=)[']", "\n\t%", "héllo ☃", "\xff", "0", "12.5", "-3", "#ff0000", "300"}

func (d *dice) str(_ string, v *string, _ int) { *v = oddTexts[d.n(len(oddTexts))] }

func (d *dice) lengths(_ string, v []Length, _ span) {
	for i := range v {
		v[i] = d.fillLength()
	}
}

func (d *dice) floats(_ string, v []float64, s span) {
	for i := range v {
		d.num("", &v[i], span{lo: -2, hi: 2})
	}
}

func (d *dice) numbers(_ string, v *[]float64, _ span) {
	for n := d.n(4); n > 0; n-- {
		*v = append(*v, d.unit())
	}
}

func (d *dice) colors(_ string, v *[]Color, _ int) {
	for n := d.n(4); n > 0; n-- {
		*v = append(*v, d.rollColor())
	}
}

func (d *dice) strs(_ string, v *[]string, _ int) {
	for n := d.n(3); n > 0; n-- {
		*v = append(*v, oddTexts[d.n(len(oddTexts))])
	}
}

func (d *dice) ranges(_ string, v *[]PageRange, _ int) {
	for n := d.n(3); n > 0; n-- {
		first := d.n(9)
		*v = append(*v, PageRange{first, []int{first, 0, first + d.n(5)}[d.n(3)]})
	}
}

func (d *dice) group(_ string, _ bool, fn func()) bool {
	if d.n(3) > 0 {
		return false
	}
	fn()
	return true
}

var someFacts = []string{"width", "height", "source_width", "tags", "faces", "context.A b", "nothing", "base_width", "pages", "trimmed_ratio"}

func (d *dice) tree(depth int) Expr {
	ops := []Operator{ExprAdd, ExprSub, ExprMul, ExprDiv, ExprMod, ExprPow, ExprNeg, ExprEq, ExprLt, ExprGe, ExprAnd, ExprOr,
		ExprNot, ExprIn, ExprNin, ExprList, ExprNear, ExprMin, ExprMax, ExprRound, ExprInt, ExprFloat, ExprJoin, ExprFloor, "bad"}
	n := d.n(10)
	if depth > 4 {
		n %= 5
	}
	switch n {
	case 0, 1:
		return Num(float64(d.n(256)) - 50)
	case 2:
		return Str(oddTexts[d.n(len(oddTexts))])
	case 3:
		return Var([]string{"a", "b", "c1", "no_no"}[d.n(4)])
	case 4:
		return Fact(someFacts[d.n(len(someFacts))])
	case 5:
		return Calc(ExprDefined, Var("a"))
	case 6:
		return Calc(ExprHas, Fact("context.A b"))
	}
	op := ops[d.n(len(ops))]
	least, most, _ := op.arity()
	e := Expr{Op: op, Number: float64(d.n(2))}
	for i := range min(most, max(least, d.n(4))) {
		_ = i
		e.Args = append(e.Args, d.tree(depth+1))
	}
	return e
}

func (d *dice) expr(_ string, v *Expr) { *v = d.tree(0) }

func (d *dice) roll() Step {
	if d.deep > 3 {
		return Blur{Sigma: float64(d.n(5))}
	}
	d.deep++
	s := d.pick()
	d.deep--
	return s
}

func (d *dice) steps(_ string, v *[]Step) {
	for n := d.n(3); n > 0; n-- {
		*v = append(*v, d.roll())
	}
}

func (d *dice) step(v *Step) {
	*v = d.roll()
	d.last = *v
}

func (d *dice) bindings(v *[]Binding) {
	names := make([]string, 0, 8)
	for _, n := range []string{"width", "height", "x", "y", "amount", "sigma", "degrees", "radius", "color", "content", "factor", "size"} {
		if _, ok := fieldsOf(d.last)[n]; ok {
			names = append(names, n)
		}
	}
	if d.n(6) == 0 || len(names) == 0 {
		names = append(names, "nope")
	}
	for n := 1 + d.n(2); n > 0; n-- {
		*v = append(*v, Binding{names[d.n(len(names))], d.tree(1)})
	}
}

func (d *dice) box(b *Box)                           { *b = d.rollBox() }
func (d *dice) gravity(g *Gravity, _ bool)           { *g = d.rollGravity() }
func (d *dice) color(_ string, v *Color, _ span)     { *v = d.rollColor() }
func (d *dice) radii(_ string, v *[4]Length, _ bool) { *v = d.rollRadii() }
