package transform

import "tintype/internal/media"

func (v *validator) flag(string, *bool)         {}
func (v *validator) color(string, *Color, span) {}
func (v *validator) maybe(string, **Color)      {}
func (v *validator) step(s *Step)               { v.nested(*s) }

func (v *validator) steps(_ string, s *[]Step) {
	for _, one := range *s {
		v.nested(one)
	}
}

func (v *validator) bindings(b *[]Binding) {
	for i, one := range *b {
		v.expr(word(one.Field), &(*b)[i].Expr)
	}
}

func (s *Resize) check(v *validator) { checkBackdrop(v, s.Backdrop) }

func (s *Extract) check(v *validator) { checkBackdrop(v, s.Backdrop) }

func (s *Extend) check(v *validator) { checkBackdrop(v, s.Backdrop) }

func checkBackdrop(v *validator, b *Backdrop) {
	switch {
	case b == nil:
	case b.Kind == "":
		v.fail("backdrop", word(""))
	case b.Colors == 3:
		v.fail("colors", "3")
	case b.Kind == BackdropGradient && len(b.Palette) == 0, b.Kind == BackdropGradient && len(b.Palette) > 4:
		v.fail("palette", number(float64(len(b.Palette)))+" colours")
	}
}

func (s *Page) check(v *validator) {
	if len(s.Ranges) == 0 && len(s.Names) == 0 {
		v.fail("pages", "none")
	}
}

func (s *Tint) check(v *validator) {
	if len(s.Colors) == 0 || (len(s.Positions) != 0 && len(s.Positions) != len(s.Colors)) {
		v.fail("colors", number(float64(len(s.Colors)))+" for "+number(float64(len(s.Positions)))+" positions")
	}
	for i := 1; i < len(s.Positions); i++ {
		if s.Positions[i] < s.Positions[i-1] {
			v.fail("positions", number(s.Positions[i]))
		}
	}
}

func (s *Levels) check(v *validator) {
	if s.Mode == "" {
		v.fail("mode", word(""))
	}
}

func (s *Simulate) check(v *validator) {
	if s.Kind == "" {
		v.fail("kind", word(""))
	}
}

func (s *LUT) check(v *validator) { checkRef(v, s.Ref) }

func checkRef(v *validator, r media.Ref) {
	n := 0
	for _, set := range []bool{r.Name != "", r.ID != "", r.URL != ""} {
		if set {
			n++
		}
	}
	if n != 1 {
		v.fail("source", number(float64(n))+" names")
	}
}

func (s *Composite) check(v *validator) {
	if v.tally.layers++; v.tally.layers > maxLayers {
		v.err = media.Errorf(media.Invalid, "Transformation has more than %d layers", maxLayers)
		return
	}
	l := s.Layer
	n := 0
	for _, set := range []bool{l.Ref != media.Ref{}, l.Text != nil, l.Canvas != nil, l.Self} {
		if set {
			n++
		}
	}
	if n != 1 {
		v.fail("layer", number(float64(n))+" sources")
	}
	if (l.Ref != media.Ref{}) {
		checkRef(v, l.Ref)
	}
	if l.Text != nil {
		for _, ref := range []media.Ref{l.Text.Font, l.Text.Style} {
			if (ref != media.Ref{}) {
				checkRef(v, ref)
			}
		}
	}
	if l.Relative == OfFound && !s.Gravity.Anchor.found() {
		v.fail("relative", word(string(l.Relative)))
	}
}

func (s *Let) check(v *validator) {
	if !isVariable(s.Name) {
		v.fail("name", word(s.Name))
	}
}

func (s *Use) check(v *validator) {
	if s.Name == "" {
		v.fail("name", word(""))
	}
}

func (s *Bind) check(v *validator) {
	switch s.Step.(type) {
	case Let, If, Use, Bind, nil:
		v.fail("step", stepName(s.Step))
		return
	}
	if len(s.Values) == 0 {
		v.fail("fields", "none")
	}
	known := fieldsOf(s.Step)
	seen := map[string]bool{}
	for _, b := range s.Values {
		if _, ok := known[b.Field]; !ok || seen[b.Field] {
			v.fail("field", word(b.Field))
		}
		seen[b.Field] = true
	}
}

func (s *Mix) check(v *validator) {
	if (s.Where.Anchor == Region) != (s.Where.Name != "") {
		v.fail("region", word(s.Where.Name))
	}
}
