package engine

import (
	"math"

	"tintype/internal/transform"
)

func (p *picture) recolor(op transform.OpRecolor) error {
	return p.inGo(func(r *raster) {
		r.alpha = true
		// What each value of each channel adds to each result.
		var add [4][4][256]float32
		for row := range 4 {
			for col := range 4 {
				for v := range 256 {
					add[col][row][v] = float32(op.M[row][col] * float64(v))
				}
			}
			for v := range 256 {
				add[0][row][v] += float32(255 * op.M[row][4])
			}
		}
		r.eachPixel(func(q []byte) {
			a, b, c, d := q[0], q[1], q[2], q[3]
			for row := range 4 {
				q[row] = byteOf(add[0][row][a] + add[1][row][b] + add[2][row][c] + add[3][row][d])
			}
		})
	})
}

func (p *picture) curve(op transform.OpCurve) error {
	return p.inGo(func(r *raster) {
		r.alpha = r.alpha || op.A != nil
		var same transform.Curve
		for v := range same {
			same[v] = uint8(v)
		}
		tables := [4]*transform.Curve{op.R, op.G, op.B, op.A}
		for i, t := range tables {
			if t == nil {
				tables[i] = &same
			}
		}
		red, green, blue, alpha := tables[0], tables[1], tables[2], tables[3]
		if !op.Luma {
			r.eachPixel(func(q []byte) {
				q[0], q[1], q[2], q[3] = red[q[0]], green[q[1]], blue[q[2]], alpha[q[3]]
			})
			return
		}
		r.eachPixel(func(q []byte) {
			l := lumaOf(q[0], q[1], q[2])
			if op.R != nil {
				q[0] = red[l]
			}
			if op.G != nil {
				q[1] = green[l]
			}
			if op.B != nil {
				q[2] = blue[l]
			}
			q[3] = alpha[q[3]]
		})
	})
}

func (p *picture) vibrance(op transform.OpVibrance) error {
	return p.inGo(func(r *raster) {
		var strength [256]float32 // by the colour's range
		for s := range strength {
			strength[s] = float32(max(0, 1+op.Amount*(1-float64(s)/255)))
		}
		r.eachPixel(func(q []byte) {
			k := strength[max(q[0], q[1], q[2])-min(q[0], q[1], q[2])]
			luma := 0.2126*float32(q[0]) + 0.7152*float32(q[1]) + 0.0722*float32(q[2])
			for i := range 3 {
				q[i] = byteOf(luma + k*(float32(q[i])-luma))
			}
		})
	})
}

func (p *picture) dither(op transform.OpDither) error {
	return p.inGo(func(r *raster) {
		rows := len(op.Thresholds) / op.Width
		r.eachPage(func(px []byte) {
			for y := range r.h {
				tile := op.Thresholds[y%rows*op.Width:][:op.Width]
				line := px[4*y*r.w : 4*(y+1)*r.w]
				for x, at := 0, 0; x < r.w; x++ {
					for i := range 3 {
						line[4*x+i] = whenOver(line[4*x+i], tile[at])
					}
					if at++; at == op.Width {
						at = 0
					}
				}
			}
		})
	})
}

func whenOver(v byte, threshold int) byte {
	if int(v) > threshold {
		return 255
	}
	return 0
}

// noiseBits is how finely a Gaussian is drawn from: its tails end at 3.7
// standard deviations.
const noiseBits = 12

// noise takes all from one table and one short generator that begins anew on
// each page, so that equal pages stay equal.
func (p *picture) noise(op transform.OpNoise) error {
	return p.inGo(func(r *raster) {
		var table [1 << noiseBits]float32
		for i := range table {
			u := (float64(i) + 0.5) / float64(len(table))
			table[i] = float32(255 * op.Amount * math.Sqrt2 * math.Erfinv(2*u-1))
		}
		r.eachPage(func(px []byte) {
			s := uint64(0x9E3779B97F4A7C15)
			for i := 0; i+4 <= len(px); i += 4 {
				s ^= s << 13
				s ^= s >> 7
				s ^= s << 17
				n := s * 0x2545F4914F6CDD1D
				for c := range 3 {
					px[i+c] = byteOf(float32(px[i+c]) + table[n>>(64-noiseBits)])
					n <<= noiseBits
				}
			}
		})
	})
}

func (p *picture) redEye() error {
	return p.inGo(func(r *raster) {
		r.eachPixel(func(q []byte) {
			// In tenths of a byte: R > 0.2 of 255, R > 1.8 max(G, B).
			if red := 10 * int(q[0]); red > 510 && red > 18*int(max(q[1], q[2])) {
				q[0] = byte((int(q[1]) + int(q[2]) + 1) / 2)
			}
		})
	})
}

func (p *picture) hatch(op transform.OpHatch) error {
	return p.inGo(func(r *raster) {
		r.eachPage(func(px []byte) {
			for y := range r.h {
				line := px[4*y*r.w : 4*(y+1)*r.w]
				for x := range r.w {
					if (x+y)%8 < 4 {
						hatchPixel(line[4*x:4*x+3], float32(op.Amount))
					}
				}
			}
		})
	})
}

func hatchPixel(q []byte, amount float32) {
	red, green, blue := float32(q[0]), float32(q[1]), float32(q[2])
	e := max(0, max(red-green, green-red)-blue/2) * amount / 255
	light := red <= green
	for i := range 3 {
		v := float32(q[i])
		if light {
			v += (255 - v) * e
		} else {
			v -= v * e
		}
		q[i] = byteOf(v)
	}
}
