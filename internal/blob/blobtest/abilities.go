package blobtest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"tintype/internal/blob"
	"tintype/internal/media"
)

func testList(t *testing.T, s blob.Store) {
	// '-' and '.' sort before '/', digits and letters after it.
	keys := []string{"a-b", "a.b", "a/a", "a/b", "a0", "ab", "b/-/x", "b/0/x", "b/0-/x", "b/0.x", "b/x", "b_", "c", "original/x/00/1", "original/x/0f/2", "original/y/00/3"}
	for i, k := range rand.New(rand.NewPCG(1, 2)).Perm(len(keys)) {
		put(t, s, keys[k], Bytes(0, i))
	}
	sorted := slices.Sorted(slices.Values(keys))
	for _, prefix := range []string{"", "a", "a/", "a-", "b", "b/", "b/0", "b/0/", "b/0/x", "c", "c/", "d", "o", "original/", "original/x", "original/x/", "original/x/0", "original/x/0f/", "original/z/", ".", "a."} {
		wanted := []string{}
		for _, k := range sorted {
			if strings.HasPrefix(k, prefix) {
				wanted = append(wanted, k)
			}
		}
		if got := list(t, s, prefix); !slices.Equal(got, wanted) {
			t.Errorf("list %q:\n got %v\nwant %v", prefix, got, wanted)
		}
	}
	for i, err := range s.List(t.Context(), "") {
		st, serr := s.Stat(t.Context(), i.Key)
		if err != nil || serr != nil || i.Size != st.Size || i.ModTime.Truncate(time.Second) != st.ModTime.Truncate(time.Second) {
			t.Errorf("listed %+v, %v; stat %+v, %v", i, err, st, serr)
		}
	}
}

func testListStops(t *testing.T, s blob.Store) {
	for _, k := range []string{"a/1", "a/2", "b"} {
		put(t, s, k, nil)
	}
	n := 0
	for _, err := range s.List(t.Context(), "") {
		if n++; err != nil || n == 2 {
			break
		}
	}
	if n != 2 {
		t.Fatalf("stopped after %d", n)
	}
	// A blob that is deleted between two steps does not break the walk.
	var seen []string
	for i, err := range s.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		seen = append(seen, i.Key)
		if err := s.Delete(t.Context(), "a/2"); err != nil {
			t.Fatal(err)
		}
	}
	if len(seen) < 2 || seen[0] != "a/1" || seen[len(seen)-1] != "b" {
		t.Fatalf("listed %v", seen)
	}
}

func testContext(t *testing.T, s blob.Store) {
	put(t, s, "a", Bytes(1, 100))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	calls := map[string]func() error{
		"put":   func() error { _, err := s.Put(ctx, "b", strings.NewReader("x")); return err },
		"open":  func() error { _, _, err := read(ctx, s, "a", 0, -1); return err },
		"stat":  func() error { _, err := s.Stat(ctx, "a"); return err },
		"stage": func() error { _, err := blob.Stage(ctx, s); return err },
		"list": func() error {
			for _, err := range s.List(ctx, "") {
				return err
			}
			return nil
		},
	}
	for name, call := range calls {
		if err := call(); !errors.Is(err, context.Canceled) {
			t.Errorf("%s with a context that has ended: %v", name, err)
		}
	}
	// A context that ends in the middle of a Put, small or large.
	for _, n := range []int{1000, 20 << 20} {
		ctx, cancel := context.WithCancel(t.Context())
		src := io.MultiReader(bytes.NewReader(Bytes(2, n)), readerFunc(func([]byte) (int, error) { cancel(); return 0, nil }), bytes.NewReader(Bytes(3, n)))
		if _, err := s.Put(ctx, "b", src); !errors.Is(err, context.Canceled) {
			t.Errorf("put of %d bytes whose context ends: %v", n, err)
		}
	}
	wantMissing(t, s, "b")
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// testConcurrent checks that readers of a key see one whole version, while
// writers replace it and others delete it. A version is one byte repeated,
// its length told by that byte.
func testConcurrent(t *testing.T, s blob.Store) {
	version := func(b byte) []byte { return bytes.Repeat([]byte{b}, 1000+10_000*int(b)) }
	put(t, s, "k", version(0))
	var writers, readers sync.WaitGroup
	stop := make(chan struct{})
	for w := range 3 {
		writers.Go(func() {
			for i := range 8 {
				if _, err := s.Put(t.Context(), "k", bytes.NewReader(version(byte(w*8+i)))); err != nil {
					t.Errorf("put: %v", err)
				}
				if _, err := s.Put(t.Context(), "folder-"+strconv.Itoa(i)+"/"+strconv.Itoa(w), strings.NewReader("x")); err != nil {
					t.Errorf("put: %v", err)
				}
			}
		})
	}
	writers.Go(func() {
		for range 4 {
			if err := s.Delete(t.Context(), "k"); err != nil {
				t.Errorf("delete: %v", err)
			}
		}
	})
	for range 2 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				got, i, err := read(t.Context(), s, "k", 0, -1)
				if media.CodeOf(err) == media.NotFound {
					continue
				}
				if err == nil && (int64(len(got)) != i.Size || !bytes.Equal(got, version(got[0]))) {
					t.Errorf("read %d bytes of two versions", len(got))
					return
				}
			}
		})
	}
	writers.Wait()
	close(stop)
	readers.Wait()
	if got := list(t, s, "folder-"); len(got) != 24 {
		t.Errorf("listed %d of 24 in folders made at the same time", len(got))
	}
}

