package rendition

import (
	"context"
	"fmt"
	"io"

	"tintype/internal/engine"
	"tintype/internal/media"
	"tintype/internal/transform"
)

// Loose is a picture that belongs to no asset yet.
type Loose struct {
	Source engine.Source
	// Asset is what it is to become, as far as that is known: its account and
	// its version's Info at least. It has no version of a name.
	Asset media.Asset
}

// looseFacts measures the picture itself; nothing is remembered of it.
type looseFacts struct {
	facts
	source engine.Source
}

// Measure asks the engine. Fonts are assets, which facts knows how to ask.
func (f looseFacts) Measure(ctx context.Context, q transform.Question) (ans transform.Answer, err error) {
	ask, err := transform.ParseQuestion(q)
	if err != nil {
		return ans, err
	}
	src := f.source
	if ask.What == transform.WhatText {
		if ask.Font != nil {
			return f.facts.Measure(ctx, q)
		}
		src = nil
	}
	store := f.asked.store
	err = store.run(ctx, func(ctx context.Context) (err error) {
		ans, err = store.cfg.Engine.Measure(ctx, src, q)
		return err
	})
	return ans, err
}

// Apply carries t out on a picture that belongs to no asset, writes the file
// to w, and answers what that is. The caller may use every asset of the
// account as a layer. Nothing is kept. Errors are those of Get; after one, w
// may have got a part.
func (s *Store) Apply(ctx context.Context, p Loose, t transform.Transformation, w io.Writer) (media.Info, error) {
	var info media.Info
	r := &asked{store: s, account: p.Asset.Account, signed: true}
	plan, err := transform.Resolve(ctx, t, looseFacts{facts{asked: r, asset: &p.Asset}, p.Source}, s.cfg.Limits)
	if err != nil {
		return info, err
	}
	further, err := r.sources(ctx, plan)
	if err != nil {
		return info, err
	}
	sources := []engine.Source{p.Source}
	for _, a := range further {
		src, closer, err := s.Source(ctx, a)
		if err != nil {
			return info, err
		}
		defer closer.Close()
		sources = append(sources, src)
	}
	out := &counted{w: w}
	err = s.run(ctx, func(ctx context.Context) error {
		return s.cfg.Engine.Render(ctx, sources, []engine.Output{{Plan: plan, W: out, Info: &info}})
	})
	if err != nil {
		return info, fmt.Errorf("apply %s: %w", t, err)
	}
	info.Bytes = out.n
	return info, nil
}

// counted counts what it passes on.
type counted struct {
	w io.Writer
	n int64
}

func (c *counted) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}
