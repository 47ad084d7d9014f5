package delivery

import (
	"fmt"
	"mime"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"tintype/internal/media"
	"tintype/internal/rendition/renditiontest"
	"tintype/internal/transform"
)

func TestNegotiate(t *testing.T) {
	t.Parallel()
	jpeg := media.Info{Format: "jpeg", Pages: 1}
	alpha := media.Info{Format: "png", Pages: 1, Alpha: true}
	gif := media.Info{Format: "gif", Pages: 3, Animated: true, Alpha: true}
	round := []transform.Step{transform.Round{Ellipse: true}}
	half := &transform.Color{A: 128}
	for _, c := range []struct {
		info    media.Info
		steps   []transform.Step
		accepts Formats
		frames  transform.Frames
		want    string
		all     bool
	}{
		{jpeg, nil, 0, 0, "jpeg", false},
		{jpeg, nil, WebP, 0, "webp", false},
		{jpeg, nil, WebP | AVIF, 0, "avif", false},
		{jpeg, nil, WebP | JXL, 0, "jxl", false},
		{alpha, nil, 0, 0, "png", false},
		{alpha, nil, AVIF, 0, "avif", false},
		{media.Info{Format: "png", Pages: 1}, nil, 0, 0, "jpeg", false},
		{media.Info{Format: "gif", Pages: 1}, nil, 0, 0, "png", false},
		{media.Info{Format: "heic", Pages: 1}, nil, 0, 0, "jpeg", false},
		{media.Info{Format: "pdf", Pages: 9}, nil, 0, 0, "jpeg", false},
		{gif, nil, 0, 0, "gif", true},
		{gif, nil, AVIF, 0, "gif", true},
		{gif, nil, AVIF | WebP, 0, "webp", true},
		{gif, nil, AVIF | WebP, transform.FramesFirst, "avif", false},
		{gif, nil, 0, transform.FramesFirst, "png", false},
		{media.Info{Format: "webp", Pages: 3, Animated: true}, nil, 0, 0, "gif", true},
		{media.Info{Format: "svg", Pages: 1}, nil, AVIF, 0, "svg", false},
		{media.Info{Format: "svg", Pages: 1}, []transform.Step{transform.Grayscale{}}, AVIF, 0, "avif", false},
		{media.Info{Format: "svg", Pages: 1}, []transform.Step{transform.Grayscale{}}, 0, 0, "png", false},
		{jpeg, round, 0, 0, "png", false},
		{jpeg, round, WebP, 0, "webp", false},
		{jpeg, append(round, transform.Flatten{Color: transform.White}), 0, 0, "jpeg", false},
		{jpeg, []transform.Step{transform.Extend{Background: half}}, 0, 0, "png", false},
		{jpeg, []transform.Step{transform.Resize{Fit: transform.Contain, Background: &transform.White}}, 0, 0, "jpeg", false},
		{jpeg, []transform.Step{transform.Border{Color: transform.Black}}, 0, 0, "jpeg", false},
		{jpeg, []transform.Step{transform.Border{Color: transform.Black, Ellipse: true}}, 0, 0, "png", false},
		{jpeg, []transform.Step{transform.Shadow{}}, 0, 0, "png", false},
		{jpeg, []transform.Step{transform.Composite{Blend: transform.CutOut}}, 0, 0, "png", false},
		{jpeg, []transform.Step{transform.Composite{}}, 0, 0, "jpeg", false},
		{jpeg, []transform.Step{transform.Bind{Step: transform.Corners{}}}, 0, 0, "png", false},
		{jpeg, []transform.Step{transform.If{Else: []transform.Step{transform.MakeTransparent{}}}}, 0, 0, "png", false},
	} {
		out := negotiate(transform.Transformation{Steps: c.steps, Output: transform.Output{Format: transform.Auto, Frames: c.frames, Quality: 50}}, c.info, c.accepts)
		if out.Format != c.want || (out.Frames == transform.FramesAll) != c.all || out.Quality != 50 {
			t.Errorf("%s alpha %v %T accepts %b frames %d: %+v, want %s", c.info.Format, c.info.Alpha, c.steps, c.accepts, c.frames, out, c.want)
		}
	}
}

func TestFormatsOf(t *testing.T) {
	t.Parallel()
	for accept, want := range map[string]Formats{
		"":                                  0,
		"*/*":                               0,
		"image/*":                           0,
		"image/avif":                        AVIF,
		"IMAGE/WebP":                        WebP,
		" image/jxl ;q=0.1, text/html":      JXL,
		"image/avif,image/webp,image/*;q=1": AVIF | WebP,
		"image/avif;q=0":                    0,
		"image/avif;q=0.000":                0,
		"image/avif; Q = 0.0, image/webp":   WebP,
		"image/avif;level=1;q=0":            0,
		"image/avif;q=":                     AVIF,
		"image/avifs, image/web":            0,
		",,;q=0,":                           0,
	} {
		r := &http.Request{Header: http.Header{"Accept": {accept}}}
		if got := FormatsOf(r); got != want {
			t.Errorf("%q: %b, want %b", accept, got, want)
		}
	}
	two := &http.Request{Header: http.Header{"Accept": {"image/avif", "image/webp"}}}
	if got := FormatsOf(two); got != AVIF|WebP {
		t.Errorf("two lines: %b", got)
	}
}

