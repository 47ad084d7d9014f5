package fetch

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// offline fails a test that looks a host up.
func offline(t *testing.T) func(context.Context, string) ([]netip.Addr, error) {
	return func(_ context.Context, host string) ([]netip.Addr, error) {
		t.Errorf("%s was looked up", host)
		return nil, errors.New("no network")
	}
}

func TestMappedFolder(t *testing.T) {
	dir, outside := t.TempDir(), filepath.Join(t.TempDir(), "secret")
	for name, text := range map[string]string{
		filepath.Join(dir, "a", "ü b.jpg"): "picture", filepath.Join(dir, "plain"): "text", outside: "secret",
	} {
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(outside, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := New(Config{Hosts: map[string]Mapping{"pictures.example": {Dir: dir}}, Lookup: offline(t)})
	if err != nil {
		t.Fatal(err)
	}
	for rawURL, want := range map[string]string{
		"https://pictures.example/a/%C3%BC%20b.jpg":   "picture",
		"http://PICTURES.example./a/../plain?size=10": "text",
		"http://pictures.example/plain#fragment":      "text",
	} {
		res, err := c.Get(context.Background(), rawURL, 100)
		if err != nil {
			t.Errorf("%s: %v", rawURL, err)
			continue
		}
		got, err := io.ReadAll(res.Body)
		res.Body.Close()
		if string(got) != want || err != nil || res.Size != int64(len(want)) {
			t.Errorf("%s: %q of %d bytes, %v", rawURL, got, res.Size, err)
		}
	}
	res, err := c.Get(context.Background(), "http://pictures.example/a/%C3%BC%20b.jpg", 100)
	if err != nil || res.Filename != "ü b.jpg" || res.ContentType != "image/jpeg" {
		t.Errorf("%+v, %v", res, err)
	} else {
		res.Body.Close()
	}
	for _, path := range []string{"", "/", "/a", "/missing", "/link", "/pipe", "/../" + filepath.Base(filepath.Dir(outside)) + "/secret", "/%2e%2e%2fsecret", "/a%00b"} {
		var e *StatusError
		if _, err := c.Get(context.Background(), "http://pictures.example"+path, 100); !errors.As(err, &e) || e.Status != http.StatusNotFound {
			t.Errorf("%q: %v", path, err)
		}
	}
	if _, err := c.Get(context.Background(), "http://pictures.example/plain", 3); err == nil {
		t.Error("a file above the limit was read")
	}
	if a, err := c.Post(context.Background(), "http://pictures.example/plain", nil, []byte("x")); err != nil || a.Status != http.StatusMethodNotAllowed {
		t.Errorf("POST: %+v, %v", a, err)
	}
}

func TestMappedServer(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/mirror/moved":
			http.Redirect(w, r, "/plain?x=1", http.StatusFound)
		case "/mirror/away":
			http.Redirect(w, r, "http://"+r.Host+"/mirror/plain", http.StatusFound)
		default:
			io.WriteString(w, r.URL.RequestURI())
		}
	}))
	t.Cleanup(srv.Close)
	base, err := url.Parse(srv.URL + "/mirror/")
	if err != nil {
		t.Fatal(err)
	}
	c, err := New(Config{Hosts: map[string]Mapping{"pictures.example": {Base: base}}, Lookup: offline(t)})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"/a%2Fb/c?d=e": "/mirror/a%2Fb/c?d=e",
		"/moved":       "/mirror/plain?x=1", // what it says of paths is said of the host that was asked for
	} {
		res, err := c.Get(context.Background(), "https://pictures.example"+path, 100)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		got, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if string(got) != want {
			t.Errorf("%s reached %s, want %s", path, got, want)
		}
	}
	if _, err := c.Get(context.Background(), "https://pictures.example/away", 100); !errors.Is(err, ErrBlocked) {
		t.Errorf("a redirect to the loopback by its own address: %v", err)
	}
	for _, path := range []string{"/../secret", "/a/%2e%2e/%2e%2e/secret"} {
		var e *StatusError
		if _, err := c.Get(context.Background(), "https://pictures.example"+path, 100); !errors.As(err, &e) || e.Status != http.StatusNotFound {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := c.Get(context.Background(), srv.URL+"/mirror/plain", 100); !errors.Is(err, ErrBlocked) {
		t.Errorf("the base itself, which nobody mapped: %v", err)
	}
}

func TestParseMapping(t *testing.T) {
	for text, want := range map[string]string{
		"Pictures.example.=/srv/p":              "pictures.example /srv/p ",
		"a.example=relative/x=y":                "a.example relative/x=y ",
		"a.example=http://10.0.0.5:9000/mirror": "a.example  http://10.0.0.5:9000/mirror",
	} {
		host, m, err := ParseMapping(text)
		base := ""
		if m.Base != nil {
			base = m.Base.String()
		}
		if got := host + " " + m.Dir + " " + base; got != want || err != nil {
			t.Errorf("%s: %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "=", "a=", "=b", "a/b=c", "a:80=c", "a=ftp://b/", "a=http://", "a=http://u@b/", "a=http://b/?x", "a=http://b/#x"} {
		if host, m, err := ParseMapping(text); err == nil {
			t.Errorf("%q is taken as %s %+v", text, host, m)
		}
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, m := range []Mapping{{}, {Dir: file}, {Dir: file + "-missing"}, {Dir: t.TempDir(), Base: &url.URL{}}} {
		if _, err := New(Config{Hosts: map[string]Mapping{"a": m}}); err == nil {
			t.Errorf("%+v is taken", m)
		}
	}
}
