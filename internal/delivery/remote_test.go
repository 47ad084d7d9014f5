package delivery

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"tintype/internal/media"
	"tintype/internal/rendition"
	"tintype/internal/rendition/renditiontest"
	"tintype/internal/transform"
)

// remoteWorld knows two URLs, and one named transformation.
func remoteWorld(t *testing.T) (w *world, read *atomic.Int32) {
	t.Helper()
	read = new(atomic.Int32)
	var base *renditiontest.World
	base = renditiontest.New(t, func(c *rendition.Config) {
		c.RemoteHosts = []string{"img.test"}
		c.Import = func(_ context.Context, acc media.AccountID, as media.Ref, url string) (*media.Asset, error) {
			read.Add(1)
			if !strings.HasSuffix(url, "/there") {
				return nil, media.Errorf(media.NotFound, "Error in loading %s - 404 Not Found", url)
			}
			a := renditiontest.Image("")
			a.Account, a.Ref = acc, as
			return base.Put(a, []byte("R")), nil
		}
	})
	return newWorldOn(t, base), read
}

func (w *world) remote(url string) Request {
	as := media.RemoteRef(url)
	return Request{Account: w.acc, Refs: []media.Ref{as}, Imports: []Import{{As: as, URL: url}}, Chain: width(100, "webp")}
}

func TestRemoteFilesAreBroughtInOnce(t *testing.T) {
	t.Parallel()
	w, read := remoteWorld(t)
	for i, hot := range []bool{false, true} {
		r := w.get("/demo/image/fetch/w_100/https://img.test/there", w.remote("https://img.test/there"))
		if r.err != nil || r.hot != hot || !strings.HasPrefix(r.Body.String(), "webp 100x75 of R") {
			t.Fatalf("%d: %+v %v", i, r, r.err)
		}
	}
	other := w.remote("https://img.test/there")
	other.Chain = width(50, "webp")
	if r := w.get("/other", other); r.err != nil || read.Load() != 1 {
		t.Errorf("%v, read %d times", r.err, read.Load())
	}
	if r := w.get("/missing", w.remote("https://img.test/missing")); media.CodeOf(r.err) != media.NotFound || !strings.Contains(media.MessageOf(r.err), "https://img.test/missing") {
		t.Errorf("missing: %v", r.err)
	}
	elsewhere := w.remote("https://elsewhere.test/there")
	if r := w.get("/elsewhere", elsewhere); media.CodeOf(r.err) != media.Unauthorized {
		t.Errorf("a host that is not allowed: %v", r.err)
	}
	elsewhere.Signed = true
	if r := w.get("/elsewhere", elsewhere); r.err != nil {
		t.Errorf("signed: %v", r.err)
	}
	elsewhere.Signed = false
	if r := w.get("/elsewhere-again", elsewhere); media.CodeOf(r.err) != media.Unauthorized {
		t.Errorf("what a signature brought in is open to all: %v", r.err)
	}
}

func TestMappedFoldersAreBroughtIn(t *testing.T) {
	t.Parallel()
	w, read := remoteWorld(t)
	q := w.named("shop/there")
	q.Imports = []Import{{As: q.Refs[0], URL: "https://origin.test/there"}} // of any host: the owner says so
	for range 2 {
		if r := w.get("/demo/image/upload/shop/there", q); r.err != nil || r.Body.String() != "R" {
			t.Fatalf("%v %q", r.err, r.Body)
		}
	}
	if n := read.Load(); n != 1 {
		t.Errorf("read %d times", n)
	}
}

func TestDefaultStandsIn(t *testing.T) {
	t.Parallel()
	w, _ := remoteWorld(t)
	w.Put(renditiontest.Image("avatar"), []byte("D"))
	def := &Default{
		Ref:  media.Ref{Kind: media.KindImage, Access: media.Public, Name: "avatar"},
		Tell: func(h http.Header, missing error) { h.Set("X-Missing", media.MessageOf(missing)) },
	}
	q := w.named("no")
	q.Chain, q.Default = width(100, "webp"), def
	r := w.get("/a", q)
	if r.err != nil || r.Code != 200 || !strings.HasPrefix(r.Body.String(), "webp 100x75 of D") {
		t.Fatalf("%v %d %q", r.err, r.Code, r.Body)
	}
	if got := r.Header().Get("X-Missing"); got != "Resource not found - no" {
		t.Errorf("tells %q", got)
	}
	if got := r.Header().Get("Cache-Control"); got != "private, no-transform, max-age=60" {
		t.Errorf("Cache-Control: %s", got)
	}
	w.Put(renditiontest.Image("no"), []byte("N"))
	q.Default = def
	if r := w.get("/b", q); r.err != nil || r.Header().Get("X-Missing") != "" || !strings.HasPrefix(r.Body.String(), "webp 100x75 of N") {
		t.Errorf("the picture is there: %v %v %q", r.err, r.Header(), r.Body)
	}
	none := w.named("neither")
	none.Default = &Default{Ref: media.Ref{Kind: media.KindImage, Access: media.Public, Name: "nor"}}
	if r := w.get("/c", none); media.CodeOf(r.err) != media.NotFound || !strings.Contains(media.MessageOf(r.err), "neither") {
		t.Errorf("no default: %v", r.err)
	}
	far := w.remote("https://img.test/missing")
	far.Default = def
	if r := w.get("/d", far); r.err != nil || !strings.Contains(r.Header().Get("X-Missing"), "404") {
		t.Errorf("a remote picture's default: %v %v", r.err, r.Header())
	}
}

func TestUnknownNamesOfTransformations(t *testing.T) {
	t.Parallel()
	w, _ := remoteWorld(t)
	w.Put(renditiontest.Image("shoe"), []byte("A"))
	q := w.named("shoe")
	q.Chain = transform.Transformation{Steps: []transform.Step{transform.Use{Name: "none"}}}
	if r := w.get("/a", q); media.CodeOf(r.err) != media.Invalid {
		t.Errorf("%v", r.err)
	}
}

// Where all of the query counts, no two queries share an answer, in whichever
// order they come.
func TestExactRequestsShareNoAnswer(t *testing.T) {
	t.Parallel()
	w, _ := remoteWorld(t)
	ask := func(target string, wide float64) reply {
		q := w.remote("https://img.test/there")
		q.Chain, q.Exact = width(wide, "webp"), true
		return w.get(target, q)
	}
	for i, hot := range []bool{false, true} {
		for j, target := range []string{"/there?a=1", "/there", "/there?a=2", "/there?a=1&b=2"} {
			want := fmt.Sprintf("webp %dx", 10*(j+1))
			if r := ask(target, float64(10*(j+1))); r.err != nil || r.hot != hot || !strings.HasPrefix(r.Body.String(), want) {
				t.Errorf("%d %s: hot %v, %v, %.12q", i, target, r.hot, r.err, r.Body)
			}
		}
	}
}
