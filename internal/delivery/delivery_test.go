package delivery

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"tintype/internal/account"
	"tintype/internal/catalog"
	"tintype/internal/engine"
	"tintype/internal/media"
	"tintype/internal/rendition"
	"tintype/internal/rendition/renditiontest"
	"tintype/internal/transform"
)

// world is an installation with a Delivery on it.
type world struct {
	*renditiontest.World
	d   *Delivery
	acc *account.Account
}

func newWorld(t testing.TB, change ...func(*Config)) *world {
	t.Helper()
	return newWorldOn(t, renditiontest.New(t), change...)
}

func newWorldOn(t testing.TB, w *renditiontest.World, change ...func(*Config)) *world {
	t.Helper()
	acc, err := account.New(media.Account{ID: renditiontest.Account})
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{Catalog: w.Catalog, Blobs: w.Blobs, Renditions: w.Renditions, Cluster: w.Cluster}
	for _, fn := range change {
		fn(&cfg)
	}
	d, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return &world{World: w, d: d, acc: acc}
}

// named is a request for a public image by name.
func (w *world) named(name string) Request {
	return Request{Account: w.acc, Refs: []media.Ref{{Kind: media.KindImage, Access: media.Public, Name: name}}}
}

func width(px float64, format string) transform.Transformation {
	return transform.Transformation{
		Steps:  []transform.Step{transform.Resize{Fit: transform.Fill, Box: transform.Box{Width: transform.Px(px)}}},
		Output: transform.Output{Format: format},
	}
}

// reply is what a request got: hot says from where.
type reply struct {
	*httptest.ResponseRecorder
	hot     bool
	err     error
	aborted bool
}

// do asks as a server does: the index first. Headers are pairs.
func (w *world) do(method, target string, q Request, headers ...string) (out reply) {
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	q.Client = ClientOf(r)
	out.ResponseRecorder = httptest.NewRecorder()
	defer func() {
		switch p := recover(); {
		case p == http.ErrAbortHandler:
			out.aborted = true
		case p != nil:
			panic(p)
		}
	}()
	if w.d.Hot(out, r) {
		out.hot = true
		return out
	}
	out.err = w.d.Serve(out, r, q)
	return out
}

func (w *world) get(target string, q Request, headers ...string) reply {
	return w.do("GET", target, q, headers...)
}

func TestServeThenHotWithoutCatalog(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Put(renditiontest.Image("shoe"), []byte("A"))
	q := w.named("shoe")
	q.Chain = width(200, "webp")
	cold := w.get("/demo/w_200/shoe.webp", q)
	if cold.err != nil || cold.hot || cold.Code != 200 || !strings.HasPrefix(cold.Body.String(), "webp 200x150 of A") {
		t.Fatalf("cold: %+v %q", cold, cold.Body)
	}
	w.Catalog.Close()
	hot := w.get("/demo/w_200/shoe.webp?_a=analytics", q)
	if !hot.hot || hot.Code != 200 || !bytes.Equal(hot.Body.Bytes(), cold.Body.Bytes()) {
		t.Fatalf("hot: %+v", hot)
	}
	for name, want := range map[string]string{
		"Content-Type":                "image/webp",
		"Content-Length":              strconv.Itoa(cold.Body.Len()),
		"Cache-Control":               "public, no-transform, immutable, max-age=2592000",
		"Accept-Ranges":               "bytes",
		"X-Content-Type-Options":      "nosniff",
		"Access-Control-Allow-Origin": "*",
		"Timing-Allow-Origin":         "*",
		"Vary":                        "",
		"Content-Disposition":         "",
	} {
		for from, r := range map[string]reply{"cold": cold, "hot": hot} {
			if got := r.Header().Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", from, name, got, want)
			}
		}
	}
	if e := hot.Header().Get("ETag"); len(e) != 34 || e != cold.Header().Get("ETag") {
		t.Errorf("ETag %q and %q", e, cold.Header().Get("ETag"))
	}
	// Another spelling, another host, another method are other requests.
	if r := w.get("/demo//w_200/shoe.webp", q); r.hot {
		t.Error("another path is hot")
	}
	if r := w.get("http://other/demo/w_200/shoe.webp", q); r.hot {
		t.Error("another host is hot")
	}
	if r := w.do("POST", "/demo/w_200/shoe.webp", q); r.hot || r.err == nil {
		t.Error("POST was answered")
	}
}

