package cloudinary

import (
	"strings"

	"tintype/internal/media"
	"tintype/internal/transform"
)

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

// lookups are the gravities that look for something, and what they hold on
// to where it is not found. The add-ons that look for faces in another way
// are taken for the usual ones.
var lookups = map[string]transform.Gravity{
	"face":             {Anchor: transform.Face, Fallback: transform.North},
	"face:center":      {Anchor: transform.Face, Fallback: transform.Center},
	"face:auto":        {Anchor: transform.Face, Fallback: transform.Attention},
	"faces":            {Anchor: transform.Faces, Fallback: transform.North},
	"faces:center":     {Anchor: transform.Faces, Fallback: transform.Center},
	"faces:auto":       {Anchor: transform.Faces, Fallback: transform.Attention},
	"adv_face":         {Anchor: transform.Face, Fallback: transform.North},
	"adv_faces":        {Anchor: transform.Faces, Fallback: transform.North},
	"auto:face":        {Anchor: transform.Face, Fallback: transform.Attention},
	"auto:faces":       {Anchor: transform.Faces, Fallback: transform.Attention},
	"custom":           {Anchor: transform.Custom, Fallback: transform.Center},
	"custom:face":      {Anchor: transform.Custom, Fallback: transform.Face},
	"custom:faces":     {Anchor: transform.Custom, Fallback: transform.Faces},
	"custom:adv_face":  {Anchor: transform.Custom, Fallback: transform.Face},
	"custom:adv_faces": {Anchor: transform.Custom, Fallback: transform.Faces},

	"auto":                    {Anchor: transform.Attention},
	"auto:subject":            {Anchor: transform.Attention},
	"auto:classic":            {Anchor: transform.Attention},
	"auto:none":               {Anchor: transform.Attention},
	"auto:custom_no_override": {Anchor: transform.Attention},
	"auto:thirds_0":           {Anchor: transform.Attention},
}

// otherGravities are the gravities that are not offered, before a colon.
var otherGravities = words(`face faces custom adv_face adv_faces adv_eyes ocr_text body liquid
	cld-decompose_tile track_person object auto`)

// autoGravity are the crop modes that g_auto goes with.
var autoGravity = words("crop fill lfill fill_pad thumb auto auto_pad")

// gravity reads g_, x_ and y_ for a crop mode, or for the place of a layer,
// whose mode is "". The zero Gravity means that none of them came.
func (p *chainParser) gravity(c component, mode string, values *bindings) (g transform.Gravity, err error) {
	if v, ok := c.values["g"]; ok {
		if v, err = p.text("g", v); err != nil {
			return g, err
		}
		if g, err = parseAnchor(v, mode); err != nil {
			return g, err
		}
	} else if mode == "auto" {
		g.Anchor = transform.Attention
	}
	for _, a := range []transform.Anchor{g.Anchor, g.Fallback} {
		p.autoGravity = p.autoGravity || a == transform.Attention
		p.faceGravity = p.faceGravity || a == transform.Face || a == transform.Faces
	}
	for _, axis := range []struct {
		prefix string
		to     *transform.Length
	}{{"x", &g.X}, {"y", &g.Y}} {
		v, ok := c.values[axis.prefix]
		if !ok {
			continue
		}
		n, err := p.number(axis.prefix, v)
		if err != nil {
			return g, err
		}
		*axis.to = values.length(axis.prefix, n)
	}
	return g, nil
}

func parseAnchor(value, mode string) (transform.Gravity, error) {
	if a, ok := compass[value]; ok {
		return transform.Gravity{Anchor: a}, nil
	}
	name, _, _ := strings.Cut(value, ":")
	if name == "auto" && !autoGravity[mode] {
		return transform.Gravity{}, media.Errorf(media.Invalid, "Use auto gravity only with crop, fill, lfill, fill_pad or thumb")
	}
	if g, ok := lookups[value]; ok {
		return g, nil
	}
	if region, ok := strings.CutPrefix(value, "region_!"); ok {
		region, closed := strings.CutSuffix(region, "!")
		region = decodeLoosely(region)
		if !closed || region == "" || !printable(region) || len(region) > 255 {
			return transform.Gravity{}, invalidParam("g", value)
		}
		return transform.Gravity{Anchor: transform.Region, Name: region, Fallback: transform.Center}, nil
	}
	if otherGravities[name] || strings.HasPrefix(value, "clipping_path_!") || strings.HasPrefix(value, "track_person") {
		return transform.Gravity{}, unsupportedParam("g_" + value)
	}
	return transform.Gravity{}, invalidParam("g", value)
}
