package cloudinary

import (
	"errors"
	"math"
	"regexp"
	"slices"
	"strings"

	"tintype/internal/dialect"
	"tintype/internal/media"
	"tintype/internal/transform"
)

// errSyntax is what no expression is; the caller says of which parameter.
var errSyntax = errors.New("not an expression")

// variable is what is known of a variable while the chain is read.
type variable struct {
	// known: the value is a literal, whatever the picture.
	known   bool
	literal string
	text    bool // it is a string
}

var variableWhole = regexp.MustCompile(`^\$([A-Za-z][A-Za-z0-9]*)$`)

func variableName(value string) (string, bool) {
	m := variableWhole.FindStringSubmatch(value)
	if m == nil {
		return "", false
	}
	return m[1], true
}

// lookup finds a variable that was assigned before.
func (p *chainParser) lookup(name string) (variable, error) {
	v, ok := p.vars[name]
	if !ok && !p.named {
		return v, media.Errorf(media.Invalid, "Variable $%s is not defined", dialect.Quotable(name))
	}
	return v, nil
}

// assign carries out "$name_value".
func (p *chainParser) assign(text string) error {
	name, value, _ := strings.Cut(text[1:], "_")
	refused := media.Errorf(media.Invalid, "Invalid assignment to $%s: %s", dialect.Quotable(name), dialect.Quotable(value))
	if _, ok := variableName("$" + name); !ok || len(name) > 64 || value == "" {
		return refused
	}
	p.rewrites = true
	if n, err := parseNumber("w", value); err == nil {
		p.vars[name] = variable{known: true, literal: value}
		p.push(transform.Let{Name: name, Value: transform.Num(n.value)})
		return nil
	}
	e, err := p.expression(value, nil, true)
	if errors.Is(err, errSyntax) {
		return refused
	}
	if err != nil {
		return err
	}
	switch e.Op {
	case transform.ExprNumber:
		p.vars[name] = variable{known: true, literal: numberText(e.Number)}
	case transform.ExprString:
		p.vars[name] = variable{known: true, literal: e.Text, text: true}
	default:
		p.vars[name] = variable{}
	}
	p.push(transform.Let{Name: name, Value: e})
	return nil
}

// characteristics are the names of facts in expressions.
var characteristics = map[string]string{
	"w": "width", "h": "height", "ar": "ratio", "iw": "source_width", "ih": "source_height", "iar": "source_ratio",
	"tar": "trimmed_ratio", "cp": "page", "pc": "pages", "px": "page_x", "py": "page_y", "pgnames": "page_names",
	"fc": "faces", "ccc": "custom", "rn": "regions", "idn": "density", "ils": "illustration", "tags": "tags",
	"du": "duration", "idu": "duration",
	"width": "width", "height": "height", "aspect_ratio": "ratio", "initial_width": "source_width",
	"initial_height": "source_height", "initial_aspect_ratio": "source_ratio", "trimmed_aspect_ratio": "trimmed_ratio", "trimmed_ar": "trimmed_ratio",
	"current_page": "page", "page_count": "pages", "page_x": "page_x", "page_y": "page_y", "page_names": "page_names",
	"face_count": "faces", "custom_count": "custom", "initial_density": "density", "illustration_score": "illustration",
	"duration": "duration", "initial_duration": "duration",
}

