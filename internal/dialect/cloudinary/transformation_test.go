package cloudinary

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"tintype/internal/account"
	"tintype/internal/media"
)

func TestTransformationsAPI(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.put(values("public_id=a", "eager=c_scale,w_20|c_scale,w_10/jpg"))
	create := s.admin("POST", "transformations", `{"name":"small","transformation":"c_scale,w_15/e_grayscale"}`)
	if create.code != 200 || create.json["message"] != "created" {
		t.Fatalf("create: %d %s", create.code, create.body)
	}
	for _, body := range []string{`{"name":"small","transformation":"w_1"}`, `{"name":"t_small","transformation":"w_1"}`} {
		if r := s.admin("POST", "transformations", body); r.code != 409 {
			t.Errorf("%s: %d %s", body, r.code, r.body)
		}
	}
	for body, want := range map[string]string{
		`{"name":"x"}`:                             "Missing required parameter - transformation",
		`{"transformation":"w_1"}`:                 "Missing required parameter - name",
		`{"name":"x","transformation":"w_abc"}`:    "Invalid width in transformation: abc",
		`{"name":"a/b","transformation":"w_1"}`:    "Invalid transformation name a/b",
		`{"name":"x","transformation":"w_auto"}`:   "A named transformation cannot depend on the client: w_auto",
		`{"name":"x","transformation":"dpr_auto"}`: "A named transformation cannot depend on the client: dpr_auto",
	} {
		if r := s.admin("POST", "transformations", body); r.code != 400 || r.message() != want {
			t.Errorf("%s: %d %s, want %s", body, r.code, r.message(), want)
		}
	}
	for path, want := range map[string]string{
		"transformations": `{"transformations":[{"name":"t_small","allowed_for_strict":true,"used":false,"named":true},` +
			`{"name":"c_scale,w_10/jpg","allowed_for_strict":false,"used":true,"named":false},{"name":"c_scale,w_20","allowed_for_strict":false,"used":true,"named":false}]}`,
		"transformations?named=true":             `{"transformations":[{"name":"t_small","allowed_for_strict":true,"used":false,"named":true}]}`,
		"transformations?named=false":            `{"transformations":[{"name":"c_scale,w_10/jpg","allowed_for_strict":false,"used":true,"named":false},{"name":"c_scale,w_20","allowed_for_strict":false,"used":true,"named":false}]}`,
		"transformations?transformation=t_small": `{"name":"t_small","allowed_for_strict":true,"used":false,"named":true,"info":[{"crop":"scale","width":15},{"effect":"grayscale"}],"derived":[]}`,
		"transformations/small":                  `{"name":"t_small","allowed_for_strict":true,"used":false,"named":true,"info":[{"crop":"scale","width":15},{"effect":"grayscale"}],"derived":[]}`,
	} {
		if r := s.admin("GET", path, ""); strings.TrimSpace(r.body) != want {
			t.Errorf("%s: %s, want %s", path, r.body, want)
		}
	}
	if r := s.admin("POST", "transformations", `{"name":"zz","transformation":"c_scale,w_102/"}`); r.code != 200 {
		t.Errorf("an empty format: %s", r.body)
	}
	if r := s.admin("GET", "transformations/zz", ""); !strings.Contains(r.body, `"info":[{"crop":"scale","width":102,"extension":"none"}]`) {
		t.Errorf("an empty format: %s", r.body)
	}
	s.admin("DELETE", "transformations/zz", "")
	var names []string
	cursor := ""
	for range 5 {
		r := s.admin("GET", "transformations?max_results=1&next_cursor="+url.QueryEscape(cursor), "")
		for _, one := range r.json["transformations"].([]any) {
			names = append(names, fmt.Sprint(one.(map[string]any)["name"]))
		}
		if cursor, _ = r.json["next_cursor"].(string); cursor == "" {
			break
		}
	}
	if got := strings.Join(names, " "); got != "t_small c_scale,w_10/jpg c_scale,w_20" {
		t.Errorf("in pages: %s", got)
	}
	r := s.admin("GET", "transformations?transformation=c_scale,w_20", "")
	one, _ := r.json["derived"].([]any)
	if len(one) != 1 {
		t.Fatalf("derived: %s", r.body)
	}
	made := one[0].(map[string]any)
	s.has(made, map[string]any{"public_id": "a", "resource_type": "image", "type": "upload", "format": "png",
		"url": "http://media.test/demo/image/upload/c_scale,w_20/v1700000000/a.png"})
	if r := s.admin("GET", "transformations?transformation=c_scale,w_999", ""); r.code != 404 {
		t.Errorf("never used: %d %s", r.code, r.body)
	}

	r = s.admin("DELETE", "derived_resources?derived_resource_ids[]="+made["id"].(string)+"&derived_resource_ids[]=none", "")
	if fmt.Sprint(r.json["deleted"]) != fmt.Sprintf("map[%s:deleted none:not_found]", made["id"]) {
		t.Errorf("delete derived: %s", r.body)
	}
	if r := s.admin("GET", "transformations?transformation=c_scale,w_20", ""); r.code != 404 {
		t.Errorf("all its renditions are gone: %d %s", r.code, r.body)
	}
	if r := s.admin("PUT", "transformations", `{"transformation":"small","unsafe_update":"c_scale,w_7","allowed_for_strict":false}`); r.json["message"] != "updated" {
		t.Errorf("update: %s", r.body)
	}
	r = s.admin("GET", "transformations/t_small", "")
	s.has(r.json, map[string]any{"allowed_for_strict": false, "info": "[map[crop:scale width:7]]"})
	for _, text := range []string{"small", "c_scale,w_10/jpg"} {
		if r := s.admin("DELETE", "transformations?transformation="+url.QueryEscape(text), ""); r.json["message"] != "deleted" {
			t.Errorf("delete %s: %s", text, r.body)
		}
		if r := s.admin("GET", "transformations?transformation="+url.QueryEscape(text), ""); r.code != 404 {
			t.Errorf("%s is deleted: %d", text, r.code)
		}
		if r := s.admin("DELETE", "transformations?transformation="+url.QueryEscape(text), ""); r.code != 404 {
			t.Errorf("delete %s twice: %d", text, r.code)
		}
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"c_scale,l_text:Arial_60:tag,w_100": `[{"crop":"scale","overlay":"text:Arial_60:tag","width":100}]`,
		"c_scale,w_102/":                    `[{"crop":"scale","width":102,"extension":"none"}]`,
		"w_0.5,f_auto/e_sepia/jpg":          `[{"width":0.5,"fetch_format":"auto"},{"effect":"sepia","extension":"jpg"}]`,
		"q_080,r_NaN,x_1e5,$v_3":            `[{"quality":"080","radius":"NaN","x":1e5,"$v":3}]`,
		"$a\x07_x":                          `[{"$a\u0007":"x"}]`,
		"fl_layer_apply,ar_16:9":            `[{"flags":"layer_apply","aspect_ratio":"16:9"}]`,
	} {
		got := new(strings.Builder)
		for i, f := range explain(text) {
			raw, err := f.MarshalJSON()
			if err != nil {
				t.Errorf("%s: %v", text, err)
			}
			if i > 0 {
				got.WriteByte(',')
			}
			got.Write(raw)
		}
		if "["+got.String()+"]" != want {
			t.Errorf("%s: [%s], want %s", text, got, want)
		}
	}
}

