// Package sample paints the pictures that a new installation shows: made by
// arithmetic, the same on every machine, and free of anybody's rights. Tests
// use them too, as photographs of any size.
package sample

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/color/palette"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math"
)

// Picture is one sample as a file.
type Picture struct {
	Name string // without extension
	File string // with extension
	Tags []string
	Data []byte
}

// All paints the samples of a new account: two photograph-like JPEGs, a PNG
// with transparency and an animated GIF.
func All() ([]Picture, error) {
	pictures := []Picture{
		{Name: "samples/mountains", File: "mountains.jpg", Tags: []string{"sample", "landscape"}},
		{Name: "samples/balloons", File: "balloons.jpg", Tags: []string{"sample", "portrait"}},
		{Name: "samples/badge", File: "badge.png", Tags: []string{"sample", "transparent"}},
		{Name: "samples/orbit", File: "orbit.gif", Tags: []string{"sample", "animated"}},
	}
	paint := []func() ([]byte, error){
		func() ([]byte, error) { return JPEG(Mountains(2400, 1600), 90) },
		func() ([]byte, error) { return JPEG(Balloons(1600, 2000), 90) },
		func() ([]byte, error) { return PNG(Badge(640)) },
		func() ([]byte, error) { return Orbit(240, 24) },
	}
	for i := range pictures {
		data, err := paint[i]()
		if err != nil {
			return nil, fmt.Errorf("paint %s: %w", pictures[i].File, err)
		}
		pictures[i].Data = data
	}
	return pictures, nil
}

// JPEG encodes an image at a quality of 1 to 100.
func JPEG(im image.Image, quality int) ([]byte, error) {
	var b bytes.Buffer
	err := jpeg.Encode(&b, im, &jpeg.Options{Quality: quality})
	return b.Bytes(), err
}

// PNG encodes an image.
func PNG(im image.Image) ([]byte, error) {
	var b bytes.Buffer
	err := png.Encode(&b, im)
	return b.Bytes(), err
}

// Mountains paints ridges in evening mist over a lake, with the fine grain of
// a photograph.
func Mountains(w, h int) *image.RGBA {
	im := image.NewRGBA(image.Rect(0, 0, w, h))
	shore := int(0.72 * float64(h))
	sun := vec{0.64 * float64(w), 0.33 * float64(h)}
	ridges := mountainRidges(w, h)
	for y := 0; y < h; y++ {
		for x := 0; x < w; x++ {
			var c rgb
			if y < shore {
				c = mountainAt(x, float64(y), w, h, sun, ridges)
			} else {
				c = lakeAt(x, y, w, h, shore, sun, ridges)
			}
			im.SetRGBA(x, y, c.grain(x, y, 0.035))
		}
	}
	return im
}

// mountainRidges gives, for each ridge from far to near and each column, the height of its crest.
func mountainRidges(w, h int) [][]float64 {
	const layers = 5
	ridges := make([][]float64, layers)
	for l := range ridges {
		ridges[l] = make([]float64, w)
		base := 0.40 + 0.075*float64(l)
		swing := 0.17 - 0.02*float64(l)
		for x := range ridges[l] {
			n := ridgeNoise(float64(x)/float64(w)*(3+1.7*float64(l)), uint32(l+7))
			ridges[l][x] = float64(h) * (base - swing*(n-0.35))
		}
	}
	return ridges
}

