package delivery

import (
	"fmt"
	"net/http"
	"testing"

	"tintype/internal/rendition/renditiontest"
	"tintype/internal/transform"
)

func TestHintsOf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		headers http.Header
		of      Hints
		want    Client
	}{
		{http.Header{"Width": {"420"}, "Dpr": {"2"}}, HintWidth, Client{Width: 420}},
		{http.Header{"Width": {"420"}, "Sec-Ch-Width": {"99.5"}}, HintWidth, Client{Width: 99.5}},
		{http.Header{"Width": {"420"}, "Sec-Ch-Width": {"junk"}}, HintWidth, Client{Width: 420}},
		{http.Header{"Width": {"100001"}}, HintWidth, Client{}},
		{http.Header{"Width": {"NaN"}, "Dpr": {"17"}}, HintWidth | HintDPR, Client{}},
		{http.Header{"Viewport-Width": {"800"}}, HintViewportWidth, Client{ViewportWidth: 800}},
		{http.Header{"Sec-Ch-Viewport-Width": {"801"}, "Viewport-Width": {"800"}}, HintViewportWidth, Client{ViewportWidth: 801}},
		{http.Header{"Save-Data": {"on"}}, HintSaveData, Client{SaveData: true}},
		{http.Header{"Save-Data": {" ON ; a=b"}}, HintSaveData, Client{SaveData: true}},
		{http.Header{"Save-Data": {"off"}}, HintSaveData, Client{}},
		{http.Header{"Save-Data": {"on"}}, HintWidth, Client{}},
		{nil, 0xff, Client{}},
	} {
		if got := hintsOf(c.headers, c.of); got != c.want {
			t.Errorf("%v: %+v, want %+v", c.headers, got, c.want)
		}
	}
}

// hinted is what a dialect makes of a client for an URL of some hints.
func (w *world) hinted(h Hints, r *http.Request) Request {
	c := ClientOf(r)
	q := w.named("shoe")
	q.Hints = h
	px := 100.0
	if h&HintWidth != 0 && c.Width > 0 {
		px = c.Width
	}
	if h&HintSaveData != 0 && c.SaveData {
		px++
	}
	q.Chain = width(px, "")
	return q
}

// TestHintedAnswersAreHot: each client has its own answer from memory, and
// those that say the same share one.
func TestHintedAnswersAreHot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Put(renditiontest.Image("shoe"), []byte("A"))
	ask := func(h Hints, format string, headers ...string) reply {
		r, _ := http.NewRequest("GET", "/", nil)
		for i := 0; i < len(headers); i += 2 {
			r.Header.Add(headers[i], headers[i+1])
		}
		q := w.hinted(h, r)
		q.Chain.Output.Format = format
		return w.get(fmt.Sprintf("/%d/%s", h, format), q, headers...)
	}
	for _, c := range []struct {
		hints   Hints
		format  string
		headers []string
		hot     bool
		body    string
		vary    string
	}{
		{HintWidth, "png", nil, false, "png 100x75", "Sec-CH-Width, Width"},
		{HintWidth, "png", nil, true, "png 100x75", "Sec-CH-Width, Width"},
		{HintWidth, "png", []string{"Width", "200"}, false, "png 200x150", "Sec-CH-Width, Width"},
		{HintWidth, "png", []string{"Width", "200"}, true, "png 200x150", "Sec-CH-Width, Width"},
		{HintWidth, "png", []string{"Sec-CH-Width", "200", "Save-Data", "on", "DPR", "3", "Accept", "image/webp"}, true, "png 200x150", "Sec-CH-Width, Width"},
		{HintWidth, "png", []string{"Width", "40"}, false, "png 40x30", "Sec-CH-Width, Width"},
		{HintWidth, "png", nil, true, "png 100x75", "Sec-CH-Width, Width"},
		{HintSaveData, "png", nil, false, "png 100x75", "Save-Data"},
		{HintSaveData, "png", []string{"Save-Data", "on"}, false, "png 101x76", "Save-Data"},
		{HintSaveData, "png", []string{"Save-Data", "on"}, true, "png 101x76", "Save-Data"},
		{HintSaveData, "png", []string{"Width", "9"}, true, "png 100x75", "Save-Data"},
		{HintSaveData, transform.Auto, nil, false, "jpeg 100x75", "Accept, Save-Data"},
		{HintSaveData, transform.Auto, []string{"Accept", "image/webp"}, false, "webp 100x75", "Accept, Save-Data"},
		{HintSaveData, transform.Auto, []string{"Accept", "image/webp", "Save-Data", "on"}, false, "webp 101x76", "Accept, Save-Data"},
		{HintSaveData, transform.Auto, []string{"Accept", "image/webp", "Save-Data", "on"}, true, "webp 101x76", "Accept, Save-Data"},
		{HintSaveData, transform.Auto, nil, true, "jpeg 100x75", "Accept, Save-Data"},
	} {
		r := ask(c.hints, c.format, c.headers...)
		if r.err != nil || r.hot != c.hot || len(r.Body.String()) < len(c.body) || r.Body.String()[:len(c.body)] != c.body || r.Header().Get("Vary") != c.vary {
			t.Errorf("%v: hot %v, %q, Vary %q, %v; want %+v", c.headers, r.hot, r.Body, r.Header().Get("Vary"), r.err, c)
		}
	}
	if a := w.d.hot.get(hotKey{"example.com", "/2/png"}, 0, nil); a == nil {
		t.Error("nothing in the index for who says nothing")
	}
}

