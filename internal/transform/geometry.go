package transform

import "math"

// size is a width and a height in whole pixels, each from 1 to huge.
type size struct{ w, h int }

// whole rounds a positive number half up to pixels, from 1 to huge.
func whole(v float64) int {
	return int(min(math.Max(1, roundHalfUp(v)), huge))
}

// scaled is n*to/from rounded half up, in whole numbers: no error of floats
// may move a side by a pixel. n and to are at most huge, from a page's side.
func scaled(n, to, from int) int {
	v := (2*int64(n)*int64(to) + int64(from)) / (2 * int64(from))
	return int(min(max(v, 1), huge))
}

// side is the pixels of a given width or height.
func (l Length) side(base int) int {
	if l.Unit == Fraction {
		return whole(l.Value * float64(base))
	}
	return whole(l.Value)
}

// distance is the pixels of an offset; 0 when absent.
func (l Length) distance(base int) int {
	v := l.Value
	switch l.Unit {
	case Absent:
		return 0
	case Fraction:
		v *= float64(base)
	}
	return int(max(-huge, min(roundHalfUp(v), huge)))
}

// coordinate is like distance, not rounded.
func (l Length) coordinate(base int) float64 {
	switch l.Unit {
	case Absent:
		return 0
	case Fraction:
		return l.Value * float64(base)
	}
	return l.Value
}

// resolve returns the box asked for, over a page.
func (b Box) resolve(p size) size {
	w, h := b.Width.Given(), b.Height.Given()
	switch {
	case w && h:
		return size{b.Width.side(p.w), b.Height.side(p.h)}
	case w:
		s := size{w: b.Width.side(p.w)}
		switch {
		case b.Ratio > 0:
			s.h = whole(float64(s.w) / b.Ratio)
		case b.FreeRatio:
			s.h = p.h
		default:
			s.h = scaled(p.h, s.w, p.w)
		}
		return s
	case h:
		s := size{h: b.Height.side(p.h)}
		switch {
		case b.Ratio > 0:
			s.w = whole(float64(s.h) * b.Ratio)
		case b.FreeRatio:
			s.w = p.w
		default:
			s.w = scaled(p.w, s.h, p.h)
		}
		return s
	case b.Ratio > 0:
		return largest(b.Ratio, p)
	}
	return p
}

// largest is the largest rectangle of a ratio inside the page; it keeps the
// page's width where the ratio is wide and its height where it is tall, as
// long as that fits.
func largest(ratio float64, p size) size {
	byWidth := size{p.w, whole(float64(p.w) / ratio)}
	byHeight := size{whole(float64(p.h) * ratio), p.h}
	if (ratio > 1 && byWidth.h <= p.h) || byHeight.w > p.w {
		return size{p.w, min(byWidth.h, p.h)}
	}
	return byHeight
}

// wider reports that the box is at least as wide for its height as the page.
func wider(box, p size) bool {
	return int64(box.w)*int64(p.h) >= int64(box.h)*int64(p.w)
}

// inside is the largest size of the page's ratio that fits in the box.
func inside(box, p size) size {
	if wider(box, p) {
		return size{min(scaled(p.w, box.h, p.h), box.w), box.h}
	}
	return size{box.w, min(scaled(p.h, box.w, p.w), box.h)}
}

// outside is the smallest size of the page's ratio that covers the box.
func outside(box, p size) size {
	if wider(box, p) {
		return size{box.w, max(scaled(p.h, box.w, p.w), box.h)}
	}
	return size{max(scaled(p.w, box.h, p.h), box.w), box.h}
}

// fitted is what a Resize comes to: the page is scaled to scaled, then cut or
// padded to canvas.
type fitted struct{ scaled, canvas size }

