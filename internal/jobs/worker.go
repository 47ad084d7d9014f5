package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// args are a job's arguments as they lie in the queue. The kind is set only
// where a worker is registered.
type args struct {
	kind string
	raw  json.RawMessage
}

func (a args) Kind() string                 { return a.kind }
func (a args) MarshalJSON() ([]byte, error) { return a.raw, nil }

func (a *args) UnmarshalJSON(b []byte) error {
	a.raw = append(json.RawMessage(nil), b...)
	return nil
}

// worker runs one handler.
type worker struct {
	river.WorkerDefaults[args]
	run      Handler
	stopping <-chan struct{}
}

func (r *Runner) register(workers *river.Workers, handlers map[string]Handler) (err error) {
	// The library reports a kind that cannot be one by a panic.
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("jobs: %v", p)
		}
	}()
	for kind, h := range handlers {
		if h == nil {
			return fmt.Errorf("jobs: no handler for %s", kind)
		}
		river.AddWorkerArgs(workers, args{kind: kind}, &worker{run: h, stopping: r.stopping})
	}
	return nil
}

func (w *worker) Work(ctx context.Context, job *river.Job[args]) error {
	err := w.run(ctx, job.Args.raw)
	if err == nil || ctx.Err() == nil {
		return err
	}
	select {
	case <-w.stopping:
		// We cut it short: the attempt does not count.
		return river.JobSnooze(0)
	default:
		return err
	}
}

// failures logs what went wrong with a job, once.
type failures struct{ logger *slog.Logger }

func (f failures) HandleError(ctx context.Context, job *rivertype.JobRow, err error) *river.ErrorHandlerResult {
	f.log(ctx, job, slog.String("error", err.Error()))
	return nil
}

func (f failures) HandlePanic(ctx context.Context, job *rivertype.JobRow, value any, trace string) *river.ErrorHandlerResult {
	f.log(ctx, job, slog.String("panic", fmt.Sprint(value)), slog.String("trace", trace))
	return nil
}

func (f failures) log(ctx context.Context, job *rivertype.JobRow, attrs ...slog.Attr) {
	level, message := slog.LevelWarn, "job failed, will be tried again"
	if job.Attempt >= job.MaxAttempts {
		level, message = slog.LevelError, "job is dead"
	}
	attrs = append([]slog.Attr{slog.String("kind", job.Kind), slog.Int64("job", job.ID), slog.Int("attempt", job.Attempt)}, attrs...)
	f.logger.LogAttrs(ctx, level, message, attrs...)
}

// news lets through what the library warns of, but neither its news about
// itself nor the failures of jobs, which are logged by failures.
type news struct{ slog.Handler }

func (h news) Enabled(ctx context.Context, l slog.Level) bool {
	return l > slog.LevelInfo && h.Handler.Enabled(ctx, l)
}

func (h news) Handle(ctx context.Context, r slog.Record) error {
	for _, known := range []string{": Job errored", ": Job panicked", ": panic recovery", ": Unhandled job kind"} {
		if strings.Contains(r.Message, known) {
			return nil
		}
	}
	return h.Handler.Handle(ctx, r)
}

func (h news) WithAttrs(a []slog.Attr) slog.Handler { return news{h.Handler.WithAttrs(a)} }
func (h news) WithGroup(g string) slog.Handler      { return news{h.Handler.WithGroup(g)} }

// jitter returns d, a tenth more or a tenth less, or something between.
func jitter(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (0.9 + 0.2*rand.Float64()))
}
