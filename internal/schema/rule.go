package schema

import (
	"encoding/json"
	"slices"
)

// Rule makes one field depend on the values of others.
type Rule struct {
	ID    string    `json:"-"`
	Field string    `json:"field"` // whose values depend
	Name  string    `json:"name,omitempty"`
	When  Condition `json:"when"`
	Then  Result    `json:"then"`
	// Off: the rule is kept and does nothing.
	Off bool `json:"off,omitempty"`
	// Position orders the rules of an account: a later one has the last word.
	Position int `json:"position"`
}

// Condition is about one field, or joins others: exactly one of And, Or and
// Field is given, and beside Field exactly one of Populated, Equals and
// Includes.
type Condition struct {
	And   []Condition `json:"and,omitempty"`
	Or    []Condition `json:"or,omitempty"`
	Field string      `json:"field,omitempty"`
	// Populated: the field has a value, or with false none.
	Populated *bool `json:"populated,omitempty"`
	// Equals: the field has this value; of a Set exactly these, in any order.
	Equals *Value `json:"equals,omitempty"`
	// Includes: the value of a Set has all of these.
	Includes []string `json:"includes,omitempty"`
}

// Result is what a rule does where its condition is met.
type Result struct {
	// Enable: the field may have a value. A field with such rules may not
	// have one where none of their conditions is met.
	Enable bool `json:"enable,omitempty"`
	// Activate says which choices may be chosen.
	Activate *Activate `json:"activate,omitempty"`
	Apply    *Apply    `json:"apply,omitempty"`
	// Mandatory: the field must have a value.
	Mandatory bool `json:"mandatory,omitempty"`
}

// Activate says which choices of a field may be chosen: all that are offered,
// or some of these.
type Activate struct {
	All     bool     `json:"all,omitempty"`
	Choices []string `json:"choices,omitempty"`
	// Append adds to what rules before this one activated, and does not
	// replace it.
	Append bool `json:"append,omitempty"`
}

// Apply gives the field a value where it has none or, with Append, adds
// choices to those that a Set has.
type Apply struct {
	Value  Value `json:"value"`
	Append bool  `json:"append,omitempty"`
}

// maxConditions bounds the conditions of a rule, maxRules the rules of an account.
const (
	maxConditions = 100
	maxRules      = 1000
)

// CheckRule refuses a rule that means nothing among the fields of s.
func (s *Schema) CheckRule(r *Rule) error {
	f, ok := s.Field(r.Field)
	switch {
	case !ok:
		return invalid("Metadata field %s does not exist", quote(r.Field))
	case r.Name == "" || len(r.Name) > maxLabel || checkText(r.Name) != "":
		return invalid("name must have between 1 and %d characters", maxLabel)
	case len(s.rules) >= maxRules && !slices.ContainsFunc(s.rules, func(o *Rule) bool { return o.ID == r.ID }):
		return invalid("There are %d metadata rules already", maxRules)
	case r.When.count() > maxConditions:
		return invalid("condition has more than %d parts", maxConditions)
	}
	if err := s.checkCondition(r.Field, &r.When); err != nil {
		return err
	}
	return checkResult(f, &r.Then)
}

func (c *Condition) count() int {
	n := 1
	for _, list := range [][]Condition{c.And, c.Or} {
		for i := range list {
			n += list[i].count()
		}
	}
	return n
}

func (s *Schema) checkCondition(target string, c *Condition) error {
	ways := 0
	for _, given := range []bool{len(c.And) > 0, len(c.Or) > 0, c.Field != ""} {
		if given {
			ways++
		}
	}
	if ways != 1 {
		return invalid("condition must have one of metadata_field_id, and, or")
	}
	for _, list := range [][]Condition{c.And, c.Or} {
		for i := range list {
			if err := s.checkCondition(target, &list[i]); err != nil {
				return err
			}
		}
	}
	if c.Field == "" {
		return nil
	}
	f, ok := s.Field(c.Field)
	if !ok {
		return invalid("Metadata field %s of the condition does not exist", quote(c.Field))
	}
	if c.Field == target {
		return invalid("Metadata field %s cannot depend on itself", target)
	}
	tests := 0
	for _, given := range []bool{c.Populated != nil, c.Equals != nil, len(c.Includes) > 0} {
		if given {
			tests++
		}
	}
	switch {
	case tests != 1:
		return invalid("condition on metadata field %s must have one of populated, equals, includes", f.ID)
	case len(c.Includes) > 0 && f.Type != Set:
		return invalid("condition includes is only for the type set, which metadata field %s is not of", f.ID)
	}
	if c.Equals != nil && !f.Type.Listed() {
		if _, _, err := f.Parse(*c.Equals); err != nil {
			return err
		}
		return nil
	}
	return f.has(append(slices.Clone(c.Includes), c.Equals.list()...))
}

// list is texts of a value that may be nil.
func (v *Value) list() []string {
	if v == nil {
		return nil
	}
	return v.texts()
}

