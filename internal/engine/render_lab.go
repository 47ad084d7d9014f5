package engine

import (
	"math"

	"tintype/internal/transform"
)

// lab is a colour in CIELAB under D65.
type lab [3]float32

func (c lab) minus(d lab) lab { return lab{c[0] - d[0], c[1] - d[1], c[2] - d[2]} }

// length is ΔE*76 of a difference.
func (c lab) length() float32 {
	return float32(math.Sqrt(float64(c[0]*c[0] + c[1]*c[1] + c[2]*c[2])))
}

// labSteps is how many steps of the unit range the curves are tabled in;
// between them a straight line is exact to 0.001 ΔE.
const labSteps = 4096

// labTables converts between bytes of sRGB and CIELAB.
type labTables struct {
	linear [256]float32          // of a byte
	root   [labSteps + 2]float32 // CIELAB's curve of linear light
	bytes  [labSteps + 2]float32 // of linear light, as fractions of a byte
}

func newLabTables() *labTables {
	t := &labTables{}
	for v := range t.linear {
		u := float64(v) / 255
		if u <= 0.04045 {
			t.linear[v] = float32(u / 12.92)
		} else {
			t.linear[v] = float32(math.Pow((u+0.055)/1.055, 2.4))
		}
	}
	for i := range t.root {
		u := float64(i) / labSteps
		if u > 216.0/24389 {
			t.root[i] = float32(math.Cbrt(u))
		} else {
			t.root[i] = float32((24389.0/27*u + 16) / 116)
		}
		if u <= 0.0031308 {
			t.bytes[i] = float32(255 * 12.92 * u)
		} else {
			t.bytes[i] = float32(255 * (1.055*math.Pow(u, 1/2.4) - 0.055))
		}
	}
	return t
}

// interpolate looks u, clipped to the unit range, up in one of the tables.
func interpolate(t *[labSteps + 2]float32, u float32) float32 {
	f := max(0, min(1, u)) * labSteps
	i := int(f)
	return t[i] + (f-float32(i))*(t[i+1]-t[i])
}

func (t *labTables) of(r, g, b byte) lab { return t.ofLight(t.linear[r], t.linear[g], t.linear[b]) }

// ofLight is of for linear light.
func (t *labTables) ofLight(lr, lg, lb float32) lab {
	x := interpolate(&t.root, (0.4124564*lr+0.3575761*lg+0.1804375*lb)/0.95047)
	y := interpolate(&t.root, 0.2126729*lr+0.7151522*lg+0.0721750*lb)
	z := interpolate(&t.root, (0.0193339*lr+0.1191920*lg+0.9503041*lb)/1.08883)
	return lab{116*y - 16, 500 * (x - y), 200 * (y - z)}
}

func (t *labTables) ofColor(c transform.Color) lab { return t.of(c.R, c.G, c.B) }

// write puts a colour, clipped to sRGB, into the first three bytes of q.
func (t *labTables) write(q []byte, c lab) {
	fy := (c[0] + 16) / 116
	x, y, z := 0.95047*unroot(fy+c[1]/500), unroot(fy), 1.08883*unroot(fy-c[2]/200)
	q[0] = byteOf(interpolate(&t.bytes, 3.2404542*x-1.5371385*y-0.4985314*z))
	q[1] = byteOf(interpolate(&t.bytes, -0.9692660*x+1.8760108*y+0.0415560*z))
	q[2] = byteOf(interpolate(&t.bytes, 0.0556434*x-0.2040259*y+1.0572252*z))
}

func unroot(f float32) float32 {
	if f > 6.0/29 {
		return f * f * f
	}
	return (116*f - 16) * 27 / 24389
}

func (p *picture) replaceColor(op transform.OpReplaceColor) error {
	return p.inGo(func(r *raster) {
		t := newLabTables()
		var from lab
		if op.From != nil {
			from = t.ofColor(*op.From)
		} else {
			var ok bool
			if from, ok = r.prominent(t); !ok {
				return
			}
		}
		way := t.ofColor(op.To).minus(from)
		reach := float32(op.Tolerance)
		r.eachPixel(func(q []byte) {
			c := t.of(q[0], q[1], q[2])
			d := c.minus(from).length()
			w := float32(1)
			if d > reach/2 {
				if d >= reach {
					return
				}
				w = 2 * (reach - d) / reach
			}
			t.write(q, lab{c[0] + w*way[0], c[1] + w*way[1], c[2] + w*way[2]})
		})
	})
}

