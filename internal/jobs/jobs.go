// Package jobs works the durable queue, which lies in the same database as
// the records: a job that a transaction enqueues with catalog.Tx.Enqueue runs
// after that transaction has committed, at least once, on any node. The
// package knows no kind of job; handlers are given to New.
package jobs

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"tintype/internal/catalog"
)

// Handler does the work of one job. An error or a panic counts as a failed
// attempt: the job is tried again later, up to its number of attempts, and
// then kept as dead. Because a job can run more than once, also at the same
// time after a node was taken for dead, a handler has to be idempotent.
//
// ctx ends at Config.Timeout, and when the runner stops and its patience is
// over; a handler that then returns does not lose an attempt by the latter.
type Handler func(ctx context.Context, args json.RawMessage) error

// Config holds what New may be told. The zero value is usable.
type Config struct {
	// Logger gets failed attempts as warnings and dead jobs as errors, never
	// their arguments. nil discards.
	Logger *slog.Logger
	// Workers is how many jobs of the first queue run at the same time; 0 is 4.
	Workers int
	// Queues are further queues (catalog.Job.Queue) with their own numbers of
	// workers, so that what is slow in one holds nothing back in another.
	// Jobs of a queue that is not named here are left to other runners.
	Queues map[string]int
	// Alone: no other process works the queue, so that every runner that is
	// known at the start has crashed, and its jobs need not wait for its lease.
	Alone bool
	// Timeout bounds one attempt; 0 is 10 minutes.
	Timeout time.Duration
	// Backoff is the wait after the first failure. It grows fourfold with
	// each further one, up to an hour, with a tenth of jitter. 0 is 2 s.
	Backoff time.Duration
	// Poll is how often the queue is looked at for jobs of other nodes and
	// jobs that have become due; 0 is 1 s. Jobs that this process enqueues
	// start at once.
	Poll time.Duration
	// Lease is how long a runner may show no sign of life before its jobs are
	// handed to others; 0 is 30 s.
	Lease time.Duration
	// Patience is how long Run waits at its end for running jobs before it
	// cancels them, and again after that; 0 is 10 s.
	Patience time.Duration
}

// Runner works jobs. Make it with New and start it with Run.
type Runner struct {
	db       *catalog.DB
	cfg      Config
	id       string
	client   *river.Client[*sql.Tx]
	stopping chan struct{} // closed when running jobs are told to end
}

const (
	maxBackoff = time.Hour
	// maxBeginWait is the longest pause between two tries to begin.
	maxBeginWait = 30 * time.Second
	// fetchCooldown is the least time between two looks at the queue.
	fetchCooldown = 20 * time.Millisecond
)

// New prepares a runner of the jobs in db for the given kinds. A job of
// another kind fails as unknown and is tried again like any failed one, so
// that during an upgrade a newer node can take it.
func New(db *catalog.DB, cfg Config, handlers map[string]Handler) (*Runner, error) {
	if len(handlers) == 0 {
		return nil, errors.New("jobs: no handlers")
	}
	cfg = cfg.withDefaults()
	r := &Runner{db: db, cfg: cfg, id: "runner-" + strings.ToLower(rand.Text()), stopping: make(chan struct{})}
	workers := river.NewWorkers()
	if err := r.register(workers, handlers); err != nil {
		return nil, err
	}
	queues := map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: cfg.Workers}}
	for name, n := range cfg.Queues {
		queues[name] = river.QueueConfig{MaxWorkers: n}
	}
	client, err := river.NewClient(wakeDriver{db.Queue(), db, slices.Collect(maps.Keys(queues))}, &river.Config{
		ID:                          r.id,
		Workers:                     workers,
		Queues:                      queues,
		Logger:                      slog.New(news{cfg.Logger.Handler()}),
		ErrorHandler:                failures{cfg.Logger},
		RetryPolicy:                 backoff(cfg.Backoff),
		MaxAttempts:                 catalog.DefaultAttempts,
		FetchCooldown:               min(fetchCooldown, cfg.Poll),
		FetchPollInterval:           cfg.Poll,
		JobTimeout:                  cfg.Timeout,
		RescueStuckJobsAfter:        cfg.Timeout + time.Hour, // the last net; see lease.go for the first
		CompletedJobRetentionPeriod: time.Hour,
		CancelledJobRetentionPeriod: 24 * time.Hour,
		DiscardedJobRetentionPeriod: 30 * 24 * time.Hour,
	})
	if err != nil {
		return nil, fmt.Errorf("jobs: %w", err)
	}
	r.client = client
	return r, nil
}

func (c Config) withDefaults() Config {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	for _, d := range []struct {
		value *time.Duration
		zero  time.Duration
	}{
		{&c.Timeout, 10 * time.Minute}, {&c.Backoff, 2 * time.Second}, {&c.Poll, time.Second},
		{&c.Lease, 30 * time.Second}, {&c.Patience, 10 * time.Second},
	} {
		if *d.value <= 0 {
			*d.value = d.zero
		}
	}
	if c.Workers <= 0 {
		c.Workers = 4
	}
	return c
}

// Run works jobs until ctx ends. Then it starts no more, waits for those that
// run, cancels them when they take longer than Config.Patience, and returns
// after at most twice that time. Jobs that ignore their context are handed
// back to the queue. The error is nil after a stop in which every job ended.
// While the database cannot be written to, for want of room or because it is
// away, Run waits for it. Run can be called once.
func (r *Runner) Run(ctx context.Context) error {
	live := context.WithoutCancel(ctx)
	if !r.begin(ctx) {
		return nil
	}
	if r.cfg.Alone {
		r.inherit(live)
	}
	if err := r.client.Start(live); err != nil {
		return fmt.Errorf("jobs: %w", err)
	}
	stopLease := make(chan struct{})
	leaseDone := make(chan struct{})
	go func() {
		defer close(leaseDone)
		r.keepLease(live, stopLease)
	}()
	<-ctx.Done()
	err := r.stop(live)
	close(stopLease)
	<-leaseDone
	r.leave(live)
	return err
}

// begin makes the runner known, as soon as that can be written down; false
// when ctx ended before.
func (r *Runner) begin(ctx context.Context) bool {
	for wait := r.cfg.Poll; ; wait = min(2*wait, maxBeginWait) {
		err := r.db.Beat(ctx, r.id)
		if err == nil {
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		r.cfg.Logger.WarnContext(ctx, "jobs wait for the database", slog.Any("error", err), slog.Duration("retry", wait))
		select {
		case <-ctx.Done():
			return false
		case <-time.After(wait):
		}
	}
}

func (r *Runner) stop(ctx context.Context) error {
	gentle, cancel := context.WithTimeout(ctx, r.cfg.Patience)
	defer cancel()
	if err := r.client.Stop(gentle); err == nil {
		return nil
	}
	close(r.stopping)
	firm, cancel := context.WithTimeout(ctx, r.cfg.Patience)
	defer cancel()
	if err := r.client.StopAndCancel(firm); err != nil {
		return fmt.Errorf("jobs: stop: jobs are still running: %w", err)
	}
	return nil
}

// backoff is a retry policy: its value after the first failure, four times as
// long after each further one.
type backoff time.Duration

func (b backoff) NextRetry(job *rivertype.JobRow) time.Time {
	wait := time.Duration(b)
	for range len(job.Errors) {
		if wait >= maxBackoff/4 {
			wait = maxBackoff
			break
		}
		wait *= 4
	}
	return time.Now().Add(jitter(wait))
}
