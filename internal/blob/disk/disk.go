// Package disk keeps blobs as files of a directory. A blob is written to a
// temporary file of the same file system, synced, renamed into place, and the
// directories on its way are synced: see DESIGN.md of package blob.
package disk

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"tintype/internal/blob"
	"tintype/internal/media"
)

// The two folders of a store: blobs by key, and files being written.
const (
	keyDir = "key"
	tmpDir = "tmp"
)

// Config of a Store. The zero value works.
type Config struct {
	// Reserve is how many bytes of the file system stay free: below it Put,
	// Stage and Adopt answer NoSpace. 0 means 5 % of the file system but at
	// most 1 GiB; below 0 there is no reserve.
	Reserve int64
	// Statfs answers how many bytes are free to us and how large the file
	// system of a directory is. Nil asks the operating system.
	Statfs func(dir string) (free, total uint64, err error)
	// Fault is called before every step that leaves a trace on the disk, with
	// its name (see Points). Its error is taken for that of the step. For
	// tests; nil does nothing.
	Fault func(point string) error
	// Now is the clock for Sweep; nil is time.Now.
	Now    func() time.Time
	Logger *slog.Logger
}

// Store is a blob.Store, blob.Filer and blob.Stager over one directory. It is
// safe for concurrent use within one process; only one process at a time may
// write to the directory.
type Store struct {
	dir  string
	root *os.Root
	cfg  Config
	// commits serialises what changes the entry of one key (by its hash), so
	// that taking back a rename whose sync failed hits nobody else's blob.
	commits [64]sync.Mutex
	seed    maphash.Seed

	dirMu sync.Mutex
	dirs  map[string]struct{} // folders known to be durable
}

// maxDirs bounds the folders that are remembered as durable.
const maxDirs = 1 << 16

var (
	_ blob.Store  = (*Store)(nil)
	_ blob.Filer  = (*Store)(nil)
	_ blob.Stager = (*Store)(nil)
)

// Open makes dir into a store where it is none yet, and removes temporary
// files of a process that died more than an hour ago. A store on a read-only
// file system opens and can be read.
func Open(dir string, cfg Config) (*Store, error) {
	if cfg.Statfs == nil {
		cfg.Statfs = statfs
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("open blob directory: %w", err)
	}
	for _, sub := range []string{keyDir, tmpDir} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o750); err != nil {
			return nil, fmt.Errorf("open blob directory: %w", err)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open blob directory: %w", err)
	}
	s := &Store{dir: dir, root: root, cfg: cfg, seed: maphash.MakeSeed(), dirs: map[string]struct{}{}}
	if err := s.syncDir("."); err != nil && !errors.Is(err, syscall.EROFS) {
		root.Close()
		return nil, fmt.Errorf("open blob directory: %w", err)
	}
	if n, err := s.Sweep(time.Hour); err != nil {
		cfg.Logger.Warn("sweep of temporary blobs", "removed", n, "error", err)
	} else if n > 0 {
		cfg.Logger.Info("sweep of temporary blobs", "removed", n)
	}
	return s, nil
}

// Close implements blob.Store. Files that were handed out stay open.
func (s *Store) Close() error { return s.root.Close() }

func keyPath(key string) string { return path.Join(keyDir, key) }

// File implements blob.Filer: the file is open for reading, at its begin.
func (s *Store) File(ctx context.Context, key string) (*os.File, blob.Info, error) {
	const op = "open blob"
	if err := blob.CheckKey(op, key); err != nil {
		return nil, blob.Info{}, err
	}
	if err := ctx.Err(); err != nil {
		return nil, blob.Info{}, err
	}
	f, err := s.root.Open(keyPath(key))
	if err != nil {
		return nil, blob.Info{}, wrapRead(op, err)
	}
	fi, err := f.Stat()
	if err == nil && !fi.Mode().IsRegular() {
		err = fs.ErrNotExist
	}
	if err != nil {
		f.Close()
		return nil, blob.Info{}, wrapRead(op, err)
	}
	return f, info(key, fi), nil
}

// Open implements blob.Store.
func (s *Store) Open(ctx context.Context, key string, off, n int64) (io.ReadCloser, blob.Info, error) {
	f, i, err := s.File(ctx, key)
	if err != nil {
		return nil, blob.Info{}, err
	}
	if n, err = blob.Section(i.Size, off, n); err == nil && off > 0 {
		_, err = f.Seek(off, io.SeekStart)
	}
	if err != nil {
		f.Close()
		return nil, blob.Info{}, err
	}
	return &reader{ctx: ctx, f: f, left: n}, i, nil
}

// Stat implements blob.Store.
func (s *Store) Stat(ctx context.Context, key string) (blob.Info, error) {
	const op = "stat blob"
	if err := blob.CheckKey(op, key); err != nil {
		return blob.Info{}, err
	}
	if err := ctx.Err(); err != nil {
		return blob.Info{}, err
	}
	fi, err := s.root.Lstat(keyPath(key))
	if err == nil && !fi.Mode().IsRegular() {
		err = fs.ErrNotExist
	}
	if err != nil {
		return blob.Info{}, wrapRead(op, err)
	}
	return info(key, fi), nil
}

// Delete implements blob.Store. It returns when the removal would survive a
// power cut. Folders that become empty stay.
func (s *Store) Delete(ctx context.Context, key string) error {
	const op = "delete blob"
	if _, err := s.Stat(ctx, key); err != nil {
		if media.CodeOf(err) == media.NotFound {
			return nil
		}
		return err
	}
	mu := s.commit(key)
	mu.Lock()
	defer mu.Unlock()
	err := s.root.Remove(keyPath(key))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = s.syncDir(path.Dir(keyPath(key)))
	}
	return wrap(op, err)
}

func info(key string, fi fs.FileInfo) blob.Info {
	return blob.Info{Key: key, Size: fi.Size(), ModTime: fi.ModTime()}
}

// reader reads exactly left bytes of f; an earlier end is an error.
type reader struct {
	ctx  context.Context
	f    *os.File
	left int64
}

func (r *reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	if r.left == 0 {
		return 0, io.EOF
	}
	if int64(len(p)) > r.left {
		p = p[:r.left]
	}
	n, err := r.f.Read(p)
	r.left -= int64(n)
	if err == io.EOF && r.left > 0 {
		err = fmt.Errorf("read blob: %w", io.ErrUnexpectedEOF)
	}
	return n, err
}

func (r *reader) Close() error { return r.f.Close() }
