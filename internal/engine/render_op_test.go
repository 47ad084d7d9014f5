package engine

import (
	"fmt"
	"image"
	"math"
	"testing"

	"tintype/internal/engine/vips"
	"tintype/internal/transform"
)

// sheet is a page of straight colours, 0 to 255, for reference computations
// in full precision.
type sheet struct {
	w, h int
	px   []rgba
}

func (s sheet) at(x, y int) rgba { return s.px[y*s.w+x] }

// near is the pixel, or the nearest to it on the page.
func (s sheet) near(x, y int) rgba {
	return s.at(max(0, min(s.w-1, x)), max(0, min(s.h-1, y)))
}

// each is the sheet that f makes pixel by pixel.
func (s sheet) each(f func(x, y int, c rgba) rgba) sheet {
	out := sheet{s.w, s.h, make([]rgba, len(s.px))}
	for y := range s.h {
		for x := range s.w {
			out.px[y*s.w+x] = f(x, y, s.at(x, y))
		}
	}
	return out
}

// pre multiplies alpha into the colours, in 255ths.
func (s sheet) pre() sheet {
	return s.each(func(_, _ int, c rgba) rgba {
		for i := range 3 {
			c[i] *= c[3] / 255
		}
		return c
	})
}

// straight is the inverse of pre.
func (s sheet) straight() sheet {
	return s.each(func(_, _ int, c rgba) rgba {
		if c[3] == 0 {
			return clear
		}
		for i := range 3 {
			c[i] *= 255 / c[3]
		}
		return c
	})
}

func (c rgba) luma() float64 { return (0.2126*c[0] + 0.7152*c[1] + 0.0722*c[2]) / 255 }

// colours does f to red, green and blue in the unit range.
func (c rgba) colours(f func(v float64) float64) rgba {
	for i := range 3 {
		c[i] = 255 * max(0, min(1, f(c[i]/255)))
	}
	return c
}

// over lays one straight colour over another.
func (c rgba) over(b rgba) rgba { return plain(c).over(b)(0, 0) }

func (s sheet) image() *image.NRGBA {
	return field(func(x, y float64) rgba { return s.at(int(x), int(y)) }).image(s.w, s.h)
}

// dice is a short generator for pictures without structure.
type dice uint32

func (d *dice) roll(n int) int {
	*d = *d*1664525 + 1013904223
	return int(uint64(*d) * uint64(n) >> 32)
}

// The sheets that every operation is tried on: smooth parts, a hard edge,
// rough parts, saturated and grey colours.
func opaqueSheet(w, h int, seed dice) sheet {
	s := sheet{w, h, make([]rgba, w*h)}
	g := gradient(w, h)
	return s.each(func(x, y int, _ rgba) rgba {
		switch {
		case y >= h*3/4:
			return rgba{float64(seed.roll(256)), float64(seed.roll(256)), float64(seed.roll(256)), 255}
		case x >= w*2/3 && y < h/3:
			v := float64(seed.roll(64) + 60)
			return rgba{v, v, v, 255}
		case x < w/3 && y < h/3:
			return rgba{220, 20 + float64(seed.roll(12)), 30, 255}
		}
		c := g(float64(x), float64(y))
		return c.colours(func(v float64) float64 { return math.Round(v*255) / 255 })
	})
}

func alphaSheet(w, h int, seed dice) sheet {
	return opaqueSheet(w, h, seed).each(func(x, y int, c rgba) rgba {
		switch {
		case x >= w/2 && y >= h/2:
			c[3] = float64(seed.roll(256))
		case x < 6 || y < 5:
			c[3] = 0
		case (x+y)%9 < 2:
			c[3] = 128
		}
		return c
	})
}

func greySheet(w, h int, seed dice) sheet {
	return opaqueSheet(w, h, seed).each(func(_, _ int, c rgba) rgba {
		v := math.Round(255 * c.luma())
		return rgba{v, v, v, 255}
	})
}

