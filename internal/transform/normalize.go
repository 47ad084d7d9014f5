package transform

import (
	"cmp"
	"math"
)

const (
	// huge stands for every length that no limit would allow; it keeps
	// arithmetic on lengths far from overflow.
	huge = 1 << 30
	// maxSigma and maxAmount bound the work of blur and sharpen; more makes no visible difference.
	maxSigma  = 200
	maxAmount = 100
)

// Normalize returns the transformation of equal meaning that String writes:
// DPR is multiplied into the lengths in pixels, which become whole numbers;
// what does nothing is gone, and what does not count is zero. A
// transformation that is not valid comes back as it is.
//
// Resolve(t) and Resolve(t.Normalize()) give the same plan.
func (t Transformation) Normalize() Transformation {
	if t.Validate() != nil {
		return t
	}
	return t.normalize()
}

// normalize is Normalize of a valid transformation.
func (t Transformation) normalize() Transformation {
	dpr := t.DPR
	if dpr == 0 {
		dpr = 1
	}
	n := Transformation{Input: t.Input, Steps: normalSteps(t.Steps, dpr)}
	n.Input.Density += 0
	n.Output = t.Output.normal(n.Steps)
	if n.Steps == nil {
		// Even a step that does nothing asks for a file of our making, which
		// the empty transformation does not.
		if n.Empty() && !t.Empty() {
			n.Steps = []Step{Rotate{}}
		}
	}
	return n
}

// normal leaves out of an output what has no effect on the result of the
// normal steps, and what is the default. A named transformation may fill what
// is left open, so beside one everything counts.
func (o Output) normal(steps []Step) Output {
	if uses(steps) {
		return o
	}
	if o.Space == SpaceSRGB {
		o.Space = ""
	}
	if o.Level != "" {
		o.Quality = 0
	}
	all := o
	if o.Format != "" && o.Format != Auto {
		o = o.within(o.Format)
	}
	if o.Format == "gif" && o.Frames == FramesAll {
		o.Frames = FramesDefault
	}
	if o.Level == "" && o.Chroma == usualChroma(cmp.Or(o.Quality, defaultQuality)) {
		o.Chroma = ""
	}
	if o.Quality == defaultQuality && o.Level == "" {
		o.Quality = 0
	}
	if len(steps) == 0 {
		// These ask for another file than the stored one.
		o.Quality, o.Progressive = all.Quality, all.Progressive
	}
	return o
}

// normalSteps is the normal form of a chain, nil when nothing is left.
func normalSteps(steps []Step, dpr float64) []Step {
	if len(steps) == 0 {
		return nil
	}
	n := make([]Step, 0, len(steps))
	for _, s := range steps {
		if s = normalStep(s, dpr); s != nil {
			n = add(n, s)
		}
	}
	if len(n) == 0 {
		return nil
	}
	return n
}

// add appends a normal step, joined with the last where the two are one.
func add(steps []Step, s Step) []Step {
	if len(steps) == 0 {
		return append(steps, s)
	}
	last := len(steps) - 1
	switch s := s.(type) {
	case Flip:
		if steps[last] == Step(s) {
			return steps[:last]
		}
	case Flatten:
		if f, ok := steps[last].(Flatten); ok && f.Color.A == 255 {
			return steps
		}
	case Rotate:
		r, ok := steps[last].(Rotate)
		if !ok || !rightAngle(r.Degrees) || !rightAngle(s.Degrees) {
			break
		}
		if d := turn(r.Degrees + s.Degrees); d != 0 {
			steps[last] = Rotate{Degrees: d}
			return steps
		}
		return steps[:last]
	}
	return append(steps, s)
}

