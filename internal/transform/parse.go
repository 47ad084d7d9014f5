package transform

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"tintype/internal/media"
)

// maxDepth bounds how deep steps, groups and expressions nest.
const maxDepth = 8

// Parse reads the text that String writes. It is strict about the form (no
// spaces, no unknown, repeated or missing argument) but takes texts that are
// not canonical, and does not validate. The error is of code Invalid.
func Parse(text string) (Transformation, error) {
	var t Transformation
	if text == "" {
		return t, nil
	}
	stage := 0 // items must come in the order input, dpr, steps, output
	for _, item := range split(text, '|') {
		a, err := parseItem(item, 0)
		if err != nil {
			return Transformation{}, err
		}
		from, at := stage, 2
		switch a.name {
		case "input":
			at = 0
			t.Input.args(a)
			a.reject(t.Input == Input{}, "nothing")
		case "dpr":
			at = 1
			t.DPR = a.parseNum(a.take())
			a.reject(t.DPR == 0, "0")
		case "output":
			at = 3
			if len(a.words) > 0 {
				t.Output.Format = a.take()
				a.reject(!isWord(t.Output.Format), t.Output.Format)
			}
			t.Output.args(a)
		default:
			t.Steps = append(t.Steps, a.read())
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

// split cuts at sep where no parenthesis or bracket is open.
func split(s string, sep byte) []string {
	if strings.IndexByte(s, sep) < 0 {
		return []string{s}
	}
	var parts []string
	depth, from := 0, 0
	for i := range len(s) {
		switch s[i] {
		case '(', '[':
			depth++
		case ')', ']':
			depth--
		case sep:
			if depth == 0 {
				parts = append(parts, s[from:i])
				from = i + 1
			}
		}
	}
	return append(parts, s[from:])
}

// args is the form that takes the arguments of one item one by one; the first
// error sticks.
type args struct {
	item, name string
	words      []string
	pairs      []pair
	depth      int
	err        error
}

type pair struct{ key, value string }

func parseItem(item string, depth int) (*args, error) {
	a := &args{item: item, name: item, depth: depth}
	if i := strings.IndexByte(item, '('); i >= 0 {
		if !strings.HasSuffix(item, ")") {
			a.fail("has no closing parenthesis")
			return nil, a.err
		}
		a.name = item[:i]
		a.fill(item[i+1 : len(item)-1])
	}
	if !isWord(a.name) {
		a.fail("has no proper name")
	}
	return a, a.err
}

func (a *args) fill(list string) {
	for _, arg := range split(list, ',') {
		k := strings.IndexByte(arg, '=')
		if k < 0 || strings.ContainsAny(arg[:k], "([") {
			a.words = append(a.words, arg)
			continue
		}
		for _, p := range a.pairs {
			if p.key == arg[:k] {
				a.fail("has %q twice", arg[:k])
			}
		}
		a.pairs = append(a.pairs, pair{arg[:k], arg[k+1:]})
	}
}

func (a *args) fail(format string, v ...any) {
	if a.err == nil {
		item := a.item
		if len(item) > 200 {
			item = item[:200]
		}
		a.err = media.Errorf(media.Invalid, "Invalid transformation: %q %s", item, fmt.Sprintf(format, v...))
	}
}

func (a *args) reject(bad bool, got string) {
	if bad {
		if len(got) > 200 {
			got = got[:200]
		}
		a.fail("cannot have %q", got)
	}
}

// done complains about arguments that nobody took.
func (a *args) done() {
	for _, w := range a.words {
		a.reject(true, w)
	}
	for _, p := range a.pairs {
		a.reject(true, p.key)
	}
}

// read takes a whole step.
func (a *args) read() Step {
	k := kindByName[a.name]
	if k == nil {
		a.fail("is not known")
		return nil
	}
	p, value := k.hold(nil)
	p.args(a)
	return value()
}

// take takes the next argument without key.
func (a *args) take() string {
	if len(a.words) == 0 {
		a.fail("lacks an argument")
		return ""
	}
	w := a.words[0]
	a.words = a.words[1:]
	return w
}

// get takes an argument: the next one without key, or the one of that key.
func (a *args) get(name string, lead bool) (string, bool) {
	if lead {
		return a.take(), true
	}
	for i, p := range a.pairs {
		if p.key == name {
			a.pairs = slices.Delete(a.pairs, i, i+1)
			return p.value, true
		}
	}
	return "", false
}

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

func (a *args) parseInt(s string) int {
	v, err := strconv.Atoi(s)
	a.reject(err != nil || !digits(strings.TrimPrefix(s, "-")), s)
	return v
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

func (a *args) parseColor(s string) Color {
	c, err := ParseColor(s)
	a.reject(err != nil, s)
	return c
}

// parseString is the inverse of appendString.
func (a *args) parseString(s string) string {
	v, ok := unquote(s)
	a.reject(!ok, s)
	return v
}

func unquote(s string) (string, bool) {
	if len(s) < 2 || s[0] != '\'' || s[len(s)-1] != '\'' {
		return "", false
	}
	s = s[1 : len(s)-1]
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case safe(s[i]):
			b = append(b, s[i])
		case s[i] == '%' && i+2 < len(s):
			hi, lo := strings.IndexByte(upperHex, s[i+1]), strings.IndexByte(upperHex, s[i+2])
			if hi < 0 || lo < 0 {
				return "", false
			}
			b = append(b, byte(hi<<4|lo))
			i += 2
		default:
			return "", false
		}
	}
	return string(b), true
}

// chain reads steps in brackets.
func (a *args) chain(s string) []Step {
	if a.depth >= maxDepth {
		a.fail("is nested too deeply")
		return nil
	}
	if len(s) < 2 || s[0] != '[' || s[len(s)-1] != ']' {
		a.reject(true, s)
		return nil
	}
	if s == "[]" {
		return nil
	}
	var steps []Step
	for _, item := range split(s[1:len(s)-1], '|') {
		b, err := parseItem(item, a.depth+1)
		if err == nil {
			steps = append(steps, b.read())
			b.done()
			err = b.err
		}
		if err != nil {
			if a.err == nil {
				a.err = err
			}
			return nil
		}
	}
	return steps
}
