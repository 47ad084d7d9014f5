package transform

import (
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
)

// NumberOf is a number as a value.
func NumberOf(v float64) Value { return Value{Kind: NumberValue, Number: v} }

// TextOf is a string as a value.
func TextOf(s string) Value { return Value{Text: s} }

// ListOf is a list as a value.
func ListOf(s []string) Value { return Value{Kind: ListValue, List: s} }

func truth(v bool) Value {
	if v {
		return NumberOf(1)
	}
	return NumberOf(0)
}

// true tells what a condition comes to.
func (v Value) true() bool {
	switch v.Kind {
	case NumberValue:
		return v.Number != 0
	case ListValue:
		return len(v.List) > 0
	}
	return v.Text != ""
}

var errNoNumber = errors.New("not a number")

// number reads a number, or a string that is one.
func (v Value) number() (float64, error) {
	switch v.Kind {
	case NumberValue:
		return v.Number, nil
	case TextValue:
		if f, err := strconv.ParseFloat(strings.TrimSpace(v.Text), 64); err == nil && finite(f) {
			return f, nil
		}
	}
	return 0, errNoNumber
}

// text is the value as a string; lists are joined by commas.
func (v Value) text() string {
	switch v.Kind {
	case NumberValue:
		return number(v.Number)
	case ListValue:
		return strings.Join(v.List, ",")
	}
	return v.Text
}

func (v Value) list() []string {
	if v.Kind == ListValue {
		return v.List
	}
	if v.text() == "" {
		return nil
	}
	return []string{v.text()}
}

// prefix reads the number that a string begins with, 0 if there is none.
func (v Value) prefix(fraction bool) float64 {
	if v.Kind == NumberValue {
		return v.Number
	}
	s := strings.TrimSpace(v.text())
	end := 0
	for i := range len(s) {
		c := s[i]
		if c >= '0' && c <= '9' {
			end = i + 1
		} else if !(c == '-' && i == 0) && !(c == '.' && fraction) {
			break
		}
	}
	f, err := strconv.ParseFloat(s[:end], 64)
	if err != nil || !finite(f) {
		return 0
	}
	return f
}

var errNoColor = errors.New("not a colour")

// color reads a string of 3, 4, 6 or 8 hexadecimal digits, with or without
// "#" or "rgb:" before it.
func (v Value) color() (Color, error) {
	s := v.text()
	if rest, ok := strings.CutPrefix(s, "rgb:"); ok {
		s = rest
	} else {
		s = strings.TrimPrefix(s, "#")
	}
	if len(s) == 3 || len(s) == 4 {
		long := make([]byte, 0, 8)
		for i := range len(s) {
			long = append(long, s[i], s[i])
		}
		s = string(long)
	}
	b, err := hex.DecodeString(s)
	if err != nil || (len(b) != 3 && len(b) != 4) {
		return Color{}, errNoColor
	}
	c := Color{b[0], b[1], b[2], 255}
	if len(b) == 4 {
		c.A = b[3]
	}
	return c, nil
}
