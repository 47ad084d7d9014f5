package uploadcare

import (
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"

	"tintype/internal/transform"
)

var (
	wholeText  = regexp.MustCompile(`^-?[0-9]{1,6}$`)
	lengthText = regexp.MustCompile(`^([0-9]{1,5})(p|%)?$`)
	ratioText  = regexp.MustCompile(`^([0-9]{1,5}(?:\.[0-9]{1,5})?):([0-9]{1,5}(?:\.[0-9]{1,5})?)$`)
	sizeText   = regexp.MustCompile(`^(?:[0-9]{1,5}[p%]?)?x(?:[0-9]{1,5}[p%]?)?$`)
)

func digits(n int) string { return strconv.Itoa(n) }

// list writes words the way a sentence lists them.
func list(words []string) string {
	last := len(words) - 1
	if last == 0 {
		return words[0]
	}
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

func whole(s string) (int, bool) {
	if !wholeText.MatchString(s) {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil
}

// length reads pixels, 200, or percents, 50p or 50%.
func length(s string) (transform.Length, bool) {
	m := lengthText.FindStringSubmatch(s)
	if m == nil {
		return transform.Length{}, false
	}
	n, _ := strconv.Atoi(m[1]) // at most five digits
	if m[2] == "" {
		return transform.Px(float64(n)), true
	}
	return transform.Frac(float64(n) / 100), true
}

// dimensions is a size as it may be written. A side that is missing is not given.
type dimensions struct{ w, h transform.Length }

// isSize tells a size from other arguments.
func isSize(s string) bool { return len(s) > 1 && sizeText.MatchString(s) }

// both tells that no side is missing.
func (d dimensions) both() bool { return d.w.Given() && d.h.Given() }

// relative tells that all sides that are given are percents.
func (d dimensions) relative() bool {
	return d.w.Unit != transform.Pixel && d.h.Unit != transform.Pixel
}

// absolute tells that all sides that are given are pixels.
func (d dimensions) absolute() bool {
	return d.w.Unit != transform.Fraction && d.h.Unit != transform.Fraction
}

// readSize reads a size. The first "x" separates: "50px50p" is 50 percent by
// 50 percent.
func readSize(s string) (dimensions, bool) {
	if !isSize(s) {
		return dimensions{}, false
	}
	w, h, _ := strings.Cut(s, "x")
	var d dimensions
	ok := true
	if w != "" {
		d.w, ok = length(w)
	}
	if h != "" && ok {
		d.h, ok = length(h)
	}
	ok = ok && (!d.w.Given() || d.w.Value > 0) && (!d.h.Given() || d.h.Value > 0)
	return d, ok
}

// pixelSize reads the size of an operation that knows pixels only. With
// partial one side may be missing.
func (b *builder) pixelSize(arg string, partial bool) (dimensions, error) {
	d, ok := readSize(arg)
	switch {
	case ok && d.absolute() && (partial || d.both()):
		return d, nil
	case partial:
		return d, b.bad(arg, "a size in pixels such as 200x300, 200x or x300")
	}
	return d, b.bad(arg, "a size in pixels such as 200x300")
}

// ratio reads "16:9".
func ratio(s string) (float64, bool) {
	m := ratioText.FindStringSubmatch(s)
	if m == nil {
		return 0, false
	}
	a, _ := strconv.ParseFloat(m[1], 64)
	c, _ := strconv.ParseFloat(m[2], 64)
	if a == 0 || c == 0 {
		return 0, false
	}
	return a / c, true
}

// axis says where a word of an alignment lies: -1, 0 or 1 on each axis.
type axis struct {
	x, y int
	on   string // the axis that the word is of; "" for the middle, which is of both
}

var sides = map[string]axis{
	"center": {0, 0, ""}, "left": {-1, 0, "x"}, "right": {1, 0, "x"}, "top": {0, -1, "y"}, "bottom": {0, 1, "y"},
}

var anchors = map[[2]int]transform.Anchor{
	{0, 0}: transform.Center, {0, -1}: transform.North, {1, -1}: transform.NorthEast, {1, 0}: transform.East,
	{1, 1}: transform.SouthEast, {0, 1}: transform.South, {-1, 1}: transform.SouthWest, {-1, 0}: transform.West,
	{-1, -1}: transform.NorthWest,
}

// alignment reads a word, or two that are not of one axis: "top,left".
func alignment(s string) (transform.Anchor, bool) {
	first, second, two := strings.Cut(s, ",")
	a, ok := sides[first]
	if !ok {
		return "", false
	}
	if !two {
		return anchors[[2]int{a.x, a.y}], true
	}
	c, ok := sides[second]
	if !ok || a.on != "" && a.on == c.on {
		return "", false
	}
	return anchors[[2]int{a.x + c.x, a.y + c.y}], true
}

// position reads "X,Y", pixels or percents each.
func position(s string) (x, y transform.Length, ok bool) {
	first, second, _ := strings.Cut(s, ",")
	if x, ok = length(first); !ok {
		return x, y, false
	}
	y, ok = length(second)
	return x, y, ok
}

// isPlace tells a place from other arguments.
func isPlace(s string) bool {
	_, word := alignment(s)
	_, _, at := position(s)
	return word || at
}

// place reads where one picture lies on another: an alignment, or a position
// as in CSS's background-position.
func place(s string) (transform.Gravity, bool) {
	if a, ok := alignment(s); ok {
		return transform.Gravity{Anchor: a}, true
	}
	x, y, ok := position(s)
	if !ok {
		return transform.Gravity{}, false
	}
	if a, ok := corner(x, y); ok {
		return transform.Gravity{Anchor: a}, true
	}
	return transform.Gravity{Anchor: transform.AtPosition, X: x, Y: y}, true
}

const placeWords = "an alignment such as center or top,left, or a position such as 25p,25p"

// corner is the compass point that a position of 0 or 100 percent means.
func corner(x, y transform.Length) (transform.Anchor, bool) {
	end := func(l transform.Length) (int, bool) {
		switch {
		case l.Value == 0:
			return -1, true
		case l == transform.Frac(1):
			return 1, true
		}
		return 0, false
	}
	dx, okX := end(x)
	dy, okY := end(y)
	return anchors[[2]int{dx, dy}], okX && okY
}

// color reads 3, 6 or 8 hexadecimal digits.
func color(s string) (transform.Color, bool) {
	if len(s) == 3 {
		s = string([]byte{s[0], s[0], s[1], s[1], s[2], s[2]})
	}
	raw, err := hex.DecodeString(s)
	if err != nil || len(raw) != 3 && len(raw) != 4 {
		return transform.Color{}, false
	}
	c := transform.Color{R: raw[0], G: raw[1], B: raw[2], A: 255}
	if len(raw) == 4 {
		c.A = raw[3]
	}
	return c, true
}

func (b *builder) color(s string) (transform.Color, error) {
	c, ok := color(s)
	if !ok {
		return c, b.bad(s, "a colour of 3, 6 or 8 hexadecimal digits")
	}
	return c, nil
}
