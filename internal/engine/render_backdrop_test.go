package engine

import (
	"testing"

	"tintype/internal/transform"
)

func TestBackdrops(t *testing.T) {
	t.Parallel()
	const w, h = 60, 40
	// The left two thirds are red, the rest is blue with a white middle that touches no edge.
	page := field(func(x, y float64) rgba {
		switch {
		case x >= 45 && x < 55 && y >= 10 && y < 30:
			return white
		case x < 40:
			return rgba{200, 40, 40, 255}
		default:
			return rgba{40, 40, 200, 255}
		}
	})
	first, second := rgba{200, 40, 40, 255}, rgba{40, 40, 200, 255}
	line := func(from, to rgba, way func(u, v float64) float64) field {
		return func(x, y float64) rgba {
			var c rgba
			for i := range c {
				c[i] = from[i] + (to[i]-from[i])*way(x/100, y/80)
			}
			return c
		}
	}
	sideways := func(u, _ float64) float64 { return u }
	for name, c := range map[string]struct {
		b      transform.Backdrop
		around field
	}{
		"edge": {transform.Backdrop{Kind: transform.BackdropEdge}, func(x, y float64) rgba {
			return page(min(max(x-20, 0), w-1), min(max(y-20, 0), h-1))
		}},
		"border":               {transform.Backdrop{Kind: transform.BackdropBorder}, plain(first)},
		"dominant, two across": {transform.Backdrop{Kind: transform.BackdropDominant, Colors: 2}, line(first, second, sideways)},
		"down": {transform.Backdrop{Kind: transform.BackdropBorder, Colors: 2, Direction: transform.Vertical},
			line(first, second, func(_, v float64) float64 { return v })},
		"to a corner": {transform.Backdrop{Kind: transform.BackdropBorder, Colors: 2, Direction: transform.Descending},
			line(first, second, func(u, v float64) float64 { return (u + v) / 2 })},
		"opposite lightness": {transform.Backdrop{Kind: transform.BackdropBorder, Contrast: true}, plain(rgba{215, 55, 55, 255})},
		"of a palette": {transform.Backdrop{Kind: transform.BackdropBorder, Palette: []transform.Color{{G: 255, A: 255}, {R: 255, A: 255}}},
			plain(rgba{255, 0, 0, 255})},
		"given": {transform.Backdrop{Kind: transform.BackdropGradient, Palette: []transform.Color{{R: 10, A: 255}, {R: 210, A: 255}}},
			line(rgba{10, 0, 0, 255}, rgba{210, 0, 0, 255}, sideways)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			op := transform.OpEmbed{X: 20, Y: 20, Width: 100, Height: 80, Backdrop: &c.b}
			plan := planFor(t, transform.PlanInput{Width: w, Height: h}, transform.PlanOutput{}, op)
			im := pixels(t, "pngload_buffer", rendered(t, "png", pngOf(t, page.image(w, h)), plan), nil)
			compare(t, im, page.within(20, 20, w, h, c.around), tolerance{1, 3})
		})
	}
}

// A blurred backdrop is the picture, larger, without its details, and darker if asked.
func TestBlurredBackdrop(t *testing.T) {
	t.Parallel()
	const w, h = 40, 40
	op := transform.OpEmbed{X: 30, Y: 0, Width: 100, Height: 40,
		Backdrop: &transform.Backdrop{Kind: transform.BackdropBlurred, Sigma: 3, Brightness: -0.2}}
	page := plain(rgba{151, 101, 51, 255})
	plan := planFor(t, transform.PlanInput{Width: w, Height: h}, transform.PlanOutput{}, op)
	im := pixels(t, "pngload_buffer", rendered(t, "png", pngOf(t, page.image(w, h)), plan), nil)
	compare(t, im, page.within(30, 0, w, h, plain(rgba{100, 50, 0, 255})), tolerance{1, 3})
}

// Over a backdrop the clear parts of a picture show it.
func TestBackdropUnderAlpha(t *testing.T) {
	t.Parallel()
	const w, h = 40, 40
	page := disc(plain(rgba{0, 200, 0, 255}), w, h)
	op := transform.OpEmbed{X: 10, Y: 0, Width: 60, Height: 40, Backdrop: &transform.Backdrop{Kind: transform.BackdropDominant}}
	plan := planFor(t, transform.PlanInput{Width: w, Height: h}, transform.PlanOutput{}, op)
	im := pixels(t, "pngload_buffer", rendered(t, "png", pngOf(t, page.image(w, h)), plan), nil)
	compare(t, im, plain(rgba{0, 200, 0, 255}), tolerance{1.5, 4})
}
