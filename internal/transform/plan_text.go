package transform

import (
	"fmt"
	"strconv"
)

// String writes the plan for people: what is loaded, one operation after the
// other, and what is written. Regions read WxH+X+Y.
func (p Plan) String() string {
	b := fmt.Appendf(make([]byte, 0, 160), "load %dx%d", p.Input.Width, p.Input.Height)
	if p.Input.Pages != 1 {
		b = fmt.Appendf(b, " pages=%d", p.Input.Pages)
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
	return string(b)
}

func opText(op Op) string {
	switch op := op.(type) {
	case OpResize:
		return fmt.Sprintf("resize %dx%d", op.Width, op.Height)
	case OpExtract:
		return fmt.Sprintf("extract %dx%d+%d+%d", op.Width, op.Height, op.X, op.Y)
	case OpEmbed:
		return fmt.Sprintf("embed %dx%d+%d+%d %v", op.Width, op.Height, op.X, op.Y, op.Background)
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
		return "sharpen " + short(op.Sigma) + " " + short(op.Amount)
	}
	return fmt.Sprintf("unknown %T", op)
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
