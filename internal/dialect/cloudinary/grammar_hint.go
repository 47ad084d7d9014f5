package cloudinary

import (
	"math"
	"net/http"
	"strconv"
	"strings"

	"tintype/internal/transform"
)

// hints are what a browser says of the place that a picture is for; 0 is unknown.
type hints struct {
	// dpr is the device pixel ratio, width the width in device pixels.
	dpr, width float64
}

func hintsOf(r *http.Request, dpr float64) hints {
	h := hints{dpr: dpr}
	for _, name := range []string{"Sec-Ch-Width", "Width"} {
		if v, err := strconv.ParseFloat(r.Header.Get(name), 64); err == nil && v >= 1 && v <= 100_000 {
			h.width = v
			break
		}
	}
	return h
}

// hintStep is what a width from a hint is rounded up to.
const hintStep = 100

// hinted reads "auto[:step][:fallback]" and "auto:breakpoints[_min_max_bytes_n][:fallback]".
// The breakpoints lie evenly between the least and the greatest width.
func (p *chainParser) hinted(prefix, value string) (*number, error) {
	if prefix != "w" {
		return nil, unsupportedParam(prefix + "_" + value)
	}
	p.Hinted = true
	args := strings.Split(value, ":")[1:]
	round := func(w float64) float64 { return math.Ceil(w/hintStep) * hintStep }
	if len(args) > 0 && strings.HasPrefix(args[0], "breakpoints") {
		var ok bool
		if round, ok = breakpoints(args[0]); !ok {
			return nil, invalidParam(prefix, value)
		}
		args = args[1:]
		if len(args) > 0 && args[len(args)-1] == "json" {
			return nil, unsupportedParam(prefix + "_" + value)
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
	switch {
	case p.hints.width > 0:
		width := p.hints.width
		if p.DPR != 0 {
			width /= p.DPR
		}
		return &number{value: round(width)}, nil
	case fallback != nil:
		return fallback, nil
	}
	original := transform.Fact("source_width")
	return &number{expr: &original}, nil
}

// breakpoints reads "breakpoints[_min_max_bytes_n]" into what rounds a width up.
func breakpoints(text string) (func(float64) float64, bool) {
	settings := []float64{50, 1000, 20, 20}
	if text != "breakpoints" {
		list := strings.Split(strings.TrimPrefix(text, "breakpoints_"), "_")
		if len(list) > len(settings) || !strings.HasPrefix(text, "breakpoints_") {
			return nil, false
		}
		for i, s := range list {
			n, err := parseInt("w", s)
			if err != nil || n < 1 {
				return nil, false
			}
			settings[i] = float64(n)
		}
	}
	least, most, n := settings[0], settings[1], settings[3]
	if most < least {
		return nil, false
	}
	return func(w float64) float64 {
		step := (most - least) / max(1, n-1)
		if w <= least || step == 0 {
			return least
		}
		return math.Round(min(most, least+math.Ceil((w-least)/step)*step))
	}, true
}
