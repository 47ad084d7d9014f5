package engine

import (
	"cmp"
	"fmt"
	"image"
	"math"
	"slices"

	"github.com/corona10/goimagehash"

	"tintype/internal/engine/vips"
	"tintype/internal/media"
	"tintype/internal/transform"
)

// findings are the questions that are answered by a part of an analysis.
var findings = map[transform.What]func(subject) (media.Analysis, error){
	transform.WhatColors:      subject.colors,
	transform.WhatHash:        subject.hash,
	transform.WhatQuality:     subject.quality,
	transform.WhatColorVision: subject.colorVision,
	transform.WhatCinemagraph: subject.cinemagraph,
	transform.WhatMetadata:    subject.metadata,
	transform.WhatLook:        subject.look,
}

// pixels is the reduced picture in colour, its bands and its size.
func (s subject) pixels(side int) (px []byte, bands, w int, err error) {
	p, err := s.reduced(side)
	if err != nil {
		return nil, 0, 0, err
	}
	if px, err = p.im.Pixels(); err != nil {
		return nil, 0, 0, p.src.damaged(err)
	}
	return px, p.im.Bands(), p.width(), nil
}

// onWhite is pixels without transparency.
func (s subject) onWhite(side int) (px []byte, w int, err error) {
	p, err := s.reduced(side)
	if err != nil {
		return nil, 0, err
	}
	if err := p.flatten(transform.White); err != nil {
		return nil, 0, err
	}
	if px, err = p.im.Pixels(); err != nil {
		return nil, 0, p.src.damaged(err)
	}
	return px, p.width(), nil
}

// sharesMax is how many colours an analysis tells.
const sharesMax = 32

func (s subject) colors() (media.Analysis, error) {
	px, bands, _, err := s.pixels(paletteSide)
	if err != nil {
		return media.Analysis{}, err
	}
	a := media.Analysis{Colors: []media.ColorShare{}}
	for _, c := range shares(px, bands) {
		if c.Share > 0 {
			a.Colors = append(a.Colors, c.ColorShare)
		}
	}
	return a, nil
}

// shared is a colour with its share.
type shared struct {
	media.ColorShare
	color transform.Color
}

// shares finds the colours that are apart from each other, and adds every
// other one to the nearest of these. Shares have four decimals.
func shares(px []byte, bands int) []shared {
	var chosen, rest []bin
	total := 0
	for _, b := range bins(px, bands, 1) {
		total += b.n
		far := !slices.ContainsFunc(chosen, func(c bin) bool { return alike(c.mean(), b.mean()) })
		if far && len(chosen) < sharesMax {
			chosen = append(chosen, b)
		} else {
			rest = append(rest, b)
		}
	}
	sums := slices.Clone(chosen)
	for _, b := range rest {
		i := nearest(chosen, b.mean())
		sums[i].n, sums[i].r, sums[i].g, sums[i].b = sums[i].n+b.n, sums[i].r+b.r, sums[i].g+b.g, sums[i].b+b.b
	}
	slices.SortStableFunc(sums, func(a, b bin) int { return cmp.Compare(b.n, a.n) })
	out := make([]shared, len(sums))
	for i, b := range sums {
		c := b.mean()
		out[i] = shared{media.ColorShare{Hex: hexOf(c), Share: rounded(float64(b.n)/float64(total), 4)}, c}
	}
	return out
}

func nearest(list []bin, c transform.Color) int {
	best, least := 0, math.Inf(1)
	for i, b := range list {
		m := b.mean()
		r, g, bl := float64(m.R)-float64(c.R), float64(m.G)-float64(c.G), float64(m.B)-float64(c.B)
		if d := r*r + g*g + bl*bl; d < least {
			best, least = i, d
		}
	}
	return best
}

func hexOf(c transform.Color) string { return fmt.Sprintf("#%02X%02X%02X", c.R, c.G, c.B) }

func rounded(v float64, decimals int) float64 {
	f := math.Pow10(decimals)
	return math.Round(v*f) / f
}

// hashSide is the side of the copy that is hashed, which is the hash's own:
// its library has nothing left to resize.
const hashSide = 64

func (s subject) hash() (media.Analysis, error) {
	p, err := s.reduced(4 * hashSide)
	if err != nil {
		return media.Analysis{}, err
	}
	if err := p.flatten(transform.White); err != nil {
		return media.Analysis{}, err
	}
	if err := p.resize(transform.OpResize{Width: hashSide, Height: hashSide}); err != nil {
		return media.Analysis{}, err
	}
	if err := p.apply("colourspace", vips.Args{"space": "b-w"}); err != nil {
		return media.Analysis{}, err
	}
	px, err := p.im.Pixels()
	if err != nil {
		return media.Analysis{}, p.src.damaged(err)
	}
	h, err := goimagehash.PerceptionHash(&image.Gray{Pix: px, Stride: hashSide, Rect: image.Rect(0, 0, hashSide, hashSide)})
	if err != nil {
		return media.Analysis{}, fmt.Errorf("hash: %w", err)
	}
	return media.Analysis{Hash: fmt.Sprintf("%016x", h.GetHash())}, nil
}

// A picture is grey when at most one pixel in greyOf has channels further
// apart than greyApart: lossy formats colour the edges of grey pictures.
const (
	greyApart = 10
	greyOf    = 1000
	lookSide  = 512
)

func (s subject) look() (media.Analysis, error) {
	px, bands, _, err := s.pixels(lookSide)
	if err != nil {
		return media.Analysis{}, err
	}
	seen, coloured := 0, 0
	for i := 0; i < len(px); i += bands {
		if bands == 4 && px[i+3] == 0 {
			continue
		}
		seen++
		if c := px[i : i+3]; max(c[0], c[1], c[2])-min(c[0], c[1], c[2]) > greyApart {
			coloured++
		}
	}
	look := &media.Look{Grey: coloured*greyOf <= seen}
	if bands == 4 {
		// The reduced copy has softer edges than the picture.
		if look.SemiTransparent, err = s.seeThrough(); err != nil {
			return media.Analysis{}, err
		}
	}
	drawn, err := s.illustration()
	look.Illustration = drawn.Number
	return media.Analysis{Look: look}, err
}

// seeThrough reports whether any pixel is neither opaque nor transparent.
func (s subject) seeThrough() (bool, error) {
	p, err := s.whole()
	if err != nil {
		return false, err
	}
	if !p.im.HasAlpha() {
		return false, nil
	}
	if err := p.apply("extract_band", vips.Args{"band": p.im.Bands() - 1}); err != nil {
		return false, err
	}
	if err := p.apply("hist_find", nil); err != nil {
		return false, err
	}
	if err := p.apply("cast", vips.Args{"format": "double"}); err != nil {
		return false, err
	}
	counts, err := p.im.Doubles()
	if err != nil {
		return false, p.src.damaged(err)
	}
	for v, n := range counts {
		if v > 0 && v < 255 && n > 0 {
			return true, nil
		}
	}
	return false, nil
}
