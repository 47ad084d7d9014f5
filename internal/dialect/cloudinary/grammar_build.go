package cloudinary

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"tintype/internal/media"
	"tintype/internal/transform"
)

// buildChain writes a transformation as components, one for each step and
// one for the encoder, each with its parameters in the order of their names.
// It is the inverse of parseComponents; what the grammar cannot say is
// Unsupported.
func buildChain(t transform.Transformation) (string, error) {
	var components []string
	if t.Input.IgnoreOrientation {
		components = append(components, "a_ignore")
	}
	for _, s := range t.Steps {
		text, err := stepComponent(s)
		if err != nil {
			return "", err
		}
		if text != "" {
			components = append(components, text)
		}
	}
	out, err := outputComponent(t)
	if err != nil {
		return "", err
	}
	if out != "" {
		components = append(components, out)
	}
	if len(components) == 0 && len(t.Steps) > 0 {
		return identity, nil
	}
	return strings.Join(components, "/"), nil
}

// identity is a component that changes nothing but asks for a new file.
const identity = "a_0"

// stepComponent writes one step, or "" for one that does nothing.
func stepComponent(s transform.Step) (string, error) {
	switch s := s.(type) {
	case transform.Resize:
		return resizeComponent(s)
	case transform.Extract:
		return extractComponent(s)
	case transform.Extend:
		return boxComponent("mpad", s.Box, placing(s.Gravity), s.Background, s.Backdrop)
	case transform.Rotate:
		return rotateComponent(s)
	case transform.Flip:
		if s.Vertical {
			return "a_vflip", nil
		}
		return "a_hflip", nil
	case transform.Round:
		return radiusText(s.Radii, s.Ellipse)
	case transform.Border:
		return borderComponent(s)
	case transform.Opacity:
		n := math.Round(s.Factor * 100)
		if float64(n)/100 != s.Factor {
			return "", unsayable(s)
		}
		return "o_" + numberText(n), nil
	case transform.Composite:
		return layerText(s)
	case transform.Flatten:
		return "b_" + colorText(s.Color), nil
	}
	return effectText(s)
}

func resizeComponent(s transform.Resize) (string, error) {
	switch s.Fit {
	case transform.Cover:
		s.Background, s.Backdrop = nil, nil
	case transform.Closeup:
		if s.Limit != transform.AnySize {
			return "", unsayable(s)
		}
		return boxComponent("thumb", s.Box, s.Gravity, nil, nil, zoomText(s.Zoom)...)
	case transform.Contain:
		s.Gravity = placing(s.Gravity)
	default:
		s.Gravity, s.Background, s.Backdrop = transform.Gravity{}, nil, nil
	}
	for _, mode := range []string{"scale", "fit", "limit", "mfit", "fill", "lfill", "pad", "lpad"} {
		if f := fits[mode]; f.fit == s.Fit && f.limit == s.Limit {
			return boxComponent(mode, s.Box, s.Gravity, s.Background, s.Backdrop)
		}
	}
	return "", unsayable(s)
}

func extractComponent(s transform.Extract) (string, error) {
	if s.Pad || s.Strict {
		return "", unsayable(s)
	}
	more := zoomText(s.Zoom)
	if s.OfFound {
		more = append(more, "fl_region_relative")
		if s.FreeRatio {
			return "", unsayable(s)
		}
	}
	return boxComponent("crop", s.Box, s.Gravity, nil, nil, more...)
}

func zoomText(zoom float64) []string {
	if zoom == 0 || zoom == 1 {
		return nil
	}
	return []string{"z_" + numberText(zoom)}
}

// placing is the gravity of a picture that is put down whole: there is
// nothing in it to look for.
func placing(g transform.Gravity) transform.Gravity {
	if g.Anchor == transform.Attention {
		g.Anchor = ""
	}
	return g
}

func boxComponent(mode string, box transform.Box, g transform.Gravity, background *transform.Color, backdrop *transform.Backdrop, more ...string) (string, error) {
	parts := append([]string{"c_" + mode}, more...)
	if backdrop != nil {
		text, err := backdropText(*backdrop)
		if err != nil {
			return "", err
		}
		parts, background = append(parts, text), nil
	}
	if box.Ratio != 0 {
		parts = append(parts, "ar_"+numberText(box.Ratio))
	}
	if background != nil {
		parts = append(parts, "b_"+colorText(*background))
	}
	if box.FreeRatio {
		parts = append(parts, "fl_ignore_aspect_ratio")
	}
	if g.Anchor != "" {
		text, err := gravityText(g)
		if err != nil {
			return "", err
		}
		parts = append(parts, "g_"+text)
	}
	for _, l := range []struct {
		prefix string
		length transform.Length
	}{{"h", box.Height}, {"w", box.Width}, {"x", g.X}, {"y", g.Y}} {
		if !l.length.Given() {
			continue
		}
		text, err := lengthText(l.length)
		if err != nil {
			return "", err
		}
		parts = append(parts, l.prefix+"_"+text)
	}
	slices.Sort(parts)
	return strings.Join(parts, ","), nil
}

// gravityText is what follows "g_".
func gravityText(g transform.Gravity) (string, error) {
	if g.Anchor == transform.Region && (g.Fallback == "" || g.Fallback == transform.Center) && !strings.ContainsAny(g.Name, "!/,%") {
		return "region_!" + strings.ReplaceAll(escapeID(g.Name), "!", "") + "!", nil
	}
	var found []string
	for text, anchor := range compass {
		if anchor == g.Anchor {
			return text, nil
		}
	}
	for text, l := range lookups {
		if l.Anchor == g.Anchor && (l.Fallback == g.Fallback || l.Fallback == transform.Center && g.Fallback == "") {
			found = append(found, text)
		}
	}
	if len(found) == 0 {
		return "", media.Errorf(media.Unsupported, "Gravity cannot be said in this dialect: %s", g.Anchor)
	}
	// The shortest, but "auto:face" does not go with every mode.
	return slices.MinFunc(found, func(a, b string) int {
		return cmp.Or(strings.Index(a, "auto:")-strings.Index(b, "auto:"), len(a)-len(b), strings.Compare(a, b))
	}), nil
}

