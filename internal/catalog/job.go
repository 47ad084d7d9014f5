package catalog

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"
	"github.com/uptrace/bun"

	"tintype/internal/media"
)

// DefaultAttempts is how often a job is tried before it is given up.
const DefaultAttempts = 5

// Job is work to be done after the transaction that enqueues it.
type Job struct {
	// Kind names the handler (see package jobs): letters, digits, '-', '_', '.'.
	Kind string
	// Args is marshalled to JSON; a handler gets JSON of the same meaning,
	// not the same bytes.
	Args any
	// RunAt is the earliest start; zero is at once.
	RunAt time.Time
	// MaxAttempts is how often it is tried; 0 is DefaultAttempts.
	MaxAttempts int
	// Queue is the line that it stands in: jobs of one line do not wait for
	// those of another. "" is the line of quick work.
	Queue string
}

// jobArgs carries a job to the queue under its own kind.
type jobArgs struct {
	kind string
	raw  json.RawMessage
}

func (j jobArgs) Kind() string                 { return j.kind }
func (j jobArgs) MarshalJSON() ([]byte, error) { return j.raw, nil }

// Enqueue adds a job that runs, at least once, after this transaction has
// committed, and never when it is rolled back.
func (tx *Tx) Enqueue(j Job) error {
	if err := tx.writable(); err != nil {
		return err
	}
	raw, err := json.Marshal(j.Args)
	if err != nil {
		return fmt.Errorf("enqueue %s: %w", j.Kind, err)
	}
	// PostgreSQL cannot store the escape of NUL in JSON.
	if bytes.Contains(raw, []byte(`\u0000`)) {
		return media.Errorf(media.Invalid, "The arguments of the job %s contain a NUL character", j.Kind)
	}
	opts := &river.InsertOpts{MaxAttempts: j.MaxAttempts, ScheduledAt: j.RunAt, Queue: j.Queue}
	if opts.MaxAttempts <= 0 {
		opts.MaxAttempts = DefaultAttempts
	}
	if _, err := tx.db.enqueuer.InsertTx(tx.ctx, tx.tx.Tx, jobArgs{j.Kind, raw}, opts); err != nil {
		return tx.failWrite("enqueue "+j.Kind, err)
	}
	tx.wake = tx.wake || !j.RunAt.After(time.Now())
	return nil
}

// quiet keeps the queue from sending a notification through the database with
// each job: nobody listens there, and PostgreSQL commits transactions that
// notify one after the other.
type quiet struct {
	riverdriver.Driver[*sql.Tx]
}

func (quiet) SupportsListenNotify() bool { return false }

// Queue returns the queue's access to the database, for package jobs. On
// SQLite it shares the only writing connection with Update.
func (db *DB) Queue() riverdriver.Driver[*sql.Tx] { return db.queue }

// OnEnqueue calls fn after every commit of this process that enqueued a job
// to be run at once, until cancel. fn must not block.
func (db *DB) OnEnqueue(fn func()) (cancel func()) {
	db.mu.Lock()
	defer db.mu.Unlock()
	id := db.nextID
	db.nextID++
	db.watchers[id] = fn
	return func() {
		db.mu.Lock()
		defer db.mu.Unlock()
		delete(db.watchers, id)
	}
}

func (db *DB) wake() {
	db.mu.Lock()
	watchers := slices.Collect(maps.Values(db.watchers))
	db.mu.Unlock()
	for _, fn := range watchers {
		fn()
	}
}

type runnerRow struct {
	bun.BaseModel `bun:"table:runner,alias:w"`

	ID   string `bun:"id,pk"`
	Beat int64  `bun:"beat"`
}

// Beat counts up the beat of a runner of jobs, and makes the runner known if
// it is not. A runner whose beat stands still has crashed. Beats hold no time,
// so that clocks that differ or jump do no harm.
func (db *DB) Beat(ctx context.Context, runner string) error {
	return db.Update(ctx, func(tx *Tx) error {
		_, err := tx.changed("beat", tx.tx.NewInsert().Model(&runnerRow{ID: runner, Beat: 1}).
			On("CONFLICT (id) DO UPDATE").Set("beat = w.beat + 1"))
		return err
	})
}

// Runners returns the beat of every known runner.
func (db *DB) Runners(ctx context.Context) (map[string]int64, error) {
	var rows []runnerRow
	err := db.View(ctx, func(tx *Tx) error {
		return tx.fail("list runners", tx.tx.NewSelect().Model(&rows).Scan(tx.ctx))
	})
	beats := make(map[string]int64, len(rows))
	for _, r := range rows {
		beats[r.ID] = r.Beat
	}
	return beats, err
}

// maxRescued bounds the running jobs that Release looks at in one go; there
// are at most as many as all runners have workers.
const maxRescued = 10_000

// Release forgets a runner if its beat is still the given one, and hands the
// jobs that it was running back to the queue: to be run again at once, or
// given up when that was their last attempt. It returns how many of each.
func (db *DB) Release(ctx context.Context, runner string, beat int64) (again, dead int, err error) {
	err = db.Update(ctx, func(tx *Tx) error {
		again, dead = 0, 0
		n, err := tx.changed("forget runner", tx.tx.NewDelete().Model((*runnerRow)(nil)).Where("id = ?", runner).Where("beat = ?", beat))
		if err != nil || n == 0 {
			return err
		}
		again, dead, err = tx.rescue(runner)
		return tx.failWrite("hand back jobs", err)
	})
	if err == nil && again > 0 {
		db.wake()
	}
	return again, dead, err
}

func (tx *Tx) rescue(runner string) (again, dead int, err error) {
	exec := tx.db.queue.UnwrapExecutor(tx.tx.Tx)
	now := time.Now().UTC()
	running, err := exec.JobGetStuck(tx.ctx, &riverdriver.JobGetStuckParams{Max: maxRescued, StuckHorizon: now.AddDate(100, 0, 0)})
	if err != nil {
		return 0, 0, err
	}
	p := &riverdriver.JobRescueManyParams{}
	for _, job := range running {
		if len(job.AttemptedBy) == 0 || job.AttemptedBy[len(job.AttemptedBy)-1] != runner {
			continue
		}
		note, err := json.Marshal(rivertype.AttemptError{At: now, Attempt: job.Attempt, Error: "the process that ran the job has ended"})
		if err != nil {
			return 0, 0, err
		}
		state, finalized := rivertype.JobStateAvailable, (*time.Time)(nil)
		if job.Attempt >= job.MaxAttempts {
			state, finalized = rivertype.JobStateDiscarded, &now
			dead++
		} else {
			again++
		}
		p.ID = append(p.ID, job.ID)
		p.Error = append(p.Error, note)
		p.FinalizedAt = append(p.FinalizedAt, finalized)
		p.ScheduledAt = append(p.ScheduledAt, now)
		p.State = append(p.State, string(state))
	}
	if len(p.ID) == 0 {
		return 0, 0, nil
	}
	_, err = exec.JobRescueMany(tx.ctx, p)
	return again, dead, err
}
