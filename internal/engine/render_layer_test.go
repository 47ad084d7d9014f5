package engine

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"math"
	"os"
	"testing"

	"tintype/internal/engine/vips"
	"tintype/internal/media"
	"tintype/internal/transform"
)

// rolled hands pages to libvips, below each other.
func rolled(t testing.TB, s *vips.Scope, pages []sheet) *vips.Image {
	w, h := pages[0].w, pages[0].h
	roll := image.NewNRGBA(image.Rect(0, 0, w, h*len(pages)))
	for i, p := range pages {
		copy(roll.Pix[4*w*h*i:], p.image().Pix)
	}
	return vipsImage(t, s, roll)
}

// sheets takes a picture apart.
func sheets(t testing.TB, p *picture) []sheet {
	t.Helper()
	r, err := p.raster()
	must(t, err)
	out := make([]sheet, p.pages)
	for i := range out {
		px := r.page(i)
		out[i] = sheet{r.w, r.h, make([]rgba, r.w*r.h)}
		for j := range out[i].px {
			for c := range 4 {
				out[i].px[j][c] = float64(px[4*j+c])
			}
		}
	}
	return out
}

// laid carries a composite out whose layer is a file of a sheet.
func laid(t testing.TB, op transform.OpComposite, layer sheet, pages ...sheet) ([]sheet, bool) {
	t.Helper()
	var s vips.Scope
	defer s.Close()
	st := &stock{sources: []*source{nil, mapped(t, "png", pngOf(t, layer.image()))}, fonts: &shelf{}}
	p := &picture{scope: &s, src: &source{loader: loader{format: "png"}}, stock: st, im: rolled(t, &s, pages), pages: len(pages), random: true}
	op.Layer = fileLayer(layer.w, layer.h)
	must(t, p.do(op))
	return sheets(t, p), p.im.HasAlpha()
}

func inMemory(b []byte) Source { return bytes.NewReader(b) }

// someFont is a font file that draws unlike the default.
func someFont(t testing.TB) []byte {
	t.Helper()
	for _, name := range []string{"/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf", "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"} {
		if b, err := os.ReadFile(name); err == nil {
			return b
		}
	}
	t.Skip("the font of the test is not on this machine")
	return nil
}

func fileLayer(w, h int, ops ...transform.Op) transform.Picture {
	return transform.Picture{Source: 1, Input: transform.PlanInput{Width: w, Height: h, Pages: 1}, Ops: ops, Width: w, Height: h}
}

// blended mixes as W3C's Compositing has it: B is the blend function of backdrop and source.
func w3c(b, l rgba, blend func(cb, cs float64) float64) rgba {
	ab, as := b[3]/255, l[3]/255
	ao := as + ab*(1-as)
	if ao == 0 {
		return rgba{}
	}
	var o rgba
	for i := range 3 {
		cb, cs := b[i]/255, l[i]/255
		o[i] = 255 * (as*(1-ab)*cs + as*ab*blend(cb, cs) + (1-as)*ab*cb) / ao
	}
	o[3] = 255 * ao
	return o
}

func multiplied(cb, cs float64) float64 { return cb * cs }
func screened(cb, cs float64) float64   { return cb + cs - cb*cs }
func overlaid(cb, cs float64) float64 {
	if cb <= 0.5 {
		return multiplied(cs, 2*cb)
	}
	return screened(cs, 2*cb-1)
}

func alphaTimes(b rgba, f float64) rgba {
	b[3] *= f
	return b
}

var blendFormulas = map[transform.Blend]func(b, l rgba) rgba{
	transform.Over:     func(b, l rgba) rgba { return w3c(b, l, func(_, cs float64) float64 { return cs }) },
	transform.Under:    func(b, l rgba) rgba { return w3c(l, b, func(_, cs float64) float64 { return cs }) },
	transform.Multiply: func(b, l rgba) rgba { return w3c(b, l, multiplied) },
	transform.Screen:   func(b, l rgba) rgba { return w3c(b, l, screened) },
	transform.Overlay:  func(b, l rgba) rgba { return w3c(b, l, overlaid) },
	transform.Mask:     func(b, l rgba) rgba { return alphaTimes(b, l[3]/255*l.luma()) },
	transform.CutIn:    func(b, l rgba) rgba { return alphaTimes(b, l[3]/255) },
	transform.CutOut:   func(b, l rgba) rgba { return alphaTimes(b, 1-l[3]/255) },
}

// beyond is the layer at a pixel of the page.
func beyond(l sheet, x, y int, tile bool) rgba {
	if tile {
		return l.at((x%l.w+l.w)%l.w, (y%l.h+l.h)%l.h)
	}
	if x < 0 || y < 0 || x >= l.w || y >= l.h {
		return rgba{}
	}
	return l.at(x, y)
}

