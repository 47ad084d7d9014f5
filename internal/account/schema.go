package account

import (
	"context"
	"encoding/json"

	"tintype/internal/catalog"
	"tintype/internal/media"
	"tintype/internal/schema"
)

// SchemaOf reads the fields and rules of structured metadata among settings of
// one account. What cannot be read is as what is not there, but the id of such
// a field stays taken.
func SchemaOf(settings []media.Setting) *schema.Schema {
	var fields []*schema.Field
	var rules []*schema.Rule
	for _, s := range settings {
		switch s.Kind {
		case KindField:
			f := &schema.Field{}
			if json.Unmarshal(s.Body, f) != nil {
				f = &schema.Field{Deleted: true}
			}
			f.ID, f.CreatedAt = s.Name, s.CreatedAt
			fields = append(fields, f)
		case KindRule:
			r := &schema.Rule{}
			if json.Unmarshal(s.Body, r) == nil {
				r.ID = s.Name
				rules = append(rules, r)
			}
		}
	}
	return schema.New(fields, rules)
}

// Schema returns the account's structured metadata.
func (a *Account) Schema() *schema.Schema { return a.schema }

// FieldSetting is the setting that holds a field.
func FieldSetting(acc media.AccountID, f *schema.Field) (media.Setting, error) {
	body, err := json.Marshal(f)
	return media.Setting{Account: acc, Kind: KindField, Name: f.ID, Body: body}, err
}

// SchemaEdit is what an edit of a schema stores and removes.
type SchemaEdit struct {
	Fields  []*schema.Field // new, changed or deleted
	Rules   []*schema.Rule  // new or changed
	Removed []string        // ids of rules
	// Jobs are enqueued with the change.
	Jobs []catalog.Job
}

// EditSchema changes what an account says of its structured metadata by what
// edit makes of all of it; no other change comes between. edit may be called
// more than once, and does not change what it is given.
func (d *Directory) EditSchema(ctx context.Context, acc media.AccountID, edit func(*schema.Schema) (SchemaEdit, error)) error {
	return d.change(ctx, acc, func(tx *catalog.Tx) error {
		if err := tx.HoldSettings(); err != nil {
			return err
		}
		settings, err := tx.SettingsOf(acc, KindField, KindRule)
		if err != nil {
			return err
		}
		e, err := edit(SchemaOf(settings))
		if err != nil {
			return err
		}
		for _, id := range e.Removed {
			if err := tx.DeleteSetting(acc, KindRule, id); err != nil {
				return err
			}
		}
		for _, job := range e.Jobs {
			if err := tx.Enqueue(job); err != nil {
				return err
			}
		}
		return d.putSchema(tx, acc, e)
	})
}

func (d *Directory) putSchema(tx *catalog.Tx, acc media.AccountID, e SchemaEdit) error {
	var changed []media.Setting
	for _, f := range e.Fields {
		s, err := FieldSetting(acc, f)
		if err != nil {
			return err
		}
		changed = append(changed, s)
	}
	for _, r := range e.Rules {
		body, err := json.Marshal(r)
		if err != nil {
			return err
		}
		changed = append(changed, media.Setting{Account: acc, Kind: KindRule, Name: r.ID, Body: body})
	}
	for _, s := range changed {
		s.UpdatedAt = d.cfg.Now()
		if err := tx.PutSetting(s); err != nil {
			return err
		}
	}
	return nil
}
