package engine

import (
	"context"
	"fmt"
	"slices"

	"tintype/internal/engine/ffmpeg"
	"tintype/internal/engine/vips"
	"tintype/internal/media"
	"tintype/internal/transform"
)

const (
	motionSide   = 96 // of the frames that are compared
	motionFrames = 48 // at most
	motionLeast  = 24 // by how much a pixel's brightness changes when it moves
)

func (s subject) cinemagraph() (media.Analysis, error) {
	none := media.Analysis{Cinemagraph: &media.Cinemagraph{}}
	src, err := s.stock.own()
	if err != nil {
		return none, err
	}
	head, err := src.open(s.scope, 1)
	if err != nil {
		return none, src.damaged(err)
	}
	frames := head.Int("n-pages", 1)
	if src.format != "gif" && src.format != "webp" || frames < 2 {
		return none, nil
	}
	frames = min(frames, motionFrames, max(2, proofPixels/(head.Width()*head.Height())))
	im, err := s.scope.Make("thumbnail_buffer", vips.Args{
		"buffer": src.data, "width": motionSide, "height": motionSide, "size": "down", "fail_on": "none",
		"option_string": fmt.Sprintf("n=%d", frames),
	})
	if err != nil {
		return none, src.damaged(err)
	}
	p := &picture{scope: s.scope, src: src, stock: s.stock, im: im, pages: frames}
	if err := p.toBytes(); err != nil {
		return none, err
	}
	if err := p.flatten(transform.White); err != nil {
		return none, err
	}
	if err := p.apply("colourspace", vips.Args{"space": "b-w"}); err != nil {
		return none, err
	}
	px, err := p.im.Pixels()
	if err != nil {
		return none, src.damaged(err)
	}
	none.Cinemagraph.Score = stillness(px, len(px)/frames)
	return none, nil
}

// stillness judges grey frames of n pixels each: how small the part is that
// moves. Where nothing moves there is a still.
func stillness(px []byte, n int) float64 {
	frames := len(px) / max(n, 1)
	if n == 0 || frames < 2 {
		return 0
	}
	moving := 0
	for i := range n {
		least, most := px[i], px[i]
		for f := 1; f < frames; f++ {
			least, most = min(least, px[f*n+i]), max(most, px[f*n+i])
		}
		if most-least >= motionLeast {
			moving++
		}
	}
	if moving == 0 {
		return 0
	}
	return rounded(max(0, 1-2*float64(moving)/float64(n)), 2)
}

// measureVideo answers a question about a film or sound: by ffmpeg's
// programs, which take a worker's place for so long.
func (p *Pool) measureVideo(ctx context.Context, src Source, format string, what transform.What) (media.Analysis, error) {
	var a media.Analysis
	s, err := p.acquire(Patient(ctx, probePatience))
	if err != nil {
		return a, err
	}
	defer p.release(s)
	f, err := openForWorker(src)
	if err != nil {
		return a, err
	}
	defer f.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(p.base, cancel)()
	cfg := ffmpeg.Config{Command: append(slices.Clone(p.cfg.Command), "exec"), Timeout: p.cfg.RenderTimeout, Memory: int64(p.cfg.Memory)}
	if what == transform.WhatMetadata {
		said, err := ffmpeg.Tags(ctx, f, format, cfg)
		a.Metadata = &media.Metadata{Container: tidy(said)}
		return a, err
	}
	a.Cinemagraph = &media.Cinemagraph{}
	px, err := ffmpeg.Frames(ctx, f, format, motionSide, motionFrames, cfg)
	a.Cinemagraph.Score = stillness(px, motionSide*motionSide)
	return a, err
}
