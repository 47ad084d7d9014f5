package cloudinary

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"tintype/internal/media"
)

func TestFailDelivery(t *testing.T) {
	t.Parallel()
	secret := errors.New("open /var/lib/x: permission denied")
	for _, c := range []struct {
		err                   error
		status                int
		message, cache, retry string
	}{
		{media.Errorf(media.Invalid, "Invalid width in transformation: abc"), 400, "Invalid width in transformation: abc", "no-store", ""},
		{media.Errorf(media.Unsupported, "No"), 400, "No", "no-store", ""},
		{media.Errorf(media.TooLarge, "No"), 400, "No", "no-store", ""},
		{media.Errorf(media.Unauthorized, "No"), 401, "No", "no-store", ""},
		{media.Errorf(media.Forbidden, "No"), 403, "No", "no-store", ""},
		{fmt.Errorf("find: %w", media.Errorf(media.NotFound, "Resource not found - größe\r\nX: y")), 404, "Resource not found - gr%C3%B6%C3%9Fe%0D%0AX: y", "max-age=60", ""},
		{&media.Error{Code: media.NotFound, Message: "No", Err: &media.LayerError{Ref: media.Ref{Kind: media.KindImage, Name: "a/b"}}}, 400, "Unknown or invalid referenced image a/b of type upload", "no-store", ""},
		{fmt.Errorf("plan: %w", &media.Error{Code: media.Invalid, Err: &media.LayerError{Ref: media.Ref{Kind: media.KindRaw, Access: media.Private, Name: "x"}}}), 400, "Unknown or invalid referenced raw x of type private", "no-store", ""},
		{fmt.Errorf("plan: %w", &media.Error{Code: media.Invalid, Err: &media.LayerError{Ref: media.Ref{URL: "https://ex.test/a"}}}), 400, "Unknown or invalid referenced image https://ex.test/a of type fetch", "no-store", ""},
		{media.Errorf(media.Pending, "No"), 423, "No", "no-store", "2"},
		{media.Errorf(media.Limited, "No"), 503, "No", "no-store", "2"},
		{media.Errorf(media.NoSpace, "No"), 507, "No", "no-store", ""},
		{secret, 500, "Internal error", "no-store", ""},
		{&media.Error{Code: media.Internal, Err: secret}, 500, "Internal error", "no-store", ""},
		{context.DeadlineExceeded, 503, "The server is busy, try again later", "no-store", "2"},
	} {
		w := httptest.NewRecorder()
		w.Header().Set("Content-Type", "image/jpeg")
		w.Header().Set("ETag", `"x"`)
		w.Header().Set("Content-Length", "5000")
		new(Dialect).Fail(w, httptest.NewRequest(http.MethodGet, "/demo/image/upload/x.jpg", nil), c.err)
		h := w.Header()
		if w.Code != c.status || h.Get(errorHeader) != c.message || h.Get("Cache-Control") != c.cache || h.Get("Retry-After") != c.retry {
			t.Errorf("%v: %d %v", c.err, w.Code, h)
		}
		if w.Body.Len() != 0 || h.Get("Content-Length") != "0" || h.Get("Content-Type") != "" || h.Get("ETag") != "" {
			t.Errorf("%v: something of the answer is left: %v %q", c.err, h, w.Body)
		}
		if h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Access-Control-Expose-Headers") != errorHeader {
			t.Errorf("%v: other origins cannot read the error: %v", c.err, h)
		}
	}
}

func TestFailMethod(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	new(Dialect).Fail(w, httptest.NewRequest(http.MethodPost, "/demo/image/upload/x.jpg", nil), media.Errorf(media.Unsupported, "No"))
	if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}

func TestFailAPI(t *testing.T) {
	t.Parallel()
	for code, status := range map[media.Code]int{
		media.Invalid: 400, media.TooLarge: 400, media.Unsupported: 400, media.Unauthorized: 401, media.Forbidden: 403,
		media.NotFound: 404, media.Conflict: 409, media.Limited: 429, media.Pending: 429, media.NoSpace: 500, media.Internal: 500,
	} {
		w := httptest.NewRecorder()
		new(Dialect).Fail(w, httptest.NewRequest(http.MethodPost, "/v1_1/demo/image/upload", nil), media.Errorf(code, "A \"sentence\" – über\n"))
		var body struct {
			Error struct {
				Message string `json:"message"`
			} `json:"error"`
		}
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || body.Error.Message != "A \"sentence\" – über\n" {
			t.Errorf("%s: %v %q", code, err, w.Body)
		}
		if w.Code != status || w.Header().Get(errorHeader) == "" || strings.ContainsAny(w.Header().Get(errorHeader), "\n–") ||
			!strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") {
			t.Errorf("%s: %d %v", code, w.Code, w.Header())
		}
	}
}

func TestHeaderTextIsBounded(t *testing.T) {
	t.Parallel()
	if n := len(headerText(strings.Repeat("ü", 5000))); n > 1100 {
		t.Errorf("%d bytes", n)
	}
}
