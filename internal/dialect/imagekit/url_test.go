package imagekit

import (
	"errors"
	"flag"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tintype/internal/account"
	"tintype/internal/delivery"
	"tintype/internal/media"
	"tintype/internal/transform"
)

var updateURLs = flag.Bool("update-urls", false, "rewrite testdata/urls from what the parser says; look at the difference")

// testKeys are the keys of the account that the URLs of testdata are read for.
var testKeys = []media.Key{
	{ID: "public_a", Secret: "private_key_another"},
	{ID: "public_b", Secret: "private_key_test", Name: "the one of the vendor's test vectors"},
	{ID: "public_c", Secret: "private_key_gone", Disabled: true},
}

// testNow is a moment between the expiries that the URLs of testdata have.
var testNow = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func testEndpoint(t testing.TB) account.Endpoint {
	t.Helper()
	acc, err := account.New(media.Account{ID: "demo", Keys: testKeys})
	if err != nil {
		t.Fatal(err)
	}
	return account.Endpoint{Prefix: "/ik/demo", Dialect: Name, Account: acc}
}

// parse reads a URL after the endpoint's prefix; headers are "name: value"
// behind it, each after " | ".
func parse(t testing.TB, line string) (delivery.Request, error) {
	t.Helper()
	target, rest, more := strings.Cut(line, " | ")
	r := httptest.NewRequest("GET", "/ik/demo"+target, nil)
	for more {
		var header string
		header, rest, more = strings.Cut(rest, " | ")
		name, value, _ := strings.Cut(header, ": ")
		r.Header.Set(name, value)
	}
	d := New(Config{Now: func() time.Time { return testNow }})
	return d.Parse(r, testEndpoint(t))
}

// describe writes what a URL says the way testdata holds it.
func describe(t testing.TB, line string) string {
	q, err := parse(t, line)
	if err != nil {
		return fmt.Sprintf("error %s: %s", media.CodeOf(err), media.MessageOf(err))
	}
	var b strings.Builder
	text := q.Chain.String()
	if q.Chain.Empty() {
		text = "original"
	}
	fmt.Fprintln(&b, text)
	for i, ref := range q.Refs {
		if ref.Access == media.Public || i == 0 || q.Refs[i-1].Name != ref.Name {
			fmt.Fprintf(&b, "%s %q", ref.Kind, ref.Name)
			if ref.Access != media.Public {
				fmt.Fprintf(&b, " %s", ref.Access)
			}
			if i+1 == len(q.Refs) || q.Refs[i+1].Name != ref.Name || q.Refs[i+1].Kind != ref.Kind {
				b.WriteString(" public only")
			}
			b.WriteByte('\n')
		}
	}
	if q.Rules.Matte.A != 0 && q.Rules.Matte != transform.Black {
		fmt.Fprintln(&b, "matte", q.Rules.Matte)
	}
	if q.Hints != 0 {
		fmt.Fprintln(&b, "by hints")
	}
	if q.Signed {
		fmt.Fprint(&b, "signed")
		if !q.Until.IsZero() {
			fmt.Fprintf(&b, " until %d", q.Until.Unix())
		}
		b.WriteByte('\n')
	}
	if q.Attachment {
		fmt.Fprintf(&b, "attachment %q\n", q.Download)
	}
	return strings.TrimSpace(b.String())
}

const rule = "\n----\n"

