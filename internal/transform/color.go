package transform

import (
	"encoding/hex"
	"fmt"
)

// String writes the colour as CSS does: "#rrggbb", or "#rrggbbaa" when it is
// not opaque.
func (c Color) String() string {
	return string(c.append(nil))
}

func (c Color) append(b []byte) []byte {
	b = append(b, '#')
	b = hex.AppendEncode(b, []byte{c.R, c.G, c.B})
	if c.A != 255 {
		b = hex.AppendEncode(b, []byte{c.A})
	}
	return b
}

// ParseColor reads what String writes, and nothing else.
func ParseColor(s string) (Color, error) {
	if (len(s) != 7 && len(s) != 9) || s[0] != '#' {
		return Color{}, fmt.Errorf("colour %q is not #rrggbb or #rrggbbaa", s)
	}
	for _, c := range []byte(s[1:]) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return Color{}, fmt.Errorf("colour %q has a digit that is not 0-9 or a-f", s)
		}
	}
	b, err := hex.DecodeString(s[1:])
	if err != nil {
		return Color{}, fmt.Errorf("colour %q: %w", s, err)
	}
	c := Color{R: b[0], G: b[1], B: b[2], A: 255}
	if len(b) == 4 {
		c.A = b[3]
	}
	return c, nil
}

// MarshalText makes colours readable in JSON.
func (c Color) MarshalText() ([]byte, error) { return c.append(nil), nil }

// UnmarshalText is the inverse of MarshalText.
func (c *Color) UnmarshalText(b []byte) error {
	v, err := ParseColor(string(b))
	if err == nil {
		*c = v
	}
	return err
}

// plain makes all fully transparent colours equal.
func (c Color) plain() Color {
	if c.A == 0 {
		return Transparent
	}
	return c
}

func plainBackground(c *Color) *Color {
	if c == nil {
		return nil
	}
	p := c.plain()
	return &p
}
