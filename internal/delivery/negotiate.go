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

// addsAlpha reports whether steps may make an opaque picture transparent.
func addsAlpha(steps []transform.Step) bool {
	alpha := false
	for _, step := range steps {
		if s, ok := step.(transform.Flatten); ok && s.Color.A == 255 {
			alpha = false
			continue
		}
		alpha = alpha || stepAddsAlpha(step)
	}
	return alpha
}

func stepAddsAlpha(step transform.Step) bool {
	switch s := step.(type) {
	case transform.Round, transform.Corners, transform.Opacity, transform.Shadow, transform.Outline, transform.Fade,
		transform.Perspective, transform.Arc, transform.Shear, transform.MakeTransparent:
		return true
	case transform.Border:
		return s.Ellipse || s.Color.A < 255 || s.Radii != [4]transform.Length{}
	case transform.Resize:
		return seeThrough(s.Background)
	case transform.Extract:
		return seeThrough(s.Background)
	case transform.Extend:
		return seeThrough(s.Background)
	case transform.Rotate:
		return seeThrough(s.Background)
	case transform.Composite:
		return s.Blend == transform.Mask || s.Blend == transform.CutIn || s.Blend == transform.CutOut
	case transform.Bind:
		return stepAddsAlpha(s.Step)
	case transform.Mix:
		return addsAlpha(s.Steps)
	case transform.If:
		return addsAlpha(s.Then) || addsAlpha(s.Else)
	}
	return false
}

func seeThrough(c *transform.Color) bool { return c != nil && c.A < 255 }
