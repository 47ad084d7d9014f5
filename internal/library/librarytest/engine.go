package librarytest

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"time"

	"tintype/internal/engine"
	"tintype/internal/media"
	"tintype/internal/transform"
)

// Picture is a file that Engine takes for a picture. note makes it differ
// from others of its format and size.
func Picture(format string, width, height int, note string) string {
	return fmt.Sprintf("image %s %d %d 1 %s\n", format, width, height, note)
}

// Film is a file that Engine takes for a video of two seconds with sound.
func Film(note string) string { return "video mp4 640 360 1 " + note + "\n" }

// Engine is an engine.Engine that knows files of Picture and Film.
type Engine struct {
	// OnProbe and OnRender, when set before use, run first and may fail.
	OnProbe  func(content string) error
	OnRender func(o engine.Output) error
	// Patience is how long the last call of Probe or Render was ready to wait for a worker.
	Patience atomic.Int64
	// Renders and Measures count the calls.
	Renders, Measures atomic.Int64
}

// Probe reads what a file says of itself.
func (e *Engine) Probe(ctx context.Context, src engine.Source, want media.Kind) (media.Kind, media.Info, error) {
	e.Patience.Store(int64(engine.Patience(ctx)))
	content, err := io.ReadAll(io.NewSectionReader(src, 0, src.Size()))
	if err != nil {
		return "", media.Info{}, err
	}
	if e.OnProbe != nil {
		if err := e.OnProbe(string(content)); err != nil {
			return "", media.Info{}, err
		}
	}
	var kind media.Kind
	info := media.Info{Bytes: src.Size()}
	n, _ := fmt.Sscanf(string(content), "%s %s %d %d %d", &kind, &info.Format, &info.Width, &info.Height, &info.Pages)
	known := n == 5 && strings.HasSuffix(string(content), "\n") && (kind == media.KindImage || kind == media.KindVideo)
	if kind == media.KindVideo {
		info.Duration, info.FrameRate, info.BitRate, info.VideoCodec = 2*time.Second, 25, 8000, "h264"
		info.AudioCodec, info.Channels, info.SampleRate, info.PixelFmt = "aac", 2, 44100, "yuv420p"
		info.Profile, info.Level, info.TimeBase, info.VideoBitRate, info.AudioBitRate = "High", 31, "1/30000", 7000, 900
	}
	switch {
	case known && (want == "" || want == kind):
		return kind, info, nil
	case want == "":
		return media.KindRaw, media.Info{Bytes: src.Size()}, nil
	default:
		return "", media.Info{}, media.Errorf(media.Invalid, "The file is no %s", want)
	}
}

// Findings is what Engine finds out about every file.
var Findings = media.Analysis{
	Colors: []media.ColorShare{{Hex: "#DC141E", Share: 0.755}, {Hex: "#1E3CC8", Share: 0.245}},
	Hash:   "00ff00ff00ff00ff", Quality: &media.Quality{Focus: 1, Contrast: 0.5, Exposure: 0.75, Saturation: 0.25, Score: 0.81},
	ColorVision: &media.ColorVision{Edges: 0.9, Colors: 0.5, Pair: [2]string{"#AABBCC", "#DDEEFF"}, Score: 0.45},
	Cinemagraph: &media.Cinemagraph{},
	Metadata:    &media.Metadata{Exif: map[string]string{"Make": "Kodak"}, IPTC: map[string]string{"City": "Bath"}, Container: map[string]string{"title": "A film"}, DPI: 300},
	Look:        &media.Look{SemiTransparent: true, Illustration: 1},
}

// Measure finds the middle, a face around it, and Findings; every text
// is 60 x 12 pixels large.
func (e *Engine) Measure(_ context.Context, _ engine.Source, q transform.Question) (transform.Answer, error) {
	e.Measures.Add(1)
	ask, err := transform.ParseQuestion(q)
	if err != nil {
		return transform.Answer{}, err
	}
	all := Findings
	one := map[transform.What]media.Analysis{
		transform.WhatColors: {Colors: all.Colors}, transform.WhatHash: {Hash: all.Hash}, transform.WhatQuality: {Quality: all.Quality},
		transform.WhatColorVision: {ColorVision: all.ColorVision}, transform.WhatCinemagraph: {Cinemagraph: all.Cinemagraph},
		transform.WhatMetadata: {Metadata: all.Metadata}, transform.WhatLook: {Look: all.Look},
	}
	ans := transform.Answer{X: .5, Y: .5, Boxes: []transform.Box4{{X: .25, Y: .2, Width: .5, Height: .6}}, Width: 60, Height: 12}
	if part, ok := one[ask.What]; ok {
		ans.Analysis = &part
	}
	return ans, nil
}

// Render writes a Picture of the plan's format and size.
func (e *Engine) Render(ctx context.Context, src []engine.Source, outs []engine.Output) error {
	e.Patience.Store(int64(engine.Patience(ctx)))
	e.Renders.Add(1)
	for _, o := range outs {
		if e.OnRender != nil {
			if err := e.OnRender(o); err != nil {
				return err
			}
		}
		p := o.Plan
		n, err := io.WriteString(o.W, Picture(p.Output.Format, p.Width, p.Height, fmt.Sprintf("of %d bytes", src[0].Size())))
		if err != nil {
			return err
		}
		if o.Info != nil {
			*o.Info = media.Info{Format: p.Output.Format, Bytes: int64(n), Width: p.Width, Height: p.Height, Pages: 1}
		}
	}
	return nil
}

// Compose writes a Picture of the composition's format and size, which notes
// what it is made of.
func (e *Engine) Compose(ctx context.Context, pictures []engine.Source, c engine.Composition, w io.Writer) (media.Info, error) {
	note := fmt.Sprintf("of %d, %v each", len(pictures), c.Delay)
	for i, p := range pictures {
		content, err := io.ReadAll(io.NewSectionReader(p, 0, p.Size()))
		if err != nil {
			return media.Info{}, err
		}
		note += fmt.Sprintf("; at %d,%d %s", c.Places[i].X, c.Places[i].Y, strings.TrimSpace(string(content)))
	}
	info := media.Info{Format: c.Output.Format, Width: c.Width, Height: c.Height, Pages: 1}
	if c.Play {
		info.Pages = len(pictures)
	}
	n, err := io.WriteString(w, Picture(info.Format, info.Width, info.Height, note))
	info.Bytes = int64(n)
	return info, err
}
