package engine

import (
	"context"
	"fmt"

	"tintype/internal/engine/vips"
	"tintype/internal/transform"
)

// Report is what this machine's engine can do, as tried out in a worker.
type Report struct {
	Library string // libvips' version
	SIMD    bool   // its vector code runs; without it most work takes twice as long
	Sandbox string // what shuts workers in, for people; "none" when nothing does
	Walled  bool   // workers reach neither files nor the network
	Workers int
	Memory  uint64 // bytes per worker
	Limits  Limits
	Formats []FormatSupport
	// Unwritten names the scripts that no font of this machine has.
	Unwritten []string
	// Replaced are the familiar fonts that this machine draws with others.
	Replaced []Replaced
}

// FormatSupport says whether a format of pictures is read and written.
type FormatSupport struct {
	Format      string
	Read, Write bool
	// Problem is why not, for people; "" when nothing was expected or all is well.
	Problem string `json:",omitempty"`
}

// Doctor starts a worker, shut in as the server's are, and has it write and
// read a small picture in every format. The error is about a worker that does
// not start or dies of the trial.
func Doctor(ctx context.Context, cfg Config) (Report, error) {
	workers := cfg.Workers
	cfg.Workers = 1
	p, err := New(cfg)
	if err != nil {
		return Report{}, err
	}
	defer p.Close()
	s, err := p.acquire(ctx)
	if err != nil {
		return Report{}, err
	}
	if err := s.proc.await(ctx); err != nil {
		p.release(s)
		return Report{}, err
	}
	says := s.proc.says
	p.release(s)
	j, err := newJob(request{Kind: jobTry}, nil, 0)
	if err != nil {
		return Report{}, err
	}
	j.timeout = p.cfg.RenderTimeout
	rep, err := p.do(ctx, j)
	if err != nil {
		return Report{}, fmt.Errorf("try formats: %w", err)
	}
	full, err := Config{Workers: workers, Command: cfg.Command}.withDefaults()
	if err != nil {
		return Report{}, err
	}
	return Report{
		Library: says.Library, SIMD: says.SIMD, Sandbox: says.Sandbox, Walled: says.Walled,
		Workers: full.Workers, Memory: p.cfg.Memory, Limits: p.cfg.Limits, Formats: rep.Formats, Unwritten: rep.Unwritten, Replaced: rep.Replaced,
	}, nil
}

// tryFormats is the worker's part.
func tryFormats() []FormatSupport {
	var all []FormatSupport
	for _, s := range savers {
		all = append(all, tryFormat(s))
	}
	return all
}

func tryFormat(s saver) FormatSupport {
	f := FormatSupport{Format: s.format}
	var scope vips.Scope
	defer scope.Close()
	px := make([]byte, 16*16*3)
	for i := range px {
		px[i] = byte(i)
	}
	im, err := scope.FromPixels(px, 16, 16, 3, "uchar")
	if err == nil {
		im, err = scope.Apply(im, "copy", vips.Args{"interpretation": "srgb"})
	}
	if err != nil {
		f.Problem = err.Error()
		return f
	}
	p := &picture{scope: &scope, src: &source{loader: loader{format: s.format}}, im: im, pages: 1, random: true}
	b, err := p.encode(transform.PlanOutput{Format: s.format, Quality: 80, Background: transform.White})
	if err != nil {
		f.Problem = "write: " + err.Error()
		return f
	}
	f.Write = true
	l, err := loaderFor(s.format)
	if err != nil {
		return f
	}
	back, err := scope.Make(l.op, vips.Args{"buffer": b, "access": "sequential"})
	if err == nil {
		_, err = back.Pixels()
	}
	if err != nil {
		f.Problem = "read: " + err.Error()
		return f
	}
	f.Read = back.Width() == 16 && back.Height() == 16
	return f
}
