package imagekit

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tintype/internal/account"
	"tintype/internal/delivery"
	"tintype/internal/media"
	"tintype/internal/rendition/renditiontest"
)

// world answers requests as a server does.
type world struct {
	d *delivery.Delivery
	k *Dialect
	e account.Endpoint
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := renditiontest.New(t)
	acc, err := account.New(media.Account{ID: renditiontest.Account, Keys: testKeys})
	if err != nil {
		t.Fatal(err)
	}
	put := func(a media.Asset, access media.Access) {
		a.Access = access
		w.Put(a, []byte(a.Name))
	}
	put(renditiontest.Image("a"), media.Public)
	put(renditiontest.Image("fallback"), media.Public)
	put(renditiontest.Image("private"), media.Authenticated)
	put(renditiontest.Raw("notes.txt", "txt"), media.Public)
	put(renditiontest.Raw("secret.jpg", "jpg"), media.Authenticated)
	d, err := delivery.New(delivery.Config{
		Catalog: w.Catalog, Blobs: w.Blobs, Renditions: w.Renditions, Cluster: w.Cluster, QueryParams: QueryParams(),
		Now: func() time.Time { return testNow },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return &world{d, New(Config{Now: func() time.Time { return testNow }}), account.Endpoint{Prefix: "/ik/demo", Account: acc}}
}

func (w *world) get(target, accept string, headers ...[2]string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", "/ik/demo"+target, nil)
	r.Header.Set("Accept", accept)
	for _, h := range headers {
		r.Header.Set(h[0], h[1])
	}
	out := httptest.NewRecorder()
	if w.d.Hot(out, r) {
		out.Header().Set("X-Hot", "yes")
		return out
	}
	q, err := w.k.Parse(r, w.e)
	if err == nil {
		err = w.d.Serve(out, r, q)
	}
	if err != nil {
		w.k.Fail(out, r, err)
	}
	return out
}

// signed adds a valid signature to a URL.
func signed(target, expiry string) string {
	sep := "?"
	if strings.Contains(target, "?") {
		sep = "&"
	}
	sig := signature(strings.TrimPrefix(target, "/"), expiry, "private_key_test")
	if expiry != "" {
		target, sep = target+sep+"ik-t="+expiry, "&"
	}
	return target + sep + "ik-s=" + sig
}

// TestDelivery asks for the situations of the reference; pictures are 400x300.
func TestDelivery(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, c := range []struct {
		target string
		status int
		begins string // of the body, or the error header
	}{
		{"/tr:w-100/a.jpg", 200, "jpeg 100x75 of a"},
		{"/a.jpg?tr=w-200", 200, "jpeg 200x150 of a"},
		{"/a.jpg?tr=orig-true,w-200", 200, "a"},
		{"/tr:w-100/none.jpg", 404, "ENOENT - "},
		{"/tr:w-100,di-fallback.jpg/none.jpg", 200, "jpeg 100x75 of f"},
		{"/private.jpg?tr=w-100", 401, ""},
		{"/private.jpg", 401, ""},
		{"/private.jpg?tr=w-100,di-fallback.jpg", 401, ""},
		{signed("/private.jpg?tr=w-100", ""), 200, "jpeg 100x75 of p"},
		{signed("/private.jpg?tr=w-100", "1893456000"), 200, "jpeg 100x75 of p"},
		{signed("/a.jpg?tr=w-100", "1500000000"), 401, ""},
		{"/a.jpg?tr=w-100&ik-s=00", 401, ""},
		{"/tr:n-ik_ml_thumbnail/private.jpg", 200, "jpeg 400x300 of p"},
		{"/tr:n-ik_ml_thumbnail,w-5/private.jpg", 401, ""},
		{"/tr:n-ik_ml_thumbnail/secret.jpg", 404, "ENOENT - "},
		{"/secret.jpg", 401, ""},
		{"/notes.txt?tr=w-100", 200, "notes.txt"},
		{"/ik-seo/a/any-name.jpg?tr=w-200", 200, "jpeg 200x150 of a"},
		{"/tr:w-abc/a.jpg", 400, ""},
		{"/tr:w-60000,h-60000/a.jpg", 400, "ELIMIT - "},
		{"/tr:n-unknown/a.jpg", 400, ""},
	} {
		for range 2 { // from the store, and from memory
			r := w.get(c.target, "*/*")
			said := r.Body.String()
			if strings.HasSuffix(c.begins, " - ") {
				said = r.Header().Get("Ik-Error")
			}
			if r.Code != c.status || !strings.HasPrefix(said, c.begins) {
				t.Errorf("%s: %d %v %q", c.target, r.Code, r.Header(), r.Body)
			}
		}
	}
}

// TestIndex checks that requests which differ in their query are told apart.
func TestIndex(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.get(signed("/private.jpg?tr=w-100", ""), "*/*")
	again := w.get(signed("/private.jpg?tr=w-100", ""), "*/*")
	if first.Code != 200 || again.Code != 200 {
		t.Fatalf("%d, then %d", first.Code, again.Code)
	}
	for target, want := range map[string]int{
		"/private.jpg?tr=w-100":            401,
		"/private.jpg":                     401,
		"/private.jpg?tr=w-100&ik-s=00":    401,
		"/private.jpg?ik-s=00&tr=w-100&v=": 401,
	} {
		if r := w.get(target, "*/*"); r.Code != want || r.Header().Get("X-Hot") != "" {
			t.Errorf("%s: %d %v", target, r.Code, r.Header())
		}
	}
	w.get("/a.jpg?tr=w-100", "*/*")
	if r := w.get("/a.jpg?v=2&tr=w-100", "*/*"); r.Header().Get("X-Hot") == "" || !strings.HasPrefix(r.Body.String(), "jpeg 100x75") {
		t.Errorf("another version: %v %q", r.Header(), r.Body)
	}
	if r := w.get("/a.jpg?tr=w-200", "*/*"); !strings.HasPrefix(r.Body.String(), "jpeg 200x150") {
		t.Errorf("another width: %q", r.Body)
	}
}

func TestFormats(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for accept, want := range map[string]string{
		"*/*": "image/jpeg", "": "image/jpeg", "image/avif,*/*": "image/jpeg",
		"image/avif,image/webp,*/*": "image/webp",
	} {
		r := w.get("/a.jpg?tr=w-10", accept)
		if r.Header().Get("Content-Type") != want || r.Header().Get("Vary") != "Accept" {
			t.Errorf("%q: %v", accept, r.Header())
		}
		if r := w.get("/a.jpg?tr=w-10,f-png", accept); r.Header().Get("Content-Type") != "image/png" || r.Header().Get("Vary") != "" {
			t.Errorf("%q: %v", accept, r.Header())
		}
	}
}

func TestFail(t *testing.T) {
	t.Parallel()
	k := New(Config{})
	for _, c := range []struct {
		method string
		err    error
		status int
		header string
		body   string
	}{
		{"GET", invalid("w-x"), 400, "", "Invalid transformation: w-x\n"},
		{"HEAD", invalid("w-x"), 400, "", ""},
		{"GET", unsupported("e-upscale"), 400, "", "Unsupported transformation: e-upscale\n"},
		{"GET", tooMany("steps", 1, 2), 400, "ELIMIT - The transformation has more than 1 steps", "The transformation has more than 1 steps\n"},
		{"GET", media.Errorf(media.NotFound, "There is no file ü\r\n"), 404, "ENOENT - There is no file %C3%BC%0D%0A", "Not Found\n"},
		{"GET", media.Errorf(media.Unauthorized, "The signature has expired"), 401, "", "The signature has expired\n"},
		{"GET", media.Errorf(media.Forbidden, "No"), 403, "", "No\n"},
		{"GET", media.Errorf(media.Limited, "Busy"), 503, "", "Busy\n"},
		{"GET", http.ErrBodyNotAllowed, 500, "", "Internal error\n"},
		{"POST", invalid("x"), 405, "", "Invalid transformation: x\n"},
	} {
		out := httptest.NewRecorder()
		out.Header().Set("Etag", "old")
		k.Fail(out, httptest.NewRequest(c.method, "/ik/demo/a.jpg", nil), c.err)
		h := out.Header()
		if out.Code != c.status || out.Body.String() != c.body || h.Get("Ik-Error") != c.header || h.Get("Etag") != "" {
			t.Errorf("%v: %d %v %q", c.err, out.Code, h, out.Body)
		}
		if (h.Get("Retry-After") != "") != (c.status == 503) || (h.Get("Allow") != "") != (c.status == 405) {
			t.Errorf("%v: %v", c.err, h)
		}
	}
}

// TestSpellings signs a URL as a library writes it, and sends it as an HTTP
// client does.
func TestSpellings(t *testing.T) {
	t.Parallel()
	for written, sent := range map[string]string{
		"a b.jpg":                         "/a%20b.jpg",
		"tr:w-1,l-text,i-a b,l-end/x.jpg": "/tr:w-1,l-text,i-a%20b,l-end/x.jpg",
		"tr:w-1:h-1/x.jpg":                "/tr%3Aw-1%3Ah-1/x.jpg",
		"x.jpg?tr=l-text,i-a b,l-end":     "/x.jpg?tr=l-text,i-a%20b,l-end",
		"x.jpg?tr=w-1,h-2":                "/x.jpg?tr=w-1%2Ch-2",
		"x.jpg?tr=w-1%2Ch-2":              "/x.jpg?tr=w-1,h-2",
		"x.jpg?v=a+b":                     "/x.jpg?v=a%20b",
		"x.jpg?v=a%20b":                   "/x.jpg?v=a+b",
		"ik/demo/x.jpg":                   "/x.jpg",
		"caf%C3%A9.jpg":                   "/caf%c3%a9.jpg",
	} {
		sep := "?"
		if strings.Contains(sent, "?") {
			sep = "&"
		}
		target := "/ik/demo" + sent + sep + "ik-s=" + signature(written, "", "private_key_test")
		r := httptest.NewRequest("GET", target, nil)
		if q, err := New(Config{}).Parse(r, testEndpoint(t)); err != nil || !q.Signed {
			t.Errorf("%s sent as %s: %v", written, sent, err)
		}
	}
	gone := "/ik/demo/x.jpg?ik-s=" + signature("x.jpg", "", "private_key_gone")
	if _, err := New(Config{}).Parse(httptest.NewRequest("GET", gone, nil), testEndpoint(t)); media.CodeOf(err) != media.Unauthorized {
		t.Errorf("a withdrawn key: %v", err)
	}
}

// TestHints: what a client says of its screen makes the picture, is told back,
// and tells answers in memory apart.
func TestHints(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, c := range []struct {
		target            string
		headers           [][2]string
		begins, dpr, vary string
	}{
		{"/a.jpg?tr=w-100,dpr-auto,f-jpg", [][2]string{{"DPR", "2"}}, "jpeg 200x150", "2", "Sec-CH-DPR, DPR"},
		{"/a.jpg?tr=w-100,dpr-auto,f-jpg", nil, "jpeg 100x75", "", "Sec-CH-DPR, DPR"},
		{"/a.jpg?tr=w-auto,f-jpg", [][2]string{{"Width", "120"}}, "jpeg 200x150", "", "Sec-CH-Width, Width"},
		{"/a.jpg?tr=w-auto,dpr-auto,f-jpg", [][2]string{{"Width", "160"}, {"DPR", "2"}}, "jpeg 200x150", "2.5", "Sec-CH-DPR, DPR, Sec-CH-Width, Width"},
		{"/a.jpg?tr=w-auto,dpr-auto,f-jpg", [][2]string{{"Width", "160"}}, "jpeg 200x150", "", "Sec-CH-DPR, DPR, Sec-CH-Width, Width"},
		{"/a.jpg?tr=w-100,dpr-2,f-jpg", [][2]string{{"DPR", "3"}}, "jpeg 200x150", "", ""},
	} {
		for _, hot := range []string{"", "yes"} {
			r := w.get(c.target, "*/*", c.headers...)
			h := r.Header()
			if !strings.HasPrefix(r.Body.String(), c.begins) || h.Get("Content-DPR") != c.dpr || h.Get("Vary") != c.vary || h.Get("X-Hot") != hot {
				t.Errorf("%s with %v: %q %v", c.target, c.headers, r.Body, h)
			}
		}
	}
}

func TestStrictMode(t *testing.T) {
	t.Parallel()
	named := func(name string, allowed bool) media.Setting {
		return media.Setting{Kind: account.KindTransformation, Name: name, Body: fmt.Appendf(nil, `{"text":"","allowed":%v}`, allowed)}
	}
	acc, err := account.New(media.Account{ID: "demo"}, named("yes", true), named("no", false),
		media.Setting{Kind: account.KindOptions, Name: account.OptionsName, Body: []byte(`{"strict":true}`)})
	if err != nil {
		t.Fatal(err)
	}
	for path, ok := range map[string]bool{
		"/a.jpg": true, "/tr:n-yes/a.jpg": true, "/tr:n-yes:n-yes/a.jpg": true, "/a.jpg?tr=orig-true": true,
		"/tr:n-no/a.jpg": false, "/tr:n-yes:n-no/a.jpg": false, "/tr:n-yes,w-5/a.jpg": false, "/tr:w-5/a.jpg": false,
		"/tr%3Aw-5/a.jpg": false, "/a.jpg?tr=w-5": false,
	} {
		_, err := New(Config{}).Parse(httptest.NewRequest("GET", "/ik/demo"+path, nil), account.Endpoint{Prefix: "/ik/demo", Account: acc})
		if (err == nil) != ok || err != nil && media.CodeOf(err) != media.Unauthorized {
			t.Errorf("%s: %v", path, err)
		}
	}
}
