package cloudinary

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"tintype/internal/dialect"
	"tintype/internal/media"
	"tintype/internal/search"
)

// maxExpression bounds the text of an expression in bytes.
const maxExpression = 64 << 10

// maxNesting bounds parentheses in parentheses; each is up to three nodes deep.
const maxNesting = search.MaxDepth / 4

// parseExpression reads an expression of the Search API; vocabulary says which
// fields there are, and relative dates count back from now. Errors are Invalid
// and name the character at which the expression could not be understood.
func parseExpression(text string, v vocabulary, now time.Time) (search.Expr, error) {
	if len(text) > maxExpression {
		return nil, media.Errorf(media.Invalid, "The expression is longer than %d bytes", maxExpression)
	}
	if !utf8.ValidString(text) || strings.IndexByte(text, 0) >= 0 {
		return nil, media.Errorf(media.Invalid, "The expression is not valid UTF-8 or contains a NUL character")
	}
	p := &expression{text: text, vocabulary: v, now: now}
	p.space()
	if p.end() {
		return search.All{}, nil
	}
	e, err := p.or()
	if err != nil {
		return nil, err
	}
	if !p.end() {
		return nil, p.unexpected()
	}
	return e, nil
}

// expression is a parser at a place in its text.
type expression struct {
	text       string
	at         int
	depth      int
	nodes      int
	vocabulary vocabulary
	now        time.Time
	// field is the one whose values a parenthesis lists; nil outside of such.
	field *field
	op    string
}

func (p *expression) end() bool { return p.at == len(p.text) }

func (p *expression) rest() string { return p.text[p.at:] }

func (p *expression) space() {
	p.at = len(p.text) - len(strings.TrimLeftFunc(p.rest(), unicode.IsSpace))
}

// fail is an error at a place in the text.
func (p *expression) fail(at int, format string, args ...any) error {
	position := utf8.RuneCountInString(p.text[:at]) + 1
	e := media.Errorf(media.Invalid, "Invalid expression at position %d: "+format, append([]any{position}, args...)...)
	e.Op = "parse expression"
	return e
}

func (p *expression) unexpected() error {
	if p.end() {
		return p.fail(p.at, "it ends too early")
	}
	r, _ := utf8.DecodeRuneInString(p.rest())
	if strings.ContainsRune("?~^", r) {
		return p.fail(p.at, "%c has no meaning here, write \\%c for the character", r, r)
	}
	return p.fail(p.at, "unexpected %q", string(r))
}

// skip goes over a mark and the space behind it, if it is there.
func (p *expression) skip(mark string) bool {
	if !strings.HasPrefix(p.rest(), mark) {
		return false
	}
	p.at += len(mark)
	p.space()
	return true
}

// keyword goes over a word in capitals, if it is there and is no part of a
// longer word or the name of a field.
func (p *expression) keyword(word string) bool {
	rest, ok := strings.CutPrefix(p.rest(), word)
	if !ok {
		return false
	}
	if r, size := utf8.DecodeRuneInString(rest); size > 0 && !unicode.IsSpace(r) && r != '(' && r != ')' && r != '"' {
		return false
	}
	p.at += len(word)
	p.space()
	return true
}

// node counts a part, so that no expression can ask for more than a query may.
func (p *expression) node() error {
	if p.nodes++; p.nodes > search.MaxNodes {
		return p.fail(p.at, "there are more than %d parts", search.MaxNodes)
	}
	return nil
}

func (p *expression) or() (search.Expr, error) {
	if p.depth++; p.depth > maxNesting {
		return nil, p.fail(p.at, "it is nested deeper than %d", maxNesting)
	}
	defer func() { p.depth-- }()
	var of search.Or
	for {
		e, err := p.and()
		if err != nil {
			return nil, err
		}
		of = append(of, e)
		if !p.keyword("OR") && !p.skip("||") {
			break
		}
	}
	if len(of) == 1 {
		return of[0], nil
	}
	return of, p.node()
}

func (p *expression) and() (search.Expr, error) {
	var of search.And
	for {
		e, err := p.not()
		if err != nil {
			return nil, err
		}
		of = append(of, e)
		if p.keyword("AND") || p.skip("&&") {
			continue
		}
		before := p.at
		if p.end() || strings.HasPrefix(p.rest(), ")") || strings.HasPrefix(p.rest(), "||") || p.keyword("OR") {
			p.at = before
			break
		}
	}
	if len(of) == 1 {
		return of[0], nil
	}
	return of, p.node()
}

func (p *expression) not() (search.Expr, error) {
	negative := false
	for start := p.at; ; {
		switch {
		case p.keyword("NOT"), p.skip("-"), p.skip("!"):
			negative = !negative
		case p.skip("+"):
		default:
			e, err := p.primary()
			if err != nil {
				return nil, err
			}
			if negative {
				return search.Not{Of: e}, p.node()
			}
			return e, nil
		}
		if p.at-start > 100 {
			return nil, p.fail(start, "too many signs")
		}
	}
}

func (p *expression) primary() (search.Expr, error) {
	if err := p.node(); err != nil {
		return nil, err
	}
	if !p.skip("(") {
		return p.clause()
	}
	return p.parenthesis()
}

// parenthesis reads up to the closing one.
func (p *expression) parenthesis() (search.Expr, error) {
	e, err := p.or()
	if err != nil {
		return nil, err
	}
	if !p.skip(")") {
		if p.end() {
			return nil, p.fail(p.at, "a parenthesis is not closed")
		}
		return nil, p.unexpected()
	}
	return e, nil
}

