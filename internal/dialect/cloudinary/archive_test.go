package cloudinary

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"tintype/internal/library/librarytest"
)

// get reads a signed URL.
func (s *site) get(path string, params url.Values) *httptest.ResponseRecorder {
	s.t.Helper()
	rec := httptest.NewRecorder()
	s.h.ServeHTTP(rec, httptest.NewRequest("GET", "/v1_1/demo/"+path+"?"+params.Encode(), nil))
	return rec
}

// zipped lists the files of an archive.
func zipped(t *testing.T, b []byte) []string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatalf("%v of %d bytes", err, len(b))
	}
	var names []string
	for _, f := range z.File {
		names = append(names, f.Name)
	}
	slices.Sort(names)
	return names
}

func TestGenerateArchive(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.put(values("public_id=d/one", "tags=red"))
	s.put(values("public_id=two", "tags=red,blue"))
	r := s.form("image/generate_archive", s.sign(values("tags[]=red", "target_public_id=set", "target_tags[]=x", "target_tags[]=y", "target_format=zip", "mode=create")))
	if r.code != 200 {
		t.Fatal(r.body)
	}
	s.has(r.json, map[string]any{
		"public_id": "set.zip", "resource_type": "raw", "type": "upload", "tags": "[x y]", "resource_count": 2, "file_count": 2,
		"placeholder": false, "access_mode": "public", "url": "http://media.test/demo/raw/upload/v1700000000/set.zip",
		"signature": responseSignature("set.zip", 1700000000, librarytest.Key.Secret), "created_at": "2023-11-14T22:13:20Z",
	})
	s.lacks(r.json, "missing_public_ids", "empty_tags", "folder", "format")
	// Two pictures in two forms are four files.
	r = s.form("image/generate_archive", s.sign(values("public_ids[]=d/one", "public_ids[]=two", "transformations=c_scale,w_10|c_scale,w_20/png", "target_format=tgz")))
	s.has(r.json, map[string]any{"resource_count": 2, "file_count": 4})
	if id := fmt.Sprint(r.json["public_id"]); !strings.HasSuffix(id, ".tgz") || len(id) != 24 || !strings.HasSuffix(fmt.Sprint(r.json["secure_url"]), id) {
		t.Errorf("generated %s", r.body)
	}
	r = s.form("raw/generate_archive", s.sign(values("public_ids[]=none", "fully_qualified_public_ids[]=image/upload/two", "tags[]=nothing", "allow_missing=1")))
	s.has(r.json, map[string]any{"resource_count": 1, "missing_public_ids": "[none]", "empty_tags": "[nothing]", "empty_prefixes": "[]"})
	for params, says := range map[string]string{
		"":                                     "400 No resources to archive",
		"public_ids[]=none":                    "404 Resource not found - none",
		"tags=red&async=true":                  "400 async is not supported yet",
		"tags=red&mode=x":                      "400 Invalid mode x",
		"tags=red&type=fetch":                  "400 type fetch is not supported yet",
		"tags=red&batch_id=1":                  "400 batch_id is not supported yet",
		"tags=red&keep_derived=maybe":          `400 Parameter keep_derived must be true or false, not "maybe"`,
		"tags=red&target_format=rar":           "400 Invalid target_format rar, it must be zip or tgz",
		"tags=red&target_public_id=a?":         "400 public_id (a?.zip) is invalid",
		"tags=red&transformations=q_x":         "400 Invalid quality in transformation: x",
		"fully_qualified_public_ids=image/two": "400 Invalid fully_qualified_public_id image/two, it must be like image/upload/name",
		"tags=red&notification_url=https://x":  "400 notification_url is not supported yet",
	} {
		p, _ := url.ParseQuery(params)
		if r := s.form("image/generate_archive", s.sign(p)); fmt.Sprint(r.code, " ", r.message()) != says {
			t.Errorf("%s: %d %s, want %s", params, r.code, r.message(), says)
		}
	}
}

