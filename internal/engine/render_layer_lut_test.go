package engine

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"tintype/internal/engine/vips"
	"tintype/internal/transform"
)

// cubeOf writes a table of f, which maps the unit range.
func cubeOf(n int, head string, f func(r, g, b float64) [3]float64) string {
	var s strings.Builder
	fmt.Fprintf(&s, "# made by a test\nTITLE \"a title\"\nLUT_3D_SIZE %d\n%s\n", n, head)
	top := float64(n - 1)
	for b := range n {
		for g := range n {
			for r := range n {
				v := f(float64(r)/top, float64(g)/top, float64(b)/top)
				fmt.Fprintf(&s, "%.6f %.6f %.6f\n", v[0], v[1], v[2])
			}
		}
	}
	return s.String()
}

func looked(t *testing.T, table string, pages ...sheet) []sheet {
	t.Helper()
	var s vips.Scope
	defer s.Close()
	st := &stock{sources: []*source{nil, {loader: loader{format: formatLUT}, data: []byte(table)}}}
	p := &picture{scope: &s, src: &source{loader: loader{format: "png"}}, stock: st, im: rolled(t, &s, pages), pages: len(pages), random: true}
	must(t, p.do(transform.OpLUT{Source: 1}))
	return sheets(t, p)
}

func TestLUT(t *testing.T) {
	t.Parallel()
	// All are linear in each input, so that trilinear interpolation is exact.
	swapped := func(r, g, b float64) [3]float64 { return [3]float64{b, 0.5 * r * g, 1 - g} }
	want := func(c rgba) rgba {
		v := swapped(c[0]/255, c[1]/255, c[2]/255)
		return rgba{255 * v[0], 255 * v[1], 255 * v[2], c[3]}
	}
	var mesh strings.Builder
	mesh.WriteString("# a table\n3DMESH\nMesh 4 12\n0 256 512 768 1023\n")
	for i := range 125 {
		r, g, b := float64(i/25)/4, float64(i/5%5)/4, float64(i%5)/4
		v := swapped(r, g, b)
		fmt.Fprintf(&mesh, "%.0f %.0f %.0f\n", 4095*v[0], 4095*v[1], 4095*v[2])
	}
	mesh.WriteString("LUT8\ngamma 1.0\n")
	half := func(r, g, b float64) [3]float64 { return swapped(r/2+0.25, g/2+0.25, b/2+0.25) }
	flat := "LUT_1D_SIZE 3\nDOMAIN_MIN 0 0 0\n0 1 0\n0.5 0.5 0.25\n1 0 1\n"
	pages := []sheet{opaqueSheet(41, 34, 1), alphaSheet(41, 34, 2), opaqueSheet(41, 34, 3)}
	for name, c := range map[string]struct {
		table string
		want  func(c rgba) rgba
	}{
		"2":    {cubeOf(2, "", swapped), want},
		"17":   {cubeOf(17, "DOMAIN_MIN 0 0 0\nDOMAIN_MAX 1 1 1", swapped), want},
		"mesh": {mesh.String(), want},
		"a part": {cubeOf(5, "DOMAIN_MIN 0.25 0.25 0.25\nDOMAIN_MAX 0.75 0.75 0.75", half), func(c rgba) rgba {
			for i := range 3 {
				c[i] = max(0.25*255, min(0.75*255, c[i]))
			}
			return want(c)
		}},
		"1-D": {flat, func(c rgba) rgba {
			b := c[2] / 255
			return rgba{c[0], 255 - c[1], 255 * max(0.5*b, 1.5*b-0.5), c[3]}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for i, got := range looked(t, c.table, pages...) {
				if err := differ(got, pages[i].each(func(_, _ int, p rgba) rgba { return c.want(p) }), 1.1, 0.5); err != nil {
					t.Errorf("page %d: %v", i, err)
				}
			}
		})
	}
}

var badLUTs = []string{
	"", "LUT_3D_SIZE 2\n", "LUT_3D_SIZE 1\n0 0 0\n", "LUT_3D_SIZE 130\n", "LUT_3D_SIZE 2\nLUT_3D_SIZE 2\n", "LUT_3D_SIZE 99999999999999999999\n",
	"LUT_1D_SIZE 2\n0 0 0\n0 0\n", "LUT_1D_SIZE 2\n0 0 0\nNaN 0 0\n", "LUT_1D_SIZE 2\n0 0 0\n1e300 0 0\n", "LUT_1D_SIZE 2\n0 0 0\n0 0 0\n0 0 0\n",
	"LUT_1D_SIZE 2\nDOMAIN_MIN 1 1 1\n0 0 0\n1 1 1\n", "LUT_1D_SIZE 2\nSOMETHING\n", "0 1 2\n", "0 10 100 1000\n0 0 0\n", "<html>", "Mesh 4\n", "Mesh 4 99\n0 1 2 3\n",
}

func TestBrokenLUTs(t *testing.T) {
	t.Parallel()
	for _, s := range badLUTs {
		if _, err := parseLUT([]byte(s)); err == nil {
			t.Errorf("%q is a table", s)
		}
	}
}

func FuzzLUT(f *testing.F) {
	for _, s := range badLUTs {
		f.Add([]byte(s))
	}
	f.Add([]byte(cubeOf(2, "", func(r, g, b float64) [3]float64 { return [3]float64{g, b, r} })))
	f.Add([]byte("LUT_1D_SIZE 2\n0 0 0\n1 1 1\n"))
	f.Add([]byte("0 512 1023\n" + strings.Repeat("1 2 3\n", 27)))
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := parseLUT(b)
		if err != nil {
			return
		}
		if l.n < 2 || len(l.values) != l.entries() {
			t.Fatalf("%d entries of %d", len(l.values), l.n)
		}
		for _, v := range l.values {
			for _, c := range v {
				if math.IsNaN(float64(c)) || math.IsInf(float64(c), 0) {
					t.Fatalf("entry %v", v)
				}
			}
		}
		px := []byte{0, 0, 0, 7, 255, 255, 255, 8, 1, 128, 254, 9}
		l.apply(px, 4)
		if px[3] != 7 || px[7] != 8 || px[11] != 9 {
			t.Error("alpha has changed")
		}
	})
}
