package engine

import (
	"encoding/binary"
	"math/bits"

	"tintype/internal/media"
)

// dib is a device-independent bitmap: the content of a BMP file, and of an
// icon.
type dib struct {
	data          []byte
	width, height int
	topDown       bool
	bits          int // per pixel
	compression   uint32
	masks         [4]uint32 // of red, green, blue and alpha, for 16 and 32 bits
	palette       [][3]byte
	pixels        int  // where they begin in data
	masked        bool // a mask of transparency follows the pixels, as in an icon
}

// The ways in which pixels are stored.
const (
	dibPlain    = 0
	dibRLE8     = 1
	dibRLE4     = 2
	dibFields   = 3
	dibFieldsEx = 6 // with a mask for alpha
)

// readDIB reads the info header at an offset, and the palette behind it.
func readDIB(data []byte, at int) (dib, error) {
	d := dib{data: data}
	bad := func(why string) (dib, error) { return d, malformed("bmp", why) }
	if len(data) < at+16 {
		return bad("it is truncated")
	}
	b := data[at:]
	n := int(binary.LittleEndian.Uint32(b))
	if n > len(b) {
		return bad("it is truncated")
	}
	entry, used := 4, 0
	switch {
	case n == 12:
		d.width, d.height, d.bits = int(binary.LittleEndian.Uint16(b[4:])), int(binary.LittleEndian.Uint16(b[6:])), int(binary.LittleEndian.Uint16(b[10:]))
		entry = 3
	case n == 16 || n >= 40 && n <= 124:
		d.width, d.height, d.bits = int(int32(binary.LittleEndian.Uint32(b[4:]))), int(int32(binary.LittleEndian.Uint32(b[8:]))), int(binary.LittleEndian.Uint16(b[14:]))
		if n >= 40 {
			d.compression, used = binary.LittleEndian.Uint32(b[16:]), int(binary.LittleEndian.Uint32(b[32:]))
		}
	default:
		return bad("its header is unknown")
	}
	if d.height < 0 {
		d.height, d.topDown = -d.height, true
	}
	d.pixels = at + n
	if err := d.readMasks(b, n); err != nil {
		return d, err
	}
	if d.bits > 8 {
		if used > 0 && used <= 256 { // a palette that is only a hint
			d.pixels += used * entry
		}
		return d, nil
	}
	if d.bits != 1 && d.bits != 4 && d.bits != 8 {
		return bad("its pixels have an odd number of bits")
	}
	if used <= 0 || used > 1<<d.bits {
		used = 1 << d.bits
	}
	for range used {
		if d.pixels+entry > len(data) {
			return bad("it is truncated")
		}
		q := data[d.pixels:]
		d.palette = append(d.palette, [3]byte{q[2], q[1], q[0]})
		d.pixels += entry
	}
	return d, nil
}

// readMasks decides where in a pixel its colours lie. b begins with the
// header of n bytes.
func (d *dib) readMasks(b []byte, n int) error {
	switch d.bits {
	case 1, 4, 8, 24:
		return nil
	case 16:
		d.masks = [4]uint32{0x7C00, 0x3E0, 0x1F, 0}
	case 32:
		d.masks = [4]uint32{0xFF0000, 0xFF00, 0xFF, 0}
	default:
		return malformed("bmp", "its pixels have an odd number of bits")
	}
	count := 0
	switch d.compression {
	case dibFields:
		count = 3
		if n >= 56 {
			count = 4
		}
	case dibFieldsEx:
		count = 4
	default:
		return nil
	}
	if len(b) < 40+4*count {
		return malformed("bmp", "it is truncated")
	}
	for i := range count {
		m := binary.LittleEndian.Uint32(b[40+4*i:])
		// Neither overlapping nor torn masks are of any use.
		if m>>bits.TrailingZeros32(m|1<<31)&(m>>bits.TrailingZeros32(m|1<<31)+1) != 0 {
			return malformed("bmp", "the masks of its colours are torn")
		}
		d.masks[i] = m
	}
	if n == 40 { // the masks stand behind the header
		d.pixels += 4 * count
	}
	return nil
}

// bands is how many channels decode writes.
func (d *dib) bands() int {
	if d.masked || d.masks[3] != 0 {
		return 4
	}
	return 3
}

// decode writes the rows from the top to out. What is missing at the end of
// the file stays black, or transparent.
func (d *dib) decode(out []byte) error {
	switch {
	case d.compression == dibRLE8 && d.bits == 8, d.compression == dibRLE4 && d.bits == 4:
		d.runs(out)
	case d.compression == dibPlain, (d.compression == dibFields || d.compression == dibFieldsEx) && d.bits >= 16 && d.bits != 24:
		if d.pixels >= len(d.data) {
			return malformed("bmp", "it is truncated")
		}
		d.rows(out)
	default:
		return media.Errorf(media.Unsupported, "BMP files of compression %d cannot be processed by this server", d.compression)
	}
	if d.masked {
		d.applyMask(out)
	}
	return nil
}

// row is where row y, as stored, goes in the picture.
func (d *dib) row(out []byte, y int) []byte {
	if !d.topDown {
		y = d.height - 1 - y
	}
	n := d.width * d.bands()
	return out[y*n : (y+1)*n]
}

func (d *dib) rows(out []byte) {
	stride := (d.width*d.bits + 31) / 32 * 4
	for y := range d.height {
		from := d.pixels + y*stride
		if from >= len(d.data) {
			return
		}
		line := d.data[from:min(len(d.data), from+stride)]
		d.line(d.row(out, y), line)
	}
}

