package engine

import (
	"fmt"
	"math"

	"tintype/internal/engine/vips"
	"tintype/internal/transform"
)

// mix mixes premultiplied colour: where the operations left alpha alone that
// is the same as mixing straight colour.
func (p *picture) mix(op transform.OpMix) error {
	if err := p.toColour(); err != nil {
		return fmt.Errorf("to colour: %w", err)
	}
	if err := p.toMemory(); err != nil {
		return err
	}
	changed := *p
	for _, o := range op.Ops {
		if err := changed.do(o); err != nil {
			return fmt.Errorf("%T: %w", o, err)
		}
	}
	if changed.width() != p.width() || changed.height() != p.height() {
		return fmt.Errorf("operations of a mix turn %d x %d into %d x %d", p.width(), p.height(), changed.width(), changed.height())
	}
	there, err := changed.raster()
	if err != nil {
		return err
	}
	return p.inGo(func(r *raster) {
		r.alpha = r.alpha || there.alpha
		amount := float32(op.Amount)
		if len(op.Regions) == 0 {
			mixBytes(r.px, there.px, amount)
			return
		}
		for i := range r.pages {
			mixRegions(r, r.page(i), there.page(i), op.Regions, amount)
		}
	})
}

// mixRegions mixes each pixel once, also where regions overlap.
func mixRegions(r *raster, px, other []byte, regions []transform.Rect, amount float32) {
	in := make([]bool, r.w)
	for y := range r.h {
		from := 4 * y * r.w
		any := false
		zero(in)
		for _, g := range regions {
			if y < g.Y || y >= g.Y+g.Height {
				continue
			}
			for x := max(0, g.X); x < min(r.w, g.X+g.Width); x++ {
				in[x], any = true, true
			}
		}
		if !any {
			continue
		}
		for x, inside := range in {
			if i := from + 4*x; inside {
				mixBytes(px[i:i+4], other[i:i+4], amount)
			}
		}
	}
}

func mixBytes(px, other []byte, amount float32) {
	for i := 0; i+4 <= len(px) && i+4 <= len(other); i += 4 {
		q, o := px[i:i+4:i+4], other[i:i+4:i+4]
		if q[3] == o[3] {
			for c := range 3 {
				q[c] = byteOf(float32(q[c]) + amount*(float32(o[c])-float32(q[c])))
			}
			continue
		}
		a, b := float32(q[3]), float32(o[3])
		alpha := max(0, min(255, a+amount*(b-a)))
		q[3] = byteOf(alpha)
		if alpha == 0 {
			q[0], q[1], q[2] = 0, 0, 0
			continue
		}
		for c := range 3 {
			v, w := float32(q[c])*a, float32(o[c])*b
			q[c] = byteOf((v + amount*(w-v)) / alpha)
		}
	}
}

func (p *picture) pixelate(op transform.OpPixelate) error {
	return p.inGo(func(r *raster) {
		n := op.Size
		sums := make([][5]uint64, (r.w+n-1)/n) // of a row of cells: colours times alpha, alpha, pixels
		r.eachPage(func(px []byte) {
			for top := 0; top < r.h; top += n {
				zero(sums)
				rows := px[4*top*r.w : 4*min(r.h, top+n)*r.w]
				eachCell(rows, r.w, n, func(q []byte, cell int) {
					s, a := &sums[cell], uint64(q[3])
					s[0] += uint64(q[0]) * a
					s[1] += uint64(q[1]) * a
					s[2] += uint64(q[2]) * a
					s[3] += a
					s[4]++
				})
				for i := range sums {
					s := &sums[i]
					for c := range 3 {
						if s[3] > 0 {
							s[c] = (s[c] + s[3]/2) / s[3]
						}
					}
					s[3] = (s[3] + s[4]/2) / s[4]
				}
				eachCell(rows, r.w, n, func(q []byte, cell int) {
					s := &sums[cell]
					q[0], q[1], q[2], q[3] = byte(s[0]), byte(s[1]), byte(s[2]), byte(s[3])
				})
			}
		})
	})
}

// eachCell hands f each pixel of some rows with the number of its cell of n
// pixels of width.
func eachCell(rows []byte, w, n int, f func(q []byte, cell int)) {
	for from := 0; from < len(rows); from += 4 * w {
		line := rows[from : from+4*w]
		cell, left := 0, n
		for x := 0; x+4 <= len(line); x += 4 {
			f(line[x:x+4:x+4], cell)
			if left--; left == 0 {
				cell, left = cell+1, n
			}
		}
	}
}

