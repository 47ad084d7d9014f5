package imagekit

import (
	"strings"

	"tintype/internal/delivery"
	"tintype/internal/transform"
)

// maxSteps bounds what a chain comes to, with all that is nested in it.
const maxSteps = 200

// hints are what a client says about its screen.
type hints = delivery.Client

// reading is what a transformation says: what to do with the picture, and
// how to hand it over.
type reading struct {
	transform.Transformation
	// Matte lies under what is transparent where the format has no alpha.
	Matte transform.Color
	// Hints are those that it means something by.
	Hints delivery.Hints
	// ContentDPR is the pixel ratio that dpr-auto came to; 0 where there is
	// no dpr-auto, or where the client states no ratio.
	ContentDPR float64
	// Default is the path of what to show where the file is missing, or "".
	Default string
	// Original asks for the stored bytes, whatever else is said.
	Original bool
	// Named: nothing is said but names of transformations.
	Named bool
}

// readChain reads a transformation. Errors are *media.Error: Invalid for what
// the grammar does not allow, Unsupported for what it knows and we do not offer.
func readChain(c chain, h hints) (reading, error) {
	if c.original() {
		return reading{Original: true}, nil
	}
	in := reader{hints: h, scope: pictureScope, out: &settings{matte: transform.Black}}
	steps, err := in.chain(c)
	if err != nil {
		return reading{}, err
	}
	r := reading{
		Transformation: transform.Transformation{Steps: steps, Output: in.out.Output},
		Matte:          in.out.matte, Hints: in.used, ContentDPR: in.contentDPR, Default: in.out.fallback, Named: c.named(),
	}
	// What a name stands for fills what is left open here.
	if !in.uses {
		r.Output = in.out.complete()
	}
	if len(c) > 0 && len(steps) == 0 && r.Output.Format != transform.Auto {
		// Whoever writes a transformation gets a file of our making.
		r.Steps = []transform.Step{transform.Rotate{}}
	}
	return r, r.Validate()
}

// original reports that the stored bytes are asked for.
func (c chain) original() bool {
	for _, s := range c {
		for _, t := range s {
			if t.key == "orig" && t.value == "true" {
				return true
			}
		}
	}
	return false
}

// named reports that a chain is names of transformations only.
func (c chain) named() bool {
	for _, s := range c {
		for _, t := range s {
			if t.key != "n" {
				return false
			}
		}
	}
	return len(c) > 0
}

// reader turns tokens into steps.
type reader struct {
	hints hints
	scope scope
	// out is nil where settings of the output do not count: in a layer.
	out *settings
	// branch: the chain is that of a condition.
	branch      bool
	used        delivery.Hints
	hintedWidth float64 // that a hint came to; 0 is none
	contentDPR  float64
	uses        bool // a Use is among the steps
	count       int
}

// params are the plain parameters of one step, decoded; the first of a key counts.
type params map[string]string

func (p params) get(key string) (string, bool) {
	v, ok := p[key]
	return v, ok
}

func (p params) has(key string) bool {
	_, ok := p[key]
	return ok
}

func (in *reader) chain(c chain) ([]transform.Step, error) {
	var steps []transform.Step
	for _, s := range c {
		next, err := in.step(s)
		if err != nil {
			return nil, err
		}
		if in.count += len(next); in.count > maxSteps {
			return nil, tooMany("steps", maxSteps, in.count)
		}
		steps = append(steps, next...)
	}
	return steps, nil
}

// step reads one step. Within it things are done in a fixed order, whatever
// the order they are written in.
func (in *reader) step(s step) ([]transform.Step, error) {
	for _, t := range s {
		if t.cond != nil {
			if len(s) > 1 {
				return nil, invalid("if-" + t.cond.cond + " must stand alone in its step")
			}
			return in.condition(t.cond)
		}
	}
	p, names, err := in.params(s)
	if err != nil {
		return nil, err
	}
	steps, err := in.use(names)
	if err != nil {
		return nil, err
	}
	own, err := in.picture(p, s)
	if err != nil {
		return nil, err
	}
	if in.out != nil {
		err = in.output(p)
	}
	return append(steps, own...), err
}

