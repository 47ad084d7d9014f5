package engine

import (
	"math"
	"testing"

	"tintype/internal/engine/vips"
	"tintype/internal/transform"
)

// pictureCase is one plan on a painted source, and the picture it must give.
type pictureCase struct {
	name string
	src  field
	w, h int // of the source
	ops  []transform.Op
	want field
	tol  tolerance
}

func TestPictures(t *testing.T) {
	t.Parallel()
	for _, group := range [][]pictureCase{geometryCases(), alphaCases(), colourCases()} {
		for _, c := range group {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				src := pngOf(t, c.src.image(c.w, c.h))
				plan := planFor(t, transform.PlanInput{Width: c.w, Height: c.h}, transform.PlanOutput{}, c.ops...)
				out := rendered(t, "png", src, plan)
				im := pixels(t, "pngload_buffer", out, nil)
				if b := im.Bounds(); b.Dx() != plan.Width || b.Dy() != plan.Height {
					t.Fatalf("%v, want %d x %d", b, plan.Width, plan.Height)
				}
				compare(t, im, c.want, c.tol)
			})
		}
	}
}

func geometryCases() []pictureCase {
	const w, h = 240, 160
	g, q := gradient(w, h), quarters(w, h)
	resize := func(w, h int) transform.Op { return transform.OpResize{Width: w, Height: h} }
	extract := func(x, y, w, h int) transform.Op { return transform.OpExtract{X: x, Y: y, Width: w, Height: h} }
	embed := func(x, y, w, h int, c rgba) transform.Op {
		return transform.OpEmbed{X: x, Y: y, Width: w, Height: h, Background: colour(c)}
	}
	turn := func(d float64, w, h int, c rgba) transform.Op {
		return transform.OpRotate{Degrees: d, Width: w, Height: h, Background: colour(c)}
	}
	ops := func(o ...transform.Op) []transform.Op { return o }
	edge := tolerance{1.5, 25} // a hard edge that is smoothed
	return []pictureCase{
		{"as it is", q, w, h, nil, q, tolerance{0.1, 0.5}},
		{"reduce", g, w, h, ops(resize(60, 40)), g.scale(0.25, 0.25), tolerance{}},
		{"reduce oddly", g, w, h, ops(resize(77, 51)), g.scale(77.0/w, 51.0/h), tolerance{}},
		{"enlarge", g, w, h, ops(resize(500, 400)), g.scale(500.0/w, 400.0/h), tolerance{}},
		{"squeeze", q, w, h, ops(resize(30, 300)), q.scale(30.0/w, 300.0/h), edge},
		{"to one pixel", plain(red), w, h, ops(resize(1, 1)), plain(red), tolerance{}},
		{"to a line", g, w, h, ops(resize(100, 1)), g.scale(100.0/w, 1.0/h), tolerance{1, 4}},
		{"twice", g, w, h, ops(resize(120, 80), resize(50, 70)), g.scale(50.0/w, 70.0/h), tolerance{}},
		{"extract", q, w, h, ops(extract(100, 50, 60, 70)), q.shift(-100, -50), tolerance{0.1, 0.5}},
		{"extract a pixel", q, w, h, ops(extract(239, 159, 1, 1)), q.shift(-239, -159), tolerance{0.1, 0.5}},
		{"extract and reduce", g, w, h, ops(extract(20, 40, 200, 100), resize(50, 50)), g.shift(-20, -40).scale(0.25, 0.5), tolerance{}},
		{"reduce and extract", g, w, h, ops(resize(120, 80), extract(30, 20, 60, 40)), g.scale(0.5, 0.5).shift(-30, -20), tolerance{}},
		{"enlarge a part", g, w, h, ops(extract(60, 40, 120, 80), resize(360, 240)), g.shift(-60, -40).scale(3, 3), tolerance{}},
		{"pad white", q, w, h, ops(embed(30, 20, 300, 200, white)), q.within(30, 20, w, h, plain(white)), tolerance{0.1, 0.5}},
		{"pad transparent", q, w, h, ops(embed(0, 40, 240, 200, clear)), q.within(0, 40, w, h, plain(clear)), tolerance{0.1, 0.5}},
		{"pad half", q, w, h, ops(embed(10, 0, 250, 160, rgba{200, 0, 0, 128})), q.within(10, 0, w, h, plain(rgba{200, 0, 0, 128})), tolerance{0.2, 1}},
		{"reduce and pad", g, w, h, ops(resize(60, 40), embed(10, 20, 80, 80, red)), g.scale(0.25, 0.25).within(10, 20, 60, 40, plain(red)), tolerance{}},
		{"turn 90", q, w, h, ops(turn(90, h, w, clear)), func(x, y float64) rgba { return q(y, h-x) }, tolerance{0.1, 0.5}},
		{"turn 180", q, w, h, ops(turn(180, w, h, clear)), func(x, y float64) rgba { return q(w-x, h-y) }, tolerance{0.1, 0.5}},
		{"turn 270", q, w, h, ops(turn(270, h, w, clear)), func(x, y float64) rgba { return q(w-y, x) }, tolerance{0.1, 0.5}},
		{"turn 45", quarters(200, 200), 200, 200, ops(turn(45, 283, 283, clear)), turned(quarters(200, 200), 45, 200, 200, 283, 283, clear), edge},
		{"turn 30 on white", q, w, h, ops(turn(30, 288, 259, white)), turned(q, 30, w, h, 288, 259, white), edge},
		{"turn 200 on half red", g, w, h, ops(turn(200, 281, 233, rgba{255, 0, 0, 128})), turned(g, 200, w, h, 281, 233, rgba{255, 0, 0, 128}), edge},
		{"reduce and turn", g, w, h, ops(resize(120, 80), turn(10, 133, 100, white)), turned(g.scale(0.5, 0.5), 10, 120, 80, 133, 100, white), edge},
		{"mirror", q, w, h, ops(transform.OpFlip{}), func(x, y float64) rgba { return q(w-x, y) }, tolerance{0.1, 0.5}},
		{"upside down", q, w, h, ops(transform.OpFlip{Vertical: true}), func(x, y float64) rgba { return q(x, h-y) }, tolerance{0.1, 0.5}},
		{"reduce and upside down", q, w, h, ops(resize(120, 80), transform.OpFlip{Vertical: true}), func(x, y float64) rgba { return q(2*x, h-2*y) }, edge},
	}
}

