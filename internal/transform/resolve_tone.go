package transform

import "math"

// scaleMatrix multiplies each channel and adds to it.
func scaleMatrix(k, c [3]float64) [3][4]float64 {
	return [3][4]float64{{k[0], 0, 0, c[0]}, {0, k[1], 0, c[1]}, {0, 0, k[2], c[2]}}
}

func gray3(v float64) [3]float64 { return [3]float64{v, v, v} }

// curveOf tabulates a tone curve on the unit range.
func curveOf(f func(v float64) float64) *Curve {
	c := new(Curve)
	for i := range c {
		v := f(float64(i) / 255)
		if !(v > 0) {
			v = 0
		}
		c[i] = uint8(math.Floor(min(v, 1)*255 + 0.5))
	}
	return c
}

// gray is the same curve for all colours.
func (c *Curve) gray() OpCurve { return OpCurve{R: c, G: c, B: c} }

// tones lowers the steps that need to know nothing about the page, to none or
// more operations; ok is false for other steps. Matrices in a row are not
// multiplied into one: each clips its result to the unit range.
func (r *resolver) tones(s Step) (ops []Op, ok bool) {
	if op, ok := colorOp(s); ok {
		return []Op{op}, true
	}
	if op := curveStep(s); op != nil {
		return []Op{op}, true
	}
	switch s := s.(type) {
	case Exposure:
		return []Op{OpMatrix{scaleMatrix(gray3(math.Exp2(s.Stops)), [3]float64{})}}, true
	case Linear:
		return []Op{OpMatrix{scaleMatrix(gray3(1+s.Amount), gray3(-0.5*s.Amount))}}, true
	case Gain:
		return []Op{OpMatrix{scaleMatrix([3]float64{1 + s.R, 1 + s.G, 1 + s.B}, [3]float64{})}}, true
	case Warmth:
		return []Op{warmth(s.Amount)}, true
	case Hue:
		return []Op{OpMatrix{hueMatrix(s.Degrees)}}, true
	case Negate:
		return []Op{OpMatrix{scaleMatrix(gray3(-1), gray3(1))}}, true
	case Vibrance:
		return []Op{OpVibrance(s)}, true
	case Recolor:
		op := OpRecolor{}
		for i := range op.M {
			copy(op.M[i][:], s.M[5*i:])
		}
		return []Op{op}, true
	case ReplaceColor:
		return []Op{OpReplaceColor{From: s.From, To: s.To, Tolerance: s.Tolerance}}, true
	case MakeTransparent:
		return []Op{OpKeyOut(s)}, true
	case Levels:
		op := OpLevels(s)
		if s.Mode == LevelsBrightness || s.Mode == LevelsEqualize {
			op.Clip = 0
		}
		return []Op{op}, true
	case Improve:
		return improve(s), true
	case Grade:
		return grade(s), true
	case Simulate:
		return []Op{OpMatrix{blindness[s.Kind]}}, true
	case Assist:
		if s.Shift {
			return []Op{OpMatrix{shifted}}, true
		}
		return []Op{OpHatch{s.Amount}}, true
	case Noise:
		return []Op{OpNoise(s)}, true
	case Quantize:
		return []Op{OpQuantize(s)}, true
	case Dither:
		return []Op{thresholds(s.Map)}, true
	case Vignette:
		return []Op{OpVignette(s)}, true
	}
	return nil, false
}

// curveStep lowers the steps that are curves of tone; nil for others.
func curveStep(s Step) Op {
	switch s := s.(type) {
	case Gamma:
		return curveOf(func(v float64) float64 { return math.Pow(v, 1/s.Exponent) }).gray()
	case Threshold:
		op := curveOf(func(v float64) float64 {
			if v < s.Level {
				return 0
			}
			return 1
		}).gray()
		op.Luma = true
		return op
	case Posterize:
		n := float64(s.Levels)
		return curveOf(func(v float64) float64 { return min(math.Floor(v*n), n-1) / (n - 1) }).gray()
	case Colorize:
		flat := func(b uint8) *Curve { return curveOf(func(float64) float64 { return float64(b) / 255 }) }
		return OpCurve{R: flat(s.Color.R), G: flat(s.Color.G), B: flat(s.Color.B)}
	case Tint:
		return tint(s)
	case AlphaThreshold:
		return OpCurve{A: curveOf(func(v float64) float64 {
			if v < s.Level {
				return 0
			}
			return 1
		})}
	case FillLight:
		middle := 0.5 + 0.4*s.Bias
		return curveOf(func(v float64) float64 {
			dark := math.Exp(-v * v / (2 * middle * middle / 4))
			return v + 0.35*dark*math.Sqrt(v)*(1-v)
		}).gray()
	}
	return nil
}

