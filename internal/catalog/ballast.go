package catalog

import (
	"crypto/rand"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

const (
	// ballastSize is the room that deletions may use when there is no other.
	ballastSize = 4 << 20
	// ballastRoom is how much must be free before the ballast is laid in
	// again, so that it does not take the room that was just won.
	ballastRoom = 4 * ballastSize
	// ballastPause is the least time between two looks for that room.
	ballastPause = 10 * time.Second
)

// ballast is a file beside an SQLite database that holds nothing. SQLite
// needs room to delete: it writes what changes before it lets go of anything.
// On a full disk the ballast is dropped for that. nil has none.
type ballast struct {
	path string
	log  *slog.Logger
	free func(dir string) (uint64, error)
	now  func() time.Time

	mu     sync.Mutex
	laid   bool
	looked time.Time
}

// openBallast lays the ballast in, unless there is no room: the database is
// as good without, until the disk is full.
func openBallast(database string, log *slog.Logger) *ballast {
	b := &ballast{path: database + "-ballast", log: log, free: freeBytes, now: time.Now}
	b.lay()
	return b
}

func freeBytes(dir string) (uint64, error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return 0, err
	}
	return st.Bavail * uint64(st.Bsize), nil
}

// lay makes sure that the ballast is there if there is room for it.
func (b *ballast) lay() {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.laid || !b.looked.IsZero() && b.now().Sub(b.looked) < ballastPause {
		return
	}
	b.looked = b.now()
	if info, err := os.Stat(b.path); err == nil && info.Size() == ballastSize {
		b.laid = true
		return
	}
	if free, err := b.free(filepath.Dir(b.path)); err != nil || free < ballastRoom {
		return
	}
	if err := writeBallast(b.path); err != nil {
		b.log.Warn("the room that deletions need on a full disk cannot be set aside", "err", err)
		os.Remove(b.path)
		return
	}
	b.laid = true
}

// writeBallast fills a file with what no file system can compress away.
func writeBallast(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.CopyN(f, rand.Reader, ballastSize)
	if err == nil {
		err = f.Sync() // a full disk may show only now
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return err
}

// drop gives the ballast's room back and reports whether there was any.
func (b *ballast) drop() bool {
	if b == nil {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.laid, b.looked = false, b.now()
	if err := os.Remove(b.path); err != nil {
		return false
	}
	b.log.Warn("the disk is full: the room that was set aside for deletions is in use now", "bytes", ballastSize)
	return true
}
