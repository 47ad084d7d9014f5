package imagekit

import (
	"encoding/base64"
	"path"
	"strings"

	"tintype/internal/media"
	"tintype/internal/transform"
)

var blends = map[string]transform.Blend{
	"multiply": transform.Multiply, "displace": transform.Displace,
	"cutout": transform.CutOut, "cutter": transform.CutIn,
}

// canvasInput is the name of an image layer that is a block of one colour.
const canvasInput = "ik_canvas"

// layer makes the step that lays one picture over another.
func (in *reader) layer(b *layerBlock) (transform.Step, error) {
	if b.kind != "image" && b.kind != "text" {
		return nil, unsupported("l-" + b.kind)
	}
	at, body, err := takeKeys(b.body, positionKeys)
	if err != nil {
		return nil, err
	}
	from, body, err := takeKeys(body, words("i ie"))
	if err != nil {
		return nil, err
	}
	for _, s := range body {
		for _, t := range s {
			if timingKeys[t.key] {
				return nil, unsupported(t.String())
			}
		}
	}
	input, err := layerInput(b.kind, from)
	if err != nil {
		return nil, err
	}
	var fields bind
	s := transform.Composite{Inside: true}
	switch {
	case b.kind == "text":
		err = in.textLayer(&s.Layer, &fields, input, body)
	case input == canvasInput:
		err = in.canvasLayer(&s.Layer, &fields, body)
	default:
		err = in.imageLayer(&s.Layer, input, body)
	}
	if err == nil {
		err = place(&s, &fields, at)
	}
	if err != nil {
		return nil, err
	}
	return fields.step(s), nil
}

// takeKeys takes parameters out of a chain, the first of each key, decoded.
func takeKeys(c chain, keys map[string]bool) (params, chain, error) {
	taken := params{}
	var rest chain
	for _, s := range c {
		var left step
		for _, t := range s {
			if !keys[t.key] {
				left = append(left, t)
				continue
			}
			v, err := t.decoded()
			if err != nil {
				return nil, nil, err
			}
			if _, twice := taken[t.key]; !twice {
				taken[t.key] = v
			}
		}
		if len(left) > 0 {
			rest = append(rest, left)
		}
	}
	return taken, rest, nil
}

// layerInput is what a layer is made of: a path or a text.
func layerInput(kind string, p params) (string, error) {
	input, ok := p.get("i")
	if encoded, isEncoded := p.get("ie"); isEncoded {
		raw, err := base64.RawStdEncoding.DecodeString(strings.NewReplacer("-", "+", "_", "/", "=", "", " ", "+").Replace(encoded))
		if err != nil || !validText(string(raw)) {
			return "", invalid("ie-" + encoded)
		}
		input, ok = string(raw), true
	}
	if !ok || input == "" {
		return "", invalid("l-" + kind + " without i")
	}
	if kind == "image" {
		input = strings.TrimLeft(slashes(input), "/")
	}
	return input, nil
}

// nested is the reader of a layer's own chain.
func (in *reader) nested() reader {
	return reader{hints: in.hints, scope: layerScope, branch: in.branch, count: in.count}
}

// join takes over what the reader of a nested chain came to know.
func (in *reader) join(sub reader) {
	in.used, in.uses, in.count = in.used|sub.used, in.uses || sub.uses, sub.count
}

func (in *reader) imageLayer(l *transform.Layer, name string, body chain) error {
	ref, err := imageRef(name)
	if err != nil {
		return err
	}
	l.Ref = ref
	if !body.says("t") {
		l.Steps = append(l.Steps, transform.Trim{Tolerance: trimTolerance / 100.0})
	}
	sub := in.nested()
	sub.branch = false
	steps, err := sub.chain(body)
	in.join(sub)
	l.Steps = append(l.Steps, steps...)
	return err
}

// imageRef is the image of a path inside a value.
func imageRef(name string) (media.Ref, error) {
	if strings.HasPrefix(name, "http:/") || strings.HasPrefix(name, "https:/") {
		return media.Ref{}, unsupported("i-" + name)
	}
	if !validName(name) {
		return media.Ref{}, invalid("i-" + name)
	}
	if f, ok := media.FormatByExtension(strings.TrimPrefix(path.Ext(name), ".")); ok && f.Kind == media.KindImage {
		name = strings.TrimSuffix(name, path.Ext(name))
	}
	if !validName(name) {
		return media.Ref{}, invalid("i-" + name)
	}
	return media.Ref{Kind: media.KindImage, Access: media.Public, Name: name}, nil
}

// says reports whether a key stands anywhere in a chain.
func (c chain) says(key string) bool {
	for _, s := range c {
		for _, t := range s {
			if t.key == key {
				return true
			}
		}
	}
	return false
}