func mountainAt(x int, y float64, w, h int, sun vec, ridges [][]float64) rgb {
	fx, fy := float64(x)/float64(w), y/float64(h)
	sky := mix(rgb{0.16, 0.22, 0.44}, rgb{0.98, 0.66, 0.42}, smooth(0, 0.5, fy))
	cloud := noise2(fx*5, fy*16, 3)
	sky = mix(sky, rgb{1, 0.80, 0.66}, 0.55*smooth(0.52, 0.85, cloud)*smooth(0.02, 0.3, fy))
	d := math.Hypot(float64(x)-sun.x, y-sun.y) / float64(h)
	sky = sky.add(rgb{1, 0.75, 0.4}.times(0.55 * math.Exp(-d*7)))
	sky = mix(sky, rgb{1, 0.96, 0.85}, 1-smooth(0.043, 0.046, d))
	c := sky
	for l, crest := range ridges {
		if y < crest[x] {
			continue
		}
		depth := float64(l+1) / float64(len(ridges))
		rock := mix(rgb{0.62, 0.47, 0.50}, rgb{0.06, 0.10, 0.15}, depth)
		below := (y - crest[x]) / float64(h)
		texture := noise2(fx*60, fy*90, uint32(l+20)) - 0.5
		rock = rock.add(rgb{1, 0.9, 0.8}.times(0.10 * texture * depth))
		if l < 2 {
			snow := smooth(0.06, 0, below+0.05*texture)
			rock = mix(rock, rgb{0.95, 0.86, 0.84}, 0.7*snow)
		}
		c = mix(rock, rgb{0.93, 0.66, 0.52}, (1-depth)*0.75*smooth(0, 0.16, below))
	}
	return c
}

// lakeAt mirrors what stands above the shore, darker and broken by ripples.
func lakeAt(x, y, w, h, shore int, sun vec, ridges [][]float64) rgb {
	depth := float64(y-shore) / float64(h-shore)
	ripple := noise2(float64(x)/float64(w)*30, float64(y)/float64(h)*260, 11) - 0.5
	sx := min(max(x+int(ripple*float64(w)*0.02*(0.3+depth)), 0), w-1)
	sy := float64(shore) - float64(y-shore)*1.9 + ripple*8
	c := mountainAt(sx, math.Max(sy, 0), w, h, sun, ridges)
	return mix(c, rgb{0.07, 0.12, 0.20}, 0.25+0.45*depth).add(rgb{1, 0.8, 0.6}.times(0.10 * math.Max(ripple, 0)))
}

// Balloons paints hot-air balloons over rolling fields, upright, one of them
// large and off the centre, so that a crop to what catches the eye shows.
func Balloons(w, h int) *image.RGBA {
	im := image.NewRGBA(image.Rect(0, 0, w, h))
	balloons := []balloon{
		{vec{0.22, 0.20}, 0.055, rgb{0.25, 0.55, 0.75}, rgb{0.95, 0.95, 0.90}},
		{vec{0.50, 0.42}, 0.035, rgb{0.55, 0.30, 0.60}, rgb{0.95, 0.80, 0.30}},
		{vec{0.68, 0.30}, 0.19, rgb{0.86, 0.20, 0.16}, rgb{0.99, 0.80, 0.22}},
	}
	for y := 0; y < h; y++ {
		for x := 0; x < w; x++ {
			fx, fy := float64(x)/float64(w), float64(y)/float64(h)
			c := mix(rgb{0.30, 0.55, 0.86}, rgb{0.86, 0.92, 0.97}, smooth(0, 0.75, fy))
			c = mix(c, rgb{1, 1, 1}, 0.7*smooth(0.5, 0.8, noise2(fx*4, fy*9, 5))*smooth(0.75, 0.3, fy))
			for l := range 4 {
				crest := 0.70 + 0.07*float64(l) + 0.05*(ridgeNoise(fx*(1.5+float64(l)), uint32(40+l))-0.5)
				if fy < crest {
					continue
				}
				field := mix(rgb{0.52, 0.68, 0.42}, rgb{0.14, 0.36, 0.16}, float64(l)/3)
				furrow := math.Sin((fx*0.7+fy)*float64(120-20*l) + 6*noise2(fx*6, fy*6, uint32(l)))
				c = field.add(rgb{0.9, 1, 0.5}.times(0.035 * furrow))
			}
			for _, b := range balloons {
				c = b.over(c, fx, fy, float64(w)/float64(h))
			}
			im.SetRGBA(x, y, c.grain(x, y, 0.03))
		}
	}
	return im
}

