package library_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"tintype/internal/catalog"
	"tintype/internal/fetch"
	"tintype/internal/jobs"
	"tintype/internal/library"
	. "tintype/internal/library/librarytest"
	"tintype/internal/media"
	"tintype/internal/transform"
)

// by is the origin of the calls of these tests.
var by = media.Origin{Dialect: "d", Key: "k", Batch: "batch", Notify: []string{"http://told/"}}

func called() context.Context { return media.WithOrigin(context.Background(), by) }

// keep works promises until the test ends.
func keep(t *testing.T, w *World) {
	t.Helper()
	r, err := jobs.New(w.Catalog, jobs.Config{Poll: 10 * time.Millisecond, Backoff: time.Millisecond, Queues: map[string]int{library.QueueLater: 2}},
		map[string]jobs.Handler{library.JobKeep: w.Library.Keep})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
}

// events waits for a number of events and returns them.
func events(t *testing.T, w *World, n int) (list []media.Event) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		err := w.Catalog.View(t.Context(), func(tx *catalog.Tx) (err error) {
			list, err = tx.Events(Account, 0, 0)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(list) >= n {
			break
		}
	}
	if len(list) != n {
		t.Fatalf("%d events, want %d: %+v", len(list), n, list)
	}
	return list
}

func data[T any](t *testing.T, e media.Event) (v T) {
	t.Helper()
	if err := json.Unmarshal(e.Data, &v); err != nil {
		t.Fatalf("%s: %v", e.Data, err)
	}
	return v
}

