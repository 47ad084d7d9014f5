package fetch

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"tintype/internal/media"
)

func TestPost(t *testing.T) {
	t.Parallel()
	c, base := origin(t, Config{}, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/again":
			http.Redirect(w, r, "/here?"+r.URL.RawQuery, http.StatusPermanentRedirect)
		case "/other":
			http.Redirect(w, r, "/here", http.StatusFound)
		case "/private":
			http.Redirect(w, r, "http://10.0.0.1/", http.StatusTemporaryRedirect)
		case "/long":
			w.Write(bytes.Repeat([]byte("x"), 1<<20))
		default:
			body, err := io.ReadAll(r.Body)
			if err != nil || r.Method != http.MethodPost || string(body) != "hello" || r.Header.Get("X-Mine") != "1" || r.UserAgent() != "Tintype/1" {
				t.Errorf("%s %q %v, header %v", r.Method, body, err, r.Header)
			}
			w.WriteHeader(http.StatusTeapot)
			io.WriteString(w, "no tea")
		}
	})
	post := func(path string) (*Answer, error) {
		return c.Post(t.Context(), base+path, http.Header{"X-Mine": {"1"}}, []byte("hello"))
	}
	for path, want := range map[string]int{"/here": http.StatusTeapot, "/again?a=b": http.StatusTeapot, "/other": http.StatusFound, "/long": http.StatusOK} {
		a, err := post(path)
		if err != nil || a.Status != want {
			t.Errorf("%s: %+v, %v", path, a, err)
			continue
		}
		if path == "/long" && len(a.Body) != maxAnswer || want == http.StatusTeapot && string(a.Body) != "no tea" {
			t.Errorf("%s: %d bytes of body", path, len(a.Body))
		}
	}
	_, err := post("/private")
	refused(t, err, media.Invalid, ErrBlocked, "/private")
	for _, u := range []string{"", "ftp://h/", "http://10.0.0.1/", "http://h:22/", "http://user@h/"} {
		_, err := c.Post(t.Context(), u, nil, nil)
		if media.CodeOf(err) != media.Invalid || err == nil {
			t.Errorf("%q: %v", u, err)
		}
	}
}

func TestPostInTime(t *testing.T) {
	t.Parallel()
	hold := make(chan struct{})
	c, base := origin(t, Config{Timeout: 50 * time.Millisecond}, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "body") {
			w.(http.Flusher).Flush()
		}
		<-hold
	})
	defer close(hold)
	for _, path := range []string{"/header", "/body"} {
		_, err := c.Post(t.Context(), base+path, nil, []byte("x"))
		refused(t, err, media.Invalid, ErrUnreachable, path)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Post(ctx, base, nil, nil); err == nil || ctx.Err() == nil {
		t.Errorf("got %v", err)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	c, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Check("https://example.com/hook?a=b&c=d"); err != nil {
		t.Error(err)
	}
	for _, u := range []string{"", "example.com", "ftp://h/", "http://h:22/", "https://user@h/", "https:///x"} {
		if err := c.Check(u); media.CodeOf(err) != media.Invalid || err == nil {
			t.Errorf("%q: %v", u, err)
		}
	}
}
