package cloudinary

import "tintype/internal/transform"

// effect is one effect with an amount in the vendor's range. Amounts out of
// the range are brought to its nearer end; a missing one takes the default.
// The model's number is amount * mul / div + add.
type effect struct {
	min, max, def float64
	mul, div, add float64
	// fields are those of the step that the number is for.
	fields []string
	// step makes the model's step; get is its inverse, whose ok is false for
	// any other step.
	step func(v float64) transform.Step
	get  func(transform.Step) (v float64, ok bool)
	// idle: an amount of 0 does nothing.
	idle bool
}

// blurUnit is the strength that makes a blur of one pixel, so that the
// default of 100 is a light blur (sigma 2) and 2000 leaves nothing to be
// recognised (sigma 40).
const blurUnit = 50

// sharpenSigma and unsharpSigma are the radii of e_sharpen and e_unsharp_mask,
// whose strengths count in hundredths.
const (
	sharpenSigma = 1
	unsharpSigma = 2
)

// hueMul and hueDiv: ±100 are half a turn.
const hueMul, hueDiv = 9, 5

func amountOf(name string) []string { return []string{name} }

// effects are those with one number.
var effects = map[string]effect{
	"blur": {1, 2000, 100, 1, blurUnit, 0, amountOf("sigma"),
		func(v float64) transform.Step { return transform.Blur{Sigma: v} },
		func(s transform.Step) (float64, bool) { e, ok := s.(transform.Blur); return e.Sigma, ok }, false},
	"sharpen": {1, 2000, 100, 1, 100, 0, amountOf("amount"),
		func(v float64) transform.Step { return transform.Sharpen{Sigma: sharpenSigma, Amount: v} },
		func(s transform.Step) (float64, bool) { e, ok := s.(transform.Sharpen); return e.Amount, ok }, false},
	"unsharp_mask": {1, 2000, 100, 1, 100, 0, amountOf("amount"),
		func(v float64) transform.Step { return transform.Sharpen{Sigma: unsharpSigma, Amount: v} },
		func(s transform.Step) (float64, bool) { e, ok := s.(transform.Sharpen); return e.Amount, ok }, false},
	"sepia": {1, 100, 80, 1, 100, 0, amountOf("amount"),
		func(v float64) transform.Step { return transform.Sepia{Amount: v} },
		func(s transform.Step) (float64, bool) { e, ok := s.(transform.Sepia); return e.Amount, ok }, false},
	"brightness": {-99, 100, 80, 1, 100, 0, amountOf("amount"),
		func(v float64) transform.Step { return transform.Brightness{Amount: v} },
		func(s transform.Step) (float64, bool) { e, ok := s.(transform.Brightness); return e.Amount, ok }, true},
	"brightness_hsb": {-99, 100, 80, 1, 100, 0, []string{"red", "green", "blue"},
		func(v float64) transform.Step { return transform.Gain{R: v, G: v, B: v} },
		func(s transform.Step) (float64, bool) { e, ok := s.(transform.Gain); return e.R, ok }, true},
	"contrast": {-100, 100, 0, 1, 100, 0, amountOf("amount"),
		func(v float64) transform.Step { return transform.Contrast{Amount: v} },
		func(s transform.Step) (float64, bool) { e, ok := s.(transform.Contrast); return e.Amount, ok }, true},
	"saturation": {-100, 100, 80, 1, 100, 0, amountOf("amount"),
		func(v float64) transform.Step { return transform.Saturation{Amount: v} },
		func(s transform.Step) (float64, bool) { e, ok := s.(transform.Saturation); return e.Amount, ok }, true},
	"vibrance": {-100, 100, 20, 1, 100, 0, amountOf("amount"),
		func(v float64) transform.Step { return transform.Vibrance{Amount: v} },
		func(s transform.Step) (float64, bool) { e, ok := s.(transform.Vibrance); return e.Amount, ok }, true},
	"hue": {-100, 100, 80, hueMul, hueDiv, 0, amountOf("degrees"),
		func(v float64) transform.Step { return transform.Hue{Degrees: v} },
		func(s transform.Step) (float64, bool) { e, ok := s.(transform.Hue); return e.Degrees, ok }, true},
	"gamma": {-50, 150, 0, 1, 100, 1, amountOf("exponent"),
		func(v float64) transform.Step { return transform.Gamma{Exponent: v} },
		func(s transform.Step) (float64, bool) { e, ok := s.(transform.Gamma); return e.Exponent, ok }, true},
	"red": {-100, 100, 0, 1, 100, 0, amountOf("red"),
		func(v float64) transform.Step { return transform.Gain{R: v} },
		func(s transform.Step) (float64, bool) { e, ok := s.(transform.Gain); return e.R, ok }, true},
	"green": {-100, 100, 0, 1, 100, 0, amountOf("green"),
		func(v float64) transform.Step { return transform.Gain{G: v} },
		func(s transform.Step) (float64, bool) { e, ok := s.(transform.Gain); return e.G, ok }, true},
	"blue": {-100, 100, 0, 1, 100, 0, amountOf("blue"),
		func(v float64) transform.Step { return transform.Gain{B: v} },
		func(s transform.Step) (float64, bool) { e, ok := s.(transform.Gain); return e.B, ok }, true},
	"blackwhite": {0, 100, 50, 1, 100, 0, amountOf("level"),
		func(v float64) transform.Step { return transform.Threshold{Level: v} },
		func(s transform.Step) (float64, bool) { e, ok := s.(transform.Threshold); return e.Level, ok }, false},
	"opacity_threshold": {1, 100, 50, 1, 100, 0, amountOf("level"),
		func(v float64) transform.Step { return transform.AlphaThreshold{Level: v} },
		func(s transform.Step) (float64, bool) { e, ok := s.(transform.AlphaThreshold); return e.Level, ok }, false},
	"oil_paint": {0, 100, 30, 1, 100, 0, amountOf("amount"),
		func(v float64) transform.Step { return transform.OilPaint{Amount: v} },
		func(s transform.Step) (float64, bool) { e, ok := s.(transform.OilPaint); return e.Amount, ok }, false},
	"vignette": {0, 100, 20, 1, 100, 0, amountOf("amount"),
		func(v float64) transform.Step { return transform.Vignette{Amount: v} },
		func(s transform.Step) (float64, bool) { e, ok := s.(transform.Vignette); return e.Amount, ok }, true},
	"noise": {0, 100, 0, 1, 100, 0, amountOf("amount"),
		func(v float64) transform.Step { return transform.Noise{Amount: v} },
		func(s transform.Step) (float64, bool) { e, ok := s.(transform.Noise); return e.Amount, ok }, true},
	"ordered_dither": {0, 18, 0, 1, 1, 0, amountOf("map"),
		func(v float64) transform.Step { return transform.Dither{Map: int(v)} },
		func(s transform.Step) (float64, bool) { e, ok := s.(transform.Dither); return float64(e.Map), ok }, false},
}

