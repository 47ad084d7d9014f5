package cloudinary

import (
	"math"
	"strings"

	"tintype/internal/transform"
)

// effect is the stage of e_.
func (p *chainParser) effect(c component, q *qualifiers) error {
	value, ok := c.values["e"]
	if !ok {
		return nil
	}
	name, arg, hasArg := strings.Cut(value, ":")
	name, err := p.text("e", name)
	if err != nil {
		return err
	}
	if hasArg {
		value = name + ":" + arg
	} else {
		value = name
	}
	name, arg, hasArg = strings.Cut(value, ":") // a variable may hold both
	if step, ok := plainEffects[name]; ok {
		if hasArg {
			return invalidParam("e", value)
		}
		p.push(step)
		return nil
	}
	a := &arguments{p: p, c: c, q: q, value: value, text: strings.ReplaceAll(arg, "rgb:", "")}
	if e, ok := effects[name]; ok && !(name == "contrast" && (strings.Contains(arg, "level_") || strings.Contains(arg, "type_"))) {
		return a.simple(e)
	}
	if step, ok := blended[name]; ok {
		return a.mix(100, step)
	}
	if read, ok := richEffects[name]; ok {
		return read(a)
	}
	if otherEffects[name] {
		return unsupportedParam("e_" + value)
	}
	if name == "loop" {
		return a.loop()
	}
	return invalidParam("e", value)
}

// simple is an effect with one number.
func (a *arguments) simple(e effect) error {
	n := number{value: e.def}
	if a.text != "" {
		var err error
		if n, err = a.number(a.text); err != nil {
			return err
		}
	} else if strings.HasSuffix(a.value, ":") {
		return invalidParam("e", a.value)
	}
	if n.expr == nil {
		n.value = math.Round(n.value)
	}
	if n = n.clamp(e.min, e.max); n.expr == nil {
		if s := e.step(e.scaled(n.value)); n.value != 0 || !e.idle {
			a.p.push(s)
		}
		return nil
	}
	if e.mul != 1 {
		n = n.times(e.mul)
	}
	if e.div != 1 {
		n = n.over(e.div)
	}
	if e.add != 0 {
		n = n.plus(e.add)
	}
	var values bindings
	for _, field := range e.fields {
		values.number(field, n)
	}
	a.p.push(values.on(e.step(0)))
	return nil
}

func (e effect) scaled(n float64) float64 { return n*e.mul/e.div + e.add }

// arguments are those of one effect, "a:b:c", and what else its component says.
type arguments struct {
	p     *chainParser
	c     component
	q     *qualifiers
	value string // with the effect's name, for messages
	text  string
}

func (a *arguments) invalid() error { return invalidParam("e", a.value) }

// number reads one argument.
func (a *arguments) number(text string) (number, error) {
	n, err := a.p.number("e", text)
	if err != nil && !strings.ContainsAny(text, "$_") {
		err = a.invalid()
	}
	n.decimal = false
	return n, err
}

// list is the arguments between colons; none if there are none.
func (a *arguments) list() ([]string, error) {
	if a.text == "" {
		return nil, nil
	}
	list := strings.Split(a.text, ":")
	for i, text := range list {
		if _, ok := variableName(text); !ok {
			continue
		}
		v, err := a.p.text("e", text)
		if err == nil {
			list[i] = v
		} else if _, undefined := a.p.lookup(text[1:]); undefined != nil {
			return nil, undefined
		}
	}
	return list, nil
}

// given reads arguments by their names ("width_5", between colons or
// semicolons), or by their places among the names.
func (a *arguments) given(names ...string) (map[string]string, error) {
	found := map[string]string{}
	if a.text == "" {
		return found, nil
	}
	place := 0
next:
	for _, text := range strings.FieldsFunc(a.text, func(r rune) bool { return r == ':' || r == ';' }) {
		for _, name := range names {
			if v, ok := strings.CutPrefix(text, name+"_"); ok && v != "" {
				found[name] = v
				continue next
			}
		}
		if place == len(names) {
			return nil, a.invalid()
		}
		found[names[place]] = text
		place++
	}
	return found, nil
}

// numbers are the given arguments as numbers within their ranges.
func (a *arguments) numbers(given map[string]string, ranges ...argument) ([]number, error) {
	found := make([]number, len(ranges))
	for i, r := range ranges {
		found[i] = number{value: r.def}
		if text, ok := given[r.name]; ok {
			n, err := a.number(text)
			if err != nil {
				return nil, err
			}
			found[i] = n.clamp(r.min, r.max)
		}
	}
	return found, nil
}

// argument is one number of an effect, by name.
type argument struct {
	name          string
	min, max, def float64
}

// mix carries steps out and blends them with what was before, by an amount
// in percent that is the effect's argument.
func (a *arguments) mix(def float64, steps ...transform.Step) error {
	n := number{value: def}
	if a.text != "" {
		var err error
		if n, err = a.number(a.text); err != nil {
			return err
		}
	}
	a.blend(n.clamp(0, 100), steps...)
	return nil
}

// blend is mix with an amount that has been read.
func (a *arguments) blend(percent number, steps ...transform.Step) {
	if percent.expr == nil && percent.value == 100 {
		for _, s := range steps {
			a.p.push(s)
		}
		return
	}
	var values bindings
	amount := values.number("amount", percent.over(100))
	if amount == 0 && len(values) == 0 {
		return
	}
	a.p.push(values.on(transform.Mix{Steps: steps, Amount: amount}))
}

// color is the colour of co_, or another where that is not given.
func (a *arguments) color(other transform.Color) transform.Color {
	if a.q.color != nil {
		return *a.q.color
	}
	return other
}

// effectColor reads a colour among the arguments of an effect, where
// hexadecimal digits stand without "rgb:".
func (p *chainParser) effectColor(text string) (transform.Color, error) {
	text, err := p.text("e", text)
	if err != nil {
		return transform.Color{}, err
	}
	if c, err := parseColor("e", text); err == nil {
		return c, nil
	}
	if c, ok := parseHex(strings.ToLower(text)); ok {
		return c, nil
	}
	return transform.Color{}, invalidParam("e", text)
}

// loop is how often an animation plays again.
func (a *arguments) loop() error {
	if a.text == "" {
		a.p.Output.Loop = -1
		return nil
	}
	n, decimal, err := a.p.fixed("e", a.text)
	if err != nil {
		return err
	}
	if decimal || n < 0 || n > 65_000 {
		return a.invalid()
	}
	a.p.Output.Loop = int(n) + 1
	return nil
}
