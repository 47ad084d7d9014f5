package cloudinary

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"tintype/internal/dialect"
	"tintype/internal/media"
	"tintype/internal/transform"
)

// gray is what e_colorize and e_shadow take without co_.
var gray = transform.Color{R: 128, G: 128, B: 128, A: 255}

// richEffects are the effects with arguments of their own.
var richEffects = map[string]func(*arguments) error{
	"contrast":            (*arguments).contrast,
	"blur_faces":          func(a *arguments) error { return a.blurred(500, true) },
	"blur_region":         func(a *arguments) error { return a.blurred(100, false) },
	"pixelate":            func(a *arguments) error { return a.pixelated(nil) },
	"pixelate_faces":      func(a *arguments) error { return a.pixelated(&transform.Area{Anchor: transform.Faces}) },
	"pixelate_region":     (*arguments).pixelatedRegion,
	"colorize":            func(a *arguments) error { return a.mix(100, transform.Colorize{Color: a.color(gray)}) },
	"improve":             (*arguments).improve,
	"fill_light":          (*arguments).fillLight,
	"tint":                (*arguments).tint,
	"recolor":             (*arguments).recolor,
	"replace_color":       (*arguments).replaceColor,
	"cartoonify":          (*arguments).cartoonify,
	"outline":             (*arguments).outline,
	"shadow":              (*arguments).shadow,
	"dropshadow":          (*arguments).dropShadow,
	"gradient_fade":       (*arguments).gradientFade,
	"make_transparent":    (*arguments).makeTransparent,
	"bgremoval":           (*arguments).removeBackground,
	"trim":                (*arguments).trim,
	"assist_colorblind":   (*arguments).assist,
	"simulate_colorblind": (*arguments).simulate,
	"distort":             (*arguments).distort,
	"shear":               (*arguments).shear,
	"morphology":          (*arguments).morphology,
	"art":                 (*arguments).art,
}

// contrast is the form "level_N;type_T".
func (a *arguments) contrast() error {
	given, err := a.given("level", "type")
	if err != nil {
		return err
	}
	switch given["type"] {
	case "linear":
		n, err := a.numbers(given, argument{"level", 1, 200, 100})
		if err != nil {
			return err
		}
		var values bindings
		amount := values.number("amount", n[0].over(100).plus(-1))
		if n[0].expr != nil || n[0].value != 100 {
			a.p.push(values.on(transform.Linear{Amount: amount}))
		}
		return nil
	case "", "sigmoidal":
		n, err := a.numbers(given, argument{"level", -100, 100, 0})
		if err != nil {
			return err
		}
		var values bindings
		amount := values.number("amount", n[0].over(100))
		if n[0].expr != nil || amount != 0 {
			a.p.push(values.on(transform.Contrast{Amount: amount}))
		}
		return nil
	}
	return a.invalid()
}

// blurred blurs a part of the picture.
func (a *arguments) blurred(def float64, faces bool) error {
	given, err := a.given("strength")
	if err != nil {
		return err
	}
	n, err := a.numbers(given, argument{"strength", 1, 2000, def})
	if err != nil {
		return err
	}
	var sigma bindings
	blur := transform.Blur{Sigma: sigma.number("sigma", n[0].over(blurUnit))}
	where := transform.Area{Anchor: transform.Faces}
	var values bindings
	if !faces {
		if where, values, err = a.area(); err != nil {
			return err
		}
	}
	a.p.push(values.on(transform.Mix{Steps: []transform.Step{sigma.on(blur)}, Amount: 1, Where: where}))
	return nil
}

// area is the part of the picture that x_, y_, w_, h_ or g_ say.
func (a *arguments) area() (where transform.Area, values bindings, err error) {
	if v, ok := a.c.values["g"]; ok {
		g, err := parseAnchor(v, "")
		if err != nil {
			return where, nil, err
		}
		if !isFound(g.Anchor) {
			return where, nil, invalidParam("g", v)
		}
		return transform.Area{Anchor: g.Anchor, Name: g.Name}, nil, nil
	}
	for _, l := range []struct {
		prefix, field string
		to            *transform.Length
	}{{"x", "x", &where.X}, {"y", "y", &where.Y}, {"w", "width", &where.Width}, {"h", "height", &where.Height}} {
		v, ok := a.c.values[l.prefix]
		if !ok {
			continue
		}
		n, err := a.p.number(l.prefix, v)
		if err != nil {
			return where, nil, err
		}
		if (l.prefix == "w" || l.prefix == "h") && n.expr == nil && n.value <= 0 {
			return where, nil, invalidParam(l.prefix, v)
		}
		*l.to = values.length(l.field, n)
	}
	return where, values, nil
}

