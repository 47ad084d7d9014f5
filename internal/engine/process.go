package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"tintype/internal/media"
)

const (
	startTimeout = 10 * time.Second
	packetMax    = 64 << 10 // bytes of a packet; a larger request goes through a file
	filesMax     = 200      // descriptors in a packet; the kernel's bound is 253
)

// process is one worker as its pool sees it. Only the owner of its slot calls
// await, run and stop; kill may be called by anybody.
type process struct {
	// started is closed when the worker can take jobs, or err says why it cannot.
	started chan struct{}
	err     error
	// gone is closed when the process has ended and is reaped, or never came to be.
	gone   chan struct{}
	killed atomic.Bool
	cmd    *exec.Cmd
	conn   *net.UnixConn
	says   ready
	stderr *tailWriter
	jobs   int
	// spent: the worker is to be replaced once its job is over.
	spent bool
	// base is the memory that it claimed before its first job.
	base uint64
	buf  []byte
}

// spawn starts a worker in the background.
func (p *Pool) spawn() *process {
	p.counts.started.Add(1)
	w := &process{started: make(chan struct{}), gone: make(chan struct{}), stderr: &tailWriter{}}
	go func() {
		defer close(w.started)
		if w.err = p.start(w); w.err != nil {
			w.err = fmt.Errorf("start worker: %w", w.err)
			if p.base.Err() == nil {
				p.cfg.Logger.Error("worker does not start", "error", w.err, "stderr", w.tail())
			}
		}
	}()
	return w
}

func (p *Pool) start(w *process) error {
	ours, theirs, err := socketPair()
	if err != nil {
		close(w.gone)
		return err
	}
	defer theirs.Close()
	conn, err := net.FileConn(ours)
	ours.Close()
	if err != nil {
		close(w.gone)
		return err
	}
	w.conn = conn.(*net.UnixConn)
	cmd := exec.Command(p.cfg.Command[0], p.cfg.Command[1:]...)
	cmd.Env = workerEnv(p.cfg.Env)
	cmd.Dir = "/"
	cmd.ExtraFiles = []*os.File{theirs}
	cmd.Stderr = w.stderr
	cmd.SysProcAttr = childAttr()
	if err := p.starter.start(cmd); err != nil {
		conn.Close()
		close(w.gone)
		return err
	}
	w.cmd = cmd
	go func() {
		cmd.Wait()
		conn.Close()
		close(w.gone)
	}()
	// A pool that was closed in the meantime must not wait for the greeting.
	defer context.AfterFunc(p.base, w.kill)()
	if err := w.greet(hello{Memory: p.cfg.Memory, Limits: p.cfg.Limits}); err != nil {
		w.kill()
		return err
	}
	_, w.base = w.memory()
	p.cfg.Logger.Debug("worker started", "pid", w.pid(), "libvips", w.says.Library, "simd", w.says.SIMD, "sandbox", w.says.Sandbox)
	return nil
}

func (w *process) greet(h hello) error {
	w.conn.SetDeadline(time.Now().Add(startTimeout))
	defer w.conn.SetDeadline(time.Time{})
	if err := w.send(h, nil); err != nil {
		return err
	}
	if err := w.receive(&w.says); err != nil {
		return err
	}
	if w.says.Error != "" {
		return errors.New(w.says.Error)
	}
	return nil
}

// await waits until the worker can take a job.
func (w *process) await(ctx context.Context) error {
	select {
	case <-w.started:
		return w.err
	case <-ctx.Done():
		return fmt.Errorf("wait for a worker's start: %w", ctx.Err())
	}
}

// isStarted reports that start is over, well or not.
func (w *process) isStarted() bool {
	select {
	case <-w.started:
		return true
	default:
		return false
	}
}

// dead reports that the worker must not be given another job.
func (w *process) dead() bool {
	select {
	case <-w.gone:
		return true
	default:
	}
	return w.killed.Load() || w.isStarted() && w.err != nil
}

// kill ends the process at once.
func (w *process) kill() {
	w.killed.Store(true)
	if w.cmd != nil {
		w.cmd.Process.Kill()
	}
}

// stop ends a worker that has no job.
func (w *process) stop() {
	<-w.started
	w.kill()
}

// partingTime is how long a worker that hung up may take to end.
const partingTime = time.Second

// run sends a job and waits for the answer. It returns errUnheard, errCrashed
// or errSlain when the worker dies, and the error that the worker answers.
func (w *process) run(j *job) (reply, error) {
	w.jobs++
	if err := w.sendJob(j); err != nil {
		if w.dead() || isBroken(err) {
			w.kill()
			return reply{}, fmt.Errorf("%w: %w", errUnheard, err)
		}
		return reply{}, err
	}
	var rep reply
	if err := w.receive(&rep); err != nil {
		return reply{}, fmt.Errorf("%w: %w", w.end(), err)
	}
	w.spent = rep.Worn
	if e := rep.Error; e != nil {
		w.spent = w.spent || e.Spent || e.Code == media.Internal
		out := &media.Error{Code: e.Code, Op: string(j.Kind), Message: e.Message}
		switch {
		case e.Limit != nil:
			out.Err = e.Limit
		case e.Detail != "":
			out.Err = errors.New(e.Detail)
		}
		return reply{}, out
	}
	return rep, nil
}

