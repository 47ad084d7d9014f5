package cloudinary

import (
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"tintype/internal/catalog"
	"tintype/internal/library/librarytest"
	"tintype/internal/media"
)

// picture uploads a picture of a size under a name, with the tag red.
func (s *site) picture(name string, width, height int) {
	s.t.Helper()
	r := s.multipart("image/upload", s.sign(values("public_id="+name, "tags=red")), "x.png", librarytest.Picture("png", width, height, name))
	if r.code != 200 {
		s.t.Fatal(r.body)
	}
}

func TestMulti(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.picture("b", 10, 20)
	s.picture("a/x", 30, 10)
	r := s.form("image/multi", s.sign(values("tag=red", "transformation=c_scale,w_0.5")))
	if r.code != 200 {
		t.Fatal(r.body)
	}
	s.has(r.json, map[string]any{
		"public_id": "red", "version": 1700000000, "url": "http://media.test/demo/image/multi/c_scale,w_0.5/v1700000000/red.gif",
		"secure_url": "https://media.test/demo/image/multi/c_scale,w_0.5/v1700000000/red.gif",
	})
	// By name, each in the middle of a page that holds them all.
	rec := s.deliver("image/multi/c_scale,w_0.5/v1700000000/red.gif")
	const want = "image gif 15 10 1 of 2, 100ms each; at 0,2 image png 15 5 1 of 22 bytes; at 5,0 image png 5 10 1 of 20 bytes\n"
	if rec.Code != 200 || rec.Body.String() != want || rec.Header().Get("Content-Type") != "image/gif" {
		t.Errorf("%d %v\n got %swant %s", rec.Code, rec.Header(), rec.Body, want)
	}
	for path, begins := range map[string]string{
		"image/multi/dl_200/red.webp":                "200 image/webp image webp 30 20 1 of 2, 200ms each",
		"image/multi/red.mp4":                        "200 video/mp4 image mp4 30 20 1 of 2",
		"image/multi/red.pdf":                        "200 application/pdf image pdf 30 20 1 of 2, 100ms each; at 0,5 image jpeg",
		"image/multi/f_pdf,c_scale,w_0.5/v1/red.pdf": "200 application/pdf image pdf 15 10",
		"image/multi/f_auto/red":                     "200 image/gif image gif",
		"image/multi/red.avif":                       "400 ",
		"image/multi/none.gif":                       "404 ",
		"raw/multi/red.gif":                          "404 ",
		"image/multi/w_abc/red.gif":                  "400 ",
		"image/multi/c_scale,w_90000/red.gif":        "400 ",
	} {
		rec := s.deliver(path)
		if got := fmt.Sprint(rec.Code, " ", rec.Header().Get("Content-Type"), " ", rec.Body.String()); !strings.HasPrefix(got, begins) {
			t.Errorf("%s: %s %s", path, got, rec.Header().Get("X-Cld-Error"))
		}
	}
	// A refused call changes nothing.
	s.Clock.Add(10 * time.Second)
	before := s.Events()
	if r := s.form("image/multi", s.sign(values("tag=red", "format=avif"))); r.code != 400 {
		t.Errorf("%d %s", r.code, r.body)
	}
	if after := s.Events(); len(after) != len(before) {
		t.Errorf("%d events after %d", len(after), len(before))
	}
	// Whoever asks after a change gets what the members are then.
	s.picture("c", 50, 1)
	if rec := s.deliver("image/multi/c_scale,w_0.5/v1700000000/red.gif"); !strings.HasPrefix(rec.Body.String(), "image gif 25 10 1 of 3") {
		t.Errorf("after a change: %s", rec.Body)
	}
	a, err := s.Library.Find(t.Context(), "demo", media.Ref{Kind: media.KindImage, Access: media.Sequence, Name: "red"})
	if err != nil {
		t.Fatal(err)
	}
	made, _, err := s.Library.Renditions(t.Context(), "demo", a.ID, "", 100)
	gifs := 0
	for _, r := range made {
		if r.Info.Format == "gif" && strings.Contains(r.Transformation, "resize") {
			gifs++
		}
	}
	if err != nil || gifs != 1 {
		t.Errorf("%d of what was made of former members is kept, %v", gifs, err)
	}
	rec = s.get("image/multi", s.sign(values("tag=red", "mode=download", "format=webp")))
	if rec.Code != 200 || rec.Header().Get("Content-Disposition") != `attachment; filename="red.webp"` || !strings.HasPrefix(rec.Body.String(), "image webp") {
		t.Errorf("%d %v %s", rec.Code, rec.Header(), rec.Body)
	}
}

