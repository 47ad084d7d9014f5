package engine

import (
	"bytes"
	"encoding/binary"
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

func (p *picture) morph(op transform.OpMorph) error {
	return p.inGoOr(func(r *raster) error {
		r.premultiply()
		k := kernelOf(op.Kernel, op.Radius)
		for i := range r.pages {
			px := r.page(i)
			for range op.Iterations {
				var done []byte
				switch op.Method {
				case transform.Erode:
					done = extreme(px, r.w, r.h, 4, k, true, edgeNearest)
				case transform.Dilate:
					done = extreme(px, r.w, r.h, 4, k, false, edgeNearest)
				case transform.Mean:
					done = meanOver(px, r.w, r.h, k)
				case transform.Median:
					done = medianOver(px, r.w, r.h, k, r.alpha)
				default:
					return fmt.Errorf("unknown method %q", op.Method)
				}
				if bytes.Equal(px, done) {
					break
				}
				copy(px, done)
			}
		}
		r.straighten()
		return nil
	})
}

// What counts as lying beyond the edges of a page.
const (
	edgeNearest = iota // the nearest pixel
	edgeZero
)

const highBits = 0x8080808080808080

// least is the smaller of each of eight bytes.
func least(x, y uint64) uint64 {
	t := (x | highBits) - (y &^ highBits)
	differ := x ^ y
	ge := (t&^differ | x&differ) & highBits // where x >= y
	m := ge | (ge - ge>>7)
	return y&m | x&^m
}

// extreme takes the least or the greatest of each channel over a kernel. Each
// row is reduced to the extremes of runs of 1, 2, 4, … pixels first, of which
// two make any run; so the cost goes by the kernel's height alone. It holds
// as many rows as the kernel has, times the logarithm of its width.
func extreme(px []byte, w, h, bands int, k kernel, lowest bool, edge int) []byte {
	e := extremes{w: w, h: h, bands: bands, n: k.reach(), lowest: lowest, edge: edge, src: px}
	e.start(k)
	out := make([]byte, len(px))
	line := make([]byte, e.stride)
	for y := range h {
		for i := range line {
			line[i] = 0xFF
		}
		for i, half := range k {
			if half < 0 {
				continue
			}
			level, shift := e.run(half)
			row := e.row(y + i - e.n)[level]
			a, b := row[(e.n-half)*bands:], row[(e.n+half+1-shift)*bands:]
			for x := 0; x < w*bands; x += 8 {
				v := least(binary.LittleEndian.Uint64(a[x:]), binary.LittleEndian.Uint64(b[x:]))
				binary.LittleEndian.PutUint64(line[x:], least(v, binary.LittleEndian.Uint64(line[x:])))
			}
		}
		to := out[y*w*bands : (y+1)*w*bands]
		copy(to, line)
		if !lowest {
			invert(to)
		}
	}
	return out
}

// extremes holds the reduced rows around the one that is being made. The
// greatest is the least of the complement.
type extremes struct {
	w, h, bands, n int
	lowest         bool
	edge           int
	src            []byte
	levels, stride int
	ring           [][][]byte // rows by number modulo the ring's length, by level
	made           []int      // which row lies there, or -1
	beyond         [][]byte   // a row of zeros, by level
}

func (e *extremes) start(k kernel) {
	widest := 0
	for _, half := range k {
		widest = max(widest, half)
	}
	e.levels = 1
	for 1<<e.levels <= 2*widest+1 {
		e.levels++
	}
	e.stride = (e.w+2*e.n)*e.bands + 16
	e.ring = make([][][]byte, min(len(k), e.h))
	e.made = make([]int, len(e.ring))
	for i := range e.ring {
		e.ring[i], e.made[i] = make([][]byte, e.levels), -1
		for l := range e.ring[i] {
			e.ring[i][l] = make([]byte, e.stride)
		}
	}
	e.beyond = make([][]byte, e.levels)
	zero := make([]byte, e.stride)
	if !e.lowest {
		invert(zero)
	}
	for l := range e.beyond {
		e.beyond[l] = zero
	}
}

// run answers the level of runs by which a run of 2 half + 1 is made, and
// their length.
func (e *extremes) run(half int) (level, length int) {
	for 1<<(level+1) <= 2*half+1 {
		level++
	}
	return level, 1 << level
}

// row answers the levels of row y, which may lie beyond the page.
func (e *extremes) row(y int) [][]byte {
	if y < 0 || y >= e.h {
		if e.edge == edgeZero {
			return e.beyond
		}
		y = max(0, min(e.h-1, y))
	}
	slot := y % len(e.ring)
	levels := e.ring[slot]
	if e.made[slot] == y {
		return levels
	}
	e.made[slot] = y
	e.fill(levels[0], e.src[y*e.w*e.bands:(y+1)*e.w*e.bands])
	for l := 1; l < e.levels; l++ {
		from, to, shift := levels[l-1], levels[l], e.bands<<(l-1)
		end := len(to) - shift - 8
		for x := 0; x <= end; x += 8 {
			binary.LittleEndian.PutUint64(to[x:], least(binary.LittleEndian.Uint64(from[x:]), binary.LittleEndian.Uint64(from[x+shift:])))
		}
	}
	return levels
}

// fill copies a row of the page, with what lies beyond on both sides.
func (e *extremes) fill(to, row []byte) {
	side := e.n * e.bands
	copy(to[side:], row)
	left, right := to[:side], to[side+len(row):]
	if e.edge == edgeZero {
		zero(left)
		zero(right)
	} else {
		for i := range left {
			left[i] = row[i%e.bands]
		}
		last := row[len(row)-e.bands:]
		for i := range right {
			right[i] = last[i%e.bands]
		}
	}
	if !e.lowest {
		invert(to)
	}
}

func invert(b []byte) {
	for i := range b {
		b[i] ^= 0xFF
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

// sliding is a histogram of one channel over a kernel, and its median.
type sliding struct {
	count  [256]int32
	median int
	below  int32 // how many are less than the median
}

func (s *sliding) add(v byte) {
	s.count[v]++
	if int(v) < s.median {
		s.below++
	}
}

func (s *sliding) remove(v byte) {
	s.count[v]--
	if int(v) < s.median {
		s.below--
	}
}

// settle finds the value that has at most half below it.
func (s *sliding) settle(half int32) byte {
	for s.below > half {
		s.median--
		s.below -= s.count[s.median]
	}
	for s.below+s.count[s.median] <= half {
		s.below += s.count[s.median]
		s.median++
	}
	return byte(s.median)
}

// medianOver moves histograms along the rows, in which only the kernel's two
// rims change.
func medianOver(px []byte, w, h int, k kernel, alpha bool) []byte {
	n, channels := k.reach(), 3
	if alpha {
		channels = 4
	}
	size := int32(0)
	for _, half := range k {
		size += int32(max(0, 2*half+1))
	}
	out := bytes.Clone(px)
	var s [4]sliding
	for y := range h {
		for c := range s {
			s[c] = sliding{}
		}
		at := func(dy, x int) []byte {
			return px[4*(max(0, min(h-1, y+dy))*w+max(0, min(w-1, x))):]
		}
		for i, half := range k {
			for x := -half; x <= half; x++ {
				q := at(i-n, x)
				for c := range channels {
					s[c].add(q[c])
				}
			}
		}
		for x := range w {
			for c := range channels {
				out[4*(y*w+x)+c] = s[c].settle(size / 2)
			}
			if x == w-1 {
				break
			}
			for i, half := range k {
				if half < 0 {
					continue
				}
				old, next := at(i-n, x-half), at(i-n, x+half+1)
				for c := range channels {
					s[c].remove(old[c])
					s[c].add(next[c])
				}
			}
		}
	}
	return out
}
