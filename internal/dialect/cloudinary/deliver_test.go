package cloudinary

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"tintype/internal/account"
	"tintype/internal/delivery"
	"tintype/internal/media"
)

func testEndpoint(t *testing.T, prefix string) account.Endpoint {
	t.Helper()
	a, err := account.New(media.Account{ID: "demo", Keys: testKeys})
	if err != nil {
		t.Fatal(err)
	}
	return account.Endpoint{Prefix: prefix, Dialect: Name, Account: a}
}

func TestParse(t *testing.T) {
	t.Parallel()
	e := testEndpoint(t, "/demo")
	r := httptest.NewRequest(http.MethodGet, "http://media.test/demo/image/upload/c_fill,w_10,h_10/f_auto/fl_attachment:x/v1/a%20b.jpg?_a=BAMAABDS0", nil)
	r.Header.Set("Accept", "image/avif,image/webp,*/*")
	q, err := new(Dialect).Parse(r, e)
	if err != nil {
		t.Fatal(err)
	}
	if want := []media.Ref{{Kind: media.KindImage, Access: media.Public, Name: "a b"}}; !reflect.DeepEqual(q.Refs, want) {
		t.Errorf("refs are %v", q.Refs)
	}
	if got, want := q.Chain.String(), "resize(cover,10x10)|output(auto)"; got != want {
		t.Errorf("chain is %s", got)
	}
	if q.Account != e.Account || q.Signed || !q.Attachment || q.Download != "x" || q.Personal || !q.Until.IsZero() {
		t.Errorf("request is %+v", q)
	}
	if want := (delivery.Client{Formats: delivery.AVIF | delivery.WebP}); q.Client != want {
		t.Errorf("client is %+v", q.Client)
	}
}

func TestParsePrefix(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ prefix, path, want string }{
		{"/demo", "/demo/image/upload/a.jpg", "a"},
		{"/demo", "//demo//image/upload/a.jpg", "a"},
		{"/demo", "/demo/demo/a.jpg", "demo/a"},
		{"", "/image/upload/a.jpg", "a"},
		{"", "/a.jpg", "a"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.URL.Path = c.path
		q, err := new(Dialect).Parse(r, testEndpoint(t, c.prefix))
		if err != nil || q.Refs[0].Name != c.want {
			t.Errorf("%s after %s: %+v, %v", c.path, c.prefix, q.Refs, err)
		}
	}
}

func TestParseSigned(t *testing.T) {
	t.Parallel()
	e := testEndpoint(t, "/demo")
	for path, want := range map[string]media.Code{
		"/demo/image/authenticated/s--v2fTPYTu--/v1/sample.jpg":               0,
		"/demo/image/authenticated/s--v2fTPYTv--/v1/sample.jpg":               media.Unauthorized,
		"/demo/image/upload/s--v2fTPYTv--/sample.jpg":                         media.Unauthorized,
		"/demo/image/upload/s--v2f--/sample.jpg":                              media.Unauthorized,
		"/demo/image/upload/s--v2fTPYTu--/w_abc/sample.jpg":                   media.Unauthorized,
		"/demo/image/fetch/s--hH_YcbiS--/http://google.com/path/to/image.png": 0,
		"/demo/image/fetch/s--hH_YcbiS--/http://google.com/path/to/a.png":     media.Unauthorized,
	} {
		q, err := new(Dialect).Parse(httptest.NewRequest(http.MethodGet, path, nil), e)
		if want == 0 {
			if err != nil || !q.Signed {
				t.Errorf("%s: signed is %v, %v", path, q.Signed, err)
			}
		} else if err == nil || media.CodeOf(err) != want {
			t.Errorf("%s: %v, want %s", path, err, want)
		}
	}
}

