package cloudinary

import (
	"net/http/httptest"
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
	delivery *delivery.Delivery
	endpoint account.Endpoint
}

func newDelivering(t *testing.T) *delivering {
	t.Helper()
	w := &delivering{World: renditiontest.New(t)}
	a, err := account.New(media.Account{ID: renditiontest.Account})
	if err != nil {
		t.Fatal(err)
	}
	w.endpoint = account.Endpoint{Dialect: Name, Account: a, Prefix: "/demo"}
	w.delivery, err = delivery.New(delivery.Config{Catalog: w.Catalog, Blobs: w.Blobs, Renditions: w.Renditions, Cluster: w.Cluster})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.delivery.Close)
	return w
}

// get asks as a server does. Headers are pairs.
func (w *delivering) get(path string, headers ...string) (out *httptest.ResponseRecorder, hot bool) {
	r := httptest.NewRequest("GET", "/demo"+path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	out = httptest.NewRecorder()
	if w.delivery.Hot(out, r) {
		return out, true
	}
	d := new(Dialect)
	q, err := d.Parse(r, w.endpoint)
	if err == nil {
		err = w.delivery.Serve(out, r, q)
	}
	if err != nil {
		d.Fail(out, r, err)
	}
	return out, false
}

// TestInfo asks for descriptions. Pictures are 400x300, with the focus and a
// face where the engine says.
func TestInfo(t *testing.T) {
	t.Parallel()
	w := newDelivering(t)
	w.Engine.Size = 1234
	w.Engine.Focus = transform.Answer{X: 0.75, Y: 0.5, Boxes: []transform.Box4{{X: 0.5, Y: 0.25, Width: 0.1, Height: 0.2}}}
	w.Put(renditiontest.Image("shoe"), []byte("A"))
	video := renditiontest.Raw("dog", "mp4")
	video.Kind = media.KindVideo
	w.Put(video, []byte("V"))
	w.Put(renditiontest.Raw("x.bin", "bin"), []byte("R"))
	const in = `{"input":{"width":400,"height":300,"bytes":1},`
	for _, c := range []struct {
		path, want string
	}{
		{"/image/upload/fl_getinfo/shoe", in + `"output":{"width":400,"height":300,"bytes":1,"format":"jpg"}}`},
		{"/image/upload/fl_getinfo/shoe.jpg", in + `"output":{"width":400,"height":300,"bytes":1,"format":"jpg"}}`},
		{"/image/upload/fl_getinfo/shoe.png", in + `"output":{"width":400,"height":300,"bytes":1234,"format":"png"}}`},
		{"/image/upload/c_scale,w_200/fl_getinfo/shoe.jpg", in + `"output":{"width":200,"height":150,"bytes":1234,"format":"jpg"}}`},
		{"/image/upload/c_fill,h_100,w_100,g_auto/fl_getinfo/f_auto/shoe.jpg", in + `"output":{"width":100,"height":100,"bytes":1234,"format":"jpg"},` +
			`"g_auto_info":[{"x":99,"y":0,"width":301,"height":300}]}`},
		{"/image/upload/c_thumb,g_face,w_40,h_60/fl_getinfo/shoe.jpg", in + `"output":{"width":40,"height":60,"bytes":1234,"format":"jpg"},` +
			`"landmarks":[[{"bottom_left":{"x":200,"y":135},"bottom_right":{"x":240,"y":135},"top_left":{"x":200,"y":75},"top_right":{"x":240,"y":75}}]]}`},
		{"/image/upload/w_auto:breakpoints:json/shoe.jpg", `{"breakpoints":[400,350,300,250,200,150,100,50]}`},
		{"/image/upload/c_limit,w_auto:breakpoints_100_300_20_3:json/shoe.jpg", `{"breakpoints":[300,200,100]}`},
		{"/image/upload/c_limit,w_auto:breakpoints_500_900_20_5:json/shoe.jpg", `{"breakpoints":[400]}`},
		{"/video/upload/fl_getinfo/dog.mp4", `{}`},
	} {
		for _, wantHot := range []bool{false, true} {
			r, hot := w.get(c.path, "Width", "77")
			if r.Code != 200 || hot != wantHot || r.Body.String() != c.want || r.Header().Get("Content-Type") != "application/json" || r.Header().Get("Server-Timing") != "" {
				t.Errorf("%s: %d %v hot %v\n got %s\nwant %s", c.path, r.Code, r.Header(), hot, r.Body, c.want)
			}
		}
	}
	for path, want := range map[string]string{
		"/raw/upload/fl_getinfo/x.bin":                        "Unsupported parameter in transformation: fl_getinfo of a raw file",
		"/image/upload/fl_getinfo/none.jpg":                   "Resource not found - none",
		"/image/upload/c_crop,w_9000/fl_getinfo:1/x.jpg":      "Invalid flag in transformation: getinfo:1",
		"/video/upload/w_auto:breakpoints:json/dog.mp4":       "Transformations of video files are not supported yet: w_auto:breakpoints:json",
		"/image/authenticated/fl_getinfo/c_scale,w_1/x":       "A valid signature is required",
		"/image/upload/w_99999/fl_getinfo/shoe.jpg":           "",
		"/image/upload/l_none/fl_layer_apply/fl_getinfo/shoe": "Unknown or invalid referenced image none of type upload",
	} {
		if r, _ := w.get(path); r.Code < 400 || want != "" && r.Header().Get(ErrorHeader) != want {
			t.Errorf("%s: %d %q, want %q", path, r.Code, r.Header().Get(ErrorHeader), want)
		}
	}
}

// TestSaveData: who saves data gets plain q_auto as q_auto:eco, and both are
// answered from memory afterwards.
func TestSaveData(t *testing.T) {
	t.Parallel()
	w := newDelivering(t)
	w.Put(renditiontest.Image("shoe"), []byte("A"))
	d := new(Dialect)
	for _, c := range []struct {
		path         string
		level, saved transform.Level
		vary         string
	}{
		{"/image/upload/q_auto/shoe.jpg", transform.LevelGood, transform.LevelEco, "Save-Data"},
		{"/image/upload/q_auto:good/shoe.jpg", transform.LevelGood, transform.LevelGood, ""},
		{"/image/upload/q_auto:best/shoe.jpg", transform.LevelBest, transform.LevelBest, ""},
		{"/image/upload/q_auto/q_80/shoe.jpg", "", "", ""},
		{"/image/upload/q_auto,f_auto/shoe.jpg", transform.LevelGood, transform.LevelEco, "Accept, Save-Data"},
		{"/image/upload/w_10/shoe.jpg", "", "", ""},
	} {
		for _, saves := range []bool{false, true} {
			r := httptest.NewRequest("GET", "/demo"+c.path, nil)
			want, headers := c.level, []string{}
			if saves {
				r.Header.Set("Save-Data", "on")
				want, headers = c.saved, []string{"Save-Data", "on"}
			}
			if q, err := d.Parse(r, w.endpoint); err != nil || q.Chain.Output.Level != want {
				t.Errorf("%s saving %v: level %q, %v, want %q", c.path, saves, q.Chain.Output.Level, err, want)
			}
			first, _ := w.get(c.path, headers...)
			again, hot := w.get(c.path, headers...)
			if !hot || first.Header().Get("Vary") != c.vary || again.Header().Get("Vary") != c.vary || first.Body.String() != again.Body.String() {
				t.Errorf("%s saving %v: hot %v, Vary %q", c.path, saves, hot, again.Header().Get("Vary"))
			}
		}
	}
}

func TestContentDPR(t *testing.T) {
	t.Parallel()
	w := newDelivering(t)
	w.Put(renditiontest.Image("shoe"), []byte("A"))
	const ask = "Sec-CH-DPR, Sec-CH-Width, Sec-CH-Viewport-Width, DPR, Width, Viewport-Width"
	for _, c := range []struct {
		path             string
		headers          []string
		begins, dpr, ask string
		vary             string
	}{
		{"dpr_auto,w_100", []string{"DPR", "1.5"}, "jpeg 200x150", "2", ask, "Sec-CH-DPR, DPR"},
		{"dpr_auto,w_100", nil, "jpeg 100x75", "1", ask, "Sec-CH-DPR, DPR"},
		{"dpr_auto/dpr_2.0/w_100", nil, "jpeg 200x150", "", ask, "Sec-CH-DPR, DPR"},
		{"dpr_2.0,w_100", []string{"DPR", "3"}, "jpeg 200x150", "", "", ""},
		{"w_auto", []string{"Viewport-Width", "170"}, "jpeg 200x150", "", ask, "Sec-CH-Width, Width, Sec-CH-Viewport-Width, Viewport-Width"},
		{"w_auto", []string{"Viewport-Width", "170", "Width", "90"}, "jpeg 100x75", "", ask, "Sec-CH-Width, Width, Sec-CH-Viewport-Width, Viewport-Width"},
		{"w_auto,dpr_auto", []string{"Viewport-Width", "90", "DPR", "2"}, "jpeg 200x150", "2", ask, "Sec-CH-DPR, DPR, Sec-CH-Width, Width, Sec-CH-Viewport-Width, Viewport-Width"},
		{"w_auto,dpr_auto", []string{"Width", "190", "DPR", "2"}, "jpeg 200x150", "2", ask, "Sec-CH-DPR, DPR, Sec-CH-Width, Width, Sec-CH-Viewport-Width, Viewport-Width"},
	} {
		for _, wantHot := range []bool{false, true} {
			r, hot := w.get("/image/upload/"+c.path+"/shoe.jpg", c.headers...)
			h := r.Header()
			if hot != wantHot || len(r.Body.String()) < len(c.begins) || r.Body.String()[:len(c.begins)] != c.begins || h.Get("Content-DPR") != c.dpr || h.Get("Accept-CH") != c.ask || h.Get("Vary") != c.vary {
				t.Errorf("%s with %v: hot %v %q %v", c.path, c.headers, hot, r.Body, h)
			}
		}
	}
}

func TestServerTiming(t *testing.T) {
	t.Parallel()
	w := newDelivering(t)
	w.Engine.Size = 500
	w.Put(renditiontest.Image("shoe"), []byte("A"))
	w.Put(renditiontest.Raw("x.bin", "bin"), []byte("R"))
	const original = `owidth=400,oheight=300,obytes=1,oformat=\"jpg\",`
	r, _ := w.get("/image/upload/shoe.jpg")
	want := `content-info;desc="width=400,height=300,bytes=1,format=\"jpg\",` + original + `crt=1700000000,ocrt=1700000000;"`
	if got := r.Header().Get("Server-Timing"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	r, _ = w.get("/image/upload/w_100/shoe.webp")
	begins := `content-info;desc="width=100,height=75,bytes=500,format=\"webp\",` + original + `crt=`
	if got := r.Header().Get("Server-Timing"); len(got) < len(begins) || got[:len(begins)] != begins {
		t.Errorf("got  %s\nwant %s", got, begins)
	}
	if r, _ = w.get("/raw/upload/x.bin"); r.Header().Get("Server-Timing") != "" {
		t.Errorf("of a raw file: %s", r.Header().Get("Server-Timing"))
	}
}
