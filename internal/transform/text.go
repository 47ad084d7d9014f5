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
//	arg   = value | key "=" value
//	value = word | string | "[" text "]" | "(" arg *( "," arg ) ")"
//
// Steps in brackets are those of branches, layers and mixes. Strings are in
// single quotes, percent-encoded but for letters, digits and -._~/. An
// expression is a number, a string, $variable, fact, or operator(arg, ...).
//
// Items are input and dpr, then the steps in order, then output. Sizes are
// 200x300, 200x or x300; a number with "%" is a fraction, without it pixels.
// Colours are CSS's #rrggbb or #rrggbbaa.
//
// The text of a transformation that is not valid is for messages only.
func (t Transformation) String() string {
	t = t.Normalize()
	w := &writer{b: make([]byte, 0, 128)}
	if t.Input != (Input{}) {
		t.Input.args(w.item("input"))
	}
	if t.DPR != 0 {
		w.item("dpr").next()
		w.b = appendNumber(w.b, t.DPR)
	}
	for _, s := range t.Steps {
		w.write(s)
	}
	if t.Output != (Output{}) {
		w.output(t.Output)
	}
	w.end()
	return string(w.b)
}

// stepName is the step's word in texts and messages.
func stepName(s Step) string {
	if k := kindOfStep(s); k != nil {
		return k.name
	}
	return strconv.Quote(fmt.Sprintf("%T", s))
}

// writer is the form that appends items and their arguments.
type writer struct {
	b     []byte
	open  bool // an argument of the item was written
	later bool // an item was written
}

func (w *writer) end() {
	if w.open {
		w.b = append(w.b, ')')
	}
	w.open = false
}

func (w *writer) item(name string) *writer {
	w.end()
	if w.later {
		w.b = append(w.b, '|')
	}
	w.later = true
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

func (w *writer) key(k string) {
	w.next()
	w.b = append(append(w.b, k...), '=')
}

// start begins an argument.
func (w *writer) start(name string, lead bool) {
	if lead {
		w.next()
	} else {
		w.key(name)
	}
}

func (w *writer) plain(s string) { w.next(); w.b = append(w.b, s...) }

func (w *writer) write(s Step) {
	w.item(stepName(s))
	if k := kindOfStep(s); k != nil {
		p, _ := k.hold(s)
		p.args(w)
	}
}

func (w *writer) output(o Output) {
	w.item("output")
	if o.Format != "" {
		w.plain(word(o.Format))
	}
	o.args(w)
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

// MarshalText writes the canonical text.
func (t Transformation) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads what MarshalText wrote, as Parse does.
func (t *Transformation) UnmarshalText(text []byte) error {
	parsed, err := Parse(string(text))
	if err == nil {
		*t = parsed
	}
	return err
}
