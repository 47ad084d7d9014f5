package cloudinary

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"tintype/internal/media"
)

func (s *site) tagsOf(id string) string {
	s.t.Helper()
	return fmt.Sprint(s.admin("GET", "resources/image/upload/"+url.PathEscape(id), "").json["tags"])
}

func TestBulkTags(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, id := range []string{"a", "b", "c"} {
		s.put(values("public_id="+id, "tags=old"))
	}
	s.put(values("public_id=a", "type=private", "tags=old"))
	call := func(params string) reply {
		p, _ := url.ParseQuery(params)
		return s.form("image/tags", s.sign(p))
	}
	for _, step := range []struct {
		params string
		ids    string // of the answer
		tags   map[string]string
	}{
		{"command=add&tag=n,old, x &public_ids[]=b&public_ids[]=none&public_ids[]=a", "[b a]", map[string]string{"a": "[old n x]", "b": "[old n x]", "c": "[old]"}},
		{"command=remove&tag=n,none&public_ids=a,b", "[a b]", map[string]string{"a": "[old x]", "b": "[old x]"}},
		{"command=replace&tag=тег&public_ids[]=a", "[a]", map[string]string{"a": "[тег]"}},
		{"command=set_exclusive&tag=old&public_ids[]=a", "[a]", map[string]string{"a": "[тег old]", "b": "[x]", "c": "<nil>"}},
		{"command=remove_all&public_ids[]=a&public_ids[]=c", "[a c]", map[string]string{"a": "<nil>"}},
		{"command=add&tag=p&type=private&public_ids[]=a", "[a]", map[string]string{"a": "<nil>"}},
		{"command=add&tag=p&public_ids[]=none", "[]", nil},
	} {
		r := call(step.params)
		if got := fmt.Sprint(r.json["public_ids"]); r.code != 200 || got != step.ids {
			t.Errorf("%s: %d %s", step.params, r.code, r.body)
		}
		for id, want := range step.tags {
			if got := s.tagsOf(id); got != want {
				t.Errorf("%s: tags of %s are %s, want %s", step.params, id, got, want)
			}
		}
	}
	r := s.admin("GET", "resources/image/private/a", "")
	s.has(r.json, map[string]any{"tags": "[old p]"})
	many := strings.Repeat("x,", 1000) + "y"
	for params, says := range map[string]string{
		"tag=x&public_ids=a":                    "Missing required parameter - command",
		"command=add&tag=x":                     "Missing required parameter - public_ids",
		"command=add&public_ids=a":              "Missing required parameter - tag",
		"command=drop&tag=x&public_ids=a":       "Invalid command drop",
		"command=add&tag=x&public_ids=" + many:  "There are more than 1000 public_ids",
		"command=add&public_ids=a&tag=" + many:  "There are more than 1000 tags",
		"command=add&tag=x&public_ids=a&type=x": "type x is not supported yet",
	} {
		if r := call(params); r.code != 400 || r.message() != says {
			t.Errorf("%.60s: %d %s", params, r.code, r.body)
		}
	}
	// One for each asset whose tags changed, and none for the others.
	if n := count(s.Events(), media.EventTagsChanged); n != 10 {
		t.Errorf("%d changes of tags were told", n)
	}
}

func count(events []media.EventType, which media.EventType) (n int) {
	for _, e := range events {
		if e == which {
			n++
		}
	}
	return n
}

func TestBulkContext(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.put(values("public_id=a", "context=k=v|l=w"))
	s.put(values("public_id=b"))
	r := s.form("image/context", s.sign(values("command=add", `context=k=n\|x|m=1`, "public_ids[]=a", "public_ids[]=none", "public_ids[]=b")))
	s.has(r.json, map[string]any{"public_ids": "[a b]"})
	s.has(s.admin("GET", "resources/image/upload/a", "").json, map[string]any{"context": "map[custom:map[k:n|x l:w m:1]]"})
	s.has(s.admin("GET", "resources/image/upload/b", "").json, map[string]any{"context": "map[custom:map[k:n|x m:1]]"})
	r = s.form("image/context", s.sign(values("command=remove_all", "public_ids[]=a")))
	s.has(r.json, map[string]any{"public_ids": "[a]"})
	s.lacks(s.admin("GET", "resources/image/upload/a", "").json, "context")
	for params, says := range map[string]string{
		"command=add&public_ids=a":               "Missing required parameter - context",
		"command=add&public_ids=a&context=plain": "context (plain) is invalid, it must be like key=value|key=value",
		"command=remove&public_ids=a":            "Invalid command remove",
	} {
		p, _ := url.ParseQuery(params)
		if r := s.form("image/context", s.sign(p)); r.code != 400 || r.message() != says {
			t.Errorf("%s: %d %s", params, r.code, r.body)
		}
	}
}

