package transform

import (
	"fmt"
	"math"

	"tintype/internal/media"
)

// effect resolves the steps whose numbers depend on the page.
func (r *resolver) effect(s Step) error {
	w, h := r.page.w, r.page.h
	switch s := s.(type) {
	case Pixelate:
		n := s.Size
		if n == 0 {
			n = max(5, max(w, h)/50)
		}
		return r.push(OpPixelate{n})
	case OilPaint:
		return r.push(OpOilPaint{Radius: 1 + int(math.Round(7*s.Amount)), Levels: 20})
	case Cartoonify:
		return r.pushAll(cartoon(s))
	case Outline:
		op := OpOutline{Mode: s.Mode, Width: max(s.Width, 0.5), Blur: s.Blur, Color: s.Color}
		if op.Mode == "" {
			op.Mode = OutlineOuter
		}
		return r.push(op)
	case Shadow:
		return r.shadow(s)
	case Gradient:
		sin, cos := sincos(s.Degrees)
		way := math.Abs(float64(w)*sin) + math.Abs(float64(h)*cos)
		op := OpGradient{Degrees: s.Degrees, From: s.From, To: s.To, Length: way}
		switch s.Stop.Unit {
		case Fraction:
			op.Length = min(max(way*s.Stop.Value, 1e-6), huge)
		case Pixel:
			op.Length = s.Stop.Value
		}
		return r.push(op)
	case Fade:
		return r.fade(s)
	case Morphology:
		op := OpMorph{Method: s.Method, Kernel: s.Kernel, Radius: s.Radius, Iterations: max(s.Iterations, 1)}
		first(&op.Method, Erode)
		first(&op.Kernel, Disk)
		return r.push(op)
	case RedEye:
		return r.redEye()
	case LUT:
		n, err := r.source(s.Ref, UseLUT)
		if err != nil {
			return err
		}
		return r.push(OpLUT{n})
	}
	return fmt.Errorf("resolve: no rule for %T", s)
}

// cartoon smooths, reduces the tones and draws the edges.
func cartoon(s Cartoonify) []Op {
	smooth := OpMorph{Method: Median, Kernel: Square, Radius: 2, Iterations: 2}
	ink := OpInk{Amount: s.Line, Alone: s.Monochrome}
	if s.Monochrome {
		return []Op{smooth, ink}
	}
	// 0 leaves 32 tones, 0.5 leaves 8, 1 leaves 2.
	levels := int(math.Round(math.Exp2(5 - 4*s.Reduction)))
	ops := []Op{smooth, curveStep(Posterize{Levels: max(levels, 2)})}
	if s.Line > 0 {
		ops = append(ops, ink)
	}
	return ops
}

// shadow makes room for the shadow and draws it.
func (r *resolver) shadow(s Shadow) error {
	x, y := s.X.distance(r.page.w), s.Y.distance(r.page.h)
	if !s.Clip {
		far := int(math.Ceil(2 * s.Sigma))
		left, top := max(0, far-x), max(0, far-y)
		op := OpEmbed{X: left, Y: top, Width: r.page.w + left + max(0, far+x), Height: r.page.h + top + max(0, far+y)}
		if err := r.push(op); err != nil {
			return err
		}
	}
	return r.push(OpShadow{X: x, Y: y, Sigma: s.Sigma, Color: s.Color})
}

// fade makes edges transparent, outside of the picture with Pad.
func (r *resolver) fade(s Fade) error {
	op := OpFade{Power: s.Power}
	if op.Power == 0 {
		op.Power = 1
	}
	side := func(l Length, base int) float64 { return float64(max(0, l.distance(base))) }
	op.Top, op.Bottom = side(s.Top, r.page.h), side(s.Bottom, r.page.h)
	op.Left, op.Right = side(s.Left, r.page.w), side(s.Right, r.page.w)
	if op.Top+op.Right+op.Bottom+op.Left == 0 {
		return nil
	}
	if s.Pad {
		to := OpEmbed{
			X: int(op.Left), Y: int(op.Top), Background: Transparent, Backdrop: &Backdrop{Kind: BackdropEdge},
			Width: r.page.w + int(op.Left+op.Right), Height: r.page.h + int(op.Top+op.Bottom),
		}
		if err := r.push(to); err != nil {
			return err
		}
	}
	return r.push(op)
}

// redEye looks for pupils in the faces, or everywhere when there are none.
func (r *resolver) redEye() error {
	regions, _, err := r.area(Area{Anchor: Faces})
	if err != nil {
		return err
	}
	if len(regions) == 0 {
		return r.push(OpRedEye{})
	}
	return r.push(OpMix{Ops: Ops{OpRedEye{}}, Amount: 1, Regions: regions})
}

// source counts a further source of the plan, each once.
func (r *resolver) source(ref media.Ref, use SourceUse) (int, error) {
	s := PlanSource{Ref: ref, Use: use}
	for i, known := range *r.sources {
		if known == s {
			return i + 1, nil
		}
	}
	if len(*r.sources) >= maxSources {
		return 0, media.Errorf(media.Invalid, "Transformation has more than %d sources", maxSources)
	}
	*r.sources = append(*r.sources, s)
	return len(*r.sources), nil
}

// maxSources bounds the files that a plan needs beside its own.
const maxSources = 40
