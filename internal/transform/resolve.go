package transform

import (
	"context"
	"fmt"
	"math"

	"tintype/internal/media"
)

// Resolve turns a transformation into a plan for the picture that f knows. It
// asks f.Measure only for what the plan turns on, each question once.
//
// What cannot be done is a *media.Error: Invalid for what Validate refuses,
// a region outside the picture, a passed limit (which wraps a
// *media.LimitError); Unsupported for a format that pictures cannot be
// written in. An error of Measure comes back wrapped. Output.Format must not
// be Auto.
func Resolve(ctx context.Context, t Transformation, f Facts, lim Limits) (Plan, error) {
	lim = lim.withDefaults()
	if err := lim.steps(len(t.Steps)); err != nil {
		return Plan{}, err
	}
	if err := t.Validate(); err != nil {
		return Plan{}, err
	}
	r, err := newResolver(ctx, t.normalize(), f, lim)
	if err != nil {
		return Plan{}, err
	}
	for _, s := range r.t.Steps {
		if err := r.step(s); err != nil {
			return Plan{}, err
		}
	}
	if err := lim.page(r.page, r.plan.Input.Pages); err != nil {
		return Plan{}, err
	}
	r.plan.Width, r.plan.Height = r.page.w, r.page.h
	return r.plan, nil
}

// Reads lists what Resolve may ask to be measured on the picture. Apart from
// these answers a plan depends on the source's Info, the limits and the
// canonical text alone.
func Reads(t Transformation) []Question {
	for _, s := range t.Normalize().Steps {
		var g Gravity
		switch s := s.(type) {
		case Resize:
			g = s.Gravity
		case Extract:
			g = s.Gravity
		}
		if g.Anchor == Attention {
			return []Question{FocusPoint}
		}
	}
	return nil
}

// resolver walks the chain; page, alpha and place describe the page that the
// operations so far leave.
type resolver struct {
	ctx   context.Context
	t     Transformation // normal
	facts Facts
	info  media.Info
	lim   Limits
	plan  Plan

	page     size
	alpha    bool
	outAlpha bool
	place    affine // where a point of the upright source is on the page

	asked  bool
	fx, fy float64 // the focus, in pixels of the upright source
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
		ctx: ctx, t: t, facts: f, info: info, lim: lim,
		page: size{info.Width, info.Height}, alpha: info.Alpha, outAlpha: format.Alpha,
		place: stored(1, info.Width, info.Height),
	}
	if t.Input.IgnoreOrientation && info.Orientation > 1 {
		r.place = stored(info.Orientation, info.Width, info.Height)
		if info.Orientation >= 5 && info.Orientation <= 8 {
			r.page = size{info.Height, info.Width}
		}
	}
	r.plan.Output = out
	r.plan.Input = PlanInput{
		Width: r.page.w, Height: r.page.h,
		IgnoreOrientation: t.Input.IgnoreOrientation,
		Pages:             t.Output.pages(info, format),
	}
	return r, nil
}

// writable are the formats that a source keeps when none is asked for.
var writable = map[string]bool{
	"jpeg": true, "png": true, "webp": true, "avif": true,
	"gif": true, "tiff": true, "jxl": true, "jp2": true,
}

func resolveOutput(o Output, info media.Info) (PlanOutput, error) {
	p := PlanOutput{Format: o.Format, Quality: o.Quality, Progressive: o.Progressive, Background: White}
	if p.Quality == 0 {
		p.Quality = 80
	}
	switch {
	case p.Format == Auto:
		return p, fmt.Errorf("resolve: the output's format is still %q", Auto)
	case p.Format == "svg", p.Format == "pdf":
		return p, media.Errorf(media.Unsupported, "Pictures cannot be written as %s", p.Format)
	case p.Format != "":
	case writable[info.Format]:
		p.Format = info.Format
	case info.Alpha:
		p.Format = "png"
	default:
		p.Format = "jpeg"
	}
	return p, nil
}

// pages is how many pages of the source the output takes.
func (o Output) pages(info media.Info, to media.Format) int {
	if !info.Animated || !to.Animated || o.Frames == FramesFirst || info.Pages < 1 {
		return 1
	}
	if o.Frames == FramesAll || o.Format == "" || o.Format == info.Format || o.Format == "gif" {
		return info.Pages
	}
	return 1
}

func (r *resolver) step(s Step) error {
	if op, ok := colorOp(s); ok {
		return r.push(op)
	}
	switch s := s.(type) {
	case Resize:
		return r.resize(s)
	case Extract:
		return r.extract(s)
	case Extend:
		box := s.Box.resolve(r.page)
		canvas := size{max(box.w, r.page.w), max(box.h, r.page.h)}
		return r.embed(canvas, s.Gravity, r.page, s.Background)
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
	}
	return fmt.Errorf("resolve: no rule for %T", s)
}