// Most of a bulk call is in several transactions.
func TestBulkOfMany(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p := values("command=add", "tag=t")
	for i := range 120 {
		s.Upload(fmt.Sprintf("m%03d", i), boot)
		p.Add("public_ids[]", fmt.Sprintf("m%03d", i))
	}
	r := s.form("image/tags", s.sign(p))
	if got := r.json["public_ids"].([]any); len(got) != 120 || got[119] != "m119" {
		t.Errorf("%d %s", len(got), r.body)
	}
	if got := s.tagsOf("m119"); got != "[t]" {
		t.Errorf("tags of the last are %s", got)
	}
	r = s.admin("DELETE", "resources/image/tags/t", "")
	if n := len(r.json["deleted"].(map[string]any)); n != 120 {
		t.Errorf("%d of 120 deleted", n)
	}
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	up := s.put(values("public_id=d/a", "tags=t", "context=k=v"))
	s.put(values("public_id=taken"))
	r := s.admin("POST", "resources/image/upload/d%2Fa", `{"tags":"x,y","context":"alt=new"}`)
	s.has(r.json, map[string]any{"asset_id": up["asset_id"], "tags": "[x y]", "context": "map[custom:map[alt:new]]", "derived": "[]"})
	r = s.admin("PUT", "resources/"+up["asset_id"].(string), `{"tags":["z"],"public_id":"e/b"}`)
	s.has(r.json, map[string]any{"public_id": "e/b", "folder": "e", "tags": "[z]", "context": "map[custom:map[alt:new]]"})
	for path, c := range map[string]struct {
		body string
		code int
		says string
	}{
		"POST resources/image/upload/none":                    {`{"tags":"a"}`, 404, "Resource not found - none"},
		"PUT resources/" + strings.Repeat("0", 32):            {`{"tags":"a"}`, 404, "Resource not found - " + strings.Repeat("0", 32)},
		"POST resources/image/upload/e/b":                     {`{"public_id":"taken"}`, 400, "public_id (taken) already exists"},
		"PUT resources/" + up["asset_id"].(string):            {`{"public_id":"a?"}`, 400, "public_id (a?) is invalid"},
		"POST resources/image/upload/e%2Fb?x=y":               {`{"context":"plain"}`, 400, "context (plain) is invalid, it must be like key=value|key=value"},
		"POST resources/image/upload/taken":                   {`{"detection":"illegal"}`, 400, "Illegal value for `detection`"},
		"POST resources/image/upload/taken?auto_chaptering=1": {`{}`, 400, "auto_chaptering is not supported yet"},
	} {
		method, rest, _ := strings.Cut(path, " ")
		if r := s.admin(method, rest, c.body); r.code != c.code || r.message() != c.says {
			t.Errorf("%s: %d %s", path, r.code, r.body)
		}
	}
}

func TestAssetDestroy(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	up := s.put(values("public_id=a"))
	id := up["asset_id"].(string)
	for _, want := range []string{"ok", "not found"} {
		r := s.form("asset/destroy", s.sign(values("asset_id="+id)))
		if r.code != 200 || r.json["result"] != want {
			t.Errorf("%d %s, want %s", r.code, r.body, want)
		}
	}
	for params, says := range map[string]string{"x=y": "Missing required parameter - asset_id", "asset_id=a": "Invalid asset_id a"} {
		if r := s.form("asset/destroy", s.sign(values(params))); r.code != 400 || r.message() != says {
			t.Errorf("%s: %d %s", params, r.code, r.body)
		}
	}
}

