package search

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxText is how many bytes of a value, or of a token, are told apart.
const MaxText = 512

// cut shortens a text to MaxText bytes, between two characters.
func cut(s string) string {
	if len(s) <= MaxText {
		return s
	}
	s = s[:MaxText]
	for len(s) > 0 {
		r, size := utf8.DecodeLastRuneInString(s)
		if r != utf8.RuneError || size > 1 {
			break
		}
		s = s[:len(s)-size]
	}
	return s
}

// Tokens cuts a text into what is searched for in it: runs of letters, digits,
// '_' and '-', in lower case, in the order of the text.
func Tokens(s string) []string {
	tokens := strings.FieldsFunc(s, func(r rune) bool { return !inToken(r) })
	for i, t := range tokens {
		tokens[i] = cut(strings.ToLower(t))
	}
	return tokens
}

func inToken(r rune) bool {
	return r == '_' || r == '-' || unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
}

func endsInToken(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(s)
	return s != "" && inToken(r)
}

// wholePrefix tells whether a prefix is that of a whole value: a path is.
func wholePrefix(s string) bool { return strings.ContainsRune(s, '/') }

// String is the canonical text of an expression, for tests and for caches:
// two expressions of equal text are equal.
func String(e Expr) string {
	var b strings.Builder
	write(&b, e)
	return b.String()
}

func write(b *strings.Builder, e Expr) {
	star := func(prefix bool) string {
		if prefix {
			return "*"
		}
		return ""
	}
	list := func(name string, of []Expr) {
		b.WriteString("(" + name)
		for _, x := range of {
			b.WriteByte(' ')
			write(b, x)
		}
		b.WriteByte(')')
	}
	switch e := e.(type) {
	case nil, All:
		b.WriteString("all")
	case And:
		list("and", e)
	case Or:
		list("or", e)
	case Not:
		list("not", []Expr{e.Of})
	case Contains:
		fmt.Fprintf(b, "%s:%q%s", e.Field, e.Text, star(e.Prefix))
	case Token:
		fmt.Fprintf(b, "%s~%q%s", e.Field, e.Text, star(e.Prefix))
	case Equals:
		fmt.Fprintf(b, "%s=%q%s", e.Field, e.Text, star(e.Prefix))
	case Present:
		b.WriteString("has:" + e.Field)
	case Range:
		b.WriteString(e.Field + " in " + bound(e.Min, "[", "(") + ".." + bound(e.Max, "]", ")"))
	}
}

func bound(v *Bound, closed, open string) string {
	if v == nil {
		return "*"
	}
	text := strconv.FormatFloat(v.Value, 'f', -1, 64)
	mark := closed
	if v.Open {
		mark = open
	}
	if closed == "[" {
		return mark + text
	}
	return text + mark
}