func TestDownloadArchive(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.put(values("public_id=d/one", "tags=red"))
	s.put(values("public_id=two", "tags=red"))
	for _, c := range []struct {
		path, params, name string
		want               []string
	}{
		{"image/generate_archive", "mode=download&tags[]=red&target_public_id=my set", `attachment; filename="my set.zip"`, []string{"d/one.png", "two.png"}},
		{"all/generate_archive", "mode=download&prefixes[]=d/", `attachment; filename="archive.zip"`, []string{"d/one.png"}},
		{"all/generate_archive", "mode=download&prefixes[]=d/&flatten_folders=1&use_original_filename=1", `attachment; filename="archive.zip"`, []string{"boot.png"}},
		{"image/generate_archive", "mode=download&tags[]=red&transformations=c_scale,w_10/webp&skip_transformation_name=1", `attachment; filename="archive.zip"`, []string{"d/one.webp", "two.webp"}},
		{"image/download_tag.zip", "tag=red", `attachment; filename="red.zip"`, []string{"d/one.png", "two.png"}},
		{"image/download_tag.zip", "tag=red&transformation=c_scale,w_10", `attachment; filename="red.zip"`, []string{"d/one.png", "two.png"}},
	} {
		p, _ := url.ParseQuery(c.params)
		rec := s.get(c.path, s.sign(p))
		if rec.Code != 200 || rec.Header().Get("Content-Type") != "application/zip" || rec.Header().Get("Content-Disposition") != c.name {
			t.Errorf("%s: %d %v", c.params, rec.Code, rec.Header())
			continue
		}
		if got := zipped(t, rec.Body.Bytes()); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.params, got, c.want)
		}
	}
	rec := s.get("image/generate_archive", s.sign(values("mode=download", "tags[]=red", "target_format=tgz")))
	if rec.Header().Get("Content-Type") != "application/gzip" || rec.Header().Get("Content-Disposition") != `attachment; filename="archive.tgz"` {
		t.Errorf("%v", rec.Header())
	}
	for path, says := range map[string]string{
		"image/generate_archive": "400 mode create takes a POST",
		"image/download_tag.zip": "400 Missing required parameter - tag",
		"download_backup":        "400 Missing required parameter - asset_id",
		"raw/generate_archive/x": "404 There is no GET /v1_1/demo/raw/generate_archive/x",
		"all/download":           "404 There is no GET /v1_1/demo/all/download",
	} {
		r := s.do(httptest.NewRequest("GET", "/v1_1/demo/"+path+"?"+s.sign(nil).Encode(), nil))
		if fmt.Sprint(r.code, " ", r.message()) != says {
			t.Errorf("%s: %d %s", path, r.code, r.message())
		}
	}
}

// What a query signs holds for an hour, or until it says.
func TestDownloadsEnd(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.put(values("public_id=x"))
	code := func(p url.Values) int { return s.get("image/generate_archive", p).Code }
	soon := s.sign(values("mode=download", "public_ids[]=x"))
	later := s.sign(values("mode=download", "public_ids[]=x", "expires_at="+strconv.FormatInt(s.Clock.Now().Unix()+7200, 10)+".5"))
	written := s.sign(values("mode=download", "public_ids[]=x", "expires_at="+s.Clock.Now().Add(90*time.Minute).UTC().Format(time.RFC3339)))
	if got := []int{code(soon), code(later), code(written)}; !slices.Equal(got, []int{200, 200, 200}) {
		t.Errorf("at once: %v", got)
	}
	s.Clock.Add(61 * time.Minute)
	if got := []int{code(soon), code(later), code(written)}; !slices.Equal(got, []int{400, 200, 200}) {
		t.Errorf("after an hour: %v", got)
	}
	s.Clock.Add(60 * time.Minute)
	if got := []int{code(soon), code(later), code(written)}; !slices.Equal(got, []int{400, 401, 401}) {
		t.Errorf("after two hours: %v", got)
	}
	later.Set("expires_at", "9999999999")
	if got := code(later); got != 401 {
		t.Errorf("an end that was changed: %d", got)
	}
	if got := code(s.sign(values("mode=download", "public_ids[]=x", "expires_at=soon"))); got != 400 {
		t.Errorf("an end that is no time: %d", got)
	}
}

