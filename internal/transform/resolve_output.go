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
	p := PlanOutput{Format: o.Format, Quality: o.Quality, Progressive: o.Progressive, Background: White}
	if p.Quality == 0 {
		p.Quality = 80
	}
	if o.Level != "" {
		p.Quality = levels[o.Level]
	}
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

// able takes over what the format can do.
func (o Output) able(p *PlanOutput) error {
	p.Level, p.Space, p.Metadata, p.Density, p.Delay, p.Loop = o.Level, o.Space, o.Metadata, o.Density, o.Delay, o.Loop
	switch p.Format {
	case "jpeg", "avif", "heic", "webp", "tiff", "jxl", "jp2":
	default:
		p.Level = "" // there is nothing to choose
	}
	switch p.Format {
	case "jpeg", "avif", "heic":
		p.Chroma = o.Chroma
	}
	switch p.Format {
	case "webp", "avif", "jxl", "jp2":
		p.Lossless = o.Lossless
	case "gif", "png":
		p.Lossy = o.Lossy
	}
	if p.Lossless {
		p.Level = ""
	}
	if p.Format == "png" {
		p.Depth = o.Depth
	}
	if p.Space == SpaceCMYK && p.Format != "jpeg" && p.Format != "tiff" {
		return media.Errorf(media.Unsupported, "Pictures of format %s have no CMYK", p.Format)
	}
	if f, _ := media.FormatByName(p.Format); !f.Animated {
		p.Delay, p.Loop = 0, 0
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
