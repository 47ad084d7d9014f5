package engine

import (
	"encoding/binary"
	"errors"
)

// maxChunks bounds the chunks of a PNG or WebP and the boxes of an ISO file.
const maxChunks = 100_000

// readPNG reads IHDR and passes over all other chunks for transparency,
// orientation and the number of frames that an APNG claims. A file that ends
// before IEND is left to the decoder to judge.
func readPNG(w *window, head []byte) (header, error) {
	h := header{Format: "png"}
	ihdr, err := w.bytes(8, 25)
	if err != nil {
		return h, err
	}
	if string(ihdr[4:8]) != "IHDR" || binary.BigEndian.Uint32(ihdr) != 13 {
		return h, malformed("png", "it does not begin with its header")
	}
	width, height := binary.BigEndian.Uint32(ihdr[8:]), binary.BigEndian.Uint32(ihdr[12:])
	if width > 1<<31-1 || height > 1<<31-1 {
		return h, malformed("png", "its size is impossible")
	}
	h.Width, h.Height, h.Bits = int(width), int(height), int(ihdr[16])
	h.Alpha = ihdr[17] == 4 || ihdr[17] == 6
	off := int64(8 + 25)
	for range maxChunks {
		b, err := w.bytes(off, 8)
		if errors.Is(err, errShort) {
			return h, nil
		} else if err != nil {
			return h, err
		}
		length, kind := int64(binary.BigEndian.Uint32(b)), string(b[4:8])
		switch kind {
		case "IEND":
			return h, nil
		case "tRNS":
			h.Alpha = true
		case "acTL":
			n, err := w.num(off+8, 4, binary.BigEndian)
			if err != nil {
				return h, err
			}
			h.Pages, h.Animated = int(n), n > 1
		case "eXIf":
			if h.Orientation, err = exifSegment(w, off+8, length); err != nil {
				return h, err
			}
		}
		off += 12 + length
	}
	return h, errBusy
}
