package transform

import (
	"context"
	"fmt"

	"tintype/internal/media"
)

// Resolve turns a transformation into a plan for the picture that f knows. It
// asks f.Measure only for what the plan turns on, each question once.
//
// What cannot be done is a *media.Error: Invalid for what Validate refuses,
// a region outside the picture, a passed limit (which wraps a
// *media.LimitError); Unsupported for a format that pictures cannot be
// written in; TooLarge for one that has no room for so long a side. An error of Measure comes back wrapped. Output.Format must not
// be Auto.
func Resolve(ctx context.Context, t Transformation, f Facts, lim Limits) (Plan, error) {
	lim = lim.withDefaults()
	if err := lim.steps(countSteps(t.Steps)); err != nil {
		return Plan{}, err
	}
	if err := t.Validate(); err != nil {
		return Plan{}, err
	}
	t, err := Expand(t, f.Named)
	if err != nil {
		return Plan{}, err
	}
	if err := lim.steps(countSteps(t.Steps)); err != nil {
		return Plan{}, err
	}
	r, err := newResolver(ctx, t.normalize(), f, lim)
	if err != nil {
		return Plan{}, err
	}
	if err := r.steps(r.t.Steps); err != nil {
		return Plan{}, err
	}
	if err := lim.page(r.page, r.plan.Input.Pages); err != nil {
		return Plan{}, err
	}
	if err := writableSize(r.plan.Output.Format, r.page); err != nil {
		return Plan{}, err
	}
	if err := r.finish(); err != nil {
		return Plan{}, err
	}
	r.plan.Width, r.plan.Height = r.page.w, r.page.h
	r.plan.Sources = *r.sources
	return r.plan, nil
}

// resolver walks a chain; page, alpha and place describe the page that the
// operations so far leave. Each layer has a resolver of its own.
type resolver struct {
	ctx   context.Context
	t     Transformation // normal
	facts Facts
	info  media.Info
	lim   Limits
	plan  Plan
	vars  map[string]Value // shared with layers
	// sources and asked are shared by all layers; base is that of the page
	// that this layer is laid on, nil for the chain itself.
	sources *[]PlanSource
	base    *resolver
	nth     int  // of the source in sources, 0 for the plan's own
	blank   bool // a text or a canvas: there is no source to be measured
	found   *box // what a layer's fractions count with OfFound
	of      Relative
	mixing  int   // Mix steps around the one at hand
	floor   int   // operations before it are not to be changed by those of a Mix
	layer   *size // the finished layer, while a Composite's fields are bound

	page     size
	alpha    bool
	outAlpha bool
	place    affine // where a point of the upright source is on the page

	answers map[Question]Answer
}

func newResolver(ctx context.Context, t Transformation, f Facts, lim Limits) (*resolver, error) {
	info := f.Info()
	if info.Width < 1 || info.Height < 1 || info.Width > maxSide || info.Height > maxSide {
		return nil, media.Errorf(media.Invalid, "Source of %dx%d pixels is not a picture that can be transformed", info.Width, info.Height)
	}
	out, err := resolveOutput(t.Output, info)
	if err != nil {
		return nil, err
	}
	format, _ := media.FormatByName(out.Format)
	r := &resolver{
		ctx: ctx, t: t, facts: f, info: info, lim: lim, vars: map[string]Value{}, sources: new([]PlanSource),
		answers: map[Question]Answer{}, outAlpha: format.Alpha && out.Depth != DepthRGB,
	}
	r.plan.Output = out
	pages := t.Output.pages(info, format)
	return r, r.load(t, pages)
}

// load begins with the source: its pages, orientation and density.
func (r *resolver) load(t Transformation, pages int) error {
	r.alpha = r.info.Alpha
	r.place = stored(1, r.info.Width, r.info.Height)
	r.page = size{r.info.Width, r.info.Height}
	asStored := t.Input.IgnoreOrientation && r.info.Orientation > 1
	if o := r.info.Orientation; asStored {
		r.place = stored(o, r.info.Width, r.info.Height)
		if o >= 5 && o <= 8 {
			r.page = size{r.info.Height, r.info.Width}
		}
	}
	r.plan.Input = PlanInput{
		Width: r.page.w, Height: r.page.h, Pages: pages, IgnoreOrientation: asStored,
	}
	if err := r.density(t.Input.Density); err != nil {
		return err
	}
	for i := len(t.Steps) - 1; i >= 0; i-- {
		if p, ok := t.Steps[i].(Page); ok {
			return r.pages(p)
		}
	}
	return nil
}

