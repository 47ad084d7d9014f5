package sandbox

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A probe runs inside the sandbox, with its arguments and with the files that
// were handed over from descriptor 3 on. It answers what went wrong.
type probe struct {
	config func(args []string) Config
	run    func(args []string) error
}

// plain reads the system's paths and nothing else.
func plain([]string) Config { return Config{Read: DefaultPaths()} }

// refused wants err to be one of a refusal.
func refused(what string, err error) error {
	switch {
	case err == nil:
		return fmt.Errorf("%s was allowed", what)
	case errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM), errors.Is(err, syscall.ENOSYS):
		return nil
	}
	return fmt.Errorf("%s: %w, want a refusal", what, err)
}

func raw(what string, number uintptr, args ...uintptr) error {
	var a [6]uintptr
	copy(a[:], args)
	_, _, errno := unix.RawSyscall6(number, a[0], a[1], a[2], a[3], a[4], a[5])
	if errno == 0 {
		return refused(what, nil)
	}
	return refused(what, errno)
}

var probes = map[string]probe{
	"files":    {plain, probeFiles},
	"allowed":  {func(args []string) Config { return Config{Read: args} }, probeAllowed},
	"handed":   {func([]string) Config { return Config{Files: []*os.File{os.NewFile(3, "a")}} }, probeHanded},
	"sockets":  {plain, probeSockets},
	"calls":    {plain, probeCalls},
	"process":  {plain, probeProcess},
	"exec":     {func(args []string) Config { return Config{Read: DefaultPaths(), Exec: args[:1]} }, probeExec},
	"threads":  {plain, probeThreads},
	"existing": {nil, probeExisting},
	"limits": {func([]string) Config {
		return Config{Memory: 1 << 30, FileSize: 1 << 20, OpenFiles: 40, CPU: 9500 * time.Millisecond}
	}, probeLimits},
	"memory": {func([]string) Config { return Config{Memory: 256 << 20} }, probeMemory},
}

// inside is the child: it enters and runs one probe.
func inside(name string, args []string) int {
	p, ok := probes[name]
	if !ok {
		fmt.Println("no such probe")
		return 1
	}
	if p.config != nil {
		level, err := Enter(p.config(args))
		if err != nil {
			fmt.Println("enter:", err)
			return 1
		}
		fmt.Println("level:", level)
	}
	if err := p.run(args); err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println("passed")
	return 0
}

// in runs a probe in a child, with files from descriptor 3 on.
func in(t *testing.T, name string, files []*os.File, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), self(t), append([]string{"inside", name}, args...)...)
	cmd.Env = append(os.Environ(), noSleep)
	cmd.ExtraFiles = files
	out, err := cmd.CombinedOutput()
	if err != nil || !bytes.HasSuffix(out, []byte("passed\n")) {
		t.Errorf("%s: %v\n%s", name, err, out)
	}
}

func self(t *testing.T) string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return exe
}

// noSleep lets a child with the race detector end at once.
const noSleep = "GORACE=atexit_sleep_ms=0"

// levelHere is what a child reports as its level.
var levelHere = sync.OnceValue(func() string {
	exe, err := os.Executable()
	if err != nil {
		return err.Error()
	}
	cmd := exec.Command(exe, "inside", "threads")
	cmd.Env = append(os.Environ(), noSleep)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Sprintf("%v: %s", err, out)
	}
	line, _, _ := strings.Cut(string(out), "\n")
	return line
})

// needs skips a test where the kernel lacks what it is about.
func needs(t *testing.T, what string) {
	t.Helper()
	if !strings.HasPrefix(levelHere(), "level: ") {
		t.Fatal(levelHere())
	}
	if !strings.Contains(levelHere(), what) {
		t.Skipf("this kernel gives %s", levelHere())
	}
}

