package engine

import (
	"math"

	"tintype/internal/engine/vips"
	"tintype/internal/transform"
)

func (p *picture) matrix(op transform.OpMatrix) error {
	n := p.im.Bands() // 3 or 4: the picture has colour
	m := make([]float64, n*n)
	scale, shift := make([]float64, n), make([]float64, n)
	for i := range n {
		scale[i] = 1
		if i == 3 {
			m[i*n+i] = 1
			continue
		}
		copy(m[i*n:], op.M[i][:3])
		shift[i] = 255 * op.M[i][3]
	}
	weights, err := vips.FromDoubles(m, n, n)
	if err != nil {
		return err
	}
	p.scope.Own(weights)
	im, err := p.chain(p.im).
		do("recomb", vips.Args{"m": weights}).
		do("linear", vips.Args{"a": scale, "b": shift}).
		bytes().
		do("copy", vips.Args{"interpretation": "srgb"}).
		result()
	if err == nil {
		p.im = im
	}
	return err
}

func (p *picture) sigmoid(op transform.OpSigmoid) error {
	if op.Slope == 0 {
		return nil
	}
	n := p.im.Bands()
	table := make([]byte, 0, 256*n)
	for v := range 256 {
		bent := byte(math.Round(255 * sigmoid(op.Slope, float64(v)/255)))
		for band := range n {
			if band == n-1 && p.im.HasAlpha() {
				bent = byte(v)
			}
			table = append(table, bent)
		}
	}
	lut, err := p.scope.FromPixels(table, 256, 1, n, "uchar")
	if err != nil {
		return err
	}
	space := p.im.Interpretation()
	if err := p.apply("maplut", vips.Args{"lut": lut}); err != nil {
		return err
	}
	return p.apply("copy", vips.Args{"interpretation": space})
}

// sigmoid maps 0 to 0, a half to a half and 1 to 1; a negative slope is the
// inverse of the positive one.
func sigmoid(slope, x float64) float64 {
	s := math.Abs(slope)
	f := func(x float64) float64 { return 1 / (1 + math.Exp(s*(0.5-x))) }
	low, high := f(0), f(1)
	if slope > 0 {
		return (f(x) - low) / (high - low)
	}
	y := low + x*(high-low)
	return max(0, min(1, 0.5-math.Log(1/y-1)/s))
}

func (p *picture) blur(op transform.OpBlur) error {
	if err := p.toMemory(); err != nil {
		return err
	}
	return p.eachPage(func(page *vips.Image) (*vips.Image, error) {
		return p.blended(page, func(c *chain) *chain { return c.blur(op.Sigma) })
	})
}

// From a sigma of blurShrink on a blur works on a picture that is reduced until
// blurRest is left of it, which bounds its cost per pixel.
const blurShrink, blurRest = 5, 2

func (c *chain) blur(sigma float64) *chain {
	if c.err != nil {
		return c
	}
	w, h := c.im.Width(), c.im.Height()
	f := int(min(sigma/blurRest, float64(min(w, h))/4))
	if sigma < blurShrink || f < 2 {
		// What is wider than the picture a few times over is one colour all the same.
		sigma = min(sigma, 2*float64(max(w, h)))
		// The library's integers lose up to four of 255 of a plain colour.
		return c.do("gaussblur", vips.Args{"sigma": sigma, "min_ampl": 0.05, "precision": "float"})
	}
	whole := c.im.Format() == "uchar"
	small := c.do("resize", vips.Args{"scale": 1 / float64(f), "kernel": "linear"})
	if small.err != nil {
		return small
	}
	sw, sh := small.im.Width(), small.im.Height()
	// Reducing is a blur of its own, over a triangle.
	small = small.blur(math.Sqrt(sigma*sigma-float64(f*f)/6) / float64(f))
	if whole {
		small = small.bytes()
	}
	// What it is enlarged from is asked for many times over. The middle of its
	// first pixel is where the middle of so many pixels was.
	x, y := float64(w)/float64(sw), float64(h)/float64(sh)
	return small.memory().do("affine", vips.Args{
		"matrix": []float64{x, 0, 0, y}, "odx": (x - 1) / 2, "ody": (y - 1) / 2, "oarea": []int{0, 0, w, h},
		"interpolate": "bicubic", "extend": "copy", "premultiplied": true,
	})
}

// sharpen adds what a blur takes away, times the amount. Alpha stays, and
// what is transparent has no say in the blur.
func (p *picture) sharpen(op transform.OpSharpen) error {
	if err := p.toMemory(); err != nil {
		return err
	}
	return p.eachPage(func(page *vips.Image) (*vips.Image, error) {
		// In full precision: an error of the blur comes back multiplied.
		soft, err := p.blended(page, func(c *chain) *chain { return c.do("cast", vips.Args{"format": "float"}).blur(op.Sigma) })
		if err != nil {
			return nil, err
		}
		n := page.Bands()
		keep, take, none := make([]float64, n), make([]float64, n), make([]float64, n)
		for i := range n {
			keep[i], take[i] = 1+op.Amount, -op.Amount
		}
		if page.HasAlpha() {
			keep[n-1], take[n-1] = 1, 0
		}
		sharp, err := p.chain(page).do("linear", vips.Args{"a": keep, "b": none}).result()
		if err != nil {
			return nil, err
		}
		mirror, err := p.chain(soft).do("linear", vips.Args{"a": take, "b": none}).result()
		if err != nil {
			return nil, err
		}
		sum, err := p.scope.Make("add", vips.Args{"left": sharp, "right": mirror})
		if err != nil {
			return nil, err
		}
		done, err := p.chain(sum).bytes().do("copy", vips.Args{"interpretation": page.Interpretation()}).result()
		if err != nil || op.Threshold <= 0 {
			return done, err
		}
		flat, err := p.flatter(page, soft, op.Threshold)
		if err != nil {
			return nil, err
		}
		return p.scope.Make("ifthenelse", vips.Args{"cond": flat, "in1": page, "in2": done})
	})
}

// flatter is where the luma of two pages differs by less than a threshold in
// the unit range.
func (p *picture) flatter(a, b *vips.Image, threshold float64) (*vips.Image, error) {
	d, err := p.scope.Make("subtract", vips.Args{"left": a, "right": b})
	if err != nil {
		return nil, err
	}
	c := p.chain(d)
	if a.Bands() < 3 {
		c = c.do("extract_band", vips.Args{"band": 0})
	} else {
		m, err := vips.FromDoubles([]float64{0.2126, 0.7152, 0.0722}, 3, 1)
		if err != nil {
			return nil, err
		}
		p.scope.Own(m)
		c = c.do("extract_band", vips.Args{"band": 0, "n": 3}).do("recomb", vips.Args{"m": m})
	}
	return c.do("abs", nil).do("relational_const", vips.Args{"relational": "less", "c": []float64{255 * threshold}}).result()
}
