package engine

import (
	"math"

	"tintype/internal/engine/vips"
	"tintype/internal/transform"
)

// resize reduces, then enlarges; what load has done already is not done again.
func (p *picture) resize(op transform.OpResize) error {
	if less := (transform.OpResize{Width: min(op.Width, p.width()), Height: min(op.Height, p.height())}); less.Width < p.width() || less.Height < p.height() {
		w, h := float64(less.Width)/float64(p.width()), float64(less.Height)/float64(p.height())
		err := p.eachPage(func(page *vips.Image) (*vips.Image, error) {
			return p.blended(page, func(c *chain) *chain {
				return c.do("resize", vips.Args{"scale": w, "vscale": h})
			})
		})
		if err != nil {
			return err
		}
		if err := p.exactly(less.Width, less.Height); err != nil {
			return err
		}
	}
	if op.Width == p.width() && op.Height == p.height() {
		return nil
	}
	return p.enlarge(op)
}

// enlarge puts the middle of the picture in the middle of the result. The
// library's resize, in some of its versions, is half a pixel off there.
func (p *picture) enlarge(op transform.OpResize) error {
	if err := p.toMemory(); err != nil {
		return err
	}
	sx, sy := float64(op.Width)/float64(p.width()), float64(op.Height)/float64(p.height())
	args := vips.Args{
		"matrix": []float64{sx, 0, 0, sy}, "oarea": []int{0, 0, op.Width, op.Height},
		"odx": (sx - 1) / 2, "ody": (sy - 1) / 2,
		"interpolate": "bicubic", "extend": "copy", "premultiplied": true,
	}
	err := p.eachPage(func(page *vips.Image) (*vips.Image, error) {
		return p.blended(page, func(c *chain) *chain { return c.do("affine", args) })
	})
	p.random, p.resampled = false, true
	return err
}

// blended lets f mix neighbouring pixels: with alpha multiplied in, so that
// the colour of what is transparent does not count.
func (p *picture) blended(im *vips.Image, f func(*chain) *chain) (*vips.Image, error) {
	c := p.chain(im)
	if im.HasAlpha() {
		return f(c.do("premultiply", nil)).do("unpremultiply", nil).bytes().result()
	}
	return f(c).bytes().result()
}

func (p *picture) extract(op transform.OpExtract) error {
	return p.eachPage(func(page *vips.Image) (*vips.Image, error) {
		return p.scope.Make("extract_area", vips.Args{"input": page, "left": op.X, "top": op.Y, "width": op.Width, "height": op.Height})
	})
}

func (p *picture) embed(op transform.OpEmbed) error {
	if op.Backdrop != nil {
		return p.embedOn(op)
	}
	if op.Background.A < 255 {
		if err := p.addAlpha(); err != nil {
			return err
		}
	}
	ink := p.ink(op.Background)
	return p.eachPage(func(page *vips.Image) (*vips.Image, error) {
		return p.scope.Apply(page, "embed", vips.Args{
			"x": op.X, "y": op.Y, "width": op.Width, "height": op.Height, "extend": "background", "background": ink,
		})
	})
}

func (p *picture) flip(op transform.OpFlip) error {
	if !op.Vertical {
		return p.apply("flip", vips.Args{"direction": "horizontal"})
	}
	if err := p.toMemory(); err != nil {
		return err
	}
	return p.eachPage(func(page *vips.Image) (*vips.Image, error) {
		return p.scope.Apply(page, "flip", vips.Args{"direction": "vertical"})
	})
}

func (p *picture) rotate(op transform.OpRotate) error {
	if err := p.toMemory(); err != nil {
		return err
	}
	if angle := map[float64]string{90: "d90", 180: "d180", 270: "d270"}[op.Degrees]; angle != "" {
		return p.eachPage(func(page *vips.Image) (*vips.Image, error) {
			return p.scope.Apply(page, "rot", vips.Args{"angle": angle})
		})
	}
	if err := p.addAlpha(); err != nil {
		return err
	}
	// Middle goes to middle; the library counts from the middle of the first pixel.
	sin, cos := math.Sincos(op.Degrees * math.Pi / 180)
	cx, cy := float64(p.width()-1)/2, float64(p.height()-1)/2
	args := vips.Args{
		"matrix": []float64{cos, -sin, sin, cos}, "oarea": []int{0, 0, op.Width, op.Height},
		"odx": float64(op.Width-1)/2 - cos*cx + sin*cy, "ody": float64(op.Height-1)/2 - sin*cx - cos*cy,
		"interpolate": "bicubic", "extend": "background", "premultiplied": true,
	}
	err := p.eachPage(func(page *vips.Image) (*vips.Image, error) {
		return p.blended(page, func(c *chain) *chain { return c.do("affine", args) })
	})
	p.random, p.resampled = false, true
	if err != nil || op.Background.A == 0 {
		return err
	}
	return p.flatten(op.Background)
}
