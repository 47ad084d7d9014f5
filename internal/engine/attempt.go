package engine

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"tintype/internal/media"
)

// How an attempt may fail without an answer from the worker.
var (
	// errCrashed: the worker died under the job.
	errCrashed = errors.New("worker crashed")
	// errSlain: somebody outside, such as a kernel short of memory, killed
	// the worker under the job.
	errSlain = errors.New("worker was killed from outside")
	// errStalled: the worker was stopped, or did not even begin.
	errStalled = errors.New("worker made no progress")
	// errUnheard: the worker died before it had the job.
	errUnheard = errors.New("worker was gone")
	// errFlawed: what the worker made is not what was asked for.
	errFlawed = errors.New("result is flawed")
)

const (
	attemptsMax = 4 // of one job
	deathsMax   = 2 // of fresh workers under one job
)

// trial is one job on its way over one or more workers.
type trial struct {
	*job
	attempts int
	deaths   int // crashes of fresh workers
	outages  int // attempts that came to nothing by no fault of the job's
}

// do carries out a job. A failure that may be due to the worker's condition
// rather than to the job is no answer before a fresh worker has confirmed it.
func (p *Pool) do(ctx context.Context, j *job) (reply, error) {
	if err := p.poison.check(j.suspects); err != nil {
		return reply{}, err
	}
	waiting := time.Now()
	s, err := p.acquire(ctx)
	if err != nil {
		return reply{}, err
	}
	defer p.release(s)
	waited := time.Since(waiting)
	t := &trial{job: j}
	for {
		if s.proc.spent && !s.proc.dead() {
			s.proc.stop()
		}
		if s.proc.dead() {
			s.proc = p.spawn()
		}
		w := s.proc
		t.attempts++
		rep, err := p.runOn(ctx, w, j, waited)
		if err == nil && j.check != nil {
			if err = j.check(rep); err != nil {
				err = fmt.Errorf("%w: %w", errFlawed, err)
			}
		}
		if err == nil {
			p.poison.forget(j.suspects)
			return rep, nil
		}
		if err := p.judge(ctx, w, t, err); err != nil {
			return reply{}, err
		}
		if err := j.rewind(); err != nil {
			return reply{}, err
		}
	}
}

// judge answers nil when the job is to be tried on another worker, which w is
// then dead or spent for, and otherwise the error to answer with.
func (p *Pool) judge(ctx context.Context, w *process, t *trial, err error) error {
	fresh := w.jobs <= 1
	log := p.cfg.Logger.With("pid", w.pid(), "job", t.Kind, "attempt", t.attempts, "jobs", w.jobs)
	another := t.attempts < attemptsMax && ctx.Err() == nil && p.base.Err() == nil
	switch {
	case errors.Is(err, errUnheard):
		log.Warn("worker was gone before its job", "error", err, "stderr", w.tail())
		if another && t.outages < 2 {
			t.outages++
			return nil
		}
		return err
	case errors.Is(err, errCrashed):
		p.counts.crashed.Add(1)
		log.Warn("worker crashed", "state", w.state(), "stderr", w.tail())
		if fresh {
			t.deaths++
			if err := p.poison.count(t.suspects); err != nil {
				return err
			}
		}
		if another && t.deaths < deathsMax {
			return nil
		}
		return &media.Error{Code: media.Invalid, Op: string(t.Kind), Message: "The file makes its decoder crash and cannot be processed", Err: err}
	case errors.Is(err, errSlain), errors.Is(err, errStalled):
		log.Warn("worker failed", "error", err)
		if another && t.outages < 1 {
			t.outages++
			return nil
		}
		return &media.Error{Code: media.Limited, Op: string(t.Kind), Message: "The work on the file was interrupted, try again later", Err: err}
	case errors.Is(err, errFlawed):
		w.spent = true
		log.Warn("worker made no whole result", "error", err)
		if another && !fresh {
			return nil
		}
		return t.flawed(err)
	case w.dead(), media.CodeOf(err) == media.Unsupported:
		return err
	}
	// The worker's own answer.
	if !w.spent && !fresh && media.CodeOf(err) == media.Invalid {
		w.spent = w.worn(p.cfg.Memory)
	}
	if w.spent {
		log.Warn("worker is spent", "error", err)
		if another && !fresh {
			return nil
		}
	}
	return err
}

// flawed is the answer when a fresh worker, too, makes something else than
// what was planned: encoders that run out of memory may leave half a file and
// call it a success.
func (t *trial) flawed(err error) error {
	for _, plan := range t.Plans {
		if len(t.Plans) == 1 || plan.Output.Format == "avif" {
			return unwritable(plan.Output.Format, plan.Width, plan.Height, plan.Input.Pages, err)
		}
	}
	return err
}

// runOn carries out a job on one worker, which is dead afterwards when the
// time ran out, the caller left, or it crashed. waited is how long the job had
// to wait for it.
func (p *Pool) runOn(ctx context.Context, w *process, j *job, waited time.Duration) (reply, error) {
	if err := w.await(ctx); err != nil {
		return reply{}, err
	}
	timed, cancel := context.WithTimeout(ctx, j.timeout)
	defer cancel()
	defer context.AfterFunc(p.base, cancel)()
	var stalled atomic.Bool
	before, _, known := processTime(w.pid())
	watch := time.AfterFunc(j.timeout/4, func() {
		if now, _, ok := processTime(w.pid()); known && ok && now == before {
			stalled.Store(true)
			cancel()
		}
	})
	defer watch.Stop()
	unkilled := context.AfterFunc(timed, func() {
		if _, stopped, ok := processTime(w.pid()); ok && stopped {
			stalled.Store(true)
		}
		w.kill()
	})
	start := time.Now()
	p.counts.running.Add(1)
	rep, err := w.run(j)
	p.counts.running.Add(-1)
	if unkilled() {
		return rep, err
	}
	// The kill is on its way or done: nobody else may get this worker.
	<-w.gone
	p.counts.killed.Add(1)
	switch {
	case err == nil:
		return rep, nil
	case p.base.Err() != nil:
		return reply{}, errClosing()
	case errors.Is(ctx.Err(), context.Canceled):
		return reply{}, fmt.Errorf("%s: %w", j.Kind, ctx.Err())
	case ctx.Err() != nil && waited > time.Since(start):
		return reply{}, media.Errorf(media.Limited, "Too many pictures are being processed, try again later")
	case stalled.Load():
		return reply{}, errStalled
	case ctx.Err() != nil:
		return reply{}, media.Errorf(media.Invalid, "The file could not be processed in time")
	}
	return reply{}, media.Errorf(media.Invalid, "The file could not be processed within %v", j.timeout)
}
