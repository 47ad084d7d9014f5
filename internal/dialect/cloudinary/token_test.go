package cloudinary

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tintype/internal/media"
)

// TestTokenVectors checks the vendor's own vectors.
func TestTokenVectors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ key, path, text string }{
		{"CCBB2233FF00", "/image/authenticated/c_scale,w_300/sample.jpg", "st=222222222~exp=222222322~hmac=55cfe516530461213fe3b3606014533b1eca8ff60aeab79d1bb84c9322eebc1f"},
		{"00112233FF99", "/image/t_foobar", "st=222222222~exp=222222522~acl=%2f*%2ft_foobar~hmac=8e39600cc18cec339b21fe2b05fcb64b98de373355f8ce732c35710d8b10259f"},
		{"00112233FF99", "t_foobar/x/", "st=222222222~exp=222222522~acl=%2f*%2ft_foobar!t_foobar%2f*%2f~hmac=45d51dd32dd26a3c2339155f454076c1d8fbd93c611965461569a0b4279bbdd5"},
		{"00112233FF99", "/image/authenticated/v1486020273/sample.jpg", "st=11111111~exp=11111411~hmac=8db0d753ee7bbb9e2eaf8698ca3797436ba4c20e31f44527e43b6a6e995cfdb3"},
	} {
		keys := []media.Key{{ID: "other", Secret: "00aa00aa"}, {ID: "1", Secret: c.key}}
		parsed, ok := parseToken(c.text)
		if !ok {
			t.Fatalf("%s is not read", c.text)
		}
		at := time.Unix(parsed.start, 0)
		if until, ok := validToken(c.text, c.path, "192.0.2.1:1", keys, at); !ok || until.Unix() != parsed.expires {
			t.Errorf("%s is refused for %s", c.text, c.path)
		}
		for what, valid := range map[string]bool{
			"before":     token0(validToken(c.text, c.path, "192.0.2.1:1", keys, at.Add(-time.Second))),
			"at the end": token0(validToken(c.text, c.path, "192.0.2.1:1", keys, time.Unix(parsed.expires, 0))),
			"other path": token0(validToken(c.text, c.path+"x", "192.0.2.1:1", keys, at)),
			"other key":  token0(validToken(c.text, c.path, "192.0.2.1:1", keys[:1], at)),
			"disabled":   token0(validToken(c.text, c.path, "192.0.2.1:1", []media.Key{{Secret: c.key, Disabled: true}}, at)),
			"later end":  token0(validToken(strings.Replace(c.text, "exp=2", "exp=3", 1), c.path, "192.0.2.1:1", keys, at)) && strings.Contains(c.text, "exp=2"),
		} {
			if valid {
				t.Errorf("%s is valid: %s", c.text, what)
			}
		}
	}
}

func token0(_ time.Time, ok bool) bool { return ok }

// makeToken signs a token as the vendor's libraries do.
func makeToken(key, parts, path string) string {
	k, _ := hex.DecodeString(key)
	mac := hmac.New(sha256.New, k)
	mac.Write([]byte(parts))
	if !strings.Contains(parts, "acl=") {
		mac.Write([]byte("~url=" + escapeToken(path)))
	}
	return parts + "~hmac=" + hex.EncodeToString(mac.Sum(nil))
}

func TestTokenAccess(t *testing.T) {
	t.Parallel()
	const key = "00112233ff99"
	keys := []media.Key{{ID: "1", Secret: key}}
	now := time.Unix(1000, 0)
	const path = "/demo/image/authenticated/a%20b.jpg"
	for _, c := range []struct {
		name, url, token string
		cookie           bool
		given            bool
		code             media.Code
	}{
		{"no token", path, "", false, false, 0},
		{"query", path, makeToken(key, "exp=2000", path), false, true, 0},
		{"query with other parameters", path + "?_a=B", makeToken(key, "exp=2000", path+"?_a=B"), false, true, 0},
		{"expired", path, makeToken(key, "exp=1000", path), false, false, media.Unauthorized},
		{"not yet", path, makeToken(key, "st=1001~exp=2000", path), false, false, media.Unauthorized},
		{"another path", path, makeToken(key, "exp=2000", "/demo/x"), false, false, media.Unauthorized},
		{"another key", path, makeToken("aabbccdd", "exp=2000", path), false, false, media.Unauthorized},
		{"ip", path, makeToken(key, "ip=192.0.2.1~exp=2000", path), false, true, 0},
		{"another ip", path, makeToken(key, "ip=192.0.2.2~exp=2000", path), false, false, media.Unauthorized},
		{"acl", path, makeToken(key, "exp=2000~acl=%2fdemo%2fimage%2f*", ""), false, true, 0},
		{"another acl", path, makeToken(key, "exp=2000~acl=%2fdemo%2fvideo%2f*", ""), false, false, media.Unauthorized},
		{"cookie", path, makeToken(key, "exp=2000~acl=%2f*", ""), true, true, 0},
		{"cookie that expired", path, makeToken(key, "exp=900~acl=%2f*", ""), true, false, 0},
		{"rubbish", path, "x", false, false, media.Unauthorized},
		{"order", path, makeToken(key, "exp=2000~st=1", path), false, false, media.Unauthorized},
		{"no end", path, makeToken(key, "acl=%2f*", ""), false, false, media.Unauthorized},
	} {
		r := httptest.NewRequest(http.MethodGet, "http://media.test"+c.url, nil)
		if c.cookie {
			r.AddCookie(&http.Cookie{Name: TokenParam, Value: c.token})
		} else if c.token != "" {
			if r.URL.RawQuery != "" {
				r.URL.RawQuery += "&"
			}
			r.URL.RawQuery += TokenParam + "=" + c.token
		}
		a, err := tokenAccess(r, keys, now)
		if a.given != c.given || a.seen != (c.token != "") || (err == nil) != (c.code == 0) || err != nil && media.CodeOf(err) != c.code {
			t.Errorf("%s: %+v, %v", c.name, a, err)
		}
		if a.given && a.until.Unix() != 2000 {
			t.Errorf("%s: until %s", c.name, a.until)
		}
	}
}

func TestMatchPath(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, path string
		want          bool
	}{
		{"/a", "/a", true}, {"/a", "/ab", false}, {"/a*", "/ab/c", true}, {"*", "", true}, {"", "", true}, {"", "a", false},
		{"/?", "/a", true}, {"/?", "/", false}, {"*/x/*", "/a/x/b", true}, {"*/x/*", "/a/y/b", false}, {"*a*a*a", "aaa", true}, {"*a*a*a*a", "aaa", false},
	} {
		if got := matchPath(c.pattern, c.path); got != c.want {
			t.Errorf("matchPath(%q, %q) = %v", c.pattern, c.path, got)
		}
	}
	if matchPath(strings.Repeat("*a", 2000)+"b", strings.Repeat("a", 4000)) {
		t.Error("matches")
	}
}

func FuzzToken(f *testing.F) {
	f.Add("st=222222222~exp=222222322~hmac=55cfe516530461213fe3b3606014533b1eca8ff60aeab79d1bb84c9322eebc1f", "/x?y")
	f.Add("ip=::1~exp=9~acl=%2f*!?%zz~hmac=", "/")
	f.Fuzz(func(t *testing.T, text, path string) {
		parsed, ok := parseToken(text)
		if ok && parsed.opens(path, []byte("a key of this test")) {
			t.Fatalf("%q opens %q", text, path)
		}
	})
}
