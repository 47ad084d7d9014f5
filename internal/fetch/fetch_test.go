package fetch

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"tintype/internal/media"
)

// loopback is what makes a test server reachable.
var loopback = prefixes("127.0.0.0/8", "::1/128")

// origin serves h on the loopback and returns a client that may go there.
func origin(t *testing.T, cfg Config, h http.HandlerFunc) (*Client, string) {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return client(t, cfg, srv.URL), srv.URL
}

func client(t *testing.T, cfg Config, serverURL string) *Client {
	t.Helper()
	if cfg.Allow == nil {
		cfg.Allow = loopback
	}
	cfg.AllowPorts = append(cfg.AllowPorts, port(t, serverURL))
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func port(t *testing.T, rawURL string) uint16 {
	t.Helper()
	u, err := url.Parse(rawURL)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.ParseUint(u.Port(), 10, 16)
	if err != nil {
		t.Fatal(err)
	}
	return uint16(n)
}

// get reads a URL to the end.
func get(t *testing.T, c *Client, u string, limit int64) ([]byte, *Response, error) {
	t.Helper()
	res, err := c.Get(t.Context(), u, limit)
	if err != nil {
		return nil, nil, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return b, res, err
}

// refused checks the shape that every error has: a code, a cause, and a
// sentence that gives nothing away.
func refused(t *testing.T, err error, code media.Code, cause error, u string) {
	t.Helper()
	if err == nil || media.CodeOf(err) != code {
		t.Fatalf("%s: error %v, want code %v", u, err, code)
	}
	if cause != nil && !errors.Is(err, cause) {
		t.Errorf("%s: error %v, want cause %v", u, err, cause)
	}
	msg := media.MessageOf(err)
	for _, leak := range []string{"127.0.0.1", "10.0.0.1", "secret", "dial", "tcp", "refused", "http://"} {
		if strings.Contains(msg, leak) {
			t.Errorf("%s: the sentence %q says %q", u, msg, leak)
		}
	}
}

func TestGet(t *testing.T) {
	t.Parallel()
	c, base := origin(t, Config{}, func(w http.ResponseWriter, r *http.Request) {
		if ua, enc := r.UserAgent(), r.Header.Get("Accept-Encoding"); ua != "Tintype/1" || enc != "identity" {
			t.Errorf("User-Agent %q, Accept-Encoding %q", ua, enc)
		}
		w.Header().Set("Content-Type", "Image/PNG; charset=utf-8")
		_, _ = io.WriteString(w, "hello")
	})
	got, res, err := get(t, c, base+"/dir/my%20photo.png?secret=1#part", 5)
	if err != nil || string(got) != "hello" {
		t.Fatalf("got %q, %v", got, err)
	}
	if res.Size != 5 || res.ContentType != "image/png" || res.Filename != "my photo.png" || res.URL != base+"/dir/my%20photo.png?secret=1" {
		t.Errorf("got %+v", res)
	}
}

func TestBadURLs(t *testing.T) {
	t.Parallel()
	c, err := New(Config{Lookup: func(context.Context, string) ([]netip.Addr, error) {
		t.Error("a bad URL was looked up")
		return nil, errors.New("no")
	}})
	if err != nil {
		t.Fatal(err)
	}
	for u, cause := range map[string]error{
		"":                                      ErrBlocked,
		"example.com/x.jpg":                     ErrBlocked,
		"//example.com/x.jpg":                   ErrBlocked,
		"/etc/passwd":                           ErrBlocked,
		"file:///etc/passwd":                    ErrBlocked,
		"ftp://example.com/x":                   ErrBlocked,
		"gopher://example.com:80/x":             ErrBlocked,
		"data:text/plain,x":                     nil,
		"http:example.com":                      nil,
		"http://":                               nil,
		"http:///x":                             nil,
		"http://:80/":                           nil,
		"http://example.com:22/":                ErrBlocked,
		"http://example.com:8080/":              ErrBlocked,
		"https://example.com:0/":                ErrBlocked,
		"http://example.com:99999/":             nil,
		"http://example.com:x/":                 nil,
		"http://user@example.com/":              ErrBlocked,
		"http://user:secret@example.com/":       ErrBlocked,
		"http://exa mple.com/":                  nil,
		"http://example.com/\x00":               nil,
		"http://example.com/\r\nX: y":           nil,
		"http://[::1/":                          nil,
		"http://%zz/":                           nil,
		"http://a/" + strings.Repeat("x", 9000): nil,
	} {
		_, err := c.Get(t.Context(), u, 10)
		refused(t, err, media.Invalid, cause, u)
	}
}

func TestBlockedTargets(t *testing.T) {
	t.Parallel()
	var hits atomic.Int32
	_, base := origin(t, Config{}, func(http.ResponseWriter, *http.Request) { hits.Add(1) })
	p := port(t, base)
	lookup := func(_ context.Context, host string) ([]netip.Addr, error) {
		switch host {
		case "private.test":
			return prefixAddrs("10.0.0.1"), nil
		case "both.test":
			return prefixAddrs("10.0.0.1", "127.0.0.1", "::1"), nil
		case "mapped.test":
			return prefixAddrs("::ffff:127.0.0.1"), nil
		}
		return prefixAddrs("127.0.0.1"), nil
	}
	c, err := New(Config{AllowPorts: []uint16{p}, Lookup: lookup})
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{
		"127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "[::127.0.0.1]", "0.0.0.0", "[::]", "169.254.169.254", "10.0.0.1", "[fe80::1%25lo]",
		"2130706433", "0x7f000001", "0177.0.0.1", "127.1", "localhost", "private.test", "both.test", "mapped.test", "LOCALHOST.",
	} {
		u := fmt.Sprintf("http://%s:%d/", host, p)
		_, err := c.Get(t.Context(), u, 10)
		refused(t, err, media.Invalid, ErrBlocked, u)
	}
	if n := hits.Load(); n != 0 {
		t.Errorf("%d requests came through", n)
	}
}

func prefixAddrs(list ...string) []netip.Addr {
	var out []netip.Addr
	for _, s := range list {
		out = append(out, netip.MustParseAddr(s))
	}
	return out
}

// TestSystemResolver takes the way without Config.Lookup.
func TestSystemResolver(t *testing.T) {
	t.Parallel()
	c, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	if addrs, err := net.DefaultResolver.LookupHost(t.Context(), "localhost"); err != nil || len(addrs) == 0 {
		t.Skip("localhost is not known here")
	}
	_, err = c.Get(t.Context(), "http://localhost/", 10)
	refused(t, err, media.Invalid, ErrBlocked, "http://localhost/")
}

// TestRebinding answers the first look-up of a name with an allowed address
// and every later one with another.
func TestRebinding(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/again" {
			http.Redirect(w, r, "/secret", http.StatusFound)
			return
		}
		_, _ = io.WriteString(w, "content")
	}))
	defer srv.Close()
	p := port(t, srv.URL)
	rebind := func() *Client {
		var n atomic.Int32
		c, err := New(Config{
			Allow:      prefixes("127.0.0.1/32"),
			AllowPorts: []uint16{p},
			Lookup: func(context.Context, string) ([]netip.Addr, error) {
				if n.Add(1) == 1 {
					return prefixAddrs("127.0.0.1"), nil
				}
				return prefixAddrs("127.0.0.2"), nil // also reaches the server, but is not allowed
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	c := rebind()
	u := fmt.Sprintf("http://rebind.test:%d/", p)
	if got, _, err := get(t, c, u, 100); err != nil || string(got) != "content" {
		t.Fatalf("first: %q, %v", got, err)
	}
	_, _, err := get(t, c, u, 100)
	refused(t, err, media.Invalid, ErrBlocked, u)
	_, _, err = get(t, rebind(), u+"again", 100)
	refused(t, err, media.Invalid, ErrBlocked, u+"again")
}

func TestRedirects(t *testing.T) {
	t.Parallel()
	var secretHits atomic.Int32
	secret := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { secretHits.Add(1) }))
	defer secret.Close()
	c, base := origin(t, Config{Allow: prefixes("127.0.0.1/32"), AllowPorts: []uint16{port(t, secret.URL)}}, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Referer") != "" || r.Header.Get("Cookie") != "" || r.Header.Get("Authorization") != "" {
			t.Errorf("%s: carried over: %v", r.URL, r.Header)
		}
		w.Header().Set("Set-Cookie", "a=b")
		if n, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/hop/")); err == nil {
			if n == 0 {
				_, _ = io.WriteString(w, "there")
				return
			}
			http.Redirect(w, r, fmt.Sprintf("/hop/%d", n-1), []int{301, 302, 303, 307, 308}[n%5])
			return
		}
		w.Header().Set("Location", r.URL.Query().Get("to"))
		w.WriteHeader(http.StatusFound)
	})
	got, res, err := get(t, c, base+"/hop/5?secret=1", 100)
	if err != nil || string(got) != "there" || res.URL != base+"/hop/0" || res.Filename != "0" {
		t.Errorf("five hops: %q, %+v, %v", got, res, err)
	}
	_, _, err = get(t, c, base+"/hop/6", 100)
	refused(t, err, media.Invalid, ErrUnreachable, "six hops")

	elsewhere := strings.Replace(secret.URL, "127.0.0.1", "127.0.0.2", 1)
	for _, to := range []string{
		elsewhere, strings.Replace(secret.URL, "127.0.0.1", "[::1]", 1), "http://10.0.0.1/", "http://169.254.169.254/latest/meta-data/", "//[::ffff:7f00:2]/",
		"file:///etc/passwd", "gopher://127.0.0.1/", "ftp://127.0.0.1/", "data:text/plain,secret", "javascript:1",
		strings.Replace(base, "http://", "http://user:secret@", 1), "http://127.0.0.1:22/",
	} {
		u := base + "/?to=" + url.QueryEscape(to)
		_, _, err := get(t, c, u, 100)
		if to == "data:text/plain,secret" || to == "javascript:1" {
			refused(t, err, media.Invalid, nil, to)
			continue
		}
		refused(t, err, media.Invalid, ErrBlocked, to)
	}
	if n := secretHits.Load(); n != 0 {
		t.Errorf("%d requests came through", n)
	}
	for _, to := range []string{"", "http://%zz/"} {
		_, _, err := get(t, c, base+"/?to="+url.QueryEscape(to), 100)
		refused(t, err, media.Invalid, nil, "redirect to "+to)
	}

	none := client(t, Config{MaxRedirects: -1}, base)
	_, _, err = get(t, none, base+"/hop/1", 100)
	refused(t, err, media.Invalid, ErrUnreachable, "redirects switched off")
}

