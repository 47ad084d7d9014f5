package cloudinary

import (
	"net/url"
	"slices"
	"strings"

	"tintype/internal/media"
	"tintype/internal/transform"
)

// maxComponents bounds the length of a chain, in components and in steps.
const maxComponents = 50

// parsedChain is what a transformation text says: what to do with the
// picture, and how to hand it over.
type parsedChain struct {
	transform.Transformation
	// Attachment asks for a download; Filename is its name without
	// extension, "" for the asset's own.
	Attachment bool
	Filename   string
	// Immutable asks for a Cache-Control that says so, which it does anyway.
	Immutable bool
}

// parseChainText reads a transformation as it stands in parameters of the
// API: components between slashes, of which the last may be a bare format
// ("c_fit,w_10/jpg").
func parseChainText(text string) (parsedChain, error) {
	components := strings.FieldsFunc(strings.TrimSpace(text), func(r rune) bool { return r == '/' })
	ext := ""
	if n := len(components); n > 0 && !strings.Contains(components[n-1], "_") {
		ext, components = components[n-1], components[:n-1]
	}
	c, err := parseComponents(components)
	if err != nil || ext == "" {
		return c, err
	}
	format, ok := media.FormatByExtension(ext)
	if !ok {
		return c, invalidComponent(ext)
	}
	if c.Output.Format == "" {
		c.Output.Format = format.Name
	}
	return c, nil
}

// parseComponents reads the components of a chain, each still
// percent-encoded as in a URL. Errors are *media.Error: Invalid for what the
// grammar does not know, Unsupported for what it knows and we do not offer.
func parseComponents(components []string) (parsedChain, error) {
	var p chainParser
	if len(components) > maxComponents {
		return parsedChain{}, tooLong("components", len(components))
	}
	for _, text := range components {
		c, err := splitComponent(text)
		if err != nil {
			return parsedChain{}, err
		}
		if err := p.add(c); err != nil {
			return parsedChain{}, err
		}
		if len(p.Steps) > maxComponents {
			return parsedChain{}, tooLong("steps", len(p.Steps))
		}
	}
	p.remake()
	return p.parsedChain, nil
}

// remake adds a step that does nothing to a chain that would ask for the
// stored bytes where these have the right format already: whoever writes a transformation, and be it "f_jpg" or
// "fl_strip_profile", gets a file of our making and never the stored bytes.
// Flags that only concern the hand-over do not count, and what "f_auto"
// alone comes to is for the negotiation to say.
func (p *chainParser) remake() {
	t := p.Transformation
	if t.Output.Format == transform.Auto {
		return
	}
	t.DPR, t.Output.Format, t.Output.Frames = 0, "", transform.FramesDefault
	if p.rewrites && t.Empty() {
		p.push(transform.Rotate{})
	}
}

// component is one component taken apart: values by prefix, each decoded
// once. Of a parameter that is repeated the last counts, but flags add up.
type component struct {
	values map[string]string
	flags  []string
}

func splitComponent(text string) (component, error) {
	c := component{values: map[string]string{}}
	for _, part := range strings.Split(text, ",") {
		plain := decodeOnce(part)
		if strings.HasPrefix(plain, "$") {
			return c, unsupportedParam(plain)
		}
		prefix, value, _ := strings.Cut(plain, "_")
		known, ok := params[prefix]
		switch {
		case !ok || value == "":
			return c, invalidComponent(plain)
		case !known.built:
			return c, unsupportedParam(plain)
		case prefix == "fl":
			names := strings.Split(value, ".")
			if slices.Contains(names, "") {
				return c, invalidComponent(plain)
			}
			c.flags = append(c.flags, names...)
		default:
			c.values[prefix] = value
		}
	}
	return c, nil
}

// has reports whether any of the prefixes occurs.
func (c component) has(prefixes ...string) bool {
	for _, p := range prefixes {
		if _, ok := c.values[p]; ok {
			return true
		}
	}
	return false
}

// chainParser collects the steps of one component after another.
type chainParser struct {
	parsedChain
	// rewrites: something was written that concerns the picture.
	rewrites bool
}

// add appends a component's steps in the order in which a component is
// carried out, whatever the order in its text: size, effect, corners and
// border, opacity, background, rotation. What configures the encoder counts
// for the whole chain, the last one wins.
func (p *chainParser) add(c component) error {
	if name, ok := c.values["t"]; ok {
		return unknownNamed(name)
	}
	if name, ok := c.values["bl"]; ok {
		return unknownNamed(name)
	}
	p.rewrites = p.rewrites || len(c.values) > 0
	q, err := p.qualifiers(c)
	if err != nil {
		return err
	}
	stages := []func(component, qualifiers) error{p.output, p.resize, p.effect, p.corners, p.opacity, p.background, p.rotate}
	for _, stage := range stages {
		if err := stage(c, q); err != nil {
			return err
		}
	}
	return nil
}

func (p *chainParser) push(s transform.Step) { p.Steps = append(p.Steps, s) }

// qualifiers are the parts of a component that say how its actions act.
type qualifiers struct {
	background *transform.Color
	freeRatio  bool
	angles     []string
	// padded: the background was used up as padding.
	padded bool
}

