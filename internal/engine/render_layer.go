package engine

import (
	"fmt"

	"tintype/internal/engine/vips"
	"tintype/internal/transform"
)

// overlay lays a picture on each page.
func (p *picture) overlay(op transform.OpComposite) error {
	if err := p.toColour(); err != nil {
		return fmt.Errorf("to colour: %w", err)
	}
	if op.Blend == transform.Under && !p.im.HasAlpha() {
		return nil // nothing of the layer can be seen
	}
	l, err := p.stock.layer(p.scope, op.Layer)
	if err != nil {
		return fmt.Errorf("layer: %w", err)
	}
	// Parts of the page are read twice, or in any order.
	if err := p.toMemory(); err != nil {
		return err
	}
	layers := make([]placed, l.pages)
	for i := range layers {
		if layers[i], err = p.place(l, i, op); err != nil {
			return err
		}
	}
	i := 0
	return p.eachPage(func(page *vips.Image) (*vips.Image, error) {
		at := layers[i%len(layers)]
		i++
		switch op.Blend {
		case transform.Mask, transform.CutIn, transform.CutOut:
			return p.cover(page, at, op.Blend)
		case transform.Displace:
			return p.displace(page, at, op.DX, op.DY)
		}
		return p.blend(page, at, op.Blend)
	})
}

// placed is what of a layer's page lies on the page, and where; im is nil
// when nothing does. It has three colours and alpha.
type placed struct {
	im   *vips.Image
	x, y int
}

// place cuts the layer's page i to the page, repeating it first with Tile.
func (p *picture) place(l *picture, i int, op transform.OpComposite) (placed, error) {
	w, h, pw, ph := l.width(), l.height(), p.width(), p.height()
	im, err := p.scope.Make("extract_area", vips.Args{"input": l.im, "left": 0, "top": i * h, "width": w, "height": h})
	if err != nil {
		return placed{}, err
	}
	if op.Tile {
		left, top := ((-op.X)%w+w)%w, ((-op.Y)%h+h)%h
		im, err = p.scope.Apply(im, "replicate", vips.Args{"across": (left+pw-1)/w + 1, "down": (top+ph-1)/h + 1})
		if err == nil {
			im, err = p.scope.Make("extract_area", vips.Args{"input": im, "left": left, "top": top, "width": pw, "height": ph})
		}
		return placed{im: im}, err
	}
	x1, y1, x2, y2 := max(op.X, 0), max(op.Y, 0), min(op.X+w, pw), min(op.Y+h, ph)
	if x1 >= x2 || y1 >= y2 {
		return placed{}, nil
	}
	im, err = p.scope.Make("extract_area", vips.Args{"input": im, "left": x1 - op.X, "top": y1 - op.Y, "width": x2 - x1, "height": y2 - y1})
	return placed{im, x1, y1}, err
}

// modes are libvips' names of the blends that it does by itself.
var modes = map[transform.Blend]string{
	transform.Over: "over", transform.Under: "dest-over",
	transform.Multiply: "multiply", transform.Screen: "screen", transform.Overlay: "overlay",
}

// blend changes only the part of the page where the layer lies.
func (p *picture) blend(page *vips.Image, at placed, blend transform.Blend) (*vips.Image, error) {
	mode := modes[blend]
	if mode == "" {
		return nil, fmt.Errorf("blend %q is not known", blend)
	}
	if at.im == nil {
		return page, nil
	}
	area := vips.Args{"input": page, "left": at.x, "top": at.y, "width": at.im.Width(), "height": at.im.Height()}
	under, err := p.scope.Make("extract_area", area)
	if err != nil {
		return nil, err
	}
	above := at.im
	if blend != transform.Over && blend != transform.Under {
		if above, err = p.mixed(under, above, mode); err != nil {
			return nil, err
		}
		mode = "over"
	}
	im, err := p.composed(under, above, mode)
	if err != nil {
		return nil, err
	}
	if im, err = p.chain(im).do("extract_band", vips.Args{"band": 0, "n": page.Bands()}).bytes().result(); err != nil {
		return nil, err
	}
	return p.scope.Make("insert", vips.Args{"main": page, "sub": im, "x": at.x, "y": at.y})
}

