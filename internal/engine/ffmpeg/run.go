package ffmpeg

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"tintype/internal/engine/sandbox"
	"tintype/internal/media"
)

var (
	errTimeout = errors.New("deadline passed")
	errOutput  = errors.New("too much output")
)

// capped collects output up to a bound and then stops the program.
type capped struct {
	b    []byte
	most int
	stop func()
}

func (c *capped) Write(b []byte) (int, error) {
	if len(c.b)+len(b) > c.most {
		c.stop()
		return 0, errOutput
	}
	c.b = append(c.b, b...)
	return len(b), nil
}

// run starts ffprobe with files as its descriptors from 3 on and answers what
// it prints. The program has no environment, an empty standard input and a
// process group of its own, which is killed as a whole when ctx ends, when
// the time is over, when it prints too much, and when this process dies.
func run(ctx context.Context, cfg Config, files []*os.File, args []string) ([]byte, error) {
	program, err := find(cfg.Program)
	if err != nil {
		return nil, err
	}
	timed, cancel := context.WithTimeoutCause(ctx, cfg.Timeout, errTimeout)
	defer cancel()
	timed, stop := context.WithCancelCause(timed)
	defer stop(nil)
	cmd := command(timed, cfg, program, files, args)
	out := &capped{most: maxOutput, stop: func() { stop(errOutput) }}
	words := &said{}
	cmd.Stdout, cmd.Stderr = out, words
	if err := runLocked(cmd, cfg); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if cause := context.Cause(timed); cause != nil {
			err = cause
		}
		return nil, fmt.Errorf("ffprobe: %w: %s", err, words)
	}
	return out.b, nil
}

// command builds the process; it is not started yet.
func command(ctx context.Context, cfg Config, program string, files []*os.File, args []string) *exec.Cmd {
	argv := append([]string{program}, args...)
	if len(cfg.Command) > 0 {
		box := sandbox.Config{
			Files:  files,
			Memory: cfg.Memory,
			// Threads count together, and a run may wait for the disk: the
			// wall clock is the limit that matters, this one a backstop.
			CPU:      2 * (cfg.Timeout + time.Second),
			FileSize: max(maxOutput, cfg.fileSize),
		}
		argv = append(append([]string(nil), cfg.Command...), box.LauncherArgs(argv...)...)
	}
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Env = environment(len(cfg.Command) > 0)
	cmd.Dir = "/"
	cmd.ExtraFiles = files
	cmd.SysProcAttr = ownGroup()
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	return cmd
}

// environment is empty, but for where a launcher finds its libraries; it
// passes none of it on.
func environment(launcher bool) []string {
	env := []string{}
	if p := os.Getenv("LD_LIBRARY_PATH"); launcher && p != "" {
		env = append(env, "LD_LIBRARY_PATH="+p)
	}
	return env
}

// runLocked starts and awaits cmd on one thread: the child's death signal is
// tied to the thread that started it, not to the process.
func runLocked(cmd *exec.Cmd, cfg Config) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := cmd.Start(); err != nil {
		return err
	}
	if len(cfg.Command) == 0 {
		limit(cmd.Process.Pid, cfg)
	}
	return cmd.Wait()
}

// find answers the absolute path of ffprobe.
func find(program string) (string, error) {
	if program == "" {
		program = "ffprobe"
	}
	path, err := exec.LookPath(program)
	if err == nil {
		path, err = filepath.Abs(path)
	}
	if err != nil {
		return "", &media.Error{Code: media.Unsupported, Op: "probe", Message: "Video and audio need ffmpeg, which is not installed on this server", Err: err}
	}
	return path, nil
}

// said keeps the beginning of what a program says on standard error, for logs.
type said struct{ b []byte }

func (s *said) Write(b []byte) (int, error) {
	s.b = append(s.b, b[:min(len(b), 512-len(s.b))]...)
	return len(b), nil
}

func (s *said) String() string { return string(bytes.TrimSpace(s.b)) }
