package imagekit

import (
	"strings"

	"tintype/internal/transform"
)

// properties are what a condition can ask about.
var properties = map[string]string{
	"w": "width", "h": "height", "ar": "ratio",
	"iw": "source_width", "ih": "source_height", "iar": "source_ratio",
}

var comparisons = map[string]transform.Operator{
	"eq": transform.ExprEq, "ne": transform.ExprNe, "gt": transform.ExprGt,
	"gte": transform.ExprGe, "lt": transform.ExprLt, "lte": transform.ExprLe,
}

// condition makes the step of an if-block. Settings of the output are those
// of the whole chain: a branch cannot have any.
func (in *reader) condition(b *condBlock) ([]transform.Step, error) {
	if in.branch {
		return nil, invalid("if-" + b.cond + " inside of another condition")
	}
	cond, ok := parseCondition(b.cond)
	if !ok {
		return nil, invalid("if-" + b.cond)
	}
	sub := *in
	sub.branch = true
	then, err := sub.chain(b.then)
	if err != nil {
		return nil, err
	}
	other, err := sub.chain(b.other)
	if err != nil {
		return nil, err
	}
	in.used, in.uses, in.count = sub.used, sub.uses, sub.count
	return []transform.Step{transform.If{Cond: cond, Then: then, Else: other}}, nil
}

// parseCondition reads "<property>_<comparison>_<value>", joined by "_and_"
// and "_or_"; and binds tighter.
func parseCondition(text string) (transform.Expr, bool) {
	if strings.Count(text, "_") > 100 {
		return transform.Expr{}, false
	}
	return joined(text, "_or_", transform.ExprOr, func(part string) (transform.Expr, bool) {
		return joined(part, "_and_", transform.ExprAnd, comparison)
	})
}

func joined(text, sep string, op transform.Operator, read func(string) (transform.Expr, bool)) (transform.Expr, bool) {
	var args []transform.Expr
	for _, part := range strings.Split(text, sep) {
		e, ok := read(part)
		if !ok {
			return transform.Expr{}, false
		}
		args = append(args, e)
	}
	if len(args) == 1 {
		return args[0], true
	}
	return transform.Calc(op, args...), true
}

func comparison(text string) (transform.Expr, bool) {
	parts := strings.Split(text, "_")
	if len(parts) != 3 || properties[parts[0]] == "" || comparisons[parts[1]] == "" {
		return transform.Expr{}, false
	}
	v, ok := parseNumber(parts[2])
	if a, b, pair := strings.Cut(parts[2], "-"); pair && !ok {
		x, okX := parseNumber(a)
		y, okY := parseNumber(b)
		v, ok = x/y, okX && okY && y != 0
	}
	return transform.Calc(comparisons[parts[1]], transform.Fact(properties[parts[0]]), transform.Num(v)), ok
}

// cutAny cuts around the first of several separators.
func cutAny(s, seps string) (before, after string, ok bool) {
	if i := strings.IndexAny(s, seps); i >= 0 {
		return s[:i], s[i+1:], true
	}
	return s, "", false
}
