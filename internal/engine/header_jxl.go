package engine

import "slices"

// readJXL reads the bit-packed header of a codestream, naked or in a container.
func readJXL(w *window, head []byte) (header, error) {
	off := int64(0)
	if head[0] == 0 {
		err := boxes(w, 0, w.size, func(x box) (bool, error) {
			switch x.kind {
			case "jxlc":
				off = x.start
			case "jxlp":
				off = x.start + 4 // the part's number
			}
			return off == 0, nil
		})
		if err != nil {
			return header{}, err
		}
		if off == 0 {
			return header{}, malformed("jxl", "it holds no picture")
		}
	}
	b, err := w.upTo(off, 64)
	if err != nil {
		return header{}, err
	}
	if len(b) < 2 || b[0] != 0xFF || b[1] != 0x0A {
		return header{}, malformed("jxl", "its codestream does not begin as one")
	}
	bits := bitReader{b: slices.Clone(b[2:])}
	h := bits.jxlHeader()
	if bits.short {
		return h, errShort
	}
	return h, nil
}

// bitReader reads numbers from the lowest bit up. Beyond the end it gives
// zeros and sets short.
type bitReader struct {
	b     []byte
	pos   int
	short bool
}

func (r *bitReader) u(n int) int {
	v := 0
	for i := range n {
		at := r.pos / 8
		if at >= len(r.b) {
			r.short = true
			return 0
		}
		v |= int(r.b[at]>>(r.pos%8)&1) << i
		r.pos++
	}
	return v
}

func (r *bitReader) flag() bool { return r.u(1) == 1 }

// pick is JPEG XL's U32: two bits choose one of four forms, each a base and a
// number of bits to add.
func (r *bitReader) pick(forms [4][2]int) int {
	f := forms[r.u(2)]
	return f[0] + r.u(f[1])
}

// jxlRatios are the widths that a height may imply, as fractions of it.
var jxlRatios = [8][2]int{{0, 1}, {1, 1}, {12, 10}, {4, 3}, {3, 2}, {16, 9}, {5, 4}, {2, 1}}

func (r *bitReader) jxlSize() (width, height int) {
	side := func() int { return r.pick([4][2]int{{1, 9}, {1, 13}, {1, 18}, {1, 30}}) }
	if r.flag() {
		side = func() int { return (r.u(5) + 1) * 8 }
	}
	height = side()
	if ratio := jxlRatios[r.u(3)]; ratio[0] != 0 {
		return height * ratio[0] / ratio[1], height
	}
	return side(), height
}

func (r *bitReader) jxlPreview() {
	side := func() int { return r.pick([4][2]int{{1, 6}, {65, 8}, {321, 10}, {1345, 12}}) }
	if r.flag() {
		side = func() int { return r.pick([4][2]int{{16, 0}, {32, 0}, {1, 5}, {33, 9}}) }
	}
	side()
	if r.u(3) == 0 {
		side()
	}
}

func (r *bitReader) jxlHeader() header {
	h := header{Format: "jxl", Bits: 8}
	h.Width, h.Height = r.jxlSize()
	if r.flag() { // all default
		return h
	}
	if r.flag() { // extra fields
		if r.u(3) >= 4 { // orientations 5 to 8, carried out by the decoder
			h.Width, h.Height = h.Height, h.Width
		}
		if r.flag() {
			r.jxlSize() // intrinsic size: how large to show it
		}
		if r.flag() {
			r.jxlPreview()
		}
		if h.Animated = r.flag(); h.Animated {
			r.pick([4][2]int{{100, 0}, {1000, 0}, {1, 10}, {1, 30}}) // ticks
			r.pick([4][2]int{{1, 0}, {1001, 0}, {1, 8}, {1, 10}})    // per seconds
			r.pick([4][2]int{{0, 0}, {0, 3}, {0, 16}, {0, 32}})      // loops
			r.flag()
		}
	}
	if r.flag() { // floating point
		h.Bits = r.pick([4][2]int{{32, 0}, {16, 0}, {24, 0}, {1, 6}})
		r.u(4)
	} else {
		h.Bits = r.pick([4][2]int{{8, 0}, {10, 0}, {12, 0}, {1, 6}})
	}
	r.flag() // 16-bit buffers suffice
	if extra := r.pick([4][2]int{{0, 0}, {1, 0}, {2, 4}, {1, 12}}); extra > 0 {
		h.Alpha = r.flag() || r.pick([4][2]int{{0, 0}, {1, 0}, {2, 4}, {18, 6}}) == 0
	}
	return h
}