// TestConditionsAndRanges asks the same of every way that bytes can lie:
// in memory, in a file, behind a store without files; cold and hot.
func TestConditionsAndRanges(t *testing.T) {
	t.Parallel()
	body := "0123456789abcdefghij"
	for name, change := range map[string]struct {
		files bool
		bytes int64
	}{"memory": {false, 1 << 20}, "file": {true, 1}, "stream": {false, 1}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(c *Config) { c.BodyBytes = change.bytes })
			w.Blobs.Files = change.files
			a := w.Put(renditiontest.Image("shoe"), []byte(body))
			q := w.named("shoe")
			etag, modified := `"`+a.Version.MD5+`"`, a.Version.CreatedAt.Format(http.TimeFormat)
			for i, c := range []struct {
				method  string
				headers []string
				code    int
				body    string
			}{
				{"GET", nil, 200, body},
				{"HEAD", nil, 200, ""},
				{"GET", []string{"If-None-Match", etag}, 304, ""},
				{"GET", []string{"If-None-Match", `"x", W/` + etag}, 304, ""},
				{"GET", []string{"If-None-Match", "*"}, 304, ""},
				{"HEAD", []string{"If-None-Match", etag}, 304, ""},
				{"GET", []string{"If-None-Match", `"x"`}, 200, body},
				{"GET", []string{"If-None-Match", `"x"`, "If-Modified-Since", modified}, 200, body},
				{"GET", []string{"If-Modified-Since", modified}, 304, ""},
				{"GET", []string{"If-Match", `"x"`}, 412, ""},
				{"GET", []string{"Range", "bytes=0-3"}, 206, "0123"},
				{"GET", []string{"Range", "bytes=5-"}, 206, body[5:]},
				{"GET", []string{"Range", "bytes=-2"}, 206, "ij"},
				{"HEAD", []string{"Range", "bytes=0-3"}, 206, ""},
				{"GET", []string{"Range", "lines=1-2"}, 200, body},
				{"GET", []string{"Range", "junk"}, 200, body},
				{"GET", []string{"Range", "bytes=abc"}, 200, body},
				{"GET", []string{"Range", "bytes=5-2"}, 200, body},
				{"GET", []string{"Range", "bytes=0-3,junk"}, 200, body},
				{"GET", []string{"Range", "bytes=20-", "If-Range", `"x"`}, 200, body},
				{"GET", []string{"Range", "bytes=20-", "If-None-Match", etag}, 304, ""},
				{"GET", []string{"Range", "bytes=18-99999999999999999999"}, 206, "ij"},
				{"GET", []string{"Range", "BYTES= 0-3 "}, 206, "0123"},
				{"GET", []string{"Range", "bytes=0-3", "If-Range", etag}, 206, "0123"},
				{"GET", []string{"Range", "bytes=0-3", "If-Range", `"x"`}, 200, body},
				{"GET", []string{"Range", "bytes=0-0,2-2"}, 206, "*"},
				{"GET", []string{"Range", "bytes=" + strings.Repeat("0-0,", 16) + "1-1"}, 200, body},
			} {
				for _, target := range []string{fmt.Sprintf("/cold/%d", i), "/hot"} {
					r := w.do(c.method, target, q, c.headers...)
					if r.err != nil || r.Code != c.code || c.body != "*" && r.Body.String() != c.body {
						t.Errorf("%s %s %v: %d %q %v, want %d %q", c.method, target, c.headers, r.Code, r.Body, r.err, c.code, c.body)
					}
					if i > 0 && r.hot != (target == "/hot") {
						t.Errorf("%s %s: hot is %v", c.method, target, r.hot)
					}
					if c.code == 200 && r.Header().Get("Content-Length") != strconv.Itoa(len(body)) {
						t.Errorf("%s %s: Content-Length is %q", c.method, target, r.Header().Get("Content-Length"))
					}
					if n := r.Header().Get("Content-Length"); n != "" && c.method == "GET" && n != strconv.Itoa(r.Body.Len()) {
						t.Errorf("%s %s %v: %d announces %s bytes and sends %d", c.method, target, c.headers, c.code, n, r.Body.Len())
					}
					if c.code == 200 && r.Header().Get("Etag") != etag {
						t.Errorf("%s %s: ETag is %q", c.method, target, r.Header().Get("Etag"))
					}
				}
			}
			for _, text := range []string{"bytes=20-", "bytes=-0", "bytes=99999999999999999999-", "bytes=20-,-0"} {
				for _, target := range []string{"/cold", "/hot"} {
					r := w.do("GET", target, q, "Range", text)
					var outside *RangeError
					if r.hot || !errors.As(r.err, &outside) || outside.Size != int64(len(body)) || media.CodeOf(r.err) != media.Invalid {
						t.Errorf("%s %s: %v", target, text, r.err)
					}
					if h := r.Header(); len(h) > 0 || r.Body.Len() > 0 {
						t.Errorf("%s %s: something was written: %v %q", target, text, h, r.Body)
					}
				}
			}
			parts := w.get("/hot", q, "Range", "bytes=0-0,19-19")
			if ct := parts.Header().Get("Content-Type"); !strings.HasPrefix(ct, "multipart/byteranges") || !strings.Contains(parts.Body.String(), "bytes 19-19/20") {
				t.Errorf("two ranges: %s %q", ct, parts.Body)
			}
		})
	}
}

