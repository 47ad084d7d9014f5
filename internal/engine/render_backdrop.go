package engine

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"tintype/internal/engine/vips"
	"tintype/internal/transform"
)

// embedOn puts each page on a canvas that is made from it.
func (p *picture) embedOn(op transform.OpEmbed) error {
	if err := p.toColour(); err != nil {
		return fmt.Errorf("to colour: %w", err)
	}
	if err := p.toMemory(); err != nil {
		return err
	}
	return p.eachPage(func(page *vips.Image) (*vips.Image, error) {
		if op.Backdrop.Kind == transform.BackdropEdge {
			return p.scope.Apply(page, "embed", vips.Args{"x": op.X, "y": op.Y, "width": op.Width, "height": op.Height, "extend": "copy"})
		}
		canvas, err := p.canvas(page, op)
		if err != nil {
			return nil, err
		}
		if !page.HasAlpha() {
			return p.scope.Make("insert", vips.Args{"main": canvas, "sub": page, "x": op.X, "y": op.Y})
		}
		above, err := p.scope.Apply(page, "embed", vips.Args{
			"x": op.X, "y": op.Y, "width": op.Width, "height": op.Height, "extend": "background", "background": []float64{0, 0, 0, 0},
		})
		if err != nil {
			return nil, err
		}
		im, err := p.composed(canvas, above, "over")
		if err != nil {
			return nil, err
		}
		return p.chain(im).bytes().result()
	})
}

// canvas is the backdrop of a page in the page's bands.
func (p *picture) canvas(page *vips.Image, op transform.OpEmbed) (*vips.Image, error) {
	b := op.Backdrop
	if b.Kind == transform.BackdropBlurred {
		return p.blurredCanvas(page, op)
	}
	colors := b.Palette
	if b.Kind != transform.BackdropGradient {
		px, err := page.Pixels()
		if err != nil {
			return nil, p.src.damaged(err)
		}
		colors = frequentColors(px, page.Width(), page.Height(), page.Bands(), b.Kind == transform.BackdropBorder)
		colors = adapted(colors[:min(len(colors), max(b.Colors, 1))], b)
	}
	px := gradientPixels(colors, b, op.Width, op.Height)
	im, err := p.scope.FromPixels(px, op.Width, op.Height, 3, "uchar")
	if err != nil {
		return nil, err
	}
	c := p.chain(im).do("copy", vips.Args{"interpretation": "srgb"})
	if page.HasAlpha() {
		c = c.do("bandjoin_const", vips.Args{"c": []float64{255}})
	}
	return c.result()
}

func (p *picture) blurredCanvas(page *vips.Image, op transform.OpEmbed) (*vips.Image, error) {
	w, h := float64(page.Width()), float64(page.Height())
	scale := math.Max(float64(op.Width)/w, float64(op.Height)/h)
	// A little more than needed, since the library rounds to whole pixels.
	args := vips.Args{"scale": math.Max(scale, (float64(op.Width)+0.5)/w), "vscale": math.Max(scale, (float64(op.Height)+0.5)/h)}
	im, err := p.blended(page, func(c *chain) *chain { return c.do("resize", args) })
	if err != nil {
		return nil, err
	}
	left, top := (im.Width()-op.Width)/2, (im.Height()-op.Height)/2
	im, err = p.scope.Make("extract_area", vips.Args{"input": im, "left": left, "top": top, "width": op.Width, "height": op.Height})
	if err != nil {
		return nil, err
	}
	if op.Backdrop.Sigma > 0 {
		im, err = p.blended(im, func(c *chain) *chain { return c.blur(op.Backdrop.Sigma) })
		if err != nil {
			return nil, err
		}
	}
	if op.Backdrop.Brightness == 0 {
		return im, nil
	}
	add, factor := make([]float64, im.Bands()), make([]float64, im.Bands())
	for i := range add {
		factor[i] = 1
		if i < 3 {
			add[i] = 255 * op.Backdrop.Brightness
		}
	}
	return p.chain(im).do("linear", vips.Args{"a": factor, "b": add}).bytes().result()
}

