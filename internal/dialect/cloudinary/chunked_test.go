package cloudinary

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime/multipart"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"tintype/internal/library"
	"tintype/internal/media"
)

// part posts a part of a file as client libraries do: each call signed on its own.
func (s *site) part(path, id, contentRange, content string, params url.Values) reply {
	s.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for k, vs := range s.sign(params) {
		for _, v := range vs {
			w.WriteField(k, v)
		}
	}
	p, _ := w.CreateFormFile("file", "stream")
	io.WriteString(p, content)
	w.Close()
	r := httptest.NewRequest("POST", "/v1_1/demo/"+path, &b)
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.Header.Set("Content-Range", contentRange)
	if id != "" {
		r.Header.Set("X-Unique-Upload-Id", id)
	}
	return s.do(r)
}

// large is a picture of a bit more than two parts of the least size.
var large = func() string {
	head := "image png 800 600 1 "
	return head + strings.Repeat("x", 2*minChunk+1000-len(head)-1) + "\n"
}()

// piece is the n-th part of large: two of the least size and a small one.
func piece(n int) (first, last int64, content string) {
	first = int64(n * minChunk)
	end := min(int64(len(large)), first+minChunk)
	return first, end - 1, large[first:end]
}

func (s *site) piece(path, id string, n int, total int64, params url.Values) reply {
	s.t.Helper()
	first, last, content := piece(n)
	return s.part(path, id, fmt.Sprintf("bytes %d-%d/%d", first, last, total), content, params)
}

func TestChunkedUpload(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, c := range []struct {
		name, path, kind string
		unknown          bool // the total, until the last part
		order            []int
		id               string // of the asset, as a pattern
		early            bool   // the id is told with the first part
	}{
		{"in order", "image/upload", "image", false, []int{0, 1, 2}, `^[a-z0-9]{20}$`, true},
		{"a stream", "raw/upload", "raw", true, []int{0, 1, 2}, `^[a-z0-9]{20}$`, true},
		{"by the other route", "image/upload_chunked", "image", true, []int{0, 1, 2}, `^[a-z0-9]{20}$`, true},
		{"whatever it is", "auto/upload", "image", false, []int{0, 1, 2}, `^[a-z0-9]{20}$`, false},
		{"out of order", "image/upload", "image", false, []int{1, 0, 2}, `^[a-z0-9]{20}$`, true},
		{"repeated", "upload_chunked", "image", false, []int{0, 0, 1, 0, 2}, `^[a-z0-9]{20}$`, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			id, received := "", map[int]bool{}
			for i, n := range c.order {
				total := int64(len(large))
				if c.unknown && n != 2 {
					total = -1
				}
				r := s.piece(c.path, "id of "+c.name, n, total, values("tags=t"))
				if r.code != 200 {
					t.Fatalf("part %d: %d %s", n, r.code, r.body)
				}
				received[n] = true
				if i == len(c.order)-1 {
					s.has(r.json, map[string]any{"done": true, "resource_type": c.kind, "bytes": len(large), "tags": "[t]"})
					if got, _ := r.json["public_id"].(string); !regexp.MustCompile(c.id).MatchString(got) || c.early && got != id {
						t.Errorf("it is %s, announced as %s", got, id)
					}
					continue
				}
				s.has(r.json, map[string]any{"done": false, "bytes": len(received) * minChunk, "kind": "upload"})
				told, _ := r.json["public_id"].(string)
				if (told != "") != c.early || id != "" && told != id {
					t.Errorf("part %d names it %q after %q", n, told, id)
				}
				id = told
			}
		})
	}
	for _, key := range s.Originals() {
		if got, _ := s.Read(key); got != large {
			t.Errorf("%s is put together wrong", key)
		}
	}
}

