package jobs

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"tintype/internal/catalog"
	"tintype/internal/catalog/catalogtest"
	"tintype/internal/media"
)

// patience is how long a test waits for what has to happen.
const patience = 30 * time.Second

func quick() Config {
	return Config{Poll: 20 * time.Millisecond, Backoff: time.Millisecond, Lease: 300 * time.Millisecond, Patience: 5 * time.Second}
}

// start runs a runner until the test ends, or until stop, which returns what
// Run did.
func start(t *testing.T, db *catalog.DB, cfg Config, handlers map[string]Handler) (r *Runner, stop func() error) {
	t.Helper()
	r, err := New(db, cfg, handlers)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	stop = sync.OnceValue(func() error {
		cancel()
		return <-done
	})
	t.Cleanup(func() { _ = stop() })
	return r, stop
}

func enqueue(t *testing.T, db *catalog.DB, j ...catalog.Job) {
	t.Helper()
	if err := db.Update(context.Background(), func(tx *catalog.Tx) error {
		for _, j := range j {
			if err := tx.Enqueue(j); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func receive[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatal("nothing happened")
		panic("unreachable")
	}
}

// wantState waits until the only job of the queue is in a state.
func wantState(t *testing.T, r *Runner, state rivertype.JobState) *rivertype.JobRow {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		list, err := r.client.JobList(context.Background(), river.NewJobListParams().First(10))
		if err != nil {
			t.Fatal(err)
		}
		if len(list.Jobs) == 1 && list.Jobs[0].State == state {
			return list.Jobs[0]
		}
		if time.Now().After(deadline) {
			t.Fatalf("jobs %+v, want one that is %s", list.Jobs, state)
		}
	}
}

func each(t *testing.T, fn func(t *testing.T, db *catalog.DB)) {
	t.Helper()
	catalogtest.Each(t, func(t *testing.T, url string) { fn(t, catalogtest.Open(t, url, catalog.Config{})) })
}

func TestRunsAfterCommitOnly(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		ran := make(chan string, 10)
		committed := make(chan struct{})
		start(t, db, quick(), map[string]Handler{"say": func(_ context.Context, args json.RawMessage) error {
			select {
			case <-committed:
			default:
				t.Error("ran before the commit")
			}
			var s string
			err := json.Unmarshal(args, &s)
			ran <- s
			return err
		}})
		no := errors.New("no")
		err := db.Update(t.Context(), func(tx *catalog.Tx) error {
			return errors.Join(tx.Enqueue(catalog.Job{Kind: "say", Args: "rolled back"}), no)
		})
		if !errors.Is(err, no) {
			t.Fatal(err)
		}
		err = db.Update(t.Context(), func(tx *catalog.Tx) error {
			defer close(committed) // as good as: nothing after this can fail
			return tx.Enqueue(catalog.Job{Kind: "say", Args: "ünï\"'\\?"})
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := receive(t, ran); got != "ünï\"'\\?" {
			t.Errorf("got %q", got)
		}
		enqueue(t, db, catalog.Job{Kind: "say", Args: "next"})
		if got := receive(t, ran); got != "next" {
			t.Errorf("got %q", got)
		}
	})
}

// TestStartsAtOnce lets the runner poll once an hour: what is enqueued in this
// process must not wait for that.
func TestStartsAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		cfg := quick()
		cfg.Poll = time.Hour
		ran := make(chan int, 10)
		start(t, db, cfg, map[string]Handler{"job": func(_ context.Context, args json.RawMessage) error {
			var i int
			defer func() { ran <- i }()
			return json.Unmarshal(args, &i)
		}})
		for i := range 5 {
			enqueue(t, db, catalog.Job{Kind: "job", Args: i})
			if got := receive(t, ran); got != i {
				t.Errorf("got %d, want %d", got, i)
			}
		}
	})
}

