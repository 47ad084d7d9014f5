package transform

import (
	"math"

	"tintype/internal/media"
)

func (r *resolver) composite(c Composite) error { return r.compositeBound(c, nil) }

// compositeBound resolves a layer and lays it on. Fields that place it are
// bound when its size is known.
func (r *resolver) compositeBound(c Composite, bs []Binding) error {
	var early, late []Binding
	for _, b := range bs {
		switch b.Field {
		case "x", "y", "dx", "dy":
			late = append(late, b)
		default:
			early = append(early, b)
		}
	}
	if len(early) > 0 {
		s, err := r.fields(c, early)
		if err != nil {
			return err
		}
		c = s.(Composite)
	}
	if !c.Gravity.Anchor.found() {
		return r.lay(c, late, nil)
	}
	boxes, err := r.boxes(c.Gravity.Anchor, c.Gravity.Name)
	if err != nil {
		return err
	}
	for i := range boxes {
		place := r.place
		if err := r.lay(c, late, &boxes[i]); err != nil {
			return err
		}
		// The canvas may have grown to the left or the top.
		for j := i + 1; j < len(boxes); j++ {
			boxes[j].x += r.place.c - place.c
			boxes[j].y += r.place.f - place.f
		}
	}
	return nil
}

// lay makes the layer and puts it in its place; found is what it belongs to.
func (r *resolver) lay(c Composite, late []Binding, found *box) error {
	pic, err := r.picture(c.Layer, found)
	if err != nil {
		return err
	}
	l := size{pic.Width, pic.Height}
	if len(late) > 0 {
		r.layer = &l
		s, err := r.fields(c, late)
		r.layer = nil
		if err != nil {
			return err
		}
		c = s.(Composite)
	}
	x, y := r.layerAt(c, l, found)
	op := OpComposite{Layer: pic, Blend: c.Blend, Tile: c.Tile, DX: c.DX, DY: c.DY}
	first(&op.Blend, Over)
	if c.Inside {
		if l.w <= r.page.w {
			x = clamp(x, r.page.w-l.w)
		}
		if l.h <= r.page.h {
			y = clamp(y, r.page.h-l.h)
		}
	}
	x, y = max(-huge, min(x, huge)), max(-huge, min(y, huge))
	out := x < 0 || y < 0 || x > r.page.w-l.w || y > r.page.h-l.h
	if out && c.Strict {
		return media.Errorf(media.Invalid, "Layer of %dx%d pixels leaves the picture of %dx%d", l.w, l.h, r.page.w, r.page.h)
	}
	if out && c.grows() {
		if x, y, err = r.grow(x, y, l); err != nil {
			return err
		}
	}
	op.X, op.Y = x, y
	overlap, hit := (box{float64(x), float64(y), float64(l.w), float64(l.h)}).rect(r.page)
	if !hit && !c.Tile && op.Blend != Mask && op.Blend != CutIn {
		return nil
	}
	if err := r.push(op); err != nil {
		return err
	}
	if op.Blend == CutIn && hit && !c.Tile {
		return r.push(OpExtract(overlap))
	}
	return nil
}

// grows reports that the canvas is to hold the whole layer.
func (c Composite) grows() bool {
	switch c.Blend {
	case Mask, CutIn, CutOut, Displace:
		return false
	}
	return !c.NoOverflow && !c.Inside && !c.Tile
}

// grow enlarges the canvas to hold a layer at x, y, and returns where that is then.
func (r *resolver) grow(x, y int, l size) (int, int, error) {
	left, top := max(0, -x), max(0, -y)
	op := OpEmbed{
		X: left, Y: top, Background: Transparent,
		Width: left + max(r.page.w, x+l.w), Height: top + max(r.page.h, y+l.h),
	}
	return x + left, y + top, r.push(op)
}

