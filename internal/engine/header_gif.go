package engine

import (
	"encoding/binary"
	"errors"
)

// readGIF counts the frames by walking the blocks, without decoding. The size
// is that of the canvas, enlarged to hold frames that reach beyond it, as
// decoders do. What ends early has the frames that began.
func readGIF(w *window, head []byte) (header, error) {
	h := header{Format: "gif", Bits: 8}
	if len(head) < 13 {
		return h, errShort
	}
	h.Width = int(binary.LittleEndian.Uint16(head[6:]))
	h.Height = int(binary.LittleEndian.Uint16(head[8:]))
	err := gifBlocks(w, 13+colorTable(head[10]), &h)
	if err != nil && !errors.Is(err, errShort) {
		return h, err
	}
	if h.Pages == 0 {
		return h, malformed("gif", "it holds no frame")
	}
	h.Animated = h.Pages > 1
	return h, nil
}

// colorTable is the length of the table that flags announce.
func colorTable(flags byte) int64 {
	if flags&0x80 == 0 {
		return 0
	}
	return 3 << (flags&7 + 1)
}

func gifBlocks(w *window, off int64, h *header) error {
	for h.Pages <= maxPages {
		b, err := w.bytes(off, 2)
		if err != nil {
			return err
		}
		switch b[0] {
		case 0x21: // extension
			if b[1] == 0xF9 {
				gce, err := w.bytes(off, 4)
				if err != nil {
					return err
				}
				h.Alpha = h.Alpha || gce[3]&1 != 0
			}
			off += 2
		case 0x2C: // image
			d, err := w.bytes(off, 10)
			if err != nil {
				return err
			}
			h.Pages++
			h.Width = max(h.Width, int(binary.LittleEndian.Uint16(d[1:]))+int(binary.LittleEndian.Uint16(d[5:])))
			h.Height = max(h.Height, int(binary.LittleEndian.Uint16(d[3:]))+int(binary.LittleEndian.Uint16(d[7:])))
			off += 10 + colorTable(d[9]) + 1
		default: // the trailer, or garbage, at which decoders stop too
			return nil
		}
		if off, err = skipSubBlocks(w, off); err != nil {
			return err
		}
	}
	return nil
}

// skipSubBlocks returns where the chain of sub-blocks at off has ended.
func skipSubBlocks(w *window, off int64) (int64, error) {
	for {
		b, err := w.bytes(off, 1)
		if err != nil {
			return 0, err
		}
		off += 1 + int64(b[0])
		if b[0] == 0 {
			return off, nil
		}
	}
}
