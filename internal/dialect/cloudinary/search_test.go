package cloudinary

import (
	"encoding/base64"
	"fmt"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"tintype/internal/library/librarytest"
	"tintype/internal/media"
)

// searchSite has five assets, made a second apart.
func searchSite(t *testing.T) *site {
	t.Helper()
	s := newSite(t)
	for _, params := range []string{
		"public_id=shoes/red&tags=kitten,sale&context=stage=new|alt=a red shoe",
		"public_id=shoes/blue/left&tags=sale",
		"public_id=testFolder1/x&tags=my_tag_1",
		"public_id=test_img&tags=kitten",
		"public_id=secret&type=private",
	} {
		s.Clock.Add(time.Second)
		s.put(values(strings.Split(params, "&")...))
	}
	s.Clock.Add(time.Hour)
	return s
}

func (s *site) search(body string) reply {
	s.t.Helper()
	return s.admin("POST", "resources/search", body)
}

func TestSearch(t *testing.T) {
	t.Parallel()
	s := searchSite(t)
	for _, c := range []struct {
		body string
		want string
	}{
		{`{}`, "secret test_img testFolder1/x shoes/blue/left shoes/red"},
		{`{"expression":""}`, "secret test_img testFolder1/x shoes/blue/left shoes/red"},
		{`{"expression":"tags=kitten"}`, "test_img shoes/red"},
		{`{"expression":"resource_type:image AND tags=kitten AND uploaded_at>1d AND bytes<1m"}`, "test_img shoes/red"},
		{`{"expression":"resource_type:image AND context.stage:new AND -tags:my_tag_1"}`, "shoes/red"},
		{`{"expression":"folder:shoes/*"}`, "shoes/blue/left"},
		{`{"expression":"folder:\"shoes\""}`, "shoes/blue/left shoes/red"},
		{`{"expression":"folder=shoes"}`, "shoes/red"},
		{`{"expression":"test*","sort_by":[{"public_id":"asc"}]}`, "testFolder1/x test_img"},
		{`{"expression":"type:private"}`, "secret"},
		{`{"expression":"tags:my_tag_2"}`, ""},
		{`{"expression":"public_id:(secret OR test_img)","sort_by":{"public_id":"desc"}}`, "test_img secret"},
		{`{"sort_by":[{"score":"desc"},{"public_id":"asc"}],"max_results":2}`, "secret shoes/blue/left"},
		{`{"sort_by":"public_id:asc","max_results":1}`, "secret"},
		{`{"sort_by":["created_at"],"max_results":1}`, "shoes/red"},
		{`{"expression":"width:40 AND height<=30 AND aspect_ratio:landscape","max_results":1}`, "secret"},
		{`{"expression":"status:deleted"}`, ""},
	} {
		r := s.search(c.body)
		if got := strings.Join(ids(r.json["resources"]), " "); r.code != 200 || got != c.want {
			t.Errorf("%s: %d %s\n got %s\nwant %s", c.body, r.code, r.message(), got, c.want)
		}
	}
	get := s.admin("GET", "resources/search?expression="+url.QueryEscape("tags=sale")+"&sort_by[0][public_id]=desc&max_results=1", "")
	s.has(get.json, map[string]any{"total_count": 2})
	if got := ids(get.json["resources"]); !slices.Equal(got, []string{"shoes/red"}) {
		t.Errorf("GET: %v", got)
	}
}