func TestBlends(t *testing.T) {
	t.Parallel()
	const w, h = 41, 34
	layers := map[string]sheet{"opaque": opaqueSheet(20, 17, 11), "alpha": alphaSheet(20, 17, 12)}
	pages := map[string][]sheet{
		"opaque": {opaqueSheet(w, h, 1)}, "alpha": {alphaSheet(w, h, 2)},
		"frames": {opaqueSheet(w, h, 4), opaqueSheet(w, h, 5)}, "frames with alpha": {alphaSheet(w, h, 6), alphaSheet(w, h, 7)},
	}
	places := []transform.OpComposite{{X: 5, Y: 9}, {X: -7, Y: -3}, {X: 30, Y: 25}, {X: 100, Y: 4}, {X: 3, Y: -5, Tile: true}}
	for blend, f := range blendFormulas {
		for ln, layer := range layers {
			for pn, page := range pages {
				t.Run(fmt.Sprintf("%s of %s on %s", blend, ln, pn), func(t *testing.T) {
					t.Parallel()
					for _, op := range places {
						op.Blend = blend
						got, alpha := laid(t, op, layer, page...)
						cuts := blend == transform.Mask || blend == transform.CutIn || blend == transform.CutOut
						if want := cuts || pn == "alpha" || pn == "frames with alpha"; alpha != want {
							t.Errorf("%+v: alpha %v", op, alpha)
						}
						for i := range got {
							want := page[i].each(func(x, y int, c rgba) rgba { return f(c, beyond(layer, x-op.X, y-op.Y, op.Tile)) })
							if err := differ(got[i], want, 1.6, 0.7); err != nil {
								t.Errorf("at %d,%d tile %v: page %d: %v", op.X, op.Y, op.Tile, i, err)
							}
						}
					}
				})
			}
		}
	}
}

// bilinear samples premultiplied colour; beyond the edge lies the nearest pixel.
func (s sheet) bilinear(x, y float64) rgba {
	x0, y0 := math.Floor(x), math.Floor(y)
	var sum rgba
	for i := range 4 {
		dx, dy := float64(i%2), float64(i/2)
		weight := (1 - math.Abs(x-x0-dx)) * (1 - math.Abs(y-y0-dy))
		sum.add(s.near(int(x0+dx), int(y0+dy)), weight)
	}
	if sum[3] > 0 {
		for i := range 3 {
			sum[i] *= 255 / sum[3]
		}
	}
	return sum
}

func TestDisplace(t *testing.T) {
	t.Parallel()
	const w, h = 41, 34
	layer := alphaSheet(25, 20, 3).each(func(x, y int, c rgba) rgba {
		if x < 12 {
			c[3] = 255
		}
		return c
	})
	for name, page := range map[string]sheet{"opaque": opaqueSheet(w, h, 1), "alpha": alphaSheet(w, h, 2)} {
		for _, op := range []transform.OpComposite{{DX: 6, DY: -4}, {X: 10, Y: 10, DX: 0, DY: 20}, {X: -3, Y: 4, DX: 999, DY: 5}} {
			op.Blend = transform.Displace
			got, alpha := laid(t, op, layer, page)
			if alpha != (name == "alpha") {
				t.Errorf("%s: alpha %v", name, alpha)
			}
			want := page.each(func(x, y int, c rgba) rgba {
				l := beyond(layer, x-op.X, y-op.Y, false)
				a := l[3] / 255
				sx := max(0, min(w-1, float64(x)+a*op.DX*(2*l[0]/255-1)))
				sy := max(0, min(h-1, float64(y)+a*op.DY*(2*l[1]/255-1)))
				return page.bilinear(sx, sy)
			})
			// The library's bilinear weights are multiples of 1/256 or so.
			if err := differ(got[0], want, 12, 0.8); err != nil {
				t.Errorf("%s by %v, %v: %v", name, op.DX, op.DY, err)
			}
		}
	}
}