// line decodes as much of a row as there is.
func (d *dib) line(to, line []byte) {
	n := d.bands()
	for x := range d.width {
		q := to[x*n : (x+1)*n]
		at := x * d.bits / 8
		if at+max(1, d.bits/8) > len(line) {
			return
		}
		switch d.bits {
		case 24:
			q[0], q[1], q[2] = line[at+2], line[at+1], line[at]
			if n == 4 {
				q[3] = 255
			}
		case 16:
			d.fields(q, uint32(binary.LittleEndian.Uint16(line[at:])))
		case 32:
			d.fields(q, binary.LittleEndian.Uint32(line[at:]))
		default:
			shift := 8 - d.bits - x*d.bits%8
			d.colour(q, int(line[at])>>shift&(1<<d.bits-1))
		}
	}
}

// colour writes a colour of the palette; one beyond it is black.
func (d *dib) colour(q []byte, index int) {
	if len(q) == 4 {
		q[3] = 255
	}
	if index < len(d.palette) {
		copy(q, d.palette[index][:])
	}
}

func (d *dib) fields(q []byte, v uint32) {
	for i := range q {
		m := d.masks[i]
		switch {
		case m != 0:
			shift := bits.TrailingZeros32(m)
			most := m >> shift
			q[i] = byte((uint64(v&m>>shift)*255 + uint64(most)/2) / uint64(most))
		case i == 3 && d.masked && d.bits == 32:
			q[3] = byte(v >> 24)
		case i == 3:
			q[3] = 255
		}
	}
}

// runs decodes run-length encoding. Runs may leave pixels out, which then are
// of the palette's first colour.
func (d *dib) runs(out []byte) {
	n := d.bands()
	for i := 0; i < len(out); i += n {
		d.colour(out[i:i+n], 0)
	}
	x, y, at := 0, 0, d.pixels
	put := func(index int) {
		if x < d.width && y < d.height {
			d.colour(d.row(out, y)[x*n:(x+1)*n], index)
		}
		x++
	}
	nibble := func(b byte, i int) int {
		switch {
		case d.bits == 8:
			return int(b)
		case i%2 == 0:
			return int(b >> 4)
		}
		return int(b & 15)
	}
	for at+2 <= len(d.data) && y < d.height {
		count, arg := int(d.data[at]), d.data[at+1]
		at += 2
		switch {
		case count > 0:
			for i := range count {
				put(nibble(arg, i))
			}
		case arg == 0:
			x, y = 0, y+1
		case arg == 1:
			return
		case arg == 2:
			if at+2 > len(d.data) {
				return
			}
			x, y = x+int(d.data[at]), y+int(d.data[at+1])
			at += 2
		default:
			long := (int(arg)*d.bits + 7) / 8
			if at+long > len(d.data) {
				return
			}
			for i := range int(arg) {
				put(nibble(d.data[at+i*d.bits/8], i))
			}
			at += (long + 1) &^ 1
		}
	}
}

// applyMask makes transparent what an icon's mask says. The mask of a picture
// that has alpha of its own does not count.
func (d *dib) applyMask(out []byte) {
	if d.bits == 32 {
		for i := 3; i < len(out); i += 4 {
			if out[i] != 0 {
				return
			}
		}
		for i := 3; i < len(out); i += 4 {
			out[i] = 255
		}
	}
	from := d.pixels + (d.width*d.bits+31)/32*4*d.height
	stride := (d.width + 31) / 32 * 4
	for y := range d.height {
		to := d.row(out, y)
		for x := range d.width {
			at := from + y*stride + x/8
			if at < len(d.data) && d.data[at]>>(7-x%8)&1 == 1 {
				to[4*x+3] = 0
			}
		}
	}
}

// largestIcon finds the picture of an icon with most pixels, of equal ones
// that with most bits, by what the pictures say themselves.
func largestIcon(data []byte) (off, n int, err error) {
	if len(data) < 6 {
		return 0, 0, malformed("ico", "it is truncated")
	}
	count := int(binary.LittleEndian.Uint16(data[4:]))
	best := [2]int{}
	for i := range count {
		if 6+16*(i+1) > len(data) {
			return 0, 0, malformed("ico", "it is truncated")
		}
		e := data[6+16*i:]
		long, at := int(binary.LittleEndian.Uint32(e[8:])), int(binary.LittleEndian.Uint32(e[12:]))
		if at > len(data) || long < 16 || long > len(data)-at {
			return 0, 0, malformed("ico", "a picture lies outside of it")
		}
		size := iconSize(data[at : at+long])
		if size[0] > best[0] || size[0] == best[0] && size[1] > best[1] {
			best, off, n = size, at, long
		}
	}
	if n == 0 {
		return 0, 0, malformed("ico", "it holds no picture")
	}
	return off, n, nil
}

// iconSize is how many pixels a picture of an icon has, and of how many bits.
func iconSize(b []byte) [2]int {
	if len(b) >= 26 && string(b[:4]) == "\x89PNG" {
		w, h := int(binary.BigEndian.Uint32(b[16:])&0xFFFF), int(binary.BigEndian.Uint32(b[20:])&0xFFFF)
		return [2]int{w * h, 64}
	}
	d, err := readDIB(b, 0)
	if err != nil {
		return [2]int{}
	}
	return [2]int{d.width * (d.height / 2), d.bits}
}
