package cloudinary

import (
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"tintype/internal/account"
	"tintype/internal/delivery"
	"tintype/internal/library"
	"tintype/internal/library/librarytest"
	"tintype/internal/media"
)

// site is the API over a library whose engine knows only pictures of text.
type site struct {
	*librarytest.World
	t *testing.T
	h http.Handler
	d *Dialect
}

func newSite(t *testing.T, change ...func(*library.Config)) *site {
	t.Helper()
	w := librarytest.New(t, change...)
	accounts, err := account.Open(context.Background(), account.Config{Catalog: w.Catalog, Cluster: w.Cluster, DefaultDialect: Name})
	if err != nil {
		t.Fatal(err)
	}
	other := media.Account{ID: "other", Keys: []media.Key{{ID: "other", Secret: "other"}}, CreatedAt: w.Clock.Now()}
	if err := accounts.Put(context.Background(), other); err != nil {
		t.Fatal(err)
	}
	deliver, err := delivery.New(delivery.Config{Catalog: w.Catalog, Blobs: w.Blobs, Renditions: w.Renditions, Cluster: w.Cluster, Now: w.Clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(deliver.Close)
	d, err := New(Config{
		Accounts: accounts, Library: w.Library, Cluster: w.Cluster, Delivery: deliver, Catalog: w.Catalog, PublicURL: "https://media.test", Now: w.Clock.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	prefixes, h := d.API()
	if !slices.Equal(prefixes, []string{"/v1_1/", "/v2/notifications/"}) {
		t.Fatalf("prefixes: %v", prefixes)
	}
	return &site{World: w, t: t, h: h, d: d}
}

// sign completes parameters the way a client library does.
func (s *site) sign(params url.Values) url.Values {
	p := url.Values{}
	for k, v := range params {
		p[k] = v
	}
	p.Set("timestamp", strconv.FormatInt(s.Clock.Now().Unix(), 10))
	var pairs []string
	for k, v := range p {
		name := strings.TrimSuffix(k, "[]")
		if joined := strings.Join(v, ","); joined != "" && name != "file" && name != "resource_type" && name != "cloud_name" {
			pairs = append(pairs, strings.ReplaceAll(name+"="+joined, "&", "%26"))
		}
	}
	slices.Sort(pairs)
	sum := sha1.Sum([]byte(strings.Join(pairs, "&") + librarytest.Key.Secret))
	p.Set("signature", hex.EncodeToString(sum[:]))
	p.Set("api_key", librarytest.Key.ID)
	return p
}

type reply struct {
	code   int
	header http.Header
	body   string
	json   map[string]any
}

func (s *site) do(r *http.Request) reply {
	s.t.Helper()
	return s.doWith(httptest.NewRecorder(), r)
}

func (s *site) doWith(rec *httptest.ResponseRecorder, r *http.Request) reply {
	s.t.Helper()
	s.h.ServeHTTP(rec, r)
	out := reply{code: rec.Code, header: rec.Header(), body: rec.Body.String()}
	if rec.Header().Get("X-Request-Id") == "" {
		s.t.Errorf("%s %s: no request id", r.Method, r.URL)
	}
	if r.Method == http.MethodOptions {
		return out
	}
	d := json.NewDecoder(strings.NewReader(out.body))
	d.UseNumber()
	if err := d.Decode(&out.json); err != nil {
		s.t.Fatalf("%s %s: %d %q is no JSON object: %v", r.Method, r.URL, out.code, out.body, err)
	}
	if out.code != 200 {
		detail, _ := out.json["error"].(map[string]any)
		if message, _ := detail["message"].(string); message == "" || headerText(message) != out.header.Get("X-Cld-Error") {
			s.t.Errorf("%s %s: %d %s with X-Cld-Error %q", r.Method, r.URL, out.code, out.body, out.header.Get("X-Cld-Error"))
		}
	} else if out.json["error"] != nil {
		s.t.Errorf("%s %s: 200 with an error: %s", r.Method, r.URL, out.body)
	}
	return out
}

func (r reply) message() string {
	detail, _ := r.json["error"].(map[string]any)
	message, _ := detail["message"].(string)
	return message
}

// multipart posts as the Node library does: parameters, then the file.
func (s *site) multipart(path string, params url.Values, filename, content string) reply {
	s.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for k, vs := range params {
		for _, v := range vs {
			w.WriteField(k, v)
		}
	}
	if filename != "" {
		p, _ := w.CreateFormFile("file", filename)
		io.WriteString(p, content)
	}
	w.Close()
	r := httptest.NewRequest("POST", "/v1_1/demo/"+path, &b)
	r.Header.Set("Content-Type", w.FormDataContentType())
	return s.do(r)
}

// form posts as the Go library does: urlencoded, without a Content-Type.
func (s *site) form(path string, params url.Values) reply {
	s.t.Helper()
	return s.do(httptest.NewRequest("POST", "/v1_1/demo/"+path, strings.NewReader(params.Encode())))
}

// admin calls the Admin API, with a JSON body where there is one.
func (s *site) admin(method, path, body string) reply {
	s.t.Helper()
	r := httptest.NewRequest(method, "/v1_1/demo/"+path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	r.SetBasicAuth(librarytest.Key.ID, librarytest.Key.Secret)
	out := s.do(r)
	if n, err := strconv.Atoi(out.header.Get("X-FeatureRateLimit-Limit")); err != nil || n <= 0 {
		s.t.Errorf("%s: rate limit %q", path, out.header.Get("X-FeatureRateLimit-Limit"))
	}
	if n, err := strconv.Atoi(out.header.Get("X-FeatureRateLimit-Remaining")); err != nil || n <= 0 {
		s.t.Errorf("%s: remaining %q", path, out.header.Get("X-FeatureRateLimit-Remaining"))
	}
	if at, err := http.ParseTime(out.header.Get("X-FeatureRateLimit-Reset")); err != nil || !at.After(s.Clock.Now()) {
		s.t.Errorf("%s: reset %q", path, out.header.Get("X-FeatureRateLimit-Reset"))
	}
	return out
}

// put uploads a picture by the API.
func (s *site) put(params url.Values) map[string]any {
	s.t.Helper()
	r := s.multipart("image/upload", s.sign(params), "boot.png", boot)
	if r.code != 200 {
		s.t.Fatalf("upload: %d %s", r.code, r.body)
	}
	return r.json
}

var boot = librarytest.Picture("png", 40, 30, "boot")

// values makes parameters of "name=value" texts.
func values(pairs ...string) url.Values {
	v := url.Values{}
	for _, p := range pairs {
		name, value, _ := strings.Cut(p, "=")
		v.Add(name, value)
	}
	return v
}

func (s *site) has(got map[string]any, want map[string]any) {
	s.t.Helper()
	for k, v := range want {
		if fmt.Sprint(got[k]) != fmt.Sprint(v) {
			s.t.Errorf("%s is %v, want %v", k, got[k], v)
		}
	}
}

func (s *site) lacks(got map[string]any, keys ...string) {
	s.t.Helper()
	for _, k := range keys {
		if v, ok := got[k]; ok {
			s.t.Errorf("%s is %v, want none", k, v)
		}
	}
}

func testSiteEndpoint(s *site) account.Endpoint {
	a, ok := s.d.cfg.Accounts.ByName("demo")
	if !ok {
		s.t.Fatal("no account")
	}
	return account.Endpoint{Prefix: "/demo", Dialect: Name, Account: a}
}