// layerAt is where a layer's top left corner lies on the page.
func (r *resolver) layerAt(c Composite, l size, found *box) (x, y int) {
	g, p := c.Gravity, r.page
	dx, dy := g.X.distance(p.w), g.Y.distance(p.h)
	middle := func(px, py float64) (int, int) {
		return int(math.Floor(px - float64(l.w)/2 + 1e-6)), int(math.Floor(py - float64(l.h)/2 + 1e-6))
	}
	switch {
	case found != nil:
		x, y = middle(found.middle())
		return x + dx, y + dy
	case c.Tile:
		return dx, dy
	case c.Origin != "":
		d := compass[c.Origin]
		return (d.x+1)*p.w/2 + dx, (d.y+1)*p.h/2 + dy
	case g.Anchor == AtPoint:
		return middle(g.X.coordinate(p.w), g.Y.coordinate(p.h))
	case g.Anchor == Attention:
		g.Anchor = ""
	}
	return g.along(size{p.w - l.w, p.h - l.h}, p)
}

// picture resolves a layer by facts of its own.
func (r *resolver) picture(l Layer, found *box) (Picture, error) {
	root := r
	for root.base != nil {
		root = root.base
	}
	k := &resolver{
		ctx: r.ctx, facts: root.facts, info: root.info, lim: r.lim, vars: r.vars, sources: r.sources, base: r,
		of: l.Relative, found: found, outAlpha: true, answers: map[Question]Answer{},
		t: Transformation{Steps: l.Steps},
	}
	pic := Picture{}
	var err error
	switch {
	case l.Text != nil:
		if l.Text, err = root.styled(l.Text); err == nil {
			pic.Text, err = k.text(l.Text, root)
		}
	case l.Canvas != nil:
		pic.Canvas = &Canvas{Width: r.page.w, Height: r.page.h, Color: l.Canvas.Color}
		if l.Canvas.Width.Given() {
			pic.Canvas.Width = l.Canvas.Width.side(r.page.w)
		}
		if l.Canvas.Height.Given() {
			pic.Canvas.Height = l.Canvas.Height.side(r.page.h)
		}
		err = k.blankPage(size{pic.Canvas.Width, pic.Canvas.Height})
	case l.Self:
		k.answers = root.answers
		err = k.asset(root)
	default:
		if k.facts, err = root.facts.Layer(r.ctx, l.Ref); err == nil {
			k.info = k.facts.Info()
			k.nth, err = r.source(l.Ref, UsePicture)
		}
		if err == nil {
			err = k.asset(root)
		}
	}
	if err != nil {
		return pic, err
	}
	if l.Text != nil {
		if err := k.textBox(l.Text, r.page); err != nil {
			return pic, err
		}
	}
	if err := k.steps(l.Steps); err != nil {
		return pic, err
	}
	pic.Source, pic.Ops, pic.Width, pic.Height = k.nth, k.plan.Ops, k.page.w, k.page.h
	if !k.blank {
		pic.Input = k.plan.Input
	}
	return pic, nil
}

// asset begins a layer with a source, playing if the page below plays.
func (r *resolver) asset(root *resolver) error {
	info := r.info
	if !(size{info.Width, info.Height}).valid() {
		return media.Errorf(media.Invalid, "Layer of %dx%d pixels is not a picture that can be transformed", info.Width, info.Height)
	}
	pages := 1
	if info.Animated && root.plan.Input.Pages > 1 {
		pages = max(info.Pages, 1)
	}
	if err := r.load(r.t, pages); err != nil {
		return err
	}
	return r.lim.page(r.page, r.plan.Input.Pages)
}

// blankPage begins a layer that has no source.
func (r *resolver) blankPage(s size) error {
	r.blank, r.alpha, r.page = true, true, s
	r.info = media.Info{Format: "png", Width: s.w, Height: s.h, Pages: 1, Alpha: true}
	r.facts = alone{r.facts}
	r.place = translation(0, 0)
	r.plan.Input = PlanInput{Width: s.w, Height: s.h, Pages: 1}
	return r.lim.page(s, 1)
}

