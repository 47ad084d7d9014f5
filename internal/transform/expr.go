package transform

// Operator is what an Expr does with its arguments.
type Operator string

// The leaves: their value is in Number or Text.
const (
	ExprNumber   Operator = "number"
	ExprString   Operator = "string"
	ExprVariable Operator = "variable" // Text is its name
	ExprFact     Operator = "fact"     // Text is its name
)

// The operators. Arithmetic takes numbers, and strings that read as one;
// division by zero and what is not finite is an error. Comparisons give 1 or
// 0: of numbers, else of strings (a missing fact is the empty string); eq and
// ne of two numbers with a tolerance of 1e-6, relative or absolute. In is true
// when every string of the first list (a string is a list of one) is in the
// second. And and or stop at the first argument that decides. Truth is a
// number that is not 0, a string or list that is not empty.
const (
	ExprAdd  Operator = "add"
	ExprSub  Operator = "sub"
	ExprMul  Operator = "mul"
	ExprDiv  Operator = "div"
	ExprMod  Operator = "mod"
	ExprPow  Operator = "pow"
	ExprNeg  Operator = "neg"
	ExprEq   Operator = "eq"
	ExprNe   Operator = "ne"
	ExprLt   Operator = "lt"
	ExprLe   Operator = "le"
	ExprGt   Operator = "gt"
	ExprGe   Operator = "ge"
	ExprAnd  Operator = "and" // two or more
	ExprOr   Operator = "or"  // two or more
	ExprNot  Operator = "not"
	ExprIn   Operator = "in"
	ExprNin  Operator = "nin"
	ExprList Operator = "list" // of strings, any number
	// ExprNear is eq with a tolerance, the third argument.
	ExprNear Operator = "near"
	// ExprMin and ExprMax take two or more numbers; ExprRound rounds half up.
	ExprMin   Operator = "min"
	ExprMax   Operator = "max"
	ExprRound Operator = "round"
	ExprFloor Operator = "floor"
	// ExprInt and ExprFloat read a number from the start of a string, 0 if there is none.
	ExprInt   Operator = "int"
	ExprFloat Operator = "float"
	// ExprJoin writes its arguments one after the other, as strings.
	ExprJoin Operator = "join"
	// ExprDefined tells whether the variable, its one argument, has a value.
	ExprDefined Operator = "defined"
	// ExprHas tells whether the fact, its one argument, has a value.
	ExprHas Operator = "has"
)

// Expr is an expression: a tree of at most 200 nodes. The facts that are known
// by name, beyond those of Facts.Value:
//
//	width height ratio                      the page at hand
//	source_width source_height source_ratio the source, upright
//	base_width base_height base_ratio       in a layer, the page that it is laid on
//	layer_width layer_height                in the fields of a Composite, the layer
//	page_width page_height                  the first page chosen by Page
//	pages                                   pages or frames of the source
//	page                                    the first page chosen, from 1
//	faces                                   number of faces
//	trimmed_ratio                           of what Trim with tolerance 0.1 leaves of the source
//	illustration                            likelihood, 0 to 1
//
// Facts.Value is asked for: tags (a list), page_names (a list), page_x, page_y,
// density, duration, custom (number of stored rectangles), regions (their
// names), context.KEY and metadata.KEY.
type Expr struct {
	Op     Operator
	Number float64
	Text   string
	Args   []Expr
}

// Num is a number as an expression.
func Num(v float64) Expr { return Expr{Op: ExprNumber, Number: v} }

// Str is a string as an expression.
func Str(s string) Expr { return Expr{Op: ExprString, Text: s} }

// Var is a variable's value.
func Var(name string) Expr { return Expr{Op: ExprVariable, Text: name} }

// Fact is a fact's value.
func Fact(name string) Expr { return Expr{Op: ExprFact, Text: name} }

// Calc applies an operator.
func Calc(op Operator, args ...Expr) Expr { return Expr{Op: op, Args: args} }

// Value is what an expression comes to: a number, a string or a list. The zero
// Value is the empty string.
type Value struct {
	Number float64
	Text   string
	List   []string
	Kind   ValueKind
}

// ValueKind says which field of a Value counts.
type ValueKind uint8

// The kinds of values.
const (
	TextValue ValueKind = iota
	NumberValue
	ListValue
)

const (
	maxExprNodes = 200
	maxExprDepth = 100
)

// append writes the canonical text.
func (e Expr) append(b []byte, depth int) []byte {
	switch {
	case depth > maxExprDepth:
		return append(b, `"deep"`...)
	case e.Op == ExprNumber:
		return appendNumber(b, e.Number)
	case e.Op == ExprString:
		return appendString(b, e.Text)
	case e.Op == ExprVariable && isVariable(e.Text):
		return append(append(b, '$'), e.Text...)
	case e.Op == ExprFact && isFactWord(e.Text):
		return append(b, e.Text...)
	case e.Op == ExprFact:
		b = appendString(append(b, "fact("...), e.Text)
		return append(b, ')')
	}
	b = append(append(b, word(string(e.Op))...), '(')
	for i, arg := range e.Args {
		if i > 0 {
			b = append(b, ',')
		}
		b = arg.append(b, depth+1)
	}
	return append(b, ')')
}

// String writes the canonical text.
func (e Expr) String() string { return string(e.append(nil, 0)) }

// isVariable accepts a letter followed by letters and digits.
func isVariable(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != "" && len(s) <= 64
}

func isFactWord(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := c >= 'a' && c <= 'z'
		if !letter && (i == 0 || (c < '0' || c > '9') && c != '_' && c != '.') {
			return false
		}
	}
	return s != ""
}

// arity is how many arguments an operator takes, at least and at most; ok is
// false for what is no operator.
func (o Operator) arity() (least, most int, ok bool) {
	switch o {
	case ExprNeg, ExprNot, ExprRound, ExprFloor, ExprInt, ExprFloat, ExprDefined, ExprHas:
		return 1, 1, true
	case ExprAdd, ExprSub, ExprMul, ExprDiv, ExprMod, ExprPow,
		ExprEq, ExprNe, ExprLt, ExprLe, ExprGt, ExprGe, ExprIn, ExprNin:
		return 2, 2, true
	case ExprNear:
		return 3, 3, true
	case ExprAnd, ExprOr, ExprMin, ExprMax:
		return 2, maxExprNodes, true
	case ExprList, ExprJoin:
		return 0, maxExprNodes, true
	}
	return 0, 0, false
}