// turned is f, a page of w x h, turned clockwise into the middle of W x H.
func turned(f field, degrees, w, h, W, H float64, background rgba) field {
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	inside := f.within(0, 0, w, h, plain(clear))
	return field(func(x, y float64) rgba {
		dx, dy := x-W/2, y-H/2
		return inside(cos*dx+sin*dy+w/2, -sin*dx+cos*dy+h/2)
	}).over(background)
}

func alphaCases() []pictureCase {
	const w, h = 200, 120
	g := gradient(w, h)
	d := disc(g, w, h)
	ops := func(o ...transform.Op) []transform.Op { return o }
	cut := func(f field, r float64) field {
		return func(x, y float64) rgba {
			c := f(x, y)
			if !insideRound(x, y, w, h, r) {
				c[3] = 0
			}
			return c
		}
	}
	all := func(r float64) [4]float64 { return [4]float64{r, r, r, r} }
	frame := func(inner, outer func(x, y float64) bool, b float64, c rgba) field {
		return func(x, y float64) rgba {
			switch {
			case inner(x-b, y-b):
				return g(x-b, y-b)
			case outer(x, y):
				return c
			}
			return clear
		}
	}
	soft := tolerance{0.6, 6}
	return []pictureCase{
		{"alpha as it is", d, w, h, nil, d, tolerance{0.5, 6}},
		{"reduce with alpha", d, w, h, ops(transform.OpResize{Width: 50, Height: 30}), d.scale(0.25, 0.25), tolerance{0.8, 9}},
		{"reduce twice with alpha", d, w, h, ops(transform.OpResize{Width: 100, Height: 60}, transform.OpResize{Width: 40, Height: 40}), d.scale(0.2, 1.0/3), soft},
		{"round", g, w, h, ops(transform.OpRound{Radii: all(30)}), cut(g, 30), soft},
		{"round fully", g, w, h, ops(transform.OpRound{Radii: all(60)}), cut(g, 60), soft},
		{"round one corner", g, w, h, ops(transform.OpRound{Radii: [4]float64{0, 0, 50, 0}}), func(x, y float64) rgba {
			c := g(x, y)
			if x > w-50 && y > h-50 && math.Hypot(x-(w-50), y-(h-50)) > 50 {
				c[3] = 0
			}
			return c
		}, soft},
		{"round with alpha", d.each(func(c rgba) rgba { c[3] /= 2; return c }), w, h, ops(transform.OpRound{Radii: all(40)}), cut(d.each(func(c rgba) rgba { c[3] /= 2; return c }), 40), soft},
		{"ellipse", g, w, h, ops(transform.OpRound{Ellipse: true}), d, soft},
		{"reduce and ellipse", g, w, h, ops(transform.OpResize{Width: 100, Height: 100}, transform.OpRound{Ellipse: true}), disc(g.scale(0.5, 100.0/h), 100, 100), soft},
		{"border", g, w, h, ops(transform.OpBorder{Width: 10, Color: colour(red)}), g.within(10, 10, w, h, plain(red)), tolerance{}},
		{"border half", g, w, h, ops(transform.OpBorder{Width: 10, Color: transform.Color{R: 255, A: 128}}), g.within(10, 10, w, h, plain(rgba{255, 0, 0, 128})), tolerance{}},
		{"round border", g, w, h, ops(transform.OpBorder{Width: 12, Color: colour(red), Radii: all(30)}), frame(
			func(x, y float64) bool { return insideRound(x, y, w, h, 30) },
			func(x, y float64) bool { return insideRound(x, y, w+24, h+24, 42) }, 12, red), soft},
		{"round and border", g, w, h, ops(transform.OpRound{Radii: all(30)}, transform.OpBorder{Width: 12, Color: colour(red), Radii: all(30)}), frame(
			func(x, y float64) bool { return insideRound(x, y, w, h, 30) },
			func(x, y float64) bool { return insideRound(x, y, w+24, h+24, 42) }, 12, red), soft},
		{"ellipse border", g, w, h, ops(transform.OpBorder{Width: 8, Color: colour(red), Ellipse: true}), frame(
			func(x, y float64) bool { return insideEllipse(x, y, w, h) },
			func(x, y float64) bool { return insideEllipse(x, y, w+16, h+16) }, 8, red), soft},
		{"opacity", g, w, h, ops(transform.OpOpacity{Factor: 0.3}), g.each(func(c rgba) rgba { c[3] *= 0.3; return c }), tolerance{}},
		{"opacity with alpha", d, w, h, ops(transform.OpOpacity{Factor: 0.5}), d.each(func(c rgba) rgba { c[3] *= 0.5; return c }), soft},
		{"opacity none", g, w, h, ops(transform.OpOpacity{}), plain(clear), tolerance{}},
		{"flatten", d, w, h, ops(transform.OpFlatten{Color: colour(white)}), d.over(white), soft},
		{"flatten half", d, w, h, ops(transform.OpFlatten{Color: transform.Color{B: 255, A: 100}}), d.over(rgba{0, 0, 255, 100}), soft},
		{"turn with alpha", d, w, h, ops(transform.OpRotate{Degrees: 90, Width: h, Height: w}), func(x, y float64) rgba { return d(y, h-x) }, soft},
		{"turn 45 with alpha", d, w, h, ops(transform.OpRotate{Degrees: 45, Width: 227, Height: 227}), turned(d, 45, w, h, 227, 227, clear), tolerance{1, 10}},
	}
}

