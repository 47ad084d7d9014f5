// Package clustertest is the suite that every cluster.Cluster must pass.
package clustertest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tintype/internal/cluster"
)

// patience is how long the suite waits for what must come; what must not
// come is told by the order of what does.
const patience = 20 * time.Second

// Run tests the contract of cluster.Cluster. open makes one that shares
// nothing with others and closes it with t.Cleanup.
func Run(t *testing.T, open func(t *testing.T) cluster.Cluster) {
	for _, c := range []struct {
		name string
		test func(*testing.T, cluster.Cluster)
	}{
		{"LockExcludes", testLockExcludes},
		{"LockOfOtherKey", testLockOfOtherKey},
		{"LockContext", testLockContext},
		{"UnlockTwice", testUnlockTwice},
		{"PublishInOrder", testPublishInOrder},
		{"Topics", testTopics},
		{"SeenAtOnce", testSeenAtOnce},
		{"OneAtATime", testOneAtATime},
		{"CancelWaits", testCancelWaits},
		{"OwnMessage", testOwnMessage},
		{"Allow", testAllow},
		{"AllowBadRate", testAllowBadRate},
		{"AllowConcurrent", testAllowConcurrent},
		{"Close", testClose},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(t, open(t))
		})
	}
}

func lock(t *testing.T, c cluster.Cluster, key string) func() {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	unlock, err := c.Lock(ctx, key)
	if err != nil {
		t.Fatalf("lock %s: %v", key, err)
	}
	return unlock
}

func publish(t *testing.T, c cluster.Cluster, topic, msg string) {
	t.Helper()
	if err := c.Publish(t.Context(), topic, []byte(msg)); err != nil {
		t.Fatalf("publish: %v", err)
	}
}

func receive[T any](t *testing.T, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(patience):
		t.Fatal("nothing came")
		panic("unreachable")
	}
}

func testLockExcludes(t *testing.T, c cluster.Cluster) {
	var wg sync.WaitGroup
	n := 0 // guarded by the lock; the race detector watches
	for range 8 {
		wg.Go(func() {
			for range 50 {
				unlock, err := c.Lock(t.Context(), "k")
				if err != nil {
					t.Errorf("lock: %v", err)
					return
				}
				n++
				unlock()
			}
		})
	}
	wg.Wait()
	if n != 400 {
		t.Errorf("counted %d of 400", n)
	}
}

func testLockOfOtherKey(t *testing.T, c cluster.Cluster) {
	defer lock(t, c, "a")()
	defer lock(t, c, "b")()
	defer lock(t, c, "")()
}

func testLockContext(t *testing.T, c cluster.Cluster) {
	unlock := lock(t, c, "k")
	ctx, cancel := context.WithCancel(t.Context())
	got := make(chan error)
	go func() { _, err := c.Lock(ctx, "k"); got <- err }()
	cancel()
	if err := receive(t, got); !errors.Is(err, context.Canceled) {
		t.Errorf("lock whose context ended: %v", err)
	}
	if _, err := c.Lock(ctx, "free"); !errors.Is(err, context.Canceled) {
		t.Errorf("free lock with a context that has ended: %v", err)
	}
	unlock()
	lock(t, c, "k")()
	lock(t, c, "free")()
}

func testUnlockTwice(t *testing.T, c cluster.Cluster) {
	first := lock(t, c, "k")
	first()
	second := lock(t, c, "k")
	first() // must not release what another holds
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := c.Lock(ctx, "k"); err == nil {
		t.Error("a lock was given twice")
	}
	second()
	second()
	lock(t, c, "k")()
}

func testPublishInOrder(t *testing.T, c cluster.Cluster) {
	const n = 1000
	var all []chan string
	for range 3 {
		ch := make(chan string, n)
		all = append(all, ch)
		defer c.Subscribe("t", func(msg []byte) { ch <- string(msg) })()
	}
	for i := range n {
		publish(t, c, "t", fmt.Sprint(i))
	}
	for _, ch := range all {
		for i := range n {
			if got := receive(t, ch); got != fmt.Sprint(i) {
				t.Fatalf("got %s instead of %d", got, i)
			}
		}
	}
}

func testTopics(t *testing.T, c cluster.Cluster) {
	publish(t, c, "a", "before anybody listened")
	got := make(chan string, 10)
	defer c.Subscribe("a", func(msg []byte) { got <- string(msg) })()
	publish(t, c, "b", "other topic")
	publish(t, c, "a", "")
	publish(t, c, "a", "end")
	if a, b := receive(t, got), receive(t, got); a != "" || b != "end" {
		t.Errorf("got %q, %q", a, b)
	}
}

// What a node changes and publishes is seen by its own next request.
func testSeenAtOnce(t *testing.T, c cluster.Cluster) {
	var seen [2]string
	for i := range seen {
		defer c.Subscribe("t", func(msg []byte) { seen[i] += string(msg) })()
	}
	publish(t, c, "t", "a")
	publish(t, c, "t", "b")
	if seen != [2]string{"ab", "ab"} {
		t.Errorf("after Publish the subscribers have seen %q", seen)
	}
}

