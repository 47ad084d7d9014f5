package schema

import (
	"bytes"
	"cmp"
	"encoding/json"
	"regexp"
	"unicode/utf8"
)

// Check is a condition that values must meet.
type Check struct {
	Kind CheckKind `json:"kind"`
	// Value is what Above and Below compare with, as its author wrote it: a
	// number or a day.
	Value json.RawMessage `json:"value,omitempty"`
	// Equal lets Above and Below take Value itself.
	Equal bool `json:"equal,omitempty"`
	// Min and Max bound the characters for Length; nil does not.
	Min *int `json:"min,omitempty"`
	Max *int `json:"max,omitempty"`
	// Pattern is a regular expression (RE2) that is found in the value.
	Pattern string `json:"pattern,omitempty"`
	// All must be met.
	All []Check `json:"all,omitempty"`
}

// CheckKind says what a Check compares.
type CheckKind string

// The kinds.
const (
	Above   CheckKind = "above"
	Below   CheckKind = "below"
	Length  CheckKind = "length"
	Pattern CheckKind = "pattern"
	All     CheckKind = "all"
)

// maxChecks bounds the checks of a field, maxPattern the length of a pattern.
const (
	maxChecks  = 50
	maxPattern = 1000
)

// valid refuses a check that means nothing for a type.
func (c *Check) valid(t Type) error {
	if c == nil {
		return nil
	}
	if n := c.count(); n > maxChecks {
		return invalid("validation has more than %d rules", maxChecks)
	}
	switch c.Kind {
	case Above, Below:
		if t != Integer && t != Date {
			return invalid("validation by comparison is for the types integer and date, not for %s", t)
		}
		if _, ok := c.bound(t); !ok {
			return invalid("validation compares with %s, which is no value of type %s", quote(string(c.Value)), t)
		}
	case Length:
		if t != String {
			return invalid("validation of the length is for the type string, not for %s", t)
		}
		if c.Min == nil && c.Max == nil || c.Min != nil && *c.Min < 0 || c.Max != nil && *c.Max < 0 || c.Min != nil && c.Max != nil && *c.Min > *c.Max {
			return invalid("validation of the length needs a min or a max, and a min that is not above the max")
		}
	case Pattern:
		if t != String {
			return invalid("validation by a regular expression is for the type string, not for %s", t)
		}
		if _, err := regexp.Compile(c.Pattern); err != nil || c.Pattern == "" || len(c.Pattern) > maxPattern {
			return invalid("validation has no regular expression that can be used: %s", quote(c.Pattern))
		}
	case All:
		if len(c.All) == 0 {
			return invalid("validation has no rules")
		}
		for i := range c.All {
			if err := c.All[i].valid(t); err != nil {
				return err
			}
		}
	default:
		return invalid("validation type %s is not known", quote(string(c.Kind)))
	}
	return nil
}

func (c *Check) count() int {
	n := 1
	for i := range c.All {
		n += c.All[i].count()
	}
	return n
}

// bound is what Above and Below compare with, as a value of the type.
func (c *Check) bound(t Type) (json.RawMessage, bool) {
	v, ok := Stored(c.Value)
	if !ok {
		return nil, false
	}
	raw, _, err := (&Field{Type: t}).Parse(v)
	return raw, err == nil
}

// allows reports whether a value in its one spelling meets the check.
func (c *Check) allows(t Type, raw json.RawMessage) bool {
	if c == nil {
		return true
	}
	switch c.Kind {
	case Above, Below:
		bound, ok := c.bound(t)
		if !ok {
			return false
		}
		order := compare(t, raw, bound)
		if c.Kind == Below {
			order = -order
		}
		return order > 0 || order == 0 && c.Equal
	case All:
		for i := range c.All {
			if !c.All[i].allows(t, raw) {
				return false
			}
		}
		return true
	}
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return false
	}
	if c.Kind == Length {
		n := utf8.RuneCountInString(text)
		return (c.Min == nil || n >= *c.Min) && (c.Max == nil || n <= *c.Max)
	}
	re, err := regexp.Compile(c.Pattern)
	return err == nil && re.MatchString(text)
}

// compare orders two values of one type.
func compare(t Type, a, b json.RawMessage) int {
	if t != Integer {
		return bytes.Compare(a, b)
	}
	var x, y int64
	_ = json.Unmarshal(a, &x)
	_ = json.Unmarshal(b, &y)
	return cmp.Compare(x, y)
}
