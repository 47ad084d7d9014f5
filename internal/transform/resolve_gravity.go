package transform

import (
	"math"

	"tintype/internal/media"
)

// surround is what lies around a picture on a larger canvas.
type surround struct {
	color    *Color
	backdrop *Backdrop
}

// held is what a Gravity comes to: a box that was found, or an anchor that
// need not be looked for (which Attention still is).
type held struct {
	Gravity
	box *box
}

// hold looks for what g holds on to, and turns to its fallback.
func (r *resolver) hold(g Gravity) (held, error) {
	for _, a := range []Anchor{g.Anchor, g.Fallback} {
		if !a.found() {
			return held{Gravity{Anchor: a, X: g.X, Y: g.Y}, nil}, nil
		}
		boxes, err := r.boxes(a, g.Name)
		if err != nil {
			return held{}, err
		}
		if len(boxes) == 0 {
			continue
		}
		b := boxes[0]
		if a == Faces {
			for _, one := range boxes[1:] {
				b = b.union(one)
			}
		}
		return held{g, &b}, nil
	}
	return held{Gravity{X: g.X, Y: g.Y}, nil}, nil
}

// boxes are those that an anchor finds, on the page, the largest first: for
// Face one at most. An animation's faces would be those of one frame.
func (r *resolver) boxes(a Anchor, name string) ([]box, error) {
	if r.blank {
		return nil, nil
	}
	stored := r.facts.Stored(a, name)
	if a == Faces {
		stored = r.facts.Stored(Face, name)
	}
	if len(stored) == 0 && (a == Face || a == Faces) && !r.info.Animated {
		found, err := r.ask(Ask{What: WhatFaces, On: r.sourcePage()})
		if err != nil {
			return nil, err
		}
		stored = found.Boxes
	}
	var boxes []box
	w, h := float64(r.info.Width), float64(r.info.Height)
	for _, s := range stored[:min(len(stored), maxRegions)] {
		if !within(-1, 2, s.X, s.Y, s.Width, s.Height) {
			continue
		}
		if b, ok := (box{s.X * w, s.Y * h, s.Width * w, s.Height * h}).on(r.place, r.page); ok {
			boxes = append(boxes, b)
		}
	}
	if a != Faces && len(boxes) > 1 {
		boxes = boxes[:1]
	}
	return boxes, nil
}

func (r *resolver) resize(s Resize) error {
	from := r.page
	s.Box = r.relative(s.Box)
	if s.Fit == Closeup {
		return r.closeup(s)
	}
	f := s.fit(from)
	if err := r.push(OpResize{f.scaled.w, f.scaled.h}); err != nil {
		return err
	}
	switch s.Fit {
	case Cover:
		return r.cut(f.canvas, s.Gravity, from)
	case Contain:
		return r.embed(f.canvas, s.Gravity, from, surround{s.Background, s.Backdrop})
	}
	return nil
}

// closeup cuts around what was found and scales that to the box.
func (r *resolver) closeup(s Resize) error {
	to, p := s.Box.resolve(r.page), r.page
	g, err := r.hold(s.Gravity)
	if err != nil {
		return err
	}
	zoom := s.Zoom
	if zoom == 0 {
		zoom = 1
	}
	ratio := float64(to.w) / float64(to.h)
	var window size
	if g.box != nil {
		around := 1.0
		if g.Anchor == Face || g.Anchor == Faces || s.Gravity.Fallback == Face || s.Gravity.Fallback == Faces {
			around = 1.5
		}
		window = smallest(ratio, g.box.grown(around/zoom), p)
	} else {
		most := largest(ratio, p)
		window = size{whole(float64(most.w) / max(zoom, 1)), whole(float64(most.h) / max(zoom, 1))}
	}
	if err := r.window(window, g, p); err != nil {
		return err
	}
	return r.push(OpResize{to.w, to.h})
}