func (r *resolver) steps(steps []Step) error {
	for _, s := range steps {
		if err := r.step(s); err != nil {
			return err
		}
	}
	return nil
}

func (r *resolver) step(s Step) error {
	if ops, ok := r.tones(s); ok {
		return r.pushAll(ops)
	}
	switch s := s.(type) {
	case Resize:
		return r.resize(s)
	case Extract:
		return r.extract(s)
	case Extend:
		box := r.box(s.Box)
		canvas := size{max(box.w, r.page.w), max(box.h, r.page.h)}
		return r.embed(canvas, s.Gravity, r.page, surround{s.Background, s.Backdrop})
	case Rotate:
		return r.rotate(s)
	case Flip:
		return r.push(OpFlip(s))
	case Round:
		return r.push(OpRound{Radii: r.radii(s.Radii), Ellipse: s.Ellipse})
	case Border:
		return r.push(OpBorder{Width: s.Width.side(r.page.w), Color: s.Color, Radii: r.radii(s.Radii), Ellipse: s.Ellipse})
	case Opacity:
		return r.push(OpOpacity(s))
	case Flatten:
		return r.push(OpFlatten(s))
	case Blur:
		return r.push(OpBlur(s))
	case Sharpen:
		return r.push(OpSharpen(s))
	case Let, If, Bind, Mix, Page:
		return r.flow(s)
	case Trim, Perspective, Arc, Shear, Corners:
		return r.shape(s)
	case Composite:
		return r.composite(s)
	}
	return r.effect(s)
}

func (r *resolver) pushAll(ops []Op) error {
	for _, op := range ops {
		if err := r.push(op); err != nil {
			return err
		}
	}
	return nil
}

func (r *resolver) rotate(s Rotate) error {
	if s.Degrees == 0 {
		return nil
	}
	op := OpRotate{Degrees: s.Degrees}
	box := rotated(s.Degrees, r.page)
	op.Width, op.Height = box.w, box.h
	switch {
	case rightAngle(s.Degrees):
	case s.Background != nil:
		op.Background = *s.Background
	case !r.outAlpha:
		op.Background = White
	}
	return r.push(op)
}

// radii are in pixels, at most half the short side. Fractions are of the short side.
func (r *resolver) radii(radii [4]Length) (px [4]float64) {
	short := min(r.page.w, r.page.h)
	for i, l := range radii {
		px[i] = min(float64(l.distance(short)), float64(short)/2)
	}
	return px
}

// push appends an operation, unless it does nothing, and moves on to the page
// that it leaves.
func (r *resolver) push(op Op) error {
	if op = oneForm(op, r.page); r.idle(op) {
		return nil
	}
	to, err := after(op, r.page)
	if limit := r.lim.page(to, r.plan.Input.Pages); limit != nil {
		return limit
	}
	if err != nil {
		return fmt.Errorf("resolve: %w", err)
	}
	r.place = r.place.then(motion(op, r.page, to))
	r.page, r.alpha = to, alphaAfter(op, r.alpha)
	if e, ok := op.(OpExtract); ok && len(r.plan.Ops) > r.floor {
		last := len(r.plan.Ops) - 1
		if before, ok := r.plan.Ops[last].(OpExtract); ok {
			e.X, e.Y = e.X+before.X, e.Y+before.Y
			r.plan.Ops[last] = e
			return nil
		}
	}
	r.plan.Ops = append(r.plan.Ops, op)
	return nil
}

// idle reports that an operation would not change the page.
func (r *resolver) idle(op Op) bool {
	switch op := op.(type) {
	case OpResize:
		return size{op.Width, op.Height} == r.page
	case OpExtract:
		return size{op.Width, op.Height} == r.page
	case OpEmbed:
		return size{op.Width, op.Height} == r.page
	case OpRound:
		return !op.Ellipse && op.Radii == [4]float64{}
	case OpFlatten:
		return !r.alpha
	}
	return false
}
