package jobs

import (
	"context"
	"log/slog"
	"time"
)

// keepLease shows that this runner lives, and watches the others, until stop
// is closed.
func (r *Runner) keepLease(ctx context.Context, stop <-chan struct{}) {
	ticker := time.NewTicker(max(r.cfg.Lease/3, time.Millisecond))
	defer ticker.Stop()
	seen := map[string]sighting{}
	for {
		select {
		case <-stop:
			return
		case <-ticker.C:
		}
		if err := r.db.Beat(ctx, r.id); err != nil {
			r.cfg.Logger.WarnContext(ctx, "job runner cannot show that it lives", slog.Any("error", err))
			continue
		}
		if err := r.watch(ctx, seen); err != nil {
			r.cfg.Logger.WarnContext(ctx, "job runner cannot watch the others", slog.Any("error", err))
		}
	}
}

// sighting is a beat of another runner, and when it was first seen by the
// monotonic clock of this process. No wall clock is compared.
type sighting struct {
	beat  int64
	since time.Time
}

// watch releases the jobs of runners whose beat has stood still for a lease.
func (r *Runner) watch(ctx context.Context, seen map[string]sighting) error {
	beats, err := r.db.Runners(ctx)
	if err != nil {
		return err
	}
	for id := range seen {
		if _, ok := beats[id]; !ok {
			delete(seen, id)
		}
	}
	for id, beat := range beats {
		last, ok := seen[id]
		switch {
		case id == r.id:
		case !ok || last.beat != beat:
			seen[id] = sighting{beat, time.Now()}
		case time.Since(last.since) >= r.cfg.Lease:
			if err := r.release(ctx, id, beat); err != nil {
				return err
			}
			delete(seen, id)
		}
	}
	return nil
}

func (r *Runner) release(ctx context.Context, id string, beat int64) error {
	again, dead, err := r.db.Release(ctx, id, beat)
	if err != nil {
		return err
	}
	r.cfg.Logger.WarnContext(ctx, "job runner is gone, its jobs run again",
		slog.String("runner", id), slog.Int("jobs", again), slog.Int("dead", dead))
	return nil
}

// inherit releases the jobs of every other runner. Where that cannot be done
// now, their leases run out.
func (r *Runner) inherit(ctx context.Context) {
	beats, err := r.db.Runners(ctx)
	for id, beat := range beats {
		if id != r.id && err == nil {
			err = r.release(ctx, id, beat)
		}
	}
	if err != nil {
		r.cfg.Logger.WarnContext(ctx, "jobs of the last run wait for its lease", slog.Any("error", err))
	}
}

// leave takes this runner off the list. What it still runs, against its
// orders, is handed back. Where that cannot be written down, the lease runs
// out instead.
func (r *Runner) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, r.cfg.Patience)
	defer cancel()
	beats, err := r.db.Runners(ctx)
	if err == nil {
		_, _, err = r.db.Release(ctx, r.id, beats[r.id])
	}
	if err != nil {
		r.cfg.Logger.WarnContext(ctx, "job runner cannot be taken off the list", slog.Any("error", err))
	}
}