const (
	hueBins   = 36
	minChroma = 20 // from here on a colour counts as saturated
)

// prominent is the mean of the hue that most chroma has.
func (r *raster) prominent(t *labTables) (lab, bool) {
	var weight, count [hueBins]float64
	var sum [hueBins][3]float64
	r.eachPixel(func(q []byte) {
		if q[3] == 0 {
			return
		}
		c := t.of(q[0], q[1], q[2])
		chroma2 := c[1]*c[1] + c[2]*c[2]
		if chroma2 <= minChroma*minChroma {
			return
		}
		turn := math.Atan2(float64(c[2]), float64(c[1]))/(2*math.Pi) + 1
		bin := int(turn*hueBins) % hueBins
		weight[bin] += math.Sqrt(float64(chroma2))
		count[bin]++
		for i := range 3 {
			sum[bin][i] += float64(c[i])
		}
	})
	best := 0
	for i, w := range weight {
		if w > weight[best] {
			best = i
		}
	}
	if count[best] == 0 {
		return lab{}, false
	}
	var mean lab
	for i := range 3 {
		mean[i] = float32(sum[best][i] / count[best])
	}
	return mean, true
}

// keySoft is how far beyond the tolerance alpha comes back.
const keySoft = 0.05

func (p *picture) keyOut(op transform.OpKeyOut) error {
	return p.inGo(func(r *raster) {
		r.alpha = true
		key := op.Color
		if key == nil {
			c, ok := r.rim()
			if !ok {
				return
			}
			key = &c
		}
		t := newLabTables()
		from := t.ofColor(*key)
		keep := make([]byte, r.w*r.h) // of a page, what is left of alpha; below 255 within reach of the key
		r.eachPage(func(px []byte) {
			for i := range keep {
				d := t.of(px[4*i], px[4*i+1], px[4*i+2]).minus(from).length()/100 - float32(op.Tolerance)
				keep[i] = byte(max(0, min(1, d/keySoft)) * 255)
			}
			if op.Connected {
				onlyJoined(keep, r.w, r.h)
			}
			for i, k := range keep {
				if k < 255 {
					px[4*i+3] = byte((uint32(px[4*i+3])*uint32(k) + 127) / 255)
				}
			}
		})
	})
}

// onlyJoined keeps the values below 255 that are joined to the edge by their
// like, and sets the others to 255.
func onlyJoined(keep []byte, w, h int) {
	joined := make([]bool, len(keep))
	var todo []int32
	reach := func(i int) {
		if keep[i] < 255 && !joined[i] {
			joined[i] = true
			todo = append(todo, int32(i))
		}
	}
	for x := range w {
		reach(x)
		reach((h-1)*w + x)
	}
	for y := range h {
		reach(y * w)
		reach(y*w + w - 1)
	}
	for len(todo) > 0 {
		i := int(todo[len(todo)-1])
		todo = todo[:len(todo)-1]
		if x := i % w; x > 0 {
			reach(i - 1)
		}
		if i%w < w-1 {
			reach(i + 1)
		}
		if i >= w {
			reach(i - w)
		}
		if i+w < len(keep) {
			reach(i + w)
		}
	}
	for i, j := range joined {
		if !j {
			keep[i] = 255
		}
	}
}

// rim is the mean of the fullest bin of colours along the edges of all pages.
// What is transparent already does not count.
func (r *raster) rim() (transform.Color, bool) {
	var count, red, green, blue [16 * 16 * 16]int
	add := func(q []byte) {
		if q[3] == 0 {
			return
		}
		bin := int(q[0])>>4<<8 | int(q[1])>>4<<4 | int(q[2])>>4
		count[bin]++
		red[bin] += int(q[0])
		green[bin] += int(q[1])
		blue[bin] += int(q[2])
	}
	r.eachPage(func(px []byte) {
		for y := range r.h {
			line := px[4*y*r.w : 4*(y+1)*r.w]
			step := max(1, r.w-1)
			if y == 0 || y == r.h-1 {
				step = 1
			}
			for x := 0; x < r.w; x += step {
				add(line[4*x : 4*x+4])
			}
		}
	})
	best := 0
	for i, n := range count {
		if n > count[best] {
			best = i
		}
	}
	n := count[best]
	if n == 0 {
		return transform.Color{}, false
	}
	mean := func(sum int) uint8 { return uint8((sum + n/2) / n) }
	return transform.Color{R: mean(red[best]), G: mean(green[best]), B: mean(blue[best]), A: 255}, true
}