// plainEffects take no argument.
var plainEffects = map[string]transform.Step{
	"grayscale": transform.Grayscale{}, "negate": transform.Negate{},
	"redeye": transform.RedEye{}, "adv_redeye": transform.RedEye{},
}

// blended effects are carried out and mixed with what was before, by 0 to
// 100 percent.
var blended = map[string]transform.Step{
	"auto_brightness": transform.Levels{Mode: transform.LevelsBrightness},
	"auto_color":      transform.Levels{Mode: transform.LevelsChannels, Clip: levelsClip},
	"auto_contrast":   transform.Levels{Mode: transform.LevelsContrast, Clip: levelsClip},
}

// levelsClip is the share of the darkest and the brightest pixels that does not count.
const levelsClip = 0.005

var blindness = map[string]transform.Blindness{
	"": transform.Deuteranopia, "deuteranopia": transform.Deuteranopia, "protanopia": transform.Protanopia,
	"tritanopia": transform.Tritanopia, "tritanomaly": transform.Tritanomaly, "deuteranomaly": transform.Deuteranomaly,
	"protanomaly": transform.Protanomaly, "cone_monochromacy": transform.ConeMonochromacy, "rod_monochromacy": transform.RodMonochromacy,
}

var outlines = map[string]transform.OutlineMode{
	"outer": transform.OutlineOuter, "inner": transform.OutlineInner,
	"inner_fill": transform.OutlineInnerFill, "fill": transform.OutlineFill,
}

