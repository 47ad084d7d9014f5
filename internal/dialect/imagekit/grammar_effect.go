package imagekit

import (
	"math"
	"strings"

	"tintype/internal/transform"
)

// backgroundValue is what bg says.
type backgroundValue struct {
	color    *transform.Color
	backdrop *transform.Backdrop
	pad      bool // the step enlarges the canvas
	blurOK   bool // and may fill it with the picture, blurred
}

// blurredSigma is the blur of a background where none is stated.
const blurredSigma = 25

// parseBackground reads the value of bg. What is no background is ignored.
func parseBackground(v string) (b backgroundValue, err error) {
	name, rest, _ := strings.Cut(v, "_")
	switch {
	case strings.HasPrefix(v, "genfill"):
		return b, unsupported("bg-" + v)
	case name == "blurred":
		b.backdrop = parseBlurred(rest)
	case v == "dominant":
		b.backdrop = &transform.Backdrop{Kind: transform.BackdropDominant}
	case v == "gradient_dominant", v == "gradient_dominant_2":
		b.backdrop = &transform.Backdrop{Kind: transform.BackdropDominant, Colors: 2}
	case v == "gradient_dominant_4":
		b.backdrop = &transform.Backdrop{Kind: transform.BackdropDominant, Colors: 4}
	default:
		if c, _, ok := parseColor(v); ok {
			b.color = &c
		}
	}
	return b, nil
}

// parseBlurred reads "<intensity>_<brightness>".
func parseBlurred(v string) *transform.Backdrop {
	b := &transform.Backdrop{Kind: transform.BackdropBlurred, Sigma: blurredSigma}
	intensity, brightness, _ := strings.Cut(v, "_")
	if n, ok := parseNumber(intensity); ok {
		b.Sigma = max(0, min(n, 100)) / 2
	}
	if n, ok := parseNumber(brightness); ok {
		b.Brightness = max(-255, min(n, 255)) / 255
	}
	return b
}

// around is what lies around a picture on a larger canvas: black by default.
func (b backgroundValue) around() (*transform.Color, *transform.Backdrop) {
	switch {
	case b.backdrop != nil && (b.backdrop.Kind != transform.BackdropBlurred || b.blurOK):
		return nil, b.backdrop
	case b.color != nil:
		return b.color, nil
	}
	return &transform.Black, nil
}

// flatten is the step that lays the picture over the background. A canvas
// that is translucent around the picture has that colour already.
func (b backgroundValue) flatten(opacity bool) (transform.Step, bool) {
	if b.color == nil || b.pad && b.color.A < 255 && !opacity {
		return nil, false
	}
	c := *b.color
	if opacity {
		c.A = 255
	}
	return transform.Flatten{Color: c}, c.A > 0
}

// corners is what fills the corners of a turned picture.
func (b backgroundValue) corners() *transform.Color {
	if b.color != nil {
		return b.color
	}
	return &transform.Transparent
}

// tones are the effects on colour, in their order.
func (in *reader) tones(p params) ([]transform.Step, error) {
	var steps []transform.Step
	if p.has("e-contrast") {
		steps = append(steps, transform.Levels{Mode: transform.LevelsChannels})
	}
	if v, ok := p.get("cr"); ok {
		if s, ok := parseReplace(v); ok {
			steps = append(steps, s)
		}
	}
	if v, ok := p.get("e-colorize"); ok {
		steps = append(steps, parseColorize(v))
	}
	if p.has("e-grayscale") {
		steps = append(steps, transform.Grayscale{})
	}
	if v, ok := p.get("e-gradient"); ok {
		s, err := in.gradient(v)
		if err != nil {
			return nil, err
		}
		steps = append(steps, s)
	}
	return steps, nil
}

// parseReplace reads "<to>_<tolerance>_<from>".
func parseReplace(v string) (transform.Step, bool) {
	parts := strings.Split(v, "_")
	to, _, ok := parseColor(parts[0])
	s := transform.ReplaceColor{To: to, Tolerance: 35}
	if len(parts) > 1 {
		if n, valid := parseNumber(parts[1]); valid {
			s.Tolerance = max(0, min(n, 100))
		}
	}
	if len(parts) > 2 {
		if c, _, valid := parseColor(parts[2]); valid {
			s.From = &c
		}
	}
	return s, ok
}

func parseColorize(v string) transform.Step {
	f := fields(v, "co", "in")
	gray, _, _ := parseColor("gray")
	s := transform.Mix{Steps: []transform.Step{transform.Colorize{Color: gray}}, Amount: 1}
	if c, _, ok := parseColor(f["co"]); ok {
		s.Steps[0] = transform.Colorize{Color: c}
	}
	if n, ok := parseNumber(f["in"]); ok {
		s.Amount = max(0, min(n, 100)) / 100
	}
	return s
}

// directions are the angles of a gradient by name.
var directions = map[string]float64{
	"top": 0, "top_right": 45, "right": 90, "bottom_right": 135,
	"bottom": 180, "bottom_left": 225, "left": 270, "top_left": 315,
}

func (in *reader) gradient(v string) (transform.Step, error) {
	f := fields(v, "ld", "from", "to", "sp")
	s := transform.Gradient{Degrees: 180, From: transform.White}
	if d, ok := directions[f["ld"]]; ok {
		s.Degrees = d
	} else if d, ok := parseNumber(f["ld"]); ok {
		s.Degrees = d
	}
	if c, _, ok := parseColor(f["from"]); ok {
		s.From = c
	}
	if c, _, ok := parseColor(f["to"]); ok {
		s.To = c
	}
	var b bind
	if text := f["sp"]; text != "" {
		stop, ok := in.scope.parseValue(text)
		switch {
		case !ok:
			return nil, invalid("e-gradient-" + v)
		case stop.expr != nil || stop.num > 1:
			s.Stop = b.px("stop", stop)
		case stop.num > 0 && stop.num < 1:
			s.Stop = transform.Frac(stop.num)
		}
	}
	return b.step(s), nil
}

