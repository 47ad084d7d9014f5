package search

import (
	"cmp"
	"slices"
	"strings"
)

// Match reports whether an expression is true of a thing.
func Match(e Expr, d Doc) bool { return match(Plain(e), d) }

func match(e Expr, d Doc) bool {
	switch e := e.(type) {
	case All:
		return true
	case And:
		for _, x := range e {
			if !match(x, d) {
				return false
			}
		}
		return true
	case Or:
		for _, x := range e {
			if match(x, d) {
				return true
			}
		}
		return false
	case Not:
		return !match(e.Of, d)
	case Token:
		return slices.ContainsFunc(d.Texts[e.Field], func(value string) bool {
			return slices.ContainsFunc(Tokens(value), func(token string) bool {
				return token == e.Text || e.Prefix && strings.HasPrefix(token, e.Text)
			})
		})
	case Equals:
		return slices.ContainsFunc(d.Texts[e.Field], func(value string) bool {
			return value == e.Text || e.Prefix && strings.HasPrefix(value, e.Text)
		})
	case Range:
		n, ok := d.Numbers[e.Field]
		return ok && e.Holds(n)
	case Present:
		_, ok := d.Numbers[e.Field]
		return ok || len(d.Texts[e.Field]) > 0
	}
	return false
}

// Holds reports whether a number lies in the range.
func (r Range) Holds(n float64) bool {
	if r.Min != nil && (n < r.Min.Value || r.Min.Open && n == r.Min.Value) {
		return false
	}
	return r.Max == nil || n < r.Max.Value || !r.Max.Open && n == r.Max.Value
}

// Holds reports whether a number lies in the bucket.
func (b Bucket) Holds(n float64) bool {
	return (b.From == nil || n >= *b.From) && (b.To == nil || n < *b.To)
}

// Value is what a thing is ordered by in one key; a nil part is none.
type Value struct {
	Number *float64 `json:"n,omitempty"`
	Text   *string  `json:"t,omitempty"`
}

// ValueOf returns a thing's value of a field that sorts.
func ValueOf(d Doc, field string) Value {
	var v Value
	if n, ok := d.Numbers[field]; ok {
		v.Number = &n
	}
	if texts := d.Texts[field]; len(texts) > 0 {
		v.Text = &texts[0]
	}
	return v
}

// Compare orders two values as the key wants them: by number, then by text,
// and what is missing last.
func (k Key) Compare(a, b Value) int {
	if c := compare(a.Number, b.Number, k.Descending); c != 0 {
		return c
	}
	return compare(a.Text, b.Text, k.Descending)
}

func compare[T cmp.Ordered](a, b *T, descending bool) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return 1
	case b == nil:
		return -1
	case descending:
		return cmp.Compare(*b, *a)
	}
	return cmp.Compare(*a, *b)
}

// Keys are the keys that a query sorts by.
func (q *Query) Keys() []Key {
	if len(q.Sort) == 0 {
		return []Key{{Field: "created_at", Descending: true}}
	}
	return q.Sort
}
