package engine

import (
	"tintype/internal/engine/vips"
	"tintype/internal/transform"
)

// ink is a colour as the picture's bands hold it. A picture without alpha
// takes only opaque ink.
func (p *picture) ink(c transform.Color) []float64 {
	ink := []float64{float64(c.R), float64(c.G), float64(c.B)}
	if p.im.Bands() < 3 {
		ink = ink[:1]
	}
	if p.im.HasAlpha() {
		ink = append(ink, float64(c.A))
	}
	return ink
}

func (p *picture) addAlpha() error {
	if p.im.HasAlpha() {
		return nil
	}
	return p.apply("bandjoin_const", vips.Args{"c": []float64{255}})
}

// split takes alpha, which there must be, off the colours.
func (p *picture) split() (colours, alpha *vips.Image, err error) {
	n := p.im.Bands() - 1
	if colours, err = p.scope.Apply(p.im, "extract_band", vips.Args{"band": 0, "n": n}); err != nil {
		return nil, nil, err
	}
	alpha, err = p.scope.Apply(p.im, "extract_band", vips.Args{"band": n})
	return colours, alpha, err
}

func (p *picture) join(colours, alpha *vips.Image) error {
	im, err := p.scope.Make("bandjoin", vips.Args{"in": []*vips.Image{colours, alpha}})
	if err == nil {
		p.im = im
	}
	return err
}

// flatten lays the picture over a colour; alpha goes if that is opaque.
func (p *picture) flatten(c transform.Color) error {
	if !p.im.HasAlpha() {
		return nil
	}
	if c.A == 255 {
		opaque := p.ink(c)
		return p.apply("flatten", vips.Args{"background": opaque[:len(opaque)-1]})
	}
	base, err := p.solid(c, p.im.Width(), p.im.Height())
	if err != nil {
		return err
	}
	return p.composite(base, p.im, "over")
}

// composite makes the picture from two of its bands, one above the other.
func (p *picture) composite(below, above *vips.Image, mode string) error {
	im, err := p.scope.Make("composite2", vips.Args{"base": below, "overlay": above, "mode": mode})
	if err != nil {
		return err
	}
	im, err = p.chain(im).bytes().result()
	if err == nil {
		p.im = im
	}
	return err
}

// solid is a plane of a colour in the bands of the picture.
func (p *picture) solid(c transform.Color, w, h int) (*vips.Image, error) {
	ink := p.ink(c)
	px := make([]byte, len(ink))
	for i, v := range ink {
		px[i] = byte(v)
	}
	one, err := p.scope.FromPixels(px, 1, 1, len(px), "uchar")
	if err != nil {
		return nil, err
	}
	return p.chain(one).
		do("copy", vips.Args{"interpretation": p.im.Interpretation()}).
		do("embed", vips.Args{"x": 0, "y": 0, "width": w, "height": h, "extend": "copy"}).
		result()
}

func (p *picture) opacity(op transform.OpOpacity) error {
	if err := p.addAlpha(); err != nil {
		return err
	}
	n := p.im.Bands()
	a, b := make([]float64, n), make([]float64, n)
	for i := range a {
		a[i] = 1
	}
	a[n-1] = op.Factor
	im, err := p.chain(p.im).do("linear", vips.Args{"a": a, "b": b}).bytes().result()
	if err == nil {
		p.im = im
	}
	return err
}

func (p *picture) round(op transform.OpRound) error {
	if err := p.addAlpha(); err != nil {
		return err
	}
	colours, alpha, err := p.split()
	if err != nil {
		return err
	}
	m, err := p.mask(shapeOf(op.Radii, op.Ellipse, p.width(), p.height()).mask(p.width(), p.height(), 0))
	if err != nil {
		return err
	}
	product, err := p.scope.Make("multiply", vips.Args{"left": alpha, "right": m})
	if err != nil {
		return err
	}
	alpha, err = p.chain(product).do("linear", vips.Args{"a": []float64{1.0 / 255}, "b": []float64{0}}).bytes().result()
	if err != nil {
		return err
	}
	return p.join(colours, alpha)
}

// mask is coverage of one page as an image, once per page.
func (p *picture) mask(m mask) (*vips.Image, error) {
	im, err := p.scope.FromPixels(m.px, m.w, m.h, 1, "uchar")
	if err != nil || p.pages == 1 {
		return im, err
	}
	return p.scope.Apply(im, "replicate", vips.Args{"across": 1, "down": p.pages})
}

func (p *picture) border(op transform.OpBorder) error {
	w, h, b := p.width(), p.height(), op.Width
	if !op.Ellipse && op.Radii == [4]float64{} {
		return p.embed(transform.OpEmbed{X: b, Y: b, Width: w + 2*b, Height: h + 2*b, Background: op.Color})
	}
	inner := shapeOf(op.Radii, op.Ellipse, w, h)
	if err := p.confine(inner.mask(w, h, 0)); err != nil {
		return err
	}
	if err := p.embed(transform.OpEmbed{X: b, Y: b, Width: w + 2*b, Height: h + 2*b}); err != nil {
		return err
	}
	ring := inner.grown(b).mask(w+2*b, h+2*b, 0)
	ring.subtract(inner.mask(w, h, 0), b, b)
	ring.scale(op.Color.A)
	alpha, err := p.mask(ring)
	if err != nil {
		return err
	}
	plane, err := p.solid(op.Color, p.im.Width(), p.im.Height())
	if err != nil {
		return err
	}
	frame, err := p.chain(plane).do("extract_band", vips.Args{"band": 0, "n": plane.Bands() - 1}).result()
	if err != nil {
		return err
	}
	if frame, err = p.scope.Make("bandjoin", vips.Args{"in": []*vips.Image{frame, alpha}}); err != nil {
		return err
	}
	// Both only share the pixels of the seam, where their coverages add up.
	return p.composite(p.im, frame, "add")
}

// confine makes the picture transparent outside a mask. One that was cut to
// the same shape before stays as it is, also at the seam.
func (p *picture) confine(m mask) error {
	if err := p.addAlpha(); err != nil {
		return err
	}
	colours, alpha, err := p.split()
	if err != nil {
		return err
	}
	cover, err := p.mask(m)
	if err != nil {
		return err
	}
	less, err := p.scope.Make("relational", vips.Args{"left": alpha, "right": cover, "relational": "less"})
	if err != nil {
		return err
	}
	if alpha, err = p.scope.Make("ifthenelse", vips.Args{"cond": less, "in1": alpha, "in2": cover}); err != nil {
		return err
	}
	return p.join(colours, alpha)
}
