package cloudinary

import (
	"math"
	"slices"
	"strings"

	"tintype/internal/delivery"
	"tintype/internal/transform"
)

// hints are what a browser says of the place that a picture is for.
type hints = delivery.Client

// hintStep is what a width from a hint is rounded up to.
const hintStep = 100

// hinted reads "auto[:step][:fallback]" and "auto:breakpoints[_min_max_bytes_n][:fallback]".
// The breakpoints lie evenly between the least and the greatest width.
func (p *chainParser) hinted(prefix, value string) (*number, error) {
	if prefix != "w" {
		return nil, unsupportedParam(prefix + "_" + value)
	}
	args := strings.Split(value, ":")[1:]
	round := func(w float64) float64 { return math.Ceil(w/hintStep) * hintStep }
	told := false
	if len(args) > 0 && strings.HasPrefix(args[0], "breakpoints") {
		list, ok := breakpoints(args[0])
		if !ok {
			return nil, invalidParam(prefix, value)
		}
		round = func(w float64) float64 { return above(list, w) }
		args = args[1:]
		if told = len(args) > 0 && args[len(args)-1] == "json"; told {
			args = args[:len(args)-1]
			p.Output.Info, p.breakpoints = true, list
		}
	} else if len(args) > 0 {
		step, err := parseInt(prefix, args[0])
		if err != nil || step < 1 {
			return nil, invalidParam(prefix, value)
		}
		round = func(w float64) float64 { return math.Ceil(w/float64(step)) * float64(step) }
		args = args[1:]
	}
	if len(args) > 1 {
		return nil, invalidParam(prefix, value)
	}
	var fallback *number
	if len(args) == 1 {
		n, err := p.number(prefix, args[0])
		if err != nil || n.expr == nil && n.value <= 0 {
			return nil, invalidParam(prefix, value)
		}
		fallback = &n
	}
	if !told {
		p.Hints |= delivery.HintWidth | delivery.HintViewportWidth
	}
	switch {
	case told:
	case p.hints.Width > 0:
		width := p.hints.Width
		if p.DPR != 0 {
			width /= p.DPR
		}
		return &number{value: round(width)}, nil
	case p.hints.ViewportWidth > 0:
		// It counts CSS pixels, which dpr_ is yet to multiply.
		return &number{value: round(p.hints.ViewportWidth)}, nil
	case fallback != nil:
		return fallback, nil
	}
	original := transform.Fact("source_width")
	return &number{expr: &original}, nil
}

// maxBreakpoints bounds how many widths one parameter stands for.
const maxBreakpoints = 200

// breakpoints reads "breakpoints[_min_max_bytes_n]" into n widths, the
// greatest first.
func breakpoints(text string) ([]int, bool) {
	settings := []int{50, 1000, 20, 20}
	if text != "breakpoints" {
		list := strings.Split(strings.TrimPrefix(text, "breakpoints_"), "_")
		if len(list) > len(settings) || !strings.HasPrefix(text, "breakpoints_") {
			return nil, false
		}
		for i, s := range list {
			n, err := parseInt("w", s)
			if err != nil || n < 1 || n > 1_000_000 {
				return nil, false
			}
			settings[i] = n
		}
	}
	least, most, n := settings[0], settings[1], settings[3]
	if most < least || n > maxBreakpoints {
		return nil, false
	}
	list := []int{most}
	for i := n - 2; i >= 0; i-- {
		list = append(list, least+int(math.Round(float64((most-least)*i)/float64(n-1))))
	}
	return slices.Compact(list), true
}

// above is the least width that is not below w, or the greatest there is.
func above(breakpoints []int, w float64) float64 {
	for _, b := range slices.Backward(breakpoints) {
		if float64(b) >= w {
			return float64(b)
		}
	}
	return float64(breakpoints[0])
}
