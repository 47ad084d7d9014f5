package schema

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"unicode"
)

// Limits of what an account may define.
const (
	maxID      = 255
	maxLabel   = 255
	maxFields  = 1000
	maxChoices = 3000
)

// ValidID reports whether a field can have an id.
func ValidID(id string) bool {
	return id != "" && len(id) <= maxID && !strings.ContainsFunc(id, func(r rune) bool {
		return r != '_' && r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
}

// Check refuses a definition that is wrong by itself, or beside the other
// fields of s. The default is brought into its one spelling.
func (s *Schema) Check(f *Field) error {
	switch {
	case !ValidID(f.ID):
		return invalid("external_id %s may only have letters, digits, - and _, and at most %d of them", quote(f.ID), maxID)
	case !slices.Contains(Types, f.Type):
		return invalid("type %s is not one of string, integer, date, enum and set", quote(string(f.Type)))
	case strings.TrimSpace(f.Label) == "" || len(f.Label) > maxLabel || checkText(f.Label) != "":
		return invalid("label must have between 1 and %d characters", maxLabel)
	case f.Type.Listed() && f.Choices == nil:
		return invalid("datasource is required for the type %s", f.Type)
	case !f.Type.Listed() && len(f.Choices) > 0:
		return invalid("datasource is only for the types enum and set, not for %s", f.Type)
	case f.Open && !f.Type.Listed():
		return invalid("allow_dynamic_list_values is only for the types enum and set, not for %s", f.Type)
	case len(s.Fields()) >= maxFields && !s.Taken(f.ID):
		return invalid("There are %d metadata fields already", maxFields)
	}
	if err := f.Check.valid(f.Type); err != nil {
		return err
	}
	if err := checkChoices(f.Choices); err != nil {
		return err
	}
	if err := f.settleDefault(); err != nil {
		return err
	}
	for _, other := range s.Fields() {
		if other.ID != f.ID && other.Label == f.Label {
			return invalid("label %s already exists", quote(f.Label))
		}
	}
	return nil
}

// settleDefault brings the default into its one spelling.
func (f *Field) settleDefault() error {
	if f.Default == nil {
		return nil
	}
	v, ok := Stored(f.Default)
	if ok && v.Empty() {
		f.Default = nil
		return nil
	}
	raw, added, err := f.Parse(v)
	if !ok || err != nil || len(added) > 0 {
		return invalid("default_value is invalid")
	}
	f.Default = raw
	return nil
}

func checkChoices(choices []Choice) error {
	if len(choices) > maxChoices {
		return invalid("datasource has more than %d values", maxChoices)
	}
	seen := map[string]bool{}
	for _, c := range choices {
		if err := checkChoice(c); err != nil {
			return err
		}
		if seen[c.ID] {
			return invalid("datasource has the external_id %s twice", quote(c.ID))
		}
		seen[c.ID] = true
	}
	return nil
}

func checkChoice(c Choice) error {
	switch {
	case c.ID == "" || len(c.ID) > maxID || checkText(c.ID) != "" || strings.TrimSpace(c.ID) != c.ID || strings.Contains(c.ID, ","):
		return invalid("datasource has the external_id %s: it must have between 1 and %d characters, no comma, and no space at either end", quote(c.ID), maxID)
	case c.Value == "" || len(c.Value) > maxLabel || checkText(c.Value) != "":
		return invalid("datasource has a value for %s that is empty or longer than %d characters", quote(c.ID), maxLabel)
	}
	return nil
}

// Upsert changes the choices that have the ids, and appends the others.
func (f *Field) Upsert(choices []Choice) {
	for _, c := range choices {
		if i, ok := f.choice(c.ID); ok {
			f.Choices[i] = c
		} else {
			f.Choices = append(f.Choices, c)
		}
	}
}

// Offer makes choices be offered again, or not any more. Invalid where one is
// not there, or is part of the default.
func (f *Field) Offer(ids []string, on bool) error {
	if len(ids) == 0 {
		return invalid("Missing required parameter - external_ids")
	}
	def, _ := Stored(f.Default)
	for _, id := range ids {
		i, ok := f.choice(id)
		if !ok {
			return invalid("Metadata field %s has no value with the external_id %s", f.ID, quote(id))
		}
		if !on && slices.Contains(def.texts(), id) {
			return invalid("The value %s of metadata field %s is in its default_value", quote(id), f.ID)
		}
		f.Choices[i].Off = !on
	}
	return nil
}

// SortChoices orders the choices by what people see.
func (f *Field) SortChoices(descending bool) {
	slices.SortStableFunc(f.Choices, func(a, b Choice) int {
		return directed(cmp.Or(strings.Compare(strings.ToLower(a.Value), strings.ToLower(b.Value)), strings.Compare(a.Value, b.Value), strings.Compare(a.ID, b.ID)), descending)
	})
}

func directed(order int, descending bool) int {
	if descending {
		return -order
	}
	return order
}

// Offered returns the choices that can be chosen.
func (f *Field) Offered() []Choice {
	return slices.DeleteFunc(slices.Clone(f.Choices), func(c Choice) bool { return c.Off })
}

// Orders are by what fields can be sorted.
var Orders = map[string]func(a, b *Field) int{
	"label": func(a, b *Field) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.Label), strings.ToLower(b.Label)), strings.Compare(a.Label, b.Label))
	},
	"external_id": func(a, b *Field) int { return strings.Compare(a.ID, b.ID) },
	"created_at":  func(a, b *Field) int { return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), byPosition(a, b)) },
}

// Sort puts fields in an order and numbers them by it.
func Sort(fields []*Field, by func(a, b *Field) int, descending bool) {
	slices.SortStableFunc(fields, func(a, b *Field) int { return directed(by(a, b), descending) })
	Number(fields)
}

// Move puts the field with an id at a place among the others.
func Move(fields []*Field, id string, to int) []*Field {
	i := slices.IndexFunc(fields, func(f *Field) bool { return f.ID == id })
	if i < 0 {
		return fields
	}
	f := fields[i]
	fields = slices.Delete(slices.Clone(fields), i, i+1)
	fields = slices.Insert(fields, min(max(to, 0), len(fields)), f)
	Number(fields)
	return fields
}

// Number gives the fields the positions that they have in the slice.
func Number(fields []*Field) {
	for i, f := range fields {
		f.Position = i
	}
}

// CheckRestrictions takes an object, or nothing.
func CheckRestrictions(raw json.RawMessage) error {
	var o map[string]json.RawMessage
	if len(raw) > 0 && (json.Unmarshal(raw, &o) != nil || len(raw) > maxPattern) {
		return invalid("restrictions must be an object")
	}
	return nil
}

// Place puts a choice at a place among the others.
func (f *Field) Place(id string, to int) {
	i, ok := f.choice(id)
	if !ok {
		return
	}
	c := f.Choices[i]
	f.Choices = slices.Delete(f.Choices, i, i+1)
	f.Choices = slices.Insert(f.Choices, min(max(to, 0), len(f.Choices)), c)
}

// Next is the position after all fields that there are.
func (s *Schema) Next() int {
	next := 0
	for _, f := range s.fields {
		next = max(next, f.Position+1)
	}
	return next
}
