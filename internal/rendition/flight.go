package rendition

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"tintype/internal/media"
)

const (
	// errorMemory is how long an error answers for further callers, so that
	// what cannot be rendered is not tried a thousand times a second.
	errorMemory = 5 * time.Second
	// maxWaiters bounds the callers that wait for one key.
	maxWaiters = 10_000
)

// flights joins equal pieces of work. The zero value is ready.
type flights[T any] struct {
	mu sync.Mutex
	m  map[string]*flight[T]
}

type flight[T any] struct {
	done    chan struct{} // closed when val and err are set
	val     T
	err     error
	waiters int                // guarded by flights.mu
	cancel  context.CancelFunc // ends the work
}

// do runs fn once for all callers that ask for key at the same time and gives
// each the result and the error. fn runs apart from any caller: it goes on
// while one of them waits, and its context ends when the last has left. A
// caller whose own context ends leaves with the context's error.
func (f *flights[T]) do(ctx context.Context, key string, fn func(context.Context) (T, error)) (T, error) {
	var none T
	if err := ctx.Err(); err != nil {
		return none, err
	}
	f.mu.Lock()
	fl := f.m[key]
	if fl == nil {
		fl = f.start(ctx, key, fn)
	}
	if fl.waiters >= maxWaiters {
		f.mu.Unlock()
		return none, &media.Error{Code: media.Limited, Op: "wait for rendition", Message: "Too many requests wait for the same file, try again later",
			Err: &media.LimitError{What: "waiters", Max: maxWaiters, Got: int64(fl.waiters) + 1}}
	}
	fl.waiters++
	f.mu.Unlock()

	select {
	case <-fl.done:
		f.leave(key, fl)
		return fl.val, fl.err
	case <-ctx.Done():
		f.leave(key, fl)
		return none, ctx.Err()
	}
}

// start begins the work. The caller holds f.mu.
func (f *flights[T]) start(ctx context.Context, key string, fn func(context.Context) (T, error)) *flight[T] {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	fl := &flight[T]{done: make(chan struct{}), cancel: cancel}
	if f.m == nil {
		f.m = make(map[string]*flight[T])
	}
	f.m[key] = fl
	go func() {
		defer cancel()
		fl.val, fl.err = guard(work, fn)
		f.mu.Lock()
		if fl.err != nil && memorable(fl.err) && f.m[key] == fl {
			time.AfterFunc(errorMemory, func() { f.forget(key, fl) })
		} else if f.m[key] == fl {
			delete(f.m, key)
		}
		f.mu.Unlock()
		close(fl.done)
	}()
	return fl
}

// leave takes a caller off a flight. Work that nobody waits for any more is
// stopped, and no later caller may join it.
func (f *flights[T]) leave(key string, fl *flight[T]) {
	f.mu.Lock()
	defer f.mu.Unlock()
	fl.waiters--
	if fl.waiters > 0 {
		return
	}
	select {
	case <-fl.done:
	default:
		fl.cancel()
		if f.m[key] == fl {
			delete(f.m, key)
		}
	}
}

func (f *flights[T]) forget(key string, fl *flight[T]) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.m[key] == fl {
		delete(f.m, key)
	}
}

// memorable reports whether an error will be the same in a moment. Being too
// busy or out of room passes, and a stopped piece of work says nothing.
func memorable(err error) bool {
	switch media.CodeOf(err) {
	case media.Limited, media.Pending, media.NoSpace:
		return false
	}
	return !errors.Is(err, context.Canceled)
}

// guard runs fn. The work has a goroutine of its own, out of reach of the
// server's recover, so a panic has to become an error here: a bug that one
// file wakes must not end the process.
func guard[T any](ctx context.Context, fn func(context.Context) (T, error)) (val T, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return fn(ctx)
}
