package imagekit

import (
	"encoding/hex"
	"math"
	"strconv"
	"strings"

	"tintype/internal/dialect"
	"tintype/internal/transform"
)

// value is a number, or an expression that comes to one.
type value struct {
	num  float64
	expr *transform.Expr
}

func constant(v float64) value { return value{num: v} }

// tree is the value as an expression.
func (v value) tree() transform.Expr {
	if v.expr != nil {
		return *v.expr
	}
	return transform.Num(v.num)
}

// calc applies an operator, at once where both are numbers.
func calc(op transform.Operator, a, b value) value {
	if a.expr == nil && b.expr == nil {
		return constant(evaluate(op, a.num, b.num))
	}
	e := transform.Calc(op, a.tree(), b.tree())
	return value{expr: &e}
}

func evaluate(op transform.Operator, a, b float64) float64 {
	switch op {
	case transform.ExprAdd:
		return a + b
	case transform.ExprSub:
		return a - b
	case transform.ExprMul:
		return a * b
	case transform.ExprDiv:
		return a / b
	case transform.ExprMod:
		return math.Mod(a, b)
	case transform.ExprPow:
		return math.Pow(a, b)
	}
	return math.NaN()
}

// parseNumber reads digits with perhaps a fraction; "N" or "-" before them
// makes the number negative.
func parseNumber(s string) (float64, bool) {
	digits := s
	if s != "" && (s[0] == 'N' || s[0] == '-') {
		digits = s[1:]
	}
	if digits == "" || len(digits) > 20 || strings.Trim(digits, "0123456789.") != "" {
		return 0, false
	}
	v, err := strconv.ParseFloat(digits, 64)
	if err != nil {
		return 0, false
	}
	if digits != s {
		v = -v
	}
	return v + 0, true
}

// parseInt reads a whole number within bounds.
func parseInt(s string, lo, hi int) (int, bool) {
	v, ok := parseNumber(s)
	if !ok || v != math.Trunc(v) || v < float64(lo) || v > float64(hi) {
		return 0, false
	}
	return int(v), true
}

// scope says what the variables of an expression stand for.
type scope map[string]transform.Expr

func facts(width, height, ratio string) (w, h, r transform.Expr) {
	return transform.Fact(width), transform.Fact(height), transform.Fact(ratio)
}

// The scopes of expressions: in the steps of the picture, in those of a
// layer, in the style of a text or canvas, and in the position of a layer.
var (
	pictureScope  = newScope(true, "")
	layerScope    = newScope(true, "base_")
	styleScope    = newScope(false, "page")
	positionScope = newPositionScope()
)

func newScope(own bool, base string) scope {
	s := scope{}
	if own {
		s["iw"], s["ih"], s["iar"] = facts("source_width", "source_height", "source_ratio")
		s["cw"], s["ch"], s["car"] = facts("width", "height", "ratio")
		s["idn"] = transform.Fact("density")
	}
	switch base {
	case "":
	case "page":
		s["bw"], s["bh"], s["bar"] = facts("width", "height", "ratio")
	default:
		s["bw"], s["bh"], s["bar"] = facts(base+"width", base+"height", base+"ratio")
	}
	return s
}

func newPositionScope() scope {
	s := newScope(false, "page")
	s["cw"], s["ch"] = transform.Fact("layer_width"), transform.Fact("layer_height")
	s["car"] = transform.Calc(transform.ExprDiv, s["cw"], s["ch"])
	return s
}

var operators = map[string]transform.Operator{
	"add": transform.ExprAdd, "sub": transform.ExprSub, "mul": transform.ExprMul,
	"div": transform.ExprDiv, "mod": transform.ExprMod, "pow": transform.ExprPow,
}

// levels are the operators by how tightly they bind, the tightest first; each
// goes from left to right.
var levels = [][]string{{"mul", "div"}, {"add", "sub"}, {"mod"}, {"pow"}}

// parseValue reads a number or an expression.
func (s scope) parseValue(text string) (value, bool) {
	if v, ok := parseNumber(text); ok {
		return constant(v), true
	}
	v, rest, ok := s.take(strings.Split(text, "_"))
	return v, ok && len(rest) == 0
}