func TestProxyOfEnvironment(t *testing.T) {
	var hits atomic.Int32
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer proxy.Close()
	t.Setenv("HTTP_PROXY", proxy.URL)
	t.Setenv("http_proxy", proxy.URL)
	c, err := New(Config{Lookup: func(context.Context, string) ([]netip.Addr, error) { return prefixAddrs("10.0.0.1"), nil }})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Get(t.Context(), "http://example.test/", 10)
	refused(t, err, media.Invalid, ErrBlocked, "http://example.test/")
	if hits.Load() != 0 {
		t.Error("went through a proxy")
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") }))
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	defer srv.Close()
	roots := x509.NewCertPool()
	roots.AddCert(srv.Certificate())
	if got, _, err := get(t, client(t, Config{RootCAs: roots}, srv.URL), srv.URL, 10); err != nil || string(got) != "ok" {
		t.Errorf("got %q, %v", got, err)
	}
	_, _, err := get(t, client(t, Config{RootCAs: x509.NewCertPool()}, srv.URL), srv.URL, 10)
	refused(t, err, media.Invalid, ErrUnreachable, "an unknown certificate")
}

func TestStatus(t *testing.T) {
	t.Parallel()
	c, base := origin(t, Config{}, func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.URL.Path[1:])
		w.WriteHeader(n)
		_, _ = io.WriteString(w, "a secret body")
	})
	for _, n := range []int{201, 204, 206, 300, 304, 400, 401, 404, 410, 418, 500, 503, 599} {
		_, _, err := get(t, c, fmt.Sprintf("%s/%d", base, n), 100)
		refused(t, err, media.Invalid, nil, fmt.Sprint(n))
		var se *StatusError
		if !errors.As(err, &se) || se.Status != n || se.Text != http.StatusText(n) {
			t.Errorf("%d: %v", n, err)
		}
	}
}