// A picture that may not be shown is no part of what its tag makes, which is
// made all the same, nor of the tag's list, nor told to who uploads over it.
func TestWhatMayNotBeShownIsLeftOut(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.d.cfg.Lists = true
	s.preset(`{"name":"open","unsigned":true}`)
	s.picture("a", 10, 20)
	s.picture("b", 30, 10)
	s.picture("c", 50, 60)
	if r := s.form("image/multi", s.sign(values("tag=red"))); r.code != 200 {
		t.Fatal(r.body)
	}
	for name, change := range map[string]string{"b": `{"moderation_status":"rejected"}`, "c": `{"access_control":[{"access_type":"token"}]}`} {
		if r := s.admin("POST", "resources/image/upload/"+name, change); r.code != 200 {
			t.Fatal(r.body)
		}
		if r := s.multipart("image/upload", values("upload_preset=open", "public_id="+name), "boot.png", boot); r.code != 400 || r.message() != "public_id ("+name+") is taken already" {
			t.Errorf("upload over %s: %d %s", name, r.code, r.body)
		}
	}
	if rec := s.deliver("image/multi/red.gif"); rec.Code != 200 || !strings.HasPrefix(rec.Body.String(), "image gif 10 20 1 of 1") {
		t.Errorf("%d %s %s", rec.Code, rec.Body, rec.Header().Get("X-Cld-Error"))
	}
	if rec := s.deliver("image/list/red.json"); rec.Code != 200 || strings.Count(rec.Body.String(), `"public_id"`) != 1 {
		t.Errorf("list: %d %s", rec.Code, rec.Body)
	}
}

func TestMultiOfURLs(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.picture("a", 10, 20)
	s.picture("b", 30, 10)
	r := s.form("image/multi", s.sign(values("urls[]=https://media.test/demo/image/upload/v1/b.png", "urls[]=http://media.test/demo/image/upload/a.png", "format=webp")))
	if r.code != 200 {
		t.Fatal(r.body)
	}
	id := fmt.Sprint(r.json["public_id"])
	if len(id) != 32 || !strings.HasSuffix(fmt.Sprint(r.json["url"]), "/"+id+".webp") {
		t.Errorf("%s", r.body)
	}
	if rec := s.deliver("image/multi/" + id + ".webp"); !strings.Contains(rec.Body.String(), "of 2, 100ms each; at 0,5 image png 30 10") {
		t.Errorf("in the order of the URLs: %s", rec.Body)
	}
}

func TestComposingRefuses(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.picture("a", 10, 20)
	s.picture("b", 10, 20)
	for line, says := range map[string]string{
		"multi":                                        "400 Missing required parameter - tag",
		"multi?tag=none":                               "404 Resource not found - no image has the tag none",
		"multi?tag=red&format=xyz":                     "400 Invalid format xyz",
		"multi?tag=red&format=avif":                    "400 Pictures that play cannot be written as avif",
		"multi?tag=red&async=1":                        "400 async is not supported yet",
		"multi?tag=red&notification_url=http://x/":     "400 notification_url is not supported yet",
		"multi?tag=red&mode=x":                         "400 Invalid mode x",
		"multi?tag=red&transformation=w_abc":           "400 Invalid width in transformation: abc",
		"multi?tag=red&transformation=c_scale,w_16000": "400 Height is limited to 16384 pixels, requested 32000",
		"multi?urls[]=http://x.test/a":                 "400 urls must name two files or more",
		"multi?urls[]=ftp://x/a&urls[]=http://x/":      "400 Unsupported source URL: ftp://x/a",
		"multi?urls[]=https://media.test/demo/image/upload/none.png&urls[]=https://media.test/demo/image/upload/a.png":   "404 Resource not found - none",
		"multi?urls[]=https://media.test/demo/image/upload/w_10/a.png&urls[]=https://media.test/demo/image/upload/a.png": "400 A URL of this server must name an image without a transformation: https://media.test/demo/image/upload/w_10/a.png",
		"sprite?tag=none":           "404 Resource not found - no image has the tag none",
		"sprite?tag=red&format=pdf": "400 A sheet of pictures cannot be written as pdf",
		"sprite?tag=red&format=mp4": "400 A sheet of pictures cannot be written as mp4",
	} {
		action, query, _ := strings.Cut(line, "?")
		p, _ := url.ParseQuery(query)
		if r := s.form("image/"+action, s.sign(p)); fmt.Sprint(r.code, " ", r.message()) != says {
			t.Errorf("%s: %d %s", line, r.code, r.message())
		}
	}
	r := s.do(httptest.NewRequest("GET", "/v1_1/demo/image/multi?"+s.sign(values("tag=red")).Encode(), nil))
	if r.code != 400 || r.message() != "Only mode download takes a GET" {
		t.Errorf("%d %s", r.code, r.body)
	}
	// What cannot be made leaves no asset behind.
	for _, access := range []media.Access{media.Sequence, media.Sheet} {
		list, _, err := s.Library.List(t.Context(), "demo", catalog.AssetQuery{Access: access})
		if err != nil || len(list) != 0 {
			t.Errorf("left of %s: %v, %v", access, list, err)
		}
	}
}

