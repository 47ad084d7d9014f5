package cloudinary

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"

	"tintype/internal/media"
	"tintype/internal/schema"
)

// fieldItem is a field of structured metadata as it is answered.
type fieldItem struct {
	ExternalID      string          `json:"external_id"`
	Type            schema.Type     `json:"type"`
	Label           string          `json:"label"`
	Mandatory       bool            `json:"mandatory"`
	DefaultValue    json.RawMessage `json:"default_value"`
	DefaultDisabled bool            `json:"default_disabled"`
	Validation      *checkItem      `json:"validation"`
	Restrictions    json.RawMessage `json:"restrictions"`
	Dynamic         bool            `json:"allow_dynamic_list_values"`
	Datasource      *datasource     `json:"datasource,omitempty"`
}

// datasource is the list of values of a field.
type datasource struct {
	Values []choiceItem `json:"values"`
}

type choiceItem struct {
	ExternalID string `json:"external_id"`
	Value      string `json:"value"`
	// State and Position are answered with the field only.
	State    string `json:"state,omitempty"`
	Position *int   `json:"position,omitempty"`
}

const (
	stateActive   = "active"
	stateInactive = "inactive"
)

// checkItem is a validation on the wire.
type checkItem struct {
	Type   string          `json:"type"`
	Value  json.RawMessage `json:"value,omitempty"`
	Equals *bool           `json:"equals,omitempty"`
	Min    *int            `json:"min,omitempty"`
	Max    *int            `json:"max,omitempty"`
	Rules  []checkItem     `json:"rules,omitempty"`
}

// checkKinds are the vendor's words for what a validation compares.
var checkKinds = map[string]schema.CheckKind{
	"greater_than": schema.Above, "less_than": schema.Below, "strlen": schema.Length, "strregex": schema.Pattern, "and": schema.All,
}

func fieldOf(f *schema.Field) fieldItem {
	item := fieldItem{
		ExternalID: f.ID, Type: f.Type, Label: f.Label, Mandatory: f.Mandatory, DefaultValue: f.Default, DefaultDisabled: f.DefaultOff,
		Restrictions: f.Restrictions, Dynamic: f.Open,
	}
	if f.Check != nil {
		item.Validation = checkOf(*f.Check)
	}
	if f.Type.Listed() {
		item.Datasource = &datasource{Values: []choiceItem{}}
		for i, c := range f.Choices {
			state := stateActive
			if c.Off {
				state = stateInactive
			}
			item.Datasource.Values = append(item.Datasource.Values, choiceItem{c.ID, c.Value, state, &i})
		}
	}
	return item
}

// offeredOf is what calls about the values of a field answer.
func offeredOf(choices []schema.Choice) datasource {
	out := datasource{Values: []choiceItem{}}
	for _, c := range choices {
		out.Values = append(out.Values, choiceItem{ExternalID: c.ID, Value: c.Value})
	}
	return out
}

func checkOf(c schema.Check) *checkItem {
	item := &checkItem{Value: c.Value, Min: c.Min, Max: c.Max}
	for word, kind := range checkKinds {
		if kind == c.Kind {
			item.Type = word
		}
	}
	switch c.Kind {
	case schema.Above, schema.Below:
		item.Equals = &c.Equal
	case schema.Pattern:
		item.Value, _ = json.Marshal(c.Pattern) // strings always can be
	}
	for _, one := range c.All {
		item.Rules = append(item.Rules, *checkOf(one))
	}
	return item
}

// check reads a validation.
func (item checkItem) check(depth int) (*schema.Check, error) {
	kind, ok := checkKinds[item.Type]
	if !ok || depth > 5 {
		return nil, media.Errorf(media.Invalid, "validation type %s is not known", quoted(item.Type))
	}
	c := &schema.Check{Kind: kind, Value: item.Value, Equal: item.Equals != nil && *item.Equals, Min: item.Min, Max: item.Max}
	if kind == schema.Pattern {
		c.Value = nil
		if json.Unmarshal(item.Value, &c.Pattern) != nil {
			return nil, media.Errorf(media.Invalid, "validation value must be a regular expression")
		}
	}
	for _, rule := range item.Rules {
		one, err := rule.check(depth + 1)
		if err != nil {
			return nil, err
		}
		c.All = append(c.All, *one)
	}
	return c, nil
}