func TestChunkedUploadNames(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	params := values("public_id=boot", "folder=shoes")
	r := s.piece("image/upload", "a", 0, -1, params)
	s.has(r.json, map[string]any{"done": false, "public_id": "shoes/boot", "resource_type": "image"})
	s.piece("image/upload", "a", 1, -1, params)
	// One library gives back the id that it was told.
	r = s.piece("image/upload", "a", 2, int64(len(large)), values("public_id=shoes/boot", "folder=shoes"))
	s.has(r.json, map[string]any{"done": true, "public_id": "shoes/boot", "original_filename": "stream"})
	version := r.json["version_id"]

	// The answer to the last part was lost: it is sent again.
	r = s.piece("image/upload", "a", 2, int64(len(large)), params)
	s.has(r.json, map[string]any{"done": true, "public_id": "shoes/boot", "version_id": version})
	// A new file under the same name.
	for n, total := range []int64{-1, -1, int64(len(large))} {
		r = s.piece("image/upload", "b", n, total, params)
	}
	s.has(r.json, map[string]any{"done": true, "public_id": "shoes/boot", "overwritten": true})

	// Without an id of the upload the asset's serves.
	r = s.piece("raw/upload", "", 0, -1, nil)
	id, _ := r.json["public_id"].(string)
	if r.code != 200 || id == "" {
		t.Fatalf("%d %s", r.code, r.body)
	}
	if r := s.piece("raw/upload", "", 1, -1, nil); r.code != 400 || r.message() != "Missing required parameter - public_id" {
		t.Errorf("%d %s", r.code, r.body)
	}
	s.piece("raw/upload", "", 1, -1, values("public_id="+id))
	r = s.piece("raw/upload", "", 2, int64(len(large)), values("public_id="+id))
	s.has(r.json, map[string]any{"done": true, "public_id": id, "bytes": len(large)})
	if r := s.piece("auto/upload", "", 0, -1, nil); r.message() != "Missing required parameter - public_id" {
		t.Errorf("%d %s", r.code, r.body)
	}
}

func TestChunkedUploadRefuses(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	least := strings.Repeat("x", minChunk)
	for _, c := range []struct{ id, contentRange, content, params, says string }{
		{"a", "bytes 0-999/5000", least[:1000], "", "All parts except EOF-chunk must be larger than 5mb"},
		{"a", "bytes 0-5242878/-1", least[1:], "", "All parts except EOF-chunk must be larger than 5mb"},
		{"a", "bytes 0-5242879/-1", least[1:], "", "The part has 5242879 bytes, its Content-Range says 5242880"},
		{"a", "bytes 0-5242879/-1", least + "x", "", "The part has more than the 5242880 bytes of its Content-Range"},
		{"a", "bytes 0-5242879/67108865", least, "", "File size too large. Got 67108865. Maximum is 67108864."},
		{"a", "bytes 67108865-72351744/-1", least, "", "File size too large. Got 72351745. Maximum is 67108864."},
		{strings.Repeat("x", 256), "bytes 0-5242879/-1", least, "", "X-Unique-Upload-Id is longer than 255 characters"},
		{"a", "bytes 0-5242879/-1", least, "public_id=a?b", "public_id (a?b) is invalid"},
		{"a", "bytes 0-5242879/-1", least, "eager=zz_1", "zz_1"},
		{"a", "x", least, "", "Invalid Content-Range x"},
		{"gap", "bytes 5242880-5242889/5242890", least[:10], "", "Bytes 0-5242879 of the upload are missing"},
	} {
		params, _ := url.ParseQuery(c.params)
		r := s.part("image/upload", c.id, c.contentRange, c.content, params)
		if r.code != 400 && r.code != 413 || !strings.Contains(r.message(), c.says) {
			t.Errorf("%s: %d %s, want %s", c.contentRange, r.code, r.body, c.says)
		}
	}
	// What was missing when the end came makes the file when it comes.
	head := "image png 8 6 1 "
	r := s.part("image/upload", "gap", "bytes 0-5242879/5242890", head+strings.Repeat("x", minChunk-len(head)), nil)
	if r.code != 400 || r.message() != "Invalid image file" { // it ends in x, which is no picture
		t.Errorf("%d %s", r.code, r.body)
	}
	// A wrong signature, and a part that is no file.
	if r := s.part("image/upload", "b", "bytes 0-5242879/-1", least, nil); r.code != 200 {
		t.Errorf("%d %s", r.code, r.body)
	}
	params := s.sign(values("public_id=x"))
	params.Set("public_id", "y")
	params.Set("file", "data:;base64,"+base64.StdEncoding.EncodeToString([]byte(least)))
	q := httptest.NewRequest("POST", "/v1_1/demo/image/upload", strings.NewReader(params.Encode()))
	q.Header.Set("Content-Range", "bytes 0-5242879/-1")
	if r := s.do(q); r.code != 401 {
		t.Errorf("%d %s", r.code, r.body)
	}
	params = s.sign(nil)
	params.Set("file", "https://example.com/x.png")
	q = httptest.NewRequest("POST", "/v1_1/demo/image/upload", strings.NewReader(params.Encode()))
	q.Header.Set("Content-Range", "bytes 0-5242879/-1")
	q.Header.Set("X-Unique-Upload-Id", "c")
	if r := s.do(q); r.code != 400 || r.message() != "Missing required parameter - file" {
		t.Errorf("%d %s", r.code, r.body)
	}
	if left := s.Leftovers(); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// A whole file in one part, with or without the headers of parts.
func TestUploadOfTheWholeRange(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	r := s.part("image/upload", "a", fmt.Sprintf("bytes 0-%d/%d", len(boot)-1, len(boot)), boot, nil)
	s.has(r.json, map[string]any{"done": true, "bytes": len(boot)})
	s.lacks(s.put(nil), "done")
	r = s.part("image/upload", "a", "bytes 0--1/0", "", nil)
	if r.code != 400 || r.message() != "Empty file" {
		t.Errorf("%d %s", r.code, r.body)
	}
	r = s.part("image/upload", "a", fmt.Sprintf("bytes 0-%d/%d", len(boot), len(boot)+1), boot, nil)
	if want := fmt.Sprintf("The part has %d bytes, its Content-Range says %d", len(boot), len(boot)+1); r.code != 400 || r.message() != want {
		t.Errorf("a file that was cut: %d %s", r.code, r.body)
	}
}

func TestChunkedUploadOfParallelParts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	var wg sync.WaitGroup
	for range 2 {
		for n := range 2 {
			wg.Go(func() {
				if r := s.piece("image/upload", "p", n, int64(len(large)), nil); r.code != 200 || r.json["done"] != false {
					t.Errorf("part %d: %d %s", n, r.code, r.body)
				}
			})
		}
	}
	wg.Wait()
	s.has(s.piece("image/upload", "p", 2, int64(len(large)), nil).json, map[string]any{"done": true, "bytes": len(large)})
}

