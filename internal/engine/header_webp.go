package engine

import (
	"encoding/binary"
	"errors"
)

// readWebP reads the first chunk for the size and, in the extended format,
// passes over the others for frames and orientation.
func readWebP(w *window, head []byte) (header, error) {
	h := header{Format: "webp", Bits: 8}
	if len(head) < 30 {
		return h, errShort
	}
	switch string(head[12:16]) {
	case "VP8 ":
		if head[23] != 0x9D || head[24] != 0x01 || head[25] != 0x2A {
			return h, malformed("webp", "it does not begin with a key frame")
		}
		h.Width = int(binary.LittleEndian.Uint16(head[26:]) & 0x3FFF)
		h.Height = int(binary.LittleEndian.Uint16(head[28:]) & 0x3FFF)
		return h, nil
	case "VP8L":
		if head[20] != 0x2F {
			return h, malformed("webp", "its signature is missing")
		}
		v := binary.LittleEndian.Uint32(head[21:])
		h.Width, h.Height = int(v&0x3FFF)+1, int(v>>14&0x3FFF)+1
		h.Alpha = v>>28&1 != 0
		return h, nil
	case "VP8X":
	default:
		return h, malformed("webp", "its first chunk is unknown")
	}
	flags := head[20]
	h.Alpha, h.Animated = flags&0x10 != 0, flags&0x02 != 0
	h.Width = 1 + int(head[24]) + int(head[25])<<8 + int(head[26])<<16
	h.Height = 1 + int(head[27]) + int(head[28])<<8 + int(head[29])<<16
	err := webpChunks(w, 30, &h)
	if errors.Is(err, errShort) {
		err = nil
	}
	return h, err
}

// webpChunks counts frames and finds the orientation. A file that ends early
// has what was found.
func webpChunks(w *window, off int64, h *header) error {
	for range maxChunks {
		b, err := w.bytes(off, 8)
		if err != nil {
			return err
		}
		kind, length := string(b[:4]), int64(binary.LittleEndian.Uint32(b[4:]))
		switch kind {
		case "ANMF":
			if h.Animated {
				h.Pages++
			}
		case "EXIF":
			if h.Orientation, err = exifSegment(w, off+8, length); err != nil {
				return err
			}
		}
		off += 8 + length + length&1
	}
	return errBusy
}
