package transform

import "reflect"

// form goes through the arguments of a step in their canonical order. Every
// step describes itself once, by its args method; there is one form each to
// write, read, check, normalize and bind. A zero value is always "not given".
type form interface {
	// word is one of words; lead is written first and without a key.
	word(name string, v *string, lead bool, words ...string)
	// small is a number from 1 that stands for a word.
	small(name string, v *uint8, words ...string)
	num(name string, v *float64, s span)
	count(name string, v *int, s span)
	flag(name string, v *bool)
	length(name string, v *Length, s span)
	color(name string, v *Color, s span)
	maybe(name string, v **Color)
	str(name string, v *string, most int)
	box(b *Box)
	// gravity with corner keeps offsets that are zero apart from none.
	gravity(g *Gravity, corner bool)
	radii(name string, v *[4]Length, lead bool)
	lengths(name string, v []Length, s span)
	floats(name string, v []float64, s span)
	numbers(name string, v *[]float64, s span)
	colors(name string, v *[]Color, most int)
	strs(name string, v *[]string, most int)
	ranges(name string, v *[]PageRange, most int)
	// group goes through arguments in parentheses, by calling fn, if they are
	// there, which it returns.
	group(name string, there bool, fn func()) bool
	expr(name string, v *Expr)
	step(v *Step)
	steps(name string, v *[]Step)
	bindings(v *[]Binding)
}

// span is how a number may be: 0, which is "not given", or lo to hi.
type span struct {
	lo, hi float64
	lead   bool // written always, without key
	px     bool // a number of CSS pixels, multiplied by DPR
	size   bool // a length that is a width or height, not an offset
	open   bool // lo itself is out
}

// argued is a pointer to a step.
type argued interface{ args(form) }

// tidier brings a step, whose numbers are normal, into its one form.
type tidier interface{ tidy() }

// idler tells that a normal step does nothing.
type idler interface{ idle() bool }

// kind is one type of step.
type kind struct {
	name string
	of   reflect.Type
	// hold copies a step (nil: a zero one) to where it can be changed, and
	// returns how to get it back.
	hold func(Step) (argued, func() Step)
}

func kindOf[T Step, P interface {
	*T
	argued
}](name string) kind {
	return kind{name, reflect.TypeFor[T](), func(s Step) (argued, func() Step) {
		p := new(T)
		if s != nil {
			*p = s.(T)
		}
		return P(p), func() Step { return *p }
	}}
}

// kinds are all the steps there are.
var kinds = []kind{
	kindOf[Resize]("resize"), kindOf[Extract]("extract"), kindOf[Extend]("extend"), kindOf[Rotate]("rotate"),
	kindOf[Flip]("flip"), kindOf[Round]("round"), kindOf[Border]("border"), kindOf[Opacity]("opacity"),
	kindOf[Flatten]("flatten"), kindOf[Grayscale]("grayscale"), kindOf[Sepia]("sepia"),
	kindOf[Brightness]("brightness"), kindOf[Contrast]("contrast"), kindOf[Saturation]("saturation"),
	kindOf[Blur]("blur"), kindOf[Sharpen]("sharpen"),

	kindOf[Page]("page"), kindOf[Trim]("trim"), kindOf[Perspective]("perspective"), kindOf[Arc]("arc"),
	kindOf[Shear]("shear"), kindOf[Corners]("corners"),

	kindOf[Exposure]("exposure"), kindOf[Linear]("linear"), kindOf[Gain]("gain"), kindOf[Warmth]("warmth"),
	kindOf[Hue]("hue"), kindOf[Vibrance]("vibrance"), kindOf[Gamma]("gamma"), kindOf[Negate]("negate"),
	kindOf[Threshold]("threshold"), kindOf[Posterize]("posterize"), kindOf[Colorize]("colorize"),
	kindOf[Tint]("tint"), kindOf[Recolor]("recolor"), kindOf[ReplaceColor]("replace-color"),
	kindOf[MakeTransparent]("make-transparent"), kindOf[AlphaThreshold]("alpha-threshold"),
	kindOf[Levels]("levels"), kindOf[Improve]("improve"), kindOf[FillLight]("fill-light"),
	kindOf[Grade]("grade"), kindOf[Simulate]("simulate"), kindOf[Assist]("assist"), kindOf[RedEye]("red-eye"),
	kindOf[Dither]("dither"), kindOf[Noise]("noise"), kindOf[Quantize]("quantize"), kindOf[LUT]("lut"),

	kindOf[Pixelate]("pixelate"), kindOf[Vignette]("vignette"), kindOf[OilPaint]("oil-paint"),
	kindOf[Cartoonify]("cartoonify"), kindOf[Outline]("outline"), kindOf[Shadow]("shadow"),
	kindOf[Gradient]("gradient"), kindOf[Fade]("fade"), kindOf[Morphology]("morphology"),

	kindOf[Composite]("composite"),

	kindOf[Let]("let"), kindOf[If]("if"), kindOf[Use]("use"), kindOf[Bind]("bind"), kindOf[Mix]("mix"),
}

var kindByName, kindByType = func() (map[string]*kind, map[reflect.Type]*kind) {
	names, types := make(map[string]*kind, len(kinds)), make(map[reflect.Type]*kind, len(kinds))
	for i := range kinds {
		names[kinds[i].name], types[kinds[i].of] = &kinds[i], &kinds[i]
	}
	return names, types
}()

// kindOfStep is nil for what is no step of this package's.
func kindOfStep(s Step) *kind { return kindByType[reflect.TypeOf(s)] }