// normalStep returns the normal form of one valid step, or nil when it does nothing.
func normalStep(s Step, dpr float64) Step {
	switch s := s.(type) {
	case Resize:
		return normalResize(s, dpr)
	case Extract:
		return normalExtract(s, dpr)
	case Extend:
		s.Box = s.Box.normal(dpr)
		s.Gravity = s.Gravity.normal(dpr).resting()
		s.Background, s.Backdrop = normalSurround(s.Background, s.Backdrop)
		return unless(s.Box.empty(), s)
	case Rotate:
		s.Degrees = turn(s.Degrees)
		s.Background = plainBackground(s.Background)
		if rightAngle(s.Degrees) {
			s.Background = nil
		}
		return unless(s.Degrees == 0, s)
	case Round:
		s.Radii = normalRadii(s.Radii, s.Ellipse, dpr)
		return unless(s == Round{}, s)
	case Border:
		s.Radii = normalRadii(s.Radii, s.Ellipse, dpr)
		s.Width = extent(s.Width, dpr)
		s.Color = s.Color.plain()
		if s.Width.Value == 0 {
			round := Round{Radii: s.Radii, Ellipse: s.Ellipse}
			return unless(round == Round{}, round)
		}
		return s
	case Flatten:
		return unless(s.Color.A == 0, s)
	case Opacity, Sepia, Brightness, Contrast, Saturation, Blur, Sharpen, Grayscale, Flip:
		return normalTone(s)
	}
	return normalGeneric(s, dpr)
}

// normalTone is normalStep of the steps that have numbers only.
func normalTone(s Step) Step {
	switch s := s.(type) {
	case Opacity:
		s.Factor += 0 // no negative zero
		return unless(s.Factor == 1, s)
	case Sepia:
		return unless(s.Amount == 0, s)
	case Brightness:
		return unless(s.Amount == 0, s)
	case Contrast:
		return unless(s.Amount == 0, s)
	case Saturation:
		if s.Amount == -1 {
			return Grayscale{}
		}
		return unless(s.Amount == 0, s)
	case Blur:
		s.Sigma = min(s.Sigma, maxSigma)
		return unless(s.Sigma == 0, s)
	case Sharpen:
		s.Sigma, s.Amount, s.Threshold = min(s.Sigma, maxSigma), min(s.Amount, maxAmount), s.Threshold+0
		return unless(s.Sigma == 0 || s.Amount == 0, s)
	}
	return s
}

func unless(noop bool, s Step) Step {
	if noop {
		return nil
	}
	return s
}

func normalResize(s Resize, dpr float64) Step {
	s.Box = s.Box.normal(dpr)
	if s.Box.empty() {
		return nil
	}
	if s.Fit == "" {
		s.Fit = Fill
	}
	// With one side, and the picture's own ratio for the other, nothing is
	// left to be cut, padded or distorted: the fits are one.
	if s.Box.follows() {
		switch {
		case s.Fit == Closeup:
		case s.Limit == AnySize,
			s.Limit == ReduceOnly && s.Fit != Contain,
			s.Limit == EnlargeOnly && s.Fit != Contain && s.Fit != Cover:
			s.Fit = Inside
		}
	}
	if s.Zoom == 1 || s.Fit != Closeup {
		s.Zoom = 0
	}
	if s.Fit == Closeup {
		s.Limit = AnySize
	}
	s.Background, s.Backdrop = normalSurround(s.Background, s.Backdrop)
	if s.Fit != Contain {
		s.Background, s.Backdrop = nil, nil
	}
	switch s.Fit {
	case Cover, Closeup:
		s.Gravity = s.Gravity.normal(dpr)
	case Contain:
		s.Gravity = s.Gravity.normal(dpr).resting()
	default:
		s.Gravity = Gravity{}
	}
	return s
}

func normalExtract(s Extract, dpr float64) Step {
	s.Box = s.Box.normal(dpr)
	s.Background, s.Backdrop = normalSurround(s.Background, s.Backdrop)
	if !s.Pad {
		s.Background, s.Backdrop = nil, nil
	}
	found := s.Gravity.Anchor.found()
	if s.Zoom == 1 || !found || s.Box.Width.Given() || s.Box.Height.Given() {
		s.Zoom = 0
	}
	if s.OfFound = s.OfFound && found; s.OfFound {
		s.Zoom = 0
	}
	g := s.Gravity
	if s.corner() {
		// Zero counts here, so both are always stated.
		s.Gravity = Gravity{X: corner(g.X, dpr), Y: corner(g.Y, dpr)}
		return unless(s.Box.empty() && s.Gravity.X.Value == 0 && s.Gravity.Y.Value == 0, s)
	}
	centred := g.Anchor == Center
	s.Gravity = g.normal(dpr)
	if centred && s.Gravity != (Gravity{}) {
		s.Gravity.Anchor = Center
	}
	return unless(s.Box.empty() && !found, s)
}

