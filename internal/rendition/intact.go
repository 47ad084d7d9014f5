package rendition

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"

	"tintype/internal/media"
)

// maxChecks bounds how many originals are remembered as intact.
const maxChecks = 1 << 14

// checks knows which originals have been compared with their digests, so that
// each file is hashed once while nobody touches it. The zero value is ready.
type checks struct {
	mu    sync.Mutex
	known map[string]*check // by blob key
}

// check is the comparison of one state of one file.
type check struct {
	info os.FileInfo
	done chan struct{} // closed when err is set
	err  error
}

// wait returns how the comparison came out.
func (c *check) wait(ctx context.Context) error {
	if c == nil {
		return nil
	}
	select {
	case <-c.done:
		return c.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *check) of(info os.FileInfo) bool {
	return os.SameFile(c.info, info) && c.info.Size() == info.Size() && c.info.ModTime().Equal(info.ModTime())
}

// begin returns the comparison of an original in its present state, which is
// started when there is none yet. failed is told once of each that fails;
// such a file is compared again the next time.
func (c *checks) begin(f *shared, v media.Version, failed func(error)) (*check, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if k := c.known[v.Blob]; k != nil && k.of(info) {
		return k, nil
	}
	if c.known == nil {
		c.known = map[string]*check{}
	}
	for key := range c.known {
		if len(c.known) < maxChecks {
			break
		}
		delete(c.known, key)
	}
	k := &check{info: info, done: make(chan struct{})}
	c.known[v.Blob] = k
	f.holders.Add(1)
	go func() {
		defer f.Close()
		defer close(k.done)
		if k.err = compare(f.File, v); k.err == nil {
			return
		}
		c.mu.Lock()
		if c.known[v.Blob] == k {
			delete(c.known, v.Blob)
		}
		c.mu.Unlock()
		failed(k.err)
	}()
	return k, nil
}

// compare hashes a file without moving its position.
func compare(f *os.File, v media.Version) error {
	h := sha256.New()
	n, err := io.Copy(h, io.NewSectionReader(f, 0, v.Info.Bytes))
	switch {
	case err != nil:
		return err
	case n != v.Info.Bytes:
		return fmt.Errorf("original has %d bytes, not %d", n, v.Info.Bytes)
	case hex.EncodeToString(h.Sum(nil)) != v.SHA256:
		return errors.New("original has another digest")
	}
	return nil
}

// shared is a file that is closed when the last of its holders closes it.
type shared struct {
	*os.File
	holders atomic.Int32 // beside the first
}

func (s *shared) Close() error {
	if s.holders.Add(-1) >= 0 {
		return nil
	}
	return s.File.Close()
}
