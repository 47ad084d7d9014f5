package cloudinary

import (
	"net/http"
	"net/http/httptest"
	"reflect"
	"testing"

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
	if got, want := q.Chain.String(), "resize(cover,10x10)|output(auto,space=srgb)"; got != want {
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
		"/demo/image/authenticated/s--v2fTPYTu--/v1/sample.jpg":           0,
		"/demo/image/authenticated/s--v2fTPYTv--/v1/sample.jpg":           media.Unauthorized,
		"/demo/image/upload/s--v2fTPYTv--/sample.jpg":                     media.Unauthorized,
		"/demo/image/upload/s--v2f--/sample.jpg":                          media.Unauthorized,
		"/demo/image/upload/s--v2fTPYTu--/w_abc/sample.jpg":               media.Unauthorized,
		"/demo/image/fetch/s--hH_YcbiS--/http://google.com/path/to/a.png": media.Unsupported,
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
