package engine

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"tintype/internal/engine/vips"
	"tintype/internal/media"
	"tintype/internal/transform"
)

// picture is what a plan is being carried out on: one image that holds all
// pages below each other, in 8-bit sRGB or grey, with or without alpha.
type picture struct {
	scope *vips.Scope
	src   *source
	stock *stock // may be nil where nothing is laid on
	im    *vips.Image
	pages int
	// random: any part of im may be asked for in any order. Otherwise rows
	// come from a decoder and must be asked for from the top down, once.
	random bool
	// resampled: each pixel is computed anew whenever it is asked for, and at
	// some cost. The next operation that does more than cut computes all first.
	resampled bool
	// delay in milliseconds per page and loop count of an animation.
	delay []int
	loop  int
	// profile says what the colours mean, where they are not in sRGB; see
	// coloursFor. inks: they are CMYK.
	profile []byte
	inks    bool
	// meta is what goes along into the result.
	meta map[string]any
}

// renderTo carries out a plan and writes the file that it makes.
func renderTo(out *os.File, st *stock, plan transform.Plan) (media.Info, error) {
	var scope vips.Scope
	defer scope.Close()
	st.names = namesOf(plan.Sources)
	p, err := st.render(&scope, plan)
	if err != nil {
		return media.Info{}, err
	}
	b, err := p.encode(plan.Output)
	if err != nil {
		return media.Info{}, err
	}
	if _, err := out.Write(b); err != nil {
		return media.Info{}, fmt.Errorf("write result: %w", err)
	}
	return p.info(plan.Output, len(b)), nil
}

// render carries out a plan of one source as far as the pixels. What it makes
// is owned by the scope, and is computed only when it is asked for.
func render(scope *vips.Scope, src *source, plan transform.Plan) (*picture, error) {
	return (&stock{sources: []*source{src}}).render(scope, plan)
}

// render is the function render with all that the plan may draw on.
func (st *stock) render(scope *vips.Scope, plan transform.Plan) (*picture, error) {
	p, rest, err := st.load(scope, 0, plan)
	if err != nil {
		return nil, err
	}
	for _, op := range rest {
		if err := p.do(op); err != nil {
			return nil, fmt.Errorf("%T: %w", op, err)
		}
	}
	if p.width() != plan.Width || p.height() != plan.Height {
		return nil, fmt.Errorf("rendered %d x %d instead of the planned %d x %d", p.width(), p.height(), plan.Width, plan.Height)
	}
	return p, nil
}

// do carries out one operation.
func (p *picture) do(op transform.Op) error {
	if _, cut := op.(transform.OpExtract); p.resampled && !cut {
		if err := p.toMemory(); err != nil {
			return err
		}
	}
	return p.perform(op)
}

func (p *picture) perform(op transform.Op) error {
	switch op := op.(type) {
	case transform.OpResize:
		return p.resize(op)
	case transform.OpExtract:
		return p.extract(op)
	case transform.OpEmbed:
		return p.embed(op)
	case transform.OpRotate:
		return p.rotate(op)
	case transform.OpFlip:
		return p.flip(op)
	case transform.OpRound:
		return p.round(op)
	case transform.OpBorder:
		return p.border(op)
	case transform.OpOpacity:
		return p.opacity(op)
	case transform.OpFlatten:
		return p.flatten(op.Color)
	case transform.OpMatrix:
		return p.matrix(op)
	case transform.OpSigmoid:
		return p.sigmoid(op)
	case transform.OpBlur:
		return p.blur(op)
	case transform.OpSharpen:
		return p.sharpen(op)
	case transform.OpRecolor:
		return p.recolor(op)
	case transform.OpCurve:
		return p.curve(op)
	case transform.OpVibrance:
		return p.vibrance(op)
	case transform.OpLevels:
		return p.levels(op)
	case transform.OpReplaceColor:
		return p.replaceColor(op)
	case transform.OpKeyOut:
		return p.keyOut(op)
	case transform.OpQuantize:
		return p.quantize(op)
	case transform.OpDither:
		return p.dither(op)
	case transform.OpNoise:
		return p.noise(op)
	case transform.OpRedEye:
		return p.redEye()
	case transform.OpHatch:
		return p.hatch(op)
	case transform.OpMix:
		return p.mix(op)
	case transform.OpPixelate:
		return p.pixelate(op)
	case transform.OpVignette:
		return p.vignette(op)
	case transform.OpMorph:
		return p.morph(op)
	case transform.OpOilPaint:
		return p.oilPaint(op)
	case transform.OpInk:
		return p.lines(op)
	case transform.OpOutline:
		return p.outline(op)
	case transform.OpShadow:
		return p.shadow(op)
	case transform.OpGradient:
		return p.gradient(op)
	case transform.OpFade:
		return p.fade(op)
	case transform.OpCorners:
		return p.corners(op)
	}
	if known, err := p.doShape(op); known {
		return err
	}
	name := strings.TrimPrefix(fmt.Sprintf("%T", op), "transform.Op")
	return media.Errorf(media.Unsupported, "This server cannot carry out the operation %q", strings.ToLower(name))
}