func TestParseRawDownload(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/raw/upload/fl_attachment:report/v1/a.docx":            "report.docx",
		"/raw/upload/fl_attachment:report%252Edoc/v1/a.docx":    "report.doc",
		"/raw/upload/fl_attachment/v1/a.docx":                   "",
		"/raw/upload/fl_attachment:report/v1/a":                 "report",
		"/image/upload/fl_attachment:picture/v1/a.jpg":          "picture",
		"/video/upload/fl_streaming_attachment:film/v1/dog.mp4": "film",
	} {
		q, err := new(Dialect).Parse(httptest.NewRequest(http.MethodGet, path, nil), testEndpoint(t, ""))
		if err != nil || q.Download != want || !q.Attachment || len(q.Chain.Steps) != 0 {
			t.Errorf("%s: download is %q, %v", path, q.Download, err)
		}
	}
}

func TestParseHints(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		path   string
		header http.Header
		want   string
	}{
		{"w_auto,c_scale", http.Header{"Width": {"420"}}, "resize(inside,500x)"},
		{"w_auto:50", http.Header{"Sec-Ch-Width": {"401"}, "Width": {"9"}}, "resize(inside,450x)"},
		{"w_auto/dpr_2.0", http.Header{"Width": {"800"}}, "resize(inside,800x)"}, // 400 at a ratio of 2
		{"dpr_auto,w_auto:100:200", http.Header{"Width": {"900"}, "Sec-Ch-Dpr": {"1.5"}}, "resize(inside,1000x)"},
		{"dpr_auto,w_100", http.Header{"Dpr": {"1.5"}}, "resize(inside,200x)"},
		{"dpr_auto,w_100", nil, "resize(inside,100x)"},
		{"c_limit,w_auto:100:320", nil, "resize(inside,320x,limit=reduce)"},
		{"c_limit,w_auto:100:320", http.Header{"Width": {"junk"}}, "resize(inside,320x,limit=reduce)"},
		{"w_auto:breakpoints", http.Header{"Width": {"420"}}, "resize(inside,450x)"}, // every 50 from 50
		{"w_auto:breakpoints_100_400_20_4", http.Header{"Width": {"201"}}, "resize(inside,300x)"},
		{"w_auto:breakpoints_100_400_20_4", http.Header{"Width": {"2000"}}, "resize(inside,400x)"},
		{"w_auto:breakpoints_100_400_20_4", http.Header{"Width": {"20"}}, "resize(inside,100x)"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/image/upload/"+c.path+"/sample", nil)
		for name, v := range c.header {
			r.Header[name] = v
		}
		q, err := new(Dialect).Parse(r, testEndpoint(t, ""))
		if err != nil || q.Chain.String() != c.want || q.Hints == 0 || q.Personal {
			t.Errorf("%s with %v: %s, hints %b, %v, want %s", c.path, c.header, q.Chain, q.Hints, err, c.want)
		}
	}
}

// TestParseRestricted: a layer that is not public needs a signature of the whole.
func TestParseRestricted(t *testing.T) {
	t.Parallel()
	const path = "l_private:logo/fl_layer_apply"
	e := testEndpoint(t, "")
	_, err := new(Dialect).Parse(httptest.NewRequest(http.MethodGet, "/image/upload/"+path+"/sample", nil), e)
	if media.CodeOf(err) != media.Unauthorized {
		t.Errorf("without a signature: %v", err)
	}
	sig := deliverySignature(path, "sample", "b")
	q, err := new(Dialect).Parse(httptest.NewRequest(http.MethodGet, "/image/upload/s--"+sig+"--/"+path+"/sample", nil), e)
	if err != nil || !q.Signed {
		t.Errorf("with a signature: %v", err)
	}
}

