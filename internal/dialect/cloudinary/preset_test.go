package cloudinary

import (
	"net/url"
	"strings"
	"testing"
)

func (s *site) preset(body string) {
	s.t.Helper()
	if r := s.admin("POST", "upload_presets", body); r.code != 200 || r.json["message"] != "created" {
		s.t.Fatalf("create preset: %d %s", r.code, r.body)
	}
}

func TestPresets(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.preset(`{"name":"a","unsigned":true,"tags":["x","y"],"folder":"f","overwrite":"true"}`)
	if r := s.admin("POST", "upload_presets", `{"name":"a"}`); r.code != 409 {
		t.Errorf("twice: %d %s", r.code, r.body)
	}
	r := s.admin("GET", "upload_presets/a", "")
	if want := `{"name":"a","unsigned":true,"settings":{"tags":["x","y"],"folder":"f","overwrite":true}}`; strings.TrimSpace(r.body) != want {
		t.Errorf("preset %s, want %s", r.body, want)
	}
	if r := s.admin("PUT", "upload_presets/a", `{"folder":"g","unsigned":false,"live":true}`); r.json["message"] != "updated" {
		t.Errorf("update: %s", r.body)
	}
	r = s.admin("GET", "upload_presets/a", "")
	if want := `{"name":"a","unsigned":false,"settings":{"tags":["x","y"],"folder":"g","overwrite":true,"live":true}}`; strings.TrimSpace(r.body) != want {
		t.Errorf("preset %s, want %s", r.body, want)
	}
	made := s.admin("POST", "upload_presets", "null")
	if name, _ := made.json["name"].(string); made.code != 200 || len(name) < 8 {
		t.Errorf("without a name: %s", made.body)
	}
	first := s.admin("GET", "upload_presets?max_results=1", "")
	cursor, _ := first.json["next_cursor"].(string)
	second := s.admin("GET", "upload_presets?max_results=1&next_cursor="+cursor, "")
	if len(first.json["presets"].([]any)) != 1 || len(second.json["presets"].([]any)) != 1 || second.json["next_cursor"] != nil || first.body == second.body {
		t.Errorf("pages: %s and %s", first.body, second.body)
	}
	for _, junk := range []string{"23452342", writeCursor("u\x00"), writeCursor("u\xff")} {
		for _, list := range []string{"upload_presets", "transformations"} {
			if r := s.admin("GET", list+"?next_cursor="+junk, ""); r.code != 400 {
				t.Errorf("%s: junk as a cursor: %d %s", list, r.code, r.body)
			}
		}
	}
	for _, method := range []string{"PUT", "DELETE", "GET"} {
		if r := s.admin(method, "upload_presets/none", ""); r.code != 404 {
			t.Errorf("%s none: %d %s", method, r.code, r.body)
		}
	}
	if r := s.admin("DELETE", "upload_presets/a", ""); r.json["message"] != "deleted" {
		t.Errorf("delete: %s", r.body)
	}
	if r := s.admin("GET", "upload_presets/a", ""); r.code != 404 {
		t.Errorf("deleted: %d", r.code)
	}
}

func TestSignedUploadsWithPresets(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.preset(`{"name":"p","tags":["preset","both"],"folder":"from-preset","context":"a=b","use_filename":true,"unique_filename":false}`)
	got := s.put(values("upload_preset=p", "tags=both,call"))
	s.has(got, map[string]any{"public_id": "from-preset/boot", "tags": "[preset both call]", "context": "map[custom:map[a:b]]"})
	got = s.put(values("upload_preset=p", "folder=mine", "public_id=x"))
	s.has(got, map[string]any{"public_id": "mine/x", "tags": "[preset both]"})
	if r := s.multipart("image/upload", s.sign(values("upload_preset=none")), "boot.png", boot); r.code != 400 || r.message() != "Upload preset not found" {
		t.Errorf("no such preset: %d %s", r.code, r.body)
	}
}

