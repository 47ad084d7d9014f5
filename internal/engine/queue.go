package engine

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"tintype/internal/media"
)

// patienceKey is Patient's in a context.
type patienceKey struct{}

// Patient returns a context whose jobs wait up to so long for a worker where
// that is more than Config.QueueWait. It is for work that has cost its caller
// much already, such as a file that was uploaded: to refuse it costs more
// than to let it wait.
func Patient(ctx context.Context, wait time.Duration) context.Context {
	return context.WithValue(ctx, patienceKey{}, wait)
}

// Patience is what Patient has set, or 0.
func Patience(ctx context.Context) time.Duration {
	wait, _ := ctx.Value(patienceKey{}).(time.Duration)
	return wait
}

// patience is how long a job of this context waits for a worker.
func (p *Pool) patience(ctx context.Context) time.Duration {
	return max(Patience(ctx), p.cfg.QueueWait)
}

// pace is how long a job takes of late: a moving geometric mean, since a few
// long jobs say little about the many short ones. Safe for concurrent use.
type pace struct {
	mu    sync.Mutex
	known bool
	log   float64 // natural logarithm of seconds
}

// paceShare is what one job counts for in the mean: one part of so many.
const paceShare = 8

func (p *pace) note(d time.Duration) {
	log := math.Log(max(d, time.Millisecond).Seconds())
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.known {
		p.known, p.log = true, log
		return
	}
	p.log += (log - p.log) / paceShare
}

// wait is how long the last of so many waiting jobs has to expect to wait.
func (p *pace) wait(ahead, workers int) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.known {
		return 0
	}
	return time.Duration(math.Exp(p.log) * float64(ahead) / float64(workers) * float64(time.Second))
}

// acquire waits for a worker's slot; release gives it back.
func (p *Pool) acquire(ctx context.Context) (*slot, error) {
	s, err := p.slot(ctx)
	if err == nil {
		s.since = time.Now()
	}
	return s, err
}

func (p *Pool) slot(ctx context.Context) (*slot, error) {
	if p.base.Err() != nil {
		return nil, errClosing()
	}
	select {
	case s := <-p.slots:
		return s, nil
	default:
	}
	wait := p.patience(ctx)
	waiting := int(p.waiting.Add(1))
	defer p.waiting.Add(-1)
	if waiting > p.cfg.Queue || p.pace.wait(waiting-1, p.cfg.Workers) > wait {
		p.counts.refused.Add(1)
		return nil, media.Errorf(media.Limited, "Too many pictures are being processed, try again later")
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case s := <-p.slots:
		return s, nil
	case <-timer.C:
		p.counts.refused.Add(1)
		return nil, media.Errorf(media.Limited, "No picture could be processed within %v, try again later", wait)
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for a worker: %w", ctx.Err())
	case <-p.base.Done():
		return nil, errClosing()
	}
}