func (a *arguments) pixelated(where *transform.Area) error { return a.pixelatedIn(where, nil) }

func (a *arguments) pixelatedRegion() error {
	where, values, err := a.area()
	if err != nil {
		return err
	}
	return a.pixelatedIn(&where, values)
}

func (a *arguments) pixelatedIn(where *transform.Area, values bindings) error {
	given, err := a.given("size")
	if err != nil {
		return err
	}
	n, err := a.numbers(given, argument{"size", 1, 200, 0})
	if err != nil {
		return err
	}
	var size bindings
	s := transform.Pixelate{Size: int(math.Round(size.number("size", n[0])))}
	if s.Size == 1 {
		return nil // squares of one pixel
	}
	if where == nil {
		a.p.push(size.on(s))
		return nil
	}
	a.p.push(values.on(transform.Mix{Steps: []transform.Step{size.on(s)}, Amount: 1, Where: *where}))
	return nil
}

func (a *arguments) improve() error {
	list, err := a.list()
	if err != nil {
		return err
	}
	step := transform.Improve{}
	if len(list) > 0 && (list[0] == "outdoor" || list[0] == "indoor") {
		step.Indoor = list[0] == "indoor"
		list = list[1:]
	}
	a.text = strings.Join(list, ":")
	return a.mix(100, step)
}

func (a *arguments) fillLight() error {
	given, err := a.given("blend", "bias")
	if err != nil {
		return err
	}
	n, err := a.numbers(given, argument{"blend", 0, 100, 100}, argument{"bias", -100, 100, 0})
	if err != nil {
		return err
	}
	var values bindings
	step := transform.FillLight{Bias: values.number("bias", n[1].over(100))}
	a.blend(n[0], values.on(step))
	return nil
}

// tint reads "[equalize:][amount:]colour[:<n>p]…".
func (a *arguments) tint() error {
	list, err := a.list()
	if err != nil {
		return err
	}
	var steps []transform.Step
	if len(list) > 0 && list[0] == "equalize" {
		steps, list = append(steps, transform.Levels{Mode: transform.LevelsEqualize}), list[1:]
	}
	amount := number{value: 60}
	if len(list) > 0 {
		if _, err := a.p.effectColor(list[0]); err != nil || integerText.MatchString(list[0]) && len(list[0]) < 4 {
			if amount, err = a.number(list[0]); err != nil {
				return err
			}
			list = list[1:]
		}
	}
	step, err := a.tintColors(list)
	if err != nil {
		return err
	}
	a.blend(amount.clamp(0, 100), append(steps, step)...)
	return nil
}

func (a *arguments) tintColors(list []string) (transform.Tint, error) {
	var t transform.Tint
	positions := map[int]float64{}
	for _, text := range list {
		if place, ok := strings.CutSuffix(text, "p"); ok && decimalOrInteger(place) {
			n, err := parseNumber("e", place)
			if err != nil || n.value < 0 || n.value > 100 || len(t.Colors) == 0 {
				return t, a.invalid()
			}
			positions[len(t.Colors)-1] = n.value / 100
			continue
		}
		c, err := a.p.effectColor(text)
		if err != nil || len(t.Colors) == 10 {
			return t, a.invalid()
		}
		t.Colors = append(t.Colors, c)
	}
	if len(t.Colors) == 0 {
		t.Colors = []transform.Color{{R: 255, A: 255}}
	}
	if len(positions) == 0 {
		return t, nil
	}
	type stop struct {
		color transform.Color
		at    float64
	}
	stops := make([]stop, len(t.Colors))
	for i, c := range t.Colors {
		at, ok := positions[i]
		if !ok {
			at = float64(i+1) / float64(len(t.Colors)+1)
		}
		stops[i] = stop{c, at}
	}
	slices.SortStableFunc(stops, func(a, b stop) int { return cmp.Compare(a.at, b.at) })
	for i, s := range stops {
		t.Colors[i] = s.color
		t.Positions = append(t.Positions, s.at)
	}
	return t, nil
}

func decimalOrInteger(s string) bool { return integerText.MatchString(s) || decimalText.MatchString(s) }

// recolor reads a matrix of 3 x 3 or 4 x 4.
func (a *arguments) recolor() error {
	list, err := a.list()
	if err != nil {
		return err
	}
	side := map[int]int{9: 3, 16: 4}[len(list)]
	if side == 0 {
		return a.invalid()
	}
	var values bindings
	step := transform.Recolor{}
	step.M[18] = 1
	for i, text := range list {
		n, err := a.number(text)
		if err != nil {
			return err
		}
		at := i/side*5 + i%side
		step.M[at] = values.number("matrix"+strconv.Itoa(at+1), n.clamp(-1e6, 1e6))
	}
	a.p.push(values.on(step))
	return nil
}

