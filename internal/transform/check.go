package transform

import (
	"errors"
	"fmt"
	"math"

	"tintype/internal/media"
)

// Check reports whether the plan is one that Resolve could have made: every
// number is finite and in range, every rectangle lies inside its page, and
// the operations lead to Width x Height. It is for plans that come over a
// wire; it knows no Limits. The error is plain: a plan that fails is a bug or
// a forgery, never a user's mistake.
func (p Plan) Check() error {
	page := size{p.Input.Width, p.Input.Height}
	if !page.valid() {
		return fmt.Errorf("plan: source of %dx%d", page.w, page.h)
	}
	if p.Input.Pages < 1 {
		return fmt.Errorf("plan: %d pages", p.Input.Pages)
	}
	for i, op := range p.Ops {
		next, err := after(op, page)
		if err != nil {
			return fmt.Errorf("plan: operation %d: %w", i+1, err)
		}
		if !next.valid() {
			return fmt.Errorf("plan: operation %d leaves %dx%d", i+1, next.w, next.h)
		}
		page = next
	}
	if page != (size{p.Width, p.Height}) {
		return fmt.Errorf("plan: operations lead to %dx%d, not %dx%d", page.w, page.h, p.Width, p.Height)
	}
	if f, ok := media.FormatByName(p.Output.Format); !ok || f.Kind != media.KindImage {
		return fmt.Errorf("plan: output format %q", p.Output.Format)
	}
	if p.Output.Quality < 1 || p.Output.Quality > 100 {
		return fmt.Errorf("plan: quality %d", p.Output.Quality)
	}
	return nil
}

// Within reports whether every page of the plan, the last included, keeps to
// the limits of size. The error is that of Resolve. The plan has passed Check.
func (p Plan) Within(lim Limits) error {
	lim = lim.withDefaults()
	page := size{p.Input.Width, p.Input.Height}
	for _, op := range p.Ops {
		next, err := after(op, page)
		if err != nil {
			return fmt.Errorf("plan: %w", err)
		}
		if err := lim.page(next, p.Input.Pages); err != nil {
			return err
		}
		page = next
	}
	return lim.page(page, p.Input.Pages)
}

func (s size) valid() bool { return s.w >= 1 && s.h >= 1 && s.w <= maxSide && s.h <= maxSide }

// after returns the size of the page that an operation leaves, or what is
// wrong with it. A size over maxSide is the caller's to refuse.
func after(op Op, p size) (size, error) {
	switch op := op.(type) {
	case OpResize:
		return size{op.Width, op.Height}, positive(op.Width, op.Height)
	case OpExtract:
		if op.X < 0 || op.Y < 0 || op.Width < 1 || op.Height < 1 ||
			op.X > p.w-op.Width || op.Y > p.h-op.Height {
			return p, fmt.Errorf("region %dx%d at %d,%d is not inside %dx%d", op.Width, op.Height, op.X, op.Y, p.w, p.h)
		}
		return size{op.Width, op.Height}, nil
	case OpEmbed:
		to := size{op.Width, op.Height}
		if op.X < 0 || op.Y < 0 || op.X > op.Width-p.w || op.Y > op.Height-p.h {
			return to, fmt.Errorf("canvas %dx%d does not hold %dx%d at %d,%d", op.Width, op.Height, p.w, p.h, op.X, op.Y)
		}
		return to, nil
	case OpRotate:
		return afterRotate(op, p)
	case OpBorder:
		if op.Width < 1 || op.Width > huge {
			return p, fmt.Errorf("border of %d", op.Width)
		}
		return size{p.w + 2*op.Width, p.h + 2*op.Width}, radiiFit(op.Radii, op.Ellipse, p)
	case OpRound:
		return p, radiiFit(op.Radii, op.Ellipse, p)
	}
	return p, checkTone(op)
}

func positive(w, h int) error {
	if w < 1 || h < 1 {
		return fmt.Errorf("size %dx%d", w, h)
	}
	return nil
}

func afterRotate(op OpRotate, p size) (size, error) {
	to := size{op.Width, op.Height}
	if !(op.Degrees > 0 && op.Degrees < 360) {
		return to, fmt.Errorf("rotation by %v degrees", op.Degrees)
	}
	if to != rotated(op.Degrees, p) {
		return to, fmt.Errorf("%dx%d turned by %v degrees is not %dx%d", p.w, p.h, op.Degrees, to.w, to.h)
	}
	return to, nil
}

func radiiFit(radii [4]float64, ellipse bool, p size) error {
	half := float64(min(p.w, p.h)) / 2
	for _, v := range radii {
		if !(v >= 0 && v <= half) || (ellipse && v != 0) {
			return fmt.Errorf("radii %v on %dx%d", radii, p.w, p.h)
		}
	}
	return nil
}

// checkTone checks the operations that keep the page's size.
func checkTone(op Op) error {
	ok := true
	switch op := op.(type) {
	case OpFlip, OpFlatten:
	case OpOpacity:
		ok = op.Factor >= 0 && op.Factor <= 1
	case OpMatrix:
		for _, row := range op.M {
			for _, v := range row {
				ok = ok && math.Abs(v) <= 1e6
			}
		}
	case OpSigmoid:
		ok = math.Abs(op.Slope) <= 100
	case OpBlur:
		ok = op.Sigma > 0 && op.Sigma <= maxSigma
	case OpSharpen:
		ok = op.Sigma > 0 && op.Sigma <= maxSigma && op.Amount > 0 && op.Amount <= maxAmount
	case nil:
		return errors.New("no operation")
	default:
		return fmt.Errorf("unknown operation %T", op)
	}
	if !ok {
		return fmt.Errorf("%s is out of range", opText(op))
	}
	return nil
}

// alphaAfter tells whether a page may be transparent after an operation.
func alphaAfter(op Op, alpha bool) bool {
	switch op := op.(type) {
	case OpEmbed:
		return alpha || op.Background.A < 255
	case OpRotate:
		return alpha || (!rightAngle(op.Degrees) && op.Background.A < 255)
	case OpRound, OpOpacity:
		return true
	case OpBorder:
		return alpha || op.Color.A < 255 || op.Ellipse || op.Radii != [4]float64{}
	case OpFlatten:
		return alpha && op.Color.A < 255
	}
	return alpha
}

// motion maps points of the page before an operation to the page after.
func motion(op Op, from, to size) affine {
	fw, fh := float64(from.w), float64(from.h)
	tw, th := float64(to.w), float64(to.h)
	switch op := op.(type) {
	case OpResize:
		return affine{tw / fw, 0, 0, 0, th / fh, 0}
	case OpExtract:
		return translation(-op.X, -op.Y)
	case OpEmbed:
		return translation(op.X, op.Y)
	case OpBorder:
		return translation(op.Width, op.Width)
	case OpRotate:
		sin, cos := sincos(op.Degrees)
		return affine{
			cos, -sin, tw/2 - cos*fw/2 + sin*fh/2,
			sin, cos, th/2 - sin*fw/2 - cos*fh/2,
		}
	case OpFlip:
		if op.Vertical {
			return affine{1, 0, 0, 0, -1, fh}
		}
		return affine{-1, 0, fw, 0, 1, 0}
	}
	return translation(0, 0)
}
