package engine

import (
	"encoding/binary"
	"errors"
)

// readJPEG walks the segments to the frame header. Bytes between segments
// that belong to none are passed over, as every decoder does.
func readJPEG(w *window, _ []byte) (header, error) {
	h := header{Format: "jpeg"}
	for off := int64(2); ; {
		b, err := w.bytes(off, 2)
		if err != nil {
			return h, err
		}
		marker := b[1]
		switch {
		case b[0] != 0xFF || marker == 0xFF || marker == 0: // stray or fill byte
			off++
			continue
		case marker == 0x01 || marker >= 0xD0 && marker <= 0xD8: // no length
			off += 2
			continue
		case marker == 0xD9 || marker == 0xDA:
			return h, malformed("jpeg", "it has no frame header")
		}
		length, err := w.num(off+2, 2, binary.BigEndian)
		if err != nil {
			return h, err
		}
		if length < 2 {
			return h, malformed("jpeg", "a segment has no length")
		}
		if marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC {
			return frameHeader(w, off+4, h)
		}
		if marker == 0xE1 && h.Orientation == 0 && length > 8 {
			if h.Orientation, err = exifSegment(w, off+4, int64(length)-2); err != nil {
				return h, err
			}
		}
		off += 2 + int64(length)
	}
}

func frameHeader(w *window, off int64, h header) (header, error) {
	b, err := w.bytes(off, 6)
	if err != nil {
		return h, err
	}
	h.Bits = int(b[0])
	h.Height = int(binary.BigEndian.Uint16(b[1:]))
	h.Width = int(binary.BigEndian.Uint16(b[3:]))
	return h, nil
}

// exifSegment finds the orientation in n bytes that begin with "Exif\0\0" or
// with a TIFF header; 0 when there is none. Broken Exif is none.
func exifSegment(w *window, off, n int64) (int, error) {
	b, err := w.upTo(off, 6)
	if err != nil {
		return 0, err
	}
	if len(b) == 6 && string(b[:4]) == "Exif" {
		off, n = off+6, n-6
	}
	o, err := exifOrientation(w, off, n)
	if errors.Is(err, errShort) {
		return 0, nil
	}
	return o, err
}

// exifOrientation reads tag 0x0112 of the first IFD of the TIFF structure at
// off, n bytes long.
func exifOrientation(w *window, off, n int64) (int, error) {
	b, err := w.bytes(off, 8)
	if err != nil || n < 8 {
		return 0, err
	}
	order, big, ok := tiffOrder(b)
	if !ok || big {
		return 0, nil
	}
	ifd := int64(order.Uint32(b[4:]))
	if ifd+2 > n {
		return 0, nil
	}
	count, err := w.num(off+ifd, 2, order)
	if err != nil {
		return 0, err
	}
	for i := range min(int64(count), (n-ifd-2)/12) {
		e, err := w.bytes(off+ifd+2+12*i, 12)
		if err != nil {
			return 0, err
		}
		if order.Uint16(e) != tagOrientation {
			continue
		}
		if v := int(order.Uint16(e[8:])); order.Uint16(e[2:]) == 3 && v >= 1 && v <= 8 {
			return v, nil
		}
		return 0, nil
	}
	return 0, nil
}
