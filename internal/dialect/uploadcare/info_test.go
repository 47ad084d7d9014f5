package uploadcare

import (
	"net/http/httptest"
	"strings"
	"testing"

	"tintype/internal/account"
	"tintype/internal/delivery"
	"tintype/internal/media"
	"tintype/internal/rendition/renditiontest"
	"tintype/internal/transform"
)

// delivering is a dialect with a delivery behind it.
type delivering struct {
	*renditiontest.World
	t        *testing.T
	dialect  *Dialect
	delivery *delivery.Delivery
	endpoint account.Endpoint
}

func newDelivering(t *testing.T) *delivering {
	t.Helper()
	w := &delivering{World: renditiontest.New(t), t: t, dialect: newDialect(t)}
	a, err := account.New(media.Account{ID: renditiontest.Account})
	if err != nil {
		t.Fatal(err)
	}
	w.endpoint = account.Endpoint{Dialect: Name, Account: a, Prefix: "/uc/demo"}
	w.delivery, err = delivery.New(delivery.Config{
		Catalog: w.Catalog, Blobs: w.Blobs, Renditions: w.Renditions, Cluster: w.Cluster, QueryParams: QueryParams(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.delivery.Close)
	return w
}

// get asks as a server does.
func (w *delivering) get(path string) (out *httptest.ResponseRecorder, hot bool) {
	r := httptest.NewRequest("GET", "/uc/demo"+path, nil)
	out = httptest.NewRecorder()
	if w.delivery.Hot(out, r) {
		return out, true
	}
	q, err := w.dialect.Parse(r, w.endpoint)
	if err == nil {
		err = w.delivery.Serve(out, r, q)
	}
	if err != nil {
		w.dialect.Fail(out, r, err)
	}
	return out, false
}

// TestInfo asks for descriptions of a picture of 400x300 that stands on its
// side in the file.
func TestInfo(t *testing.T) {
	t.Parallel()
	w := newDelivering(t)
	w.Engine.Focus = transform.Answer{
		Boxes:  []transform.Box4{{X: 0.5, Y: 0.25, Width: 0.1, Height: 0.2}, {X: 0, Y: 0, Width: 0.05, Height: 0.1}},
		Colors: []transform.Color{{R: 255, G: 128, B: 0, A: 255}, {R: 1, G: 2, B: 3, A: 255}},
	}
	a := renditiontest.Image("shoe")
	a.Version.Info.Orientation, a.Version.Info.Space = 6, "srgb"
	id := uuidOf(w.Put(a, []byte("A")).ID)
	const rest = `"dpi":null,"width":400,"height":300,"format":"JPEG","orientation":6,"geo_location":null,"datetime_original":null,`
	whole := `{"id":"` + id + `",` + rest + `"sequence":false,"color_mode":"RGB","hash":null,"blurhash":null}`
	for _, c := range []struct{ path, mime, want string }{
		{"/-/json/", "application/json", whole},
		{"/-/@clib/blocks/1.29.1/uc-cloud-image-editor/-/json/", "application/json", whole},
		{"/-/jsonp/", "text/javascript; charset=utf-8", "/**/uploadcare_callback(" + whole + ");"},
		{"/-/jsonp/?callback=jQuery.on_1", "text/javascript; charset=utf-8", "/**/jQuery.on_1(" + whole + ");"},
		{"/-/preview/200x200/-/format/png/-/json/", "application/json", `{"id":"` + id + `",` +
			`"dpi":null,"width":200,"height":150,"format":"PNG","orientation":null,"geo_location":null,"datetime_original":null,` +
			`"sequence":false,"color_mode":"RGB","hash":null,"blurhash":null}`},
		{"/-/border_radius/50p/-/format/png/-/json/", "application/json", `{"id":"` + id + `",` +
			`"dpi":null,"width":400,"height":300,"format":"PNG","orientation":null,"geo_location":null,"datetime_original":null,` +
			`"sequence":false,"color_mode":"RGBA","hash":null,"blurhash":null}`},
		{"/-/main_colors/2/", "application/json", strings.Replace(whole, "}", `,"main_colors":[[255,128,0],[1,2,3]]}`, 1)},
		{"/detect_faces/", "application/json", `{"id":"` + id + `",` + rest + `"faces":[[200,75,40,60],[0,0,20,30]]}`},
		{"/-/preview/200x200/-/detect_faces/", "application/json", `{"id":"` + id + `",` +
			`"dpi":null,"width":200,"height":150,"format":"JPEG","orientation":null,"geo_location":null,"datetime_original":null,` +
			`"faces":[[100,38,20,30],[0,0,10,15]]}`},
	} {
		for _, wantHot := range []bool{false, true} {
			r, hot := w.get("/" + id + c.path)
			if r.Code != 200 || hot != wantHot || r.Body.String() != c.want || r.Header().Get("Content-Type") != c.mime {
				t.Errorf("%s: %d hot %v %v\n got %s\nwant %s", c.path, r.Code, hot, r.Header(), r.Body, c.want)
			}
			if h := r.Header(); h.Get("Access-Control-Allow-Origin") != "*" || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("X-Image-Width") != "" {
				t.Errorf("%s: %v", c.path, h)
			}
		}
	}
	if n := w.Engine.Renders.Load(); n != 0 {
		t.Errorf("%d pictures were made to be described", n)
	}
	raw := uuidOf(w.Put(renditiontest.Raw("x.bin", "bin"), []byte("R")).ID)
	for path, want := range map[string]string{
		"/" + id + "/-/jsonp/?callback=alert(1)":            "Parameter callback is not the name of a function: alert(1)\n",
		"/" + raw + "/-/json/":                              "Operation json: the file is not an image\n",
		"/" + raw + "/detect_faces/":                        "Transformations of raw files are not supported\n",
		"/" + id + "/-/overlay/" + id + "/-/main_colors/3/": "Faces and colours of pictures with layers cannot be told\n",
	} {
		if r, _ := w.get(path); r.Code != 400 || r.Body.String() != want {
			t.Errorf("%s: %d %s, want %s", path, r.Code, r.Body, want)
		}
	}
}

func TestColorModes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		info         media.Info
		mode, format string
	}{
		{media.Info{Space: "srgb", Format: "jpeg"}, "RGB", "JPEG"},
		{media.Info{Space: "srgb", Alpha: true, Format: "webp"}, "RGBA", "WEBP"},
		{media.Info{Space: "b-w", Format: "png"}, "L", "PNG"},
		{media.Info{Space: "grey16", Alpha: true, Format: "png"}, "LA", "PNG"},
		{media.Info{Space: "cmyk", Format: "tiff"}, "CMYK", "TIFF"},
		{media.Info{Space: "lab", Format: "tiff"}, "LAB", "TIFF"},
		{media.Info{Space: "rgb16", Format: "heic"}, "RGB", "HEIF"},
		{media.Info{Format: "jp2"}, "RGB", "JPEG2000"},
	} {
		if mode, format := colorMode(c.info), formatName(c.info.Format); mode != c.mode || format != c.format {
			t.Errorf("%+v: %s %s", c.info, mode, format)
		}
	}
}

func TestImageSize(t *testing.T) {
	t.Parallel()
	w := newDelivering(t)
	id := uuidOf(w.Put(renditiontest.Image("shoe"), []byte("A")).ID)
	raw := uuidOf(w.Put(renditiontest.Raw("x.bin", "bin"), []byte("R")).ID)
	for path, want := range map[string]string{
		"/" + id + "/": "400", "/" + id + "/-/preview/200x200/": "200", "/" + raw + "/": "",
	} {
		for range 2 {
			if r, _ := w.get(path); r.Code != 200 || r.Header().Get("X-Image-Width") != want {
				t.Errorf("%s: %d %v", path, r.Code, r.Header())
			}
		}
	}
}
