package transform

import "strconv"

func (w *writer) word(name string, v *string, lead bool, _ ...string) {
	if lead || *v != "" {
		w.start(name, lead)
		w.b = append(w.b, word(*v)...)
	}
}

func (w *writer) small(name string, v *uint8, words ...string) {
	if *v == 0 {
		return
	}
	w.key(name)
	if int(*v) > len(words) {
		w.b = strconv.AppendQuote(w.b, strconv.Itoa(int(*v)))
		return
	}
	w.b = append(w.b, words[*v-1]...)
}

func (w *writer) num(name string, v *float64, s span) {
	if s.lead || *v != 0 {
		w.start(name, s.lead)
		w.b = appendNumber(w.b, *v)
	}
}

func (w *writer) count(name string, v *int, s span) {
	if s.lead || *v != 0 {
		w.start(name, s.lead)
		w.b = strconv.AppendInt(w.b, int64(*v), 10)
	}
}

func (w *writer) flag(name string, v *bool) {
	if *v {
		w.plain(name)
	}
}

func (w *writer) length(name string, v *Length, s span) {
	if s.lead || v.Given() {
		w.start(name, s.lead)
		l := *v
		if s.lead {
			l = px0(l)
		}
		w.b = appendLength(w.b, l)
	}
}

func (w *writer) color(name string, v *Color, s span) {
	if s.lead || *v != (Color{}) {
		w.start(name, s.lead)
		w.b = v.append(w.b)
	}
}

func (w *writer) maybe(name string, v **Color) {
	if *v != nil {
		w.key(name)
		w.b = (*v).append(w.b)
	}
}

func (w *writer) str(name string, v *string, _ int) {
	if *v != "" {
		w.key(name)
		w.b = appendString(w.b, *v)
	}
}

func (w *writer) box(x *Box) {
	if x.Width.Given() || x.Height.Given() {
		w.next()
		w.b = appendLength(w.b, x.Width)
		w.b = append(w.b, 'x')
		w.b = appendLength(w.b, x.Height)
	}
	if x.FreeRatio {
		w.plain("free")
	}
	if x.Ratio != 0 {
		w.key("ratio")
		w.b = appendNumber(w.b, x.Ratio)
	}
}

func (w *writer) gravity(g *Gravity, _ bool) {
	w.word("gravity", (*string)(&g.Anchor), false)
	w.length("x", &g.X, offsets)
	w.length("y", &g.Y, offsets)
	w.word("fallback", (*string)(&g.Fallback), false)
	w.str("region", &g.Name, 0)
}

func (w *writer) radii(name string, r *[4]Length, lead bool) {
	if !lead && *r == [4]Length{} {
		return
	}
	w.start(name, lead)
	n := 4
	if r[0] == r[1] && r[0] == r[2] && r[0] == r[3] {
		n = 1
	}
	w.join(n, func(i int) { w.b = appendLength(w.b, px0(r[i])) })
}

func px0(l Length) Length {
	if !l.Given() {
		return Px(0)
	}
	return l
}

// join writes n values between colons.
func (w *writer) join(n int, one func(i int)) {
	for i := range n {
		if i > 0 {
			w.b = append(w.b, ':')
		}
		one(i)
	}
}

func (w *writer) lengths(name string, v []Length, _ span) {
	given := false
	for _, l := range v {
		given = given || l.Given()
	}
	if given {
		w.key(name)
		w.join(len(v), func(i int) { w.b = appendLength(w.b, px0(v[i])) })
	}
}

func (w *writer) floats(_ string, v []float64, _ span) {
	w.next()
	w.join(len(v), func(i int) { w.b = appendNumber(w.b, v[i]) })
}

func (w *writer) numbers(name string, v *[]float64, _ span) {
	if len(*v) > 0 {
		w.key(name)
		w.join(len(*v), func(i int) { w.b = appendNumber(w.b, (*v)[i]) })
	}
}

func (w *writer) colors(name string, v *[]Color, _ int) {
	if len(*v) > 0 {
		w.key(name)
		w.join(len(*v), func(i int) { w.b = (*v)[i].append(w.b) })
	}
}

func (w *writer) strs(name string, v *[]string, _ int) {
	if len(*v) > 0 {
		w.key(name)
		w.join(len(*v), func(i int) { w.b = appendString(w.b, (*v)[i]) })
	}
}

func (w *writer) ranges(name string, v *[]PageRange, _ int) {
	if len(*v) == 0 {
		return
	}
	w.key(name)
	w.join(len(*v), func(i int) {
		r := (*v)[i]
		w.b = strconv.AppendInt(w.b, int64(r.First), 10)
		if r.Last == r.First {
			return
		}
		w.b = append(w.b, '-')
		if r.Last != 0 {
			w.b = strconv.AppendInt(w.b, int64(r.Last), 10)
		}
	})
}

// group writes a nested list of arguments; without any it is "()".
func (w *writer) group(name string, there bool, fn func()) bool {
	if !there {
		return false
	}
	w.key(name)
	w.open = false
	fn()
	if !w.open {
		w.b = append(w.b, '(')
	}
	w.b = append(w.b, ')')
	w.open = true
	return true
}

func (w *writer) expr(_ string, v *Expr) {
	w.next()
	w.b = v.append(w.b, 0)
}

func (w *writer) step(v *Step) { w.nested([]Step{*v}) }

func (w *writer) steps(name string, v *[]Step) {
	if len(*v) > 0 {
		w.key(name)
		w.list(*v)
	}
}

func (w *writer) nested(steps []Step) {
	w.next()
	w.list(steps)
}

func (w *writer) list(steps []Step) {
	w.b = append(w.b, '[')
	w.open, w.later = false, false
	for _, s := range steps {
		w.write(s)
	}
	w.end()
	w.b = append(w.b, ']')
	w.open, w.later = true, true
}

func (w *writer) bindings(v *[]Binding) {
	for _, b := range *v {
		w.key(word(b.Field))
		w.b = b.Expr.append(w.b, 0)
	}
}

const upperHex = "0123456789ABCDEF"

// appendString writes a string in quotes, percent-encoded.
func appendString(b []byte, s string) []byte {
	b = append(b, '\'')
	for i := range len(s) {
		if c := s[i]; safe(c) {
			b = append(b, c)
		} else {
			b = append(b, '%', upperHex[c>>4], upperHex[c&15])
		}
	}
	return append(b, '\'')
}

func safe(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
		c == '-' || c == '.' || c == '_' || c == '~' || c == '/'
}
