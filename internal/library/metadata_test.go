package library_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"

	"tintype/internal/account"
	"tintype/internal/catalog"
	"tintype/internal/catalog/catalogtest"
	"tintype/internal/library"
	. "tintype/internal/library/librarytest"
	"tintype/internal/media"
	"tintype/internal/schema"
)

// fields gives the account of a world fields.
func fields(w *World, list ...*schema.Field) {
	w.Update(func(tx *catalog.Tx) error {
		for i, f := range list {
			f.Position = i
			s, err := account.FieldSetting(Account, f)
			if err != nil {
				return err
			}
			if err := tx.PutSetting(s); err != nil {
				return err
			}
		}
		return nil
	})
}

func given(pairs map[string]string) schema.Change {
	c := schema.Change{Given: map[string]schema.Value{}}
	for id, text := range pairs {
		c.Given[id] = schema.Value{Text: text}
	}
	return c
}

func valuesOf(a *media.Asset) string {
	b, _ := json.Marshal(a.Metadata)
	return string(b)
}

func (m metadataWorld) upload(name string, c schema.Change) (*media.Asset, error) {
	up, err := m.Library.Upload(context.Background(), library.Upload{
		Account: Account, Kind: media.KindImage, Name: name, Overwrite: true, Staged: m.Stage(Picture("png", 4, 4, name)), Metadata: c,
	})
	if err != nil {
		return nil, err
	}
	return up.Asset, nil
}

type metadataWorld struct{ *World }

func TestMetadata(t *testing.T) {
	t.Parallel()
	m := metadataWorld{New(t)}
	fields(m.World,
		&schema.Field{ID: "n", Type: schema.Integer, Label: "N"},
		&schema.Field{ID: "owner", Type: schema.String, Label: "Owner", Mandatory: true, Default: json.RawMessage(`"us"`)},
	)
	a, err := m.upload("x", given(map[string]string{"n": "5"}))
	if err != nil || valuesOf(a) != `{"n":5,"owner":"us"}` {
		t.Fatalf("%v, %v", a, err)
	}
	before := len(m.Originals())
	if _, err := m.upload("y", given(map[string]string{"n": "x"})); media.CodeOf(err) != media.Invalid {
		t.Errorf("a wrong value: %v", err)
	}
	if _, err := m.Library.Find(t.Context(), Account, ref("y")); media.CodeOf(err) != media.NotFound {
		t.Errorf("a refused upload: %v", err)
	}
	if left := m.Leftovers(); len(left) > 0 || len(m.Originals()) > before+1 { // the bytes go a little later
		t.Errorf("left %v, %d originals", left, len(m.Originals()))
	}
	change := given(map[string]string{"n": ""})
	a, err = m.Library.Update(t.Context(), Account, ref("x"), library.Change{Metadata: &change})
	if err != nil || valuesOf(a) != `{"owner":"us"}` {
		t.Errorf("%s, %v", valuesOf(a), err)
	}
	// The same once more is no change of the values.
	if _, err := m.Library.Update(t.Context(), Account, ref("x"), library.Change{Metadata: &change}); err != nil {
		t.Error(err)
	}
	if got := m.Events(); !slices.Equal(got, []media.EventType{media.EventUploaded, media.EventUpdated, media.EventMetadataChanged, media.EventUpdated}) {
		t.Errorf("events: %v", got)
	}
}

