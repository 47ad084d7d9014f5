package disk

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"tintype/internal/blob"
	"tintype/internal/media"
)

// The steps of a Put in their order; Adopt begins at pointSync.
const (
	pointCreate     = "create"      // temporary file
	pointWrite      = "write"       // its content
	pointSync       = "sync"        // its fsync
	pointMkdir      = "mkdir"       // a folder that the key needs; once per folder
	pointSyncParent = "sync parent" // fsync of the folder above; once per new folder
	pointRename     = "rename"      // into place
	pointSyncDir    = "sync dir"    // fsync of the folder of the blob
	pointDone       = "done"        // nothing left but to return
)

// Points returns the names that Config.Fault is called with, in the order of
// the steps of a Put.
func Points() []string {
	return []string{pointCreate, pointWrite, pointSync, pointMkdir, pointSyncParent, pointRename, pointSyncDir, pointDone}
}

func (s *Store) fault(point string) error {
	if s.cfg.Fault == nil {
		return nil
	}
	return s.cfg.Fault(point)
}

// Put implements blob.Store.
func (s *Store) Put(ctx context.Context, key string, r io.Reader) (blob.Info, error) {
	if err := blob.CheckKey("put blob", key); err != nil {
		return blob.Info{}, err
	}
	f, err := s.create(ctx)
	if err != nil {
		return blob.Info{}, err
	}
	defer blob.Discard(f)
	err = s.fault(pointWrite)
	if err == nil {
		_, err = io.Copy(f, ctxReader{ctx, r})
	}
	if err != nil {
		return blob.Info{}, wrap("put blob", err)
	}
	return s.keep(ctx, f, key)
}

// Stage implements blob.Stager.
func (s *Store) Stage(ctx context.Context) (*os.File, error) { return s.create(ctx) }

// Adopt implements blob.Stager. A file that does not lie in this store's
// folder of temporary files is copied.
func (s *Store) Adopt(ctx context.Context, f *os.File, key string) (blob.Info, error) {
	defer blob.Discard(f)
	if err := blob.CheckKey("adopt blob", key); err != nil {
		return blob.Info{}, err
	}
	fi, err := f.Stat()
	if err != nil {
		return blob.Info{}, wrap("adopt blob", err)
	}
	own, err := s.root.Lstat(tmpPath(f))
	if err == nil && os.SameFile(fi, own) {
		return s.keep(ctx, f, key)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return blob.Info{}, wrap("adopt blob", err)
	}
	return s.Put(ctx, key, f)
}

func tmpPath(f *os.File) string { return path.Join(tmpDir, filepath.Base(f.Name())) }

// create makes a temporary file, unless the reserve is touched.
func (s *Store) create(ctx context.Context) (*os.File, error) {
	const op = "create temporary blob"
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	err := s.checkReserve()
	if err == nil {
		err = s.fault(pointCreate)
	}
	if err != nil {
		return nil, wrap(op, err)
	}
	f, err := s.root.OpenFile(path.Join(tmpDir, strings.ToLower(rand.Text())), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o640)
	if err != nil {
		return nil, wrap(op, err)
	}
	return f, nil
}

// keep makes f, a temporary file of the store, durable under key. When it
// fails, what key named before is still there, or, if only the last sync
// failed, f's content.
func (s *Store) keep(ctx context.Context, f *os.File, key string) (blob.Info, error) {
	const op = "put blob"
	if err := ctx.Err(); err != nil {
		return blob.Info{}, err
	}
	err := s.checkReserve()
	if err == nil {
		err = s.fault(pointSync)
	}
	if err == nil {
		err = f.Sync()
	}
	var fi fs.FileInfo
	if err == nil {
		fi, err = f.Stat()
	}
	if err == nil {
		err = s.mkdir(path.Dir(keyPath(key)))
	}
	if err == nil {
		err = s.place(tmpPath(f), key)
	}
	if err != nil {
		return blob.Info{}, wrap(op, err)
	}
	return info(key, fi), nil
}

// place renames tmp to key and syncs the folder. Where that sync fails, a
// key that was new is taken away again; one that was replaced stays whole.
func (s *Store) place(tmp, key string) error {
	mu := s.commit(key)
	mu.Lock()
	defer mu.Unlock()
	name := keyPath(key)
	_, err := s.root.Lstat(name)
	fresh := errors.Is(err, fs.ErrNotExist)
	if err := s.fault(pointRename); err != nil {
		return err
	}
	if err := s.root.Rename(tmp, name); err != nil {
		return err
	}
	err = s.fault(pointSyncDir)
	if err == nil {
		err = s.syncDir(path.Dir(name))
	}
	if err != nil {
		if fresh {
			err = errors.Join(err, s.root.Remove(name))
		}
		return err
	}
	return s.fault(pointDone)
}