// Layers are made by operations of their own, also with layers on them.
func TestLayerInLayer(t *testing.T) {
	t.Parallel()
	blue, yellow := transform.Color{B: 255, A: 255}, transform.Color{R: 255, G: 255, A: 255}
	canvas := func(w, h int, c transform.Color, ops ...transform.Op) transform.Picture {
		p := transform.Picture{Canvas: &transform.Canvas{Width: w, Height: h, Color: c}, Ops: ops, Width: w, Height: h}
		for _, op := range ops {
			if r, ok := op.(transform.OpResize); ok {
				p.Width, p.Height = r.Width, r.Height
			}
		}
		return p
	}
	inner := transform.OpComposite{Layer: canvas(10, 10, yellow), X: 5, Y: 5, Blend: transform.Over}
	outer := transform.OpComposite{Layer: canvas(40, 40, blue, inner, transform.OpResize{Width: 80, Height: 80}), X: 20, Y: 10, Blend: transform.Over}
	src := plain(rgba{200, 0, 0, 255}).image(120, 100)
	self := transform.OpComposite{Blend: transform.Over, X: 100, Y: 80, Layer: transform.Picture{
		Input: transform.PlanInput{Width: 120, Height: 100, Pages: 1}, Ops: transform.Ops{transform.OpMatrix{M: [3][4]float64{{0, 0, 0, 0}, {1, 0, 0, 0}, {0, 0, 0, 0}}}}, Width: 120, Height: 100,
	}}
	plan := planFor(t, transform.PlanInput{Width: 120, Height: 100}, transform.PlanOutput{}, outer, self)
	im := pixels(t, "pngload_buffer", rendered(t, "png", pngOf(t, src), plan), nil)
	for _, p := range []struct {
		x, y int
		want color.NRGBA
	}{
		{5, 5, color.NRGBA{200, 0, 0, 255}}, {22, 12, color.NRGBA{0, 0, 255, 255}}, {40, 30, color.NRGBA{255, 255, 0, 255}},
		{60, 50, color.NRGBA{0, 0, 255, 255}}, {110, 90, color.NRGBA{0, 200, 0, 255}},
	} {
		if got := im.NRGBAAt(p.x, p.y); !near(got, p.want, 2) {
			t.Errorf("%d,%d is %v, want %v", p.x, p.y, got, p.want)
		}
	}
}

// A layer lies on every frame, and a layer that plays shows a page on each.
func TestLayersOfAnimations(t *testing.T) {
	t.Parallel()
	const w, h = 120, 80
	op := transform.OpComposite{
		Layer: transform.Picture{Canvas: &transform.Canvas{Width: 20, Height: 20, Color: transform.Black}, Width: 20, Height: 20},
		X:     10, Y: 40, Blend: transform.Over,
	}
	playing := transform.OpComposite{
		Layer: transform.Picture{Input: transform.PlanInput{Width: w, Height: h, Pages: 2}, Ops: transform.Ops{transform.OpExtract{X: 0, Y: 30, Width: 20, Height: 20}}, Width: 20, Height: 20},
		X:     60, Y: 40, Blend: transform.Over,
	}
	plan := planFor(t, transform.PlanInput{Width: w, Height: h, Pages: 3}, transform.PlanOutput{Format: "webp", Quality: 100}, op, playing)
	pages, _, _ := frames(t, "webp", rendered(t, "gif", animation(t, w, h), plan))
	if len(pages) != 3 {
		t.Fatalf("%d pages", len(pages))
	}
	for i, page := range pages {
		at := func(x, y int) color.NRGBA { return page.NRGBAAt(page.Rect.Min.X+x, page.Rect.Min.Y+y) }
		if c := at(15, 50); !near(c, color.NRGBA{0, 0, 0, 255}, 3) {
			t.Errorf("frame %d: %v where the layer lies", i, c)
		}
		if c := at(70, 50); !near(c, frameColours[i%2], 3) {
			t.Errorf("frame %d: %v where the playing layer lies, want %v", i, c, frameColours[i%2])
		}
		if c := at(50, 50); !near(c, frameColours[i], 3) {
			t.Errorf("frame %d: %v beside the layers", i, c)
		}
	}
}

func TestTextLayer(t *testing.T) {
	t.Parallel()
	text := &transform.PlanText{Content: "Tint", Size: 40, Weight: 700, Color: transform.Color{R: 255, A: 255}, Trim: true}
	st := &stock{fonts: &shelf{}}
	a, err := st.extent(text)
	must(t, err)
	if a.Width < 60 || a.Width > 120 || a.Height < 25 || a.Height > 40 {
		t.Errorf("text of %d x %d", a.Width, a.Height)
	}
	text.Width, text.Height = a.Width, a.Height
	var s vips.Scope
	defer s.Close()
	p, err := st.layer(&s, transform.Picture{Text: text, Width: a.Width, Height: a.Height})
	must(t, err)
	page := sheets(t, p)[0]
	ink := 0
	for _, c := range page.px {
		if c[3] > 128 {
			ink++
			if c[0] < 250 || c[1] > 5 {
				t.Fatalf("ink is %v", c)
			}
		}
	}
	if share := float64(ink) / float64(len(page.px)); share < 0.2 || share > 0.8 {
		t.Errorf("%.0f%% ink", 100*share)
	}
	// A plan whose size the fonts of this machine do not make is drawn at that size.
	text.Width, text.Height = 200, 90
	p, err = st.layer(&s, transform.Picture{Text: text, Width: 200, Height: 90})
	if err != nil || p.width() != 200 || p.height() != 90 {
		t.Errorf("%v", err)
	}
}

