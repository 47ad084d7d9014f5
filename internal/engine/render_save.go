package engine

import (
	"fmt"
	"strings"

	"tintype/internal/engine/vips"
	"tintype/internal/media"
	"tintype/internal/transform"
)

// encode computes the picture and makes a file of it, without metadata. The
// bytes belong to the picture's scope.
func (p *picture) encode(out transform.PlanOutput) ([]byte, error) {
	s, err := saverFor(out.Format)
	if err != nil {
		return nil, err
	}
	f, _ := media.FormatByName(out.Format)
	if !f.Alpha && p.im.HasAlpha() {
		if err := p.ontoBackground(out.Background); err != nil {
			return nil, fmt.Errorf("flatten: %w", err)
		}
	}
	if p.pages > 1 && !f.Animated {
		return nil, fmt.Errorf("plan keeps %d frames, but %s has one", p.pages, out.Format)
	}
	if err := p.retag(); err != nil {
		return nil, fmt.Errorf("metadata: %w", err)
	}
	args := saveArgs(s.op, out)
	args["in"] = p.im
	res, err := p.scope.Call(s.op, args)
	if err != nil {
		if text := err.Error(); strings.Contains(text, "nsupported compression") || strings.Contains(text, "nsupported codec") {
			return nil, &media.Error{Code: media.Unsupported, Op: "encode", Message: displayName(out.Format) + " files cannot be made by this server", Err: err}
		}
		return nil, &saveError{err}
	}
	b := res.Blob("buffer").Bytes()
	if out.Format == "webp" {
		b = stripWebP(b)
	}
	return b, nil
}

// ontoBackground removes alpha for a format that has none.
func (p *picture) ontoBackground(c transform.Color) error {
	c.A = 255
	if !isGrey(c) {
		if err := p.toColour(); err != nil {
			return err
		}
	}
	return p.flatten(c)
}

// retag drops all metadata, since not every saver keeps to being told so, and
// says where pages begin and how they play.
func (p *picture) retag() error {
	if err := p.apply("copy", nil); err != nil {
		return err
	}
	for _, name := range p.im.Fields() {
		p.im.Remove(name)
	}
	if p.pages == 1 {
		return nil
	}
	items := map[string]any{"page-height": p.height(), "n-pages": p.pages, "loop": p.loop}
	if len(p.delay) > 0 {
		items["delay"] = p.delay
	}
	for name, v := range items {
		if err := p.im.Set(name, v); err != nil {
			return err
		}
	}
	return nil
}

// saveArgs translates the plan's output into options of a saver.
func saveArgs(op string, out transform.PlanOutput) vips.Args {
	args := vips.Args{}
	if vips.HasArgument(op, "keep") {
		args["keep"] = "none"
	} else {
		args["strip"] = true
	}
	full := out.Quality >= 90 // from here on colour keeps its full resolution
	switch out.Format {
	case "jpeg":
		args["Q"], args["optimize_coding"], args["interlace"] = out.Quality, true, out.Progressive
		args["subsample_mode"] = onOff(!full)
	case "png":
		args["compression"], args["interlace"] = 6, out.Progressive
	case "webp":
		args["Q"], args["effort"] = out.Quality, 4
		args["lossless"] = out.Quality == 100
	case "avif":
		args["Q"], args["effort"], args["compression"] = avifQuality(out.Quality), 0, "av1"
		args["subsample_mode"] = onOff(!full)
		if vips.HasArgument(op, "bitdepth") {
			args["bitdepth"] = 8
		}
	case "tiff":
		args["compression"], args["predictor"] = "lzw", "horizontal"
	case "jxl":
		args["Q"] = out.Quality
	}
	return args
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// avifQuality maps the common scale to the encoder's, which looks as good as
// JPEG's 80 at 60.
func avifQuality(q int) int {
	if q <= 80 {
		return max(1, q*3/4)
	}
	return 60 + (q-80)*3/2
}

// info describes the file that encode wrote.
func (p *picture) info(out transform.PlanOutput, bytes int) media.Info {
	return media.Info{
		Format: out.Format,
		Bytes:  int64(bytes),
		Width:  p.width(), Height: p.height(),
		Pages: p.pages, Animated: p.pages > 1,
		Alpha: p.im.HasAlpha(),
		Space: p.im.Interpretation(),
	}
}
