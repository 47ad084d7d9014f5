package imagekit

import (
	"math"

	"tintype/internal/delivery"
	"tintype/internal/transform"
)

const (
	// maxSide is the largest width or height that counts.
	maxSide = 65535
	// maxScaled is the largest width or height that a pixel ratio may lead to.
	maxScaled = 5000
)

// dim is a width or height: not given, a fraction of the input, or pixels.
type dim struct {
	given, frac bool
	v           value
}

// length is the dimension for a field of a step.
func (d dim) length(field string, b *bind) transform.Length {
	switch {
	case !d.given:
		return transform.Length{}
	case d.frac:
		return transform.Frac(d.v.num)
	}
	return b.px(field, d.v)
}

// pixels is the dimension in pixels, where side is that of the input.
func (d dim) pixels(side string) value {
	if !d.frac {
		return d.v
	}
	return calc(transform.ExprMul, d.v, fact(side))
}

// whole reports a constant number of whole pixels.
func (d dim) whole() bool {
	return !d.frac && d.v.expr == nil && d.v.num == math.Trunc(d.v.num)
}

func (d dim) times(k float64) dim {
	if d.given {
		d.v = calc(transform.ExprMul, d.v, constant(k))
	}
	return d
}

func fact(name string) value {
	e := transform.Fact(name)
	return value{expr: &e}
}

// sizing is what a step says about the size.
type sizing struct {
	w, h dim
	// ratio is that of width to height, if given.
	ratio    value
	hasRatio bool
	mode     string // of cm, else of c
	focus    focus
	// x, y is a corner, or with centred the middle, of what is kept.
	x, y       *value
	centred    bool
	zoom       float64
	background *transform.Color
	backdrop   *transform.Backdrop
}

// modes are the values of c, cropModes those of cm.
var (
	modes     = words("maintain_ratio maintain_ratio_no_enlarge force at_max at_max_enlarge at_least")
	cropModes = words("pad_resize pad_resize_no_enlarge extract pad_extract pad_extract_no_shrink resize")
)

// steps makes the steps of a size, multiplied by a device pixel ratio unless
// that leads out of bounds.
func (z sizing) steps(dpr float64) []transform.Step {
	if dpr == 1 || dpr == 0 {
		return z.resize()
	}
	scaled := z
	scaled.w, scaled.h = z.w.times(dpr), z.h.times(dpr)
	var bounds []transform.Expr
	for _, side := range []struct {
		dim
		name string
	}{{scaled.w, "width"}, {scaled.h, "height"}} {
		if !side.given {
			continue
		}
		px := side.pixels(side.name)
		if px.expr == nil {
			if px.num < 1 || px.num > maxScaled {
				return z.resize()
			}
			continue
		}
		bounds = append(bounds, transform.Calc(transform.ExprGe, *px.expr, transform.Num(1)),
			transform.Calc(transform.ExprLe, *px.expr, transform.Num(maxScaled)))
	}
	if len(bounds) == 0 {
		return scaled.resize()
	}
	return []transform.Step{transform.If{
		Cond: transform.Calc(transform.ExprAnd, bounds...), Then: scaled.resize(), Else: z.resize(),
	}}
}

func (z sizing) resize() []transform.Step {
	switch {
	case !z.w.given && !z.h.given:
		return nil
	case z.w.given && z.h.given:
	case !z.hasRatio:
		return []transform.Step{z.scale()}
	case z.w.given:
		z.h = dim{given: true, v: calc(transform.ExprDiv, z.w.pixels("width"), z.ratio)}
	default:
		z.w = dim{given: true, v: calc(transform.ExprMul, z.h.pixels("height"), z.ratio)}
	}
	switch z.mode {
	case "force":
		return []transform.Step{z.fit(transform.Fill, transform.AnySize)}
	case "at_max":
		return []transform.Step{z.fit(transform.Inside, transform.ReduceOnly)}
	case "at_max_enlarge":
		return []transform.Step{z.fit(transform.Inside, transform.AnySize)}
	case "at_least":
		return []transform.Step{z.fit(transform.Outside, transform.AnySize)}
	case "pad_resize":
		return []transform.Step{z.fit(transform.Contain, transform.AnySize)}
	case "pad_resize_no_enlarge":
		return []transform.Step{z.fit(transform.Contain, transform.ReduceOnly)}
	case "extract":
		return []transform.Step{z.extract()}
	case "pad_extract":
		var b bind
		s := transform.Extract{Box: z.box(&b), Gravity: z.focus.gravity, Pad: true, Background: z.background, Backdrop: z.backdrop}
		return []transform.Step{b.step(s)}
	case "pad_extract_no_shrink":
		var b bind
		s := transform.Extend{Box: z.box(&b), Gravity: z.focus.gravity, Background: z.background, Backdrop: z.backdrop}
		return []transform.Step{b.step(s)}
	case "maintain_ratio_no_enlarge":
		return []transform.Step{z.coverSmaller()}
	}
	return []transform.Step{z.cover()}
}

