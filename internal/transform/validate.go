package transform

import (
	"math"

	"tintype/internal/media"
)

// Validate reports what cannot be meant: a size that is not positive, a
// number that is not finite or out of its range, an unknown word. Whether a
// picture allows the chain is Resolve's to say. The error is a *media.Error
// of code Invalid whose sentence names the culprit.
func (t Transformation) Validate() error {
	if !finite(t.DPR) || t.DPR < 0 {
		return media.Errorf(media.Invalid, "Invalid device pixel ratio: %s", number(t.DPR))
	}
	for i, s := range t.Steps {
		v := validator{step: stepName(s)}
		v.check(s)
		if v.err != nil {
			v.err.Op = "step " + number(float64(i+1))
			return v.err
		}
	}
	return t.Output.validate()
}

func (o Output) validate() error {
	if o.Quality < 0 || o.Quality > 100 {
		return media.Errorf(media.Invalid, "Invalid quality: %d", o.Quality)
	}
	if o.Frames > FramesFirst {
		return media.Errorf(media.Invalid, "Invalid choice of frames: %d", o.Frames)
	}
	if o.Format == "" || o.Format == Auto {
		return nil
	}
	if f, ok := media.FormatByName(o.Format); !ok || f.Kind != media.KindImage {
		return media.Errorf(media.Invalid, "Invalid format of a picture: %s", word(o.Format))
	}
	return nil
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// validator keeps the first thing that is wrong with one step.
type validator struct {
	step string
	err  *media.Error
}

func (v *validator) fail(what, got string) {
	if v.err == nil {
		v.err = media.Errorf(media.Invalid, "Invalid %s of %s: %s", what, v.step, got)
	}
}

func (v *validator) between(what string, x, lo, hi float64) {
	if !(x >= lo && x <= hi) {
		v.fail(what, number(x))
	}
}

func (v *validator) length(what string, l Length, lo float64, open bool) {
	switch {
	case l.Unit == Absent:
	case l.Unit > Fraction:
		v.fail("unit of "+what, number(float64(l.Unit)))
	case !finite(l.Value), l.Value < lo, open && l.Value == lo:
		v.fail(what, lengthText(l))
	}
}

func (v *validator) box(b Box) {
	v.length("width", b.Width, 0, true)
	v.length("height", b.Height, 0, true)
	v.between("ratio", b.Ratio, 0, math.MaxFloat64)
}

func (v *validator) gravity(g Gravity) {
	if _, ok := compass[g.Anchor]; !ok && g.Anchor != AtPoint && g.Anchor != Attention {
		v.fail("gravity", word(string(g.Anchor)))
	}
	v.length("x", g.X, -math.MaxFloat64, false)
	v.length("y", g.Y, -math.MaxFloat64, false)
}

func (v *validator) radii(r [4]Length) {
	for _, l := range r {
		v.length("radius", l, 0, false)
	}
}

func (v *validator) check(s Step) {
	switch s := s.(type) {
	case Resize:
		switch s.Fit {
		case "", Fill, Inside, Outside, Cover, Contain:
		default:
			v.fail("fit", word(string(s.Fit)))
		}
		if s.Limit > EnlargeOnly {
			v.fail("limit", number(float64(s.Limit)))
		}
		v.box(s.Box)
		v.gravity(s.Gravity)
	case Extract:
		v.box(s.Box)
		v.gravity(s.Gravity)
	case Extend:
		v.box(s.Box)
		v.gravity(s.Gravity)
	case Rotate:
		v.between("angle", s.Degrees, -math.MaxFloat64, math.MaxFloat64)
	case Round:
		v.radii(s.Radii)
	case Border:
		v.length("width", s.Width, 0, false)
		v.radii(s.Radii)
	case Opacity:
		v.between("factor", s.Factor, 0, 1)
	case Sepia:
		v.between("amount", s.Amount, 0, 1)
	case Brightness:
		v.between("amount", s.Amount, -1, 1)
	case Contrast:
		v.between("amount", s.Amount, -1, 1)
	case Saturation:
		v.between("amount", s.Amount, -1, 1)
	case Blur:
		v.between("sigma", s.Sigma, 0, math.MaxFloat64)
	case Sharpen:
		v.between("sigma", s.Sigma, 0, math.MaxFloat64)
		v.between("amount", s.Amount, 0, math.MaxFloat64)
	case Flip, Flatten, Grayscale:
	default:
		v.fail("type", v.step)
	}
}
