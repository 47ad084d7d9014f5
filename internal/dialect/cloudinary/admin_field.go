package cloudinary

import (
	"crypto/rand"
	"encoding/json"
	"slices"
	"strings"

	"tintype/internal/account"
	"tintype/internal/catalog"
	"tintype/internal/dialect"
	"tintype/internal/library"
	"tintype/internal/media"
	"tintype/internal/schema"
)

// quoted is a piece of a call that an error repeats.
func quoted(text string) string { return dialect.Quotable(text) }

// randomID names what the call does not.
func randomID() string { return strings.ToLower(rand.Text()[:20]) }

// fieldList answers with several fields.
type fieldList struct {
	Fields []fieldItem `json:"metadata_fields"`
}

func fieldsAnswer(fields []*schema.Field) fieldList {
	out := fieldList{Fields: []fieldItem{}}
	for _, f := range fields {
		out.Fields = append(out.Fields, fieldOf(f))
	}
	return out
}

// fields lists the fields of structured metadata, all or those of external_ids.
func (d *Dialect) fields(c *call) (any, error) {
	fields := c.acc.Schema().Fields()
	if c.form.Has("external_ids") {
		ids := c.form.List("external_ids")
		fields = slices.DeleteFunc(fields, func(f *schema.Field) bool { return !slices.Contains(ids, f.ID) })
	}
	return fieldsAnswer(fields), nil
}

// field describes one field.
func (d *Dialect) field(c *call) (any, error) {
	f, ok := c.acc.Schema().Field(c.id)
	if !ok {
		return nil, noField(c.id)
	}
	return fieldOf(f), nil
}

func noField(id string) error {
	return media.Errorf(media.NotFound, "Can't find metadata field with external_id %s", quoted(id))
}

// createField adds a field; without an external_id one is made.
func (d *Dialect) createField(c *call) (any, error) {
	kind, err := c.needed("type")
	if err != nil {
		return nil, err
	}
	if _, err := c.needed("label"); err != nil {
		return nil, err
	}
	made := &schema.Field{ID: c.form.Get("external_id"), Type: schema.Type(kind)}
	if made.ID == "" {
		made.ID = randomID()
	}
	if made.ID == "order" {
		return nil, media.Errorf(media.Invalid, "external_id order has another meaning in the API")
	}
	if err := c.readField(made); err != nil {
		return nil, err
	}
	err = d.cfg.Accounts.EditSchema(c.ctx, c.acc.ID, func(s *schema.Schema) (account.SchemaEdit, error) {
		if s.Taken(made.ID) {
			return account.SchemaEdit{}, media.Errorf(media.Invalid, "external id %s already exists", quoted(made.ID))
		}
		made.Position = s.Next()
		return account.SchemaEdit{Fields: []*schema.Field{made}}, s.Check(made)
	})
	if err != nil {
		return nil, err
	}
	return fieldOf(made), nil
}

// editField changes the field that the path names, and returns it as it is then.
func (d *Dialect) editField(c *call, edit func(s *schema.Schema, f *schema.Field) error) (*schema.Field, error) {
	var out *schema.Field
	err := d.cfg.Accounts.EditSchema(c.ctx, c.acc.ID, func(s *schema.Schema) (account.SchemaEdit, error) {
		f, ok := s.Field(c.id)
		if !ok {
			return account.SchemaEdit{}, noField(c.id)
		}
		out = f.Clone()
		if err := edit(s, out); err != nil {
			return account.SchemaEdit{}, err
		}
		return account.SchemaEdit{Fields: []*schema.Field{out}}, s.Check(out)
	})
	return out, err
}

// updateField changes what the call gives, except type and external_id, which
// stay as they are.
func (d *Dialect) updateField(c *call) (any, error) {
	f, err := d.editField(c, func(_ *schema.Schema, f *schema.Field) error { return c.readField(f) })
	if err != nil {
		return nil, err
	}
	return fieldOf(f), nil
}

// deleteField removes a field, and in the background its values. Its id stays
// taken.
func (d *Dialect) deleteField(c *call) (any, error) {
	err := d.cfg.Accounts.EditSchema(c.ctx, c.acc.ID, func(s *schema.Schema) (account.SchemaEdit, error) {
		f, ok := s.Field(c.id)
		if !ok {
			return account.SchemaEdit{}, noField(c.id)
		}
		if r := s.Uses(f.ID); r != nil {
			return account.SchemaEdit{}, media.Errorf(media.Invalid, "Metadata field %s is used by the metadata rule %s, delete that first", f.ID, r.ID)
		}
		return account.SchemaEdit{
			Fields: []*schema.Field{{ID: f.ID, Type: f.Type, Position: f.Position, Deleted: true}},
			Jobs:   []catalog.Job{library.ForgettingField(c.acc.ID, f.ID)},
		}, nil
	})
	if err != nil {
		return nil, err
	}
	return message{Message: "ok"}, nil
}