func (p *picture) vignette(op transform.OpVignette) error {
	return p.inGo(func(r *raster) {
		// The distance is needed by its square only, of which steps this fine
		// do not show.
		const steps = 8192
		var factor [steps + 1]float32
		for i := range factor {
			t := max(0, min(1, (math.Sqrt(float64(i)/steps)-0.4)/0.6))
			factor[i] = float32(1 - op.Amount*t*t*(3-2*t))
		}
		cx, cy := float64(r.w)/2, float64(r.h)/2
		scale := steps / (cx*cx + cy*cy)
		r.eachPage(func(px []byte) {
			for y := range r.h {
				dy := float64(y) + 0.5 - cy
				for x := range r.w {
					dx := float64(x) + 0.5 - cx
					k := factor[int((dx*dx+dy*dy)*scale+0.5)]
					q := px[4*(y*r.w+x):][:4:4]
					for c := range 3 {
						q[c] = byteOf(k * float32(q[c]))
					}
				}
			}
		})
	})
}

func (p *picture) gradient(op transform.OpGradient) error {
	return p.inGo(func(r *raster) {
		sin, cos := math.Sincos(op.Degrees * math.Pi / 180)
		w, h := float64(r.w), float64(r.h)
		long := math.Abs(w*sin) + math.Abs(h*cos)
		colours := gradientColours(op.From, op.To)
		last := float64(len(colours) - 1)
		r.eachPage(func(px []byte) {
			for y := range r.h {
				// Along the line from its start, for the middle of the row's first pixel.
				start := long/2 + (0.5-w/2)*sin - (float64(y)+0.5-h/2)*cos
				for x := range r.w {
					t := max(0, min(1, (start+float64(x)*sin)/op.Length))
					c := colours[int(t*last+0.5)]
					lay(px[4*(y*r.w+x):][:4:4], c, uint32(c.A))
				}
			}
		})
	})
}

// gradientColours goes from one colour to the other, premultiplied on the way.
func gradientColours(from, to transform.Color) []transform.Color {
	all := make([]transform.Color, 4096)
	a, b := float64(from.A), float64(to.A)
	for i := range all {
		t := float64(i) / float64(len(all)-1)
		alpha := a + t*(b-a)
		mix := func(v, w uint8) uint8 {
			if alpha == 0 {
				return 0
			}
			return byteOf(float32((float64(v)*a*(1-t) + float64(w)*b*t) / alpha))
		}
		all[i] = transform.Color{R: mix(from.R, to.R), G: mix(from.G, to.G), B: mix(from.B, to.B), A: byteOf(float32(alpha))}
	}
	return all
}

func (p *picture) fade(op transform.OpFade) error {
	return p.inGo(func(r *raster) {
		r.alpha = true
		across := edgeFactors(r.w, op.Left, op.Right, op.Power)
		down := edgeFactors(r.h, op.Top, op.Bottom, op.Power)
		r.eachPage(func(px []byte) {
			for y, fy := range down {
				line := px[4*y*r.w:]
				for x, fx := range across {
					if f := fx * fy; f < 1 {
						line[4*x+3] = byteOf(f * float32(line[4*x+3]))
					}
				}
			}
		})
	})
}

// edgeFactors is what fading from both ends leaves of n pixels.
func edgeFactors(n int, low, high, power float64) []float32 {
	f := make([]float32, n)
	one := func(d, edge float64) float64 {
		if edge <= 0 || d >= edge {
			return 1
		}
		return math.Pow(d/edge, power)
	}
	for i := range f {
		d := float64(i) + 0.5
		f[i] = float32(one(d, low) * one(float64(n)-d, high))
	}
	return f
}

func (p *picture) corners(op transform.OpCorners) error {
	return p.inGo(func(r *raster) {
		r.alpha = true
		r.eachPage(func(px []byte) {
			for i := range 4 {
				rx, ry := op.RX[i], op.RY[i]
				if rx <= 0 || ry <= 0 {
					continue
				}
				right, low := i == 1 || i == 2, i >= 2
				for dy := range min(r.h, int(math.Ceil(ry))) {
					for dx := range min(r.w, int(math.Ceil(rx))) {
						c := coverage(ellipseDistance(rx-float64(dx)-0.5, ry-float64(dy)-0.5, rx, ry))
						if c == 255 {
							break // and so is the rest of the row
						}
						x, y := dx, dy
						if right {
							x = r.w - 1 - x
						}
						if low {
							y = r.h - 1 - y
						}
						a := &px[4*(y*r.w+x)+3]
						*a = byte((uint32(*a)*uint32(c) + 127) / 255)
					}
				}
			}
		})
	})
}

