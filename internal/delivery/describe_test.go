package delivery

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"tintype/internal/media"
	"tintype/internal/rendition"
	"tintype/internal/rendition/renditiontest"
	"tintype/internal/transform"
)

// told is a request that answers with the size and format of a result.
func told(q Request, want rendition.Wanted) Request {
	q.Chain.Output.Info = true
	q.Describe = &Describe{Wanted: want, Present: func(d *rendition.Description) (string, []byte, error) {
		i := d.Result
		return "application/json", fmt.Appendf(nil, `["%s",%d,%d,%d]`, i.Format, i.Width, i.Height, i.Bytes), nil
	}}
	return q
}

func TestDescriptionsAreServedHot(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *Config) { c.BodyBytes = 1 })
	a := w.Put(renditiontest.Image("shoe"), []byte("A"))
	q := w.named("shoe")
	q.Chain = width(200, "webp")
	q = told(q, rendition.Wanted{})
	cold := w.get("/info", q)
	if cold.err != nil || cold.Code != 200 || cold.Body.String() != `["webp",200,150,0]` {
		t.Fatalf("%+v %s", cold, cold.Body)
	}
	if r := w.get("/info", q); r.hot {
		t.Error("a body over the bound, which lies nowhere else, is in the index")
	}
	w = newWorld(t)
	a = w.Put(renditiontest.Image("shoe"), []byte("A"))
	cold = w.get("/info", q)
	hot := w.get("/info", q)
	if !hot.hot || hot.Body.String() != cold.Body.String() {
		t.Fatalf("hot: %+v %s", hot, hot.Body)
	}
	for name, want := range map[string]string{
		"Content-Type": "application/json", "Content-Length": "18", "Access-Control-Allow-Origin": "*",
		"X-Content-Type-Options": "nosniff", "Vary": "", "Content-Disposition": "",
		"Cache-Control": "public, no-transform, immutable, max-age=2592000",
	} {
		if got := hot.Header().Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if r := w.get("/info", q, "If-None-Match", hot.Header().Get("Etag")); r.Code != http.StatusNotModified {
		t.Errorf("the same again: %d", r.Code)
	}
	// A new version is another description.
	a.Version.Info.Width = 800
	w.Put(*a, []byte("BB"))
	w.Renditions.Announce(t.Context(), a.Account, a.ID)
	if r := w.get("/info", q); r.hot || r.Body.String() != `["webp",200,75,0]` {
		t.Errorf("after a change: %s", r.Body)
	}
}

// Where and when a private picture was made is told only to who may have the
// picture itself, whatever else is asked of it.
func TestDescriptionsOfPrivateSources(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := renditiontest.Image("diary")
	a.Access = media.Private
	w.Put(a, []byte("A"))
	q := w.named("diary")
	q.Refs[0].Access, q.Chain = media.Private, width(200, "webp")
	q = told(q, rendition.Wanted{Metadata: true})
	if r := w.get("/json", q); media.CodeOf(r.err) != media.Unauthorized {
		t.Errorf("metadata: %v", r.err)
	}
	q.Describe.Wanted.Metadata = false
	if r := w.get("/size", q); r.err != nil {
		t.Errorf("size of a rendition: %v", r.err)
	}
	q.Describe.Wanted.Metadata, q.Signed = true, true
	if r := w.get("/signed", q); r.err != nil {
		t.Errorf("signed: %v", r.err)
	}
}

