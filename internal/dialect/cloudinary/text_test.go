package cloudinary

import (
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"tintype/internal/engine"
	"tintype/internal/library/librarytest"
	"tintype/internal/media"
	"tintype/internal/transform"
)

// deliver asks for a delivery URL below the account.
func (s *site) deliver(path string) *httptest.ResponseRecorder {
	s.t.Helper()
	rec := httptest.NewRecorder()
	r := httptest.NewRequest("GET", "/demo/"+path, nil)
	q, err := s.d.Parse(r, testSiteEndpoint(s))
	if err == nil {
		err = s.d.cfg.Delivery.Serve(rec, r, q)
	}
	if err != nil {
		s.d.Fail(rec, r, err)
	}
	return rec
}

func TestText(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	r := s.form("image/text", s.sign(values("text=hello world", "public_id=d/greeting", "font_family=Times", "font_size=20px", "font_weight=bold",
		"font_style=italic", "font_color=#ff0000", "background=blue", "text_align=center", "text_decoration=underline", "letter_spacing=2",
		"line_spacing=3", "opacity=50", "font_antialiasing=gray", "font_hinting=full")))
	if r.code != 200 {
		t.Fatal(r.body)
	}
	s.has(r.json, map[string]any{
		"public_id": "d/greeting", "type": "text", "resource_type": "image", "format": "png", "width": 70, "height": 22,
		"url": "http://media.test/demo/image/text/v1700000000/d/greeting.png", "tags": "[]", "signature": responseSignature("d/greeting", 1700000000, s.keySecret()),
	})
	a, err := s.Library.Find(t.Context(), "demo", media.Ref{Kind: media.KindImage, Access: media.Drawn, Name: "d/greeting"})
	if err != nil {
		t.Fatal(err)
	}
	const want = "composite(text=(content='hello%20world',family='Times',size=20,weight=700,italic,underline,align=center,letter-spacing=2,line-spacing=3," +
		"color=#ff0000,background=#0000ff,padding=5:5:5:5,antialias=gray,hinting=full),steps=[opacity(0.5)],gravity=north-west)|output(png)"
	if a.Detail.Drawn != want {
		t.Errorf("drawn by %s\nwant     %s", a.Detail.Drawn, want)
	}
	rec := s.deliver("image/text/v1700000000/d/greeting.png")
	if content, _ := s.Read(a.Version.Blob); rec.Code != 200 || rec.Body.String() != content {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
	if rec := s.deliver("image/text/w_35,c_scale/d/greeting.png"); rec.Code != 200 || !strings.HasPrefix(rec.Body.String(), "image png 35 11") {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
	r = s.form("image/text", s.sign(values("text=x")))
	if id := fmt.Sprint(r.json["public_id"]); r.code != 200 || len(id) != 20 {
		t.Errorf("%d %s", r.code, r.body)
	}
	for params, says := range map[string]string{
		"":                             "400 Missing required parameter - text",
		"text=x&font_size=0":           `400 Parameter font_size must be a number from 1 to 2000, not "0"`,
		"text=x&font_size=nan":         `400 Parameter font_size must be a number from 1 to 2000, not "nan"`,
		"text=x&font_color=reddish":    "400 Invalid font_color reddish",
		"text=x&font_weight=fat":       "400 Invalid font_weight fat",
		"text=x&text_decoration=blink": "400 Invalid text_decoration blink",
		"text=%01":                     "400 Invalid text - �",
		"text=x&public_id=a?":          "400 public_id (a?) is invalid",
		"text=x&async=1":               "400 async is not supported yet",
		"text=x&font_family=a.ttf":     "400 Unknown or invalid referenced raw a.ttf of type authenticated",
	} {
		p, _ := url.ParseQuery(params)
		if r := s.form("image/text", s.sign(p)); fmt.Sprint(r.code, " ", r.message()) != says {
			t.Errorf("%s: %d %s", params, r.code, r.message())
		}
	}
}

func TestStyleOfStoredText(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.put(values("public_id=base"))
	s.form("image/text", s.sign(values("text=any", "public_id=look", "font_family=Times", "font_size=20", "font_color=red")))
	plans := s.plans()
	rec := s.deliver("image/upload/l_text:look:hello,co_blue/base.png")
	if rec.Code != 200 {
		t.Fatalf("%d %v", rec.Code, rec.Header())
	}
	texts := plans()
	if len(texts) != 1 || texts[0].Content != "hello" || texts[0].Family != "Times" || texts[0].Size != 20 || texts[0].Color.B != 255 {
		t.Errorf("drawn: %+v", texts)
	}
	first := rec.Header().Get("Etag")
	if rec := s.deliver("image/upload/l_text:look:hello/base.png"); rec.Code != 200 || plans()[0].Color.R != 255 {
		t.Errorf("%d, colour of the style: %+v", rec.Code, plans())
	}
	// Another style by the same name is another picture.
	s.form("image/text", s.sign(values("text=any", "public_id=look", "font_family=Arial", "font_size=30")))
	plans = s.plans()
	if rec := s.deliver("image/upload/l_text:look:hello,co_blue/base.png"); rec.Code != 200 || len(plans()) != 1 || plans()[0].Size != 30 {
		t.Errorf("%d %s after %s: %+v", rec.Code, rec.Header().Get("Etag"), first, plans())
	}
	for path, says := range map[string]string{
		"image/upload/l_text:none:hello/base.png":        "400 Unknown or invalid referenced image none of type text",
		"image/upload/l_text:Arial_20000:hello/base.png": "400 Invalid text style in transformation: Arial_20000: the size is not from 1 to 2000",
		"image/text/none.png":                            "404 Resource not found - none",
		"video/text/look.mp4":                            "404 Resource not found - video/text/look.mp4",
	} {
		rec := s.deliver(path)
		if got := fmt.Sprint(rec.Code, " ", rec.Header().Get("X-Cld-Error")); got != says {
			t.Errorf("%s: %s", path, got)
		}
	}
}

func (s *site) keySecret() string { return librarytest.Key.Secret }

// plans begins to collect the texts of what the engine renders; it answers
// those of the last rendering.
func (s *site) plans() func() []transform.PlanText {
	var texts []transform.PlanText
	s.Engine.OnRender = func(o engine.Output) error {
		texts = nil
		for _, op := range o.Plan.Ops {
			if c, ok := op.(transform.OpComposite); ok && c.Layer.Text != nil {
				texts = append(texts, *c.Layer.Text)
			}
		}
		return nil
	}
	return func() []transform.PlanText { return texts }
}
