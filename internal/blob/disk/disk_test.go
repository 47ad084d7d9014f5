package disk

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"tintype/internal/blob"
	"tintype/internal/blob/blobtest"
	"tintype/internal/media"
)

func open(t *testing.T, cfg Config) *Store {
	t.Helper()
	s, err := Open(t.TempDir(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestStore(t *testing.T) {
	t.Parallel()
	blobtest.Run(t, func(t *testing.T) blob.Store { return open(t, Config{}) })
}

func TestStoreBehindWrapper(t *testing.T) {
	t.Parallel()
	blobtest.Run(t, func(t *testing.T) blob.Store {
		s, _ := blobtest.Faulty(open(t, Config{}))
		return s
	})
}

// temps returns the names of the temporary files.
func temps(t *testing.T, s *Store) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(s.dir, tmpDir))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// content returns the bytes of a key, nil if it is missing.
func content(t *testing.T, s *Store, key string) []byte {
	t.Helper()
	r, _, err := s.Open(t.Context(), key, 0, -1)
	if media.CodeOf(err) == media.NotFound {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestFaults(t *testing.T) {
	t.Parallel()
	fault := errors.New("fault")
	at := ""
	s := open(t, Config{Fault: func(point string) error {
		if point == at {
			return fault
		}
		return nil
	}})
	put := func(key, data string) error {
		_, err := s.Put(t.Context(), key, strings.NewReader(data))
		return err
	}
	adopt := func(key, data string) error {
		f, err := s.Stage(t.Context())
		if err != nil {
			return err
		}
		if _, err := f.WriteString(data); err != nil {
			t.Fatal(err)
		}
		_, err = s.Adopt(t.Context(), f, key)
		return err
	}
	get := func(key string) string {
		if b := content(t, s, key); b != nil {
			return string(b)
		}
		return "missing"
	}
	for name, write := range map[string]func(key, data string) error{"put": put, "adopt": adopt} {
		for i, point := range Points() {
			if name == "adopt" && point == pointWrite {
				continue
			}
			fresh := name + "/new/" + string(rune('a'+i)) + "/x"
			old := name + "-old"
			at = ""
			if err := put(old, "old"); err != nil {
				t.Fatal(err)
			}
			at = point
			if err := write(fresh, "new"); !errors.Is(err, fault) {
				t.Errorf("%s of a new key, fault at %q: error %v", name, point, err)
			}
			if got := get(fresh); got != "missing" && (point != pointDone || got != "new") {
				t.Errorf("%s of a new key, fault at %q: it is %q", name, point, got)
			}
			isDir := point == pointMkdir || point == pointSyncParent
			if err := write(old, "new"); !isDir && !errors.Is(err, fault) {
				t.Errorf("%s of an old key, fault at %q: error %v", name, point, err)
			}
			if got := get(old); got != "old" && (got != "new" || !isDir && point != pointDone && point != pointSyncDir) {
				t.Errorf("%s of an old key, fault at %q: it is %q", name, point, got)
			}
			if left := temps(t, s); len(left) > 0 {
				t.Errorf("%s, fault at %q: left %v", name, point, left)
			}
			at = ""
			if err := write(fresh, "again"); err != nil || get(fresh) != "again" {
				t.Errorf("%s after a fault at %q: %v", name, point, err)
			}
		}
	}
}

// TestSteps pins the order on which durability rests.
func TestSteps(t *testing.T) {
	t.Parallel()
	var steps []string
	s := open(t, Config{Fault: func(point string) error { steps = append(steps, point); return nil }})
	if _, err := s.Put(t.Context(), "a/b/c", strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	want := []string{"create", "write", "sync", "mkdir", "sync parent", "mkdir", "sync parent", "rename", "sync dir", "done"}
	if !slices.Equal(steps, want) {
		t.Errorf("steps of a first Put:\n got %q\nwant %q", steps, want)
	}
	steps = nil
	if _, err := s.Put(t.Context(), "a/b/d", strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	want = []string{"create", "write", "sync", "rename", "sync dir", "done"}
	if !slices.Equal(steps, want) {
		t.Errorf("steps of a second Put:\n got %q\nwant %q", steps, want)
	}
	// A folder that another process made may not be durable yet.
	if err := os.Mkdir(filepath.Join(s.dir, keyDir, "z"), 0o750); err != nil {
		t.Fatal(err)
	}
	steps = nil
	if _, err := s.Put(t.Context(), "z/d", strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	want = []string{"create", "write", "sync", "mkdir", "sync parent", "rename", "sync dir", "done"}
	if !slices.Equal(steps, want) {
		t.Errorf("steps of a Put into a found folder:\n got %q\nwant %q", steps, want)
	}
}

func TestNoSpace(t *testing.T) {
	t.Parallel()
	for _, errno := range []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EROFS} {
		for _, point := range []string{pointCreate, pointWrite, pointSync, pointMkdir, pointRename, pointSyncDir} {
			s := open(t, Config{Fault: func(p string) error {
				if p == point {
					return &fs.PathError{Op: "write", Path: "x", Err: errno}
				}
				return nil
			}})
			_, err := s.Put(t.Context(), "a/b", strings.NewReader("x"))
			if media.CodeOf(err) != media.NoSpace || strings.Contains(media.MessageOf(err), s.dir) {
				t.Errorf("%v at %q: %v", errno, point, err)
			}
		}
	}
}

func TestReserve(t *testing.T) {
	t.Parallel()
	const gib = 1 << 30
	for _, c := range []struct {
		name        string
		reserve     int64
		free, total uint64
		full        bool
	}{
		{"5 % of a small disk, just there", 0, gib / 20, gib, false},
		{"5 % of a small disk, one byte less", 0, gib/20 - 1, gib, true},
		{"1 GiB of a large disk, just there", 0, gib, 100 * gib, false},
		{"1 GiB of a large disk, one byte less", 0, gib - 1, 100 * gib, true},
		{"own reserve, there", 1000, 1000, 100 * gib, false},
		{"own reserve, not there", 1000, 999, 100 * gib, true},
		{"none", -1, 0, 100 * gib, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			free := uint64(1 << 50)
			s := open(t, Config{Reserve: c.reserve, Statfs: func(string) (uint64, uint64, error) { return free, c.total, nil }})
			staged, err := s.Stage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			free = c.free
			check := func(what string, err error) {
				t.Helper()
				if full := media.CodeOf(err) == media.NoSpace; full != c.full || !full && err != nil {
					t.Errorf("%s: %v", what, err)
				}
			}
			_, err = s.Put(t.Context(), "a", strings.NewReader("x"))
			check("put", err)
			f, err := s.Stage(t.Context())
			check("stage", err)
			_ = blob.Discard(f)
			_, err = s.Adopt(t.Context(), staged, "b")
			check("adopt", err)
			if left := temps(t, s); len(left) > 0 {
				t.Errorf("left %v", left)
			}
			free = 1 << 50
			if _, err = s.Put(t.Context(), "c", strings.NewReader("x")); err != nil {
				t.Errorf("put with room again: %v", err)
			}
		})
	}
}

func TestStatfsOfSystem(t *testing.T) {
	t.Parallel()
	free, total, err := statfs(t.TempDir())
	if err != nil || total > 0 && free > total {
		t.Errorf("%d of %d free, %v", free, total, err)
	}
}

func TestSweep(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	now := time.Now()
	s, err := Open(dir, Config{})
	if err != nil {
		t.Fatal(err)
	}
	for name, age := range map[string]time.Duration{"old": 61 * time.Minute, "young": 59 * time.Minute} {
		p := filepath.Join(dir, tmpDir, name)
		if err := os.WriteFile(p, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(p, now.Add(-age), now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Put(t.Context(), "a", strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	s.Close()
	if s, err = Open(dir, Config{Now: func() time.Time { return now }}); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if left := temps(t, s); !slices.Equal(left, []string{"young"}) {
		t.Errorf("left %v", left)
	}
	if n, err := s.Sweep(58 * time.Minute); n != 1 || err != nil {
		t.Errorf("swept %d, %v", n, err)
	}
	if _, err := s.Stat(t.Context(), "a"); err != nil {
		t.Error(err)
	}
}

// TestAdoptSwept adopts a file whose temporary name is gone.
func TestAdoptSwept(t *testing.T) {
	t.Parallel()
	s := open(t, Config{Now: func() time.Time { return time.Now().Add(time.Minute) }})
	f, err := s.Stage(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("kept"); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Sweep(0); n != 1 || err != nil {
		t.Fatalf("swept %d, %v", n, err)
	}
	if _, err := s.Adopt(t.Context(), f, "a"); err != nil {
		t.Fatal(err)
	}
	if i, err := s.Stat(t.Context(), "a"); err != nil || i.Size != 4 {
		t.Errorf("%+v, %v", i, err)
	}
}

func TestForeignFiles(t *testing.T) {
	t.Parallel()
	s := open(t, Config{})
	outside := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(outside, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	keys := filepath.Join(s.dir, keyDir)
	for _, err := range []error{
		os.MkdirAll(filepath.Join(keys, "a", "Upper"), 0o750),
		os.WriteFile(filepath.Join(keys, "a", "Upper", "x"), nil, 0o600),
		os.WriteFile(filepath.Join(keys, "a", "x~"), nil, 0o600),
		os.Symlink(outside, filepath.Join(keys, "a", "link")),
		os.Symlink(filepath.Dir(outside), filepath.Join(keys, "folder")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Put(t.Context(), "a/real", strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	n := 0
	for i, err := range s.List(t.Context(), "") {
		if n++; err != nil || i.Key != "a/real" {
			t.Errorf("listed %+v, %v", i, err)
		}
	}
	if n != 1 {
		t.Errorf("listed %d", n)
	}
	for _, key := range []string{"a/link", "folder/secret"} {
		if r, _, err := s.Open(t.Context(), key, 0, -1); err == nil {
			r.Close()
			t.Errorf("%s leads out of the store", key)
		}
	}
	if _, err := s.Put(t.Context(), "folder/x", strings.NewReader("x")); err == nil {
		t.Error("a Put leads out of the store")
	}
	if _, err := s.Put(t.Context(), "a/link", strings.NewReader("new")); err != nil {
		t.Errorf("put over a link: %v", err)
	}
	if b, err := os.ReadFile(outside); err != nil || string(b) != "secret" {
		t.Errorf("the file outside is %q, %v", b, err)
	}
}

func TestFolderConflict(t *testing.T) {
	t.Parallel()
	s := open(t, Config{})
	if _, err := s.Put(t.Context(), "a/b", strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"a", "a/b/c"} {
		if _, err := s.Put(t.Context(), key, strings.NewReader("y")); media.CodeOf(err) != media.Conflict {
			t.Errorf("put %s: %v", key, err)
		}
	}
	if left := temps(t, s); len(left) > 0 {
		t.Errorf("left %v", left)
	}
}

// TestShortFile cuts a file under an open reader.
func TestShortFile(t *testing.T) {
	t.Parallel()
	s := open(t, Config{})
	if _, err := s.Put(t.Context(), "a", bytes.NewReader(blobtest.Bytes(1, 1000))); err != nil {
		t.Fatal(err)
	}
	r, _, err := s.Open(t.Context(), "a", 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := os.Truncate(filepath.Join(s.dir, keyDir, "a"), 500); err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(r); !errors.Is(err, io.ErrUnexpectedEOF) || len(b) != 500 {
		t.Errorf("read %d bytes, %v", len(b), err)
	}
}

func TestReadEndsWithContext(t *testing.T) {
	t.Parallel()
	s := open(t, Config{})
	if _, err := s.Put(t.Context(), "a", strings.NewReader("hello")); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	r, _, err := s.Open(ctx, "a", 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cancel()
	if _, err := r.Read(make([]byte, 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("read: %v", err)
	}
}

func TestOpenNeedsDirectory(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := Open(file, Config{}); err == nil {
		s.Close()
		t.Error("a file was opened as a store")
	}
}

func BenchmarkPut(b *testing.B) {
	s, err := Open(b.TempDir(), Config{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	data := blobtest.Bytes(1, 20_000)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := s.Put(b.Context(), "a/b/c", bytes.NewReader(data)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFile(b *testing.B) {
	s, err := Open(b.TempDir(), Config{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Put(b.Context(), "rendition/demo/ab/abcdef", strings.NewReader("x")); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		f, _, err := s.File(b.Context(), "rendition/demo/ab/abcdef")
		if err != nil {
			b.Fatal(err)
		}
		f.Close()
	}
}
