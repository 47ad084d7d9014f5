package cloudinary

import (
	"encoding/base64"
	"net/url"
	"strings"

	"tintype/internal/dialect"
	"tintype/internal/media"
	"tintype/internal/transform"
)

// layer is a layer that is open.
type layer struct {
	composite transform.Composite
	values    bindings
	// lut, if its name is not empty, is a table of colours instead of a picture.
	lut media.Ref
	// own and relative tell which fractions came, of itself and of its base.
	own, relative bool
}

// blends are the effects that say how a layer meets what is below.
var blends = map[string]transform.Blend{
	"multiply": transform.Multiply, "screen": transform.Screen, "overlay": transform.Overlay,
	"mask": transform.Mask, "cut_out": transform.CutOut, "displace": transform.Displace,
}

// openLayer begins a layer. What else its component says is done to it, where
// the layer is scoped with the component's own gravity, and else without,
// since that says where it lies.
func (p *chainParser) openLayer(c component, q *qualifiers, scoped bool) error {
	l := &layer{}
	prefix := "l"
	if c.has("u") {
		prefix = "u"
		l.composite.Blend = transform.Under
		if c.has("l") {
			return media.Errorf(media.Invalid, "One component cannot hold an overlay and an underlay")
		}
	}
	used, err := p.layerSource(l, prefix, c, q)
	if err != nil {
		return err
	}
	p.rewrites = true
	p.open(&frame{layer: l})
	return p.layerPixels(c.without(append(used, "l", "u")...), q, !scoped)
}

// layerPixels does what a component says to the layer that is open. With
// placed the component's gravity and offsets say where the layer lies.
func (p *chainParser) layerPixels(c component, q *qualifiers, placed bool) error {
	l := p.top().layer
	if name, _, _ := strings.Cut(c.values["e"], ":"); blends[name] != "" {
		if l.composite.Blend != "" && l.composite.Blend != blends[name] {
			return unsupportedParam("e_" + c.values["e"])
		}
		if c.values["e"] != name {
			return invalidParam("e", c.values["e"])
		}
		l.composite.Blend = blends[name]
		c = c.without("e")
	}
	if q.flags["cutter"] {
		if l.composite.Blend != "" && l.composite.Blend != transform.CutIn {
			return unsupportedParam("fl_cutter")
		}
		l.composite.Blend = transform.CutIn
	}
	if placed {
		c = c.without("g", "x", "y")
	}
	l.composite.NoOverflow = l.composite.NoOverflow || q.flags["no_overflow"]
	l.composite.Tile = l.composite.Tile || q.flags["tiled"]
	switch {
	case q.flags["region_relative"]:
		l.composite.Layer.Relative = transform.OfFound
	case q.flags["relative"] && l.composite.Layer.Relative == "":
		l.composite.Layer.Relative = transform.OfBase
	}
	if fractional(c) {
		l.relative = l.relative || q.flags["relative"] || q.flags["region_relative"]
		l.own = l.own || !q.flags["relative"] && !q.flags["region_relative"]
	}
	return p.pixels(c, q)
}

func fractional(c component) bool {
	for _, side := range []string{"w", "h"} {
		if decimalText.MatchString(c.values[side]) {
			return true
		}
	}
	return false
}

// closeLayer puts the open layer where the component says.
func (p *chainParser) closeLayer(c component, q *qualifiers) error {
	f := p.top()
	l := f.layer
	p.frames = p.frames[:len(p.frames)-1]
	if l.lut.Name != "" {
		if len(f.steps) > 0 || c.has("g", "x", "y") {
			return media.Errorf(media.Invalid, "A table of colours takes no other parameters: lut:%s", dialect.Quotable(l.lut.Name))
		}
		p.push(transform.LUT{Ref: l.lut})
		return nil
	}
	if l.own && l.relative {
		return unsupportedParam("fl_relative for some of a layer's sizes only")
	}
	s := l.composite
	s.Layer.Steps = f.steps
	s.Strict = q.flags["text_disallow_overflow"] || s.Strict
	placing := c
	if s.Blend == transform.Displace {
		placing = c.without("x", "y")
		if err := p.displaced(c, &s, &l.values); err != nil {
			return err
		}
	}
	g, err := p.gravity(placing, "", &l.values)
	if err != nil {
		return err
	}
	s.Gravity = g
	switch found := g.Anchor == transform.Face || g.Anchor == transform.Faces || g.Anchor == transform.Custom || g.Anchor == transform.Region; {
	case found:
		s.Gravity.Fallback = ""
	case s.Layer.Relative == transform.OfFound:
		return invalidParam("fl", "region_relative")
	}
	p.push(l.values.on(s))
	return nil
}

// displaced reads the strength of a displacement.
func (p *chainParser) displaced(c component, s *transform.Composite, values *bindings) error {
	for _, axis := range []struct {
		prefix, field string
		to            *float64
	}{{"x", "dx", &s.DX}, {"y", "dy", &s.DY}} {
		v, ok := c.values[axis.prefix]
		if !ok {
			continue
		}
		n, err := p.number(axis.prefix, v)
		if err != nil {
			return err
		}
		if n.decimal {
			return invalidParam(axis.prefix, v)
		}
		*axis.to = values.number(axis.field, n.clamp(-999, 999))
	}
	return nil
}

// layerSource reads what l_ or u_ names, and returns which other parameters
// of the component it used up.
func (p *chainParser) layerSource(l *layer, prefix string, c component, q *qualifiers) ([]string, error) {
	value, err := p.text(prefix, c.values[prefix])
	if err != nil {
		return nil, err
	}
	kind, rest, ok := strings.Cut(value, ":")
	if !ok {
		kind, rest = "", value
	}
	access := media.Public
	switch kind {
	case "text":
		return p.textLayer(l, c.raw[prefix], c, q)
	case "fetch":
		l.composite.Layer.Ref, err = remoteRef(prefix, rest)
		return nil, err
	case "lut":
		l.lut = media.Ref{Kind: media.KindRaw, Access: media.Public, Name: strings.ReplaceAll(rest, ":", "/")}
		if err = validID(l.lut.Name); err == nil && prefix == "u" {
			err = invalidParam(prefix, value)
		}
		return nil, err
	case "video", "audio", "subtitles", "raw":
		return nil, unsupportedParam(prefix + "_" + value)
	case "private", "authenticated":
		access = accessTypes[kind]
		p.Restricted = true
	default:
		rest = value
	}
	name, _ := cutExtension(strings.ReplaceAll(rest, ":", "/"))
	if err := validID(name); err != nil || !printable(name) {
		return nil, invalidParam(prefix, value)
	}
	l.composite.Layer.Ref = media.Ref{Kind: media.KindImage, Access: access, Name: name}
	return nil, nil
}

// remoteRef reads a URL in base64, which may have an extension and any of the
// two alphabets.
func remoteRef(prefix, text string) (media.Ref, error) {
	code, _, _ := strings.Cut(text, ".")
	code = strings.NewReplacer("+", "-", "/", "_", "=", "").Replace(code)
	raw, err := base64.RawURLEncoding.DecodeString(code)
	if err != nil || !printable(string(raw)) {
		return media.Ref{}, invalidParam(prefix, "fetch:"+text)
	}
	u, err := url.Parse(string(raw))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return media.Ref{}, invalidParam(prefix, "fetch:"+text)
	}
	return media.Ref{Kind: media.KindImage, URL: string(raw)}, nil
}
