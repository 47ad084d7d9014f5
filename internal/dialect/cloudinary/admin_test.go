package cloudinary

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

func ids(list any) []string {
	var out []string
	items, _ := list.([]any)
	for _, r := range items {
		out = append(out, fmt.Sprint(r.(map[string]any)["public_id"]))
	}
	return out
}

func TestAdminBasics(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.has(s.admin("GET", "ping?", "").json, map[string]any{"status": "ok"})
	s.has(s.admin("GET", "resources", "").json, map[string]any{"resource_types": "[image raw video]"})
}

func TestAdminList(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, id := range []string{"p/c", "p/a", "p/b", "q"} {
		s.Clock.Add(time.Second)
		s.put(values("public_id="+id, "tags=t,u", "context=k=v"))
	}
	s.put(values("public_id=p/private", "type=private"))
	for _, c := range []struct {
		path string
		want []string
	}{
		{"resources/image/upload", []string{"q", "p/b", "p/a", "p/c"}},
		{"resources/image/upload?direction=asc", []string{"p/c", "p/a", "p/b", "q"}},
		{"resources/image/upload?direction=-1", []string{"q", "p/b", "p/a", "p/c"}},
		{"resources/image/upload?prefix=p/", []string{"p/a", "p/b", "p/c"}},
		{"resources/image/private?prefix=p", []string{"p/private"}},
		{"resources/image/upload?public_ids[]=q&public_ids[]=none&public_ids[]=p/a", []string{"q", "p/a"}},
		{"resources/image/upload?public_ids=q,p/a", []string{"q", "p/a"}},
		{"resources/image/upload?public_ids[]=none", nil},
		{"resources/raw", nil},
		{"resources/image/upload/?max_results=2", []string{"q", "p/b"}},
	} {
		r := s.admin("GET", c.path, "")
		if got := ids(r.json["resources"]); r.code != 200 || !slices.Equal(got, c.want) {
			t.Errorf("%s: %d %v, want %v", c.path, r.code, got, c.want)
		}
	}
	all := s.admin("GET", "resources/image?max_results=500", "")
	if n := len(ids(all.json["resources"])); n != 5 {
		t.Errorf("%d of all types", n)
	}
	s.lacks(all.json, "next_cursor")
	row := s.admin("GET", "resources/image/upload?public_ids[]=p/a", "").json["resources"].([]any)[0].(map[string]any)
	s.has(row, map[string]any{
		"format": "png", "version": 1700000002, "resource_type": "image", "type": "upload", "bytes": len(boot), "width": 40, "height": 30,
		"folder": "p", "access_mode": "public", "secure_url": "https://media.test/demo/image/upload/v1700000002/p/a.png",
	})
	s.lacks(row, "tags", "context", "metadata", "etag", "error")
	row = s.admin("GET", "resources/image/upload?public_ids[]=p/a&tags=true&context=1&metadata=true", "").json["resources"].([]any)[0].(map[string]any)
	s.has(row, map[string]any{"tags": "[t u]", "context": "map[custom:map[k:v]]", "metadata": "map[]"})
	row = s.admin("GET", "resources/image/upload?fields=tags&public_ids=p/a", "").json["resources"].([]any)[0].(map[string]any)
	if len(row) != 4 || row["tags"] == nil || row["asset_id"] == nil || row["folder"] != "p" {
		t.Errorf("fields=tags: %v", row)
	}
}

func TestAdminPages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for i := range 5 {
		s.put(values(fmt.Sprintf("public_id=i%d", i)))
	}
	walk := func(direction string) (got []string) {
		cursor := ""
		for range 10 {
			r := s.admin("GET", "resources/image/upload?max_results=2&direction="+direction+"&next_cursor="+url.QueryEscape(cursor), "")
			got = append(got, ids(r.json["resources"])...)
			next, _ := r.json["next_cursor"].(string)
			if cursor = next; cursor == "" {
				return got
			}
		}
		t.Fatal("no end")
		return nil
	}
	desc, asc := walk("desc"), walk("asc")
	slices.Reverse(asc)
	if len(desc) != 5 || !slices.Equal(desc, asc) {
		t.Errorf("desc %v is not the reverse of asc %v", desc, asc)
	}
}

func TestAdminRefuses(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for path, says := range map[string]string{
		"resources/image?prefix=a":                                             "Missing required parameter - type",
		"resources/image/upload?max_results=x":                                 "max_results",
		"resources/image/upload?max_results=0":                                 "max_results",
		"resources/image/upload?direction=up":                                  "Invalid direction up",
		"resources/image/upload?next_cursor=23452342":                          "cursor",
		"resources/image/upload?tags=perhaps":                                  "tags must be true or false",
		"resources/image/upload?public_ids=" + strings.Repeat("a,", 100) + "b": "more than 100 public_ids",
		"resources/image/upload/x?colors=perhaps":                              "colors must be true or false",
	} {
		if r := s.admin("GET", path, ""); r.code != 400 || !strings.Contains(r.message(), says) {
			t.Errorf("%s: %d %s", path, r.code, r.body)
		}
	}
}