// composed is libvips' composite in fractions, since of bytes it rounds down.
func (p *picture) composed(below, above *vips.Image, mode string) (*vips.Image, error) {
	from, err := p.scope.Apply(below, "cast", vips.Args{"format": "float"})
	if err != nil {
		return nil, err
	}
	to, err := p.scope.Apply(above, "cast", vips.Args{"format": "float"})
	if err != nil {
		return nil, err
	}
	return p.scope.Make("composite2", vips.Args{"base": from, "overlay": to, "mode": mode})
}

// mixed is the layer with its colours blended with the page's, so that it only
// has to be laid over: C = (1-b) L + b B(page, L), as W3C's Compositing has
// it. libvips' blends are those of it for what is opaque only.
func (p *picture) mixed(under, layer *vips.Image, mode string) (*vips.Image, error) {
	below, err := p.scope.Apply(under, "extract_band", vips.Args{"band": 0, "n": 3})
	if err != nil {
		return nil, err
	}
	above, err := p.scope.Apply(layer, "extract_band", vips.Args{"band": 0, "n": 3})
	if err != nil {
		return nil, err
	}
	both, err := p.composed(below, above, mode)
	if err != nil {
		return nil, err
	}
	colours, err := p.chain(both).do("extract_band", vips.Args{"band": 0, "n": 3}).bytes().result()
	if err != nil {
		return nil, err
	}
	if under.Bands() == 4 {
		weight, err := p.scope.Apply(under, "extract_band", vips.Args{"band": 3})
		if err != nil {
			return nil, err
		}
		// A condition of 0 to 255 blends.
		if colours, err = p.scope.Make("ifthenelse", vips.Args{"cond": weight, "in1": colours, "in2": above, "blend": true}); err != nil {
			return nil, err
		}
	}
	alpha, err := p.scope.Apply(layer, "extract_band", vips.Args{"band": 3})
	if err != nil {
		return nil, err
	}
	return p.scope.Make("bandjoin", vips.Args{"in": []*vips.Image{colours, alpha}})
}

// cover multiplies the page's alpha by what the layer says.
func (p *picture) cover(page *vips.Image, at placed, blend transform.Blend) (*vips.Image, error) {
	var err error
	if !page.HasAlpha() {
		if page, err = p.scope.Apply(page, "bandjoin_const", vips.Args{"c": []float64{255}}); err != nil {
			return nil, err
		}
	}
	m, err := p.coverage(page, at, blend)
	if err != nil {
		return nil, err
	}
	n := page.Bands()
	alpha, err := p.scope.Apply(page, "extract_band", vips.Args{"band": n - 1})
	if err != nil {
		return nil, err
	}
	product, err := p.scope.Make("multiply", vips.Args{"left": alpha, "right": m})
	if err != nil {
		return nil, err
	}
	if alpha, err = p.chain(product).do("linear", vips.Args{"a": []float64{1.0 / 255}, "b": []float64{0}}).bytes().result(); err != nil {
		return nil, err
	}
	colours, err := p.scope.Apply(page, "extract_band", vips.Args{"band": 0, "n": n - 1})
	if err != nil {
		return nil, err
	}
	return p.scope.Make("bandjoin", vips.Args{"in": []*vips.Image{colours, alpha}})
}

