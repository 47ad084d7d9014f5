package engine

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"tintype/internal/engine/vips"
	"tintype/internal/media"
	"tintype/internal/transform"
)

// A worker that has worked before may fail by its own fault: a fresh one has
// the last word, and the file is not blamed.
func TestFreshWorkerHasTheLastWord(t *testing.T) {
	t.Parallel()
	for _, what := range []string{"worn-abort", "worn-slay", "worn-strain"} {
		p := newPool(t, withFaults)
		mustRender(t, p)
		kind, info, err := p.Probe(t.Context(), fault(what, "a"), media.KindImage)
		if err != nil || kind != media.KindImage || info.Width != faultInfo.Width {
			t.Errorf("%s: %v %+v, %v", what, kind, info, err)
		}
		if s := p.Stats(); s.Poisonous != 0 || s.Started != 2 {
			t.Errorf("%s: %+v", what, s)
		}
		// The fresh one stays.
		mustRender(t, p)
		if n := p.Stats().Started; n != 2 {
			t.Errorf("%s: %d workers", what, n)
		}
	}
}

// Who kills a worker from outside says nothing about its file.
func TestKilledFromOutside(t *testing.T) {
	t.Parallel()
	p := newPool(t, withFaults)
	for range 3 {
		_, _, err := p.Probe(t.Context(), fault("slay", "a"), media.KindImage)
		wantError(t, err, media.Limited, "interrupted")
	}
	if s := p.Stats(); s.Poisonous != 0 || s.Crashed != 0 {
		t.Errorf("%+v", s)
	}
	mustRender(t, p)
}

func TestStoppedWorker(t *testing.T) {
	t.Parallel()
	p := newPool(t, func(c *Config) { withFaults(c); c.RenderTimeout, c.ProbeTimeout = 8*time.Second, time.Second })
	mustRender(t, p)
	s, err := p.acquire(t.Context())
	must(t, err)
	must(t, syscall.Kill(s.proc.pid(), syscall.SIGSTOP))
	p.release(s)
	mustRender(t, p) // on a second one, within the time for one
	_, _, err = p.Probe(t.Context(), fault("stop", "a"), media.KindImage)
	wantError(t, err, media.Limited, "interrupted")
	if s := p.Stats(); s.Poisonous != 0 {
		t.Errorf("%+v", s)
	}
	mustRender(t, p)
}

// Only half a file, and the encoder calls it a success.
func TestFlawedResult(t *testing.T) {
	t.Parallel()
	p := newPool(t, withFaults)
	plan := faultPlan(t)
	mustRender(t, p)
	_, _, err := renderOne(t.Context(), p, fault("flawed", "a"), plan)
	wantError(t, err, media.Invalid, "cannot be written as")
	if n := p.Stats().Started; n != 3 {
		t.Errorf("%d workers, want a fresh one for the second try and one after it", n)
	}
	plan = planFor(t, transform.PlanInput{Width: faultInfo.Width, Height: faultInfo.Height}, transform.PlanOutput{Format: "avif"}, transform.OpResize{Width: 4000, Height: 3000})
	_, _, err = renderOne(t.Context(), p, fault("flawed", "a"), plan)
	wantError(t, err, media.TooLarge, "The result is too large for AVIF: 4000 x 3000 pixels")
	mustRender(t, p)
}

// A spent worker is not kept, even where the answer stands.
func TestSpentWorkerIsReplaced(t *testing.T) {
	t.Parallel()
	p := newPool(t, withFaults)
	_, _, err := p.Probe(t.Context(), fault("strain", "a"), media.KindImage)
	wantError(t, err, media.Invalid, "memory")
	mustRender(t, p)
	if n := p.Stats().Started; n != 2 {
		t.Errorf("%d workers", n)
	}
}

// A failing encoder is not the source's fault; a source that fails only while
// it is being encoded is.
func TestBlame(t *testing.T) {
	t.Parallel()
	im := gradient(64, 48).image(64, 48)
	plan := transform.Plan{Input: transform.PlanInput{Width: 64, Height: 48, Pages: 1}, Width: 9000, Height: 9000, Output: transform.PlanOutput{Format: "webp"}}
	failed := &saveError{context.DeadlineExceeded}
	of := func(format string, b []byte) error {
		return (&stock{sources: []*source{mapped(t, format, b)}}).blame(failed, plan)
	}
	err := of("png", pngOf(t, im))
	wantError(t, err, media.TooLarge, "The result is too large for WebP: 9000 x 9000 pixels")
	if !onWire(err).Spent {
		t.Error("the worker is kept")
	}
	webp := file(t, im, "webpsave_buffer", nil)
	for i := len(webp) / 3; i < len(webp); i++ {
		webp[i] = 0xFF
	}
	// Another operation that was refused memory is no fault of ours either.
	short := &vips.Error{Text: "vips_tracked: out of memory --- size == 600MB"}
	wantError(t, (&stock{}).blame(fmt.Errorf("blur: %w", short), plan), media.Invalid, "more memory")
	err = of("webp", webp[:len(webp)*2/3])
	wantError(t, err, media.Invalid, "damaged")
}