// TestDescriptionsOfWhatIsNegotiated: they tell of the file that the same
// client would get.
func TestDescriptionsOfWhatIsNegotiated(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Put(renditiontest.Image("shoe"), []byte("A"))
	plain := w.named("shoe")
	plain.Chain = width(200, transform.Auto)
	for _, accept := range []string{"image/avif", "image/webp", "*/*"} {
		file := w.get("/file", plain, "Accept", accept)
		for range 2 {
			r := w.get("/info", told(plain, rendition.Wanted{Bytes: true}), "Accept", accept)
			want := fmt.Sprintf(`["%s",200,150,%d]`, strings.TrimPrefix(file.Header().Get("Content-Type"), "image/"), file.Body.Len())
			if r.err != nil || r.Body.String() != want || r.Header().Get("Vary") != "Accept" {
				t.Errorf("%s: %s %v %v, want %s", accept, r.Body, r.Header(), r.err, want)
			}
		}
	}
	if n := w.Engine.Renders.Load(); n != 3 {
		t.Errorf("%d renderings of three files", n)
	}
	original := w.get("/original", told(w.named("shoe"), rendition.Wanted{Bytes: true}))
	if original.Body.String() != `["jpeg",400,300,1]` {
		t.Errorf("the original: %s", original.Body)
	}
	// f_auto alone makes a new file, whatever the stored format.
	auto := w.named("shoe")
	auto.Chain.Output.Format = transform.Auto
	file, info := w.get("/auto", auto), w.get("/auto-info", told(auto, rendition.Wanted{Bytes: true}))
	if want := fmt.Sprintf(`["jpeg",400,300,%d]`, file.Body.Len()); info.Body.String() != want || file.Body.Len() < 2 {
		t.Errorf("a new file of the stored format: %s, want %s", info.Body, want)
	}
}

func TestDescriptionsObeyAccess(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := renditiontest.Image("secret")
	a.Access = media.Authenticated
	w.Put(a, []byte("A"))
	q := told(Request{Account: w.acc, Refs: []media.Ref{a.Ref}}, rendition.Wanted{})
	if r := w.get("/secret", q); media.CodeOf(r.err) != media.Unauthorized {
		t.Errorf("without a signature: %v", r.err)
	}
	q.Signed = true
	if r := w.get("/secret", q); r.err != nil || r.Code != 200 {
		t.Errorf("with one: %v", r.err)
	}
}

func TestPresentMayRefuse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Put(renditiontest.Image("shoe"), []byte("A"))
	q := w.named("shoe")
	q.Describe = &Describe{Present: func(*rendition.Description) (string, []byte, error) {
		return "", nil, media.Errorf(media.Unsupported, "No")
	}}
	for range 2 {
		if r := w.get("/no", q); media.CodeOf(r.err) != media.Unsupported || r.hot {
			t.Errorf("%v, hot %v", r.err, r.hot)
		}
	}
}

func TestHeadersOfFiles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Put(renditiontest.Image("shoe"), []byte("A"))
	calls := 0
	q := w.named("shoe")
	q.Headers = func(h http.Header, f File) {
		calls++
		h.Set("X-Size", fmt.Sprintf("%dx%d of %s, %d from %d", f.Info.Width, f.Info.Height, f.Asset.Name, f.Info.Bytes, f.Asset.Version.Info.Bytes))
	}
	for range 2 {
		if r := w.get("/original", q); r.Header().Get("X-Size") != "400x300 of shoe, 1 from 1" {
			t.Errorf("%v", r.Header())
		}
	}
	q.Chain = width(200, "webp")
	for range 2 {
		r := w.get("/made", q)
		if want := fmt.Sprintf("200x150 of shoe, %d from 1", r.Body.Len()); r.Header().Get("X-Size") != want {
			t.Errorf("%v, want %s", r.Header(), want)
		}
	}
	if calls != 2 {
		t.Errorf("called %d times for two answers", calls)
	}
}

// TestNobodyPresents: a named transformation that asks for a description has
// nobody to put it into words.
func TestNobodyPresents(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Put(renditiontest.Image("shoe"), []byte("A"))
	q := w.named("shoe")
	q.Chain.Output.Info = true
	if r := w.get("/x", q); media.CodeOf(r.err) != media.Unsupported {
		t.Errorf("%d %s %v", r.Code, r.Body, r.err)
	}
}
