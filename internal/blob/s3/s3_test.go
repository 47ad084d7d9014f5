package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"tintype/internal/blob"
	"tintype/internal/blob/blobtest"
	"tintype/internal/media"
)

// server is an S3 server in this process with one bucket, "tests". What
// around returns, if anything, answers a request instead.
type server struct {
	url    string
	around func(w http.ResponseWriter, r *http.Request, next http.Handler) bool
}

func serve(t *testing.T) *server {
	t.Helper()
	mem := s3mem.New()
	if err := mem.CreateBucket("tests"); err != nil {
		t.Fatal(err)
	}
	s := &server{}
	fake := gofakes3.New(mem).Server()
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.around == nil || !s.around(w, r, fake) {
			fake.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(h.Close)
	s.url = h.URL
	return s
}

func (s *server) open(t *testing.T, params string) *Store {
	t.Helper()
	st, err := Open(t.Context(), "s3://tests?use_path_style=true&endpoint="+s.url+params, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	return st
}

var config = Config{AccessKey: "key", SecretKey: "secret", RetryDelay: time.Nanosecond}

func TestStore(t *testing.T) {
	t.Parallel()
	blobtest.Run(t, func(t *testing.T) blob.Store { return serve(t).open(t, "") })
}

func TestStoreUnderPrefix(t *testing.T) {
	t.Parallel()
	blobtest.Run(t, func(t *testing.T) blob.Store {
		srv := serve(t)
		srv.put(t, "outside", "x")
		srv.put(t, "inside-not", "x")
		return srv.open(t, "&prefix=inside")
	})
}

// put stores an object past the store.
func (s *server) put(t *testing.T, name, data string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, s.url+"/tests/"+name, strings.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("put %s: %v, %v", name, res, err)
	}
	res.Body.Close()
}

func TestOpen(t *testing.T) {
	t.Parallel()
	srv := serve(t)
	host := strings.TrimPrefix(srv.url, "http://")
	for _, u := range []string{
		"s3://tests?use_path_style=true&disable_https=true&endpoint=" + host,
		"s3://tests?use_path_style=true&region=eu-north-1&endpoint=" + srv.url + "/",
	} {
		s, err := Open(t.Context(), u, config)
		if err != nil {
			t.Errorf("%s: %v", u, err)
			continue
		}
		s.Close()
	}
	for _, u := range []string{
		"", "tests", "s3://", "s3:tests", "file:///tests", "s3://a:b@tests", "s3://tests/folder", "s3://tests?prefix=../x", "s3://tests?prefix=A",
		"s3://tests?use_path_style=perhaps&endpoint=" + srv.url,
		"s3://tests?nonsense=1&endpoint=" + srv.url,
		"s3://missing?use_path_style=true&endpoint=" + srv.url,
	} {
		if s, err := Open(t.Context(), u, config); err == nil {
			s.Close()
			t.Errorf("%q was opened", u)
		}
	}
}

func TestForeignObjects(t *testing.T) {
	t.Parallel()
	srv := serve(t)
	s := srv.open(t, "")
	for _, name := range []string{"UPPER", "a", "b/", "c%20d"} {
		srv.put(t, name, "x")
	}
	var keys []string
	for i, err := range s.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, i.Key)
	}
	if len(keys) != 1 || keys[0] != "a" {
		t.Errorf("listed %q", keys)
	}
}

func TestListPages(t *testing.T) {
	t.Parallel()
	s := serve(t).open(t, "&prefix=p")
	const n = 1203 // more than a page has
	for i := range n {
		if _, err := s.Put(t.Context(), fmt.Sprintf("k/%04d", i), strings.NewReader("x")); err != nil {
			t.Fatal(err)
		}
	}
	i := 0
	for o, err := range s.List(t.Context(), "k/") {
		if err != nil || o.Key != fmt.Sprintf("k/%04d", i) {
			t.Fatalf("number %d: %+v, %v", i, o, err)
		}
		i++
	}
	if i != n {
		t.Errorf("listed %d", i)
	}
}