// mkdir sees to it that the folder name exists and would survive a power cut,
// with those above it. That a folder exists says nothing about the latter:
// another Put, or a process that died, may have made it a moment ago. So the
// first use of a folder in the life of a Store syncs the one above.
func (s *Store) mkdir(name string) error {
	s.dirMu.Lock()
	defer s.dirMu.Unlock()
	return s.mkdirLocked(name)
}

func (s *Store) mkdirLocked(name string) error {
	if _, ok := s.dirs[name]; ok || name == keyDir {
		return nil
	}
	if err := s.mkdirLocked(path.Dir(name)); err != nil {
		return err
	}
	if err := s.fault(pointMkdir); err != nil {
		return err
	}
	err := s.root.Mkdir(name, 0o750)
	made := err == nil
	if !made {
		fi, serr := s.root.Lstat(name)
		if serr != nil {
			return err
		}
		if !fi.IsDir() {
			return syscall.ENOTDIR
		}
	}
	err = s.fault(pointSyncParent)
	if err == nil {
		err = s.syncDir(path.Dir(name))
	}
	if err != nil {
		if made {
			err = errors.Join(err, s.root.Remove(name))
		}
		return err
	}
	if len(s.dirs) >= maxDirs {
		clear(s.dirs)
	}
	s.dirs[name] = struct{}{}
	return nil
}

// syncDir makes the entries of a folder durable. File systems that cannot
// sync a folder say so with EINVAL or ENOTSUP: there nothing better is to be had.
func (s *Store) syncDir(name string) error {
	d, err := s.root.Open(name)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, syscall.ENOTSUP) {
		return err
	}
	return nil
}

// Sweep removes temporary files that nobody has written to for longer than
// age, and returns how many. A file that is still open stays readable and
// writable, but can no longer be adopted without a copy.
func (s *Store) Sweep(age time.Duration) (int, error) {
	d, err := s.root.Open(tmpDir)
	if err != nil {
		return 0, fmt.Errorf("sweep: %w", err)
	}
	defer d.Close()
	limit := s.cfg.Now().Add(-age)
	removed := 0
	for {
		list, err := d.ReadDir(256)
		for _, e := range list {
			fi, ierr := e.Info()
			if ierr != nil || fi.IsDir() || !fi.ModTime().Before(limit) {
				continue
			}
			if rerr := s.root.Remove(path.Join(tmpDir, e.Name())); rerr == nil {
				removed++
			} else if !errors.Is(rerr, fs.ErrNotExist) {
				return removed, fmt.Errorf("sweep: %w", rerr)
			}
		}
		if err == io.EOF {
			return removed, nil
		}
		if err != nil {
			return removed, fmt.Errorf("sweep: %w", err)
		}
	}
}

func (s *Store) checkReserve() error {
	if s.cfg.Reserve < 0 {
		return nil
	}
	free, total, err := s.cfg.Statfs(s.dir)
	if err != nil {
		return err
	}
	reserve := uint64(s.cfg.Reserve)
	if reserve == 0 {
		reserve = min(total/20, 1<<30)
	}
	if free < reserve {
		return &media.Error{Code: media.NoSpace, Message: noSpace,
			Err: &media.LimitError{What: "free bytes", Max: int64(reserve), Got: int64(free)}}
	}
	return nil
}

func (s *Store) commit(key string) *sync.Mutex {
	return &s.commits[maphash.String(s.seed, key)%uint64(len(s.commits))]
}

// ctxReader ends reading when its context ends.
type ctxReader struct {
	ctx context.Context
	r   io.Reader
}

func (c ctxReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

const noSpace = "The storage is full"

// wrap gives an error of writing its code.
func wrap(op string, err error) error {
	var known *media.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return fmt.Errorf("%s: %w", op, err)
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EROFS):
		return &media.Error{Code: media.NoSpace, Op: op, Message: noSpace, Err: err}
	case errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.EISDIR), errors.Is(err, syscall.EEXIST), errors.Is(err, syscall.ENOTEMPTY):
		return &media.Error{Code: media.Conflict, Op: op, Message: "The blob key is a folder of another", Err: err}
	}
	return fmt.Errorf("%s: %w", op, err)
}

// wrapRead gives an error of looking a key up its code.
func wrapRead(op string, err error) error {
	if missing(err) {
		return &media.Error{Code: media.NotFound, Op: op, Message: "Resource not found", Err: err}
	}
	return fmt.Errorf("%s: %w", op, err)
}

// missing also holds for a key below a blob.
func missing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}
