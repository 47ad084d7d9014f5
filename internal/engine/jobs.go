package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"tintype/internal/media"
	"tintype/internal/transform"
)

// Render has a worker carry out the plans. All results are complete before
// the first byte of any is written.
func (p *Pool) Render(ctx context.Context, src []Source, outs []Output) error {
	if err := p.render(ctx, src, outs); err != nil {
		return fmt.Errorf("render: %w", err)
	}
	return nil
}

func (p *Pool) render(ctx context.Context, src []Source, outs []Output) error {
	if len(src) == 0 || len(outs) == 0 {
		return fmt.Errorf("%d sources and %d outputs", len(src), len(outs))
	}
	req := request{Kind: jobRender}
	for _, o := range outs {
		if err := o.Plan.Check(); err != nil {
			return err
		}
		if err := p.checkOutput(o.Plan); err != nil {
			return err
		}
		req.Plans = append(req.Plans, o.Plan)
	}
	var err error
	if req.Formats, err = p.formats(src, req.Plans); err != nil {
		return err
	}
	j, err := newJob(req, src, len(outs))
	if err != nil {
		return err
	}
	defer j.closeFiles()
	j.timeout = p.cfg.RenderTimeout
	results := j.files[len(src):]
	j.check = func(rep reply) error { return checkResults(rep, results, outs) }
	rep, err := p.do(ctx, j)
	if err != nil {
		return err
	}
	for i, f := range results {
		if _, err := io.Copy(outs[i].W, io.NewSectionReader(f, 0, rep.Infos[i].Bytes)); err != nil {
			return fmt.Errorf("write result: %w", err)
		}
		if outs[i].Info != nil {
			*outs[i].Info = rep.Infos[i]
		}
	}
	return nil
}

// formats looks at the sources of a job and answers what each is on the wire.
// All plans that name further sources name the same ones.
func (p *Pool) formats(src []Source, plans []transform.Plan) ([]string, error) {
	if n := len(src) - 1; n > layersMax {
		return nil, &media.Error{Code: media.Invalid, Op: "render", Message: fmt.Sprintf("%d layers are too many, the maximum is %d", n, layersMax),
			Err: &media.LimitError{What: "layers", Max: layersMax, Got: int64(n)}}
	}
	var further []transform.PlanSource
	for _, plan := range plans {
		n := min(len(further), len(plan.Sources))
		if !slices.Equal(plan.Sources[:n], further[:n]) {
			return nil, errors.New("plans of one job differ in their sources")
		}
		if len(plan.Sources) > n {
			further = plan.Sources
		}
	}
	if len(further) != len(src)-1 {
		return nil, fmt.Errorf("%d sources for plans that need %d", len(src), 1+len(further))
	}
	h, err := p.picture(src[0])
	if err != nil {
		return nil, err
	}
	formats := []string{h.Format}
	for i, s := range further {
		format, err := p.further(src[i+1], s)
		if err != nil {
			return nil, fmt.Errorf("source %d: %w", i+1, err)
		}
		formats = append(formats, format)
	}
	return formats, nil
}

// avifBytes is the memory that AVIF's encoder needs for one pixel, with some
// to spare.
const avifBytes = 44

// checkOutput refuses a result that its encoder cannot make in the memory
// that a worker has.
func (p *Pool) checkOutput(plan transform.Plan) error {
	most := int64(p.cfg.Memory / avifBytes)
	got := int64(plan.Width) * int64(plan.Height)
	if plan.Output.Format != "avif" || got <= most {
		return nil
	}
	return &media.Error{Code: media.TooLarge, Op: "plan",
		Message: fmt.Sprintf("The result is too large for AVIF: %d x %d pixels, the maximum is %s", plan.Width, plan.Height, megapixels(most)),
		Err:     &media.LimitError{What: "pixels", Max: most, Got: got}}
}

// checkResults completes what a worker says of its results by what they are.
func checkResults(rep reply, results []*os.File, outs []Output) error {
	if len(rep.Infos) != len(outs) {
		return fmt.Errorf("worker answers %d results for %d", len(rep.Infos), len(outs))
	}
	for i, f := range results {
		info := &rep.Infos[i]
		h, size, err := checkResult(f, outs[i].Plan)
		if err != nil {
			return err
		}
		info.Bytes, info.Pages, info.Animated = size, h.Pages, h.Pages > 1
	}
	return nil
}

// checkResult looks at what a worker made, whose word alone is not enough: it
// has been in touch with the source. It answers the file's header and its
// size in bytes. An animation may have become shorter: encoders join frames
// that are alike.
func checkResult(f *os.File, plan transform.Plan) (header, int64, error) {
	info, err := f.Stat()
	if err != nil {
		return header{}, 0, fmt.Errorf("result: %w", err)
	}
	h, err := readHeader(f, info.Size())
	if err != nil {
		return header{}, 0, &media.Error{Code: media.Internal, Op: "result", Err: err}
	}
	if h.Format != plan.Output.Format || h.Width != plan.Width || h.Height != plan.Height || h.Pages > plan.Input.Pages {
		return header{}, 0, fmt.Errorf("result is %d x %d %s of %d pages instead of %d x %d %s of %d",
			h.Width, h.Height, h.Format, h.Pages, plan.Width, plan.Height, plan.Output.Format, plan.Input.Pages)
	}
	return h, info.Size(), nil
}