func (a *arguments) replaceColor() error {
	list, err := a.list()
	if err != nil {
		return err
	}
	if len(list) == 0 || len(list) > 3 {
		return a.invalid()
	}
	step := transform.ReplaceColor{Tolerance: 50}
	if step.To, err = a.p.effectColor(list[0]); err != nil {
		return a.invalid()
	}
	var values bindings
	if len(list) > 1 {
		n, err := a.number(list[1])
		if err != nil {
			return err
		}
		step.Tolerance = values.number("tolerance", n.clamp(0, 100))
	}
	if len(list) > 2 {
		from, err := a.p.effectColor(list[2])
		if err != nil {
			return a.invalid()
		}
		step.From = &from
	}
	a.p.push(values.on(step))
	return nil
}

func (a *arguments) cartoonify() error {
	given, err := a.given("line_strength", "color_reduction")
	if err != nil {
		return err
	}
	step := transform.Cartoonify{}
	for name, text := range given {
		if text == "bw" {
			step.Monochrome = true
			delete(given, name)
		}
	}
	n, err := a.numbers(given, argument{"line_strength", 0, 100, 50}, argument{"color_reduction", 0, 100, 50})
	if err != nil {
		return err
	}
	var values bindings
	step.Line = values.number("line", n[0].over(100))
	step.Reduction = values.number("reduction", n[1].over(100))
	a.p.push(values.on(step))
	return nil
}

func (a *arguments) outline() error {
	list, err := a.list()
	if err != nil {
		return err
	}
	step := transform.Outline{Color: a.color(transform.Black)}
	if len(list) > 0 {
		if mode, ok := outlines[strings.TrimPrefix(list[0], "mode_")]; ok {
			step.Mode, list = mode, list[1:]
		}
	}
	a.text = strings.Join(list, ":")
	given, err := a.given("width", "blur")
	if err != nil {
		return err
	}
	n, err := a.numbers(given, argument{"width", 1, 100, 5}, argument{"blur", 0, 200, 0})
	if err != nil {
		return err
	}
	var values bindings
	step.Width, step.Blur = values.number("width", n[0]), values.number("blur", n[1])
	a.p.push(values.on(step))
	return nil
}

// shadowUnit is the strength of e_shadow that blurs by one pixel.
const shadowUnit = 5

func (a *arguments) shadow() error {
	given, err := a.given("strength")
	if err != nil {
		return err
	}
	n, err := a.numbers(given, argument{"strength", 0, 100, 40})
	if err != nil {
		return err
	}
	var values bindings
	step := transform.Shadow{Color: a.color(gray), X: transform.Px(10), Y: transform.Px(10)}
	step.Sigma = values.number("sigma", n[0].over(shadowUnit))
	if err := a.offsets(&step.X, &step.Y, &values); err != nil {
		return err
	}
	a.p.push(values.on(step))
	return nil
}

// offsets reads x_ and y_ of an effect, where they are given.
func (a *arguments) offsets(x, y *transform.Length, values *bindings) error {
	for _, axis := range []struct {
		prefix string
		to     *transform.Length
	}{{"x", x}, {"y", y}} {
		v, ok := a.c.values[axis.prefix]
		if !ok {
			continue
		}
		n, err := a.p.number(axis.prefix, v)
		if err != nil {
			return err
		}
		*axis.to = values.length(axis.prefix, n)
	}
	return nil
}

// dropShadow lets light fall from an azimuth, clockwise from the top, and an
// elevation. A light at 45 degrees throws a shadow of a twentieth of the
// picture's height.
func (a *arguments) dropShadow() error {
	given, err := a.given("azimuth", "elevation", "spread")
	if err != nil {
		return err
	}
	n, err := a.numbers(given, argument{"azimuth", 0, 360, 215}, argument{"elevation", 0, 90, 45}, argument{"spread", 0, 100, 50})
	if err != nil {
		return err
	}
	for _, one := range n {
		if one.expr != nil {
			return unsupportedParam("e_" + a.value)
		}
	}
	angle := n[0].value * math.Pi / 180
	length := 0.05 / math.Tan(max(n[1].value, 10)*math.Pi/180)
	part := func(f float64) transform.Expr {
		f = math.Round(f*length*1e6) / 1e6
		return transform.Calc(transform.ExprMul, transform.Num(f), transform.Fact("height"))
	}
	values := bindings{{Field: "x", Expr: part(-math.Sin(angle))}, {Field: "y", Expr: part(math.Cos(angle))}}
	a.p.push(values.on(transform.Shadow{Sigma: n[2].value / shadowUnit, Color: a.color(tone(0, 178))}))
	return nil
}