// clause reads a field with its value, or a value alone.
func (p *expression) clause() (search.Expr, error) {
	start := p.at
	w, err := p.word("")
	if err != nil {
		return nil, err
	}
	p.space()
	op := p.operator()
	switch {
	case op == "" && p.field != nil:
		return p.meaning(start, *p.field, p.op, w)
	case op == "" && w.present():
		return search.All{}, nil
	case op == "":
		return p.vocabulary.bare(w), nil
	case w.quoted || w.star:
		return nil, p.fail(start, "%s is no field", dialect.Quotable(w.text))
	}
	f, ok := p.vocabulary.find(w.text)
	if !ok {
		return nil, p.fail(start, "there is no field %s", dialect.Quotable(w.text))
	}
	return p.value(f, op)
}

// operator goes over one, with the space behind it; "" if there is none.
func (p *expression) operator() string {
	for _, op := range []string{"!=", ">=", "<=", ":", "=", ">", "<"} {
		if p.skip(op) {
			return op
		}
	}
	return ""
}

// value reads what stands behind a field and its operator.
func (p *expression) value(f field, op string) (search.Expr, error) {
	start := p.at
	if strings.HasPrefix(p.rest(), "[") || strings.HasPrefix(p.rest(), "{") {
		if op != ":" && op != "=" {
			return nil, p.fail(start, "a range stands behind a colon")
		}
		return p.between(f)
	}
	if p.skip("(") {
		outerField, outerOp := p.field, p.op
		p.field, p.op = &f, op
		defer func() { p.field, p.op = outerField, outerOp }()
		return p.parenthesis()
	}
	w, err := p.word("")
	if err != nil {
		return nil, err
	}
	p.space()
	return p.meaning(start, f, op, w)
}

// between reads a range.
func (p *expression) between(f field) (search.Expr, error) {
	start := p.at
	open := p.text[p.at] == '{'
	p.at++
	p.space()
	from, err := p.word(",")
	if err != nil {
		return nil, err
	}
	p.space()
	if !p.keyword("TO") && !p.skip(",") {
		return nil, p.fail(p.at, "a range is written [from TO to]")
	}
	to, err := p.word(",")
	if err != nil {
		return nil, err
	}
	p.space()
	closing := p.rest()
	if !p.skip("]") && !p.skip("}") {
		return nil, p.fail(p.at, "a range is not closed")
	}
	if !f.kind.HasNumber() {
		return nil, p.fail(start, "there are no ranges of %s", dialect.Quotable(f.wire))
	}
	r := search.Range{Field: f.name}
	if !from.present() {
		v, err := p.number(start, f, from)
		if err != nil {
			return nil, err
		}
		r.Min = &search.Bound{Value: v.from, Open: open}
	}
	if !to.present() {
		v, err := p.number(start, f, to)
		if err != nil {
			return nil, err
		}
		r.Max = v.upTo(closing[0] == '}')
	}
	return r, nil
}

// word is a value as it was written.
type word struct {
	text         string
	star, quoted bool
}

// present: a star alone stands for any value.
func (w word) present() bool { return w.star && w.text == "" }

// reserved are the characters that end a word unless escaped.
const reserved = `!(){}[]^~?:\=&><"`

// word reads a word or a quoted phrase. ends has further characters at which
// it ends.
func (p *expression) word(ends string) (word, error) {
	if strings.HasPrefix(p.rest(), `"`) {
		return p.phrase()
	}
	var b strings.Builder
	for start := p.at; !p.end(); {
		r, size := utf8.DecodeRuneInString(p.rest())
		switch {
		case r == '\\':
			next, n := utf8.DecodeRuneInString(p.text[p.at+size:])
			if n == 0 {
				return word{}, p.fail(p.at, "there is nothing behind the backslash")
			}
			b.WriteRune(next)
			p.at += size + n
			continue
		case r == '*':
			p.at += size
			if next, n := utf8.DecodeRuneInString(p.rest()); n > 0 && !unicode.IsSpace(next) && !strings.ContainsRune(")]}|&"+ends, next) {
				return word{}, p.fail(start, "* stands at the end of a value only")
			}
			return word{text: b.String(), star: true}, nil
		case unicode.IsSpace(r), strings.ContainsRune(reserved, r), strings.ContainsRune(ends, r), strings.HasPrefix(p.rest(), "||"):
			if b.Len() == 0 {
				return word{}, p.unexpected()
			}
			return word{text: b.String()}, nil
		}
		b.WriteRune(r)
		p.at += size
	}
	if b.Len() == 0 {
		return word{}, p.unexpected()
	}
	return word{text: b.String()}, nil
}

// phrase reads a quoted value, in which only " and * are special.
func (p *expression) phrase() (word, error) {
	start := p.at
	p.at++
	var b strings.Builder
	for !p.end() {
		c := p.text[p.at]
		p.at++
		switch {
		case c == '"':
			return word{text: b.String(), quoted: true}, nil
		case c == '\\' && !p.end() && strings.IndexByte(`"*\`, p.text[p.at]) >= 0:
			b.WriteByte(p.text[p.at])
			p.at++
		case c == '*':
			if !strings.HasPrefix(p.rest(), `"`) {
				return word{}, p.fail(p.at-1, "* stands at the end of a value only, write \\* for the character")
			}
			p.at++
			return word{text: b.String(), star: true, quoted: true}, nil
		default:
			b.WriteByte(c)
		}
	}
	return word{}, p.fail(start, "a quotation mark is not closed")
}
