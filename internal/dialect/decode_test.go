package dialect

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"tintype/internal/library"
	"tintype/internal/media"
)

// taker stands in for a library: it reads what it is given and keeps it.
type taker struct {
	limit int64
	got   []byte
	calls int
}

func (k *taker) stage(_ context.Context, r io.Reader) (*library.Staged, error) {
	k.calls++
	b, err := io.ReadAll(io.LimitReader(r, k.limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(b)) > k.limit {
		return nil, media.Errorf(media.TooLarge, "too large")
	}
	k.got = b
	return &library.Staged{Size: int64(len(b))}, nil
}

func decode(t testing.TB, method, target, contentType, body string, change ...func(*FormConfig)) (*Form, *taker, error) {
	t.Helper()
	k := &taker{limit: 1 << 20}
	cfg := FormConfig{Stage: k.stage, Lists: map[string]bool{"tags": true, "public_ids": true}}
	for _, fn := range change {
		fn(&cfg)
	}
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	f, err := Decode(context.Background(), r, cfg)
	return f, k, err
}

const urlencoded = "application/x-www-form-urlencoded"

func text(fields []Field) string {
	var parts []string
	for _, f := range fields {
		name := f.Name
		if f.Indexed {
			name += "[" + f.Index + "]"
		}
		parts = append(parts, name+"="+f.Value)
	}
	return strings.Join(parts, ";")
}

func TestDecode(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		target, contentType, body string
		fields, file, fileText    string
	}{
		"query":             {"/?a=1&b=x%20y", "", "", "a=1;b=x y", "", ""},
		"bare question":     {"/?", "", "", "", "", ""},
		"no content type":   {"/", "", "a=1&tags=x%2Cy&e=", "a=1;tags=x,y;e=", "", ""},
		"urlencoded":        {"/", urlencoded + "; charset=utf-8", "a=+&b=%2B&&c&=x", "", "", ""},
		"plus and empty":    {"/", urlencoded, "a=+&b=%2B&&c", "a= ;b=+;c=", "", ""},
		"semicolon":         {"/", urlencoded, "a=1;b=2", "a=1;b=2", "", ""},
		"query and body":    {"/?q=1", urlencoded, "b=2", "q=1;b=2", "", ""},
		"lists":             {"/", urlencoded, "k[]=a&k[]=b&n[0]=x&n%5B10%5D=z&n[2]=y&tags=1&tags=2", "k[]=a;k[]=b;n[0]=x;n[10]=z;n[2]=y;tags=1;tags=2", "", ""},
		"url as file":       {"/", urlencoded, "file=https%3A%2F%2Fx.test%2Fa.png%3Fp%3D1&z=2", "z=2", "", "https://x.test/a.png?p=1"},
		"data as file":      {"/", urlencoded, "a=1&file=data%3Aimage%2Fpng%3Bbase64%2CaGVsbG8%3D&z=2", "a=1;z=2", "hello", ""},
		"unescaped data":    {"/", urlencoded, "file=data:;base64,+++/&z=2", "z=2", "\xfb\xef\xbf", ""},
		"data without type": {"/?file=data:base64;base64,aGVsbG8", "", "", "", "hello", ""},
		"json":              {"/", "application/json; charset=utf-8", ` {"a":"x\u00e9","n":1.50,"b":true,"z":null,"l":["p",2,null],"o":{"k": [1, "}"]},"e":[]} `, `a=xé;n=1.50;b=true;l[]=p;l[]=2;l[]=null;o={"k":[1,"}"]};e[]=`, "", ""},
		"json null":         {"/", "application/json", "null", "", "", ""},
		"json nothing":      {"/", "application/json", "", "", "", ""},
		"json empty":        {"/", "application/json", "{}", "", "", ""},
		"json file":         {"/", "application/json", `{"a":1,"file":"data:image\/png;base64,aGVs\u0062G8=","z":2}`, "a=1;z=2", "hello", ""},
		"json file URL":     {"/", "application/json", `{"file":"https://x/\ud83d\ude00\ud83d"}`, "", "", "https://x/😀\uFFFD"},
		"other type, empty": {"/", "text/plain", "", "", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, k, err := decode(t, "POST", c.target, c.contentType, c.body)
			if name == "urlencoded" {
				if media.CodeOf(err) != media.Invalid {
					t.Errorf("a parameter without a name: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := text(f.Fields); got != c.fields {
				t.Errorf("fields are %q, want %q", got, c.fields)
			}
			if string(k.got) != c.file || f.FileText != c.fileText {
				t.Errorf("file %q, text %q; want %q, %q", k.got, f.FileText, c.file, c.fileText)
			}
			if (f.File != nil) != (c.file != "") {
				t.Errorf("staged: %v", f.File)
			}
		})
	}
}

func TestDecodeNulls(t *testing.T) {
	t.Parallel()
	const body = `{"a":null,"l":[null],"n":1}`
	for want, nulls := range map[string]bool{"l[]=null;n=1": false, "a=;l[]=null;n=1": true} {
		f, _, err := decode(t, "PUT", "/", "application/json", body, func(c *FormConfig) { c.Nulls = nulls })
		if err != nil || text(f.Fields) != want {
			t.Errorf("nulls %v: %v, %v, want %q", nulls, f, err, want)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	part := func(disposition, body string) string {
		return "--b\r\nContent-Disposition: form-data; " + disposition + "\r\n\r\n" + body + "\r\n"
	}
	const form = "multipart/form-data; boundary=b"
	for name, c := range map[string]struct {
		target, contentType, body string
		code                      media.Code
		says                      string
	}{
		"file[]":              {"/", form, part(`name="file[]"; filename="a"`, "x") + "--b--", media.Invalid, "does not include '[]'"},
		"file[0] in a form":   {"/", urlencoded, "file[0]=https://x", media.Invalid, "does not include '[]'"},
		"two files":           {"/", form, part(`name="file"; filename="a"`, "x") + part(`name="file"; filename="b"`, "y") + "--b--", media.Invalid, "Parameter file is given more than once"},
		"file and text":       {"/?file=https://x", form, part(`name="file"; filename="a"`, "x") + "--b--", media.Invalid, "Parameter file is given more than once"},
		"another file":        {"/", form, part(`name="thumb"; filename="a"`, "x") + "--b--", media.Invalid, "thumb"},
		"cut in a file":       {"/", form, part(`name="a"`, "1") + "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nhalf", media.Invalid, "ended before"},
		"cut in a field":      {"/", form, "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nhalf", media.Invalid, "ended before"},
		"cut between parts":   {"/", form, part(`name="a"`, "1"), media.Invalid, "ended before"},
		"no boundary":         {"/", "multipart/form-data", "x", media.Invalid, "boundary"},
		"nameless part":       {"/", form, part(`filename=""`, "x") + "--b--", media.Invalid, "without a name"},
		"other type":          {"/", "text/xml", "<a/>", media.Invalid, "text/xml"},
		"bad type":            {"/", ";;", "x", media.Invalid, "Content-Type"},
		"query and body":      {"/?a=1", urlencoded, "a=1", media.Invalid, "Parameter a is in both"},
		"two spellings":       {"/", urlencoded, "tags=1&tags[]=2", media.Invalid, "Parameter tags is written in two ways"},
		"two spellings more":  {"/", urlencoded, "k[]=1&k[0]=2", media.Invalid, "Parameter k is written in two ways"},
		"twice":               {"/", urlencoded, "public_id=1&public_id=2", media.Invalid, "Parameter public_id is given more than once"},
		"twice in JSON":       {"/", "application/json", `{"a":1,"a":2}`, media.Invalid, "Parameter a is given more than once"},
		"bad escape":          {"/", urlencoded, "abc=%4", media.Invalid, "parameter abc"},
		"bad name":            {"/", urlencoded, "%zz=1", media.Invalid, "name of a parameter"},
		"not UTF-8":           {"/", urlencoded, "abc=%ff", media.Invalid, "abc is not valid UTF-8"},
		"NUL":                 {"/", urlencoded, "abc=a%00b", media.Invalid, "Parameter abc holds a NUL character"},
		"NUL in a name":       {"/", urlencoded, "a%00=b", media.Invalid, "holds a NUL character"},
		"data, no comma":      {"/", urlencoded, "file=data:image/png", media.Invalid, "comma"},
		"data, not base64":    {"/", urlencoded, "file=data:text/plain,hello", media.Invalid, "base64"},
		"data, bad base64":    {"/", urlencoded, "file=data:;base64,a*b", media.Invalid, "base64"},
		"data, cut base64":    {"/", urlencoded, "file=data:;base64,aGVsb", media.Invalid, "base64"},
		"data, after end":     {"/", urlencoded, "file=data:;base64,aGVs%3Db", media.Invalid, "padding"},
		"JSON array":          {"/", "application/json", `[1]`, media.Invalid, "not an object"},
		"JSON cut":            {"/", "application/json", `{"a":"b`, media.Invalid, "malformed"},
		"JSON cut file":       {"/", "application/json", `{"file":"data:;base64,aGVs`, media.Invalid, "malformed"},
		"JSON no value":       {"/", "application/json", `{"a":}`, media.Invalid, "malformed"},
		"JSON no comma":       {"/", "application/json", `{"a":1 "b":2}`, media.Invalid, "malformed"},
		"JSON trailing":       {"/", "application/json", `{"a":1} x`, media.Invalid, "malformed"},
		"JSON bad value":      {"/", "application/json", `{"a":tru}`, media.Invalid, "malformed"},
		"JSON file object":    {"/", "application/json", `{"file":{"a":1}}`, media.Invalid, "file must be a text"},
		"JSON trailing comma": {"/", "application/json", `{"a":1,}`, media.Invalid, "malformed"},
		"large field":         {"/", urlencoded, "a=" + strings.Repeat("x", 1<<20), media.Invalid, "larger than 1048576 bytes"},
		"large file text":     {"/", urlencoded, "file=https://" + strings.Repeat("x", 1<<20), media.Invalid, "larger than 1048576 bytes"},
		"large name":          {"/", urlencoded, strings.Repeat("x", 2<<20), media.Invalid, "larger than 1048576 bytes"},
		"large in JSON":       {"/", "application/json", `{"a":"` + strings.Repeat("x", 1<<20) + `"}`, media.Invalid, "larger than 1048576 bytes"},
		"large part":          {"/", form, part(`name="a"`, strings.Repeat("x", 1<<20)) + "--b--", media.Invalid, "larger than 1048576 bytes"},
		"many fields":         {"/", urlencoded, strings.Repeat("a[]=1&", 1001), media.Invalid, "more than 1000"},
		"many parts":          {"/", form, strings.Repeat(part(`name="a[]"`, "1"), 1001) + "--b--", media.Invalid, "more than 1000"},
		"many items":          {"/", "application/json", `{"a":[` + strings.Repeat("1,", 1000) + `1]}`, media.Invalid, "more than 1000"},
		"large file":          {"/", form, part(`name="file"; filename="a"`, strings.Repeat("x", 1<<20+1)) + "--b--", media.TooLarge, "too large"},
		"large data":          {"/", urlencoded, "file=data:;base64," + strings.Repeat("aaaa", 1<<19), media.TooLarge, "too large"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := decode(t, "POST", c.target, c.contentType, c.body)
			if err == nil || media.CodeOf(err) != c.code || !strings.Contains(media.MessageOf(err), c.says) {
				t.Errorf("got %v %q, want %v with %q", media.CodeOf(err), media.MessageOf(err), c.code, c.says)
			}
		})
	}
}

func TestMultipart(t *testing.T) {
	t.Parallel()
	content := bytes.Repeat([]byte("0123456789\r\n--b"), 5000)
	for _, fileFirst := range []bool{false, true} {
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		fields := func() {
			w.WriteField("public_id", "a/b")
			w.WriteField("tags[]", "x")
			w.WriteField("tags[]", "y")
		}
		if !fileFirst {
			fields()
		}
		p, _ := w.CreateFormFile("file", `C:\fake\Ünï.png`)
		p.Write(content)
		if fileFirst {
			fields()
		}
		w.Close()
		f, k, err := decode(t, "POST", "/", w.FormDataContentType(), b.String())
		if err != nil {
			t.Fatal(err)
		}
		if f.Get("public_id") != "a/b" || !slices.Equal(f.List("tags"), []string{"x", "y"}) || f.Filename != "Ünï.png" || !bytes.Equal(k.got, content) {
			t.Errorf("file first %v: %+v, %d bytes", fileFirst, f, len(k.got))
		}
	}
}

// One library sends a whole data URI as a field of a multipart form, whose
// text would not fit into the budget for parameters.
func TestMultipartDataURI(t *testing.T) {
	t.Parallel()
	content := bytes.Repeat([]byte{0, 1, 2, 250, 251, 252}, 1<<18)
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	w.WriteField("file", "data:image/png;base64,"+base64.StdEncoding.EncodeToString(content))
	w.WriteField("a", "1")
	w.Close()
	if _, _, err := decode(t, "POST", "/", w.FormDataContentType(), b.String()); media.CodeOf(err) != media.TooLarge {
		t.Errorf("past the limit of a file: %v", err)
	}
	k := &taker{limit: 1 << 22}
	f, _, err := decode(t, "POST", "/", w.FormDataContentType(), b.String(), func(cfg *FormConfig) { cfg.Stage = k.stage })
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(k.got, content) || f.Filename != "" || f.Get("a") != "1" {
		t.Errorf("%d bytes, %+v", len(k.got), f)
	}
}

func TestWithoutStageAFileIsAFieldLikeAnyOther(t *testing.T) {
	t.Parallel()
	f, _, err := decode(t, "POST", "/", urlencoded, "file=x&a=1", func(cfg *FormConfig) { cfg.Stage = nil })
	if err != nil || text(f.Fields) != "file=x;a=1" {
		t.Errorf("got %+v, %v", f, err)
	}
}

func TestBrokenBodyIsTheClients(t *testing.T) {
	t.Parallel()
	k := &taker{limit: 100}
	r := httptest.NewRequest("POST", "/", io.MultiReader(strings.NewReader("a=1&b="), failing{errors.New("connection reset")}))
	r.ContentLength = 1000
	_, err := Decode(context.Background(), r, FormConfig{Stage: k.stage})
	if media.CodeOf(err) != media.Invalid || !strings.Contains(media.MessageOf(err), "ended before") {
		t.Errorf("got %v", err)
	}
	r = httptest.NewRequest("POST", "/", failing{&http.MaxBytesError{Limit: 7}})
	r.ContentLength = 1000
	if _, err = Decode(context.Background(), r, FormConfig{}); media.CodeOf(err) != media.TooLarge {
		t.Errorf("got %v", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestForm(t *testing.T) {
	t.Parallel()
	f, _, err := decode(t, "GET", "/?l=a,+b,,c&one[]=a,b&n[10]=k&n[9]=j&t=TRUE&f=0&bad=maybe&i=12&e=&tags=1&tags=2", "", "")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]string{"l": {"a", "b", "c"}, "one": {"a,b"}, "n": {"j", "k"}, "tags": {"1", "2"}, "e": nil, "none": nil} {
		if got := f.List(name); !slices.Equal(got, want) {
			t.Errorf("List(%s) = %q, want %q", name, got, want)
		}
	}
	if got := f.Get("n"); got != "k,j" {
		t.Errorf("Get joins in the order of arrival: %q", got)
	}
	if !f.Has("e") || f.Has("none") {
		t.Error("Has is wrong about empty or absent")
	}
	for name, want := range map[string]string{"t": "true <nil>", "f": "false <nil>", "none": "true <nil>", "e": "true <nil>"} {
		b, err := f.Bool(name, true)
		if got := fmt.Sprint(b, err); got != want {
			t.Errorf("Bool(%s) = %s, want %s", name, got, want)
		}
	}
	if _, err := f.Bool("bad", true); media.CodeOf(err) != media.Invalid {
		t.Errorf("Bool(bad): %v", err)
	}
	if n, err := f.Int("i", 1, 1, 20); n != 12 || err != nil {
		t.Errorf("Int(i) = %d, %v", n, err)
	}
	for _, bounds := range [][2]int64{{13, 20}, {1, 11}} {
		if _, err := f.Int("i", 1, bounds[0], bounds[1]); media.CodeOf(err) != media.Invalid {
			t.Errorf("Int(i) outside %v: %v", bounds, err)
		}
	}
	if n, err := f.Int("none", 7, 1, 20); n != 7 || err != nil {
		t.Errorf("Int(none) = %d, %v", n, err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add("a=1&b[]=2", urlencoded, "c=3")
	f.Add("", "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nx\r\n--b--")
	f.Add("", "application/json", `{"a":["x",1],"file":"data:;base64,aGVsbG8=","o":{"p":null}}`)
	f.Add("", "application/json", `{"file":"\ud83d\u`)
	f.Add("", "", "file=data%3A;base64,aGVsbG8%3D&x=%")
	f.Fuzz(func(t *testing.T, query, contentType, body string) {
		k := &taker{limit: 1000}
		r := &http.Request{Method: "POST", URL: &url.URL{Path: "/", RawQuery: query}, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
		if contentType != "" {
			r.Header.Set("Content-Type", contentType)
		}
		form, err := Decode(context.Background(), r, FormConfig{Stage: k.stage, MaxFields: 20, MaxFieldBytes: 500})
		if err != nil {
			if c := media.CodeOf(err); c != media.Invalid && c != media.TooLarge {
				t.Fatalf("code %v: %v", c, err)
			}
			return
		}
		size := 0
		for _, d := range form.Fields {
			size += len(d.Value)
			if d.Name == "" || d.Name == "file" {
				t.Fatalf("field %+v", d)
			}
		}
		// JSON escapes may grow a little when they are read: six bytes
		// become at most three.
		if size > 500 || len(form.Fields) > 20 || k.calls > 1 {
			t.Fatalf("%d bytes in %d fields, %d files", size, len(form.Fields), k.calls)
		}
	})
}

// What url.ParseQuery understands is understood alike.
func FuzzUrlencodedAgrees(f *testing.F) {
	f.Add("a=1&b=%20+x&c")
	f.Fuzz(func(t *testing.T, query string) {
		want, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		form, err := Decode(context.Background(), &http.Request{URL: &url.URL{RawQuery: query}}, FormConfig{})
		if err != nil {
			return
		}
		for _, d := range form.Fields {
			key := d.Name
			if d.Indexed {
				key += "[" + d.Index + "]"
			}
			if !slices.Contains(want[key], d.Value) {
				t.Fatalf("%q: %+v is not in %v", query, d, want)
			}
		}
	})
}
