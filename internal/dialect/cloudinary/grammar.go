package cloudinary

import (
	"net/url"
	"slices"
	"strings"

	"tintype/internal/delivery"
	"tintype/internal/dialect"
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
	// Default is the public id of what stands in for a missing picture.
	Default string
	// Immutable asks for a Cache-Control that says so, which it does anyway.
	Immutable bool
	// Hints are those that the chain depends on.
	Hints delivery.Hints
	// ContentDPR is what dpr_auto came to; 0 where it did not come.
	ContentDPR float64
	// breakpoints are the widths to tell in place of the file, the greatest
	// first; nil tells none.
	breakpoints []int
	// autoGravity and faceGravity: some crop holds on to such a thing.
	autoGravity, faceGravity bool
	// Restricted: a layer is not public, so that the whole needs a signature.
	Restricted bool
}

// parseChainText reads a transformation as it stands in parameters of the
// API: components between slashes, of which the last may be a bare format
// ("c_fit,w_10/jpg").
func parseChainText(text string) (parsedChain, error) {
	components := strings.FieldsFunc(strings.TrimSpace(text), func(r rune) bool { return r == '/' })
	ext := ""
	if n := len(components); n > 0 && !strings.ContainsAny(components[n-1], "_$") {
		ext, components = components[n-1], components[:n-1]
	}
	c, err := parseComponents(components, hints{})
	if err != nil || ext == "" {
		return c, err
	}
	format, ok := media.FormatByExtension(ext)
	if !ok {
		return c, invalidComponent(ext)
	}
	if format.Kind != media.KindImage {
		return c, media.Errorf(media.Unsupported, "Unsupported extension in transformation: %s", ext)
	}
	if c.Output.Format == "" {
		c.Output.Format = format.Name
	}
	c.lossless()
	return c, nil
}

// parseComponents reads the components of a chain, each still
// percent-encoded as in a URL. Errors are *media.Error: Invalid for what the
// grammar does not know, Unsupported for what it knows and we do not offer.
func parseComponents(texts []string, h hints) (parsedChain, error) {
	if len(texts) > maxComponents {
		return parsedChain{}, tooLong("components", len(texts))
	}
	components := make([]component, len(texts))
	for i, text := range texts {
		var err error
		if components[i], err = splitComponent(text); err != nil {
			return parsedChain{}, err
		}
	}
	roles, err := findRoles(components)
	if err != nil {
		return parsedChain{}, err
	}
	p := chainParser{hints: h, vars: map[string]variable{}, frames: []*frame{{}}}
	for _, c := range components {
		// Some widths depend on it, wherever it stands.
		if v, ok := c.values["dpr"]; ok && !strings.Contains(v, "$") {
			if err := p.ratioOfPixels(v); err != nil {
				return parsedChain{}, err
			}
		}
	}
	for i, c := range components {
		if err := p.add(c, roles[i], i == 0); err != nil {
			return parsedChain{}, err
		}
		if p.made > maxComponents {
			return parsedChain{}, tooLong("steps", p.made)
		}
	}
	if err := p.finish(); err != nil {
		return parsedChain{}, err
	}
	return p.parsedChain, nil
}

// finish closes what is still open and settles what the whole chain says.
func (p *chainParser) finish() error {
	for len(p.frames) > 1 {
		if err := p.closeBranch(); err != nil {
			return err
		}
	}
	p.Steps = p.frames[0].steps
	p.automatic()
	p.lossless()
	p.remake()
	return nil
}

// automatic settles what goes with automatic quality: all metadata go and
// files are progressive.
func (p *chainParser) automatic() {
	o := &p.Output
	if o.Level == "" {
		return
	}
	o.Metadata, o.Density = "", 0
	o.Progressive = o.Progressive || !p.baseline
	if p.anyFormat && !o.Lossy {
		o.Lossy = true
		if o.Depth == "" {
			o.Depth = transform.DepthPalette // another kind of PNG, not another format
		}
	}
}

// lossless is what the highest quality of a WebP is.
func (c *parsedChain) lossless() {
	if c.Output.Format == "webp" && c.Output.Quality == 100 && c.Output.Level == "" {
		c.Output.Lossless = true
	}
}

