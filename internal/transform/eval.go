package transform

import (
	"math"
	"slices"

	"tintype/internal/media"
)

// eval is what an expression comes to at this point of the chain.
func (r *resolver) eval(e Expr) (Value, error) {
	switch e.Op {
	case ExprNumber:
		return NumberOf(e.Number), nil
	case ExprString:
		return TextOf(e.Text), nil
	case ExprVariable:
		v, ok := r.vars[e.Text]
		if !ok {
			return v, media.Errorf(media.Invalid, "Variable $%s is not defined", e.Text)
		}
		return v, nil
	case ExprFact:
		v, _, err := r.fact(e.Text)
		return v, err
	case ExprDefined:
		_, ok := r.vars[e.Args[0].Text]
		return truth(ok), nil
	case ExprHas:
		_, ok, err := r.fact(e.Args[0].Text)
		return truth(ok), err
	case ExprAnd, ExprOr:
		for _, a := range e.Args {
			v, err := r.eval(a)
			if err != nil {
				return v, err
			}
			if v.true() == (e.Op == ExprOr) {
				return truth(e.Op == ExprOr), nil
			}
		}
		return truth(e.Op == ExprAnd), nil
	}
	args := make([]Value, len(e.Args))
	for i, a := range e.Args {
		v, err := r.eval(a)
		if err != nil {
			return v, err
		}
		args[i] = v
	}
	return e.apply(args)
}

// apply is an operator on values.
func (e Expr) apply(args []Value) (Value, error) {
	switch e.Op {
	case ExprNot:
		return truth(!args[0].true()), nil
	case ExprIn, ExprNin:
		in := true
		for _, s := range args[0].list() {
			in = in && slices.Contains(args[1].list(), s)
		}
		return truth(in == (e.Op == ExprIn)), nil
	case ExprList, ExprJoin:
		return e.gather(args)
	case ExprInt:
		return NumberOf(math.Trunc(args[0].prefix(false))), nil
	case ExprFloat:
		return NumberOf(args[0].prefix(true)), nil
	case ExprEq, ExprNe, ExprLt, ExprLe, ExprGt, ExprGe:
		return truth(e.Op.compare(args[0], args[1])), nil
	}
	n := make([]float64, len(args))
	for i, a := range args {
		f, err := a.number()
		if err != nil {
			return Value{}, media.Errorf(media.Invalid, "%q is not a number in %s", clipped(a.text()), clipped(e.String()))
		}
		n[i] = f
	}
	if e.Op == ExprNear {
		return truth(math.Abs(n[0]-n[1]) <= n[2]), nil
	}
	v := e.Op.reckon(n)
	if !finite(v) {
		return Value{}, media.Errorf(media.Invalid, "%s has no finite value", clipped(e.String()))
	}
	return NumberOf(v + 0), nil
}

// gather makes a list or one string of values, bounded in size.
func (e Expr) gather(args []Value) (Value, error) {
	var list []string
	bytes := 0
	for _, a := range args {
		if e.Op == ExprJoin {
			list = append(list, a.text())
		} else {
			list = append(list, a.list()...)
		}
	}
	if len(list) > 1000 {
		return Value{}, media.Errorf(media.Invalid, "A list is too long")
	}
	joined := ""
	for _, s := range list {
		if bytes += len(s); bytes > 4*maxText {
			return Value{}, media.Errorf(media.Invalid, "A string is too long")
		}
	}
	if e.Op == ExprList {
		return ListOf(list), nil
	}
	for _, s := range list {
		joined += s
	}
	return TextOf(joined), nil
}

// compare orders numbers as numbers, anything else as strings.
func (o Operator) compare(a, b Value) bool {
	x, err1 := a.number()
	y, err2 := b.number()
	less, same := a.text() < b.text(), a.text() == b.text()
	if err1 == nil && err2 == nil {
		less, same = x < y, x == y
		if o == ExprEq || o == ExprNe {
			same = math.Abs(x-y) <= 1e-6*max(1, math.Abs(x), math.Abs(y))
		}
	}
	switch o {
	case ExprEq:
		return same
	case ExprNe:
		return !same
	case ExprLt:
		return less
	case ExprLe:
		return less || same
	case ExprGt:
		return !less && !same
	}
	return !less
}

