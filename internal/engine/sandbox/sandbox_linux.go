package sandbox

import (
	"errors"
	"fmt"
	"math"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/landlock-lsm/go-landlock/landlock"
	ll "github.com/landlock-lsm/go-landlock/landlock/syscall"
	"golang.org/x/sys/unix"
)

const fdDir = "/proc/self/fd"

// Enter shuts the calling process in, with all its threads, present and
// future, and says what is in force. What the kernel does not offer is left
// out; what it offers and then refuses is an error, after which the process
// must not go on to touch hostile files. To be called once, before that.
func Enter(cfg Config) (Level, error) {
	cfg = cfg.withDefaults()
	var level Level
	if err := limit(cfg); err != nil {
		return level, err
	}
	level.Limits = true
	abi, err := lockFiles(cfg)
	if err != nil {
		return level, err
	}
	level.Landlock = abi
	if level.Seccomp, err = filterCalls(len(cfg.Exec) > 0); err != nil {
		return level, err
	}
	got, err := unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)
	if err != nil {
		return level, fmt.Errorf("ask for no_new_privs: %w", err)
	}
	level.NoNewPrivs = got == 1
	return level, nil
}

// Exec enters the sandbox and becomes the program argv[0], an absolute path,
// with no environment; the program, its interpreter and what DefaultPaths
// names are allowed on top of cfg. The program inherits descriptors 0 to 2
// and cfg.Files, under their numbers. Exec returns only on an error.
func Exec(cfg Config, argv []string) error {
	if len(argv) == 0 {
		return errors.New("exec: no program is named")
	}
	cfg.Exec = append(cfg.Exec[:len(cfg.Exec):len(cfg.Exec)], argv[0])
	cfg.Read = append(cfg.Read[:len(cfg.Read):len(cfg.Read)], DefaultPaths()...)
	if _, err := Enter(cfg); err != nil {
		return err
	}
	if err := inherit(cfg.Files); err != nil {
		return err
	}
	return &os.PathError{Op: "exec", Path: argv[0], Err: syscall.Exec(argv[0], argv, []string{})}
}

// inherit marks all descriptors but the standard ones and those of files to
// be closed by an exec.
func inherit(files []*os.File) error {
	if err := unix.CloseRange(3, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC); err != nil && err != unix.ENOSYS {
		return fmt.Errorf("mark descriptors: %w", err)
	}
	for _, f := range files {
		if _, err := unix.FcntlInt(f.Fd(), unix.F_SETFD, 0); err != nil {
			return fmt.Errorf("hand over %s: %w", f.Name(), err)
		}
	}
	return nil
}

// limit sets the resource limits, hard and soft, and refuses core dumps.
func limit(cfg Config) error {
	memory := uint64(cfg.Memory)
	if memory > 0 {
		memory += mappedData()
	}
	limits := []struct {
		name  string
		what  int
		value uint64
	}{
		{"core size", unix.RLIMIT_CORE, 0},
		{"open files", unix.RLIMIT_NOFILE, uint64(cfg.OpenFiles)},
		{"file size", unix.RLIMIT_FSIZE, uint64(cfg.FileSize)},
		{"processor time", unix.RLIMIT_CPU, uint64((cfg.CPU + time.Second - 1) / time.Second)},
		// Not RLIMIT_AS: Go reserves far more addresses than it ever uses.
		{"memory", unix.RLIMIT_DATA, memory},
	}
	for _, l := range limits {
		if l.value == 0 && l.what != unix.RLIMIT_CORE {
			continue
		}
		var old unix.Rlimit
		if err := unix.Getrlimit(l.what, &old); err != nil {
			return fmt.Errorf("ask for the limit of %s: %w", l.name, err)
		}
		value := min(l.value, old.Max)
		// By syscall and not unix: os/exec restores an old NOFILE otherwise.
		if err := syscall.Setrlimit(l.what, &syscall.Rlimit{Cur: value, Max: value}); err != nil {
			return fmt.Errorf("set the limit of %s: %w", l.name, err)
		}
	}
	return nil
}

// mappedData is the private writable memory that this process has mapped, in
// bytes, used or not; 0 when the kernel does not say.
func mappedData() uint64 {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(b))
	if len(fields) < 6 {
		return 0
	}
	pages, err := strconv.ParseUint(fields[5], 10, 64)
	if err != nil {
		return 0
	}
	return pages * uint64(os.Getpagesize())
}

const (
	readFile = landlock.AccessFSSet(ll.AccessFSReadFile)
	readDir  = landlock.AccessFSSet(ll.AccessFSReadFile | ll.AccessFSReadDir)
	execFile = landlock.AccessFSSet(ll.AccessFSReadFile | ll.AccessFSExecute)
)

// lockFiles applies Landlock and answers its ABI, 0 when the kernel has none.
func lockFiles(cfg Config) (int, error) {
	abi, err := ll.LandlockGetABIVersion()
	if err != nil || abi < 1 {
		return 0, nil
	}
	var rules []landlock.Rule
	for _, p := range cfg.Read {
		info, err := os.Stat(p)
		if err != nil {
			continue
		}
		access := readFile
		if info.IsDir() {
			access = readDir
		}
		rules = append(rules, landlock.PathAccess(access, p).IgnoreIfMissing())
	}
	for _, f := range cfg.Files {
		p := Path(f.Fd())
		// Pipes, sockets and memfds lie on no mounted file system: Landlock
		// takes no rule for them and does not guard them.
		if target, err := os.Readlink(p); err == nil && (!strings.HasPrefix(target, "/") || strings.HasPrefix(target, "/memfd:")) {
			continue
		}
		rules = append(rules, landlock.PathAccess(readFile, p))
	}
	for _, p := range cfg.Exec {
		rules = append(rules, landlock.PathAccess(execFile, p))
		if interp := interpreter(p); interp != "" {
			rules = append(rules, landlock.PathAccess(execFile, interp))
		}
	}
	if err := landlock.V11.BestEffort().Restrict(rules...); err != nil {
		return 0, fmt.Errorf("landlock: %w", err)
	}
	return abi, nil
}

// dieWith has the kernel kill this process when the thread that started it
// ends, also after an exec from the calling thread. It fails when the parent
// is not pid any more.
func dieWith(pid int) error {
	runtime.LockOSThread()
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0); err != nil {
		return fmt.Errorf("set the death signal: %w", err)
	}
	if os.Getppid() != pid {
		return errors.New("the process that asked for this is gone")
	}
	return nil
}
