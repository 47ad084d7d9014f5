package transform

// This file lists the arguments of every step, in canonical order.

var (
	unit          = span{lo: 0, hi: 1, lead: true}
	balanced      = span{lo: -1, hi: 1, lead: true}
	boost         = span{lo: -1, hi: 5, lead: true}
	positive1e308 = span{lo: 0, hi: 1e308, lead: true}
	anyAngle      = span{lo: -1e308, hi: 1e308, lead: true}
	zoomSpan      = span{lo: 0.01, hi: 100}
	leadColor     = span{lead: true}
	pixels        = span{lo: 0, hi: 1e308}
	offsets       = span{lo: -1e308, hi: 1e308}
	sizes         = span{lo: 0, hi: 1e308, size: true, open: true}
)

var compassWords = []string{
	"center", "north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west",
}

func (s *Resize) args(f form) {
	f.word("fit", (*string)(&s.Fit), true, "fill", "inside", "outside", "cover", "contain", "closeup")
	f.box(&s.Box)
	f.small("limit", (*uint8)(&s.Limit), "reduce", "enlarge")
	f.gravity(&s.Gravity, false)
	f.maybe("background", &s.Background)
	backdropArgs(f, &s.Backdrop)
	f.num("zoom", &s.Zoom, zoomSpan)
}

func (s *Extract) args(f form) {
	f.box(&s.Box)
	f.gravity(&s.Gravity, s.corner())
	f.flag("of-found", &s.OfFound)
	f.flag("pad", &s.Pad)
	f.flag("strict", &s.Strict)
	f.maybe("background", &s.Background)
	backdropArgs(f, &s.Backdrop)
	f.num("zoom", &s.Zoom, zoomSpan)
}

// corner reports that X and Y are the region's top left corner.
func (s *Extract) corner() bool {
	return s.Gravity.Anchor == "" && (s.Gravity.X.Given() || s.Gravity.Y.Given())
}

func (s *Extend) args(f form) {
	f.box(&s.Box)
	f.gravity(&s.Gravity, false)
	f.maybe("background", &s.Background)
	backdropArgs(f, &s.Backdrop)
}

func backdropArgs(f form, p **Backdrop) {
	b := new(Backdrop)
	if *p != nil {
		*b = **p
	}
	there := f.group("backdrop", *p != nil, func() {
		f.word("kind", (*string)(&b.Kind), true, "blurred", "border", "dominant", "edge", "gradient")
		f.num("sigma", &b.Sigma, span{lo: 0, hi: maxSigma})
		f.num("brightness", &b.Brightness, span{lo: -1, hi: 1})
		f.count("colors", &b.Colors, span{lo: 1, hi: 4})
		f.flag("contrast", &b.Contrast)
		f.word("direction", (*string)(&b.Direction), false, "horizontal", "vertical", "descending", "ascending")
		f.colors("palette", &b.Palette, 16)
	})
	if *p = nil; there {
		*p = b
	}
}

func (s *Rotate) args(f form) {
	f.num("degrees", &s.Degrees, anyAngle)
	f.maybe("background", &s.Background)
}

func (s *Flip) args(f form) {
	way := "horizontal"
	if s.Vertical {
		way = "vertical"
	}
	f.word("direction", &way, true, "horizontal", "vertical")
	s.Vertical = way == "vertical"
}

func (s *Round) args(f form) {
	f.flag("ellipse", &s.Ellipse)
	if s.Ellipse {
		s.Radii = [4]Length{}
		return
	}
	f.radii("radius", &s.Radii, true)
}

func (s *Border) args(f form) {
	f.length("width", &s.Width, span{lo: 0, hi: 1e308, lead: true, size: true})
	f.color("color", &s.Color, leadColor)
	f.flag("ellipse", &s.Ellipse)
	if s.Ellipse {
		s.Radii = [4]Length{}
		return
	}
	f.radii("radii", &s.Radii, false)
}