func colourCases() []pictureCase {
	const w, h = 200, 120
	g := gradient(w, h)
	d := disc(g, w, h)
	luma := [4]float64{0.2126, 0.7152, 0.0722, 0}
	grey := transform.OpMatrix{M: [3][4]float64{luma, luma, luma}}
	toGrey := func(c rgba) rgba {
		v := luma[0]*c[0] + luma[1]*c[1] + luma[2]*c[2]
		return rgba{v, v, v, c[3]}
	}
	brighter := transform.OpMatrix{M: [3][4]float64{{1, 0, 0, 0.3}, {0, 1, 0, 0.3}, {0, 0, 1, 0.3}}}
	sepia := transform.OpMatrix{M: [3][4]float64{{0.393, 0.769, 0.189, 0}, {0.349, 0.686, 0.168, 0}, {0.272, 0.534, 0.131, 0}}}
	toSepia := func(c rgba) (r rgba) {
		for i, row := range sepia.M {
			r[i] = min(255, row[0]*c[0]+row[1]*c[1]+row[2]*c[2])
		}
		r[3] = c[3]
		return r
	}
	bend := func(slope float64) func(rgba) rgba {
		return func(c rgba) rgba {
			for i := range 3 {
				c[i] = 255 * sigmoid(slope, c[i]/255)
			}
			return c
		}
	}
	ops := func(o ...transform.Op) []transform.Op { return o }
	soft := tolerance{0.6, 6}
	half := field(func(x, y float64) rgba { // black left, white right
		if x < w/2 {
			return rgba{0, 0, 0, 255}
		}
		return white
	})
	smooth := func(sigma float64) field {
		return func(x, y float64) rgba {
			v := 127.5 * (1 + math.Erf((x-w/2)/(sigma*math.Sqrt2)))
			return rgba{v, v, v, 255}
		}
	}
	redDisc := disc(plain(red), w, h)
	return []pictureCase{
		{"grey", g, w, h, ops(grey), g.each(toGrey), tolerance{}},
		{"grey with alpha", d, w, h, ops(grey), d.each(toGrey), soft},
		{"sepia", g, w, h, ops(sepia), g.each(toSepia), tolerance{}},
		{"brighter", g, w, h, ops(brighter), g.each(func(c rgba) rgba {
			return rgba{min(255, c[0]+76.5), min(255, c[1]+76.5), min(255, c[2]+76.5), c[3]}
		}), tolerance{}},
		{"more contrast", g, w, h, ops(transform.OpSigmoid{Slope: 6}), g.each(bend(6)), tolerance{}},
		{"less contrast", g, w, h, ops(transform.OpSigmoid{Slope: -6}), g.each(bend(-6)), tolerance{}},
		{"contrast with alpha", d, w, h, ops(transform.OpSigmoid{Slope: 4}), d.each(bend(4)), soft},
		{"blur", half, w, h, ops(transform.OpBlur{Sigma: 4}), smooth(4), tolerance{0.6, 4}},
		{"blur much", half, w, h, ops(transform.OpBlur{Sigma: 20}), smooth(20), tolerance{2.5, 9}},
		{"blur flat", plain(red), w, h, ops(transform.OpBlur{Sigma: 30}), plain(red), tolerance{1, 3}},
		{"blur out of all measure", plain(red), 20, 10, ops(transform.OpBlur{Sigma: 200}), plain(red), tolerance{1, 3}},
		{"sharpen flat", plain(red), w, h, ops(transform.OpSharpen{Sigma: 2, Amount: 3}), plain(red), tolerance{0.6, 1}},
		{"sharpen smooth", g, w, h, ops(transform.OpSharpen{Sigma: 1, Amount: 1}), g, tolerance{0.6, 4}},
		{"sharpen with alpha", redDisc, w, h, ops(transform.OpSharpen{Sigma: 3, Amount: 2}), redDisc, soft},
		{"all at once", d, w, h, ops(transform.OpResize{Width: 100, Height: 60}, grey, transform.OpSigmoid{Slope: 3}, transform.OpEmbed{X: 20, Y: 10, Width: 140, Height: 80, Background: colour(white)}),
			disc(g, w, h).each(toGrey).each(bend(3)).scale(0.5, 0.5).within(20, 10, 100, 60, plain(white)), soft},
	}
}

