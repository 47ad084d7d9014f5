package delivery

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"tintype/internal/rendition/renditiontest"
)

// sink is a response that costs nothing.
type sink struct {
	h http.Header
	n int
}

func (s *sink) Header() http.Header         { return s.h }
func (s *sink) WriteHeader(int)             {}
func (s *sink) Write(p []byte) (int, error) { s.n += len(p); return len(p), nil }

func hotRequest(tb testing.TB, w *world, size int) *http.Request {
	tb.Helper()
	w.Put(renditiontest.Image("shoe"), make([]byte, size))
	r := httptest.NewRequest("GET", "/demo/image/upload/c_fill,w_400,h_400/f_auto/shoe.jpg", nil)
	r.Header.Set("Accept", "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8")
	if err := w.d.Serve(httptest.NewRecorder(), r, w.named("shoe")); err != nil {
		tb.Fatal(err)
	}
	return r
}

func BenchmarkHot(b *testing.B) {
	for _, size := range []int{20_000, 200_000} {
		b.Run(fmt.Sprintf("%dkB", size/1000), func(b *testing.B) {
			w := newWorld(b)
			r := hotRequest(b, w, size)
			s := &sink{h: http.Header{}}
			b.ReportAllocs()
			for b.Loop() {
				if !w.d.Hot(s, r) {
					b.Fatal("not hot")
				}
			}
		})
	}
}

// BenchmarkHotLoopback asks over one kept-alive connection; the time is that
// of client and server together.
func BenchmarkHotLoopback(b *testing.B) {
	for _, size := range []int{20_000, 200_000, 2_000_000} {
		b.Run(fmt.Sprintf("%dkB", size/1000), func(b *testing.B) {
			w := newWorld(b)
			w.Blobs.Files = true
			r := hotRequest(b, w, size)
			s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				if !w.d.Hot(rw, r) {
					http.Error(rw, "not hot", http.StatusInternalServerError)
				}
			}))
			defer s.Close()
			c, err := net.Dial("tcp", s.Listener.Addr().String())
			if err != nil {
				b.Fatal(err)
			}
			defer c.Close()
			ask := []byte("GET " + r.RequestURI + " HTTP/1.1\r\nHost: " + r.Host + "\r\n\r\n")
			buf := make([]byte, 256<<10)
			head := -1 // length of the header, which is the same each time
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.Write(ask); err != nil {
					b.Fatal(err)
				}
				for left := head + size; left > 0 || head < 0; {
					n, err := c.Read(buf)
					if err != nil && err != io.EOF {
						b.Fatal(err)
					}
					if head < 0 {
						head = headerLength(buf[:n])
						left = head + size
					}
					left -= n
				}
			}
		})
	}
}

func headerLength(b []byte) int {
	for i := 0; i+4 <= len(b); i++ {
		if string(b[i:i+4]) == "\r\n\r\n" {
			return i + 4
		}
	}
	return 0
}

func TestHotAllocatesNothing(t *testing.T) {
	w := newWorld(t)
	r := hotRequest(t, w, 20_000)
	s := &sink{h: http.Header{}}
	n := testing.AllocsPerRun(200, func() {
		if !w.d.Hot(s, r) {
			t.Fatal("not hot")
		}
	})
	if n > 0 {
		t.Errorf("%v allocations", n)
	}
}