func (r *resolver) resize(s Resize) error {
	from := r.page
	f := s.fit(from)
	if err := r.push(OpResize{f.scaled.w, f.scaled.h}); err != nil {
		return err
	}
	switch s.Fit {
	case Cover:
		return r.cut(f.canvas, s.Gravity, from)
	case Contain:
		return r.embed(f.canvas, s.Gravity, from, s.Background)
	}
	return nil
}

func (r *resolver) extract(s Extract) error {
	p, g := r.page, s.Gravity
	box := s.Box.resolve(p)
	if g.Anchor != "" || !g.X.Given() {
		return r.cut(size{min(box.w, p.w), min(box.h, p.h)}, g, p)
	}
	x, y := g.X.distance(p.w), g.Y.distance(p.h)
	x2, y2 := min(x+box.w, p.w), min(y+box.h, p.h)
	x, y = max(x, 0), max(y, 0)
	if x >= x2 || y >= y2 {
		return media.Errorf(media.Invalid, "Region of extract lies outside the picture of %dx%d pixels", p.w, p.h)
	}
	return r.push(OpExtract{x, y, x2 - x, y2 - y})
}

// cut extracts a window that fits in the page. Offsets and points of g refer
// to a page of size from, which was scaled to the one at hand.
func (r *resolver) cut(window size, g Gravity, from size) error {
	room := size{r.page.w - window.w, r.page.h - window.h}
	if room == (size{}) {
		return nil
	}
	op := OpExtract{Width: window.w, Height: window.h}
	dx, dy := g.X.distance(from.w), g.Y.distance(from.h)
	px, py, ok, err := r.point(g, from)
	if err != nil {
		return err
	}
	if ok {
		op.X, op.Y = around(px, window.w, room.w), around(py, window.h, room.h)
	} else {
		d := compass[g.Anchor]
		op.X, op.Y = along(d.x, room.w, dx), along(d.y, room.h, dy)
	}
	return r.push(op)
}

// embed puts the page on a canvas that holds it. Attention has become Center
// by normalization.
func (r *resolver) embed(canvas size, g Gravity, from size, background *Color) error {
	if canvas == r.page {
		return nil
	}
	// The sides of a canvas may still be huge: nothing is computed from them
	// before push has checked them.
	op := OpEmbed{Width: canvas.w, Height: canvas.h, Background: White}
	switch {
	case background != nil:
		op.Background = *background
	case r.info.Alpha && r.outAlpha:
		op.Background = Transparent
	}
	room := size{canvas.w - r.page.w, canvas.h - r.page.h}
	if g.Anchor == AtPoint {
		px, py, _, err := r.point(g, from)
		if err != nil {
			return err
		}
		op.X, op.Y = opposite(px, canvas.w, room.w), opposite(py, canvas.h, room.h)
	} else {
		d := compass[g.Anchor]
		op.X, op.Y = along(d.x, room.w, g.X.distance(from.w)), along(d.y, room.h, g.Y.distance(from.h))
	}
	return r.push(op)
}

// opposite places a picture so that its point v comes to the middle of a
// canvas, as far as room allows.
func opposite(v float64, canvas, room int) int {
	return int(max(0, min(math.Floor(float64(canvas)/2-v+1e-6), float64(room))))
}

// point is what g holds on to, in pixels of the page; ok is false for the
// compass. The focus of an animation would be one frame's: the middle is taken.
func (r *resolver) point(g Gravity, from size) (x, y float64, ok bool, err error) {
	switch {
	case g.Anchor == AtPoint:
		x = g.X.coordinate(from.w) * float64(r.page.w) / float64(from.w)
		y = g.Y.coordinate(from.h) * float64(r.page.h) / float64(from.h)
		return x, y, true, nil
	case g.Anchor != Attention || r.info.Animated:
		return 0, 0, false, nil
	}
	if err := r.focus(); err != nil {
		return 0, 0, false, err
	}
	x, y = r.place.apply(r.fx, r.fy)
	return x + float64(g.X.distance(from.w)), y + float64(g.Y.distance(from.h)), true, nil
}

func (r *resolver) focus() error {
	if r.asked {
		return nil
	}
	a, err := r.facts.Measure(r.ctx, FocusPoint)
	if err != nil {
		return fmt.Errorf("measure %s: %w", FocusPoint, err)
	}
	unit := func(v float64) float64 {
		if math.IsNaN(v) {
			return 0.5
		}
		return max(0, min(v, 1))
	}
	r.asked = true
	r.fx, r.fy = unit(a.X)*float64(r.info.Width), unit(a.Y)*float64(r.info.Height)
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
	if r.idle(op) {
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
	if e, ok := op.(OpExtract); ok && len(r.plan.Ops) > 0 {
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