func (z sizing) box(b *bind) transform.Box {
	return transform.Box{Width: z.w.length("width", b), Height: z.h.length("height", b)}
}

// scale is one side alone: the other follows, whatever the mode. It follows
// from the side before that is rounded to whole pixels.
func (z sizing) scale() transform.Step {
	fit := transform.Fill
	switch {
	case z.w.frac:
		z.h = z.w
	case z.h.frac:
		z.w = z.h
	case z.w.given && !z.w.whole():
		z.h = dim{given: true, v: calc(transform.ExprMul, z.w.v, calc(transform.ExprDiv, fact("height"), fact("width")))}
	case z.h.given && !z.h.whole():
		z.w = dim{given: true, v: calc(transform.ExprMul, z.h.v, calc(transform.ExprDiv, fact("width"), fact("height")))}
	default:
		fit = transform.Inside
	}
	limit := transform.AnySize
	if z.mode == "at_max" || z.mode == "maintain_ratio_no_enlarge" {
		limit = transform.ReduceOnly
	}
	return z.fit(fit, limit)
}

func (z sizing) fit(fit transform.Fit, limit transform.Limit) transform.Step {
	var b bind
	s := transform.Resize{Fit: fit, Limit: limit, Box: z.box(&b)}
	if fit == transform.Contain {
		s.Gravity, s.Background, s.Backdrop = z.focus.gravity, z.background, z.backdrop
		if s.Backdrop != nil {
			s.Background = nil
		}
	}
	return b.step(s)
}

// factor is how much the input is scaled so that it covers the box.
func (z sizing) factor() value {
	w, h := z.w.pixels("width"), z.h.pixels("height")
	e := transform.Calc(transform.ExprMax,
		calc(transform.ExprDiv, w, fact("width")).tree(), calc(transform.ExprDiv, h, fact("height")).tree())
	return value{expr: &e}
}

// cover scales and cuts. A corner is given in pixels of the input, and moves
// with the scale.
func (z sizing) cover() transform.Step {
	var b bind
	s := transform.Resize{Fit: transform.Cover, Box: z.box(&b), Gravity: z.focus.gravity}
	switch {
	case z.x == nil && z.y == nil:
		if z.focus.close {
			s.Fit, s.Zoom = transform.Closeup, z.zoom
		}
	case z.centred:
		s.Gravity = z.point(&b)
	default:
		k := z.factor()
		s.Gravity = transform.Gravity{Anchor: transform.NorthWest}
		if z.x != nil {
			s.Gravity.X = b.px("x", calc(transform.ExprMul, *z.x, k))
		}
		if z.y != nil {
			s.Gravity.Y = b.px("y", calc(transform.ExprMul, *z.y, k))
		}
	}
	return b.step(s)
}

// coverSmaller is cover where that reduces, else the largest such rectangle
// of the input as it is.
func (z sizing) coverSmaller() transform.Step {
	k := z.factor()
	var b bind
	s := transform.Extract{Gravity: z.focus.gravity}
	s.Width = b.px("width", calc(transform.ExprDiv, z.w.pixels("width"), k))
	s.Height = b.px("height", calc(transform.ExprDiv, z.h.pixels("height"), k))
	return transform.If{
		Cond: transform.Calc(transform.ExprLe, k.tree(), transform.Num(1)),
		Then: []transform.Step{z.cover()},
		Else: []transform.Step{b.step(s)},
	}
}

// extract cuts without scaling.
func (z sizing) extract() transform.Step {
	var b bind
	s := transform.Extract{Box: z.box(&b), Gravity: z.focus.gravity}
	switch {
	case z.x == nil && z.y == nil:
	case z.centred:
		s.Gravity, s.Strict = z.point(&b), true
	default:
		// Both have to be there, be it until the expressions are known.
		s.Gravity = transform.Gravity{X: b.corner("x", z.x), Y: b.corner("y", z.y)}
	}
	return b.step(s)
}

func (b *bind) corner(field string, v *value) transform.Length {
	if v == nil {
		return transform.Px(0)
	}
	return transform.Px(b.num(field, *v))
}

// point is the middle of what is kept; an axis that is not given is in the
// middle of the input.
func (z sizing) point(b *bind) transform.Gravity {
	g := transform.Gravity{Anchor: transform.AtPoint, X: transform.Frac(0.5), Y: transform.Frac(0.5)}
	if z.x != nil {
		g.X = b.px("x", *z.x)
	}
	if z.y != nil {
		g.Y = b.px("y", *z.y)
	}
	return g
}

// focus is what to hold on to.
type focus struct {
	gravity transform.Gravity
	// close: what is found is not only kept but looked at closely.
	close bool
}

var anchors = map[string]transform.Anchor{
	"center": transform.Center, "top": transform.North, "left": transform.West,
	"bottom": transform.South, "right": transform.East,
	"top_left": transform.NorthWest, "top_right": transform.NorthEast,
	"bottom_left": transform.SouthWest, "bottom_right": transform.SouthEast,
}

