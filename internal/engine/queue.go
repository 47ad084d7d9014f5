package engine

import (
	"context"
	"fmt"
	"sync/atomic"
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

// pace is a moving average of how long a job takes. Safe for concurrent use;
// of two notes at the same time one may be lost.
type pace struct{ average atomic.Int64 }

// paceShare is what one job counts for in the average: one part of so many.
const paceShare = 8

func (p *pace) note(d time.Duration) {
	old := p.average.Load()
	if old == 0 {
		p.average.Store(int64(d))
		return
	}
	p.average.Store(old + (int64(d)-old)/paceShare)
}

// wait is how long the last of so many waiting jobs has to expect to wait.
func (p *pace) wait(ahead, workers int) time.Duration {
	return time.Duration(p.average.Load() * int64(ahead) / int64(workers))
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
