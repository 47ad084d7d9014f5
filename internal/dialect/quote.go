package dialect

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Quotable makes a user's text fit to stand in a message: one line of
// visible characters, not too long.
func Quotable(s string) string {
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
