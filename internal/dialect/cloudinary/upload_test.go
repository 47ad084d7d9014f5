package cloudinary

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"tintype/internal/library"
	"tintype/internal/library/librarytest"
	"tintype/internal/media"
)

func TestUploadAnswersInFull(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	r := s.multipart("image/upload", s.sign(values(
		"public_id=red boot", "folder=shoes", "tags=a,b", `context=alt=A \= B|cap=x\|y`, "eager=c_scale,w_20|c_scale,w_10/jpg", "invalidate=true",
	)), "Red Boot.PNG", boot)
	if r.code != 200 {
		t.Fatalf("%d %s", r.code, r.body)
	}
	s.has(r.json, map[string]any{
		"public_id": "shoes/red boot", "version": 1700000000, "width": 40, "height": 30, "format": "png", "resource_type": "image",
		"created_at": "2023-11-14T22:13:20Z", "tags": "[a b]", "bytes": len(boot), "type": "upload", "placeholder": false,
		"url":        "http://media.test/demo/image/upload/v1700000000/shoes/red%20boot.png",
		"secure_url": "https://media.test/demo/image/upload/v1700000000/shoes/red%20boot.png",
		"folder":     "shoes", "original_filename": "Red Boot", "api_key": librarytest.Key.ID,
		"context":   "map[custom:map[alt:A = B cap:x|y]]",
		"signature": responseSignature("shoes/red boot", 1700000000, librarytest.Key.Secret),
	})
	s.lacks(r.json, "existing", "overwritten", "access_mode", "pages", "delete_token", "metadata", "duration", "asset_folder", "audio")
	for _, id := range []string{"asset_id", "version_id", "etag"} {
		if v, _ := r.json[id].(string); !regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(v) {
			t.Errorf("%s is %v", id, r.json[id])
		}
	}
	eager := r.json["eager"].([]any)
	s.has(eager[0].(map[string]any), map[string]any{
		"transformation": "c_scale,w_20", "width": 20, "height": 15, "format": "png",
		"url": "http://media.test/demo/image/upload/c_scale,w_20/v1700000000/shoes/red%20boot.png",
	})
	s.has(eager[1].(map[string]any), map[string]any{
		"transformation": "c_scale,w_10/jpg", "width": 10, "format": "jpg",
		"secure_url": "https://media.test/demo/image/upload/c_scale,w_10/v1700000000/shoes/red%20boot.jpg",
	})
}

// The Go library posts all to auto, with a wish in the form that is not signed.
func TestUploadThroughAuto(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, c := range []struct {
		path, wish, filename, content, kind, id string
	}{
		{"auto/upload", "", "a.png", boot, "image", `^[a-z0-9]{20}$`},
		{"upload", "", "a.mp4", librarytest.Film(""), "video", `^[a-z0-9]{20}$`},
		{"auto/upload", "", "notes.TXT", "just text", "raw", `^[a-z0-9]{20}\.txt$`},
		{"auto/upload", "raw", "a.png", boot, "raw", `^[a-z0-9]{20}\.png$`},
		{"auto/upload", "auto", "a.png", boot, "image", `^[a-z0-9]{20}$`},
	} {
		params := s.sign(url.Values{})
		if c.wish != "" {
			params.Set("resource_type", c.wish)
		}
		r := s.multipart(c.path, params, c.filename, c.content)
		id, _ := r.json["public_id"].(string)
		if r.code != 200 || r.json["resource_type"] != c.kind || !regexp.MustCompile(c.id).MatchString(id) {
			t.Errorf("%+v: %d %s", c, r.code, r.body)
		}
		switch c.kind {
		case "raw":
			s.lacks(r.json, "format", "width", "height")
			if u, _ := r.json["url"].(string); !strings.HasSuffix(u, "/v1700000000/"+id) {
				t.Errorf("url is %s", u)
			}
		case "video":
			s.has(r.json, map[string]any{
				"duration": "2.0", "frame_rate": "25.0", "bit_rate": 8000, "nb_frames": 50, "is_audio": false, "pages": 0, "rotation": 0,
				"video":        "map[bit_rate:7000 codec:h264 dar:16:9 level:31 pix_format:yuv420p profile:High time_base:1/30000]",
				"audio":        "map[bit_rate:900 channel_layout:stereo channels:2 codec:aac frequency:44100]",
				"playback_url": "https://media.test/demo/video/upload/sp_auto/v1700000000/" + id + ".m3u8",
			})
		}
	}
}

