// Package search holds the canonical query: which things are meant, in which
// order, and what to count of them. It is pure. [Match] answers in memory what
// an index answers for many; [Plain] reduces every query to the few questions
// that either has to know.
//
// Fields have the model's names (see field.go). A thing that is searched is a
// [Doc]; [Of] makes that of an asset.
package search

// Query says what to find. The zero value finds everything, the newest first.
type Query struct {
	Where Expr // nil is everything
	// Sort begins with the most important key; what is equal by all of them
	// comes in the order of ids. Empty is created_at, descending.
	Sort      []Key
	Aggregate []Aggregation
	Cursor    string // of the page before; "" begins
	Limit     int    // 0 is 50, at most 500
}

// Key orders by a field's value. Things without one come last, whichever way.
type Key struct {
	Field      string
	Descending bool
}

// Aggregation counts what was found, by the values of a field: each text on
// its own, or numbers by Ranges.
type Aggregation struct {
	Field  string
	Ranges []Bucket
	// Among restricts what is counted; nil does not.
	Among Expr
}

// Bucket is the numbers from From, up to but not including To; nil is no end.
type Bucket struct {
	Name     string
	From, To *float64
}

// Expr is a node of an expression tree: All, And, Or, Not, Contains, Token,
// Equals, Range or Present.
type Expr interface{ expr() }

// All is true of everything.
type All struct{}

// And is true where every one of it is; an empty one always.
type And []Expr

// Or is true where one of it is; an empty one never.
type Or []Expr

// Not is true where Of is not.
type Not struct{ Of Expr }

// Contains is true where every token of Text is a token of the field. Field
// "" stands for the common text fields together. With Prefix the last token
// need only begin one; and a Text with a slash in it is the beginning of a
// whole value, letter by letter. A Text without a token is a whole value.
type Contains struct {
	Field, Text string
	Prefix      bool
}

// Token is true where the field has the token, or with Prefix one that begins
// with it. Text is as Tokens makes it.
type Token struct {
	Field, Text string
	Prefix      bool
}

// Equals is true where a whole value of the field is Text, byte for byte, or
// with Prefix begins with it.
type Equals struct {
	Field, Text string
	Prefix      bool
}

// Range is true where the field's number lies between Min and Max; nil is no
// bound. Times are microseconds since 1970.
type Range struct {
	Field    string
	Min, Max *Bound
}

// Bound is an end of a range. Open: the value itself is outside.
type Bound struct {
	Value float64
	Open  bool
}

// Present is true where the field has a value.
type Present struct{ Field string }

func (All) expr()      {}
func (And) expr()      {}
func (Or) expr()       {}
func (Not) expr()      {}
func (Contains) expr() {}
func (Token) expr()    {}
func (Equals) expr()   {}
func (Range) expr()    {}
func (Present) expr()  {}

// Plain rewrites an expression without Contains, and without values longer
// than are told apart. A nil expression is All.
func Plain(e Expr) Expr {
	switch e := e.(type) {
	case nil:
		return All{}
	case And:
		out := make(And, len(e))
		for i := range e {
			out[i] = Plain(e[i])
		}
		return out
	case Or:
		out := make(Or, len(e))
		for i := range e {
			out[i] = Plain(e[i])
		}
		return out
	case Not:
		return Not{Plain(e.Of)}
	case Equals:
		e.Text = cut(e.Text)
		return e
	case Token:
		e.Text = cut(e.Text)
		return e
	case Contains:
		return plainContains(e)
	}
	return e
}

func plainContains(c Contains) Expr {
	fields := []string{c.Field}
	if c.Field == "" {
		fields = Common
	}
	anyOf := func(of func(field string) Expr) Expr {
		if len(fields) == 1 {
			return of(fields[0])
		}
		out := make(Or, len(fields))
		for i, f := range fields {
			out[i] = of(f)
		}
		return out
	}
	tokens := Tokens(c.Text)
	if len(tokens) == 0 || c.Prefix && wholePrefix(c.Text) {
		return anyOf(func(f string) Expr {
			switch {
			case c.Prefix && c.Text == "":
				return Present{f}
			case Gathers(f):
				return Or{}
			}
			return Equals{f, cut(c.Text), c.Prefix}
		})
	}
	// Behind a separator the prefix of a token that was not begun is any.
	open := c.Prefix && endsInToken(c.Text)
	out := make(And, len(tokens))
	for i, t := range tokens {
		out[i] = anyOf(func(f string) Expr { return Token{f, t, open && i == len(tokens)-1} })
	}
	if len(out) == 1 {
		return out[0]
	}
	return out
}

// Uses reports whether an expression asks for a field.
func Uses(e Expr, field string) bool {
	switch e := e.(type) {
	case And:
		for _, x := range e {
			if Uses(x, field) {
				return true
			}
		}
	case Or:
		return Uses(And(e), field)
	case Not:
		return Uses(e.Of, field)
	case Contains:
		return e.Field == field
	case Token:
		return e.Field == field
	case Equals:
		return e.Field == field
	case Range:
		return e.Field == field
	case Present:
		return e.Field == field
	}
	return false
}
