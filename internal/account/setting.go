package account

import (
	"context"
	"encoding/json"
	"fmt"

	"tintype/internal/catalog"
	"tintype/internal/media"
	"tintype/internal/transform"
)

// The kinds of settings.
const (
	KindTransformation media.SettingKind = "transformation" // NamedTransformation
	KindPreset         media.SettingKind = "preset"         // parameters of an upload
	KindMapping        media.SettingKind = "mapping"        // folder to remote URL
	KindProfile        media.SettingKind = "profile"        // of adaptive streaming
	KindTrigger        media.SettingKind = "trigger"        // of notifications
	KindField          media.SettingKind = "field"          // of structured metadata: schema.Field
	KindRule           media.SettingKind = "rule"           // between such fields: schema.Rule
	KindOptions        media.SettingKind = "options"        // of the account itself
	KindAllowed        media.SettingKind = "allowed"        // transformation, as URLs write it, that Options.Strict lets pass
)

// NamedTransformation is the body of a setting of KindTransformation.
type NamedTransformation struct {
	// Text is canonical, as package transform writes it.
	Text string `json:"text"`
	// Source is the text as its author wrote it, in the dialect Dialect.
	Source  string `json:"source,omitempty"`
	Dialect string `json:"dialect,omitempty"`
	// Allowed: may be used where only allowed transformations are.
	Allowed bool `json:"allowed,omitempty"`
}

// indexSettings makes lookups quick. A named transformation that cannot be
// read is as one that is not there.
func (a *Account) indexSettings(settings []media.Setting) {
	a.settings = map[media.SettingKind][]media.Setting{}
	a.byName = map[settingKey]media.Setting{}
	a.named = map[string]transform.Transformation{}
	for _, s := range settings {
		a.settings[s.Kind] = append(a.settings[s.Kind], s)
		a.byName[settingKey{s.Kind, s.Name}] = s
		if s.Kind != KindTransformation {
			continue
		}
		var n NamedTransformation
		if json.Unmarshal(s.Body, &n) != nil {
			continue
		}
		if t, err := transform.Parse(n.Text); err == nil {
			a.named[s.Name] = t
		}
	}
}

type settingKey struct {
	kind media.SettingKind
	name string
}

// Setting finds a setting.
func (a *Account) Setting(kind media.SettingKind, name string) (media.Setting, bool) {
	s, ok := a.byName[settingKey{kind, name}]
	return s, ok
}

// Settings returns all settings of a kind by name. The slice is shared:
// nobody changes it.
func (a *Account) Settings(kind media.SettingKind) []media.Setting { return a.settings[kind] }

// Named finds a named transformation.
func (a *Account) Named(name string) (transform.Transformation, bool) {
	t, ok := a.named[name]
	return t, ok
}

// AddSetting stores a new setting and tells every node; Conflict when there
// is one of its kind and name. This node knows it when AddSetting returns.
func (d *Directory) AddSetting(ctx context.Context, s media.Setting) error {
	return d.change(ctx, s.Account, func(tx *catalog.Tx) error { return tx.AddSetting(s) })
}

// PutSetting is AddSetting, and replaces the body of a setting that is there.
func (d *Directory) PutSetting(ctx context.Context, s media.Setting) error {
	return d.change(ctx, s.Account, func(tx *catalog.Tx) error { return tx.PutSetting(s) })
}

// EditSetting replaces the body of a setting by what edit makes of it; no
// other change comes between. NotFound when there is none.
func (d *Directory) EditSetting(ctx context.Context, acc media.AccountID, kind media.SettingKind, name string, edit func(body json.RawMessage) (json.RawMessage, error)) error {
	return d.change(ctx, acc, func(tx *catalog.Tx) error {
		s, err := tx.Setting(acc, kind, name)
		if err != nil {
			return err
		}
		if s.Body, err = edit(s.Body); err != nil {
			return err
		}
		s.UpdatedAt = d.cfg.Now()
		return tx.PutSetting(s)
	})
}

// DeleteSetting removes a setting and tells every node; NotFound if there is none.
func (d *Directory) DeleteSetting(ctx context.Context, acc media.AccountID, kind media.SettingKind, name string) error {
	return d.change(ctx, acc, func(tx *catalog.Tx) error { return tx.DeleteSetting(acc, kind, name) })
}

// change commits a change of an account, knows it here and tells every node.
func (d *Directory) change(ctx context.Context, acc media.AccountID, fn func(*catalog.Tx) error) error {
	if err := d.cfg.Catalog.Update(ctx, fn); err != nil {
		return fmt.Errorf("change account %s: %w", acc, err)
	}
	ctx = context.WithoutCancel(ctx)
	if err := d.refresh(ctx); err != nil {
		return err
	}
	if err := d.cfg.Cluster.Publish(ctx, Topic, []byte(acc)); err != nil {
		d.cfg.Logger.Warn("other nodes learn of a changed account by polling only", "account", acc, "err", err)
	}
	return nil
}
