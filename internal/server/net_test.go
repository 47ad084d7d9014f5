package server

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"tintype/internal/engine"
	"tintype/internal/media"
	"tintype/internal/rendition/renditiontest"
)

// raw sends bytes to a server and returns the status line of the answer.
func raw(t *testing.T, url, request string) string {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	go io.WriteString(c, request)
	line, err := bufio.NewReader(c).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line)
}

func TestMalformedRequests(t *testing.T) {
	t.Parallel()
	w := newServer(t, &plain{api: func(w http.ResponseWriter, r *http.Request) { io.Copy(w, r.Body) }}).run(t)
	for name, c := range map[string]struct{ request, status string }{
		"both lengths": {"POST /api/x HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "HTTP/1.1 400 Bad Request"},
		"lower case":   {"POST /api/x HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\ncontent-length: 3\r\n\r\n0\r\n\r\n", "HTTP/1.1 400 Bad Request"},
		"chunked":      {"POST /api/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "HTTP/1.1 200 OK"},
		"two lengths":  {"POST /api/x HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", "HTTP/1.1 400 Bad Request"},
		"no host":      {"GET /health HTTP/1.1\r\n\r\n", "HTTP/1.1 400 Bad Request"},
		"huge header":  {"GET /health HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("a", maxHeader+8192) + "\r\n\r\n", "HTTP/1.1 431 Request Header Fields Too Large"},
		"good":         {"GET /health HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 OK"},
	} {
		if got := raw(t, w.url, c.request); !strings.HasPrefix(got, c.status) {
			t.Errorf("%s: %q, want %q", name, got, c.status)
		}
	}
}

func TestSmuggling(t *testing.T) {
	t.Parallel()
	w := newServer(t, &plain{api: func(w http.ResponseWriter, r *http.Request) { io.Copy(w, r.Body) }}).run(t)
	c, err := net.Dial("tcp", strings.TrimPrefix(w.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	in := bufio.NewReader(c)
	ask := func(request string) (status int, closes bool) {
		t.Helper()
		io.WriteString(c, request)
		r, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		io.Copy(io.Discard, r.Body)
		return r.StatusCode, r.Close
	}
	const chunked = "POST /api/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
	// A header of the request before must not be taken for this one's.
	if code, closes := ask("POST /api/x HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"); code != 200 || closes {
		t.Errorf("with a length: %d, closes %v", code, closes)
	}
	for range 2 {
		if code, closes := ask(chunked + "\r\n3\r\nabc\r\n0\r\n\r\n"); code != 200 || closes {
			t.Errorf("chunked: %d, closes %v", code, closes)
		}
	}
	if code, closes := ask(chunked + "Content-Length: 5\r\n\r\n0\r\n\r\nGET /health HTTP/1.1\r\nHost: x\r\n\r\n"); code != 400 || !closes {
		t.Errorf("both: %d, closes %v", code, closes)
	}
	if _, err := in.ReadByte(); err == nil {
		t.Error("the request behind was answered")
	}
}

func TestPipelinedChunksEndTheConnection(t *testing.T) {
	t.Parallel()
	w := newServer(t, &plain{api: func(w http.ResponseWriter, r *http.Request) { io.Copy(w, r.Body) }}).run(t)
	c, err := net.Dial("tcp", strings.TrimPrefix(w.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	get := "GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
	io.WriteString(c, get+"POST /api/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"+get)
	in, answers := bufio.NewReader(c), 0
	for {
		r, err := http.ReadResponse(in, nil)
		if err != nil {
			break
		}
		io.Copy(io.Discard, r.Body)
		r.Body.Close()
		answers++
	}
	if answers != 2 {
		t.Errorf("%d answers", answers)
	}
}

// A client that does not read is given up, and so is what it held.
func TestUnreadAnswersEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		wrote := make(chan error, 1)
		s := bodyServer(nil)
		s.apis[0].handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, err := w.Write(make([]byte, 64<<10))
			wrote <- err
		})
		l := newPipes()
		hs := &http.Server{Handler: apiOnly{s}}
		go hs.Serve(listener{l})
		conn := l.dial()
		began := time.Now()
		go fmt.Fprint(conn, "GET /api/x HTTP/1.1\r\nHost: x\r\n\r\n")
		if err := <-wrote; !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if d := time.Since(began); d < sendGrace || d > 3*sendGrace {
			t.Errorf("after %v", d)
		}
		conn.Close()
		hs.Close()
	})
}

// pipes is a listener whose connections are in memory, so that their
// deadlines obey a test's clock.
type pipes struct {
	conns chan net.Conn
	once  sync.Once
	done  chan struct{}
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), done: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}
func (p *pipes) Close() error   { p.once.Do(func() { close(p.done) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p *pipes) dial() net.Conn {
	ours, theirs := net.Pipe()
	p.conns <- theirs
	return ours
}

// bodyServer is a bare Server whose API reads the whole body.
func bodyServer(got chan<- error) *Server {
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := io.Copy(io.Discard, r.Body)
		got <- err
	})
	return &Server{ids: newIDs(), apis: []api{{"/api/", h, &plain{}}}, cfg: Config{StopTimeout: time.Second}}
}

// apiOnly serves without the hot index.
type apiOnly struct{ s *Server }

func (a apiOnly) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.s.cold("id", w, r) }