// fit resolves a normal Resize over a page.
func (s Resize) fit(p size) fitted {
	box := s.Box.resolve(p)
	target := box
	if !s.Box.follows() {
		switch s.Fit {
		case Inside, Contain:
			target = inside(box, p)
		case Outside, Cover:
			target = outside(box, p)
		}
	}
	switch {
	case s.Fit == Fill && s.Limit == ReduceOnly:
		target = size{min(box.w, p.w), min(box.h, p.h)}
	case s.Fit == Fill && s.Limit == EnlargeOnly:
		target = size{max(box.w, p.w), max(box.h, p.h)}
	case s.Fit == Cover && s.Limit == ReduceOnly:
		if box.w > p.w || box.h > p.h {
			// Covering would enlarge: keep the scale and cut what is too long.
			return fitted{p, size{min(box.w, p.w), min(box.h, p.h)}}
		}
	case s.Limit == ReduceOnly:
		target = reduceOnly(target, p)
	case s.Limit == EnlargeOnly:
		target = enlargeOnly(target, p)
	}
	switch s.Fit {
	case Cover:
		return fitted{target, box}
	case Contain:
		return fitted{target, size{max(box.w, target.w), max(box.h, target.h)}}
	}
	return fitted{target, target}
}

// reduceOnly and enlargeOnly give the page up for target only in their
// direction. Target has the page's ratio, up to rounding.
func reduceOnly(target, p size) size {
	if target.w > p.w || target.h > p.h {
		return p
	}
	return target
}

func enlargeOnly(target, p size) size {
	if target.w < p.w || target.h < p.h {
		return p
	}
	return target
}

// direction says where a compass point lies on each axis: -1, 0 or 1.
type direction struct{ x, y int }

var compass = map[Anchor]direction{
	"": {}, Center: {},
	North: {0, -1}, NorthEast: {1, -1}, East: {1, 0}, SouthEast: {1, 1},
	South: {0, 1}, SouthWest: {-1, 1}, West: {-1, 0}, NorthWest: {-1, -1},
}

// around places a window of a length so that v is in its middle, as far as
// room allows.
func around(v float64, window, room int) int {
	return int(max(0, min(math.Floor(v-float64(window)/2+1e-6), float64(room))))
}

// affine maps points: x' = a*x + b*y + c, y' = d*x + e*y + f.
type affine struct{ a, b, c, d, e, f float64 }

func (m affine) apply(x, y float64) (float64, float64) {
	return m.a*x + m.b*y + m.c, m.d*x + m.e*y + m.f
}

// then is m followed by n.
func (m affine) then(n affine) affine {
	return affine{
		n.a*m.a + n.b*m.d, n.a*m.b + n.b*m.e, n.a*m.c + n.b*m.f + n.c,
		n.d*m.a + n.e*m.d, n.d*m.b + n.e*m.e, n.d*m.c + n.e*m.f + n.f,
	}
}

func translation(x, y int) affine {
	return affine{1, 0, float64(x), 0, 1, float64(y)}
}

// stored maps the upright picture back to the pixels as they are stored
// under an Exif orientation. Width and height are those of the upright picture.
func stored(orientation, width, height int) affine {
	w, h := float64(width), float64(height)
	switch orientation {
	case 2:
		return affine{-1, 0, w, 0, 1, 0}
	case 3:
		return affine{-1, 0, w, 0, -1, h}
	case 4:
		return affine{1, 0, 0, 0, -1, h}
	case 5:
		return affine{0, 1, 0, 1, 0, 0}
	case 6:
		return affine{0, 1, 0, -1, 0, w}
	case 7:
		return affine{0, -1, h, -1, 0, w}
	case 8:
		return affine{0, -1, h, 1, 0, 0}
	}
	return affine{1, 0, 0, 0, 1, 0}
}

// sincos is exact at right angles.
func sincos(degrees float64) (sin, cos float64) {
	switch degrees {
	case 90:
		return 1, 0
	case 180:
		return 0, -1
	case 270:
		return -1, 0
	}
	return math.Sincos(degrees * math.Pi / 180)
}

// rotated is the box around a page that was turned.
func rotated(degrees float64, p size) size {
	sin, cos := sincos(degrees)
	w, h := float64(p.w), float64(p.h)
	up := func(v float64) int { return int(math.Max(1, math.Ceil(v-1e-6))) }
	return size{
		up(math.Abs(w*cos) + math.Abs(h*sin)),
		up(math.Abs(w*sin) + math.Abs(h*cos)),
	}
}