// done carries an operation out on sheets as the pages of one picture; grey
// makes it a picture of one band. It answers the pages, and whether there is alpha.
func done(t testing.TB, op transform.Op, grey bool, pages ...sheet) ([]sheet, bool) {
	t.Helper()
	var s vips.Scope
	defer s.Close()
	w, h := pages[0].w, pages[0].h
	roll := image.NewNRGBA(image.Rect(0, 0, w, h*len(pages)))
	for i, p := range pages {
		copy(roll.Pix[4*w*h*i:], p.image().Pix)
	}
	im := vipsImage(t, &s, roll)
	if grey {
		var err error
		im, err = s.Apply(im, "colourspace", vips.Args{"space": "b-w"})
		must(t, err)
	}
	p := &picture{scope: &s, src: &source{loader: loader{format: "png"}}, im: im, pages: len(pages), random: true}
	must(t, p.do(op))
	if p.width() != w || p.height() != h || p.pages != len(pages) {
		t.Fatalf("%d pages of %d x %d became %d of %d x %d", len(pages), w, h, p.pages, p.width(), p.height())
	}
	alpha := p.im.HasAlpha()
	r, err := p.raster()
	must(t, err)
	out := make([]sheet, len(pages))
	for i := range out {
		px := r.page(i)
		out[i] = sheet{w, h, make([]rgba, w*h)}
		for j := range out[i].px {
			for c := range 4 {
				out[i].px[j][c] = float64(px[4*j+c])
			}
		}
	}
	return out, alpha
}

// opCase is an operation and its formula.
type opCase struct {
	name string
	op   transform.Op
	// want is the reference; it gets all pages, since some count over them all.
	want func(pages []sheet) []sheet
	// off is by how much a value may differ at most, default 1.01 (rounding).
	off float64
	// mean is by how much values may differ on average, default off.
	mean float64
	// adds: a page without alpha has it afterwards.
	adds bool
}

// perPage makes the reference of one page one of all.
func perPage(f func(s sheet) sheet) func([]sheet) []sheet {
	return func(pages []sheet) []sheet {
		out := make([]sheet, len(pages))
		for i, p := range pages {
			out[i] = f(p)
		}
		return out
	}
}

// perPixel makes the reference of one pixel one of all.
func perPixel(f func(c rgba) rgba) func([]sheet) []sheet {
	return perPage(func(s sheet) sheet { return s.each(func(_, _ int, c rgba) rgba { return f(c) }) })
}

// tryOps compares operations with their formulas on an opaque page, one with
// alpha, a grey one, and on the frames of an animation.
func tryOps(t *testing.T, cases []opCase) {
	t.Helper()
	const w, h = 41, 34
	kinds := []struct {
		name  string
		grey  bool
		pages []sheet
	}{
		{"opaque", false, []sheet{opaqueSheet(w, h, 1)}},
		{"alpha", false, []sheet{alphaSheet(w, h, 2)}},
		{"grey", true, []sheet{greySheet(w, h, 3)}},
		{"frames", false, []sheet{opaqueSheet(w, h, 4), greySheet(w, h, 5), opaqueSheet(w, h, 6)}},
		{"frames with alpha", false, []sheet{alphaSheet(w, h, 7), opaqueSheet(w, h, 8)}},
	}
	for _, c := range cases {
		for _, k := range kinds {
			t.Run(c.name+" on "+k.name, func(t *testing.T) {
				t.Parallel()
				got, alpha := done(t, c.op, k.grey, k.pages...)
				had := k.name == "alpha" || k.name == "frames with alpha"
				if alpha != (had || c.adds) {
					t.Errorf("alpha: %v", alpha)
				}
				off := c.off
				if off == 0 {
					off = 1.01
				}
				mean := c.mean
				if mean == 0 {
					mean = off
				}
				want := c.want(k.pages)
				for i := range got {
					if err := differ(got[i], want[i], off, mean); err != nil {
						t.Errorf("page %d: %v", i, err)
					}
				}
			})
		}
	}
}

// differ compares alpha, and the colours as far as they can be seen.
func differ(got, want sheet, off, mean float64) error {
	sum, n := 0.0, 0.0
	for i, g := range got.px {
		w := want.px[i]
		for c := range 4 {
			d := math.Abs(g[c] - w[c])
			if c < 3 {
				d = math.Abs(g[c]*g[3]-w[c]*w[3]) / 255
			}
			if d > off || math.IsNaN(d) {
				return fmt.Errorf("at %d,%d: %v, want %.1f", i%got.w, i/got.w, g, w)
			}
			sum += d
			n++
		}
	}
	if sum/n > mean {
		return fmt.Errorf("differs by %.2f on average", sum/n)
	}
	return nil
}
