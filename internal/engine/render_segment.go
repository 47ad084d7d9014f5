package engine

import (
	"encoding/binary"

	"tintype/internal/transform"
)

// extremeOf takes the least or the greatest of a plane over a kernel, a
// number of times; the plane may be changed. A convex kernel n times over is
// that kernel once, and then n-1 times the polygon around it, which is a sum
// of segments: the extreme over those costs by the logarithm of their length.
func extremeOf(plane []byte, w, h int, shape transform.Kernel, radius float64, times int, lowest bool) []byte {
	k := kernelOf(shape, radius)
	if k.reach() == 0 {
		return plane
	}
	if shape != transform.Plus && shape != transform.Square {
		plane = extreme(plane, w, h, 1, k, lowest, edgeNearest)
		if times--; times == 0 {
			return plane
		}
	}
	if !lowest {
		invert(plane)
		defer invert(plane)
	}
	if shape == transform.Plus {
		leastOverPlus(plane, w, h, k.reach(), times)
		return plane
	}
	segments, margin := k.edges(), 0
	for i := range segments {
		segments[i].steps *= times
		if s := segments[i]; s.dx != 0 && s.dy != 0 {
			margin = max(margin, (s.steps/2+2)*max(s.dx, -s.dx, s.dy))
		}
	}
	l := newLeasts(w, h, margin)
	l.load(plane)
	x, y := 0, 0 // by how much the segments so far lie off the middle, in halves
	for _, s := range segments {
		before, after := s.steps/2, s.steps/2
		if s.steps%2 == 1 {
			if x*s.dx+y*s.dy > 0 {
				before, x, y = before+1, x-s.dx, y-s.dy
			} else {
				after, x, y = after+1, x+s.dx, y+s.dy
			}
		}
		l.run(s.dx, s.dy, after)
		l.run(-s.dx, -s.dy, before)
	}
	l.store(plane, x/2, y/2)
	return plane
}

// leastOverPlus is of a kernel that is not convex, so that times add up.
func leastOverPlus(plane []byte, w, h, n, times int) {
	l, row := newLeasts(w, h, n), make([]byte, len(plane))
	for range times {
		l.load(plane)
		l.run(1, 0, 2*n)
		l.store(row, n, 0)
		l.load(plane)
		l.run(0, 1, 2*n)
		l.store(plane, 0, n)
		leastOf(plane, plane, row)
	}
}

// segment is a step between neighbouring points of a lattice, and how many.
type segment struct{ dx, dy, steps int }

// edges are half of the edges of the polygon around a convex kernel: as many
// as lead from its top round the right to its bottom, without the bottom one.
func (k kernel) edges() []segment {
	type point struct{ x, y int }
	var chain []point
	for y, half := range k {
		p := point{half, y}
		for len(chain) > 1 {
			a, b := chain[len(chain)-2], chain[len(chain)-1]
			if (b.x-a.x)*(p.y-a.y) > (p.x-a.x)*(b.y-a.y) {
				break // b lies further right than the line from a to p
			}
			chain = chain[:len(chain)-1]
		}
		chain = append(chain, p)
	}
	var all []segment
	add := func(dx, dy int) {
		n, m := max(dx, -dx), dy
		for m != 0 {
			n, m = m, n%m
		}
		if n > 0 {
			all = append(all, segment{dx / n, dy / n, n})
		}
	}
	add(2*k[0], 0)
	for i := 1; i < len(chain); i++ {
		add(chain[i].x-chain[i-1].x, chain[i].y-chain[i-1].y)
	}
	return all
}

// leasts is a plane with a margin, of which the least over runs is taken. No
// run reaches beyond the margin; the margin holds the nearest values.
type leasts struct {
	w, h, margin int // of the plane
	sw, sh       int // with the margin
	px, next     []byte
}

func newLeasts(w, h, margin int) *leasts {
	l := &leasts{w: w, h: h, margin: margin, sw: w + 2*margin, sh: h + 2*margin}
	l.px, l.next = make([]byte, l.sw*l.sh), make([]byte, l.sw*l.sh)
	return l
}

func (l *leasts) load(plane []byte) {
	for y := range l.sh {
		from := max(0, min(l.h-1, y-l.margin)) * l.w
		row, to := plane[from:from+l.w], l.px[y*l.sw:(y+1)*l.sw]
		copy(to[l.margin:], row)
		for i := range l.margin {
			to[i], to[l.margin+l.w+i] = row[0], row[l.w-1]
		}
	}
}

// store writes the plane as it is moved right and down, by no more than the margin.
func (l *leasts) store(plane []byte, dx, dy int) {
	for y := range l.h {
		from := (y+l.margin-dy)*l.sw + l.margin - dx
		copy(plane[y*l.w:(y+1)*l.w], l.px[from:])
	}
}

// run makes each value the least of itself and of as many as steps that
// follow it in a direction, by runs that double.
func (l *leasts) run(dx, dy, steps int) {
	long := 1
	for ; 2*long <= steps+1; long *= 2 {
		l.with(dx*long, dy*long)
	}
	if rest := steps + 1 - long; rest > 0 {
		l.with(dx*rest, dy*rest)
	}
}

// with makes each value the lesser of itself and of what lies dx, dy from it.
func (l *leasts) with(dx, dy int) {
	for y := range l.sh {
		row, to := l.px[y*l.sw:(y+1)*l.sw], l.next[y*l.sw:(y+1)*l.sw]
		if y+dy < 0 || y+dy >= l.sh || dx >= l.sw || -dx >= l.sw {
			copy(to, row)
			continue
		}
		other := l.px[(y+dy)*l.sw : (y+dy+1)*l.sw]
		if dx >= 0 {
			n := l.sw - dx
			leastOf(to[:n], row[:n], other[dx:])
			copy(to[n:], row[n:])
		} else {
			leastOf(to[-dx:], row[-dx:], other[:l.sw+dx])
			copy(to[:-dx], row[:-dx])
		}
	}
	l.px, l.next = l.next, l.px
}

// leastOf writes the lesser of each two bytes.
func leastOf(to, a, b []byte) {
	for len(to) >= 8 && len(a) >= 8 && len(b) >= 8 {
		binary.LittleEndian.PutUint64(to, least(binary.LittleEndian.Uint64(a), binary.LittleEndian.Uint64(b)))
		to, a, b = to[8:], a[8:], b[8:]
	}
	for i := range to {
		to[i] = min(a[i], b[i])
	}
}
