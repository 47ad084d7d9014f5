package engine

import (
	"container/list"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"tintype/internal/media"
	"tintype/internal/transform"
)

const (
	poisonDeaths = 2         // so many killed workers make a file or job poisonous
	poisonTTL    = time.Hour // after its last kill, it gets a new chance
	poisonMax    = 4096      // remembered at most
	poisonSample = 64 << 10  // bytes hashed at either end of a file
)

// poisonKey recognises a file by its size and both its ends, or a job.
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

// poison remembers files and jobs under which workers died. Safe for concurrent use.
type poison struct {
	now   func() time.Time
	size  atomic.Int64
	mu    sync.Mutex
	marks map[poisonKey]*list.Element
	order *list.List // of *victim, latest first
}

type victim struct {
	key    poisonKey
	deaths int
	last   time.Time
}

func newPoison(now func() time.Time) *poison {
	return &poison{now: now, marks: map[poisonKey]*list.Element{}, order: list.New()}
}

// suspects are what a job is remembered by when a worker dies under it: its
// files, and what was asked of them. A healthy file must not be refused
// because of a request that no worker survives.
type suspects struct {
	files []poisonKey
	job   poisonKey
	// plain: the job asks so little that a death is the file's own fault.
	plain bool
}

// blamed is the key that a death counts for.
func (s suspects) blamed() poisonKey {
	if s.plain && len(s.files) == 1 {
		return s.files[0]
	}
	return s.job
}

// suspectsOf returns a job's suspects, computed when they are first asked for.
func suspectsOf(req request, src []Source) func() (suspects, error) {
	return sync.OnceValues(func() (suspects, error) {
		s := suspects{files: make([]poisonKey, len(src)), plain: isPlain(req)}
		asked, err := json.Marshal(req)
		if err != nil {
			return s, fmt.Errorf("encode request: %w", err)
		}
		h := sha256.New()
		for i, f := range src {
			if s.files[i], err = poisonKeyOf(f, f.Size()); err != nil {
				return s, err
			}
			h.Write(s.files[i][:])
		}
		h.Write(asked)
		s.job = poisonKey(h.Sum(nil))
		return s, nil
	})
}

// plainPixels is the largest result that no healthy file fails on.
const plainPixels = 4_000_000

// isPlain reports that a job only decodes, or makes one small copy.
func isPlain(req request) bool {
	if req.Kind == jobProbe {
		return true
	}
	if req.Kind != jobRender || len(req.Plans) != 1 {
		return false
	}
	plan := req.Plans[0]
	for _, op := range plan.Ops {
		to, ok := op.(transform.OpResize)
		if !ok || to.Width > plan.Input.Width || to.Height > plan.Input.Height {
			return false
		}
	}
	return plan.Width*plan.Height*max(plan.Input.Pages, 1) <= plainPixels
}

// check answers with an Invalid error when one of the files is poisonous, or
// was together with what is asked of it. As long as nothing is remembered, the
// files are not read for it. To be refused does not renew a mark.
func (p *poison) check(of func() (suspects, error)) error {
	if p.size.Load() == 0 {
		return nil
	}
	s, err := of()
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, k := range append([]poisonKey{s.job}, s.files...) {
		e := p.marks[k]
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

// count notes that a fresh worker died under the job.
func (p *poison) count(of func() (suspects, error)) error {
	s, err := of()
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	e := p.marks[s.blamed()]
	if e == nil {
		e = p.order.PushFront(&victim{key: s.blamed()})
		p.marks[s.blamed()] = e
	}
	v, now := e.Value.(*victim), p.now()
	if now.Sub(v.last) > poisonTTL {
		v.deaths = 0
	}
	v.deaths++
	v.last = now
	p.order.MoveToFront(e)
	for p.order.Len() > poisonMax {
		p.remove(p.order.Back())
	}
	p.size.Store(int64(p.order.Len()))
	return nil
}

// forget clears what a worker survived after all.
func (p *poison) forget(of func() (suspects, error)) {
	if p.size.Load() == 0 {
		return
	}
	s, err := of()
	if err != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, k := range append([]poisonKey{s.job}, s.files...) {
		if e := p.marks[k]; e != nil {
			p.remove(e)
		}
	}
}

func (p *poison) remove(e *list.Element) {
	p.order.Remove(e)
	delete(p.marks, e.Value.(*victim).key)
	p.size.Store(int64(p.order.Len()))
}