func FuzzFormatsOf(f *testing.F) {
	for _, s := range []string{"image/avif,image/webp,*/*;q=0.8", "image/avif;q=0", ";;,,==", "image/", "image/jxl;q=0.0.0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, accept string) {
		got := FormatsOf(&http.Request{Header: http.Header{"Accept": {accept}}})
		lower := strings.ToLower(accept)
		for bit, name := range map[Formats]string{AVIF: "image/avif", WebP: "image/webp", JXL: "image/jxl"} {
			if got&bit != 0 && !strings.Contains(lower, name) {
				t.Errorf("%q does not name %s", accept, name)
			}
		}
		if int(got) >= classes {
			t.Errorf("%q gives class %d", accept, got)
		}
	})
}

func TestClientOf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		headers http.Header
		want    Client
	}{
		{http.Header{}, Client{}},
		{http.Header{"Dpr": {"2"}}, Client{DPR: 2}},
		{http.Header{"Dpr": {"2"}, "Sec-Ch-Dpr": {"1.5"}}, Client{DPR: 1.5}},
		{http.Header{"Dpr": {"-1"}}, Client{}},
		{http.Header{"Dpr": {"NaN"}}, Client{}},
		{http.Header{"Dpr": {"1e9"}}, Client{}},
		{http.Header{"Dpr": {"x"}}, Client{}},
	} {
		if got := ClientOf(&http.Request{Header: c.headers}); got != c.want {
			t.Errorf("%v: %+v", c.headers, got)
		}
	}
}

func TestHotPath(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		method, uri, path string
		ok                bool
	}{
		{"GET", "/a/b.jpg", "/a/b.jpg", true},
		{"HEAD", "/a%2fb//c?_a=x", "/a%2fb//c", true},
		{"GET", "/a?x=1&token=s", "", false},
		{"POST", "/a", "", false},
		{"OPTIONS", "*", "", false},
		{"GET", "http://h/a", "", false},
		{"GET", "", "", false},
	} {
		path, ok := hotPath(&http.Request{Method: c.method, RequestURI: c.uri}, []string{"token"}, nil)
		if path != c.path || ok != c.ok {
			t.Errorf("%s %q: %q %v", c.method, c.uri, path, ok)
		}
	}
}

func TestOriginalTypes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, c := range []struct {
		kind             media.Kind
		format           string
		mime             string
		download, policy bool
	}{
		{media.KindImage, "jpeg", "image/jpeg", false, false},
		{media.KindImage, "svg", "image/svg+xml", false, true},
		{media.KindImage, "pdf", "application/pdf", false, false},
		{media.KindImage, "odd", "application/octet-stream", true, true},
		{media.KindVideo, "mp4", "video/mp4", false, false},
		{media.KindRaw, "txt", "text/plain; charset=utf-8", false, false},
		{media.KindRaw, "jpg", "image/jpeg", false, false},
		{media.KindRaw, "html", "text/html; charset=utf-8", true, true},
		{media.KindRaw, "HTML", "text/html; charset=utf-8", true, true},
		{media.KindRaw, "xml", "application/xml", true, true},
		{media.KindRaw, "js", "text/javascript; charset=utf-8", true, true},
		{media.KindRaw, "svg", "image/svg+xml", true, true},
		{media.KindRaw, "swf", "application/octet-stream", true, true},
		{media.KindRaw, "", "application/octet-stream", true, true},
	} {
		a := renditiontest.Raw("dir/file."+c.format, c.format)
		a.Kind = c.kind
		w.Put(a, []byte("<script>"))
		q := Request{Account: w.acc, Refs: []media.Ref{a.Ref}}
		r := w.get(fmt.Sprintf("/%s/%s", c.kind, c.format), q)
		if r.err != nil {
			t.Errorf("%s %s: %v", c.kind, c.format, r.err)
			continue
		}
		h := r.Header()
		if h.Get("Content-Type") != c.mime || h.Get("X-Content-Type-Options") != "nosniff" ||
			strings.HasPrefix(h.Get("Content-Disposition"), "attachment") != c.download ||
			strings.HasSuffix(h.Get("Content-Security-Policy"), "sandbox") != c.policy {
			t.Errorf("%s %s: %v", c.kind, c.format, h)
		}
	}
}