// has refuses ids of no choice.
func (f *Field) has(ids []string) error {
	for _, id := range ids {
		if _, ok := f.choice(id); !ok {
			return invalid("Metadata field %s has no value with the external_id %s", f.ID, quote(id))
		}
	}
	return nil
}

func checkResult(f *Field, r *Result) error {
	if !r.Enable && r.Activate == nil && r.Apply == nil && !r.Mandatory {
		return invalid("result must have one of enable, activate_values, apply_value, set_mandatory")
	}
	if a := r.Activate; a != nil {
		if !f.Type.Listed() && !a.All {
			return invalid("activate_values is only for the types enum and set, which metadata field %s is not of", f.ID)
		}
		if !a.All && len(a.Choices) == 0 {
			return invalid("activate_values must be all, or have external_ids")
		}
		if err := f.has(a.Choices); err != nil {
			return err
		}
	}
	if a := r.Apply; a != nil {
		if a.Append && f.Type != Set {
			return invalid("apply_value can append only to the type set, which metadata field %s is not of", f.ID)
		}
		if a.Value.Empty() {
			return invalid("apply_value has no value")
		}
		if _, added, err := f.Parse(a.Value); err != nil || len(added) > 0 {
			return invalid("The value that apply_value gives metadata field %s is invalid", f.ID)
		}
	}
	return nil
}

// Uses names a rule that a field stands in, or nil.
func (s *Schema) Uses(field string) *Rule {
	for _, r := range s.rules {
		if r.Field == field || r.When.uses(field) {
			return r
		}
	}
	return nil
}

func (c *Condition) uses(field string) bool {
	among := func(list []Condition) bool {
		return slices.ContainsFunc(list, func(c Condition) bool { return c.uses(field) })
	}
	return c.Field == field || among(c.And) || among(c.Or)
}

// values are the values of one asset.
type values map[string]json.RawMessage

// met reports whether a condition is met.
func (c *Condition) met(s *Schema, v values) bool {
	met := func(c Condition) bool { return c.met(s, v) }
	switch {
	case len(c.And) > 0:
		return !slices.ContainsFunc(c.And, func(c Condition) bool { return !met(c) })
	case len(c.Or) > 0:
		return slices.ContainsFunc(c.Or, met)
	}
	f, known := s.Field(c.Field)
	raw, there := v[c.Field]
	if !known || !there {
		return c.Populated != nil && !*c.Populated
	}
	if c.Populated != nil {
		return *c.Populated
	}
	has, _ := Stored(raw)
	if f.Type != Set {
		if c.Equals == nil {
			return false
		}
		one, _ := c.Equals.one(f.Type == String)
		if f.Type.Listed() {
			return has.Text == one
		}
		want, _, err := f.Parse(Value{Text: one})
		return err == nil && compare(f.Type, raw, want) == 0
	}
	for _, id := range append(c.Equals.list(), c.Includes...) {
		if !slices.Contains(has.List, id) {
			return false
		}
	}
	return c.Equals == nil || len(has.List) == len(c.Equals.texts())
}

// state is what the rules say of one field.
type state struct {
	enabled   bool
	mandatory bool
	// active are the choices that may be chosen; all says every one.
	all    bool
	active []string
}

// state asks the rules of a field.
func (s *Schema) state(f *Field, v values) state {
	st := state{enabled: true, mandatory: f.Mandatory, all: true}
	switched, on, restricted := false, false, false
	for _, r := range s.rules {
		if r.Off || r.Field != f.ID {
			continue
		}
		switched = switched || r.Then.Enable
		if !r.When.met(s, v) {
			continue
		}
		on = on || r.Then.Enable
		st.mandatory = st.mandatory || r.Then.Mandatory
		if a := r.Then.Activate; a != nil {
			if !a.Append || !restricted {
				st.all, st.active = false, nil
			}
			restricted = true
			st.all = st.all || a.All
			st.active = append(st.active, a.Choices...)
		}
	}
	st.enabled = !switched || on
	st.mandatory = st.mandatory && st.enabled
	return st
}

// takes says what the rules have against a value, or nothing.
func (st state) takes(f *Field, raw json.RawMessage) error {
	if !st.enabled {
		return invalid("Metadata field %s may not have a value beside the other values", f.ID)
	}
	if st.all || !f.Type.Listed() {
		return nil
	}
	v, _ := Stored(raw)
	for _, id := range v.texts() {
		if !slices.Contains(st.active, id) {
			return invalid("The value %s of metadata field %s may not be chosen beside the other values", quote(id), f.ID)
		}
	}
	return nil
}

// Choices returns those choices of a field that may be chosen beside the
// values of an asset.
func (s *Schema) Choices(f *Field, beside map[string]json.RawMessage) []Choice {
	st := s.state(f, beside)
	return slices.DeleteFunc(f.Offered(), func(c Choice) bool {
		return !st.enabled || !st.all && !slices.Contains(st.active, c.ID)
	})
}
