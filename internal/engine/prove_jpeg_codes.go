package engine

import (
	"bytes"
	"encoding/binary"
)

// lookBits is how many bits the tables of codes are looked up by.
const lookBits = 12

// jpegCodes is a Huffman table.
type jpegCodes struct {
	one     [1 << lookBits]jpegCode // by the bits that begin with a code
	several [1 << lookBits]jpegCodeRun
	// most is the largest code of each length, -1 where there is none, and
	// offset what to add to a code to find its value.
	most, offset [17]int
	values       []byte
}

// jpegCode is a code's length, 0 for one longer than lookBits, and its value.
type jpegCode struct{ length, value byte }

// jpegCodeRun is as many whole codes of coefficients, each with the bits of
// its value, as lie in lookBits: their length in the low byte, 0 when not even
// one does, and above it for how many coefficients they stand.
type jpegCodeRun uint16

func (e jpegCodeRun) length() int       { return int(e & 0xFF) }
func (e jpegCodeRun) coefficients() int { return int(e >> 8) }

// endOfBlock is added to the coefficients of codes that end with the block's
// end. It is more than there are.
const endOfBlock = 128

// newJPEGCodes is false for counts that make no tree, and for differences of
// more bits than there are.
func newJPEGCodes(counts [16]byte, values []byte, differences bool) (*jpegCodes, bool) {
	t := &jpegCodes{values: bytes.Clone(values)}
	code, i := 0, 0
	for length := 1; length <= 16; length++ {
		t.most[length] = -1
		t.offset[length] = i - code
		for range counts[length-1] {
			if code >= 1<<length-1 { // no code is all ones
				return nil, false
			}
			if differences && values[i] > 15 {
				return nil, false
			}
			if length <= lookBits {
				first := code << (lookBits - length)
				for j := range 1 << (lookBits - length) {
					t.one[first+j] = jpegCode{byte(length), values[i]}
				}
			}
			t.most[length] = code
			code++
			i++
		}
		code <<= 1
	}
	if !differences {
		for look := range t.several {
			t.several[look] = t.runAt(look)
		}
	}
	return t, true
}

func (t *jpegCodes) runAt(look int) jpegCodeRun {
	length, coefficients := 0, 0
	for {
		c := t.one[look<<length&(1<<lookBits-1)]
		run, size := int(c.value>>4), int(c.value&15)
		end := run == 0 && size == 0
		if c.length == 0 || length+int(c.length)+size > lookBits || size == 0 && run != 15 && !end || coefficients+run+1 > 63 {
			break
		}
		length += int(c.length) + size
		if end {
			coefficients += endOfBlock
			break
		}
		coefficients += run + 1
	}
	return jpegCodeRun(coefficients<<8 | length)
}

// jpegBits reads the bits of a scan, without the zero bytes that are stuffed
// in, up to the first marker.
type jpegBits struct {
	b   []byte
	at  int    // in b: the next byte to read, or the marker once that is reached
	acc uint64 // the next bits, left-aligned
	n   int    // how many there are
}

// fill reads on until there are at least 48 bits, or all up to the marker.
func (r *jpegBits) fill() {
	if r.n < 48 {
		r.acc, r.n, r.at = r.more(r.acc, r.n, r.at)
	}
}

// more is fill for somebody who keeps the changing part of r in registers.
// What stands in acc behind the n bits is the beginning of what comes next, so
// that it may be set once more.
func (r *jpegBits) more(acc uint64, n, at int) (uint64, int, int) {
	if at+8 <= len(r.b) {
		x := binary.BigEndian.Uint64(r.b[at:])
		// No byte is 0xFF: none of the inverse is zero.
		if y := ^x; (y-0x0101010101010101)&^y&0x8080808080808080 == 0 {
			whole := (64 - n) >> 3
			return acc | x>>(n&63), n + 8*whole, at + whole
		}
	}
	for n <= 56 && at+2 <= len(r.b) {
		c := r.b[at]
		if c == 0xFF {
			if r.b[at+1] != 0 {
				break
			}
			at++
		}
		at++
		acc |= uint64(c) << ((56 - n) & 63)
		n += 8
	}
	return acc, n, at
}

// symbol reads a code. There are at least 16 bits, or all that are left.
func (r *jpegBits) symbol(t *jpegCodes) (byte, bool) {
	if c := t.one[r.acc>>(64-lookBits)]; c.length > 0 {
		return c.value, r.skip(int(c.length))
	}
	for length := lookBits + 1; length <= 16; length++ {
		if code := int(r.acc >> (64 - length)); code <= t.most[length] {
			return t.values[code+t.offset[length]], r.skip(length)
		}
	}
	return 0, false
}

// skip passes over n bits; it is false when they are not there.
func (r *jpegBits) skip(n int) bool {
	r.acc <<= n & 63
	r.n -= n
	return r.n >= 0
}

// restart passes over what is left of the last byte and the marker, which has
// to be this one.
func (r *jpegBits) restart(marker byte) bool {
	r.fill()
	if r.n >= 8 || r.at+2 > len(r.b) || r.b[r.at] != 0xFF || r.b[r.at+1] != marker {
		return false
	}
	r.at += 2
	r.acc, r.n = 0, 0
	return true
}

// toMarker reports that a marker follows, wherever.
func (r *jpegBits) toMarker() bool {
	for b := r.b[r.at:]; ; {
		i := bytes.IndexByte(b, 0xFF)
		if i < 0 || i+1 >= len(b) {
			return false
		}
		if c := b[i+1]; c != 0 && c != 0xFF {
			return true
		}
		b = b[i+1:]
	}
}