// remake adds a step that does nothing to a chain that would ask for the
// stored bytes where these have the right format already: whoever writes a
// transformation, and be it "f_jpg" or "fl_progressive:none", gets a file of
// our making and never the stored bytes. Flags that only concern the
// hand-over do not count, and what "f_auto" alone comes to is for the
// negotiation to say.
func (p *chainParser) remake() {
	t := p.Transformation
	if t.Output.Format == transform.Auto {
		return
	}
	t.DPR, t.Output.Format, t.Output.Frames, t.Output.Info = 0, "", transform.FramesDefault, false
	if p.rewrites && t.Empty() {
		p.Steps = append(p.Steps, transform.Rotate{})
	}
}

// component is one component taken apart: values by prefix, each decoded
// once, and as they came. Of a parameter that is repeated the last counts,
// but flags and assignments add up.
type component struct {
	values, raw map[string]string
	flags       []string
	lets        []string
}

func splitComponent(text string) (component, error) {
	c := component{values: map[string]string{}, raw: map[string]string{}}
	for _, part := range strings.Split(text, ",") {
		plain := decodeOnce(part)
		if strings.HasPrefix(plain, "$") {
			c.lets = append(c.lets, plain)
			continue
		}
		prefix, value, _ := strings.Cut(plain, "_")
		_, raw, _ := strings.Cut(part, "_")
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
			c.values[prefix], c.raw[prefix] = value, raw
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

// empty reports that a component says nothing but assignments.
func (c component) empty() bool { return len(c.values) == 0 && len(c.flags) == 0 }

// without is the component less some of its parameters.
func (c component) without(prefixes ...string) component {
	kept := component{values: map[string]string{}, raw: c.raw, flags: c.flags}
	for k, v := range c.values {
		if !slices.Contains(prefixes, k) {
			kept.values[k] = v
		}
	}
	return kept
}

// chainParser collects the steps of one component after another.
type chainParser struct {
	parsedChain
	hints hints
	// frames are the chain, and the branches and layers that are open in it.
	frames []*frame
	vars   map[string]variable
	// named: a named transformation came, which may have set variables.
	named bool
	// rewrites: something was written that concerns the picture.
	rewrites, anyFormat bool
	// baseline: progressive files were refused.
	baseline bool
	made     int
}

func (p *chainParser) push(s transform.Step) {
	p.made++
	f := p.top()
	f.steps = append(f.steps, s)
}

// pixels appends a component's steps in the order in which a component is
// carried out, whatever the order in its text: page, size, effect, corners
// and border, opacity, background, rotation. What configures the encoder
// counts for the whole chain, the last one wins.
func (p *chainParser) pixels(c component, q *qualifiers) error {
	stages := []func(component, *qualifiers) error{
		p.output, p.page, p.turnFirst, p.resize, p.effect, p.corners, p.opacity, p.background, p.rotate,
	}
	for _, stage := range stages {
		if err := stage(c, q); err != nil {
			return err
		}
	}
	return nil
}

// qualifiers are the parts of a component that say how its actions act.
type qualifiers struct {
	background *transform.Color
	backdrop   *transform.Backdrop
	color      *transform.Color
	flags      map[string]bool
	freeRatio  bool
	angles     []string
	// padded: the background was used up as padding.
	padded bool
}

func (p *chainParser) qualifiers(c component) (*qualifiers, error) {
	q := &qualifiers{flags: map[string]bool{}}
	if v, ok := c.values["b"]; ok {
		if err := p.behind(v, q); err != nil {
			return q, err
		}
	}
	if v, ok := c.values["co"]; ok {
		color, err := p.color("co", v)
		if err != nil {
			return q, err
		}
		q.color = &color
	}
	for _, flag := range c.flags {
		if err := p.flag(flag, q); err != nil {
			return q, err
		}
	}
	if v, ok := c.values["a"]; ok {
		q.angles = strings.Split(v, ".")
	}
	switch c.values["c"] {
	case "pad", "lpad", "mpad", "fill_pad", "auto_pad":
		q.padded = c.has("w", "h", "ar")
	}
	if q.backdrop != nil && !q.padded {
		return q, media.Errorf(media.Invalid, "Use automatic background only with padding: %s", dialect.Quotable("b_"+c.values["b"]))
	}
	return q, nil
}

func (p *chainParser) corners(c component, _ *qualifiers) error {
	var radii [4]transform.Length
	var values bindings
	var ellipse bool
	if v, ok := c.values["r"]; ok {
		var err error
		if radii, ellipse, err = p.radius(v, &values); err != nil {
			return err
		}
	}
	if v, ok := c.values["bo"]; ok {
		width, color, err := p.border(v)
		if err != nil {
			return err
		}
		if width.expr != nil || width.value > 0 {
			s := transform.Border{Color: color, Radii: radii, Ellipse: ellipse}
			s.Width = values.length("width", width)
			p.push(values.on(s))
			return nil
		}
	}
	if ellipse || radii != ([4]transform.Length{}) || len(values) > 0 {
		p.push(values.on(transform.Round{Radii: radii, Ellipse: ellipse}))
	}
	return nil
}

func (p *chainParser) opacity(c component, _ *qualifiers) error {
	v, ok := c.values["o"]
	if !ok {
		return nil
	}
	n, err := p.number("o", v)
	if err != nil {
		return err
	}
	var values bindings
	if n.expr == nil && (n.value != float64(int(n.value)) || n.value < 0 || n.value > 100) {
		return invalidParam("o", v)
	}
	factor := values.number("factor", n.clamp(0, 100).over(100))
	if factor < 1 || len(values) > 0 {
		p.push(values.on(transform.Opacity{Factor: factor}))
	}
	return nil
}

// background lays the picture over the component's colour. The padding and
// the corners of a rotation have it already; where the component also makes
// the picture translucent, the colour shows there too.
func (p *chainParser) background(c component, q *qualifiers) error {
	if q.background == nil || q.background.A == 0 {
		return nil
	}
	if (q.padded || oblique(q.angles)) && !c.has("r", "o") {
		return nil
	}
	p.push(transform.Flatten{Color: *q.background})
	return nil
}

// oblique reports that some angle is, or may be, no multiple of 90.
func oblique(angles []string) bool {
	for _, a := range angles {
		if words("exif ignore hflip vflip auto_left auto_right")[a] {
			continue
		}
		if n, err := parseInt("a", a); err != nil || n%90 != 0 {
			return true
		}
	}
	return false
}

func (p *chainParser) rotate(_ component, q *qualifiers) error {
	for _, angle := range q.angles {
		switch angle {
		case "exif", "auto_left", "auto_right":
		case "ignore":
			if p.inLayer() {
				return unsupportedParam("a_ignore in a layer")
			}
			p.Input.IgnoreOrientation = true
		case "hflip":
			p.push(transform.Flip{})
		case "vflip":
			p.push(transform.Flip{Vertical: true})
		default:
			if err := p.turn(angle, q); err != nil {
				return err
			}
		}
	}
	return nil
}

// turn rotates by an angle.
func (p *chainParser) turn(angle string, q *qualifiers) error {
	n, err := p.number("a", angle)
	if err != nil {
		return err
	}
	if n.expr != nil {
		var values bindings
		values.number("degrees", n)
		p.push(values.on(transform.Rotate{Background: q.background}))
		return nil
	}
	if n.value != float64(int(n.value)) {
		return invalidParam("a", angle)
	}
	degrees := int(n.value)
	turn := transform.Rotate{Degrees: float64(((degrees % 360) + 360) % 360)}
	if degrees%90 != 0 {
		turn.Background = q.background
	}
	if turn.Degrees != 0 {
		p.push(turn)
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

// decodeLoosely undoes one level of percent-encoding, and leaves alone each
// percent sign that two hexadecimal digits do not follow.
func decodeLoosely(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && hexColor.MatchString(s[i+1:i+3]) {
			b.WriteString(decodeOnce(s[i : i+3]))
			i += 2
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func invalidComponent(text string) error {
	return media.Errorf(media.Invalid, "Invalid transformation component - %s", dialect.Quotable(text))
}

func invalidParam(prefix, value string) error {
	return media.Errorf(media.Invalid, "Invalid %s in transformation: %s", params[prefix].name, dialect.Quotable(value))
}

func unsupportedParam(text string) error {
	return media.Errorf(media.Unsupported, "Unsupported parameter in transformation: %s", dialect.Quotable(text))
}

func tooLong(what string, n int) error {
	return &media.Error{
		Code:    media.Invalid,
		Message: "Too many transformation " + what,
		Err:     &media.LimitError{What: what, Max: maxComponents, Got: int64(n)},
	}
}
