package webhook

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestLanes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLanes(3)
		var leave []func(time.Duration)
		for range 3 {
			wait, fn := l.enter(t.Context(), "a")
			if fn == nil {
				t.Fatalf("put off by %s with room", wait)
			}
			leave = append(leave, fn)
		}
		// One that waits gets the place of one that leaves.
		got := make(chan bool)
		go func() { _, fn := l.enter(t.Context(), "a"); got <- fn != nil }()
		synctest.Wait()
		leave[0](time.Millisecond)
		if !<-got {
			t.Error("put off although a place became free")
		}
		// Nothing moves: the next is put off after a while, and other accounts run.
		began := time.Now()
		wait, fn := l.enter(t.Context(), "a")
		if fn != nil || wait <= 0 || time.Since(began) != quickWait {
			t.Errorf("put off by %s after %s", wait, time.Since(began))
		}
		if _, fn := l.enter(t.Context(), "b"); fn == nil {
			t.Error("another account has to wait")
		}
		// Now it is known that nothing moves: few may wait, the others are put
		// off at once, each behind the last.
		ctx, cancel := context.WithCancel(t.Context())
		for range slowWaiting {
			go l.enter(ctx, "a")
		}
		synctest.Wait()
		began = time.Now()
		first, fn := l.enter(t.Context(), "a")
		second, fn2 := l.enter(t.Context(), "a")
		if fn != nil || fn2 != nil || time.Since(began) != 0 || second <= first {
			t.Errorf("put off by %s and %s after %s", first, second, time.Since(began))
		}
		cancel()
		synctest.Wait()
		if n := len(l.by["a"].waiting); n != 0 {
			t.Errorf("%d still wait", n)
		}
		leave[1](8 * time.Second)
		if !l.by["a"].slow(time.Now()) || l.most(l.by["a"], time.Now()) != slowEach {
			t.Error("a slow account is not known as such")
		}
	})
}

func TestLanesForget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLanes(1)
		_, leave := l.enter(t.Context(), "a")
		leave(time.Millisecond)
		if len(l.by) != 0 {
			t.Error("a quick account is remembered")
		}
	})
}
