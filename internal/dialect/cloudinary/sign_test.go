package cloudinary

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"tintype/internal/dialect"
	"tintype/internal/media"
)

func TestDeliverySignature(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ transformation, source, want string }{
		{"c_crop,h_20,w_10", "image.jpg", "Ai4Znfl3"},
		{"", "image.jpg", "--SjmNDA"},
		{"", "sample.jpg", "v2fTPYTu"},
		{"", "sample.jpg", "2hbrSMPO"},
		{"", "sample.jpg", "2hbrSMPOjj5BJ4xV7SgFbRDevFaQNUFf"},
		{"", "http://google.com/path/to/image.png", "hH_YcbiS"},
		{"co_red,l_text:Times_70_bold:Cool%25F0%259F%2598%258D", "image.jpg", "Uqk1a-5W"},
	} {
		if !validDelivery(c.want, c.transformation, c.source, "b") {
			t.Errorf("%s/%s: %s is refused", c.transformation, c.source, c.want)
		}
		for _, wrong := range []string{"", c.want[1:], c.want + "A", strings.ToUpper(c.want), "AAAAAAAA"} {
			if validDelivery(wrong, c.transformation, c.source, "b") {
				t.Errorf("%s/%s: %q is accepted", c.transformation, c.source, wrong)
			}
		}
		if validDelivery(c.want, c.transformation, c.source, "c") || validDelivery(c.want, c.transformation, c.source+"x", "b") {
			t.Errorf("%s: another secret or source is accepted", c.want)
		}
	}
	if got := deliverySignature("c_crop,h_20,w_10", "image.jpg", "b"); got != "Ai4Znfl3" {
		t.Errorf("signature is %s", got)
	}
	if validDelivery(deliverySignature("", "sample.jpg", ""), "", "sample.jpg", "") {
		t.Error("an empty secret signs")
	}
}

// The parameters of the vectors, in an order that is not the signed one.
func vector() []dialect.Field {
	return []dialect.Field{
		{Name: "timestamp", Value: "1700000000"},
		{Name: "public_id", Value: "a/b"},
		{Name: "eager", Value: "c_fit,w_10"},
		{Name: "notification_url", Value: "https://x.test/?p=1&q=2"},
		{Name: "api_key", Value: "123"},
		{Name: "file", Value: "https://x.test/a.jpg"},
		{Name: "resource_type", Value: "image"},
		{Name: "tags", Value: ""},
	}
}

const (
	vectorV1  = "3d2c35ca2877e99a84a208a1b650a8860a25b9c8"
	vectorV2  = "c1cf4305abd0207ae4fe5cdf032fafa284aea617"
	vector256 = "bca575010efafed8f12a0671184c6b5813863427778053fe61242038ae75c1de"
)

func with(fields []dialect.Field, more ...dialect.Field) []dialect.Field {
	return append(append([]dialect.Field{}, fields...), more...)
}

func signature(s string) dialect.Field { return dialect.Field{Name: "signature", Value: s} }

