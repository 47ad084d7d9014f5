package cluster

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"
)

var errClosed = errors.New("cluster is closed")

// Local is the Cluster of a single node: everything stays in the process.
type Local struct {
	lockMu sync.Mutex
	locks  map[string]*lock

	subMu  sync.Mutex
	subs   map[string][]*subscription
	closed bool

	rates buckets
}

var _ Cluster = (*Local)(nil)

// NewLocal returns a Cluster of one node. It starts no goroutine.
func NewLocal() *Local {
	return &Local{
		locks: map[string]*lock{},
		subs:  map[string][]*subscription{},
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

// Publish implements Cluster.
func (l *Local) Publish(ctx context.Context, topic string, msg []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l.subMu.Lock()
	if l.closed {
		l.subMu.Unlock()
		return errClosed
	}
	subs := slices.Clone(l.subs[topic])
	l.subMu.Unlock()
	for _, s := range subs {
		s.call(bytes.Clone(msg))
	}
	return nil
}

// Subscribe implements Cluster. fn owns its message. Neither cancel nor Close
// may be called from within fn, since both wait for it.
func (l *Local) Subscribe(topic string, fn func(msg []byte)) (cancel func()) {
	s := &subscription{fn: fn}
	l.subMu.Lock()
	defer l.subMu.Unlock()
	if l.closed {
		return func() {}
	}
	l.subs[topic] = append(l.subs[topic], s)
	return func() {
		l.subMu.Lock()
		others := slices.DeleteFunc(slices.Clone(l.subs[topic]), func(o *subscription) bool { return o == s })
		if len(others) == 0 {
			delete(l.subs, topic)
		} else {
			l.subs[topic] = others
		}
		l.subMu.Unlock()
		s.end()
	}
}

// Close implements Cluster: it ends all subscriptions and waits for running
// functions. Locks and rates go on.
func (l *Local) Close() error {
	l.subMu.Lock()
	l.closed = true
	var all []*subscription
	for _, subs := range l.subs {
		all = append(all, subs...)
	}
	clear(l.subs)
	l.subMu.Unlock()
	for _, s := range all {
		s.end()
	}
	return nil
}

// subscription calls fn, one message at a time, until it ends.
type subscription struct {
	mu    sync.Mutex
	fn    func([]byte)
	ended bool
}

func (s *subscription) call(msg []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ended {
		s.fn(msg)
	}
}

func (s *subscription) end() {
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
}
