package engine

import "encoding/binary"

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