// normalSurround is what lies around a picture: a backdrop wins over a colour.
func normalSurround(c *Color, b *Backdrop) (*Color, *Backdrop) {
	if b == nil {
		return plainBackground(c), nil
	}
	n := *b
	n.tidy()
	return nil, &n
}

func (b *Backdrop) tidy() {
	b.Sigma, b.Brightness = b.Sigma+0, b.Brightness+0
	if b.Kind != BackdropBlurred {
		b.Sigma, b.Brightness = 0, 0
	}
	if b.Kind == BackdropBlurred || b.Kind == BackdropEdge {
		b.Colors, b.Contrast, b.Palette = 0, false, nil
	}
	if b.Kind == BackdropGradient {
		b.Contrast = false
	}
	if b.Colors == 1 {
		b.Colors = 0
	}
	if b.Colors == 0 && b.Kind != BackdropGradient || b.Direction == Horizontal {
		b.Direction = ""
	}
	if len(b.Palette) == 0 {
		b.Palette = nil
	}
}

func corner(l Length, dpr float64) Length {
	if l = offset(l, dpr); l.Given() {
		return l
	}
	return Px(0)
}

func normalRadii(r [4]Length, ellipse bool, dpr float64) [4]Length {
	if ellipse {
		return [4]Length{}
	}
	for i := range r {
		r[i] = offset(r[i], dpr)
	}
	return r
}

func (b Box) normal(dpr float64) Box {
	b.Width, b.Height = extent(b.Width, dpr), extent(b.Height, dpr)
	b.Ratio += 0
	if b.Width.Given() && b.Height.Given() {
		b.Ratio = 0
	}
	if b.Ratio != 0 || b.Width.Given() == b.Height.Given() {
		b.FreeRatio = false
	}
	return b
}

// empty reports that nothing was asked.
func (b Box) empty() bool { return !b.Width.Given() && !b.Height.Given() && b.Ratio == 0 }

// follows reports that one side was asked and the other follows from the
// picture's own ratio.
func (b Box) follows() bool {
	return b.Width.Given() != b.Height.Given() && b.Ratio == 0 && !b.FreeRatio
}

// normal is for a gravity whose offsets are distances, so that zero is none.
func (g Gravity) normal(dpr float64) Gravity {
	if g.Anchor == Center {
		g.Anchor = ""
	}
	g.X, g.Y = offset(g.X, dpr), offset(g.Y, dpr)
	if g.Fallback == Center || !g.Anchor.found() {
		g.Fallback = ""
	}
	return g
}

// resting is the gravity of a picture that is put on a canvas as a whole:
// there is nothing to look for.
func (g Gravity) resting() Gravity {
	if g.Anchor == Attention || g.Anchor.found() {
		g.Anchor, g.Name, g.Fallback = "", "", ""
	}
	return g
}

// extent is the normal form of a width or height: whole pixels, at least 1
// unless it is zero.
func extent(l Length, dpr float64) Length {
	switch {
	case l.Unit == Pixel && l.Value > 0:
		return Px(min(math.Max(1, roundHalfUp(l.Value*dpr)), huge))
	case l.Unit == Pixel:
		return Px(0)
	case l.Unit == Fraction:
		return Frac(min(l.Value+0, huge))
	}
	return Length{}
}

// offset is the normal form of a distance or radius: whole pixels, absent when zero.
func offset(l Length, dpr float64) Length {
	if l.Unit == Pixel {
		l.Value = roundHalfUp(l.Value * dpr)
	}
	l.Value = max(-huge, min(l.Value, huge))
	if l.Unit == Absent || l.Value == 0 {
		return Length{}
	}
	return l
}

// roundHalfUp forgives the error of a few operations on floats, so that a
// product that should end in .5 is rounded up.
func roundHalfUp(v float64) float64 { return math.Floor(v+0.5+1e-9) + 0 }

// turn brings an angle into [0, 360).
func turn(degrees float64) float64 {
	d := math.Mod(degrees, 360)
	if d < 0 {
		d += 360
	}
	if d >= 360 {
		return 0
	}
	return d + 0
}

func rightAngle(degrees float64) bool { return math.Mod(degrees, 90) == 0 }
