package library_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tintype/internal/blob"
	"tintype/internal/catalog/catalogtest"
	"tintype/internal/jobs"
	"tintype/internal/library"
	. "tintype/internal/library/librarytest"
	"tintype/internal/media"
	"tintype/internal/rendition"
	"tintype/internal/transform"
)

// dies runs f and reports whether it died at a fault point.
func dies(t *testing.T, f func()) (died bool) {
	t.Helper()
	defer func() {
		if p := recover(); p != nil {
			if p != "died" {
				panic(p)
			}
			died = true
		}
	}()
	f()
	return false
}

func dieAt(point string) func(*library.Config) {
	return func(cfg *library.Config) {
		cfg.Fault = func(p string) {
			if p == point {
				panic("died")
			}
		}
	}
}

// Whatever the point at which an overwriting upload dies: afterwards there is
// the whole old asset or the whole new one, and every record has its bytes.
func TestUploadDiesAnywhere(t *testing.T) {
	t.Parallel()
	old, content := Picture("png", 1, 1, "old"), Picture("png", 2, 2, "new")
	for point, committed := range map[string]bool{
		"staged": false, "probed": false, "adopted": false, "committed": true, "dropped": true,
	} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			w := New(t)
			w.Upload("x", old)
			w = w.Reopen(dieAt(point))
			if !dies(t, func() { w.Upload("x", content) }) {
				t.Fatal("it lives")
			}
			w = w.Reopen()
			a, err := w.Library.Find(context.Background(), Account, ref("x"))
			if err != nil {
				t.Fatal(err)
			}
			want := old
			if committed {
				want = content
			}
			if got, ok := w.Read(a.Version.Blob); !ok || got != want {
				t.Errorf("there is %q, %v, want %q", got, ok, want)
			}
			if n := len(w.Originals()); n > 2 {
				t.Errorf("%d originals are left", n)
			}
			// And it goes on from there.
			if again := w.Upload("x", content); again.ID != a.ID {
				t.Errorf("the asset is another: %s", again.ID)
			}
		})
	}
}

func TestDeleteDiesAnywhere(t *testing.T) {
	t.Parallel()
	for _, point := range []string{"committed", "dropped"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			w := New(t, dieAt(point))
			func() {
				defer func() { recover() }()
				w.Upload("x", Picture("png", 1, 1, ""))
			}()
			w = w.Reopen(dieAt(point))
			if !dies(t, func() { w.Library.Delete(context.Background(), Account, ref("x")) }) {
				t.Fatal("it lives")
			}
			w = w.Reopen()
			if _, err := w.Library.Find(context.Background(), Account, ref("x")); media.CodeOf(err) != media.NotFound {
				t.Errorf("find: %v", err)
			}
		})
	}
}

// A request that ends at any point before the commit leaves no record.
func TestUploadCancelledAnywhere(t *testing.T) {
	t.Parallel()
	for _, point := range []string{"staged", "adopted"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			w := New(t, func(cfg *library.Config) {
				cfg.Fault = func(p string) {
					if p == point {
						cancel()
					}
				}
			})
			_, err := w.Library.Upload(ctx, library.Upload{Account: Account, Name: "x", Staged: w.Stage(Picture("png", 1, 1, ""))})
			if !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
			if _, err := w.Library.Find(context.Background(), Account, ref("x")); media.CodeOf(err) != media.NotFound {
				t.Errorf("find: %v", err)
			}
			if left := w.Leftovers(); len(left) > 0 {
				t.Errorf("staged files are left: %v", left)
			}
		})
	}
}

func TestUploadToAFullStore(t *testing.T) {
	t.Parallel()
	w := New(t, func(cfg *library.Config) { cfg.Blobs = full{cfg.Blobs} })
	_, err := w.Library.Upload(context.Background(), library.Upload{Account: Account, Name: "x", Data: []byte(Picture("png", 1, 1, ""))})
	if media.CodeOf(err) != media.NoSpace {
		t.Errorf("got %v", err)
	}
	clean(t, w)
}

