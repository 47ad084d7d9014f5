package engine

import (
	"encoding/binary"
	"math/bits"
)

// intactJPEG reports that a JPEG of one sequential scan is all there: every
// code of every block is valid and lies before the marker that ends the scan.
// It reads the codes and makes no pixel, which takes half of what a decoder
// does at its smallest scale. False says nothing: progressive and arithmetic
// files, restart markers out of order and whatever else is unusual are left
// to the decoder.
func intactJPEG(b []byte) bool {
	var s jpegScan
	data, ok := s.readTables(b)
	if !ok {
		return false
	}
	s.in.b = data
	return s.walk()
}

// jpegScan is what reading the codes of a scan needs to know.
type jpegScan struct {
	components []jpegComponent
	dc, ac     [4]*jpegCodes
	quantizers uint8 // bit set of the tables defined
	across     int   // MCUs in a row
	down       int
	restart    int // MCUs between restart markers, 0 for none
	in         jpegBits
}

type jpegComponent struct {
	id         byte
	blocks     int // in an MCU
	h, v       int
	quantizer  byte
	dc, ac     *jpegCodes
	prediction int
}

// readTables reads the segments up to the first scan, and returns what
// follows its header.
func (s *jpegScan) readTables(b []byte) ([]byte, bool) {
	if len(b) < 4 || b[0] != 0xFF || b[1] != 0xD8 {
		return nil, false
	}
	for b = b[2:]; len(b) >= 4 && b[0] == 0xFF; {
		marker, n := b[1], int(binary.BigEndian.Uint16(b[2:]))+2
		if n < 4 || n > len(b) {
			return nil, false
		}
		body := b[4:n]
		b = b[n:]
		ok := true
		switch {
		case marker == 0xC0 || marker == 0xC1:
			ok = s.readFrame(body)
		case marker == 0xC4:
			ok = s.readCodes(body)
		case marker == 0xDB:
			ok = s.readQuantizers(body)
		case marker == 0xDD:
			if ok = len(body) == 2; ok {
				s.restart = int(binary.BigEndian.Uint16(body))
			}
		case marker == 0xDA:
			return b, s.readScan(body)
		case marker >= 0xE0 && marker <= 0xEF || marker == 0xFE:
		default:
			ok = false
		}
		if !ok {
			return nil, false
		}
	}
	return nil, false
}

func (s *jpegScan) readQuantizers(b []byte) bool {
	for len(b) > 0 {
		n := 65 + 64*int(b[0]>>4)
		if b[0]>>4 > 1 || b[0]&15 > 3 || n > len(b) {
			return false
		}
		s.quantizers |= 1 << (b[0] & 15)
		b = b[n:]
	}
	return true
}

func (s *jpegScan) readFrame(b []byte) bool {
	if s.components != nil || len(b) < 6 || b[0] != 8 {
		return false
	}
	height, width, n := int(binary.BigEndian.Uint16(b[1:])), int(binary.BigEndian.Uint16(b[3:])), int(b[5])
	if height == 0 || width == 0 || n != 1 && n != 3 || len(b) != 6+3*n {
		return false
	}
	hMost, vMost, all := 1, 1, 0
	for i := range n {
		d := b[6+3*i:]
		c := jpegComponent{id: d[0], h: int(d[1] >> 4), v: int(d[1] & 15), quantizer: d[2]}
		if bits.OnesCount(uint(c.h)) != 1 || bits.OnesCount(uint(c.v)) != 1 || c.h > 4 || c.v > 4 || c.quantizer > 3 {
			return false
		}
		if n == 1 {
			c.h, c.v = 1, 1 // one component is never interleaved
		}
		c.blocks = c.h * c.v
		hMost, vMost, all = max(hMost, c.h), max(vMost, c.v), all+c.blocks
		s.components = append(s.components, c)
	}
	s.across = (width + 8*hMost - 1) / (8 * hMost)
	s.down = (height + 8*vMost - 1) / (8 * vMost)
	return all <= 10
}

