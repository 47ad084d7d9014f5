package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"tintype/internal/engine/vips"
	"tintype/internal/media"
	"tintype/internal/transform"
)

// Measure has a worker answer a question about the upright picture. A
// question about a text's extent is asked of no source, nil, or of the font
// file, which then is the text's whatever number it has.
func (p *Pool) Measure(ctx context.Context, src Source, q transform.Question) (transform.Answer, error) {
	rep, err := p.measure(ctx, src, q)
	if err != nil {
		return transform.Answer{}, fmt.Errorf("measure %s: %w", shortQuestion(q), err)
	}
	return rep.Answer, nil
}

// shortQuestion is a question for a log.
func shortQuestion(q transform.Question) string {
	name, _, _ := strings.Cut(string(q), "{")
	name, _, _ = strings.Cut(name, "@")
	return name
}

func (p *Pool) measure(ctx context.Context, src Source, q transform.Question) (reply, error) {
	ask, err := transform.ParseQuestion(q)
	if err != nil {
		return reply{}, err
	}
	req := request{Kind: jobMeasure, Question: q}
	var sources []Source
	switch {
	case ask.What == transform.WhatText && ask.Text != nil && ask.Text.Font == 0:
	case ask.What == transform.WhatText && src != nil:
		if err := checkFont(src, "The file"); err != nil {
			return reply{}, err
		}
		req.Formats, sources = []string{formatFont}, []Source{src}
	case src == nil:
		return reply{}, errors.New("no source")
	case ask.What == transform.WhatMetadata || ask.What == transform.WhatCinemagraph:
		h, err := p.header(src)
		if err != nil {
			return reply{}, err
		}
		if h.Kind == media.KindVideo {
			a, err := p.measureVideo(ctx, src, h.Format, ask.What)
			return reply{Answer: transform.Answer{Analysis: &a}}, err
		}
		fallthrough
	default:
		h, err := p.picture(src)
		if err != nil {
			return reply{}, err
		}
		req.Formats, sources = []string{h.Format}, []Source{src}
	}
	j, err := newJob(req, sources, 0)
	if err != nil {
		return reply{}, err
	}
	defer j.closeFiles()
	j.timeout = p.cfg.RenderTimeout
	return p.do(ctx, j)
}

// measure is the worker's part.
func measure(st *stock, q transform.Question) (transform.Answer, error) {
	var none transform.Answer
	ask, err := transform.ParseQuestion(q)
	if err != nil {
		return none, err
	}
	if ask.On != nil {
		if err := ask.On.Check(); err != nil {
			return none, err
		}
	}
	var scope vips.Scope
	defer scope.Close()
	s := subject{scope: &scope, stock: st, on: ask.On}
	switch ask.What {
	case transform.WhatFocus:
		return s.focus()
	case transform.WhatFaces:
		return s.faces()
	case transform.WhatIllustration:
		return s.illustration()
	case transform.WhatPage:
		return s.page(ask.Page)
	case transform.WhatTrim:
		return s.trim(ask.Tolerance, ask.Color)
	case transform.WhatPalette:
		return s.palette(ask.Colors)
	case transform.WhatText:
		return s.text(ask.Text)
	}
	if find, ok := findings[ask.What]; ok {
		a, err := find(s)
		if err != nil {
			return none, err
		}
		return transform.Answer{Analysis: &a}, nil
	}
	return none, media.Errorf(media.Unsupported, "This server cannot measure %q on a picture", ask.What)
}

// subject is what a question is asked of.
type subject struct {
	scope *vips.Scope
	stock *stock
	on    *transform.Picture
}

// whole is the first page of the picture in full size.
func (s subject) whole() (*picture, error) {
	if s.on != nil {
		p, err := s.stock.make(s.scope, *s.on)
		if err != nil || p.pages == 1 {
			return p, err
		}
		p.im, err = s.scope.Make("extract_area", vips.Args{"input": p.im, "left": 0, "top": 0, "width": p.width(), "height": p.height()})
		p.pages = 1
		return p, err
	}
	src, err := s.stock.own()
	if err != nil {
		return nil, err
	}
	head, err := src.open(s.scope, 1)
	if err != nil {
		return nil, src.damaged(err)
	}
	info := describe(head, src.format)
	p, _, err := s.stock.load(s.scope, 0, transform.Plan{Input: transform.PlanInput{Width: info.Width, Height: info.Height, Pages: 1}})
	return p, err
}

