package cloudinary

import (
	"strings"

	"tintype/internal/media"
	"tintype/internal/transform"
)

// fits maps the crop modes that scale to a fit of the model.
var fits = map[string]struct {
	fit   transform.Fit
	limit transform.Limit
}{
	"scale":    {transform.Fill, transform.AnySize},
	"fit":      {transform.Inside, transform.AnySize},
	"limit":    {transform.Inside, transform.ReduceOnly},
	"mfit":     {transform.Inside, transform.EnlargeOnly},
	"fill":     {transform.Cover, transform.AnySize},
	"lfill":    {transform.Cover, transform.ReduceOnly},
	"thumb":    {transform.Cover, transform.AnySize},
	"auto":     {transform.Cover, transform.AnySize},
	"fill_pad": {transform.Cover, transform.AnySize},
	"auto_pad": {transform.Cover, transform.AnySize},
	"pad":      {transform.Contain, transform.AnySize},
	"lpad":     {transform.Contain, transform.ReduceOnly},
}

// otherCrops are the crop modes that are not offered.
var otherCrops = words("imagga_crop imagga_scale")

// sizing is what a component says about a size, and what is left to expressions.
type sizing struct {
	mode    string
	box     transform.Box
	gravity transform.Gravity
	zoom    float64
	// sides are the numbers of w, h and ar as they came.
	width, height, ratio *number
	values               bindings
}

func (z *sizing) sized() bool { return z.width != nil || z.height != nil || z.ratio != nil }

// regional effects take the size and the offsets for the region that they change.
var regional = words("blur_region pixelate_region")

// resize is the stage of c_, w_, h_, ar_, g_, x_, y_ and z_. A mode without any
// size leaves the picture as it is, except that c_crop with x_ or y_ cuts
// away what lies before the point, and leaves what was looked for.
func (p *chainParser) resize(c component, q *qualifiers) error {
	effect, _, _ := strings.Cut(c.values["e"], ":")
	if regional[effect] {
		if c.has("c") {
			return unsupportedParam("c_" + c.values["c"] + " with e_" + effect)
		}
		return nil
	}
	if offsetEffects[effect] {
		c = c.without("x", "y")
	}
	z := sizing{mode: c.values["c"]}
	if z.mode == "" {
		z.mode = "scale"
	}
	scaling, scales := fits[z.mode]
	if !scales && z.mode != "crop" && z.mode != "mpad" {
		if otherCrops[z.mode] {
			return unsupportedParam("c_" + z.mode)
		}
		return invalidParam("c", z.mode)
	}
	if err := p.size(c, q, &z); err != nil {
		return err
	}
	switch z.mode {
	case "crop":
		return p.crop(z, q)
	case "mpad":
		if z.sized() {
			p.push(z.values.on(transform.Extend{Box: z.box, Gravity: z.gravity, Background: q.background, Backdrop: q.backdrop}))
		}
		return nil
	}
	if !z.sized() {
		return nil
	}
	step := transform.Resize{Fit: scaling.fit, Limit: scaling.limit, Box: z.box}
	switch scaling.fit {
	case transform.Cover:
		step.Gravity = z.gravity
		if z.close() {
			step.Fit, step.Zoom = transform.Closeup, z.zoom
		}
	case transform.Contain:
		step.Gravity, step.Background, step.Backdrop = z.gravity, q.background, q.backdrop
	default:
		z.values = z.values.except("x", "y", "zoom")
	}
	if strings.HasSuffix(z.mode, "_pad") {
		return p.fillPad(z, step, q)
	}
	p.push(z.values.on(step))
	return nil
}

// close reports that the mode takes in what gravity found and no more.
func (z *sizing) close() bool {
	if z.mode != "thumb" && z.mode != "auto" {
		return false
	}
	zoomed := z.zoom != 0 || z.values.has("zoom")
	return zoomed || z.mode == "thumb" && isFound(z.gravity.Anchor)
}

// isFound reports that an anchor is looked for and has an extent.
func isFound(a transform.Anchor) bool {
	return a == transform.Face || a == transform.Faces || a == transform.Custom || a == transform.Region
}

func (b bindings) has(field string) bool {
	for _, v := range b {
		if v.Field == field {
			return true
		}
	}
	return false
}

func (b bindings) except(fields ...string) bindings {
	var kept bindings
	for _, v := range b {
		drop := false
		for _, f := range fields {
			drop = drop || v.Field == f
		}
		if !drop {
			kept = append(kept, v)
		}
	}
	return kept
}

// size reads everything about a size.
func (p *chainParser) size(c component, q *qualifiers, z *sizing) error {
	var err error
	if z.width, err = p.side(c, "w"); err != nil {
		return err
	}
	if z.height, err = p.side(c, "h"); err != nil {
		return err
	}
	if v, ok := c.values["ar"]; ok {
		n, err := p.ratio("ar", v)
		if err != nil {
			return err
		}
		if z.width == nil || z.height == nil {
			z.ratio = &n
		}
	}
	if z.width != nil {
		z.box.Width = z.values.length("width", *z.width)
	}
	if z.height != nil {
		z.box.Height = z.values.length("height", *z.height)
	}
	if z.ratio != nil {
		z.box.Ratio = z.values.number("ratio", *z.ratio)
	}
	z.box.FreeRatio = q.freeRatio && z.ratio == nil && (z.width != nil) != (z.height != nil)
	if z.gravity, err = p.gravity(c, z.mode, &z.values); err != nil {
		return err
	}
	v, ok := c.values["z"]
	if !ok {
		return nil
	}
	n, err := p.number("z", v)
	if err != nil {
		return err
	}
	if n.expr == nil && n.value <= 0 {
		return invalidParam("z", v)
	}
	if z.mode == "thumb" || z.mode == "crop" || z.mode == "auto" {
		if z.zoom = z.values.number("zoom", n.clamp(0.01, 100)); z.zoom == 1 {
			z.zoom = 0
		}
	}
	return nil
}