func TestManyJobs(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		const n = 100
		cfg := quick()
		cfg.Workers = 8
		var mu sync.Mutex
		seen, running, most := map[int]int{}, 0, 0
		done := make(chan struct{})
		start(t, db, cfg, map[string]Handler{"job": func(_ context.Context, args json.RawMessage) error {
			mu.Lock()
			running++
			most = max(most, running)
			mu.Unlock()
			var i int
			err := json.Unmarshal(args, &i)
			mu.Lock()
			defer mu.Unlock()
			running--
			seen[i]++
			if len(seen) == n && seen[i] == 1 {
				close(done)
			}
			return err
		}})
		for i := 0; i < n; i += 10 {
			var batch []catalog.Job
			for k := i; k < i+10; k++ {
				batch = append(batch, catalog.Job{Kind: "job", Args: k})
			}
			enqueue(t, db, batch...)
		}
		receive(t, done)
		mu.Lock()
		defer mu.Unlock()
		for i, times := range seen {
			if times != 1 {
				t.Errorf("job %d ran %d times", i, times)
			}
		}
		if most > cfg.Workers {
			t.Errorf("%d jobs ran at the same time, want at most %d", most, cfg.Workers)
		}
	})
}

func TestRetriesUntilDead(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]Handler{
		"error":   func(context.Context, json.RawMessage) error { return errors.New("it broke") },
		"panic":   func(context.Context, json.RawMessage) error { panic("it broke") },
		"timeout": func(ctx context.Context, _ json.RawMessage) error { <-ctx.Done(); return ctx.Err() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, db *catalog.DB) {
				var logs lockedBuffer
				cfg := quick()
				cfg.Timeout = 10 * time.Millisecond
				cfg.Logger = slog.New(slog.NewTextHandler(&logs, nil))
				tried := make(chan struct{}, 100)
				r, _ := start(t, db, cfg, map[string]Handler{"job": func(ctx context.Context, args json.RawMessage) error {
					tried <- struct{}{}
					return fail(ctx, args)
				}})
				enqueue(t, db, catalog.Job{Kind: "job", Args: "s3cret", MaxAttempts: 3})
				job := wantState(t, r, rivertype.JobStateDiscarded)
				if len(tried) != 3 || job.Attempt != 3 || len(job.Errors) != 3 {
					t.Errorf("%d tries, attempt %d, %d errors, want 3 of each", len(tried), job.Attempt, len(job.Errors))
				}
				text := logs.String()
				if strings.Count(text, "job is dead") != 1 || strings.Count(text, "will be tried again") != 2 || strings.Contains(text, "s3cret") || strings.Count(text, "\n") != 3 {
					t.Errorf("log:\n%s", text)
				}
			})
		})
	}
}

func TestDefaultsAndUnknownKind(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		r, _ := start(t, db, quick(), map[string]Handler{"known": func(context.Context, json.RawMessage) error { return nil }})
		enqueue(t, db, catalog.Job{Kind: "unknown"})
		job := wantState(t, r, rivertype.JobStateDiscarded)
		if job.Attempt != catalog.DefaultAttempts || !strings.Contains(job.Errors[0].Error, "unknown") {
			t.Errorf("attempt %d, error %q", job.Attempt, job.Errors[0].Error)
		}
	})
}

// A runner that comes up on a full disk waits, and works as soon as it can.
func TestWaitsForRoom(t *testing.T) {
	t.Parallel()
	catalogtest.Each(t, func(t *testing.T, url string) {
		var full atomic.Bool
		refused := make(chan struct{}, 100)
		db := catalogtest.Open(t, url, catalog.Config{Fault: func(point string) error {
			if point == "before commit" && full.Load() {
				refused <- struct{}{}
				return media.Errorf(media.NoSpace, "The database has no room left")
			}
			return nil
		}})
		enqueue(t, db, catalog.Job{Kind: "note"})
		full.Store(true)
		ran := make(chan struct{}, 10)
		_, stop := start(t, db, quick(), map[string]Handler{"note": func(context.Context, json.RawMessage) error {
			ran <- struct{}{}
			return nil
		}})
		receive(t, refused)
		receive(t, refused)
		full.Store(false)
		receive(t, ran)
		full.Store(true)
		if err := stop(); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
}

func TestRunsLater(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		ran := make(chan time.Time, 1)
		r, _ := start(t, db, quick(), map[string]Handler{"job": func(context.Context, json.RawMessage) error { ran <- time.Now(); return nil }})
		due := time.Now().Add(time.Second)
		enqueue(t, db, catalog.Job{Kind: "job", RunAt: due})
		if at := receive(t, ran); at.Before(due.Add(-time.Millisecond)) { // SQLite keeps milliseconds
			t.Errorf("ran %v too early", due.Sub(at))
		}
		wantState(t, r, rivertype.JobStateCompleted)
	})
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	for errors, want := range []time.Duration{2 * time.Second, 8 * time.Second, 32 * time.Second, 128 * time.Second, 512 * time.Second, 2048 * time.Second, time.Hour, time.Hour} {
		got := time.Until(backoff(2 * time.Second).NextRetry(&rivertype.JobRow{Errors: make([]rivertype.AttemptError, errors)}))
		if got < want*88/100 || got > want*111/100 {
			t.Errorf("after %d earlier failures: %v, want about %v", errors, got, want)
		}
	}
}

