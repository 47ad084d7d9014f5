package server

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"tintype/internal/account"
	"tintype/internal/delivery"
	"tintype/internal/dialect"
	"tintype/internal/engine"
	"tintype/internal/media"
	"tintype/internal/rendition/renditiontest"
	"tintype/internal/transform"
)

// plain is a small dialect: /<account>/<access>/<width>/<name>, where width 0
// is the original, and an API at /api/.
type plain struct {
	parse func(r *http.Request) // runs first when set
	api   http.HandlerFunc
	// other answers paths that begin with it; see Answer.
	other string
}

// Answer implements dialect.Answerer.
func (p *plain) Answer(r *http.Request, e account.Endpoint) (http.Handler, bool) {
	if p.other == "" || !strings.HasPrefix(r.URL.EscapedPath(), e.Prefix+p.other) {
		return nil, false
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "other of "+string(e.Account.ID)) }), true
}

func (p *plain) Name() string { return "plain" }

func (p *plain) API() ([]string, http.Handler) {
	if p.api == nil {
		return nil, nil
	}
	return []string{"/api/", "/api/v2/"}, p.api
}

func (p *plain) Parse(r *http.Request, e account.Endpoint) (delivery.Request, error) {
	if p.parse != nil {
		p.parse(r)
	}
	q := delivery.Request{Account: e.Account, Client: delivery.ClientOf(r)}
	parts := strings.SplitN(strings.TrimPrefix(r.URL.EscapedPath(), e.Prefix+"/"), "/", 3)
	if len(parts) < 3 {
		return q, media.Errorf(media.NotFound, "No such path")
	}
	width, err := strconv.Atoi(parts[1])
	if err != nil {
		return q, media.Errorf(media.Invalid, "Invalid width: %s", parts[1])
	}
	q.Refs = []media.Ref{{Kind: media.KindImage, Access: media.Access(parts[0]), Name: parts[2]}}
	if width > 0 {
		q.Chain.Steps = []transform.Step{transform.Resize{Fit: transform.Fill, Box: transform.Box{Width: transform.Px(float64(width))}}}
		q.Chain.Output.Format = "png"
	}
	return q, nil
}

func (p *plain) Notify(media.Event, media.Key) (http.Header, []byte, error) { return nil, nil, nil }

func (p *plain) Fail(w http.ResponseWriter, _ *http.Request, err error) {
	codes := map[media.Code]int{media.Invalid: 400, media.Unauthorized: 401, media.NotFound: 404, media.Unsupported: 400, media.Limited: 503}
	code := codes[media.CodeOf(err)]
	if code == 0 {
		code = 500
	}
	w.Header().Set("X-Plain", "yes")
	http.Error(w, media.MessageOf(err), code)
}

// world is an installation with a Server on it.
type world struct {
	*renditiontest.World
	s   *Server
	log *logs
	url string
}

// logs collects what is logged.
type logs struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func newServer(t testing.TB, p *plain, change ...func(*Config)) *world {
	t.Helper()
	w := &world{World: renditiontest.New(t), log: &logs{}}
	dir, err := account.Open(t.Context(), account.Config{Catalog: w.Catalog, Cluster: w.Cluster, DefaultDialect: "plain"})
	if err != nil {
		t.Fatal(err)
	}
	d, err := delivery.New(delivery.Config{Catalog: w.Catalog, Blobs: w.Blobs, Renditions: w.Renditions, Cluster: w.Cluster, BodyBytes: 64 << 10})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	cfg := Config{Directory: dir, Delivery: d, Dialects: []dialect.Dialect{p}, Logger: slog.New(slog.NewTextHandler(w.log, nil))}
	for _, fn := range change {
		fn(&cfg)
	}
	if w.s, err = New(cfg); err != nil {
		t.Fatal(err)
	}
	return w
}

// run serves on a loopback port until the test ends.
func (w *world) run(t *testing.T) *world {
	t.Helper()
	ls, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.s.Run(ctx, ls...) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	w.url = "http://" + ls[0].Addr().String()
	return w
}

type reply struct {
	*http.Response
	body string
	err  error // of reading the body
}