func TestUploadOfText(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	data := "data:image/png;base64," + base64.StdEncoding.EncodeToString([]byte(boot))
	params := s.sign(values("use_filename=true", "unique_filename=false"))
	params.Set("file", data)
	r := s.form("image/upload", params)
	if r.code != 200 || !regexp.MustCompile(`^[a-z0-9]{20}$`).MatchString(r.json["public_id"].(string)) {
		t.Fatalf("%d %s", r.code, r.body)
	}
	s.lacks(r.json, "original_filename")
	for file, want := range map[string]string{
		"":                         "Missing required parameter - file",
		"  ":                       "Missing required parameter - file",
		"s3://bucket/key":          "Unsupported source URL: s3://bucket/key",
		"ftp://host/x.png":         "Unsupported source URL: ftp://host/x.png",
		"/etc/passwd":              "Unsupported source URL: /etc/passwd",
		"data:image/png;base64,":   "Empty file",
		"http://127.0.0.1:1/x.png": "Error in loading http://127.0.0.1:1/x.png - ",
		"http://localhost/x.png":   "Error in loading http://localhost/x.png - ",
	} {
		params := s.sign(url.Values{})
		params.Set("file", file)
		if r := s.form("image/upload", params); r.code != 400 || !strings.HasPrefix(r.message(), want) {
			t.Errorf("%q: %d %s, want %q", file, r.code, r.body, want)
		}
	}
}

func TestUploadNames(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, c := range []struct{ params, want string }{
		{"use_filename=true", `^boot_[a-zA-Z0-9]{6}$`},
		{"use_filename=1&unique_filename=0", `^boot$`},
		{"use_filename=true&unique_filename=false&filename_override=My logo.gif", `^My_logo$`},
		{"folder=/a/b/", `^a/b/[a-z0-9]{20}$`},
		{"public_id=x&folder=a&public_id_prefix=p", `^a/p/x$`},
		{"public_id=d/e/f", `^d/e/f$`},
		{"public_id=", `^[a-z0-9]{20}$`},
	} {
		params, _ := url.ParseQuery(c.params)
		if got := s.put(params)["public_id"].(string); !regexp.MustCompile(c.want).MatchString(got) {
			t.Errorf("%s: %s, want %s", c.params, got, c.want)
		}
	}
	for _, id := range []string{"a?b", "a&b", "a#b", `a\b`, "a%2eb", "<a>", "a+b", "/a", "a/", " a", "a ", "a//b", "../a", "a\nb", strings.Repeat("a", 256)} {
		r := s.multipart("image/upload", s.sign(url.Values{"public_id": {id}}), "a.png", boot)
		if r.code != 400 || !strings.HasPrefix(r.message(), "public_id (") {
			t.Errorf("%q: %d %s", id, r.code, r.body)
		}
	}
	if got := s.put(values("discard_original_filename=true")); got["original_filename"] != nil {
		t.Errorf("original_filename is %v", got["original_filename"])
	}
	if got := s.put(values("filename_override=other.png")); got["original_filename"] != "other" {
		t.Errorf("original_filename is %v", got["original_filename"])
	}
}

func TestUploadOverwrites(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	first := s.put(values("public_id=x"))
	kept := s.multipart("image/upload", s.sign(values("public_id=x", "overwrite=false", "tags=new")), "b.png", librarytest.Picture("gif", 1, 1, ""))
	s.has(kept.json, map[string]any{"existing": true, "version": first["version"], "etag": first["etag"], "format": "png", "tags": "[]"})
	s.Clock.Add(time.Minute)
	second := s.put(values("public_id=x", "tags=new"))
	s.has(second, map[string]any{"overwritten": true, "asset_id": first["asset_id"], "created_at": first["created_at"], "version": 1700000060, "tags": "[new]"})
	if second["version_id"] == first["version_id"] {
		t.Error("the version id stays")
	}
}

