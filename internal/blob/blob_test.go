package blob_test

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"tintype/internal/blob"
	"tintype/internal/blob/blobtest"
	"tintype/internal/blob/disk"
	"tintype/internal/media"
)

// plain hides every ability of a store.
type plain struct{ blob.Store }

func open(t *testing.T) blob.Store {
	t.Helper()
	s, err := disk.Open(t.TempDir(), disk.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// TestPlainStore runs the suite over a store without abilities, so that Stage
// and Adopt go their general way.
func TestPlainStore(t *testing.T) {
	t.Parallel()
	blobtest.Run(t, func(t *testing.T) blob.Store { return plain{open(t)} })
}

func TestAs(t *testing.T) {
	t.Parallel()
	s := open(t)
	wrapped, _ := blobtest.Faulty(s)
	twice, _ := blobtest.Faulty(wrapped)
	if d, ok := blob.As[*disk.Store](twice); !ok || blob.Store(d) != s {
		t.Error("the store was not found through two wrappers")
	}
	if _, ok := blob.As[blob.Filer](twice); !ok {
		t.Error("an ability was not found through two wrappers")
	}
	if _, ok := blob.As[blob.Linker](twice); ok {
		t.Error("an ability was found that nobody has")
	}
	if _, ok := blob.As[blob.Filer](plain{s}); ok {
		t.Error("an ability was found through what is no wrapper")
	}
	if _, ok := blob.As[blob.Filer](nil); ok {
		t.Error("an ability was found in no store")
	}
	nofile, _ := blobtest.Faulty(plain{s})
	if _, ok := blob.As[blob.Filer](nofile); ok {
		t.Error("the wrapper made up an ability")
	}
}

func TestFaulty(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	s, faults := blobtest.Faulty(open(t))
	put := func(key string) error {
		_, err := s.Put(t.Context(), key, strings.NewReader("x"))
		return err
	}
	if err := put("a"); err != nil {
		t.Fatal(err)
	}
	faults.Fail("Put", 2, boom)
	if err := put("b"); err != nil {
		t.Error(err)
	}
	if err := put("c"); !errors.Is(err, boom) {
		t.Errorf("the second Put: %v", err)
	}
	if err := put("c"); err != nil {
		t.Error(err)
	}
	if n := faults.Calls("Put"); n != 4 {
		t.Errorf("%d calls", n)
	}

	faults.FailAll("Adopt", boom)
	f, err := blob.Stage(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := blob.Adopt(t.Context(), s, f, "d"); !errors.Is(err, boom) {
		t.Errorf("adopt: %v", err)
	}
	if _, err := os.Stat(f.Name()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the staged file was not consumed: %v", err)
	}
	faults.Clear()

	faults.Fail("Read", 1, boom)
	r, _, err := s.Open(t.Context(), "a", 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := io.ReadAll(r); !errors.Is(err, boom) {
		t.Errorf("read: %v", err)
	}

	gate := make(chan struct{})
	faults.Delay("Stat", 1, gate)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { _, err := s.Stat(ctx, "a"); done <- err }()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("stat: %v", err)
	}
	faults.Delay("Delete", 1, gate)
	go func() { done <- s.Delete(t.Context(), "a") }()
	if _, err := s.Stat(t.Context(), "a"); err != nil {
		t.Errorf("the Delete did not wait: %v", err)
	}
	close(gate)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if _, err := s.Stat(t.Context(), "a"); media.CodeOf(err) != media.NotFound {
		t.Errorf("stat: %v", err)
	}
}

func TestSection(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ size, off, n, want int64 }{
		{10, 0, -1, 10}, {10, 3, -1, 7}, {10, 3, 2, 2}, {10, 3, 7, 7}, {10, 3, 8, 7}, {10, 10, 5, 0}, {0, 0, -1, 0},
		{10, 5, 1<<63 - 1, 5}, {10, 11, 0, -1}, {10, -1, 5, -1}, {0, 1, -1, -1},
	} {
		got, err := blob.Section(c.size, c.off, c.n)
		if c.want < 0 {
			if media.CodeOf(err) != media.Invalid || err == nil {
				t.Errorf("%+v: %d, %v", c, got, err)
			}
		} else if got != c.want || err != nil {
			t.Errorf("%+v: %d, %v", c, got, err)
		}
	}
}

func FuzzValidKey(f *testing.F) {
	for _, s := range []string{"", "a", "a/b", "/a", "a/", "..", "a/../b", "a.b/-_", "A", "a\x00", strings.Repeat("a", 256), "original/demo/ab/abcd"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, key string) {
		if !blob.ValidKey(key) {
			return
		}
		if strings.Contains(key, "..") || strings.Contains(key, "//") || strings.ToLower(key) != key || len(key) > 512 ||
			strings.ContainsAny(key, "\\ %:\x00") || strings.HasPrefix(key, "/") || strings.HasSuffix(key, "/") {
			t.Errorf("%q is valid", key)
		}
		for i := range key {
			if !blob.ValidPrefix(key[:i]) {
				t.Errorf("%q begins with %q, which is no valid prefix", key, key[:i])
			}
		}
	})
}