func TestChunkedUploadExpires(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(cfg *library.Config) { cfg.Sessions.Open = 1 })
	s.piece("raw/upload", "a", 0, -1, nil)
	if r := s.piece("raw/upload", "b", 0, -1, nil); r.code != 429 || !strings.Contains(r.message(), "unfinished uploads") {
		t.Errorf("%d %s", r.code, r.body)
	}
	s.Clock.Add(25 * time.Hour)
	if r := s.piece("raw/upload", "a", 2, int64(len(large)), nil); r.code != 400 || r.message() != "Bytes 0-10485759 of the upload are missing" {
		t.Errorf("%d %s", r.code, r.body)
	}
}

func FuzzContentRange(f *testing.F) {
	for _, s := range []string{"bytes 0-3380/3381", "bytes 0-5242879/-1", "bytes 5-9/*", "bytes 0--1/0", "bytes 9-5/10", "bytes */10", "bytes 0-9223372036854775807/-1", "bytes +0-1/2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		k, err := parseContentRange(text)
		if err != nil {
			if media.CodeOf(err) != media.Invalid {
				t.Fatal(err)
			}
			return
		}
		if k == nil {
			if text != "" {
				t.Fatalf("%q is nothing", text)
			}
			return
		}
		empty := k.first == 0 && k.last == -1 && k.total == 0
		if !empty && (k.size() <= 0 || k.first < 0 || k.total != media.UnknownTotal && k.last >= k.total) {
			t.Fatalf("%q is %+v", text, k)
		}
		again, err := parseContentRange(fmt.Sprintf("bytes %d-%d/%d", k.first, k.last, k.total))
		if err != nil || *again != *k {
			t.Fatalf("%q: %+v became %+v, %v", text, k, again, err)
		}
	})
}