// full is a store with no room for blobs.
type full struct{ blob.Store }

func (full) Put(context.Context, string, io.Reader) (blob.Info, error) {
	return blob.Info{}, media.Errorf(media.NoSpace, "The store is full")
}

func TestUploadsAtOnceToOneName(t *testing.T) {
	t.Parallel()
	catalogtest.Each(t, uploadAtOnce)
}

func uploadAtOnce(t *testing.T, database string) {
	w := NewOn(t, database)
	const n = 24
	ids := make([]media.AssetID, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			up, err := w.Library.Upload(context.Background(), library.Upload{
				Account: Account, Name: "x", Overwrite: true, Data: []byte(Picture("png", i%5+1, 1, "")),
			})
			if err != nil {
				t.Errorf("upload %d: %v", i, err)
				return
			}
			ids[i] = up.Asset.ID
		})
	}
	wg.Wait()
	if slices.ContainsFunc(ids, func(id media.AssetID) bool { return id != ids[0] }) {
		t.Errorf("there are several assets: %v", ids)
	}
	a, err := w.Library.Find(context.Background(), Account, ref("x"))
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := w.Read(a.Version.Blob); !ok {
		t.Error("the last one has no bytes")
	}
	if left := w.Leftovers(); len(left) > 0 {
		t.Errorf("staged files are left: %v", left)
	}
}

func TestUploadsAtOnceWithoutOverwrite(t *testing.T) {
	t.Parallel()
	catalogtest.Each(t, uploadOnce)
}

