package library

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"

	"tintype/internal/engine"
	"tintype/internal/media"
	"tintype/internal/transform"
)

// Drawing describes a text to be kept as a picture, whose style other texts
// may use (transform.Text.Style).
type Drawing struct {
	Account media.AccountID
	// Name of the asset; "" makes one up. One that is there is replaced.
	Name string
	Text transform.Text
	// Opacity is 0 to 1.
	Opacity float64
}

// Draw makes an image of access Drawn: a PNG as large as the text, with
// nothing behind it. Errors are those of Upload and of the engine.
func (l *Library) Draw(ctx context.Context, d Drawing) (*media.Asset, error) {
	ctx = engine.Patient(ctx, patience)
	t := transform.DrawText(d.Text, d.Opacity)
	f := &blank{library: l, account: d.Account}
	plan, err := transform.Resolve(ctx, t, f, l.cfg.Limits)
	if err != nil {
		return nil, fmt.Errorf("draw text: %w", err)
	}
	sources := []engine.Source{bytes.NewReader(blankPNG)}
	for _, s := range plan.Sources {
		src, closer, err := f.font(ctx, s.Ref)
		if err != nil {
			return nil, fmt.Errorf("draw text: %w", err)
		}
		defer closer.Close()
		sources = append(sources, src)
	}
	w, err := l.newStager(ctx)
	if err != nil {
		return nil, err
	}
	if err := l.cfg.Engine.Render(ctx, sources, []engine.Output{{Plan: plan, W: w}}); err != nil {
		w.discard()
		return nil, fmt.Errorf("draw text: %w", err)
	}
	up, err := l.Upload(ctx, Upload{
		Account: d.Account, Kind: media.KindImage, Access: media.Drawn, Name: d.Name, Overwrite: true, Staged: w.finish(), drawn: t.String(),
	})
	if err != nil {
		return nil, err
	}
	return up.Asset, nil
}

// blankPNG is one transparent pixel, on which texts are drawn.
var blankPNG = func() []byte {
	b, err := base64.StdEncoding.DecodeString("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNgYGBgAAAABQABh6FO1AAAAABJRU5ErkJggg==")
	if err != nil {
		panic(err)
	}
	return b
}()

// blank answers the facts of blankPNG.
type blank struct {
	transform.Alone
	library *Library
	account media.AccountID
}

// Info implements transform.Facts.
func (f *blank) Info() media.Info {
	return media.Info{Format: "png", Width: 1, Height: 1, Pages: 1, Alpha: true, Space: "srgb", Bytes: int64(len(blankPNG))}
}

// Measure knows how large texts are.
func (f *blank) Measure(ctx context.Context, q transform.Question) (transform.Answer, error) {
	ask, err := transform.ParseQuestion(q)
	if err != nil {
		return transform.Answer{}, err
	}
	if ask.Font == nil {
		return f.library.cfg.Engine.Measure(ctx, nil, q)
	}
	src, closer, err := f.font(ctx, *ask.Font)
	if err != nil {
		return transform.Answer{}, err
	}
	defer closer.Close()
	return f.library.cfg.Engine.Measure(ctx, src, q)
}

// font opens a font file of the account.
func (f *blank) font(ctx context.Context, ref media.Ref) (engine.Source, io.Closer, error) {
	a, err := f.library.Find(ctx, f.account, ref)
	if err != nil {
		return nil, nil, err
	}
	return f.library.cfg.Renditions.Source(ctx, a)
}
