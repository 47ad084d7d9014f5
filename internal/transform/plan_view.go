package transform

// Shown is the rectangle of the source's page, as it is loaded, that the
// result shows: the whole pixels nearest to where the result's corners come
// from. False where nothing of the page is left to be seen, or where the
// operations cannot be followed back.
func (p Plan) Shown() (Rect, bool) {
	from := size{p.Input.Width, p.Input.Height}
	place, page := translation(0, 0), from
	for _, op := range p.Ops {
		to, err := after(op, page)
		if err != nil {
			return Rect{}, false
		}
		place, page = place.then(motion(op, page, to)), to
	}
	back, ok := place.inverse()
	if !ok {
		return Rect{}, false
	}
	b, ok := (box{0, 0, float64(page.w), float64(page.h)}).on(back, from)
	if !ok {
		return Rect{}, false
	}
	x, y := int(roundHalfUp(b.x)), int(roundHalfUp(b.y))
	right, bottom := int(roundHalfUp(b.x+b.w)), int(roundHalfUp(b.y+b.h))
	return Rect{x, y, max(1, right-x), max(1, bottom-y)}, true
}

// Picture is the plan's result as something that can be asked about: nil is
// the upright source's first page. False where the result shows, or is made
// with, another source than the plan's own.
func (p Plan) Picture() (*Picture, bool) {
	if len(p.Sources) > 0 {
		return nil, false
	}
	in := p.Input
	if in.List != nil {
		in.First, in.List = in.List[0], nil
	}
	in.Pages = 1
	if len(p.Ops) == 0 && in.First == 0 && in.Density == 0 && !in.IgnoreOrientation {
		return nil, true
	}
	return &Picture{Input: in, Ops: p.Ops, Width: p.Width, Height: p.Height}, true
}

// inverse undoes a map; false where it has flattened the plane.
func (m affine) inverse() (affine, bool) {
	det := m.a*m.e - m.b*m.d
	if !(det > 1e-12 || det < -1e-12) {
		return affine{}, false
	}
	n := affine{a: m.e / det, b: -m.b / det, d: -m.d / det, e: m.a / det}
	n.c = -(n.a*m.c + n.b*m.f)
	n.f = -(n.d*m.c + n.e*m.f)
	return n, true
}

// Alpha reports whether the last page may be transparent, where the source
// has alpha or has not.
func (p Plan) Alpha(source bool) bool {
	for _, op := range p.Ops {
		source = alphaAfter(op, source)
	}
	return source
}

// In is the box in whole pixels of a picture of a size: the nearest ones,
// inside the picture and at least one each way.
func (b Box4) In(width, height int) Rect {
	x1, y1 := clamp(int(roundHalfUp(b.X*float64(width))), width-1), clamp(int(roundHalfUp(b.Y*float64(height))), height-1)
	x2, y2 := clamp(int(roundHalfUp((b.X+b.Width)*float64(width))), width), clamp(int(roundHalfUp((b.Y+b.Height)*float64(height))), height)
	return Rect{x1, y1, max(1, x2-x1), max(1, y2-y1)}
}
