package transform

import (
	"math"
	"slices"
)

// bayer makes an ordered tile of 2^n from the one before, each entry its rank.
func bayer(n int) [][]int {
	m := [][]int{{0}}
	for len(m) < n {
		k := len(m)
		next := make([][]int, 2*k)
		for y := range next {
			next[y] = make([]int, 2*k)
			for x := range next[y] {
				next[y][x] = 4*m[y%k][x%k] + [2][2]int{{0, 2}, {3, 1}}[y/k][x/k]
			}
		}
		m = next
	}
	return m
}

// ranked orders the cells of a tile by a measure, smallest first.
func ranked(n int, measure func(x, y float64) float64) [][]int {
	type cell struct {
		x, y int
		v    float64
	}
	var cells []cell
	for y := range n {
		for x := range n {
			cells = append(cells, cell{x, y, measure(float64(x)+0.5, float64(y)+0.5)})
		}
	}
	slices.SortStableFunc(cells, func(a, b cell) int {
		switch {
		case a.v < b.v-1e-9:
			return -1
		case a.v > b.v+1e-9:
			return 1
		}
		return 0
	})
	m := make([][]int, n)
	for y := range m {
		m[y] = make([]int, n)
	}
	for rank, c := range cells {
		m[c.y][c.x] = rank
	}
	return m
}

// dots grow from the middles of cells of n pixels: upright, or slanted with a
// second one at the corners that grows the other way.
func dots(n int, slanted bool) [][]int {
	return ranked(n, func(x, y float64) float64 {
		u, v := 2*math.Pi*x/float64(n), 2*math.Pi*y/float64(n)
		if slanted {
			return -math.Cos(u+v) - math.Cos(u-v)
		}
		return math.Cos(u) + math.Cos(v)
	})
}

func circles(n int, white bool) [][]int {
	half := float64(n) / 2
	return ranked(n, func(x, y float64) float64 {
		d := math.Hypot(x-half, y-half)
		if white {
			return -d
		}
		return d
	})
}

// thresholds is the tile of one of Dither's maps.
func thresholds(index int) OpDither {
	var m [][]int
	switch {
	case index == 1:
		m = [][]int{{0, 1}, {1, 0}}
	case index == 2:
		m = bayer(2)
	case index == 3:
		m = [][]int{{6, 8, 4}, {1, 0, 3}, {5, 2, 7}}
	case index == 4:
		m = bayer(4)
	case index == 5:
		m = bayer(8)
	case index >= 6 && index <= 8:
		m = dots([]int{4, 6, 8}[index-6], true)
	case index >= 9 && index <= 12:
		m = dots([]int{4, 6, 8, 16}[index-9], false)
	case index >= 13 && index <= 18:
		m = circles([]int{5, 6, 7}[(index-13)%3], index >= 16)
	default:
		return OpDither{Width: 1, Thresholds: []int{127}}
	}
	most := 0
	for _, row := range m {
		most = max(most, slices.Max(row))
	}
	op := OpDither{Width: len(m[0])}
	for _, row := range m {
		for _, rank := range row {
			op.Thresholds = append(op.Thresholds, 255*(2*rank+1)/(2*(most+1)))
		}
	}
	return op
}