// greySafe reports that no operation brings colour into a grey picture.
func greySafe(ops []transform.Op) bool {
	for _, op := range ops {
		switch op.(type) {
		case transform.OpResize, transform.OpExtract, transform.OpFlip, transform.OpRound, transform.OpOpacity,
			transform.OpSigmoid, transform.OpBlur, transform.OpSharpen:
		default:
			if !fillsGrey(op) {
				return false
			}
		}
	}
	return true
}

// fillsGrey reports that an operation does nothing to colours but to bring in
// a grey one.
func fillsGrey(op transform.Op) bool {
	switch op := op.(type) {
	case transform.OpEmbed:
		return isGrey(op.Background)
	case transform.OpRotate:
		return isGrey(op.Background)
	case transform.OpFlatten:
		return isGrey(op.Color)
	}
	return false
}

func isGrey(c transform.Color) bool { return c.R == c.G && c.G == c.B }

func (p *picture) width() int { return p.im.Width() }

// height is of one page.
func (p *picture) height() int { return p.im.Height() / p.pages }

// apply replaces the image by what an operation makes of it.
func (p *picture) apply(op string, args vips.Args) error {
	im, err := p.scope.Apply(p.im, op, args)
	if err == nil {
		p.im = im
	}
	return err
}

// toMemory computes the image, so that any part may be asked for.
func (p *picture) toMemory() error {
	if p.random {
		return nil
	}
	im, err := p.scope.Memory(p.im)
	if err != nil {
		return p.src.damaged(err)
	}
	p.im, p.random, p.resampled = im, true, false
	return nil
}

// eachPage replaces each page by what f makes of it; all must come out alike in size.
func (p *picture) eachPage(f func(*vips.Image) (*vips.Image, error)) error {
	if p.pages == 1 {
		im, err := f(p.im)
		if err == nil {
			p.im = im
		}
		return err
	}
	if err := p.toMemory(); err != nil {
		return err
	}
	h := p.height()
	done := make([]*vips.Image, p.pages)
	for i := range done {
		page, err := p.scope.Make("extract_area", vips.Args{"input": p.im, "left": 0, "top": i * h, "width": p.width(), "height": h})
		if err != nil {
			return err
		}
		if done[i], err = f(page); err != nil {
			return err
		}
	}
	im, err := p.scope.Make("arrayjoin", vips.Args{"in": done, "across": 1})
	if err == nil {
		p.im = im
	}
	return err
}

// chain applies operations one after the other and stops at the first error.
type chain struct {
	scope *vips.Scope
	im    *vips.Image
	err   error
}

func (p *picture) chain(im *vips.Image) *chain { return &chain{scope: p.scope, im: im} }

func (c *chain) do(op string, args vips.Args) *chain {
	if c.err == nil {
		c.im, c.err = c.scope.Apply(c.im, op, args)
	}
	return c
}

// memory computes the image.
func (c *chain) memory() *chain {
	if c.err == nil {
		c.im, c.err = c.scope.Memory(c.im)
	}
	return c
}

// bytes brings any numbers back to 0 to 255, rounded.
func (c *chain) bytes() *chain {
	if c.err != nil || c.im.Format() == "uchar" {
		return c
	}
	return c.do("round", vips.Args{"round": "rint"}).do("cast", vips.Args{"format": "uchar"})
}

func (c *chain) result() (*vips.Image, error) { return c.im, c.err }

// isProfileError reports that libvips stumbled over a colour profile.
func isProfileError(err error) bool {
	var v *vips.Error
	return errors.As(err, &v) && (strings.Contains(v.Text, "icc") || strings.Contains(v.Text, "profile"))
}
