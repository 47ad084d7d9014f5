package transform

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// within reports that every number is in a range; what is not a number is not.
func within(lo, hi float64, v ...float64) bool {
	for _, x := range v {
		if !(x >= lo && x <= hi) {
			return false
		}
	}
	return true
}

func outOfRange(op Op) error { return fmt.Errorf("%s is out of range", opText(op)) }

// checkColour checks the operations of op_tone.go.
func checkColour(op Op) error {
	ok := true
	switch op := op.(type) {
	case OpCurve, OpRedEye:
	case OpRecolor:
		for _, row := range op.M {
			ok = ok && within(-1e6, 1e6, row[:]...)
		}
	case OpVibrance:
		ok = within(-1, 5, op.Amount)
	case OpLevels:
		ok = within(0, 0.25, op.Clip) &&
			slices.Contains([]LevelsMode{LevelsContrast, LevelsChannels, LevelsBrightness, LevelsEqualize}, op.Mode)
	case OpReplaceColor:
		ok = within(0, 200, op.Tolerance)
	case OpKeyOut:
		ok = within(0, 1, op.Tolerance)
	case OpQuantize:
		ok = op.Colors >= 2 && op.Colors <= 256
	case OpDither:
		n := len(op.Thresholds)
		ok = op.Width >= 1 && n >= 1 && n <= 4096 && n%op.Width == 0
		for _, t := range op.Thresholds {
			ok = ok && t >= 0 && t <= 255
		}
	case OpNoise:
		ok = within(0, 1, op.Amount)
	case OpHatch:
		ok = within(0, 1, op.Amount)
	case OpLUT:
		ok = op.Source >= 1
	default:
		return errUnknown
	}
	if !ok {
		return outOfRange(op)
	}
	return nil
}

var errUnknown = errors.New("unknown operation")

// checkFilter checks the operations of op_filter.go over a page.
func checkFilter(op Op, p size, depth int) error {
	ok := true
	switch op := op.(type) {
	case OpMix:
		return checkMix(op, p, depth)
	case OpPixelate:
		ok = op.Size >= 2 && op.Size <= maxSide
	case OpVignette:
		ok = within(0, 1, op.Amount)
	case OpMorph:
		ok = within(0.5, 50, op.Radius) && op.Iterations >= 1 && op.Iterations <= 20 &&
			slices.Contains([]MorphMethod{Erode, Dilate, Mean, Median}, op.Method) &&
			slices.Contains([]Kernel{Disk, Square, Diamond, Octagon, Plus}, op.Kernel)
	case OpOilPaint:
		ok = op.Radius >= 1 && op.Radius <= 16 && op.Levels >= 2 && op.Levels <= 64
	case OpInk:
		ok = within(0, 1, op.Amount)
	case OpOutline:
		ok = within(0.5, 200, op.Width) && within(0, 200, op.Blur) &&
			slices.Contains([]OutlineMode{OutlineOuter, OutlineInner, OutlineInnerFill, OutlineFill}, op.Mode)
	case OpShadow:
		ok = within(0, maxSigma, op.Sigma) && within(-huge, huge, float64(op.X), float64(op.Y))
	case OpGradient:
		ok = within(0, 360, op.Degrees) && within(math.SmallestNonzeroFloat64, huge, op.Length)
	case OpFade:
		ok = within(0, huge, op.Top, op.Right, op.Bottom, op.Left) && within(0.01, 10, op.Power)
	case OpCorners:
		ok = cornersFit(op, p)
	default:
		return errUnknown
	}
	if !ok {
		return outOfRange(op)
	}
	return nil
}

func checkMix(op OpMix, p size, depth int) error {
	if depth >= 2*maxDepth || len(op.Ops) == 0 || len(op.Regions) > maxRegions || !within(-2, 2, op.Amount) {
		return errors.New("mix is out of range")
	}
	for _, r := range op.Regions {
		if err := r.inside(p); err != nil {
			return err
		}
	}
	for _, one := range op.Ops {
		if one == nil {
			return errors.New("no operation")
		}
		to, err := afterDepth(one, p, depth+1)
		if err != nil {
			return fmt.Errorf("mix: %w", err)
		}
		if to != p {
			return fmt.Errorf("mix: %s changes the size", opName(one))
		}
	}
	return nil
}

// maxRegions bounds the rectangles of one operation.
const maxRegions = 64

func (r Rect) inside(p size) error {
	if r.X < 0 || r.Y < 0 || r.Width < 1 || r.Height < 1 || r.X > p.w-r.Width || r.Y > p.h-r.Height {
		return fmt.Errorf("region %dx%d at %d,%d is not inside %dx%d", r.Width, r.Height, r.X, r.Y, p.w, p.h)
	}
	return nil
}

func cornersFit(op OpCorners, p size) bool {
	if !within(0, huge, op.RX[:]...) || !within(0, huge, op.RY[:]...) {
		return false
	}
	w, h := float64(p.w)+1, float64(p.h)+1 // rounding may cost a pixel
	return op.RX[0]+op.RX[1] <= w && op.RX[3]+op.RX[2] <= w && op.RY[0]+op.RY[3] <= h && op.RY[1]+op.RY[2] <= h
}

