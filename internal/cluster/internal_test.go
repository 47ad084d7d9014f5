package cluster

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestLockFreesEntries(t *testing.T) {
	t.Parallel()
	l := NewLocal()
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			for n := range 100 {
				if i == 0 && n == 50 {
					cancel()
				}
				if unlock, err := l.Lock(ctx, fmt.Sprint(n%3)); err == nil {
					unlock()
				}
			}
		})
	}
	wg.Wait()
	if len(l.locks) != 0 {
		t.Errorf("%d entries stay", len(l.locks))
	}
}

func TestLockInOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := NewLocal()
		unlock, err := l.Lock(t.Context(), "k")
		if err != nil {
			t.Fatal(err)
		}
		var got []int
		for i := range 10 {
			go func() {
				unlock, err := l.Lock(t.Context(), "k")
				if err != nil {
					t.Errorf("lock: %v", err)
					return
				}
				got = append(got, i)
				unlock()
			}()
			synctest.Wait()
		}
		unlock()
		synctest.Wait()
		if !slices.Equal(got, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}) {
			t.Errorf("served in the order %v", got)
		}
	})
}

func TestSubscriptionsFreeEntries(t *testing.T) {
	t.Parallel()
	l := NewLocal()
	a, b := l.Subscribe("t", func([]byte) {}), l.Subscribe("t", func([]byte) {})
	a()
	a()
	if len(l.subs["t"]) != 1 {
		t.Errorf("%d subscriptions", len(l.subs["t"]))
	}
	b()
	if len(l.subs) != 0 {
		t.Errorf("%d topics stay", len(l.subs))
	}
}

func TestAllowRefills(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := NewLocal()
		r := Rate{Limit: 60, Per: time.Minute, Burst: 2}
		take := func(ok bool, remaining int, retry time.Duration) {
			t.Helper()
			a, err := l.Allow(t.Context(), "k", r)
			if err != nil || a != (Allowance{OK: ok, Remaining: remaining, RetryAfter: retry}) {
				t.Errorf("got %+v, %v; want %v, %d, %v", a, err, ok, remaining, retry)
			}
		}
		take(true, 1, 0)
		take(true, 0, 0)
		take(false, 0, time.Second)
		time.Sleep(600 * time.Millisecond)
		take(false, 0, 400*time.Millisecond)
		time.Sleep(400 * time.Millisecond)
		take(true, 0, 0)
		time.Sleep(time.Hour)
		take(true, 1, 0)
		// A rate that changes holds at once and does not fill the bucket.
		take(true, 0, 0)
		r = Rate{Limit: 1, Per: time.Minute, Burst: 5}
		take(false, 0, time.Minute)
	})
}

func TestBucketsAreBounded(t *testing.T) {
	t.Parallel()
	b := newBuckets(100)
	now := time.Unix(0, 0)
	slow := Rate{Limit: 1, Per: time.Hour, Burst: 1}
	for i := range 1000 {
		if a := b.take(now, fmt.Sprint(i), slow); !a.OK {
			t.Fatalf("key %d: %+v", i, a)
		}
	}
	if len(b.byKey) != 100 || b.order.Len() != 100 {
		t.Errorf("%d keys, %d in order", len(b.byKey), b.order.Len())
	}
	if a := b.take(now, "999", slow); a.OK {
		t.Error("a recent key was forgotten")
	}
	// Those that are full again go when the next new key comes.
	now = now.Add(2 * time.Hour)
	b.take(now, "new", slow)
	if len(b.byKey) != 1 {
		t.Errorf("%d keys stay", len(b.byKey))
	}
}

func BenchmarkLock(b *testing.B) {
	l := NewLocal()
	for b.Loop() {
		unlock, err := l.Lock(b.Context(), "k")
		if err != nil {
			b.Fatal(err)
		}
		unlock()
	}
}

func BenchmarkAllow(b *testing.B) {
	l := NewLocal()
	r := Rate{Limit: 1000, Per: time.Second, Burst: 1000}
	for b.Loop() {
		if _, err := l.Allow(b.Context(), "k", r); err != nil {
			b.Fatal(err)
		}
	}
}
