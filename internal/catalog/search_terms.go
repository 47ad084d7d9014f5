package catalog

import (
	"strings"

	"tintype/internal/search"
)

// The first letter of a term says what it stands for: a whole value, a token
// of one, or that the field has a value. A token that is the whole value of
// its field has no term of its own: the value's does for both.
const (
	termValue   = "="
	termToken   = "~"
	termPresent = "?"
	// termEnd ends the name of a field.
	termEnd = "\x01"
)

func term(kind, field, text string) string { return kind + field + termEnd + text }

// terms are what the sets of the index tell of a document. A field whose name
// contains termEnd cannot be told apart, and is left out.
func terms(d search.Doc) []string {
	var out []string
	seen := map[string]bool{}
	for field, values := range d.Texts {
		if strings.Contains(field, termEnd) {
			continue
		}
		out = append(out, term(termPresent, field, ""))
		whole := map[string]bool{}
		if !search.Gathers(field) {
			for _, v := range values {
				out = append(out, term(termValue, field, v))
				whole[v] = true
			}
		}
		clear(seen)
		for _, v := range values {
			for _, t := range search.Tokens(v) {
				if !whole[t] && !seen[t] {
					seen[t] = true
					out = append(out, term(termToken, field, t))
				}
			}
		}
	}
	for field := range d.Numbers {
		if _, also := d.Texts[field]; !also && !strings.Contains(field, termEnd) {
			out = append(out, term(termPresent, field, ""))
		}
	}
	return out
}

// The first letter of a column's name says what its values are.
const (
	columnNumber = "#"
	columnText   = "$"
)

// sortText is the text by which a document is ordered in a field, if any.
func sortText(d search.Doc, field string) (string, bool) {
	if values := d.Texts[field]; len(values) > 0 && search.Sortable(field) {
		return values[0], true
	}
	return "", false
}

// lookup is what an expression of one field asks of the terms: these, or
// those that begin with one of prefixes.
type lookup struct{ exact, prefixes []string }

func lookupOf(e search.Expr) (lookup, bool) {
	var l lookup
	switch e := e.(type) {
	case search.Present:
		l.exact = []string{term(termPresent, e.Field, "")}
	case search.Equals:
		l.exact = []string{term(termValue, e.Field, e.Text)}
		if e.Prefix {
			l.exact, l.prefixes = nil, l.exact
		}
	case search.Token:
		// A value that begins with a token's beginning has a token that does.
		l.exact = []string{term(termValue, e.Field, e.Text), term(termToken, e.Field, e.Text)}
		if e.Prefix {
			l.exact, l.prefixes = nil, l.exact
		}
	default:
		return l, false
	}
	return l, true
}
