package schema

import (
	"encoding/json"
	"maps"
	"slices"
)

// Change is a change of the values of one asset.
type Change struct {
	// Given are the new values by field; an empty one takes the value away.
	// Fields that are not given keep theirs.
	Given map[string]Value `json:"given,omitempty"`
	// ClearInvalid leaves out what is given and cannot be taken, and takes
	// away what the asset has and may not have any more.
	ClearInvalid bool `json:"clear_invalid,omitempty"`
}

// Zero reports that a change asks for nothing.
func (c Change) Zero() bool { return len(c.Given) == 0 && !c.ClearInvalid }

// Outcome is what a change makes of the values.
type Outcome struct {
	// Values are all values then; nil where there are none.
	Values map[string]json.RawMessage
	// Opened are fields that got choices, with them.
	Opened []*Field
}

// Occasion says on which a change is made.
type Occasion int

// The occasions.
const (
	// Edit: the asset is there. Only what the change makes wrong is refused:
	// what was missing or wrong before may stay.
	Edit Occasion = iota
	// Upload: the asset is new. It gets defaults, and every mandatory field
	// must have a value.
	Upload
	// Import: the asset is new and nobody is there to give values, so that
	// mandatory fields may be without.
	Import
)

// Apply carries out a change of the values that an asset has before, which are
// not looked at where it is new. Errors are Invalid and name a field.
func (s *Schema) Apply(before map[string]json.RawMessage, c Change, o Occasion) (Outcome, error) {
	if o != Edit {
		before = nil
	}
	w := &work{s: s, before: s.living(before), change: c, values: values{}, said: map[string]bool{}, opened: map[string]*Field{}}
	maps.Copy(w.values, w.before)
	if err := w.give(); err != nil {
		return Outcome{}, err
	}
	if o != Edit {
		w.defaults()
	}
	w.applyRules()
	if err := w.settle(); err != nil {
		return Outcome{}, err
	}
	if o != Import {
		if err := w.mandatory(o == Upload); err != nil {
			return Outcome{}, err
		}
	}
	out := Outcome{}
	if len(w.values) > 0 {
		out.Values = w.values
	}
	for _, id := range slices.Sorted(maps.Keys(w.opened)) {
		out.Opened = append(out.Opened, w.opened[id])
	}
	return out, nil
}

// living are the values whose fields are not deleted.
func (s *Schema) living(v values) values {
	out := values{}
	for id, raw := range v {
		if _, ok := s.Field(id); ok {
			out[id] = raw
		}
	}
	return out
}

type work struct {
	s      *Schema
	before values
	change Change
	values values
	said   map[string]bool // what is given and was taken
	opened map[string]*Field
}

// field is a field with the choices that it got.
func (w *work) field(id string) (*Field, bool) {
	if f, ok := w.opened[id]; ok {
		return f, true
	}
	return w.s.Field(id)
}

// give sets what is given.
func (w *work) give() error {
	for _, id := range slices.Sorted(maps.Keys(w.change.Given)) {
		v := w.change.Given[id]
		f, ok := w.field(id)
		if !ok {
			if w.change.ClearInvalid {
				continue
			}
			return invalid("Metadata field %s does not exist", quote(id))
		}
		if v.Empty() {
			delete(w.values, id)
			w.said[id] = true
			continue
		}
		raw, added, err := f.Parse(v)
		if err != nil && w.change.ClearInvalid {
			// Of a Set the rest can be taken.
			if f.Type != Set || f.Open {
				continue
			}
			v.List = slices.DeleteFunc(f.parts(v), func(id string) bool { return !f.offers(id) })
			v.Text = ""
			if raw, added, err = f.Parse(v); err != nil {
				continue
			}
		}
		if err != nil {
			return err
		}
		if len(added) > 0 {
			f = f.Clone()
			f.Choices = append(f.Choices, added...)
			w.opened[id] = f
		}
		w.values[id], w.said[id] = raw, true
	}
	return nil
}

// defaults fills in what is not given.
func (w *work) defaults() {
	for _, f := range w.s.fields {
		_, there := w.values[f.ID]
		if !f.Deleted && !there && !w.said[f.ID] && f.Default != nil && !f.DefaultOff && w.s.state(f, w.values).takes(f, f.Default) == nil {
			w.values[f.ID] = f.Default
		}
	}
}

// applyRules gives what rules give, until nothing changes any more. What the
// change itself gives or takes away stays so.
func (w *work) applyRules() {
	for range len(w.s.rules) + 1 {
		changed := false
		for _, r := range w.s.rules {
			f, ok := w.field(r.Field)
			if w.said[r.Field] || !ok || r.Off || r.Then.Apply == nil || !r.When.met(w.s, w.values) {
				continue
			}
			if next := applied(f, r.Then.Apply, w.values[f.ID]); next != nil && w.s.state(f, w.values).takes(f, next) == nil {
				w.values[f.ID] = next
				changed = true
			}
		}
		if !changed {
			return
		}
	}
}

// applied is the value that a rule makes of one, or nil where that stays.
func applied(f *Field, a *Apply, has json.RawMessage) json.RawMessage {
	if has != nil && !a.Append {
		return nil
	}
	v := a.Value
	if has != nil {
		old, _ := Stored(has)
		v = Value{List: slices.Clone(old.List)}
		for _, id := range a.Value.texts() {
			if !slices.Contains(v.List, id) {
				v.List = append(v.List, id)
			}
		}
		if len(v.List) == len(old.List) {
			return nil
		}
	}
	raw, _, err := f.Parse(v)
	if err != nil {
		return nil // the field has changed since the rule was made
	}
	return raw
}

// settle refuses, or with ClearInvalid takes away, values that may not be.
func (w *work) settle() error {
	for range 2*len(w.s.fields) + 1 {
		gone := false
		for _, id := range slices.Sorted(maps.Keys(w.values)) {
			err := w.wrong(id, w.values)
			if err == nil {
				continue
			}
			if w.change.ClearInvalid {
				w.clear(id)
				gone = true
			} else if old, had := w.before[id]; w.said[id] || !had || w.wrong(id, values{id: old}.with(w.before)) == nil {
				return err
			}
		}
		if !gone {
			return nil
		}
	}
	return nil
}

// clear takes away a value or, of a Set, what may not be in it.
func (w *work) clear(id string) {
	f, _ := w.field(id)
	st := w.s.state(f, w.values)
	rest := f.prune(w.values[id], func(id string) bool {
		return st.enabled && f.offers(id) && (st.all || slices.Contains(st.active, id))
	})
	if rest == nil {
		delete(w.values, id)
		return
	}
	w.values[id] = rest
}

func (v values) with(others values) values {
	out := maps.Clone(others)
	maps.Copy(out, v)
	return out
}

// wrong says what is wrong with a value beside the others. A value of before
// is looked at anew only where what is wrong is to be taken away.
func (w *work) wrong(id string, v values) error {
	f, _ := w.field(id)
	if w.change.ClearInvalid && !f.Valid(v[id]) {
		return invalid("The value of metadata field %s is not valid any more", id)
	}
	return w.s.state(f, v).takes(f, v[id])
}

// mandatory refuses a field that has no value and must have one.
func (w *work) mandatory(fresh bool) error {
	for _, f := range w.s.fields {
		if _, there := w.values[f.ID]; f.Deleted || there || !w.s.state(f, w.values).mandatory {
			continue
		}
		if _, had := w.before[f.ID]; !fresh && !had && w.s.state(f, w.before).mandatory {
			continue
		}
		return invalid("Metadata field %s is mandatory and has no value", f.ID)
	}
	return nil
}
