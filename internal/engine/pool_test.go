package engine

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"tintype/internal/media"
	"tintype/internal/transform"
)

// newPool starts a pool whose workers are this test binary.
func newPool(t testing.TB, change func(*Config)) *Pool {
	t.Helper()
	cfg := Config{Command: []string{os.Args[0], "engine"}, Workers: 1, QueueWait: time.Minute, RenderTimeout: time.Minute, ProbeTimeout: time.Minute}
	if testing.Verbose() {
		cfg.Logger = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	if change != nil {
		change(&cfg)
	}
	p, err := New(cfg)
	must(t, err)
	t.Cleanup(func() { must(t, p.Close()) })
	return p
}

func withFaults(cfg *Config) { cfg.Env = append(cfg.Env, faultsVariable+"=1") }

// fault is a source that makes workers fail; tag makes it one of its own.
func fault(what, tag string) Source { return strings.NewReader(faultMark + what + " " + tag) }

// faultPlan suits a faulty source.
func faultPlan(t testing.TB) transform.Plan {
	return planFor(t, transform.PlanInput{Width: faultInfo.Width, Height: faultInfo.Height}, transform.PlanOutput{}, transform.OpResize{Width: 10, Height: 10})
}

// goodJob is a source and a plan for it.
func goodJob(t testing.TB) (Source, transform.Plan) {
	t.Helper()
	return bytes.NewReader(pngOf(t, gradient(120, 80).image(120, 80))),
		planFor(t, transform.PlanInput{Width: 120, Height: 80}, transform.PlanOutput{Format: "webp"}, transform.OpResize{Width: 60, Height: 40})
}

func renderOne(ctx context.Context, p *Pool, src Source, plan transform.Plan) ([]byte, media.Info, error) {
	var b bytes.Buffer
	var info media.Info
	err := p.Render(ctx, []Source{src}, []Output{{Plan: plan, W: &b, Info: &info}})
	return b.Bytes(), info, err
}

func mustRender(t testing.TB, p *Pool) {
	t.Helper()
	src, plan := goodJob(t)
	b, info, err := renderOne(t.Context(), p, src, plan)
	must(t, err)
	if info.Format != "webp" || info.Width != 60 || info.Height != 40 || info.Bytes != int64(len(b)) || len(b) == 0 {
		t.Errorf("%+v with %d bytes", info, len(b))
	}
}

// wantError checks an error's code and that its sentence holds some words.
func wantError(t testing.TB, err error, code media.Code, words string) {
	t.Helper()
	if media.CodeOf(err) != code || !strings.Contains(media.MessageOf(err), words) {
		t.Errorf("error is %v (%v: %q), want %v with %q", err, media.CodeOf(err), media.MessageOf(err), code, words)
	}
}

// until waits for something that other goroutines bring about.
func until(t testing.TB, done func() bool) {
	t.Helper()
	for start := time.Now(); !done(); time.Sleep(time.Millisecond) {
		if time.Since(start) > 30*time.Second {
			t.Error("waited in vain")
			return
		}
	}
}

func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

func TestPoolRenders(t *testing.T) {
	t.Parallel()
	p := newPool(t, nil)
	im := gradient(200, 120).image(200, 120)
	src := file(t, im, "jpegsave_buffer", nil)
	outs := make([]Output, 0, len(savers))
	var files []*bytes.Buffer
	for _, s := range savers {
		if s.format == "jxl" {
			continue
		}
		b := &bytes.Buffer{}
		files = append(files, b)
		outs = append(outs, Output{W: b, Info: new(media.Info), Plan: planFor(t, transform.PlanInput{Width: 200, Height: 120}, transform.PlanOutput{Format: s.format},
			transform.OpResize{Width: 50, Height: 30}, transform.OpRound{Radii: [4]float64{5, 5, 5, 5}})})
	}
	must(t, p.Render(t.Context(), []Source{bytes.NewReader(src)}, outs))
	for i, o := range outs {
		h, err := readHeader(bytes.NewReader(files[i].Bytes()), int64(files[i].Len()))
		if err != nil || h.Format != o.Plan.Output.Format || h.Width != 50 || h.Height != 30 || o.Info.Format != h.Format || o.Info.Bytes != int64(files[i].Len()) {
			t.Errorf("%s: %+v, %+v, %v", o.Plan.Output.Format, h, o.Info, err)
		}
	}
}

func TestFilesAreHandedOver(t *testing.T) {
	t.Parallel()
	p := newPool(t, nil)
	content := pngOf(t, gradient(120, 80).image(120, 80))
	name := filepath.Join(t.TempDir(), "a.jpg") // the suffix lies, the content counts
	must(t, os.WriteFile(name, content, 0o600))
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	must(t, err)
	defer f.Close()
	_, err = f.Seek(11, io.SeekStart)
	must(t, err)
	src := filer{f, int64(len(content))}
	own, err := openForWorker(src)
	must(t, err)
	if _, err := own.Write([]byte("x")); err == nil {
		t.Error("a worker could write to the file of the store")
	}
	own.Close()
	_, plan := goodJob(t)
	if _, info, err := renderOne(t.Context(), p, src, plan); err != nil || info.Width != 60 {
		t.Errorf("%+v, %v", info, err)
	}
	if at, err := f.Seek(0, io.SeekCurrent); err != nil || at != 11 {
		t.Errorf("the position moved to %d, %v", at, err)
	}
	kind, info, err := p.Probe(t.Context(), src, "")
	if err != nil || kind != media.KindImage || info.Format != "png" || info.Bytes != int64(len(content)) || info.Width != 120 {
		t.Errorf("%v %+v, %v", kind, info, err)
	}
	// Only a part of the file is the source: it must be copied.
	short := filer{f, int64(len(content)) - 1}
	own, err = openForWorker(short)
	must(t, err)
	defer own.Close()
	if i, err := own.Stat(); err != nil || i.Size() != short.Size() {
		t.Errorf("%v, %v", i.Size(), err)
	}
}

// Encoders join frames that are alike; what comes out is what Info says.
func TestAnimationOfOnePicture(t *testing.T) {
	t.Parallel()
	p := newPool(t, nil)
	frame := image.NewPaletted(image.Rect(0, 0, 40, 30), color.Palette{color.White, color.Black})
	for _, format := range []string{"webp", "gif"} {
		plan := planFor(t, transform.PlanInput{Width: 40, Height: 30, Pages: 4}, transform.PlanOutput{Format: format}, transform.OpResize{Width: 20, Height: 15})
		b, info, err := renderOne(t.Context(), p, bytes.NewReader(gifOf(t, 0, frame, frame, frame, frame)), plan)
		must(t, err)
		h, err := readHeader(bytes.NewReader(b), int64(len(b)))
		if err != nil || info.Pages != h.Pages || info.Animated != (h.Pages > 1) || info.Width != 20 || info.Height != 15 {
			t.Errorf("%s: %+v, header %+v, %v", format, info, h, err)
		}
	}
}

// filer is a Filer.
type filer struct {
	f    *os.File
	size int64
}

func (f filer) ReadAt(b []byte, off int64) (int, error) { return f.f.ReadAt(b, off) }
func (f filer) Size() int64                             { return f.size }
func (f filer) File() *os.File                          { return f.f }

func TestCrash(t *testing.T) {
	t.Parallel()
	p := newPool(t, withFaults)
	mustRender(t, p)
	_, _, err := p.Probe(t.Context(), fault("abort", "a"), media.KindImage)
	wantError(t, err, media.Invalid, "crash")
	// Two workers died of it: it is not tried again, whatever is asked.
	if p.Stats().Poisonous != 1 {
		t.Errorf("%d files are remembered", p.Stats().Poisonous)
	}
	before := p.Stats().Started
	_, _, err = p.Probe(t.Context(), fault("abort", "a"), media.KindImage)
	wantError(t, err, media.Invalid, "before")
	_, _, err = renderOne(t.Context(), p, fault("abort", "a"), faultPlan(t))
	wantError(t, err, media.Invalid, "before")
	if p.Stats().Started != before {
		t.Error("a poisonous file met another worker")
	}
	mustRender(t, p)
}

func TestCrashInRender(t *testing.T) {
	t.Parallel()
	p := newPool(t, withFaults)
	src := fault("render-abort", "a")
	kind, info, err := p.Probe(t.Context(), src, media.KindImage)
	if err != nil || kind != media.KindImage || info.Width != faultInfo.Width {
		t.Fatalf("%v %+v, %v", kind, info, err)
	}
	_, _, err = renderOne(t.Context(), p, src, faultPlan(t))
	wantError(t, err, media.Invalid, "crash")
	mustRender(t, p)
}

func TestHang(t *testing.T) {
	t.Parallel()
	p := newPool(t, func(c *Config) {
		withFaults(c)
		c.ProbeTimeout, c.RenderTimeout = 300*time.Millisecond, 400*time.Millisecond
	})
	for range 2 {
		start := time.Now()
		_, _, err := p.Probe(t.Context(), fault("hang", "a"), media.KindImage)
		wantError(t, err, media.Invalid, "within 300ms")
		if d := time.Since(start); d > 10*time.Second {
			t.Errorf("took %v", d)
		}
	}
	_, _, err := renderOne(t.Context(), p, fault("render-hang", "a"), faultPlan(t))
	wantError(t, err, media.Invalid, "within 400ms")
	_, err = p.Measure(t.Context(), fault("render-hang", "a"), transform.FocusPoint)
	wantError(t, err, media.Invalid, "within 400ms")
}

// Whoever leaves takes the work along: the processor is free again.
func TestCancelKills(t *testing.T) {
	t.Parallel()
	p := newPool(t, withFaults)
	ctx, cancel := context.WithCancel(t.Context())
	mustRender(t, p)
	s, err := p.acquire(ctx)
	must(t, err)
	pid := s.proc.pid()
	p.release(s)
	go func() {
		until(t, func() bool { return p.Stats().Running == 1 })
		cancel()
	}()
	_, _, err = renderOne(ctx, p, fault("hang", "a"), faultPlan(t))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if alive(pid) {
		t.Error("the worker is still there")
	}
	mustRender(t, p)
	// The caller's own deadline is as good as ours.
	ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, _, err = renderOne(ctx, p, fault("hang", "a"), faultPlan(t))
	wantError(t, err, media.Invalid, "in time")
	mustRender(t, p)
}

func TestNeighbourIsNotDisturbed(t *testing.T) {
	t.Parallel()
	p := newPool(t, func(c *Config) { withFaults(c); c.Workers, c.Queue, c.RenderTimeout = 2, 100, 10*time.Second })
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			_, _, err := renderOne(t.Context(), p, fault("abort", string(rune('a'+i))), faultPlan(t))
			wantError(t, err, media.Invalid, "crash")
		})
	}
	for range 30 {
		all.Go(func() { mustRender(t, p) })
	}
	all.Wait()
}