// A pool carries layers, fonts and tables to a worker that is shut in.
func TestFurtherSources(t *testing.T) {
	t.Parallel()
	pool := newPool(t, func(c *Config) { c.Workers = 1 })
	font := someFont(t)
	text := transform.PlanText{Content: "Ag", Size: 50, Weight: 400, Color: transform.Color{B: 255, A: 255}, Trim: true, Font: 1}
	a, err := pool.Measure(t.Context(), inMemory(font), transform.Ask{What: transform.WhatText, Text: &text}.Question())
	must(t, err)
	text.Width, text.Height = a.Width, a.Height
	own := transform.PlanText{Content: "Ag", Size: 50, Weight: 400, Color: transform.Color{B: 255, A: 255}, Trim: true}
	if b, err := pool.Measure(t.Context(), nil, transform.Ask{What: transform.WhatText, Text: &own}.Question()); err != nil || b.Width == 0 || b.Width == a.Width {
		t.Errorf("text in the machine's font is %v, in another %v, %v", b, a, err)
	}
	text.Font = 2
	cube := "LUT_3D_SIZE 2\n1 1 1\n0 1 1\n1 0 1\n0 0 1\n1 1 0\n0 1 0\n1 0 0\n0 0 0\n" // the negative
	plan := transform.Plan{
		Output: transform.PlanOutput{Format: "png", Quality: 80},
		Input:  transform.PlanInput{Width: 200, Height: 120, Pages: 1},
		Ops: transform.Ops{
			transform.OpLUT{Source: 3},
			transform.OpComposite{Layer: fileLayer(30, 30), X: 150, Y: 80, Blend: transform.Over},
			transform.OpComposite{Layer: transform.Picture{Text: &text, Width: text.Width, Height: text.Height}, X: 10, Y: 10, Blend: transform.Over},
		},
		Width: 200, Height: 120,
		Sources: []transform.PlanSource{{Use: transform.UsePicture}, {Use: transform.UseFont, Ref: media.Ref{Name: "own.ttf"}}, {Use: transform.UseLUT, Ref: media.Ref{Name: "negative.cube"}}},
	}
	must(t, plan.Check())
	src := inMemory(pngOf(t, plain(white).image(200, 120)))
	logo := inMemory(pngOf(t, plain(rgba{0, 255, 0, 255}).image(30, 30)))
	render := func(further ...Source) ([]byte, error) {
		var b bytes.Buffer
		err := pool.Render(t.Context(), append([]Source{src}, further...), []Output{{Plan: plan, W: &b}})
		return b.Bytes(), err
	}
	b, err := render(logo, inMemory(font), inMemory([]byte(cube)))
	must(t, err)
	im := pixels(t, "pngload_buffer", b, nil)
	if c := im.NRGBAAt(165, 95); !near(c, color.NRGBA{0, 255, 0, 255}, 2) {
		t.Errorf("the layer is %v", c)
	}
	if c := im.NRGBAAt(199, 1); !near(c, color.NRGBA{0, 0, 0, 255}, 2) {
		t.Errorf("the negative of white is %v", c)
	}
	blue := 0
	for y := range 120 {
		for x := range 150 {
			if c := im.NRGBAAt(x, y); c.B > 200 && c.R < 50 && c.G < 50 {
				blue++
			}
		}
	}
	if blue < 100 {
		t.Errorf("%d pixels of text", blue)
	}
	for name, further := range map[string][]Source{
		"own.ttf is not a font that can be used":               {logo, inMemory([]byte(cube)), inMemory([]byte(cube))},
		"negative.cube is not a colour table that can be used": {logo, inMemory(font), inMemory([]byte("LUT_3D_SIZE 2\n1 1 1\n"))},
		"The file is not a picture":                            {inMemory([]byte(cube)), inMemory(font), inMemory([]byte(cube))},
	} {
		if _, err := render(further...); media.CodeOf(err) != media.Invalid || media.MessageOf(err) != name {
			t.Errorf("%v, want %s", err, name)
		}
	}
	// What begins like a font and is none is found out by the worker.
	if _, err := render(logo, inMemory(append([]byte("OTTO"), make([]byte, 500)...)), inMemory([]byte(cube))); media.MessageOf(err) != "own.ttf is not a font that can be used" {
		t.Errorf("a broken font: %v", err)
	}
	if _, err := render(logo); err == nil || media.CodeOf(err) == media.Invalid {
		t.Errorf("missing sources: %v", err)
	}
	if _, err := render(make([]Source, layersMax+1)...); media.CodeOf(err) != media.Invalid {
		t.Errorf("too many layers: %v", err)
	}
}
