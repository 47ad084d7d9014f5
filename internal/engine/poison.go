package engine

import (
	"container/list"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"tintype/internal/media"
)

const (
	poisonDeaths = 2         // so many killed workers make a file poisonous
	poisonTTL    = time.Hour // after its last kill, a file gets a new chance
	poisonMax    = 4096      // files remembered
	poisonSample = 64 << 10  // bytes hashed at either end of a file
)

// poisonKey recognises a file by its size and both its ends.
type poisonKey [sha256.Size]byte

func poisonKeyOf(r io.ReaderAt, size int64) (poisonKey, error) {
	h := sha256.New()
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], uint64(size))
	h.Write(n[:])
	head := min(size, poisonSample)
	tail := max(head, size-poisonSample)
	for _, part := range []*io.SectionReader{io.NewSectionReader(r, 0, head), io.NewSectionReader(r, tail, size-tail)} {
		if _, err := io.Copy(h, part); err != nil && !errors.Is(err, io.EOF) {
			return poisonKey{}, fmt.Errorf("read source: %w", err)
		}
	}
	return poisonKey(h.Sum(nil)), nil
}

// poison remembers files under which workers died. Safe for concurrent use.
type poison struct {
	now   func() time.Time
	size  atomic.Int64
	mu    sync.Mutex
	files map[poisonKey]*list.Element
	order *list.List // of *victim, latest first
}

type victim struct {
	key    poisonKey
	deaths int
	last   time.Time
}

func newPoison(now func() time.Time) *poison {
	return &poison{now: now, files: map[poisonKey]*list.Element{}, order: list.New()}
}

// victims returns what the sources are remembered by, computed when it is
// first asked for.
func victims(src []Source) func() ([]poisonKey, error) {
	return sync.OnceValues(func() ([]poisonKey, error) {
		keys := make([]poisonKey, len(src))
		for i, s := range src {
			var err error
			if keys[i], err = poisonKeyOf(s, s.Size()); err != nil {
				return nil, err
			}
		}
		return keys, nil
	})
}

// check answers with an Invalid error when one of the files is poisonous. As
// long as nothing is remembered, the files are not read for it.
func (p *poison) check(victims func() ([]poisonKey, error)) error {
	if p.size.Load() == 0 {
		return nil
	}
	keys, err := victims()
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, k := range keys {
		e := p.files[k]
		if e == nil {
			continue
		}
		v := e.Value.(*victim)
		if age := p.now().Sub(v.last); age > poisonTTL {
			p.remove(e)
			continue
		}
		if v.deaths >= poisonDeaths {
			return media.Errorf(media.Invalid, "The file made its decoder crash before and is not processed again")
		}
	}
	return nil
}

// count notes that a worker died under these files.
func (p *poison) count(victims func() ([]poisonKey, error)) error {
	keys, err := victims()
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, k := range keys {
		e := p.files[k]
		if e == nil {
			e = p.order.PushFront(&victim{key: k})
			p.files[k] = e
		}
		v := e.Value.(*victim)
		v.deaths++
		v.last = p.now()
		p.order.MoveToFront(e)
	}
	for p.order.Len() > poisonMax {
		p.remove(p.order.Back())
	}
	p.size.Store(int64(p.order.Len()))
	return nil
}

// forget clears files that a worker survived after all.
func (p *poison) forget(victims func() ([]poisonKey, error)) {
	if p.size.Load() == 0 {
		return
	}
	keys, err := victims()
	if err != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, k := range keys {
		if e := p.files[k]; e != nil {
			p.remove(e)
		}
	}
}

func (p *poison) remove(e *list.Element) {
	p.order.Remove(e)
	delete(p.files, e.Value.(*victim).key)
	p.size.Store(int64(p.order.Len()))
}