func TestSetMetadata(t *testing.T) {
	t.Parallel()
	m := metadataWorld{New(t)}
	fields(m.World, &schema.Field{ID: "n", Type: schema.Integer, Label: "N"}, &schema.Field{ID: "must", Type: schema.String, Label: "Must"})
	for _, name := range []string{"a", "b"} {
		if _, err := m.upload(name, given(map[string]string{"must": name})); err != nil {
			t.Fatal(err)
		}
	}
	refs := []media.Ref{ref("b"), ref("none"), ref("a"), ref("b")}
	told := heard(t, m.World)
	assets, err := m.Library.SetMetadata(t.Context(), Account, refs, given(map[string]string{"n": "1"}))
	if err != nil || len(assets) != 2 || assets[0].Name != "b" || assets[1].Name != "a" {
		t.Fatalf("%v, %v", assets, err)
	}
	if ids := told(); len(ids) != 2 {
		t.Errorf("announced: %v", ids)
	}
	// What only one of them may not do none does.
	fields(m.World, &schema.Field{ID: "n", Type: schema.Integer, Label: "N"}, &schema.Field{ID: "must", Type: schema.String, Label: "Must", Mandatory: true})
	m.Update(func(tx *catalog.Tx) error {
		a, err := tx.Asset(Account, ref("b"))
		if err != nil {
			return err
		}
		delete(a.Metadata, "must")
		return tx.PutAsset(a)
	})
	if _, err := m.Library.SetMetadata(t.Context(), Account, refs, given(map[string]string{"n": "2", "must": ""})); media.CodeOf(err) != media.Invalid {
		t.Errorf("a mandatory value taken away: %v", err)
	}
	for name, want := range map[string]string{"a": `{"must":"a","n":1}`, "b": `{"n":1}`} {
		if a, err := m.Library.Find(t.Context(), Account, ref(name)); err != nil || valuesOf(a) != want {
			t.Errorf("%s: %s, %v", name, valuesOf(a), err)
		}
	}
}

// TestOpenField has many uploads add choices to one field at once, on every
// kind of database: none of them is lost, and each node hears of it.
func TestOpenField(t *testing.T) {
	t.Parallel()
	catalogtest.Each(t, func(t *testing.T, database string) {
		m := metadataWorld{NewOn(t, database)}
		fields(m.World, &schema.Field{ID: "tone", Type: schema.Set, Label: "Tone", Open: true, Choices: []schema.Choice{{ID: "old", Value: "Old"}}})
		heard := make(chan struct{}, 100)
		defer m.Cluster.Subscribe(account.Topic, func([]byte) { heard <- struct{}{} })()
		var all sync.WaitGroup
		for i := range 6 {
			all.Go(func() {
				c := schema.Change{Given: map[string]schema.Value{"tone": {List: []string{"old", fmt.Sprintf("new%d", i)}}}}
				if a, err := m.upload(fmt.Sprint(i), c); err != nil || valuesOf(a) != fmt.Sprintf(`{"tone":["old","new%d"]}`, i) {
					t.Errorf("%v, %v", a, err)
				}
			})
		}
		all.Wait()
		<-heard
		var s *schema.Schema
		err := m.Catalog.View(t.Context(), func(tx *catalog.Tx) error {
			settings, err := tx.SettingsOf(Account, account.KindField)
			s = account.SchemaOf(settings)
			return err
		})
		if f, ok := s.Field("tone"); err != nil || !ok || len(f.Choices) != 7 {
			t.Errorf("%+v, %v", f, err)
		}
	})
}

// The values of a deleted field go from all assets, and nothing else does.
func TestForgetField(t *testing.T) {
	t.Parallel()
	m := metadataWorld{New(t)}
	n := &schema.Field{ID: "n", Type: schema.Integer, Label: "N"}
	fields(m.World, n, &schema.Field{ID: "sku", Type: schema.String, Label: "SKU"})
	for i := range 3 {
		if _, err := m.upload(fmt.Sprint(i), given(map[string]string{"n": fmt.Sprint(i), "sku": "s"})); err != nil {
			t.Fatal(err)
		}
	}
	job := library.ForgettingField(Account, "n")
	args, err := json.Marshal(job.Args)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Library.ForgetField(t.Context(), args); err == nil {
		t.Error("the values of a field that is there were taken away")
	}
	fields(m.World, &schema.Field{ID: "n", Deleted: true})
	for range 2 {
		if err := m.Library.ForgetField(t.Context(), args); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 3 {
		if a, err := m.Library.Find(t.Context(), Account, ref(fmt.Sprint(i))); err != nil || valuesOf(a) != `{"sku":"s"}` {
			t.Errorf("%s, %v", valuesOf(a), err)
		}
	}
}