func TestUploadRefuses(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(cfg *library.Config) { cfg.MaxBytes = library.MaxBytes{Image: 100, Raw: 200, Video: 300} })
	for _, c := range []struct{ path, params, content, says string }{
		{"image/upload", "", "no picture", "Invalid image file"},
		{"video/upload", "", "no film", "Unsupported video format or file"},
		{"image/upload", "", "", "Empty file"},
		{"image/upload", "", strings.Repeat("x", 150), "File size too large. Got 101. Maximum is 100."},
		{"auto/upload", "", strings.Repeat("x", 250), "File size too large. Got 250. Maximum is 200."},
		{"image/upload", "allowed_formats=jpg,webp", boot, "Image file format png not allowed"},
		{"image/upload", "format=exe", boot, "Invalid format exe"},
		{"image/upload", "type=facebook", boot, "type facebook is not supported yet"},
		{"image/upload", "overwrite=perhaps", boot, "overwrite must be true or false"},
		{"image/upload", "context=novalue", boot, "context (novalue) is invalid"},
		{"image/upload", "eager=w_abc", boot, "Invalid width in transformation: abc"},
		{"image/upload", "eager=zz_1", boot, "zz_1"},
		{"image/upload", "upload_preset=p", boot, "Upload preset not found"},
		{"image/upload", "transformation=w_abc", boot, "Invalid width in transformation: abc"},
		{"raw/upload", "transformation=w_10", boot, "A raw file cannot be transformed at upload"},
		{"image/upload", "raw_convert=illegal", boot, "Raw convert is invalid"},
		{"image/upload", "categorization=illegal", boot, "Categorization illegal is not valid"},
		{"image/upload", "detection=illegal", boot, "Detection invalid model 'illegal'"},
		{"image/upload", "background_removal=illegal", boot, "Background removal illegal is invalid"},
		{"image/upload", "ocr=illegal", boot, "Illegal value for `ocr`"},
		{"image/upload", "background_removal=cloudinary_ai", boot, "background_removal cloudinary_ai is an add-on that this server does not have"},
		{"image/upload", "detection=coco_v2", boot, "detection coco_v2 is an add-on"},
		{"image/upload", "auto_tagging=0.5", boot, "Must use"},
		{"image/upload", "quality_override=lots", boot, "Invalid quality_override lots"},
		{"image/upload", "face_coordinates=1,2,3", boot, "Invalid face_coordinates 1,2,3"},
		{"image/upload", "custom_coordinates=1,2,3,x", boot, "Invalid custom_coordinates 1,2,3,x"},
		{"image/upload", "custom_coordinates=1,2,0,4", boot, "1,2,0,4 is no rectangle of custom coordinates"},
		{"image/upload", `regions={"a":[[1]]}`, boot, "Invalid regions"},
		{"image/upload", `regions={"a":[[1,2]]}`, boot, "A region needs a name and two points at least"},
		{"image/upload", `regions=[]`, boot, "Invalid regions []"},
		{"image/upload", "colors=some", boot, "colors must be true or false"},
		{"image/upload", "notification_url=https://x.test/?p=1%26q=2|nowhere", boot, "Invalid notification_url nowhere"},
		{"image/upload", "async=true&return_delete_token=1", boot, "return_delete_token is not supported together with async"},
		{"image/upload", "async=perhaps", boot, "Parameter async must be true or false, not \"perhaps\""},
		{"image/upload", "eager=w_10&eager_async=1&eager_notification_url=poll://", boot, "Invalid eager_notification_url poll://"},
		{"image/upload", "access_mode=secret", boot, "Invalid access_mode secret"},
		{"image/upload", "moderation=webpurify", boot, "moderation webpurify is an add-on that this server does not have"},
		{"image/upload", "tags=" + strings.Repeat("t,", 1001) + "&", boot, ""},
	} {
		params, err := url.ParseQuery(c.params)
		if err != nil {
			t.Fatal(err)
		}
		r := s.multipart(c.path, s.sign(params), "a.bin", c.content)
		if c.says == "" {
			if r.code != 400 || !strings.Contains(r.message(), "more than 1000 tags") {
				t.Errorf("many tags: %d %s", r.code, r.message())
			}
			continue
		}
		if r.code != 400 || !strings.Contains(r.message(), c.says) {
			t.Errorf("%s %s: %d %s, want %q", c.path, c.params, r.code, r.body, c.says)
		}
	}
	if left := append(s.Leftovers(), s.Originals()...); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if events := s.Events(); len(events) > 0 {
		t.Errorf("events: %v", events)
	}
}

// Parameters that ask for nothing, and ones that nobody knows, do not matter
// but are signed.
func TestUploadTakesWhatAsksForNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	r := s.put(values("async=false", "colors=0", "transformation=", "unknown=x&y", "access_mode=public", "format=png", "allowed_formats[]=jpg", "allowed_formats[]=png"))
	s.has(r, map[string]any{"access_mode": "public", "format": "png"})
	converted := s.put(values("format=jpg", "allowed_formats=jpg"))
	s.has(converted, map[string]any{"format": "jpg"})
}

