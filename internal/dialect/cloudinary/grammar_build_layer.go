package cloudinary

import (
	"encoding/base64"
	"reflect"
	"slices"
	"strings"

	"tintype/internal/media"
	"tintype/internal/transform"
)

// layerText writes a layer that is a picture: what opens it, the steps that
// are done to it, and what puts it down. What it wrote is read again, and
// refused where that is not the same step.
func layerText(s transform.Composite) (string, error) {
	open, ok := layerOpening(s)
	if !ok {
		return "", unsayable(s)
	}
	components := []string{open}
	for _, step := range s.Layer.Steps {
		text, err := stepComponent(step)
		if err != nil {
			return "", err
		}
		if text != "" {
			components = append(components, text)
		}
	}
	relative := map[transform.Relative]string{transform.OfBase: "fl_relative", transform.OfFound: "fl_region_relative"}[s.Layer.Relative]
	for i, text := range components {
		switch {
		case relative == "":
		case i > 0 && strings.Contains(text, ",fl_"):
			components[i] = strings.Replace(text, ",fl_", ","+relative+".", 1)
		case i > 0 && !strings.Contains(text, "/"):
			components[i] = text + "," + relative
		}
	}
	flags := []string{"fl_layer_apply"}
	for _, f := range []struct {
		given bool
		name  string
	}{{s.NoOverflow, "no_overflow"}, {s.Tile, "tiled"}, {s.Blend == transform.CutIn, "cutter"}, {s.Strict, "text_disallow_overflow"}} {
		if f.given {
			flags = append(flags, f.name)
		}
	}
	apply := []string{strings.Join(flags, ".")}
	for name, blend := range blends {
		if blend == s.Blend {
			apply = append(apply, "e_"+name)
		}
	}
	placing, err := placingTexts(s)
	if err != nil {
		return "", err
	}
	apply = append(apply, placing...)
	slices.Sort(apply)
	text := strings.Join(append(components, strings.Join(apply, ",")), "/")
	c, err := parseComponents(strings.Split(text, "/"), hints{})
	if err != nil || len(c.Steps) != 1 || !reflect.DeepEqual(c.Steps[0], transform.Step(s)) {
		return "", unsayable(s)
	}
	return text, nil
}

// layerOpening is the l_ or u_ of a layer.
func layerOpening(s transform.Composite) (string, bool) {
	prefix := "l_"
	if s.Blend == transform.Under {
		prefix = "u_"
	}
	r := s.Layer.Ref
	switch {
	case r.URL != "":
		return prefix + "fetch:" + base64.RawURLEncoding.EncodeToString([]byte(r.URL)), true
	case r.Name == "" || r.Kind != media.KindImage:
		return "", false
	case r.Access != media.Public:
		prefix += deliveryType(r.Access) + ":"
	}
	return prefix + strings.ReplaceAll(escapeID(r.Name), "/", ":"), true
}

// placingTexts are the gravity and the offsets of a layer.
func placingTexts(s transform.Composite) ([]string, error) {
	var texts []string
	if s.Gravity.Anchor != "" {
		text, err := gravityText(s.Gravity)
		if err != nil {
			return nil, err
		}
		texts = append(texts, "g_"+text)
	}
	x, y := s.Gravity.X, s.Gravity.Y
	if s.Blend == transform.Displace {
		x, y = transform.Px(s.DX), transform.Px(s.DY)
	}
	for _, axis := range []struct {
		prefix string
		length transform.Length
	}{{"x_", x}, {"y_", y}} {
		if !axis.length.Given() {
			continue
		}
		text, err := lengthText(axis.length)
		if err != nil {
			return nil, err
		}
		texts = append(texts, axis.prefix+text)
	}
	return texts, nil
}