// TestRetry answers the first requests of each call with errors.
func TestRetry(t *testing.T) {
	t.Parallel()
	data := blobtest.Bytes(1, 100_000)
	for _, c := range []struct {
		failures int
		status   int
		works    bool
	}{{1, 503, true}, {3, 500, true}, {3, 429, true}, {4, 503, false}, {1, 403, false}} {
		t.Run(fmt.Sprintf("%d times %d", c.failures, c.status), func(t *testing.T) {
			t.Parallel()
			srv := serve(t)
			s := srv.open(t, "")
			var left atomic.Int64
			srv.around = func(w http.ResponseWriter, r *http.Request, _ http.Handler) bool {
				if left.Add(-1) < 0 {
					return false
				}
				_, _ = io.Copy(io.Discard, r.Body)
				w.WriteHeader(c.status)
				return true
			}
			check := func(what string, err error) {
				t.Helper()
				if c.works != (err == nil) || !c.works && media.CodeOf(err) != media.Internal {
					t.Errorf("%s: %v", what, err)
				}
			}
			left.Store(int64(c.failures))
			_, err := s.Put(t.Context(), "a", bytes.NewReader(data))
			check("put", err)
			left.Store(0)
			if _, err := s.Put(t.Context(), "a", bytes.NewReader(data)); err != nil {
				t.Fatal(err)
			}
			left.Store(int64(c.failures))
			_, err = s.Stat(t.Context(), "a")
			check("stat", err)
			left.Store(int64(c.failures))
			r, _, err := s.Open(t.Context(), "a", 0, -1)
			check("open", err)
			if err == nil {
				got, err := io.ReadAll(r)
				r.Close()
				if err != nil || !bytes.Equal(got, data) {
					t.Errorf("read %d bytes, %v", len(got), err)
				}
			}
		})
	}
}

