package engine

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"tintype/internal/engine/vips"
	"tintype/internal/transform"
)

// rgba is a colour with straight alpha, 0 to 255.
type rgba [4]float64

// field is a picture without pixels: the colour at each point of a plane, in
// pixels from the top left corner. Expectations are computed with it,
// independently of the library under test.
type field func(x, y float64) rgba

func plain(c rgba) field { return func(x, y float64) rgba { return c } }

var (
	white  = rgba{255, 255, 255, 255}
	red    = rgba{220, 30, 40, 255}
	clear  = rgba{}
	square = [4]float64{}
)

func colour(c rgba) transform.Color {
	return transform.Color{R: uint8(c[0]), G: uint8(c[1]), B: uint8(c[2]), A: uint8(c[3])}
}

// gradient is smooth: red rises to the right, green downwards, blue falls to the right.
func gradient(w, h int) field {
	return func(x, y float64) rgba {
		u, v := min(1, max(0, x/float64(w))), min(1, max(0, y/float64(h)))
		return rgba{20 + 210*u, 30 + 190*v, 200 - 150*u, 255}
	}
}

// quarters has a colour in each quarter, so that any mirroring shows.
func quarters(w, h int) field {
	return func(x, y float64) rgba {
		right, low := x >= float64(w)/2, y >= float64(h)/2
		switch {
		case right && low:
			return rgba{240, 220, 20, 255}
		case right:
			return rgba{20, 190, 60, 255}
		case low:
			return rgba{30, 60, 220, 255}
		}
		return red
	}
}

// disc makes a field transparent outside the ellipse in its box.
func disc(f field, w, h int) field {
	return func(x, y float64) rgba {
		c := f(x, y)
		if !insideEllipse(x, y, float64(w), float64(h)) {
			c[3] = 0
		}
		return c
	}
}

func insideEllipse(x, y, w, h float64) bool {
	return math.Hypot((x-w/2)/(w/2), (y-h/2)/(h/2)) <= 1
}

// insideRound: the point is in a rectangle with corners of one radius.
func insideRound(x, y, w, h, r float64) bool {
	if x < 0 || y < 0 || x > w || y > h {
		return false
	}
	dx, dy := max(r-x, x-(w-r), 0), max(r-y, y-(h-r), 0)
	return math.Hypot(dx, dy) <= r || r == 0
}

func (f field) scale(sx, sy float64) field { return func(x, y float64) rgba { return f(x/sx, y/sy) } }
func (f field) shift(dx, dy float64) field { return func(x, y float64) rgba { return f(x-dx, y-dy) } }

// within is f inside w x h at x0, y0, and g elsewhere.
func (f field) within(x0, y0, w, h float64, g field) field {
	return func(x, y float64) rgba {
		if x >= x0 && x < x0+w && y >= y0 && y < y0+h {
			return f(x-x0, y-y0)
		}
		return g(x, y)
	}
}

func (f field) each(g func(rgba) rgba) field { return func(x, y float64) rgba { return g(f(x, y)) } }

// over lays f over a background.
func (f field) over(b rgba) field {
	return f.each(func(c rgba) rgba {
		a, ab := c[3]/255, b[3]/255
		out := a + ab*(1-a)
		if out == 0 {
			return clear
		}
		var r rgba
		for i := range 3 {
			r[i] = (c[i]*a + b[i]*ab*(1-a)) / out
		}
		r[3] = 255 * out
		return r
	})
}

// image samples a field at pixels' middles.
func (f field) image(w, h int) *image.NRGBA {
	im := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := f(float64(x)+0.5, float64(y)+0.5)
			im.SetNRGBA(x, y, color.NRGBA{byte(math.Round(c[0])), byte(math.Round(c[1])), byte(math.Round(c[2])), byte(math.Round(c[3]))})
		}
	}
	return im
}

func opaque(im *image.NRGBA) bool { return im.Opaque() }

// vipsImage hands pixels to libvips: four bands, or three where all is opaque.
func vipsImage(t testing.TB, s *vips.Scope, im *image.NRGBA) *vips.Image {
	t.Helper()
	b := im.Bounds()
	v, err := s.FromPixels(im.Pix, b.Dx(), b.Dy(), 4, "uchar")
	must(t, err)
	v, err = s.Apply(v, "copy", vips.Args{"interpretation": "srgb"})
	must(t, err)
	if opaque(im) {
		v, err = s.Apply(v, "extract_band", vips.Args{"band": 0, "n": 3})
		must(t, err)
	}
	return v
}

// file encodes with libvips, after prepare has had its way with the image.
func file(t testing.TB, im *image.NRGBA, op string, args vips.Args, prepare ...func(*vips.Scope, *vips.Image) *vips.Image) []byte {
	t.Helper()
	var s vips.Scope
	defer s.Close()
	v := vipsImage(t, &s, im)
	for _, f := range prepare {
		v = f(&s, v)
	}
	all := vips.Args{"in": v}
	for k, x := range args {
		all[k] = x
	}
	res, err := s.Call(op, all)
	must(t, err)
	return bytes.Clone(res.Blob("buffer").Bytes())
}

