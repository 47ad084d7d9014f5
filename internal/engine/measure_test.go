package engine

import (
	"image"
	"image/color"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"tintype/internal/media"
	"tintype/internal/transform"
)

// answered asks a question of a file in this process.
func answered(t *testing.T, format string, src []byte, ask transform.Ask) transform.Answer {
	t.Helper()
	a, err := measure(&stock{sources: []*source{mapped(t, format, src)}, fonts: &shelf{}}, ask.Question())
	must(t, err)
	return a
}

func TestTrimBox(t *testing.T) {
	t.Parallel()
	const w, h = 100, 60
	inner := plain(rgba{200, 40, 10, 255}).within(20, 10, 50, 30, plain(rgba{250, 250, 250, 255}))
	ghost := plain(rgba{200, 40, 10, 255}).within(20, 10, 50, 30, plain(rgba{10, 10, 10, 0}))
	faint := plain(rgba{244, 244, 244, 255}).within(20, 10, 50, 30, plain(rgba{250, 250, 250, 255}))
	want := transform.Box4{X: 0.2, Y: 1.0 / 6, Width: 0.5, Height: 0.5}
	whole := transform.Box4{Width: 1, Height: 1}
	for _, c := range []struct {
		name string
		src  field
		ask  transform.Ask
		want *transform.Box4
	}{
		{"by the corner", inner, transform.Ask{Tolerance: 0.1}, &want},
		{"by a colour", inner, transform.Ask{Tolerance: 0.1, Color: &transform.Color{R: 255, G: 255, B: 255, A: 255}}, &want},
		{"by another colour", inner, transform.Ask{Tolerance: 0.1, Color: &transform.Color{A: 255}}, &whole},
		{"transparent", ghost, transform.Ask{}, &want},
		{"faint", faint, transform.Ask{Tolerance: 0.01}, &want},
		{"too faint", faint, transform.Ask{Tolerance: 0.1}, nil},
		{"nothing", plain(white), transform.Ask{}, nil},
	} {
		c.ask.What = transform.WhatTrim
		a := answered(t, "png", pngOf(t, c.src.image(w, h)), c.ask)
		if c.want == nil && len(a.Boxes) != 0 || c.want != nil && (len(a.Boxes) != 1 || !sameBox(a.Boxes[0], *c.want, 1e-9)) {
			t.Errorf("%s: %v", c.name, a.Boxes)
		}
	}
	// Of what operations make of the source.
	on := &transform.Picture{Input: transform.PlanInput{Width: w, Height: h, Pages: 1}, Ops: transform.Ops{transform.OpExtract{X: 10, Y: 5, Width: 80, Height: 50}}, Width: 80, Height: 50}
	a := answered(t, "png", pngOf(t, inner.image(w, h)), transform.Ask{What: transform.WhatTrim, Tolerance: 0.1, On: on})
	if len(a.Boxes) != 1 || !sameBox(a.Boxes[0], transform.Box4{X: 10.0 / 80, Y: 0.1, Width: 50.0 / 80, Height: 0.6}, 1e-9) {
		t.Errorf("on a part: %v", a.Boxes)
	}
}

func sameBox(a, b transform.Box4, by float64) bool {
	return math.Abs(a.X-b.X) <= by && math.Abs(a.Y-b.Y) <= by && math.Abs(a.Width-b.Width) <= by && math.Abs(a.Height-b.Height) <= by
}

func TestPalette(t *testing.T) {
	t.Parallel()
	blue := rgba{10, 20, 200, 255}
	src := plain(red).within(0, 0, 100, 60, plain(blue)).within(0, 0, 100, 90, plain(rgba{0, 0, 0, 0}))
	a := answered(t, "png", pngOf(t, src.image(100, 100)), transform.Ask{What: transform.WhatPalette, Colors: 5})
	if len(a.Colors) != 2 || a.Colors[0] != colour(red) || a.Colors[1] != colour(blue) {
		t.Errorf("%v", a.Colors)
	}
	if a := answered(t, "png", pngOf(t, src.image(100, 100)), transform.Ask{What: transform.WhatPalette, Colors: 1}); len(a.Colors) != 1 {
		t.Errorf("one colour: %v", a.Colors)
	}
}

func TestPageSize(t *testing.T) {
	t.Parallel()
	if a := answered(t, "gif", animation(t, 120, 80), transform.Ask{What: transform.WhatPage, Page: 2}); a.Width != 120 || a.Height != 80 {
		t.Errorf("%+v", a)
	}
	st := &stock{sources: []*source{mapped(t, "gif", animation(t, 120, 80))}}
	for _, n := range []int{0, 4} {
		if _, err := measure(st, transform.Ask{What: transform.WhatPage, Page: n}.Question()); media.CodeOf(err) != media.Invalid {
			t.Errorf("page %d: %v", n, err)
		}
	}
}

