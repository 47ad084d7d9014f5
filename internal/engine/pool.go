package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"tintype/internal/media"
)

// Config says how a Pool works. The zero value is usable by a binary that
// calls Serve when its first argument is "engine".
type Config struct {
	// Command starts a worker: a program that calls Serve, or with a further
	// argument "exec" hands what follows to sandbox.LauncherMain. Default:
	// this binary with the argument "engine".
	Command []string
	// Env is added to a worker's environment, which is otherwise PATH and
	// what libvips and fontconfig need.
	Env []string
	// Workers is the number of processes and so of jobs at once; default: one per CPU.
	Workers int
	// Queue is how many jobs may wait for a worker; default: 64 for each of Workers. Below 0: none.
	Queue int
	// QueueWait is the longest that a job waits for a worker, default 2 s. One
	// that has to expect a longer wait is refused at once. See Patient.
	QueueWait time.Duration
	// ProbeTimeout and RenderTimeout bound the work on one file, default 5 s
	// and 15 s. Measure counts as Render.
	ProbeTimeout, RenderTimeout time.Duration
	// Memory is the most that a worker may use, in bytes, default 1 GiB.
	Memory uint64
	// JobsPerWorker is after how many jobs a worker is replaced, default 1000.
	JobsPerWorker int
	// Limits are of sources; those of results are the plan's maker's affair.
	Limits Limits
	// Logger may be nil.
	Logger *slog.Logger
	// Now may be nil.
	Now func() time.Time
}

func (c Config) withDefaults() (Config, error) {
	if len(c.Command) == 0 {
		exe, err := os.Executable()
		if err != nil {
			return c, fmt.Errorf("find own binary: %w", err)
		}
		c.Command = []string{exe, "engine"}
	}
	setDefault(&c.Workers, runtime.NumCPU())
	setDefault(&c.Queue, 64*c.Workers)
	setDefault(&c.QueueWait, 2*time.Second)
	setDefault(&c.ProbeTimeout, 5*time.Second)
	setDefault(&c.RenderTimeout, 15*time.Second)
	setDefault(&c.Memory, 1<<30)
	setDefault(&c.JobsPerWorker, 1000)
	c.Limits = c.Limits.withDefaults()
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c, c.Validate()
}

// Validate reports a setting that makes no sense. Zero fields are defaults.
func (c Config) Validate() error {
	if c.Workers < 0 || c.QueueWait < 0 || c.ProbeTimeout < 0 || c.RenderTimeout < 0 || c.JobsPerWorker < 0 {
		return errors.New("engine: counts and times must not be negative")
	}
	if c.Memory != 0 && c.Memory < 128<<20 {
		return fmt.Errorf("engine: %d bytes of memory are too few for a worker, give at least 128 MiB", c.Memory)
	}
	return nil
}

func setDefault[T comparable](v *T, def T) {
	var zero T
	if *v == zero {
		*v = def
	}
}

// Pool is the Engine: it hands jobs to worker processes. A job that finds no
// worker free waits in order; one that would wait too long is refused.
type Pool struct {
	cfg     Config
	slots   chan *slot
	waiting atomic.Int64
	pace    pace
	counts  counts
	poison  *poison
	starter *starter
	faults  bool
	// base ends when the pool is closed.
	base   context.Context
	cancel context.CancelFunc
	close  sync.Once
}

var _ Engine = (*Pool)(nil)

// Stats is what a pool does now and has done since its start.
type Stats struct {
	Running, Waiting int   // jobs
	Started          int64 // workers
	Crashed          int64 // workers that died under a job
	Killed           int64 // workers that were killed at a deadline, or whose caller left
	Refused          int64 // jobs that found no room, or waited too long
	Poisonous        int   // files that are watched or refused since a worker died under them
}

type counts struct{ running, started, crashed, killed, refused atomic.Int64 }

// Stats may be called at any time.
func (p *Pool) Stats() Stats {
	return Stats{
		Running: int(p.counts.running.Load()), Waiting: int(p.waiting.Load()),
		Started: p.counts.started.Load(), Crashed: p.counts.crashed.Load(), Killed: p.counts.killed.Load(),
		Refused: p.counts.refused.Load(), Poisonous: int(p.poison.size.Load()),
	}
}

// slot is the place of one worker. Who has received it from Pool.slots owns it.
type slot struct {
	proc  *process
	since time.Time // when it was received
}

// New starts the workers in the background and returns at once. The caller
// closes the pool.
func New(cfg Config) (*Pool, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	keepDescriptors()
	p := &Pool{cfg: cfg, slots: make(chan *slot, cfg.Workers), poison: newPoison(cfg.Now), starter: newStarter(), faults: faultsWanted(cfg.Env)}
	p.base, p.cancel = context.WithCancel(context.Background())
	for range cfg.Workers {
		p.slots <- &slot{proc: p.spawn()}
	}
	return p, nil
}

// Close ends all workers, breaking off their jobs, and waits until they are gone.
func (p *Pool) Close() error {
	p.close.Do(func() {
		p.cancel()
		for range p.cfg.Workers {
			s := <-p.slots
			s.proc.stop()
			<-s.proc.gone
		}
		p.starter.stop()
	})
	return nil
}

func errClosing() error { return media.Errorf(media.Limited, "The server is shutting down") }

// release gives the slot back, with a fresh worker on its way where the old
// one is dead or worn out.
func (p *Pool) release(s *slot) {
	p.pace.note(time.Since(s.since))
	w := s.proc
	switch {
	case p.base.Err() != nil, !w.isStarted():
	case w.dead():
		s.proc = p.spawn()
	case w.spent, w.jobs >= p.cfg.JobsPerWorker, w.worn(p.cfg.Memory):
		resident, claimed := w.memory()
		p.cfg.Logger.Debug("replace worker", "pid", w.pid(), "jobs", w.jobs, "resident", resident, "claimed", claimed, "spent", w.spent)
		w.stop()
		s.proc = p.spawn()
	}
	p.slots <- s
}

// job is a request with what belongs to it.
type job struct {
	request
	files   []*os.File // sources, then results
	sources int        // how many of files are sources
	timeout time.Duration
	// suspects is what poison remembers the job by.
	suspects func() (suspects, error)
	// check looks at what a worker says it has done; nil: its word is enough.
	check func(reply) error
}

// rewind empties the results for a second attempt.
func (j *job) rewind() error {
	for _, f := range j.files[j.sources:] {
		if err := f.Truncate(0); err != nil {
			return fmt.Errorf("empty a result: %w", err)
		}
		if _, err := f.Seek(0, 0); err != nil {
			return fmt.Errorf("empty a result: %w", err)
		}
	}
	return nil
}

func (j *job) closeFiles() {
	for _, f := range j.files {
		f.Close()
	}
}
