package cloudinary

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"tintype/internal/library"
	"tintype/internal/script"
)

// TestMain lets the test binary be a script's process.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "script" {
		os.Exit(script.Serve(os.Stdin, os.Stdout))
	}
	os.Exit(m.Run())
}

func scripted(t *testing.T, change ...func(*library.Config)) *site {
	t.Helper()
	s := newSite(t, change...)
	var err error
	s.d.cfg.Scripts, err = script.New(script.Config{Timeout: 20 * time.Second, Wait: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestEval(t *testing.T) {
	t.Parallel()
	s := scripted(t)
	up := s.put(values("public_id=x", "phash=true", "tags=a,b", `eval=if (resource_info["width"] > 30) { upload_options["quality_analysis"] = true }
		upload_options["context"] = "width=" + resource_info["width"]
		upload_options["tags"] = [resource_info["phash"], upload_options["tags"]]
		upload_options["eager"] = "c_scale,w_10"
		upload_options["transformation"] = "c_scale,w_20"
		upload_options["format"] = "jpg"`))
	s.has(up, map[string]any{
		"context": "map[custom:map[width:40]]", "tags": "[00ff00ff00ff00ff a b]", "width": 20, "format": "jpg", "phash": "00ff00ff00ff00ff",
	})
	if q, _ := up["quality_analysis"].(map[string]any); fmt.Sprint(q["focus"]) != "1.0" {
		t.Errorf("quality: %v", up["quality_analysis"])
	}
	if e, _ := up["eager"].([]any); len(e) != 1 || fmt.Sprint(e[0].(map[string]any)["width"]) != "10" {
		t.Errorf("eager: %v", up["eager"])
	}
}

// Not even the script of a preset lets an upload without a signature replace
// what is there.
func TestEvalReplacesNothingWithoutSignature(t *testing.T) {
	t.Parallel()
	s := scripted(t)
	s.preset(`{"name":"eager","unsigned":true,"eval":"upload_options.overwrite = true"}`)
	s.put(values("public_id=x"))
	if r := s.multipart("image/upload", values("upload_preset=eager", "public_id=x"), "boot.png", boot); r.code != 200 || r.json["existing"] != true {
		t.Errorf("%d %s", r.code, r.body)
	}
}

func TestEvalRefuses(t *testing.T) {
	t.Parallel()
	s := scripted(t)
	for code, says := range map[string]string{
		`throw new Error("too small")`:                 "The script failed: Error: too small",
		`upload_options = 3`:                           "The script made upload_options no object",
		`upload_options["signature"] = "x"`:            "A script cannot set signature",
		`upload_options["public_id"] = "a?b"`:          "public_id (a?b) is invalid",
		`upload_options["access_control"] = [{a: 1}]`:  "Invalid access_type ",
		`upload_options["transformation"] = "w_abc"`:   "Invalid width in transformation: abc",
		`upload_options["allowed_formats"] = ["webp"]`: "Image file format png not allowed",
		`upload_options["background_removal"] = "x"`:   "Background removal x is invalid",
		`var s = "xxxxxxxx"; for (;;) { s += s }`:      "The script",
		`upload_options["eager"] = "zz_1"`:             "zz_1",
	} {
		r := s.multipart("image/upload", s.sign(values("eval="+code)), "a.png", boot)
		if r.code != 400 || !strings.Contains(r.message(), says) {
			t.Errorf("%s: %d %s, want %q", code, r.code, r.body, says)
		}
	}
	if left := append(s.Leftovers(), s.Originals()...); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	off := newSite(t)
	if r := off.multipart("image/upload", off.sign(values("eval=1")), "a.png", boot); r.code != 400 || r.message() != "eval is switched off here" {
		t.Errorf("without scripts: %d %s", r.code, r.body)
	}
}

func TestOnSuccess(t *testing.T) {
	t.Parallel()
	s := scripted(t)
	up := s.put(values("public_id=x", "tags=old", `on_success=current_asset.update({tags: ["w" + e.upload_info.width, current_asset.format], context: {alt: "yes"}})`))
	s.has(up, map[string]any{"tags": "[w40 png]", "context": "map[custom:map[alt:yes]]", "hook_execution": "map[on_success:map[status:success]]"})
	s.has(s.admin("GET", "resources/image/upload/x", "").json, map[string]any{"tags": "[w40 png]"})
	// What fails then takes nothing back.
	for code, says := range map[string]string{
		`nothing()`:                        "The script failed: ReferenceError",
		`current_asset.update({bytes: 1})`: "update of bytes is not supported yet",
		`current_asset.update(7)`:          "update takes an object",
	} {
		up := s.put(values("on_success=" + code))
		hook, _ := up["hook_execution"].(map[string]any)["on_success"].(map[string]any)
		if hook["status"] != "failed" || !strings.Contains(fmt.Sprint(hook["error"]), says) {
			t.Errorf("%s: %v", code, up["hook_execution"])
		}
	}
}

func TestBreakpoints(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	up := s.put(values("public_id=x", `responsive_breakpoints=[{"create_derived":false,"min_width":5,"max_width":"100","bytes_step":1},{"create_derived":true,"transformation":"a_90","format":"gif","max_width":9}]`))
	list := up["responsive_breakpoints"].([]any)
	if len(list) != 2 {
		t.Fatalf("%v", list)
	}
	first := list[0].(map[string]any)["breakpoints"].([]any)
	last := 1 << 20
	for _, p := range first {
		w, _ := p.(map[string]any)["width"].(interface{ Int64() (int64, error) }).Int64()
		if int(w) >= last {
			t.Errorf("widths do not fall: %v", first)
		}
		last = int(w)
	}
	s.has(first[0].(map[string]any), map[string]any{"width": 40, "height": 30, "url": "http://media.test/demo/image/upload/c_scale,w_40/v1700000000/x.png"})
	second := list[1].(map[string]any)
	s.has(second, map[string]any{"transformation": "a_90"})
	s.has(second["breakpoints"].([]any)[0].(map[string]any), map[string]any{"width": 9, "height": 12, "secure_url": "https://media.test/demo/image/upload/a_90/c_scale,w_9/v1700000000/x.gif"})
	// Only those that are to stay are there afterwards.
	derived := s.admin("GET", "resources/image/upload/x", "").json["derived"].([]any)
	if len(derived) != 1 || derived[0].(map[string]any)["format"] != "gif" {
		t.Errorf("derived: %v", derived)
	}
	ex := s.form("image/explicit", s.sign(values("public_id=x", "type=upload", `responsive_breakpoints={"create_derived":"false"}`)))
	if n := len(ex.json["responsive_breakpoints"].([]any)); n != 1 {
		t.Errorf("explicit: %s", ex.body)
	}
	for text, says := range map[string]string{
		`[{}]`: "Missing required parameter - create_derived", `[{"create_derived":"x"}]`: "Invalid create_derived x", `[1]`: "Invalid responsive_breakpoints",
		`[{"create_derived":true,"max_images":0}]`: "max_images must be", `[{"create_derived":true,"min_width":9,"max_width":8}]`: "min_width is larger",
		`[{"create_derived":true,"format":"exe"}]`: "Invalid format exe", `[{"create_derived":true,"transformation":"w_abc"}]`: "Invalid width",
	} {
		r := s.multipart("image/upload", s.sign(values("responsive_breakpoints="+text)), "a.png", boot)
		if r.code != 400 || !strings.Contains(r.message(), says) {
			t.Errorf("%s: %d %s", text, r.code, r.body)
		}
	}
}