func TestChangedAssetLeavesTheIndex(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.Put(renditiontest.Image("shoe"), []byte("A"))
	other := w.Put(renditiontest.Image("boot"), []byte("B"))
	for _, name := range []string{"shoe", "boot"} {
		if r := w.get("/"+name, w.named(name)); r.err != nil {
			t.Fatal(r.err)
		}
	}
	w.Put(*a, []byte("C"))
	w.d.changed([]byte(`{"account":"demo","id":"` + string(a.ID) + `"}`))
	if r := w.get("/shoe", w.named("shoe")); r.hot || r.Body.String() != "C" {
		t.Errorf("after the change: hot %v, %q", r.hot, r.Body)
	}
	if r := w.get("/shoe", w.named("shoe")); !r.hot || r.Body.String() != "C" {
		t.Errorf("after the refill: hot %v, %q", r.hot, r.Body)
	}
	if r := w.get("/boot", w.named("boot")); !r.hot {
		t.Errorf("asset %s was forgotten too", other.ID)
	}
	w.d.changed([]byte(`{"account":"other","id":"` + string(a.ID) + `"}`))
	if r := w.get("/shoe", w.named("shoe")); !r.hot {
		t.Error("another account's message was heeded")
	}
}

func TestChangedAccountLeavesTheIndex(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Put(renditiontest.Image("shoe"), []byte("A"))
	w.get("/shoe", w.named("shoe"))
	before := w.d.hot.mark()
	if err := w.Cluster.Publish(t.Context(), account.Topic, []byte("other")); err != nil {
		t.Fatal(err)
	}
	if r := w.get("/shoe", w.named("shoe")); !r.hot {
		t.Error("another account's change was heeded")
	}
	if err := w.Cluster.Publish(t.Context(), account.Topic, []byte(w.acc.ID)); err != nil {
		t.Fatal(err)
	}
	if r := w.get("/shoe", w.named("shoe")); r.hot {
		t.Error("still hot")
	}
	w.d.hot.put(hotKey{"h", "/late"}, 0, &answer{asset: assetKey{w.acc.ID, "x"}, body: []byte("A")}, before)
	if w.d.hot.get(hotKey{"h", "/late"}, 0, nil) != nil {
		t.Error("an answer from before the change got in")
	}
}