func (s *Opacity) args(f form)    { f.num("factor", &s.Factor, unit) }
func (s *Flatten) args(f form)    { f.color("color", &s.Color, leadColor) }
func (s *Grayscale) args(form)    {}
func (s *Sepia) args(f form)      { f.num("amount", &s.Amount, unit) }
func (s *Brightness) args(f form) { f.num("amount", &s.Amount, balanced) }
func (s *Contrast) args(f form)   { f.num("amount", &s.Amount, balanced) }
func (s *Saturation) args(f form) { f.num("amount", &s.Amount, balanced) }
func (s *Blur) args(f form)       { f.num("sigma", &s.Sigma, positive1e308) }

func (s *Sharpen) args(f form) {
	f.num("sigma", &s.Sigma, positive1e308)
	f.num("amount", &s.Amount, positive1e308)
	f.num("threshold", &s.Threshold, span{lo: 0, hi: 1})
}

func (s *Page) args(f form) {
	f.ranges("pages", &s.Ranges, 100)
	f.strs("names", &s.Names, 100)
}

func (s *Trim) args(f form) {
	f.num("tolerance", &s.Tolerance, unit)
	f.maybe("color", &s.Color)
	f.length("padding", &s.Padding, pixels)
}

func (s *Perspective) args(f form) {
	f.lengths("corners", s.Corners[:], offsets)
	f.maybe("background", &s.Background)
}

func (s *Arc) args(f form) {
	f.num("degrees", &s.Degrees, span{lo: -360, hi: 360, lead: true})
	f.maybe("background", &s.Background)
}

func (s *Shear) args(f form) {
	f.num("x", &s.X, span{lo: -89, hi: 89})
	f.num("y", &s.Y, span{lo: -89, hi: 89})
	f.maybe("background", &s.Background)
}

func (s *Corners) args(f form) {
	f.lengths("horizontal", s.Horizontal[:], pixels)
	f.lengths("vertical", s.Vertical[:], pixels)
}