// parseValues reads several, one after the other, between underscores.
func (s scope) parseValues(text string) ([]value, bool) {
	var all []value
	for parts := strings.Split(text, "_"); len(parts) > 0; {
		v, rest, ok := s.take(parts)
		if !ok {
			return nil, false
		}
		all, parts = append(all, v), rest
	}
	return all, true
}

// take reads operands and operators in turns from the front of parts, as
// many as there are, and returns the rest.
func (s scope) take(parts []string) (value, []string, bool) {
	first, ok := s.operand(parts[0])
	if !ok {
		return value{}, nil, false
	}
	operands, ops := []value{first}, []string{}
	parts = parts[1:]
	for len(parts) >= 2 && operators[parts[0]] != "" {
		next, ok := s.operand(parts[1])
		if !ok {
			return value{}, nil, false
		}
		operands, ops, parts = append(operands, next), append(ops, parts[0]), parts[2:]
	}
	for _, level := range levels {
		operands, ops = reduce(operands, ops, level)
	}
	v := operands[0]
	if v.expr == nil && (math.IsNaN(v.num) || math.IsInf(v.num, 0)) {
		return value{}, nil, false
	}
	return v, parts, true
}

// reduce carries the operators of one level out.
func reduce(operands []value, ops []string, level []string) ([]value, []string) {
	outValues, outOps := operands[:1:1], ops[:0:0]
	for i, op := range ops {
		last := len(outValues) - 1
		if op == level[0] || op == level[len(level)-1] {
			outValues[last] = calc(operators[op], outValues[last], operands[i+1])
			continue
		}
		outValues, outOps = append(outValues, operands[i+1]), append(outOps, op)
	}
	return outValues, outOps
}

func (s scope) operand(text string) (value, bool) {
	if e, ok := s[text]; ok {
		return value{expr: &e}, true
	}
	v, ok := parseNumber(text)
	return constant(v), ok
}

// parseColor reads six hexadecimal digits; eight, of which the last two are
// the opacity in percent as decimal digits; three, each doubled; or a name of
// CSS. stated tells that the opacity was.
func parseColor(s string) (c transform.Color, stated, ok bool) {
	if c, ok := dialect.ColorByName(strings.ToLower(s)); ok {
		return c, false, true
	}
	if strings.EqualFold(s, "transparent") {
		return transform.Transparent, true, true
	}
	c.A = 255
	if len(s) == 8 {
		percent, err := strconv.ParseUint(s[6:], 10, 64)
		if err != nil {
			return c, false, false
		}
		c.A, s, stated = uint8((percent*255+50)/100), s[:6], true
	}
	if len(s) == 3 {
		s = string([]byte{s[0], s[0], s[1], s[1], s[2], s[2]})
	}
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != 3 {
		return c, false, false
	}
	c.R, c.G, c.B = b[0], b[1], b[2]
	return c, stated, true
}

// fields reads "key-value" pairs between underscores, as effects have them.
// Values may hold underscores too: what begins with no key belongs to the one
// before.
func fields(text string, keys ...string) map[string]string {
	m := map[string]string{}
	last := ""
	for _, part := range strings.Split(text, "_") {
		key, v, ok := strings.Cut(part, "-")
		known := false
		for _, k := range keys {
			known = known || ok && k == key
		}
		switch {
		case known:
			last = key
			m[key] = v
		case last != "":
			m[last] += "_" + part
		}
	}
	return m
}

// bind gathers the fields of a step that are expressions.
type bind []transform.Binding

// px is a length in pixels; an expression is noted for a field and leaves
// the length out.
func (b *bind) px(field string, v value) transform.Length {
	if n := b.num(field, v); v.expr == nil {
		return transform.Px(n)
	}
	return transform.Length{}
}

func (b *bind) num(field string, v value) float64 {
	if v.expr == nil {
		return v.num
	}
	*b = append(*b, transform.Binding{Field: field, Expr: *v.expr})
	return 0
}

// step is the step with its expressions.
func (b bind) step(s transform.Step) transform.Step {
	if len(b) == 0 {
		return s
	}
	return transform.Bind{Step: s, Values: b}
}