// A transparent picture's hidden colour must not leak out of a blur.
func TestBlurLeavesHiddenColourHidden(t *testing.T) {
	t.Parallel()
	const n = 100
	src := field(func(x, y float64) rgba { // red left; right transparent, but green below
		if x < n/2 {
			return rgba{255, 0, 0, 255}
		}
		return rgba{0, 255, 0, 0}
	})
	plan := planFor(t, transform.PlanInput{Width: n, Height: n}, transform.PlanOutput{}, transform.OpBlur{Sigma: 6})
	im := pixels(t, "pngload_buffer", rendered(t, "png", pngOf(t, src.image(n, n)), plan), nil)
	for x := range n {
		c := im.NRGBAAt(x, n/2)
		if c.A > 8 && (c.R < 245 || c.G > 10) {
			t.Fatalf("at %d the colour is %v", x, c)
		}
	}
	if c := im.NRGBAAt(n/2, n/2); c.A < 100 || c.A > 155 {
		t.Errorf("alpha at the edge is %d", c.A)
	}
}

func TestSharpenOvershoots(t *testing.T) {
	t.Parallel()
	const n = 60
	src := field(func(x, y float64) rgba {
		if x < n/2 {
			return rgba{80, 80, 80, 255}
		}
		return rgba{170, 170, 170, 255}
	})
	at := func(amount float64) (low, high int) {
		plan := planFor(t, transform.PlanInput{Width: n, Height: n}, transform.PlanOutput{}, transform.OpSharpen{Sigma: 1.5, Amount: amount})
		im := pixels(t, "pngload_buffer", rendered(t, "png", pngOf(t, src.image(n, n)), plan), nil)
		return int(im.NRGBAAt(n/2-1, n/2).R), int(im.NRGBAAt(n/2, n/2).R)
	}
	low, high := at(1)
	if low > 65 || high < 185 {
		t.Errorf("edge is %d to %d after sharpening 80 to 170", low, high)
	}
	if low2, high2 := at(2); low2 >= low || high2 <= high {
		t.Errorf("twice the amount gives %d to %d after %d to %d", low2, high2, low, high)
	}
}