func uploadOnce(t *testing.T, database string) {
	w := NewOn(t, database)
	var mu sync.Mutex
	first := 0
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Go(func() {
			up, err := w.Library.Upload(context.Background(), library.Upload{Account: Account, Name: "x", Data: []byte(Picture("png", i+1, 1, ""))})
			if err != nil {
				t.Errorf("upload %d: %v", i, err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			if !up.Existing {
				first++
			}
		})
	}
	wg.Wait()
	if first != 1 {
		t.Errorf("%d uploads made the asset, want 1", first)
	}
}

func deletion(t *testing.T, keys ...string) json.RawMessage {
	t.Helper()
	args, err := json.Marshal(rendition.BlobDeletion{Account: Account, Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	return args
}

func TestDeleteBlobsSparesWhatIsUsed(t *testing.T) {
	t.Parallel()
	w := New(t)
	ctx := context.Background()
	a, b := w.Upload("a", Picture("png", 1, 1, "same")), w.Upload("b", Picture("png", 1, 1, "same"))
	if a.Version.Blob != b.Version.Blob {
		t.Fatal("equal bytes are stored twice")
	}
	for _, name := range []string{"a", "b"} {
		if _, err := w.Library.Delete(ctx, Account, ref(name)); err != nil {
			t.Fatal(err)
		}
		if err := w.Library.DeleteBlobs(ctx, deletion(t, a.Version.Blob)); err != nil {
			t.Fatal(err)
		}
		if _, ok := w.Read(a.Version.Blob); ok != (name == "a") {
			t.Errorf("after the deletion of %s the bytes are there: %v", name, ok)
		}
	}
	if err := w.Library.DeleteBlobs(ctx, deletion(t, a.Version.Blob)); err != nil {
		t.Errorf("a second time: %v", err)
	}
	for _, key := range []string{"original/other/aa/aabb", "", "original/demo"} {
		if err := w.Library.DeleteBlobs(ctx, deletion(t, key)); err == nil {
			t.Errorf("%q was accepted", key)
		}
	}
}

// The bytes of a deleted asset are uploaded again at the moment in which the
// job has found them unused.
func TestRemovalMeetsUploadOfTheSameBytes(t *testing.T) {
	t.Parallel()
	reached, adopting := make(chan struct{}), make(chan struct{})
	var once sync.Once
	w := New(t, func(cfg *library.Config) {
		cfg.Fault = func(p string) {
			switch p {
			case "unused":
				once.Do(func() { close(reached) })
				<-adopting
			}
		}
	})
	ctx := context.Background()
	content := Picture("png", 1, 1, "again")
	a := w.Upload("x", content)
	if _, err := w.Library.Delete(ctx, Account, ref("x")); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 2)
	go func() { done <- w.Library.DeleteBlobs(ctx, deletion(t, a.Version.Blob)) }()
	<-reached
	go func() {
		_, err := w.Library.Upload(ctx, library.Upload{Account: Account, Name: "y", Data: []byte(content)})
		done <- err
	}()
	close(adopting)
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	b, err := w.Library.Find(ctx, Account, ref("y"))
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := w.Read(b.Version.Blob); !ok || got != content {
		t.Errorf("the record has no bytes: %q %v", got, ok)
	}
}

// What uploads and removals leave behind is deleted by the jobs that they
// enqueue, and nothing else is.
func TestJobsDeleteWhatIsLeft(t *testing.T) {
	t.Parallel()
	w := New(t, func(cfg *library.Config) { cfg.Now, cfg.Grace = time.Now, time.Nanosecond })
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	old := w.Upload("x", Picture("png", 1, 1, "old"))
	if _, err := w.Renditions.Get(ctx, old, half); err != nil {
		t.Fatal(err)
	}
	kept := w.Upload("x", Picture("png", 1, 1, "new"))
	gone := w.Upload("y", Picture("png", 1, 1, "gone"))
	if _, err := w.Library.Delete(ctx, Account, ref("y")); err != nil {
		t.Fatal(err)
	}
	handled := make(chan struct{}, 100)
	runner, err := jobs.New(w.Catalog, jobs.Config{Poll: 10 * time.Millisecond}, map[string]jobs.Handler{
		library.JobDeleteBlobs: func(ctx context.Context, args json.RawMessage) error {
			defer func() { handled <- struct{}{} }()
			return w.Library.DeleteBlobs(ctx, args)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	stopped := make(chan error, 1)
	go func() { stopped <- runner.Run(ctx) }()
	defer func() {
		cancel()
		<-stopped
	}()
	for range 2 { // one for the overwrite, one for the deletion
		select {
		case <-handled:
		case <-time.After(30 * time.Second):
			t.Fatal("the jobs do not run")
		}
	}
	for key, want := range map[string]bool{old.Version.Blob: false, gone.Version.Blob: false, kept.Version.Blob: true} {
		if _, ok := w.Read(key); ok != want {
			t.Errorf("%s is there: %v, want %v", key, ok, want)
		}
	}
}

func TestNamesAndLimits(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a", "a/b", "ä b.c", "v1", strings.Repeat("ä", 255), "a..b", ".hidden"} {
		if err := library.CheckName(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, name := range []string{"", "/a", "a/", "..", "a/..", " a", "a\x00", "a\u2028b", "a\u0085b", strings.Repeat("a", 256)} {
		if err := library.CheckName(name); media.CodeOf(err) != media.Invalid {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func FuzzUploadNames(f *testing.F) {
	for _, s := range []string{"logo.png", `C:\a\b.png`, "../../etc/passwd", "...", "a%d.jpg", "\xff\xfe.png", "é.png", strings.Repeat("x", 400)} {
		f.Add(s, s)
	}
	w := New(f)
	png := []byte(Picture("png", 1, 1, ""))
	f.Fuzz(func(t *testing.T, filename, name string) {
		up, err := w.Library.Upload(context.Background(), library.Upload{
			Account: Account, Name: name, Filename: filename, UseFilename: true, Overwrite: true, Data: png,
			Ahead: library.Ahead{Eager: []transform.Transformation{}},
		})
		if err != nil {
			if media.CodeOf(err) != media.Invalid {
				t.Fatalf("%q %q: %v", filename, name, err)
			}
			return
		}
		if err := library.CheckName(up.Asset.Name); err != nil {
			t.Fatal(fmt.Errorf("%q %q became %q: %w", filename, name, up.Asset.Name, err))
		}
	})
}
