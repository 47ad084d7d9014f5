package cloudinary

import (
	"math"
	"strconv"
	"strings"

	"tintype/internal/transform"
)

// effect is one effect with an amount in the vendor's range. Amounts out of
// the range are brought to its nearer end; a missing one takes the default.
type effect struct {
	min, max, def int
	// step makes the model's step, or nil where the amount does nothing.
	step func(amount int) transform.Step
	// amount is its inverse; ok is false for any other type of step.
	amount func(transform.Step) (n float64, ok bool)
}

// blurUnit is the strength that makes a blur of one pixel, so that the
// default of 100 is a light blur (sigma 2) and 2000 leaves nothing to be
// recognised (sigma 40).
const blurUnit = 50

// sharpenSigma is the radius of e_sharpen. Its strength counts in hundredths.
const sharpenSigma = 1

// effects maps to the model as follows:
//
//	blur        sigma = strength / 50
//	sharpen     sigma = 1, amount = strength / 100
//	sepia       amount = strength / 100
//	brightness  amount = level / 100, added to each channel
//	contrast    amount = level / 100, a sigmoid
//	saturation  amount = level / 100
var effects = map[string]effect{
	"blur": {1, 2000, 100,
		func(n int) transform.Step { return transform.Blur{Sigma: float64(n) / blurUnit} },
		func(s transform.Step) (float64, bool) { b, ok := s.(transform.Blur); return b.Sigma * blurUnit, ok }},
	"sharpen": {1, 2000, 100,
		func(n int) transform.Step {
			return transform.Sharpen{Sigma: sharpenSigma, Amount: float64(n) / 100}
		},
		func(s transform.Step) (float64, bool) {
			sh, ok := s.(transform.Sharpen)
			return sh.Amount * 100, ok && sh.Sigma == sharpenSigma
		}},
	"sepia": {1, 100, 80,
		func(n int) transform.Step { return transform.Sepia{Amount: float64(n) / 100} },
		func(s transform.Step) (float64, bool) { e, ok := s.(transform.Sepia); return e.Amount * 100, ok }},
	"brightness": {-99, 100, 80,
		func(n int) transform.Step { return transform.Brightness{Amount: float64(n) / 100} },
		func(s transform.Step) (float64, bool) {
			e, ok := s.(transform.Brightness)
			return e.Amount * 100, ok
		}},
	"contrast": {-100, 100, 0,
		func(n int) transform.Step { return transform.Contrast{Amount: float64(n) / 100} },
		func(s transform.Step) (float64, bool) { e, ok := s.(transform.Contrast); return e.Amount * 100, ok }},
	"saturation": {-100, 100, 80,
		func(n int) transform.Step { return transform.Saturation{Amount: float64(n) / 100} },
		func(s transform.Step) (float64, bool) {
			e, ok := s.(transform.Saturation)
			return e.Amount * 100, ok
		}},
}

// effect is the stage of e_.
func (p *chainParser) effect(c component, _ qualifiers) error {
	value, ok := c.values["e"]
	if !ok {
		return nil
	}
	name, arg, hasArg := strings.Cut(value, ":")
	if name == "grayscale" {
		if hasArg {
			return invalidParam("e", value)
		}
		p.push(transform.Grayscale{})
		return nil
	}
	e, ok := effects[name]
	if !ok {
		if otherEffects[name] || strings.Contains(value, "$") {
			return unsupportedParam("e_" + value)
		}
		return invalidParam("e", value)
	}
	n := e.def
	if hasArg {
		f, err := parseNumber("e", arg)
		if err != nil {
			return effectArgument(value, arg)
		}
		n = max(e.min, min(int(math.Round(f)), e.max))
	}
	if s := e.step(n); n != 0 {
		p.push(s)
	}
	return nil
}

// effectArgument says why an effect's argument is refused.
func effectArgument(value, arg string) error {
	if strings.HasPrefix(value, "contrast:") && (strings.Contains(arg, "level_") || strings.Contains(arg, "type_")) {
		return unsupportedParam("e_" + value)
	}
	if expressionText.MatchString(arg) {
		return unsupportedParam("e_" + value)
	}
	return invalidParam("e", value)
}

// effectText is the inverse of the effect stage.
func effectText(s transform.Step) (string, error) {
	if _, ok := s.(transform.Grayscale); ok {
		return "e_grayscale", nil
	}
	for name, e := range effects {
		f, ok := e.amount(s)
		if !ok {
			continue
		}
		n := int(math.Round(f))
		if n < e.min || n > e.max || n == 0 || e.step(n) != s {
			break
		}
		return "e_" + name + ":" + strconv.Itoa(n), nil
	}
	return "", unsayable(s)
}