// Strengths where none is stated.
const (
	sharpenAmount   = 1
	maxSharpen      = 100
	trimTolerance   = 10
	shadowBlur      = 10
	shadowStrength  = 30
	shadowDirection = 2
)

// filters are sharpening and blurring.
func filters(p params) []transform.Step {
	var steps []transform.Step
	if v, ok := p.get("e-sharpen"); ok {
		amount, ok := parseNumber(v)
		if !ok || amount < 0 {
			amount = 10 * sharpenAmount
		}
		steps = append(steps, transform.Sharpen{Sigma: 1, Amount: min(amount/10, maxSharpen)})
	}
	if v, ok := p.get("e-usm"); ok {
		if s, ok := parseUnsharp(v); ok {
			steps = append(steps, s)
		}
	}
	if v, ok := p.get("bl"); ok {
		if n, ok := parseNumber(v); ok && n >= 1 && n <= 100 {
			steps = append(steps, transform.Blur{Sigma: n / 2})
		}
	}
	return steps
}

// parseUnsharp reads "<radius>-<sigma>-<amount>-<threshold>". The radius only
// says how far the Gaussian is computed.
func parseUnsharp(v string) (transform.Step, bool) {
	parts := strings.Split(v, "-")
	if len(parts) != 4 {
		return nil, false
	}
	var n [4]float64
	for i, part := range parts {
		var ok bool
		if n[i], ok = parseNumber(part); !ok || n[i] < 0 {
			return nil, false
		}
	}
	return transform.Sharpen{Sigma: min(n[1], 200), Amount: min(n[2], 100), Threshold: min(n[3], 1)}, true
}

func parseShadow(v string) transform.Step {
	f := fields(v, "bl", "st", "x", "y")
	number := func(key string, def, lo, hi float64) float64 {
		if n, ok := parseNumber(f[key]); ok {
			return max(lo, min(n, hi))
		}
		return def
	}
	return transform.Shadow{
		X:     transform.Frac(number("x", shadowDirection, -100, 100) / 100),
		Y:     transform.Frac(number("y", shadowDirection, -100, 100) / 100),
		Sigma: number("bl", shadowBlur, 0, 15),
		Color: transform.Color{A: uint8(math.Floor(number("st", shadowStrength, 0, 100)*255/100 + 0.5))},
		Clip:  true,
	}
}

// parseDistort reads "p-<four corners>" or "a-<degrees>".
func parseDistort(v string) (transform.Step, error) {
	kind, rest, _ := strings.Cut(v, "-")
	switch kind {
	case "p":
		parts := strings.Split(rest, "_")
		s := transform.Perspective{Background: &transform.Transparent}
		if len(parts) != len(s.Corners) {
			return nil, invalid("e-distort-" + v)
		}
		for i, part := range parts {
			n, ok := parseNumber(part)
			if !ok {
				return nil, invalid("e-distort-" + v)
			}
			s.Corners[i] = transform.Px(n)
		}
		return s, nil
	case "a":
		if n, ok := parseNumber(rest); ok && math.Abs(n) >= 1 && math.Abs(n) <= 360 {
			return transform.Arc{Degrees: n, Background: &transform.Transparent}, nil
		}
	}
	return nil, invalid("e-distort-" + v)
}

// parseRadius reads one radius, "max", or four from the top left clockwise.
func parseRadius(v string) (transform.Step, bool) {
	if v == "max" {
		return transform.Round{Ellipse: true}, true
	}
	parts := strings.Split(v, "_")
	if len(parts) == 1 {
		parts = []string{v, v, v, v}
	}
	var s transform.Round
	if len(parts) != len(s.Radii) {
		return nil, false
	}
	for i, part := range parts {
		n, ok := parseNumber(part)
		if !ok || n < 0 {
			return nil, false
		}
		s.Radii[i] = transform.Px(n)
	}
	return s, true
}

// border reads "<width>_<colour>"; "-" may stand between them.
func (in *reader) border(v string) (transform.Step, bool) {
	i := strings.LastIndexAny(v, "_-")
	if i < 0 {
		return nil, false
	}
	width, ok := in.scope.parseValue(v[:i])
	c, _, valid := parseColor(v[i+1:])
	if !ok || !valid || width.expr == nil && width.num < 0 {
		return nil, false
	}
	var b bind
	s := transform.Border{Width: b.px("width", width), Color: c}
	return b.step(s), true
}

// turns are flips and the rotation, which come last.
func turns(p params, background backgroundValue) []transform.Step {
	var steps []transform.Step
	if v, ok := p.get("fl"); ok {
		switch v {
		case "h":
			steps = append(steps, transform.Flip{})
		case "v":
			steps = append(steps, transform.Flip{Vertical: true})
		case "h_v", "v_h":
			steps = append(steps, transform.Flip{}, transform.Flip{Vertical: true})
		}
	}
	if v, ok := p.get("rt"); ok {
		if n, ok := parseNumber(v); ok {
			steps = append(steps, transform.Rotate{Degrees: n, Background: background.corners()})
		}
	}
	return steps
}