func (w *world) do(t *testing.T, method, path string) reply {
	t.Helper()
	req, err := http.NewRequest(method, w.url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.URL.Opaque = path // sent as it is
	if strings.HasPrefix(path, "//") {
		req.URL.Opaque = "//" + req.URL.Host + path // in absolute form
	}
	c := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return reply{resp, string(body), err}
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	p := &plain{api: func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "api ", r.URL.EscapedPath()) }}
	notReady := errors.New("no database")
	var mu sync.Mutex
	w := newServer(t, p, func(c *Config) {
		c.Extra = map[string]http.Handler{"/": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "welcome") })}
		c.Ready = func(context.Context) error { mu.Lock(); defer mu.Unlock(); return notReady }
	}).run(t)
	w.Put(renditiontest.Image("shoe"), []byte("A"))
	for _, c := range []struct {
		method, path string
		code         int
		body         string
	}{
		{"GET", "/", 200, "welcome"},
		{"GET", "/health", 200, "ok\n"},
		{"GET", "/ready", 503, "not ready\n"},
		{"GET", "/api/x", 200, "api /api/x"},
		{"POST", "/api/v2/%2f//x", 200, "api /api/v2/%2f//x"},
		{"GET", "/api", 404, ""},
		{"GET", "/demo/public/0/shoe", 200, "A"},
		{"HEAD", "/demo/public/0/shoe", 200, ""},
		{"HEAD", "/demo/public/5/shoe", 200, ""},
		{"GET", "/demo/public/0/none", 404, "Resource not found - none\n"},
		{"GET", "/demo/public/x/shoe", 400, "Invalid width: x\n"},
		{"GET", "/demo", 404, "No such path\n"},
		{"GET", "/other/public/0/shoe", 404, "Nothing answers at this path\n"},
		{"GET", "/favicon.ico", 404, "Nothing answers at this path\n"},
		{"GET", "//demo/public/0/shoe", 404, ""},
		{"GET", "/dem%6f/public/0/shoe", 404, "Nothing answers at this path\n"},
		{"GET", "/demo%2fpublic/0/shoe", 404, "Nothing answers at this path\n"},
		{"GET", "/demo/../demo/public/0/shoe", 400, "Invalid width: demo\n"},
		{"GET", "/demo//public/0/shoe", 400, "Invalid width: public\n"},
		{"GET", "/demo/public/0/..%2fshoe", 404, "Resource not found - ..%2fshoe\n"},
		{"GET", "/demo/public/0/%00", 404, "Resource not found - %00\n"},
		{"GET", "/demo/public/0/shoe/../shoe", 404, "Resource not found - shoe/../shoe\n"},
		{"GET", "/demo/public/0/shoe%zz", 400, ""},
		{"POST", "/demo/public/0/shoe", 405, ""},
		{"DELETE", "/demo/public/0/shoe", 405, ""},
		{"OPTIONS", "/demo/public/0/shoe", 204, ""},
		{"GET", "/demo/public/0/" + strings.Repeat("a", maxPath), 414, ""},
		{"GET", "/demo/public/0/shoe?" + strings.Repeat("a", maxPath), 200, "A"},
	} {
		r := w.do(t, c.method, c.path)
		if r.StatusCode != c.code || c.body != "" && r.body != c.body || c.method == "HEAD" && r.body != "" {
			t.Errorf("%s %.60s: %d %q, want %d %q", c.method, c.path, r.StatusCode, r.body, c.code, c.body)
		}
		if loc := r.Header.Get("Location"); loc != "" {
			t.Errorf("%s %.60s: redirects to %s", c.method, c.path, loc)
		}
	}
	if r := w.do(t, "OPTIONS", "/demo/public/0/shoe"); r.Header.Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(r.Header.Get("Access-Control-Allow-Methods"), "HEAD") {
		t.Errorf("preflight: %v", r.Header)
	}
	if r := w.do(t, "PUT", "/demo/x"); r.Header.Get("Allow") != allowed {
		t.Errorf("PUT: %v", r.Header)
	}
	mu.Lock()
	notReady = nil
	mu.Unlock()
	if r := w.do(t, "GET", "/ready"); r.StatusCode != 200 {
		t.Errorf("ready: %d", r.StatusCode)
	}
	if strings.Contains(w.log.String(), "ERROR") {
		t.Errorf("bad requests are logged as errors: %s", w.log)
	}
}

func TestHotNeedsNoCatalog(t *testing.T) {
	t.Parallel()
	w := newServer(t, &plain{}).run(t)
	w.Put(renditiontest.Image("shoe"), []byte("A"))
	cold := w.do(t, "GET", "/demo/public/20/shoe")
	w.Catalog.Close()
	hot := w.do(t, "GET", "/demo/public/20/shoe")
	if cold.StatusCode != 200 || hot.StatusCode != 200 || cold.body != hot.body {
		t.Errorf("cold %d %q, hot %d %q", cold.StatusCode, cold.body, hot.StatusCode, hot.body)
	}
	if r := w.do(t, "GET", "/demo/public/30/shoe"); r.StatusCode != 500 || strings.Contains(r.body, "sql") {
		t.Errorf("another: %d %q", r.StatusCode, r.body)
	}
}