// strict reads JSON that has no members but those of T.
func strict[T any](what, text string) (v T, err error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		var known *media.Error
		if errors.As(err, &known) {
			return v, known
		}
		return v, &media.Error{Code: media.Invalid, Message: what + " is invalid: " + quoted(text), Err: err}
	}
	return v, nil
}

// readField puts what a call gives into a field. The type and the id are the
// caller's.
func (c *call) readField(f *schema.Field) (err error) {
	form := c.form
	if form.Has("label") {
		f.Label = form.Get("label")
	}
	for name, to := range map[string]*bool{"mandatory": &f.Mandatory, "default_disabled": &f.DefaultOff, "allow_dynamic_list_values": &f.Open} {
		if *to, err = form.Bool(name, *to); err != nil {
			return err
		}
	}
	if form.Has("default_value") {
		if f.Default, err = json.Marshal(c.defaultValue()); err != nil {
			return err
		}
	}
	if text := form.Get("validation"); text != "" {
		item, err := strict[checkItem]("validation", text)
		if err != nil {
			return err
		}
		if f.Check, err = item.check(0); err != nil {
			return err
		}
	} else if form.Has("validation") {
		f.Check = nil
	}
	if form.Has("restrictions") {
		f.Restrictions = nil
		if text := form.Get("restrictions"); text != "" {
			f.Restrictions = json.RawMessage(text)
		}
		if err := schema.CheckRestrictions(f.Restrictions); err != nil {
			return err
		}
	}
	return c.readDatasource(f)
}

// defaultValue is a text or, where a list came, the texts in it.
func (c *call) defaultValue() any {
	for _, one := range c.form.Fields {
		if one.Name == "default_value" && one.Indexed {
			return orEmpty(c.form.List("default_value"))
		}
	}
	return c.form.Get("default_value")
}

// readDatasource adds to a field the values that a call gives. Some client
// libraries give an empty list with fields that can have none.
func (c *call) readDatasource(f *schema.Field) error {
	text := c.form.Get("datasource")
	if text == "" {
		return nil
	}
	// Members that do not matter may come along, as in an answer.
	var given struct {
		Values []json.RawMessage `json:"values"`
	}
	if json.Unmarshal([]byte(text), &given) != nil {
		return media.Errorf(media.Invalid, "datasource is invalid: %s", quoted(text))
	}
	if given.Values == nil {
		return nil
	}
	values := make([]string, len(given.Values))
	for i, raw := range given.Values {
		values[i] = string(raw)
	}
	return upsertChoices(f, values)
}

// upsertChoices adds values in JSON to a field, or changes those that it has,
// and puts them where they say that they belong.
func upsertChoices(f *schema.Field, values []string) error {
	if f.Choices == nil {
		f.Choices = []schema.Choice{}
	}
	var choices []schema.Choice
	places := map[string]int{}
	for _, text := range values {
		var item choiceItem
		d := json.NewDecoder(bytes.NewReader([]byte(text)))
		if d.Decode(&item) != nil {
			return media.Errorf(media.Invalid, "datasource has the value %s, which is no object with external_id and value", quoted(text))
		}
		choice := schema.Choice{ID: item.ExternalID, Value: item.Value}
		if choice.ID == "" {
			choice.ID = randomID()
		}
		old := choiceOf(f, choice.ID)
		if choice.Value == "" {
			choice.Value = old.Value
		}
		switch item.State {
		case "":
			choice.Off = old.Off
		case stateActive, stateInactive:
			choice.Off = item.State == stateInactive
		default:
			return media.Errorf(media.Invalid, "datasource has the state %s, which is neither active nor inactive", quoted(item.State))
		}
		choices = append(choices, choice)
		if item.Position != nil {
			places[choice.ID] = *item.Position
		}
	}
	f.Upsert(choices)
	for _, choice := range choices {
		if at, ok := places[choice.ID]; ok {
			f.Place(choice.ID, at)
		}
	}
	return nil
}

// choiceOf finds a choice, offered or not; zero where there is none.
func choiceOf(f *schema.Field, id string) schema.Choice {
	for _, c := range f.Choices {
		if c.ID == id {
			return c
		}
	}
	return schema.Choice{}
}
