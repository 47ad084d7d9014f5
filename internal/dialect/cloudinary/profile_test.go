package cloudinary

import (
	"strings"
	"testing"
)

func TestStreamingProfiles(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const body = `{"name":"mine","display_name":"Mine","representations":%s}`
	for name, representations := range map[string]string{
		"as text":  `"[{\"transformation\":\"br_5m,c_scale,h_1200,w_1200\"},{\"transformation\":\"c_limit,w_400/e_blur:20\"}]"`,
		"as lists": `[{"transformation":"br_5m,c_scale,h_1200,w_1200"},{"transformation":"c_limit,w_400/e_blur:20"}]`,
	} {
		r := s.admin("POST", "streaming_profiles", strings.Replace(body, "%s", representations, 1))
		const data = `"data":{"name":"mine","display_name":"Mine","predefined":false,"representations":[` +
			`{"transformation":[{"bit_rate":"5m","crop":"scale","height":1200,"width":1200}]},` +
			`{"transformation":[{"crop":"limit","width":400},{"effect":"blur:20"}]}]}}`
		if want := `{"message":"created",` + data; strings.TrimSpace(r.body) != want {
			t.Errorf("%s: created %s, want %s", name, r.body, want)
		}
		for _, path := range []string{"streaming_profiles/mine", "streaming_profiles%2Fmine"} {
			if r := s.admin("GET", path, ""); strings.TrimSpace(r.body) != `{`+data {
				t.Errorf("%s: %s", path, r.body)
			}
		}
		if r := s.admin("POST", "streaming_profiles", strings.Replace(body, "%s", representations, 1)); r.code != 409 {
			t.Errorf("twice: %d %s", r.code, r.body)
		}
		if r := s.admin("DELETE", "streaming_profiles/mine", ""); r.json["message"] != "deleted" {
			t.Errorf("delete: %d %s", r.code, r.body)
		}
	}
	for _, method := range []string{"GET", "PUT", "DELETE"} {
		if r := s.admin(method, "streaming_profiles/mine", ""); r.code != 404 {
			t.Errorf("%s of a deleted one: %d %s", method, r.code, r.body)
		}
	}
}

func TestPredefinedStreamingProfiles(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for name := range predefinedProfiles {
		if p, _ := predefinedProfile(name); len(p.Transformations) != len(strings.Fields(predefinedProfiles[name])) {
			t.Errorf("%s names a rung that is not there", name)
		}
	}
	for _, r := range ladder {
		if err := checkRepresentation(r.transformation); err != nil {
			t.Error(err)
		}
	}
	const first = `{"data":{"name":"hd_lean","display_name":null,"predefined":true,"representations":[` +
		`{"transformation":[{"bit_rate":"3m","crop":"limit","height":720,"width":1280}]},` +
		`{"transformation":[{"bit_rate":"900k","crop":"limit","height":360,"width":640}]}]}}`
	if r := s.admin("GET", "streaming_profiles/hd_lean", ""); strings.TrimSpace(r.body) != first {
		t.Errorf("%s, want %s", r.body, first)
	}
	if r := s.admin("POST", "streaming_profiles", `{"name":"hd_lean","representations":[{"transformation":"w_1"}]}`); r.code != 409 {
		t.Errorf("a name that is predefined: %d %s", r.code, r.body)
	}
	if r := s.admin("PUT", "streaming_profiles/hd_lean", `{"display_name":"Ours"}`); r.json["message"] != "updated" {
		t.Errorf("update: %d %s", r.code, r.body)
	}
	list := s.admin("GET", "streaming_profiles", "")
	if n := len(list.json["data"].([]any)); n != len(predefinedProfiles) || !strings.Contains(list.body, `{"name":"hd_lean","display_name":"Ours","predefined":true}`) {
		t.Errorf("list of %d: %s", n, list.body)
	}
	for range 2 { // the second time there is nothing to take back
		if r := s.admin("DELETE", "streaming_profiles/hd_lean", ""); r.json["message"] != "deleted" {
			t.Errorf("delete: %d %s", r.code, r.body)
		}
		if r := s.admin("GET", "streaming_profiles/hd_lean", ""); strings.TrimSpace(r.body) != first {
			t.Errorf("after that: %s", r.body)
		}
	}
}

func TestBadStreamingProfiles(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for body, want := range map[string]string{
		`{}`:           "Missing required parameter - name",
		`{"name":"a"}`: "Missing required parameter - representations",
		`{"name":"a/b","representations":[{"transformation":"w_1"}]}`:                                                      "Invalid streaming profile name",
		`{"name":"a","representations":[]}`:                                                                                "Invalid representations",
		`{"name":"a","representations":"w_1"}`:                                                                             "Invalid representations",
		`{"name":"a","representations":[{}]}`:                                                                              "Invalid transformation in representations",
		`{"name":"a","representations":[{"transformation":"w_1,what_2"}]}`:                                                 "Invalid transformation in representations: what_2",
		`{"name":"a","representations":[{"transformation":"w_1/"}]}`:                                                       "Invalid transformation in representations",
		`{"name":"a","representations":[` + strings.Repeat(`{"transformation":"w_1"},`, 20) + `{"transformation":"w_1"}]}`: "Invalid representations",
		`{"name":"a","display_name":"` + strings.Repeat("x", 256) + `","representations":[{"transformation":"w_1"}]}`:      "display_name is longer",
	} {
		if r := s.admin("POST", "streaming_profiles", body); r.code != 400 || !strings.HasPrefix(r.message(), want) {
			t.Errorf("%.100s: %d %s, want %s", body, r.code, r.body, want)
		}
	}
}