func TestClientsJoinOneRender(t *testing.T) {
	t.Parallel()
	w := newServer(t, &plain{}).run(t)
	w.Put(renditiontest.Image("shoe"), []byte("A"))
	release := make(chan struct{})
	w.Engine.OnRender = func(context.Context, engine.Output) error { <-release; return nil }
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if r := w.do(t, "GET", "/demo/public/20/shoe"); r.StatusCode != 200 || !strings.HasPrefix(r.body, "png 20x15 of A") {
				t.Errorf("%d %q", r.StatusCode, r.body)
			}
		})
	}
	close(release)
	wg.Wait()
	if n := w.Engine.Renders.Load(); n != 1 {
		t.Errorf("rendered %d times", n)
	}
}

func TestRestrictedAccess(t *testing.T) {
	t.Parallel()
	w := newServer(t, &plain{}).run(t)
	for _, access := range []media.Access{media.Private, media.Authenticated} {
		a := renditiontest.Image("shoe")
		a.Access = access
		w.Put(a, []byte("A"))
	}
	for path, code := range map[string]int{
		"/demo/private/0/shoe": 401, "/demo/private/0/none": 401, "/demo/private/20/shoe": 200,
		"/demo/authenticated/0/shoe": 401, "/demo/authenticated/20/shoe": 401, "/demo/authenticated/20/none": 401,
	} {
		for range 2 {
			if r := w.do(t, "GET", path); r.StatusCode != code {
				t.Errorf("%s: %d", path, r.StatusCode)
			}
		}
	}
}

func TestPanicsCostTheirOwnRequest(t *testing.T) {
	t.Parallel()
	p := &plain{api: func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "late") {
			fmt.Fprint(w, strings.Repeat("x", 10_000))
		}
		w.Header().Set("X-Half", "done")
		panic("a bug in the API")
	}}
	p.parse = func(r *http.Request) {
		if strings.Contains(r.URL.Path, "boom") {
			panic("a bug in Parse")
		}
	}
	w := newServer(t, p).run(t)
	w.Put(renditiontest.Image("shoe"), []byte("A"))
	for _, path := range []string{"/demo/public/0/boom", "/api/early"} {
		r := w.do(t, "GET", path)
		id := r.Header.Get("X-Request-Id")
		if r.StatusCode != 500 || r.body != "Internal error\n" || len(id) != 32 || r.Header.Get("X-Half") != "" {
			t.Errorf("%s: %d %q %v", path, r.StatusCode, r.body, r.Header)
		}
		if n := strings.Count(w.log.String(), id); n != 1 {
			t.Errorf("%s: logged %d times", path, n)
		}
	}
	if r := w.do(t, "GET", "/api/late"); r.err == nil {
		t.Error("half an answer ended cleanly")
	}
	if r := w.do(t, "GET", "/demo/public/0/shoe"); r.StatusCode != 200 {
		t.Errorf("afterwards: %d", r.StatusCode)
	}
}

func TestInternalErrorsAreLoggedOnce(t *testing.T) {
	t.Parallel()
	w := newServer(t, &plain{}).run(t)
	a := w.Put(renditiontest.Image("shoe"), []byte("A"))
	if err := w.Blobs.Delete(t.Context(), a.Version.Blob); err != nil {
		t.Fatal(err)
	}
	r := w.do(t, "GET", "/demo/public/0/shoe")
	id := r.Header.Get("X-Request-Id")
	if r.StatusCode != 500 || strings.Contains(r.body, "original/") {
		t.Errorf("%d %q", r.StatusCode, r.body)
	}
	if n := strings.Count(w.log.String(), id); n != 1 || !strings.Contains(w.log.String(), "/demo/public/0/shoe") {
		t.Errorf("logged %d times: %s", n, w.log)
	}
}

func TestBrokenOriginalBreaksTheConnection(t *testing.T) {
	t.Parallel()
	w := newServer(t, &plain{}).run(t)
	w.Put(renditiontest.Image("shoe"), bytes.Repeat([]byte("A"), 1<<20))
	w.Blobs.Cut = 512 << 10
	for range 2 { // cold and hot
		r := w.do(t, "GET", "/demo/public/0/shoe")
		if r.StatusCode != 200 || r.err == nil || len(r.body) > 512<<10 {
			t.Errorf("%d, %d bytes, %v", r.StatusCode, len(r.body), r.err)
		}
	}
	if strings.Contains(w.log.String(), "panic") {
		t.Errorf("logged: %s", w.log)
	}
}

