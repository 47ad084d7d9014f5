package transform

import (
	"fmt"
	"strconv"
	"strings"
)

// String writes the canonical text: transformations of equal meaning have
// equal texts, and different texts mean something different. Parse reads it.
//
//	text  = [ item *( "|" item ) ]
//	item  = name [ "(" arg *( "," arg ) ")" ]
//	arg   = word | key "=" word
//
// Items are input and dpr, then the steps in order, then output. Sizes are
// 200x300, 200x or x300; a number with "%" is a fraction, without it pixels.
// Colours are CSS's #rrggbb or #rrggbbaa.
//
// The text of a transformation that is not valid is for messages only.
func (t Transformation) String() string {
	t = t.Normalize()
	w := &writer{b: make([]byte, 0, 128)}
	if t.Input.IgnoreOrientation {
		w.item("input").word("ignore-orientation")
	}
	if t.DPR != 0 {
		w.item("dpr").num(t.DPR)
	}
	for _, s := range t.Steps {
		w.step(s)
	}
	if t.Output != (Output{}) {
		w.output(t.Output)
	}
	w.end()
	return string(w.b)
}

func stepName(s Step) string {
	switch s.(type) {
	case Resize:
		return "resize"
	case Extract:
		return "extract"
	case Extend:
		return "extend"
	case Rotate:
		return "rotate"
	case Flip:
		return "flip"
	case Round:
		return "round"
	case Border:
		return "border"
	case Opacity:
		return "opacity"
	case Flatten:
		return "flatten"
	case Grayscale:
		return "grayscale"
	case Sepia:
		return "sepia"
	case Brightness:
		return "brightness"
	case Contrast:
		return "contrast"
	case Saturation:
		return "saturation"
	case Blur:
		return "blur"
	case Sharpen:
		return "sharpen"
	}
	return strconv.Quote(fmt.Sprintf("%T", s))
}

// writer appends items and their arguments.
type writer struct {
	b    []byte
	open bool // an argument of the item was written
}

func (w *writer) end() {
	if w.open {
		w.b = append(w.b, ')')
	}
	w.open = false
}

func (w *writer) item(name string) *writer {
	w.end()
	if len(w.b) > 0 {
		w.b = append(w.b, '|')
	}
	w.b = append(w.b, name...)
	return w
}

func (w *writer) next() {
	if w.open {
		w.b = append(w.b, ',')
	} else {
		w.b = append(w.b, '(')
	}
	w.open = true
}

func (w *writer) key(k string) *writer {
	w.next()
	w.b = append(append(w.b, k...), '=')
	return w
}

func (w *writer) word(s string) { w.next(); w.b = append(w.b, s...) }

func (w *writer) num(v float64) { w.next(); w.b = appendNumber(w.b, v) }

func (w *writer) color(c Color) { w.next(); w.b = c.append(w.b) }

func (w *writer) keyed(k string, l Length) {
	if l.Given() {
		w.key(k)
		w.b = appendLength(w.b, l)
	}
}

func (w *writer) box(x Box) {
	if x.Width.Given() || x.Height.Given() {
		w.next()
		w.b = appendLength(w.b, x.Width)
		w.b = append(w.b, 'x')
		w.b = appendLength(w.b, x.Height)
	}
	if x.FreeRatio {
		w.word("free")
	}
	if x.Ratio != 0 {
		w.key("ratio")
		w.b = appendNumber(w.b, x.Ratio)
	}
}

func (w *writer) gravity(g Gravity) {
	if g.Anchor != "" {
		w.key("gravity")
		w.b = append(w.b, word(string(g.Anchor))...)
	}
	w.keyed("x", g.X)
	w.keyed("y", g.Y)
}

func (w *writer) background(c *Color) {
	if c != nil {
		w.key("background")
		w.b = c.append(w.b)
	}
}

func (w *writer) radii(r [4]Length) {
	n := 4
	if r[0] == r[1] && r[0] == r[2] && r[0] == r[3] {
		n = 1
	}
	for i, l := range r[:n] {
		if i > 0 {
			w.b = append(w.b, ':')
		}
		if !l.Given() {
			l = Px(0)
		}
		w.b = appendLength(w.b, l)
	}
}