func TestGracefulStop(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		began, finish := make(chan struct{}), make(chan struct{})
		r, stop := start(t, db, quick(), map[string]Handler{"job": func(ctx context.Context, _ json.RawMessage) error {
			close(began)
			<-finish
			return ctx.Err()
		}})
		enqueue(t, db, catalog.Job{Kind: "job"})
		receive(t, began)
		stopped := make(chan error, 1)
		go func() { stopped <- stop() }()
		select {
		case err := <-stopped:
			t.Fatalf("stopped while a job was running: %v", err)
		case <-time.After(50 * time.Millisecond):
		}
		close(finish)
		if err := receive(t, stopped); err != nil {
			t.Error(err)
		}
		wantState(t, r, rivertype.JobStateCompleted)
		if beats, err := db.Runners(t.Context()); err != nil || len(beats) != 0 {
			t.Errorf("runners after the stop: %v, %v", beats, err)
		}
	})
}

// TestImpatientStop: a job that takes too long is cancelled, does not lose an
// attempt, and runs again on the next runner.
func TestImpatientStop(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		cfg := quick()
		cfg.Patience = 100 * time.Millisecond
		began := make(chan struct{}, 1)
		r, stop := start(t, db, cfg, map[string]Handler{"job": func(ctx context.Context, _ json.RawMessage) error {
			began <- struct{}{}
			<-ctx.Done()
			return ctx.Err()
		}})
		enqueue(t, db, catalog.Job{Kind: "job", MaxAttempts: 1})
		receive(t, began)
		if err := stop(); err != nil {
			t.Error(err)
		}
		wantState(t, r, rivertype.JobStateAvailable)
		ran := make(chan struct{}, 1)
		start(t, db, quick(), map[string]Handler{"job": func(context.Context, json.RawMessage) error { ran <- struct{}{}; return nil }})
		receive(t, ran)
	})
}

// TestStubbornJob: one that ignores its context is given back when the runner
// leaves without it.
func TestStubbornJob(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		cfg := quick()
		cfg.Patience = 100 * time.Millisecond
		began, finish := make(chan struct{}, 1), make(chan struct{})
		r, stop := start(t, db, cfg, map[string]Handler{"job": func(context.Context, json.RawMessage) error {
			began <- struct{}{}
			<-finish
			return nil
		}})
		enqueue(t, db, catalog.Job{Kind: "job"})
		receive(t, began)
		if err := stop(); err == nil {
			t.Error("a stop that left a job behind has no error")
		}
		wantState(t, r, rivertype.JobStateAvailable)
		close(finish)
		<-r.client.Stopped()
	})
}

