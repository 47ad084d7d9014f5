package delivery

import (
	"net/http"
	"slices"
	"strings"
)

// Formats is a set of modern image formats.
type Formats uint8

// The formats that a client has to accept explicitly before it gets them.
const (
	AVIF Formats = 1 << iota
	WebP
	JXL

	classes = 1 << iota // the number of different sets
)

// FormatsOf reads the Accept header: the modern formats that it names with a
// weight above zero. It allocates nothing.
func FormatsOf(r *http.Request) Formats {
	var f Formats
	for _, line := range r.Header["Accept"] {
		for line != "" {
			var item string
			item, line, _ = strings.Cut(line, ",")
			name, params, _ := strings.Cut(item, ";")
			bit := formatBit(strings.TrimSpace(name))
			if bit != 0 && !refused(params) {
				f |= bit
			}
		}
	}
	return f
}

func formatBit(mime string) Formats {
	if len(mime) < len("image/jxl") || !strings.EqualFold(mime[:6], "image/") {
		return 0
	}
	switch sub := mime[6:]; {
	case strings.EqualFold(sub, "avif"):
		return AVIF
	case strings.EqualFold(sub, "webp"):
		return WebP
	case strings.EqualFold(sub, "jxl"):
		return JXL
	}
	return 0
}

// refused reports whether the parameters of an item of Accept hold q=0.
func refused(params string) bool {
	for params != "" {
		var p string
		p, params, _ = strings.Cut(params, ";")
		name, value, _ := strings.Cut(strings.TrimSpace(p), "=")
		if strings.EqualFold(strings.TrimSpace(name), "q") {
			value = strings.TrimSpace(value)
			return value != "" && strings.Trim(value, "0.") == ""
		}
	}
	return false
}

// hotPath is the path of a request as it was sent, with no more of its query
// than the parameters that mean something, and whether the request may meet
// the hot index at all.
func hotPath(r *http.Request, tokens, params []string) (string, bool) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return "", false
	}
	path := r.RequestURI
	if len(path) == 0 || path[0] != '/' {
		return "", false // absolute form, which proxies send
	}
	i := strings.IndexByte(path, '?')
	if i < 0 {
		return path, true
	}
	for _, name := range tokens {
		if strings.Contains(path[i:], name) {
			return "", false
		}
	}
	return keepPairs(path, i, params), true
}

// keepPairs leaves of the query, which begins with the "?" at i, the pairs of
// the given names. It allocates only where some are kept and some are not.
func keepPairs(path string, i int, names []string) string {
	kept := 0 // bytes of the pairs that stay
	pairs := 0
	for q := path[i+1:]; q != ""; {
		var pair string
		pair, q, _ = strings.Cut(q, "&")
		if named(pair, names) {
			kept += len(pair)
			pairs++
		}
	}
	switch {
	case pairs == 0:
		return path[:i]
	case kept+pairs == len(path)-i: // with a "?" or "&" before each
		return path
	}
	var b strings.Builder
	b.Grow(i + kept + pairs)
	b.WriteString(path[:i])
	sep := byte('?')
	for q := path[i+1:]; q != ""; {
		var pair string
		pair, q, _ = strings.Cut(q, "&")
		if named(pair, names) {
			b.WriteByte(sep)
			b.WriteString(pair)
			sep = '&'
		}
	}
	return b.String()
}

func named(pair string, names []string) bool {
	name, _, _ := strings.Cut(pair, "=")
	return slices.Contains(names, name)
}