// smallest is the smallest region of a ratio that holds a box, inside the page.
func smallest(ratio float64, b box, p size) size {
	ratio = max(1.0/huge, min(ratio, huge))
	w := max(b.w, b.h*ratio, 1)
	h := max(w/ratio, 1)
	if scale := min(1, float64(p.w)/w, float64(p.h)/h); scale < 1 {
		w, h = w*scale, h*scale
	}
	return size{min(whole(w), p.w), min(whole(h), p.h)}
}

// relative makes fractions that count something else than the page pixels.
func (r *resolver) relative(b Box) Box {
	var w, h float64
	switch {
	case r.of == OfBase && r.base != nil:
		w, h = float64(r.base.page.w), float64(r.base.page.h)
	case r.of == OfFound && r.found != nil:
		w, h = r.found.w, r.found.h
	default:
		return b
	}
	if b.Width.Unit == Fraction {
		b.Width = extent(Px(b.Width.Value*w), 1)
	}
	if b.Height.Unit == Fraction {
		b.Height = extent(Px(b.Height.Value*h), 1)
	}
	return b
}

// box is the size asked for, over the page.
func (r *resolver) box(b Box) size { return r.relative(b).resolve(r.page) }

func (r *resolver) extract(s Extract) error {
	g, err := r.hold(s.Gravity)
	if err != nil {
		return err
	}
	sides := s.Box.Width.Given() || s.Box.Height.Given()
	var want size
	switch {
	case g.box != nil && !sides:
		want = r.region(s, *g.box)
	case s.OfFound && g.box != nil:
		of := size{whole(g.box.w), whole(g.box.h)}
		want = s.Box.resolve(of)
	default:
		want = r.box(s.Box)
	}
	x, y, err := r.corner(s, g, want)
	if err != nil {
		return err
	}
	return r.take(s, want, x, y)
}

// region is what was found divided by Zoom, grown to Ratio.
func (r *resolver) region(s Extract, b box) size {
	if s.Zoom != 0 {
		b = b.grown(1 / s.Zoom)
	}
	if s.Box.Ratio > 0 {
		return smallest(s.Box.Ratio, b, r.page)
	}
	return size{whole(b.w), whole(b.h)}
}

// corner is where a region of a size begins, wherever that is.
func (r *resolver) corner(s Extract, g held, want size) (x, y int, err error) {
	p := r.page
	if s.corner() {
		return g.X.distance(p.w), g.Y.distance(p.h), nil
	}
	if !s.Pad && !s.Strict {
		want = size{min(want.w, p.w), min(want.h, p.h)}
	}
	room := size{p.w - want.w, p.h - want.h}
	if px, py, ok, err := r.point(g, p); ok || err != nil {
		return int(math.Floor(px - float64(want.w)/2 + 1e-6)), int(math.Floor(py - float64(want.h)/2 + 1e-6)), err
	}
	x, y = g.along(room, p)
	if d := compass[g.Anchor]; g.Anchor != AtPosition {
		// What is padded around a picture in the middle is rounded as in Extend.
		if d.x == 0 && room.w < 0 {
			x += room.w & 1
		}
		if d.y == 0 && room.h < 0 {
			y += room.h & 1
		}
	}
	return x, y, nil
}

// take cuts the region out: clipped or moved inside, or padded.
func (r *resolver) take(s Extract, want size, x, y int) error {
	p := r.page
	outside := x < 0 || y < 0 || x > p.w-want.w || y > p.h-want.h
	if outside && s.Strict {
		return media.Errorf(media.Invalid, "Region of extract leaves the picture of %dx%d pixels", p.w, p.h)
	}
	if !s.corner() && !s.Pad {
		want = size{min(want.w, p.w), min(want.h, p.h)}
		return r.push(OpExtract{clamp(x, p.w-want.w), clamp(y, p.h-want.h), want.w, want.h})
	}
	x1, y1 := max(x, 0), max(y, 0)
	x2, y2 := min(x+want.w, p.w), min(y+want.h, p.h)
	if x1 >= x2 || y1 >= y2 {
		return media.Errorf(media.Invalid, "Region of extract lies outside the picture of %dx%d pixels", p.w, p.h)
	}
	if err := r.push(OpExtract{x1, y1, x2 - x1, y2 - y1}); err != nil || !s.Pad {
		return err
	}
	return r.canvas(want, x1-x, y1-y, surround{s.Background, s.Backdrop})
}