// alone hides the asset's facts from what is no asset, but for names that
// any layer may need.
type alone struct{ Facts }

// Stored knows no rectangle of a blank page.
func (alone) Stored(Anchor, string) []Box4 { return nil }

// text measures a text and begins a layer with it.
func (r *resolver) text(t *Text, root *resolver) (*PlanText, error) {
	base := r.base.page
	p := &PlanText{
		Content: t.Content, Family: t.Family, Size: t.Size, Weight: t.Weight,
		Italic: t.Italic, Underline: t.Underline, Strike: t.Strike, Align: t.Align,
		LetterSpacing: t.LetterSpacing, LineSpacing: t.LineSpacing, LineHeight: t.LineHeight, Color: t.Color,
		Stroke: t.Stroke, StrokeColor: t.StrokeColor, LineColor: t.LineColor, Antialias: t.Antialias, Hinting: t.Hinting,
	}
	if p.Size == 0 {
		p.Size = 16
	}
	p.Size = max(p.Size, 0.1)
	if p.Weight == 0 {
		p.Weight = 400
	}
	first(&p.Align, AlignLeft)
	if t.Wrap.Given() {
		p.Wrap = t.Wrap.side(base.w)
	}
	if t.Height.Given() {
		p.MaxHeight = t.Height.side(base.h)
	}
	p.Trim = !t.Loose && !t.Fixed && t.Background.A == 0 && t.Padding == [4]Length{}
	ask := Ask{What: WhatText}
	if (t.Font != media.Ref{}) {
		n, err := r.source(t.Font, UseFont)
		if err != nil {
			return nil, err
		}
		p.Font = n
		ask.Font = &t.Font
	}
	asked := *p
	asked.Font = min(p.Font, 1)
	ask.Text = &asked
	a, err := root.ask(ask)
	if err != nil {
		return nil, err
	}
	p.Width, p.Height = a.Width, a.Height
	if !(size{p.Width, p.Height}).valid() {
		return nil, media.Errorf(media.Invalid, "Text of %dx%d pixels cannot be drawn", p.Width, p.Height)
	}
	return p, r.blankPage(size{p.Width, p.Height})
}

// textBox puts the text in its box, with padding and background.
func (r *resolver) textBox(t *Text, base size) error {
	inner := r.page
	if t.Fixed {
		if t.Wrap.Given() {
			inner.w = t.Wrap.side(base.w)
		}
		if t.Height.Given() {
			inner.h = t.Height.side(base.h)
		}
	}
	across := map[Align]int{AlignRight: 1, AlignEnd: 1, AlignCenter: 0}
	d := direction{x: -1, y: -1}
	if v, ok := across[t.Align]; ok {
		d.x = v
	}
	switch t.VAlign {
	case VAlignMiddle:
		d.y = 0
	case VAlignBottom:
		d.y = 1
	}
	visible := size{min(r.page.w, inner.w), min(r.page.h, inner.h)}
	cut := OpExtract{
		X: clamp(beside(d.x, r.page.w-visible.w, 0), r.page.w-visible.w), Y: clamp(beside(d.y, r.page.h-visible.h, 0), r.page.h-visible.h),
		Width: visible.w, Height: visible.h,
	}
	if err := r.push(cut); err != nil {
		return err
	}
	var pad [4]int
	for i, l := range t.Padding {
		pad[i] = max(0, l.distance([]int{base.h, base.w, base.h, base.w}[i]))
	}
	op := OpEmbed{
		X: pad[3] + beside(d.x, inner.w-visible.w, 0), Y: pad[0] + beside(d.y, inner.h-visible.h, 0),
		Width: inner.w + pad[1] + pad[3], Height: inner.h + pad[0] + pad[2],
	}
	if err := r.push(op); err != nil {
		return err
	}
	if t.Background.A > 0 {
		return r.push(OpFlatten{t.Background})
	}
	return nil
}
