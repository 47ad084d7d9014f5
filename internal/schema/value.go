package schema

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// maxText bounds a value of type String, in bytes; maxChosen how many choices
// a value of type Set has.
const (
	maxText   = 64 << 10
	maxChosen = 3000
)

// Value is a value as somebody wrote it: one text, or several. Where a text
// can be read as several it has both, and the field's type says which is
// meant. Empty means none.
type Value struct {
	Text string   `json:"text,omitempty"`
	List []string `json:"list,omitempty"`
}

// Empty reports that there is no value.
func (v Value) Empty() bool { return v.Text == "" && len(v.List) == 0 }

// texts are the parts of a value that may have several.
func (v Value) texts() []string {
	if len(v.List) == 0 && v.Text != "" {
		return []string{v.Text}
	}
	return v.List
}

// one is the text of a value that may not have several; with whole a text that
// can be read as several stays what it is.
func (v Value) one(whole bool) (string, bool) {
	switch {
	case len(v.List) == 0, whole && v.Text != "":
		return v.Text, true
	case len(v.List) == 1:
		return v.List[0], true
	}
	return "", false
}

// Parse reads a value of the field, which is not empty, in its one spelling.
// added are the choices that an Open field gets by it. Errors are Invalid and
// name the field.
func (f *Field) Parse(v Value) (raw json.RawMessage, added []Choice, err error) {
	if f.Type == Set {
		return f.parseSet(v)
	}
	text, ok := v.one(f.Type == String)
	if !ok {
		return nil, nil, invalid("Metadata field %s takes one value, not %d", f.ID, len(v.List))
	}
	var out any = text
	switch f.Type {
	case String:
		if err := checkText(text); err != "" {
			return nil, nil, invalid("The value of metadata field %s %s", f.ID, err)
		}
	case Integer:
		n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
		if err != nil {
			return nil, nil, invalid("The value %s of metadata field %s is not a whole number", quote(text), f.ID)
		}
		out = n
	case Date:
		day, ok := readDate(text)
		if !ok {
			return nil, nil, invalid("The value %s of metadata field %s is not a date like 2024-06-25", quote(text), f.ID)
		}
		out = day
	case Enum:
		if !f.offers(text) {
			c, err := f.open(text)
			if err != nil {
				return nil, nil, err
			}
			added = append(added, c)
		}
	}
	raw, err = json.Marshal(out)
	if err == nil && !f.Check.allows(f.Type, raw) {
		return nil, nil, invalid("The value %s of metadata field %s does not pass its validation", quote(text), f.ID)
	}
	return raw, added, err
}

// parseSet takes a list, one id, or a text of several with commas between.
func (f *Field) parseSet(v Value) (json.RawMessage, []Choice, error) {
	chosen := []string{}
	var added []Choice
	for _, id := range f.parts(v) {
		if slices.Contains(chosen, id) {
			continue
		}
		if !f.offers(id) {
			c, err := f.open(id)
			if err != nil {
				return nil, nil, err
			}
			added = append(added, c)
		}
		chosen = append(chosen, id)
	}
	if len(chosen) == 0 {
		return nil, nil, invalid("The value of metadata field %s has no entry", f.ID)
	}
	if len(chosen) > maxChosen {
		return nil, nil, invalid("The value of metadata field %s has more than %d entries", f.ID, maxChosen)
	}
	raw, err := json.Marshal(chosen)
	return raw, added, err
}

// parts are the ids in a value of a Set.
func (f *Field) parts(v Value) []string {
	given := v.texts()
	if len(v.List) == 0 && !f.offers(v.Text) {
		given = strings.Split(v.Text, ",")
	}
	var ids []string
	for _, id := range given {
		if id = strings.TrimSpace(id); id != "" {
			ids = append(ids, id)
		}
	}
	return ids
}

// open makes a choice of what is not offered, where the field lets it.
func (f *Field) open(id string) (Choice, error) {
	if _, off := f.choice(id); off || !f.Open {
		return Choice{}, invalid("The value %s of metadata field %s is not one of its active values", quote(id), f.ID)
	}
	if len(f.Choices) >= maxChoices {
		return Choice{}, invalid("Metadata field %s has %d values already", f.ID, len(f.Choices))
	}
	c := Choice{ID: id, Value: id}
	return c, checkChoice(c)
}

// Valid reports whether a value that is stored would be taken today.
func (f *Field) Valid(raw json.RawMessage) bool {
	v, ok := Stored(raw)
	if !ok || v.Empty() {
		return false
	}
	_, added, err := f.Parse(v)
	return err == nil && len(added) == 0
}

// prune leaves of a Set those choices that keep says yes to; nil where none is
// left, or the field is no Set.
func (f *Field) prune(raw json.RawMessage, keep func(id string) bool) json.RawMessage {
	if f.Type != Set {
		return nil
	}
	v, _ := Stored(raw)
	v.List = slices.DeleteFunc(v.List, func(id string) bool { return !keep(id) })
	if len(v.List) == 0 {
		return nil
	}
	out, _, err := f.Parse(v)
	if err != nil {
		return nil
	}
	return out
}

// Stored reads a value in its one spelling; false where it is none.
func Stored(raw json.RawMessage) (v Value, ok bool) {
	var parsed any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if d.Decode(&parsed) != nil {
		return v, false
	}
	switch x := parsed.(type) {
	case string:
		return Value{Text: x}, true
	case json.Number:
		return Value{Text: x.String()}, true
	case []any:
		v.List = []string{}
		for _, one := range x {
			text, ok := one.(string)
			if !ok {
				return v, false
			}
			v.List = append(v.List, text)
		}
		return v, true
	}
	return v, false
}

// checkText says what is wrong with a text, or nothing.
func checkText(s string) string {
	switch {
	case len(s) > maxText:
		return "is longer than " + strconv.Itoa(maxText) + " bytes"
	case strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' }):
		return "holds a control character"
	}
	return ""
}

// readDate takes a day, and a moment for its day.
func readDate(text string) (string, bool) {
	text = strings.TrimSpace(text)
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t.Format(time.DateOnly), true
	}
	t, err := time.Parse(time.DateOnly, text)
	return t.Format(time.DateOnly), err == nil
}
