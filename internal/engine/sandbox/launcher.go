package sandbox

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"
)

// ExitLauncher is the exit code of a launcher that could not start the
// program. The programs that Tintype starts do not use it.
const ExitLauncher = 126

// firstFile is the number that the first of exec.Cmd's ExtraFiles gets.
const firstFile = 3

// LauncherArgs are the arguments that make LauncherMain start argv under c,
// for a process whose extra files are c.Files in their order. They begin with
// "--", so that a command line parser before it leaves them alone. c.Exec is
// not passed on: only argv[0] may run.
func (c Config) LauncherArgs(argv ...string) []string {
	args := []string{
		"--",
		"-parent=" + strconv.Itoa(os.Getpid()),
		"-memory=" + strconv.FormatInt(c.Memory, 10),
		"-cpu=" + c.CPU.String(),
		"-file-size=" + strconv.FormatInt(c.FileSize, 10),
		"-open-files=" + strconv.Itoa(c.OpenFiles),
		"-files=" + strconv.Itoa(len(c.Files)),
	}
	for _, p := range c.Read {
		args = append(args, "-read="+p)
	}
	return append(append(args, "--"), argv...)
}

// LauncherMain is the whole of a launcher process: it enters the sandbox that
// LauncherArgs describe and becomes the program. It returns only when that
// fails: with ExitLauncher, after a line on standard error.
func LauncherMain(args []string) int {
	fmt.Fprintln(os.Stderr, "launch:", launch(args))
	return ExitLauncher
}

func launch(args []string) error {
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	var cfg Config
	flags := flag.NewFlagSet("launch", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	parent := flags.Int("parent", 0, "process that asks, at whose end this one dies")
	files := flags.Int("files", 0, "how many descriptors from 3 on are handed over")
	flags.Int64Var(&cfg.Memory, "memory", 0, "bytes of private memory, 0 for no bound")
	flags.DurationVar(&cfg.CPU, "cpu", 0, "processor time, 0 for no bound")
	flags.Int64Var(&cfg.FileSize, "file-size", 0, "bytes that a file may grow to, 0 for the default")
	flags.IntVar(&cfg.OpenFiles, "open-files", 0, "descriptors, 0 for the default")
	flags.Func("read", "path that may be read, repeatable", func(p string) error {
		cfg.Read = append(cfg.Read, p)
		return nil
	})
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() == 0 {
		return errors.New("no program is named")
	}
	if cfg.Memory < 0 || cfg.CPU < 0 || cfg.CPU > 1000*time.Hour || *files < 0 || *files > 64 {
		return errors.New("a limit makes no sense")
	}
	for i := range *files {
		cfg.Files = append(cfg.Files, os.NewFile(uintptr(firstFile+i), "file "+strconv.Itoa(i)))
	}
	if *parent != 0 {
		if err := dieWith(*parent); err != nil {
			return err
		}
	}
	return Exec(cfg, flags.Args())
}
