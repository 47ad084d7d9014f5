package cloudinary

import (
	"strings"

	"tintype/internal/media"
	"tintype/internal/transform"
)

// fits maps the crop modes that scale to a fit of the model.
var fits = map[string]struct {
	fit   transform.Fit
	limit transform.Limit
}{
	"scale": {transform.Fill, transform.AnySize},
	"fit":   {transform.Inside, transform.AnySize},
	"limit": {transform.Inside, transform.ReduceOnly},
	"mfit":  {transform.Inside, transform.EnlargeOnly},
	"fill":  {transform.Cover, transform.AnySize},
	"lfill": {transform.Cover, transform.ReduceOnly},
	"thumb": {transform.Cover, transform.AnySize},
	"pad":   {transform.Contain, transform.AnySize},
	"lpad":  {transform.Contain, transform.ReduceOnly},
}

var compass = map[string]transform.Anchor{
	"center":     transform.Center,
	"north":      transform.North,
	"north_east": transform.NorthEast,
	"east":       transform.East,
	"south_east": transform.SouthEast,
	"south":      transform.South,
	"south_west": transform.SouthWest,
	"west":       transform.West,
	"north_west": transform.NorthWest,
	"xy_center":  transform.AtPoint,
}

// autoGravity are the crop modes that g_auto goes with.
var autoGravity = words("crop fill lfill fill_pad thumb auto auto_pad")

// resize is the stage of c_, w_, h_, ar_, g_, x_ and y_. A mode without any
// size leaves the picture as it is, except that c_crop with x_ or y_ cuts
// away what lies before the point.
func (p *chainParser) resize(c component, q qualifiers) error {
	mode, given := c.values["c"]
	if !given {
		mode = "scale"
	}
	scaling, scales := fits[mode]
	if !scales && mode != "crop" && mode != "mpad" {
		if otherCrops[mode] {
			return unsupportedParam("c_" + mode)
		}
		return refuse("c", mode)
	}
	box, err := p.box(c, q)
	if err != nil {
		return err
	}
	gravity, err := parseGravity(c, mode)
	if err != nil {
		return err
	}
	sized := box.Width.Given() || box.Height.Given() || box.Ratio != 0
	switch mode {
	case "crop":
		corner := gravity.Anchor == "" && (gravity.X.Given() || gravity.Y.Given())
		if sized || corner {
			p.push(transform.Extract{Box: box, Gravity: gravity})
		}
		return nil
	case "mpad":
		if sized {
			p.push(transform.Extend{Box: box, Gravity: gravity, Background: q.background})
		}
		return nil
	}
	if !sized {
		return nil
	}
	step := transform.Resize{Fit: scaling.fit, Limit: scaling.limit, Box: box}
	switch scaling.fit {
	case transform.Cover:
		step.Gravity = gravity
	case transform.Contain:
		step.Gravity, step.Background = gravity, q.background
	}
	p.push(step)
	return nil
}

// box reads w_, h_ and ar_, of which the ratio is dropped when both sides are given.
func (p *chainParser) box(c component, q qualifiers) (box transform.Box, err error) {
	first := len(p.Steps) == 0
	if v, ok := c.values["w"]; ok {
		if box.Width, err = parseSide("w", v, "iw", first); err != nil {
			return box, err
		}
	}
	if v, ok := c.values["h"]; ok {
		if box.Height, err = parseSide("h", v, "ih", first); err != nil {
			return box, err
		}
	}
	if v, ok := c.values["ar"]; ok {
		if box.Ratio, err = parseRatio("ar", v); err != nil {
			return box, err
		}
	}
	if box.Width.Given() && box.Height.Given() {
		box.Ratio = 0
	}
	box.FreeRatio = q.freeRatio && box.Ratio == 0 && box.Width.Given() != box.Height.Given()
	return box, nil
}

// parseGravity reads g_, x_ and y_. The zero Gravity means that none of them came.
func parseGravity(c component, mode string) (g transform.Gravity, err error) {
	if v, ok := c.values["g"]; ok {
		if g.Anchor, err = parseAnchor(v, mode); err != nil {
			return g, err
		}
	}
	if v, ok := c.values["x"]; ok {
		if g.X, err = parseLength("x", v); err != nil {
			return g, err
		}
	}
	if v, ok := c.values["y"]; ok {
		if g.Y, err = parseLength("y", v); err != nil {
			return g, err
		}
	}
	return g, nil
}

func parseAnchor(value, mode string) (transform.Anchor, error) {
	if a, ok := compass[value]; ok {
		return a, nil
	}
	name, arg, _ := strings.Cut(value, ":")
	if name == "auto" && !autoGravity[mode] {
		return "", media.Errorf(media.Invalid, "Use auto gravity only with crop, fill, lfill, fill_pad or thumb")
	}
	switch value {
	case "auto", "auto:subject", "auto:classic":
		return transform.Attention, nil
	}
	stored := strings.HasPrefix(value, "region_!") || strings.HasPrefix(value, "clipping_path_!")
	if stored || otherGravities[name] && (name != "auto" || arg != "") {
		return "", unsupportedParam("g_" + value)
	}
	return "", refuse("g", value)
}
