package delivery

import (
	"net/http"
	"testing"

	"tintype/internal/media"
	"tintype/internal/rendition/renditiontest"
	"tintype/internal/transform"
)

func TestKeepPairs(t *testing.T) {
	for uri, want := range map[string]string{
		"/a":                         "/a",
		"/a?":                        "/a",
		"/a?v=1":                     "/a",
		"/a?size=9":                  "/a?size=9",
		"/a?size=9&":                 "/a?size=9",
		"/a?size=9&mode":             "/a?size=9&mode",
		"/a?v=1&size=9&w&mode=x":     "/a?size=9&mode=x",
		"/a?mode=x&size=9":           "/a?mode=x&size=9",
		"/a?size=9&size=9":           "/a?size=9&size=9",
		"/a?&&size=9?&":              "/a?size=9?",
		"/a?sizes=9&%73ize=1&x=size": "/a",
	} {
		got, ok := hotPath(&http.Request{Method: "GET", RequestURI: uri}, nil, []string{"size", "mode"})
		if !ok || got != want {
			t.Errorf("%q: %q %v, want %q", uri, got, ok, want)
		}
	}
	r := &http.Request{Method: "GET", RequestURI: "/a?size=9&mode=x"}
	if n := testing.AllocsPerRun(100, func() { hotPath(r, nil, []string{"size", "mode"}) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// Requests that differ in a parameter that counts are different requests to
// the hot index; others are one.
func TestQueryParams(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *Config) { c.QueryParams = []string{"size"} })
	w.Put(renditiontest.Image("shoe"), []byte("A"))
	small, large := w.named("shoe"), w.named("shoe")
	small.Chain, large.Chain = width(10, "webp"), width(20, "webp")
	for range 2 {
		for target, q := range map[string]Request{"/shoe?size=s": small, "/shoe?size=l": large} {
			want := "webp 10x8"
			if target == "/shoe?size=l" {
				want = "webp 20x15"
			}
			if r := w.get(target, q); r.err != nil || r.Body.String()[:len(want)] != want {
				t.Errorf("%s: hot %v, %v, %q", target, r.hot, r.err, r.Body)
			}
		}
	}
	if r := w.get("/shoe?v=7&size=s", small); !r.hot {
		t.Error("a parameter that does not count made another request")
	}
	if r := w.get("/shoe", w.named("shoe")); r.hot || r.Body.String() != "A" {
		t.Errorf("without the parameter: hot %v, %q", r.hot, r.Body)
	}
}

func TestRulesNegotiate(t *testing.T) {
	t.Parallel()
	steps := []transform.Step{transform.Grayscale{}}
	for _, c := range []struct {
		rules   Rules
		format  string
		accepts Formats
		want    string
		steps   int
	}{
		{Rules{}, "webp", 0, "jpeg", 1},
		{Rules{KeepFormat: true}, "webp", 0, "webp", 1},
		{Rules{KeepFormat: true}, "png", 0, "png", 1},
		{Rules{KeepFormat: true}, "tiff", 0, "jpeg", 1},
		{Rules{KeepFormat: true}, "png", WebP, "webp", 1},
		{Rules{KeepFormat: true, Offer: WebP}, "png", AVIF, "png", 1},
		{Rules{KeepFormat: true, Offer: WebP}, "jpeg", AVIF | WebP, "webp", 1},
		{Rules{KeepFormat: true}, "svg", AVIF | WebP, "svg", 0},
		{Rules{}, "svg", WebP, "webp", 1},
	} {
		in := transform.Transformation{Steps: steps, Output: transform.Output{Format: transform.Auto, Quality: 50}}
		got := c.rules.negotiate(in, media.Info{Format: c.format, Pages: 1}, c.accepts)
		if got.Output.Format != c.want || len(got.Steps) != c.steps {
			t.Errorf("%+v, %s, accepts %b: %s, want %s", c.rules, c.format, c.accepts, got, c.want)
		}
	}
}

func TestMatte(t *testing.T) {
	t.Parallel()
	black := Rules{Matte: transform.Black}
	round := transform.Transformation{Steps: []transform.Step{transform.Round{Ellipse: true}}}
	as := func(t transform.Transformation, format string) transform.Transformation {
		t.Output.Format = format
		return t
	}
	for _, c := range []struct {
		rules Rules
		chain transform.Transformation
		info  media.Info
		want  string
	}{
		{black, as(round, "jpeg"), media.Info{Format: "png"}, "round(ellipse)|flatten(#000000)|output(jpeg)"},
		{black, round, media.Info{Format: "jpeg"}, "round(ellipse)|flatten(#000000)"},
		{black, as(round, "png"), media.Info{Format: "jpeg"}, "round(ellipse)|output(png)"},
		{Rules{}, as(round, "jpeg"), media.Info{}, "round(ellipse)|output(jpeg)"},
		{black, as(transform.Transformation{}, "jpeg"), media.Info{Format: "png", Alpha: true}, "flatten(#000000)|output(jpeg)"},
		{black, as(transform.Transformation{}, "jpeg"), media.Info{Format: "jpeg"}, "output(jpeg)"},
	} {
		if got := c.rules.settled(c.chain, c.info).String(); got != c.want {
			t.Errorf("%s: %s, want %s", c.chain, got, c.want)
		}
	}
	if len(round.Steps) != 1 || cap(round.Steps) != 1 {
		t.Error("the chain was changed")
	}
}

func TestRulesForOtherFilesAndSecrets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	secret := renditiontest.Image("secret")
	secret.Access = media.Authenticated
	w.Put(secret, []byte("S"))
	w.Put(renditiontest.Raw("notes.txt", "txt"), []byte("T"))
	ask := func(kind media.Kind, name string, rules Rules) Request {
		q := Request{Account: w.acc, Chain: width(10, transform.Auto), Rules: rules}
		for _, access := range []media.Access{media.Public, media.Authenticated} {
			q.Refs = append(q.Refs, media.Ref{Kind: kind, Access: access, Name: name})
		}
		return q
	}
	both := Rules{ImagesOnly: true, Told: true}
	if r := w.get("/1", ask(media.KindRaw, "notes.txt", both)); r.err != nil || r.Body.String() != "T" {
		t.Errorf("a text: %v %q", r.err, r.Body)
	}
	if r := w.get("/2", ask(media.KindRaw, "notes.txt", Rules{})); media.CodeOf(r.err) != media.Unsupported {
		t.Errorf("a text to be transformed: %v", r.err)
	}
	for i, c := range []struct {
		name   string
		rules  Rules
		signed bool
		want   media.Code
	}{
		{"secret", both, false, media.Unauthorized},
		{"none", both, false, media.NotFound},
		{"none", both, true, media.NotFound},
		{"none", Rules{}, false, media.Unauthorized},
	} {
		q := ask(media.KindImage, c.name, c.rules)
		q.Signed = c.signed
		// What comes later does not take the place of what may not be had.
		if c.name == "secret" {
			q.Refs = append(q.Refs, media.Ref{Kind: media.KindRaw, Access: media.Public, Name: "notes.txt"})
		}
		if r := w.get("/3", q); r.err == nil || media.CodeOf(r.err) != c.want {
			t.Errorf("%d: %v, want %s", i, r.err, c.want)
		}
	}
	q := ask(media.KindImage, "secret", both)
	q.Signed = true
	if r := w.get("/4", q); r.err != nil || r.Code != 200 {
		t.Errorf("signed: %v", r.err)
	}
}