func TestMoreLists(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	var all []string
	for _, id := range []string{"f/a", "f/b", "f/g/c", "d"} {
		all = append(all, s.put(values("public_id=" + id))["asset_id"].(string))
		s.Clock.Add(time.Hour)
	}
	// The uploads were at 22:13:20, 23:13:20, 00:13:20 and 01:13:20 of the next day.
	for path, want := range map[string][]string{
		"resources/by_asset_ids?asset_ids[]=" + all[3] + "&asset_ids[]=" + strings.Repeat("0", 32) + "&asset_ids[]=" + all[0]: {"d", "f/a"},
		"resources/by_asset_folder?asset_folder=f":                                              {"f/b", "f/a"},
		"resources/by_asset_folder?asset_folder=f&direction=asc":                                {"f/a", "f/b"},
		"resources/by_asset_folder?asset_folder=/":                                              {"d"},
		"resources/by_asset_folder?asset_folder=none":                                           nil,
		"resources/image/upload?start_at=2023-11-14T23:13:20Z":                                  {"f/b", "f/a"},
		"resources/image/upload?direction=asc&start_at=2023-11-14%2023:13:20%20UTC":             {"f/b", "f/g/c", "d"},
		"resources/image/upload?start_at=Tue,%2014%20Nov%202023%2022:13:20%20GMT":               {"f/a"},
		"resources/image/upload?start_at=Wed%20Nov%2015%202023%2000:13:20%20GMT%2B0100%20(CET)": {"f/b", "f/a"},
		"resources/image?start_at=1700000000":                                                   {"f/a"},
	} {
		r := s.admin("GET", path, "")
		if got := ids(r.json["resources"]); r.code != 200 || !slices.Equal(got, want) {
			t.Errorf("%s: %d %v, want %v", path, r.code, got, want)
		}
	}
	s.has(s.admin("GET", "resources/by_asset_folder?asset_folder=f&max_results=1", "").json, map[string]any{"total_count": "2"})
	for path, says := range map[string]string{
		"resources/by_asset_ids":                             "Missing required parameter - asset_ids",
		"resources/by_asset_folder":                          "Missing required parameter - asset_folder",
		"resources/image/upload?start_at=soon":               "Invalid start_at soon",
		"resources/image/upload?start_at=2023-11-14 1:1 EST": "Invalid start_at",
	} {
		if r := s.admin("GET", strings.ReplaceAll(path, " ", "%20"), ""); r.code != 400 || !strings.HasPrefix(r.message(), says) {
			t.Errorf("%s: %d %s", path, r.code, r.body)
		}
	}
}

func TestMoreDeletions(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	up := s.put(values("public_id=a", "tags=t", "eager=c_scale,w_3|c_scale,w_4/jpg|c_scale,w_5"))
	s.put(values("public_id=a", "type=private", "tags=t"))
	s.put(values("public_id=b", "eager=c_fit,h_2,w_2|w_20"))
	r := s.admin("DELETE", "resources/image/upload", `{"public_ids":["a"],"keep_original":true,"transformations":"w_3,c_scale|c_scale,w_4/jpg"}`)
	s.has(r.json, map[string]any{"deleted": "map[a:deleted]", "deleted_counts": "map[a:map[derived:2 original:0]]"})
	if left := s.admin("GET", "resources/image/upload/a", "").json["derived"].([]any); len(left) != 1 || left[0].(map[string]any)["transformation"] != "c_scale,w_5" {
		t.Errorf("left: %v", left)
	}
	// One text, parted by bars: its commas part nothing.
	r = s.admin("DELETE", "resources/image/upload?public_ids[]=b&keep_original=true&transformations="+url.QueryEscape("c_fit,h_2,w_2|e_sepia"), "")
	s.has(r.json, map[string]any{"deleted_counts": "map[b:map[derived:1 original:0]]"})
	r = s.admin("DELETE", "resources/image/tags/t?max_results=1", "")
	s.has(r.json, map[string]any{"deleted": "map[a:deleted]", "deleted_counts": "map[a:map[derived:1 original:2]]", "partial": false})
	b := s.admin("GET", "resources/image/upload/b", "").json["asset_id"].(string)
	r = s.admin("DELETE", "resources", `{"asset_ids":["`+b+`","`+up["asset_id"].(string)+`"]}`)
	s.has(r.json, map[string]any{"deleted": "map[" + ordered(b, "deleted", up["asset_id"].(string), "not_found") + "]"})
	for path, c := range map[string]struct{ body, says string }{
		"resources":              {"{}", "Missing required parameter - asset_ids"},
		"resources/image/upload": {`{"public_ids":"b","transformations":"w_1"}`, "transformations needs keep_original"},
		"resources/image/tags/t": {`{"transformations":"c_none","keep_original":true}`, "Invalid crop in transformation: none"},
	} {
		if r := s.admin("DELETE", path, c.body); r.code != 400 || r.message() != c.says {
			t.Errorf("%s: %d %s", path, r.code, r.body)
		}
	}
	if n := count(s.Events(), media.EventDeleted); n != 3 {
		t.Errorf("%d deletions were told", n)
	}
}

// ordered writes two pairs as fmt writes a map.
func ordered(k1, v1, k2, v2 string) string {
	if k1 > k2 {
		k1, v1, k2, v2 = k2, v2, k1, v1
	}
	return k1 + ":" + v1 + " " + k2 + ":" + v2
}