// inkSoft and inkFull are the gradients where a line begins and where it is
// at its darkest.
const inkSoft, inkFull = 0.1, 0.3

func (p *picture) lines(op transform.OpInk) error {
	return p.inGo(func(r *raster) {
		r.premultiply()
		luma := make([]float32, r.w*r.h)
		r.eachPage(func(px []byte) {
			for i := range luma {
				q := px[4*i : 4*i+4 : 4*i+4]
				luma[i] = (0.2126*float32(q[0]) + 0.7152*float32(q[1]) + 0.0722*float32(q[2])) / 255
			}
			soften(luma, r.w, r.h)
			edges(luma, r.w, r.h, func(i int, e float32) {
				k := 1 - float32(op.Amount)*max(0, min(1, (e-inkSoft)/(inkFull-inkSoft)))
				q := px[4*i : 4*i+4 : 4*i+4]
				for c := range 3 {
					v := float32(q[c])
					if op.Alone {
						v = float32(q[3])
					}
					q[c] = byteOf(k * v)
				}
			})
		})
		r.straighten()
	})
}

// soften is a Gaussian of sigma 1 over a plane, beyond whose edges the
// nearest value counts.
func soften(v []float32, w, h int) {
	const reach = 4
	var weight [reach + 1]float32
	sum := float32(0)
	for i := range weight {
		weight[i] = float32(math.Exp(-float64(i*i) / 2))
		sum += weight[i]
		if i > 0 {
			sum += weight[i]
		}
	}
	for i := range weight {
		weight[i] /= sum
	}
	row := make([]float32, w+2*reach)
	for y := range h {
		line := v[y*w : (y+1)*w]
		copy(row[reach:], line)
		for i := range reach {
			row[i], row[reach+w+i] = line[0], line[w-1]
		}
		for x := range line {
			s := weight[0] * row[x+reach]
			for i := 1; i <= reach; i++ {
				s += weight[i] * (row[x+reach-i] + row[x+reach+i])
			}
			line[x] = s
		}
	}
	// Down the columns row by row: of the rows above only copies are left.
	above := make([][]float32, reach)
	for i := range above {
		above[i] = append([]float32(nil), v[:w]...)
	}
	for y := range h {
		line := v[y*w : (y+1)*w]
		own := append([]float32(nil), line...)
		for x := range line {
			line[x] = weight[0] * own[x]
		}
		for i := 1; i <= reach; i++ {
			below := min(h-1, y+i) * w
			under := v[below : below+w]
			if below == y*w {
				under = own
			}
			over := above[(y-i+reach*reach)%reach]
			for x := range line {
				line[x] += weight[i] * (over[x] + under[x])
			}
		}
		above[y%reach] = own
	}
}

// edges hands f the length of Sobel's gradient at each pixel of a plane.
func edges(v []float32, w, h int, f func(i int, e float32)) {
	for y := range h {
		up, here, low := v[max(0, y-1)*w:][:w], v[y*w:][:w], v[min(h-1, y+1)*w:][:w]
		for x := range w {
			l, r := max(0, x-1), min(w-1, x+1)
			gx := (up[r] + 2*here[r] + low[r] - up[l] - 2*here[l] - low[l]) / 4
			gy := (low[l] + 2*low[x] + low[r] - up[l] - 2*up[x] - up[r]) / 4
			f(y*w+x, float32(math.Sqrt(float64(gx*gx+gy*gy))))
		}
	}
}

// blurPlane moves a plane of bytes right and down, where what is not on it
// counts as 0, and blurs it by a Gaussian.
func (p *picture) blurPlane(px []byte, w, h int, sigma float64, dx, dy int) ([]byte, error) {
	if sigma <= 0 && dx == 0 && dy == 0 {
		return px, nil
	}
	im, err := p.scope.FromPixels(px, w, h, 1, "uchar")
	if err != nil {
		return nil, err
	}
	m := int(math.Ceil(3*sigma)) + 1
	if dx >= w+m || dy >= h+m || -dx >= w+m || -dy >= h+m {
		return make([]byte, len(px)), nil
	}
	c := p.chain(im)
	if sigma > 0 {
		c = c.do("embed", vips.Args{"x": m, "y": m, "width": w + 2*m, "height": h + 2*m, "extend": "black"}).blur(sigma).bytes()
	} else {
		m = 0
	}
	if im, err = c.do("embed", vips.Args{"x": dx - m, "y": dy - m, "width": w, "height": h, "extend": "black"}).result(); err != nil {
		return nil, err
	}
	return im.Pixels()
}
