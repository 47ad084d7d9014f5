package engine

import (
	"math"
	"testing"

	"tintype/internal/engine/vips"
	"tintype/internal/transform"
)

// shaped carries an operation out on a page.
func shaped(t *testing.T, op transform.Op, page sheet) sheet {
	t.Helper()
	var s vips.Scope
	defer s.Close()
	p := &picture{scope: &s, src: &source{loader: loader{format: "png"}}, im: rolled(t, &s, []sheet{page}), pages: 1, random: true}
	must(t, p.do(op))
	return sheets(t, p)[0]
}

// onto maps a point of the unit square into a quadrilateral by the cross
// ratios of its edges: apart from the code under test, by solving for the
// eight numbers of the projection.
func onto(q [4]transform.Point) func(u, v float64) (x, y float64) {
	corners := [4][2]float64{{0, 0}, {1, 0}, {1, 1}, {0, 1}}
	var m [8][9]float64
	for i, c := range corners {
		u, v := c[0], c[1]
		m[2*i] = [9]float64{u, v, 1, 0, 0, 0, -u * q[i].X, -v * q[i].X, q[i].X}
		m[2*i+1] = [9]float64{0, 0, 0, u, v, 1, -u * q[i].Y, -v * q[i].Y, q[i].Y}
	}
	for c := range 8 {
		pivot := c
		for r := c; r < 8; r++ {
			if math.Abs(m[r][c]) > math.Abs(m[pivot][c]) {
				pivot = r
			}
		}
		m[c], m[pivot] = m[pivot], m[c]
		for r := range 8 {
			if r != c {
				f := m[r][c] / m[c][c]
				for k := range 9 {
					m[r][k] -= f * m[c][k]
				}
			}
		}
	}
	var h [8]float64
	for i := range h {
		h[i] = m[i][8] / m[i][i]
	}
	return func(u, v float64) (float64, float64) {
		w := h[6]*u + h[7]*v + 1
		return (h[0]*u + h[1]*v + h[2]) / w, (h[3]*u + h[4]*v + h[5]) / w
	}
}

func TestPerspective(t *testing.T) {
	t.Parallel()
	const w, h = 120, 80
	g := gradient(w, h)
	page := sheet{w, h, make([]rgba, w*h)}.each(func(x, y int, _ rgba) rgba { return g(float64(x)+0.5, float64(y)+0.5) })
	for name, op := range map[string]transform.OpPerspective{
		"as it is":    {Quad: [4]transform.Point{{X: 0, Y: 0}, {X: w, Y: 0}, {X: w, Y: h}, {X: 0, Y: h}}, Width: w, Height: h},
		"a wall":      {Quad: [4]transform.Point{{X: 10, Y: 10}, {X: 150, Y: 40}, {X: 150, Y: 100}, {X: 10, Y: 130}}, Width: 160, Height: 140, Background: transform.White},
		"mirrored":    {Quad: [4]transform.Point{{X: 140, Y: 5}, {X: 10, Y: 20}, {X: 20, Y: 90}, {X: 150, Y: 95}}, Width: 160, Height: 100},
		"a parallel":  {Quad: [4]transform.Point{{X: 30, Y: 0}, {X: 150, Y: 0}, {X: 120, Y: 80}, {X: 0, Y: 80}}, Width: 150, Height: 80, Background: transform.Color{R: 255, A: 128}},
		"half turned": {Quad: [4]transform.Point{{X: 120, Y: 80}, {X: 0, Y: 80}, {X: 0, Y: 0}, {X: 120, Y: 0}}, Width: w, Height: h},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := shaped(t, op, page)
			if got.w != op.Width || got.h != op.Height {
				t.Fatalf("%d x %d", got.w, got.h)
			}
			to := onto(op.Quad)
			for u := 0.05; u < 1; u += 0.1 {
				for v := 0.05; v < 1; v += 0.1 {
					x, y := to(u, v)
					want := g(u*w, v*h)
					c := got.near(int(x), int(y))
					for i := range 3 {
						// Within a pixel of a gradient that is squeezed.
						if math.Abs(c[i]-want[i]) > 9 || c[3] != 255 {
							t.Fatalf("point %.2f, %.2f at %.1f, %.1f is %v, want %.0f", u, v, x, y, c, want)
						}
					}
				}
			}
			if name != "as it is" && name != "half turned" {
				if c, want := got.at(2, 2), op.Background; c[3] != float64(want.A) || want.A > 0 && c[0] != float64(want.R) {
					t.Errorf("beyond the quadrilateral lies %v, want %v", c, want)
				}
			}
		})
	}
	if got := shaped(t, transform.OpPerspective{Quad: [4]transform.Point{{X: 0, Y: 0}, {X: w, Y: 0}, {X: w, Y: h}, {X: 0, Y: h}}, Width: w, Height: h}, page); differ(got, page, 1.01, 0.2) != nil {
		t.Error("the identity changes the page")
	}
}

func TestArc(t *testing.T) {
	t.Parallel()
	const w, h = 160, 40
	g := gradient(w, h)
	page := sheet{w, h, make([]rgba, w*h)}.each(func(x, y int, _ rgba) rgba { return g(float64(x)+0.5, float64(y)+0.5) })
	for name, op := range map[string]transform.OpArc{
		"up":     {Degrees: 90, Width: 180, Height: 100, CX: 90, CY: 125},
		"down":   {Degrees: -90, Width: 180, Height: 100, CX: 90, CY: -25, Background: transform.White},
		"a half": {Degrees: 180, Width: 150, Height: 80, CX: 75, CY: 75},
		"around": {Degrees: 360, Width: 92, Height: 92, CX: 46, CY: 46},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := shaped(t, op, page)
			if got.w != op.Width || got.h != op.Height {
				t.Fatalf("%d x %d", got.w, got.h)
			}
			radius := w / (math.Abs(op.Degrees) * math.Pi / 180)
			seen := 0
			for y := range got.h {
				for x := range got.w {
					dx, dy := float64(x)+0.5-op.CX, float64(y)+0.5-op.CY
					r, phi := math.Hypot(dx, dy), math.Atan2(dx, -dy)
					px, py := w/2+phi*radius, h/2+radius-r
					if op.Degrees < 0 {
						phi = math.Atan2(dx, dy)
						px, py = w/2+phi*radius, h/2-radius+r
					}
					c := got.at(x, y)
					switch {
					case px > 2 && px < w-2 && py > 2 && py < h-2:
						seen++
						want := g(px, py)
						for i := range 3 {
							if math.Abs(c[i]-want[i]) > 3 || c[3] != 255 {
								t.Fatalf("%d, %d shows %.1f, %.1f: %v, want %.0f", x, y, px, py, c, want)
							}
						}
					case px < -2 || px > w+2 || py < -2 || py > h+2:
						if c[3] != float64(op.Background.A) {
							t.Fatalf("%d, %d lies beyond the page and is %v", x, y, c)
						}
					}
				}
			}
			if seen < 1500 {
				t.Errorf("%d pixels of the page are shown", seen)
			}
		})
	}
}