func (p *chainParser) qualifiers(c component) (qualifiers, error) {
	var q qualifiers
	if v, ok := c.values["b"]; ok {
		color, err := parseColor("b", v)
		if err != nil {
			return q, err
		}
		q.background = &color
	}
	if v, ok := c.values["co"]; ok {
		if _, err := parseColor("co", v); err != nil {
			return q, err
		}
	}
	for _, flag := range c.flags {
		if err := p.flag(flag, &q); err != nil {
			return q, err
		}
	}
	if v, ok := c.values["a"]; ok {
		q.angles = strings.Split(v, ".")
	}
	switch c.values["c"] {
	case "pad", "lpad", "mpad":
		q.padded = c.has("w", "h", "ar")
	}
	return q, nil
}

func (p *chainParser) flag(text string, q *qualifiers) error {
	name, arg, hasArg := strings.Cut(text, ":")
	kind := flags[name]
	if hasArg && kind != flagProgressive && kind != flagAttachment && kind != flagUnbuilt {
		return invalidParam("fl", text)
	}
	switch kind {
	case flagUnbuilt:
		return unsupportedParam("fl_" + text)
	case flagGiven:
	case flagProgressive:
		switch arg {
		case "", "semi", "steep":
			p.Output.Progressive = true
		case "none":
			p.Output.Progressive = false
		default:
			return invalidParam("fl", text)
		}
	case flagFrames:
		p.Output.Frames = transform.FramesAll
	case flagAttachment:
		filename, err := attachmentName(arg)
		if err != nil {
			return err
		}
		p.Attachment, p.Filename = true, filename
		return nil
	case flagImmutable:
		p.Immutable = true
		return nil
	case flagFreeRatio:
		q.freeRatio = true
	default:
		return invalidParam("fl", text)
	}
	p.rewrites = true
	return nil
}

// attachmentName decodes the name of a download a second time: a dot would
// end the flag otherwise.
func attachmentName(text string) (string, error) {
	name := decodeOnce(text)
	if !printable(name) || strings.ContainsAny(name, `/\"`) || len(name) > 255 {
		return "", invalidParam("fl", "attachment:"+text)
	}
	return name, nil
}

func (p *chainParser) corners(c component, _ qualifiers) error {
	var radii [4]transform.Length
	var ellipse bool
	if v, ok := c.values["r"]; ok {
		var err error
		if radii, ellipse, err = parseRadius(v); err != nil {
			return err
		}
	}
	if v, ok := c.values["bo"]; ok {
		width, color, err := parseBorder(v)
		if err != nil {
			return err
		}
		if width > 0 {
			p.push(transform.Border{Width: transform.Px(width), Color: color, Radii: radii, Ellipse: ellipse})
			return nil
		}
	}
	if ellipse || radii != ([4]transform.Length{}) {
		p.push(transform.Round{Radii: radii, Ellipse: ellipse})
	}
	return nil
}

func (p *chainParser) opacity(c component, _ qualifiers) error {
	v, ok := c.values["o"]
	if !ok {
		return nil
	}
	n, err := parseInt("o", v)
	if err != nil {
		return err
	}
	if n < 0 || n > 100 {
		return invalidParam("o", v)
	}
	if n < 100 {
		p.push(transform.Opacity{Factor: float64(n) / 100})
	}
	return nil
}

// background lays the picture over the component's colour. The padding and
// the corners of a rotation have it already; where the component also makes
// the picture translucent, the colour shows there too.
func (p *chainParser) background(c component, q qualifiers) error {
	if q.background == nil || q.background.A == 0 {
		return nil
	}
	if (q.padded || oblique(q.angles)) && !c.has("r", "o") {
		return nil
	}
	p.push(transform.Flatten{Color: *q.background})
	return nil
}

func oblique(angles []string) bool {
	for _, a := range angles {
		if n, err := parseInt("a", a); err == nil && n%90 != 0 {
			return true
		}
	}
	return false
}

func (p *chainParser) rotate(_ component, q qualifiers) error {
	for _, angle := range q.angles {
		switch angle {
		case "exif":
		case "ignore":
			p.Input.IgnoreOrientation = true
		case "hflip":
			p.push(transform.Flip{})
		case "vflip":
			p.push(transform.Flip{Vertical: true})
		case "auto_left", "auto_right":
			return unsupportedParam("a_" + angle)
		default:
			n, err := parseInt("a", angle)
			if err != nil {
				return err
			}
			turn := transform.Rotate{Degrees: float64(((n % 360) + 360) % 360)}
			if n%90 != 0 {
				turn.Background = q.background
			}
			if turn.Degrees != 0 {
				p.push(turn)
			}
		}
	}
	return nil
}

// decodeOnce undoes one level of percent-encoding; text that is not properly
// encoded stays as it is.
func decodeOnce(s string) string {
	if plain, err := url.PathUnescape(s); err == nil {
		return plain
	}
	return s
}

func invalidComponent(text string) error {
	return media.Errorf(media.Invalid, "Invalid transformation component - %s", quotable(text))
}

func invalidParam(prefix, value string) error {
	return media.Errorf(media.Invalid, "Invalid %s in transformation: %s", params[prefix].name, quotable(value))
}

func unsupportedParam(text string) error {
	return media.Errorf(media.Unsupported, "Unsupported parameter in transformation: %s", quotable(text))
}

// unknownNamed refuses named transformations: none can be stored yet, so
// every name is unknown.
func unknownNamed(names string) error {
	name, _, _ := strings.Cut(names, ".")
	return media.Errorf(media.Invalid, "Unknown transformation %s", quotable(name))
}

func tooLong(what string, n int) error {
	return &media.Error{
		Code:    media.Invalid,
		Message: "Too many transformation " + what,
		Err:     &media.LimitError{What: what, Max: maxComponents, Got: int64(n)},
	}
}