// coverage is a band of the page's size, 0 to 255.
func (p *picture) coverage(page *vips.Image, at placed, blend transform.Blend) (*vips.Image, error) {
	if at.im == nil {
		v := byte(0)
		if blend == transform.CutOut {
			v = 255
		}
		one, err := p.scope.FromPixels([]byte{v}, 1, 1, 1, "uchar")
		if err != nil {
			return nil, err
		}
		return p.scope.Apply(one, "embed", vips.Args{"x": 0, "y": 0, "width": page.Width(), "height": page.Height(), "extend": "copy"})
	}
	m, err := p.scope.Apply(at.im, "extract_band", vips.Args{"band": 3})
	if err != nil {
		return nil, err
	}
	if blend == transform.Mask {
		// Luma times alpha, as one sum of the colours that alpha is multiplied into.
		weights, err := vips.FromDoubles([]float64{lumaR, lumaG, lumaB}, 3, 1)
		if err != nil {
			return nil, err
		}
		p.scope.Own(weights)
		luma, err := p.chain(at.im).do("extract_band", vips.Args{"band": 0, "n": 3}).do("recomb", vips.Args{"m": weights}).result()
		if err != nil {
			return nil, err
		}
		if m, err = p.scope.Make("multiply", vips.Args{"left": luma, "right": m}); err != nil {
			return nil, err
		}
		if m, err = p.chain(m).do("linear", vips.Args{"a": []float64{1.0 / 255}, "b": []float64{0}}).result(); err != nil {
			return nil, err
		}
	}
	c := p.chain(m).do("embed", vips.Args{"x": at.x, "y": at.y, "width": page.Width(), "height": page.Height(), "extend": "black"})
	if blend == transform.CutOut {
		c = c.do("linear", vips.Args{"a": []float64{-1}, "b": []float64{255}})
	}
	return c.result()
}

// The weights of Rec. 709's luma.
const lumaR, lumaG, lumaB = 0.2126, 0.7152, 0.0722

// displace takes each pixel from where the layer's colour points to.
func (p *picture) displace(page *vips.Image, at placed, dx, dy float64) (*vips.Image, error) {
	if at.im == nil || dx == 0 && dy == 0 {
		return page, nil
	}
	w, h := page.Width(), page.Height()
	map4, err := p.scope.Apply(at.im, "embed", vips.Args{"x": at.x, "y": at.y, "width": w, "height": h, "extend": "black"})
	if err != nil {
		return nil, err
	}
	shift, err := p.chain(map4).do("extract_band", vips.Args{"band": 0, "n": 2}).
		do("linear", vips.Args{"a": []float64{2 * dx / 255, 2 * dy / 255}, "b": []float64{-dx, -dy}}).result()
	if err != nil {
		return nil, err
	}
	alpha, err := p.chain(map4).do("extract_band", vips.Args{"band": 3}).
		do("linear", vips.Args{"a": []float64{1.0 / 255}, "b": []float64{0}}).result()
	if err != nil {
		return nil, err
	}
	if shift, err = p.scope.Make("multiply", vips.Args{"left": shift, "right": alpha}); err != nil {
		return nil, err
	}
	xy, err := p.scope.Make("xyz", vips.Args{"width": w, "height": h})
	if err != nil {
		return nil, err
	}
	index, err := p.scope.Make("add", vips.Args{"left": xy, "right": shift})
	if err != nil {
		return nil, err
	}
	if index, err = p.chain(index).upTo(float64(w-1), float64(h-1)).result(); err != nil {
		return nil, err
	}
	return p.blended(page, func(c *chain) *chain {
		return c.do("mapim", vips.Args{"index": index, "interpolate": "bilinear", "extend": "copy", "premultiplied": true})
	})
}

// upTo clips two bands to 0 and to a maximum each, keeping 1/4096ths.
func (c *chain) upTo(x, y float64) *chain {
	const fine = 4096
	// A cast to a type without sign clips at 0.
	a, b := []float64{-1.0 / fine, -1.0 / fine}, []float64{x, y}
	return c.do("linear", vips.Args{"a": []float64{fine, fine}, "b": []float64{0.5, 0.5}}).do("cast", vips.Args{"format": "uint"}).
		do("linear", vips.Args{"a": a, "b": b}).
		do("linear", vips.Args{"a": []float64{fine, fine}, "b": []float64{0.5, 0.5}}).do("cast", vips.Args{"format": "uint"}).
		do("linear", vips.Args{"a": a, "b": b})
}