func TestUploadPrivate(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	r := s.put(values("public_id=p", "type=authenticated", "eager=c_scale,w_10"))
	s.has(r, map[string]any{"type": "authenticated"})
	if u, _ := r["url"].(string); !regexp.MustCompile(`^http://media\.test/demo/image/authenticated/s--[A-Za-z0-9_-]{8}--/v1700000000/p\.png$`).MatchString(u) {
		t.Errorf("url is %s", u)
	}
	eager := r["eager"].([]any)[0].(map[string]any)
	path := strings.TrimPrefix(eager["url"].(string), "http://media.test/demo")
	q, err := s.d.Parse(httptest.NewRequest("GET", "http://media.test/demo"+path, nil), testSiteEndpoint(s))
	if err != nil || !q.Signed {
		t.Errorf("%s is not signed: %+v %v", path, q, err)
	}
}

func TestEagerThatCannotBeMade(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	r := s.multipart("raw/upload", s.sign(values("eager=w_10")), "a.txt", "text")
	if r.code != 200 {
		t.Fatalf("%d %s", r.code, r.body)
	}
	e := r.json["eager"].([]any)[0].(map[string]any)
	if e["status"] != "failed" || e["error"] == "" || e["url"] != nil {
		t.Errorf("eager: %v", e)
	}
}

func TestDeleteToken(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	up := s.put(values("public_id=x", "return_delete_token=true"))
	token, _ := up["delete_token"].(string)
	if len(token) < 80 {
		t.Fatalf("token is %q", token)
	}
	post := func(token string) reply { return s.form("delete_by_token", url.Values{"token": {token}}) }
	forged := deleteToken(media.Key{ID: librarytest.Key.ID, Secret: "other"}, &media.Asset{Account: "demo", Ref: media.Ref{ID: media.AssetID(up["asset_id"].(string))}}, s.Clock.Now())
	raw, _ := base64.RawURLEncoding.DecodeString(token)
	raw[len(raw)-2] ^= 1
	for _, bad := range []string{"x", token[:40], token + "A", forged, base64.RawURLEncoding.EncodeToString(raw)} {
		if r := post(bad); r.code != 400 || r.message() != "Invalid token" {
			t.Errorf("%s: %d %s", bad, r.code, r.body)
		}
	}
	r := httptest.NewRequest("POST", "/v1_1/other/delete_by_token", strings.NewReader(url.Values{"token": {token}}.Encode()))
	if got := s.do(r); got.code != 400 {
		t.Errorf("for another account: %d %s", got.code, got.body)
	}
	if r := post(""); r.code != 400 || r.message() != "Missing required parameter - token" {
		t.Errorf("none: %d %s", r.code, r.body)
	}
	if r := post(token); r.code != 200 || r.json["result"] != "ok" || r.header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("good: %d %s", r.code, r.body)
	}
	if r := post(token); r.code != 200 || r.json["result"] != "not found" {
		t.Errorf("again: %d %s", r.code, r.body)
	}
	late := s.put(values("public_id=y", "return_delete_token=1"))["delete_token"].(string)
	s.Clock.Add(10 * time.Minute)
	if r := post(late); r.code != http.StatusBadRequest {
		t.Errorf("late: %d %s", r.code, r.body)
	}
}

func FuzzDeleteToken(f *testing.F) {
	now := time.Unix(1_700_000_000, 0)
	key := media.Key{ID: "k", Secret: "s"}
	good := deleteToken(key, &media.Asset{Account: "demo", Ref: media.Ref{ID: "i"}}, now)
	f.Add(good)
	f.Add("")
	f.Fuzz(func(t *testing.T, token string) {
		p, ok := openPermit(token)
		if ok && p.signed(key.Secret) && token != good {
			t.Fatalf("%q is taken for signed", token)
		}
	})
}

func FuzzContext(f *testing.F) {
	f.Add(`a=b|c=\||d=\=`)
	f.Fuzz(func(t *testing.T, text string) {
		pairs, err := parseContext(text)
		if err != nil && media.CodeOf(err) != media.Invalid {
			t.Fatal(err)
		}
		if _, ok := pairs[""]; ok {
			t.Fatalf("%q has a pair without a key", text)
		}
	})
}