func (s *Exposure) args(f form) { f.num("stops", &s.Stops, span{lo: -5, hi: 5, lead: true}) }
func (s *Linear) args(f form)   { f.num("amount", &s.Amount, boost) }
func (s *Gain) args(f form) {
	f.num("red", &s.R, span{lo: -1, hi: 5})
	f.num("green", &s.G, span{lo: -1, hi: 5})
	f.num("blue", &s.B, span{lo: -1, hi: 5})
}
func (s *Warmth) args(f form)    { f.num("amount", &s.Amount, balanced) }
func (s *Hue) args(f form)       { f.num("degrees", &s.Degrees, anyAngle) }
func (s *Vibrance) args(f form)  { f.num("amount", &s.Amount, boost) }
func (s *Gamma) args(f form)     { f.num("exponent", &s.Exponent, span{lo: 0.01, hi: 10, lead: true}) }
func (s *Negate) args(form)      {}
func (s *Threshold) args(f form) { f.num("level", &s.Level, unit) }
func (s *Posterize) args(f form) { f.count("levels", &s.Levels, span{lo: 2, hi: 256, lead: true}) }
func (s *Colorize) args(f form)  { f.color("color", &s.Color, leadColor) }
func (s *Tint) args(f form) {
	f.colors("colors", &s.Colors, 10)
	f.numbers("positions", &s.Positions, span{lo: 0, hi: 10})
}
func (s *Recolor) args(f form) { f.floats("matrix", s.M[:], span{lo: -1e6, hi: 1e6}) }
func (s *ReplaceColor) args(f form) {
	f.color("to", &s.To, leadColor)
	f.maybe("color", &s.From)
	f.num("tolerance", &s.Tolerance, span{lo: 0, hi: 200})
}
func (s *MakeTransparent) args(f form) {
	f.maybe("color", &s.Color)
	f.num("tolerance", &s.Tolerance, span{lo: 0, hi: 1})
	f.flag("connected", &s.Connected)
}
func (s *AlphaThreshold) args(f form) { f.num("level", &s.Level, unit) }
func (s *Levels) args(f form) {
	f.word("mode", (*string)(&s.Mode), true, "contrast", "channels", "brightness", "equalize")
	f.num("clip", &s.Clip, span{lo: 0, hi: 0.25})
}
func (s *Improve) args(f form)   { f.flag("indoor", &s.Indoor) }
func (s *FillLight) args(f form) { f.num("bias", &s.Bias, span{lo: -1, hi: 1}) }
func (s *Grade) args(f form) {
	f.num("saturation", &s.Saturation, span{lo: -1, hi: 1})
	f.num("warmth", &s.Warmth, span{lo: -1, hi: 1})
	f.num("contrast", &s.Contrast, span{lo: -1, hi: 1})
	f.num("gamma", &s.Gamma, span{lo: 0.01, hi: 10})
	f.num("fade", &s.Fade, span{lo: 0, hi: 1})
	f.color("shadows", &s.Shadows, span{})
	f.color("highlights", &s.Highlights, span{})
}
func (s *Simulate) args(f form) {
	f.word("kind", (*string)(&s.Kind), true, "protanopia", "deuteranopia", "tritanopia", "deuteranomaly",
		"protanomaly", "tritanomaly", "cone-monochromacy", "rod-monochromacy")
}
func (s *Assist) args(f form) {
	f.num("amount", &s.Amount, span{lo: 0, hi: 1})
	f.flag("shift", &s.Shift)
}
func (s *RedEye) args(form)     {}
func (s *Dither) args(f form)   { f.count("map", &s.Map, span{lo: 0, hi: 18, lead: true}) }
func (s *Noise) args(f form)    { f.num("amount", &s.Amount, unit) }
func (s *Quantize) args(f form) { f.count("colors", &s.Colors, span{lo: 2, hi: 256, lead: true}) }
func (s *LUT) args(f form)      { refArgs(f, "ref", &s.Ref) }
func (s *Pixelate) args(f form) { f.count("size", &s.Size, span{lo: 2, hi: maxSide, px: true}) }
func (s *Vignette) args(f form) { f.num("amount", &s.Amount, unit) }
func (s *OilPaint) args(f form) { f.num("amount", &s.Amount, unit) }
func (s *Cartoonify) args(f form) {
	f.num("line", &s.Line, span{lo: 0, hi: 1})
	f.num("reduction", &s.Reduction, span{lo: 0, hi: 1})
	f.flag("monochrome", &s.Monochrome)
}
func (s *Outline) args(f form) {
	f.word("mode", (*string)(&s.Mode), false, "outer", "inner", "inner-fill", "fill")
	f.num("width", &s.Width, span{lo: 0.5, hi: 200})
	f.num("blur", &s.Blur, span{lo: 0, hi: 200})
	f.color("color", &s.Color, span{})
}
func (s *Shadow) args(f form) {
	f.length("x", &s.X, offsets)
	f.length("y", &s.Y, offsets)
	f.num("sigma", &s.Sigma, span{lo: 0, hi: maxSigma})
	f.color("color", &s.Color, span{})
	f.flag("clip", &s.Clip)
}
func (s *Gradient) args(f form) {
	f.num("degrees", &s.Degrees, anyAngle)
	f.color("from", &s.From, span{})
	f.color("to", &s.To, span{})
	f.length("stop", &s.Stop, sizes)
}
func (s *Fade) args(f form) {
	f.length("top", &s.Top, pixels)
	f.length("right", &s.Right, pixels)
	f.length("bottom", &s.Bottom, pixels)
	f.length("left", &s.Left, pixels)
	f.num("power", &s.Power, span{lo: 0.01, hi: 10})
	f.flag("pad", &s.Pad)
}
func (s *Morphology) args(f form) {
	f.word("method", (*string)(&s.Method), false, "erode", "dilate", "mean", "median")
	f.word("kernel", (*string)(&s.Kernel), false, "disk", "square", "diamond", "octagon", "plus")
	f.num("radius", &s.Radius, span{lo: 0.5, hi: 50})
	f.count("iterations", &s.Iterations, span{lo: 1, hi: 20})
}