func TestHintHeaders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Put(renditiontest.Image("shoe"), []byte("A"))
	for i, c := range []struct {
		q                         Request
		cache, dpr, ask, exposing string
	}{
		{Request{}, "public", "", "", ""},
		{Request{Hints: HintSaveData}, "public", "", "", ""},
		{Request{Hints: HintDPR, ContentDPR: 2}, "private", "2", acceptCH, ""},
		{Request{Hints: HintWidth | HintSaveData, ContentDPR: 1.5}, "private", "1.5", acceptCH, ""},
	} {
		q := w.named("shoe")
		q.Hints, q.ContentDPR, q.Chain = c.q.Hints, c.q.ContentDPR, width(10, "png")
		for range 2 {
			h := w.get(fmt.Sprintf("/%d", i), q).Header()
			if h.Get("Cache-Control") != c.cache+", no-transform, immutable, max-age=2592000" || h.Get("Content-DPR") != c.dpr || h.Get("Accept-CH") != c.ask {
				t.Errorf("%+v: %v", c.q.Hints, h)
			}
		}
	}
}

func TestVariantsAreBounded(t *testing.T) {
	t.Parallel()
	x := testIndex(t, 1<<22)
	k, of := hotKey{"h", "/k"}, assetKey{"acc", "a"}
	put := func(width int) {
		x.put(k, 0, &answer{asset: of, hints: HintWidth, client: Client{Width: float64(width)}, body: []byte("A")}, x.mark())
	}
	get := func(width int) bool {
		return x.get(k, 0, http.Header{"Width": {fmt.Sprint(width)}}) != nil
	}
	for i := 1; i <= 3*maxVariants; i++ {
		if put(i); !get(i) {
			t.Fatalf("the latest variant %d is not there", i)
		}
	}
	held := 0
	for i := 1; i <= 3*maxVariants; i++ {
		if get(i) {
			held++
		}
	}
	if held != maxVariants {
		t.Errorf("%d variants are held", held)
	}
	x.forget(of)
	for i := 1; i <= 3*maxVariants; i++ {
		if get(i) {
			t.Fatalf("variant %d outlives its asset", i)
		}
	}
	if x.mu.Lock(); len(x.lives) != 0 {
		t.Errorf("%d assets are held", len(x.lives))
	}
	x.mu.Unlock()
	// Other hints, or none, at the same path leave nothing of the old ones.
	put(1)
	x.put(k, 0, &answer{asset: of, body: []byte("all")}, x.mark())
	if a := x.get(k, 0, http.Header{"Width": {"1"}}); a == nil || string(a.body) != "all" {
		t.Errorf("%v", a)
	}
}