// gradientFade makes one or two edges transparent; negative offsets are of
// the edges to the right and at the bottom.
func (a *arguments) gradientFade() error {
	list, err := a.list()
	if err != nil {
		return err
	}
	step := transform.Fade{}
	both := false
	if len(list) > 0 {
		mode := strings.TrimPrefix(list[0], "type_")
		if both = mode == "symmetric" || mode == "symmetric_pad"; both {
			step.Pad, list = mode == "symmetric_pad", list[1:]
		}
	}
	a.text = strings.Join(list, ":")
	given, err := a.given("strength")
	if err != nil {
		return err
	}
	n, err := a.numbers(given, argument{"strength", 0, 100, 20})
	if err != nil {
		return err
	}
	var values, unknown bindings
	step.Power = values.number("power", n[0].over(20).clamp(0.05, 10))
	if step.Power == 1 {
		step.Power = 0
	}
	x, y := transform.Length{}, transform.Length{}
	if !a.c.has("x", "y") {
		y = transform.Frac(0.5)
	}
	if err := a.offsets(&x, &y, &unknown); err != nil {
		return err
	}
	if len(unknown) > 0 {
		return unsupportedParam("e_" + a.value + " with calculated offsets")
	}
	step.Left, step.Right = edges(x, both)
	step.Top, step.Bottom = edges(y, both)
	if step.Pad {
		a.shrink(step)
	}
	a.p.push(values.on(step))
	return nil
}

// shrink makes the picture smaller by what a fade adds around it, so that the
// size stays.
func (a *arguments) shrink(f transform.Fade) {
	scale := a.p.DPR
	if scale == 0 {
		scale = 1
	}
	var values bindings
	for _, side := range []struct {
		name string
		edge transform.Length
	}{{"width", f.Left}, {"height", f.Top}} {
		add := 2 * side.edge.Value
		e := transform.Calc(transform.ExprDiv, transform.Fact(side.name), transform.Num(scale))
		if scale == 1 {
			e = transform.Fact(side.name)
		}
		switch {
		case add == 0:
		case side.edge.Unit == transform.Pixel:
			e = transform.Calc(transform.ExprMax, transform.Num(1), transform.Calc(transform.ExprSub, e, transform.Num(add)))
		default: // a fraction is of what is inside
			e = transform.Calc(transform.ExprDiv, e, transform.Num(1+add))
		}
		values = append(values, transform.Binding{Field: side.name, Expr: e})
	}
	a.p.push(values.on(transform.Resize{Fit: transform.Fill}))
}

// edges are the distances from the near and the far edge of an offset.
func edges(l transform.Length, both bool) (near, far transform.Length) {
	back := l.Value < 0
	l.Value = math.Abs(l.Value)
	switch {
	case l.Value == 0:
	case both:
		return l, l
	case back:
		return far, l
	default:
		return l, far
	}
	return transform.Length{}, transform.Length{}
}

func (a *arguments) makeTransparent() error {
	var values bindings
	tolerance, c, err := a.toleranceAndColor(&values, a.q.color)
	if err != nil {
		return err
	}
	a.p.push(values.on(transform.MakeTransparent{Color: c, Tolerance: tolerance}))
	return nil
}

// toleranceAndColor reads a tolerance in percent and a colour, if one is given.
func (a *arguments) toleranceAndColor(values *bindings, def *transform.Color) (float64, *transform.Color, error) {
	given, err := a.given("tolerance", "color")
	if err != nil {
		return 0, nil, err
	}
	n, err := a.numbers(given, argument{"tolerance", 0, 100, 10})
	if err != nil {
		return 0, nil, err
	}
	tolerance := values.number("tolerance", n[0].over(100))
	text, ok := given["color"]
	if !ok {
		return tolerance, def, nil
	}
	c, err := a.p.effectColor(text)
	if err != nil {
		return 0, nil, a.invalid()
	}
	return tolerance, &c, nil
}