func clamp(v, most int) int { return max(0, min(v, most)) }

// cut extracts a window that fits in the page. Offsets and points of g refer
// to a page of size from, which was scaled to the one at hand.
func (r *resolver) cut(window size, g Gravity, from size) error {
	if window == r.page {
		return nil
	}
	h, err := r.hold(g)
	if err != nil {
		return err
	}
	return r.window(window, h, from)
}

func (r *resolver) window(window size, g held, from size) error {
	room := size{r.page.w - window.w, r.page.h - window.h}
	if room == (size{}) {
		return nil
	}
	op := OpExtract{Width: window.w, Height: window.h}
	px, py, ok, err := r.point(g, from)
	if err != nil {
		return err
	}
	if ok {
		op.X, op.Y = around(px, window.w, room.w), around(py, window.h, room.h)
	} else {
		x, y := g.along(room, from)
		op.X, op.Y = clamp(x, room.w), clamp(y, room.h)
	}
	return r.push(op)
}

// along places one page on another by a compass point or a position; room,
// which may be negative, is how much larger the other is.
func (g Gravity) along(room, from size) (x, y int) {
	if g.Anchor == AtPosition {
		return g.X.distance(room.w), g.Y.distance(room.h)
	}
	d := compass[g.Anchor]
	return beside(d.x, room.w, g.X.distance(from.w)), beside(d.y, room.h, g.Y.distance(from.h))
}

// beside is the place along one axis on the side of d, moved inwards by off.
func beside(d, room, off int) int {
	switch d {
	case -1:
		return off
	case 1:
		return room - off
	}
	return int(math.Floor(float64(room)/2)) + off
}

// embed puts the page on a canvas that holds it. What must be looked for has
// become Center by normalization.
func (r *resolver) embed(canvas size, g Gravity, from size, around surround) error {
	if canvas == r.page {
		return nil
	}
	room := size{canvas.w - r.page.w, canvas.h - r.page.h}
	var x, y int
	if g.Anchor == AtPoint {
		px, py, _, err := r.point(held{Gravity: g}, from)
		if err != nil {
			return err
		}
		x, y = opposite(px, canvas.w, room.w), opposite(py, canvas.h, room.h)
	} else {
		x, y = g.along(room, from)
		x, y = clamp(x, room.w), clamp(y, room.h)
	}
	return r.canvas(canvas, x, y, around)
}

// canvas puts the page at x, y of a canvas. Its sides may still be huge:
// nothing is computed from them before push has checked them.
func (r *resolver) canvas(to size, x, y int, around surround) error {
	op := OpEmbed{X: x, Y: y, Width: to.w, Height: to.h, Background: White, Backdrop: around.backdrop}
	switch {
	case around.color != nil:
		op.Background = *around.color
	case r.info.Alpha && r.outAlpha:
		op.Background = Transparent
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
func (r *resolver) point(g held, from size) (x, y float64, ok bool, err error) {
	switch {
	case g.box != nil:
		x, y = g.box.middle()
		return x + float64(g.X.distance(from.w)), y + float64(g.Y.distance(from.h)), true, nil
	case g.Anchor == AtPoint:
		x = g.X.coordinate(from.w) * float64(r.page.w) / float64(from.w)
		y = g.Y.coordinate(from.h) * float64(r.page.h) / float64(from.h)
		return x, y, true, nil
	case g.Anchor != Attention || r.info.Animated || r.blank:
		return 0, 0, false, nil
	}
	a, err := r.ask(Ask{What: WhatFocus, On: r.sourcePage()})
	if err != nil {
		return 0, 0, false, err
	}
	part := func(v float64) float64 {
		if math.IsNaN(v) {
			return 0.5
		}
		return max(0, min(v, 1))
	}
	x, y = r.place.apply(part(a.X)*float64(r.info.Width), part(a.Y)*float64(r.info.Height))
	return x + float64(g.X.distance(from.w)), y + float64(g.Y.distance(from.h)), true, nil
}