// end waits for a worker that hung up, and says how it died: errSlain when
// somebody outside killed it, else errCrashed.
func (w *process) end() error {
	timer := time.NewTimer(partingTime)
	defer timer.Stop()
	select {
	case <-w.gone:
	case <-timer.C:
		w.kill()
		<-w.gone
	}
	if s, ok := w.cmd.ProcessState.Sys().(syscall.WaitStatus); ok && s.Signaled() && s.Signal() == syscall.SIGKILL && !w.killed.Load() {
		return errSlain
	}
	w.killed.Store(true)
	return errCrashed
}

// sendJob sends the request in the packet, or in a file where it is long.
func (w *process) sendJob(j *job) error {
	b, err := json.Marshal(j.request)
	if err != nil {
		return fmt.Errorf("encode request: %w", err)
	}
	if len(b) <= packetMax {
		return w.write(b, j.files)
	}
	f, err := memoryFile("request")
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Write(b); err != nil {
		return fmt.Errorf("write request: %w", err)
	}
	return w.send(request{Kind: j.Kind, Large: true}, append([]*os.File{f}, j.files...))
}

func (w *process) send(v any, files []*os.File) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode request: %w", err)
	}
	return w.write(b, files)
}

func (w *process) write(b []byte, files []*os.File) error {
	if err := sendPacket(w.conn, b, files); err != nil {
		return fmt.Errorf("send to worker: %w", err)
	}
	runtime.KeepAlive(files)
	return nil
}

func (w *process) receive(v any) error {
	if w.buf == nil {
		w.buf = make([]byte, 4*packetMax)
	}
	n, err := receivePacket(w.conn, w.buf)
	if err != nil {
		return fmt.Errorf("hear from worker: %w", err)
	}
	if err := json.Unmarshal(w.buf[:n], v); err != nil {
		return fmt.Errorf("worker's answer: %w", err)
	}
	return nil
}

func (w *process) pid() int {
	if w.cmd == nil {
		return 0
	}
	return w.cmd.Process.Pid
}

// memory is what the process holds now, in bytes: resident, and claimed, which
// is what the limit counts. A heap in tatters may have claimed much that is
// not resident, and be refused more. 0 where that cannot be known.
func (w *process) memory() (resident, claimed uint64) { return processMemory(w.pid()) }

// worn reports that less than half of what a fresh worker may still claim is left.
func (w *process) worn(limit uint64) bool {
	resident, claimed := w.memory()
	return resident > limit/2 || claimed > (w.base+limit)/2
}

// state says how a worker that is gone ended.
func (w *process) state() string {
	if w.cmd == nil || w.cmd.ProcessState == nil {
		return ""
	}
	return w.cmd.ProcessState.String()
}

func (w *process) tail() string { return w.stderr.String() }

// workerEnv is a worker's whole environment: nothing of the server's own
// secrets, only what the libraries need.
func workerEnv(extra []string) []string {
	env := []string{
		"LANG=C.UTF-8",
		"GOTRACEBACK=single",
		// One job at a time, and that outside Go.
		"GOMAXPROCS=1",
		// Warnings of decoders about broken files are of no use in a log.
		"VIPS_WARNING=0",
		// Large pictures stay in memory: there is no disk to go to.
		"VIPS_DISC_THRESHOLD=64g",
	}
	for _, name := range []string{"PATH", "FONTCONFIG_FILE", "FONTCONFIG_PATH", "LD_LIBRARY_PATH", faultsVariable} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return append(env, extra...)
}

// starter starts processes on one thread that lives as long as itself: the
// kernel kills a child with PDEATHSIG when the thread that made it ends, not
// the process.
type starter struct {
	jobs chan func()
	done chan struct{}
}

func newStarter() *starter {
	s := &starter{jobs: make(chan func()), done: make(chan struct{})}
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		for {
			select {
			case f := <-s.jobs:
				f()
			case <-s.done:
				return
			}
		}
	}()
	return s
}

func (s *starter) start(cmd *exec.Cmd) error {
	result := make(chan error)
	select {
	case s.jobs <- func() { result <- cmd.Start() }:
		return <-result
	case <-s.done:
		return errors.New("pool is closed")
	}
}

func (s *starter) stop() { close(s.done) }

// tailWriter keeps the first and the last kilobytes that a worker said: a
// crash names its cause first, and may print a long trace after it.
type tailWriter struct {
	mu         sync.Mutex
	head, tail []byte
	left       int // bytes left out between the two
}

const (
	headMax = 2 << 10
	tailMax = 2 << 10
)

func (t *tailWriter) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := len(b)
	first := min(n, headMax-len(t.head))
	t.head = append(t.head, b[:first]...)
	t.tail = append(t.tail, b[first:]...)
	if over := len(t.tail) - tailMax; over > 0 {
		t.left += over
		t.tail = append(t.tail[:0], t.tail[over:]...)
	}
	return n, nil
}

func (t *tailWriter) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := string(t.head)
	if t.left > 0 {
		s += fmt.Sprintf("\n[%d bytes left out]\n", t.left)
	}
	return strings.TrimSpace(s + string(t.tail))
}

var _ io.Writer = (*tailWriter)(nil)
