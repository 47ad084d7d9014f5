package engine

import (
	"cmp"
	"math"
	"slices"

	"tintype/internal/engine/vips"
	"tintype/internal/transform"
)

// rows hands the pixels of a picture of one page to f from the top down, some
// rows at a time.
func (p *picture) rows(f func(y int, px []byte)) error {
	if err := p.toMemory(); err != nil {
		return err
	}
	w, h := p.width(), p.height()
	step := max(1, (4<<20)/(w*p.im.Bands()))
	for y := 0; y < h; y += step {
		part, err := p.scope.Make("extract_area", vips.Args{"input": p.im, "left": 0, "top": y, "width": w, "height": min(step, h-y)})
		if err != nil {
			return err
		}
		px, err := part.Pixels()
		if err != nil {
			return p.src.damaged(err)
		}
		f(y, px)
	}
	return nil
}

// trim finds the box of what is not border.
func (s subject) trim(tolerance float64, border *transform.Color) (transform.Answer, error) {
	p, err := s.whole()
	if err != nil {
		return transform.Answer{}, err
	}
	if err := p.toColour(); err != nil {
		return transform.Answer{}, err
	}
	w, h, bands := p.width(), p.height(), p.im.Bands()
	most := 255 * tolerance
	pixel := func(px []byte) [4]float64 {
		c := [4]float64{float64(px[0]), float64(px[1]), float64(px[2]), 255}
		if bands == 4 {
			c = premultiplied(px[0], px[1], px[2], px[3])
		}
		return c
	}
	var from [4]float64
	if border != nil {
		from = premultiplied(border.R, border.G, border.B, border.A)
	}
	left, top, right, bottom := w, h, -1, -1
	err = p.rows(func(y0 int, px []byte) {
		if y0 == 0 && border == nil {
			from = pixel(px)
		}
		for i, x, y := 0, 0, y0; i < len(px); i += bands {
			if (bands < 4 || px[i+3] > 0) && distance4(pixel(px[i:]), from) > most {
				left, right, top, bottom = min(left, x), max(right, x), min(top, y), max(bottom, y)
			}
			if x++; x == w {
				x, y = 0, y+1
			}
		}
	})
	if err != nil || right < 0 {
		return transform.Answer{}, err
	}
	return transform.Answer{Boxes: []transform.Box4{{
		X: float64(left) / float64(w), Y: float64(top) / float64(h),
		Width: float64(right+1-left) / float64(w), Height: float64(bottom+1-top) / float64(h),
	}}}, nil
}

func premultiplied(r, g, b, a uint8) [4]float64 {
	f := float64(a) / 255
	return [4]float64{float64(r) * f, float64(g) * f, float64(b) * f, float64(a)}
}

// distance4 is the largest difference of a channel.
func distance4(a, b [4]float64) float64 {
	return max(math.Abs(a[0]-b[0]), math.Abs(a[1]-b[1]), math.Abs(a[2]-b[2]), math.Abs(a[3]-b[3]))
}

const (
	paletteSide = 256 // of the copy that colours are counted on
	paletteMax  = 64  // colours at most
	// paletteApart is how far colours of a palette are apart at least, as the
	// largest difference of a channel: shades of one colour are one.
	paletteApart = 24
)

// bin gathers the colours of one cell of the colour cube.
type bin struct{ n, r, g, b int }

func (b bin) mean() transform.Color {
	half := b.n / 2
	return transform.Color{R: uint8((b.r + half) / b.n), G: uint8((b.g + half) / b.n), B: uint8((b.b + half) / b.n), A: 255}
}

// seenAlpha is from which alpha on a pixel's colour counts as seen.
const seenAlpha = 128