func TestStrictMode(t *testing.T) {
	t.Parallel()
	body := func(allowed bool) []byte {
		return fmt.Appendf(nil, `{"text":"","source":"w_5","allowed":%v}`, allowed)
	}
	acc, err := account.New(media.Account{ID: "demo", Keys: testKeys},
		media.Setting{Kind: account.KindOptions, Name: account.OptionsName, Body: []byte(`{"strict":true}`)},
		media.Setting{Kind: account.KindTransformation, Name: "yes", Body: body(true)},
		media.Setting{Kind: account.KindTransformation, Name: "no", Body: body(false)},
		media.Setting{Kind: account.KindAllowed, Name: "c_fill,w_10/e_sepia", Body: []byte(`{}`)})
	if err != nil {
		t.Fatal(err)
	}
	e := account.Endpoint{Prefix: "/demo", Dialect: Name, Account: acc}
	for path, ok := range map[string]bool{
		"/demo/image/upload/a.jpg":                                    true,
		"/demo/image/upload/t_yes/a.jpg":                              true,
		"/demo/image/upload/t_yes.yes/a.jpg":                          true,
		"/demo/image/upload/t_no/a.jpg":                               false,
		"/demo/image/upload/t_yes.no/a.jpg":                           false,
		"/demo/image/upload/t_yes/w_5/a.jpg":                          false,
		"/demo/image/upload/t_yes,w_5/a.jpg":                          false,
		"/demo/image/upload/c_fill,w_10/e_sepia/a.jpg":                true,
		"/demo/image/upload/c_fill,w_10/a.jpg":                        false,
		"/demo/image/upload/s--Ai4Znfl3--/c_crop,h_20,w_10/image.jpg": true, // signed
	} {
		_, err := new(Dialect).Parse(httptest.NewRequest(http.MethodGet, path, nil), e)
		if ok != (err == nil) || !ok && media.CodeOf(err) != media.Unauthorized {
			t.Errorf("%s: %v", path, err)
		}
	}
}
