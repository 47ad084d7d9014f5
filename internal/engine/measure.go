package engine

import (
	"context"
	"fmt"

	"tintype/internal/engine/vips"
	"tintype/internal/media"
	"tintype/internal/transform"
)

// Measure has a worker answer a question about the upright picture.
func (p *Pool) Measure(ctx context.Context, src Source, q transform.Question) (transform.Answer, error) {
	h, err := p.picture(src)
	if err != nil {
		return transform.Answer{}, fmt.Errorf("measure %s: %w", q, err)
	}
	j, err := newJob(request{Kind: jobMeasure, Formats: []string{h.Format}, Question: q}, []Source{src}, 0)
	if err != nil {
		return transform.Answer{}, fmt.Errorf("measure %s: %w", q, err)
	}
	defer j.closeFiles()
	j.timeout = p.cfg.RenderTimeout
	rep, err := p.do(ctx, j)
	if err != nil {
		return transform.Answer{}, fmt.Errorf("measure %s: %w", q, err)
	}
	return rep.Answer, nil
}

// measure is the worker's part.
func measure(src *source, q transform.Question) (transform.Answer, error) {
	if q != transform.FocusPoint {
		return transform.Answer{}, media.Errorf(media.Unsupported, "This server cannot measure %q on a picture", q)
	}
	var scope vips.Scope
	defer scope.Close()
	return focus(&scope, src)
}

// focusSide is the longer side of the copy on which the focus is looked for.
const focusSide = 512

// focus finds the middle of the part, a third of each side, that catches the
// eye most. So it keeps a sixth away from the edges, where it could not be
// the middle of a larger part anyway.
func focus(scope *vips.Scope, src *source) (transform.Answer, error) {
	im, err := scope.Make("thumbnail_buffer", vips.Args{
		"buffer": src.data, "width": focusSide, "height": focusSide, "size": "down", "fail_on": "none",
	})
	if err != nil {
		return transform.Answer{}, src.damaged(err)
	}
	p := &picture{scope: scope, src: src, im: im, pages: 1}
	if err := p.toBytes(); err != nil {
		return transform.Answer{}, err
	}
	if err := p.toColour(); err != nil {
		return transform.Answer{}, fmt.Errorf("to colour: %w", err)
	}
	if err := p.toMemory(); err != nil {
		return transform.Answer{}, err
	}
	w, h := p.width(), p.height()
	cw, ch := max(1, w/3), max(1, h/3)
	// The picture is looked at when the operation is called, not later.
	cut, err := scope.Make("smartcrop", vips.Args{"input": p.im, "width": cw, "height": ch, "interesting": "attention"})
	if err != nil {
		return transform.Answer{}, fmt.Errorf("smartcrop: %w", err)
	}
	return transform.Answer{
		X: (float64(-cut.XOffset()) + float64(cw)/2) / float64(w),
		Y: (float64(-cut.YOffset()) + float64(ch)/2) / float64(h),
	}, nil
}
