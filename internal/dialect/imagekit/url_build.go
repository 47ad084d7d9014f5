package imagekit

import (
	"encoding/hex"
	"net/url"
	"strings"
)

// String writes a URL after the endpoint's prefix, as splitURL reads it: the
// steps in the path, the name's segments escaped.
func (u deliveryURL) String() string {
	var b strings.Builder
	if len(u.Steps) > 0 {
		b.WriteString("/tr:" + escapeSteps(u.Steps.String()))
	}
	for _, segment := range strings.Split(u.Name, "/") {
		b.WriteString("/" + escapeSegment(segment))
	}
	if u.Suffix != "" {
		b.WriteString("/" + u.Suffix)
	}
	sep := byte('?')
	add := func(key, value string) {
		if value == "" {
			return
		}
		b.WriteByte(sep)
		b.WriteString(key + "=" + value)
		sep = '&'
	}
	if u.Attachment {
		add(keyAttachment, "true")
	}
	add(keyFilename, url.QueryEscape(u.Filename))
	add(keyVersion, u.Version)
	add(keyExpiry, u.Expiry)
	add(keySignature, u.Signature)
	return b.String()
}

const upperHex = "0123456789ABCDEF"

// escapeSteps escapes what cannot stand in a path segment; what was escaped
// before stays so.
func escapeSteps(text string) string {
	return escapeIf(text, func(c byte) bool {
		return c <= ' ' || c >= 0x7f || strings.IndexByte(`/?#"<>\^{|}`+"`", c) >= 0
	})
}

// escapeSegment escapes one segment of a path. A segment that would be taken
// for something else is escaped at its first character.
func escapeSegment(s string) string {
	escaped := escapeIf(s, func(c byte) bool {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		return !letter && strings.IndexByte("-_.!~*'()@,", c) < 0
	})
	if s == seoPrefix || suffixes[s] || strings.HasPrefix(s, "tr:") {
		escaped = "%" + hex.EncodeToString([]byte{s[0]}) + escaped[1:]
	}
	return escaped
}

func escapeIf(s string, special func(byte) bool) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if c := s[i]; special(c) {
			b.Write([]byte{'%', upperHex[c>>4], upperHex[c&15]})
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}
