package engine

import (
	"image"
	"testing"

	"tintype/internal/engine/vips"
	"tintype/internal/transform"
)

// What was turned, enlarged or bent is computed once, before anything but a
// cut is done to it: a reduction would ask for each pixel many times.
func TestResampledPicturesAreComputedOnce(t *testing.T) {
	t.Parallel()
	box := [4]transform.Point{{X: 0, Y: 0}, {X: 40, Y: 0}, {X: 40, Y: 30}, {X: 0, Y: 30}}
	for name, op := range map[string]transform.Op{
		"turned":   transform.OpRotate{Degrees: 45, Width: 50, Height: 50},
		"enlarged": transform.OpResize{Width: 80, Height: 60},
		"bent":     transform.OpPerspective{Quad: box, Width: 40, Height: 30},
	} {
		var s vips.Scope
		im := vipsImage(t, &s, image.NewNRGBA(image.Rect(0, 0, 40, 30)))
		p := &picture{scope: &s, src: &source{loader: loader{format: "png"}}, im: im, pages: 1, random: true}
		must(t, p.do(op))
		if !p.resampled || p.random {
			t.Errorf("%s: resampled is %v, random is %v", name, p.resampled, p.random)
		}
		must(t, p.do(transform.OpExtract{Width: 20, Height: 20}))
		if !p.resampled {
			t.Errorf("%s: a cut computes what it leaves out", name)
		}
		must(t, p.do(transform.OpResize{Width: 10, Height: 10}))
		if p.resampled || !p.random {
			t.Errorf("%s: then resampled is %v, random is %v", name, p.resampled, p.random)
		}
		s.Close()
	}
}