func TestLimit(t *testing.T) {
	t.Parallel()
	body := bytes.Repeat([]byte("x"), 100_000)
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = z.Write(body)
	_ = z.Close()
	c, base := origin(t, Config{}, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/length":
			w.Header().Set("Content-Length", fmt.Sprint(len(body)))
		case "/chunked":
			_ = http.NewResponseController(w).Flush()
		case "/gzip", "/gzip.gz":
			w.Header().Set("Content-Encoding", "gzip")
			if r.URL.Path == "/gzip.gz" {
				w.Header().Set("Content-Type", "application/gzip")
			}
			_, _ = w.Write(zipped.Bytes())
			return
		case "/brotli":
			w.Header().Set("Content-Encoding", "br")
		}
		_, _ = w.Write(body)
	})
	for _, path := range []string{"/length", "/chunked", "/gzip"} {
		for _, limit := range []int64{-1, 100_000, 200_000} {
			got, res, err := get(t, c, base+path, limit)
			if err != nil || !bytes.Equal(got, body) {
				t.Errorf("%s within %d: %d bytes, %v", path, limit, len(got), err)
			} else if want := map[bool]int64{true: 100_000, false: -1}[path == "/length"]; res.Size != want {
				t.Errorf("%s: size %d", path, res.Size)
			}
		}
		for _, limit := range []int64{0, 1, 1000, 99_999} {
			got, _, err := get(t, c, base+path, limit)
			refused(t, err, media.TooLarge, nil, path)
			var le *media.LimitError
			if !errors.As(err, &le) || le.Max != limit || le.Got <= limit {
				t.Errorf("%s over %d: %v", path, limit, err)
			}
			if path == "/length" && got != nil || int64(len(got)) > limit {
				t.Errorf("%s over %d: %d bytes were read", path, limit, len(got))
			}
		}
	}
	got, res, err := get(t, c, base+"/gzip.gz", 100_000)
	if err != nil || !bytes.Equal(got, zipped.Bytes()) || res.Size != int64(zipped.Len()) {
		t.Errorf("a compressed file: %d bytes, %v", len(got), err)
	}
	_, _, err = get(t, c, base+"/brotli", 1<<20)
	refused(t, err, media.Invalid, ErrUnreachable, "/brotli")
}

