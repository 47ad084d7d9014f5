package engine

import (
	"slices"

	"tintype/internal/transform"
)

// A colour's bin holds its five leading bits of each channel.
const quantizeBins = 1 << 15

func binOf(q []byte) int { return int(q[0])>>3<<10 | int(q[1])>>3<<5 | int(q[2])>>3 }

// shade is what a bin holds: how many pixels, and their mean.
type shade struct {
	bin  int
	n    float64
	mean [3]float64
}

func (p *picture) quantize(op transform.OpQuantize) error {
	return p.inGo(func(r *raster) {
		r.eachPage(func(px []byte) { quantizePage(px, op.Colors) })
	})
}

// quantizePage leaves a page that has few enough colours as it is. Others get
// a palette by cutting the largest spread, which is then moved to the means.
func quantizePage(px []byte, colours int) {
	if fewColours(px, colours) {
		return
	}
	shades := shadesOf(px)
	palette := cutPalette(shades, colours)
	var nearest []int
	for range 3 {
		nearest = assign(shades, palette)
		recentre(palette, shades, nearest)
	}
	var table [quantizeBins][3]byte
	for i, s := range shades {
		for c := range 3 {
			table[s.bin][c] = byteOf(float32(palette[nearest[i]][c]))
		}
	}
	for i := 0; i+4 <= len(px); i += 4 {
		copy(px[i:i+3], table[binOf(px[i:i+3])][:])
	}
}

func fewColours(px []byte, most int) bool {
	seen := make(map[uint32]struct{}, most+1)
	last := uint32(1 << 31)
	for i := 0; i+4 <= len(px); i += 4 {
		c := uint32(px[i]) | uint32(px[i+1])<<8 | uint32(px[i+2])<<16
		if c == last {
			continue
		}
		last = c
		if seen[c] = struct{}{}; len(seen) > most {
			return false
		}
	}
	return true
}

// shadesOf has every colour that occurs. That of transparent pixels hardly weighs.
func shadesOf(px []byte) []shade {
	var n [quantizeBins]float64
	var sum [quantizeBins][3]float64
	for i := 0; i+4 <= len(px); i += 4 {
		bin := binOf(px[i:])
		weight := 1.0
		if px[i+3] == 0 {
			weight = 1e-6
		}
		n[bin] += weight
		for c := range 3 {
			sum[bin][c] += weight * float64(px[i+c])
		}
	}
	var all []shade
	for bin, k := range n {
		if k > 0 {
			all = append(all, shade{bin, k, [3]float64{sum[bin][0] / k, sum[bin][1] / k, sum[bin][2] / k}})
		}
	}
	return all
}

// cutPalette divides the shades, always where the squared distance from the
// mean is largest along one channel, and answers the parts' means.
func cutPalette(shades []shade, colours int) [][3]float64 {
	type part struct {
		shades []shade
		mean   [3]float64
		axis   int
		spread float64
	}
	measure := func(s []shade) part {
		p := part{shades: s}
		var n float64
		var square [3]float64
		for _, x := range s {
			n += x.n
			for c := range 3 {
				p.mean[c] += x.n * x.mean[c]
				square[c] += x.n * x.mean[c] * x.mean[c]
			}
		}
		for c := range 3 {
			p.mean[c] /= n
			if v := square[c] - n*p.mean[c]*p.mean[c]; len(s) > 1 && v > p.spread {
				p.axis, p.spread = c, v
			}
		}
		return p
	}
	parts := []part{measure(shades)}
	for len(parts) < colours {
		widest := 0
		for i := range parts {
			if parts[i].spread > parts[widest].spread {
				widest = i
			}
		}
		w := parts[widest]
		if w.spread <= 0 {
			break
		}
		slices.SortFunc(w.shades, func(a, b shade) int {
			switch {
			case a.mean[w.axis] < b.mean[w.axis]:
				return -1
			case a.mean[w.axis] > b.mean[w.axis]:
				return 1
			}
			return a.bin - b.bin
		})
		cut := slices.IndexFunc(w.shades, func(s shade) bool { return s.mean[w.axis] > w.mean[w.axis] })
		cut = max(1, min(len(w.shades)-1, cut))
		parts[widest] = measure(w.shades[:cut])
		parts = append(parts, measure(w.shades[cut:]))
	}
	palette := make([][3]float64, len(parts))
	for i, p := range parts {
		palette[i] = p.mean
	}
	return palette
}

// assign finds the nearest colour of the palette for each shade.
func assign(shades []shade, palette [][3]float64) []int {
	nearest := make([]int, len(shades))
	for i, s := range shades {
		best := 1e18
		for j := range palette {
			p := &palette[j]
			x, y, z := s.mean[0]-p[0], s.mean[1]-p[1], s.mean[2]-p[2]
			if d := x*x + y*y + z*z; d < best {
				best, nearest[i] = d, j
			}
		}
	}
	return nearest
}

// recentre moves each colour to the mean of what is nearest to it.
func recentre(palette [][3]float64, shades []shade, nearest []int) {
	n := make([]float64, len(palette))
	sum := make([][3]float64, len(palette))
	for i, s := range shades {
		n[nearest[i]] += s.n
		for c := range 3 {
			sum[nearest[i]][c] += s.n * s.mean[c]
		}
	}
	for j := range palette {
		if n[j] > 0 {
			palette[j] = [3]float64{sum[j][0] / n[j], sum[j][1] / n[j], sum[j][2] / n[j]}
		}
	}
}
