package transform

import (
	"fmt"
	"slices"

	"tintype/internal/media"
)

// ask measures, each question once.
func (r *resolver) ask(a Ask) (Answer, error) {
	q := a.Question()
	if known, ok := r.answers[q]; ok {
		return known, nil
	}
	got, err := r.facts.Measure(r.ctx, q)
	if err != nil {
		return Answer{}, fmt.Errorf("measure %s: %w", a.What, err)
	}
	r.answers[q] = got
	return got, nil
}

// sourcePage is what a question about the source is asked of: nil for its
// first page.
func (r *resolver) sourcePage() *Picture {
	in := r.plan.Input
	first := in.First
	if in.List != nil {
		first = in.List[0]
	}
	if first == 0 {
		return nil
	}
	in = PlanInput{Width: in.Width, Height: in.Height, Pages: 1, First: first, Density: in.Density}
	return &Picture{Input: in, Width: in.Width, Height: in.Height}
}

// current is the page at hand as a picture that can be measured; nil is the
// upright source's first page.
func (r *resolver) current() (*Picture, error) {
	far := false
	eachSource(r.plan.Ops, func(n int) { far = far || n > 0 })
	if far {
		return nil, media.Errorf(media.Unsupported, "A border cannot be trimmed after another picture was laid on")
	}
	in := r.plan.Input
	if in.List != nil {
		in.First, in.List = in.List[0], nil
	}
	in.Pages = 1
	p := &Picture{Input: in, Ops: r.plan.Ops, Width: r.page.w, Height: r.page.h}
	if len(p.Ops) == 0 && in.First == 0 && in.Density == 0 && !in.IgnoreOrientation {
		return nil, nil
	}
	p.Ops = slices.Clone(p.Ops)
	return p, nil
}

// vectors are the formats that are rendered at a density.
var vectors = map[string]float64{"pdf": 72, "svg": 72, "eps": 72, "ps": 72, "ai": 72}

// density renders a vector at another density than the usual one, which the
// fact density tells.
func (r *resolver) density(want float64) error {
	usual, vector := vectors[r.info.Format]
	if want == 0 || !vector {
		return nil
	}
	if v, ok := r.facts.Value("density"); ok {
		if f, err := v.number(); err == nil && f > 0 {
			usual = f
		}
	}
	if want == usual {
		return nil
	}
	scale := want / usual
	old := r.page
	r.page = size{whole(float64(old.w) * scale), whole(float64(old.h) * scale)}
	if err := r.lim.page(r.page, 1); err != nil {
		return err
	}
	r.place = r.place.then(affine{float64(r.page.w) / float64(old.w), 0, 0, 0, float64(r.page.h) / float64(old.h), 0})
	r.plan.Input.Width, r.plan.Input.Height, r.plan.Input.Density = r.page.w, r.page.h, want
	return nil
}

// pages chooses pages of the source.
func (r *resolver) pages(p Page) error {
	list, err := r.pageList(p)
	if err != nil {
		return err
	}
	in := &r.plan.Input
	if in.Pages == 1 {
		list = list[:1]
	}
	in.Pages, in.First, in.List = len(list), 0, list
	run := true
	for i, n := range list {
		run = run && n == list[0]+i
	}
	if run {
		in.First, in.List = list[0], nil
	}
	first := list[0]
	if r.info.Animated || first == 0 {
		return nil
	}
	// Pages of a document may differ in size.
	a, err := r.ask(Ask{What: WhatPage, Page: first + 1})
	if err != nil {
		return err
	}
	s := size{a.Width, a.Height}
	if !s.valid() {
		return media.Errorf(media.Invalid, "Page %d is not a picture that can be transformed", first+1)
	}
	if d := in.Density; d != 0 {
		scale := float64(in.Width) / float64(r.info.Width)
		s = size{whole(float64(s.w) * scale), whole(float64(s.h) * scale)}
	}
	if err := r.lim.page(s, 1); err != nil {
		return err
	}
	r.page, in.Width, in.Height, in.IgnoreOrientation = s, s.w, s.h, false
	r.place = affine{float64(s.w) / float64(r.info.Width), 0, 0, 0, float64(s.h) / float64(r.info.Height), 0}
	return nil
}

// pageList lists pages from 0, none twice.
func (r *resolver) pageList(p Page) ([]int, error) {
	all := max(r.info.Pages, 1)
	var list []int
	seen := map[int]bool{}
	add := func(i int) {
		if !seen[i] {
			seen[i] = true
			list = append(list, i)
		}
	}
	for _, n := range p.Names {
		names, _ := r.facts.Value("page_names")
		i := slices.Index(names.list(), n)
		if i < 0 || i >= all {
			return nil, media.Errorf(media.Invalid, "There is no page named %q", clipped(n))
		}
		add(i)
	}
	for _, g := range p.Ranges {
		last := g.Last
		if last == 0 {
			last = max(all, g.First)
		}
		if g.First > all || (last > all && g.First == last) {
			return nil, media.Errorf(media.Invalid, "There is no page %d, the last one is %d", g.First, all)
		}
		for n := g.First; n <= min(last, all); n++ {
			if len(list) >= 10_000 {
				return nil, media.Errorf(media.Invalid, "Too many pages are chosen")
			}
			add(n - 1)
		}
	}
	return list, nil
}