// parseFocus reads the value of fo; ok is false for what is no such value.
func parseFocus(v string) (f focus, ok bool) {
	if a, ok := anchors[v]; ok {
		if a == transform.Center {
			a = ""
		}
		return focus{gravity: transform.Gravity{Anchor: a}}, true
	}
	switch v {
	case "auto":
		return focus{gravity: transform.Gravity{Anchor: transform.Attention}}, true
	case "face":
		return focus{gravity: transform.Gravity{Anchor: transform.Faces, Fallback: transform.Attention}, close: true}, true
	case "custom":
		return focus{gravity: transform.Gravity{Anchor: transform.Custom}}, true
	case "auto-custom_override":
		return focus{gravity: transform.Gravity{Anchor: transform.Custom, Fallback: transform.Attention}}, true
	}
	return focus{}, false
}

// sizing reads the parameters of a size.
func (in *reader) sizing(p params, background backgroundValue) (z sizing, dpr float64, err error) {
	z.background, z.backdrop = background.around()
	if z.w, err = in.dimension(p, "w"); err != nil {
		return z, 0, err
	}
	if z.h, err = in.dimension(p, "h"); err != nil {
		return z, 0, err
	}
	if err = in.ratio(p, &z); err != nil {
		return z, 0, err
	}
	if z.mode, err = p.mode(); err != nil {
		return z, 0, err
	}
	if err = in.corner(p, &z); err != nil {
		return z, 0, err
	}
	if v, ok := p.get("z"); ok {
		if n, ok := parseNumber(v); ok && n > 0 {
			z.zoom = max(0.01, min(n, 100))
		}
	}
	if v, ok := p.get("fo"); ok {
		if z.focus, ok = parseFocus(v); !ok && isObject(v) {
			return z, 0, unsupported("fo-" + v)
		}
	}
	return z, in.pixelRatio(p), nil
}

// mode is what cm says, else c.
func (p params) mode() (string, error) {
	c, hasC := p.get("c")
	if hasC && !modes[c] {
		return "", invalid("c-" + c)
	}
	if cm, ok := p.get("cm"); ok {
		if !cropModes[cm] {
			return "", invalid("cm-" + cm)
		}
		if cm != "resize" {
			return cm, nil
		}
	}
	return c, nil
}

func (in *reader) dimension(p params, key string) (dim, error) {
	text, ok := p.get(key)
	if !ok {
		return dim{}, nil
	}
	if text == "auto" && key == "w" {
		in.used |= delivery.HintWidth
		if in.hints.Width < 1 || in.hints.Width > maxSide {
			return dim{}, nil
		}
		in.hintedWidth = math.Ceil(in.hints.Width/100) * 100
		return dim{given: true, v: constant(in.hintedWidth)}, nil
	}
	v, ok := in.scope.parseValue(text)
	switch {
	case !ok, v.expr == nil && v.num <= 0:
		return dim{}, invalid(key + "-" + text)
	case v.expr == nil && v.num > maxSide:
		return dim{}, nil
	}
	_, plain := parseNumber(text)
	return dim{given: true, frac: plain && v.num < 1, v: v}, nil
}

func (in *reader) ratio(p params, z *sizing) error {
	text, ok := p.get("ar")
	if !ok {
		return nil
	}
	v, ok := in.scope.parseValue(text)
	if !ok {
		if a, b, pair := cutAny(text, "-_"); pair {
			x, okX := parseNumber(a)
			y, okY := parseNumber(b)
			v, ok = constant(x/y), okX && okY && y != 0
		}
	}
	if !ok || v.expr == nil && !(v.num > 1e-6 && v.num < 1e6) {
		return invalid("ar-" + text)
	}
	z.ratio, z.hasRatio = v, true
	return nil
}

// corner reads x and y, or the middle by xc and yc, which wins.
func (in *reader) corner(p params, z *sizing) error {
	for _, keys := range [][2]string{{"xc", "yc"}, {"x", "y"}} {
		var at [2]*value
		for i, key := range keys {
			text, ok := p.get(key)
			if !ok {
				continue
			}
			v, ok := in.scope.parseValue(text)
			if !ok {
				return invalid(key + "-" + text)
			}
			at[i] = &v
		}
		if (z.x != nil || z.y != nil) || at == [2]*value{} {
			continue
		}
		z.x, z.y, z.centred = at[0], at[1], keys[0] == "xc"
	}
	return nil
}

// pixelRatio is the device pixel ratio of a step, 1 where there is none. The
// width that a client states has it in it already.
func (in *reader) pixelRatio(p params) float64 {
	text, ok := p.get("dpr")
	if !ok {
		return 1
	}
	if text == "auto" {
		in.used |= delivery.HintDPR
		switch dpr := in.hints.DPR; {
		case dpr <= 0:
			return 1
		case in.hintedWidth > 0:
			in.contentDPR = in.hintedWidth / (in.hints.Width / dpr)
			return 1
		default:
			in.contentDPR = max(0.1, min(dpr, 5))
			return in.contentDPR
		}
	}
	if v, ok := parseNumber(text); ok && v >= 0.1 && v <= 5 {
		return v
	}
	return 1
}
