package uploadcare

import (
	"bytes"
	"context"
	"encoding/json"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"tintype/internal/account"
	"tintype/internal/delivery"
	"tintype/internal/library/librarytest"
	"tintype/internal/media"
)

// site is the API, and the delivery of what it makes.
type site struct {
	*librarytest.World
	t        *testing.T
	h        http.Handler
	d        *Dialect
	delivery *delivery.Delivery
	accounts *account.Directory
}

func newSite(t *testing.T, signed bool) *site {
	t.Helper()
	w := librarytest.New(t)
	accounts, err := account.Open(context.Background(), account.Config{Catalog: w.Catalog, Cluster: w.Cluster, DefaultDialect: Name})
	if err != nil {
		t.Fatal(err)
	}
	twin := media.Key{ID: "twin", Secret: "x"}
	for _, rec := range []media.Account{
		{ID: "other", Keys: []media.Key{{ID: "other", Secret: "other"}, {ID: "off", Secret: "off", Disabled: true}, twin}},
		{ID: "third", Keys: []media.Key{twin}},
	} {
		if err := accounts.Put(context.Background(), rec); err != nil {
			t.Fatal(err)
		}
	}
	d, err := New(Config{
		Accounts: accounts, Library: w.Library, PublicURL: "https://api.test", Now: w.Clock.Now,
		CDN:           func(acc media.AccountID) string { return "https://cdn.test/uc/" + string(acc) },
		SignedUploads: func(media.AccountID) bool { return signed },
	})
	if err != nil {
		t.Fatal(err)
	}
	prefixes, h := d.API()
	if len(prefixes) != 1 || prefixes[0] != "/group/" {
		t.Fatalf("prefixes %v", prefixes)
	}
	deliver, err := delivery.New(delivery.Config{
		Catalog: w.Catalog, Blobs: w.Blobs, Renditions: w.Renditions, Cluster: w.Cluster, QueryParams: QueryParams(), Now: w.Clock.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(deliver.Close)
	return &site{World: w, t: t, h: h, d: d, delivery: deliver, accounts: accounts}
}

func (s *site) do(r *http.Request) *httptest.ResponseRecorder {
	out := httptest.NewRecorder()
	s.h.ServeHTTP(out, r)
	if out.Header().Get("Access-Control-Allow-Origin") != "*" || out.Header().Get("Cache-Control") != "no-store" {
		s.t.Errorf("%s %s: %v", r.Method, r.URL, out.Header())
	}
	return out
}

func (s *site) post(target string, params url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", target, strings.NewReader(params.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return s.do(r)
}

func (s *site) answer(out *httptest.ResponseRecorder) (g map[string]any) {
	s.t.Helper()
	if out.Code != 200 || out.Header().Get("Content-Type") != "application/json" || json.Unmarshal(out.Body.Bytes(), &g) != nil {
		s.t.Fatalf("%d %v %s", out.Code, out.Header(), out.Body)
	}
	return g
}

// deliver gets a path of the account that librarytest has.
func (s *site) deliver(path string) *httptest.ResponseRecorder {
	s.t.Helper()
	a, _ := s.accounts.ByName(librarytest.Account)
	r := httptest.NewRequest("GET", "/uc/demo"+path, nil)
	out := httptest.NewRecorder()
	if s.delivery.Hot(out, r) {
		return out
	}
	q, err := s.d.Parse(r, account.Endpoint{Dialect: Name, Account: a, Prefix: "/uc/demo"})
	if err == nil {
		err = s.delivery.Serve(out, r, q)
	}
	if err != nil {
		s.d.Fail(out, r, err)
	}
	return out
}

func pngOf(w, h int) string { return librarytest.Picture("png", w, h, strconv.Itoa(w)) }

func TestGroup(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	a, b := s.Upload("a", pngOf(40, 30)), s.Upload("b", pngOf(80, 20))
	ida, idb := uuidOf(a.ID), uuidOf(b.ID)
	g := s.answer(s.post("/group/?jsonerrors=1", url.Values{
		"pub_key": {librarytest.Key.ID}, "source": {"local"},
		"files[]": {ida, idb + "/-/resize/20x/-/flip/photo.png", "https://cdn.test/uc/demo/" + ida + "/-/crop/10x10/5,5/-/format/png/"},
	}))
	id, _ := g["id"].(string)
	if !groupText.MatchString(id) || !strings.HasSuffix(id, "~3") {
		t.Fatalf("id %q", id)
	}
	if g["cdn_url"] != "https://cdn.test/uc/demo/"+id+"/" || g["url"] != "https://api.test/groups/"+id+"/" || g["files_count"] != 3.0 ||
		g["datetime_stored"] != nil || g["datetime_created"] != s.Clock.Now().Format("2006-01-02T15:04:05.000000Z") {
		t.Errorf("%v", g)
	}
	files := g["files"].([]any)
	for i, want := range []struct{ uuid, effects string }{{ida, ""}, {idb, "resize/20x/-/flip/"}, {ida, "crop/10x10/5,5/-/format/png/"}} {
		f := files[i].(map[string]any)
		if f["uuid"] != want.uuid || f["default_effects"] != want.effects {
			t.Errorf("file %d: %v", i, f)
		}
	}
	info := s.answer(s.do(httptest.NewRequest("GET", "/group/info/?pub_key="+librarytest.Key.ID+"&group_id="+id, nil)))
	if one, two := mustJSON(g), mustJSON(info); one != two {
		t.Errorf("made %s\ninfo %s", one, two)
	}

	for path, want := range map[string]string{
		"/nth/0/":                    pngOf(40, 30),
		"/nth/1/":                    "image jpeg 20 5 ",
		"/nth/1/-/resize/x10/":       "image jpeg 40 10 ",
		"/nth/2/":                    "image png 10 10 ",
		"/nth/2/-/preview/5x5/a.png": "image png 5 5 ",
		"/nth/2/-/json/":             `{"id":"` + ida + `","dpi":[300,300],"width":10,"height":10,"format":"PNG"`,
		"/":                          "/uc/demo/" + id + "/nth/0/\n/uc/demo/" + id + "/nth/1/\n/uc/demo/" + id + "/nth/2/\n",
	} {
		for range 2 {
			if r := s.deliver("/" + id + path); r.Code != 200 || !strings.HasPrefix(r.Body.String(), want) {
				t.Errorf("%s: %d %q, want %q", path, r.Code, r.Body, want)
			}
		}
	}
	for _, path := range []string{"/nth/3/", "/nth/x/", "/a.png"} {
		if r := s.deliver("/" + id + path); r.Code != 404 {
			t.Errorf("%s: %d %s", path, r.Code, r.Body)
		}
	}
	for _, other := range []string{strings.Replace(id, "~3", "~2", 1), fileUUID + "~3"} {
		if r := s.deliver("/" + other + "/nth/0/"); r.Code != 404 {
			t.Errorf("%s: %d %s", other, r.Code, r.Body)
		}
	}
	if r := s.deliver("/" + id + "/nth/0/-/nonsense/"); r.Code != 400 {
		t.Errorf("nonsense: %d %s", r.Code, r.Body)
	}

	if _, err := s.Library.Delete(t.Context(), librarytest.Account, media.Ref{ID: b.ID}); err != nil {
		t.Fatal(err)
	}
	left := s.answer(s.do(httptest.NewRequest("GET", "/group/info/?pub_key="+librarytest.Key.ID+"&group_id="+id, nil)))["files"].([]any)
	if len(left) != 3 || left[1] != nil || left[0] == nil {
		t.Errorf("after a removal: %v", left)
	}
	if r := s.deliver("/" + id + "/nth/1/"); r.Code != 404 {
		t.Errorf("a removed file: %d %s", r.Code, r.Body)
	}
}

// Nothing is told of files of restricted access to who knows but the public key.
func TestGroupHidesRestrictedFiles(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	a, b := s.Upload("a", pngOf(40, 30)), s.Upload("b", pngOf(80, 20))
	g := s.answer(s.post("/group/?jsonerrors=1", url.Values{"pub_key": {librarytest.Key.ID}, "files[]": {uuidOf(a.ID), uuidOf(b.ID)}}))
	to := media.Ref{Kind: b.Kind, Access: media.Private, Name: b.Name}
	if _, err := s.Library.Rename(t.Context(), librarytest.Account, b.Ref, to, false); err != nil {
		t.Fatal(err)
	}
	info := s.answer(s.do(httptest.NewRequest("GET", "/group/info/?pub_key="+librarytest.Key.ID+"&group_id="+g["id"].(string), nil)))
	if files := info["files"].([]any); len(files) != 2 || files[0] == nil || files[1] != nil {
		t.Errorf("%v", files)
	}
	r := s.post("/group/", url.Values{"pub_key": {librarytest.Key.ID}, "files[]": {uuidOf(a.ID), uuidOf(b.ID)}})
	if r.Code != 400 || r.Body.String() != "Some files not found." {
		t.Errorf("a new group: %d %s", r.Code, r.Body)
	}
}

func mustJSON(v any) string {
	raw, _ := json.Marshal(v)
	return string(raw)
}

// TestGroupForms sends the same in the ways of the client libraries.
func TestGroupForms(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	ida, idb := uuidOf(s.Upload("a", pngOf(1, 1)).ID), uuidOf(s.Upload("b", pngOf(2, 2)).ID)
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for _, f := range [][2]string{{"files[1]", idb}, {"files[0]", ida}, {"pub_key", librarytest.Key.ID}, {"jsonerrors", "1"}} {
		if err := form.WriteField(f[0], f[1]); err != nil {
			t.Fatal(err)
		}
	}
	form.Close()
	multi := httptest.NewRequest("POST", "/group/", &body)
	multi.Header.Set("Content-Type", form.FormDataContentType())
	for name, out := range map[string]*httptest.ResponseRecorder{
		"multipart":     s.do(multi),
		"doubled slash": s.post("/group//", url.Values{"pub_key": {librarytest.Key.ID}, "files[0]": {ida}, "files[1]": {idb}}),
		"in the query":  s.post("/group/?pub_key="+librarytest.Key.ID+"&files[]="+ida+"&files[]="+idb, nil),
	} {
		files := s.answer(out)["files"].([]any)
		if len(files) != 2 || files[0].(map[string]any)["uuid"] != ida || files[1].(map[string]any)["uuid"] != idb {
			t.Errorf("%s: %v", name, files)
		}
	}
	many := url.Values{"pub_key": {librarytest.Key.ID}}
	for i := range 1000 {
		many.Add("files["+strconv.Itoa(i)+"]", ida)
	}
	if n := s.answer(s.post("/group/", many))["files_count"]; n != 1000.0 {
		t.Errorf("%v files", n)
	}
}

func TestGroupErrors(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	id := uuidOf(s.Upload("a", pngOf(1, 1)).ID)
	key := librarytest.Key.ID
	over := url.Values{"pub_key": {key}}
	for i := range 1001 {
		over.Add("files["+strconv.Itoa(i)+"]", id)
	}
	for _, c := range []struct {
		method, target string
		params         url.Values
		status         int
		code, content  string
	}{
		{"POST", "/group/", url.Values{"files[]": {id}}, 403, "ProjectPublicKeyRequiredError", "pub_key is required."},
		{"POST", "/group/", url.Values{"files[]": {id}, "pub_key": {"none"}}, 403, "ProjectPublicKeyInvalidError", "pub_key is invalid."},
		{"POST", "/group/", url.Values{"files[]": {id}, "pub_key": {"off"}}, 403, "ProjectPublicKeyInvalidError", "pub_key is invalid."},
		{"POST", "/group/", url.Values{"files[]": {id}, "pub_key": {"twin"}}, 403, "ProjectPublicKeyInvalidError", "pub_key is invalid."},
		{"POST", "/group/", url.Values{"pub_key": {key}}, 400, "GroupFilesInvalidError", "No files[N] parameters found."},
		{"POST", "/group/", over, 400, "GroupFilesInvalidError", "A group has at most 1000 files."},
		{"POST", "/group/", url.Values{"files[]": {"x/y"}, "pub_key": {key}}, 400, "GroupFileURLParsingFailedError", "This is not valid file url: x/y."},
		{"POST", "/group/", url.Values{"files[]": {"ftp://h/" + id + "/"}, "pub_key": {key}}, 400, "GroupFileURLParsingFailedError", "This is not valid file url: ftp://h/" + id + "/."},
		{"POST", "/group/", url.Values{"files[]": {id + "/-/nonsense/"}, "pub_key": {key}}, 400, "GroupFileURLParsingFailedError", "This is not valid file url: " + id + "/-/nonsense/."},
		{"POST", "/group/", url.Values{"files[]": {id + "/-/json/"}, "pub_key": {key}}, 400, "GroupFileURLParsingFailedError", "This is not valid file url: " + id + "/-/json/."},
		{"POST", "/group/", url.Values{"files[]": {id, fileUUID}, "pub_key": {key}}, 400, "GroupFilesNotFoundError", "Some files not found."},
		{"POST", "/group/", url.Values{"files[]": {id}, "pub_key": {"other"}}, 400, "GroupFilesNotFoundError", "Some files not found."},
		{"GET", "/group/info/?pub_key=" + key, nil, 400, "GroupIdRequiredError", "group_id is required."},
		{"GET", "/group/info/?pub_key=" + key + "&group_id=x", nil, 404, "GroupNotFoundError", "group_id is invalid."},
		{"GET", "/group/info/?pub_key=" + key + "&group_id=" + fileUUID + "~1", nil, 404, "GroupNotFoundError", "group_id is invalid."},
		{"GET", "/group/", nil, 405, "MethodNotAllowedError", "HTTP method GET is not allowed for /group/"},
		{"POST", "/group/info/", nil, 405, "MethodNotAllowedError", "HTTP method POST is not allowed for /group/info/"},
		{"GET", "/group/x/", nil, 404, "NotFoundError", "There is no /group/x/"},
		{"GET", "/group/info/?pub_key=%zz", nil, 400, "PostRequestParserFailedError", ""},
	} {
		request := func(target string) *http.Request {
			r := httptest.NewRequest(c.method, "/group/", strings.NewReader(c.params.Encode()))
			r.URL, _ = url.Parse(target)
			if c.params != nil {
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			}
			return r
		}
		plain := s.do(request(c.target))
		if plain.Code != c.status || c.content != "" && plain.Body.String() != c.content || plain.Header().Get("Content-Type") != "text/plain; charset=utf-8" {
			t.Errorf("%s %s: %d %s, want %d %s", c.method, c.target, plain.Code, plain.Body, c.status, c.content)
		}
		sep := "?"
		if strings.Contains(c.target, "?") {
			sep = "&"
		}
		var body struct{ Error errorDetail }
		out := s.do(request(c.target + sep + "jsonerrors=1"))
		if json.Unmarshal(out.Body.Bytes(), &body) != nil || out.Code != 200 || body.Error.StatusCode != c.status || body.Error.ErrorCode != c.code ||
			c.content != "" && body.Error.Content != c.content {
			t.Errorf("%s %s: %d %s, want %d %s", c.method, c.target, out.Code, out.Body, c.status, c.code)
		}
	}
	if r := s.do(httptest.NewRequest("OPTIONS", "/group/", nil)); r.Code != 204 || r.Header().Get("Access-Control-Allow-Methods") != "POST, OPTIONS" ||
		!strings.Contains(r.Header().Get("Access-Control-Allow-Headers"), "X-UC-User-Agent") {
		t.Errorf("preflight: %d %v", r.Code, r.Header())
	}
}

// TestSignedUploads: where an account wants signatures, making a group takes
// one. The first signature is one that a client library makes.
func TestSignedUploads(t *testing.T) {
	t.Parallel()
	s := newSite(t, true)
	a, _ := s.accounts.ByName("other")
	rec := a.Account
	rec.Keys = append(rec.Keys, media.Key{ID: "signer", Secret: "project_secret_key"})
	if err := s.accounts.Put(t.Context(), rec); err != nil {
		t.Fatal(err)
	}
	s.Clock.Add(time.Unix(1454903000, 0).Sub(s.Clock.Now()))
	const good = "d39a461d41f607338abffee5f31da4d4e46535651c87346e76906bf75c064d47"
	for _, c := range []struct {
		signature, expire string
		after             time.Duration
		want              string
	}{
		{good, "1454903856", 0, "Some files not found."},
		{"", "1454903856", 0, "`signature` is required."},
		{good, "", 0, "`expire` is required."},
		{good, "soon", 0, "`expire` must be a UNIX timestamp."},
		{good, "1454903857", 0, "Invalid signature."},
		{good[:63], "1454903856", 0, "Invalid signature."},
		{good, "1454903856", time.Hour, "Expired signature."},
	} {
		s.Clock.Add(c.after)
		out := s.post("/group/", url.Values{"pub_key": {"signer"}, "files[]": {fileUUID}, "signature": {c.signature}, "expire": {c.expire}})
		if out.Body.String() != c.want {
			t.Errorf("%q until %q: %d %s, want %s", c.signature, c.expire, out.Code, out.Body, c.want)
		}
	}
}

func FuzzMember(f *testing.F) {
	for _, s := range []string{
		fileUUID, fileUUID + "/-/resize/20x/", "https://h/uc/demo/" + fileUUID + "/-/text/100px100p/center/%2D%zz/x.jpg?y=1",
		"/" + fileUUID, "x", "https://", fileUUID + "~2/nth/0/", fileUUID + "/-/json/", "http://h/%2F/" + fileUUID,
	} {
		f.Add(s)
	}
	d, err := New(Config{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, item string) {
		m, ok := d.member(item)
		if !ok {
			return
		}
		ops, err := effectsOf(m)
		if err != nil {
			t.Fatalf("%q becomes %q, which is not read: %v", item, m.Transformation, err)
		}
		built := buildURL(deliveryURL{ID: m.Asset, Operations: ops})
		if want := "/" + uuidOf(m.Asset) + "/"; m.Transformation != "" && built != want+"-/"+m.Transformation || m.Transformation == "" && built != want {
			t.Fatalf("%q becomes %q, which is read as %q", item, m.Transformation, built)
		}
	})
}
