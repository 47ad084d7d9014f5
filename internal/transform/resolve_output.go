package transform

import (
	"fmt"

	"tintype/internal/media"
)

// writable are the formats that a source keeps when none is asked for.
var writable = map[string]bool{
	"jpeg": true, "png": true, "webp": true, "avif": true,
	"gif": true, "tiff": true, "jxl": true, "jp2": true,
}

func resolveOutput(o Output, info media.Info) (PlanOutput, error) {
	p := PlanOutput{Format: o.Format, Background: White}
	switch {
	case p.Format == Auto:
		return p, fmt.Errorf("resolve: the output's format is still %q", Auto)
	case p.Format == "svg", p.Format == "pdf":
		return p, media.Errorf(media.Unsupported, "Pictures cannot be written as %s", p.Format)
	case p.Format != "":
	case writable[info.Format]:
		p.Format = info.Format
	case info.Alpha:
		p.Format = "png"
	default:
		p.Format = "jpeg"
	}
	return p, o.able(&p)
}

// levels are the qualities of JPEG to begin with.
var levels = map[Level]int{LevelBest: 88, LevelGood: 78, LevelEco: 64, LevelLow: 50}

const (
	// defaultQuality is where none is asked for.
	defaultQuality = 80
	// fullChroma is the quality from which on colour keeps its resolution.
	fullChroma = 90
)

// ability is what can be chosen of a format.
type ability uint8

const (
	canLose     ability = 1 << iota // Quality and Level
	canChroma                       // Chroma
	canLossless                     // Lossless beside the lossy form
	canLossy                        // Lossy, and then Quality
	canInterlace
)

var abilities = map[string]ability{
	"jpeg": canLose | canChroma | canInterlace,
	"avif": canLose | canChroma | canLossless,
	"heic": canLose | canChroma,
	"webp": canLose | canLossless,
	"jxl":  canLose | canLossless,
	"jp2":  canLose | canLossless,
	"gif":  canLossy | canInterlace,
	"png":  canLossy | canInterlace,
}

// within is what of o counts for a format.
func (o Output) within(format string) Output {
	can := abilities[format]
	if o.opaqueJPEG(format) {
		can |= abilities["jpeg"]
	}
	o.Progressive = o.Progressive && can&canInterlace != 0
	o.Lossless = o.Lossless && can&canLossless != 0
	o.Lossy = o.Lossy && can&canLossy != 0
	if format == "webp" && o.Level == "" && o.Quality == 100 {
		o.Lossless = true
	}
	if format != "png" {
		o.Depth = ""
	}
	if o.Depth == DepthRGB || o.Depth == DepthRGBA {
		o.Lossy = false // that is a palette
	}
	if o.Lossy && o.Level != "" && can&canLose == 0 {
		o.Quality = levels[o.Level]
	}
	if can&canLose == 0 || o.Lossless {
		o.Level = ""
	}
	if o.Level != "" || o.Lossless || can&canLose == 0 && !o.Lossy {
		o.Quality = 0
	}
	if o.Lossless || can&canChroma == 0 {
		o.Chroma = ""
	}
	if f, _ := media.FormatByName(format); !f.Animated {
		o.Delay, o.Loop, o.Frames = 0, 0, FramesDefault
	}
	return o
}

// opaqueJPEG reports that a result without alpha becomes a JPEG.
func (o Output) opaqueJPEG(format string) bool {
	return format == "png" && o.Lossy && o.Depth == ""
}

// usualChroma is what "" stands for at a quality.
func usualChroma(quality int) Chroma {
	if quality < fullChroma {
		return Chroma420
	}
	return Chroma444
}

// able takes over what the format can do.
func (o Output) able(p *PlanOutput) error {
	if o.opaqueJPEG(p.Format) {
		o.Depth = DepthPalette // since it has alpha, or it would be a JPEG now
	}
	o = o.within(p.Format)
	p.Quality, p.Progressive, p.Level, p.Chroma, p.Lossless, p.Lossy = o.Quality, o.Progressive, o.Level, o.Chroma, o.Lossless, o.Lossy
	p.Depth, p.Space, p.Metadata, p.Density, p.Delay, p.Loop = o.Depth, o.Space, o.Metadata, o.Density, o.Delay, o.Loop
	if p.Quality == 0 {
		p.Quality = defaultQuality
	}
	if p.Level != "" {
		p.Quality = levels[p.Level]
	} else if p.Chroma == usualChroma(p.Quality) {
		p.Chroma = ""
	}
	if p.Space == SpaceCMYK && p.Format != "jpeg" && p.Format != "tiff" {
		return media.Errorf(media.Unsupported, "Pictures of format %s have no CMYK", p.Format)
	}
	return nil
}

// pages is how many pages of the source the output takes.
func (o Output) pages(info media.Info, to media.Format) int {
	if !info.Animated || !to.Animated || o.Frames == FramesFirst || info.Pages < 1 {
		return 1
	}
	if o.Frames == FramesAll || o.Format == "" || o.Format == info.Format || o.Format == "gif" {
		return info.Pages
	}
	return 1
}

// webpSide is the longest side of a picture as WebP: the format has 14 bits
// for it.
const webpSide = 1<<14 - 1

func writableSize(format string, s size) error {
	if side := max(s.w, s.h); format == "webp" && side > webpSide {
		return &media.Error{Code: media.TooLarge, Op: "resolve",
			Message: fmt.Sprintf("A side of WebP pictures is limited to %d pixels, requested %d", webpSide, side),
			Err:     &media.LimitError{What: "side", Max: webpSide, Got: int64(side)}}
	}
	return nil
}
