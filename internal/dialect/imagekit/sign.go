package imagekit

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/hex"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"tintype/internal/media"
)

// never stands in a signed text for a URL that does not expire.
const never = "9999999999"

// signature is that of a URL after its endpoint, without a leading slash and
// without the signature's own keys.
func signature(text, expiry, secret string) string {
	if expiry == "" {
		expiry = never
	}
	h := hmac.New(sha1.New, []byte(secret))
	h.Write([]byte(text + expiry))
	return hex.EncodeToString(h.Sum(nil))
}

// verified reports whether a signature covers one of several texts under one
// of the keys that are enabled. It takes the same time for every wrong one.
func verified(given, expiry string, texts []string, keys []media.Key) bool {
	valid := 0
	for _, k := range keys {
		if k.Disabled || k.Secret == "" {
			continue
		}
		for _, text := range texts {
			valid |= subtle.ConstantTimeCompare([]byte(strings.ToLower(given)), []byte(signature(text, expiry, k.Secret)))
		}
	}
	return valid == 1
}

// expiryOf reads when a signature expires; zero is never.
func expiryOf(text string) (time.Time, bool) {
	if text == "" || text == never {
		return time.Time{}, true
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > 1<<40 {
		return time.Time{}, false
	}
	return time.Unix(n, 0), true
}

// signedTexts are what may have been signed: libraries sign a URL before it is
// escaped on its way, so that it comes in another spelling. Target is the
// request's as it was sent; prefix is the endpoint's.
func signedTexts(target, prefix string) []string {
	path, query, _ := strings.Cut(target, "?")
	query = withoutSignature(query)
	var texts []string
	for _, p := range endings(path, prefix) {
		for _, path := range spellings(p, pathSpellings) {
			if query == "" {
				texts = append(texts, path)
				continue
			}
			for _, q := range spellings(query, querySpellings) {
				texts = append(texts, path+"?"+q)
			}
		}
	}
	slices.Sort(texts)
	return slices.Compact(texts)
}

// endings are a path after what may be taken for the endpoint.
func endings(path, prefix string) []string {
	whole := strings.TrimPrefix(path, "/")
	after, ok := strings.CutPrefix(path, prefix)
	if !ok || prefix == "" {
		return []string{whole}
	}
	return []string{strings.TrimPrefix(after, "/"), whole}
}

func withoutSignature(query string) string {
	var kept []string
	for _, pair := range strings.Split(query, "&") {
		if key, _, _ := strings.Cut(pair, "="); key != keySignature && key != keyExpiry && pair != "" {
			kept = append(kept, pair)
		}
	}
	return strings.Join(kept, "&")
}

// spelling writes a text in another way; ok is false where it cannot.
type spelling func(string) (string, bool)

func spellings(s string, others []spelling) []string {
	all := []string{s}
	for _, other := range others {
		if t, ok := other(s); ok && !slices.Contains(all, t) {
			all = append(all, t)
		}
	}
	return all
}

func replacing(from, to string) spelling {
	return func(s string) (string, bool) { return strings.ReplaceAll(s, from, to), true }
}

var pathSpellings = []spelling{
	unescaped,
	replacing("%20", " "),
	func(s string) (string, bool) {
		text, ok := unescaped(s)
		if !ok {
			return "", false
		}
		return escapeIf(text, func(c byte) bool {
			letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
			return !letter && strings.IndexByte("-_.~,:@'()!*/", c) < 0
		}), true
	},
}

var querySpellings = []spelling{
	unescaped,
	func(s string) (string, bool) {
		text, err := url.QueryUnescape(s)
		return text, err == nil
	},
	replacing("%20", " "),
	replacing("+", "%20"),
	replacing("%20", "+"),
	func(s string) (string, bool) {
		pairs := strings.Split(s, "&")
		for i, pair := range pairs {
			key, value, hasValue := strings.Cut(pair, "=")
			text, err := url.QueryUnescape(value)
			if err != nil {
				return "", false
			}
			if pairs[i] = key; hasValue {
				pairs[i] += "=" + url.QueryEscape(text)
			}
		}
		return strings.Join(pairs, "&"), true
	},
}
