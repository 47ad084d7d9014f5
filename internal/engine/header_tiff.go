package engine

import (
	"encoding/binary"
)

// The TIFF tags that a header needs.
const (
	tagWidth       = 256
	tagHeight      = 257
	tagBits        = 258
	tagOrientation = 274
	tagExtra       = 338
	// maxEntries is how many entries of an IFD are looked at; they are sorted
	// and all of ours come early.
	maxEntries = 512
)

// tiffOrder reads byte order and kind from a TIFF header of at least 4 bytes.
func tiffOrder(b []byte) (order binary.ByteOrder, big, ok bool) {
	switch string(b[:2]) {
	case "II":
		order = binary.LittleEndian
	case "MM":
		order = binary.BigEndian
	default:
		return nil, false, false
	}
	version := order.Uint16(b[2:])
	return order, version == 43, version == 42 || version == 43
}

// readTIFF counts the chain of IFDs, each of which is a page, and reads the
// first. A chain that comes back to itself is refused.
func readTIFF(w *window, head []byte) (header, error) {
	h := header{Format: "tiff"}
	order, big, ok := tiffOrder(head)
	if !ok || len(head) >= 10 && string(head[8:10]) == "CR" { // a camera's raw file
		return header{}, nil
	}
	t := tiff{window: w, order: order, big: big}
	next, err := t.first()
	if err != nil {
		return h, err
	}
	if next == 0 {
		return h, malformed("tiff", "it has no page")
	}
	seen := map[int64]bool{}
	for next != 0 {
		if seen[next] {
			return h, malformed("tiff", "its pages form a circle")
		}
		seen[next] = true
		if h.Pages++; h.Pages > maxPages {
			return h, nil
		}
		page := header{}
		if next, err = t.page(next, &page); err != nil {
			return h, err
		}
		if h.Pages == 1 {
			h.Width, h.Height, h.Bits = page.Width, page.Height, page.Bits
			h.Orientation, h.Alpha = page.Orientation, page.Alpha
		}
		h.largest = max(h.largest, int64(page.Width)*int64(page.Height))
	}
	return h, nil
}

type tiff struct {
	*window
	order binary.ByteOrder
	big   bool
}

func (t tiff) first() (int64, error) {
	if !t.big {
		v, err := t.num(4, 4, t.order)
		return int64(v), err
	}
	v, err := t.num(8, 8, t.order)
	return t.offset(v), err
}

// offset brings a 64-bit offset into the range of int64; one that no file can
// reach becomes one that reads as short.
func (t tiff) offset(v uint64) int64 {
	if v > 1<<62 {
		return 1 << 62
	}
	return int64(v)
}

// page reads the IFD at off into h and returns where the next one lies.
func (t tiff) page(off int64, h *header) (next int64, err error) {
	countLen, entryLen, offLen := 2, 12, 4
	if t.big {
		countLen, entryLen, offLen = 8, 20, 8
	}
	n, err := t.num(off, countLen, t.order)
	if err != nil {
		return 0, err
	}
	if n == 0 || n > 65535 {
		return 0, malformed("tiff", "a page has no entries or too many")
	}
	entries := off + int64(countLen)
	for i := range min(int64(n), maxEntries) {
		e, err := t.bytes(entries+i*int64(entryLen), entryLen)
		if err != nil {
			return 0, err
		}
		t.entry(e, h)
	}
	v, err := t.num(entries+int64(n)*int64(entryLen), offLen, t.order)
	return t.offset(v), err
}

// entry takes what h needs from one entry of an IFD.
func (t tiff) entry(e []byte, h *header) {
	tag, kind, at := t.order.Uint16(e), t.order.Uint16(e[2:]), e[8:]
	if t.big {
		at = e[12:]
	}
	var v uint32
	switch kind {
	case 1: // BYTE
		v = uint32(at[0])
	case 3: // SHORT
		v = uint32(t.order.Uint16(at))
	case 4: // LONG
		v = t.order.Uint32(at)
	case 16: // LONG8
		if t.big {
			v = uint32(min(t.order.Uint64(at), 1<<32-1))
		}
	default:
		return
	}
	switch tag {
	case tagWidth:
		h.Width = int(min(v, 1<<31-1))
	case tagHeight:
		h.Height = int(min(v, 1<<31-1))
	case tagBits:
		h.Bits = t.bits(e, v)
	case tagOrientation:
		if v >= 1 && v <= 8 {
			h.Orientation = int(v)
		}
	case tagExtra:
		h.Alpha = true
	}
}

// bits takes the first of the bits per sample, where that stands in the
// entry itself: up to two values, four in a BigTIFF. Elsewhere 0.
func (t tiff) bits(e []byte, v uint32) int {
	n, room := uint64(t.order.Uint32(e[4:])), uint64(2)
	if t.big {
		n, room = t.order.Uint64(e[4:]), 4
	}
	if n > room || v > 64 {
		return 0
	}
	return int(v)
}
