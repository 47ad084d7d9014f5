package cloudinary

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"math"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"tintype/internal/media"
)

// TokenParam names the query parameter and the cookie that carry a token.
// Answers to requests with one must not be found by their path alone.
const TokenParam = "__cld_token__"

// token is an access token taken apart.
type token struct {
	ip string
	// start and expires are Unix times; start may be 0.
	start, expires int64
	// acl are the patterns of paths that it opens, in its own spelling; nil if
	// it is for one URL.
	acl []string
	// signed is what it signs, without the URL.
	signed string
	mac    []byte
}

// maxToken bounds a token's length, in bytes.
const maxToken = 4 << 10

// parseToken reads "ip=…~st=…~exp=…~acl=…~hmac=…".
func parseToken(text string) (token, bool) {
	var t token
	if len(text) > maxToken {
		return t, false
	}
	signed, mac, ok := strings.Cut(text, "~hmac=")
	if !ok {
		return t, false
	}
	var err error
	if t.mac, err = hex.DecodeString(mac); err != nil || len(t.mac) != sha256.Size {
		return t, false
	}
	t.signed = signed
	rank := 0
	for _, part := range strings.Split(signed, "~") {
		name, value, _ := strings.Cut(part, "=")
		at := map[string]int{"ip": 1, "st": 2, "exp": 3, "acl": 4}[name]
		if at <= rank || value == "" {
			return t, false
		}
		rank = at
		switch name {
		case "ip":
			t.ip = value
		case "st":
			t.start, err = strconv.ParseInt(value, 10, 64)
		case "exp":
			t.expires, err = strconv.ParseInt(value, 10, 64)
		case "acl":
			t.acl = strings.Split(value, "!")
		}
		if err != nil {
			return t, false
		}
	}
	return t, t.expires > 0 && t.start >= 0 && t.expires < math.MaxInt32<<8
}

// opens reports that the token was made with a key, and that it is for a path
// (escaped, with the query if it has one).
func (t token) opens(path string, key []byte) bool {
	text := t.signed
	if t.acl == nil {
		text += "~url=" + escapeToken(path)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	if !hmac.Equal(mac.Sum(nil), t.mac) {
		return false
	}
	if t.acl == nil {
		return true
	}
	path, _, _ = strings.Cut(path, "?")
	for _, pattern := range t.acl {
		if plain, err := url.PathUnescape(pattern); err == nil && matchPath(plain, path) {
			return true
		}
	}
	return false
}

// matchPath matches a path with a pattern, in which "*" is any run of
// characters and "?" a single one. It takes time proportional to the product
// of the lengths at most.
func matchPath(pattern, path string) bool {
	star, mark := -1, 0
	i, j := 0, 0
	for j < len(path) {
		switch {
		case i < len(pattern) && pattern[i] == '*':
			star, mark = i, j
			i++
		case i < len(pattern) && (pattern[i] == '?' || pattern[i] == path[j]):
			i++
			j++
		case star >= 0:
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[i:], "*") == ""
}

const lowerHex = "0123456789abcdef"

// escapeToken escapes what the parts of a token may not hold.
func escapeToken(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if strings.IndexByte(" \"#%&'/:;<=>?@[\\]^`{|}~", s[i]) >= 0 {
			b.Write([]byte{'%', lowerHex[s[i]>>4], lowerHex[s[i]&15]})
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// access is what a request's token gives it.
type access struct {
	// given: there is a token that is valid for the request, up to until.
	given bool
	until time.Time
	// seen: there is one at all.
	seen bool
}

// tokenAccess looks for a token in the query and in the cookies. A wrong one
// in the query is Unauthorized; a cookie, which a browser sends with every
// request, is left aside where it does not fit. A token's key is the secret of
// any enabled key of the account that is hexadecimal.
func tokenAccess(r *http.Request, keys []media.Key, now time.Time) (access, error) {
	path := r.URL.EscapedPath()
	if text, rest, ok := queryToken(r.URL.RawQuery); ok {
		if rest != "" {
			path += "?" + rest
		}
		until, ok := validToken(text, path, r.RemoteAddr, keys, now)
		if !ok {
			return access{seen: true}, media.Errorf(media.Unauthorized, "deny or ACL failure")
		}
		return access{given: true, until: until, seen: true}, nil
	}
	a := access{}
	for _, c := range r.CookiesNamed(TokenParam) {
		a.seen = true
		if until, ok := validToken(c.Value, path, r.RemoteAddr, keys, now); ok {
			a.given, a.until = true, until
		}
	}
	return a, nil
}

// queryToken takes the token out of a raw query.
func queryToken(query string) (text, rest string, ok bool) {
	var kept []string
	for _, part := range strings.Split(query, "&") {
		name, value, _ := strings.Cut(part, "=")
		if name != TokenParam {
			kept = append(kept, part)
			continue
		}
		text, ok = value, true
		// The token's own escapes belong to it, but clients may have escaped
		// its separators.
		if !strings.Contains(text, "~") || !strings.Contains(text, "=") {
			text = decodeOnce(text)
		}
	}
	return text, strings.Join(kept, "&"), ok
}

func validToken(text, path, remote string, keys []media.Key, now time.Time) (time.Time, bool) {
	t, ok := parseToken(text)
	if !ok || now.Unix() < t.start || now.Unix() >= t.expires {
		return time.Time{}, false
	}
	if t.ip != "" {
		host, _, err := net.SplitHostPort(remote)
		want := net.ParseIP(t.ip)
		if err != nil || want == nil || !want.Equal(net.ParseIP(host)) {
			return time.Time{}, false
		}
	}
	valid := false
	for _, k := range keys {
		key, err := hex.DecodeString(k.Secret)
		if err == nil && len(key) >= 4 && !k.Disabled {
			valid = t.opens(path, key) || valid
		}
	}
	return time.Unix(t.expires, 0), valid
}