func TestParseToken(t *testing.T) {
	t.Parallel()
	const key = "00112233ff99"
	a, err := account.New(media.Account{ID: "demo", Keys: []media.Key{{ID: "t", Secret: key}}})
	if err != nil {
		t.Fatal(err)
	}
	e := account.Endpoint{Prefix: "/demo", Dialect: Name, Account: a}
	d := &Dialect{cfg: Config{Now: func() time.Time { return time.Unix(1000, 0) }}}
	const path = "/demo/image/authenticated/x.jpg"
	r := httptest.NewRequest(http.MethodGet, path+"?"+TokenParam+"="+makeToken(key, "exp=2000", path), nil)
	q, err := d.Parse(r, e)
	if err != nil || !q.Signed || !q.Personal || q.Until.Unix() != 2000 {
		t.Errorf("%+v, %v", q, err)
	}
	r = httptest.NewRequest(http.MethodGet, path+"?"+TokenParam+"="+makeToken(key, "exp=900", path), nil)
	if _, err = d.Parse(r, e); media.CodeOf(err) != media.Unauthorized {
		t.Errorf("expired: %v", err)
	}
	q, err = d.Parse(httptest.NewRequest(http.MethodGet, path, nil), e)
	if err != nil || q.Signed || q.Personal || !q.Until.IsZero() {
		t.Errorf("without a token: %+v, %v", q, err)
	}
}

func TestParseRemote(t *testing.T) {
	t.Parallel()
	body := json.RawMessage(`{"template":"https://origin.test/base/"}`)
	acc, err := account.New(media.Account{ID: "demo"},
		media.Setting{Account: "demo", Kind: account.KindMapping, Name: "shop", Body: body},
		media.Setting{Account: "demo", Kind: account.KindMapping, Name: "shop/deep", Body: json.RawMessage(`{"template":"https://deep.test/?p="}`)})
	if err != nil {
		t.Fatal(err)
	}
	e := account.Endpoint{Prefix: "/demo", Dialect: Name, Account: acc}
	public := func(name string) media.Ref { return media.Ref{Kind: media.KindImage, Access: media.Public, Name: name} }
	for path, want := range map[string][]delivery.Import{
		"/demo/image/fetch/https://ex.test/a.jpg":                {{As: media.RemoteRef("https://ex.test/a.jpg"), URL: "https://ex.test/a.jpg"}},
		"/demo/image/fetch/w_5/https://ex.test/a?b=c&_a=BAM&d=e": {{As: media.RemoteRef("https://ex.test/a?b=c&d=e"), URL: "https://ex.test/a?b=c&d=e"}},
		"/demo/image/upload/w_5/v1/shop/a%20b/c.jpg":             {{As: public("shop/a b/c"), URL: "https://origin.test/base/a%20b/c.jpg"}},
		"/demo/image/upload/v1/shop/deep/c.png":                  {{As: public("shop/deep/c"), URL: "https://deep.test/?p=c.png"}},
		"/demo/image/upload/v1/shop/deep/c%26q=+d.png":           {{As: public("shop/deep/c&q=+d"), URL: "https://deep.test/?p=c%26q%3D%2Bd.png"}},
		"/demo/image/upload/v1/shopping/c.png":                   nil,
		"/demo/image/private/v1/shop/c.png":                      nil,
	} {
		q, err := new(Dialect).Parse(httptest.NewRequest(http.MethodGet, path, nil), e)
		if err != nil || !reflect.DeepEqual(q.Imports, want) {
			t.Errorf("%s: %+v, %v; want %+v", path, q.Imports, err, want)
		}
		if remote := strings.Contains(path, "/fetch/"); q.Personal || q.Exact != remote {
			t.Errorf("%s: personal is %v, exact %v", path, q.Personal, q.Exact)
		}
		for _, im := range want {
			if len(q.Refs) != 1 || q.Refs[0] != im.As {
				t.Errorf("%s: refs %+v", path, q.Refs)
			}
		}
	}
	for path, want := range map[string]string{
		"/demo/image/upload/d_a:b.png/no.jpg":             "a/b",
		"/demo/image/fetch/d_a.png/https://ex.test/a":     "a",
		"/demo/image/authenticated/s--x--/d_a.png/no.jpg": "",
	} {
		q, err := new(Dialect).Parse(httptest.NewRequest(http.MethodGet, path, nil), e)
		got := ""
		if err == nil && q.Default != nil {
			got = q.Default.Ref.Name
		}
		if got != want {
			t.Errorf("%s: default %q, want %q", path, got, want)
		}
	}
}