func TestSlowReaderHoldsNoRender(t *testing.T) {
	t.Parallel()
	w := newServer(t, &plain{}).run(t)
	w.Engine.Size = 16 << 20 // more than sockets buffer
	w.Put(renditiontest.Image("shoe"), []byte("A"))
	slow, err := net.Dial("tcp", strings.TrimPrefix(w.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	fmt.Fprint(slow, "GET /demo/public/20/shoe HTTP/1.1\r\nHost: x\r\n\r\n")
	if line, err := bufio.NewReaderSize(slow, 16).ReadString('\n'); err != nil || line != "HTTP/1.1 200 OK\r\n" {
		t.Fatalf("%q %v", line, err)
	}
	// The answer is under way and nobody reads it. An engine with one slot
	// would be free by now, and so are the key's lock and the others.
	if r := w.do(t, "GET", "/demo/public/30/shoe"); r.StatusCode != 200 || len(r.body) != 16<<20 {
		t.Errorf("another: %d", r.StatusCode)
	}
	if r := w.do(t, "HEAD", "/demo/public/20/shoe"); r.StatusCode != 200 {
		t.Errorf("the same: %d", r.StatusCode)
	}
	if n := w.Engine.Renders.Load(); n != 2 {
		t.Errorf("rendered %d times", n)
	}
}

func TestRequestIDs(t *testing.T) {
	t.Parallel()
	w := newServer(t, &plain{})
	w.Put(renditiontest.Image("shoe"), []byte("A"))
	seen, form := map[string]bool{}, regexp.MustCompile(`^[0-9a-f]{32}$`)
	for i := range 2000 {
		path := "/demo/public/0/shoe" // hot from the second on
		if i%10 == 0 {
			path = "/health"
		}
		rec := httptest.NewRecorder()
		w.s.ServeHTTP(rec, httptest.NewRequest("GET", path, nil))
		id := rec.Header().Get("X-Request-Id")
		if !form.MatchString(id) || seen[id] || rec.Code != 200 {
			t.Fatalf("%s: %d, id %q, seen %v", path, rec.Code, id, seen[id])
		}
		seen[id] = true
	}
}

func TestAccessLog(t *testing.T) {
	t.Parallel()
	var out logs
	w := newServer(t, &plain{}, func(c *Config) {
		c.Logger = slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}).run(t)
	w.Put(renditiontest.Image("shoe"), bytes.Repeat([]byte("A"), 100_000))
	for range 2 {
		if r := w.do(t, "GET", "/demo/public/0/shoe"); len(r.body) != 100_000 {
			t.Errorf("%d bytes", len(r.body))
		}
	}
	w.do(t, "GET", "/demo/public/0/none")
	for end := time.Now().Add(10 * time.Second); strings.Count(out.String(), "msg=request") < 3; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("logged: %s", &out)
		}
	}
	if s := out.String(); strings.Count(s, "status=200 bytes=100000") != 2 || !strings.Contains(s, "status=404") {
		t.Errorf("logged: %s", s)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	w := newServer(t, &plain{})
	good := w.s.cfg
	api := &plain{api: func(http.ResponseWriter, *http.Request) {}}
	for name, change := range map[string]func(*Config){
		"no directory": func(c *Config) { c.Directory = nil },
		"no delivery":  func(c *Config) { c.Delivery = nil },
		"one name":     func(c *Config) { c.Dialects = []dialect.Dialect{&plain{}, &plain{}} },
		"one prefix":   func(c *Config) { c.Dialects = []dialect.Dialect{api, renamed{api}} },
		"bare path":    func(c *Config) { c.Extra = map[string]http.Handler{"x": http.NotFoundHandler()} },
	} {
		cfg := good
		change(&cfg)
		if _, err := New(cfg); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

type renamed struct{ dialect.Dialect }

func (renamed) Name() string { return "renamed" }

// TestDialectAnswersBesideFiles: an ability of a dialect takes the paths that
// it wants, by reading methods only, and leaves the others.
func TestDialectAnswersBesideFiles(t *testing.T) {
	t.Parallel()
	w := newServer(t, &plain{other: "/other/"})
	for request, want := range map[string]string{
		"GET /demo/other/a/b":   "200 other of demo",
		"POST /demo/other/a":    "405 ",
		"GET /demo/public/0/x":  "404 ",
		"GET /nobody/other/a/b": "404 ",
	} {
		method, path, _ := strings.Cut(request, " ")
		rec := httptest.NewRecorder()
		w.s.ServeHTTP(rec, httptest.NewRequest(method, path, nil))
		if got := fmt.Sprint(rec.Code, " ", rec.Body); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s, want %s", request, got, want)
		}
	}
}
