package blobtest

import (
	"context"
	"io"
	"iter"
	"os"
	"sync"

	"tintype/internal/blob"
)

// Faults says where a store of Faulty fails or waits. It is safe for
// concurrent use, also while the store is used. Methods are named as in
// package blob: Put, Open, Read (of what Open gave), Stat, Delete, List,
// File, Stage, Adopt.
type Faults struct {
	mu    sync.Mutex
	calls map[string]int
	rules []rule
}

type rule struct {
	method string
	from   int // the first call, counted from 1, that it holds for
	to     int // the last
	err    error
	gate   <-chan struct{}
}

// Faulty wraps s so that it does what the returned Faults say: nothing, at
// first. Adopt and Stage work with every s; the store is a Filer if s is.
func Faulty(s blob.Store) (blob.Store, *Faults) {
	f := &Faults{calls: map[string]int{}}
	w := &faulty{Store: s, faults: f}
	if filer, ok := blob.As[blob.Filer](s); ok {
		return &faultyFiler{faulty: w, filer: filer}, f
	}
	return w, f
}

// Fail makes the n-th call of method from now on (1 is the next) fail with err.
func (f *Faults) Fail(method string, n int, err error) { f.add(method, n, n, err, nil) }

// FailAll makes every call of method from now on fail with err, until Clear.
func (f *Faults) FailAll(method string, err error) { f.add(method, 1, 1<<62, err, nil) }

// Delay makes the n-th call of method from now on wait until gate is closed
// or its context ends; then it goes on, or returns the context's error.
func (f *Faults) Delay(method string, n int, gate <-chan struct{}) { f.add(method, n, n, nil, gate) }

// Clear takes back all rules. Calls that wait go on waiting.
func (f *Faults) Clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rules = nil
}

// Calls returns how often method was called so far.
func (f *Faults) Calls(method string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls[method]
}

func (f *Faults) add(method string, from, to int, err error, gate <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	done := f.calls[method]
	f.rules = append(f.rules, rule{method: method, from: done + from, to: max(to, done+to), err: err, gate: gate})
}

// hit counts a call and obeys the rules for it.
func (f *Faults) hit(ctx context.Context, method string) error {
	f.mu.Lock()
	f.calls[method]++
	n := f.calls[method]
	var due []rule
	for _, r := range f.rules {
		if r.method == method && r.from <= n && n <= r.to {
			due = append(due, r)
		}
	}
	f.mu.Unlock()
	for _, r := range due {
		if r.gate != nil {
			select {
			case <-r.gate:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if r.err != nil {
			return r.err
		}
	}
	return nil
}

type faulty struct {
	blob.Store
	faults *Faults
}

func (s *faulty) Unwrap() blob.Store { return s.Store }

func (s *faulty) Put(ctx context.Context, key string, r io.Reader) (blob.Info, error) {
	if err := s.faults.hit(ctx, "Put"); err != nil {
		return blob.Info{}, err
	}
	return s.Store.Put(ctx, key, r)
}

func (s *faulty) Open(ctx context.Context, key string, off, n int64) (io.ReadCloser, blob.Info, error) {
	if err := s.faults.hit(ctx, "Open"); err != nil {
		return nil, blob.Info{}, err
	}
	r, i, err := s.Store.Open(ctx, key, off, n)
	if err != nil {
		return nil, i, err
	}
	return &faultyReader{ReadCloser: r, ctx: ctx, faults: s.faults}, i, nil
}

type faultyReader struct {
	io.ReadCloser
	ctx    context.Context
	faults *Faults
}

func (r *faultyReader) Read(p []byte) (int, error) {
	if err := r.faults.hit(r.ctx, "Read"); err != nil {
		return 0, err
	}
	return r.ReadCloser.Read(p)
}

func (s *faulty) Stat(ctx context.Context, key string) (blob.Info, error) {
	if err := s.faults.hit(ctx, "Stat"); err != nil {
		return blob.Info{}, err
	}
	return s.Store.Stat(ctx, key)
}

func (s *faulty) Delete(ctx context.Context, key string) error {
	if err := s.faults.hit(ctx, "Delete"); err != nil {
		return err
	}
	return s.Store.Delete(ctx, key)
}

func (s *faulty) List(ctx context.Context, prefix string) iter.Seq2[blob.Info, error] {
	if err := s.faults.hit(ctx, "List"); err != nil {
		return func(yield func(blob.Info, error) bool) { yield(blob.Info{}, err) }
	}
	return s.Store.List(ctx, prefix)
}

func (s *faulty) Stage(ctx context.Context) (*os.File, error) {
	if err := s.faults.hit(ctx, "Stage"); err != nil {
		return nil, err
	}
	return blob.Stage(ctx, s.Store)
}

func (s *faulty) Adopt(ctx context.Context, f *os.File, key string) (blob.Info, error) {
	if err := s.faults.hit(ctx, "Adopt"); err != nil {
		_ = blob.Discard(f)
		return blob.Info{}, err
	}
	return blob.Adopt(ctx, s.Store, f, key)
}

type faultyFiler struct {
	*faulty
	filer blob.Filer
}

func (s *faultyFiler) File(ctx context.Context, key string) (*os.File, blob.Info, error) {
	if err := s.faults.hit(ctx, "File"); err != nil {
		return nil, blob.Info{}, err
	}
	return s.filer.File(ctx, key)
}