func TestSprite(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.picture("logo/one", 40, 20)
	s.picture("two", 20, 40)
	s.picture("3d", 20, 20)
	r := s.form("image/sprite", s.sign(values("tag=red", "transformation=f_jpg,w_20")))
	if r.code != 200 {
		t.Fatal(r.body)
	}
	base := "//media.test/demo/image/sprite/v1700000000/red,f_jpg,w_20"
	s.has(r.json, map[string]any{
		"public_id": "red", "version": 1700000000, "css_url": "http:" + base + ".css", "image_url": "http:" + base + ".jpg", "json_url": "http:" + base + ".json",
		"secure_css_url": "https:" + base + ".css", "secure_image_url": "https:" + base + ".jpg", "secure_json_url": "https:" + base + ".json",
		"image_infos": "map[3d:map[height:20 width:20 x:0 y:41] logo/one:map[height:10 width:20 x:0 y:62] two:map[height:40 width:20 x:0 y:0]]",
	})
	path := "image/sprite/v1700000000/red,f_jpg,w_20"
	rec := s.deliver(path + ".css")
	const rules = `._3d { display: inline-block; width: 20px; height: 20px; background: url("red,f_jpg,w_20.jpg") no-repeat -0px -41px; }
.logo_one { display: inline-block; width: 20px; height: 10px; background: url("red,f_jpg,w_20.jpg") no-repeat -0px -62px; }
.two { display: inline-block; width: 20px; height: 40px; background: url("red,f_jpg,w_20.jpg") no-repeat -0px -0px; }
`
	if rec.Code != 200 || rec.Body.String() != rules || !strings.HasPrefix(rec.Header().Get("Content-Type"), "text/css") {
		t.Errorf("%d %v %s", rec.Code, rec.Header(), rec.Body)
	}
	rec = s.deliver(path + ".json")
	if rec.Code != 200 || rec.Body.String() != `{"3d":{"width":20,"height":20,"x":0,"y":41},"logo/one":{"width":20,"height":10,"x":0,"y":62},"two":{"width":20,"height":40,"x":0,"y":0}}` {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
	rec = s.deliver(path + ".jpg")
	if rec.Code != 200 || !strings.HasPrefix(rec.Body.String(), "image jpeg 20 72 1 of 3") || rec.Header().Get("Content-Type") != "image/jpeg" {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
	// Written as PHP does, in two components, and without any.
	r = s.form("image/sprite", s.sign(values("tag=red", "transformation=w_20/f_webp")))
	if got := fmt.Sprint(r.json["image_url"]); got != "http://media.test/demo/image/sprite/v1700000000/red,w_20/f_webp.webp" {
		t.Errorf("%s", got)
	}
	if rec := s.deliver("image/sprite/v1700000000/red,w_20/f_webp.css"); !strings.Contains(rec.Body.String(), `url("f_webp.webp")`) {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
	if rec := s.deliver("image/sprite/v1700000000/red,w_20/f_webp.webp"); rec.Code != 200 {
		t.Errorf("%d %v", rec.Code, rec.Header())
	}
	r = s.form("image/sprite", s.sign(values("tag=red")))
	if rec := s.deliver("image/sprite/red.png"); rec.Code != 200 || !strings.HasPrefix(rec.Body.String(), "image png") {
		t.Errorf("%s: %d", r.body, rec.Code)
	}
	if rec := s.deliver("image/sprite/blue.css"); rec.Code != 404 {
		t.Errorf("of no tag: %d", rec.Code)
	}
}

func TestExplode(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	doc := fmt.Sprintf("image pdf 40 30 3 %s\n", "doc")
	if r := s.multipart("image/upload", s.sign(values("public_id=doc")), "x.pdf", doc); r.code != 200 {
		t.Fatal(r.body)
	}
	r := s.form("image/explode", s.sign(values("public_id=doc", "transformation=w_20,pg_all", "format=png")))
	if r.code != 200 || r.json["status"] != "processing" || len(fmt.Sprint(r.json["batch_id"])) != 32 {
		t.Fatal(r.body)
	}
	// All pages as they are, of what was uploaded or was made of others.
	if r := s.form("image/explode", s.sign(values("public_id=doc"))); r.code != 200 || r.json["status"] != "processing" {
		t.Error(r.body)
	}
	s.picture("red/1", 10, 20)
	s.picture("red/2", 10, 20)
	if r := s.form("image/multi", s.sign(values("tag=red"))); r.code != 200 {
		t.Fatal(r.body)
	}
	if r := s.form("image/explode", s.sign(values("public_id=red", "type=multi"))); r.code != 200 || r.json["status"] != "processing" {
		t.Error(r.body)
	}
	chains, err := pageChains("w_20,pg_all", "png", 3)
	if err != nil || len(chains) != 3 || chains[0].String() == chains[2].String() {
		t.Errorf("%v %v", chains, err)
	}
	for params, says := range map[string]string{
		"":                                     "400 Missing required parameter - public_id",
		"public_id=doc&type=multi":             "404 Resource not found - doc",
		"public_id=doc&transformation=w_20":    "400 The transformation must contain pg_all: w_20",
		"public_id=none&transformation=pg_all": "404 Resource not found - none",
		"public_id=doc&transformation=pg_all&format=x": "400 Invalid transformation component - x",
	} {
		p, _ := url.ParseQuery(params)
		if r := s.form("image/explode", s.sign(p)); fmt.Sprint(r.code, " ", r.message()) != says {
			t.Errorf("%s: %d %s", params, r.code, r.message())
		}
	}
}

func TestTagList(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.picture("b", 10, 20)
	s.picture("a/x", 30, 10)
	if rec := s.deliver("image/list/red.json"); rec.Code != 401 {
		t.Errorf("by default: %d", rec.Code)
	}
	s.d.cfg.Lists = true
	rec := s.deliver("image/list/v1/red.json")
	const want = `{"resources":[{"public_id":"a/x","version":1700000000,"format":"png","width":30,"height":10,"type":"upload","created_at":"2023-11-14T22:13:20Z"},` +
		`{"public_id":"b","version":1700000000,"format":"png","width":10,"height":20,"type":"upload","created_at":"2023-11-14T22:13:20Z"}],"updated_at":"2023-11-14T22:13:20Z"}`
	if rec.Code != 200 || rec.Body.String() != want || rec.Header().Get("Cache-Control") != "public, max-age=60" {
		t.Errorf("%d %v %s", rec.Code, rec.Header(), rec.Body)
	}
	for path, code := range map[string]int{"video/list/red.json": 404, "image/list/none.json": 404, "image/list/red.xml": 404, "image/list/.json": 404} {
		if rec := s.deliver(path); rec.Code != code {
			t.Errorf("%s: %d", path, rec.Code)
		}
	}
	s.picture("list/y", 1, 1)
	if rec := s.deliver("image/upload/list/y.png"); rec.Code != 200 {
		t.Errorf("a folder called list: %d", rec.Code)
	}
}

// Renditions that were to be made later are made, and made once.
func TestMakeRenditions(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.picture("a", 30, 10)
	a, err := s.Library.Find(t.Context(), "demo", media.Ref{Kind: media.KindImage, Access: media.Public, Name: "a"})
	if err != nil {
		t.Fatal(err)
	}
	args := fmt.Appendf(nil, `{"account":"demo","asset":%q,"version":%q,"chains":["output(webp)","output(png)|nonsense"]}`, a.ID, a.Version.ID)
	if err := s.Library.MakeRenditions(t.Context(), args); err == nil {
		t.Error("nonsense was made")
	}
	args = fmt.Appendf(nil, `{"account":"demo","asset":%q,"version":%q,"chains":["output(webp)"]}`, a.ID, a.Version.ID)
	for range 2 {
		if err := s.Library.MakeRenditions(t.Context(), args); err != nil {
			t.Error(err)
		}
	}
	if n := s.Engine.Renders.Load(); n != 1 {
		t.Errorf("%d renderings", n)
	}
	for _, gone := range []string{`{"account":"demo","asset":"0123456789abcdef0123456789abcdef"}`, fmt.Sprintf(`{"account":"demo","asset":%q,"version":"other"}`, a.ID)} {
		if err := s.Library.MakeRenditions(t.Context(), []byte(gone)); err != nil {
			t.Errorf("%s: %v", gone, err)
		}
	}
}