func TestLargeFreshRenditionsAreSentAsFiles(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *Config) { c.BodyBytes = 10 })
	w.Blobs.Files = true
	a := w.Put(renditiontest.Image("shoe"), []byte("A"))
	q := w.named("shoe")
	q.Chain = width(10, "png")
	out, err := w.d.answer(t.Context(), q, found{asset: a, first: true})
	if err != nil || out.body != nil || out.blob == "" {
		t.Fatalf("%+v %v", out, err)
	}
	if r := w.get("/shoe", q); r.err != nil || int64(r.Body.Len()) != out.size {
		t.Errorf("%v, %d bytes", r.err, r.Body.Len())
	}
}

func TestMessageReachesTheIndex(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.Put(renditiontest.Image("shoe"), []byte("A"))
	w.get("/shoe", w.named("shoe"))
	done := make(chan struct{})
	defer w.Cluster.Subscribe(rendition.Topic, func([]byte) { close(done) })()
	w.Renditions.Announce(t.Context(), a.Account, a.ID)
	<-done
	for end := time.Now().Add(10 * time.Second); w.d.hot.mark() == 0 && time.Now().Before(end); {
		time.Sleep(time.Millisecond) // the other subscriber has it already
	}
	if r := w.get("/shoe", w.named("shoe")); r.hot {
		t.Error("still hot")
	}
}

func TestChangeDuringTheAnswerIsNotUndone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.Put(renditiontest.Image("shoe"), []byte("A"))
	w.Engine.OnRender = func(context.Context, engine.Output) error {
		w.Put(*a, []byte("B"))
		w.d.changed([]byte(`{"account":"demo","id":"` + string(a.ID) + `"}`))
		w.Engine.OnRender = nil
		return nil
	}
	q := w.named("shoe")
	q.Chain = width(10, "png")
	if r := w.get("/shoe", q); r.err != nil || !strings.Contains(r.Body.String(), "of A") {
		t.Fatalf("first: %v %q", r.err, r.Body)
	}
	if r := w.get("/shoe", q); r.hot || !strings.Contains(r.Body.String(), "of B") {
		t.Errorf("second: hot %v, %q", r.hot, r.Body)
	}
}

func TestAccess(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	put := func(kind media.Kind, access media.Access, name string) media.AssetID {
		a := renditiontest.Image(name)
		if kind == media.KindRaw {
			a = renditiontest.Raw(name, "txt")
		}
		a.Access = access
		return w.Put(a, []byte(name)).ID
	}
	private := put(media.KindImage, media.Private, "p")
	secret := put(media.KindImage, media.Authenticated, "a")
	put(media.KindRaw, media.Private, "r")
	put(media.KindImage, media.Public, "o")
	ok, steps, own, auto := media.Code(99), width(10, "png"), transform.Transformation{Output: transform.Output{Format: "jpeg"}}, transform.Transformation{Output: transform.Output{Format: transform.Auto}}
	none := transform.Transformation{}
	image := func(access media.Access, name string) media.Ref {
		return media.Ref{Kind: media.KindImage, Access: access, Name: name}
	}
	for i, c := range []struct {
		ref              media.Ref
		chain            transform.Transformation
		unsigned, signed media.Code
	}{
		{image(media.Public, "o"), none, ok, ok},
		{image(media.Public, "no"), none, media.NotFound, media.NotFound},
		{image(media.Public, "p"), none, media.NotFound, media.NotFound},
		{image(media.Private, "p"), none, media.Unauthorized, ok},
		{image(media.Private, "p"), own, media.Unauthorized, ok},
		{image(media.Private, "p"), steps, ok, ok},
		{image(media.Private, "p"), auto, ok, ok},
		{image(media.Private, "no"), none, media.Unauthorized, media.NotFound},
		{image(media.Private, "no"), own, media.Unauthorized, media.NotFound},
		{image(media.Private, "no"), steps, media.NotFound, media.NotFound},
		{image(media.Authenticated, "a"), none, media.Unauthorized, ok},
		{image(media.Authenticated, "a"), steps, media.Unauthorized, ok},
		{image(media.Authenticated, "no"), none, media.Unauthorized, media.NotFound},
		{image(media.Authenticated, "no"), steps, media.Unauthorized, media.NotFound},
		{media.Ref{Kind: media.KindRaw, Access: media.Private, Name: "r"}, none, media.Unauthorized, ok},
		{media.Ref{Kind: media.KindRaw, Access: media.Private, Name: "no"}, none, media.Unauthorized, media.NotFound},
		{media.Ref{Kind: media.KindRaw, Access: media.Private, Name: "r"}, steps, media.Unsupported, media.Unsupported},
		{media.Ref{Kind: media.KindRaw, Access: media.Private, Name: "no"}, steps, media.Unsupported, media.Unsupported},
		{media.Ref{ID: private}, none, media.NotFound, ok},
		{media.Ref{ID: private}, steps, ok, ok},
		{media.Ref{ID: secret}, steps, media.NotFound, ok},
		{media.Ref{ID: "00000000000000000000000000000000"}, none, media.NotFound, media.NotFound},
	} {
		for _, signed := range []bool{true, false} {
			want := c.unsigned
			if signed {
				want = c.signed
			}
			q := Request{Account: w.acc, Refs: []media.Ref{c.ref}, Chain: c.chain, Signed: signed}
			r := w.get(fmt.Sprintf("/%d/%v", i, signed), q)
			got := ok
			if r.err != nil {
				got = media.CodeOf(r.err)
			}
			if got != want {
				t.Errorf("%+v %q signed %v: %v, want code %d", c.ref, c.chain, signed, r.err, want)
			}
			if r.err != nil && (r.Body.Len() > 0 || len(r.Header()) > 0) {
				t.Errorf("%+v: an error was written to", c.ref)
			}
		}
	}
	// The private picture's stored bytes never leave unsigned, not even by a
	// negotiation that ends at their own format.
	q := Request{Account: w.acc, Refs: []media.Ref{image(media.Private, "p")}, Chain: auto}
	if r := w.get("/auto", q); r.err != nil || r.Body.String() == "p" {
		t.Errorf("negotiated: %v %q", r.err, r.Body)
	}
}

