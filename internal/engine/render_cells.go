package engine

// What a pixel may cost in mean and median, in rows of a kernel, before they
// work on a reduced picture; medianRest is what it costs beside its rows.
const (
	meanRows   = 150
	medianRows = 80
	medianRest = 6
)

// reduction is by how much a picture is reduced for a kernel of a radius that
// goes over it a number of times, so that a pixel costs no more than most
// rows of a kernel, rest being what it costs beside them. What such a kernel
// leaves of a picture has no detail that the reduction would take. Small
// kernels leave some, so they may cost half as much again before they are reduced
// to one of a pixel.
func reduction(radius float64, times int, most, rest float64) int {
	f := 1.0
	for {
		cost := float64(times) * (2*radius/f + 1 + rest) / (f * f)
		if cost <= most || radius/(f+1) < 1.5 && cost <= 1.5*most || radius/(f+1) < 1 {
			return int(f)
		}
		f++
	}
}

// inCells has fn change a page of means over cells of n x n pixels, and
// stretches what it makes over the page.
func inCells(px []byte, w, h, n int, fn func(px []byte, w, h int)) {
	if n <= 1 {
		fn(px, w, h)
		return
	}
	sw, sh := (w+n-1)/n, (h+n-1)/n
	small := make([]byte, 4*sw*sh)
	sums := make([][4]uint32, sw)
	for y := range sh {
		zero(sums)
		top, end := y*n, min(h, (y+1)*n)
		eachCell(px[4*top*w:4*end*w], w, n, func(q []byte, cell int) {
			s := &sums[cell]
			s[0] += uint32(q[0])
			s[1] += uint32(q[1])
			s[2] += uint32(q[2])
			s[3] += uint32(q[3])
		})
		for x, s := range sums {
			count := uint32((end - top) * (min(w, (x+1)*n) - x*n))
			for c, v := range s {
				small[4*(y*sw+x)+c] = byte((v + count/2) / count)
			}
		}
	}
	fn(small, sw, sh)
	stretch(px, w, h, small, sw, sh, n)
}

// cellBlend is where a pixel lies cellBlend two cells, in 256ths from the first.
type cellBlend struct {
	a, b   int
	weight uint32
}

func betweenCells(size, cells, n int) []cellBlend {
	at := make([]cellBlend, size)
	for i := range at {
		// From the middle of the first cell on, in halves of a pixel.
		d := max(0, 2*i+1-n)
		a := min(cells-1, d/(2*n))
		at[i] = cellBlend{a, min(cells-1, a+1), uint32(d % (2 * n) * 256 / (2 * n))}
	}
	return at
}

// stretch draws cells bilinearly over a page.
func stretch(px []byte, w, h int, small []byte, sw, sh, n int) {
	across, down := betweenCells(w, sw, n), betweenCells(h, sh, n)
	line := make([]uint32, 4*sw)
	for y, d := range down {
		a, b := small[4*d.a*sw:][:4*sw], small[4*d.b*sw:][:4*sw]
		for i := range line {
			line[i] = uint32(a[i])*(256-d.weight) + uint32(b[i])*d.weight
		}
		row := px[4*y*w : 4*(y+1)*w]
		for x, p := range across {
			a, b, q := line[4*p.a:][:4:4], line[4*p.b:][:4:4], row[4*x:][:4:4]
			for c := range q {
				q[c] = byte((a[c]*(256-p.weight) + b[c]*p.weight + 1<<15) >> 16)
			}
		}
	}
}
