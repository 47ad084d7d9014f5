package uploadcare

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"tintype/internal/media"
)

// token is what a signed URL carries: exp=<unix>~acl=<path>~hmac=<hex>, or
// without acl for the very path of the request.
type token struct {
	exp   string // digits, as they were signed
	acl   string
	bound bool // there is an acl
	mac   []byte
}

var tokenText = regexp.MustCompile(`^exp=([0-9]{1,12})(~acl=([^~]*))?~hmac=([0-9a-fA-F]{64})$`)

// tokenOf finds the token among the parameters of a raw query. Only its
// literal name counts: it is by that name that caches know it. Errors are
// Forbidden.
func tokenOf(rawQuery string) (tok token, there bool, err error) {
	for rawQuery != "" {
		var pair string
		pair, rawQuery, _ = strings.Cut(rawQuery, "&")
		value, ok := strings.CutPrefix(pair, TokenParam+"=")
		if !ok {
			continue
		}
		if there {
			return token{}, true, media.Errorf(media.Forbidden, "The URL has two tokens")
		}
		there = true
		if tok, ok = readToken(value); !ok {
			err = media.Errorf(media.Forbidden, "The token is not well formed")
		}
	}
	return tok, there, err
}

// readToken takes a token apart. Escapes in its acl were signed as they are;
// only a token that is escaped as a whole is decoded.
func readToken(value string) (token, bool) {
	if !strings.Contains(value, "=") {
		var err error
		if value, err = url.PathUnescape(value); err != nil {
			return token{}, false
		}
	}
	m := tokenText.FindStringSubmatch(value)
	if m == nil {
		return token{}, false
	}
	mac, err := hex.DecodeString(m[4])
	return token{exp: m[1], acl: m[3], bound: m[2] != "", mac: mac}, err == nil
}

// check verifies a token for one of the spellings of a request's escaped
// path, and returns when it ends. Keys whose secret is not hexadecimal cannot
// sign. Errors are Forbidden.
func (t token) check(paths []string, keys []media.Key, now time.Time) (time.Time, error) {
	seconds, err := strconv.ParseInt(t.exp, 10, 64)
	until := time.Unix(seconds, 0)
	if err != nil || !t.signed(t.messages(paths), keys) {
		return until, media.Errorf(media.Forbidden, "The token is not valid for this URL")
	}
	if !now.Before(until) {
		return until, media.Errorf(media.Forbidden, "The token has expired")
	}
	return until, nil
}

// messages are the texts that may have been signed; none if the acl does not
// cover any of the paths.
func (t token) messages(paths []string) []string {
	var all []string
	for _, p := range paths {
		if t.bound {
			if covers(t.acl, p) {
				return []string{"exp=" + t.exp + "~acl=" + t.acl}
			}
			continue
		}
		for _, marks := range []string{"", "!()"} {
			all = append(all, "exp="+t.exp+"~url="+escapePath(p, marks))
		}
	}
	return all
}

// signed compares with every message under every key, however early one fits.
func (t token) signed(messages []string, keys []media.Key) bool {
	valid := false
	for _, k := range keys {
		secret, err := hex.DecodeString(k.Secret)
		if err != nil || len(secret) == 0 || k.Disabled {
			continue
		}
		for _, m := range messages {
			mac := hmac.New(sha256.New, secret)
			mac.Write([]byte(m))
			valid = hmac.Equal(mac.Sum(nil), t.mac) || valid
		}
	}
	return valid
}

// covers reports whether an acl allows an escaped path: the same, or one that
// begins like it where it ends with a star.
func covers(acl, path string) bool {
	acl, path = tildes.Replace(acl), tildes.Replace(path)
	if prefix, ok := strings.CutSuffix(acl, "*"); ok {
		return strings.HasPrefix(path, prefix)
	}
	return acl == path
}

// tildes brings the spellings of a tilde, which separates the parts of a
// token, into one.
var tildes = strings.NewReplacer("%7e", "~", "%7E", "~")

// escapePath percent-encodes a path as the vendor's libraries do to sign it:
// all but letters, digits, "-_.," and marks, with digits in lower case.
func escapePath(path, marks string) string {
	const lowerHex = "0123456789abcdef"
	var b strings.Builder
	for i := range len(path) {
		c := path[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if letter || strings.IndexByte("-_.,", c) >= 0 || strings.IndexByte(marks, c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.Write([]byte{'%', lowerHex[c>>4], lowerHex[c&15]})
	}
	return b.String()
}
