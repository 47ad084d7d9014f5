package cloudinary

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"tintype/internal/account"
	"tintype/internal/media"
	"tintype/internal/schema"
)

// ruleItem is a rule between fields of structured metadata, as it is answered.
type ruleItem struct {
	ExternalID string        `json:"external_id"`
	FieldID    string        `json:"metadata_field_id"`
	Name       string        `json:"name"`
	Condition  conditionItem `json:"condition"`
	Result     resultItem    `json:"result"`
	State      string        `json:"state"`
	Position   int           `json:"position"`
}

type conditionItem struct {
	FieldID   string          `json:"metadata_field_id,omitempty"`
	Populated *bool           `json:"populated,omitempty"`
	Equals    *valueItem      `json:"equals,omitempty"`
	Includes  *valueItem      `json:"includes,omitempty"`
	And       []conditionItem `json:"and,omitempty"`
	Or        []conditionItem `json:"or,omitempty"`
}

type resultItem struct {
	Enable    bool          `json:"enable"`
	Activate  *activateItem `json:"activate_values,omitempty"`
	Apply     *applyItem    `json:"apply_value,omitempty"`
	Mandatory bool          `json:"set_mandatory"`
}

type applyItem struct {
	Value valueItem `json:"value"`
	Mode  string    `json:"mode,omitempty"`
}

// valueItem is a value in JSON: a text, a number or a list of texts.
type valueItem schema.Value

// MarshalJSON implements json.Marshaler.
func (v valueItem) MarshalJSON() ([]byte, error) {
	if v.Text != "" {
		return json.Marshal(v.Text)
	}
	return json.Marshal(orEmpty(v.List))
}

// UnmarshalJSON implements json.Unmarshaler.
func (v *valueItem) UnmarshalJSON(raw []byte) error {
	stored, ok := schema.Stored(raw)
	if !ok {
		return media.Errorf(media.Invalid, "The value %s is neither a text nor a number nor a list of texts", quoted(string(raw)))
	}
	*v = valueItem(stored)
	return nil
}

// activateItem is "all", or an object.
type activateItem schema.Activate

// activateObject is the object.
type activateObject struct {
	ExternalIDs []string `json:"external_ids"`
	Mode        string   `json:"mode,omitempty"`
	// Exclusive is the older way to say override.
	Exclusive *bool `json:"exclusive,omitempty"`
}

const (
	modeAppend   = "append"
	modeOverride = "override"
	modeDefault  = "default"
)

// MarshalJSON implements json.Marshaler.
func (a activateItem) MarshalJSON() ([]byte, error) {
	if a.All {
		return []byte(`"all"`), nil
	}
	mode := modeOverride
	if a.Append {
		mode = modeAppend
	}
	return json.Marshal(activateObject{ExternalIDs: a.Choices, Mode: mode})
}

// UnmarshalJSON implements json.Unmarshaler.
func (a *activateItem) UnmarshalJSON(raw []byte) error {
	if string(raw) == `"all"` {
		*a = activateItem{All: true}
		return nil
	}
	o, err := strict[activateObject]("activate_values", string(raw))
	if err != nil {
		return err
	}
	*a = activateItem{Choices: o.ExternalIDs, Append: o.Exclusive == nil || !*o.Exclusive}
	switch o.Mode {
	case "":
	case modeAppend, modeOverride:
		a.Append = o.Mode == modeAppend
	default:
		return media.Errorf(media.Invalid, "The mode of activate_values is %s, which is neither append nor override", quoted(o.Mode))
	}
	return nil
}

func ruleOf(r *schema.Rule) ruleItem {
	item := ruleItem{ExternalID: r.ID, FieldID: r.Field, Name: r.Name, Condition: conditionOf(r.When), State: stateActive, Position: r.Position}
	if r.Off {
		item.State = stateInactive
	}
	item.Result = resultItem{Enable: r.Then.Enable, Mandatory: r.Then.Mandatory, Activate: (*activateItem)(r.Then.Activate)}
	if a := r.Then.Apply; a != nil {
		item.Result.Apply = &applyItem{valueItem(a.Value), modeDefault}
		if a.Append {
			item.Result.Apply.Mode = modeAppend
		}
	}
	return item
}

func conditionOf(c schema.Condition) conditionItem {
	item := conditionItem{FieldID: c.Field, Populated: c.Populated, Equals: (*valueItem)(c.Equals)}
	if len(c.Includes) > 0 {
		item.Includes = &valueItem{List: c.Includes}
	}
	for _, one := range c.And {
		item.And = append(item.And, conditionOf(one))
	}
	for _, one := range c.Or {
		item.Or = append(item.Or, conditionOf(one))
	}
	return item
}

func (item conditionItem) condition() schema.Condition {
	c := schema.Condition{Field: item.FieldID, Populated: item.Populated, Equals: (*schema.Value)(item.Equals)}
	if in := item.Includes; in != nil {
		c.Includes = in.List
		if in.Text != "" {
			c.Includes = []string{in.Text}
		}
	}
	for _, one := range item.And {
		c.And = append(c.And, one.condition())
	}
	for _, one := range item.Or {
		c.Or = append(c.Or, one.condition())
	}
	return c
}