func probeFiles([]string) error {
	for _, p := range []string{"/etc/passwd", "/etc/hostname", "/proc/1/environ", "/proc/self/environ", "/", "/tmp"} {
		if _, err := os.Open(p); err != nil {
			if err := refused("opening "+p, err); err != nil && !errors.Is(err, os.ErrNotExist) {
				return err
			}
			continue
		}
		return fmt.Errorf("%s was opened", p)
	}
	for _, p := range []string{"/dev/shm/tintype-test", "/tmp/tintype-test", "/usr/lib/tintype-test"} {
		f, err := os.OpenFile(p, os.O_CREATE|os.O_WRONLY, 0o600)
		if err == nil {
			f.Close()
			os.Remove(p)
		}
		if err := refused("creating "+p, err); err != nil && !errors.Is(err, os.ErrNotExist) && !errors.Is(err, syscall.EROFS) {
			return err
		}
	}
	if _, err := os.ReadDir("/usr/lib"); err != nil {
		return err
	}
	return nil
}

func TestFilesOutsideAreRefused(t *testing.T) {
	t.Parallel()
	needs(t, "landlock")
	in(t, "files", nil)
}

// args: a directory that may be read, one file that may, its neighbour that may not.
func probeAllowed(args []string) error {
	for _, p := range []string{filepath.Join(args[0], "in"), args[1]} {
		if _, err := os.ReadFile(p); err != nil {
			return err
		}
		_, err := os.OpenFile(p, os.O_WRONLY, 0)
		if err := refused("writing to "+p, err); err != nil {
			return err
		}
		if err := refused("removing "+p, os.Remove(p)); err != nil {
			return err
		}
		if err := refused("changing the mode of "+p, os.Chmod(p, 0o777)); err != nil {
			return err
		}
	}
	_, err := os.ReadFile(filepath.Join(filepath.Dir(args[1]), "neighbour"))
	return refused("reading the neighbour", err)
}