func TestDownloads(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Put(renditiontest.Image("dir/shoe"), []byte("A"))
	w.Put(renditiontest.Raw("dir/list.csv", "csv"), []byte("a,b"))
	image := w.named("dir/shoe")
	raw := Request{Account: w.acc, Refs: []media.Ref{{Kind: media.KindRaw, Access: media.Public, Name: "dir/list.csv"}}}
	for i, c := range []struct {
		q        Request
		download string
		chain    transform.Transformation
		want     string
	}{
		{image, "", transform.Transformation{}, `attachment; filename="shoe.jpg"`},
		{image, "", width(10, "webp"), `attachment; filename="shoe.webp"`},
		{image, "my shoe", width(10, "webp"), `attachment; filename="my shoe.webp"`},
		{image, "my.JPEG", width(10, "jpeg"), `attachment; filename="my.JPEG"`},
		{image, "naïve", transform.Transformation{}, `attachment; filename="na_ve.jpg"; filename*=UTF-8''na%C3%AFve.jpg`},
		{raw, "", transform.Transformation{}, `attachment; filename="list.csv"`},
		{raw, "other", transform.Transformation{}, `attachment; filename="other"`},
	} {
		q := c.q
		q.Attachment, q.Download, q.Chain = true, c.download, c.chain
		r := w.get(fmt.Sprintf("/%d", i), q)
		if r.err != nil || r.Header().Get("Content-Disposition") != c.want {
			t.Errorf("%q: %v %s", c.download, r.err, r.Header().Get("Content-Disposition"))
		}
	}
}

func FuzzAttachment(f *testing.F) {
	for _, s := range []string{"shoe.jpg", "na\u00efve.jpg", `a"b\c.txt`, "a\r\nSet-Cookie: x", "\u202egpj.exe", "..", "", "100%.png", "a\x00b", "\xff\xfe", "日本語.webp", "a;b=c", "'"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		v := Attachment(name)
		for i := 0; i < len(v); i++ {
			if v[i] < ' ' || v[i] > '~' {
				t.Fatalf("%q gives %q", name, v)
			}
		}
		kind, params, err := mime.ParseMediaType(v)
		if err != nil || kind != "attachment" {
			t.Fatalf("%q gives %q: %v", name, v, err)
		}
		got := params["filename"]
		if strings.ContainsAny(got, "/\\\x00\r\n") || !utf8.ValidString(got) {
			t.Fatalf("%q gives the name %q", name, got)
		}
		if plain := strings.Trim(name, "abcdefghijklmnopqrstuvwxyz"); plain == "" && name != "" && got != name {
			t.Fatalf("%q gives the name %q", name, got)
		}
	})
}

func TestHotPathOfServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Put(renditiontest.Image("shoe"), []byte("A"))
	s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if !w.d.Hot(rw, r) {
			if err := w.d.Serve(rw, r, w.named("shoe")); err != nil {
				t.Error(err)
			}
		}
	}))
	defer s.Close()
	for range 2 {
		r, err := s.Client().Head(s.URL + "/shoe")
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.StatusCode != 200 || r.ContentLength != 1 || r.Header.Get("Etag") == "" {
			t.Errorf("HEAD: %v %v", r.Status, r.Header)
		}
	}
}

func TestDownloadName(t *testing.T) {
	t.Parallel()
	image, raw := media.KindImage, media.KindRaw
	for _, c := range []struct {
		kind                      media.Kind
		asked, original, name, of string
		want                      string
	}{
		{image, "", "", "shoes/x7f3", "jpeg", "x7f3.jpg"},
		{image, "", "Red Boot", "shoes/x7f3", "webp", "Red Boot.webp"},
		{image, "mine", "Red Boot", "shoes/x7f3", "webp", "mine.webp"},
		{raw, "", "report.final", "docs/x7f3.pdf", "", "report.final.pdf"},
		{raw, "", "", "docs/x7f3.pdf", "", "x7f3.pdf"},
		{raw, "mine", "report", "docs/x7f3.pdf", "", "mine"},
	} {
		a := &media.Asset{Ref: media.Ref{Kind: c.kind, Name: c.name}, OriginalName: c.original}
		a.Version.Info.Format = "pdf"
		if got := downloadName(c.asked, a, c.of); got != c.want {
			t.Errorf("%+v is offered as %q", c, got)
		}
	}
}

func FuzzRange(f *testing.F) {
	for _, text := range []string{"bytes=0-3", "bytes=-0", "bytes=5-2,-1", "items=0-5", "bytes=,,1-", "bytes=1-99999999999999999999"} {
		f.Add(text, int64(20))
	}
	f.Fuzz(func(t *testing.T, text string, size int64) {
		got := cleanRange(text, max(size, 0))
		if got != "" && (!strings.HasPrefix(got, "bytes=") || got != cleanRange(got, max(size, 0))) {
			t.Errorf("%q becomes %q and then %q", text, got, cleanRange(got, max(size, 0)))
		}
	})
}