// readRule puts what a call gives into a rule.
func (c *call) readRule(r *schema.Rule) error {
	for name, to := range map[string]*string{"metadata_field_id": &r.Field, "name": &r.Name} {
		if c.form.Has(name) {
			*to = c.form.Get(name)
		}
	}
	if text := c.form.Get("condition"); text != "" {
		item, err := strict[conditionItem]("condition", text)
		if err != nil {
			return err
		}
		r.When = item.condition()
	}
	if text := c.form.Get("result"); text != "" {
		item, err := strict[resultItem]("result", text)
		if err != nil {
			return err
		}
		r.Then = schema.Result{Enable: item.Enable, Mandatory: item.Mandatory, Activate: (*schema.Activate)(item.Activate)}
		if a := item.Apply; a != nil {
			if a.Mode != "" && a.Mode != modeDefault && a.Mode != modeAppend {
				return media.Errorf(media.Invalid, "The mode of apply_value is %s, which is neither default nor append", quoted(a.Mode))
			}
			r.Then.Apply = &schema.Apply{Value: schema.Value(a.Value), Append: a.Mode == modeAppend}
		}
	}
	switch state := c.form.Get("state"); state {
	case "":
	case stateActive, stateInactive:
		r.Off = state == stateInactive
	default:
		return media.Errorf(media.Invalid, "state must be active or inactive, not %s", quoted(state))
	}
	at, err := c.form.Int("position", int64(r.Position), 0, 1<<31-1)
	r.Position = int(at)
	return err
}

// rules lists the rules by the fields that depend on others.
func (d *Dialect) rules(c *call) (any, error) {
	list := slices.Clone(c.acc.Schema().Rules())
	slices.SortStableFunc(list, func(a, b *schema.Rule) int {
		return cmp.Or(strings.Compare(a.Field, b.Field), cmp.Compare(a.Position, b.Position))
	})
	out := struct {
		Rules []ruleItem `json:"metadata_rules"`
	}{[]ruleItem{}}
	for _, r := range list {
		out.Rules = append(out.Rules, ruleOf(r))
	}
	return out, nil
}

// createRule adds a rule; without an external_id one is made.
func (d *Dialect) createRule(c *call) (any, error) {
	for _, name := range []string{"metadata_field_id", "name", "condition", "result"} {
		if _, err := c.needed(name); err != nil {
			return nil, err
		}
	}
	r := &schema.Rule{ID: c.form.Get("external_id"), Position: -1}
	if r.ID == "" {
		r.ID = randomID()
	}
	if !schema.ValidID(r.ID) {
		return nil, media.Errorf(media.Invalid, "external_id %s may only have letters, digits, - and _", quoted(r.ID))
	}
	if err := c.readRule(r); err != nil {
		return nil, err
	}
	err := d.cfg.Accounts.EditSchema(c.ctx, c.acc.ID, func(s *schema.Schema) (account.SchemaEdit, error) {
		last := -1
		for _, other := range s.Rules() {
			if other.ID == r.ID {
				return account.SchemaEdit{}, media.Errorf(media.Invalid, "external id %s already exists", quoted(r.ID))
			}
			last = max(last, other.Position)
		}
		if !c.form.Has("position") {
			r.Position = last + 1
		}
		return account.SchemaEdit{Rules: []*schema.Rule{r}}, s.CheckRule(r)
	})
	if err != nil {
		return nil, err
	}
	return ruleOf(r), nil
}

func (c *call) rule(s *schema.Schema) (*schema.Rule, error) {
	for _, r := range s.Rules() {
		if r.ID == c.id {
			return r, nil
		}
	}
	return nil, media.Errorf(media.NotFound, "Can't find metadata rule with external_id %s", quoted(c.id))
}

// updateRule changes what the call gives.
func (d *Dialect) updateRule(c *call) (any, error) {
	var out schema.Rule
	err := d.cfg.Accounts.EditSchema(c.ctx, c.acc.ID, func(s *schema.Schema) (account.SchemaEdit, error) {
		r, err := c.rule(s)
		if err != nil {
			return account.SchemaEdit{}, err
		}
		out = *r
		if err := c.readRule(&out); err != nil {
			return account.SchemaEdit{}, err
		}
		return account.SchemaEdit{Rules: []*schema.Rule{&out}}, s.CheckRule(&out)
	})
	if err != nil {
		return nil, err
	}
	return ruleOf(&out), nil
}

// deleteRule removes a rule. What it gave to assets they keep.
func (d *Dialect) deleteRule(c *call) (any, error) {
	err := d.cfg.Accounts.EditSchema(c.ctx, c.acc.ID, func(s *schema.Schema) (account.SchemaEdit, error) {
		r, err := c.rule(s)
		if err != nil {
			return account.SchemaEdit{}, err
		}
		return account.SchemaEdit{Removed: []string{r.ID}}, nil
	})
	if err != nil {
		return nil, err
	}
	// Client libraries disagree on which of the two says that it worked.
	return map[string]any{"message": "ok", "success": true}, nil
}
