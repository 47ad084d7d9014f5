package engine

import (
	"fmt"

	"tintype/internal/engine/vips"
	"tintype/internal/transform"
)

// encodeLevel looks for the quality at which the loss is the level's.
func (p *picture) encodeLevel(s saver, out transform.PlanOutput) ([]byte, error) {
	l, ok := levels[out.Level]
	if !ok {
		return nil, fmt.Errorf("unknown level %q", out.Level)
	}
	reader, err := loaderFor(s.format)
	if s.format == "tiff" {
		return p.write(s, out) // without loss
	}
	if err != nil || !vips.Has(reader.op) {
		return p.write(s, out) // it cannot be looked at: the first quality to try stands
	}
	if err := p.toMemory(); err != nil {
		return nil, err
	}
	original, err := p.luma(p.im, p.height())
	if err != nil {
		return nil, fmt.Errorf("luma: %w", err)
	}
	search := newLevelSearch(l, s.format, out.Quality, halved(p.width(), p.height()))
	var files [][]byte
	for {
		out.Quality = search.quality
		b, err := p.write(s, out)
		if err != nil {
			return nil, err
		}
		files = append(files, b)
		if search.last() {
			break
		}
		made, err := p.reread(reader, b)
		if err != nil {
			return nil, fmt.Errorf("look at the result: %w", err)
		}
		if search.settles(1 - original.similarity(made)) {
			break
		}
	}
	return files[search.taken-1], nil
}

// shadePlane is the luma of a page, 0 to 255.
type shadePlane struct {
	w, h int
	px   []byte
}

// lumaSide: of pictures whose shorter side is longer than this, a copy of
// half the size is compared, as one sees them from further off.
const lumaSide = 512

func halved(w, h int) bool { return min(w, h) > lumaSide }

// luma is that of the first page, what is transparent lying on grey.
func (p *picture) luma(im *vips.Image, pageHeight int) (shadePlane, error) {
	c := p.chain(im)
	if im.Height() > pageHeight {
		c.im, c.err = p.scope.Make("extract_area", vips.Args{"input": im, "left": 0, "top": 0, "width": im.Width(), "height": pageHeight})
	}
	if im.HasAlpha() {
		grey := make([]float64, im.Bands()-1)
		for i := range grey {
			grey[i] = 128
		}
		c = c.do("flatten", vips.Args{"background": grey})
	}
	if c.err == nil && c.im.Interpretation() == "cmyk" {
		c = c.do("colourspace", vips.Args{"space": "srgb"})
	}
	if c.err == nil && c.im.Bands() >= 3 {
		m, err := vips.FromDoubles([]float64{0.2126, 0.7152, 0.0722}, 3, 1)
		if err != nil {
			return shadePlane{}, err
		}
		p.scope.Own(m)
		c = c.do("extract_band", vips.Args{"band": 0, "n": 3}).do("recomb", vips.Args{"m": m})
	}
	if halved(im.Width(), pageHeight) {
		c = c.do("shrink", vips.Args{"hshrink": 2, "vshrink": 2})
	}
	done, err := c.bytes().result()
	if err != nil {
		return shadePlane{}, err
	}
	px, err := done.Pixels()
	return shadePlane{done.Width(), done.Height(), px}, err
}

// reread is the luma of what a file shows.
func (p *picture) reread(l loader, file []byte) (shadePlane, error) {
	args := vips.Args{"buffer": file, "access": "sequential"}
	im, err := p.scope.Make(l.op, args)
	if err != nil {
		return shadePlane{}, err
	}
	return p.luma(im, im.Height())
}

// similarity is the mean structural similarity over windows of 8 x 8 pixels,
// half overlapping: 1 for equal planes, less otherwise.
func (a shadePlane) similarity(b shadePlane) float64 {
	if a.w != b.w || a.h != b.h {
		return 0
	}
	const c1, c2 = (0.01 * 255) * (0.01 * 255), (0.03 * 255) * (0.03 * 255)
	w, h := min(8, a.w), min(8, a.h)
	n := float64(w * h)
	sum, count := 0.0, 0.0
	for y := 0; y+h <= a.h; y += 4 {
		for x := 0; x+w <= a.w; x += 4 {
			var sa, sb, saa, sbb, sab int
			for v := range h {
				at := (y+v)*a.w + x
				rb := b.px[at : at+w]
				for i, p := range a.px[at : at+w] {
					p, q := int(p), int(rb[i])
					sa += p
					sb += q
					saa += p * p
					sbb += q * q
					sab += p * q
				}
			}
			ma, mb := float64(sa)/n, float64(sb)/n
			va, vb, cov := float64(saa)/n-ma*ma, float64(sbb)/n-mb*mb, float64(sab)/n-ma*mb
			sum += (2*ma*mb + c1) * (2*cov + c2) / ((ma*ma + mb*mb + c1) * (va + vb + c2))
			count++
		}
	}
	return sum / count
}
