package engine

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"tintype/internal/transform"
)

func openFiles(t *testing.T) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("needs /proc")
	}
	return len(all)
}

// Not parallel: other tests' files would be counted.
func TestNoDescriptorLeaks(t *testing.T) {
	src, plan := goodJob(t)
	before := openFiles(t)
	p, err := New(Config{Command: []string{os.Args[0], "engine"}, Workers: 2, Env: []string{faultsVariable + "=1"}})
	must(t, err)
	round := func() {
		if _, _, err := renderOne(t.Context(), p, src, plan); err != nil {
			t.Error(err)
		}
		p.Probe(t.Context(), src, "")
		p.Measure(t.Context(), src, transform.FocusPoint)
		renderOne(t.Context(), p, strings.NewReader("no picture"), plan)
	}
	for range 4 {
		round()
	}
	busy := openFiles(t)
	for range 20 {
		round()
	}
	p.Probe(t.Context(), fault("abort", "leak"), "")
	round()
	if after := openFiles(t); after > busy+2 {
		t.Errorf("%d descriptors are open after 20 rounds, %d before", after, busy)
	}
	must(t, p.Close())
	if after := openFiles(t); after > before {
		t.Errorf("%d descriptors are open after Close, %d before", after, before)
	}
}

// The worker inherits neither the server's descriptors nor its secrets.
func TestWorkerInheritsNothing(t *testing.T) {
	t.Setenv("TINTYPE_ACCOUNTS", "demo:key:a secret of the server")
	open, err := os.Open(os.DevNull) // close-on-exec, as all that Go opens
	must(t, err)
	defer open.Close()
	// What the server was left by whoever started it is not close-on-exec.
	left, err := syscall.Open(os.Args[0], syscall.O_RDONLY, 0)
	must(t, err)
	defer syscall.Close(left)
	p := newPool(t, nil)
	mustRender(t, p)
	s, err := p.acquire(t.Context())
	must(t, err)
	defer p.release(s)
	proc := "/proc/" + strconv.Itoa(s.proc.pid())
	env, err := os.ReadFile(proc + "/environ")
	if err != nil {
		t.Skip("needs /proc")
	}
	if strings.Contains(string(env), "secret") || strings.Contains(string(env), "HOME=") {
		t.Errorf("the worker's environment is %q", env)
	}
	fds, err := os.ReadDir(proc + "/fd")
	if err != nil {
		t.Skip("may not look at the worker")
	}
	for _, fd := range fds {
		target, _ := os.Readlink(proc + "/fd/" + fd.Name())
		if strings.HasPrefix(target, "/") && target != os.DevNull && !strings.HasPrefix(target, "/proc/") && !strings.HasPrefix(target, "/sys/fs/cgroup/") {
			t.Errorf("descriptor %s of the worker is %s", fd.Name(), target)
		}
	}
}

// A long plan does not fit in a packet and takes the way through a file.
func TestLargeRequest(t *testing.T) {
	t.Parallel()
	p := newPool(t, nil)
	src, plan := goodJob(t)
	for range 3000 {
		plan.Ops = append(plan.Ops, transform.OpFlatten{Color: transform.White})
	}
	b, _, err := renderOne(t.Context(), p, src, plan)
	if err != nil || len(b) == 0 {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	if _, err := newJob(request{}, []Source{src}, filesMax); err == nil {
		t.Error("more descriptors than fit in a packet were taken")
	}
}

// orphanVariable makes the test binary a server that waits to be killed.
const orphanVariable = "ENGINE_TEST_ORPHAN"

func orphanServer() {
	p, err := New(Config{Command: []string{os.Args[0], "engine"}, Workers: 1, Env: []string{faultsVariable + "=1"}})
	if err != nil {
		os.Exit(1)
	}
	s := <-p.slots
	<-s.proc.started
	os.Stdout.WriteString(strconv.Itoa(s.proc.pid()) + "\n")
	p.slots <- s
	var w bytes.Buffer
	p.Render(context.Background(), []Source{strings.NewReader(faultMark + "hang")}, []Output{{W: &w, Plan: transform.Plan{
		Input: transform.PlanInput{Width: faultInfo.Width, Height: faultInfo.Height, Pages: 1}, Width: faultInfo.Width, Height: faultInfo.Height,
		Output: transform.PlanOutput{Format: "png", Quality: 80},
	}}})
}

// No worker outlives a server that was killed, not even one that hangs.
func TestNoOrphans(t *testing.T) {
	t.Parallel()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), orphanVariable+"=1")
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	must(t, err)
	if !alive(pid) {
		t.Error("no worker to begin with")
	}
	must(t, cmd.Process.Signal(syscall.SIGKILL))
	cmd.Wait()
	until(t, func() bool { return !alive(pid) || zombie(pid) })
}

// zombie: the process has ended, and nobody has asked how.
func zombie(pid int) bool {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && strings.Contains(string(b), ") Z ")
}

func TestTailWriter(t *testing.T) {
	t.Parallel()
	var w tailWriter
	w.Write([]byte("the cause\n"))
	for range 100 {
		w.Write(bytes.Repeat([]byte("x"), 100))
	}
	w.Write([]byte("the end\n"))
	if s := w.String(); len(s) > headMax+tailMax+50 || !strings.HasPrefix(s, "the cause") || !strings.HasSuffix(s, "the end") || !strings.Contains(s, "bytes left out") {
		t.Errorf("%d bytes: %s", len(s), s)
	}
	var short tailWriter
	short.Write([]byte("all of it\n"))
	if s := short.String(); s != "all of it" {
		t.Errorf("%q", s)
	}
}