// afterShape is the size after one of op_layer.go's operations.
func afterShape(op Op, p size, depth int) (size, error) {
	switch op := op.(type) {
	case OpPerspective:
		to := size{op.Width, op.Height}
		for _, c := range op.Quad {
			if !within(0, float64(to.w), c.X) || !within(0, float64(to.h), c.Y) {
				return to, fmt.Errorf("corner %v,%v is not on %dx%d", c.X, c.Y, to.w, to.h)
			}
		}
		if !convex(op.Quad) {
			return to, errors.New("corners are not those of a convex quadrilateral")
		}
		return to, positive(to.w, to.h)
	case OpArc:
		if !within(1, 360, math.Abs(op.Degrees)) {
			return p, outOfRange(op)
		}
		want := arcOf(op.Degrees, p)
		want.Background = op.Background
		if op != want {
			return p, fmt.Errorf("%dx%d bent by %v degrees is not %dx%d", p.w, p.h, op.Degrees, op.Width, op.Height)
		}
		return size{op.Width, op.Height}, nil
	case OpComposite:
		blends := []Blend{Over, Under, Multiply, Screen, Overlay, Mask, CutIn, CutOut, Displace}
		if !within(-huge, huge, float64(op.X), float64(op.Y)) || !within(-999999, 999999, op.DX, op.DY) || !slices.Contains(blends, op.Blend) {
			return p, outOfRange(op)
		}
		return p, op.Layer.check(depth + 1)
	}
	return p, errUnknown
}

// Check is Plan.Check of a picture inside a plan. That its sources exist is
// the plan's to know.
func (p Picture) Check() error { return p.check(0) }

func (p Picture) check(depth int) error {
	if depth >= 2*maxDepth {
		return errors.New("layers are nested too deeply")
	}
	page, err := p.start()
	if err != nil {
		return err
	}
	for i, op := range p.Ops {
		next, err := afterDepth(op, page, depth)
		if err != nil {
			return fmt.Errorf("layer: operation %d: %w", i+1, err)
		}
		if !next.valid() {
			return fmt.Errorf("layer: operation %d leaves %dx%d", i+1, next.w, next.h)
		}
		page = next
	}
	if page != (size{p.Width, p.Height}) {
		return fmt.Errorf("layer: operations lead to %dx%d, not %dx%d", page.w, page.h, p.Width, p.Height)
	}
	return nil
}

// start is the size that a picture begins with.
func (p Picture) start() (size, error) {
	var s size
	switch {
	case p.Canvas != nil && p.Text == nil && p.Source == 0:
		s = size{p.Canvas.Width, p.Canvas.Height}
	case p.Text != nil && p.Canvas == nil && p.Source == 0:
		s = size{p.Text.Width, p.Text.Height}
		if err := p.Text.check(); err != nil {
			return s, err
		}
	case p.Canvas == nil && p.Text == nil && p.Source >= 0:
		if err := p.Input.check(); err != nil {
			return s, err
		}
		return size{p.Input.Width, p.Input.Height}, nil
	default:
		return s, errors.New("layer: not one source")
	}
	if !s.valid() {
		return s, fmt.Errorf("layer: source of %dx%d", s.w, s.h)
	}
	return s, nil
}

func (t *PlanText) check() error {
	ok := len(t.Content) <= maxText && t.Font >= 0 && within(0.1, 10_000, t.Size) && t.Weight >= 100 && t.Weight <= 900 &&
		within(-10_000, 10_000, t.LetterSpacing, t.LineSpacing) && within(0, 100_000, t.LineHeight, t.Stroke) &&
		t.Wrap >= 0 && t.Wrap <= huge && t.MaxHeight >= 0 && t.MaxHeight <= huge
	if !ok {
		return errors.New("layer: text is out of range")
	}
	return nil
}

// check holds an input to what Resolve makes.
func (in PlanInput) check() error {
	s := size{in.Width, in.Height}
	switch {
	case !s.valid():
		return fmt.Errorf("source of %dx%d", s.w, s.h)
	case in.Pages < 1:
		return fmt.Errorf("%d pages", in.Pages)
	case in.First < 0, in.List != nil && (len(in.List) != in.Pages || in.First != 0):
		return errors.New("pages are not well chosen")
	case in.Density != 0 && !within(1, 2400, in.Density):
		return fmt.Errorf("density %v", in.Density)
	}
	for _, n := range in.List {
		if n < 0 {
			return fmt.Errorf("page %d", n)
		}
	}
	return nil
}

// eachSource calls fn with every number of a source in ops and their layers.
func eachSource(ops []Op, fn func(n int)) {
	for _, op := range ops {
		switch op := op.(type) {
		case OpMix:
			eachSource(op.Ops, fn)
		case OpLUT:
			fn(op.Source)
		case OpComposite:
			fn(op.Layer.Source)
			if op.Layer.Text != nil {
				fn(op.Layer.Text.Font)
			}
			eachSource(op.Layer.Ops, fn)
		}
	}
}

// eachLayer calls fn with every picture laid on in ops, and in those.
func eachLayer(ops []Op, fn func(p Picture) error) error {
	for _, op := range ops {
		var err error
		switch op := op.(type) {
		case OpMix:
			err = eachLayer(op.Ops, fn)
		case OpComposite:
			if err = fn(op.Layer); err == nil {
				err = eachLayer(op.Layer.Ops, fn)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}
