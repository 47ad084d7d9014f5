package engine

import (
	"encoding/binary"
	"fmt"
	"slices"
	"syscall"

	"tintype/internal/engine/vips"
	"tintype/internal/media"
)

// prepared is the source in a form that libvips reads: drawings are cleaned,
// PNG files are rid of metadata that would cost too much,
// bitmaps and icons, which it has no loader of its own for, are decoded here.
// The source that it was called on is closed when another one comes back, or
// an error.
func (s *source) prepared() (*source, error) {
	if !vips.Has(s.op) {
		s.close()
		return nil, media.Errorf(media.Unsupported, "%s files cannot be processed by this server", displayName(s.format))
	}
	var to *source
	var err error
	switch s.format {
	case "svg":
		to, err = s.cleaned()
	case "png":
		if to, err = s.bounded(); to == s {
			return s, nil
		}
	case "bmp":
		to, err = s.bitmap()
	case "ico":
		to, err = s.icon()
	default:
		return s, nil
	}
	s.close()
	return to, err
}

func (s *source) cleaned() (*source, error) {
	b, err := cleanSVG(s.data)
	if err != nil {
		return nil, err
	}
	return s.with(s.op, b)
}

// with is a source of the same format on a copy of b.
func (s *source) with(op string, b []byte) (*source, error) {
	m, err := anonymous(len(b))
	if err != nil {
		return nil, err
	}
	copy(m, b)
	to := *s
	to.op, to.data = op, m
	return &to, nil
}

// anonymous is memory outside Go's.
func anonymous(n int) ([]byte, error) {
	m, err := syscall.Mmap(-1, 0, n, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		return nil, fmt.Errorf("map %d bytes: %w", n, err)
	}
	return m, nil
}

func (s *source) bitmap() (*source, error) {
	d, err := readDIB(s.data, 14)
	if err != nil {
		return nil, err
	}
	if off := int(binary.LittleEndian.Uint32(s.data[10:])); off > d.pixels {
		d.pixels = off
	}
	return s.decoded(d)
}

func (s *source) icon() (*source, error) {
	off, n, err := largestIcon(s.data)
	if err != nil {
		return nil, err
	}
	one := s.data[off : off+n]
	if n > 8 && string(one[:8]) == "\x89PNG\r\n\x1A\n" {
		kept, _ := boundPNG(one)
		return s.with("pngload_buffer", slices.Concat(kept...))
	}
	d, err := readDIB(one, 0)
	if err != nil {
		return nil, err
	}
	d.masked = true
	d.height /= 2
	return s.decoded(d)
}

// decoded writes the pixels behind the header of a plain TIFF.
func (s *source) decoded(d dib) (*source, error) {
	if err := (Limits{}).withDefaults().check(header{Kind: media.KindImage, Width: d.width, Height: d.height}); err != nil {
		return nil, err
	}
	if d.width <= 0 || d.height <= 0 {
		return nil, malformed(s.format, "it has no size")
	}
	head := tiffHead(d.width, d.height, d.bands())
	m, err := anonymous(len(head) + d.width*d.height*d.bands())
	if err != nil {
		return nil, err
	}
	to := *s
	to.op, to.data = "tiffload_buffer", m
	copy(m, head)
	if err := d.decode(m[len(head):]); err != nil {
		to.close()
		return nil, err
	}
	return &to, nil
}

// tiffRows is how many rows a strip of tiffHead has.
const tiffRows = 64

// tiffHead is all of an uncompressed TIFF of 8-bit RGB or straight RGBA but
// the pixels, which follow it.
func tiffHead(w, h, bands int) []byte {
	strips := (h + tiffRows - 1) / tiffRows
	entries := [][4]uint32{ // tag, type (3 short, 4 long), count, value
		{256, 4, 1, uint32(w)}, {257, 4, 1, uint32(h)}, {258, 3, uint32(bands), 0}, {259, 3, 1, 1}, {262, 3, 1, 2},
		{273, 4, uint32(strips), 0}, {277, 3, 1, uint32(bands)}, {278, 4, 1, tiffRows}, {279, 4, uint32(strips), 0}, {284, 3, 1, 1},
	}
	if bands == 4 {
		entries = append(entries, [4]uint32{338, 3, 1, 2})
	}
	bits := 8 + 2 + 12*len(entries) + 4
	offsets := bits + 2*bands
	counts := offsets + 4*strips
	pixels := counts + 4*strips
	b := append(make([]byte, 0, pixels), "II*\x00\x08\x00\x00\x00"...)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(entries)))
	for _, e := range entries {
		switch e[0] {
		case 258:
			e[3] = uint32(bits)
		case 273:
			e[3] = uint32(offsets)
		case 279:
			e[3] = uint32(counts)
		}
		if strips == 1 && e[0] == 273 {
			e[3] = uint32(pixels)
		}
		if strips == 1 && e[0] == 279 {
			e[3] = uint32(w * h * bands)
		}
		b = binary.LittleEndian.AppendUint16(b, uint16(e[0]))
		b = binary.LittleEndian.AppendUint16(b, uint16(e[1]))
		b = binary.LittleEndian.AppendUint32(b, e[2])
		b = binary.LittleEndian.AppendUint32(b, e[3])
	}
	b = binary.LittleEndian.AppendUint32(b, 0)
	for range bands {
		b = binary.LittleEndian.AppendUint16(b, 8)
	}
	row := w * bands
	for i := range strips {
		b = binary.LittleEndian.AppendUint32(b, uint32(pixels+i*tiffRows*row))
	}
	for i := range strips {
		b = binary.LittleEndian.AppendUint32(b, uint32(min(tiffRows, h-i*tiffRows)*row))
	}
	return b
}
