package server

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"tintype/internal/rendition/renditiontest"
)

// The client's address comes from proxies that are trusted, and from nobody else.
func TestAddressBehindProxies(t *testing.T) {
	t.Parallel()
	p := &plain{}
	p.api = func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s %q", r.RemoteAddr, r.Header.Get("X-Forwarded-For"))
	}
	w := newServer(t, p, func(c *Config) {
		c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::/32")}
	})
	for _, c := range []struct{ peer, forwarded, want string }{
		{"10.0.0.1:80", "", `10.0.0.1:80 ""`},
		{"10.0.0.1:80", "198.51.100.7", `198.51.100.7:0 ""`},
		{"10.0.0.1:80", "6.6.6.6, 198.51.100.7", `198.51.100.7:0 ""`},
		{"10.0.0.1:80", "6.6.6.6, 198.51.100.7 , 10.9.9.9", `198.51.100.7:0 ""`},
		{"10.0.0.1:80", "10.1.1.1, 10.2.2.2", `10.1.1.1:0 ""`},
		{"10.0.0.1:80", "6.6.6.6, unknown, 10.9.9.9", `10.9.9.9:0 ""`},
		{"10.0.0.1:80", "junk", `10.0.0.1:0 ""`},
		{"10.0.0.1:80", "198.51.100.7:5555", `198.51.100.7:0 ""`},
		{"10.0.0.1:80", "[2001:db9::1]:5555", `[2001:db9::1]:0 ""`},
		{"[::ffff:10.0.0.1]:80", "::ffff:198.51.100.7", `198.51.100.7:0 ""`},
		{"[2001:db8::1]:80", "2001:db9::1", `[2001:db9::1]:0 ""`},
		{"192.0.2.1:80", "198.51.100.7", `192.0.2.1:80 "198.51.100.7"`},
	} {
		r := httptest.NewRequest("GET", "/api/x", nil)
		r.RemoteAddr = c.peer
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		rec := httptest.NewRecorder()
		w.s.ServeHTTP(rec, r)
		if got := rec.Body.String(); got != c.want {
			t.Errorf("%s for %q is %s, want %s", c.peer, c.forwarded, got, c.want)
		}
	}
	r := httptest.NewRequest("GET", "/api/x", nil)
	r.RemoteAddr, r.Header["X-Forwarded-For"] = "10.0.0.1:80", []string{"6.6.6.6", "198.51.100.7"}
	rec := httptest.NewRecorder()
	w.s.ServeHTTP(rec, r)
	if got := rec.Body.String(); !strings.HasPrefix(got, "198.51.100.7:0") {
		t.Errorf("of two headers: %s", got)
	}
	if n := strings.Count(w.log.String(), "192.0.2.1"); n != 1 {
		t.Errorf("the proxy that is not trusted was told of %d times", n)
	}
}

// What HTTP itself refuses is told in the dialect's words.
func TestRefusalsInTheDialectsWords(t *testing.T) {
	t.Parallel()
	w := newServer(t, &plain{}, func(c *Config) { c.Default = "plain" })
	w.Put(renditiontest.Image("shoe"), []byte("A"))
	for _, c := range []struct {
		method, path, span string
		code               int
		header, value      string
		body               string
	}{
		{"GET", "/demo/public/0/shoe", "bytes=5-", 416, "Content-Range", "bytes */1", "The range lies outside of the file\n"},
		{"GET", "/demo/public/20/shoe", "bytes=-0", 416, "Content-Range", "bytes */15", "The range lies outside of the file\n"},
		{"PUT", "/demo/public/0/shoe", "", 405, "Allow", "GET, HEAD, OPTIONS", "Files are read with GET and HEAD, not PUT\n"},
		{"GET", "/nobody/public/0/shoe", "", 404, "X-Plain", "yes", "Nothing answers at this path\n"},
		{"PUT", "/nobody/public/0/shoe", "", 404, "X-Plain", "yes", "Nothing answers at this path\n"},
		{"OPTIONS", "/nobody/public/0/shoe", "", 204, "Access-Control-Allow-Origin", "*", ""},
		{"PUT", "/health", "", 405, "Allow", "GET, HEAD", "Ask with GET or HEAD\n"},
		{"DELETE", "/ready", "", 405, "Allow", "GET, HEAD", "Ask with GET or HEAD\n"},
		{"TRACE", "/ready", "", 405, "Allow", "GET, HEAD", "Ask with GET or HEAD\n"},
		{"HEAD", "/health", "", 200, "Cache-Control", "no-store", ""},
	} {
		r := httptest.NewRequest(c.method, c.path, nil)
		if c.span != "" {
			r.Header.Set("Range", c.span)
		}
		rec := httptest.NewRecorder()
		w.s.ServeHTTP(rec, r)
		if rec.Code != c.code || rec.Header().Get(c.header) != c.value || rec.Body.String() != c.body {
			t.Errorf("%s %s %s: %d, %s %q, %q", c.method, c.path, c.span, rec.Code, c.header, rec.Header().Get(c.header), rec.Body)
		}
	}
	if _, err := New(Config{Directory: w.s.cfg.Directory, Delivery: w.s.cfg.Delivery, Default: "none"}); err == nil {
		t.Error("a default that is no dialect is taken")
	}
}
