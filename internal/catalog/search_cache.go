package catalog

import (
	"container/list"
	"sync"
)

// pieceKey names a block of a column. A block that is full never changes
// again, and an index that is begun anew has another epoch, so what is kept
// under a key stays true.
type pieceKey struct {
	epoch, column string
	block         int
}

// pieces keeps decoded blocks of columns, the latest used, up to a number of
// bytes. Safe for concurrent use.
type pieces struct {
	mu    sync.Mutex
	most  int
	size  int
	order list.List // of pieceEntry, the latest used in front
	found map[pieceKey]*list.Element
}

type pieceEntry struct {
	key   pieceKey
	value any
	size  int
}

func newPieces(most int) *pieces { return &pieces{most: most, found: map[pieceKey]*list.Element{}} }

func (p *pieces) get(key pieceKey) any {
	p.mu.Lock()
	defer p.mu.Unlock()
	e := p.found[key]
	if e == nil {
		return nil
	}
	p.order.MoveToFront(e)
	return e.Value.(pieceEntry).value
}

func (p *pieces) put(key pieceKey, value any, size int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found[key] != nil || size > p.most {
		return
	}
	p.found[key] = p.order.PushFront(pieceEntry{key, value, size})
	for p.size += size; p.size > p.most; {
		last := p.order.Back()
		e := p.order.Remove(last).(pieceEntry)
		delete(p.found, e.key)
		p.size -= e.size
	}
}
