package cloudinary

import (
	"errors"

	"tintype/internal/transform"
)

// number is a number of the grammar: known, or an expression.
type number struct {
	value float64
	// expr, if not nil, stands for the value, which depends on the picture.
	expr *transform.Expr
	// decimal: it was written as one literal with a decimal point, which
	// makes a length a fraction.
	decimal bool
}

func (n number) as() transform.Expr {
	if n.expr != nil {
		return *n.expr
	}
	return transform.Num(n.value)
}

func (n number) calc(op transform.Operator, by, result float64) number {
	if n.expr == nil {
		return number{value: result}
	}
	e := transform.Calc(op, *n.expr, transform.Num(by))
	return number{expr: &e}
}

func (n number) over(d float64) number  { return n.calc(transform.ExprDiv, d, n.value/d) }
func (n number) times(f float64) number { return n.calc(transform.ExprMul, f, n.value*f) }
func (n number) plus(s float64) number  { return n.calc(transform.ExprAdd, s, n.value+s) }

// clamp brings the number to the nearer end of a range.
func (n number) clamp(lo, hi float64) number {
	n = n.calc(transform.ExprMax, lo, max(n.value, lo))
	return n.calc(transform.ExprMin, hi, min(n.value, hi))
}

// bindings collects the fields of a step that expressions set.
type bindings []transform.Binding

// number is the value for a field, or 0 and a binding.
func (b *bindings) number(field string, n number) float64 {
	if n.expr != nil {
		*b = append(*b, transform.Binding{Field: field, Expr: *n.expr})
		return 0
	}
	return n.value + 0 // -0 is 0
}

// length is the value for a field, or none and a binding.
func (b *bindings) length(field string, n number) transform.Length {
	switch v := b.number(field, n); {
	case n.expr != nil:
		return transform.Length{}
	case n.decimal:
		return transform.Frac(v)
	default:
		return transform.Px(v)
	}
}

// on is the step, with the bindings if there are any.
func (b bindings) on(s transform.Step) transform.Step {
	if len(b) == 0 {
		return s
	}
	return transform.Bind{Step: s, Values: b}
}

// ownFacts are what an expression that begins with an operator is about.
var ownFacts = map[string]string{"w": "width", "h": "height", "ar": "ratio"}

// number reads a parameter that is a number or is calculated.
func (p *chainParser) number(prefix, value string) (number, error) {
	if n, err := parseNumber(prefix, value); err == nil {
		return n, nil
	} else if integerText.MatchString(value) || decimalText.MatchString(value) {
		return n, err
	}
	if name, ok := variableName(value); ok {
		v, err := p.lookup(name)
		if err != nil {
			return number{}, err
		}
		if v.known {
			n, err := parseNumber(prefix, v.literal)
			if err != nil {
				return n, invalidParam(prefix, value)
			}
			return n, nil
		}
	}
	var own *transform.Expr
	if fact := ownFacts[prefix]; fact != "" {
		e := transform.Fact(fact)
		own = &e
	}
	e, err := p.expression(value, own, prefix == "ar")
	if errors.Is(err, errSyntax) || err == nil && !numeric(e) {
		return number{}, invalidParam(prefix, value)
	}
	if err != nil {
		return number{}, err
	}
	if e.Op == transform.ExprNumber {
		return number{value: e.Number}, nil
	}
	return number{expr: &e}, nil
}

// numeric reports that an expression can come to a number.
func numeric(e transform.Expr) bool {
	return e.Op != transform.ExprString && e.Op != transform.ExprList
}

// fixed is number of a parameter that no step carries, so that it has to be
// known before the picture is.
func (p *chainParser) fixed(prefix, value string) (float64, bool, error) {
	n, err := p.number(prefix, value)
	if err == nil && n.expr != nil {
		err = unsupportedParam(prefix + "_" + value)
	}
	return n.value, n.decimal, err
}

// text is a value with the variable it may be replaced by what that holds.
func (p *chainParser) text(prefix, value string) (string, error) {
	name, ok := variableName(value)
	if !ok {
		return value, nil
	}
	v, err := p.lookup(name)
	if err != nil {
		return "", err
	}
	if !v.known {
		return "", unsupportedParam(prefix + "_" + value)
	}
	return v.literal, nil
}