func (o Operator) reckon(n []float64) float64 {
	switch o {
	case ExprAdd:
		return n[0] + n[1]
	case ExprSub:
		return n[0] - n[1]
	case ExprMul:
		return n[0] * n[1]
	case ExprDiv:
		return n[0] / n[1]
	case ExprMod:
		return math.Mod(n[0], n[1])
	case ExprPow:
		return math.Pow(n[0], n[1])
	case ExprNeg:
		return -n[0]
	case ExprRound:
		return roundHalfUp(n[0])
	case ExprFloor:
		return math.Floor(n[0])
	case ExprMin:
		return slices.Min(n)
	case ExprMax:
		return slices.Max(n)
	}
	return math.NaN()
}

// fact is a fact's value; ok is false, and the value empty, when there is none.
func (r *resolver) fact(name string) (Value, bool, error) {
	if v, ok := r.sizeFact(name); ok {
		return v, true, nil
	}
	in := r.plan.Input
	switch name {
	case "pages":
		return NumberOf(float64(max(r.info.Pages, 1))), true, nil
	case "page":
		if in.List != nil {
			return NumberOf(float64(in.List[0] + 1)), true, nil
		}
		return NumberOf(float64(in.First + 1)), true, nil
	case "faces":
		boxes, err := r.faces()
		return NumberOf(float64(boxes)), err == nil, err
	case "trimmed_ratio":
		v, err := r.trimmedRatio()
		return NumberOf(v), err == nil, err
	case "illustration":
		if r.blank || r.info.Animated {
			return NumberOf(0), true, nil
		}
		a, err := r.ask(Ask{What: WhatIllustration})
		return NumberOf(clean(a.Number)), err == nil, err
	}
	v, ok := r.facts.Value(name)
	if v.Kind == NumberValue {
		v.Number = clean(v.Number)
	}
	return v, ok, nil
}

// clean keeps what comes from outside finite.
func clean(v float64) float64 {
	if !finite(v) {
		return 0
	}
	return v
}

// sizeFact is a fact about a page's size.
func (r *resolver) sizeFact(name string) (Value, bool) {
	switch name {
	case "width", "height", "ratio":
		return measureOf(name, r.page), true
	}
	for i := range len(name) {
		if name[i] != '_' {
			continue
		}
		var s size
		switch name[:i] {
		case "source":
			s = size{r.info.Width, r.info.Height}
		case "page":
			s = size{r.plan.Input.Width, r.plan.Input.Height}
		case "base":
			if r.base == nil {
				return Value{}, false
			}
			s = r.base.page
		case "layer":
			if r.layer == nil {
				return Value{}, false
			}
			s = *r.layer
		default:
			return Value{}, false
		}
		switch side := name[i+1:]; side {
		case "width", "height", "ratio":
			return measureOf(side, s), true
		}
		return Value{}, false
	}
	return Value{}, false
}

func measureOf(side string, s size) Value {
	switch side {
	case "width":
		return NumberOf(float64(s.w))
	case "height":
		return NumberOf(float64(s.h))
	}
	return NumberOf(float64(s.w) / float64(s.h))
}

func (r *resolver) faces() (int, error) {
	if r.blank {
		return 0, nil
	}
	if stored := r.facts.Stored(Face, ""); len(stored) > 0 {
		return len(stored), nil
	}
	if r.info.Animated {
		return 0, nil
	}
	a, err := r.ask(Ask{What: WhatFaces, On: r.sourcePage()})
	return len(a.Boxes), err
}

// trimmedRatio is the ratio of what Trim would leave of the source.
func (r *resolver) trimmedRatio() (float64, error) {
	w, h := float64(r.info.Width), float64(r.info.Height)
	if r.blank {
		return w / h, nil
	}
	a, err := r.ask(Ask{What: WhatTrim, Tolerance: 0.1})
	if err != nil || len(a.Boxes) == 0 {
		return w / h, err
	}
	b, ok := box{a.Boxes[0].X * w, a.Boxes[0].Y * h, a.Boxes[0].Width * w, a.Boxes[0].Height * h}.rect(size{r.info.Width, r.info.Height})
	if !ok {
		return w / h, nil
	}
	return float64(b.Width) / float64(b.Height), nil
}
