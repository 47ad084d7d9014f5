package transform

import (
	"math"

	"tintype/internal/media"
)

// shape resolves what bends the page or cuts by its pixels.
func (r *resolver) shape(s Step) error {
	switch s := s.(type) {
	case Trim:
		return r.trim(s)
	case Perspective:
		var q [4]Point
		for i := range q {
			q[i] = Point{s.Corners[2*i].coordinate(r.page.w), s.Corners[2*i+1].coordinate(r.page.h)}
		}
		return r.quad(q, s.Background)
	case Shear:
		w, h := float64(r.page.w), float64(r.page.h)
		tx, ty := math.Tan(s.X*math.Pi/180), math.Tan(s.Y*math.Pi/180)
		slant := func(x, y float64) Point { return Point{x + tx*(h-y), y + ty*x} }
		return r.quad([4]Point{slant(0, 0), slant(w, 0), slant(w, h), slant(0, h)}, s.Background)
	case Arc:
		if math.Abs(s.Degrees) < 1 {
			return media.Errorf(media.Invalid, "Invalid degrees of arc: %s", number(s.Degrees))
		}
		op := arcOf(s.Degrees, r.page)
		op.Background = r.behind(s.Background)
		return r.push(op)
	case Corners:
		var rx, ry [4]float64
		for i := range rx {
			rx[i] = max(0, s.Horizontal[i].coordinate(r.page.w))
			ry[i] = max(0, s.Vertical[i].coordinate(r.page.h))
		}
		return r.push(cssRadii(rx, ry, r.page))
	}
	return nil
}

// behind is what shows where the page does not reach.
func (r *resolver) behind(c *Color) Color {
	switch {
	case c != nil:
		return *c
	case r.outAlpha:
		return Transparent
	}
	return White
}

// quad moves the corners, on a canvas that is the box around them.
func (r *resolver) quad(q [4]Point, background *Color) error {
	x1, y1, x2, y2 := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, c := range q {
		x1, y1, x2, y2 = min(x1, c.X), min(y1, c.Y), max(x2, c.X), max(y2, c.Y)
	}
	op := OpPerspective{Background: r.behind(background)}
	up := func(v float64) int { return int(max(1, min(math.Ceil(v-1e-6), huge))) }
	op.Width, op.Height = up(x2-x1), up(y2-y1)
	for i, c := range q {
		op.Quad[i] = Point{min(c.X-x1, float64(op.Width)), min(c.Y-y1, float64(op.Height))}
	}
	if err := r.lim.page(size{op.Width, op.Height}, 1); err != nil {
		return err
	}
	if !convex(op.Quad) {
		return media.Errorf(media.Invalid, "Corners are not those of a convex quadrilateral")
	}
	if op.Quad == ([4]Point{{0, 0}, {float64(r.page.w), 0}, {float64(r.page.w), float64(r.page.h)}, {0, float64(r.page.h)}}) {
		return nil
	}
	return r.push(op)
}

// trim cuts a border away; what is not border is measured on the page.
func (r *resolver) trim(s Trim) error {
	on, err := r.current()
	if err != nil {
		return err
	}
	var b box
	if r.blank && on == nil {
		return nil
	}
	a, err := r.ask(Ask{What: WhatTrim, Tolerance: s.Tolerance, Color: s.Color, On: on})
	if err != nil || len(a.Boxes) == 0 {
		return err
	}
	w, h := float64(r.page.w), float64(r.page.h)
	f := a.Boxes[0]
	if !within(0, 1, f.X, f.Y, f.Width, f.Height) {
		return nil
	}
	b = box{f.X * w, f.Y * h, f.Width * w, f.Height * h}
	pad := max(0, float64(s.Padding.distance(r.page.w)))
	b = box{b.x - pad, b.y - pad, b.w + 2*pad, b.h + 2*pad}
	rect, ok := b.rect(r.page)
	if !ok {
		return nil
	}
	return r.push(OpExtract(rect))
}