func testOneAtATime(t *testing.T, c cluster.Cluster) {
	var running atomic.Int32
	got := make(chan struct{}, 400)
	defer c.Subscribe("t", func([]byte) {
		if running.Add(1) != 1 {
			t.Error("two messages at a time")
		}
		running.Add(-1)
		got <- struct{}{}
	})()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 100 {
				if err := c.Publish(t.Context(), "t", nil); err != nil {
					t.Errorf("publish: %v", err)
				}
			}
		})
	}
	wg.Wait()
	for range 400 {
		receive(t, got)
	}
}

func testCancelWaits(t *testing.T, c cluster.Cluster) {
	entered, gate := make(chan struct{}, 10), make(chan struct{})
	var finished atomic.Bool
	var calls atomic.Int32
	cancel := c.Subscribe("t", func([]byte) {
		calls.Add(1)
		entered <- struct{}{}
		<-gate
		finished.Store(true)
	})
	published := make(chan error, 1)
	go func() { published <- c.Publish(context.Background(), "t", []byte("1")) }()
	receive(t, entered)
	done := make(chan bool)
	go func() { cancel(); done <- finished.Load() }()
	// cancel may or may not have begun to wait here: both must do.
	close(gate)
	if !receive(t, done) {
		t.Error("cancel did not wait for the running function")
	}
	if err := receive(t, published); err != nil {
		t.Errorf("publish: %v", err)
	}
	n := calls.Load()
	publish(t, c, "t", "3")
	end := make(chan struct{}, 1)
	defer c.Subscribe("t", func([]byte) { end <- struct{}{} })()
	publish(t, c, "t", "4")
	receive(t, end)
	if calls.Load() != n {
		t.Error("called after cancel")
	}
	cancel()
}

func testOwnMessage(t *testing.T, c cluster.Cluster) {
	got := make(chan string, 2)
	for range 2 {
		defer c.Subscribe("t", func(msg []byte) { got <- string(msg); clear(msg) })()
	}
	msg := []byte("hello")
	if err := c.Publish(t.Context(), "t", msg); err != nil {
		t.Fatal(err)
	}
	copy(msg, "other")
	if a, b := receive(t, got), receive(t, got); a != "hello" || b != "hello" {
		t.Errorf("got %q and %q", a, b)
	}
}

func testAllow(t *testing.T, c cluster.Cluster) {
	r := cluster.Rate{Limit: 10, Per: time.Hour, Burst: 3}
	for i := range 3 {
		a, err := c.Allow(t.Context(), "k", r)
		if err != nil || !a.OK || a.Remaining != 2-i || a.RetryAfter != 0 {
			t.Errorf("token %d: %+v, %v", i, a, err)
		}
	}
	for range 3 {
		a, err := c.Allow(t.Context(), "k", r)
		if err != nil || a.OK || a.Remaining != 0 || a.RetryAfter <= 5*time.Minute || a.RetryAfter > 6*time.Minute {
			t.Errorf("no token left: %+v, %v", a, err)
		}
	}
	if a, err := c.Allow(t.Context(), "other", r); err != nil || !a.OK {
		t.Errorf("other key: %+v, %v", a, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Allow(ctx, "k", r); !errors.Is(err, context.Canceled) {
		t.Errorf("context that has ended: %v", err)
	}
}

func testAllowBadRate(t *testing.T, c cluster.Cluster) {
	for _, r := range []cluster.Rate{{}, {Limit: 1}, {Per: time.Second}, {Limit: -1, Per: time.Second, Burst: 1}, {Limit: 1, Per: -1, Burst: 1}} {
		if a, err := c.Allow(t.Context(), "k", r); err == nil {
			t.Errorf("%+v: %+v", r, a)
		}
	}
	r := cluster.Rate{Limit: 2, Per: time.Hour}
	var got []bool
	for range 3 {
		a, err := c.Allow(t.Context(), "k", r)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, a.OK)
	}
	if !slices.Equal(got, []bool{true, true, false}) {
		t.Errorf("burst of 0: %v", got)
	}
}

func testAllowConcurrent(t *testing.T, c cluster.Cluster) {
	var wg sync.WaitGroup
	var ok atomic.Int32
	for range 8 {
		wg.Go(func() {
			for range 20 {
				a, err := c.Allow(t.Context(), "k", cluster.Rate{Limit: 1, Per: time.Hour, Burst: 50})
				if err != nil {
					t.Errorf("allow: %v", err)
				}
				if a.OK {
					ok.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if n := ok.Load(); n != 50 {
		t.Errorf("%d of 50 tokens given", n)
	}
}

func testClose(t *testing.T, c cluster.Cluster) {
	var calls atomic.Int32
	cancel := c.Subscribe("t", func([]byte) { calls.Add(1) })
	for range 2 {
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	n := calls.Load()
	if err := c.Publish(t.Context(), "t", nil); err == nil {
		t.Error("published after Close")
	}
	c.Subscribe("t", func([]byte) { calls.Add(1) })()
	cancel()
	if calls.Load() != n {
		t.Error("called after Close")
	}
}
