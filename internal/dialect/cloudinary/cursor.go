package cloudinary

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"

	"tintype/internal/dialect"
	"tintype/internal/media"
)

// Cursors of lists that are in memory name the last item of their page.

func writeCursor(name string) string { return "n" + base64.RawURLEncoding.EncodeToString([]byte(name)) }

func readCursor(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	code, ok := strings.CutPrefix(text, "n")
	name, err := base64.RawURLEncoding.DecodeString(code)
	if !ok || err != nil || len(name) == 0 || !storable(string(name)) {
		return "", media.Errorf(media.Invalid, "Invalid next_cursor %s", dialect.Quotable(text))
	}
	return string(name), nil
}

// storable reports whether a text can be part of a record.
func storable(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }
