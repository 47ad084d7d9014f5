package transform

import "strings"

func (a *args) word(name string, v *string, lead bool, _ ...string) {
	if s, ok := a.get(name, lead); ok {
		a.reject(!isWord(s), s)
		*v = s
	}
}

func (a *args) small(name string, v *uint8, words ...string) {
	s, ok := a.get(name, false)
	if !ok {
		return
	}
	for i, w := range words {
		if s == w {
			*v = uint8(i + 1)
			return
		}
	}
	a.reject(true, s)
}

func (a *args) num(name string, v *float64, s span) {
	if t, ok := a.get(name, s.lead); ok {
		*v = a.parseNum(t)
	}
}

func (a *args) count(name string, v *int, s span) {
	if t, ok := a.get(name, s.lead); ok {
		*v = a.parseInt(t)
		a.reject(*v == 0 && !s.lead || *v < 0 && s.lo >= 0, t)
	}
}

func (a *args) flag(name string, v *bool) {
	if len(a.words) > 0 && a.words[0] == name {
		a.words = a.words[1:]
		*v = true
	}
}

func (a *args) length(name string, v *Length, s span) {
	if t, ok := a.get(name, s.lead); ok {
		*v = a.parseLength(t)
	}
}

func (a *args) color(name string, v *Color, s span) {
	if t, ok := a.get(name, s.lead); ok {
		*v = a.parseColor(t)
	}
}

func (a *args) maybe(name string, v **Color) {
	if t, ok := a.get(name, false); ok {
		c := a.parseColor(t)
		*v = &c
	}
}

func (a *args) str(name string, v *string, _ int) {
	if t, ok := a.get(name, false); ok {
		*v = a.parseString(t)
	}
}

func (a *args) box(b *Box) {
	if len(a.words) > 0 && strings.Contains(a.words[0], "x") {
		size := a.take()
		w, h, _ := strings.Cut(size, "x")
		a.reject(w+h == "", size)
		if w != "" {
			b.Width = a.parseLength(w)
		}
		if h != "" {
			b.Height = a.parseLength(h)
		}
	}
	a.flag("free", &b.FreeRatio)
	if s, ok := a.get("ratio", false); ok {
		b.Ratio = a.parseNum(s)
		a.reject(b.Ratio == 0, s)
	}
}

func (a *args) gravity(g *Gravity, _ bool) {
	a.word("gravity", (*string)(&g.Anchor), false)
	a.length("x", &g.X, offsets)
	a.length("y", &g.Y, offsets)
	a.word("fallback", (*string)(&g.Fallback), false)
	a.str("region", &g.Name, 0)
}

func (a *args) radii(name string, r *[4]Length, lead bool) {
	s, ok := a.get(name, lead)
	if !ok {
		return
	}
	parts := strings.Split(s, ":")
	if len(parts) != 1 && len(parts) != 4 {
		a.reject(true, s)
		return
	}
	for i := range r {
		if l := a.parseLength(parts[i%len(parts)]); l.Value != 0 {
			r[i] = l
		}
	}
}

func (a *args) lengths(name string, v []Length, _ span) {
	s, ok := a.get(name, false)
	if !ok {
		return
	}
	parts := strings.Split(s, ":")
	if len(parts) != len(v) {
		a.reject(true, s)
		return
	}
	for i, p := range parts {
		if l := a.parseLength(p); l.Value != 0 {
			v[i] = l
		}
	}
}

func (a *args) floats(_ string, v []float64, _ span) {
	s := a.take()
	parts := strings.Split(s, ":")
	if len(parts) != len(v) {
		a.reject(true, s)
		return
	}
	for i, p := range parts {
		v[i] = a.parseNum(p)
	}
}

// list takes values between colons.
func (a *args) list(name string, most int, one func(s string)) {
	s, ok := a.get(name, false)
	if !ok {
		return
	}
	if strings.Count(s, ":") >= most {
		a.reject(true, s)
		return
	}
	for p := range strings.SplitSeq(s, ":") {
		one(p)
	}
}

func (a *args) numbers(name string, v *[]float64, s span) {
	a.list(name, int(s.hi), func(p string) { *v = append(*v, a.parseNum(p)) })
}

func (a *args) colors(name string, v *[]Color, most int) {
	a.list(name, most, func(p string) { *v = append(*v, a.parseColor(p)) })
}

func (a *args) strs(name string, v *[]string, most int) {
	a.list(name, most, func(p string) { *v = append(*v, a.parseString(p)) })
}

func (a *args) ranges(name string, v *[]PageRange, most int) {
	a.list(name, most, func(p string) {
		first, last, open := strings.Cut(p, "-")
		r := PageRange{First: a.parseInt(first)}
		switch {
		case !open:
			r.Last = r.First
		case last != "":
			r.Last = a.parseInt(last)
			a.reject(r.Last == 0, p)
		}
		*v = append(*v, r)
	})
}

func (a *args) group(name string, _ bool, fn func()) bool {
	s, ok := a.get(name, false)
	if !ok {
		return false
	}
	if len(s) < 2 || s[0] != '(' || s[len(s)-1] != ')' {
		a.reject(true, s)
		return false
	}
	words, pairs := a.words, a.pairs
	a.words, a.pairs = nil, nil
	if s != "()" {
		a.fill(s[1 : len(s)-1])
	}
	fn()
	a.done()
	a.words, a.pairs = words, pairs
	return true
}

func (a *args) expr(_ string, v *Expr) { *v = a.parseExpr(a.take(), 0) }

func (a *args) step(v *Step) {
	steps := a.chain(a.take())
	if len(steps) != 1 {
		a.fail("needs one step in brackets")
		return
	}
	*v = steps[0]
}

func (a *args) steps(name string, v *[]Step) {
	if s, ok := a.get(name, false); ok {
		*v = a.chain(s)
	}
}

// bindings takes whatever keys are left, which is all of a Bind's.
func (a *args) bindings(v *[]Binding) {
	for _, p := range a.pairs {
		a.reject(!isWord(p.key), p.key)
		*v = append(*v, Binding{p.key, a.parseExpr(p.value, 0)})
	}
	a.pairs = nil
}

// parseExpr reads what Expr.append writes.
func (a *args) parseExpr(s string, depth int) Expr {
	if depth > maxExprDepth || a.err != nil {
		a.fail("has an expression that is nested too deeply")
		return Expr{}
	}
	switch {
	case s == "":
		a.reject(true, s)
		return Expr{}
	case s[0] == '\'':
		return Str(a.parseString(s))
	case s[0] == '$':
		a.reject(!isVariable(s[1:]), s)
		return Var(s[1:])
	case s[0] == '-' || (s[0] >= '0' && s[0] <= '9'):
		return Num(a.parseNum(s))
	}
	name, list, call := strings.Cut(s, "(")
	if !call {
		a.reject(!isFactWord(s), s)
		return Fact(s)
	}
	if !strings.HasSuffix(list, ")") || !isWord(name) {
		a.reject(true, s)
		return Expr{}
	}
	list = list[:len(list)-1]
	if name == string(ExprFact) {
		return Fact(a.parseString(list))
	}
	e := Expr{Op: Operator(name)}
	if list == "" {
		return e
	}
	for _, arg := range split(list, ',') {
		e.Args = append(e.Args, a.parseExpr(arg, depth+1))
	}
	return e
}