func (w *writer) step(s Step) {
	w.item(stepName(s))
	switch s := s.(type) {
	case Resize:
		w.word(word(string(s.Fit)))
		w.box(s.Box)
		if s.Limit != AnySize {
			w.key("limit")
			w.b = append(w.b, limitName(s.Limit)...)
		}
		w.gravity(s.Gravity)
		w.background(s.Background)
	case Extract:
		w.box(s.Box)
		w.gravity(s.Gravity)
	case Extend:
		w.box(s.Box)
		w.gravity(s.Gravity)
		w.background(s.Background)
	case Rotate:
		w.num(s.Degrees)
		w.background(s.Background)
	case Flip:
		if s.Vertical {
			w.word("vertical")
		} else {
			w.word("horizontal")
		}
	case Round:
		if s.Ellipse {
			w.word("ellipse")
			break
		}
		w.next()
		w.radii(s.Radii)
	case Border:
		w.next()
		w.b = appendLength(w.b, s.Width)
		w.color(s.Color)
		switch {
		case s.Ellipse:
			w.word("ellipse")
		case s.Radii != [4]Length{}:
			w.key("radii")
			w.radii(s.Radii)
		}
	default:
		w.tone(s)
	}
}

func (w *writer) tone(s Step) {
	switch s := s.(type) {
	case Opacity:
		w.num(s.Factor)
	case Flatten:
		w.color(s.Color)
	case Sepia:
		w.num(s.Amount)
	case Brightness:
		w.num(s.Amount)
	case Contrast:
		w.num(s.Amount)
	case Saturation:
		w.num(s.Amount)
	case Blur:
		w.num(s.Sigma)
	case Sharpen:
		w.num(s.Sigma)
		w.num(s.Amount)
	}
}

func (w *writer) output(o Output) {
	w.item("output")
	if o.Format != "" {
		w.word(word(o.Format))
	}
	if o.Quality != 0 {
		w.key("q")
		w.b = strconv.AppendInt(w.b, int64(o.Quality), 10)
	}
	if o.Frames != FramesDefault {
		w.key("frames")
		w.b = append(w.b, framesName(o.Frames)...)
	}
	if o.Progressive {
		w.key("progressive")
		w.b = append(w.b, "true"...)
	}
}

func limitName(l Limit) string {
	switch l {
	case ReduceOnly:
		return "reduce"
	case EnlargeOnly:
		return "enlarge"
	}
	return `"` + strconv.Itoa(int(l)) + `"`
}

func framesName(f Frames) string {
	switch f {
	case FramesAll:
		return "all"
	case FramesFirst:
		return "first"
	}
	return `"` + strconv.Itoa(int(f)) + `"`
}

// word returns s as it is when it may stand in a text, else quoted, which
// Parse never accepts: so no foreign word can pass for something else.
func word(s string) string {
	if isWord(s) {
		return s
	}
	return strconv.Quote(s)
}

func isWord(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return s != ""
}

func number(v float64) string { return string(appendNumber(nil, v)) }

// appendNumber writes the fewest digits that read back as v, without exponent.
func appendNumber(b []byte, v float64) []byte { return strconv.AppendFloat(b, v, 'f', -1, 64) }

func lengthText(l Length) string { return string(appendLength(nil, l)) }

func appendLength(b []byte, l Length) []byte {
	switch l.Unit {
	case Pixel:
		return appendNumber(b, l.Value)
	case Fraction:
		return append(appendPercent(b, l.Value), '%')
	case Absent:
		return b
	}
	return append(b, `"unit"`...)
}

// appendPercent writes v times 100 by moving the decimal point of its text,
// so that no digit changes.
func appendPercent(b []byte, v float64) []byte {
	if !finite(v) {
		return appendNumber(b, v)
	}
	s := number(v)
	if s[0] == '-' {
		b, s = append(b, '-'), s[1:]
	}
	whole, frac, _ := strings.Cut(s, ".")
	for len(frac) < 2 {
		frac += "0"
	}
	whole = strings.TrimLeft(whole+frac[:2], "0")
	if whole == "" {
		whole = "0"
	}
	b = append(b, whole...)
	if frac = frac[2:]; frac != "" {
		b = append(append(b, '.'), frac...)
	}
	return b
}