func TestLargeAVIFIsRefusedUnseen(t *testing.T) {
	t.Parallel()
	p := newPool(t, func(c *Config) { c.Command = []string{"/nowhere"}; c.Memory = 1 << 30 })
	src := bytes.NewReader(pngOf(t, plain(red).image(10, 10)))
	plan := planFor(t, transform.PlanInput{Width: 10, Height: 10}, transform.PlanOutput{Format: "avif"}, transform.OpResize{Width: 7000, Height: 5250})
	_, _, err := renderOne(t.Context(), p, src, plan)
	wantError(t, err, media.TooLarge, "The result is too large for AVIF: 7000 x 5250 pixels, the maximum is 24.4 megapixels")
}

// The worker's address space counts, not only what is resident.
func TestWornWorkerIsReplaced(t *testing.T) {
	t.Parallel()
	p := newPool(t, nil)
	mustRender(t, p)
	s, err := p.acquire(t.Context())
	must(t, err)
	resident, claimed := s.proc.memory()
	if claimed == 0 {
		t.Skip("needs /proc")
	}
	if w := s.proc; w.base == 0 || w.base > claimed || w.worn(w.base+2<<30) {
		t.Errorf("%d bytes claimed at first, %d now", w.base, claimed)
	}
	s.proc.base = 0
	if resident == 0 || s.proc.worn(p.cfg.Memory) || !s.proc.worn(2*claimed-2) {
		t.Errorf("%d bytes resident, %d claimed", resident, claimed)
	}
	p.release(s)
}

// patientJob waits for a worker while the pool's only one is held.
func TestPatience(t *testing.T) {
	t.Parallel()
	p := newPool(t, func(c *Config) { c.Queue, c.QueueWait = 100, 300*time.Millisecond })
	mustRender(t, p)
	p.pace.is(time.Millisecond)
	s, err := p.acquire(t.Context())
	must(t, err)
	src, plan := goodJob(t)
	var all sync.WaitGroup
	all.Go(func() {
		if _, _, err := renderOne(Patient(t.Context(), time.Minute), p, src, plan); err != nil {
			t.Errorf("patient: %v", err)
		}
	})
	all.Go(func() {
		if _, _, err := p.Probe(t.Context(), src, media.KindImage); err != nil {
			t.Errorf("a probe is patient: %v", err)
		}
	})
	until(t, func() bool { return p.Stats().Waiting == 2 })
	_, _, err = renderOne(t.Context(), p, src, plan)
	wantError(t, err, media.Limited, "within 300ms")
	p.release(s)
	all.Wait()
}

// A burst waits as long as it can be worked off in time, and no longer.
func TestBurst(t *testing.T) {
	t.Parallel()
	p := newPool(t, func(c *Config) { c.QueueWait = 2 * time.Second })
	if p.cfg.Queue != 64 {
		t.Errorf("%d may wait", p.cfg.Queue)
	}
	mustRender(t, p)
	s, err := p.acquire(t.Context())
	must(t, err)
	p.pace.is(600 * time.Millisecond)
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	src, plan := goodJob(t)
	for i := range 4 {
		all.Go(func() { renderOne(ctx, p, src, plan) })
		until(t, func() bool { return p.Stats().Waiting == i+1 })
	}
	// Four are ahead: 2.4 s.
	_, _, err = renderOne(ctx, p, src, plan)
	wantError(t, err, media.Limited, "Too many")
	cancel()
	all.Wait()
	p.release(s)
	mustRender(t, p)
}

// is sets the pace.
func (p *pace) is(d time.Duration) {
	p.known = false
	p.note(d)
}

func TestPace(t *testing.T) {
	t.Parallel()
	var p pace
	if p.wait(1000, 1) != 0 {
		t.Error("knows the pace without a job")
	}
	p.note(time.Second)
	if d := p.wait(6, 2); d.Round(time.Millisecond) != 3*time.Second {
		t.Errorf("6 jobs of 1 s on 2 workers take %v", d)
	}
	// A burst of short jobs is not refused for one long job before it.
	p.is(50 * time.Millisecond)
	p.note(12 * time.Second)
	if d := p.wait(20, 2); d > 2*time.Second {
		t.Errorf("20 short jobs after a long one take %v", d)
	}
	for range 100 {
		p.note(100 * time.Millisecond)
	}
	if d := p.wait(10, 1); d < 990*time.Millisecond || d > 1010*time.Millisecond {
		t.Errorf("10 jobs of 0.1 s take %v", d)
	}
}

// lockedBuffer is a log that several goroutines write.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// That workers on their way do not start any more is no error at the end.
func TestCloseAtOnceIsQuiet(t *testing.T) {
	t.Parallel()
	var log lockedBuffer
	for range 5 {
		p := newPool(t, func(c *Config) { c.Workers, c.Logger = 3, slog.New(slog.NewTextHandler(&log, nil)) })
		must(t, p.Close())
	}
	if s := log.String(); strings.Contains(s, "ERROR") {
		t.Error(s)
	}
}
