package engine

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"io"

	"tintype/internal/engine/vips"
)

// metadataMax is how much a PNG file's compressed texts and colour profile may
// hold together when they are inflated, in bytes. What is beyond is left out
// before a decoder sees it.
const metadataMax = 16 << 20

// bounded is the source, a PNG file, without metadata beyond metadataMax: the
// same source where there is none.
func (s *source) bounded() (*source, error) {
	kept, size := boundPNG(s.data)
	if size == len(s.data) {
		return s, nil
	}
	m, err := anonymous(size)
	if err != nil {
		return nil, err
	}
	to := *s
	to.data = m
	for _, part := range kept {
		m = m[copy(m, part):]
	}
	return &to, nil
}

// boundPNG answers the parts of a PNG file that are kept, and their length.
func boundPNG(b vips.Foreign) (kept [][]byte, size int) {
	left := int64(metadataMax)
	from, off := 0, 8
	for off+12 <= len(b) {
		length, kind := int64(binary.BigEndian.Uint32(b[off:])), string(b[off+4:off+8])
		end := int64(off) + 12 + length
		if end > int64(len(b)) || kind == "IEND" {
			break
		}
		if data := b[off+8 : end-4]; !withinBound(kind, data, &left) {
			kept = append(kept, b[from:off])
			size += off - from
			from = int(end)
		}
		off = int(end)
	}
	return append(kept, b[from:]), size + len(b) - from
}

// withinBound takes what a chunk inflates to off left, and reports whether it
// was enough. Broken chunks are left to the decoder.
func withinBound(kind string, data []byte, left *int64) bool {
	packed, ok := compressedPart(kind, data)
	if !ok {
		return true
	}
	if *left <= 0 {
		return false
	}
	r, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		return true
	}
	// What comes before an error was inflated all the same.
	n, _ := io.Copy(io.Discard, io.LimitReader(r, *left+1))
	*left -= n
	return *left >= 0
}

// compressedPart finds the zlib stream in a chunk that has one.
func compressedPart(kind string, data []byte) ([]byte, bool) {
	switch kind {
	case "zTXt", "iCCP": // name, 0, method
		if _, rest, ok := bytes.Cut(data, []byte{0}); ok && len(rest) > 1 {
			return rest[1:], true
		}
	case "iTXt": // keyword, 0, compressed?, method, language, 0, translated keyword, 0
		_, rest, ok := bytes.Cut(data, []byte{0})
		if !ok || len(rest) < 2 || rest[0] == 0 {
			return nil, false
		}
		if _, rest, ok = bytes.Cut(rest[2:], []byte{0}); !ok {
			return nil, false
		}
		if _, rest, ok = bytes.Cut(rest, []byte{0}); ok {
			return rest, true
		}
	}
	return nil, false
}