func TestSlowBodies(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		pause time.Duration // between pieces of 100 bytes
		total int
		ok    bool
		least time.Duration // before it is refused
	}{
		"steady":      {50 * time.Millisecond, 100_000, true, 0},
		"short":       {time.Second, 1000, true, 0},
		"drip":        {time.Second, 1_000_000, false, 20 * time.Second},
		"then silent": {time.Hour, 1_000_000, false, 20 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				got := make(chan error, 1)
				s := bodyServer(got)
				l := newPipes()
				hs := &http.Server{Handler: apiOnly{s}}
				go hs.Serve(l)
				conn := l.dial()
				began := time.Now()
				stop := make(chan struct{})
				var wg sync.WaitGroup
				wg.Go(func() { io.Copy(io.Discard, conn) })
				wg.Go(func() {
					fmt.Fprintf(conn, "POST /api/x HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", c.total)
					for range c.total / 100 {
						if _, err := conn.Write(make([]byte, 100)); err != nil {
							return
						}
						select {
						case <-time.After(c.pause):
						case <-stop:
							return
						}
					}
				})
				err := <-got
				if (err == nil) != c.ok {
					t.Errorf("got %v", err)
				}
				if !c.ok && (media.CodeOf(err) != media.Invalid || time.Since(began) < c.least || time.Since(began) > 2*c.least) {
					t.Errorf("after %v: %v", time.Since(began), err)
				}
				close(stop)
				conn.Close()
				hs.Close()
				wg.Wait()
			})
		})
	}
}

func TestCutBodyIsTheClientsFault(t *testing.T) {
	t.Parallel()
	got := make(chan error, 1)
	s := httptest.NewServer(apiOnly{bodyServer(got)})
	defer s.Close()
	c, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(c, "POST /api/x HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc")
	c.Close()
	if err := <-got; media.CodeOf(err) != media.Invalid || err == nil {
		t.Errorf("got %v", err)
	}
}

// A body that was read in time must not cut the answer that takes longer.
func TestDeadlineEndsWithTheBody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := bodyServer(nil)
		s.apis[0].handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			select {
			case <-time.After(5 * time.Minute):
				fmt.Fprint(w, "done")
			case <-r.Context().Done():
				t.Error("the request was ended")
			}
		})
		l := newPipes()
		hs := &http.Server{Handler: apiOnly{s}}
		go hs.Serve(l)
		conn := l.dial()
		go fmt.Fprint(conn, "POST /api/x HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc")
		line, err := bufio.NewReader(conn).ReadString('\n')
		if err != nil || line != "HTTP/1.1 200 OK\r\n" {
			t.Errorf("%q %v", line, err)
		}
		conn.Close()
		hs.Close()
	})
}

func TestGracefulStop(t *testing.T) {
	t.Parallel()
	w := newServer(t, &plain{})
	w.Put(renditiontest.Image("shoe"), []byte("A"))
	rendering, release := make(chan struct{}), make(chan struct{})
	w.Engine.OnRender = func(context.Context, engine.Output) error { close(rendering); <-release; return nil }
	ls, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w.url = "http://" + ls[0].Addr().String()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.s.Run(ctx, ls...) }()
	answer := make(chan reply, 1)
	go func() { answer <- w.do(t, "GET", "/demo/public/20/shoe") }()
	<-rendering
	stop()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		rec := httptest.NewRecorder()
		w.s.ServeHTTP(rec, httptest.NewRequest("GET", "/ready", nil))
		if rec.Code == http.StatusServiceUnavailable {
			break
		}
		if time.Now().After(end) {
			t.Fatal("still ready")
		}
	}
	select {
	case err := <-ended:
		t.Fatalf("stopped before the request was answered: %v", err)
	default:
	}
	close(release)
	if r := <-answer; r.StatusCode != 200 || r.err != nil {
		t.Errorf("the request under way: %d %v", r.StatusCode, r.err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if _, err := net.Dial("tcp", ls[0].Addr().String()); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("a new connection: %v", err)
	}
}

func TestStopBreaksOffWhatDoesNotEnd(t *testing.T) {
	t.Parallel()
	w := newServer(t, &plain{}, func(c *Config) { c.StopTimeout = 10 * time.Millisecond })
	w.Put(renditiontest.Image("shoe"), []byte("A"))
	rendering := make(chan struct{})
	w.Engine.OnRender = func(ctx context.Context, _ engine.Output) error { close(rendering); <-ctx.Done(); return ctx.Err() }
	ls, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.s.Run(ctx, ls...) }()
	go func() {
		if r, err := http.Get("http://" + ls[0].Addr().String() + "/demo/public/20/shoe"); err == nil {
			r.Body.Close()
		}
	}()
	<-rendering
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestRunTellsWhyItEnded(t *testing.T) {
	t.Parallel()
	w := newServer(t, &plain{})
	if err := w.s.Run(t.Context()); err == nil {
		t.Error("no listener is no error")
	}
	l := newPipes()
	l.Close()
	if err := w.s.Run(t.Context(), l, newPipes()); !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v", err)
	}
}

func TestListenOnLocalhost(t *testing.T) {
	t.Parallel()
	ls, err := Listen("localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	ports := map[int]bool{}
	for _, l := range ls {
		a := l.Addr().(*net.TCPAddr)
		if !a.IP.IsLoopback() {
			t.Errorf("listens on %v", a)
		}
		ports[a.Port] = true
	}
	if len(ports) != 1 {
		t.Errorf("ports %v", ports)
	}
	if _, err := Listen(fmt.Sprintf("localhost:%d", ls[0].Addr().(*net.TCPAddr).Port)); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("a taken port: %v", err)
	}
	for _, l := range ls {
		l.Close()
	}
	for _, bad := range []string{"", "localhost", "localhost:x", "256.1.1.1:0"} {
		if _, err := Listen(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}
