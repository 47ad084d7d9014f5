package uploadcare

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http/httptest"
	"testing"
	"time"

	"tintype/internal/account"
	"tintype/internal/media"
)

// The secret and the codes below are the vendor's published vectors.
const (
	vectorSecret = "73636b61519adede42191efe1e73f02a67c7b692e3765f90c250c230be095211"
	vectorExp    = 1633997100
)

const other = "/0123abcd-7cd8-4861-8b05-126fef7a6994/"

func mac(t *testing.T, message string) string {
	t.Helper()
	secret, err := hex.DecodeString(vectorSecret)
	if err != nil {
		t.Fatal(err)
	}
	h := hmac.New(sha256.New, secret)
	h.Write([]byte(message))
	return hex.EncodeToString(h.Sum(nil))
}

func TestToken(t *testing.T) {
	t.Parallel()
	const u = "/" + fileUUID + "/"
	const (
		exact    = "exp=1633997100~acl=" + u + "~hmac=81852547d9dbd9eefd24bee2cada6eab02244b9013533bc8511511923098df72"
		below    = "exp=1633997100~acl=" + u + "*~hmac=b2c7526a29d0588b121aa78bc2b2c9399bfb6e1cad3d95397efed722fdbc5a78"
		deep     = "exp=1633997100~acl=" + u + "-/resize/640x/other/transformations/~hmac=a3ae2b3e3adfcb5d41ca753598e19d17264ac87d2b0b828ccdac5136e63f2f1a"
		bare     = "exp=1633997100~hmac=25c485fd7f85c19704013673c80d2a86df1b4241fb44cdfa7b7762cb27ef3f57"
		allGone  = "exp=1~acl=/*~hmac="
		anything = "exp=1633997100~acl=/*~hmac="
	)
	for _, c := range []struct{ name, path, query, want string }{
		{"exact", u, "token=" + exact, "ok"},
		{"exact, mounted", "/uc/demo" + u, "token=" + exact, "ok"},
		{"exact does not cover operations", u + "-/preview/", "token=" + exact, "The token is not valid for this URL"},
		{"star", u, "token=" + below, "ok"},
		{"star covers operations", u + "-/preview/", "token=" + below, "ok"},
		{"star of another file", other, "token=" + below, "The token is not valid for this URL"},
		{"operations", u + "-/resize/640x/other/transformations/", "token=" + deep, "Operation resize takes one argument, not 3"},
		{"operations elsewhere", u + "-/resize/650x/", "token=" + deep, "The token is not valid for this URL"},
		{"no acl", u, "token=" + bare, "ok"},
		{"no acl, another path", u + "a.jpg", "token=" + bare, "The token is not valid for this URL"},
		{"escaped as a whole", u, "token=exp%3D1633997100~acl%3D%2F" + fileUUID + "%2F~hmac%3D81852547d9dbd9eefd24bee2cada6eab02244b9013533bc8511511923098df72", "ok"},
		{"among others", u, "a=b&token=" + exact + "&c", "ok"},
		{"upper case", u, "token=exp=1633997100~acl=" + u + "~hmac=81852547D9DBD9EEFD24BEE2CADA6EAB02244B9013533BC8511511923098DF72", "ok"},
		{"whole account", u, "token=" + anything + mac(t, "exp=1633997100~acl=/*"), "ok"},
		{"expired", u, "token=" + allGone + mac(t, "exp=1~acl=/*"), "The token has expired"},
		{"expired and forged", u, "token=" + allGone + mac(t, "exp=2~acl=/*"), "The token is not valid for this URL"},
		{"forged time", u, "token=exp=1633997101~acl=" + u + "~hmac=81852547d9dbd9eefd24bee2cada6eab02244b9013533bc8511511923098df72", "The token is not valid for this URL"},
		{"cut off", u, "token=" + exact[:len(exact)-1], "The token is not well formed"},
		{"empty", u, "token=", "The token is not well formed"},
		{"no expiry", u, "token=acl=/*~hmac=" + mac(t, "acl=/*"), "The token is not well formed"},
		{"two tokens", u, "token=" + exact + "&token=" + exact, "The URL has two tokens"},
		{"none", u, "", "ok, not signed"},
		{"another name is none", u, "%74oken=" + exact, "ok, not signed"},
		{"comma and tilde", u + "-/crop/10x10/1,2/~a.jpg", "token=exp=1633997100~hmac=" +
			mac(t, "exp=1633997100~url=%2f"+fileUUID+"%2f-%2fcrop%2f10x10%2f1,2%2f%7ea.jpg"), "ok"},
		{"tilde in acl", "/" + fileUUID + "~2/", "token=exp=1633997100~acl=/" + fileUUID + "%7e2/~hmac=" +
			mac(t, "exp=1633997100~acl=/"+fileUUID+"%7e2/"), "ok"},
	} {
		got := parseAt(t, c.path, c.query, nil)
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// parseAt tells what Parse makes of a URL a minute before the vectors end.
func parseAt(t *testing.T, path, query string, protected func(media.AccountID) bool) string {
	t.Helper()
	d, err := New(Config{
		Now:       func() time.Time { return time.Unix(vectorExp-60, 0) },
		Protected: protected,
	})
	if err != nil {
		t.Fatal(err)
	}
	a, err := account.New(media.Account{ID: "demo", Keys: []media.Key{
		{ID: "1", Secret: "not hexadecimal"},
		{ID: "2", Secret: "abcdef"},
		{ID: "3", Secret: vectorSecret},
	}})
	if err != nil {
		t.Fatal(err)
	}
	e := account.Endpoint{Account: a}
	if len(path) > 8 && path[:8] == "/uc/demo" {
		e.Prefix = "/uc/demo"
	}
	q, err := d.Parse(httptest.NewRequest("GET", path+"?"+query, nil), e)
	switch {
	case err != nil:
		return media.MessageOf(err)
	case !q.Signed:
		return "ok, not signed"
	case !q.Until.Equal(time.Unix(vectorExp, 0)):
		return "ends at " + q.Until.String()
	}
	return "ok"
}

func TestTokenKeys(t *testing.T) {
	t.Parallel()
	tok, ok := readToken("exp=1633997100~acl=/*~hmac=" + mac(t, "exp=1633997100~acl=/*"))
	if !ok {
		t.Fatal("not read")
	}
	now := time.Unix(vectorExp-1, 0)
	if _, err := tok.check([]string{"/x/"}, []media.Key{{Secret: vectorSecret}}, now); err != nil {
		t.Error(err)
	}
	if _, err := tok.check([]string{"/x/"}, []media.Key{{Secret: vectorSecret, Disabled: true}}, now); media.CodeOf(err) != media.Forbidden {
		t.Errorf("a disabled key signs: %v", err)
	}
	if _, err := tok.check([]string{"/x/"}, nil, now); media.CodeOf(err) != media.Forbidden {
		t.Errorf("no key signs: %v", err)
	}
	if _, err := tok.check([]string{"/x/"}, []media.Key{{Secret: vectorSecret}}, now.Add(time.Second)); media.CodeOf(err) != media.Forbidden {
		t.Errorf("valid at its very end: %v", err)
	}
}

// An empty secret would be everybody's.
func TestEmptySecretSignsNothing(t *testing.T) {
	t.Parallel()
	h := hmac.New(sha256.New, nil)
	h.Write([]byte("exp=1633997100~acl=/*"))
	tok, _ := readToken("exp=1633997100~acl=/*~hmac=" + hex.EncodeToString(h.Sum(nil)))
	if _, err := tok.check([]string{"/x/"}, []media.Key{{Secret: ""}}, time.Unix(0, 0)); err == nil {
		t.Error("signed by nobody")
	}
}

func TestProtected(t *testing.T) {
	t.Parallel()
	demo := func(id media.AccountID) bool { return id == "demo" }
	if got := parseAt(t, "/"+fileUUID+"/", "", demo); got != "The URL takes a token" {
		t.Error(got)
	}
	token := "token=exp=1633997100~acl=/*~hmac=" + mac(t, "exp=1633997100~acl=/*")
	if got := parseAt(t, "/"+fileUUID+"/", token, demo); got != "ok" {
		t.Error(got)
	}
	if got := parseAt(t, "/"+fileUUID+"/", "", func(id media.AccountID) bool { return id == "shop" }); got != "ok, not signed" {
		t.Error(got)
	}
}

// FuzzToken: nothing panics, and nothing but the right code is valid.
func FuzzToken(f *testing.F) {
	f.Add("exp=1633997100~acl=/*~hmac=b2c7526a29d0588b121aa78bc2b2c9399bfb6e1cad3d95397efed722fdbc5a78", "/a/")
	f.Add("token=exp=1633997100~hmac=25c485fd7f85c19704013673c80d2a86df1b4241fb44cdfa7b7762cb27ef3f57", "/"+fileUUID+"/")
	f.Add("exp%3D1%7Eacl%3D", "/%7e")
	f.Fuzz(func(t *testing.T, query, path string) {
		tok, there, err := tokenOf("token=" + query)
		if !there {
			t.Fatal("there is a token")
		}
		if err != nil {
			if media.CodeOf(err) != media.Forbidden {
				t.Fatal(err)
			}
			return
		}
		secret := "00112233445566778899aabbccddeeff" // of nobody who signed a seed
		if _, err := tok.check([]string{path}, []media.Key{{Secret: secret}}, time.Unix(0, 0)); media.CodeOf(err) != media.Forbidden {
			t.Fatalf("%q is valid: %v", query, err)
		}
	})
}