func TestReadPaths(t *testing.T) {
	t.Parallel()
	needs(t, "landlock")
	dir, other := t.TempDir(), t.TempDir()
	for _, p := range []string{filepath.Join(dir, "in"), filepath.Join(other, "one"), filepath.Join(other, "neighbour")} {
		if err := os.WriteFile(p, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	in(t, "allowed", nil, dir, filepath.Join(other, "one"), filepath.Join(other, "missing"))
}

// Descriptor 3 may be opened anew, 4 only read as it is, 5 is a memfd.
func probeHanded([]string) error {
	for _, fd := range []uintptr{3, 4, 5} {
		b := make([]byte, 5)
		if _, err := os.NewFile(fd, "handed").ReadAt(b, 0); err != nil || string(b) != "hello" {
			return fmt.Errorf("descriptor %d: %q, %w", fd, b, err)
		}
	}
	if b, err := os.ReadFile(Path(3)); err != nil || string(b) != "hello" {
		return fmt.Errorf("opened anew: %q, %w", b, err)
	}
	_, err := os.OpenFile(Path(3), os.O_WRONLY, 0)
	if err := refused("writing to 3", err); err != nil {
		return err
	}
	_, err = os.ReadFile(Path(4))
	return refused("opening 4 anew", err)
}

func TestHandedFiles(t *testing.T) {
	t.Parallel()
	needs(t, "landlock")
	var files []*os.File
	for range 2 {
		p := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(p, []byte("hello"), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(p)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		files = append(files, f)
	}
	fd, err := unix.MemfdCreate("source", unix.MFD_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	mem := os.NewFile(uintptr(fd), "memfd")
	defer mem.Close()
	if _, err := mem.WriteString("hello"); err != nil {
		t.Fatal(err)
	}
	in(t, "handed", append(files, mem))
}

func probeSockets(args []string) error {
	for _, network := range []string{"tcp", "udp"} {
		c, err := net.Dial(network, args[0])
		if err == nil {
			c.Close()
		}
		if err := refused(network, err); err != nil {
			return err
		}
	}
	if _, err := net.Listen("tcp", "127.0.0.1:0"); refused("listening", err) != nil {
		return refused("listening", err)
	}
	for _, family := range []int{unix.AF_INET, unix.AF_INET6, unix.AF_UNIX, unix.AF_NETLINK, unix.AF_PACKET, unix.AF_VSOCK, unix.AF_ALG} {
		fd, err := unix.Socket(family, unix.SOCK_DGRAM, 0)
		if err == nil {
			unix.Close(fd)
		}
		if !errors.Is(err, unix.EPERM) {
			return fmt.Errorf("socket of family %d: %v, want EPERM", family, err)
		}
	}
	// What was handed over works on.
	pair := os.NewFile(3, "pair")
	if _, err := pair.WriteString("ping"); err != nil {
		return err
	}
	rights := make([]byte, unix.CmsgSpace(4))
	b := make([]byte, 4)
	n, rn, _, _, err := unix.Recvmsg(3, b, rights, 0)
	if err != nil || string(b[:n]) != "pong" || rn == 0 {
		return fmt.Errorf("receiving: %q with %d bytes of rights, %w", b[:n], rn, err)
	}
	return nil
}

func TestSocketsAreRefused(t *testing.T) {
	t.Parallel()
	needs(t, "seccomp")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	near, far := os.NewFile(uintptr(fds[0]), "near"), os.NewFile(uintptr(fds[1]), "far")
	defer near.Close()
	defer far.Close()
	if err := unix.Sendmsg(fds[0], []byte("pong"), unix.UnixRights(fds[0]), nil, 0); err != nil {
		t.Fatal(err)
	}
	in(t, "sockets", []*os.File{far}, l.Addr().String())
	b := make([]byte, 8)
	if n, err := near.Read(b); err != nil || string(b[:n]) != "ping" {
		t.Errorf("got %q, %v", b[:n], err)
	}
}

func probeCalls([]string) error {
	parent := uintptr(os.Getppid())
	if err := errors.Join(
		raw("ptrace", unix.SYS_PTRACE, unix.PTRACE_TRACEME),
		raw("process_vm_readv", unix.SYS_PROCESS_VM_READV, parent),
		raw("bpf", unix.SYS_BPF),
		raw("keyctl", unix.SYS_KEYCTL),
		raw("io_uring_setup", unix.SYS_IO_URING_SETUP, 1),
		raw("userfaultfd", unix.SYS_USERFAULTFD),
		raw("perf_event_open", unix.SYS_PERF_EVENT_OPEN),
		raw("unshare", unix.SYS_UNSHARE, unix.CLONE_NEWUSER),
		raw("setns", unix.SYS_SETNS, 0, 0),
		raw("mount", unix.SYS_MOUNT),
		raw("clone3", unix.SYS_CLONE3),
		raw("clone with a namespace", unix.SYS_CLONE, unix.CLONE_NEWUSER|uintptr(unix.SIGCHLD)),
		raw("personality", unix.SYS_PERSONALITY, 0xFFFFFFFF),
		raw("kill of the parent", unix.SYS_KILL, parent, 0),
		raw("kill of all", unix.SYS_KILL, ^uintptr(0), 0),
		raw("tgkill of the parent", unix.SYS_TGKILL, parent, parent, 0),
		raw("prlimit of the parent", unix.SYS_PRLIMIT64, parent, unix.RLIMIT_CORE),
		raw("TIOCSTI", unix.SYS_IOCTL, 0, unix.TIOCSTI),
		raw("fchmod", unix.SYS_FCHMOD, 1, 0o777),
		raw("execveat", unix.SYS_EXECVEAT),
	); err != nil {
		return err
	}
	if err := unix.Kill(os.Getpid(), 0); err != nil {
		return fmt.Errorf("kill of itself: %w", err)
	}
	var r unix.Rlimit
	if err := unix.Prlimit(0, unix.RLIMIT_CORE, nil, &r); err != nil {
		return fmt.Errorf("prlimit of itself: %w", err)
	}
	return nil
}

func TestDangerousCallsAreRefused(t *testing.T) {
	t.Parallel()
	needs(t, "seccomp")
	in(t, "calls", nil)
}

func probeProcess([]string) error {
	err := exec.Command("/bin/true").Run()
	if err := refused("starting a program", err); err != nil {
		return err
	}
	return refused("becoming a program", syscall.Exec("/bin/true", []string{"true"}, nil))
}

func TestNoProcessWithoutExec(t *testing.T) {
	t.Parallel()
	needs(t, "seccomp")
	in(t, "process", nil)
}

// args: the program that may run, and one that may not. The last act becomes
// the allowed one, which prints what the test waits for.
func probeExec(args []string) error {
	if err := refused("becoming "+args[1], syscall.Exec(args[1], args[1:2], nil)); err != nil {
		return err
	}
	return fmt.Errorf("becoming %s: %w", args[0], syscall.Exec(args[0], []string{args[0], "passed"}, nil))
}

func TestExecOfNamedProgram(t *testing.T) {
	t.Parallel()
	needs(t, "landlock")
	echo, err := exec.LookPath("echo")
	if err != nil {
		t.Skip("no echo program")
	}
	in(t, "exec", nil, echo, "/bin/ls")
}

// Threads that were there before and those that come later are all inside,
// and Go's own machinery goes on working.
func probeThreads([]string) error {
	const workers = 16
	var wg sync.WaitGroup
	errs := make(chan error, workers)
	for range workers {
		wg.Go(func() {
			runtime.LockOSThread() // one thread each
			defer runtime.UnlockOSThread()
			m, err := unix.Mmap(-1, 0, 1<<20, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
			if err != nil {
				errs <- err
				return
			}
			m[0] = 1
			errs <- unix.Munmap(m)
		})
	}
	wg.Wait()
	for range workers {
		if err := <-errs; err != nil {
			return err
		}
	}
	runtime.GC()
	fd, err := unix.MemfdCreate("out", unix.MFD_CLOEXEC)
	if err != nil {
		return err
	}
	f := os.NewFile(uintptr(fd), "out")
	_, err = io.WriteString(f, "x")
	return err
}

func TestThreadsAndMemoryMapsWork(t *testing.T) {
	t.Parallel()
	in(t, "threads", nil)
}

// probeExisting starts threads first, enters, and lets each of them try.
func probeExisting([]string) error {
	const threads = 8
	var ready, entered sync.WaitGroup
	ready.Add(threads)
	entered.Add(1)
	errs := make(chan error, threads)
	for range threads {
		go func() {
			runtime.LockOSThread()
			ready.Done()
			entered.Wait()
			fd, err := unix.Open("/etc/passwd", unix.O_RDONLY, 0)
			if err == nil {
				unix.Close(fd)
			}
			_, err2 := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
			errs <- errors.Join(refused("a file", err), refused("a socket", err2))
		}()
	}
	ready.Wait()
	level, err := Enter(plain(nil))
	if err != nil {
		return err
	}
	entered.Done()
	for range threads {
		if err := <-errs; err != nil {
			return fmt.Errorf("at level %s: %w", level, err)
		}
	}
	return nil
}

func TestExistingThreadsAreInside(t *testing.T) {
	t.Parallel()
	needs(t, "landlock")
	needs(t, "seccomp")
	in(t, "existing", nil)
}

func probeLimits([]string) error {
	for what, want := range map[int]uint64{unix.RLIMIT_CORE: 0, unix.RLIMIT_FSIZE: 1 << 20, unix.RLIMIT_NOFILE: 40, unix.RLIMIT_CPU: 10} {
		var r unix.Rlimit
		if err := unix.Getrlimit(what, &r); err != nil {
			return err
		}
		if r.Cur != want || r.Max != want {
			return fmt.Errorf("limit %d is %d of %d, want %d", what, r.Cur, r.Max, want)
		}
	}
	var r unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_DATA, &r); err != nil || r.Cur < 1<<30 || r.Cur != r.Max || r.Max == unix.RLIM_INFINITY {
		return fmt.Errorf("memory is limited to %d of %d, %w", r.Cur, r.Max, err)
	}
	return nil
}

func TestLimits(t *testing.T) {
	t.Parallel()
	in(t, "limits", nil)
}

func probeMemory([]string) error {
	if _, err := unix.Mmap(-1, 0, 64<<20, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE); err != nil {
		return fmt.Errorf("64 MiB: %w", err)
	}
	_, err := unix.Mmap(-1, 0, 512<<20, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if !errors.Is(err, unix.ENOMEM) {
		return fmt.Errorf("512 MiB under a limit of 256: %v, want ENOMEM", err)
	}
	return nil
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	in(t, "memory", nil)
}

// launch runs a program by the launcher and answers what it prints.
func launched(t *testing.T, cfg Config, argv ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), self(t), append([]string{"launch"}, cfg.LauncherArgs(argv...)...)...)
	cmd.ExtraFiles = cfg.Files
	cmd.Env = []string{"SECRET=1"}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func lookPath(t *testing.T, name string) string {
	t.Helper()
	p, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("no %s program", name)
	}
	return p
}

func TestLauncher(t *testing.T) {
	t.Parallel()
	needs(t, "landlock")
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	cat := lookPath(t, "cat")
	if out, err := launched(t, Config{Files: []*os.File{f}, Memory: 1 << 30, CPU: time.Minute}, cat, Path(3)); err != nil || out != "hello" {
		t.Errorf("the handed file: %q, %v", out, err)
	}
	if out, err := launched(t, Config{Read: []string{path}}, cat, path); err != nil || out != "hello" {
		t.Errorf("a named file: %q, %v", out, err)
	}
	if out, err := launched(t, Config{}, cat, path); err == nil {
		t.Errorf("a file that was not named: %q", out)
	}
	if out, err := launched(t, Config{}, lookPath(t, "env")); err != nil || out != "" {
		t.Errorf("the environment: %q, %v", out, err)
	}
	if out, err := launched(t, Config{}, lookPath(t, "sh"), "-c", "ulimit -c; cat /dev/null && echo started"); strings.Contains(out, "started") || !strings.HasPrefix(out, "0\n") {
		t.Errorf("a shell: %q, %v", out, err)
	}
	var exit *exec.ExitError
	if out, err := launched(t, Config{}, "/nonexistent"); !errors.As(err, &exit) || exit.ExitCode() != ExitLauncher {
		t.Errorf("no program: %q, %v", out, err)
	}
}

// The program has only the descriptors that were meant for it.
func TestLauncherClosesDescriptors(t *testing.T) {
	t.Parallel()
	stray, err := os.Open("/dev/null")
	if err != nil {
		t.Fatal(err)
	}
	defer stray.Close()
	cfg := Config{Files: []*os.File{stray}}
	args := cfg.LauncherArgs(lookPath(t, "cat"), Path(4))
	cmd := exec.CommandContext(t.Context(), self(t), append([]string{"launch"}, args...)...)
	cmd.ExtraFiles = []*os.File{stray, stray}
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "No such file") {
		t.Errorf("descriptor 4: %q, %v", out, err)
	}
}

// The filter must hold for every value of its jumps: a program that does not
// load, or that lets the wrong call pass, shows here without a kernel.
func TestFilterProgram(t *testing.T) {
	t.Parallel()
	if auditArch == 0 {
		t.Skip("no filter for this architecture")
	}
	const pid = 77
	cases := []struct {
		name   string
		exec   bool
		arch   uint32
		number uint32
		args   [6]uint64
		want   uint32
	}{
		{"read", false, auditArch, unix.SYS_READ, [6]uint64{}, unix.SECCOMP_RET_ALLOW},
		{"other architecture", false, auditArch + 1, unix.SYS_READ, [6]uint64{}, unix.SECCOMP_RET_KILL_PROCESS},
		{"socket", false, auditArch, unix.SYS_SOCKET, [6]uint64{1, 1}, refuse(unix.EPERM)},
		{"clone3", false, auditArch, unix.SYS_CLONE3, [6]uint64{}, refuse(unix.ENOSYS)},
		{"execve", false, auditArch, unix.SYS_EXECVE, [6]uint64{}, refuse(unix.EPERM)},
		{"execve when allowed", true, auditArch, unix.SYS_EXECVE, [6]uint64{}, unix.SECCOMP_RET_ALLOW},
		{"a thread", false, auditArch, unix.SYS_CLONE, [6]uint64{unix.CLONE_THREAD | unix.CLONE_VM}, unix.SECCOMP_RET_ALLOW},
		{"a process", true, auditArch, unix.SYS_CLONE, [6]uint64{uint64(unix.SIGCHLD)}, refuse(unix.EPERM)},
		{"a thread in a namespace", true, auditArch, unix.SYS_CLONE, [6]uint64{unix.CLONE_THREAD | unix.CLONE_NEWNET}, refuse(unix.EPERM)},
		{"own signal", false, auditArch, unix.SYS_TGKILL, [6]uint64{pid, 5, 6}, unix.SECCOMP_RET_ALLOW},
		{"other's signal", false, auditArch, unix.SYS_TGKILL, [6]uint64{pid + 1, 5, 6}, refuse(unix.EPERM)},
		{"own limit by 0", false, auditArch, unix.SYS_PRLIMIT64, [6]uint64{0}, unix.SECCOMP_RET_ALLOW},
		{"own limit", false, auditArch, unix.SYS_PRLIMIT64, [6]uint64{pid}, unix.SECCOMP_RET_ALLOW},
		{"other's limit", false, auditArch, unix.SYS_PRLIMIT64, [6]uint64{1}, refuse(unix.EPERM)},
		{"ioctl", false, auditArch, unix.SYS_IOCTL, [6]uint64{0, unix.TCGETS}, unix.SECCOMP_RET_ALLOW},
		{"keystrokes", false, auditArch, unix.SYS_IOCTL, [6]uint64{0, unix.TIOCSTI}, refuse(unix.EPERM)},
		{"keystrokes with high bits", false, auditArch, unix.SYS_IOCTL, [6]uint64{0, 1<<32 | unix.TIOCSTI}, refuse(unix.EPERM)},
	}
	if x32Bit != 0 {
		cases = append(cases, cases[0])
		last := &cases[len(cases)-1]
		last.name, last.number, last.want = "x32", x32Bit|unix.SYS_READ, refuse(unix.ENOSYS)
	}
	for _, c := range cases {
		if got := interpret(t, filter(c.exec, pid), c.arch, c.number, c.args); got != c.want {
			t.Errorf("%s: %#x, want %#x", c.name, got, c.want)
		}
	}
}

func refuse(e unix.Errno) uint32 { return unix.SECCOMP_RET_ERRNO | uint32(e) }

// interpret is classic BPF as far as the filter uses it.
func interpret(t *testing.T, p program, arch, number uint32, args [6]uint64) uint32 {
	t.Helper()
	var a uint32
	for pc := 0; pc < len(p); pc++ {
		in := p[pc]
		jump := func(yes bool) {
			if yes {
				pc += int(in.Jt)
			} else {
				pc += int(in.Jf)
			}
		}
		switch in.Code {
		case unix.BPF_LD | unix.BPF_W | unix.BPF_ABS:
			switch {
			case in.K == offNumber:
				a = number
			case in.K == offArch:
				a = arch
			case in.K >= offArgs && (in.K-offArgs)%8 == 0:
				a = uint32(args[(in.K-offArgs)/8])
			default:
				t.Fatalf("load of offset %d", in.K)
			}
		case unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K:
			jump(a == in.K)
		case unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K:
			jump(a >= in.K)
		case unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K:
			jump(a&in.K != 0)
		case unix.BPF_RET | unix.BPF_K:
			return in.K
		default:
			t.Fatalf("code %#x", in.Code)
		}
	}
	t.Fatal("the program runs out")
	return 0
}
