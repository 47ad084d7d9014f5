package cluster

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"slices"
	"sync"

	"tintype/internal/media"
)

// maxQueue bounds the messages that wait for one slow subscriber.
const maxQueue = 1 << 16

var errClosed = errors.New("cluster is closed")

// Local is the Cluster of a single node: everything stays in the process.
type Local struct {
	lockMu sync.Mutex
	locks  map[string]*lock

	subMu  sync.Mutex
	subs   map[string]map[*subscription]struct{}
	closed bool

	rates buckets
}

var _ Cluster = (*Local)(nil)

// NewLocal returns a Cluster of one node. It starts no goroutine before the
// first Subscribe.
func NewLocal() *Local {
	return &Local{
		locks: map[string]*lock{},
		subs:  map[string]map[*subscription]struct{}{},
		rates: newBuckets(maxBuckets),
	}
}

// lock is held by whoever has put a token into held. refs counts the holder
// and the waiters, so that the last to go removes the entry.
type lock struct {
	held chan struct{}
	refs int
}

// Lock implements Cluster. Waiters are served in the order in which they came.
func (l *Local) Lock(ctx context.Context, key string) (func(), error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	l.lockMu.Lock()
	k := l.locks[key]
	if k == nil {
		k = &lock{held: make(chan struct{}, 1)}
		l.locks[key] = k
	}
	k.refs++
	l.lockMu.Unlock()

	select {
	case k.held <- struct{}{}:
	case <-ctx.Done():
		l.release(key, k)
		return nil, ctx.Err()
	}
	return sync.OnceFunc(func() {
		<-k.held
		l.release(key, k)
	}), nil
}

func (l *Local) release(key string, k *lock) {
	l.lockMu.Lock()
	defer l.lockMu.Unlock()
	if k.refs--; k.refs == 0 {
		delete(l.locks, key)
	}
}

// Publish implements Cluster. It never waits: where a subscriber is 65,536
// messages behind, the message is lost for that one and Publish says so.
func (l *Local) Publish(ctx context.Context, topic string, msg []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l.subMu.Lock()
	defer l.subMu.Unlock()
	if l.closed {
		return errClosed
	}
	full := false
	for s := range l.subs[topic] {
		full = !s.push(bytes.Clone(msg)) || full
	}
	if full {
		return &media.Error{Code: media.Limited, Op: "publish", Message: "A subscriber has too many messages waiting"}
	}
	return nil
}

// Subscribe implements Cluster. fn owns its message. Neither cancel nor Close
// may be called from within fn, since both wait for it.
func (l *Local) Subscribe(topic string, fn func(msg []byte)) (cancel func()) {
	s := &subscription{fn: fn, wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{})}
	l.subMu.Lock()
	defer l.subMu.Unlock()
	if l.closed {
		return func() {}
	}
	if l.subs[topic] == nil {
		l.subs[topic] = map[*subscription]struct{}{}
	}
	l.subs[topic][s] = struct{}{}
	go s.run()
	return func() {
		l.subMu.Lock()
		delete(l.subs[topic], s)
		if len(l.subs[topic]) == 0 {
			delete(l.subs, topic)
		}
		l.subMu.Unlock()
		s.end()
	}
}

// Close implements Cluster: it ends all subscriptions, waits for running
// functions and drops messages that still wait. Locks and rates go on.
func (l *Local) Close() error {
	l.subMu.Lock()
	l.closed = true
	var all []*subscription
	for _, m := range l.subs {
		all = slices.AppendSeq(all, maps.Keys(m))
	}
	clear(l.subs)
	l.subMu.Unlock()
	for _, s := range all {
		s.end()
	}
	return nil
}

// subscription runs fn in a goroutine of its own, so that a slow subscriber
// holds up neither publishers nor other subscribers.
type subscription struct {
	fn   func([]byte)
	wake chan struct{} // holds a token while the queue may have messages
	stop chan struct{}
	done chan struct{}
	once sync.Once

	mu    sync.Mutex
	queue [][]byte
}

func (s *subscription) push(msg []byte) bool {
	s.mu.Lock()
	ok := len(s.queue) < maxQueue
	if ok {
		s.queue = append(s.queue, msg)
	}
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
	return ok
}

func (s *subscription) run() {
	defer close(s.done)
	for {
		select {
		case <-s.stop:
			return
		case <-s.wake:
		}
		s.mu.Lock()
		batch := s.queue
		s.queue = nil
		s.mu.Unlock()
		for _, msg := range batch {
			select {
			case <-s.stop:
				return
			default:
			}
			s.fn(msg)
		}
	}
}

func (s *subscription) end() {
	s.once.Do(func() { close(s.stop) })
	<-s.done
}