// reduced is whole in colour and in memory, its longer side at most side.
func (s subject) reduced(side int) (*picture, error) {
	p, err := s.small(side)
	if err != nil {
		return nil, err
	}
	if err := p.toColour(); err != nil {
		return nil, fmt.Errorf("to colour: %w", err)
	}
	return p, p.toMemory()
}

func (s subject) small(side int) (*picture, error) {
	if s.on != nil {
		p, err := s.whole()
		if err != nil {
			return nil, err
		}
		longer := max(p.width(), p.height())
		if longer <= side {
			return p, nil
		}
		f := func(v int) int { return max(1, (v*side+longer/2)/longer) }
		return p, p.resize(transform.OpResize{Width: f(p.width()), Height: f(p.height())})
	}
	src, err := s.stock.own()
	if err != nil {
		return nil, err
	}
	im, err := s.scope.Make("thumbnail_buffer", vips.Args{
		"buffer": src.data, "width": side, "height": side, "size": "down", "fail_on": "none",
	})
	if err != nil {
		return nil, src.damaged(err)
	}
	p := &picture{scope: s.scope, src: src, stock: s.stock, im: im, pages: 1}
	return p, p.toBytes()
}

// focusSide is the longer side of the copy on which the focus is looked for.
const focusSide = 512

// focus finds the middle of the part, a third of each side, that catches the
// eye most. So it keeps a sixth away from the edges, where it could not be
// the middle of a larger part anyway.
func (s subject) focus() (transform.Answer, error) {
	p, err := s.reduced(focusSide)
	if err != nil {
		return transform.Answer{}, err
	}
	w, h := p.width(), p.height()
	cw, ch := max(1, w/3), max(1, h/3)
	// The picture is looked at when the operation is called, not later.
	cut, err := s.scope.Make("smartcrop", vips.Args{"input": p.im, "width": cw, "height": ch, "interesting": "attention"})
	if err != nil {
		return transform.Answer{}, fmt.Errorf("smartcrop: %w", err)
	}
	return transform.Answer{
		X: (float64(-cut.XOffset()) + float64(cw)/2) / float64(w),
		Y: (float64(-cut.YOffset()) + float64(ch)/2) / float64(h),
	}, nil
}

func (s subject) faces() (transform.Answer, error) {
	p, err := s.reduced(facesSide)
	if err != nil {
		return transform.Answer{}, err
	}
	if err := p.flatten(transform.White); err != nil {
		return transform.Answer{}, err
	}
	grey, err := s.scope.Apply(p.im, "colourspace", vips.Args{"space": "b-w"})
	if err != nil {
		return transform.Answer{}, err
	}
	px, err := grey.Pixels()
	if err != nil {
		return transform.Answer{}, p.src.damaged(err)
	}
	boxes, err := faces(px, grey.Width(), grey.Height())
	return transform.Answer{Boxes: boxes}, err
}

// page answers the size of a page, upright.
func (s subject) page(n int) (transform.Answer, error) {
	src, err := s.stock.own()
	if err != nil {
		return transform.Answer{}, err
	}
	if n < 1 {
		return transform.Answer{}, media.Errorf(media.Invalid, "Pages count from 1")
	}
	args := vips.Args{"buffer": src.data, "access": "sequential", "fail_on": "none"}
	if n > 1 {
		head, err := src.open(s.scope, 1)
		if err != nil {
			return transform.Answer{}, src.damaged(err)
		}
		if pages := head.Int("n-pages", 1); n > pages || !src.pages {
			return transform.Answer{}, media.Errorf(media.Invalid, "Page %d does not exist", n)
		}
		args["page"] = n - 1
	}
	im, err := s.scope.Make(src.op, args)
	if err != nil {
		return transform.Answer{}, src.damaged(err)
	}
	info := describe(im, src.format)
	return transform.Answer{Width: info.Width, Height: info.Height}, nil
}

// text answers how large a text is. Its font, if any, is the only source.
func (s subject) text(t *transform.PlanText) (transform.Answer, error) {
	if t == nil {
		return transform.Answer{}, errors.New("no text")
	}
	st := s.stock
	if t.Font > 0 {
		own := *t
		own.Font, t = 1, &own
		st = &stock{sources: append([]*source{nil}, st.sources...), fonts: st.fonts}
	}
	return st.extent(t)
}
