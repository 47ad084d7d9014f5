package cloudinary

import (
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"tintype/internal/media"
)

func TestDestroy(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.put(values("public_id=a/b"))
	for _, want := range []string{"ok", "not found"} {
		r := s.form("image/destroy", s.sign(values("public_id=a/b", "invalidate=true")))
		if r.code != 200 || r.json["result"] != want {
			t.Errorf("%d %s, want %s", r.code, r.body, want)
		}
	}
	for params, says := range map[string]string{
		"":                                     "Missing required parameter - public_id",
		"public_id=x&type=fetch":               "type fetch is not supported yet",
		"public_id=x&notification_url=ftp://x": "Invalid notification_url ftp://x",
	} {
		p, _ := url.ParseQuery(params)
		if r := s.form("image/destroy", s.sign(p)); r.code != 400 || r.message() != says {
			t.Errorf("%s: %d %s", params, r.code, r.body)
		}
	}
	if got := s.Events(); !slices.Equal(got, []media.EventType{media.EventUploaded, media.EventDeleted}) {
		t.Errorf("events: %v", got)
	}
}

func TestExplicit(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	up := s.put(values("public_id=x", "tags=a,b", "context=k=v"))
	r := s.form("image/explicit", s.sign(values("public_id=x", "type=upload", "tags=c", "context=alt=new", "eager=c_scale,w_4", "invalidate=true")))
	s.has(r.json, map[string]any{
		"asset_id": up["asset_id"], "version": up["version"], "tags": "[c]", "context": "map[custom:map[alt:new]]", "api_key": up["api_key"], "signature": up["signature"],
	})
	if e := r.json["eager"].([]any); len(e) != 1 || e[0].(map[string]any)["url"] != "http://media.test/demo/image/upload/c_scale,w_4/v1700000000/x.png" {
		t.Errorf("eager: %v", e)
	}
	r = s.form("image/explicit", s.sign(values("public_id=x", "type=upload")))
	s.has(r.json, map[string]any{"tags": "[c]", "context": "map[custom:map[alt:new]]"})
	r = s.form("image/explicit", s.sign(values("public_id=x", "type=upload", "tags=", "context=")))
	s.has(r.json, map[string]any{"tags": "[]"})
	s.lacks(r.json, "context", "eager")
	for _, c := range []struct {
		params string
		code   int
		says   string
	}{
		{"public_id=none&type=upload", 404, "Resource not found - none"},
		{"public_id=none&type=upload&tags=x", 404, "Resource not found - none"},
		{"public_id=x", 400, "Missing required parameter - type"},
		{"type=upload", 400, "Missing required parameter - public_id"},
		{"public_id=x&type=facebook", 400, "type facebook is not supported yet"},
		{"public_id=x&type=upload&raw_convert=illegal", 400, "Raw convert is invalid"},
		{"public_id=none&type=upload&colors=true", 404, "Resource not found - none"},
	} {
		p, _ := url.ParseQuery(c.params)
		if r := s.form("image/explicit", s.sign(p)); r.code != c.code || r.message() != c.says {
			t.Errorf("%s: %d %s", c.params, r.code, r.body)
		}
	}
}