// frequentColors are the means of the fullest of 16x16x16 bins, the fullest
// first, of all pixels or of the outermost ones; what is clear does not count.
func frequentColors(px []byte, w, h, bands int, border bool) []transform.Color {
	type bin struct{ n, r, g, b int }
	bins := make(map[int]bin)
	count := func(x, y int) {
		q := px[(y*w+x)*bands:]
		if bands > 3 && q[3] == 0 {
			return
		}
		key := int(q[0]>>4)<<8 | int(q[1]>>4)<<4 | int(q[2]>>4)
		v := bins[key]
		bins[key] = bin{v.n + 1, v.r + int(q[0]), v.g + int(q[1]), v.b + int(q[2])}
	}
	for y := range h {
		if !border || y == 0 || y == h-1 {
			for x := range w {
				count(x, y)
			}
			continue
		}
		count(0, y)
		if w > 1 {
			count(w-1, y)
		}
	}
	all := make([]bin, 0, len(bins))
	for _, v := range bins {
		all = append(all, v)
	}
	slices.SortFunc(all, func(a, b bin) int {
		return cmp.Or(cmp.Compare(b.n, a.n), cmp.Compare(a.r, b.r), cmp.Compare(a.g, b.g), cmp.Compare(a.b, b.b))
	})
	colors := make([]transform.Color, 0, 4)
	for _, v := range all[:min(len(all), 4)] {
		colors = append(colors, transform.Color{R: mean(v.r, v.n), G: mean(v.g, v.n), B: mean(v.b, v.n), A: 255})
	}
	if len(colors) == 0 {
		return []transform.Color{transform.White}
	}
	return colors
}

func mean(sum, n int) byte { return byte((sum + n/2) / n) }

// adapted applies Contrast and Palette.
func adapted(colors []transform.Color, b *transform.Backdrop) []transform.Color {
	out := slices.Clone(colors)
	var tables *labTables
	if len(b.Palette) > 0 {
		tables = newLabTables()
	}
	for i, c := range out {
		if b.Contrast {
			c = oppositeLightness(c)
		}
		if tables != nil {
			at := tables.ofColor(c)
			c = slices.MinFunc(b.Palette, func(x, y transform.Color) int {
				return cmp.Compare(tables.ofColor(x).minus(at).length(), tables.ofColor(y).minus(at).length())
			})
		}
		out[i] = c
	}
	return out
}

// oppositeLightness keeps hue and saturation of HSL and turns L into 1-L:
// that moves each channel by the same amount.
func oppositeLightness(c transform.Color) transform.Color {
	low, high := int(min(c.R, c.G, c.B)), int(max(c.R, c.G, c.B))
	move := 255 - low - high // 1 - 2L in bytes
	return transform.Color{R: byte(int(c.R) + move), G: byte(int(c.G) + move), B: byte(int(c.B) + move), A: c.A}
}

// gradientPixels paints one colour, a line of two or a field of four.
func gradientPixels(colors []transform.Color, b *transform.Backdrop, w, h int) []byte {
	field := b.Colors
	if b.Kind == transform.BackdropGradient {
		field = len(colors)
	}
	at := func(i int) transform.Color { return colors[min(i, len(colors)-1)] }
	tl, tr, br, bl := at(0), at(1), at(2), at(3)
	if b.Direction == transform.Vertical {
		tr, bl = bl, tr
	}
	px := make([]byte, 0, 3*w*h)
	for y := range h {
		v := (float64(y) + 0.5) / float64(h)
		for x := range w {
			u := (float64(x) + 0.5) / float64(w)
			var c [3]float64
			switch {
			case field <= 1:
				c = channels(at(0))
			case field == 2:
				c = between(channels(at(0)), channels(at(1)), along(b.Direction, u, v))
			default:
				c = between(between(channels(tl), channels(tr), u), between(channels(bl), channels(br), u), v)
			}
			px = append(px, byte(c[0]+0.5), byte(c[1]+0.5), byte(c[2]+0.5))
		}
	}
	return px
}

// along is how far a point lies on the gradient's way. To a corner that is
// the mean of both ways, so that half of it passes through the other corners.
func along(d transform.Direction, u, v float64) float64 {
	switch d {
	case transform.Vertical:
		return v
	case transform.Descending:
		return (u + v) / 2
	case transform.Ascending:
		return (u + 1 - v) / 2
	default:
		return u
	}
}

func channels(c transform.Color) [3]float64 {
	return [3]float64{float64(c.R), float64(c.G), float64(c.B)}
}

func between(a, b [3]float64, t float64) [3]float64 {
	for i := range a {
		a[i] += (b[i] - a[i]) * t
	}
	return a
}
