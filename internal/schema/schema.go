// Package schema is what an account says of its structured metadata: which
// fields assets have, which values these take, and how the values of one
// depend on those of another. It is pure.
//
// Values are JSON: a string, a whole number, or an array of strings, by the
// field's type.
package schema

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"tintype/internal/media"
)

// Type says which values a field takes.
type Type string

// The types.
const (
	String  Type = "string"
	Integer Type = "integer"
	Date    Type = "date" // YYYY-MM-DD
	Enum    Type = "enum" // the id of one choice
	Set     Type = "set"  // the ids of several choices
)

// Types are all of them.
var Types = []Type{String, Integer, Date, Enum, Set}

// Listed reports whether values are chosen from a list.
func (t Type) Listed() bool { return t == Enum || t == Set }

// Field is one field. Its ID is never given to another one.
type Field struct {
	ID    string `json:"-"`
	Type  Type   `json:"type"`
	Label string `json:"label"`
	// Mandatory: an upload without a value is refused.
	Mandatory bool `json:"mandatory,omitempty"`
	// Default is the value of uploads that give none; nil is none. DefaultOff
	// keeps it without using it.
	Default    json.RawMessage `json:"default,omitempty"`
	DefaultOff bool            `json:"default_off,omitempty"`
	// Check is what values must pass; nil is nothing.
	Check *Check `json:"check,omitempty"`
	// Open: a value that is not among the choices becomes one.
	Open    bool     `json:"open,omitempty"`
	Choices []Choice `json:"choices,omitempty"`
	// Restrictions are for those who build forms.
	Restrictions json.RawMessage `json:"restrictions,omitempty"`
	// Position orders the fields of an account.
	Position int `json:"position"`
	// Deleted: only the ID is still taken.
	Deleted   bool      `json:"deleted,omitempty"`
	CreatedAt time.Time `json:"-"`
}

// Choice is one value of a list.
type Choice struct {
	ID    string `json:"id"`
	Value string `json:"value"` // what people see
	// Off: the choice is not offered any more. Assets that have it keep it.
	Off bool `json:"off,omitempty"`
}

// choice finds a choice, offered or not.
func (f *Field) choice(id string) (int, bool) {
	i := slices.IndexFunc(f.Choices, func(c Choice) bool { return c.ID == id })
	return i, i >= 0
}

// offers reports whether a choice can be chosen.
func (f *Field) offers(id string) bool {
	i, ok := f.choice(id)
	return ok && !f.Choices[i].Off
}

// Clone returns a copy that shares no list with f.
func (f *Field) Clone() *Field {
	g := *f
	g.Choices = slices.Clone(f.Choices)
	return &g
}

// Schema is all of an account's fields and rules. The zero value has none.
// Safe for concurrent use as long as nobody changes it.
type Schema struct {
	fields []*Field // by position, those that are deleted too
	byID   map[string]*Field
	rules  []*Rule // by position
}

// New makes a Schema. What it is given must not be changed afterwards.
func New(fields []*Field, rules []*Rule) *Schema {
	s := &Schema{fields: slices.Clone(fields), rules: slices.Clone(rules), byID: map[string]*Field{}}
	slices.SortStableFunc(s.fields, byPosition)
	slices.SortStableFunc(s.rules, func(a, b *Rule) int { return a.Position - b.Position })
	for _, f := range s.fields {
		s.byID[f.ID] = f
	}
	return s
}

func byPosition(a, b *Field) int {
	if a.Position != b.Position {
		return a.Position - b.Position
	}
	return strings.Compare(a.ID, b.ID)
}

// Fields returns the fields in their order, without those that are deleted.
func (s *Schema) Fields() []*Field {
	return slices.DeleteFunc(slices.Clone(s.fields), func(f *Field) bool { return f.Deleted })
}

// Field finds a field that is not deleted.
func (s *Schema) Field(id string) (*Field, bool) {
	f, ok := s.byID[id]
	if !ok || f.Deleted {
		return nil, false
	}
	return f, true
}

// Taken reports whether a field has, or had, an id.
func (s *Schema) Taken(id string) bool {
	_, ok := s.byID[id]
	return ok
}

// Rules returns the rules in their order. Nobody changes the slice.
func (s *Schema) Rules() []*Rule { return s.rules }

// Empty reports that there is no field that is not deleted.
func (s *Schema) Empty() bool {
	return !slices.ContainsFunc(s.fields, func(f *Field) bool { return !f.Deleted })
}

// Shown returns the values without those of deleted fields. The map is values
// itself where nothing is left out.
func (s *Schema) Shown(values map[string]json.RawMessage) map[string]json.RawMessage {
	hidden := func(id string) bool { f, ok := s.byID[id]; return ok && f.Deleted }
	for id := range values {
		if !hidden(id) {
			continue
		}
		out := map[string]json.RawMessage{}
		for id, v := range values {
			if !hidden(id) {
				out[id] = v
			}
		}
		return out
	}
	return values
}

// invalid makes the error of a value or a definition.
func invalid(format string, args ...any) error { return media.Errorf(media.Invalid, format, args...) }

// quote keeps what a message repeats to a size that can be read.
func quote(s string) string {
	const most = 100
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