func TestQueue(t *testing.T) {
	t.Parallel()
	p := newPool(t, func(c *Config) { withFaults(c); c.Queue, c.QueueWait = 1, 300*time.Millisecond })
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	s, err := p.acquire(ctx)
	must(t, err)
	// One may wait, and not for long.
	all.Go(func() {
		_, _, err := renderOne(ctx, p, fault("hang", "b"), faultPlan(t))
		wantError(t, err, media.Limited, "within 300ms")
	})
	until(t, func() bool { return p.Stats().Waiting == 1 })
	start := time.Now()
	src, plan := goodJob(t)
	_, _, err = renderOne(ctx, p, src, plan)
	wantError(t, err, media.Limited, "Too many")
	if d := time.Since(start); d > 200*time.Millisecond {
		t.Errorf("refused only after %v", d)
	}
	all.Wait()
	// Who leaves while waiting is told so at once, and leaves no trace.
	all.Go(func() {
		if _, _, err := renderOne(ctx, p, src, plan); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	})
	until(t, func() bool { return p.Stats().Waiting == 1 })
	cancel()
	all.Wait()
	p.release(s)
	if st := p.Stats(); st.Waiting != 0 || st.Refused != 2 {
		t.Errorf("%+v", st)
	}
	mustRender(t, p)
}

