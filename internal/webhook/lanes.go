package webhook

import (
	"context"
	"slices"
	"sync"
	"time"

	"tintype/internal/media"
)

const (
	// slowAnswer is from when on an account's receivers are slow.
	slowAnswer = 500 * time.Millisecond
	// Where receivers are quick, or not known yet, any number of deliveries
	// may wait for quickWait; where they are slow, slowWaiting for slowWait.
	quickWait   = 500 * time.Millisecond
	slowWait    = 10 * time.Second
	slowWaiting = 8
	// slowEach is how many run at a time where receivers are slow.
	slowEach = 2
	// leastTurn is the shortest time that a delivery is reckoned to take.
	leastTurn = 50 * time.Millisecond
	// maxPostponed bounds how far ahead a delivery is put off.
	maxPostponed = 10 * time.Minute
)

// lanes bounds how many deliveries of one account run and wait at a time, so
// that slow receivers keep only their own account's deliveries waiting: a
// delivery that waits here takes a worker of the queue.
type lanes struct {
	each int // where receivers are quick

	mu sync.Mutex
	by map[media.AccountID]*lane
}

type lane struct {
	running int
	waiting []chan struct{} // closed when the turn has come, the first first
	// usual is how long this account's deliveries take, the latest counting most.
	usual time.Duration
	// moved is when one began or ended last.
	moved time.Time
	// free is when all that was put off so far will have had its turn.
	free time.Time
}

func newLanes(each int) *lanes { return &lanes{each: each, by: map[media.AccountID]*lane{}} }

// enter begins a delivery, perhaps after a short wait: the caller calls leave
// with the time that it took. A nil leave means that the account has enough
// under way, or that ctx has ended; the delivery's turn comes after wait.
func (l *lanes) enter(ctx context.Context, acc media.AccountID) (wait time.Duration, leave func(took time.Duration)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.by[acc]
	if a == nil {
		a = &lane{}
		l.by[acc] = a
	}
	leave = func(took time.Duration) { l.leave(acc, a, took) }
	now := time.Now()
	if len(a.waiting) == 0 && a.running < l.most(a, now) {
		a.running++
		a.moved = now
		return 0, leave
	}
	patience := quickWait
	if a.slow(now) {
		patience = slowWait
	}
	if patience == quickWait || len(a.waiting) < slowWaiting {
		if l.wait(ctx, a, patience) {
			return 0, leave
		}
	}
	return l.postpone(a), nil
}

// wait waits for a turn, with l.mu unlocked meanwhile; true when it has come.
func (l *lanes) wait(ctx context.Context, a *lane, patience time.Duration) bool {
	turn := make(chan struct{})
	a.waiting = append(a.waiting, turn)
	l.mu.Unlock()
	timer := time.NewTimer(patience)
	select {
	case <-turn:
	case <-timer.C:
	case <-ctx.Done():
	}
	timer.Stop()
	l.mu.Lock()
	if i := slices.Index(a.waiting, turn); i >= 0 {
		a.waiting = slices.Delete(a.waiting, i, i+1)
		return false
	}
	return true // also where it came at the last moment
}

// postpone says when the turn of one more delivery comes.
func (l *lanes) postpone(a *lane) time.Duration {
	now := time.Now()
	turn := max(a.usual, leastTurn)
	if first := now.Add(turn); a.free.Before(first) {
		a.free = first
	}
	wait := min(a.free.Sub(now), maxPostponed)
	a.free = a.free.Add(turn / time.Duration(l.most(a, now)))
	return wait
}

func (l *lanes) most(a *lane, now time.Time) int {
	if a.slow(now) {
		return min(slowEach, l.each)
	}
	return l.each
}

// slow also where nothing moves just now.
func (a *lane) slow(now time.Time) bool {
	return a.usual > slowAnswer || a.running > 0 && now.Sub(a.moved) >= slowAnswer
}

func (l *lanes) leave(acc media.AccountID, a *lane, took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if a.usual == 0 {
		a.usual = took
	}
	a.usual = (3*a.usual + took) / 4
	a.running--
	a.moved = now
	for len(a.waiting) > 0 && a.running < l.most(a, now) {
		a.running++
		close(a.waiting[0])
		a.waiting = a.waiting[1:]
	}
	if a.running == 0 && a.usual <= slowAnswer && !a.free.After(now) {
		delete(l.by, acc) // nothing to remember
	}
}
