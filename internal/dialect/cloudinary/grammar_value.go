package cloudinary

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"tintype/internal/dialect"
	"tintype/internal/media"
	"tintype/internal/transform"
)

var (
	integerText = regexp.MustCompile(`^-?[0-9]{1,9}$`)
	decimalText = regexp.MustCompile(`^-?[0-9]*\.[0-9]+$`)
	borderText  = regexp.MustCompile(`^(.+?)(px)?_solid_(.+)$`)
	hexColor    = regexp.MustCompile(`^[0-9A-Fa-f]+$`)
)

// words makes a set of the words of a text.
func words(text string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(text) {
		set[w] = true
	}
	return set
}

func parseInt(prefix, value string) (int, error) {
	if !integerText.MatchString(value) {
		return 0, invalidParam(prefix, value)
	}
	return strconv.Atoi(value)
}

// parseNumber reads a whole or decimal number of a size that no picture needs.
func parseNumber(prefix, value string) (number, error) {
	if !integerText.MatchString(value) && !decimalText.MatchString(value) {
		return number{}, invalidParam(prefix, value)
	}
	f, err := strconv.ParseFloat(value, 64)
	if err != nil || math.Abs(f) > 999_999_999 {
		return number{}, invalidParam(prefix, value)
	}
	return number{value: f + 0, decimal: strings.Contains(value, ".")}, nil // -0 is 0
}

// maxRatio bounds aspect ratios either way.
const maxRatio = 100_000

// parseRatio reads an aspect ratio, "16:9" or "1.5".
func parseRatio(prefix, value string) (float64, error) {
	over, under, pair := strings.Cut(value, ":")
	a, err := parseNumber(prefix, over)
	b := number{value: 1}
	if err == nil && pair {
		b, err = parseNumber(prefix, under)
	}
	if err != nil || a.value <= 0 || b.value <= 0 {
		return 0, invalidParam(prefix, value)
	}
	r := a.value / b.value
	if r < 1.0/maxRatio || r > maxRatio {
		return 0, invalidParam(prefix, value)
	}
	return r, nil
}

// ratio reads an aspect ratio that may be calculated.
func (p *chainParser) ratio(prefix, value string) (number, error) {
	value, err := p.ratioText(prefix, value)
	if err != nil {
		return number{}, err
	}
	if r, err := parseRatio(prefix, value); err == nil {
		return number{value: r}, nil
	}
	n, err := p.number(prefix, value)
	if err == nil && n.expr == nil && (n.value < 1.0/maxRatio || n.value > maxRatio) {
		err = invalidParam(prefix, value)
	}
	return n, err
}

// ratioText replaces a variable that holds a ratio such as "16:9".
func (p *chainParser) ratioText(prefix, value string) (string, error) {
	name, ok := variableName(value)
	if !ok {
		return value, nil
	}
	v, err := p.lookup(name)
	if err == nil && v.known {
		return v.literal, nil
	}
	return value, err
}

// parseColor reads a colour: a name of CSS, "transparent", or hexadecimal
// digits after "rgb:" or "#", of which three and four are doubled.
func parseColor(prefix, value string) (transform.Color, error) {
	lower := strings.ToLower(value)
	if lower == "transparent" || lower == "none" {
		return transform.Transparent, nil
	}
	if c, ok := dialect.ColorByName(lower); ok {
		return c, nil
	}
	digits, ok := strings.CutPrefix(lower, "rgb:")
	if !ok {
		digits, ok = strings.CutPrefix(lower, "#")
	}
	if c, valid := parseHex(digits); ok && valid {
		return c, nil
	}
	return transform.Color{}, invalidParam(prefix, value)
}

// color reads a colour that a variable may hold.
func (p *chainParser) color(prefix, value string) (transform.Color, error) {
	text, err := p.text(prefix, value)
	if err != nil {
		return transform.Color{}, err
	}
	return parseColor(prefix, text)
}

func parseHex(digits string) (transform.Color, bool) {
	if len(digits) == 3 || len(digits) == 4 {
		var double strings.Builder
		for _, d := range digits {
			double.WriteRune(d)
			double.WriteRune(d)
		}
		digits = double.String()
	}
	if len(digits) == 6 {
		digits += "ff"
	}
	if len(digits) != 8 || !hexColor.MatchString(digits) {
		return transform.Color{}, false
	}
	n, err := strconv.ParseUint(digits, 16, 32)
	return transform.Color{R: uint8(n >> 24), G: uint8(n >> 16), B: uint8(n >> 8), A: uint8(n)}, err == nil
}

// radius reads one to four radii, clockwise from the top left; the ones that
// are left out are those of the opposite corners. "max" is an ellipse.
func (p *chainParser) radius(value string, values *bindings) (radii [4]transform.Length, ellipse bool, err error) {
	if value, err = p.radiusText(value); err != nil || value == "max" {
		return radii, value == "max", err
	}
	parts := strings.Split(value, ":")
	if len(parts) > 4 {
		return radii, false, invalidParam("r", value)
	}
	var px [4]number
	for i, part := range parts {
		if part == "max" {
			return radii, false, unsupportedParam("r_" + value)
		}
		n, err := p.number("r", part)
		if err != nil || n.value < 0 {
			if err == nil || media.CodeOf(err) == media.Invalid && !strings.ContainsAny(part, "$_") {
				err = invalidParam("r", value)
			}
			return radii, false, err
		}
		n.decimal = false
		px[i] = n
	}
	switch len(parts) {
	case 1:
		px[1], px[2], px[3] = px[0], px[0], px[0]
	case 2:
		px[2], px[3] = px[0], px[1]
	case 3:
		px[3] = px[1]
	}
	if len(parts) == 1 && px[0].expr != nil {
		values.number("radius", px[0])
		return radii, false, nil
	}
	if px == ([4]number{}) {
		return radii, false, nil
	}
	for i := range px {
		radii[i] = values.length("radius"+strconv.Itoa(i+1), px[i])
	}
	return radii, false, nil
}

// radiusText replaces a variable that holds "max" or a list.
func (p *chainParser) radiusText(value string) (string, error) {
	name, ok := variableName(value)
	if !ok {
		return value, nil
	}
	v, err := p.lookup(name)
	if err == nil && v.known && v.text {
		return v.literal, nil
	}
	return value, err
}

// border reads "<n>px_solid_<colour>", of which the width may be calculated.
func (p *chainParser) border(value string) (width number, c transform.Color, err error) {
	value, err = p.text("bo", value)
	if err != nil {
		return width, c, err
	}
	m := borderText.FindStringSubmatch(value)
	if m == nil || integerText.MatchString(m[1]) && m[2] == "" {
		return width, c, invalidParam("bo", value)
	}
	width, err = p.number("bo", m[1])
	if err != nil && !strings.ContainsAny(m[1], "$_") || err == nil && (width.value < 0 || width.value > 999_999 || width.decimal) {
		return width, c, invalidParam("bo", value)
	}
	if err != nil {
		return width, c, err
	}
	if c, err = p.color("bo", m[3]); err != nil && !strings.Contains(m[3], "$") {
		err = invalidParam("bo", value)
	}
	return width, c, err
}

// printable reports whether s is valid UTF-8 without control characters.
func printable(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, unicode.IsControl) < 0
}
