package fetch

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tintype/internal/media"
)

// pipe gives a client whose connections are pipes to serve, so that time can
// be that of a synctest bubble. serve gets each connection after the header
// of the request was read.
func pipe(t *testing.T, cfg Config, serve func(conn net.Conn)) *Client {
	t.Helper()
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	t.Cleanup(serving.Wait)
	c.http.Transport.(*http.Transport).DialContext = func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		serving.Go(func() {
			defer far.Close()
			if _, err := http.ReadRequest(bufio.NewReader(far)); err == nil {
				serve(far)
			}
		})
		return near, nil
	}
	return c
}

// untilClosed waits for the other side to hang up.
func untilClosed(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }

func took(t *testing.T, start time.Time, want time.Duration) {
	t.Helper()
	if d := time.Since(start); d != want {
		t.Errorf("took %v, want %v", d, want)
	}
}

const header = "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"

func TestNoAnswer(t *testing.T) {
	t.Parallel()
	for name, serve := range map[string]func(net.Conn){
		"silence":       untilClosed,
		"half a line":   func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 2"); untilClosed(c) },
		"no empty line": func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nX: y\r\n"); untilClosed(c) },
		"early hints for ever": func(c net.Conn) {
			for {
				if _, err := io.WriteString(c, "HTTP/1.1 103 Early Hints\r\n\r\n"); err != nil {
					return
				}
				time.Sleep(3 * time.Second)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				_, err := pipe(t, Config{}, serve).Get(t.Context(), "http://example.test/", 10)
				refused(t, err, media.Invalid, ErrUnreachable, name)
				took(t, start, 10*time.Second)
			})
		})
	}
}

// TestRedirectsInTime redirects slowly: the time to the header holds for all hops.
func TestRedirectsInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		c := pipe(t, Config{}, func(c net.Conn) {
			time.Sleep(4 * time.Second)
			_, _ = io.WriteString(c, "HTTP/1.1 302 Found\r\nLocation: /next\r\nContent-Length: 0\r\n\r\n")
		})
		_, err := c.Get(t.Context(), "http://example.test/", 10)
		refused(t, err, media.Invalid, ErrUnreachable, "slow redirects")
		took(t, start, 10*time.Second)
	})
}

// trickle sends n bytes at a time.
func trickle(n int, every time.Duration) func(net.Conn) {
	return func(c net.Conn) {
		_, _ = io.WriteString(c, header)
		for {
			if _, err := io.WriteString(c, strings.Repeat("x", n)); err != nil {
				return
			}
			time.Sleep(every)
		}
	}
}

func TestSlowBody(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		serve func(net.Conn)
		want  time.Duration
	}{
		{"nothing", func(c net.Conn) { _, _ = io.WriteString(c, header); untilClosed(c) }, 10 * time.Second},
		{"one byte a second", trickle(1, time.Second), 10 * time.Second},
		{"9 KiB a second", trickle(9<<10, time.Second), 10 * time.Second},
		{"quick, then nothing", func(c net.Conn) {
			_, _ = io.WriteString(c, header+strings.Repeat("x", 200_000))
			untilClosed(c)
		}, 20 * time.Second},
		{"12 KiB a second, for ever", trickle(12<<10, time.Second), 30 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				_, _, err := get(t, pipe(t, Config{}, c.serve), "http://example.test/", -1)
				refused(t, err, media.Invalid, ErrUnreachable, c.name)
				took(t, start, c.want)
			})
		})
	}
}

// TestSlowReader reads slowly what comes quickly: that is not the origin's fault.
func TestSlowReader(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := pipe(t, Config{Timeout: time.Hour}, func(c net.Conn) {
			_, _ = io.WriteString(c, strings.Replace(header, "1000000", "1000", 1)+strings.Repeat("x", 1000))
			untilClosed(c)
		})
		res, err := c.Get(t.Context(), "http://example.test/", -1)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		n := 0
		for p := make([]byte, 10); ; time.Sleep(15 * time.Second) {
			m, err := res.Body.Read(p)
			n += m
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if n != 1000 {
			t.Errorf("read %d", n)
		}
	})
}

func TestBrokenBody(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"short":         "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345",
		"no chunk end":  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n",
		"bad chunk":     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\nsecret\r\n",
		"bad gzip":      "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nContent-Encoding: gzip\r\n\r\nsecret",
		"empty gzip":    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Encoding: gzip\r\n\r\n",
		"no HTTP":       "secret\r\n\r\n",
		"two lengths":   "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n12345",
		"minus length":  "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n12345",
		"endless lines": "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("secret", 20_000) + "\r\n\r\n",
		"hang up":       "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := pipe(t, Config{}, func(c net.Conn) { _, _ = io.WriteString(c, answer) })
			got, _, err := get(t, c, "http://example.test/", 100)
			refused(t, err, media.Invalid, ErrUnreachable, fmt.Sprintf("%s (%q)", name, got))
		})
	}
}

func TestEndless(t *testing.T) {
	t.Parallel()
	c := pipe(t, Config{}, func(c net.Conn) {
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
		for {
			if _, err := io.WriteString(c, strings.Repeat("x", 10_000)); err != nil {
				return
			}
		}
	})
	got, _, err := get(t, c, "http://example.test/", 1<<20)
	refused(t, err, media.TooLarge, nil, "endless")
	if len(got) != 1<<20 {
		t.Errorf("read %d bytes", len(got))
	}
}

func TestCallersContext(t *testing.T) {
	t.Parallel()
	for name, serve := range map[string]func(net.Conn){
		"header": untilClosed,
		"body":   func(c net.Conn) { _, _ = io.WriteString(c, header+"some"); untilClosed(c) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := pipe(t, Config{}, serve)
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				res, err := c.Get(ctx, "http://example.test/", -1)
				if err == nil {
					_, err = io.ReadAll(res.Body)
					res.Body.Close()
				}
				if !errors.Is(err, context.DeadlineExceeded) || media.CodeOf(err) != media.Limited {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}

// TestClose hangs up early; the bubble ends only when every goroutine has.
func TestClose(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := pipe(t, Config{}, trickle(1<<10, time.Millisecond))
		res, err := c.Get(t.Context(), "http://example.test/", -1)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(res.Body, make([]byte, 5000)); err != nil {
			t.Fatal(err)
		}
		if err := res.Body.Close(); err != nil {
			t.Error(err)
		}
		if _, err := io.ReadAll(res.Body); err == nil {
			t.Error("read after Close")
		}
	})
}
