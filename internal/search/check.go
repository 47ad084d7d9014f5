package search

import (
	"cmp"
	"strings"
	"unicode/utf8"

	"tintype/internal/media"
)

// Limits of a query; what is beyond them is Invalid.
const (
	MaxNodes   = 500
	MaxDepth   = 60
	MaxKeys    = 10
	MaxPage    = 500
	MaxCounted = 20
	MaxBuckets = 100
	// MaxField is how long the name of a field may be in bytes.
	MaxField = 300

	defaultPage = 50
)

// PageSize is how many things a page has.
func (q *Query) PageSize() int {
	if q.Limit <= 0 {
		return defaultPage
	}
	return min(q.Limit, MaxPage)
}

// Validate reports what a query asks that cannot be answered, as Invalid.
func (q *Query) Validate() error {
	nodes := 0
	if err := check(q.Where, 0, &nodes); err != nil {
		return err
	}
	if len(q.Sort) > MaxKeys {
		return media.Errorf(media.Invalid, "There are more than %d fields to sort by", MaxKeys)
	}
	for _, k := range q.Sort {
		if !Sortable(k.Field) || checkText(k.Field) != nil {
			return media.Errorf(media.Invalid, "It is not possible to sort by %s", shown(k.Field))
		}
	}
	if len(q.Aggregate) > MaxCounted {
		return media.Errorf(media.Invalid, "There are more than %d aggregations", MaxCounted)
	}
	for _, a := range q.Aggregate {
		if err := cmp.Or(a.check(), check(a.Among, 0, &nodes)); err != nil {
			return err
		}
	}
	return nil
}

func (a *Aggregation) check() error {
	t, ok := TypeOf(a.Field)
	switch {
	case !ok || checkText(a.Field) != nil:
		return media.Errorf(media.Invalid, "It is not possible to aggregate by %s", shown(a.Field))
	case Gathers(a.Field):
		return media.Errorf(media.Invalid, "It is not possible to aggregate by %s", shown(a.Field))
	case len(a.Ranges) > MaxBuckets:
		return media.Errorf(media.Invalid, "There are more than %d ranges of %s", MaxBuckets, shown(a.Field))
	case len(a.Ranges) > 0 && !t.HasNumber():
		return media.Errorf(media.Invalid, "There are no ranges of %s", shown(a.Field))
	case len(a.Ranges) == 0 && !t.HasText():
		return media.Errorf(media.Invalid, "Aggregation by %s needs ranges", shown(a.Field))
	}
	return nil
}

func check(e Expr, depth int, nodes *int) error {
	*nodes++
	if depth > MaxDepth {
		return media.Errorf(media.Invalid, "The expression is nested deeper than %d", MaxDepth)
	}
	if *nodes > MaxNodes {
		return media.Errorf(media.Invalid, "The expression has more than %d parts", MaxNodes)
	}
	all := func(of []Expr) error {
		for _, x := range of {
			if err := check(x, depth+1, nodes); err != nil {
				return err
			}
		}
		return nil
	}
	switch e := e.(type) {
	case nil:
		return nil
	case And:
		return all(e)
	case Or:
		return all(e)
	case Not:
		return all([]Expr{e.Of})
	case Contains:
		// Each word is looked for.
		if *nodes += max(0, len(Tokens(e.Text))-1); *nodes > MaxNodes {
			return media.Errorf(media.Invalid, "The expression has more than %d parts", MaxNodes)
		}
		if e.Field == "" {
			return checkText(e.Text)
		}
		return checkField(e.Field, Type.HasText, e.Text)
	case Token:
		return checkField(e.Field, Type.HasText, e.Text)
	case Equals:
		if Gathers(e.Field) {
			return media.Errorf(media.Invalid, "A whole value is looked for in one field of %s, as in %s.name", e.Field, e.Field)
		}
		return checkField(e.Field, Type.HasText, e.Text)
	case Range:
		return checkField(e.Field, Type.HasNumber, "")
	case Present:
		return checkField(e.Field, func(Type) bool { return true }, "")
	}
	return nil
}

func checkField(field string, fits func(Type) bool, text string) error {
	t, ok := TypeOf(field)
	switch {
	case len(field) > MaxField:
		return media.Errorf(media.Invalid, "The name of a field is longer than %d bytes", MaxField)
	case !ok:
		return media.Errorf(media.Invalid, "There is no field %s", shown(field))
	case !fits(t) && t.HasText():
		return media.Errorf(media.Invalid, "The field %s is a text, not a number", shown(field))
	case !fits(t):
		return media.Errorf(media.Invalid, "The field %s is a number, not a text", shown(field))
	}
	return checkText(field + text)
}

func checkText(s string) error {
	if !utf8.ValidString(s) || strings.IndexByte(s, 0) >= 0 {
		return media.Errorf(media.Invalid, "The expression has a text that is not valid UTF-8 or contains a NUL character")
	}
	return nil
}

// shown keeps a name to a size that can be read.
func shown(s string) string {
	if len(s) > 100 {
		s = s[:100] + "…"
	}
	return strings.ToValidUTF8(s, "?")
}
