package cloudinary

import (
	"strconv"
	"strings"
	"time"

	"tintype/internal/dialect"
	"tintype/internal/media"
	"tintype/internal/search"
)

// meaning is what a field, an operator and a value ask.
func (p *expression) meaning(at int, f field, op string, w word) (search.Expr, error) {
	if op == "!=" {
		e, err := p.meaning(at, f, "=", w)
		return search.Not{Of: e}, err
	}
	compares := op != ":" && op != "="
	switch {
	case w.present() && compares:
		return nil, p.fail(at, "* cannot be compared")
	case w.present():
		return search.Present{Field: f.name}, nil
	case f.name == "aspect_ratio" && !w.quoted && !compares:
		if e, ok := shape(w.text); ok && !w.star {
			return e, nil
		}
	}
	if f.kind == search.Number || f.kind == search.Time || compares && f.kind == search.Mixed {
		return p.compare(at, f, op, w)
	}
	if compares {
		return nil, p.fail(at, "%s is a text, and has no order", dialect.Quotable(f.wire))
	}
	text := w.text
	if f.value != nil && !w.star {
		text = f.value(text)
	}
	if op == "=" && !search.Gathers(f.name) {
		return search.Equals{Field: f.name, Text: text, Prefix: w.star}, nil
	}
	return search.Contains{Field: f.name, Text: text, Prefix: w.star}, nil
}

// shape knows the words for ratios of width to height.
func shape(text string) (search.Expr, bool) {
	one := func(open bool) *search.Bound { return &search.Bound{Value: 1, Open: open} }
	switch text {
	case "portrait":
		return search.Range{Field: "aspect_ratio", Max: one(true)}, true
	case "square":
		return search.Range{Field: "aspect_ratio", Min: one(false), Max: one(false)}, true
	case "landscape":
		return search.Range{Field: "aspect_ratio", Min: one(true)}, true
	}
	return nil, false
}

// compare makes a range of a comparison with a number or time.
func (p *expression) compare(at int, f field, op string, w word) (search.Expr, error) {
	n, err := p.number(at, f, w)
	if err != nil {
		return nil, err
	}
	r := search.Range{Field: f.name}
	switch op {
	case ">":
		r.Min = &search.Bound{Value: n.from, Open: true}
	case ">=":
		r.Min = &search.Bound{Value: n.from}
	case "<":
		r.Max = &search.Bound{Value: n.from, Open: true}
	case "<=":
		r.Max = n.upTo(false)
	default:
		r.Min, r.Max = &search.Bound{Value: n.least}, &search.Bound{Value: n.most, Open: n.open}
		if n.relative { // a time that counts back from now means since then
			r.Max = nil
		}
	}
	return r, nil
}

// quantity is what a text means as a number.
type quantity struct {
	// from is the value itself; a day begins there.
	from float64
	// least and most bound what equals it; open says that most does not.
	least, most float64
	open        bool
	day         bool
	relative    bool
}

// upTo is the end of a range that goes as far as the number: a day is within.
func (n quantity) upTo(open bool) *search.Bound {
	if n.day && !open {
		return &search.Bound{Value: n.most, Open: true}
	}
	return &search.Bound{Value: n.from, Open: open}
}

func (p *expression) number(at int, f field, w word) (quantity, error) {
	if w.star {
		return quantity{}, p.fail(at, "%s is a number, there is no beginning of it", dialect.Quotable(f.wire))
	}
	if f.kind == search.Time {
		if n, ok := timeOf(w.text, p.now); ok {
			return n, nil
		}
		return quantity{}, p.fail(at, "%s is no date, no time and no span such as 4w", dialect.Quotable(w.text))
	}
	if f.kind == search.Mixed {
		if n, ok := search.ParseNumber(w.text); ok {
			return exactly(n), nil
		}
	}
	n, ok := amount(f.name, w.text)
	if !ok {
		return quantity{}, p.fail(at, "%s is no value of %s", dialect.Quotable(w.text), dialect.Quotable(f.wire))
	}
	if f.name == "aspect_ratio" {
		// Ratios of whole pixels only come near.
		return quantity{from: n, least: n - 0.005, most: n + 0.005}, nil
	}
	return exactly(n), nil
}

func exactly(n float64) quantity { return quantity{from: n, least: n, most: n} }

