package delivery

import (
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/maypok86/otter/v2"

	"tintype/internal/media"
)

// hotKey is a request as it was sent: host, and what hotPath leaves of the rest.
type hotKey struct{ host, path string }

// assetKey names an asset among those of all accounts.
type assetKey struct {
	account media.AccountID
	id      media.AssetID
}

// slot holds the answers to one hotKey: one for everybody, or one for each
// class of clients where the format was negotiated, or one for each variant
// where they depend on hints. It never changes.
type slot struct {
	all     *answer
	byClass [classes]*answer

	hints      Hints // that the variants depend on
	negotiated bool  // they depend on the class, too
	variants   map[variant]*answer
}

// maxVariants bounds the variants of one slot: who asks for more of them has
// the earlier ones made again.
const maxVariants = 64

// overhead estimates what a slot costs beside its bodies and its path.
const overhead = 1024

func (s *slot) weight(k hotKey) uint32 {
	n := overhead + len(k.host) + len(k.path)
	if s.all != nil {
		n += len(s.all.body)
	}
	for _, a := range s.byClass {
		if a != nil {
			n += len(a.body)
		}
	}
	for _, a := range s.variants {
		n += overhead/2 + len(a.body)
	}
	return uint32(min(n, 1<<31))
}

// life is shared by all answers made of one asset. Forgetting the asset ends
// it, and with it all of them at once.
type life struct {
	over  atomic.Bool
	slots int // that hold it, and puts under way; guarded by index.mu
}

// index is the hot index. Reading takes no lock.
//
// An answer that was being made while its asset changed must not get in
// after the change. mark, taken before the catalog is read, says how many
// changes were known then; put refuses when the asset is among those since.
type index struct {
	cache *otter.Cache[hotKey, *slot]

	mu    sync.Mutex
	lives map[assetKey]*life
	// changes counts forget's calls; recent holds the last of them, by number.
	changes uint64
	recent  [1024]assetKey
}

func newIndex(bytes uint64) (*index, error) {
	x := &index{lives: make(map[assetKey]*life)}
	cache, err := otter.New(&otter.Options[hotKey, *slot]{
		MaximumWeight: bytes,
		Weigher:       func(k hotKey, s *slot) uint32 { return s.weight(k) },
		OnDeletion:    func(e otter.DeletionEvent[hotKey, *slot]) { x.release(e.Value) },
	})
	if err != nil {
		return nil, err
	}
	x.cache = cache
	return x, nil
}

func (x *index) close() { x.cache.StopAllGoroutines() }

// get finds the answer for a class of clients, or nil. Only where answers
// depend on hints is the header looked at.
func (x *index) get(k hotKey, class Formats, h http.Header) *answer {
	s, ok := x.cache.GetIfPresent(k)
	if !ok {
		return nil
	}
	a := s.all
	if a == nil {
		a = s.byClass[class]
	}
	if s.hints != 0 {
		a = s.variants[s.variant(hintsOf(h, s.hints), class)]
	}
	if a == nil || a.life.over.Load() {
		return nil
	}
	return a
}

// mark says how many changes are known now.
func (x *index) mark() uint64 {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.changes
}

// put adds an answer for a class of clients, or for everybody where it was
// not negotiated, unless its asset changed since mark.
func (x *index) put(k hotKey, class Formats, a *answer, mark uint64) {
	x.mu.Lock()
	if x.changedSince(a.asset, mark) {
		x.mu.Unlock()
		return
	}
	l := x.lives[a.asset]
	if l == nil {
		l = &life{}
		x.lives[a.asset] = l
	}
	a.life = l
	l.slots++ // for the time until the slot counts itself
	x.mu.Unlock()
	defer x.release(&slot{all: a})

	x.cache.Compute(k, func(old *slot, found bool) (*slot, otter.ComputeOp) {
		s := &slot{}
		switch {
		case a.hints != 0:
			s.hints, s.negotiated = a.hints, a.negotiated
			s.variants = map[variant]*answer{s.variant(a.client, class): a}
			if found {
				s.takeOver(old)
			}
		case !a.negotiated:
			s.all = a
		default:
			if found {
				s.byClass = old.living().byClass
			}
			s.byClass[class] = a
		}
		x.retain(s)
		return s, otter.WriteOp
	})
}

// variant is where the slot holds the answer for a client of a class.
func (s *slot) variant(c Client, class Formats) variant {
	if !s.negotiated {
		class = 0
	}
	return s.hints.variant(c, class)
}

// takeOver adds the living variants of an older slot, as far as there is room.
func (s *slot) takeOver(old *slot) {
	if old.hints != s.hints || old.negotiated != s.negotiated {
		return
	}
	for v, a := range old.variants {
		if _, newer := s.variants[v]; !newer && !a.life.over.Load() && len(s.variants) < maxVariants {
			s.variants[v] = a
		}
	}
}

// living is the slot without the answers whose asset changed.
func (s *slot) living() slot {
	var out slot
	for i, a := range s.byClass {
		if a != nil && !a.life.over.Load() {
			out.byClass[i] = a
		}
	}
	return out
}

// changedSince is for holders of mu. Where too much has changed to tell, it
// says yes.
func (x *index) changedSince(k assetKey, mark uint64) bool {
	n := uint64(len(x.recent))
	if x.changes-mark > n {
		return true
	}
	for i := mark; i < x.changes; i++ {
		if x.recent[i%n] == k {
			return true
		}
	}
	return false
}

// forget ends all answers made of an asset. Their memory is freed as the
// index needs it.
func (x *index) forget(k assetKey) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.recent[x.changes%uint64(len(x.recent))] = k
	x.changes++
	if l := x.lives[k]; l != nil {
		l.over.Store(true)
		delete(x.lives, k)
	}
}

// forgetAccount ends all answers of an account, and keeps out whatever is
// being made now.
func (x *index) forgetAccount(acc media.AccountID) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.changes += uint64(len(x.recent)) + 1
	for k, l := range x.lives {
		if k.account == acc {
			l.over.Store(true)
			delete(x.lives, k)
		}
	}
}

// retain and release count the slots that hold an asset's life, so that lives
// holds no asset without answers.
func (x *index) retain(s *slot)  { x.count(s, 1) }
func (x *index) release(s *slot) { x.count(s, -1) }

func (x *index) count(s *slot, by int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	s.each(func(a *answer) {
		a.life.slots += by
		if a.life.slots == 0 && x.lives[a.asset] == a.life {
			delete(x.lives, a.asset)
		}
	})
}

func (s *slot) each(fn func(*answer)) {
	if s.all != nil {
		fn(s.all)
	}
	for _, a := range s.byClass {
		if a != nil {
			fn(a)
		}
	}
	for _, a := range s.variants {
		fn(a)
	}
}