func TestAdminDetails(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	up := s.put(values("public_id=a/b c", "tags=t", "context=k=v", "eager=c_scale,w_20|c_fill,g_north,h_5,w_5/jpg|c_scale,w_30"))
	for _, path := range []string{"a%2Fb%20c", "a/b%20c"} {
		r := s.admin("GET", "resources/image/upload/"+path+"?", "")
		if r.code != 200 {
			t.Fatalf("%s: %d %s", path, r.code, r.body)
		}
		s.has(r.json, map[string]any{
			"asset_id": up["asset_id"], "public_id": "a/b c", "etag": up["etag"], "tags": "[t]", "context": "map[custom:map[k:v]]", "original_filename": "boot",
			"last_updated": "map[updated_at:2023-11-14T22:13:20Z]", "access_mode": "public", "folder": "a",
		})
		s.lacks(r.json, "colors", "faces", "exif", "versions", "related_assets", "next_cursor", "pages")
		got := map[string]string{}
		for _, d := range r.json["derived"].([]any) {
			d := d.(map[string]any)
			got[fmt.Sprint(d["transformation"])] = fmt.Sprint(d["url"])
			if id, _ := d["id"].(string); len(id) != 32 {
				t.Errorf("id of a rendition is %v", d["id"])
			}
		}
		for text, ext := range map[string]string{"c_scale,w_20": "png", "c_fill,g_north,h_5,w_5/jpg": "jpg", "c_scale,w_30": "png"} {
			if want := "http://media.test/demo/image/upload/" + strings.TrimSuffix(text, "/jpg") + "/v1700000000/a/b%20c." + ext; got[text] != want {
				t.Errorf("%s is at %q, want %q", text, got[text], want)
			}
		}
	}
	r := s.admin("GET", "resources/"+up["asset_id"].(string)+"?max_results=2&versions=true&related=true", "")
	if n := len(r.json["derived"].([]any)); n != 2 || r.json["next_cursor"] == nil {
		t.Errorf("a page of two has %d: %s", n, r.body)
	}
	s.has(r.json, map[string]any{"related_assets": "[]"})
	v := r.json["versions"].([]any)[0].(map[string]any)
	s.has(v, map[string]any{"version_id": up["version_id"], "version": 1700000000, "size": len(boot), "time": "2023-11-14T22:13:20Z"})
	rest := s.admin("GET", "resources/"+up["asset_id"].(string)+"?max_results=2&derived_next_cursor="+url.QueryEscape(r.json["next_cursor"].(string)), "")
	if n := len(rest.json["derived"].([]any)); n != 1 {
		t.Errorf("the second page has %d: %s", n, rest.body)
	}
	s.lacks(rest.json, "next_cursor")
	// A cursor that cannot be read is as none: the vendor's own suites rely on it.
	if junk := s.admin("GET", "resources/"+up["asset_id"].(string)+"?derived_next_cursor=aaa", ""); junk.code != 200 || len(junk.json["derived"].([]any)) != 3 {
		t.Errorf("a junk cursor: %d %s", junk.code, junk.body)
	}
	for _, path := range []string{"resources/image/upload/none", "resources/image/upload/%3F", "resources/raw/upload/a%2Fb%20c", "resources/image/private/a/b%20c"} {
		r := s.admin("GET", path, "")
		if r.code != 404 || !strings.HasPrefix(r.message(), "Resource not found - ") {
			t.Errorf("%s: %d %s", path, r.code, r.body)
		}
	}
	s.put(values("public_id=plain"))
	s.lacks(s.admin("GET", "resources/image/upload/plain", "").json, "tags", "context")
	if d, ok := s.admin("GET", "resources/image/upload/plain", "").json["derived"].([]any); !ok || len(d) != 0 {
		t.Errorf("derived is %v", d)
	}
}

func TestAdminDelete(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, id := range []string{"a", "b", "p/c", "p/d", "e"} {
		s.put(values("public_id="+id, "eager=c_scale,w_3"))
	}
	s.put(values("public_id=a", "type=private"))
	r := s.admin("DELETE", "resources/image/upload", `{"public_ids":"a,none","keep_original":true}`)
	s.has(r.json, map[string]any{
		"deleted": "map[a:deleted none:not_found]", "deleted_counts": "map[a:map[derived:1 original:0] none:map[derived:0 original:0]]", "partial": false,
	})
	// The Node library sends forms, with arrays.
	r = s.admin("DELETE", "resources/image/upload?public_ids[]=a&public_ids[]=b", "null")
	s.has(r.json, map[string]any{
		"deleted": "map[a:deleted b:deleted]", "deleted_counts": "map[a:map[derived:0 original:1] b:map[derived:1 original:1]]",
	})
	s.lacks(r.json, "next_cursor")
	r = s.admin("DELETE", "resources/image/upload", `{"prefix":"p/"}`)
	s.has(r.json, map[string]any{"deleted": "map[p/c:deleted p/d:deleted]"})
	for _, body := range []string{`{}`, `null`, `{"all":true,"prefix":"p"}`, `{"all":false}`, `{"public_ids":["e"],"transformations":"w_1"}`} {
		if r := s.admin("DELETE", "resources/image/upload", body); r.code != 400 {
			t.Errorf("%s: %d %s", body, r.code, r.body)
		}
	}
	r = s.admin("DELETE", "resources/image/upload", `{"all":true}`)
	s.has(r.json, map[string]any{"deleted": "map[e:deleted]"})
	if got := ids(s.admin("GET", "resources/image", "").json["resources"]); !slices.Equal(got, []string{"a"}) {
		t.Errorf("left: %v", got)
	}
}