type balloon struct {
	at     vec     // centre of the envelope, as fractions
	radius float64 // as a fraction of the width
	a, b   rgb     // colours of the gores
}

func (b balloon) over(c rgb, fx, fy, ratio float64) rgb {
	dx, dy := (fx-b.at.x)/b.radius, (fy-b.at.y)/b.radius/ratio
	if dy > 0 {
		taper := 1 - 0.42*smooth(0, 1.3, dy)
		dx /= taper
		dy /= 1.28
	}
	if r := math.Hypot(dx, dy); r < 1 {
		across := math.Asin(math.Max(-1, math.Min(1, dx/math.Sqrt(math.Max(1e-6, 1-dy*dy)))))
		gore := b.a
		if int(math.Floor(across*4+16))%2 == 0 {
			gore = b.b
		}
		light := 0.62 + 0.5*math.Max(0, -0.55*dx-0.5*dy+0.6*math.Sqrt(1-r*r))
		return mix(c, gore.times(light), smooth(1, 0.985, r))
	}
	bx, by := (fx-b.at.x)/b.radius, (fy-b.at.y)/b.radius/ratio
	if math.Abs(bx) < 0.16 && by > 1.52 && by < 1.78 {
		return rgb{0.42, 0.27, 0.13}.times(1 - 0.4*math.Abs(bx)/0.16)
	}
	if by > 1.2 && by <= 1.52 && math.Abs(math.Abs(bx)-0.15-0.12*(1.52-by)) < 0.012 {
		return rgb{0.2, 0.16, 0.12}
	}
	return c
}

// Badge paints a round emblem on a transparent ground: a camera's iris.
func Badge(size int) *image.NRGBA {
	im := image.NewNRGBA(image.Rect(0, 0, size, size))
	for y := range size {
		for x := range size {
			dx, dy := (float64(x)+0.5)/float64(size)*2-1, (float64(y)+0.5)/float64(size)*2-1
			r, angle := math.Hypot(dx, dy), math.Atan2(dy, dx)
			alpha := smooth(0.96, 0.95, r)
			blade := math.Mod(angle+1.1*r+4*math.Pi, math.Pi/3) / (math.Pi / 3)
			c := mix(rgb{0.10, 0.13, 0.22}, rgb{0.32, 0.38, 0.52}, blade)
			c = mix(rgb{0.95, 0.70, 0.25}, c, smooth(0.80, 0.79, r))
			hole := 0.30 + 0.02*math.Cos(6*angle)
			alpha *= smooth(hole-0.01, hole, r)
			im.SetNRGBA(x, y, color.NRGBA{byte255(c.r), byte255(c.g), byte255(c.b), byte255(alpha)})
		}
	}
	return im
}

// Orbit animates a dot round a ring, as a GIF of so many frames that plays for ever.
func Orbit(size, frames int) ([]byte, error) {
	g := gif.GIF{LoopCount: 0}
	for f := range frames {
		im := image.NewPaletted(image.Rect(0, 0, size, size), palette.Plan9)
		angle := 2 * math.Pi * float64(f) / float64(frames)
		dot := vec{0.62 * math.Cos(angle), 0.62 * math.Sin(angle)}
		for y := range size {
			for x := range size {
				dx, dy := float64(x)/float64(size)*2-1, float64(y)/float64(size)*2-1
				c := rgb{0.09, 0.11, 0.17}
				c = mix(c, rgb{0.35, 0.40, 0.50}, smooth(0.03, 0.015, math.Abs(math.Hypot(dx, dy)-0.62)))
				c = mix(c, rgb{0.98, 0.72, 0.25}, smooth(0.19, 0.17, math.Hypot(dx-dot.x, dy-dot.y)))
				im.Set(x, y, color.RGBA{byte255(c.r), byte255(c.g), byte255(c.b), 255})
			}
		}
		g.Image = append(g.Image, im)
		g.Delay = append(g.Delay, 5)
	}
	var b bytes.Buffer
	err := gif.EncodeAll(&b, &g)
	return b.Bytes(), err
}