// offsetEffects use x_ and y_ themselves.
var offsetEffects = words("shadow gradient_fade")

// otherEffects are the effects that are not offered.
var otherEffects = words(`accelerate anti_removal auto_enhance background_removal boomerang camera deshake
	embed_clipping_path enhance extract fade gen_background_replace gen_fill gen_recolor gen_remove gen_replace
	gen_restore light preview progressbar reverse style_transfer swap_image theme transition upscale vectorize
	viesus_correct volume zoompan`)

// looks are the filters of e_art.
var looks = map[string]transform.Grade{
	"al_dente":   {Saturation: 0.25, Warmth: 0.3, Contrast: 0.2, Highlights: tone(0xffe2b0, 40)},
	"athena":     {Saturation: -0.15, Warmth: 0.15, Contrast: 0.1, Fade: 0.15, Highlights: tone(0xffd9c0, 50)},
	"audrey":     {Saturation: -1, Contrast: 0.25, Gamma: 1.1},
	"aurora":     {Saturation: 0.15, Contrast: 0.1, Shadows: tone(0x2b3a8c, 60), Highlights: tone(0xffb3d1, 50)},
	"daguerre":   {Saturation: -1, Contrast: 0.2, Fade: 0.2, Shadows: tone(0x3b2a1a, 70), Highlights: tone(0xe8d8b8, 70)},
	"eucalyptus": {Saturation: -0.2, Warmth: -0.15, Fade: 0.1, Shadows: tone(0x1d4a3c, 60), Highlights: tone(0xd8f0e0, 40)},
	"fes":        {Saturation: 0.2, Warmth: 0.45, Contrast: 0.1, Fade: 0.1, Highlights: tone(0xffc27a, 60)},
	"frost":      {Saturation: -0.35, Warmth: -0.45, Contrast: 0.1, Gamma: 1.15, Highlights: tone(0xd5e8ff, 60)},
	"hairspray":  {Saturation: 0.1, Warmth: 0.1, Fade: 0.3, Gamma: 1.1, Highlights: tone(0xffd0e0, 50)},
	"hokusai":    {Saturation: -0.1, Contrast: 0.3, Shadows: tone(0x10315a, 90), Highlights: tone(0xf3e6c8, 60)},
	"incognito":  {Saturation: -0.5, Contrast: 0.4, Gamma: 0.85},
	"linen":      {Saturation: -0.3, Warmth: 0.15, Fade: 0.35, Highlights: tone(0xf5ead8, 60)},
	"peacock":    {Saturation: 0.4, Warmth: -0.1, Contrast: 0.15, Shadows: tone(0x004a5a, 60)},
	"primavera":  {Saturation: 0.3, Warmth: 0.1, Gamma: 1.15, Highlights: tone(0xf0ffd0, 40)},
	"quartz":     {Saturation: -0.25, Fade: 0.2, Gamma: 1.2, Highlights: tone(0xf0e0f5, 50)},
	"red_rock":   {Saturation: 0.2, Warmth: 0.5, Contrast: 0.25, Shadows: tone(0x5a1e10, 60)},
	"refresh":    {Saturation: 0.25, Warmth: -0.1, Contrast: 0.15, Gamma: 1.1},
	"sizzle":     {Saturation: 0.35, Warmth: 0.35, Contrast: 0.35, Highlights: tone(0xffd080, 40)},
	"sonnet":     {Saturation: -1, Fade: 0.25, Gamma: 1.05},
	"ukulele":    {Saturation: 0.15, Warmth: 0.25, Fade: 0.2, Shadows: tone(0x2a4a6a, 50), Highlights: tone(0xffe0a0, 50)},
	"zorro":      {Saturation: -1, Contrast: 0.55, Gamma: 0.9},
}

// tone is a colour, 0xRRGGBB, with its strength as alpha.
func tone(rgb uint32, alpha uint8) transform.Color {
	return transform.Color{R: uint8(rgb >> 16), G: uint8(rgb >> 8), B: uint8(rgb), A: alpha}
}
