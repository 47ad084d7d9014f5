package engine

import "tintype/internal/transform"

// class is what one class of luma has in a window: sums of red, green and
// blue by 21 bits each, and of alpha above the number of pixels by 32.
type class struct{ colour, count uint64 }

func (p *picture) oilPaint(op transform.OpOilPaint) error {
	return p.inGo(func(r *raster) {
		r.premultiply()
		r.eachPage(func(px []byte) { copy(px, oiled(px, r.w, r.h, op.Radius, op.Levels)) })
		r.straighten()
	})
}

// oiled moves a window along the rows and keeps its classes up to date.
func oiled(px []byte, w, h, n, levels int) []byte {
	var classOf [256]uint8
	for v := range classOf {
		classOf[v] = uint8(v * levels / 256)
	}
	of := make([]uint8, w*h)
	packed := make([]class, w*h)
	for i := range of {
		q := px[4*i : 4*i+4 : 4*i+4]
		of[i] = classOf[lumaOf(q[0], q[1], q[2])]
		packed[i] = class{uint64(q[0]) | uint64(q[1])<<21 | uint64(q[2])<<42, 1 | uint64(q[3])<<32}
	}
	out := make([]byte, len(px))
	for y := range h {
		var c [64]class
		column := func(x int, sign uint64) {
			x = max(0, min(w-1, x))
			for dy := -n; dy <= n; dy++ {
				i := max(0, min(h-1, y+dy))*w + x
				k := &c[of[i]&63]
				k.colour += sign * packed[i].colour
				k.count += sign * packed[i].count
			}
		}
		for x := -n; x <= n; x++ {
			column(x, 1)
		}
		for x := range w {
			best, most := 0, uint32(0)
			for i := range c[:levels] {
				if v := uint32(c[i].count); v > most {
					best, most = i, v
				}
			}
			k, half := c[best], uint64(most/2)
			q := out[4*(y*w+x):][:4:4]
			const lane = 1<<21 - 1
			q[0] = byte((k.colour&lane + half) / uint64(most))
			q[1] = byte((k.colour>>21&lane + half) / uint64(most))
			q[2] = byte((k.colour>>42 + half) / uint64(most))
			q[3] = byte((k.count>>32 + half) / uint64(most))
			if x < w-1 {
				column(x-n, ^uint64(0))
				column(x+n+1, 1)
			}
		}
	}
	return out
}
