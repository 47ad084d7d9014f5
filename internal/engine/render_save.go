package engine

import (
	"fmt"
	"maps"
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
	if err := p.fit(out); err != nil {
		return nil, err
	}
	if out.Level != "" {
		return p.encodeLevel(s, out)
	}
	return p.write(s, out)
}

// fit brings the picture to a form that the format can hold, and tags it.
func (p *picture) fit(out transform.PlanOutput) error {
	f, _ := media.FormatByName(out.Format)
	if p.pages > 1 && !f.Animated {
		return fmt.Errorf("plan keeps %d frames, but %s has one", p.pages, out.Format)
	}
	if (!f.Alpha || out.Depth == transform.DepthRGB) && p.im.HasAlpha() {
		if err := p.ontoBackground(out.Background); err != nil {
			return fmt.Errorf("flatten: %w", err)
		}
	}
	if out.Depth == transform.DepthRGB || out.Depth == transform.DepthRGBA {
		if err := p.toColour(); err != nil {
			return fmt.Errorf("to colour: %w", err)
		}
	}
	if out.Depth == transform.DepthRGBA {
		if err := p.addAlpha(); err != nil {
			return err
		}
	}
	profile, err := p.tag(out)
	if err != nil {
		return err
	}
	p.profile = profile
	p.play(out)
	if err := p.retag(out.Density); err != nil {
		return fmt.Errorf("metadata: %w", err)
	}
	return nil
}

// play changes how an animation plays. The library's loops count plays, 0
// being for ever.
func (p *picture) play(out transform.PlanOutput) {
	if p.pages == 1 {
		return
	}
	if out.Delay > 0 {
		p.delay = make([]int, p.pages)
		for i := range p.delay {
			p.delay[i] = out.Delay
		}
	}
	switch {
	case out.Loop > 0:
		p.loop = out.Loop
	case out.Loop < 0:
		p.loop = 0
	}
}

// write makes a file of the picture as it is.
func (p *picture) write(s saver, out transform.PlanOutput) ([]byte, error) {
	args := saveArgs(s.op, out)
	if p.profile != nil || p.meta != nil {
		delete(args, "strip")
		if args["keep"] != nil {
			args["keep"] = "all"
		}
	}
	args["in"] = p.im
	res, err := p.scope.Call(s.op, args)
	if err != nil {
		if text := err.Error(); strings.Contains(text, "nsupported compression") || strings.Contains(text, "nsupported codec") {
			return nil, &media.Error{Code: media.Unsupported, Op: "encode", Message: displayName(out.Format) + " files cannot be made by this server", Err: err}
		}
		return nil, &saveError{err}
	}
	b := res.Blob("buffer").Bytes()
	switch {
	case out.Format == "webp":
		var keep []string
		if p.profile != nil {
			keep = append(keep, "ICCP")
		}
		if p.meta != nil {
			keep = append(keep, "EXIF", "XMP ")
		}
		b = stripWebP(b, keep...)
	case out.Format == "jpeg" && (out.Density > 0 || p.profile != nil && p.meta == nil):
		b = finishJPEG(b, p.meta != nil, out.Density)
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
// says what goes along, at which density in dots per inch (0 for none), where
// pages begin and how they play.
func (p *picture) retag(density int) error {
	args := vips.Args{}
	if density > 0 {
		// In pixels per millimetre.
		args["xres"], args["yres"] = float64(density)/25.4, float64(density)/25.4
	}
	if err := p.apply("copy", args); err != nil {
		return err
	}
	for _, name := range p.im.Fields() {
		p.im.Remove(name)
	}
	items := maps.Clone(p.meta)
	if items == nil {
		items = map[string]any{}
	}
	if density > 0 {
		items["resolution-unit"] = "in"
	}
	if p.profile != nil {
		items[profileItem] = p.profile
	}
	if p.pages > 1 {
		items["page-height"], items["n-pages"], items["loop"] = p.height(), p.pages, p.loop
		if len(p.delay) > 0 {
			items["delay"] = p.delay
		}
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
	// From quality 90 on colour keeps its full resolution, unless asked otherwise.
	subsample := onOff(out.Chroma == transform.Chroma420 || out.Chroma == "" && out.Quality < 90)
	switch out.Format {
	case "jpeg":
		args["Q"], args["optimize_coding"], args["interlace"] = out.Quality, true, out.Progressive
		args["subsample_mode"] = subsample
	case "png":
		args["compression"], args["interlace"] = 6, out.Progressive
		if out.Depth == transform.DepthPalette || out.Lossy && out.Depth == "" {
			args["palette"] = true
		}
		if out.Lossy {
			args["Q"] = out.Quality
		}
	case "gif":
		if vips.HasArgument(op, "interlace") {
			args["interlace"] = out.Progressive
		}
		if out.Lossy {
			// The library's scale ends at 32.
			args["interframe_maxerror"] = 32 * float64(100-out.Quality) / 100
		}
	case "webp":
		args["Q"], args["effort"] = out.Quality, 4
		args["lossless"] = out.Lossless || out.Quality == 100 && out.Level == ""
	case "avif":
		args["Q"], args["effort"], args["compression"] = avifQuality(out.Quality), 0, "av1"
		args["subsample_mode"] = subsample
		if out.Lossless {
			args["lossless"], args["subsample_mode"] = true, "off"
		}
		if vips.HasArgument(op, "bitdepth") {
			args["bitdepth"] = 8
		}
	case "tiff":
		args["compression"], args["predictor"] = "lzw", "horizontal"
	case "jxl":
		args["Q"], args["lossless"] = out.Quality, out.Lossless
	case "jp2":
		args["Q"], args["lossless"] = out.Quality, out.Lossless
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