func TestRenderedInfo(t *testing.T) {
	t.Parallel()
	src := pngOf(t, disc(gradient(50, 40), 50, 40).image(50, 40))
	var s vips.Scope
	defer s.Close()
	plan := planFor(t, transform.PlanInput{Width: 50, Height: 40}, transform.PlanOutput{Format: "webp"}, transform.OpResize{Width: 20, Height: 10})
	p, err := render(&s, mapped(t, "png", src), plan)
	must(t, err)
	b, err := p.encode(plan.Output)
	must(t, err)
	info := p.info(plan.Output, len(b))
	if info.Format != "webp" || info.Width != 20 || info.Height != 10 || info.Pages != 1 || info.Animated || !info.Alpha || info.Space != "srgb" || info.Bytes == 0 {
		t.Errorf("%+v", info)
	}
}

// A plan for another picture is our mistake, not the file's.
func TestWrongPlanIsInternal(t *testing.T) {
	t.Parallel()
	src := pngOf(t, gradient(50, 40).image(50, 40))
	var s vips.Scope
	defer s.Close()
	plan := planFor(t, transform.PlanInput{Width: 60, Height: 40}, transform.PlanOutput{}, transform.OpExtract{Width: 55, Height: 30})
	if _, err := render(&s, mapped(t, "png", src), plan); err == nil {
		t.Error("a plan for 60 x 40 was carried out on 50 x 40")
	}
}
