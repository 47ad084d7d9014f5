package library_test

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"testing"

	"tintype/internal/catalog"
	"tintype/internal/library"
	. "tintype/internal/library/librarytest"
	"tintype/internal/media"
	"tintype/internal/rendition"
)

// heard collects the assets that a world announces as changed.
func heard(t *testing.T, w *World) func() []media.AssetID {
	var mu sync.Mutex
	var ids []media.AssetID
	cancel := w.Cluster.Subscribe(rendition.Topic, func(msg []byte) {
		var c rendition.Changed
		if err := json.Unmarshal(msg, &c); err != nil || c.Account != Account {
			t.Errorf("message %s: %v", msg, err)
		}
		mu.Lock()
		defer mu.Unlock()
		ids = append(ids, c.ID)
	})
	return func() []media.AssetID {
		cancel()
		mu.Lock()
		defer mu.Unlock()
		return ids
	}
}

func TestDelete(t *testing.T) {
	t.Parallel()
	w := New(t)
	a := w.Upload("x", Picture("png", 4, 4, ""))
	if _, err := w.Renditions.Get(context.Background(), a, half); err != nil {
		t.Fatal(err)
	}
	told := heard(t, w)
	gone, err := w.Library.Delete(context.Background(), Account, ref("x"))
	if err != nil || gone.Asset.ID != a.ID || gone.Renditions != 1 {
		t.Fatalf("got %+v, %v", gone, err)
	}
	if _, err := w.Library.Find(context.Background(), Account, ref("x")); media.CodeOf(err) != media.NotFound {
		t.Errorf("find: %v", err)
	}
	if _, err := w.Library.Delete(context.Background(), Account, ref("x")); media.CodeOf(err) != media.NotFound {
		t.Errorf("second delete: %v", err)
	}
	if got := w.Events(); !slices.Equal(got, []media.EventType{media.EventUploaded, media.EventDeleted}) {
		t.Errorf("events: %v", got)
	}
	if ids := told(); !slices.Contains(ids, a.ID) {
		t.Errorf("announced: %v", ids)
	}
}

func TestRename(t *testing.T) {
	t.Parallel()
	w := New(t)
	ctx := context.Background()
	a, b := w.Upload("a", Picture("png", 1, 1, "a")), w.Upload("b", Picture("png", 1, 1, "b"))
	if _, err := w.Renditions.Get(ctx, a, half); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Library.Rename(ctx, Account, ref("a"), ref("b"), false); media.CodeOf(err) != media.Conflict {
		t.Errorf("to a taken name: %v", err)
	}
	if _, err := w.Library.Rename(ctx, Account, ref("nothing"), ref("c"), false); media.CodeOf(err) != media.NotFound {
		t.Errorf("of nothing: %v", err)
	}
	if _, err := w.Library.Rename(ctx, Account, ref("a"), ref("c/../d"), false); media.CodeOf(err) != media.Invalid {
		t.Errorf("to a bad name: %v", err)
	}
	if same, err := w.Library.Rename(ctx, Account, ref("a"), ref("a"), false); err != nil || same.ID != a.ID {
		t.Errorf("to its own name: %+v, %v", same, err)
	}
	told := heard(t, w)
	moved, err := w.Library.Rename(ctx, Account, ref("a"), ref("f/b"), false)
	if err != nil || moved.ID != a.ID || moved.Name != "f/b" || moved.Folder != "f" || moved.Version.ID != a.Version.ID {
		t.Fatalf("got %+v, %v", moved, err)
	}
	if rs, _, err := w.Library.Renditions(ctx, Account, a.ID, "", 10); err != nil || len(rs) != 1 {
		t.Errorf("renditions after the rename: %v, %v", rs, err)
	}
	private := ref("b")
	private.Access = media.Private
	over, err := w.Library.Rename(ctx, Account, ref("f/b"), private, false)
	if err != nil || over.Access != media.Private || over.Folder != "" {
		t.Fatalf("got %+v, %v", over, err)
	}
	over, err = w.Library.Rename(ctx, Account, private, ref("b"), true)
	if err != nil || over.ID != a.ID {
		t.Fatalf("over another: %+v, %v", over, err)
	}
	if _, err := w.Library.Find(ctx, Account, media.Ref{ID: b.ID}); media.CodeOf(err) != media.NotFound {
		t.Errorf("the other is still there: %v", err)
	}
	if ids := told(); !slices.Contains(ids, a.ID) || !slices.Contains(ids, b.ID) {
		t.Errorf("announced: %v", ids)
	}
	want := []media.EventType{media.EventUploaded, media.EventUploaded, media.EventRenamed, media.EventRenamed, media.EventDeleted, media.EventRenamed}
	if got := w.Events(); !slices.Equal(got, want) {
		t.Errorf("events: %v, want %v", got, want)
	}
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	w := New(t)
	ctx := context.Background()
	w.Upload("x", Picture("png", 1, 1, ""))
	tags, pairs := []string{"b", " a", "b"}, map[string]string{"k": "v"}
	if _, err := w.Library.Update(ctx, Account, ref("x"), library.Change{Tags: &tags, Context: &pairs}); err != nil {
		t.Fatal(err)
	}
	none := []string{}
	a, err := w.Library.Update(ctx, Account, ref("x"), library.Change{Tags: &none})
	if err != nil || len(a.Tags) != 0 || a.Context["k"] != "v" {
		t.Errorf("got %+v, %v", a, err)
	}
	if _, err := w.Library.Update(ctx, Account, ref("y"), library.Change{}); media.CodeOf(err) != media.NotFound {
		t.Errorf("of nothing: %v", err)
	}
	if _, err := w.Library.Update(ctx, "other", media.Ref{ID: a.ID}, library.Change{Tags: &tags}); media.CodeOf(err) != media.NotFound {
		t.Errorf("of another account's: %v", err)
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	w := New(t)
	for _, name := range []string{"p/a", "p/b", "q"} {
		w.Upload(name, Picture("png", 1, 1, name))
	}
	got, next, err := w.Library.List(context.Background(), Account, catalog.AssetQuery{Prefix: "p/", Order: catalog.ByName, Limit: 1})
	if err != nil || len(got) != 1 || got[0].Name != "p/a" || next == "" {
		t.Fatalf("got %v, %q, %v", got, next, err)
	}
	got, next, err = w.Library.List(context.Background(), Account, catalog.AssetQuery{Prefix: "p/", Order: catalog.ByName, Limit: 1, Cursor: next})
	if err != nil || len(got) != 1 || got[0].Name != "p/b" || next != "" {
		t.Errorf("got %v, %q, %v", got, next, err)
	}
}

func TestDropRenditionsKeepsTheAsset(t *testing.T) {
	t.Parallel()
	w := New(t)
	ctx := context.Background()
	a := w.Upload("x", Picture("png", 4, 4, ""))
	if _, err := w.Renditions.Get(ctx, a, half); err != nil {
		t.Fatal(err)
	}
	if n, err := w.Library.DropRenditions(ctx, Account, a.ID); n != 1 || err != nil {
		t.Errorf("dropped %d, %v", n, err)
	}
	if n, err := w.Library.DropRenditions(ctx, Account, a.ID); n != 0 || err != nil {
		t.Errorf("dropped %d, %v", n, err)
	}
	if _, err := w.Library.Find(ctx, Account, ref("x")); err != nil {
		t.Error(err)
	}
}