// units are what numbers of a field may end in.
var units = map[string]map[string]float64{
	"bytes":        {"k": 1 << 10, "kb": 1 << 10, "m": 1 << 20, "mb": 1 << 20, "g": 1 << 30, "gb": 1 << 30, "b": 1},
	"backup_bytes": {"k": 1 << 10, "kb": 1 << 10, "m": 1 << 20, "mb": 1 << 20, "g": 1 << 30, "gb": 1 << 30, "b": 1},
	"bit_rate":     {"k": 1e3, "m": 1e6},
	"pixels":       {"k": 1e3, "m": 1e6},
	"duration":     {"s": 1},
}

// amount reads a number with its unit, or a ratio.
func amount(field, text string) (float64, bool) {
	if w, h, ok := strings.Cut(text, ":"); ok && field == "aspect_ratio" {
		a, ok1 := decimal(w)
		b, ok2 := decimal(h)
		return a / b, ok1 && ok2 && b > 0
	}
	digits := strings.TrimRight(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
	factor := 1.0
	if unit := strings.ToLower(text[len(digits):]); unit != "" {
		var ok bool
		if factor, ok = units[field][unit]; !ok {
			return 0, false
		}
	}
	n, ok := decimal(digits)
	return n * factor, ok
}

// decimal reads digits with at most one point, and a sign.
func decimal(text string) (float64, bool) {
	if len(text) > 30 || strings.Trim(text, "0123456789.-+") != "" {
		return 0, false
	}
	n, err := strconv.ParseFloat(text, 64)
	return n + 0, err == nil
}

// timeOf reads a date, a time, or a span that counts back from now.
func timeOf(text string, now time.Time) (quantity, bool) {
	if t, err := time.Parse(time.DateOnly, text); err == nil {
		n := quantity{from: search.Micros(t), most: search.Micros(t.AddDate(0, 0, 1)), open: true, day: true}
		n.least = n.from
		return n, true
	}
	if t, ok := search.ParseTime(text); ok {
		n := exactly(search.Micros(t))
		if t.Nanosecond() == 0 {
			n.most, n.open = n.from+1e6, true
		}
		return n, true
	}
	if text == "" {
		return quantity{}, false
	}
	count, err := strconv.ParseUint(text[:len(text)-1], 10, 16)
	if err != nil {
		return quantity{}, false
	}
	n, t := int(count), now.UTC()
	switch text[len(text)-1] {
	case 'h':
		t = t.Add(-time.Duration(n) * time.Hour)
	case 'd':
		t = t.AddDate(0, 0, -n)
	case 'w':
		t = t.AddDate(0, 0, -7*n)
	case 'm':
		t = t.AddDate(0, -n, 0)
	case 'y':
		if n > 1000 {
			return quantity{}, false
		}
		t = t.AddDate(-n, 0, 0)
	default:
		return quantity{}, false
	}
	out := exactly(search.Micros(t))
	out.relative = true
	return out, true
}

// field is a field in the words of an expression.
type field struct {
	wire, name string
	kind       search.Type
	// value gives a value the model's word; nil where it has the same.
	value func(string) string
}

// vocabulary is the fields of a kind of search.
type vocabulary struct {
	// names maps the words of expressions to the model's.
	names map[string]string
	// families maps what stands before a dot.
	families map[string]string
	// other is the family of a word that is no field; "" if there is none.
	other string
	// common are the fields of a bare value; nil stands for the model's own.
	common []string
}

func (v vocabulary) find(wire string) (field, bool) {
	f := field{wire: wire}
	if name, ok := v.names[wire]; ok {
		f.name = name
	} else if family, key, ok := strings.Cut(wire, "."); ok && key != "" && v.families[family] != "" {
		f.name = v.families[family] + "." + key
	} else if v.other != "" && !ok && len(wire) <= search.MaxField-20 {
		f.name = v.other + "." + wire
	} else {
		return f, false
	}
	f.kind, _ = search.TypeOf(f.name)
	switch f.name {
	case "access":
		f.value = func(s string) string {
			if a, ok := accesses[strings.ToLower(s)]; ok {
				return string(a)
			}
			return s
		}
	case "format":
		f.value = func(s string) string {
			if f, ok := media.FormatByExtension(s); ok {
				return f.Extension
			}
			return s
		}
	}
	return f, true
}

// bare is what a value without a field asks.
func (v vocabulary) bare(w word) search.Expr {
	if v.common == nil {
		return search.Contains{Text: w.text, Prefix: w.star}
	}
	of := make(search.Or, len(v.common))
	for i, name := range v.common {
		of[i] = search.Contains{Field: name, Text: w.text, Prefix: w.star}
	}
	return of
}
