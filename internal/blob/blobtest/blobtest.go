// Package blobtest is the suite that every blob.Store must pass, and a Store
// that fails where a test wants it to.
package blobtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"tintype/internal/blob"
	"tintype/internal/media"
)

// Run tests the contract of blob.Store. open makes a new, empty store and
// sees to its end with t.Cleanup.
func Run(t *testing.T, open func(t *testing.T) blob.Store) {
	for _, c := range []struct {
		name string
		test func(*testing.T, blob.Store)
	}{
		{"PutAndOpen", testPutAndOpen},
		{"Replace", testReplace},
		{"FailedPut", testFailedPut},
		{"Ranges", testRanges},
		{"EmptyBlob", testEmptyBlob},
		{"BigBlob", testBigBlob},
		{"MissingKey", testMissingKey},
		{"BadKeys", testBadKeys},
		{"Delete", testDelete},
		{"List", testList},
		{"ListStops", testListStops},
		{"Context", testContext},
		{"Concurrent", testConcurrent},
		{"Stage", testStage},
		{"File", testFile},
		{"Link", testLink},
		{"Model", testModel},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(t, open(t))
		})
	}
}

// Bytes returns n bytes that look random and depend on seed only.
func Bytes(seed uint64, n int) []byte {
	var s [32]byte
	for i := range 8 {
		s[i] = byte(seed >> (8 * i))
	}
	b := make([]byte, n)
	_, _ = rand.NewChaCha8(s).Read(b)
	return b
}

func put(t *testing.T, s blob.Store, key string, data []byte) {
	t.Helper()
	i, err := s.Put(t.Context(), key, bytes.NewReader(data))
	if err != nil {
		t.Fatalf("put %s: %v", key, err)
	}
	if i.Key != key || i.Size != int64(len(data)) || i.ModTime.IsZero() {
		t.Fatalf("put %s of %d bytes: info %+v", key, len(data), i)
	}
}

// read gives the bytes of a range, however far it gets.
func read(ctx context.Context, s blob.Store, key string, off, n int64) ([]byte, blob.Info, error) {
	r, i, err := s.Open(ctx, key, off, n)
	if err != nil {
		return nil, i, err
	}
	b, err := io.ReadAll(r)
	return b, i, errors.Join(err, r.Close())
}

func want(t *testing.T, s blob.Store, key string, data []byte) {
	t.Helper()
	got, i, err := read(t.Context(), s, key, 0, -1)
	if err != nil {
		t.Fatalf("open %s: %v", key, err)
	}
	if !bytes.Equal(got, data) {
		t.Fatalf("%s has %d bytes that are not the %d put", key, len(got), len(data))
	}
	if i.Key != key || i.Size != int64(len(data)) || i.ModTime.IsZero() {
		t.Fatalf("open %s of %d bytes: info %+v", key, len(data), i)
	}
	st, err := s.Stat(t.Context(), key)
	if err != nil || st.Key != key || st.Size != i.Size || !st.ModTime.Equal(i.ModTime) {
		t.Fatalf("stat %s: %+v, %v; opened as %+v", key, st, err, i)
	}
}

func wantCode(t *testing.T, err error, code media.Code, what string) {
	t.Helper()
	if err == nil || media.CodeOf(err) != code {
		t.Fatalf("%s: got error %v, want code %v", what, err, code)
	}
}

func wantMissing(t *testing.T, s blob.Store, key string) {
	t.Helper()
	_, err := s.Stat(t.Context(), key)
	wantCode(t, err, media.NotFound, "stat "+key)
	_, _, err = read(t.Context(), s, key, 0, -1)
	wantCode(t, err, media.NotFound, "open "+key)
}

func list(t *testing.T, s blob.Store, prefix string) []string {
	t.Helper()
	keys := []string{}
	for i, err := range s.List(t.Context(), prefix) {
		if err != nil {
			t.Fatalf("list %q: %v", prefix, err)
		}
		keys = append(keys, i.Key)
	}
	return keys
}

func testPutAndOpen(t *testing.T, s blob.Store) {
	for i, key := range []string{"a", "b/c", "original/demo/ab/" + strings.Repeat("ab", 32), "x/y-z_0/.hidden", strings.Repeat("k", 255) + "/" + strings.Repeat("l", 255)} {
		data := Bytes(uint64(i), 1000+i)
		put(t, s, key, data)
		want(t, s, key, data)
	}
}

func testReplace(t *testing.T, s blob.Store) {
	for i, n := range []int{10, 5000, 7, 0, 3} {
		data := Bytes(uint64(i), n)
		put(t, s, "a/b", data)
		want(t, s, "a/b", data)
	}
	if got := list(t, s, ""); len(got) != 1 {
		t.Fatalf("listed %v", got)
	}
}

var errSource = errors.New("the source broke")

func testFailedPut(t *testing.T, s blob.Store) {
	old := Bytes(1, 100)
	put(t, s, "old", old)
	for _, key := range []string{"old", "new"} {
		for _, n := range []int{0, 1000, 17 << 20} {
			src := io.MultiReader(bytes.NewReader(Bytes(2, n)), errReader{errSource})
			if _, err := s.Put(t.Context(), key, src); !errors.Is(err, errSource) {
				t.Fatalf("put %s, broken after %d bytes: got error %v", key, n, err)
			}
		}
	}
	coded := media.Errorf(media.TooLarge, "Too large")
	_, err := s.Put(t.Context(), "new", errReader{fmt.Errorf("count: %w", coded)})
	wantCode(t, err, media.TooLarge, "put of a reader that fails with a code")
	want(t, s, "old", old)
	wantMissing(t, s, "new")
	if got := list(t, s, ""); len(got) != 1 {
		t.Fatalf("listed %v", got)
	}
}

