package sample

import (
	"image/color"
	"math"
)

type vec struct{ x, y float64 }

// rgb is a colour in sRGB's unit range; it may leave it until it is stored.
type rgb struct{ r, g, b float64 }

func (c rgb) add(d rgb) rgb         { return rgb{c.r + d.r, c.g + d.g, c.b + d.b} }
func (c rgb) times(f float64) rgb   { return rgb{c.r * f, c.g * f, c.b * f} }
func mix(a, b rgb, f float64) rgb   { return a.times(1 - f).add(b.times(f)) }
func byte255(v float64) uint8       { return uint8(math.Round(255 * math.Max(0, math.Min(1, v)))) }
func unit(h uint32) float64         { return float64(h>>8) / (1 << 24) }
func fade(t float64) float64        { return t * t * (3 - 2*t) }
func lerp(a, b, f float64) float64  { return a + (b-a)*f }
func cell(f float64) (int, float64) { i := math.Floor(f); return int(i), fade(f - i) }

// smooth rises from 0 at a to 1 at b; with a > b it falls.
func smooth(a, b, v float64) float64 {
	return fade(math.Max(0, math.Min(1, (v-a)/(b-a))))
}

// grain stores the colour with sensor noise of the given strength.
func (c rgb) grain(x, y int, strength float64) color.RGBA {
	n := (unit(hash(x, y, 99)) + unit(hash(x, y, 100)) - 1) * strength
	return color.RGBA{byte255(c.r + n), byte255(c.g + n), byte255(c.b + n), 255}
}

// hash scrambles a grid point and a seed into 32 bits.
func hash(x, y int, seed uint32) uint32 {
	h := uint32(x)*0x9E3779B1 ^ uint32(y)*0x85EBCA77 ^ seed*0xC2B2AE3D
	h ^= h >> 15
	h *= 0x2C1B3C6D
	h ^= h >> 12
	h *= 0x297A2D39
	return h ^ h>>15
}

// noise2 is fractal value noise in the plane, about 0 to 1.
func noise2(x, y float64, seed uint32) float64 {
	sum, size := 0.0, 0.5
	for octave := range 4 {
		xi, xf := cell(x)
		yi, yf := cell(y)
		s := seed + uint32(octave)*131
		top := lerp(unit(hash(xi, yi, s)), unit(hash(xi+1, yi, s)), xf)
		low := lerp(unit(hash(xi, yi+1, s)), unit(hash(xi+1, yi+1, s)), xf)
		sum += size * lerp(top, low, yf)
		x, y, size = x*2.03, y*2.03, size/2
	}
	return sum / 0.9375
}

// ridgeNoise is a sharp-crested noise on a line, about 0 to 1.
func ridgeNoise(x float64, seed uint32) float64 {
	sum, size := 0.0, 0.5
	for octave := range 7 {
		i, f := cell(x)
		s := seed + uint32(octave)*57
		n := lerp(unit(hash(i, 0, s)), unit(hash(i+1, 0, s)), f)
		sum += size * (1 - math.Abs(2*n-1))
		x, size = x*2.1, size*0.48
	}
	return sum
}