func TestRename(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	up := s.put(values("public_id=a", "context=k=v", "tags=t"))
	s.put(values("public_id=b"))
	rename := func(params string) reply {
		p, _ := url.ParseQuery(params)
		return s.form("image/rename", s.sign(p))
	}
	r := rename("from_public_id=a&to_public_id=f/c")
	s.has(r.json, map[string]any{
		"public_id": "f/c", "folder": "f", "asset_id": up["asset_id"], "version": up["version"], "tags": "[t]",
		"url": "http://media.test/demo/image/upload/v1700000000/f/c.png",
	})
	s.lacks(r.json, "context", "metadata")
	r = rename("from_public_id=f/c&to_public_id=c&context=true&metadata=true&to_type=private&invalidate=true")
	s.has(r.json, map[string]any{"type": "private", "context": "map[custom:map[k:v]]", "metadata": "map[]"})
	for _, c := range []struct {
		params string
		code   int
		says   string
	}{
		{"from_public_id=none&to_public_id=z", 404, "Resource not found - none"},
		{"from_public_id=c&type=private&to_type=upload&to_public_id=b", 400, "to_public_id (b) already exists"},
		{"from_public_id=c&type=private&to_public_id=b%3F", 400, "public_id (b?) is invalid"},
		{"from_public_id=c", 400, "Missing required parameter - to_public_id"},
		{"to_public_id=c", 400, "Missing required parameter - from_public_id"},
	} {
		if r := rename(c.params); r.code != c.code || r.message() != c.says {
			t.Errorf("%s: %d %s", c.params, r.code, r.body)
		}
	}
	r = rename("from_public_id=c&type=private&to_type=upload&to_public_id=b&overwrite=true")
	s.has(r.json, map[string]any{"public_id": "b", "asset_id": up["asset_id"]})
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, c := range []struct {
		method, path string
		code         int
		says         string
	}{
		{"POST", "/v1_1/nobody/image/upload", 401, "Invalid cloud_name nobody"},
		{"GET", "/v1_1/nobody/ping", 401, "Invalid cloud_name nobody"},
		{"POST", "/v1_1/", 401, "Invalid cloud_name "},
		{"GET", "/v1_1/demo/use", 404, "GET /v1_1/demo/use"},
		{"POST", "/v1_1/demo/video/explode", 404, "POST /v1_1/demo/video/explode"},
		{"POST", "/v1_1/demo/movie/upload", 404, "/v1_1/demo/movie/upload"},
		{"POST", "/v1_1/demo/auto/destroy", 404, "/v1_1/demo/auto/destroy"},
		{"POST", "/v1_1/demo/destroy", 404, "/v1_1/demo/destroy"},
		{"GET", "/v1_1/demo/image/upload", 404, "GET /v1_1/demo/image/upload"},
		{"PUT", "/v1_1/demo/resources/image/upload/x", 404, "PUT"},
		{"GET", "/v1_1/demo/resources/auto", 404, "resources/auto"},
		{"GET", "/v1_1/demo/resources/image/colours/x", 404, "resources/image/colours/x"},
		{"DELETE", "/v1_1/demo/resources/image", 404, "DELETE"},
		{"GET", "/v1_1/demo", 404, "/v1_1/demo"},
		{"GET", "/v1_1/demo/", 404, "/v1_1/demo/"},
		{"GET", "/v1_1/demo/%00%0d%0aX:y", 404, "There is no GET"},
	} {
		r := s.do(httptest.NewRequest(c.method, c.path, nil))
		if r.code != c.code || !strings.Contains(r.message(), c.says) {
			t.Errorf("%s %s: %d %s", c.method, c.path, r.code, r.body)
		}
	}
}

func TestCrossOrigin(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for path, open := range map[string]bool{
		"/v1_1/demo/image/upload": true, "/v1_1/demo/auto/upload": true, "/v1_1/demo/upload": true, "/v1_1/demo/delete_by_token": true, "/v1_1/demo/resources/image": false,
	} {
		r := httptest.NewRequest("OPTIONS", path, nil)
		if !open {
			r.Method = "GET"
		}
		got := s.do(r)
		if !open {
			if got.header.Get("Access-Control-Allow-Methods") != "" {
				t.Errorf("%s is open: %v", path, got.header)
			}
			continue
		}
		allowed := got.header.Get("Access-Control-Allow-Headers")
		if got.code != 200 || got.body != "" || got.header.Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(allowed, "X-Unique-Upload-Id") {
			t.Errorf("%s: %d %v", path, got.code, got.header)
		}
	}
	r := s.multipart("image/upload", s.sign(url.Values{}), "a.png", boot)
	if r.header.Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(r.header.Get("Access-Control-Expose-Headers"), "X-Cld-Error") {
		t.Errorf("upload: %v", r.header)
	}
}

func TestRequestIDIsKept(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	rec := httptest.NewRecorder()
	rec.Header().Set("X-Request-Id", "given")
	s.h.ServeHTTP(rec, httptest.NewRequest("GET", "/v1_1/demo/ping", nil))
	if got := rec.Header().Values("X-Request-Id"); !slices.Equal(got, []string{"given"}) {
		t.Errorf("request id is %v", got)
	}
}
