package engine

import (
	"bytes"
	"compress/zlib"
	"testing"
	"time"

	"tintype/internal/engine/vips"
)

func deflated(t testing.TB, n int) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	_, err := w.Write(make([]byte, n))
	must(t, err)
	must(t, w.Close())
	return b.Bytes()
}

func chunkOf(kind string, data []byte) []byte { return []byte(pngChunk(kind, string(data))) }

// withChunks puts chunks behind a PNG file's header.
func withChunks(png []byte, chunks ...[]byte) []byte {
	const head = 8 + 25
	out := bytes.Clone(png[:head])
	for _, c := range chunks {
		out = append(out, c...)
	}
	return append(out, png[head:]...)
}

func TestPNGMetadataIsBounded(t *testing.T) {
	t.Parallel()
	plainFile := pngOf(t, gradient(20, 20).image(20, 20))
	mega := deflated(t, 1<<20)
	for name, c := range map[string]struct {
		chunk []byte
		kept  int // of 20, each of 1 MiB
	}{
		"zTXt":            {chunkOf("zTXt", append([]byte("k\x00\x00"), mega...)), 16},
		"iCCP":            {chunkOf("iCCP", append([]byte("k\x00\x00"), mega...)), 16},
		"iTXt":            {chunkOf("iTXt", append([]byte("k\x00\x01\x00en\x00kk\x00"), mega...)), 16},
		"iTXt as it is":   {chunkOf("iTXt", append([]byte("k\x00\x00\x00en\x00kk\x00"), mega...)), 20},
		"tEXt":            {chunkOf("tEXt", append([]byte("k\x00"), mega...)), 20},
		"zTXt, broken":    {chunkOf("zTXt", []byte("k\x00\x00rubbish")), 20},
		"iTXt, too short": {chunkOf("iTXt", []byte("k\x00\x01")), 20},
	} {
		var chunks [][]byte
		for range 20 {
			chunks = append(chunks, c.chunk)
		}
		kept, size := boundPNG(vips.Foreign(withChunks(plainFile, chunks...)))
		got := bytes.Join(kept, nil)
		if want := withChunks(plainFile, chunks[:c.kept]...); size != len(got) || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes are kept, want %d of 20 chunks and %d bytes", name, len(got), c.kept, len(want))
		}
	}
	// What ends early stays as it is.
	for n := range len(plainFile) {
		if _, size := boundPNG(vips.Foreign(plainFile[:n])); size != n {
			t.Errorf("of %d bytes %d are kept", n, size)
		}
	}
}

// A few kilobytes that inflate to gigabytes beside the pixels hold nobody up.
func TestPNGMetadataBomb(t *testing.T) {
	t.Parallel()
	packed := chunkOf("zTXt", append([]byte("k\x00\x00"), deflated(t, 20_000_000)...))
	var chunks [][]byte
	for range 60 {
		chunks = append(chunks, packed)
	}
	b := withChunks(pngOf(t, gradient(20, 20).image(20, 20)), chunks...)
	start := time.Now()
	src := mapped(t, "png", b)
	info, err := probe(src, Limits{})
	if err != nil || info.Width != 20 || len(src.data) > len(b)/2 {
		t.Errorf("%+v, %v, %d bytes reach the decoder", info, err, len(src.data))
	}
	if d := time.Since(start); d > 2*time.Second {
		t.Errorf("took %v", d)
	}
}

func FuzzBoundPNG(f *testing.F) {
	b := pngOf(f, gradient(5, 5).image(5, 5))
	f.Add(b)
	f.Add(withChunks(b, chunkOf("zTXt", append([]byte("k\x00\x00"), deflated(f, 17<<20)...))))
	f.Add(withChunks(b, chunkOf("iTXt", []byte("k\x00\x01\x00\x00\x00x"))))
	f.Fuzz(func(t *testing.T, b []byte) {
		kept, size := boundPNG(vips.Foreign(b))
		if got := bytes.Join(kept, nil); len(got) != size || size > len(b) {
			t.Fatalf("%d bytes of %d, said to be %d", len(got), len(b), size)
		}
	})
}
