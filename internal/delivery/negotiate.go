package delivery

import (
	"tintype/internal/media"
	"tintype/internal/transform"
)

// negotiate decides an automatic output format for a client that accepts the
// given modern formats: AVIF before WebP before what every client can show.
// A playing picture stays one: as WebP, or else as GIF.
func negotiate(t transform.Transformation, info media.Info, accepts Formats) transform.Output {
	out := t.Output
	if out.Frames == transform.FramesDefault && info.Animated && info.Pages > 1 {
		out.Frames = transform.FramesAll
	}
	switch {
	case info.Format == "svg" && len(t.Steps) == 0:
		out.Format = "svg"
	case info.Animated && info.Pages > 1 && out.Frames == transform.FramesAll:
		out.Format = "gif"
		if accepts&WebP != 0 {
			out.Format = "webp"
		}
	case accepts&AVIF != 0:
		out.Format = "avif"
	case accepts&JXL != 0:
		out.Format = "jxl"
	case accepts&WebP != 0:
		out.Format = "webp"
	case info.Alpha || info.Format == "svg" || info.Format == "gif" || addsAlpha(t.Steps):
		out.Format = "png" // drawings, and whatever may be transparent
	default:
		out.Format = "jpeg"
	}
	return out
}

// addsAlpha reports whether steps make an opaque picture transparent.
func addsAlpha(steps []transform.Step) bool {
	alpha := false
	for _, step := range steps {
		switch s := step.(type) {
		case transform.Round, transform.Opacity:
			alpha = true
		case transform.Border:
			alpha = alpha || s.Ellipse || s.Color.A < 255 || s.Radii != [4]transform.Length{}
		case transform.Resize:
			alpha = alpha || seeThrough(s.Background)
		case transform.Extend:
			alpha = alpha || seeThrough(s.Background)
		case transform.Rotate:
			alpha = alpha || seeThrough(s.Background)
		case transform.Flatten:
			alpha = s.Color.A < 255 && alpha
		}
	}
	return alpha
}

func seeThrough(c *transform.Color) bool { return c != nil && c.A < 255 }