// offset is one axis of a layer's position.
type offset struct {
	given bool
	// centre: the layer's middle is meant, not its edge.
	centre bool
	// end: counted from the far edge.
	end bool
	v   value
}

func parseOffset(at params, edge, centre string) (o offset, err error) {
	key := edge
	text, ok := at.get(edge)
	if !ok {
		key = centre
		if text, ok = at.get(centre); !ok {
			return o, nil
		}
	}
	o = offset{given: true, centre: key == centre}
	rest := text
	if rest != "" && (rest[0] == 'N' || rest[0] == '-') {
		o.end, rest = true, rest[1:]
	}
	if o.v, ok = positionScope.parseValue(rest); !ok {
		return o, invalid(key + "-" + text)
	}
	return o, nil
}

// place says where a layer lies and how it is blended.
func place(s *transform.Composite, b *bind, at params) error {
	if lm, ok := at.get("lm"); ok {
		if s.Blend = blends[lm]; s.Blend == "" {
			return invalid("lm-" + lm)
		}
	}
	x, err := parseOffset(at, "lx", "lxc")
	if err != nil {
		return err
	}
	y, err := parseOffset(at, "ly", "lyc")
	if err != nil {
		return err
	}
	if s.Blend == transform.Displace {
		s.DX, s.DY = b.strength("dx", x), b.strength("dy", y)
		x, y = offset{}, offset{}
	}
	origin, hasOrigin := transform.NorthWest, false
	if v, ok := at.get("lap"); ok {
		if origin, hasOrigin = anchors[v]; !hasOrigin {
			return invalid("lap-" + v)
		}
	}
	lfo, ok := at.get("lfo")
	focus, valid := anchors[lfo]
	if ok && !valid {
		return invalid("lfo-" + lfo)
	}
	switch {
	case !x.given && !y.given:
		s.Gravity.Anchor = focus
	case hasOrigin, x.given && y.given && x.centre != y.centre, x.centre && x.end, y.centre && y.end:
		s.Origin = origin
		s.Gravity.X = fromOrigin(b, "x", x, hasOrigin)
		s.Gravity.Y = fromOrigin(b, "y", y, hasOrigin)
	case x.centre || y.centre:
		s.Gravity = transform.Gravity{Anchor: transform.AtPoint, X: middle(b, "x", x), Y: middle(b, "y", y)}
	default:
		s.Gravity = transform.Gravity{Anchor: edges(x, y)}
		if x.given {
			s.Gravity.X = b.px("x", x.v)
		}
		if y.given {
			s.Gravity.Y = b.px("y", y.v)
		}
	}
	return nil
}

// strength is how far a displacement goes, at most.
func (b *bind) strength(field string, o offset) float64 {
	if !o.given {
		return 0
	}
	v := o.v
	if o.end {
		v = calc(transform.ExprSub, constant(0), v)
	}
	if v.expr == nil {
		v.num = max(-999, min(v.num, 999))
	}
	return b.num(field, v)
}

func middle(b *bind, field string, o offset) transform.Length {
	if !o.given {
		return transform.Frac(0.5)
	}
	return b.px(field, o.v)
}

// edges is the compass point that offsets count from.
func edges(x, y offset) transform.Anchor {
	side := func(o offset) int {
		switch {
		case !o.given:
			return 1
		case o.end:
			return 2
		}
		return 0
	}
	return [3][3]transform.Anchor{
		{transform.NorthWest, transform.North, transform.NorthEast},
		{transform.West, transform.Center, transform.East},
		{transform.SouthWest, transform.South, transform.SouthEast},
	}[side(y)][side(x)]
}

// fromOrigin is how far from the origin the layer's corner lies on an axis.
// Where the origin was not chosen it is the top left corner.
func fromOrigin(b *bind, axis string, o offset, chosen bool) transform.Length {
	page, layer := fact("width"), fact("layer_width")
	if axis == "y" {
		page, layer = fact("height"), fact("layer_height")
	}
	half := calc(transform.ExprDiv, layer, constant(2))
	at := o.v
	switch {
	case !o.given && chosen:
		return transform.Length{}
	case !o.given:
		at = calc(transform.ExprSub, calc(transform.ExprDiv, page, constant(2)), half)
	case o.end && chosen:
		at = calc(transform.ExprSub, constant(0), at)
	case o.end:
		at = calc(transform.ExprSub, page, at)
		if !o.centre {
			at = calc(transform.ExprSub, at, layer)
		}
	}
	if o.given && o.centre {
		at = calc(transform.ExprSub, at, half)
	}
	return b.px(axis, at)
}