func testStage(t *testing.T, s blob.Store) {
	data := Bytes(5, 300_000)
	stage := func() *os.File {
		f, err := blob.Stage(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(data); err != nil {
			t.Fatal(err)
		}
		return f
	}
	gone := func(f *os.File) {
		t.Helper()
		if _, err := os.Stat(f.Name()); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the staged file is still there: %v", err)
		}
		if _, err := f.Write([]byte("x")); !errors.Is(err, os.ErrClosed) {
			t.Errorf("the staged file is still open: %v", err)
		}
		if err := blob.Discard(f); err != nil {
			t.Errorf("discard once more: %v", err)
		}
	}
	for range 2 { // new, then replaced
		f := stage()
		if _, err := f.Seek(1000, io.SeekStart); err != nil {
			t.Fatal(err)
		}
		i, err := blob.Adopt(t.Context(), s, f, "x/staged")
		if err != nil || i.Key != "x/staged" || i.Size != int64(len(data)) || i.ModTime.IsZero() {
			t.Fatalf("adopt: %+v, %v", i, err)
		}
		want(t, s, "x/staged", data)
		gone(f)
	}
	f := stage()
	if err := blob.Discard(f); err != nil {
		t.Fatal(err)
	}
	gone(f)
	// A file of somebody else's making is taken too.
	foreign, err := os.CreateTemp(t.TempDir(), "foreign")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := foreign.WriteString("foreign"); err != nil {
		t.Fatal(err)
	}
	if _, err := blob.Adopt(t.Context(), s, foreign, "x/foreign"); err != nil {
		t.Fatal(err)
	}
	want(t, s, "x/foreign", []byte("foreign"))
	gone(foreign)
	if _, err := blob.Adopt(t.Context(), s, foreign, "x/again"); err == nil {
		t.Error("a consumed file was adopted")
	}
	if got := list(t, s, ""); len(got) != 2 {
		t.Errorf("listed %v", got)
	}
}

func testFile(t *testing.T, s blob.Store) {
	filer, ok := blob.As[blob.Filer](s)
	if !ok {
		t.Skip("not a Filer")
	}
	data := Bytes(6, 5000)
	put(t, s, "f", data)
	f, i, err := filer.File(t.Context(), "f")
	if err != nil || i.Key != "f" || i.Size != 5000 {
		t.Fatalf("file: %+v, %v", i, err)
	}
	defer f.Close()
	put(t, s, "f", []byte("replaced"))
	got, err := io.ReadAll(f)
	if err != nil || !bytes.Equal(got, data) {
		t.Fatalf("the file has %d other bytes, %v", len(got), err)
	}
	if _, err := f.Write([]byte("x")); err == nil {
		t.Error("the file can be written")
	}
	_, _, err = filer.File(t.Context(), "missing")
	wantCode(t, err, media.NotFound, "file of a missing key")
	_, _, err = filer.File(t.Context(), "../f")
	wantCode(t, err, media.Invalid, "file of a bad key")
}

func testLink(t *testing.T, s blob.Store) {
	linker, ok := blob.As[blob.Linker](s)
	if !ok {
		t.Skip("not a Linker")
	}
	data := Bytes(7, 5000)
	put(t, s, "l/x", data)
	u, err := linker.Link(t.Context(), "l/x", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.Get(u)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK || !bytes.Equal(got, data) {
		t.Fatalf("the link gave status %d, %d bytes, %v", res.StatusCode, len(got), err)
	}
	_, err = linker.Link(t.Context(), "../x", time.Minute)
	wantCode(t, err, media.Invalid, "link of a bad key")
}
