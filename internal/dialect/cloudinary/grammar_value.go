package cloudinary

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"tintype/internal/dialect"
	"tintype/internal/transform"
)

var (
	integerText = regexp.MustCompile(`^-?[0-9]{1,9}$`)
	decimalText = regexp.MustCompile(`^-?[0-9]*\.[0-9]+$`)
	// expressionText finds what is calculated: variables, operators, and the
	// characteristics of the picture.
	expressionText = regexp.MustCompile(`\$|(^|_)(add|sub|mul|div|mod|pow)(_|$)|^(auto|iw|ih|iar|tar|w|h|ar|fc|ccc|rc|cp|pc|px|py|du|idu|idn|ils)(:|$)|^(initial_|ctx:|md:)`)
	borderText     = regexp.MustCompile(`^([0-9]{1,6})px_solid_(.+)$`)
	hexColor       = regexp.MustCompile(`^[0-9A-Fa-f]+$`)
)

// words makes a set of the words of a text.
func words(text string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(text) {
		set[w] = true
	}
	return set
}

// refuse says why a value that could not be read is refused: it is one of
// the vendor's that is not offered here, or no value at all.
func refuse(prefix, value string) error {
	if expressionText.MatchString(value) {
		return unsupportedParam(prefix + "_" + value)
	}
	return invalidParam(prefix, value)
}

func parseInt(prefix, value string) (int, error) {
	if !integerText.MatchString(value) {
		return 0, refuse(prefix, value)
	}
	return strconv.Atoi(value)
}

// parseNumber reads a whole or decimal number of a size that no picture needs.
func parseNumber(prefix, value string) (float64, error) {
	if !integerText.MatchString(value) && !decimalText.MatchString(value) {
		return 0, refuse(prefix, value)
	}
	f, err := strconv.ParseFloat(value, 64)
	if err != nil || math.Abs(f) > 999_999_999 {
		return 0, invalidParam(prefix, value)
	}
	return f + 0, nil // -0 is 0
}

// parseLength reads a coordinate: a whole number is pixels, a number with a
// decimal point a fraction of the component's input.
func parseLength(prefix, value string) (transform.Length, error) {
	f, err := parseNumber(prefix, value)
	if err != nil {
		return transform.Length{}, err
	}
	if strings.Contains(value, ".") {
		return transform.Frac(f), nil
	}
	return transform.Px(f), nil
}

// parseSide reads w or h. original is the name of the original picture's own
// length ("iw" for w), which is a fraction of 1 as long as the chain has not
// changed the picture.
func parseSide(prefix, value, original string, first bool) (transform.Length, error) {
	if value == original && first {
		return transform.Frac(1), nil
	}
	l, err := parseLength(prefix, value)
	if err == nil && l.Value <= 0 {
		return l, invalidParam(prefix, value)
	}
	return l, err
}

// maxRatio bounds aspect ratios either way.
const maxRatio = 100_000

// parseRatio reads an aspect ratio, "16:9" or "1.5".
func parseRatio(prefix, value string) (float64, error) {
	num, den, pair := strings.Cut(value, ":")
	if expressionText.MatchString(value) {
		return 0, unsupportedParam(prefix + "_" + value)
	}
	a, err := parseNumber(prefix, num)
	b := 1.0
	if err == nil && pair {
		b, err = parseNumber(prefix, den)
	}
	if err != nil || a <= 0 || b <= 0 {
		return 0, invalidParam(prefix, value)
	}
	r := a / b
	if r < 1.0/maxRatio || r > maxRatio {
		return 0, invalidParam(prefix, value)
	}
	return r, nil
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
	if prefix == "b" {
		switch name, _, _ := strings.Cut(lower, ":"); name {
		case "auto", "blurred", "gen_fill":
			return transform.Color{}, unsupportedParam(prefix + "_" + value)
		}
	}
	return transform.Color{}, refuse(prefix, value)
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

// parseRadius reads one to four radii, clockwise from the top left; the ones
// that are left out are those of the opposite corners. "max" is an ellipse.
func parseRadius(value string) (radii [4]transform.Length, ellipse bool, err error) {
	if value == "max" {
		return radii, true, nil
	}
	parts := strings.Split(value, ":")
	if len(parts) > 4 {
		return radii, false, invalidParam("r", value)
	}
	var px [4]float64
	for i, part := range parts {
		if part == "max" {
			return radii, false, unsupportedParam("r_" + value)
		}
		if px[i], err = parseNumber("r", part); err != nil {
			return radii, false, refuse("r", value)
		}
		if px[i] < 0 {
			return radii, false, invalidParam("r", value)
		}
	}
	switch len(parts) {
	case 1:
		px[1], px[2], px[3] = px[0], px[0], px[0]
	case 2:
		px[2], px[3] = px[0], px[1]
	case 3:
		px[3] = px[1]
	}
	if px == ([4]float64{}) {
		return radii, false, nil
	}
	for i := range px {
		radii[i] = transform.Px(px[i])
	}
	return radii, false, nil
}

// parseBorder reads "<n>px_solid_<colour>".
func parseBorder(value string) (width float64, c transform.Color, err error) {
	m := borderText.FindStringSubmatch(value)
	if m == nil {
		return 0, c, refuse("bo", value)
	}
	if width, err = parseNumber("bo", m[1]); err != nil {
		return 0, c, invalidParam("bo", value)
	}
	if c, err = parseColor("bo", m[2]); err != nil {
		return 0, c, refuse("bo", value)
	}
	return width, c, nil
}

// printable reports whether s is valid UTF-8 without control characters.
func printable(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, unicode.IsControl) < 0
}

// quotable makes a user's text fit to stand in a message: one line of
// visible characters, not too long.
func quotable(s string) string {
	const most = 200
	cut := len(s) > most
	if cut {
		s = s[:most]
	}
	s = strings.Map(func(r rune) rune {
		if !unicode.IsGraphic(r) {
			return utf8.RuneError
		}
		return r
	}, strings.ToValidUTF8(s, string(utf8.RuneError)))
	if cut {
		s += "…"
	}
	return s
}
