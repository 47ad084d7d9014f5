package transform

import "math"

// convex reports that the corners turn the same way all along.
func convex(q [4]Point) bool {
	sign := 0.0
	for i := range q {
		a, b, c := q[i], q[(i+1)%4], q[(i+2)%4]
		cross := (b.X-a.X)*(c.Y-b.Y) - (b.Y-a.Y)*(c.X-b.X)
		if math.Abs(cross) < 1e-6 || cross*sign < 0 || math.IsNaN(cross) {
			return false
		}
		sign = cross
	}
	return true
}

// arcOf is the operation that bends a page by degrees, 1 to 360 or -1 to -360.
func arcOf(degrees float64, p size) OpArc {
	w, h := float64(p.w), float64(p.h)
	theta := math.Abs(degrees) * math.Pi / 180
	radius := w / theta
	outer, inner := radius+h/2, max(0, radius-h/2)
	half := theta / 2
	reach := outer
	if half < math.Pi/2 {
		reach = outer * math.Sin(half)
	}
	low := max(-inner*math.Cos(half), -outer*math.Cos(half))
	up := func(v float64) int { return int(max(1, min(math.Ceil(v-1e-6), huge))) }
	op := OpArc{Degrees: degrees, Width: up(2 * reach), Height: up(outer + low)}
	op.CX, op.CY = float64(op.Width)/2, outer
	if degrees < 0 {
		op.CY = float64(op.Height) - outer
	}
	return op
}

// cssRadii reduces radii that overlap, as Corners says.
func cssRadii(rx, ry [4]float64, p size) OpCorners {
	w, h := float64(p.w), float64(p.h)
	most := max((rx[0]+rx[1])/w, (rx[3]+rx[2])/w, (ry[0]+ry[3])/h, (ry[1]+ry[2])/h)
	k := 1.0
	if most > 1 {
		k = 1.001 * most
	}
	op := OpCorners{}
	for i := range rx {
		op.RX[i], op.RY[i] = roundHalfUp(rx[i]/k), roundHalfUp(ry[i]/k)
	}
	return op
}

// box is a rectangle in pixels, not rounded.
type box struct{ x, y, w, h float64 }

func (b box) middle() (float64, float64) { return b.x + b.w/2, b.y + b.h/2 }

// union is the box around both.
func (b box) union(c box) box {
	x, y := min(b.x, c.x), min(b.y, c.y)
	return box{x, y, max(b.x+b.w, c.x+c.w) - x, max(b.y+b.h, c.y+c.h) - y}
}

// grown is the box enlarged about its middle.
func (b box) grown(by float64) box {
	x, y := b.middle()
	return box{x - b.w*by/2, y - b.h*by/2, b.w * by, b.h * by}
}

// on maps a box, and takes what of it lies on the page.
func (b box) on(m affine, p size) (box, bool) {
	x1, y1 := math.Inf(1), math.Inf(1)
	x2, y2 := math.Inf(-1), math.Inf(-1)
	for _, c := range [4][2]float64{{b.x, b.y}, {b.x + b.w, b.y}, {b.x, b.y + b.h}, {b.x + b.w, b.y + b.h}} {
		x, y := m.apply(c[0], c[1])
		x1, y1, x2, y2 = min(x1, x), min(y1, y), max(x2, x), max(y2, y)
	}
	x1, y1 = max(x1, 0), max(y1, 0)
	x2, y2 = min(x2, float64(p.w)), min(y2, float64(p.h))
	return box{x1, y1, x2 - x1, y2 - y1}, x2-x1 > 0.5 && y2-y1 > 0.5
}

// rect is the smallest whole rectangle around the box, inside the page.
func (b box) rect(p size) (Rect, bool) {
	x1, y1 := max(0, math.Floor(b.x+1e-6)), max(0, math.Floor(b.y+1e-6))
	x2, y2 := min(float64(p.w), math.Ceil(b.x+b.w-1e-6)), min(float64(p.h), math.Ceil(b.y+b.h-1e-6))
	if !(x2 > x1 && y2 > y1) {
		return Rect{}, false
	}
	return Rect{int(x1), int(y1), int(x2 - x1), int(y2 - y1)}, true
}
