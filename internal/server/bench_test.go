package server

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"tintype/internal/rendition/renditiontest"
)

// BenchmarkHit asks for one file again and again over loopback; the time is
// that of client and server together.
func BenchmarkHit(b *testing.B) {
	for _, size := range []int{20_000, 200_000, 2_000_000} {
		b.Run(fmt.Sprintf("%dkB", size/1000), func(b *testing.B) {
			w := newServer(b, &plain{})
			w.Blobs.Files = true
			w.Put(renditiontest.Image("shoe"), make([]byte, size))
			ls, err := Listen("127.0.0.1:0")
			if err != nil {
				b.Fatal(err)
			}
			ctx, stop := context.WithCancel(context.Background())
			defer stop()
			go w.s.Run(ctx, ls...)
			url := "http://" + ls[0].Addr().String() + "/demo/public/0/shoe"
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				r, err := http.Get(url)
				if err != nil {
					b.Fatal(err)
				}
				n, err := io.Copy(io.Discard, r.Body)
				r.Body.Close()
				if err != nil || n != int64(size) {
					b.Fatal(n, err)
				}
			}
		})
	}
}

// BenchmarkHandler is the server's own part of a hit.
func BenchmarkHandler(b *testing.B) {
	w := newServer(b, &plain{})
	w.Put(renditiontest.Image("shoe"), make([]byte, 20_000))
	r := httptest.NewRequest("GET", "/demo/public/0/shoe", nil)
	w.s.ServeHTTP(httptest.NewRecorder(), r)
	s := &sink{h: http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		w.s.ServeHTTP(s, r)
	}
}

// sink is a response that costs nothing.
type sink struct{ h http.Header }

func (s *sink) Header() http.Header         { return s.h }
func (s *sink) WriteHeader(int)             {}
func (s *sink) Write(p []byte) (int, error) { return len(p), nil }
