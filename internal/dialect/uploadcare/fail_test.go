package uploadcare

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"tintype/internal/dialect"
	"tintype/internal/media"
)

var _ dialect.Dialect = (*Dialect)(nil)

func newDialect(t *testing.T) *Dialect {
	t.Helper()
	d, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestFailStatus(t *testing.T) {
	t.Parallel()
	d := newDialect(t)
	for code, want := range map[media.Code]int{
		media.Invalid: 400, media.Unsupported: 400, media.Unauthorized: 403, media.Forbidden: 403, media.NotFound: 404,
		media.Conflict: 409, media.TooLarge: 413, media.Limited: 503, media.Pending: 503, media.NoSpace: 507, media.Internal: 500,
	} {
		w := httptest.NewRecorder()
		d.Fail(w, httptest.NewRequest("GET", "/x/", nil), media.Errorf(code, "A sentence"))
		h := w.Header()
		if w.Code != want || w.Body.String() != "A sentence\n" || h.Get("Content-Type") != "text/plain; charset=utf-8" {
			t.Errorf("%s: %d %q %v", code, w.Code, w.Body, h)
		}
		cache := "no-store"
		if want == 404 {
			cache = "max-age=60"
		}
		if h.Get("Cache-Control") != cache || h.Get("Access-Control-Allow-Origin") != "*" || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", code, h)
		}
		if (h.Get("Retry-After") != "") != (want == 503) {
			t.Errorf("%s: Retry-After %q", code, h.Get("Retry-After"))
		}
	}
}

func TestFailBody(t *testing.T) {
	t.Parallel()
	d := newDialect(t)
	for _, c := range []struct{ method, accept, kind, body string }{
		{"GET", "", "text/plain; charset=utf-8", "File not found: <x>\n"},
		{"GET", "*/*", "text/plain; charset=utf-8", "File not found: <x>\n"},
		{"GET", "text/html,application/xhtml+xml,image/avif,*/*;q=0.8", "text/plain; charset=utf-8", "File not found: <x>\n"},
		{"GET", "application/json", "application/json", `{"error":{"status_code":404,"content":"File not found: \u003cx\u003e"}}`},
		{"GET", "image/avif,image/webp,*/*;q=0.8", "", ""},
		{"HEAD", "*/*", "text/plain; charset=utf-8", ""},
	} {
		r := httptest.NewRequest(c.method, "/x/", nil)
		r.Header.Set("Accept", c.accept)
		w := httptest.NewRecorder()
		w.Header().Set("Content-Type", "image/png")
		w.Header().Set("Etag", `"old"`)
		d.Fail(w, r, media.Errorf(media.NotFound, "File not found: <x>"))
		if w.Code != http.StatusNotFound || w.Body.String() != c.body || w.Header().Get("Content-Type") != c.kind || w.Header().Get("Etag") != "" {
			t.Errorf("%s %q: %d %q %v", c.method, c.accept, w.Code, w.Body, w.Header())
		}
	}
}

// What went wrong inside is nobody's business.
func TestFailHidesCauses(t *testing.T) {
	t.Parallel()
	d := newDialect(t)
	for _, err := range []error{errors.New("disk /dev/sda"), &media.Error{Message: "", Err: errors.New("disk /dev/sda")}} {
		w := httptest.NewRecorder()
		d.Fail(w, httptest.NewRequest("GET", "/x/", nil), err)
		if w.Code != 500 || w.Body.String() != "Internal error\n" {
			t.Errorf("%d %q", w.Code, w.Body)
		}
	}
	w := httptest.NewRecorder()
	d.Fail(w, httptest.NewRequest("GET", "/x/", nil), context.DeadlineExceeded)
	if w.Code != 503 {
		t.Errorf("deadline: %d", w.Code)
	}
}
