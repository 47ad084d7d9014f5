package cloudinary

import (
	"strings"
	"testing"
)

func TestRelatedAssets(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a := s.put(values("public_id=f/a"))["asset_id"].(string)
	b := s.put(values("public_id=b"))["asset_id"].(string)
	success := func(asset string) string {
		return `{"message":"success","code":"success_ids","asset":"` + asset + `","status":200}`
	}
	for _, step := range []struct{ method, path, body, want string }{
		{"GET", "resources/" + a + "?related=true", "", `"related_assets":[]`},
		{"POST", "resources/related_assets/image/upload/f%2Fa", `{"assets_to_relate":["image/upload/b","image/upload/none","raw","image/upload/f/a"]}`,
			`{"failed":[{"message":"This is no id of an asset","code":"invalid_ids","asset":"raw","status":400},` +
				`{"message":"Resource not found - none","code":"non_existing_ids","asset":"image/upload/none","status":404},` +
				`{"message":"An asset cannot be related to itself","code":"invalid_relate_to_self_id","asset":"image/upload/f/a","status":400}],` +
				`"success":[` + success("image/upload/b") + `]}`},
		{"POST", "resources/related_assets/" + b, `{"assets_to_relate":["` + a + `"]}`,
			`{"failed":[{"message":"The assets are related already","code":"already_exists_ids","asset":"` + a + `","status":409}],"success":[]}`},
		{"GET", "resources/" + a + "?related=true", "", `"related_assets":[{"asset_id":"` + b + `","public_id":"b","resource_type":"image","type":"upload"}]`},
		{"GET", "resources/" + b + "?related=1", "", `"related_assets":[{"asset_id":"` + a + `","public_id":"f/a","resource_type":"image","type":"upload"}]`},
		{"DELETE", "resources/related_assets/" + b, `{"assets_to_unrelate":["` + a + `"]}`, `{"failed":[],"success":[` + success(a) + `]}`},
		{"DELETE", "resources/related_assets/" + b, `{"assets_to_unrelate":["` + a + `"]}`,
			`{"failed":[{"message":"The assets are not related","code":"relation_does_not_exist_ids","asset":"` + a + `","status":404}],"success":[]}`},
		{"GET", "resources/" + a + "?related=true", "", `"related_assets":[]`},
	} {
		r := s.admin(step.method, step.path, step.body)
		if r.code != 200 || !strings.Contains(r.body, step.want) {
			t.Errorf("%s %s %s: %d %s, want %s", step.method, step.path, step.body, r.code, r.body, step.want)
		}
	}
	for path, want := range map[string]int{
		"resources/related_assets/image/upload/none":                404,
		"resources/related_assets/0123456789abcdef0123456789abcdef": 404,
		"resources/related_assets/" + a:                             400,
	} {
		body := `{"assets_to_relate":["` + b + `","image/upload/b"]}`
		if want == 400 {
			body = `{}`
		}
		if r := s.admin("POST", path, body); r.code != want {
			t.Errorf("%s: %d %s", path, r.code, r.body)
		}
	}
	s.admin("POST", "resources/related_assets/"+a, `{"assets_to_relate":["`+b+`"]}`)
	if r := s.admin("DELETE", "resources?asset_ids[]="+b, ""); r.code != 200 {
		t.Fatal(r.body)
	}
	if r := s.admin("GET", "resources/"+a+"?related=true", ""); !strings.Contains(r.body, `"related_assets":[]`) {
		t.Errorf("a deleted asset is related: %s", r.body)
	}
}