func TestNewRejects(t *testing.T) {
	t.Parallel()
	db := catalogtest.Open(t, catalogtest.SQLite(t), catalog.Config{})
	fine := func(context.Context, json.RawMessage) error { return nil }
	for name, handlers := range map[string]map[string]Handler{
		"none": {}, "nil": {"job": nil}, "name": {"": fine}, "space": {"a b": fine},
	} {
		if _, err := New(db, Config{}, handlers); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestCrashChild is the process that TestCrash kills while it works a job.
func TestCrashChild(t *testing.T) {
	url := os.Getenv("JOBS_CRASH_URL")
	if url == "" {
		t.Skip("for TestCrash only")
	}
	db, err := catalog.Open(context.Background(), url, catalog.Config{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := New(db, quick(), map[string]Handler{"job": func(context.Context, json.RawMessage) error {
		fmt.Println("\nworking")
		select {}
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Fatal(r.Run(context.Background()))
}

// TestCrash kills a process in the middle of a job: another runner does it
// again, or gives it up if that was its last attempt. It does not touch the
// jobs of a runner that lives.
func TestCrash(t *testing.T) {
	t.Parallel()
	catalogtest.Each(t, func(t *testing.T, url string) {
		db := catalogtest.Open(t, url, catalog.Config{})
		for attempts, want := range map[int]rivertype.JobState{5: rivertype.JobStateCompleted, 1: rivertype.JobStateDiscarded} {
			enqueue(t, db, catalog.Job{Kind: "job", Args: "again", MaxAttempts: attempts})
			crash(t, url)
			ran := make(chan struct{}, 2)
			r, stop := start(t, db, quick(), map[string]Handler{"job": func(context.Context, json.RawMessage) error { ran <- struct{}{}; return nil }})
			job := wantState(t, r, want)
			if tries := len(ran); tries > 1 || (tries == 1) != (want == rivertype.JobStateCompleted) {
				t.Errorf("%d attempts: ran %d times, became %s", attempts, tries, job.State)
			}
			if beats, err := db.Runners(t.Context()); err != nil || len(beats) != 1 {
				t.Errorf("runners %v, %v, want the living one", beats, err)
			}
			if err := stop(); err != nil {
				t.Error(err)
			}
			if _, err := r.client.JobDelete(t.Context(), job.ID); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func crash(t *testing.T, url string) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestCrashChild$")
	child.Env = append(os.Environ(), "JOBS_CRASH_URL="+url)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var said []byte
	for buf := make([]byte, 4096); !bytes.Contains(said, []byte("\nworking\n")); {
		n, err := out.Read(buf)
		said = append(said, buf[:n]...)
		if err != nil {
			t.Fatalf("the child ended by itself: %v: %s", err, said)
		}
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, out)
	_ = child.Wait()
}

func TestLivingRunnerKeepsItsJobs(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		cfg := quick()
		began, finish := make(chan struct{}, 2), make(chan struct{})
		slow := map[string]Handler{"job": func(context.Context, json.RawMessage) error { began <- struct{}{}; <-finish; return nil }}
		a, _ := start(t, db, cfg, slow)
		start(t, db, cfg, slow)
		enqueue(t, db, catalog.Job{Kind: "job"})
		receive(t, began)
		select {
		case <-began:
			t.Error("the job was taken from a runner that lives")
		case <-time.After(4 * cfg.Lease):
		}
		close(finish)
		wantState(t, a, rivertype.JobStateCompleted)
	})
}

// A queue that is busy holds no other back, and each hears of its jobs at once.
func TestQueues(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		cfg := quick()
		cfg.Poll, cfg.Workers, cfg.Queues = time.Hour, 1, map[string]int{"slow": 1, "quick": 1}
		began, ran, finish := make(chan struct{}), make(chan struct{}), make(chan struct{})
		start(t, db, cfg, map[string]Handler{
			"slow":  func(context.Context, json.RawMessage) error { began <- struct{}{}; <-finish; return nil },
			"quick": func(context.Context, json.RawMessage) error { ran <- struct{}{}; return nil },
		})
		defer close(finish)
		enqueue(t, db, catalog.Job{Kind: "slow", Queue: "slow"})
		receive(t, began)
		for _, queue := range []string{"quick", "", "quick"} {
			enqueue(t, db, catalog.Job{Kind: "slow", Queue: "slow"}, catalog.Job{Kind: "quick", Queue: queue})
			receive(t, ran)
		}
	})
}

// Who is alone need not wait for the lease of its forerunner.
func TestAloneInheritsAtOnce(t *testing.T) {
	t.Parallel()
	catalogtest.Each(t, func(t *testing.T, url string) {
		db := catalogtest.Open(t, url, catalog.Config{})
		enqueue(t, db, catalog.Job{Kind: "job"})
		crash(t, url)
		cfg := quick()
		cfg.Lease, cfg.Alone = time.Hour, true
		r, _ := start(t, db, cfg, map[string]Handler{"job": func(context.Context, json.RawMessage) error { return nil }})
		wantState(t, r, rivertype.JobStateCompleted)
	})
}

// lockedBuffer is a bytes.Buffer for concurrent use.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