// longNames are the names among them that hold the separator, longest first.
var longNames = func() []string {
	var names []string
	for name := range characteristics {
		if strings.Contains(name, "_") {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int { return len(b) - len(a) })
	return names
}()

// tokens takes an expression apart at underscores, except in strings and in
// the long names of characteristics.
func tokens(text string) ([]string, bool) {
	var found []string
	for {
		var end int
		switch quoted := quotedPrefix.FindString(text); {
		case quoted != "":
			end = strings.IndexByte(text[len(quoted):], '!') + 1
			if end == 0 {
				return nil, false
			}
			end += len(quoted)
		default:
			end = strings.IndexByte(text, '_')
			if end < 0 {
				end = len(text)
			}
			for _, name := range longNames {
				if text == name || strings.HasPrefix(text, name+"_") {
					end = len(name)
					break
				}
			}
		}
		found = append(found, text[:end])
		if end == len(text) {
			return found, true
		}
		if text[end] != '_' || len(found) > 200 {
			return nil, false
		}
		text = text[end+1:]
	}
}

var quotedPrefix = regexp.MustCompile(`^(ctx:|md:|ref:)?!`)

// expressionParser reads tokens by descent, one function for each rank of operators.
type expressionParser struct {
	p      *chainParser
	own    *transform.Expr
	ratios bool // "16:9" is a number
	tokens []string
}

// expression reads a calculation, and carries out what does not depend on the
// picture. One that begins with an operator continues own, if that is given.
// With ratios "16:9" is a number too. What is not an expression is errSyntax;
// other errors are for the user.
func (p *chainParser) expression(text string, own *transform.Expr, ratios bool) (transform.Expr, error) {
	x := &expressionParser{p: p, own: own, ratios: ratios}
	return x.read(text, x.sum)
}

// condition reads what follows "if_", with the errors of expression.
func (p *chainParser) condition(text string) (transform.Expr, error) {
	x := &expressionParser{p: p, ratios: true}
	return x.read(text, x.any)
}

func (x *expressionParser) read(text string, part func() (transform.Expr, error)) (transform.Expr, error) {
	list, ok := tokens(text)
	if !ok {
		return transform.Expr{}, errSyntax
	}
	x.tokens = list
	if x.own != nil && (products[list[0]] != "" || sums[list[0]] != "" || powers[list[0]] != "") {
		x.tokens = append([]string{"$"}, list...)
	}
	e, err := part()
	if err == nil && len(x.tokens) > 0 {
		err = errSyntax
	}
	return e, err
}

var (
	products    = map[string]transform.Operator{"mul": transform.ExprMul, "div": transform.ExprDiv, "mod": transform.ExprMod}
	sums        = map[string]transform.Operator{"add": transform.ExprAdd, "sub": transform.ExprSub}
	powers      = map[string]transform.Operator{"pow": transform.ExprPow}
	comparisons = map[string]transform.Operator{
		"eq": transform.ExprEq, "ne": transform.ExprNe, "lt": transform.ExprLt, "gt": transform.ExprGt,
		"lte": transform.ExprLe, "gte": transform.ExprGe,
	}
)

func (x *expressionParser) peek() string {
	if len(x.tokens) == 0 {
		return ""
	}
	return x.tokens[0]
}

func (x *expressionParser) next() string {
	t := x.peek()
	if t != "" {
		x.tokens = x.tokens[1:]
	}
	return t
}

func (x *expressionParser) any() (transform.Expr, error) {
	return x.join("or", transform.ExprOr, func() (transform.Expr, error) {
		return x.join("and", transform.ExprAnd, x.comparison)
	})
}

// join reads what an "and" or "or" joins.
func (x *expressionParser) join(word string, op transform.Operator, part func() (transform.Expr, error)) (transform.Expr, error) {
	first, err := part()
	if err != nil || x.peek() != word {
		return first, err
	}
	all := []transform.Expr{first}
	for x.peek() == word {
		x.next()
		e, err := part()
		if err != nil {
			return e, err
		}
		all = append(all, e)
	}
	return transform.Calc(op, all...), nil
}

func (x *expressionParser) comparison() (transform.Expr, error) {
	if word := x.peek(); word == "isdef" || word == "isndef" {
		x.next()
		name, ok := variableName(x.next())
		if !ok {
			return transform.Expr{}, errSyntax
		}
		e := transform.Calc(transform.ExprDefined, transform.Var(name))
		if word == "isndef" {
			e = transform.Calc(transform.ExprNot, e)
		}
		return e, nil
	}
	left, err := x.sum()
	if err != nil {
		return left, err
	}
	word := x.peek()
	if word == "in" || word == "nin" {
		x.next()
		e, err := x.member(left)
		if word == "nin" {
			e = transform.Calc(transform.ExprNot, e)
		}
		return e, err
	}
	op, ok := comparisons[word]
	if !ok {
		return left, errSyntax
	}
	x.next()
	right, err := x.sum()
	if err != nil {
		return right, err
	}
	return compare(op, left, right), nil
}

// ratioTolerance is how far aspect ratios that count as equal may differ.
const ratioTolerance = 0.01

func compare(op transform.Operator, left, right transform.Expr) transform.Expr {
	if op != transform.ExprEq && op != transform.ExprNe || !isRatio(left) && !isRatio(right) {
		return transform.Calc(op, left, right)
	}
	e := transform.Calc(transform.ExprNear, left, right, transform.Num(ratioTolerance))
	if op == transform.ExprNe {
		e = transform.Calc(transform.ExprNot, e)
	}
	return e
}

func isRatio(e transform.Expr) bool {
	return e.Op == transform.ExprFact && (e.Text == "ratio" || strings.HasSuffix(e.Text, "_ratio"))
}

// member reads the set after "in".
func (x *expressionParser) member(of transform.Expr) (transform.Expr, error) {
	var list []transform.Expr
	if of.Op == transform.ExprString {
		for _, s := range strings.Split(of.Text, ":") {
			list = append(list, transform.Str(s))
		}
		of = transform.Calc(transform.ExprList, list...)
	}
	word := x.peek()
	if word != "ctx" && word != "md" {
		set, err := x.operand()
		return transform.Calc(transform.ExprIn, of, set), err
	}
	x.next()
	if len(list) == 0 {
		return of, errSyntax
	}
	prefix := map[string]string{"ctx": "context.", "md": "metadata."}[word]
	for i, key := range list {
		list[i] = transform.Calc(transform.ExprHas, transform.Fact(prefix+key.Text))
	}
	if len(list) == 1 {
		return list[0], nil
	}
	return transform.Calc(transform.ExprAnd, list...), nil
}

func (x *expressionParser) sum() (transform.Expr, error) {
	return x.chain(sums, func() (transform.Expr, error) {
		return x.chain(products, func() (transform.Expr, error) { return x.chain(powers, x.operand) })
	})
}

// chain reads operators of one rank, from left to right.
func (x *expressionParser) chain(ops map[string]transform.Operator, part func() (transform.Expr, error)) (transform.Expr, error) {
	left, err := part()
	for err == nil && ops[x.peek()] != "" {
		op := ops[x.next()]
		var right transform.Expr
		if right, err = part(); err == nil {
			left, err = calculate(op, left, right)
		}
	}
	return left, err
}

// operand reads one value, and what is to be read from it as a number.
func (x *expressionParser) operand() (transform.Expr, error) {
	e, err := x.value(x.next())
	for err == nil && x.peek() == "to" && len(x.tokens) > 1 && (x.tokens[1] == "i" || x.tokens[1] == "f") {
		op := transform.ExprInt
		if x.tokens[1] == "f" {
			op = transform.ExprFloat
		}
		e = transform.Calc(op, e)
		x.tokens = x.tokens[2:]
	}
	return e, err
}

func (x *expressionParser) value(t string) (transform.Expr, error) {
	if t == "$" && x.own != nil {
		return *x.own, nil
	}
	if name, ok := variableName(t); ok {
		v, err := x.p.lookup(name)
		switch {
		case err != nil:
			return transform.Expr{}, err
		case v.known && v.text:
			return transform.Str(v.literal), nil
		case v.known:
			n, err := parseNumber("w", v.literal)
			return transform.Num(n.value), err
		}
		return transform.Var(name), nil
	}
	if fact, ok := characteristics[t]; ok {
		return transform.Fact(fact), nil
	}
	if t == "rc" {
		return transform.Expr{}, unsupportedParam(t)
	}
	if strings.HasSuffix(t, "!") {
		kind, text, _ := strings.Cut(strings.TrimSuffix(t, "!"), "!")
		text = decodeLoosely(text)
		switch {
		case !printable(text):
			return transform.Expr{}, errSyntax
		case kind == "ctx:":
			return transform.Fact("context." + text), nil
		case kind == "md:":
			return transform.Fact("metadata." + text), nil
		}
		return transform.Str(text), nil
	}
	if r, err := parseRatio("ar", t); err == nil && x.ratios && strings.Contains(t, ":") {
		return transform.Num(r), nil
	}
	n, err := parseNumber("w", t)
	if err != nil {
		return transform.Expr{}, errSyntax
	}
	return transform.Num(n.value), nil
}

// calculate is op of two values, carried out where both are numbers.
func calculate(op transform.Operator, a, b transform.Expr) (transform.Expr, error) {
	if a.Op != transform.ExprNumber || b.Op != transform.ExprNumber {
		return transform.Calc(op, a, b), nil
	}
	var v float64
	switch op {
	case transform.ExprAdd:
		v = a.Number + b.Number
	case transform.ExprSub:
		v = a.Number - b.Number
	case transform.ExprMul:
		v = a.Number * b.Number
	case transform.ExprPow:
		v = math.Pow(a.Number, b.Number)
	case transform.ExprDiv, transform.ExprMod:
		if b.Number == 0 {
			return a, media.Errorf(media.Invalid, "Division by zero in transformation")
		}
		v = a.Number / b.Number
		if op == transform.ExprMod {
			v = a.Number - b.Number*math.Floor(v)
		}
	}
	if math.IsNaN(v) || math.Abs(v) > 999_999_999 {
		return a, errSyntax
	}
	return transform.Num(v), nil
}
