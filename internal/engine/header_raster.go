package engine

import "encoding/binary"

// readBMP reads the info header in all its lengths.
func readBMP(w *window, head []byte) (header, error) {
	h := header{Format: "bmp"}
	if len(head) < 26 {
		return h, errShort
	}
	return bmpInfo(h, head[14:])
}

// bmpInfo reads a bitmap's info header into h; a height may be negative,
// which turns the order of rows.
func bmpInfo(h header, b []byte) (header, error) {
	if len(b) < 16 {
		return h, errShort
	}
	switch n := binary.LittleEndian.Uint32(b); {
	case n == 12:
		h.Width, h.Height = int(binary.LittleEndian.Uint16(b[4:])), int(binary.LittleEndian.Uint16(b[6:]))
	case n == 16, n >= 40 && n <= 124:
		h.Width, h.Height = int(int32(binary.LittleEndian.Uint32(b[4:]))), int(int32(binary.LittleEndian.Uint32(b[8:])))
		if h.Height < 0 {
			h.Height = -h.Height
		}
	default:
		return header{}, nil
	}
	return h, nil
}

// readICO takes the largest picture of an icon. What an entry says of its
// size is not believed: the picture's own header counts.
func readICO(w *window, head []byte) (header, error) {
	h := header{Format: "ico", Alpha: true}
	count := int64(binary.LittleEndian.Uint16(head[4:]))
	if count == 0 || count > 256 || 6+16*count > w.size {
		return header{}, nil
	}
	for i := range count {
		e, err := w.bytes(6+16*i, 16)
		if err != nil {
			return h, err
		}
		length, off := int64(binary.LittleEndian.Uint32(e[8:])), int64(binary.LittleEndian.Uint32(e[12:]))
		if e[3] != 0 || off < 6+16*count || length < 16 || off > w.size-length {
			return header{}, nil
		}
		one, err := iconPicture(w, off)
		if err != nil {
			return h, err
		}
		if one.Width*one.Height > h.Width*h.Height {
			h.Width, h.Height = one.Width, one.Height
		}
	}
	return h, nil
}

// iconPicture reads a PNG's or a bitmap's header; a bitmap's height counts
// colours and mask.
func iconPicture(w *window, off int64) (header, error) {
	b, err := w.upTo(off, 24)
	if err != nil || len(b) < 16 {
		return header{}, err
	}
	if string(b[:4]) == "\x89PNG" {
		if len(b) < 24 {
			return header{}, errShort
		}
		return header{
			Width:  int(binary.BigEndian.Uint32(b[16:]) & (1<<31 - 1)),
			Height: int(binary.BigEndian.Uint32(b[20:]) & (1<<31 - 1)),
		}, nil
	}
	h, err := bmpInfo(header{}, b)
	h.Height /= 2
	if h.Width < 0 {
		h.Width = 0
	}
	return h, err
}

// readPSD reads the fixed header of a Photoshop file.
func readPSD(_ *window, head []byte) (header, error) {
	h := header{Format: "psd"}
	if len(head) < 26 {
		return h, errShort
	}
	h.Alpha = binary.BigEndian.Uint16(head[12:]) > 3
	h.Height = int(binary.BigEndian.Uint32(head[14:]) & (1<<31 - 1))
	h.Width = int(binary.BigEndian.Uint32(head[18:]) & (1<<31 - 1))
	h.Bits = int(binary.BigEndian.Uint16(head[22:]))
	return h, nil
}

// readJP2 takes the size from the image header box, and from the codestream
// where there is no container.
func readJP2(w *window, head []byte) (header, error) {
	h := header{Format: "jp2"}
	if head[0] == 0xFF {
		return jp2Codestream(w, 0)
	}
	jp2h, found, err := findBox(w, 0, w.size, "jp2h")
	if err != nil {
		return h, err
	}
	if !found {
		return h, malformed("jp2", "it has no header")
	}
	ihdr, err := boxAt(w, jp2h.start, jp2h.end)
	if err != nil {
		return h, err
	}
	b, err := w.bytes(ihdr.start, 11)
	if err != nil {
		return h, err
	}
	if ihdr.kind != "ihdr" {
		return h, malformed("jp2", "it has no size")
	}
	h.Height = int(binary.BigEndian.Uint32(b) & (1<<31 - 1))
	h.Width = int(binary.BigEndian.Uint32(b[4:]) & (1<<31 - 1))
	n := binary.BigEndian.Uint16(b[8:])
	h.Alpha = n == 2 || n == 4
	if b[10] != 255 {
		h.Bits = int(b[10]&0x7F) + 1
	}
	// The decoder goes by the codestream, so that size must pass the limits too.
	code, found, err := findBox(w, 0, w.size, "jp2c")
	if err != nil || !found {
		return h, err
	}
	inner, err := jp2Codestream(w, code.start)
	h.largest = int64(inner.Width) * int64(inner.Height)
	return h, err
}

// jp2Codestream reads the SIZ segment, the first after SOC.
func jp2Codestream(w *window, off int64) (header, error) {
	h := header{Format: "jp2"}
	b, err := w.bytes(off, 43)
	if err != nil {
		return h, err
	}
	if binary.BigEndian.Uint32(b) != 0xFF4FFF51 {
		return h, malformed("jp2", "its codestream has no size")
	}
	side := func(at int) int {
		return int(max(int64(binary.BigEndian.Uint32(b[at:]))-int64(binary.BigEndian.Uint32(b[at+8:])), 0) & (1<<31 - 1))
	}
	h.Width, h.Height = side(8), side(12)
	n := binary.BigEndian.Uint16(b[40:])
	h.Alpha = n == 2 || n == 4
	h.Bits = int(b[42]&0x7F) + 1
	return h, nil
}
