// Package script runs users' JavaScript. Each script has a process of its
// own: the same binary run again, shut in like the workers that decode files,
// with bounded memory and time, so that a hostile one costs one request.
package script

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"tintype/internal/media"
)

// Config says how scripts are run. The zero value is usable by a binary that
// calls Serve when its first argument is "script".
type Config struct {
	// Command starts a process that calls Serve. Default: this binary with
	// the argument "script".
	Command []string
	// Timeout bounds one script with the start of its process, default 5 s;
	// of processor time it has at most 2 s.
	Timeout time.Duration
	// Memory is the most that a script may use, in bytes, default 64 MiB.
	Memory int64
	// AtOnce is how many scripts may run at once, default 2. Others wait for
	// up to Wait, default 5 s.
	AtOnce int
	Wait   time.Duration
}

// Runner runs scripts. Safe for concurrent use. It starts nothing of its own
// and needs no closing.
type Runner struct {
	cfg   Config
	slots chan struct{}
}

// New returns a Runner.
func New(cfg Config) (*Runner, error) {
	if cfg.Timeout < 0 || cfg.Memory < 0 || cfg.AtOnce < 0 || cfg.Wait < 0 {
		return nil, errors.New("script: a limit is negative")
	}
	if len(cfg.Command) == 0 {
		exe, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("find own binary: %w", err)
		}
		cfg.Command = []string{exe, "script"}
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 5 * time.Second
	}
	if cfg.Memory == 0 {
		cfg.Memory = 64 << 20
	}
	if cfg.AtOnce == 0 {
		cfg.AtOnce = 2
	}
	if cfg.Wait == 0 {
		cfg.Wait = 5 * time.Second
	}
	return &Runner{cfg: cfg, slots: make(chan struct{}, cfg.AtOnce)}, nil
}

// Script is a program with what it may see and change.
type Script struct {
	// Code is at most 64 KiB long.
	Code string `json:"code"`
	// Values are global variables, as JSON values. What they are when the
	// script has ended is in Result.Values.
	Values map[string]any `json:"values"`
	// Recorders are global objects, each with the function "update", whose
	// arguments end up in Result.Updates.
	Recorders []string `json:"recorders,omitempty"`
}

// Result is what a script has done.
type Result struct {
	Values map[string]json.RawMessage `json:"values"`
	// Updates are the arguments of the recorders' calls, in order.
	Updates []json.RawMessage `json:"updates,omitempty"`
}

const (
	codeMax   = 64 << 10
	inputMax  = 4 << 20
	outputMax = 1 << 20
	cpuMax    = 2 * time.Second
	wordsMax  = 300 // bytes of what a script says when it fails
)

// Run runs a script to its end. Errors are *media.Error: Invalid when the
// script is at fault, with anything that it does to its process; Limited when
// too many others are running.
func (r *Runner) Run(ctx context.Context, s Script) (Result, error) {
	if len(s.Code) > codeMax {
		return Result{}, &media.Error{Code: media.Invalid, Message: "The script is too long",
			Err: &media.LimitError{What: "script", Max: codeMax, Got: int64(len(s.Code))}}
	}
	input, err := json.Marshal(order{Script: s, Memory: r.cfg.Memory, CPU: cpuMax})
	if err != nil {
		return Result{}, fmt.Errorf("script: %w", err)
	}
	if len(input) > inputMax {
		return Result{}, media.Errorf(media.Invalid, "There is too much for a script to look at")
	}
	if err := r.acquire(ctx); err != nil {
		return Result{}, err
	}
	defer func() { <-r.slots }()
	return r.run(ctx, input)
}

func (r *Runner) acquire(ctx context.Context) error {
	wait := time.NewTimer(r.cfg.Wait)
	defer wait.Stop()
	select {
	case r.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-wait.C:
		return media.Errorf(media.Limited, "Too many scripts are running, try again later")
	}
}

func (r *Runner) run(ctx context.Context, input []byte) (Result, error) {
	timed, cancel := context.WithTimeout(ctx, r.cfg.Timeout)
	defer cancel()
	cmd := exec.CommandContext(timed, r.cfg.Command[0], r.cfg.Command[1:]...)
	cmd.Env = environment()
	cmd.Dir = "/"
	out, words := &capped{most: outputMax, stop: cancel}, &capped{most: wordsMax}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(input), out, words
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	if ctx.Err() != nil {
		return Result{}, ctx.Err()
	}
	var exit *exec.ExitError
	switch {
	case timed.Err() != nil:
		return Result{}, &media.Error{Code: media.Invalid, Op: "run script", Message: "The script takes too long or says too much", Err: err}
	case errors.As(err, &exit) && exit.ExitCode() == exitSetUp:
		return Result{}, fmt.Errorf("run script: %w: %s", err, words.b)
	case errors.As(err, &exit):
		// Out of memory, out of stack, out of processor time.
		return Result{}, &media.Error{Code: media.Invalid, Op: "run script", Message: "The script needs too much memory or time", Err: fmt.Errorf("%w: %s", err, words.b)}
	case err != nil:
		return Result{}, fmt.Errorf("run script: %w", err)
	}
	var done outcome
	if err := json.Unmarshal(out.b, &done); err != nil {
		return Result{}, fmt.Errorf("script's outcome: %w", err)
	}
	if done.Error != "" {
		return Result{}, media.Errorf(media.Invalid, "The script failed: %s", strings.ToValidUTF8(done.Error, ""))
	}
	return done.Result, nil
}

// environment is where a binary finds its libraries, and nothing else; one
// thread at a time runs a script.
func environment() []string {
	env := []string{"GOMAXPROCS=1", "GOTRACEBACK=none"}
	if p := os.Getenv("LD_LIBRARY_PATH"); p != "" {
		env = append(env, "LD_LIBRARY_PATH="+p)
	}
	return env
}

// capped collects output up to a bound; then it stops who writes, or drops
// the rest.
type capped struct {
	b    []byte
	most int
	stop func()
}

func (c *capped) Write(p []byte) (int, error) {
	n := min(len(p), c.most-len(c.b))
	c.b = append(c.b, p[:n]...)
	if n < len(p) && c.stop != nil {
		c.stop()
	}
	return len(p), nil
}
