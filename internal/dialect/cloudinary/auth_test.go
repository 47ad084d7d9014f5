package cloudinary

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"tintype/internal/dialect"
	"tintype/internal/library/librarytest"
)

func TestUploadCredentials(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	old := strconv.FormatInt(s.Clock.Now().Add(-2*time.Hour).Unix(), 10)
	for name, c := range map[string]struct {
		change func(url.Values)
		code   int
		says   string
	}{
		"unsigned":         {func(p url.Values) { p.Del("signature") }, 400, "Upload preset must be specified when using unsigned upload"},
		"unsigned, preset": {func(p url.Values) { p.Del("signature"); p.Set("upload_preset", "x") }, 400, "Upload preset not found"},
		"empty signature":  {func(p url.Values) { p.Set("signature", "") }, 400, "Upload preset must be specified"},
		"wrong":            {func(p url.Values) { p.Set("public_id", "other") }, 401, "Invalid Signature "},
		"added":            {func(p url.Values) { p.Set("overwrite", "false") }, 401, "Invalid Signature "},
		"cut":              {func(p url.Values) { p.Set("signature", p.Get("signature")[:39]) }, 401, "Invalid Signature "},
		"upper case":       {func(p url.Values) { p.Set("signature", strings.ToUpper(p.Get("signature"))) }, 401, "Invalid Signature "},
		"no key":           {func(p url.Values) { p.Del("api_key") }, 400, "Missing required parameter - api_key"},
		"unknown key":      {func(p url.Values) { p.Set("api_key", "999") }, 401, "Unknown API key 999"},
		"another's key":    {func(p url.Values) { p.Set("api_key", "other") }, 401, "Unknown API key other"},
		"another cloud":    {func(p url.Values) { p.Set("cloud_name", "other") }, 401, "cloud_name mismatch"},
		"stale":            {func(p url.Values) { p.Set("timestamp", old) }, 401, "Invalid Signature "},
		"twice":            {func(p url.Values) { p.Add("public_id", "y") }, 400, "Parameter public_id is given more than once"},
	} {
		params := s.sign(values("public_id=x"))
		c.change(params)
		r := s.multipart("image/upload", params, "a.png", boot)
		if r.code != c.code || !strings.Contains(r.message(), c.says) {
			t.Errorf("%s: %d %s", name, r.code, r.body)
		}
		if strings.Contains(r.body, librarytest.Key.Secret) {
			t.Errorf("%s: the secret is shown", name)
		}
	}
	signed := s.sign(values("public_id=x"))
	s.Clock.Add(61 * time.Minute)
	if r := s.multipart("image/upload", signed, "a.png", boot); r.code != 400 || !strings.HasPrefix(r.message(), "Stale request - reported time is 2023-11-14 22:13:20 +0000") {
		t.Errorf("stale: %d %s", r.code, r.body)
	}
	if keys := s.Originals(); len(keys) > 0 {
		t.Errorf("something was stored: %v", keys)
	}
	good := s.sign(values("public_id=x", "tags[]=a", "tags[]=b"))
	good.Set("cloud_name", "demo")
	if r := s.multipart("image/upload", good, "a.png", boot); r.code != 200 {
		t.Errorf("good: %d %s", r.code, r.body)
	}
	for _, action := range []string{"destroy", "rename", "explicit"} {
		if r := s.form("image/"+action, values("public_id=x")); r.code != 400 || !strings.HasPrefix(r.message(), "Missing required parameter - ") {
			t.Errorf("%s without credentials: %d %s", action, r.code, r.body)
		}
	}
}

func TestBasicInPlaceOfSignature(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for secret, code := range map[string]int{librarytest.Key.Secret: 200, "wrong": 401, "": 401} {
		r := httptest.NewRequest("POST", "/v1_1/demo/image/upload?public_id=x", strings.NewReader("file=data:;base64,aW1hZ2UgcG5nIDEgMSAxIAo="))
		r.SetBasicAuth(librarytest.Key.ID, secret)
		if got := s.do(r); got.code != code {
			t.Errorf("%q: %d %s", secret, got.code, got.body)
		}
	}
	r := httptest.NewRequest("POST", "/v1_1/demo/image/destroy", strings.NewReader("public_id=x"))
	r.Header.Set("Authorization", "Bearer abc")
	if got := s.do(r); got.code != 401 || got.message() != "Invalid token" {
		t.Errorf("token: %d %s", got.code, got.body)
	}
}

func TestAdminCredentials(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, c := range []struct{ id, secret, says string }{
		{"", "", "Missing credentials"},
		{"nobody", "x", "unknown api_key"},
		{"other", "other", "unknown api_key"},
		{librarytest.Key.ID, "x", "api_secret mismatch"},
		{librarytest.Key.ID, librarytest.Key.Secret + "x", "api_secret mismatch"},
	} {
		r := httptest.NewRequest("GET", "/v1_1/demo/resources/image", nil)
		if c.id != "" {
			r.SetBasicAuth(c.id, c.secret)
		}
		if got := s.do(r); got.code != 401 || !strings.Contains(got.message(), c.says) {
			t.Errorf("%s: %d %s", c.id, got.code, got.body)
		}
	}
}