func pngOf(t testing.TB, im image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	must(t, png.Encode(&b, im))
	return b.Bytes()
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// mapped is a source whose bytes lie outside Go's memory, as a worker has it.
func mapped(t testing.TB, format string, b []byte) *source {
	t.Helper()
	l, err := loaderFor(format)
	must(t, err)
	m, err := syscall.Mmap(-1, 0, len(b), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	must(t, err)
	copy(m, b)
	s, err := (&source{loader: l, data: m}).prepared()
	must(t, err)
	t.Cleanup(s.close)
	return s
}

// planFor completes a plan: the size after the operations, and PNG where
// nothing else is said.
func planFor(t testing.TB, in transform.PlanInput, out transform.PlanOutput, ops ...transform.Op) transform.Plan {
	t.Helper()
	if in.Pages == 0 {
		in.Pages = 1
	}
	if out.Format == "" {
		out.Format = "png"
	}
	if out.Quality == 0 {
		out.Quality = 80
	}
	p := transform.Plan{Input: in, Ops: ops, Output: out, Width: in.Width, Height: in.Height}
	for _, op := range ops {
		switch op := op.(type) {
		case transform.OpResize:
			p.Width, p.Height = op.Width, op.Height
		case transform.OpExtract:
			p.Width, p.Height = op.Width, op.Height
		case transform.OpEmbed:
			p.Width, p.Height = op.Width, op.Height
		case transform.OpRotate:
			p.Width, p.Height = op.Width, op.Height
		case transform.OpBorder:
			p.Width, p.Height = p.Width+2*op.Width, p.Height+2*op.Width
		}
	}
	must(t, p.Check())
	return p
}

// rendered carries a plan out in this process and returns the file.
func rendered(t testing.TB, format string, src []byte, plan transform.Plan) []byte {
	t.Helper()
	var s vips.Scope
	defer s.Close()
	p, err := render(&s, mapped(t, format, src), plan)
	must(t, err)
	b, err := p.encode(plan.Output)
	must(t, err)
	return bytes.Clone(b)
}

// pixels decodes a file with libvips to 8-bit sRGB with alpha, without any of
// the code under test.
func pixels(t testing.TB, op string, b []byte, args vips.Args) *image.NRGBA {
	t.Helper()
	var s vips.Scope
	defer s.Close()
	all := vips.Args{"buffer": b}
	for k, v := range args {
		all[k] = v
	}
	v, err := s.Make(op, all)
	must(t, err)
	if v.Interpretation() != "srgb" {
		v, err = s.Apply(v, "colourspace", vips.Args{"space": "srgb"})
		must(t, err)
	}
	if v.Bands() == 3 {
		v, err = s.Apply(v, "bandjoin_const", vips.Args{"c": []float64{255}})
		must(t, err)
	}
	px, err := v.Pixels()
	must(t, err)
	return &image.NRGBA{Pix: px, Stride: 4 * v.Width(), Rect: image.Rect(0, 0, v.Width(), v.Height())}
}

// cells is how many cells a picture is compared in, each way.
const cells = 12

// distance compares a picture with an expectation: both are averaged over
// cells of a grid, with alpha multiplied in, and over three by three points
// of each pixel for the expectation. It answers the mean and the largest
// difference of a cell, in 255ths.
func distance(im *image.NRGBA, want field) (mean, worst float64, where string) {
	b := im.Bounds()
	nx, ny := min(cells, b.Dx()), min(cells, b.Dy())
	for cy := range ny {
		for cx := range nx {
			var got, exp rgba
			n := 0.0
			for y := cy * b.Dy() / ny; y < (cy+1)*b.Dy()/ny; y++ {
				for x := cx * b.Dx() / nx; x < (cx+1)*b.Dx()/nx; x++ {
					p := im.NRGBAAt(x, y)
					got.add(rgba{float64(p.R), float64(p.G), float64(p.B), float64(p.A)}, 1)
					for i := range 9 {
						exp.add(want(float64(x)+(float64(i%3)+0.5)/3, float64(y)+(float64(i/3)+0.5)/3), 1.0/9)
					}
					n++
				}
			}
			for i := range 4 {
				d := math.Abs(got[i]-exp[i]) / n
				mean += d / float64(4*nx*ny)
				if d > worst {
					worst, where = d, fmt.Sprintf("cell %d,%d band %d: %.0f, want %.0f", cx, cy, i, got[i]/n, exp[i]/n)
				}
			}
		}
	}
	return mean, worst, where
}

func (s *rgba) add(c rgba, weight float64) {
	for i := range 3 {
		s[i] += c[i] * c[3] / 255 * weight
	}
	s[3] += c[3] * weight
}

// tolerance of a comparison, in 255ths.
type tolerance struct{ mean, worst float64 }

func compare(t *testing.T, im *image.NRGBA, want field, tol tolerance) {
	t.Helper()
	if tol == (tolerance{}) {
		tol = tolerance{0.6, 4}
	}
	mean, worst, where := distance(im, want)
	if mean > tol.mean || worst > tol.worst {
		t.Errorf("differs by %.2f on average (at most %.2f), %.2f at worst (at most %.2f), in %s", mean, tol.mean, worst, tol.worst, where)
	}
	if dir := os.Getenv("TINTYPE_LOOK"); dir != "" {
		name := filepath.Join(dir, filepath.Base(t.Name()))
		os.WriteFile(name+".png", pngOf(t, im), 0o644)
		os.WriteFile(name+"-want.png", pngOf(t, want.image(im.Bounds().Dx(), im.Bounds().Dy())), 0o644)
	}
}