func TestMessagesDoNotTellWhatExists(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := renditiontest.Image("a")
	a.Access = media.Authenticated
	w.Put(a, []byte("A"))
	var texts []string
	for _, name := range []string{"a", "b"} {
		q := Request{Account: w.acc, Refs: []media.Ref{{Kind: media.KindImage, Access: media.Authenticated, Name: name}}}
		texts = append(texts, w.get("/"+name, q).err.Error())
	}
	if texts[0] != texts[1] {
		t.Errorf("%q and %q", texts[0], texts[1])
	}
}

func TestOtherAccountsSeeNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Update(func(tx *catalog.Tx) error { return tx.PutAccount(media.Account{ID: "other"}) })
	a := w.Put(renditiontest.Image("shoe"), []byte("A"))
	stranger, err := account.New(media.Account{ID: "other"})
	if err != nil {
		t.Fatal(err)
	}
	for _, ref := range []media.Ref{a.Ref, {ID: a.ID}, {Kind: a.Kind, Access: a.Access, Name: a.Name}} {
		if r := w.get("/x", Request{Account: stranger, Refs: []media.Ref{ref}, Signed: true}); media.CodeOf(r.err) != media.NotFound || r.err == nil {
			t.Errorf("%+v: %v", ref, r.err)
		}
	}
}

func TestNegotiation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Put(renditiontest.Image("shoe"), []byte("A"))
	q := w.named("shoe")
	q.Chain = width(10, transform.Auto)
	const chrome = "image/avif,image/webp,image/apng,*/*;q=0.8"
	for range 2 {
		for accept, mime := range map[string]string{
			chrome: "image/avif", "image/webp,*/*": "image/webp", "*/*": "image/jpeg", "": "image/jpeg",
			"image/avif;q=0, image/webp": "image/webp", "image/*": "image/jpeg",
		} {
			r := w.get("/auto", q, "Accept", accept)
			if r.err != nil || r.Header().Get("Content-Type") != mime {
				t.Errorf("%q: %v %s", accept, r.err, r.Header().Get("Content-Type"))
			}
			if r.Header().Get("Vary") != "Accept" || !strings.HasPrefix(r.Header().Get("Cache-Control"), "private, no-transform,") {
				t.Errorf("%q: %v", accept, r.Header())
			}
		}
	}
	for _, accept := range []string{chrome, "image/webp", "*/*"} {
		if r := w.get("/auto", q, "Accept", accept); !r.hot {
			t.Errorf("%q is not hot", accept)
		}
	}
	if n := w.Engine.Renders.Load(); n != 3 {
		t.Errorf("rendered %d times", n)
	}
}