func TestUnsignedUploads(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.preset(`{"name":"open","unsigned":true,"folder":"inbox","tags":["u"],"overwrite":true}`)
	s.preset(`{"name":"closed"}`)
	s.preset(`{"name":"fixed","unsigned":true,"disallow_public_id":true,"allowed_formats":["jpg"]}`)
	upload := func(pairs ...string) reply { return s.multipart("image/upload", values(pairs...), "boot.png", boot) }

	r := upload("upload_preset=open", "public_id=a", "tags=mine", "api_key=whatever", "timestamp=1", "folder=elsewhere")
	if r.code != 200 {
		t.Fatalf("%d %s", r.code, r.body)
	}
	s.has(r.json, map[string]any{"public_id": "inbox/a", "tags": "[u mine]", "type": "upload"})
	if again := upload("upload_preset=open", "public_id=a"); again.code != 200 || again.json["existing"] != true || again.json["version_id"] != r.json["version_id"] {
		t.Errorf("what is there is replaced: %s", again.body)
	}
	for text, want := range map[string]string{
		"public_id=x":                            "Upload preset must be specified when using unsigned upload",
		"upload_preset=none":                     "Upload preset not found",
		"upload_preset=closed":                   "Upload preset must be whitelisted for unsigned uploads",
		"upload_preset=open|overwrite=true":      "Overwrite parameter is not allowed when using unsigned upload.",
		"upload_preset=open|eager=w_10":          "Eager parameter is not allowed when using unsigned upload.",
		"upload_preset=open|use_filename=true":   "Use filename parameter is not allowed when using unsigned upload.",
		"upload_preset=open|transformation=w_10": "Transformation parameter is not allowed when using unsigned upload.",
		"upload_preset=fixed|public_id=x":        "public_id is not allowed with this upload preset",
		"upload_preset=fixed":                    "Image file format png not allowed",
	} {
		if r := upload(strings.Split(text, "|")...); r.code != 400 || !strings.HasPrefix(r.message(), want) {
			t.Errorf("%s: %d %s, want %s", text, r.code, r.body, want)
		}
	}
	if r := s.form("image/destroy", url.Values{"public_id": {"inbox/a"}, "upload_preset": {"open"}}); r.code != 400 {
		t.Errorf("a preset deletes: %d %s", r.code, r.body)
	}
	limited := false
	for range 70 {
		limited = limited || upload("upload_preset=open", "public_id=a").code == 429
	}
	if !limited {
		t.Error("unsigned uploads of one address have no rate")
	}
	if r := s.multipart("image/upload", s.sign(values("public_id=signed")), "boot.png", boot); r.code != 200 {
		t.Errorf("signed uploads from the same address: %d %s", r.code, r.body)
	}
}

// What an upload without a signature finds in its place is none of its
// sender's: it is told as its readers may know it, and cannot be deleted.
func TestUnsignedUploadsOverWhatIsThere(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.preset(`{"name":"token","unsigned":true,"return_delete_token":true}`)
	s.preset(`{"name":"private","unsigned":true,"type":"private"}`)
	s.put(values("public_id=shown"))
	s.put(values("public_id=hidden", "type=private", "context=a=b"))
	upload := func(pairs ...string) reply { return s.multipart("image/upload", values(pairs...), "boot.png", boot) }
	if r := upload("upload_preset=token"); r.code != 200 || r.json["delete_token"] == nil {
		t.Errorf("one's own: %d %s", r.code, r.body)
	}
	if r := upload("upload_preset=token", "public_id=shown"); r.code != 200 || r.json["existing"] != true || r.json["delete_token"] != nil {
		t.Errorf("another's: %d %s", r.code, r.body)
	}
	if r := upload("upload_preset=private", "public_id=hidden"); r.code != 400 || r.message() != "public_id (hidden) is taken already" {
		t.Errorf("another's of restricted access: %d %s", r.code, r.body)
	}
}

func TestMappings(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, bad := range []string{`{}`, `{"folder":"a"}`, `{"folder":"a","template":"ftp://x/"}`, `{"folder":"a","template":"x"}`, `{"folder":"../a","template":"https://x.test/"}`} {
		if r := s.admin("POST", "upload_mappings", bad); r.code != 400 {
			t.Errorf("%s: %d %s", bad, r.code, r.body)
		}
	}
	for _, step := range []struct{ method, path, body, want string }{
		{"POST", "upload_mappings", `{"folder":"shop","template":"https://x.test/a/"}`, `{"message":"created","folder":"shop"}`},
		{"GET", "upload_mappings?folder=shop", "", `{"folder":"shop","template":"https://x.test/a/"}`},
		{"PUT", "upload_mappings", `{"folder":"shop","template":"https://y.test/"}`, `{"message":"updated","folder":"shop"}`},
		{"GET", "upload_mappings", "", `{"mappings":[{"folder":"shop","template":"https://y.test/"}]}`},
		{"DELETE", "upload_mappings", `{"folder":"shop"}`, `{"message":"deleted","folder":"shop"}`},
		{"GET", "upload_mappings", "", `{"mappings":[]}`},
	} {
		if r := s.admin(step.method, step.path, step.body); strings.TrimSpace(r.body) != step.want {
			t.Errorf("%s %s: %s, want %s", step.method, step.path, r.body, step.want)
		}
	}
	s.admin("POST", "upload_mappings", `{"folder":"shop","template":"https://x.test/a/"}`)
	if r := s.admin("POST", "upload_mappings", `{"folder":"/shop/","template":"https://x.test/a/"}`); r.code != 409 {
		t.Errorf("twice: %d %s", r.code, r.body)
	}
	if r := s.admin("DELETE", "upload_mappings", `{"folder":"none"}`); r.code != 404 {
		t.Errorf("none: %d %s", r.code, r.body)
	}
}
