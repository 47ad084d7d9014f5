package transform

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"tintype/internal/media"
)

// Parse reads the text that String writes. It is strict about the form (no
// spaces, no unknown, repeated or missing argument) but takes texts that are
// not canonical, and does not validate. The error is of code Invalid.
func Parse(text string) (Transformation, error) {
	var t Transformation
	if text == "" {
		return t, nil
	}
	stage := 0 // items must come in the order input, dpr, steps, output
	for item := range strings.SplitSeq(text, "|") {
		a, err := parseItem(item)
		if err != nil {
			return Transformation{}, err
		}
		from, at := stage, 2
		switch a.name {
		case "input":
			at = 0
			a.oneOf("ignore-orientation")
			t.Input.IgnoreOrientation = true
		case "dpr":
			at = 1
			t.DPR = a.num()
			a.reject(t.DPR == 0, "0")
		case "output":
			at = 3
			t.Output = a.output()
		default:
			t.Steps = append(t.Steps, a.step())
		}
		a.done()
		if at < from || (at == from && stage > 0 && at != 2) {
			a.fail("stands in the wrong place")
		}
		if stage = at; at != 2 {
			stage++
		}
		if a.err != nil {
			return Transformation{}, a.err
		}
	}
	return t, nil
}

// args are the arguments of one item, taken one by one; the first error sticks.
type args struct {
	item, name string
	words      []string
	keys       map[string]string
	err        error
}

func parseItem(item string) (*args, error) {
	a := &args{item: item, name: item}
	if i := strings.IndexByte(item, '('); i >= 0 {
		if !strings.HasSuffix(item, ")") {
			a.fail("has no closing parenthesis")
			return nil, a.err
		}
		a.name = item[:i]
		for arg := range strings.SplitSeq(item[i+1:len(item)-1], ",") {
			a.add(arg)
		}
	}
	if !isWord(a.name) {
		a.fail("has no proper name")
	}
	return a, a.err
}

func (a *args) add(arg string) {
	k, v, keyed := strings.Cut(arg, "=")
	if !keyed {
		a.words = append(a.words, arg)
		return
	}
	if _, twice := a.keys[k]; twice {
		a.fail("has %q twice", k)
	}
	if a.keys == nil {
		a.keys = map[string]string{}
	}
	a.keys[k] = v
}

func (a *args) fail(format string, v ...any) {
	if a.err == nil {
		a.err = media.Errorf(media.Invalid, "Invalid transformation: %q %s", a.item, fmt.Sprintf(format, v...))
	}
}

func (a *args) reject(bad bool, got string) {
	if bad {
		a.fail("cannot have %q", got)
	}
}

// done complains about arguments that nobody took.
func (a *args) done() {
	for _, w := range a.words {
		a.fail("cannot have %q", w)
	}
	for k := range a.keys {
		a.fail("cannot have %q", k)
	}
}

// word takes the next argument without key.
func (a *args) word() string {
	if len(a.words) == 0 {
		a.fail("lacks an argument")
		return ""
	}
	w := a.words[0]
	a.words = a.words[1:]
	return w
}

func (a *args) oneOf(words ...string) int {
	got := a.word()
	for i, w := range words {
		if got == w {
			return i
		}
	}
	a.reject(true, got)
	return 0
}

// next takes the next argument if it is w.
func (a *args) next(w string) bool {
	if len(a.words) == 0 || a.words[0] != w {
		return false
	}
	a.words = a.words[1:]
	return true
}

func (a *args) key(k string) (string, bool) {
	v, ok := a.keys[k]
	delete(a.keys, k)
	return v, ok
}

// choice takes an optional key whose value is one of words, and returns its
// place from 1; 0 when the key is not there.
func (a *args) choice(k string, words ...string) int {
	v, ok := a.key(k)
	if !ok {
		return 0
	}
	for i, w := range words {
		if v == w {
			return i + 1
		}
	}
	a.reject(true, v)
	return 0
}

func (a *args) num() float64 { return a.parseNum(a.word()) }

func (a *args) parseNum(s string) float64 {
	v, ok := parseNumber(s)
	a.reject(!ok, s)
	return v
}

func parseNumber(s string) (float64, bool) {
	whole, frac, dot := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	if !digits(whole) || (dot && !digits(frac)) {
		return 0, false
	}
	v, err := strconv.ParseFloat(s, 64)
	return v, err == nil
}

func digits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