func (s *jpegScan) readCodes(b []byte) bool {
	for len(b) >= 17 {
		class, id := b[0]>>4, b[0]&15
		if class > 1 || id > 3 {
			return false
		}
		n := 0
		for _, count := range b[1:17] {
			n += int(count)
		}
		if n > 256 || 17+n > len(b) {
			return false
		}
		codes, ok := newJPEGCodes([16]byte(b[1:17]), b[17:17+n], class == 0)
		if !ok {
			return false
		}
		if class == 0 {
			s.dc[id] = codes
		} else {
			s.ac[id] = codes
		}
		b = b[17+n:]
	}
	return len(b) == 0
}

// readScan takes only a scan of all components in the frame's order.
func (s *jpegScan) readScan(b []byte) bool {
	n := len(s.components)
	if n == 0 || len(b) != 4+2*n || int(b[0]) != n {
		return false
	}
	for i := range n {
		c, id, tables := &s.components[i], b[1+2*i], b[2+2*i]
		if c.id != id || tables>>4 > 3 || tables&15 > 3 || s.quantizers&(1<<c.quantizer) == 0 {
			return false
		}
		c.dc, c.ac = s.dc[tables>>4], s.ac[tables&15]
		if c.dc == nil || c.ac == nil {
			return false
		}
	}
	return b[1+2*n] == 0 && b[2+2*n] == 63 && b[3+2*n] == 0
}

// walk reads the codes of all MCUs.
func (s *jpegScan) walk() bool {
	left, next := s.restart, byte(0xD0)
	for range s.down {
		for range s.across {
			if s.restart > 0 && left == 0 {
				if !s.in.restart(next) {
					return false
				}
				for i := range s.components {
					s.components[i].prediction = 0
				}
				left, next = s.restart, 0xD0+(next+1)&7
			}
			left--
			for i := range s.components {
				c := &s.components[i]
				for range c.blocks {
					if !s.in.block(c) {
						return false
					}
				}
			}
		}
	}
	return s.in.toMarker()
}

// predictionMost is far beyond any sum of differences in a picture, and far
// below where a decoder's overflows.
const predictionMost = 1 << 20

// block reads the codes of one block.
func (r *jpegBits) block(c *jpegComponent) bool {
	r.fill()
	size, ok := r.symbol(c.dc)
	if !ok || size > 11 {
		return false
	}
	if size > 0 {
		d := int(r.acc >> (64 - size))
		if d < 1<<(size-1) {
			d -= 1<<size - 1
		}
		if !r.skip(int(size)) {
			return false
		}
		c.prediction += d
		if c.prediction > predictionMost || c.prediction < -predictionMost {
			return false
		}
	}
	return r.coefficients(c.ac)
}

// coefficients reads the codes of a block that follow the first.
func (r *jpegBits) coefficients(table *jpegCodes) bool {
	acc, n, at := r.acc, r.n, r.at
	for k := 1; k < 64; {
		if n < 32 {
			acc, n, at = r.more(acc, n, at)
		}
		e := table.several[acc>>(64-lookBits)]
		if e.length() > 0 && k+e.coefficients() <= 64 {
			acc <<= e.length() & 63
			if n -= e.length(); n < 0 {
				return false
			}
			k += e.coefficients()
			continue
		}
		if e.length() > 0 && e.coefficients() >= endOfBlock && k+e.coefficients()-endOfBlock < 64 {
			r.acc, r.n, r.at = acc<<(e.length()&63), n-e.length(), at
			return r.n >= 0
		}
		r.acc, r.n, r.at = acc, n, at
		rs, ok := r.symbol(table)
		run, size := rs>>4, rs&15
		switch {
		case !ok:
			return false
		case size == 0 && run == 0:
			return true
		case size == 0 && run != 15:
			return false
		}
		if k += int(run) + 1; k > 64 || !r.skip(int(size)) {
			return false
		}
		acc, n, at = r.acc, r.n, r.at
	}
	r.acc, r.n, r.at = acc, n, at
	return true
}