// bins counts the colours of what has at least that alpha in 16 x 16 x 16
// cells, and answers those that occur, the fullest first.
func bins(px []byte, bands int, alpha byte) []bin {
	var cube [4096]bin
	for i := 0; i < len(px); i += bands {
		if bands == 4 && px[i+3] < alpha {
			continue
		}
		c := &cube[int(px[i]>>4)<<8|int(px[i+1]>>4)<<4|int(px[i+2]>>4)]
		c.n++
		c.r, c.g, c.b = c.r+int(px[i]), c.g+int(px[i+1]), c.b+int(px[i+2])
	}
	full := slices.DeleteFunc(cube[:], func(b bin) bool { return b.n == 0 })
	slices.SortStableFunc(full, func(a, b bin) int { return cmp.Compare(b.n, a.n) })
	return full
}

// palette finds the most frequent colours.
func (s subject) palette(n int) (transform.Answer, error) {
	p, err := s.reduced(paletteSide)
	if err != nil {
		return transform.Answer{}, err
	}
	px, err := p.im.Pixels()
	if err != nil {
		return transform.Answer{}, p.src.damaged(err)
	}
	n = max(1, min(n, paletteMax))
	var chosen []bin
	for _, b := range bins(px, p.im.Bands(), seenAlpha) {
		near := slices.IndexFunc(chosen, func(c bin) bool { return alike(c.mean(), b.mean()) })
		switch {
		case near >= 0:
			c := &chosen[near]
			c.n, c.r, c.g, c.b = c.n+b.n, c.r+b.r, c.g+b.g, c.b+b.b
		default:
			chosen = append(chosen, b)
		}
	}
	slices.SortStableFunc(chosen, func(a, b bin) int { return cmp.Compare(b.n, a.n) })
	var a transform.Answer
	for _, b := range chosen[:min(n, len(chosen))] {
		a.Colors = append(a.Colors, b.mean())
	}
	return a, nil
}

func alike(a, b transform.Color) bool {
	return distance4(premultiplied(a.R, a.G, a.B, 255), premultiplied(b.R, b.G, b.B, 255)) < paletteApart
}

const (
	drawnSide = 384 // of the copy that is judged
	drawnBins = 16  // colours that make up most of a drawing
)

// illustration judges by how much of the picture is flat, and by how few
// colours it gets along with.
func (s subject) illustration() (transform.Answer, error) {
	p, err := s.reduced(drawnSide)
	if err != nil {
		return transform.Answer{}, err
	}
	px, err := p.im.Pixels()
	if err != nil {
		return transform.Answer{}, p.src.damaged(err)
	}
	w, bands := p.width(), p.im.Bands()
	flat, pairs := 0, 0
	for i := 0; i < len(px); i += bands {
		for _, j := range [2]int{i + bands, i + w*bands} {
			if j >= len(px) || j == i+bands && (j/bands)%w == 0 {
				continue
			}
			if dark(px[i:i+3]) && dark(px[j:j+3]) && (bands < 4 || px[i+3] > 0) {
				continue // shadows are flat in photographs, too
			}
			pairs++
			if most(px[i:i+bands], px[j:j+bands]) <= 1 {
				flat++
			}
		}
	}
	total, few, grey := 0, 0, true
	for i, b := range bins(px, bands, seenAlpha) {
		m := b.mean()
		grey = grey && max(m.R, m.G, m.B)-min(m.R, m.G, m.B) < 16
		total += b.n
		if i < drawnBins {
			few += b.n
		}
	}
	f, c := share(flat, pairs), share(few, total)
	if grey {
		c = f // there are but few greys anyway
	}
	score := 1 / (1 + math.Exp(-14*(0.6*f+0.4*c-0.72)))
	return transform.Answer{Number: math.Round(score*1e4) / 1e4}, nil
}

func dark(c []byte) bool { return max(c[0], c[1], c[2]) < 16 }

func share(n, of int) float64 {
	if of == 0 {
		return 1
	}
	return float64(n) / float64(of)
}

// most is the largest difference of two pixels' channels.
func most(a, b []byte) int {
	d := 0
	for i := range a {
		d = max(d, int(a[i])-int(b[i]), int(b[i])-int(a[i]))
	}
	return d
}