// side reads w_ or h_, nil if it was not given.
func (p *chainParser) side(c component, prefix string) (*number, error) {
	v, ok := c.values[prefix]
	if !ok {
		return nil, nil
	}
	if v == "auto" || strings.HasPrefix(v, "auto:") {
		return p.hinted(prefix, v)
	}
	n, err := p.number(prefix, v)
	if err == nil && n.expr == nil && n.value <= 0 {
		err = invalidParam(prefix, v)
	}
	return &n, err
}

// crop cuts a region out.
func (p *chainParser) crop(z sizing, q *qualifiers) error {
	g := z.gravity
	corner := g.Anchor == "" && (g.X.Given() || g.Y.Given() || z.values.has("x") || z.values.has("y"))
	if !z.sized() && !corner && !isFound(g.Anchor) {
		return nil
	}
	step := transform.Extract{Box: z.box, Gravity: g, Zoom: z.zoom, OfFound: q.flags["region_relative"]}
	if step.OfFound && !isFound(g.Anchor) {
		return invalidParam("fl", "region_relative")
	}
	p.push(z.values.on(step))
	return nil
}

// fillPad fills a box as far as at least half of the picture is kept, and pads
// the rest.
func (p *chainParser) fillPad(z sizing, cover transform.Resize, q *qualifiers) error {
	if z.gravity.Anchor != transform.Attention && !isFound(z.gravity.Anchor) {
		return media.Errorf(media.Invalid, "Use %s only with auto gravity", z.mode)
	}
	wanted, ok := z.wanted(p.DPR)
	if !ok {
		p.push(z.values.on(cover))
		return nil
	}
	near := func(op transform.Operator, factor float64) transform.Expr {
		return transform.Calc(op, wanted, transform.Calc(transform.ExprMul, transform.Fact("ratio"), transform.Num(factor)))
	}
	ratio := transform.Calc(transform.ExprMax,
		transform.Calc(transform.ExprMul, transform.Fact("ratio"), transform.Num(0.5)),
		transform.Calc(transform.ExprMin, wanted, transform.Calc(transform.ExprMul, transform.Fact("ratio"), transform.Num(2))))
	part := bindings{{Field: "ratio", Expr: ratio}}
	padded := transform.Resize{Fit: transform.Contain, Box: z.box, Background: q.background, Backdrop: q.backdrop}
	p.push(transform.If{
		Cond: transform.Calc(transform.ExprAnd, near(transform.ExprGe, 0.5), near(transform.ExprLe, 2)),
		Then: []transform.Step{z.values.on(cover)},
		Else: []transform.Step{part.on(transform.Extract{Gravity: z.gravity}), z.values.except("x", "y", "zoom").on(padded)},
	})
	return nil
}

// wanted is the aspect ratio that is asked for, false if it is the picture's own.
func (z *sizing) wanted(dpr float64) (transform.Expr, bool) {
	if dpr == 0 {
		dpr = 1
	}
	if z.ratio != nil {
		return z.ratio.as(), true
	}
	if z.width == nil || z.height == nil {
		return transform.Expr{}, false
	}
	e, err := calculate(transform.ExprDiv, z.width.of("width", dpr), z.height.of("height", dpr))
	return e, err == nil
}

// of is a side in CSS pixels as an expression, fractions being of a fact.
func (n number) of(fact string, dpr float64) transform.Expr {
	if n.decimal {
		return transform.Calc(transform.ExprMul, transform.Num(n.value/dpr), transform.Fact(fact))
	}
	return n.as()
}

// turnFirst turns the picture by a right angle where that brings its aspect
// ratio to the side of 1 on which the one lies that is asked for.
func (p *chainParser) turnFirst(c component, q *qualifiers) error {
	for _, angle := range q.angles {
		if angle != "auto_left" && angle != "auto_right" {
			continue
		}
		z := sizing{mode: "scale"}
		if err := p.size(c.without("g", "x", "y", "z"), q, &z); err != nil {
			return err
		}
		wanted, ok := z.wanted(p.DPR)
		if !ok {
			continue
		}
		turn := transform.Rotate{Degrees: 90}
		if angle == "auto_left" {
			turn.Degrees = 270
		}
		less := func(e transform.Expr) transform.Expr {
			return transform.Calc(transform.ExprSub, e, transform.Num(1))
		}
		p.push(transform.If{
			Cond: transform.Calc(transform.ExprLt, transform.Calc(transform.ExprMul, less(wanted), less(transform.Fact("ratio"))), transform.Num(0)),
			Then: []transform.Step{turn},
		})
	}
	return nil
}
