package engine

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"tintype/internal/engine/vips"
	"tintype/internal/transform"
)

var allKernels = []transform.Kernel{transform.Disk, transform.Square, transform.Diamond, transform.Octagon, transform.Plus}

// isIn is a kernel as the plan defines it.
func isIn(k transform.Kernel, radius float64, x, y int) bool {
	dx, dy := math.Abs(float64(x)), math.Abs(float64(y))
	if dx > radius || dy > radius {
		return false
	}
	switch k {
	case transform.Disk:
		return dx*dx+dy*dy <= radius*radius
	case transform.Diamond:
		return dx+dy <= radius
	case transform.Octagon:
		return dx+dy <= 1.5*radius
	case transform.Plus:
		return dx == 0 || dy == 0
	}
	return true
}

// neighbours sorts what lies around each value, and takes the one at a share.
func neighbours(plane []byte, w, h int, k transform.Kernel, radius, share float64) []byte {
	n := int(radius)
	out := make([]byte, len(plane))
	for i := range out {
		var all []byte
		for dy := -n; dy <= n; dy++ {
			for dx := -n; dx <= n; dx++ {
				if isIn(k, radius, dx, dy) {
					all = append(all, plane[max(0, min(h-1, i/w+dy))*w+max(0, min(w-1, i%w+dx))])
				}
			}
		}
		slices.Sort(all)
		out[i] = all[int(share*float64(len(all)-1))]
	}
	return out
}

// blobs has flat parts, steps and specks.
func blobs(w, h int, dice *rand.Rand) []byte {
	plane := make([]byte, w*h)
	for range 6 {
		x, y, v := dice.IntN(w), dice.IntN(h), byte(dice.IntN(256))
		for i := range plane {
			if i%w >= x && i/w >= y {
				plane[i] ^= v
			}
		}
	}
	for range len(plane) / 10 {
		plane[dice.IntN(len(plane))] = byte(dice.IntN(256))
	}
	return plane
}

func TestNeighbourhoods(t *testing.T) {
	t.Parallel()
	dice := rand.New(rand.NewPCG(1, 2))
	for _, size := range [][2]int{{1, 1}, {1, 40}, {37, 23}, {16, 33}} {
		w, h := size[0], size[1]
		for _, k := range allKernels {
			for _, radius := range []float64{0.5, 1, 1.5, 2, 3.3, 6} {
				plane := blobs(w, h, dice)
				least, greatest, median := plane, plane, plane
				for times := 1; times <= 7; times++ {
					name := fmt.Sprintf("%d x %d, %s of %v, %d times", w, h, k, radius, times)
					least = neighbours(least, w, h, k, radius, 0)
					greatest = neighbours(greatest, w, h, k, radius, 1)
					median = neighbours(median, w, h, k, radius, 0.5)
					if times > 3 && times < 7 {
						continue
					}
					if got := extremeOf(bytes.Clone(plane), w, h, k, radius, times, true); !bytes.Equal(got, least) {
						t.Errorf("%s: not eroded well", name)
					}
					if got := extremeOf(bytes.Clone(plane), w, h, k, radius, times, false); !bytes.Equal(got, greatest) {
						t.Errorf("%s: not dilated well", name)
					}
					if got := medianOver(bytes.Clone(plane), w, h, kernelOf(k, radius), times); !bytes.Equal(got, median) {
						t.Errorf("%s: not the medians", name)
					}
				}
			}
		}
	}
}

// What large kernels leave of a picture looks as if it had not been reduced.
func TestReducedNeighbourhoods(t *testing.T) {
	t.Parallel()
	const w, h = 480, 360
	im := photograph(w, h)
	for _, c := range []struct {
		method transform.MorphMethod
		radius float64
		times  int
		tol    float64
	}{
		{transform.Median, 16, 1, 0},
		{transform.Median, 2, 5, 0},
		{transform.Median, 30, 1, 1},
		{transform.Median, 50, 1, 1},
		{transform.Median, 8, 20, 2},
		{transform.Mean, 50, 1, 0},
		{transform.Mean, 2, 20, 0},
		{transform.Mean, 10, 20, 1},
	} {
		want := &raster{w: w, h: h, pages: 1, px: bytes.Clone(im.Pix)}
		k := kernelOf(transform.Disk, c.radius)
		if c.method == transform.Median {
			want.eachPlane(want.px, func(b []byte) []byte { return medianOver(b, w, h, k, c.times) })
		} else {
			for range c.times {
				want.px = meanOver(want.px, w, h, k)
			}
		}
		var s vips.Scope
		p := &picture{scope: &s, src: &source{loader: loader{format: "png"}}, im: vipsImage(t, &s, im), pages: 1}
		must(t, p.do(transform.OpMorph{Method: c.method, Kernel: transform.Disk, Radius: c.radius, Iterations: c.times}))
		got, err := p.raster()
		must(t, err)
		sum := 0.0
		for i, v := range got.px {
			sum += math.Abs(float64(v) - float64(want.px[i]))
		}
		s.Close()
		if mean := sum / (w * h * 3); mean > c.tol {
			t.Errorf("%s of %v, %d times: %.2f from the unreduced one, at most %v", c.method, c.radius, c.times, mean, c.tol)
		} else {
			t.Logf("%s of %v, %d times: %.2f", c.method, c.radius, c.times, mean)
		}
	}
}

func TestReduction(t *testing.T) {
	t.Parallel()
	for times := 1; times <= 20; times++ {
		for radius := 0.5; radius <= 50; radius += 0.5 {
			f := float64(reduction(radius, times, medianRows, medianRest))
			if cost := float64(times) * (2*radius/f + 1 + medianRest) / (f * f); cost > 1.5*medianRows && radius/(f+1) >= 1 {
				t.Errorf("median of %v, %d times: costs %.0f rows", radius, times, cost)
			}
			if f > 1 && radius/f < 1 {
				t.Errorf("median of %v, %d times: nothing is left of the kernel", radius, times)
			}
			if (radius <= 36 && times == 1 || radius <= 5 && times <= 3) && f > 1 {
				t.Errorf("median of %v, %d times is reduced", radius, times)
			}
		}
	}
}