func TestErrorOfBodyStays(t *testing.T) {
	t.Parallel()
	c, base := origin(t, Config{}, func(w http.ResponseWriter, _ *http.Request) {
		_ = http.NewResponseController(w).Flush()
		_, _ = w.Write(make([]byte, 1000))
	})
	res, err := c.Get(t.Context(), base, 10)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	first, err := io.ReadAll(res.Body)
	refused(t, err, media.TooLarge, nil, "first")
	if n, err := res.Body.Read(make([]byte, 10)); n != 0 || media.CodeOf(err) != media.TooLarge || len(first) != 10 {
		t.Errorf("after %d bytes: %d more, %v", len(first), n, err)
	}
}

func TestFilename(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ disposition, path, want string }{
		{"", "/a/b.jpg", "b.jpg"},
		{"", "/", ""},
		{"", "/a/", ""},
		{"", "/a/..", ""},
		{"", "/%2e%2e", ""},
		{"", "/a%2Fb.jpg", "b.jpg"},
		{"", `/a%5Cb.jpg`, "b.jpg"},
		{"", "/a%00b%0D%0A.jpg", "ab.jpg"},
		{"", "/%e2%80%aegpj.exe", "gpj.exe"},
		{"", "/%ff%fe.jpg", ".jpg"},
		{"", "/caf%C3%A9.jpg", "café.jpg"},
		{"", "/" + strings.Repeat("%C3%A9", 200), strings.Repeat("é", 127)},
		{`attachment; filename="x.png"`, "/a/b.jpg", "x.png"},
		{`attachment; filename="../../etc/passwd"`, "/b.jpg", "passwd"},
		{`attachment; filename=".."`, "/b.jpg", "b.jpg"},
		{`attachment; filename=""`, "/b.jpg", "b.jpg"},
		{`attachment; filename*=UTF-8''%e2%82%ac.png`, "/b.jpg", "€.png"},
		{`attachment; filename="bad`, "/b.jpg", "b.jpg"},
		{`inline`, "/b.jpg", "b.jpg"},
		{`;;;`, "/b.jpg", "b.jpg"},
	} {
		u, err := url.Parse("http://example.test" + c.path)
		if err != nil {
			t.Fatal(err)
		}
		if got := filename(c.disposition, u); got != c.want {
			t.Errorf("%q, %q: %q instead of %q", c.disposition, c.path, got, c.want)
		}
	}
}

func FuzzFilename(f *testing.F) {
	f.Add(`attachment; filename="../x"`, "/a/b.jpg")
	f.Add(`attachment; filename*=UTF-8''%2e%2e`, "/..")
	f.Add("", "/a\x00\xff")
	f.Fuzz(func(t *testing.T, disposition, path string) {
		got := filename(disposition, &url.URL{Path: path})
		if len(got) > 255 || strings.ContainsAny(got, "/\\\x00\r\n") || got == "." || got == ".." {
			t.Errorf("%q, %q: %q", disposition, path, got)
		}
	})
}

func TestValidate(t *testing.T) {
	t.Parallel()
	for _, cfg := range []Config{{Allow: []netip.Prefix{{}}}, {Timeout: -1}, {HeaderTimeout: -1}, {RateWindow: -1}, {MinRate: -1}} {
		if _, err := New(cfg); err == nil {
			t.Errorf("%+v is accepted", cfg)
		}
	}
}