func rotateComponent(s transform.Rotate) (string, error) {
	if s.Degrees != math.Trunc(s.Degrees) || math.Abs(s.Degrees) > 999_999_999 {
		return "", unsayable(s)
	}
	if s.Degrees == 0 {
		return "", nil
	}
	text := "a_" + numberText(s.Degrees)
	if s.Background != nil {
		text += ",b_" + colorText(*s.Background)
	}
	return text, nil
}

func borderComponent(s transform.Border) (string, error) {
	if s.Width.Unit != transform.Pixel || s.Width.Value != math.Trunc(s.Width.Value) || s.Width.Value < 1 || s.Width.Value > 999_999 {
		return "", unsayable(s)
	}
	text := fmt.Sprintf("bo_%dpx_solid_%s", int(s.Width.Value), colorText(s.Color))
	if !s.Ellipse && s.Radii == ([4]transform.Length{}) {
		return text, nil
	}
	radius, err := radiusText(s.Radii, s.Ellipse)
	return text + "," + radius, err
}

func radiusText(radii [4]transform.Length, ellipse bool) (string, error) {
	if ellipse {
		return "r_max", nil
	}
	texts := make([]string, len(radii))
	for i, l := range radii {
		if l.Unit == transform.Fraction {
			return "", unsayable(transform.Round{Radii: radii})
		}
		texts[i] = numberText(l.Value)
	}
	if len(slices.Compact(slices.Clone(texts))) == 1 {
		texts = texts[:1]
	}
	return "r_" + strings.Join(texts, ":"), nil
}

// spaces are the words for what becomes of colour.
var spaces = map[transform.Space]string{
	transform.SpaceSRGB: "srgb", transform.SpaceTagged: "tinysrgb", transform.SpaceCMYK: "cmyk",
	transform.SpaceNoCMYK: "no_cmyk", transform.SpaceKeep: "keep_cmyk",
}

// outputComponent writes the encoder's settings. It reads what it wrote again,
// and refuses where that is less than what there was to say.
func outputComponent(t transform.Transformation) (string, error) {
	var parts []string
	say := func(given bool, part string) {
		if given {
			parts = append(parts, part)
		}
	}
	o := t.Output
	say(o.Delay != 0, "dl_"+strconv.Itoa(o.Delay))
	say(o.Density != 0, "dn_"+strconv.Itoa(o.Density))
	say(t.DPR != 0 && t.DPR != 1, "dpr_"+decimalForm(t.DPR))
	say(o.Loop == -1, "e_loop")
	say(o.Loop > 0, "e_loop:"+strconv.Itoa(o.Loop-1))
	say(o.Format == transform.Auto, "f_auto")
	say(o.Format != "" && o.Format != transform.Auto, "f_"+media.Extension(o.Format))
	say(o.Space != "", "cs_"+spaces[o.Space])
	var names []string
	for name, f := range flags {
		with := o
		if f.output != nil && name != "awebp" && name != "force_strip" && name != "strip_profile" {
			if f.output(&with); with == o {
				names = append(names, name)
			}
		}
	}
	if o.Info {
		names = append(names, "getinfo")
	}
	if o.Progressive {
		names = append(names, "progressive")
	}
	slices.Sort(names)
	say(len(names) > 0, "fl_"+strings.Join(names, "."))
	quality := "q_" + strconv.Itoa(o.Quality)
	if o.Chroma != "" {
		quality += ":" + string(o.Chroma)
	}
	say(o.Quality != 0, quality)
	say(o.Level != "", "q_auto:"+string(o.Level))
	slices.Sort(parts)
	text := strings.Join(parts, ",")
	if text == "" && o == (transform.Output{}) {
		return "", nil
	}
	c, err := parseComponents([]string{text}, hints{})
	if err != nil || c.Output != o || c.Input.Density != t.Input.Density {
		return "", media.Errorf(media.Unsupported, "Output cannot be said in this dialect: %s",
			transform.Transformation{Output: o})
	}
	return text, nil
}

func lengthText(l transform.Length) (string, error) {
	if l.Unit == transform.Fraction {
		return decimalForm(l.Value), nil
	}
	if l.Value != math.Trunc(l.Value) || math.Abs(l.Value) > 999_999_999 {
		return "", media.Errorf(media.Unsupported, "Length cannot be said in this dialect: %s", numberText(l.Value))
	}
	return numberText(l.Value), nil
}

func colorText(c transform.Color) string {
	switch {
	case c == transform.Transparent:
		return "transparent"
	case c.A == 255:
		return fmt.Sprintf("rgb:%02x%02x%02x", c.R, c.G, c.B)
	}
	return fmt.Sprintf("rgb:%02x%02x%02x%02x", c.R, c.G, c.B, c.A)
}

// numberText writes the fewest digits that read back as f.
func numberText(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// decimalForm is numberText with a decimal point in any case.
func decimalForm(f float64) string {
	s := numberText(f)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

func stepText(s transform.Step) string {
	return transform.Transformation{Steps: []transform.Step{s}}.String()
}

func unsayable(s transform.Step) error {
	return media.Errorf(media.Unsupported, "Step cannot be said in this dialect: %s", stepText(s))
}
