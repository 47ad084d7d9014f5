package engine

import (
	"fmt"
	"math"

	"tintype/internal/transform"
)

// kernel is a neighbourhood as the half width of each of its rows, from the
// top; -1 is a row with nothing.
type kernel []int

// reach is how far the kernel goes from its middle, each way.
func (k kernel) reach() int { return len(k) / 2 }

func kernelOf(shape transform.Kernel, radius float64) kernel {
	n := int(math.Floor(radius))
	k := make(kernel, 2*n+1)
	for i := range k {
		dy := math.Abs(float64(i - n))
		half := float64(n)
		switch shape {
		case transform.Disk:
			half = math.Sqrt(radius*radius - dy*dy)
		case transform.Diamond:
			half = radius - dy
		case transform.Octagon:
			half = 1.5*radius - dy
		case transform.Plus:
			if dy > 0 {
				half = 0
			}
		}
		k[i] = min(n, int(math.Floor(half)))
	}
	return k
}

// morph works on colour with alpha multiplied in, a channel after the other
// where it can, which bounds the memory.
func (p *picture) morph(op transform.OpMorph) error {
	return p.inGoOr(func(r *raster) error {
		r.premultiply()
		for i := range r.pages {
			px := r.page(i)
			switch op.Method {
			case transform.Erode, transform.Dilate:
				r.eachPlane(px, func(b []byte) []byte {
					return extremeOf(b, r.w, r.h, op.Kernel, op.Radius, op.Iterations, op.Method == transform.Erode)
				})
			case transform.Mean:
				f := reduction(op.Radius, op.Iterations, meanRows, 1)
				inCells(px, r.w, r.h, f, func(px []byte, w, h int) {
					k := kernelOf(op.Kernel, op.Radius/float64(f))
					for range op.Iterations {
						copy(px, meanOver(px, w, h, k))
					}
				})
			case transform.Median:
				f := reduction(op.Radius, op.Iterations, medianRows, medianRest)
				inCells(px, r.w, r.h, f, func(px []byte, w, h int) {
					k := kernelOf(op.Kernel, op.Radius/float64(f))
					r.eachPlane(px, func(b []byte) []byte { return medianOver(b, w, h, k, op.Iterations) })
				})
			default:
				return fmt.Errorf("unknown method %q", op.Method)
			}
		}
		r.straighten()
		return nil
	})
}

// eachPlane replaces each channel of a page that counts, which f may change.
func (r *raster) eachPlane(px []byte, f func(b []byte) []byte) {
	channels := 3
	if r.alpha {
		channels = 4
	}
	b := make([]byte, len(px)/4)
	for c := range channels {
		for i := range b {
			b[i] = px[4*i+c]
		}
		for i, v := range f(b) {
			px[4*i+c] = v
		}
	}
}

// meanOver keeps sums of rows from the left, four channels of 16 bits to a
// word: a difference of two is exact as long as a row of the kernel adds up
// to less than 16 bits.
func meanOver(px []byte, w, h int, k kernel) []byte {
	n := k.reach()
	rows := make([][]uint64, min(len(k), h))
	made := make([]int, len(rows))
	for i := range rows {
		rows[i], made[i] = make([]uint64, w+2*n+1), -1
	}
	row := func(y int) []uint64 {
		y = max(0, min(h-1, y))
		sums := rows[y%len(rows)]
		if made[y%len(rows)] != y {
			made[y%len(rows)] = y
			sumRow(sums, px[4*y*w:4*(y+1)*w], n)
		}
		return sums
	}
	count := uint64(0)
	for _, half := range k {
		if half >= 0 {
			count += uint64(2*half + 1)
		}
	}
	const lanes = 0x0000FFFF0000FFFF
	out := make([]byte, len(px))
	even, odd := make([]uint64, w), make([]uint64, w)
	for y := range h {
		zero(even)
		zero(odd)
		for i, half := range k {
			if half < 0 {
				continue
			}
			sums := row(y + i - n)
			low, high := sums[n-half:][:w], sums[n+half+1:][:w]
			for x := range even {
				d := high[x] - low[x]
				even[x] += d & lanes
				odd[x] += d >> 16 & lanes
			}
		}
		line := out[4*y*w : 4*(y+1)*w]
		// Division by multiplication: exact for sums below 2^32 / count.
		half, inverse := count/2, (1<<40)/count+1
		for x := range even {
			e, o := even[x], odd[x]
			line[4*x] = byte((e&0xFFFFFFFF + half) * inverse >> 40)
			line[4*x+1] = byte((o&0xFFFFFFFF + half) * inverse >> 40)
			line[4*x+2] = byte((e>>32 + half) * inverse >> 40)
			line[4*x+3] = byte((o>>32 + half) * inverse >> 40)
		}
	}
	return out
}

func sumRow(sums []uint64, row []byte, n int) {
	w := len(row) / 4
	s := uint64(0)
	sums[0] = 0
	for i := range len(sums) - 1 {
		q := row[4*max(0, min(w-1, i-n)):][:4:4]
		s += uint64(q[0]) | uint64(q[1])<<16 | uint64(q[2])<<32 | uint64(q[3])<<48
		sums[i+1] = s
	}
}