func TestGuessingIsSlowedDown(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	try := func(secret, address string) reply {
		r := httptest.NewRequest("GET", "/v1_1/demo/ping", nil)
		r.SetBasicAuth(librarytest.Key.ID, secret)
		r.RemoteAddr = address
		return s.do(r)
	}
	for i := range 10 {
		if r := try("wrong"+strconv.Itoa(i), "192.0.2.1:1000"); r.code != 401 {
			t.Fatalf("try %d: %d %s", i, r.code, r.body)
		}
	}
	if r := try("wrong", "192.0.2.1:1001"); r.code != http.StatusTooManyRequests || r.header.Get("Retry-After") == "" {
		t.Errorf("try 11: %d %v", r.code, r.header)
	}
	if r := try("wrong", "192.0.2.2:1"); r.code != http.StatusTooManyRequests {
		t.Errorf("at the same key from elsewhere: %d %s", r.code, r.body)
	}
	if r := try(librarytest.Key.Secret, "192.0.2.1:1002"); r.code != http.StatusTooManyRequests {
		t.Errorf("the right one from where it was guessed: %d %s", r.code, r.body)
	}
	if r := try(librarytest.Key.Secret, "192.0.2.3:1"); r.code != 200 {
		t.Errorf("the right one from elsewhere: %d %s", r.code, r.body)
	}
	// The signature of an upload counts with the rest.
	params := s.sign(values("public_id=x"))
	params.Set("public_id", "y")
	r := httptest.NewRequest("POST", "/v1_1/demo/image/destroy", strings.NewReader(params.Encode()))
	r.RemoteAddr = "192.0.2.9:1"
	if got := s.do(r); got.code != http.StatusTooManyRequests {
		t.Errorf("a wrong signature: %d %s", got.code, got.body)
	}
	s.Clock.Add(time.Minute)
	if r := try(librarytest.Key.Secret, "192.0.2.1:1002"); r.code != 200 {
		t.Errorf("a minute later: %d %s", r.code, r.body)
	}
}

// Others' wrong tries must not lock anybody out who shares a proxy's address
// with them.
func TestGuessingBehindAnUndeclaredProxy(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	try := func(secret, address, forwarded string) int {
		r := httptest.NewRequest("GET", "/v1_1/demo/ping", nil)
		r.SetBasicAuth(librarytest.Key.ID, secret)
		r.RemoteAddr = address
		if forwarded != "" {
			r.Header.Set("X-Forwarded-For", forwarded)
		}
		return s.do(r).code
	}
	for i := range 12 {
		try("wrong"+strconv.Itoa(i), "127.0.0.1:1000", "198.51.100.1")
		try("wrong"+strconv.Itoa(i), "192.0.2.1:1000", "198.51.100.1")
	}
	if code := try("wrong", "127.0.0.1:1000", "198.51.100.1"); code != http.StatusTooManyRequests {
		t.Errorf("a wrong one: %d", code)
	}
	if code := try(librarytest.Key.Secret, "127.0.0.1:1000", "198.51.100.2"); code != 200 {
		t.Errorf("the right one: %d", code)
	}
	if code := try(librarytest.Key.Secret, "127.0.0.1:1001", "6.6.6.6, 198.51.100.1"); code != http.StatusTooManyRequests {
		t.Errorf("the right one of him who guesses: %d", code)
	}
	if code := try(librarytest.Key.Secret, "192.0.2.1:1000", "198.51.100.2"); code != http.StatusTooManyRequests {
		t.Errorf("the header frees a guesser from afar: %d", code)
	}
}

func TestAddressOfAClient(t *testing.T) {
	t.Parallel()
	for remote, want := range map[string]string{
		"192.0.2.1:5": "192.0.2.1", "[::ffff:192.0.2.1]:5": "192.0.2.1", "[2001:db8:1:2:3::4]:5": "2001:db8:1:2::/64", "@": "@",
	} {
		if got := dialect.Address(&http.Request{RemoteAddr: remote}); got != want {
			t.Errorf("%s counts as %s, want %s", remote, got, want)
		}
	}
}

// The Go library signs numbered values in the order of their numbers as text
// and sends the parts of a form in any order.
func TestNumberedValuesInAnyOrder(t *testing.T) {
	t.Parallel()
	fields := func(order ...string) []dialect.Field {
		var f []dialect.Field
		for _, index := range order {
			f = append(f, dialect.Field{Name: "k", Value: "v" + index, Indexed: true, Index: index})
		}
		return append(f, dialect.Field{Name: "a", Value: "1"}, dialect.Field{Name: "signature", Value: hexSHA1("a=1&k=v0,v1,v10,v2secret")})
	}
	if err := (&Dialect{}).checkSigned(fields("2", "10", "0", "1"), "secret"); err != nil {
		t.Error(err)
	}
	if err := (&Dialect{}).checkSigned(fields("2", "10", "0"), "secret"); err == nil {
		t.Error("a missing value is not noticed")
	}
}
