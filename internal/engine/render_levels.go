package engine

import (
	"math"

	"tintype/internal/transform"
)

// histogram counts bytes of a channel over all pages.
type histogram [256]int

func (h *histogram) total() (n int) {
	for _, c := range h {
		n += c
	}
	return n
}

// mean is in the unit range.
func (h *histogram) mean() float64 {
	sum := 0
	for v, c := range h {
		sum += v * c
	}
	return float64(sum) / 255 / float64(h.total())
}

// bounds are the values beyond which no more than a share of all lies.
func (h *histogram) bounds(share float64) (lo, hi int) {
	most := share * float64(h.total())
	for n := h[0]; float64(n) <= most && lo < 255; n += h[lo] {
		lo++
	}
	hi = 255
	for n := h[255]; float64(n) <= most && hi > 0; n += h[hi] {
		hi--
	}
	return lo, hi
}

// levels changes nothing where there is nothing to count.
func (p *picture) levels(op transform.OpLevels) error {
	return p.inGo(func(r *raster) {
		luma, channels := r.histograms()
		if luma.total() == 0 {
			return
		}
		var t [3]transform.Curve
		for i := range t {
			h := luma
			if op.Mode == transform.LevelsChannels {
				h = &channels[i]
			}
			t[i] = h.levelled(op)
		}
		red, green, blue := &t[0], &t[1], &t[2]
		r.eachPixel(func(q []byte) { q[0], q[1], q[2] = red[q[0]], green[q[1]], blue[q[2]] })
	})
}

func (r *raster) histograms() (luma *histogram, channels *[3]histogram) {
	luma, channels = new(histogram), new([3]histogram)
	r.eachPixel(func(q []byte) {
		if q[3] == 0 {
			return
		}
		luma[lumaOf(q[0], q[1], q[2])]++
		for i := range 3 {
			channels[i][q[i]]++
		}
	})
	return luma, channels
}

// levelled is the table that fits what the histogram counted.
func (h *histogram) levelled(op transform.OpLevels) (t transform.Curve) {
	f := func(v float64) float64 { return v }
	switch op.Mode {
	case transform.LevelsContrast, transform.LevelsChannels:
		if lo, hi := h.bounds(op.Clip); hi > lo {
			f = func(v float64) float64 { return (v*255 - float64(lo)) / float64(hi-lo) }
		}
	case transform.LevelsBrightness:
		g := math.Log(0.5) / math.Log(max(0.02, min(0.98, h.mean())))
		g = max(0.5, min(2, g))
		f = func(v float64) float64 { return math.Pow(v, g) }
	case transform.LevelsEqualize:
		var upTo [256]float64
		n, total, first := 0, h.total(), -1.0
		for v, c := range h {
			n += c
			upTo[v] = float64(n) / float64(total)
			if first < 0 && c > 0 {
				first = upTo[v]
			}
		}
		if first < 1 {
			f = func(v float64) float64 { return (upTo[int(math.Round(v*255))] - first) / (1 - first) }
		}
	}
	for v := range t {
		t[v] = byteOf(float32(255 * f(float64(v)/255)))
	}
	return t
}