// TestURLs reads every URL of testdata/urls. A file holds cases, separated by
// blank lines: the URL after the endpoint, a line of dashes, what it means.
func TestURLs(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/urls/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	total := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var rewritten []string
		for _, c := range strings.Split(strings.TrimSpace(string(text)), "\n\n") {
			line, want, _ := strings.Cut(c+"\n", rule)
			line = strings.TrimSpace(line)
			if strings.HasPrefix(line, "#") {
				rewritten = append(rewritten, c)
				continue
			}
			got := describe(t, line)
			rewritten = append(rewritten, line+rule+got)
			total++
			if want = strings.TrimSpace(want); got != want && !*updateURLs {
				t.Errorf("%s: %s\n got: %s\nwant: %s", filepath.Base(file), line, got, want)
			}
		}
		if *updateURLs {
			if err := os.WriteFile(file, []byte(strings.Join(rewritten, "\n\n")+"\n"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	if total < 150 {
		t.Errorf("only %d URLs", total)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	for what, line := range map[string]string{
		"url":            "/a.jpg?v=" + strings.Repeat("a", maxURL),
		"transformation": "/a.jpg?tr=" + strings.Repeat("a", maxText+1),
		"parameters":     "/a.jpg?tr=w-1" + strings.Repeat(",a", maxTokens),
		"steps":          "/a.jpg?tr=w-1" + strings.Repeat(":w-1", maxSteps),
		"nested blocks":  "/a.jpg?tr=" + strings.Repeat("l-image,i-a,", maxNesting+1) + strings.Repeat("l-end,", maxNesting+1),
	} {
		_, err := parse(t, line)
		var limit *media.LimitError
		if !errors.As(err, &limit) || limit.What != what || limit.Got <= limit.Max {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestTokens takes the example of the reference for the nesting of blocks apart.
func TestTokens(t *testing.T) {
	t.Parallel()
	c, err := parseChain("w-400:l-image,i-a@@b.png,w-bw_div_2:rt-90,l-text,i-x%2Cy,lfo-top,l-end,l-end:fl-h")
	if err != nil || len(c) != 3 || len(c[1]) != 1 || c[1][0].layer == nil {
		t.Fatalf("%v, %v", c, err)
	}
	body := c[1][0].layer.body
	if len(body) != 2 || body.String() != "i-a@@b.png,w-bw_div_2:rt-90,l-text,i-x%2Cy,lfo-top,l-end" || body[1][1].layer.kind != "text" {
		t.Errorf("%q", body)
	}
	if c[2].String() != "fl-h" {
		t.Errorf("%q", c[2])
	}
}

func (s step) String() string { return chain{s}.String() }

func TestQueryText(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"w-1,h-2":             "w-1,h-2",
		"w-1%2Ch-2":           "w-1,h-2",
		"w-1%2ch-2%3arr+1":    "w-1,h-2:rr 1",
		"w-1,i-a%2Cb":         "w-1,i-a%2Cb",
		"w-1:i-a%2Cb":         "w-1:i-a%2Cb",
		"i-a%20b":             "i-a%20b",
		"l-text%2Ci-a%2520b":  "l-text,i-a%20b",
		"l-text%2Ci-50%%2C":   "l-text%2Ci-50%%2C",
		"l-text%2Ci-a%252Cb":  "l-text,i-a%2Cb",
		"w-1%2Cl-image%3Aa+b": "w-1,l-image:a b",
	} {
		if got := queryText(raw); got != want {
			t.Errorf("%q: %q, want %q", raw, got, want)
		}
	}
}

// TestEveryKeyCounts checks that no key of the query that changes an answer
// is hidden from an index of answers.
func TestEveryKeyCounts(t *testing.T) {
	t.Parallel()
	for _, query := range []string{"tr=w-1", "ik-attachment=true", "ik-obj-version=1", "ik-s=0"} {
		key, _, _ := strings.Cut(query, "=")
		found := false
		for _, name := range QueryParams() {
			found = found || name == key
		}
		if plain := describe(t, "/a.jpg"); !found || plain == describe(t, "/a.jpg?"+query) {
			t.Errorf("%s", query)
		}
		if escaped := "/a.jpg?%" + fmt.Sprintf("%x", query[0]) + query[1:]; describe(t, escaped) != describe(t, "/a.jpg") {
			t.Errorf("%s counts", escaped)
		}
	}
}

// FuzzParse reads any URL, builds it again, and reads that: the second
// reading is the first, and what is built from it the same text.
func FuzzParse(f *testing.F) {
	for _, seed := range [][2]string{
		{"/tr:w-400,h-300:rt-90/a/b.jpg", ""},
		{"/a%20b.png", "tr=l-text,i-a%2520%2C/b,l-end:w-1&ik-attachment=true&ik-attachment-filename=x%20y"},
		{"/ik-seo/a/any.jpg", "tr=w-300%2Cl-image%2Ci-a%2Cl-end"},
		{"/tr:if-ar_gt_1,w-1:h-2,if-else,q-1,if-end/tr:n-a_b/%69k-seo/x.gif/ik-thumbnail.jpg", "v=1&tr=pg-2&ik-t=1&ik-s=2"},
		{"/tr:l-image,ie-YQ%3D%3D,l-image,i-ik_canvas,w-bw_div_2,l-end,lx-N10,lap-top,l-end/x", ""},
		{"//tr%3Aw-1%2Ch-2//ik-thumbnail.jpg", "tr=orig-true"},
		{"/tr:w-iw_mul_2_pow_0.5,b-cw_mul_0.05_red,e-gradient-ld-top_left_sp-ih_div_2/x.webp", "tr=fo-face,c-maintain_ratio_no_enlarge,w-1,h-1,dpr-auto"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, path, query string) {
		u, err := splitURL(path, query)
		if err != nil {
			checkError(t, err)
			return
		}
		first, err := readURL(u, hints{DPR: 2, Width: 300})
		if err != nil {
			checkError(t, err)
		} else if err := first.Validate(); err != nil {
			t.Fatalf("%q is read as something invalid: %v", u.Steps, err)
		}
		built := u.String()
		path, query, _ = strings.Cut(built, "?")
		if len(built) > maxURL || len(escapeSteps(u.Steps.String())) > maxText {
			return
		}
		again, err2 := splitURL(path, query)
		if err2 != nil {
			t.Fatalf("%q cannot be read again: %v", built, err2)
		}
		if again.String() != built || again.Name != u.Name || again.Suffix != u.Suffix || again.Filename != u.Filename {
			t.Fatalf("%q is built again as %q", built, again.String())
		}
		second, err2 := readURL(again, hints{DPR: 2, Width: 300})
		if (err == nil) != (err2 == nil) || first.String() != second.String() || first.Default != second.Default {
			t.Fatalf("%q was read as %s, %v, and now as %s, %v", built, first, err, second, err2)
		}
	})
}

func checkError(t *testing.T, err error) {
	t.Helper()
	switch media.CodeOf(err) {
	case media.Invalid, media.Unsupported, media.NotFound, media.TooLarge:
	default:
		t.Fatalf("code %s: %v", media.CodeOf(err), err)
	}
	if m := media.MessageOf(err); m == "" || len(m) > 1000 || strings.ContainsAny(m, "\r\n") {
		t.Fatalf("message %q", m)
	}
}
