package engine

import "slices"

// medianOver replaces a plane's values by the medians over a kernel, a number
// of times. Histograms move along the rows, in which only the kernel's two
// rims change. From the second time on only what lies near a change is
// computed again.
func medianOver(plane []byte, w, h int, k kernel, times int) []byte {
	switch k.reach() {
	case 0:
		return plane
	case 1:
		return nextMedian(plane, w, h, k[0] > 0, times)
	}
	m := newMedians(plane, w, h, k)
	for i := range times {
		if !m.once(i == 0) {
			break
		}
	}
	m.read(plane)
	return plane
}

// medianCell is the side of the squares whose changes are remembered.
const medianCell = 16

// rimRow is what enters and leaves in a row of a kernel when it moves by one, as
// places in the source for the row's first pixel.
type rimRow struct{ old, next int }

type medians struct {
	w, h, n, stride int
	k               kernel
	half            int32 // of the kernel's pixels
	// src has the nearest values on both sides; dst has none.
	src, dst []byte
	// cells that changed the last time, and those that may change this time.
	across        int
	changed, near []bool
	rims          []rimRow
}

func newMedians(plane []byte, w, h int, k kernel) *medians {
	n := k.reach()
	m := &medians{w: w, h: h, n: n, k: k, stride: w + 2*n + 1, across: (w + medianCell - 1) / medianCell}
	for _, half := range k {
		m.half += int32(max(0, 2*half+1))
	}
	m.half /= 2
	m.src, m.dst = make([]byte, m.stride*h), make([]byte, w*h)
	for y := range h {
		copy(m.src[y*m.stride+n:], plane[y*w:(y+1)*w])
		m.pad(y)
	}
	cells := m.across * ((h + medianCell - 1) / medianCell)
	m.changed, m.near = make([]bool, cells), make([]bool, cells)
	return m
}

// pad repeats a row's ends.
func (m *medians) pad(y int) {
	row := m.src[y*m.stride : (y+1)*m.stride]
	first, last := row[m.n], row[m.n+m.w-1]
	for i := range m.n {
		row[i] = first
	}
	for i := m.n + m.w; i < len(row); i++ {
		row[i] = last
	}
}

func (m *medians) read(plane []byte) {
	for y := range m.h {
		copy(plane[y*m.w:(y+1)*m.w], m.src[y*m.stride+m.n:])
	}
}

// once reports whether anything has changed.
func (m *medians) once(all bool) bool {
	m.look(all)
	for y := range m.h {
		m.spans(y, func(from, to int) { m.row(y, from, to) })
	}
	zero(m.changed)
	any := false
	for y := range m.h {
		cells := m.changed[y/medianCell*m.across:]
		m.spans(y, func(from, to int) {
			was, is := m.src[y*m.stride+m.n:], m.dst[y*m.w:]
			for x := from; x < to; x++ {
				if was[x] != is[x] {
					was[x] = is[x]
					cells[x/medianCell], any = true, true
				}
			}
		})
		m.pad(y)
	}
	return any
}

// look finds the cells that a change may have an effect on.
func (m *medians) look(all bool) {
	if all {
		for i := range m.near {
			m.near[i] = true
		}
		return
	}
	zero(m.near)
	reach, down := (m.n+medianCell-1)/medianCell, len(m.near)/m.across
	for i, c := range m.changed {
		if !c {
			continue
		}
		cx, cy := i%m.across, i/m.across
		for y := max(0, cy-reach); y <= min(down-1, cy+reach); y++ {
			for x := max(0, cx-reach); x <= min(m.across-1, cx+reach); x++ {
				m.near[y*m.across+x] = true
			}
		}
	}
}

// spans hands f the stretches of a row that are to be computed.
func (m *medians) spans(y int, f func(from, to int)) {
	cells := m.near[y/medianCell*m.across:][:m.across]
	for i := 0; i < len(cells); i++ {
		if !cells[i] {
			continue
		}
		from := i
		for i < len(cells) && cells[i] {
			i++
		}
		f(from*medianCell, min(m.w, i*medianCell))
	}
}

// row computes a stretch of a row.
func (m *medians) row(y, from, to int) {
	var count [256]int32
	m.rims = m.rims[:0]
	for i, half := range m.k {
		if half < 0 {
			continue
		}
		at := max(0, min(m.h-1, y+i-m.n))*m.stride + m.n
		for _, v := range m.src[at+from-half : at+from+half+1] {
			count[v]++
		}
		m.rims = append(m.rims, rimRow{at - half, at + half + 1})
	}
	rims, src, half := slices.Clip(m.rims), m.src, m.half
	out := m.dst[y*m.w : (y+1)*m.w]
	// below is how many are less than the median.
	median, below := int32(0), int32(0)
	for x := from; ; x++ {
		for below > half {
			median--
			below -= count[median&255]
		}
		for below+count[median&255] <= half {
			below += count[median&255]
			median++
		}
		out[x] = byte(median)
		if x+1 >= to {
			return
		}
		for _, r := range rims {
			old, next := src[r.old+x], src[r.next+x]
			count[old]--
			count[next]++
			// The signs of the differences, as 0 or -1.
			below += (int32(old)-median)>>31 - (int32(next)-median)>>31
		}
	}
}
