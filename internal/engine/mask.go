package engine

import "math"

// shape is a rectangle with rounded corners, or an ellipse, that fills a box.
type shape struct {
	radii   [4]float64 // top left, top right, bottom right, bottom left
	ellipse bool
}

// shapeOf bounds the radii as CSS does: all shrink alike until no two on one
// side overlap.
func shapeOf(radii [4]float64, ellipse bool, w, h int) shape {
	f := 1.0
	for i, side := range []int{w, h, w, h} {
		if sum := radii[i] + radii[(i+1)%4]; sum > float64(side) {
			f = min(f, float64(side)/sum)
		}
	}
	for i := range radii {
		radii[i] *= f
	}
	return shape{radii, ellipse}
}

// grown is the shape around a frame of a width; square corners stay square.
func (s shape) grown(by int) shape {
	for i, r := range s.radii {
		if r > 0 {
			s.radii[i] = r + float64(by)
		}
	}
	return s
}

// mask is how much of each pixel is covered, 0 to 255, row by row.
type mask struct {
	w, h int
	px   []byte
}

// mask draws the shape in a box of w x h, shrunk by inset on all sides.
func (s shape) mask(w, h, inset int) mask {
	m := mask{w, h, make([]byte, w*h)}
	for y := inset; y < h-inset; y++ {
		row := m.px[y*w+inset : (y+1)*w-inset]
		for x := range row {
			row[x] = 255
		}
	}
	if s.ellipse {
		m.cutEllipse(float64(inset))
	} else {
		m.cutCorners(s.radii, inset)
	}
	return m
}

func (m mask) cutCorners(radii [4]float64, inset int) {
	for i, r := range radii {
		n := int(math.Ceil(r))
		right, bottom := i == 1 || i == 2, i >= 2
		for dy := range n {
			for dx := range n {
				// Distance of the pixel's middle from the corner circle's.
				d := math.Hypot(r-float64(dx)-0.5, r-float64(dy)-0.5)
				x, y := inset+dx, inset+dy
				if right {
					x = m.w - 1 - x
				}
				if bottom {
					y = m.h - 1 - y
				}
				m.px[y*m.w+x] = coverage(d - r)
			}
		}
	}
}

func (m mask) cutEllipse(inset float64) {
	cx, cy := float64(m.w)/2, float64(m.h)/2
	rx, ry := cx-inset, cy-inset
	for y := range m.h {
		v := float64(y) + 0.5 - cy
		// Between these, a row is well inside.
		safe := -1.0
		if q := v / (ry - 1.5); ry > 2 && math.Abs(q) < 1 {
			safe = (rx - 1.5) * math.Sqrt(1-q*q)
		}
		for x := range m.w {
			u := float64(x) + 0.5 - cx
			if math.Abs(u) < safe {
				continue
			}
			m.px[y*m.w+x] = min(m.px[y*m.w+x], coverage(ellipseDistance(u, v, rx, ry)))
		}
	}
}

// ellipseDistance is the distance of a point from an ellipse, negative
// inside, exact to the first order near the edge.
func ellipseDistance(x, y, rx, ry float64) float64 {
	f := math.Hypot(x/rx, y/ry)
	if f == 0 {
		return -min(rx, ry)
	}
	slope := math.Hypot(x/(rx*rx), y/(ry*ry)) / f
	return (f - 1) / slope
}

// coverage is what an edge at a distance d from a pixel's middle leaves of
// the pixel; d is negative when the middle is inside.
func coverage(d float64) byte {
	return byte(math.Round(255 * max(0, min(1, 0.5-d))))
}

// subtract takes another mask, placed at x, y, away.
func (m mask) subtract(o mask, x, y int) {
	for r := range o.h {
		row := m.px[(y+r)*m.w+x:]
		for c, v := range o.px[r*o.w : (r+1)*o.w] {
			row[c] -= min(row[c], v)
		}
	}
}

// scale multiplies by an alpha.
func (m mask) scale(alpha uint8) {
	if alpha == 255 {
		return
	}
	for i, v := range m.px {
		m.px[i] = byte((int(v)*int(alpha) + 127) / 255)
	}
}
