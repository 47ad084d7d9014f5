package transform

import "tintype/internal/media"

func (s *Composite) args(f form) {
	f.word("blend", (*string)(&s.Blend), false,
		"over", "under", "multiply", "screen", "overlay", "mask", "cut-in", "cut-out", "displace")
	s.Layer.args(f)
	f.gravity(&s.Gravity, false)
	f.word("origin", (*string)(&s.Origin), false, compassWords...)
	f.flag("tile", &s.Tile)
	f.flag("no-overflow", &s.NoOverflow)
	f.flag("inside", &s.Inside)
	f.flag("strict", &s.Strict)
	f.num("dx", &s.DX, span{lo: -999, hi: 999, px: true})
	f.num("dy", &s.DY, span{lo: -999, hi: 999, px: true})
}

func (l *Layer) args(f form) {
	refArgs(f, "ref", &l.Ref)
	f.flag("self", &l.Self)
	text := new(Text)
	if l.Text != nil {
		*text = *l.Text
	}
	there := f.group("text", l.Text != nil, func() { text.args(f) })
	if l.Text = nil; there {
		l.Text = text
	}
	block := new(Block)
	if l.Canvas != nil {
		*block = *l.Canvas
	}
	there = f.group("canvas", l.Canvas != nil, func() {
		f.length("canvas-width", &block.Width, sizes)
		f.length("canvas-height", &block.Height, sizes)
		f.color("color", &block.Color, leadColor)
	})
	if l.Canvas = nil; there {
		l.Canvas = block
	}
	f.word("relative", (*string)(&l.Relative), false, "base", "found")
	f.steps("steps", &l.Steps)
}

func refArgs(f form, name string, r *media.Ref) {
	f.group(name, *r != media.Ref{}, func() {
		f.word("kind", (*string)(&r.Kind), false, "image", "video", "raw")
		f.word("access", (*string)(&r.Access), false, "public", "private", "authenticated", "remote", "text", "sequence", "sheet")
		f.str("name", &r.Name, 1024)
		f.str("id", (*string)(&r.ID), 64)
		f.str("url", &r.URL, 8192)
	})
}

func (t *Text) args(f form) {
	f.str("content", &t.Content, maxText)
	refArgs(f, "style", &t.Style)
	f.str("family", &t.Family, 200)
	refArgs(f, "font", &t.Font)
	f.num("size", &t.Size, span{lo: 0, hi: 2000, px: true})
	f.count("weight", &t.Weight, span{lo: 100, hi: 900})
	f.flag("italic", &t.Italic)
	f.flag("underline", &t.Underline)
	f.flag("strike", &t.Strike)
	f.word("align", (*string)(&t.Align), false, "left", "center", "right", "justify", "start", "end")
	f.num("letter-spacing", &t.LetterSpacing, span{lo: -1000, hi: 1000, px: true})
	f.num("line-spacing", &t.LineSpacing, span{lo: -1000, hi: 1000, px: true})
	f.num("line-height", &t.LineHeight, span{lo: 0, hi: 10000, px: true})
	f.color("color", &t.Color, span{})
	f.num("stroke", &t.Stroke, span{lo: 0, hi: 200, px: true})
	f.color("stroke-color", &t.StrokeColor, span{})
	f.color("background", &t.Background, span{})
	f.color("line-color", &t.LineColor, span{})
	f.lengths("padding", t.Padding[:], pixels)
	f.length("wrap", &t.Wrap, sizes)
	f.length("height", &t.Height, sizes)
	f.flag("fixed", &t.Fixed)
	f.word("valign", (*string)(&t.VAlign), false, "top", "middle", "bottom")
	f.flag("loose", &t.Loose)
	f.word("antialias", (*string)(&t.Antialias), false, "none", "gray")
	f.word("hinting", (*string)(&t.Hinting), false, "none", "slight", "medium", "full")
}

func (s *Let) args(f form) {
	f.str("name", &s.Name, 64)
	f.expr("value", &s.Value)
}

func (s *If) args(f form) {
	f.expr("cond", &s.Cond)
	f.steps("then", &s.Then)
	f.steps("else", &s.Else)
}

func (s *Use) args(f form) {
	f.str("name", &s.Name, 255)
	f.num("scale", &s.Scale, span{lo: 0, hi: 1e6, open: true})
}

func (s *Bind) args(f form) {
	f.step(&s.Step)
	f.bindings(&s.Values)
}

func (s *Mix) args(f form) {
	f.num("amount", &s.Amount, span{lo: -2, hi: 2})
	f.steps("steps", &s.Steps)
	f.length("x", &s.Where.X, offsets)
	f.length("y", &s.Where.Y, offsets)
	f.length("width", &s.Where.Width, sizes)
	f.length("height", &s.Where.Height, sizes)
	f.word("found", (*string)(&s.Where.Anchor), false, "face", "faces", "custom", "region")
	f.str("region", &s.Where.Name, 255)
}