func TestCheckAPISignature(t *testing.T) {
	t.Parallel()
	v1sha256 := sha256.Sum256([]byte(paramsToSign(vector(), false) + "secret"))
	for _, s := range []string{vectorV1, vectorV2, vector256, hex.EncodeToString(v1sha256[:])} {
		if err := checkAPISignature(with(vector(), signature(s)), "secret", signatures{}); err != nil {
			t.Errorf("%s is refused: %v", s, err)
		}
		if err := checkAPISignature(with(vector(), signature(s), dialect.Field{Name: "signature_algorithm", Value: "sha256"}), "secret", signatures{}); err != nil {
			t.Errorf("%s with the algorithm is refused: %v", s, err)
		}
	}
	for name, fields := range map[string][]dialect.Field{
		"none":          vector(),
		"empty":         with(vector(), signature("")),
		"cut":           with(vector(), signature(vectorV1[:39])),
		"other case":    with(vector(), signature(strings.ToUpper(vectorV1))),
		"longer":        with(vector(), signature(vectorV1+"0")),
		"one more":      with(vector(), signature(vectorV1), dialect.Field{Name: "overwrite", Value: "true"}),
		"mode":          with(vector(), signature(vectorV1), dialect.Field{Name: "mode", Value: "x"}),
		"another value": with(vector()[1:], signature(vectorV1), dialect.Field{Name: "timestamp", Value: "1700000001"}),
	} {
		if err := checkAPISignature(fields, "secret", signatures{}); media.CodeOf(err) != media.Unauthorized {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := checkAPISignature(with(vector(), signature(vectorV1)), "", signatures{}); err == nil {
		t.Error("an empty secret signs")
	}
	err := checkAPISignature(with(vector(), signature("abc")), "secret", signatures{})
	want := "Invalid Signature abc. String to sign - 'eager=c_fit,w_10&notification_url=https://x.test/?p=1%26q=2&public_id=a/b&timestamp=1700000000'."
	if media.MessageOf(err) != want {
		t.Errorf("message is %s", media.MessageOf(err))
	}
}

// TestSmuggling: with version 2 an "&" in a value is not another parameter.
func TestSmuggling(t *testing.T) {
	t.Parallel()
	signed := []dialect.Field{{Name: "public_id", Value: "a&tags=x"}}
	sum := hexSHA1(paramsToSign(signed, true) + "secret")
	forged := []dialect.Field{{Name: "public_id", Value: "a"}, {Name: "tags", Value: "x"}, signature(sum)}
	if checkAPISignature(with(signed, signature(sum)), "secret", signatures{}) != nil || checkAPISignature(forged, "secret", signatures{}) == nil {
		t.Error("the escaped signature holds for other parameters")
	}
}

func TestListsAreSignedInOrderOfArrival(t *testing.T) {
	t.Parallel()
	list := func(values ...string) (fields []dialect.Field) {
		for _, v := range values {
			fields = append(fields, dialect.Field{Name: "tags", Value: v, Indexed: true})
		}
		return fields
	}
	sum := hexSHA1("tags=b,a,csecret")
	if err := checkAPISignature(with(list("b", "a", "c"), signature(sum)), "secret", signatures{}); err != nil {
		t.Error(err)
	}
	if checkAPISignature(with(list("a", "b", "c"), signature(sum)), "secret", signatures{}) == nil {
		t.Error("another order is accepted")
	}
}

func TestParameterGivenTwice(t *testing.T) {
	t.Parallel()
	for _, fields := range [][]dialect.Field{
		{{Name: "public_id", Value: "a"}, {Name: "public_id", Value: "b"}},
		{{Name: "public_id", Value: ""}, {Name: "public_id", Value: "b"}},
		{{Name: "tags", Value: "a", Indexed: true}, {Name: "tags", Value: "b"}},
		{{Name: "tags", Value: "a"}, {Name: "tags", Value: "b", Indexed: true}},
		{{Name: "tags", Value: "a", Indexed: true}, {Name: "tags", Value: "b", Indexed: true}, {Name: "tags", Value: "c"}},
		{signature("x"), signature("y")},
		{{Name: "api_key", Value: "1"}, {Name: "api_key", Value: "1"}},
	} {
		valid := signature(hexSHA1(paramsToSign(fields, true) + "secret"))
		if fields[0].Name != "signature" {
			fields = append(fields, valid)
		}
		if err := checkAPISignature(fields, "secret", signatures{}); media.CodeOf(err) != media.Invalid {
			t.Errorf("%v: %v", fields, err)
		}
	}
}

func TestCheckTimestamp(t *testing.T) {
	t.Parallel()
	now := time.Unix(1703027261, 0) // 2023-12-19 23:07:41 UTC
	at := func(s string) []dialect.Field { return []dialect.Field{{Name: "timestamp", Value: s}} }
	for s, want := range map[string]string{
		"1703027261":           "",
		"1703023661":           "",
		"1703028161":           "",
		"1703023660":           "Stale request - reported time is 2023-12-19 22:07:40 +0000 which is more than 1 hour ago",
		"1703028162":           "Stale request - reported time is 2023-12-19 23:22:42 +0000 which is more than 15 minutes ahead",
		"0":                    "Stale request - reported time is 1970-01-01 00:00:00 +0000 which is more than 1 hour ago",
		"":                     "Missing required parameter - timestamp",
		"now":                  "Invalid timestamp - now",
		"-5":                   "Invalid timestamp - -5",
		"1703027261.5":         "Invalid timestamp - 1703027261.5",
		"1703027261000":        "Invalid timestamp - 1703027261000",
		"99999999999999999999": "Invalid timestamp - 99999999999999999999",
	} {
		err := checkTimestamp(at(s), now)
		got := ""
		if err != nil {
			got = media.MessageOf(err)
			if media.CodeOf(err) != media.Invalid {
				t.Errorf("%q: code %s", s, media.CodeOf(err))
			}
		}
		if got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
	if err := checkTimestamp(nil, now); media.CodeOf(err) != media.Invalid {
		t.Errorf("without a timestamp: %v", err)
	}
}

func TestResponseSignature(t *testing.T) {
	t.Parallel()
	if got := responseSignature("a/b", 1700000000, "secret"); got != "55c30d361f17944fee03038517b3a7e94169d262" {
		t.Errorf("signature is %s", got)
	}
}

func FuzzSign(f *testing.F) {
	f.Add("c_fill,w_10", "a%20b.jpg", "b", "v2fTPYTu")
	f.Add("", "image.jpg", "b", "--SjmNDA")
	f.Add("l_text:x:a%252Cb%20c", "a/b", "secret", "2hbrSMPOjj5BJ4xV7SgFbRDevFaQNUFf")
	f.Add("%zz", "%", "", "")
	f.Fuzz(func(t *testing.T, transformation, source, secret, given string) {
		short := deliverySignature(transformation, source, secret)
		if validDelivery(short, transformation, source, secret) != (secret != "") {
			t.Fatalf("our own signature of %q, %q by %q", transformation, source, secret)
		}
		sum := sha256.Sum256([]byte(toSign(strings.ReplaceAll(transformation, "%20", " "), source) + secret))
		long := base64.URLEncoding.EncodeToString(sum[:])[:longSignature]
		if secret != "" && !validDelivery(long, transformation, source, secret) {
			t.Fatalf("the long signature of %q, %q by %q", transformation, source, secret)
		}
		if len(given) != shortSignature && len(given) != longSignature && validDelivery(given, transformation, source, secret) {
			t.Fatalf("%q is accepted", given)
		}
		fields := []dialect.Field{{Name: "public_id", Value: source}, {Name: "eager", Value: transformation}}
		valid := hexSHA1(paramsToSign(fields, true) + secret)
		err := checkAPISignature(with(fields, signature(valid)), secret, signatures{})
		if (err == nil) != (secret != "") {
			t.Fatalf("our own signature of %v by %q: %v", fields, secret, err)
		}
		if given != valid && checkAPISignature(with(fields, signature(given)), secret, signatures{}) == nil &&
			given != hexSHA1(paramsToSign(fields, false)+secret) && len(given) == len(valid) {
			t.Fatalf("%q is accepted for %v", given, fields)
		}
	})
}

func TestStricterSignatures(t *testing.T) {
	t.Parallel()
	fields := func(sig string, value string) []dialect.Field {
		return []dialect.Field{{Name: "a", Value: value}, {Name: "signature", Value: sig}}
	}
	sha := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return hex.EncodeToString(sum[:])
	}
	v1, v2, long := hexSHA1("a=1&b=2s"), hexSHA1("a=1%26b=2s"), sha("a=1%26b=2s")
	for _, c := range []struct {
		name, signature string
		accept          signatures
		ok              bool
	}{
		{"version 1", v1, signatures{}, true},
		{"version 1", v1, signatures{escaped: true}, false},
		{"version 2", v2, signatures{escaped: true}, true},
		{"SHA-1", v2, signatures{sha256: true}, false},
		{"SHA-256", long, signatures{escaped: true, sha256: true}, true},
		{"SHA-256, version 1", sha("a=1&b=2s"), signatures{escaped: true, sha256: true}, false},
	} {
		if err := checkAPISignature(fields(c.signature, "1&b=2"), "s", c.accept); (err == nil) != c.ok {
			t.Errorf("%s with %+v: %v", c.name, c.accept, err)
		}
	}
	if checkAPISignature(fields(hexSHA1("a=1s"), "1"), "s", signatures{escaped: true}) != nil {
		t.Error("a text without & is refused")
	}
}

// A list may come as one bare name several times; nothing else may.
func TestBareListsSeveralTimes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	params := s.sign(values("public_id=x", "tags=a", "tags=b", "allowed_formats=png", "allowed_formats=jpg"))
	if r := s.multipart("image/upload", params, "a.png", boot); r.code != 200 || fmt.Sprint(r.json["tags"]) != "[a b]" {
		t.Errorf("%d %s", r.code, r.body)
	}
	for _, fields := range [][]dialect.Field{
		{{Name: "public_id", Value: "a"}, {Name: "public_id", Value: "b"}},
		{{Name: "tags", Value: "a"}, {Name: "tags", Value: "b", Indexed: true}},
		{{Name: "tags", Value: "a", Indexed: true}, {Name: "tags", Value: "b"}},
	} {
		if checkSpellings(fields) == nil {
			t.Errorf("%v is taken", fields)
		}
	}
}