func TestIllustration(t *testing.T) {
	t.Parallel()
	drawing := plain(rgba{255, 210, 0, 255}).within(40, 40, 300, 200, quarters(300, 200)).within(0, 0, 400, 300, plain(white))
	if a := answered(t, "png", pngOf(t, drawing.image(400, 300)), transform.Ask{What: transform.WhatIllustration}); a.Number < 0.8 {
		t.Errorf("flat colours: %v", a.Number)
	}
	seed := dice(5)
	g := gradient(400, 300)
	photo := field(func(x, y float64) rgba {
		return g(x, y).colours(func(v float64) float64 { return v + float64(seed.roll(41)-20)/255 })
	})
	if a := answered(t, "png", pngOf(t, photo.image(400, 300)), transform.Ask{What: transform.WhatIllustration}); a.Number > 0.3 {
		t.Errorf("noise on a gradient: %v", a.Number)
	}
}

// portrait is the picture that the finder of faces brings along for its own tests.
func portrait(t *testing.T) []byte {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/esimov/pigo").Output()
	if err == nil {
		var b []byte
		if b, err = os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "testdata", "sample.jpg")); err == nil {
			return b
		}
	}
	t.Skipf("the module github.com/esimov/pigo, whose test picture is needed, is not in the module cache: %v", err)
	return nil
}

func TestFaces(t *testing.T) {
	t.Parallel()
	src := portrait(t)
	a := answered(t, "jpeg", src, transform.Ask{What: transform.WhatFaces})
	if len(a.Boxes) != 1 {
		t.Fatalf("%d faces: %v", len(a.Boxes), a.Boxes)
	}
	// Where the face is, a person has looked up: its middle, and its size.
	face := a.Boxes[0]
	x, y := face.X+face.Width/2, face.Y+face.Height/2
	t.Logf("face at %.3f, %.3f of %.3f x %.3f", x, y, face.Width, face.Height)
	if math.Abs(x-portraitX) > 0.08 || math.Abs(y-portraitY) > 0.08 || face.Width < 0.25 || face.Width > 0.8 {
		t.Errorf("face at %.2f, %.2f of %.2f x %.2f", x, y, face.Width, face.Height)
	}
	// Asked of a part, the answer is in fractions of the part.
	on := &transform.Picture{Input: transform.PlanInput{Width: 320, Height: 400, Pages: 1}, Ops: transform.Ops{transform.OpEmbed{X: 160, Y: 0, Width: 640, Height: 400, Background: transform.White}}, Width: 640, Height: 400}
	b := answered(t, "jpeg", src, transform.Ask{What: transform.WhatFaces, On: on})
	if len(b.Boxes) != 1 || math.Abs(b.Boxes[0].X+b.Boxes[0].Width/2-(0.25+x/2)) > 0.04 {
		t.Errorf("on a wider canvas: %v", b.Boxes)
	}
	if none := answered(t, "png", pngOf(t, gradient(300, 300).image(300, 300)), transform.Ask{What: transform.WhatFaces}); len(none.Boxes) != 0 {
		t.Errorf("faces in a gradient: %v", none.Boxes)
	}
	dot := image.NewNRGBA(image.Rect(0, 0, 3, 3))
	dot.Set(1, 1, color.White)
	if none := answered(t, "png", pngOf(t, dot), transform.Ask{What: transform.WhatFaces}); len(none.Boxes) != 0 {
		t.Errorf("faces in nine pixels: %v", none.Boxes)
	}
}

const portraitX, portraitY = 0.5, 0.53

// A worker that is shut in answers each question.
func TestMeasureInWorker(t *testing.T) {
	t.Parallel()
	pool := newPool(t, nil)
	src := inMemory(pngOf(t, quarters(100, 80).image(100, 80)))
	for _, ask := range []transform.Ask{
		{What: transform.WhatFocus}, {What: transform.WhatFaces}, {What: transform.WhatIllustration}, {What: transform.WhatPage, Page: 1},
		{What: transform.WhatTrim}, {What: transform.WhatPalette, Colors: 3},
	} {
		if _, err := pool.Measure(t.Context(), src, ask.Question()); err != nil {
			t.Errorf("%s: %v", ask.What, err)
		}
	}
	if _, err := pool.Measure(t.Context(), src, "weight"); media.CodeOf(err) != media.Unsupported {
		t.Errorf("an unknown question: %v", err)
	}
	if _, err := pool.Measure(t.Context(), nil, transform.FaceBoxes); err == nil {
		t.Error("faces of nothing")
	}
	text := transform.Ask{What: transform.WhatText, Text: &transform.PlanText{Content: "日本 مرحبا Größe 😀", Size: 20, Weight: 400, Trim: true}}
	if a, err := pool.Measure(t.Context(), nil, text.Question()); err != nil || a.Width < 100 || a.Height < 10 {
		t.Errorf("text: %+v, %v", a, err)
	}
	huge := transform.Ask{What: transform.WhatText, Text: &transform.PlanText{Content: strings.Repeat("m", 9999), Size: 2000, Weight: 400}}
	if _, err := pool.Measure(t.Context(), nil, huge.Question()); media.CodeOf(err) != media.Invalid {
		t.Errorf("a huge text: %v", err)
	}
}
