package cloudinary

import (
	"maps"
	"slices"
	"strings"

	"tintype/internal/dialect"
	"tintype/internal/media"
	"tintype/internal/transform"
)

// role is what a component is in the chain's structure, which only the
// components after it can tell.
type role struct {
	// block: the condition holds up to an if_end, not for this component only.
	block bool
	// scoped: the layer is open up to a fl_layer_apply, not for this
	// component only.
	scoped bool
}

func (c component) applies() bool { return slices.Contains(c.flags, "layer_apply") }

func (c component) opensLayer() bool { return c.has("l", "u") }

// alone reports that a component is nothing but a condition.
func (c component) alone() bool {
	return len(c.values) == 1 && len(c.flags) == 0 && len(c.lets) == 0 && c.has("if")
}

// findRoles matches conditions with their ends and layers with their
// applications, from the left to the right. Errors are those of an end
// without a beginning.
func findRoles(components []component) ([]role, error) {
	roles := make([]role, len(components))
	var conditions, layers []int
	for i, c := range components {
		condition := c.values["if"]
		switch {
		case condition == "":
		case condition == "else" || condition == "end":
			at := opened(conditions, roles)
			if at < 0 {
				return nil, invalidParam("if", condition)
			}
			roles[conditions[at]].block = true
			conditions = conditions[:at+1]
			if condition == "end" {
				conditions = conditions[:at]
			}
		default:
			roles[i].block = c.alone()
			conditions = append(conditions, i)
		}
		switch {
		case c.opensLayer() && !c.applies():
			layers = append(layers, i)
		case c.applies() && !c.opensLayer():
			if len(layers) == 0 {
				return nil, invalidParam("fl", "layer_apply")
			}
			roles[layers[len(layers)-1]].scoped = true
			layers = layers[:len(layers)-1]
		}
	}
	return roles, nil
}

// opened is the place of the condition that an end belongs to: the newest
// that opened a block, or else the newest at all; -1 if there is none.
func opened(conditions []int, roles []role) int {
	for i := len(conditions) - 1; i >= 0; i-- {
		if roles[conditions[i]].block {
			return i
		}
	}
	return len(conditions) - 1
}

// frame collects the steps of the chain, of a layer or of a branch.
type frame struct {
	steps  []transform.Step
	layer  *layer
	branch *branch
}

// branch is a condition that is open.
type branch struct {
	cond transform.Expr
	then []transform.Step
	// before are the variables at its beginning, ended those at the end of
	// its first branch.
	before, ended map[string]variable
	inElse        bool
}

func (p *chainParser) top() *frame { return p.frames[len(p.frames)-1] }

func (p *chainParser) open(f *frame) { p.frames = append(p.frames, f) }

func (p *chainParser) inLayer() bool {
	return slices.ContainsFunc(p.frames, func(f *frame) bool { return f.layer != nil })
}

// add carries one component out: assignments, the condition, then the rest.
func (p *chainParser) add(c component, r role, first bool) error {
	for _, text := range c.lets {
		if err := p.assign(text); err != nil {
			return err
		}
	}
	condition, conditional := c.values["if"]
	c = c.without("if")
	inline := false
	switch {
	case !conditional:
	case condition == "end":
		if err := p.closeBranch(); err != nil {
			return err
		}
	case condition == "else":
		if err := p.otherwise(); err != nil {
			return err
		}
	default:
		cond, err := p.condition(condition)
		if err == errSyntax {
			return invalidParam("if", condition)
		}
		if err != nil {
			return err
		}
		p.open(&frame{branch: &branch{cond: cond, before: maps.Clone(p.vars)}})
		p.rewrites = true
		inline = !r.block
	}
	if !c.empty() {
		if err := p.perform(c, r, first); err != nil {
			return err
		}
	}
	if inline {
		return p.closeBranch()
	}
	return nil
}

// perform carries out what is left of a component without its structure.
func (p *chainParser) perform(c component, r role, first bool) error {
	p.rewrites = p.rewrites || len(c.values) > 0
	if name, ok := c.values["bl"]; ok {
		if !first || len(c.values) > 1 || len(c.flags) > 0 {
			return invalidParam("bl", name)
		}
		return p.use(name)
	}
	if names, ok := c.values["t"]; ok {
		if err := p.use(names); err != nil {
			return err
		}
		if c = c.without("t"); c.empty() {
			return nil
		}
	}
	q, err := p.qualifiers(c)
	if err != nil {
		return err
	}
	switch {
	case c.opensLayer():
		if err := p.openLayer(c, q, r.scoped); err != nil {
			return err
		}
		if r.scoped {
			return nil
		}
		return p.closeLayer(c, q)
	case c.applies():
		if p.top().layer == nil {
			return invalidParam("fl", "layer_apply")
		}
		if err := p.layerPixels(c, q, true); err != nil {
			return err
		}
		return p.closeLayer(c, q)
	case p.top().layer != nil:
		return p.layerPixels(c, q, false)
	}
	if err := p.layerless(c, q); err != nil {
		return err
	}
	return p.pixels(c, q)
}

// layerless refuses what only a layer can be told.
func (p *chainParser) layerless(c component, q *qualifiers) error {
	if p.inLayer() {
		return nil
	}
	for _, flag := range []string{"no_overflow", "tiled", "cutter", "text_disallow_overflow", "text_no_trim", "region_relative"} {
		if q.flags[flag] && !(flag == "region_relative" && c.values["c"] == "crop") {
			return invalidParam("fl", flag)
		}
	}
	return nil
}

// use expands named transformations, one after the other.
func (p *chainParser) use(names string) error {
	for _, name := range strings.Split(names, ".") {
		if name == "" || !printable(name) || len(name) > 255 {
			return media.Errorf(media.Invalid, "Unknown transformation %s", dialect.Quotable(name))
		}
		p.push(transform.Use{Name: name})
	}
	p.named = true
	return nil
}

// otherwise begins the second branch of the condition that is open.
func (p *chainParser) otherwise() error {
	f := p.top()
	if f.branch == nil || f.branch.inElse {
		return invalidParam("if", "else")
	}
	b := f.branch
	b.then, f.steps = f.steps, nil
	b.ended, p.vars, b.inElse = p.vars, maps.Clone(b.before), true
	return nil
}

// closeBranch ends the condition that is open. What a branch assigned holds
// from now on, though it is not known which of them was taken.
func (p *chainParser) closeBranch() error {
	f := p.top()
	if f.branch == nil {
		return invalidParam("if", "end")
	}
	b := f.branch
	step := transform.If{Cond: b.cond, Then: b.then, Else: f.steps}
	one, other := b.ended, p.vars
	if !b.inElse {
		step.Then, step.Else = f.steps, nil
		one, other = p.vars, b.before
	}
	p.vars = map[string]variable{}
	for _, m := range []map[string]variable{one, other} {
		for name := range m {
			p.vars[name] = variable{}
			if one[name] == other[name] {
				p.vars[name] = one[name]
			}
		}
	}
	p.frames = p.frames[:len(p.frames)-1]
	p.push(step)
	return nil
}
