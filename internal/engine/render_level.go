package engine

import (
	"fmt"
	"math"

	"tintype/internal/engine/vips"
	"tintype/internal/transform"
)

// level is what a level of quality allows: a loss, which is one minus the
// mean structural similarity of luma, and the qualities to look between.
type level struct {
	loss      float64
	low, high int
}

// The losses are those of usual photographs as JPEG at 88, 78, 64 and 50.
var levels = map[transform.Level]level{
	transform.LevelBest: {0.007, 70, 96},
	transform.LevelGood: {0.014, 55, 92},
	transform.LevelEco:  {0.025, 40, 85},
	transform.LevelLow:  {0.036, 25, 78},
}

const (
	// lossSlope is by how much the logarithm of the loss falls with each
	// step of quality, on average over formats.
	lossSlope = 0.04
	// levelNear is how far from the goal, in steps of quality, is near
	// enough; levelFirst and levelLater are that as the logarithm of the loss
	// for the first try and for those that follow.
	levelNear  = 3
	levelFirst = 0.22
	levelLater = 0.4
	// avifShift is how much more quality AVIF takes at its fastest for a loss.
	avifShift = 8
	// levelTries bounds how often a picture is encoded.
	levelTries = 3
)

// encodeLevel looks for the quality at which the loss is the level's. The
// first try's loss says where to look, so that a second one is mostly the
// last; a further one is made where that was far off.
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
	if s.format == "avif" {
		out.Quality = min(l.high, out.Quality+avifShift)
	}
	slope, near := lossSlope, levelFirst
	var lastQ, lastLoss float64
	for try := 1; ; try++ {
		b, err := p.write(s, out)
		if err != nil || try == levelTries {
			return b, err
		}
		made, err := p.reread(reader, b)
		if err != nil {
			return nil, fmt.Errorf("look at the result: %w", err)
		}
		q, loss := float64(out.Quality), max(1e-6, 1-original.similarity(made))
		if try > 1 {
			measured := math.Log(lastLoss/loss) / (q - lastQ)
			slope, near = max(lossSlope/3, min(3*lossSlope, measured)), levelLater
		}
		far := math.Log(loss / l.loss)
		next := max(l.low, min(l.high, int(math.Round(q+far/slope))))
		if d := next - out.Quality; d >= -levelNear && d <= levelNear || math.Abs(far) <= near {
			return b, nil
		}
		lastQ, lastLoss, out.Quality = q, loss, next
	}
}

// shadePlane is the luma of a page, 0 to 255.
type shadePlane struct {
	w, h int
	px   []byte
}

// lumaSide: of pictures whose shorter side is longer than this, a copy of
// half the size is compared, as one sees them from further off.
const lumaSide = 512

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
	if min(im.Width(), pageHeight) > lumaSide {
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
