package rendition

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tintype/internal/media"
)

func TestFlightsJoinEqualKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f flights[int]
		runs := 0
		release := make(chan struct{})
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				n, err := f.do(t.Context(), "k", func(context.Context) (int, error) {
					runs++
					<-release
					return 7, nil
				})
				if n != 7 || err != nil {
					t.Errorf("got %d, %v", n, err)
				}
			})
		}
		synctest.Wait()
		close(release)
		wg.Wait()
		if runs != 1 {
			t.Errorf("ran %d times", runs)
		}
		if _, err := f.do(t.Context(), "k", func(context.Context) (int, error) { runs++; return 7, nil }); err != nil || runs != 2 {
			t.Errorf("a result is kept after the flight: %d runs, %v", runs, err)
		}
	})
}

func TestFlightsGoOnWithoutTheFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f flights[int]
		release := make(chan struct{})
		work := func(ctx context.Context) (int, error) {
			select {
			case <-release:
				return 7, nil
			case <-ctx.Done():
				return 0, ctx.Err()
			}
		}
		first, leave := context.WithCancel(t.Context())
		gone := make(chan error, 1)
		go func() { _, err := f.do(first, "k", work); gone <- err }()
		synctest.Wait()
		stayed := make(chan int, 1)
		go func() { n, _ := f.do(t.Context(), "k", work); stayed <- n }()
		synctest.Wait()
		leave()
		if err := <-gone; !errors.Is(err, context.Canceled) {
			t.Errorf("the first got %v", err)
		}
		synctest.Wait()
		close(release)
		if n := <-stayed; n != 7 {
			t.Errorf("the second got %d", n)
		}
	})
}

func TestFlightsStopWhenAllHaveLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f flights[int]
		stopped := make(chan struct{})
		ctx, leave := context.WithCancel(t.Context())
		go f.do(ctx, "k", func(ctx context.Context) (int, error) {
			<-ctx.Done()
			close(stopped)
			return 0, ctx.Err()
		})
		synctest.Wait()
		leave()
		<-stopped
		// Who comes now starts anew and does not inherit the stop.
		if n, err := f.do(t.Context(), "k", func(context.Context) (int, error) { return 7, nil }); n != 7 || err != nil {
			t.Errorf("got %d, %v", n, err)
		}
	})
}

func TestFlightsRememberErrors(t *testing.T) {
	for _, c := range []struct {
		err      error
		remember bool
	}{
		{media.Errorf(media.Invalid, "broken"), true},
		{errors.New("a bug"), true},
		{media.Errorf(media.Limited, "busy"), false},
		{media.Errorf(media.NoSpace, "full"), false},
		{context.Canceled, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			var f flights[int]
			runs := 0
			do := func() {
				if _, err := f.do(t.Context(), "k", func(context.Context) (int, error) { runs++; return 0, c.err }); !errors.Is(err, c.err) {
					t.Errorf("got %v", err)
				}
			}
			do()
			time.Sleep(errorMemory - time.Millisecond)
			do()
			if want := map[bool]int{true: 1, false: 2}[c.remember]; runs != want {
				t.Errorf("%v: ran %d times, want %d", c.err, runs, want)
			}
			runs = 0
			time.Sleep(2 * time.Millisecond)
			do()
			if c.remember && runs != 1 {
				t.Errorf("%v: still remembered after %v", c.err, errorMemory)
			}
			time.Sleep(2 * errorMemory)
			f.mu.Lock()
			if len(f.m) != 0 {
				t.Errorf("%d flights are left", len(f.m))
			}
			f.mu.Unlock()
		})
	}
}

func TestFlightsBoundTheirWaiters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f flights[int]
		release := make(chan struct{})
		go f.do(t.Context(), "k", func(context.Context) (int, error) { <-release; return 0, nil })
		synctest.Wait()
		f.mu.Lock()
		f.m["k"].waiters = maxWaiters
		f.mu.Unlock()
		_, err := f.do(t.Context(), "k", nil)
		var limit *media.LimitError
		if media.CodeOf(err) != media.Limited || !errors.As(err, &limit) || limit.Max != maxWaiters {
			t.Errorf("got %v", err)
		}
		close(release)
	})
}

func TestFlightsSurvivePanics(t *testing.T) {
	var f flights[int]
	_, err := f.do(t.Context(), "k", func(context.Context) (int, error) { panic("a bug") })
	if err == nil || !strings.Contains(err.Error(), "a bug") || media.CodeOf(err) != media.Internal {
		t.Errorf("got %v", err)
	}
}

func TestKeyDependsOnEverything(t *testing.T) {
	keys := map[string]string{}
	for name, k := range map[string]string{
		"base":        key("acc", "v1", []byte("p")),
		"account":     key("ac2", "v1", []byte("p")),
		"version":     key("acc", "v2", []byte("p")),
		"plan":        key("acc", "v1", []byte("q")),
		"shift":       key("accv", "1", []byte("p")),
		"layer":       key("acc", "v1", []byte("p"), "v7"),
		"other layer": key("acc", "v1", []byte("p"), "v8"),
		"two layers":  key("acc", "v1", []byte("p"), "v7", "v8"),
		"exchanged":   key("acc", "v1", []byte("p"), "v8", "v7"),
	} {
		if len(k) != 64 {
			t.Errorf("%s: %q is no SHA-256", name, k)
		}
		if other, dup := keys[k]; dup {
			t.Errorf("%s and %s have one key", name, other)
		}
		keys[k] = name
	}
	if key("acc", "v1", []byte("p"), "v7") != key("acc", "v1", []byte("p"), media.VersionID("v"+"7")) {
		t.Error("the key is not stable")
	}
}
