package library_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tintype/internal/blob"
	"tintype/internal/catalog"
	"tintype/internal/library"
	. "tintype/internal/library/librarytest"
	"tintype/internal/media"
	"tintype/internal/transform"
)

// verify lists the faults of a World, and what they sum up to.
func verify(t *testing.T, w *World, change ...func(*library.VerifyConfig)) ([]string, library.Verified) {
	t.Helper()
	var found []string
	cfg := library.VerifyConfig{
		Catalog: w.Catalog, Blobs: w.Blobs, Now: func() time.Time { return time.Now().Add(25 * time.Hour) },
		Found: func(f library.Finding) {
			found = append(found, string(f.Fault)+" "+f.Key[:strings.LastIndexByte(f.Key, '/')+3])
		},
	}
	for _, fn := range change {
		fn(&cfg)
	}
	sum, err := library.Verify(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(found)
	return found, sum
}

func readData(c *library.VerifyConfig) { c.ReadData = true }

func TestVerify(t *testing.T) {
	t.Parallel()
	w := New(t)
	upload := func(name string) *media.Asset {
		up, err := w.Library.Upload(t.Context(), library.Upload{Account: Account, Name: name, Data: []byte(Picture("png", 40, 30, name)), Ahead: library.Ahead{Eager: []transform.Transformation{{
			Steps: []transform.Step{transform.Resize{Fit: transform.Fill, Box: transform.Box{Width: transform.Px(20)}}},
		}}}})
		if err != nil || up.Eager[0].Err != nil {
			t.Fatal(err, up)
		}
		return up.Asset
	}
	a, b, c := upload("a"), upload("b"), upload("c")
	if _, err := w.Library.Upload(t.Context(), library.Upload{Account: Account, Name: "again", Data: []byte(Picture("png", 40, 30, "a"))}); err != nil {
		t.Fatal(err)
	}
	for _, how := range []func(*library.VerifyConfig){func(*library.VerifyConfig) {}, readData} {
		if found, sum := verify(t, w, how); len(found) > 0 || !sum.OK() || sum.Records != 6 || sum.Blobs != 6 {
			t.Fatalf("nothing is wrong: %v %+v", found, sum)
		}
	}

	put := func(key string, body []byte) {
		t.Helper()
		if err := w.Blobs.Delete(context.Background(), key); err != nil {
			t.Fatal(err)
		}
		if body == nil {
			return
		}
		if _, err := w.Blobs.Put(context.Background(), key, bytes.NewReader(body)); err != nil {
			t.Fatal(err)
		}
	}
	read := func(key string) []byte {
		t.Helper()
		text, ok := w.Read(key)
		if !ok {
			t.Fatalf("%s cannot be read", key)
		}
		return []byte(text)
	}
	put(a.Version.Blob, nil)
	put(b.Version.Blob, append(read(b.Version.Blob), 'x'))
	changed := read(c.Version.Blob)
	changed[len(changed)-1] ^= 1
	put(c.Version.Blob, changed)
	const foreign = "original/demo/00/0000"
	put(foreign, []byte("nobody's"))
	key := func(fault string, a *media.Asset) string {
		return fault + " " + a.Version.Blob[:strings.LastIndexByte(a.Version.Blob, '/')+3]
	}
	want := []string{key("damaged", b), "foreign " + foreign[:len(foreign)-2], key("missing", a)}
	slices.Sort(want)
	if found, sum := verify(t, w); !slices.Equal(found, want) || sum.OK() {
		t.Errorf("by size: %v %+v, want %v", found, sum, want)
	}
	want = append(want, key("damaged", c))
	slices.Sort(want)
	if found, _ := verify(t, w, readData); !slices.Equal(found, want) {
		t.Errorf("by digest: %v, want %v", found, want)
	}
	now := func(c *library.VerifyConfig) { c.Now = time.Now }
	if found, sum := verify(t, w, now); len(found) != 2 || sum.Young != 1 {
		t.Errorf("a young file counts: %v %+v", found, sum)
	}
	if _, sum := verify(t, w, func(c *library.VerifyConfig) { c.Remove = true }); sum.Removed != 1 {
		t.Errorf("removed: %+v", sum)
	}
	if _, err := w.Blobs.Stat(t.Context(), foreign); media.CodeOf(err) != media.NotFound {
		t.Errorf("the foreign file is there: %v", err)
	}
}

// What was deleted and what is still to be deleted is no fault.
func TestVerifyKnowsWhatWaits(t *testing.T) {
	t.Parallel()
	w := New(t)
	up, err := w.Library.Upload(t.Context(), library.Upload{Account: Account, Name: "a", Data: []byte(Picture("png", 40, 30, "a"))})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Library.Delete(t.Context(), Account, media.Ref{ID: up.Asset.ID}); err != nil {
		t.Fatal(err)
	}
	if found, sum := verify(t, w); len(found) != 0 || sum.Young != 1 {
		t.Errorf("%v %+v", found, sum)
	}
}

// goingStore calls before ahead of its first answer.
type goingStore struct {
	blob.Store
	once   sync.Once
	before func()
}

func (s *goingStore) Stat(ctx context.Context, key string) (blob.Info, error) {
	s.once.Do(s.before)
	return s.Store.Stat(ctx, key)
}

// A record that goes while it is looked at is no fault.
func TestVerifyLooksTwice(t *testing.T) {
	t.Parallel()
	w := New(t)
	up, err := w.Library.Upload(t.Context(), library.Upload{Account: Account, Name: "a", Data: []byte(Picture("png", 40, 30, "a"))})
	if err != nil {
		t.Fatal(err)
	}
	gone := &goingStore{Store: w.Blobs, before: func() {
		w.Update(func(tx *catalog.Tx) error { return tx.DeleteAsset(Account, up.Asset.ID) })
		if err := w.Blobs.Delete(context.Background(), up.Asset.Version.Blob); err != nil {
			t.Error(err)
		}
	}}
	if found, sum := verify(t, w, func(c *library.VerifyConfig) { c.Blobs = gone }); len(found) != 0 || !sum.OK() {
		t.Errorf("%v %+v", found, sum)
	}
}