// direction reads the direction of an order.
func (c *call) descending() (bool, error) {
	switch strings.ToLower(c.form.Get("direction")) {
	case "", "asc":
		return false, nil
	case "desc":
		return true, nil
	}
	return false, media.Errorf(media.Invalid, "Invalid direction %s", quoted(c.form.Get("direction")))
}

// orderFields brings all fields into an order.
func (d *Dialect) orderFields(c *call) (any, error) {
	down, err := c.descending()
	if err != nil {
		return nil, err
	}
	by, ok := schema.Orders[c.form.Get("order_by")]
	if !ok {
		return nil, media.Errorf(media.Invalid, "order_by must be label, external_id or created_at, not %s", quoted(c.form.Get("order_by")))
	}
	return d.arrange(c, func(fields []*schema.Field) ([]*schema.Field, error) {
		schema.Sort(fields, by, down)
		return fields, nil
	})
}

// moveField puts one field at a position among the others.
func (d *Dialect) moveField(c *call) (any, error) {
	if _, err := c.needed("position"); err != nil {
		return nil, err
	}
	to, err := c.form.Int("position", 0, 0, 1<<31)
	if err != nil {
		return nil, err
	}
	return d.arrange(c, func(fields []*schema.Field) ([]*schema.Field, error) {
		if !slices.ContainsFunc(fields, func(f *schema.Field) bool { return f.ID == c.id }) {
			return nil, noField(c.id)
		}
		return schema.Move(fields, c.id, int(to)), nil
	})
}

// arrange stores all fields in the order that do brings them into.
func (d *Dialect) arrange(c *call, do func([]*schema.Field) ([]*schema.Field, error)) (any, error) {
	var out []*schema.Field
	err := d.cfg.Accounts.EditSchema(c.ctx, c.acc.ID, func(s *schema.Schema) (account.SchemaEdit, error) {
		copies := s.Fields()
		for i, f := range copies {
			copies[i] = f.Clone()
		}
		var err error
		out, err = do(copies)
		return account.SchemaEdit{Fields: out}, err
	})
	if err != nil {
		return nil, err
	}
	return fieldsAnswer(out), nil
}

// editChoices is editField for the values of a list, which it answers.
func (d *Dialect) editChoices(c *call, edit func(f *schema.Field) error) (any, error) {
	f, err := d.editField(c, func(_ *schema.Schema, f *schema.Field) error {
		if !f.Type.Listed() {
			return media.Errorf(media.Invalid, "Metadata field %s has no datasource", f.ID)
		}
		return edit(f)
	})
	if err != nil {
		return nil, err
	}
	return offeredOf(f.Offered()), nil
}

// updateChoices changes the values whose ids the call gives, and appends the others.
func (d *Dialect) updateChoices(c *call) (any, error) {
	if !c.form.Has("values") {
		return nil, media.Errorf(media.Invalid, "Missing required parameter - values")
	}
	return d.editChoices(c, func(f *schema.Field) error { return upsertChoices(f, c.form.List("values")) })
}

// deleteChoices ends the offer of some values, and restoreChoices renews it.
func (d *Dialect) deleteChoices(c *call) (any, error) {
	return d.editChoices(c, func(f *schema.Field) error { return f.Offer(c.form.List("external_ids"), false) })
}

func (d *Dialect) restoreChoices(c *call) (any, error) {
	return d.editChoices(c, func(f *schema.Field) error { return f.Offer(c.form.List("external_ids"), true) })
}

// orderChoices sorts the values of a field.
func (d *Dialect) orderChoices(c *call) (any, error) {
	down, err := c.descending()
	if err != nil {
		return nil, err
	}
	if by := c.form.Get("order_by"); by != "value" {
		return nil, media.Errorf(media.Invalid, "order_by must be value, not %s", quoted(by))
	}
	return d.editChoices(c, func(f *schema.Field) error {
		f.SortChoices(down)
		return nil
	})
}

// findChoices finds those values of a field that have a term in them and may
// be chosen beside the values in payload.
func (d *Dialect) findChoices(c *call) (any, error) {
	s := c.acc.Schema()
	f, ok := s.Field(c.id)
	if !ok {
		return nil, noField(c.id)
	}
	if !f.Type.Listed() {
		return nil, media.Errorf(media.Invalid, "Metadata field %s has no datasource", f.ID)
	}
	limit, err := c.form.Int("max_results", 255, 1, 1<<31)
	if err != nil {
		return nil, err
	}
	exact, err := c.form.Bool("exact_match", false)
	if err != nil {
		return nil, err
	}
	choices := f.Offered()
	if text := c.form.Get("payload"); text != "" {
		beside, err := strict[map[string]json.RawMessage]("payload", text)
		if err != nil {
			return nil, err
		}
		choices = s.Choices(f, beside)
	}
	term := strings.ToLower(c.form.Get("term"))
	choices = slices.DeleteFunc(choices, func(one schema.Choice) bool {
		value := strings.ToLower(one.Value)
		return exact && value != term || !strings.Contains(value, term)
	})
	return offeredOf(choices[:min(len(choices), int(limit))]), nil
}