// tint runs from black through the colours to white by luma.
func tint(s Tint) Op {
	type stop struct{ at, r, g, b float64 }
	stops := []stop{{}}
	for i, c := range s.Colors {
		at := float64(i+1) / float64(len(s.Colors)+1)
		if len(s.Positions) > 0 {
			at = s.Positions[i]
		}
		stops = append(stops, stop{at, float64(c.R) / 255, float64(c.G) / 255, float64(c.B) / 255})
	}
	stops = append(stops, stop{1, 1, 1, 1})
	between := func(v float64, channel func(stop) float64) float64 {
		for i := 1; i < len(stops); i++ {
			a, b := stops[i-1], stops[i]
			if v <= b.at || i == len(stops)-1 {
				if b.at <= a.at {
					return channel(b)
				}
				return channel(a) + (channel(b)-channel(a))*(v-a.at)/(b.at-a.at)
			}
		}
		return v
	}
	return OpCurve{
		R:    curveOf(func(v float64) float64 { return between(v, func(s stop) float64 { return s.r }) }),
		G:    curveOf(func(v float64) float64 { return between(v, func(s stop) float64 { return s.g }) }),
		B:    curveOf(func(v float64) float64 { return between(v, func(s stop) float64 { return s.b }) }),
		Luma: true,
	}
}

func warmth(amount float64) Op {
	return OpMatrix{scaleMatrix([3]float64{1 + 0.25*amount, 1, 1 - 0.25*amount}, [3]float64{})}
}

// hueMatrix is CSS's hue-rotate.
func hueMatrix(degrees float64) [3][4]float64 {
	sin, cos := sincos(degrees)
	return [3][4]float64{
		{0.213 + cos*0.787 - sin*0.213, 0.715 - cos*0.715 - sin*0.715, 0.072 - cos*0.072 + sin*0.928, 0},
		{0.213 - cos*0.213 + sin*0.143, 0.715 + cos*0.285 + sin*0.140, 0.072 - cos*0.072 - sin*0.283, 0},
		{0.213 - cos*0.213 - sin*0.787, 0.715 - cos*0.715 + sin*0.715, 0.072 + cos*0.928 + sin*0.072, 0},
	}
}

func improve(s Improve) []Op {
	ops := []Op{
		OpLevels{Mode: LevelsChannels, Clip: 0.005},
		OpMix{Ops: Ops{OpLevels{Mode: LevelsBrightness}}, Amount: 1.0 / 3},
		OpVibrance{Amount: 0.15},
	}
	if s.Indoor {
		ops = append(ops, warmth(-0.3))
	}
	return ops
}

func grade(s Grade) []Op {
	var ops []Op
	if s.Saturation != 0 {
		ops = append(ops, OpMatrix{blend(grey, identity, 1+s.Saturation)})
	}
	if s.Warmth != 0 {
		ops = append(ops, warmth(s.Warmth))
	}
	if s.Contrast != 0 {
		ops = append(ops, OpSigmoid{Slope: steepest * s.Contrast})
	}
	bent := s.Gamma != 0 || s.Fade != 0 || s.Shadows.A != 0 || s.Highlights.A != 0
	if !bent {
		return ops
	}
	channel := func(dark, bright uint8) *Curve {
		return curveOf(func(v float64) float64 {
			if s.Gamma != 0 {
				v = math.Pow(v, 1/s.Gamma)
			}
			v += (1 - v) * s.Fade / 2
			lo, hi := float64(s.Shadows.A)/255*(1-v)*(1-v), float64(s.Highlights.A)/255*v*v
			v += lo * (float64(dark)/255 - v)
			return v + hi*(float64(bright)/255-v)
		})
	}
	return append(ops, OpCurve{
		R: channel(s.Shadows.R, s.Highlights.R), G: channel(s.Shadows.G, s.Highlights.G), B: channel(s.Shadows.B, s.Highlights.B),
	})
}

// blindness holds the usual matrices of colour blindness for sRGB.
var blindness = map[Blindness][3][4]float64{
	Protanopia:       {{0.567, 0.433, 0, 0}, {0.558, 0.442, 0, 0}, {0, 0.242, 0.758, 0}},
	Protanomaly:      {{0.817, 0.183, 0, 0}, {0.333, 0.667, 0, 0}, {0, 0.125, 0.875, 0}},
	Deuteranopia:     {{0.625, 0.375, 0, 0}, {0.7, 0.3, 0, 0}, {0, 0.3, 0.7, 0}},
	Deuteranomaly:    {{0.8, 0.2, 0, 0}, {0.258, 0.742, 0, 0}, {0, 0.142, 0.858, 0}},
	Tritanopia:       {{0.95, 0.05, 0, 0}, {0, 0.433, 0.567, 0}, {0, 0.475, 0.525, 0}},
	Tritanomaly:      {{0.967, 0.033, 0, 0}, {0, 0.733, 0.267, 0}, {0, 0.183, 0.817, 0}},
	RodMonochromacy:  {{0.299, 0.587, 0.114, 0}, {0.299, 0.587, 0.114, 0}, {0.299, 0.587, 0.114, 0}},
	ConeMonochromacy: {{0.01775, 0.10945, 0.87262, 0}, {0.01775, 0.10945, 0.87262, 0}, {0.01775, 0.10945, 0.87262, 0}},
}

// shifted moves the difference of red and green, which is lost to
// deuteranopia, into blue.
var shifted = [3][4]float64{{1, 0, 0, 0}, {0, 1, 0, 0}, {-0.7, 0.7, 1, 0}}
