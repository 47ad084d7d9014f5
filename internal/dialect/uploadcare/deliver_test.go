package uploadcare

import (
	"net/http/httptest"
	"testing"

	"tintype/internal/account"
	"tintype/internal/delivery"
	"tintype/internal/media"
)

func TestParse(t *testing.T) {
	t.Parallel()
	d := newDialect(t)
	a, err := account.New(media.Account{ID: "demo"})
	if err != nil {
		t.Fatal(err)
	}
	for _, prefix := range []string{"", "/uc/demo"} {
		r := httptest.NewRequest("GET", prefix+"/"+fileUUID+"/-/preview/300x300/-/inline/no/a%20b.jpg?x=1", nil)
		r.Header.Set("Accept", "image/webp,*/*")
		q, err := d.Parse(r, account.Endpoint{Prefix: prefix, Account: a})
		if err != nil {
			t.Fatal(err)
		}
		if q.Account != a || len(q.Refs) != 1 || q.Refs[0] != (media.Ref{ID: media.AssetID(fileID)}) {
			t.Errorf("%s: %+v", prefix, q.Refs)
		}
		if got := q.Chain.String(); got != "resize(inside,300x300,limit=reduce)|output(auto,q=70,frames=first)" {
			t.Errorf("%s: %s", prefix, got)
		}
		if !q.Attachment || q.Download != "a b.jpg" || q.Signed || !q.Until.IsZero() || q.Client.Formats != delivery.WebP {
			t.Errorf("%s: %+v", prefix, q)
		}
	}
	_, err = d.Parse(httptest.NewRequest("GET", "/"+fileUUID+"/-/foo/", nil), account.Endpoint{Account: a})
	if media.CodeOf(err) != media.Invalid {
		t.Errorf("unknown operation: %v", err)
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	if _, err := New(Config{MaxSide: -1}); err == nil {
		t.Error("a negative limit is accepted")
	}
	d, err := New(Config{MaxSide: 100})
	if err != nil {
		t.Fatal(err)
	}
	if d.limits() != (limits{100, 5000}) || d.Name() != "uploadcare" {
		t.Errorf("%+v %s", d.limits(), d.Name())
	}
	if prefixes, h := d.API(); prefixes != nil || h != nil {
		t.Error("there is no API")
	}
	a, err := account.New(media.Account{ID: "demo"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = d.Parse(httptest.NewRequest("GET", "/"+fileUUID+"/-/resize/101x/", nil), account.Endpoint{Account: a})
	if media.CodeOf(err) != media.Invalid {
		t.Errorf("over the limit: %v", err)
	}
}

// Under strict transformations operations take a token.
func TestStrictMode(t *testing.T) {
	t.Parallel()
	a, err := account.New(media.Account{ID: "demo"},
		media.Setting{Kind: account.KindOptions, Name: account.OptionsName, Body: []byte(`{"strict":true}`)})
	if err != nil {
		t.Fatal(err)
	}
	d := newDialect(t)
	for path, ok := range map[string]bool{
		"/": true, "/a.jpg": true, "/-/resize/10x/": false, "/-/json/": false, "/-/inline/no/a.jpg": false,
	} {
		_, err := d.Parse(httptest.NewRequest("GET", "/"+fileUUID+path, nil), account.Endpoint{Account: a})
		if (err == nil) != ok || err != nil && media.CodeOf(err) != media.Forbidden {
			t.Errorf("%s: %v", path, err)
		}
	}
}
