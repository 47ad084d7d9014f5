package engine

import (
	"fmt"

	"tintype/internal/engine/vips"
	"tintype/internal/transform"
)

// raster is the picture in Go's memory, for what libvips has no operation
// for: straight 8-bit RGBA, pages below each other. It takes four bytes per
// pixel of all pages together, and as much again while it is handed over;
// the limits of a plan's frames bound both.
type raster struct {
	w, h, pages int // h is of one page
	px          []byte
	// alpha: the fourth channel is part of the picture. Otherwise it is 255
	// everywhere and is left out when the picture goes back.
	alpha bool
}

// raster computes the picture and copies it out.
func (p *picture) raster() (*raster, error) {
	if err := p.toColour(); err != nil {
		return nil, fmt.Errorf("to colour: %w", err)
	}
	r := &raster{w: p.width(), h: p.height(), pages: p.pages, alpha: p.im.HasAlpha()}
	im := p.im
	if !r.alpha {
		var err error
		if im, err = p.scope.Apply(im, "bandjoin_const", vips.Args{"c": []float64{255}}); err != nil {
			return nil, err
		}
	}
	var err error
	if r.px, err = im.Pixels(); err != nil {
		return nil, p.src.damaged(err)
	}
	if len(r.px) != 4*r.w*r.h*r.pages {
		return nil, fmt.Errorf("%d bytes for %d pages of %d x %d", len(r.px), r.pages, r.w, r.h)
	}
	return r, nil
}

// put makes the raster the picture.
func (p *picture) put(r *raster) error {
	im, err := p.scope.FromPixels(r.px, r.w, r.h*r.pages, 4, "uchar")
	if err != nil {
		return err
	}
	c := p.chain(im).do("copy", vips.Args{"interpretation": "srgb"})
	if !r.alpha {
		c = c.do("extract_band", vips.Args{"band": 0, "n": 3})
	}
	if im, err = c.result(); err != nil {
		return err
	}
	p.im, p.random = im, true
	return nil
}

// inGo has f change the picture in Go's memory.
func (p *picture) inGo(f func(*raster)) error {
	return p.inGoOr(func(r *raster) error { f(r); return nil })
}

// inGoOr is inGo with an f that may fail.
func (p *picture) inGoOr(f func(*raster) error) error {
	r, err := p.raster()
	if err != nil {
		return err
	}
	if err := f(r); err != nil {
		return err
	}
	return p.put(r)
}

// page is the i-th page's pixels.
func (r *raster) page(i int) []byte {
	n := 4 * r.w * r.h
	return r.px[i*n : (i+1)*n : (i+1)*n]
}

// eachPage hands f a page after the other.
func (r *raster) eachPage(f func(px []byte)) {
	for i := range r.pages {
		f(r.page(i))
	}
}

// eachPixel hands f the four bytes of a pixel after the other.
func (r *raster) eachPixel(f func(q []byte)) {
	for i := 0; i+4 <= len(r.px); i += 4 {
		f(r.px[i : i+4 : i+4])
	}
}

// premultiply multiplies alpha into the colours, if there is any.
func (r *raster) premultiply() {
	if !r.alpha {
		return
	}
	r.eachPixel(func(q []byte) {
		a := uint32(q[3])
		if a == 255 {
			return
		}
		for i := range 3 {
			q[i] = byte((uint32(q[i])*a + 127) / 255)
		}
	})
}

// straighten is the inverse of premultiply.
func (r *raster) straighten() {
	if !r.alpha {
		return
	}
	r.eachPixel(func(q []byte) {
		a := uint32(q[3])
		if a == 255 {
			return
		}
		if a == 0 {
			q[0], q[1], q[2] = 0, 0, 0
			return
		}
		for i := range 3 {
			q[i] = byte(min(255, (uint32(q[i])*255+a/2)/a))
		}
	})
}

// lay puts the colour c with alpha a (0 to 255) over the pixel.
func lay(q []byte, c transform.Color, a uint32) {
	blend(q, [4]uint32{uint32(c.R), uint32(c.G), uint32(c.B), a}, [4]uint32{uint32(q[0]), uint32(q[1]), uint32(q[2]), uint32(q[3])})
}

// lieOn puts the pixel over the colour c with alpha a.
func lieOn(q []byte, c transform.Color, a uint32) {
	blend(q, [4]uint32{uint32(q[0]), uint32(q[1]), uint32(q[2]), uint32(q[3])}, [4]uint32{uint32(c.R), uint32(c.G), uint32(c.B), a})
}

// blend writes straight colour over straight colour to q.
func blend(q []byte, over, under [4]uint32) {
	switch {
	case over[3] == 255 || under[3] == 0:
		q[0], q[1], q[2], q[3] = byte(over[0]), byte(over[1]), byte(over[2]), byte(over[3])
		return
	case over[3] == 0:
		q[0], q[1], q[2], q[3] = byte(under[0]), byte(under[1]), byte(under[2]), byte(under[3])
		return
	}
	// In units of 255 x 255.
	top, low := over[3]*255, under[3]*(255-over[3])
	sum := top + low
	for i := range 3 {
		q[i] = byte((over[i]*top + under[i]*low + sum/2) / sum)
	}
	q[3] = byte((sum + 127) / 255)
}

// lumaOf is Rec. 709's luma of bytes, rounded.
func lumaOf(r, g, b byte) byte {
	return byte((13933*uint32(r) + 46871*uint32(g) + 4732*uint32(b) + 1<<15) >> 16)
}

// byteOf rounds a number of the byte range and clips it.
func byteOf(v float32) byte {
	switch {
	case !(v > 0):
		return 0
	case v >= 255:
		return 255
	}
	return byte(v + 0.5)
}

// zero sets all elements to nothing.
func zero[T any](s []T) {
	var nothing T
	for i := range s {
		s[i] = nothing
	}
}