type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) { return 0, r.err }

func testRanges(t *testing.T, s blob.Store) {
	data := Bytes(3, 1000)
	put(t, s, "r", data)
	for _, c := range []struct{ off, n, from, to int64 }{
		{0, -1, 0, 1000}, {0, 1000, 0, 1000}, {0, 1001, 0, 1000}, {0, 1, 0, 1}, {0, 0, 0, 0},
		{1, -1, 1, 1000}, {500, 100, 500, 600}, {999, 1, 999, 1000}, {999, -7, 999, 1000},
		{999, 1 << 40, 999, 1000}, {1000, -1, 0, 0}, {1000, 0, 0, 0}, {1000, 5, 0, 0}, {500, 0, 0, 0},
	} {
		got, i, err := read(t.Context(), s, "r", c.off, c.n)
		if err != nil || !bytes.Equal(got, data[c.from:c.to]) {
			t.Errorf("open at %d, %d bytes: got %d bytes, error %v", c.off, c.n, len(got), err)
		}
		if i.Size != 1000 || i.Key != "r" {
			t.Errorf("open at %d, %d bytes: info %+v", c.off, c.n, i)
		}
	}
	for _, c := range []struct{ off, n int64 }{{1001, -1}, {1001, 0}, {1001, 1}, {1 << 40, -1}, {-1, -1}, {-1, 0}, {-1000, 10}} {
		_, _, err := read(t.Context(), s, "r", c.off, c.n)
		wantCode(t, err, media.Invalid, fmt.Sprintf("open at %d, %d bytes", c.off, c.n))
	}
}

func testEmptyBlob(t *testing.T, s blob.Store) {
	put(t, s, "e", nil)
	want(t, s, "e", nil)
	for _, n := range []int64{-1, 0, 1, 100} {
		if got, _, err := read(t.Context(), s, "e", 0, n); err != nil || len(got) != 0 {
			t.Errorf("open of %d bytes: got %d bytes, error %v", n, len(got), err)
		}
	}
	_, _, err := read(t.Context(), s, "e", 1, -1)
	wantCode(t, err, media.Invalid, "open past the end")
}

// testBigBlob passes what a store may take for one part, from a reader that
// gives odd portions.
func testBigBlob(t *testing.T, s blob.Store) {
	data := Bytes(4, 21<<20+17)
	i, err := s.Put(t.Context(), "big", oddReader{bytes.NewReader(data)})
	if err != nil || i.Size != int64(len(data)) {
		t.Fatalf("put: %+v, %v", i, err)
	}
	want(t, s, "big", data)
	got, _, err := read(t.Context(), s, "big", 16<<20-3, 11)
	if err != nil || !bytes.Equal(got, data[16<<20-3:16<<20+8]) {
		t.Fatalf("range over a part's end: %d bytes, %v", len(got), err)
	}
}

// oddReader hides the length and the Seeker of its reader.
type oddReader struct{ r io.Reader }

func (o oddReader) Read(p []byte) (int, error) { return o.r.Read(p[:min(len(p), 10007)]) }

func testMissingKey(t *testing.T, s blob.Store) {
	put(t, s, "a/b", []byte("x"))
	for _, key := range []string{"c", "a", "a/c", "a/b/c", "a/b/c/d"} {
		wantMissing(t, s, key)
		if err := s.Delete(t.Context(), key); err != nil {
			t.Errorf("delete %s: %v", key, err)
		}
	}
	want(t, s, "a/b", []byte("x"))
}

func testBadKeys(t *testing.T, s blob.Store) {
	for _, key := range []string{
		"", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/..", "a/../b", "a..", "..a/b", "a..b", "a/./b", "A", "a b", "a\x00", "a\n", `a\b`,
		"ä", "a%2fb", "a:b", "~", strings.Repeat("a", 256), strings.Repeat("a/", 256) + "b",
	} {
		_, err := s.Put(t.Context(), key, strings.NewReader("x"))
		wantCode(t, err, media.Invalid, fmt.Sprintf("put %q", key))
		_, _, err = s.Open(t.Context(), key, 0, -1)
		wantCode(t, err, media.Invalid, fmt.Sprintf("open %q", key))
		_, err = s.Stat(t.Context(), key)
		wantCode(t, err, media.Invalid, fmt.Sprintf("stat %q", key))
		wantCode(t, s.Delete(t.Context(), key), media.Invalid, fmt.Sprintf("delete %q", key))
		f, err := blob.Stage(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		_, err = blob.Adopt(t.Context(), s, f, key)
		wantCode(t, err, media.Invalid, fmt.Sprintf("adopt %q", key))
	}
	for _, prefix := range []string{"/", "a//", "..", "../", "a/..", "a/../", "a..", "A", "a b"} {
		for _, err := range s.List(t.Context(), prefix) {
			wantCode(t, err, media.Invalid, fmt.Sprintf("list %q", prefix))
		}
	}
	if got := list(t, s, ""); len(got) != 0 {
		t.Fatalf("listed %v", got)
	}
}

func testDelete(t *testing.T, s blob.Store) {
	put(t, s, "a/b", []byte("x"))
	put(t, s, "a/c", []byte("y"))
	for range 2 {
		if err := s.Delete(t.Context(), "a/b"); err != nil {
			t.Fatal(err)
		}
		wantMissing(t, s, "a/b")
	}
	want(t, s, "a/c", []byte("y"))
	put(t, s, "a/b", []byte("z"))
	want(t, s, "a/b", []byte("z"))
}
