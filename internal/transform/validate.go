package transform

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"tintype/internal/media"
)

// Validate reports what cannot be meant: a size that is not positive, a
// number that is not finite or out of its range, an unknown word. Whether a
// picture allows the chain is Resolve's to say. The error is a *media.Error
// of code Invalid whose sentence names the culprit.
func (t Transformation) Validate() error {
	if !finite(t.DPR) || t.DPR < 0 {
		return media.Errorf(media.Invalid, "Invalid device pixel ratio: %s", number(t.DPR))
	}
	if err := valid("input", t.Input.args); err != nil {
		return err
	}
	var all tally
	for i, s := range t.Steps {
		v := validator{tally: &all}
		v.check(s)
		if v.err != nil {
			v.err.Op = "step " + number(float64(i+1))
			return v.err
		}
	}
	return t.Output.validate()
}

// maxLayers and maxSteps bound a chain with everything nested in it.
const (
	maxLayers = 20
	maxSteps  = 1000
)

func (o Output) validate() error {
	if o.Quality < 0 || o.Quality > 100 {
		return media.Errorf(media.Invalid, "Invalid quality: %d", o.Quality)
	}
	if o.Frames > FramesFirst {
		return media.Errorf(media.Invalid, "Invalid choice of frames: %d", o.Frames)
	}
	if err := valid("output", o.args); err != nil {
		return err
	}
	if o.Format == "" || o.Format == Auto {
		return nil
	}
	if f, ok := media.FormatByName(o.Format); !ok || f.Kind != media.KindImage {
		return media.Errorf(media.Invalid, "Invalid format of a picture: %s", word(o.Format))
	}
	return nil
}

