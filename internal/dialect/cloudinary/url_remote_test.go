package cloudinary

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"tintype/internal/account"
	"tintype/internal/media"
)

// Every character of a remote URL that its server gets to see tells it apart.
func TestRemoteURLsStayAsTheyWere(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/image/fetch/https://ex.test/a":                      "https://ex.test/a",
		"/image/fetch/https://ex.test/a/":                     "https://ex.test/a/",
		"/image/fetch/https://ex.test/a//b":                   "https://ex.test/a//b",
		"/image/fetch/https://ex.test/a///b//":                "https://ex.test/a///b//",
		"//image//fetch//w_5//https://ex.test/a//b":           "https://ex.test/a//b",
		"/image/fetch/w_5/v7/https:/ex.test/a//b":             "https://ex.test/a//b",
		"/image/fetch/https%3A%2F%2Fex.test%2Fa%2F%2Fb%2F":    "https://ex.test/a//b/",
		"/image/fetch/https://ex.test/a%252Fb":                "https://ex.test/a%2Fb",
		"/image/fetch/https://ex.test/a%3Fb=https://c.test//": "https://ex.test/a?b=https://c.test//",
		"/image/fetch/https://ex.test":                        "https://ex.test",
		"/image/fetch/https://ex.test/":                       "https://ex.test/",
		"/image/fetch/https://ex.test/a%23b":                  "https://ex.test/a",
	} {
		u, err := splitURL(path)
		if err != nil || len(u.IDs) != 1 || u.IDs[0].PublicID != want {
			t.Errorf("%s: %+v, %v; want %s", path, u.IDs, err, want)
		}
	}
}

// The name of a URL that is too long for one cannot be had by another URL.
func TestLongRemoteURLsShareNoName(t *testing.T) {
	t.Parallel()
	long := "https://ex.test/" + strings.Repeat("x", 2000)
	name := media.RemoteRef(long).Name
	u, err := splitURL("/image/fetch/" + strings.Replace(name, "#", "%23", 1))
	if err != nil {
		t.Fatal(err)
	}
	if got := media.RemoteRef(u.IDs[0].PublicID).Name; got == name {
		t.Errorf("%.40s... has the name of another URL", got)
	}
}

// A signature covers the path: what is written behind it changes nothing.
func TestSignedRemoteURLsTakeNoQuery(t *testing.T) {
	t.Parallel()
	key := media.Key{ID: "k", Secret: "secret"}
	acc, err := account.New(media.Account{ID: "demo", Keys: []media.Key{key}})
	if err != nil {
		t.Fatal(err)
	}
	const source = "https://ex.test/a"
	path := "/demo/image/fetch/s--" + deliverySignature("", source, key.Secret) + "--/" + source + "?b=c"
	q, err := new(Dialect).Parse(httptest.NewRequest(http.MethodGet, path, nil), account.Endpoint{Prefix: "/demo", Account: acc})
	if err != nil || !q.Signed || len(q.Imports) != 1 || q.Imports[0].URL != source {
		t.Errorf("%+v, %v", q.Imports, err)
	}
}