func TestDownload(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.put(values("public_id=d/x", "type=private"))
	p := func(more ...string) url.Values {
		return s.sign(values(append(more, "public_id=d/x", "type=private")...))
	}
	rec := s.get("image/download", p("format=png"))
	if rec.Code != 200 || rec.Body.String() != boot || rec.Header().Get("Content-Type") != "image/png" || rec.Header().Get("Content-Disposition") != "" {
		t.Errorf("%d %s %v", rec.Code, rec.Body, rec.Header())
	}
	if cache := rec.Header().Get("Cache-Control"); !strings.HasPrefix(cache, "private") {
		t.Errorf("Cache-Control: %s", cache)
	}
	rec = s.get("image/download", p("format=webp", "transformation=c_scale,w_20", "attachment=true", "target_filename=my boot"))
	if rec.Code != 200 || !strings.HasPrefix(rec.Body.String(), "image webp 20 15") || rec.Header().Get("Content-Disposition") != `attachment; filename="my boot.webp"` {
		t.Errorf("%d %s %v", rec.Code, rec.Body, rec.Header())
	}
	rec = s.get("image/download", p("attachment=true"))
	if rec.Code != 200 || rec.Header().Get("Content-Disposition") != `attachment; filename="boot.png"` {
		t.Errorf("%d %v", rec.Code, rec.Header())
	}
	for params, says := range map[string]string{
		"public_id=none&format=jpg":      "404 Resource not found - none.jpg",
		"public_id=d/x&format=png":       "404 Resource not found - d/x.png",
		"public_id=d/x&format=exe":       "400 Invalid format exe",
		"public_id=d/x&type=x":           "400 type x is not supported yet",
		"":                               "400 Missing required parameter - public_id",
		"public_id=d/x&transformation=q": "400 Invalid transformation component - q",
		"public_id=d/x&expires_at=1":     "401 The URL has expired at 1970-01-01 00:00:01 +0000",
	} {
		q, _ := url.ParseQuery(params)
		r := s.do(httptest.NewRequest("GET", "/v1_1/demo/image/download?"+s.sign(q).Encode(), nil))
		if fmt.Sprint(r.code, " ", r.message()) != says {
			t.Errorf("%s: %d %s", params, r.code, r.message())
		}
	}
	forged := p("format=png")
	forged.Set("public_id", "other")
	if rec := s.get("image/download", forged); rec.Code != 401 {
		t.Errorf("forged: %d", rec.Code)
	}
}

// A source that fails halfway breaks the connection off.
func TestArchiveBreaksOff(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	noise := make([]byte, 300_000)
	rand.NewChaCha8([32]byte{}).Read(noise)
	s.multipart("raw/upload", s.sign(values("public_id=a.bin")), "a.bin", string(noise))
	s.multipart("raw/upload", s.sign(values("public_id=b.bin")), "b.bin", "short")
	server := httptest.NewServer(s.h)
	defer server.Close()
	address := server.URL + "/v1_1/demo/raw/generate_archive?" + s.sign(values("mode=download", "public_ids[]=a.bin", "public_ids[]=b.bin")).Encode()
	read := func() (int, error) {
		r, err := http.Get(address)
		if err != nil {
			return 0, err
		}
		defer r.Body.Close()
		b, err := io.ReadAll(r.Body)
		return len(b), err
	}
	if n, err := read(); err != nil || n == 0 {
		t.Fatalf("%d bytes, %v", n, err)
	}
	for _, key := range s.Originals() {
		if content, _ := s.Read(key); content == "short" {
			if _, err := s.Disk.Put(t.Context(), key, strings.NewReader("SHORT")); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := read(); err == nil {
		t.Error("half an archive ended well")
	}
}