// picture makes the steps that change pixels.
func (in *reader) picture(p params, s step) ([]transform.Step, error) {
	var background backgroundValue
	var err error
	if v, ok := p.get("bg"); ok {
		if background, err = parseBackground(v); err != nil {
			return nil, err
		}
		cm := p["cm"]
		background.pad = strings.HasPrefix(cm, "pad_")
		background.blurOK = strings.HasPrefix(cm, "pad_resize")
		if background.color != nil && in.out != nil {
			in.out.matte = *background.color
			in.out.matte.A = 255
		}
	}
	steps, err := in.load(p)
	if err != nil {
		return nil, err
	}
	in.hintedWidth = 0
	z, dpr, err := in.sizing(p, background)
	if err != nil {
		return nil, err
	}
	steps = append(steps, z.steps(dpr)...)
	tones, err := in.tones(p)
	if err != nil {
		return nil, err
	}
	steps = append(append(steps, tones...), filters(p)...)
	shapes, err := in.shapes(p, background)
	if err != nil {
		return nil, err
	}
	steps = append(steps, shapes...)
	for _, t := range s {
		if t.layer == nil {
			continue
		}
		l, err := in.layer(t.layer)
		if err != nil {
			return nil, err
		}
		steps = append(steps, l)
	}
	return append(steps, turns(p, background)...), nil
}

// params decodes the plain parameters of a step, and takes the names of
// transformations out.
func (in *reader) params(s step) (params, []string, error) {
	p := params{}
	var names []string
	for _, t := range s {
		if t.layer != nil {
			continue
		}
		if otherParams[t.key] {
			return nil, nil, unsupported(t.String())
		}
		v, err := t.decoded()
		if err != nil {
			return nil, nil, err
		}
		if t.key == "n" {
			names = append(names, v)
			continue
		}
		if _, twice := p[t.key]; !twice {
			p[t.key] = v
		}
	}
	return p, names, nil
}

// use stands for named transformations.
func (in *reader) use(names []string) ([]transform.Step, error) {
	var steps []transform.Step
	for _, name := range names {
		if text, ok := builtIn[name]; ok {
			c, err := parseChain(text)
			if err != nil {
				return nil, err
			}
			own, err := in.chain(c)
			if err != nil {
				return nil, err
			}
			steps = append(steps, own...)
			continue
		}
		if name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != "" {
			return nil, invalid("n-" + name)
		}
		in.uses = true
		steps = append(steps, transform.Use{Name: name})
	}
	return steps, nil
}

// load says how the picture is read: which page, and without which border.
func (in *reader) load(p params) ([]transform.Step, error) {
	var steps []transform.Step
	if v, ok := p.get("pg"); ok {
		if in.branch {
			return nil, invalid("pg-" + v + " in a condition")
		}
		page, err := parsePages(v)
		if err != nil {
			return nil, err
		}
		steps = append(steps, page)
	}
	if v, ok := p.get("t"); ok {
		n, valid := parseNumber(v)
		if v == "true" {
			n, valid = trimTolerance, true
		}
		if valid && n >= 1 && n <= 99 {
			steps = append(steps, transform.Trim{Tolerance: n / 100})
		}
	}
	return steps, nil
}

// parsePages reads "2", "1_3_5", "2-4", "4-" or `name-"a"_"b"`.
func parsePages(v string) (transform.Step, error) {
	if names, ok := strings.CutPrefix(v, "name-"); ok {
		s := transform.Page{}
		for _, name := range strings.Split(strings.Trim(names, `"`), `"_"`) {
			if name == "" || strings.Contains(name, `"`) {
				return nil, invalid("pg-" + v)
			}
			s.Names = append(s.Names, name)
		}
		return s, nil
	}
	s := transform.Page{}
	for _, part := range strings.Split(v, "_") {
		from, to, isRange := strings.Cut(part, "-")
		first, ok := parseInt(from, 1, 100_000)
		last := first
		switch {
		case isRange && to == "":
			last = 0
		case isRange:
			var valid bool
			last, valid = parseInt(to, first, 100_000)
			ok = ok && valid
		}
		if !ok {
			return nil, invalid("pg-" + v)
		}
		s.Ranges = append(s.Ranges, transform.PageRange{First: first, Last: last})
	}
	return s, nil
}

// shapes are what changes the outline, and the background behind it.
func (in *reader) shapes(p params, background backgroundValue) ([]transform.Step, error) {
	var steps []transform.Step
	opacity := false
	if v, ok := p.get("o"); ok {
		if n, ok := parseNumber(v); ok && n >= 0 && n <= 100 {
			opacity = true
			steps = append(steps, transform.Opacity{Factor: n / 100})
		}
	}
	if v, ok := p.get("e-shadow"); ok {
		steps = append(steps, parseShadow(v))
	}
	if v, ok := p.get("e-distort"); ok {
		s, err := parseDistort(v)
		if err != nil {
			return nil, err
		}
		steps = append(steps, s)
	}
	if s, ok := background.flatten(opacity); ok {
		steps = append(steps, s)
	}
	if v, ok := p.get("r"); ok {
		if s, ok := parseRadius(v); ok {
			steps = append(steps, s)
		}
	}
	if v, ok := p.get("b"); ok {
		if s, ok := in.border(v); ok {
			steps = append(steps, s)
		}
	}
	return steps, nil
}
