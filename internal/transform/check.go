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
	if err := p.Input.check(); err != nil {
		return fmt.Errorf("plan: %w", err)
	}
	page := size{p.Input.Width, p.Input.Height}
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
	var missing error
	eachSource(p.Ops, func(n int) {
		if n > len(p.Sources) {
			missing = fmt.Errorf("plan: source %d of %d", n, len(p.Sources))
		}
	})
	if missing != nil {
		return missing
	}
	return p.Output.check()
}

func (o PlanOutput) check() error {
	if f, ok := media.FormatByName(o.Format); !ok || f.Kind != media.KindImage {
		return fmt.Errorf("plan: output format %q", o.Format)
	}
	if o.Quality < 1 || o.Quality > 100 {
		return fmt.Errorf("plan: quality %d", o.Quality)
	}
	words := Output{Level: o.Level, Chroma: o.Chroma, Depth: o.Depth, Space: o.Space, Metadata: o.Metadata,
		Density: o.Density, Delay: o.Delay, Loop: o.Loop}
	if err := words.validate(); err != nil {
		return fmt.Errorf("plan: %w", err)
	}
	return nil
}

// Within reports whether every page of the plan, the last included, keeps to
// the limits of size. The error is that of Resolve. The plan has passed Check.
func (p Plan) Within(lim Limits) error {
	lim = lim.withDefaults()
	if err := lim.ops(size{p.Input.Width, p.Input.Height}, p.Input.Pages, p.Ops); err != nil {
		return err
	}
	return eachLayer(p.Ops, func(l Picture) error {
		page, err := l.start()
		if err != nil {
			return err
		}
		return lim.ops(page, max(l.Input.Pages, 1), l.Ops)
	})
}

func (l Limits) ops(page size, pages int, ops []Op) error {
	for _, op := range ops {
		next, err := after(op, page)
		if err != nil {
			return fmt.Errorf("plan: %w", err)
		}
		if err := l.page(next, pages); err != nil {
			return err
		}
		page = next
	}
	return l.page(page, pages)
}

func (s size) valid() bool { return s.w >= 1 && s.h >= 1 && s.w <= maxSide && s.h <= maxSide }

// after returns the size of the page that an operation leaves, or what is
// wrong with it. A size over maxSide is the caller's to refuse.
func after(op Op, p size) (size, error) { return afterDepth(op, p, 0) }

func afterDepth(op Op, p size, depth int) (size, error) {
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
		if b := op.Backdrop; b != nil {
			v := validator{about: "embed"}
			backdropArgs(&v, &b)
			if checkBackdrop(&v, b); v.err != nil {
				return to, v.err
			}
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
	if err := checkTone(op); err != errUnknown {
		return p, err
	}
	if err := checkColour(op); err != errUnknown {
		return p, err
	}
	if err := checkFilter(op, p, depth); err != errUnknown {
		return p, err
	}
	to, err := afterShape(op, p, depth)
	if err == errUnknown {
		err = fmt.Errorf("unknown operation %T", op)
	}
	return to, err
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
		ok = op.Sigma > 0 && op.Sigma <= maxSigma && op.Amount > 0 && op.Amount <= maxAmount && within(0, 1, op.Threshold)
	case nil:
		return errors.New("no operation")
	default:
		return errUnknown
	}
	if !ok {
		return outOfRange(op)
	}
	return nil
}

// alphaAfter tells whether a page may be transparent after an operation.
func alphaAfter(op Op, alpha bool) bool {
	switch op := op.(type) {
	case OpEmbed:
		return alpha || (op.Background.A < 255 && op.Backdrop == nil)
	case OpRotate:
		return alpha || (!rightAngle(op.Degrees) && op.Background.A < 255)
	case OpRound, OpOpacity, OpRecolor, OpKeyOut, OpShadow, OpFade, OpCorners:
		return true
	case OpCurve:
		return alpha || op.A != nil
	case OpMix:
		after := alpha
		for _, one := range op.Ops {
			after = alphaAfter(one, after)
		}
		return alpha || after
	case OpOutline:
		return alpha || op.Mode == OutlineFill
	case OpPerspective:
		return alpha || op.Background.A < 255
	case OpArc:
		return alpha || op.Background.A < 255
	case OpComposite:
		return alpha || op.Blend == Mask || op.Blend == CutIn || op.Blend == CutOut
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
	case OpPerspective:
		// The map of the middle is as good as an affine one gets.
		q := op.Quad
		ax, ay := (q[1].X-q[0].X+q[2].X-q[3].X)/2/fw, (q[1].Y-q[0].Y+q[2].Y-q[3].Y)/2/fw
		bx, by := (q[3].X-q[0].X+q[2].X-q[1].X)/2/fh, (q[3].Y-q[0].Y+q[2].Y-q[1].Y)/2/fh
		mx, my := (q[0].X+q[1].X+q[2].X+q[3].X)/4, (q[0].Y+q[1].Y+q[2].Y+q[3].Y)/4
		return affine{ax, bx, mx - ax*fw/2 - bx*fh/2, ay, by, my - ay*fw/2 - by*fh/2}
	case OpArc:
		return affine{tw / fw, 0, 0, 0, th / fh, 0}
	case OpFlip:
		if op.Vertical {
			return affine{1, 0, 0, 0, -1, fh}
		}
		return affine{-1, 0, fw, 0, 1, 0}
	}
	return translation(0, 0)
}