// The original has its metadata: a negotiated answer never is the original,
// also where the stored format is the one that the client gets.
func TestNegotiatedAnswersAreMade(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Put(renditiontest.Image("shoe"), []byte("A"))
	q := w.named("shoe")
	q.Chain.Output.Format = transform.Auto
	r := w.get("/auto", q, "Accept", "*/*")
	if r.err != nil || r.Header().Get("Content-Type") != "image/jpeg" || w.Engine.Renders.Load() != 1 {
		t.Errorf("%v %v, rendered %d times", r.err, r.Header(), w.Engine.Renders.Load())
	}
}

func TestTooLargeForAModernFormat(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Put(renditiontest.Image("shoe"), []byte("A"))
	w.Engine.OnRender = func(_ context.Context, out engine.Output) error {
		if f := out.Plan.Output.Format; f == "avif" || f == "webp" {
			return media.Errorf(media.TooLarge, "The result is too large for %s", f)
		}
		return nil
	}
	q := w.named("shoe")
	q.Chain = width(10, transform.Auto)
	if r := w.get("/auto", q, "Accept", "image/avif,image/webp,*/*"); r.err != nil || r.Header().Get("Content-Type") != "image/jpeg" {
		t.Errorf("%v %v", r.err, r.Header())
	}
	q.Chain = width(10, "avif")
	if r := w.get("/avif", q, "Accept", "image/avif"); media.CodeOf(r.err) != media.TooLarge {
		t.Errorf("asked for by name: %v", r.err)
	}
}

func TestTokensAndEnds(t *testing.T) {
	t.Parallel()
	now := time.Unix(1800000000, 0)
	w := newWorld(t, func(c *Config) {
		c.Now = func() time.Time { return now }
		c.TokenParams = []string{"token"}
	})
	a := renditiontest.Image("shoe")
	a.Access = media.Authenticated
	w.Put(a, []byte("A"))
	q := Request{Account: w.acc, Refs: []media.Ref{a.Ref}, Signed: true, Until: now.Add(time.Minute)}
	if r := w.get("/s/shoe", q); r.err != nil || r.Header().Get("Cache-Control") != "public, no-transform, immutable, max-age=60" {
		t.Errorf("at first: %v %v", r.err, r.Header())
	}
	now = now.Add(45 * time.Second)
	if r := w.get("/s/shoe", q); !r.hot || r.Header().Get("Cache-Control") != "public, no-transform, immutable, max-age=15" {
		t.Errorf("later: %v %v", r.hot, r.Header())
	}
	now = now.Add(15 * time.Second)
	if r := w.get("/s/shoe", q); r.hot || media.CodeOf(r.err) != media.Unauthorized || r.err == nil {
		t.Errorf("at the end: hot %v, %v", r.hot, r.err)
	}

	q.Until = time.Time{}
	if r := w.get("/t/shoe?token=x", q); r.err != nil {
		t.Error(r.err)
	}
	if r := w.get("/t/shoe", Request{Account: w.acc, Refs: q.Refs}); r.hot || media.CodeOf(r.err) != media.Unauthorized {
		t.Errorf("without its token: hot %v, %v", r.hot, r.err)
	}
	q.Personal = true
	if r := w.get("/c/shoe", q); r.err != nil || !strings.HasPrefix(r.Header().Get("Cache-Control"), "private,") {
		t.Errorf("by cookie: %v %v", r.err, r.Header())
	}
	if r := w.get("/c/shoe", Request{Account: w.acc, Refs: q.Refs}); r.hot || r.err == nil {
		t.Errorf("without its cookie: hot %v, %v", r.hot, r.err)
	}
}