func TestSearchRow(t *testing.T) {
	t.Parallel()
	s := searchSite(t)
	first := func(body string) map[string]any {
		t.Helper()
		r := s.search(body)
		list, _ := r.json["resources"].([]any)
		if r.code != 200 || len(list) != 1 {
			t.Fatalf("%s: %d %s", body, r.code, r.body)
		}
		return list[0].(map[string]any)
	}
	row := first(`{"expression":"public_id=shoes/red"}`)
	s.has(row, map[string]any{
		"public_id": "shoes/red", "folder": "shoes", "filename": "red", "format": "png", "version": 1700000001, "resource_type": "image", "type": "upload",
		"created_at": "2023-11-14T22:13:21+00:00", "uploaded_at": "2023-11-14T22:13:21+00:00", "bytes": len(boot), "backup_bytes": 0, "width": 40, "height": 30,
		"aspect_ratio": "1.33333", "pixels": 1200, "url": "http://media.test/demo/image/upload/v1700000001/shoes/red.png",
		"secure_url": "https://media.test/demo/image/upload/v1700000001/shoes/red.png", "status": "active", "access_mode": "public", "access_control": nil,
		"last_updated": "map[updated_at:2023-11-14T22:13:21+00:00]",
	})
	s.lacks(row, "tags", "context", "metadata", "image_metadata", "image_analysis", "duration", "error")
	row = first(`{"expression":"public_id=shoes/red","with_field":["tags","context","metadata","image_metadata","image_analysis"]}`)
	s.has(row, map[string]any{"tags": "[kitten sale]", "context": "map[alt:a red shoe stage:new]", "metadata": "map[]", "image_metadata": "map[]"})
	s.has(row["image_analysis"].(map[string]any), map[string]any{"face_count": 0, "faces": "[]", "grayscale": false, "illustration_score": 0, "transparent": false, "colors": "map[]"})
	for _, fields := range []string{`["context"]`, `"context"`, `"context,missing"`} {
		row = first(`{"expression":"public_id=shoes/red","fields":` + fields + `,"with_field":["tags"]}`)
		keys := []string{}
		for k := range row {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		if got := strings.Join(keys, " "); got != "asset_id context created_at folder public_id resource_type status type" {
			t.Errorf("fields %s gives %s", fields, got)
		}
	}
}

func TestSearchPages(t *testing.T) {
	t.Parallel()
	s := searchSite(t)
	for _, sort := range []string{`[{"public_id":"asc"}]`, `[{"format":"desc"},{"bytes":"asc"}]`, `[]`} {
		var got []string
		cursor := ""
		for range 5 {
			r := s.search(`{"expression":"uploaded_at>1d","sort_by":` + sort + `,"max_results":2,"next_cursor":"` + cursor + `"}`)
			s.has(r.json, map[string]any{"total_count": 5})
			got = append(got, ids(r.json["resources"])...)
			next, more := r.json["next_cursor"].(string)
			if cursor = next; !more {
				break
			}
			s.Clock.Add(time.Minute) // and with it what "1d" means
			s.put(values("public_id=a-new-one-"+fmt.Sprint(len(got)), "tags=late"))
			s.form("image/destroy", s.sign(values("public_id=a-new-one-"+fmt.Sprint(len(got)))))
		}
		if slices.Sort(got); len(slices.Compact(got)) != 5 {
			t.Errorf("sorted by %s: %v", sort, got)
		}
	}
}

func TestSearchIsFresh(t *testing.T) {
	t.Parallel()
	s := searchSite(t)
	s.form("image/rename", s.sign(values("from_public_id=test_img", "to_public_id=moved/renamed")))
	for body, want := range map[string]int{
		`{"expression":"public_id=test_img"}`: 0, `{"expression":"filename:renamed AND folder:moved"}`: 1,
	} {
		s.has(s.search(body).json, map[string]any{"total_count": want})
	}
	s.form("image/destroy", s.sign(values("public_id=moved/renamed")))
	s.has(s.search(`{"expression":"renamed"}`).json, map[string]any{"total_count": 0, "resources": "[]"})
}

func TestSearchCounts(t *testing.T) {
	t.Parallel()
	s := searchSite(t)
	r := s.search(`{"expression":"*","max_results":1,"aggregate":["format","type","resource_type","duration",{"type":"bytes","ranges":[{"key":"small","from":0,"to":500000},{"key":"large","from":500000}]},{"type":"pixels"}]}`)
	counts, _ := r.json["aggregations"].(map[string]any)
	s.has(counts, map[string]any{
		"format": "map[png:5]", "type": "map[private:1 upload:4]", "resource_type": "map[image:5]", "duration": "map[]",
		"bytes":  "[map[count:5 from:0 key:small to:500000] map[count:0 from:500000 key:large]]",
		"pixels": "map[*-100000:5]",
	})
	r = s.search(`{"expression":"type:private","aggregate":"format"}`)
	s.has(r.json, map[string]any{"aggregations": "map[format:map[png:1]]", "total_count": 1})
	s.lacks(s.search(`{}`).json, "aggregations", "next_cursor")
}

func TestSearchRefuses(t *testing.T) {
	t.Parallel()
	s := searchSite(t)
	for body, says := range map[string]string{
		`{"expression":"(a"}`:                                "Invalid expression at position 3",
		`{"expression":"bytes>many"}`:                        "position 7",
		`{"max_results":"x"}`:                                "max_results",
		`{"max_results":0}`:                                  "max_results",
		`{"sort_by":[{"tags":"asc"}]}`:                       "sort by tags",
		`{"sort_by":[{"public_id":"up"}]}`:                   "Invalid direction up",
		`{"sort_by":[{"public_id":["asc"]}]}`:                "is not a list of",
		`{"next_cursor":"23452342"}`:                         "cursor",
		`{"aggregate":["public_id"]}`:                        "aggregate by public_id",
		`{"aggregate":[{"type":"bytes","ranges":"x"}]}`:      "neither a field nor",
		`{"aggregate":[{"type":"format","ranges":[{}]}]}`:    "ranges of format",
		`{"with_field":["everything"]}`:                      "with_field everything",
		`{"expression":"` + strings.Repeat("a ", 600) + `"}`: "more than 500 parts",
	} {
		if r := s.search(body); r.code != 400 || !strings.Contains(r.message(), says) {
			t.Errorf("%s: %d %s", body[:min(80, len(body))], r.code, r.body)
		}
	}
	ordered := s.search(`{"max_results":1}`).json["next_cursor"].(string)
	if r := s.search(`{"max_results":1,"sort_by":[{"public_id":"asc"}],"next_cursor":"` + ordered + `"}`); r.code != 400 {
		t.Errorf("a cursor of another order: %d %s", r.code, r.body)
	}
	bare := httptest.NewRequest("POST", "/v1_1/demo/resources/search", strings.NewReader("{}"))
	if r := s.do(bare); r.code != 401 {
		t.Errorf("without credentials: %d", r.code)
	}
}

func TestFolderSearch(t *testing.T) {
	t.Parallel()
	s := searchSite(t)
	for body, want := range map[string]string{
		`{}`:                                     "shoes shoes/blue testFolder1",
		`{"expression":"name=testFolder*"}`:      "testFolder1",
		`{"expression":"path:shoes/*"}`:          "shoes/blue",
		`{"expression":"blu*"}`:                  "shoes/blue",
		`{"sort_by":[{"name":"desc"}]}`:          "testFolder1 shoes shoes/blue",
		`{"sort_by":["created_at:desc"]}`:        "testFolder1 shoes/blue shoes",
		`{"expression":"name:none"}`:             "",
		`{"expression":"created_at>2030-01-01"}`: "",
	} {
		r := s.admin("POST", "folders/search", body)
		var paths []string
		list, _ := r.json["folders"].([]any)
		for _, f := range list {
			paths = append(paths, f.(map[string]any)["path"].(string))
		}
		if got := strings.Join(paths, " "); r.code != 200 || got != want || fmt.Sprint(r.json["total_count"]) != fmt.Sprint(len(list)) {
			t.Errorf("%s: %d %s", body, r.code, r.body)
		}
	}
	r := s.admin("GET", "folders/search?max_results=1&sort_by=name:asc&expression=shoes", "")
	s.has(r.json, map[string]any{"total_count": 2})
	s.has(r.json["folders"].([]any)[0].(map[string]any), map[string]any{"name": "blue", "path": "shoes/blue", "created_at": "2023-11-14T22:13:22+00:00"})
	next := url.QueryEscape(r.json["next_cursor"].(string))
	r = s.admin("GET", "folders/search?max_results=1&sort_by=name:asc&expression=shoes&next_cursor="+next, "")
	s.has(r.json["folders"].([]any)[0].(map[string]any), map[string]any{"path": "shoes"})
	s.lacks(r.json, "next_cursor")
}

func TestTags(t *testing.T) {
	t.Parallel()
	s := searchSite(t)
	s.has(s.admin("GET", "tags/image", "").json, map[string]any{"tags": "[kitten my_tag_1 sale]"})
	s.has(s.admin("GET", "tags/image?prefix=k", "").json, map[string]any{"tags": "[kitten]"})
	s.has(s.admin("GET", "tags/raw", "").json, map[string]any{"tags": "[]"})
	r := s.admin("GET", "tags/image?max_results=2", "")
	s.has(r.json, map[string]any{"tags": "[kitten my_tag_1]"})
	r = s.admin("GET", "tags/image?max_results=2&next_cursor="+url.QueryEscape(r.json["next_cursor"].(string)), "")
	s.has(r.json, map[string]any{"tags": "[sale]"})
	s.lacks(r.json, "next_cursor")
}

func TestListingByTagAndContext(t *testing.T) {
	t.Parallel()
	s := searchSite(t)
	for path, want := range map[string]string{
		"tags/kitten":                          "test_img shoes/red",
		"tags/kitten?direction=asc":            "shoes/red test_img",
		"tags/Kitten":                          "",
		"tags/none%2Fof":                       "",
		"context?key=stage":                    "shoes/red",
		"context?key=stage&value=new":          "shoes/red",
		"context?key=stage&value=old":          "",
		"context?key=alt&value=a%20red%20shoe": "shoes/red",
	} {
		r := s.admin("GET", "resources/image/"+path, "")
		if got := strings.Join(ids(r.json["resources"]), " "); r.code != 200 || got != want {
			t.Errorf("%s: %d %s", path, r.code, r.body)
		}
	}
	r := s.admin("GET", "resources/image/tags/sale?max_results=1&tags=true", "")
	s.has(r.json["resources"].([]any)[0].(map[string]any), map[string]any{"public_id": "shoes/blue/left", "tags": "[sale]", "created_at": "2023-11-14T22:13:22Z"})
	r = s.admin("GET", "resources/image/tags/sale?max_results=1&next_cursor="+url.QueryEscape(r.json["next_cursor"].(string)), "")
	if got := ids(r.json["resources"]); !slices.Equal(got, []string{"shoes/red"}) {
		t.Errorf("second page %v", got)
	}
	s.lacks(r.json, "next_cursor")
	if r := s.admin("GET", "resources/image/context", ""); r.code != 400 || !strings.Contains(r.message(), "Missing required parameter - key") {
		t.Errorf("no key: %d %s", r.code, r.body)
	}
}

func TestSearchURLVectors(t *testing.T) {
	t.Parallel()
	query := base64.StdEncoding.EncodeToString([]byte(`{"expression":"resource_type:image AND tags=kitten AND uploaded_at>1d AND bytes>1m","max_results":30,"sort_by":[{"public_id":"desc"}]}`))
	keys := []media.Key{{ID: "off", Secret: "secret", Disabled: true}, {ID: "other", Secret: "x"}, {ID: "k", Secret: "secret"}}
	for ttl, signature := range map[string]string{
		"300": "431454b74cefa342e2f03e2d589b2e901babb8db6e6b149abf25bc0dd7ab20b7", "1000": "25b91426a37d4f633a9b34383c63889ff8952e7ffecef29a17d600eeb3db0db7",
	} {
		for _, path := range []string{query, url.PathEscape(query), query + "/cursor"} {
			s, err := readSearchURL(signature+"/"+ttl+"/"+path, keys)
			if err != nil || s.key.ID != "k" || fmt.Sprint(s.ttl) != ttl || !strings.Contains(string(s.query), "kitten") || (s.cursor == "cursor") != strings.HasSuffix(path, "/cursor") {
				t.Errorf("%s/%s: %+v %v", ttl, path, s, err)
			}
		}
		if _, err := readSearchURL(signature+"/"+ttl+"/"+query, keys[:2]); media.CodeOf(err) != media.Unauthorized {
			t.Errorf("a key that is off: %v", err)
		}
	}
}

func TestSearchURL(t *testing.T) {
	t.Parallel()
	s := searchSite(t)
	e := testSiteEndpoint(s)
	get := func(path string) reply {
		t.Helper()
		r := httptest.NewRequest("GET", "/demo/search/"+path, nil)
		h, ok := s.d.Answer(r, e)
		if !ok {
			t.Fatal("no answer")
		}
		outer := s.h
		s.h = h
		defer func() { s.h = outer }()
		rec := httptest.NewRecorder()
		rec.Header().Set("X-Request-Id", "x")
		return s.doWith(rec, r)
	}
	signed := func(ttl, query string) string {
		q := base64.StdEncoding.EncodeToString([]byte(query))
		return searchSignature(ttl, q, librarytest.Key.Secret) + "/" + ttl + "/" + q
	}
	r := get(signed("120", `{"expression":"tags=kitten ","max_results":1}`) + "?_a=B")
	s.has(r.json, map[string]any{"total_count": 2})
	if r.code != 200 || r.header.Get("Cache-Control") != "public, max-age=120" || r.header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("%d %v", r.code, r.header)
	}
	next := get(signed("120", `{"expression":"tags=kitten ","max_results":1}`) + "/" + r.json["next_cursor"].(string))
	if got := ids(next.json["resources"]); !slices.Equal(got, []string{"shoes/red"}) {
		t.Errorf("second page: %s", next.body)
	}
	good := signed("120", `{}`)
	for path, code := range map[string]int{
		"x" + good[1:]: 401, strings.Replace(good, "/120/", "/121/", 1): 401, good + "x": 401, "": 400, "a": 400, "a/b": 400, "a/1/e30=": 401,
		signed("-1", `{}`): 400, signed("99999999999", `{}`): 400, signed("1", `{`): 400, signed("1", `{"expression":"("}`): 400,
	} {
		if r := get(path); r.code != code || strings.Contains(r.header.Get("Cache-Control"), "public") {
			t.Errorf("%s: %d %s, want %d", path, r.code, r.body, code)
		}
	}
	if _, ok := s.d.Answer(httptest.NewRequest("GET", "/demo/image/upload/search/x.png", nil), e); ok {
		t.Error("an asset was taken for a search")
	}
}

func FuzzSearchURL(f *testing.F) {
	keys := []media.Key{{ID: "k", Secret: "secret"}}
	f.Add("431454b74cefa342e2f03e2d589b2e901babb8db6e6b149abf25bc0dd7ab20b7/300/e30=")
	f.Add(searchSignature("1", "e30=", "secret") + "/1/e30=/cursor")
	f.Add("a%2Fb/c//")
	f.Fuzz(func(t *testing.T, path string) {
		s, err := readSearchURL(path, keys)
		if err == nil && (s.key.ID != "k" || s.ttl < 0 || strings.Contains(s.cursor, "/")) {
			t.Fatalf("%q is %+v", path, s)
		}
	})
}
