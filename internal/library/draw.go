package library

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"

	"tintype/internal/engine"
	"tintype/internal/media"
	"tintype/internal/rendition"
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
	w, err := l.newStager(ctx)
	if err != nil {
		return nil, err
	}
	blank := rendition.Loose{Source: bytes.NewReader(blankPNG), Asset: media.Asset{Account: d.Account, Version: media.Version{Info: blankInfo}}}
	if _, err := l.cfg.Renditions.Apply(ctx, blank, t, w); err != nil {
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

// blankInfo describes blankPNG.
var blankInfo = media.Info{Format: "png", Width: 1, Height: 1, Pages: 1, Alpha: true, Space: "srgb", Bytes: int64(len(blankPNG))}
