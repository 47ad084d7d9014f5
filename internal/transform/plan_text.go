package transform

import (
	"encoding/json"
	"fmt"
	"strconv"

	"tintype/internal/media"
)

// String writes the plan for people: what is loaded, one operation after the
// other, and what is written. Regions read WxH+X+Y.
func (p Plan) String() string {
	b := fmt.Appendf(make([]byte, 0, 160), "load %dx%d", p.Input.Width, p.Input.Height)
	if p.Input.Pages != 1 {
		b = fmt.Appendf(b, " pages=%d", p.Input.Pages)
	}
	if p.Input.First != 0 {
		b = fmt.Appendf(b, " first=%d", p.Input.First)
	}
	if p.Input.List != nil {
		b = fmt.Appendf(b, " list=%v", p.Input.List)
	}
	if p.Input.Density != 0 {
		b = fmt.Appendf(b, " density=%s", short(p.Input.Density))
	}
	if p.Input.IgnoreOrientation {
		b = append(b, " as-stored"...)
	}
	for _, op := range p.Ops {
		b = append(b, " | "...)
		b = append(b, opText(op)...)
	}
	b = fmt.Appendf(b, " | save %s q=%d", p.Output.Format, p.Output.Quality)
	if p.Output.Progressive {
		b = append(b, " progressive"...)
	}
	if p.Output.Background != White {
		b = fmt.Appendf(b, " background=%v", p.Output.Background)
	}
	rest := p.Output
	rest.Format, rest.Quality, rest.Progressive, rest.Background = "", 0, false, Color{}
	if rest != (PlanOutput{}) {
		b = append(append(b, ' '), rest.words()...)
	}
	for i, s := range p.Sources {
		b = fmt.Appendf(b, " | source %d %s %s", i+1, s.Use, refText(s.Ref))
	}
	return string(b)
}

// words lists what else is asked of the encoder.
func (o PlanOutput) words() string {
	more := Output{Level: o.Level, Chroma: o.Chroma, Lossless: o.Lossless, Lossy: o.Lossy, Depth: o.Depth, Space: o.Space,
		Metadata: o.Metadata, Density: o.Density, Delay: o.Delay, Loop: o.Loop}
	w := &writer{}
	more.args(w)
	w.end()
	return string(w.b)
}

func refText(r media.Ref) string {
	w := &writer{}
	refArgs(w, "ref", &r)
	w.end()
	return string(w.b)
}

// more is opText of the newer operations: their wire text, tables cut short.
func more(op Op) string {
	switch op := op.(type) {
	case OpComposite:
		s := fmt.Sprintf("composite %s %+d%+d", op.Blend, op.X, op.Y)
		if op.Tile {
			s += " tile"
		}
		if op.DX != 0 || op.DY != 0 {
			s += " by " + short(op.DX) + "," + short(op.DY)
		}
		return s + " [" + op.Layer.String() + "]"
	case OpMix:
		s := "mix " + short(op.Amount)
		for _, r := range op.Regions {
			s += fmt.Sprintf(" %dx%d+%d+%d", r.Width, r.Height, r.X, r.Y)
		}
		for i, one := range op.Ops {
			s += []string{" [", " | "}[min(i, 1)] + opText(one)
		}
		return s + "]"
	case OpCurve:
		s := "curve"
		if op.Luma {
			s += " luma"
		}
		for i, c := range []*Curve{op.R, op.G, op.B, op.A} {
			if c != nil {
				s += fmt.Sprintf(" %c=%d:%d:%d:%d:%d", "rgba"[i], c[0], c[64], c[128], c[192], c[255])
			}
		}
		return s
	}
	name := opName(op)
	raw, err := json.Marshal(op)
	if name == "" || err != nil {
		return fmt.Sprintf("unknown %T", op)
	}
	return name + " " + string(raw)
}

// String writes the picture for people, as Plan does.
func (p Picture) String() string {
	var s string
	switch {
	case p.Canvas != nil:
		s = fmt.Sprintf("canvas %dx%d %v", p.Canvas.Width, p.Canvas.Height, p.Canvas.Color)
	case p.Text != nil:
		s = fmt.Sprintf("text %dx%d %q %spx", p.Text.Width, p.Text.Height, p.Text.Content, short(p.Text.Size))
	default:
		s = fmt.Sprintf("load %d %dx%d", p.Source, p.Input.Width, p.Input.Height)
	}
	for _, op := range p.Ops {
		s += " | " + opText(op)
	}
	return s
}

func opText(op Op) string {
	switch op := op.(type) {
	case OpResize:
		return fmt.Sprintf("resize %dx%d", op.Width, op.Height)
	case OpExtract:
		return fmt.Sprintf("extract %dx%d+%d+%d", op.Width, op.Height, op.X, op.Y)
	case OpEmbed:
		s := fmt.Sprintf("embed %dx%d+%d+%d %v", op.Width, op.Height, op.X, op.Y, op.Background)
		if op.Backdrop != nil {
			s += " " + string(op.Backdrop.Kind)
		}
		return s
	case OpRotate:
		return fmt.Sprintf("rotate %s %dx%d %v", short(op.Degrees), op.Width, op.Height, op.Background)
	case OpFlip:
		if op.Vertical {
			return "flip vertical"
		}
		return "flip horizontal"
	case OpRound:
		return "round" + radiiText(op.Radii, op.Ellipse)
	case OpBorder:
		s := fmt.Sprintf("border %d %v", op.Width, op.Color)
		if op.Ellipse || op.Radii != [4]float64{} {
			s += " round" + radiiText(op.Radii, op.Ellipse)
		}
		return s
	case OpOpacity:
		return "opacity " + short(op.Factor)
	case OpFlatten:
		return "flatten " + op.Color.String()
	case OpMatrix:
		s := "matrix"
		for i, row := range op.M {
			if i > 0 {
				s += ";"
			}
			for _, v := range row {
				s += " " + short(v)
			}
		}
		return s
	case OpSigmoid:
		return "sigmoid " + short(op.Slope)
	case OpBlur:
		return "blur " + short(op.Sigma)
	case OpSharpen:
		s := "sharpen " + short(op.Sigma) + " " + short(op.Amount)
		if op.Threshold != 0 {
			s += " from " + short(op.Threshold)
		}
		return s
	}
	return more(op)
}

func radiiText(r [4]float64, ellipse bool) string {
	if ellipse {
		return " ellipse"
	}
	s := " " + short(r[0])
	if r[1] != r[0] || r[2] != r[0] || r[3] != r[0] {
		for _, v := range r[1:] {
			s += ":" + short(v)
		}
	}
	return s
}

// short writes a number to six digits, which is enough to read.
func short(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }
