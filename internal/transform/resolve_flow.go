package transform

import (
	"slices"

	"tintype/internal/media"
)

// flow carries out variables, branches, bound fields and mixes.
func (r *resolver) flow(s Step) error {
	switch s := s.(type) {
	case Let:
		v, err := r.eval(s.Value)
		if err == nil {
			r.vars[s.Name] = v
		}
		return err
	case If:
		v, err := r.eval(s.Cond)
		if err != nil {
			return err
		}
		if v.true() {
			return r.steps(s.Then)
		}
		return r.steps(s.Else)
	case Bind:
		return r.bound(s)
	case Mix:
		return r.mix(s)
	case Page:
		return r.latePage(s)
	}
	return nil
}

// latePage is a Page in a branch: those of the chain itself were looked at
// before anything else.
func (r *resolver) latePage(s Page) error {
	for _, t := range r.t.Steps {
		if p, ok := t.(Page); ok && slices.Equal(p.Ranges, s.Ranges) && slices.Equal(p.Names, s.Names) {
			return nil
		}
	}
	for _, t := range r.t.Steps {
		if _, ok := t.(Page); ok {
			return nil // another Page of the chain stands later and wins
		}
	}
	if len(r.plan.Ops) > 0 || r.mixing > 0 {
		return media.Errorf(media.Unsupported, "A page cannot be chosen in a branch after other operations")
	}
	return r.pages(s)
}

// bound evaluates the fields and does the step. A composite's may wait for
// its layer.
func (r *resolver) bound(b Bind) error {
	if c, ok := b.Step.(Composite); ok {
		return r.compositeBound(c, b.Values)
	}
	s, err := r.fields(b.Step, b.Values)
	if err != nil || s == nil {
		return err
	}
	return r.step(s)
}

func (r *resolver) fields(s Step, bs []Binding) (Step, error) {
	values := make(map[string]Value, len(bs))
	for _, b := range bs {
		v, err := r.eval(b.Expr)
		if err != nil {
			return nil, err
		}
		values[b.Field] = v
	}
	return bind(s, values)
}

// mix carries steps out on a copy, which is blended back.
func (r *resolver) mix(s Mix) error {
	regions, all, err := r.area(s.Where)
	if err != nil || (!all && len(regions) == 0) {
		return err
	}
	page, place, alpha, before, floor := r.page, r.place, r.alpha, r.plan.Ops, r.floor
	r.plan.Ops, r.floor = slices.Clone(before), len(before)
	r.mixing++
	err = r.steps(s.Steps)
	r.mixing--
	ops := slices.Clone(r.plan.Ops[len(before):])
	r.plan.Ops, r.floor = before, floor
	if err != nil {
		return err
	}
	for _, op := range ops {
		if to, _ := after(op, page); to != page {
			return media.Errorf(media.Invalid, "Steps of mix change the size from %dx%d to %dx%d", page.w, page.h, to.w, to.h)
		}
	}
	r.place, r.alpha = place, alpha
	if len(ops) == 0 {
		return nil
	}
	if all && s.Amount == 1 {
		return r.pushAll(ops)
	}
	return r.push(OpMix{Ops: ops, Amount: s.Amount, Regions: regions})
}

// area is what an Area comes to; all is true for the whole page.
func (r *resolver) area(a Area) (regions []Rect, all bool, err error) {
	if a == (Area{}) {
		return nil, true, nil
	}
	if a.Anchor != "" {
		boxes, err := r.boxes(a.Anchor, a.Name)
		for _, b := range boxes {
			if rect, ok := b.rect(r.page); ok {
				regions = append(regions, rect)
			}
		}
		return regions, false, err
	}
	p := r.page
	b := box{x: float64(a.X.distance(p.w)), y: float64(a.Y.distance(p.h))}
	b.w, b.h = float64(p.w)-b.x, float64(p.h)-b.y
	if a.Width.Given() {
		b.w = float64(a.Width.side(p.w))
	}
	if a.Height.Given() {
		b.h = float64(a.Height.side(p.h))
	}
	if rect, ok := b.rect(p); ok {
		if rect == (Rect{0, 0, p.w, p.h}) {
			return nil, true, nil
		}
		regions = []Rect{rect}
	}
	return regions, false, nil
}
