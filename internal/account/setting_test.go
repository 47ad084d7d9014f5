package account_test

import (
	"encoding/json"
	"errors"
	"testing"

	"tintype/internal/account"
	"tintype/internal/media"
)

func TestSettings(t *testing.T) {
	t.Parallel()
	d := openDemo(t)
	named := func(name, text string) media.Setting {
		body, _ := json.Marshal(account.NamedTransformation{Text: text})
		return media.Setting{Account: "demo", Kind: account.KindTransformation, Name: name, Body: body}
	}
	for _, s := range []media.Setting{named("small", "resize(fill,10x)"), named("broken", "no such step"), {Account: "demo", Kind: account.KindPreset, Name: "p", Body: json.RawMessage(`{}`)}} {
		if err := d.AddSetting(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.AddSetting(t.Context(), named("small", "")); media.CodeOf(err) != media.Conflict {
		t.Errorf("added twice: %v", err)
	}
	a, _ := d.ByName("demo")
	if got := a.Settings(account.KindTransformation); len(got) != 2 || got[0].Name != "broken" || got[1].Name != "small" {
		t.Errorf("settings %v", got)
	}
	if tr, ok := a.Named("small"); !ok || len(tr.Steps) != 1 {
		t.Errorf("named %v %v", tr, ok)
	}
	if _, ok := a.Named("broken"); ok {
		t.Error("what cannot be read is a transformation")
	}
	if _, ok := a.Setting(account.KindPreset, "small"); ok {
		t.Error("kinds are mixed up")
	}

	refused := errors.New("refused")
	err := d.EditSetting(t.Context(), "demo", account.KindPreset, "p", func(json.RawMessage) (json.RawMessage, error) { return nil, refused })
	if !errors.Is(err, refused) {
		t.Errorf("a refused edit: %v", err)
	}
	err = d.EditSetting(t.Context(), "demo", account.KindPreset, "p", func(json.RawMessage) (json.RawMessage, error) { return json.RawMessage(`{"a":1}`), nil })
	if err != nil {
		t.Fatal(err)
	}
	b, _ := d.ByName("demo")
	if s, _ := b.Setting(account.KindPreset, "p"); string(s.Body) != `{"a":1}` {
		t.Errorf("edited: %s", s.Body)
	}
	if s, _ := a.Setting(account.KindPreset, "p"); string(s.Body) != `{}` {
		t.Errorf("an account changed in place: %s", s.Body)
	}
	if err := d.DeleteSetting(t.Context(), "demo", account.KindPreset, "p"); err != nil {
		t.Fatal(err)
	}
	if err := d.DeleteSetting(t.Context(), "demo", account.KindPreset, "p"); media.CodeOf(err) != media.NotFound {
		t.Errorf("deleted twice: %v", err)
	}
	if err := d.EditSetting(t.Context(), "demo", account.KindPreset, "p", nil); media.CodeOf(err) != media.NotFound {
		t.Errorf("edited what is gone: %v", err)
	}
}