func inUse(t *testing.T, w *World, key string) (used bool) {
	t.Helper()
	err := w.Catalog.View(t.Context(), func(tx *catalog.Tx) (err error) {
		used, err = tx.BlobInUse(Account, key)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return used
}

func TestUploadLater(t *testing.T) {
	t.Parallel()
	w := New(t)
	content := Picture("png", 4, 4, "")
	err := w.Library.UploadLater(called(), library.Upload{
		Account: Account, Name: "x", Folder: "f", Overwrite: true, Tags: []string{"a"}, Staged: w.Stage(content),
		Ahead: library.Ahead{Eager: []transform.Transformation{half}, EagerLabels: []string{"half"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Library.Find(t.Context(), Account, ref("f/x")); media.CodeOf(err) != media.NotFound {
		t.Errorf("before the job: %v", err)
	}
	if keys := w.Originals(); len(keys) != 1 || !inUse(t, w, keys[0]) {
		t.Errorf("originals %v are not kept for the job", keys)
	}
	keep(t, w)
	e := events(t, w, 1)[0]
	a, err := w.Library.Find(t.Context(), Account, ref("f/x"))
	if err != nil || !slices.Equal(a.Tags, []string{"a"}) {
		t.Fatalf("got %+v, %v", a, err)
	}
	if got, ok := w.Read(a.Version.Blob); !ok || got != content {
		t.Errorf("the bytes are %q", got)
	}
	if e.Type != media.EventUploaded || !reflect.DeepEqual(e.Origin, by) {
		t.Errorf("event %+v", e)
	}
	if err := w.Library.Complete(t.Context(), &e); err != nil {
		t.Fatal(err)
	}
	d := data[media.AssetData](t, e)
	if d.Asset.ID != a.ID || len(d.Ahead) != 1 || d.Ahead[0].Label != "half" || d.Ahead[0].Info == nil || d.Ahead[0].Info.Width != 2 {
		t.Errorf("told %+v", d)
	}
	if left := w.Leftovers(); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

func TestUploadLaterByURL(t *testing.T) {
	t.Parallel()
	origin := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/x.png" {
			http.NotFound(rw, r)
			return
		}
		rw.Write([]byte(Picture("png", 2, 2, "")))
	}))
	t.Cleanup(origin.Close)
	w := New(t, func(cfg *library.Config) { cfg.Fetch = fetcher(t, origin.URL) })
	keep(t, w)
	for _, bad := range []string{"ftp://h/x", "http://h:22/"} {
		if err := w.Library.UploadLater(called(), library.Upload{Account: Account, URL: bad}); media.CodeOf(err) != media.Invalid {
			t.Errorf("%s: %v", bad, err)
		}
	}
	for _, path := range []string{"/x.png", "/missing"} {
		if err := w.Library.UploadLater(called(), library.Upload{Account: Account, URL: origin.URL + path, Name: "n"}); err != nil {
			t.Fatal(err)
		}
	}
	types := map[media.EventType]media.Event{}
	for _, e := range events(t, w, 2) {
		types[e.Type] = e
	}
	if d := data[media.AssetData](t, types[media.EventUploaded]); d.Asset.Name != "n" || d.Asset.OriginalName != "x" {
		t.Errorf("uploaded %+v", d)
	}
	if d := data[media.FailureData](t, types[media.EventFailed]); !strings.Contains(d.Message, "404") || d.Name != "n" {
		t.Errorf("failed %+v", d)
	}
}

func fetcher(t *testing.T, base string) *fetch.Client {
	t.Helper()
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	if err != nil {
		t.Fatal(err)
	}
	c, err := fetch.New(fetch.Config{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, AllowPorts: []uint16{uint16(port)}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Whatever the point at which the work dies, it is done once.
func TestKeepDiesAnywhere(t *testing.T) {
	t.Parallel()
	for _, point := range []string{"tried", "staged", "probed", "committed", "kept", "rendered"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			var armed sync.Mutex
			armed.Lock()
			w := New(t, func(cfg *library.Config) {
				cfg.Fault = func(p string) {
					if p == point && armed.TryLock() {
						panic("died")
					}
				}
			})
			content := Picture("png", 4, 4, "")
			err := w.Library.UploadLater(called(), library.Upload{
				Account: Account, Name: "x", Overwrite: true, Staged: w.Stage(content),
				Ahead: library.Ahead{Eager: []transform.Transformation{half}, EagerLater: true},
			})
			if err != nil {
				t.Fatal(err)
			}
			armed.Unlock()
			keep(t, w)
			list := events(t, w, 2)
			if list[0].Type != media.EventUploaded || list[1].Type != media.EventRendered {
				t.Errorf("events %+v", list)
			}
			if armed.TryLock() {
				t.Error("it lived")
			}
			a, err := w.Library.Find(t.Context(), Account, ref("x"))
			if err != nil {
				t.Fatal(err)
			}
			if got, ok := w.Read(a.Version.Blob); !ok || got != content {
				t.Errorf("the bytes are %q", got)
			}
			if d := data[media.AssetData](t, list[1]); len(d.Ahead) != 1 || d.Ahead[0].Info == nil {
				t.Errorf("made %+v", d.Ahead)
			}
		})
	}
}

// What can never be taken in is told at once, what always fails after five
// tries; nothing stays behind.
func TestGivesUp(t *testing.T) {
	t.Parallel()
	for name, probe := range map[string]error{"refused": media.Errorf(media.Invalid, "No such picture"), "poison": errors.New("secret internals")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := New(t)
			tries := 0
			w.Engine.OnProbe = func(string) error { tries++; return probe }
			if err := w.Library.UploadLater(called(), library.Upload{Account: Account, Name: "x", Kind: media.KindImage, Staged: w.Stage("bad")}); err != nil {
				t.Fatal(err)
			}
			keep(t, w)
			e := events(t, w, 1)[0]
			d := data[media.FailureData](t, e)
			want, message := 1, "No such picture"
			if name == "poison" {
				want, message = 5, "The work failed 5 times and was given up"
			}
			if e.Type != media.EventFailed || d.Message != message || tries != want || e.Origin.Batch != "batch" || d.Name != "x" {
				t.Errorf("%+v %+v after %d tries", e, d, tries)
			}
			for _, key := range w.Originals() {
				if inUse(t, w, key) {
					t.Errorf("%s stays in use", key)
				}
			}
		})
	}
}

func TestUploadLaterRefusesAtOnce(t *testing.T) {
	t.Parallel()
	w := New(t)
	for name, u := range map[string]library.Upload{
		"empty": {Account: Account, Staged: w.Stage("")},
		"name":  {Account: Account, Name: "a/../b", Staged: w.Stage("x")},
		"large": {Account: Account, Kind: media.KindRaw, Data: make([]byte, 65<<20)},
	} {
		if err := w.Library.UploadLater(called(), u); err == nil || media.CodeOf(err) == media.Internal {
			t.Errorf("%s: %v", name, err)
		}
	}
	clean(t, w)
}

func TestEagerLater(t *testing.T) {
	t.Parallel()
	w := New(t)
	quarter := transform.Transformation{Steps: slices.Concat(half.Steps, half.Steps)}
	up, err := w.Library.Upload(called(), library.Upload{
		Account: Account, Name: "x", Staged: w.Stage(Picture("png", 8, 8, "")),
		Ahead: library.Ahead{Eager: []transform.Transformation{half, quarter}, EagerLabels: []string{"h", "q"}, EagerLater: true, EagerNotify: []string{"http://eager/"}},
	})
	if err != nil || up.Eager != nil || w.Engine.Renders.Load() != 0 {
		t.Fatalf("%+v, %v", up, err)
	}
	first := events(t, w, 1)[0]
	if d := data[media.AssetData](t, first); !d.Later || len(d.Ahead) != 2 || d.Ahead[0].Info != nil {
		t.Errorf("told %+v", d)
	}
	if err := w.Library.Complete(t.Context(), &first); err != nil || w.Engine.Renders.Load() != 0 {
		t.Errorf("what is made later was waited for: %v", err)
	}
	keep(t, w)
	e := events(t, w, 2)[1]
	d := data[media.AssetData](t, e)
	if e.Type != media.EventRendered || !slices.Equal(e.Origin.Notify, []string{"http://eager/"}) || e.Origin.Batch != "batch" {
		t.Errorf("event %+v", e)
	}
	if len(d.Ahead) != 2 || d.Ahead[0].Info.Width != 4 || d.Ahead[1].Label != "q" || d.Ahead[1].Info.Width != 2 {
		t.Errorf("made %+v", d.Ahead)
	}
}

func TestEagerLaterTellsOfFailures(t *testing.T) {
	t.Parallel()
	w := New(t)
	a := w.Upload("x", Picture("png", 8, 8, ""))
	ahead := &library.Ahead{Eager: []transform.Transformation{half}, EagerLater: true}
	if _, err := w.Library.Update(called(), Account, ref("x"), library.Change{Ahead: ahead}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Library.Delete(t.Context(), Account, media.Ref{ID: a.ID}); err != nil {
		t.Fatal(err)
	}
	keep(t, w)
	list := events(t, w, 4)
	if d := data[media.AssetData](t, list[3]); list[3].Type != media.EventRendered || d.Ahead[0].Error == "" || d.Ahead[0].Info != nil {
		t.Errorf("%+v", d)
	}
}

func TestCompleteOfWhatHasGone(t *testing.T) {
	t.Parallel()
	w := New(t)
	upload := func(content string) {
		_, err := w.Library.Upload(called(), library.Upload{Account: Account, Name: "x", Overwrite: true, Staged: w.Stage(content), Ahead: library.Ahead{Eager: []transform.Transformation{half}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	upload(Picture("png", 8, 8, "1"))
	upload(Picture("png", 8, 8, "2"))
	for i, e := range events(t, w, 2) {
		if err := w.Library.Complete(t.Context(), &e); err != nil {
			t.Fatal(err)
		}
		if d := data[media.AssetData](t, e); (d.Ahead[0].Error != "") != (i == 0) {
			t.Errorf("%d: %+v", i, d.Ahead)
		}
	}
}

func TestEventsOfChanges(t *testing.T) {
	t.Parallel()
	w := New(t)
	w.Upload("x", Picture("png", 1, 1, ""))
	w.Upload("y", Picture("png", 1, 1, "y"))
	tags, pairs := []string{"a"}, map[string]string{"k": "v"}
	if _, err := w.Library.Update(called(), Account, ref("x"), library.Change{Tags: &tags, Context: &pairs}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Library.Rename(called(), Account, ref("x"), ref("y"), true); err != nil {
		t.Fatal(err)
	}
	type seen struct {
		Type media.EventType
		Told bool
	}
	var got []seen
	list := events(t, w, 7)
	for _, e := range list[2:] {
		got = append(got, seen{e.Type, len(e.Origin.Notify) > 0})
		if e.Origin.Key != "k" {
			t.Errorf("%s has the origin %+v", e.Type, e.Origin)
		}
	}
	want := []seen{{media.EventUpdated, true}, {media.EventTagsChanged, false}, {media.EventContextChanged, false}, {media.EventDeleted, false}, {media.EventRenamed, true}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if d := data[media.ListChange](t, list[3]); !slices.Equal(d.Added, tags) || len(d.Removed) != 0 || d.Asset.Name != "x" {
		t.Errorf("tags: %+v", d)
	}
	if d := data[media.RenameData](t, list[6]); d.From.Name != "x" || d.Asset.Name != "y" {
		t.Errorf("rename: %+v", d)
	}
}

// Whom the caller named is told of an upload that changed nothing; nobody else is.
func TestExistingIsToldToTheCaller(t *testing.T) {
	t.Parallel()
	w := New(t)
	w.Upload("x", Picture("png", 1, 1, ""))
	for range 2 {
		up, err := w.Library.Upload(called(), library.Upload{Account: Account, Name: "x", Staged: w.Stage(Picture("png", 2, 2, ""))})
		if err != nil || !up.Existing {
			t.Fatalf("%+v, %v", up, err)
		}
	}
	if d := data[media.AssetData](t, events(t, w, 3)[2]); !d.Existing || d.Asset.Version.Info.Width != 1 {
		t.Errorf("%+v", d)
	}
	if _, err := w.Library.Upload(t.Context(), library.Upload{Account: Account, Name: "x", Staged: w.Stage(Picture("png", 2, 2, ""))}); err != nil {
		t.Fatal(err)
	}
	events(t, w, 3)
}

// An upload is put off as JSON: every field must come back.
func TestUploadSurvivesJSON(t *testing.T) {
	t.Parallel()
	var u library.Upload
	fill(t, reflect.ValueOf(&u).Elem())
	b, err := json.Marshal(u)
	if err != nil {
		t.Fatal(err)
	}
	var got library.Upload
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, u) {
		t.Errorf("got  %+v\nwant %+v", got, u)
	}
}

// fill gives every exported field a value.
func fill(t *testing.T, v reflect.Value) {
	t.Helper()
	parsed, err := transform.Parse(half.String())
	if err != nil {
		t.Fatal(err)
	}
	for i := range v.NumField() {
		f, field := v.Type().Field(i), v.Field(i)
		if !f.IsExported() || f.Tag.Get("json") == "-" {
			continue
		}
		var value func(k reflect.Type) reflect.Value
		value = func(k reflect.Type) reflect.Value {
			v := reflect.New(k).Elem()
			switch {
			case k == reflect.TypeFor[transform.Transformation]():
				v.Set(reflect.ValueOf(parsed))
			case k == reflect.TypeFor[json.RawMessage]():
				v.Set(reflect.ValueOf(json.RawMessage(`"x"`)))
			case k.Kind() == reflect.String:
				v.SetString("x")
			case k.Kind() == reflect.Uint8:
				v.SetUint(7)
			case k.Kind() == reflect.Struct:
				fill(t, v)
			case k.Kind() == reflect.Slice:
				v.Set(reflect.Append(v, value(k.Elem())))
			case k.Kind() == reflect.Map:
				v.Set(reflect.MakeMap(k))
				v.SetMapIndex(value(k.Key()), value(k.Elem()))
			}
			return v
		}
		switch field.Kind() {
		case reflect.String:
			field.SetString("x")
		case reflect.Bool:
			field.SetBool(true)
		case reflect.Int, reflect.Int64:
			field.SetInt(3)
		case reflect.Float64:
			field.SetFloat(1.5)
		case reflect.Struct:
			field.Set(value(field.Type()))
		case reflect.Slice:
			if field.Type() == reflect.TypeFor[json.RawMessage]() {
				field.Set(value(field.Type()))
				continue
			}
			field.Set(reflect.Append(field, value(field.Type().Elem())))
		case reflect.Map:
			field.Set(reflect.MakeMap(field.Type()))
			field.SetMapIndex(value(field.Type().Key()), value(field.Type().Elem()))
		case reflect.Pointer:
			field.Set(reflect.New(field.Type().Elem()))
			field.Elem().Set(value(field.Type().Elem()))
		default:
			t.Fatalf("%s is a %s: can it be put off as JSON?", f.Name, field.Kind())
		}
	}
}