func TestWorkersAreReplaced(t *testing.T) {
	t.Parallel()
	p := newPool(t, func(c *Config) { c.JobsPerWorker = 3 })
	for range 7 {
		mustRender(t, p)
	}
	if n := p.Stats().Started; n != 3 {
		t.Errorf("%d workers for 7 jobs of 3 each", n)
	}
}

// A picture that takes more memory than a worker may have costs the file an
// error and nobody else anything.
func TestMemoryLimit(t *testing.T) {
	t.Parallel()
	p := newPool(t, func(c *Config) { c.Memory = 192 << 20 })
	mustRender(t, p)
	const w, h = 9000, 9000
	plan := planFor(t, transform.PlanInput{Width: w, Height: h}, transform.PlanOutput{Format: "jpeg"}, transform.OpFlip{Vertical: true})
	src := file(t, plain(red).image(100, 100), "pngsave_buffer", nil, applied(t, "embed", map[string]any{"x": 0, "y": 0, "width": w, "height": h}))
	_, _, err := renderOne(t.Context(), p, bytes.NewReader(src), plan)
	if media.CodeOf(err) != media.Invalid {
		t.Errorf("error %v", err)
	}
	mustRender(t, p)
}

func TestClose(t *testing.T) {
	t.Parallel()
	p := newPool(t, func(c *Config) { withFaults(c); c.Workers = 2 })
	mustRender(t, p)
	done := make(chan error)
	go func() {
		_, _, err := renderOne(context.Background(), p, fault("hang", "a"), faultPlan(t))
		done <- err
	}()
	until(t, func() bool { return p.Stats().Running == 1 })
	must(t, p.Close())
	wantError(t, <-done, media.Limited, "shutting down")
	src, plan := goodJob(t)
	_, _, err := renderOne(t.Context(), p, src, plan)
	wantError(t, err, media.Limited, "shutting down")
	must(t, p.Close())
}

func TestWorkerThatDoesNotStart(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"/nowhere/at/all", "/bin/false"} {
		p := newPool(t, func(c *Config) { c.Command = []string{command} })
		src, plan := goodJob(t)
		_, _, err := renderOne(t.Context(), p, src, plan)
		if err == nil || media.CodeOf(err) != media.Internal {
			t.Errorf("%s: %v", command, err)
		}
	}
}

func TestConfigValidates(t *testing.T) {
	t.Parallel()
	if (Config{Memory: 1}).Validate() == nil || (Config{Workers: -1}).Validate() == nil || (Config{}).Validate() != nil {
		t.Error("Validate")
	}
}