func TestLaterCandidates(t *testing.T) {
	t.Parallel()
	now := time.Unix(1800000000, 0)
	w := newWorld(t, func(c *Config) { c.Now = func() time.Time { return now } })
	w.Put(renditiontest.Image("b"), []byte("B"))
	q := w.named("a")
	q.Refs = append(q.Refs, w.named("b").Refs...)
	if r := w.get("/x", q); r.err != nil || r.Body.String() != "B" {
		t.Fatalf("%v %q", r.err, r.Body)
	}
	w.Put(renditiontest.Image("a"), []byte("A"))
	now = now.Add(laterCandidate)
	if r := w.get("/x", q); r.hot || r.Body.String() != "A" {
		t.Errorf("hot %v, %q", r.hot, r.Body)
	}
}

func TestBrokenBytes(t *testing.T) {
	t.Parallel()
	large := bytes.Repeat([]byte("x"), 64<<10)
	t.Run("in the middle", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, func(c *Config) { c.BodyBytes = 1 })
		w.Put(renditiontest.Image("shoe"), large)
		w.Blobs.Cut = 40 << 10
		if r := w.get("/shoe", w.named("shoe")); !r.aborted || r.Body.Len() != 40<<10 {
			t.Errorf("cold: aborted %v after %d", r.aborted, r.Body.Len())
		}
		if r := w.get("/shoe", w.named("shoe")); !r.aborted || !r.hot && r.err != nil {
			t.Errorf("again: aborted %v, %v", r.aborted, r.err)
		}
	})
	for name, limit := range map[string]int64{"large": 1, "small": 1 << 20} {
		t.Run(name+" missing", func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(c *Config) { c.BodyBytes = limit })
			a := w.Put(renditiontest.Image("shoe"), large)
			if err := w.Blobs.Delete(t.Context(), a.Version.Blob); err != nil {
				t.Fatal(err)
			}
			if r := w.get("/shoe", w.named("shoe")); r.err == nil || media.CodeOf(r.err) != media.Internal || len(r.Header()) > 0 {
				t.Errorf("%v %v", r.err, r.Header())
			}
		})
	}
	t.Run("changed", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		a := w.Put(renditiontest.Image("shoe"), []byte("AAAA"))
		if _, err := w.Blobs.Store.Put(t.Context(), a.Version.Blob, strings.NewReader("AABA")); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if r := w.get("/shoe", w.named("shoe")); r.hot || r.err == nil || media.CodeOf(r.err) != media.Internal {
				t.Errorf("hot %v, %v", r.hot, r.err)
			}
		}
	})
	t.Run("gone while hot", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, func(c *Config) { c.BodyBytes = 1 })
		w.Put(renditiontest.Image("shoe"), []byte("A"))
		q := w.named("shoe")
		q.Chain = width(10, "png")
		first := w.get("/shoe", q)
		for info, err := range w.Blobs.List(t.Context(), "rendition/") {
			if err := errors.Join(err, w.Blobs.Delete(t.Context(), info.Key)); err != nil {
				t.Fatal(err)
			}
		}
		if r := w.get("/shoe", q); r.hot || r.err != nil || r.Body.String() != first.Body.String() {
			t.Errorf("hot %v, %v, %q", r.hot, r.err, r.Body)
		}
	})
}

func TestUnstoredRenditionsAreServed(t *testing.T) {
	t.Parallel()
	for name, limit := range map[string]int64{"large": 1, "small": 1 << 20} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(c *Config) { c.BodyBytes = limit })
			w.Put(renditiontest.Image("shoe"), []byte("A"))
			w.Blobs.OnPut = func(string) error { return media.Errorf(media.NoSpace, "The store is full") }
			q := w.named("shoe")
			q.Chain = width(10, "png")
			if r := w.get("/shoe", q); r.err != nil || !strings.HasPrefix(r.Body.String(), "png 10x8") {
				t.Fatalf("%v %q", r.err, r.Body)
			}
			if r := w.get("/shoe", q); r.err != nil || r.hot != (name == "small") || !strings.HasPrefix(r.Body.String(), "png 10x8") {
				t.Errorf("again: hot %v, %v", r.hot, r.err)
			}
		})
	}
}