// removeBackground takes away a background of one colour: what hangs together
// with the edge, or with "screen" all of it, also in holes.
func (a *arguments) removeBackground() error {
	list, err := a.list()
	if err != nil {
		return err
	}
	step := transform.MakeTransparent{Color: a.q.color, Tolerance: 0.1, Connected: true}
	if len(list) > 0 && list[0] == "screen" {
		step.Tolerance, step.Connected, list = 0.25, false, list[1:]
	}
	if len(list) > 1 {
		return a.invalid()
	}
	for _, text := range list {
		c, err := a.p.effectColor(text)
		if err != nil {
			return a.invalid()
		}
		step.Color = &c
	}
	a.p.push(step)
	return nil
}

func (a *arguments) trim() error {
	var values bindings
	tolerance, c, err := a.toleranceAndColor(&values, nil)
	if err != nil {
		return err
	}
	a.p.push(values.on(transform.Trim{Color: c, Tolerance: tolerance}))
	return nil
}

func (a *arguments) assist() error {
	if a.text == "xray" {
		a.p.push(transform.Assist{Shift: true})
		return nil
	}
	given, err := a.given("strength")
	if err != nil {
		return err
	}
	n, err := a.numbers(given, argument{"strength", 1, 100, 10})
	if err != nil {
		return err
	}
	var values bindings
	a.p.push(values.on(transform.Assist{Amount: values.number("amount", n[0].over(100))}))
	return nil
}

func (a *arguments) simulate() error {
	text, err := a.p.text("e", a.text)
	if err != nil {
		return err
	}
	kind, ok := blindness[text]
	if !ok {
		return a.invalid()
	}
	a.p.push(transform.Simulate{Kind: kind})
	return nil
}

// distort moves the corners, or bends with "arc:<degrees>".
func (a *arguments) distort() error {
	list, err := a.list()
	if err != nil {
		return err
	}
	var values bindings
	if len(list) == 2 && list[0] == "arc" {
		n, err := a.number(list[1])
		if err != nil {
			return err
		}
		if n.expr == nil && (n.value == 0 || math.Abs(n.value) > 360) {
			return a.invalid()
		}
		a.p.push(values.on(transform.Arc{Degrees: values.number("degrees", n), Background: a.q.background}))
		return nil
	}
	if len(list) != 8 {
		return a.invalid()
	}
	step := transform.Perspective{Background: a.q.background}
	for i, text := range list {
		n, err := a.number(text)
		if err != nil {
			return err
		}
		n.decimal = strings.Contains(text, ".")
		step.Corners[i] = values.length("corners"+strconv.Itoa(i+1), n)
	}
	a.p.push(values.on(step))
	return nil
}

// shear reads two angles, of which more than a right one is the same as less.
func (a *arguments) shear() error {
	list, err := a.list()
	if err != nil || len(list) != 2 {
		if err == nil {
			err = a.invalid()
		}
		return err
	}
	var angles [2]float64
	for i, text := range list {
		n, err := a.number(text)
		if err != nil {
			return err
		}
		if n.expr != nil {
			return unsupportedParam("e_" + a.value)
		}
		d := math.Remainder(n.value, 180)
		angles[i] = max(-89, min(d, 89)) + 0
	}
	if angles != [2]float64{} {
		a.p.push(transform.Shear{X: angles[0], Y: angles[1], Background: a.q.background})
	}
	return nil
}

var (
	morphMethods = map[string]transform.MorphMethod{
		"": "", "erode": "", "dilate": transform.Dilate, "convolve": transform.Mean, "smooth": transform.Median,
	}
	kernels = map[string]transform.Kernel{
		"": "", "disk": "", "square": transform.Square, "diamond": transform.Diamond, "octagon": transform.Octagon, "plus": transform.Plus,
	}
)

func (a *arguments) morphology() error {
	given, err := a.given("method", "iterations", "kernel", "radius")
	if err != nil {
		return err
	}
	method, ok1 := morphMethods[given["method"]]
	kernel, ok2 := kernels[given["kernel"]]
	if !ok1 || !ok2 {
		return a.invalid()
	}
	n, err := a.numbers(given, argument{"iterations", 1, 20, 1}, argument{"radius", 0.5, 50, 2})
	if err != nil {
		return err
	}
	var values bindings
	step := transform.Morphology{Method: method, Kernel: kernel}
	step.Iterations = int(values.number("iterations", n[0]))
	step.Radius = values.number("radius", n[1])
	a.p.push(values.on(step))
	return nil
}

func (a *arguments) art() error {
	name, err := a.p.text("e", a.text)
	if err != nil {
		return err
	}
	look, ok := looks[name]
	if !ok {
		return media.Errorf(media.Invalid, "Invalid effect in transformation: %s", dialect.Quotable(a.value))
	}
	a.p.push(look)
	return nil
}