// valid checks what lists its arguments; the error is untyped when nil.
func valid(name string, list func(form)) error {
	v := validator{about: name}
	if list(&v); v.err != nil {
		return v.err
	}
	return nil
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// tally counts what is nested in a chain.
type tally struct{ steps, layers int }

// validator is the form that keeps the first thing that is wrong with a step.
type validator struct {
	about string
	depth int
	tally *tally
	err   *media.Error
}

// checker is a pointer to a step that has more to check than its arguments one by one.
type checker interface{ check(*validator) }

func (v *validator) check(s Step) {
	k := kindOfStep(s)
	if k == nil {
		v.about = stepName(s)
		v.fail("type", v.about)
		return
	}
	v.about = k.name
	if v.tally.steps++; v.tally.steps > maxSteps {
		v.err = media.Errorf(media.Invalid, "Transformation has more than %d steps", maxSteps)
		return
	}
	p, _ := k.hold(s)
	p.args(v)
	if c, ok := p.(checker); ok && v.err == nil {
		v.about = k.name
		c.check(v)
	}
}

func (v *validator) fail(what, got string) {
	if v.err == nil {
		if len(got) > 200 {
			got = got[:200]
		}
		v.err = media.Errorf(media.Invalid, "Invalid %s of %s: %s", what, v.about, got)
	}
}

func (v *validator) between(what string, x, lo, hi float64) {
	if !(x >= lo && x <= hi) {
		v.fail(what, number(x))
	}
}

func (v *validator) num(what string, x *float64, s span) {
	if *x != 0 {
		v.between(what, *x, s.lo, s.hi)
	}
}

func (v *validator) count(what string, x *int, s span) {
	if *x != 0 {
		v.between(what, float64(*x), s.lo, s.hi)
	}
}

func (v *validator) length(what string, l *Length, s span) {
	switch {
	case l.Unit == Absent:
	case l.Unit > Fraction:
		v.fail("unit of "+what, number(float64(l.Unit)))
	case !finite(l.Value), l.Value < s.lo, s.open && l.Value == s.lo:
		v.fail(what, lengthText(*l))
	}
}

func (v *validator) lengths(what string, l []Length, s span) {
	for i := range l {
		v.length(what, &l[i], s)
	}
}

func (v *validator) word(what string, got *string, _ bool, words ...string) {
	if *got != "" && !slices.Contains(words, *got) {
		v.fail(what, word(*got))
	}
}

func (v *validator) small(what string, got *uint8, words ...string) {
	if int(*got) > len(words) {
		v.fail(what, number(float64(*got)))
	}
}

func (v *validator) str(what string, s *string, most int) {
	switch {
	case len(*s) > most:
		v.fail(what, "longer than "+number(float64(most))+" bytes")
	case !utf8.ValidString(*s) || strings.IndexByte(*s, 0) >= 0:
		v.fail(what, "not a text in UTF-8")
	}
}

func (v *validator) box(b *Box) {
	v.length("width", &b.Width, sizes)
	v.length("height", &b.Height, sizes)
	v.between("ratio", b.Ratio, 0, math.MaxFloat64)
}

// looked are the anchors beside the compass.
var looked = []string{"point", "position", "attention", "face", "faces", "custom", "region"}

func (v *validator) gravity(g *Gravity, _ bool) {
	if _, ok := compass[g.Anchor]; !ok && !slices.Contains(looked, string(g.Anchor)) {
		v.fail("gravity", word(string(g.Anchor)))
	}
	switch g.Fallback {
	case Attention, Face, Faces:
	default:
		if _, ok := compass[g.Fallback]; !ok {
			v.fail("fallback", word(string(g.Fallback)))
		}
	}
	v.length("x", &g.X, offsets)
	v.length("y", &g.Y, offsets)
	v.str("region", &g.Name, 255)
	if (g.Anchor == Region) != (g.Name != "") {
		v.fail("region", strconv.Quote(g.Name))
	}
}

func (v *validator) radii(_ string, r *[4]Length, _ bool) { v.lengths("radius", r[:], pixels) }

func (v *validator) floats(what string, x []float64, s span) {
	for i := range x {
		v.num(what, &x[i], s)
	}
}

func (v *validator) numbers(what string, x *[]float64, s span) {
	if float64(len(*x)) > s.hi {
		v.fail(what, "too many")
	}
	for i := range *x {
		v.between(what, (*x)[i], 0, 1)
	}
}

func (v *validator) colors(what string, c *[]Color, most int) {
	if len(*c) > most {
		v.fail(what, "too many")
	}
}

func (v *validator) strs(what string, s *[]string, most int) {
	if len(*s) > most {
		v.fail(what, "too many")
		return
	}
	for i := range *s {
		v.str(what, &(*s)[i], 255)
	}
}

func (v *validator) ranges(what string, r *[]PageRange, most int) {
	if len(*r) > most {
		v.fail(what, "too many")
	}
	for _, p := range *r {
		if p.First < 1 || (p.Last != 0 && p.Last < p.First) {
			v.fail(what, fmt.Sprintf("%d-%d", p.First, p.Last))
		}
	}
}

func (v *validator) group(_ string, there bool, fn func()) bool {
	if there {
		fn()
	}
	return there
}

func (v *validator) expr(what string, e *Expr) {
	left := maxExprNodes
	v.tree(what, e, &left)
}

func (v *validator) tree(what string, e *Expr, left *int) {
	if *left--; *left < 0 {
		v.fail(what, "an expression of more than "+number(maxExprNodes)+" parts")
	}
	if v.err != nil {
		return
	}
	switch e.Op {
	case ExprNumber:
		if !finite(e.Number) {
			v.fail(what, number(e.Number))
		}
	case ExprString:
		v.str(what, &e.Text, maxText)
	case ExprVariable:
		if !isVariable(e.Text) {
			v.fail(what, "variable "+strconv.Quote(e.Text))
		}
	case ExprFact:
		if e.Text == "" {
			v.fail(what, "a fact without name")
		}
		v.str(what, &e.Text, 300)
	default:
		least, most, ok := e.Op.arity()
		if !ok || len(e.Args) < least || len(e.Args) > most {
			v.fail(what, "operator "+word(string(e.Op))+" with "+number(float64(len(e.Args)))+" arguments")
			return
		}
		for i := range e.Args {
			v.tree(what, &e.Args[i], left)
		}
		switch {
		case e.Op == ExprDefined && e.Args[0].Op != ExprVariable, e.Op == ExprHas && e.Args[0].Op != ExprFact:
			v.fail(what, "argument of "+string(e.Op))
		}
		return
	}
	if len(e.Args) > 0 {
		v.fail(what, "arguments of "+string(e.Op))
	}
}

func (v *validator) nested(s Step) {
	if v.depth >= maxDepth {
		v.fail("steps", "nested too deeply")
		return
	}
	inner := validator{depth: v.depth + 1, tally: v.tally}
	if inner.check(s); inner.err != nil && v.err == nil {
		v.err = inner.err
	}
}
