package cloudinary

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"tintype/internal/library/librarytest"
	"tintype/internal/media"
)

// ordered posts some parameters before the file and some after it.
func (s *site) ordered(before, after url.Values, file string, auth bool) reply {
	s.t.Helper()
	pr, pw := io.Pipe()
	w := multipart.NewWriter(pw)
	fields := func(params url.Values) {
		for k, vs := range params {
			for _, v := range vs {
				w.WriteField(k, v)
			}
		}
	}
	go func() {
		fields(before)
		p, _ := w.CreateFormFile("file", "a.png")
		io.WriteString(p, file)
		fields(after)
		w.Close()
		pw.Close()
	}()
	r := httptest.NewRequest("POST", "/v1_1/demo/image/upload", pr)
	r.Header.Set("Content-Type", w.FormDataContentType())
	if auth {
		r.SetBasicAuth(librarytest.Key.ID, librarytest.Key.Secret)
	}
	out := s.do(r)
	pr.Close()
	return out
}

func TestFileBeforeItsSignature(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.d.unproven.total, s.d.unproven.each = 1000, 10
	signed := s.sign(values("public_id=x"))
	if r := s.ordered(nil, signed, boot, false); r.code != 200 {
		t.Errorf("the file first: %d %s", r.code, r.body)
	}
	large := librarytest.Picture("png", 40, 30, strings.Repeat("x", 2000))
	if r := s.ordered(nil, signed, large, false); r.code != 429 {
		t.Errorf("too large to be received unproven: %d %s", r.code, r.body)
	}
	if r := s.ordered(values("public_id=y"), nil, large, true); r.code != 200 {
		t.Errorf("large, with Basic credentials: %d %s", r.code, r.body)
	}
	if r := s.ordered(signed, nil, large, false); r.code != 200 {
		t.Errorf("large, the signature first: %d %s", r.code, r.body)
	}
	if r := s.ordered(signed, values("overwrite=false"), boot, false); r.code != 401 {
		t.Errorf("a parameter behind the signed ones: %d %s", r.code, r.body)
	}
	if s.d.unproven.used != 0 || len(s.d.unproven.by) != 0 {
		t.Errorf("still counted: %d, %v", s.d.unproven.used, s.d.unproven.by)
	}
}

func TestUnknownKeyStagesNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	before := s.sign(values("public_id=x"))
	before.Set("api_key", "999")
	s.d.unproven.total = 1 // a file that is received is refused with 429
	if r := s.ordered(before, nil, boot, false); r.code != 401 || r.message() != "Unknown API key 999" {
		t.Errorf("%d %s", r.code, r.body)
	}
	if r := s.ordered(nil, before, boot, false); r.code != 429 {
		t.Errorf("the key behind the file: %d %s", r.code, r.body)
	}
}

func TestUnprovenBytes(t *testing.T) {
	t.Parallel()
	u := newUnproven(1000, 100)
	a, b, far := u.claim("a"), u.claim("a"), u.claim("b")
	take := func(what string, c *claim, n int64, ok bool) {
		t.Helper()
		if err := c.take(n); (err == nil) != ok || err != nil && media.CodeOf(err) != media.Limited {
			t.Errorf("%s: %v", what, err)
		}
	}
	take("alone", a, 500, true)
	take("a second of the address", b, 1, false)
	take("another address", far, 400, true)
	take("over all", far, 101, false)
	a.prove()
	a.prove()
	take("when the first has proven itself", b, 60, true)
	take("the proven one", a, 5000, true)
	c := u.claim("a")
	take("two small ones", c, 40, true)
	take("which grow", c, 1, false)
	b.prove()
	c.prove()
	far.prove()
	if u.used != 0 || len(u.by) != 0 {
		t.Errorf("left: %d, %v", u.used, u.by)
	}
	if n, err := io.Copy(io.Discard, far.count(bytes.NewReader(make([]byte, 70)))); n != 70 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}