// cutAfter serves a request but breaks the connection after n bytes of body.
func cutAfter(w http.ResponseWriter, r *http.Request, next http.Handler, n int) {
	rec := httptest.NewRecorder()
	next.ServeHTTP(rec, r)
	for k, v := range rec.Header() {
		w.Header()[k] = v
	}
	w.Header().Set("Content-Length", fmt.Sprint(rec.Body.Len()))
	w.WriteHeader(rec.Code)
	_, _ = w.Write(rec.Body.Bytes()[:min(n, rec.Body.Len())])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

func TestBrokenBody(t *testing.T) {
	t.Parallel()
	data := blobtest.Bytes(1, 200_000)
	for _, c := range []struct {
		cuts  int64
		works bool
	}{{1, true}, {3, true}, {4, false}} {
		srv := serve(t)
		s := srv.open(t, "")
		if _, err := s.Put(t.Context(), "a", bytes.NewReader(data)); err != nil {
			t.Fatal(err)
		}
		var left atomic.Int64
		left.Store(c.cuts)
		srv.around = func(w http.ResponseWriter, r *http.Request, next http.Handler) bool {
			if r.Method == http.MethodGet && left.Add(-1) >= 0 {
				cutAfter(w, r, next, 1000)
			}
			return false
		}
		for _, off := range []int64{0, 5000} {
			left.Store(c.cuts)
			r, _, err := s.Open(t.Context(), "a", off, -1)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(r)
			r.Close()
			if c.works && (err != nil || !bytes.Equal(got, data[off:])) {
				t.Errorf("%d cuts, from %d: %d bytes, %v", c.cuts, off, len(got), err)
			}
			if !c.works && (err == nil || errors.Is(err, io.EOF)) {
				t.Errorf("%d cuts, from %d: %d bytes, %v", c.cuts, off, len(got), err)
			}
		}
	}
}

// TestReplacedWhileRead resumes a body whose blob is another by now.
func TestReplacedWhileRead(t *testing.T) {
	t.Parallel()
	srv := serve(t)
	s := srv.open(t, "")
	if _, err := s.Put(t.Context(), "a", bytes.NewReader(blobtest.Bytes(1, 200_000))); err != nil {
		t.Fatal(err)
	}
	cut := true
	srv.around = func(w http.ResponseWriter, r *http.Request, next http.Handler) bool {
		if r.Method != http.MethodGet || !cut {
			return false
		}
		cut = false
		defer srv.put(t, "a", strings.Repeat("x", 200_000))
		cutAfter(w, r, next, 1000)
		return true
	}
	r, _, err := s.Open(t.Context(), "a", 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got, err := io.ReadAll(r); err == nil {
		t.Errorf("read %d bytes of two versions", len(got))
	}
}

// TestLyingRange meets a server that ignores ranges.
func TestLyingRange(t *testing.T) {
	t.Parallel()
	srv := serve(t)
	s := srv.open(t, "")
	if _, err := s.Put(t.Context(), "a", bytes.NewReader(blobtest.Bytes(1, 1000))); err != nil {
		t.Fatal(err)
	}
	srv.around = func(_ http.ResponseWriter, r *http.Request, _ http.Handler) bool {
		r.Header.Del("Range")
		return false
	}
	for _, c := range [][2]int64{{10, -1}, {0, 10}, {10, 10}} {
		if r, _, err := s.Open(t.Context(), "a", c[0], c[1]); err == nil {
			r.Close()
			t.Errorf("range %v was opened", c)
		}
	}
}

// TestAbort ends a multipart upload in every way and looks for remains.
func TestAbort(t *testing.T) {
	t.Parallel()
	srv := serve(t)
	s := srv.open(t, "")
	var begun, aborted atomic.Int64
	srv.around = func(_ http.ResponseWriter, r *http.Request, _ http.Handler) bool {
		q := r.URL.Query()
		switch {
		case r.Method == http.MethodPost && q.Has("uploads"):
			begun.Add(1)
		case r.Method == http.MethodDelete && q.Has("uploadId"):
			aborted.Add(1)
		}
		return false
	}
	big := blobtest.Bytes(1, 17<<20)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := s.Put(ctx, "a", io.MultiReader(bytes.NewReader(big), after(func() error { cancel(); return nil })))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("context ended: %v", err)
	}
	broken := errors.New("broken")
	_, err = s.Put(t.Context(), "a", io.MultiReader(bytes.NewReader(big), after(func() error { return broken })))
	if !errors.Is(err, broken) {
		t.Errorf("reader broke: %v", err)
	}
	if b, a := begun.Load(), aborted.Load(); b != 2 || a != 2 {
		t.Errorf("%d multipart uploads begun, %d aborted", b, a)
	}
	if _, err := s.Stat(t.Context(), "a"); media.CodeOf(err) != media.NotFound {
		t.Errorf("stat: %v", err)
	}
}

type after func() error

func (f after) Read([]byte) (int, error) { return 0, f() }

func TestErrorCodes(t *testing.T) {
	t.Parallel()
	srv := serve(t)
	s := srv.open(t, "")
	for _, c := range []struct {
		status int
		code   string
		want   media.Code
	}{
		{404, "NoSuchKey", media.NotFound},
		{404, "NoSuchBucket", media.Internal},
		{403, "AccessDenied", media.Internal},
		{403, "QuotaExceeded", media.NoSpace},
		{507, "XMinioStorageFull", media.NoSpace},
	} {
		srv.around = func(w http.ResponseWriter, r *http.Request, _ http.Handler) bool {
			_, _ = io.Copy(io.Discard, r.Body)
			w.Header().Set("Content-Type", "application/xml")
			w.WriteHeader(c.status)
			fmt.Fprintf(w, `<?xml version="1.0"?><Error><Code>%s</Code><Message>secret detail</Message></Error>`, c.code)
			return true
		}
		_, err := s.Put(t.Context(), "a", strings.NewReader("x"))
		if err == nil || media.CodeOf(err) != c.want || strings.Contains(media.MessageOf(err), "secret") {
			t.Errorf("%s: %v, message %q", c.code, err, media.MessageOf(err))
		}
	}
}

// TestChecksum looks for the checksum that the server is to compare.
func TestChecksum(t *testing.T) {
	t.Parallel()
	srv := serve(t)
	s := srv.open(t, "")
	var found atomic.Bool
	srv.around = func(_ http.ResponseWriter, r *http.Request, _ http.Handler) bool {
		if r.Header.Get("X-Amz-Checksum-Crc32") != "" || r.Header.Get("X-Amz-Trailer") == "x-amz-checksum-crc32" {
			found.Store(true)
		}
		return false
	}
	if _, err := s.Put(t.Context(), "a", strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	if !found.Load() {
		t.Error("the request had no checksum")
	}
}

func TestJitter(t *testing.T) {
	t.Parallel()
	for attempt, most := range []time.Duration{1: 100, 2: 200, 3: 400, 50: 6400} {
		if most == 0 {
			continue
		}
		for range 1000 {
			if d := jitter(100, attempt); d < 0 || d >= most {
				t.Fatalf("attempt %d: %d", attempt, d)
			}
		}
	}
}