func (a *args) parseLength(s string) Length {
	n, percent := strings.CutSuffix(s, "%")
	if !percent {
		return Px(a.parseNum(s))
	}
	if _, ok := parseNumber(n); !ok {
		a.reject(true, s)
		return Length{}
	}
	v, err := strconv.ParseFloat(n+"e-2", 64)
	a.reject(err != nil || math.IsInf(v, 0), s)
	return Frac(v)
}

func (a *args) length(k string) Length {
	if s, ok := a.key(k); ok {
		return a.parseLength(s)
	}
	return Length{}
}

func (a *args) color() Color { return a.parseColor(a.word()) }

func (a *args) parseColor(s string) Color {
	c, err := ParseColor(s)
	a.reject(err != nil, s)
	return c
}

func (a *args) background() *Color {
	s, ok := a.key("background")
	if !ok {
		return nil
	}
	c := a.parseColor(s)
	return &c
}

func (a *args) box() Box {
	var b Box
	if len(a.words) > 0 && a.words[0] != "free" {
		s := a.word()
		w, h, ok := strings.Cut(s, "x")
		a.reject(!ok || w+h == "", s)
		if w != "" {
			b.Width = a.parseLength(w)
		}
		if h != "" {
			b.Height = a.parseLength(h)
		}
	}
	b.FreeRatio = a.next("free")
	if s, ok := a.key("ratio"); ok {
		b.Ratio = a.parseNum(s)
		a.reject(b.Ratio == 0, s)
	}
	return b
}

func (a *args) gravity() Gravity {
	var g Gravity
	if s, ok := a.key("gravity"); ok {
		a.reject(!isWord(s), s)
		g.Anchor = Anchor(s)
	}
	g.X, g.Y = a.length("x"), a.length("y")
	return g
}

func (a *args) radii(s string) (r [4]Length) {
	parts := strings.Split(s, ":")
	if len(parts) != 1 && len(parts) != 4 {
		a.reject(true, s)
		return r
	}
	for i := range r {
		if l := a.parseLength(parts[i%len(parts)]); l.Value != 0 {
			r[i] = l
		}
	}
	return r
}

func (a *args) step() Step {
	switch a.name {
	case "resize":
		fit := a.word()
		a.reject(!isWord(fit), fit)
		s := Resize{Fit: Fit(fit), Box: a.box()}
		s.Limit = Limit(a.choice("limit", "reduce", "enlarge"))
		s.Gravity, s.Background = a.gravity(), a.background()
		return s
	case "extract":
		return Extract{Box: a.box(), Gravity: a.gravity()}
	case "extend":
		return Extend{Box: a.box(), Gravity: a.gravity(), Background: a.background()}
	case "rotate":
		return Rotate{Degrees: a.num(), Background: a.background()}
	case "flip":
		return Flip{Vertical: a.oneOf("horizontal", "vertical") == 1}
	case "round":
		if a.next("ellipse") {
			return Round{Ellipse: true}
		}
		return Round{Radii: a.radii(a.word())}
	case "border":
		s := Border{Width: a.parseLength(a.word()), Color: a.color()}
		if s.Ellipse = a.next("ellipse"); s.Ellipse {
			return s
		}
		if r, ok := a.key("radii"); ok {
			s.Radii = a.radii(r)
		}
		return s
	}
	return a.tone()
}

func (a *args) tone() Step {
	switch a.name {
	case "opacity":
		return Opacity{a.num()}
	case "flatten":
		return Flatten{a.color()}
	case "grayscale":
		return Grayscale{}
	case "sepia":
		return Sepia{a.num()}
	case "brightness":
		return Brightness{a.num()}
	case "contrast":
		return Contrast{a.num()}
	case "saturation":
		return Saturation{a.num()}
	case "blur":
		return Blur{a.num()}
	case "sharpen":
		return Sharpen{Sigma: a.num(), Amount: a.num()}
	}
	a.fail("is not known")
	return nil
}

func (a *args) output() Output {
	var o Output
	if len(a.words) > 0 {
		o.Format = a.word()
		a.reject(!isWord(o.Format), o.Format)
	}
	if s, ok := a.key("q"); ok {
		q, err := strconv.Atoi(s)
		a.reject(err != nil || !digits(s) || q == 0, s)
		o.Quality = q
	}
	o.Frames = Frames(a.choice("frames", "all", "first"))
	o.Progressive = a.choice("progressive", "true") == 1
	return o
}
