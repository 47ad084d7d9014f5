package engine

import (
	"encoding/binary"
	"slices"
	"strings"
)

const (
	maxProperties   = 4096
	maxAssociations = 65536
)

// property is one entry of an ipco box; only the fields of its kind count.
type property struct {
	kind          string
	width, height int  // ispe, clap
	turned        bool // irot by 90 or 270 degrees
	bits          int  // pixi
	alpha         bool // auxC
}

// heif is what of a meta box describes pictures.
type heif struct {
	primary    uint64
	properties []property // numbered from 1 in the file
	items      map[uint64][]int
	total      int // associations in all
}

// readHEIF finds the primary item of an AVIF or HEIC and applies its
// properties in their order. Size and rotation of a grid are properties of
// the grid's own item.
func readHEIF(w *window, off int64, format string) (header, error) {
	h := header{Format: format}
	meta, found, err := findBox(w, off, w.size, "meta")
	if err != nil {
		return h, err
	}
	if !found {
		return h, malformed(format, "it holds no still picture")
	}
	f := heif{items: map[uint64][]int{}}
	if err := boxes(w, meta.start+4, meta.end, func(x box) (bool, error) { return true, f.meta(w, x) }); err != nil {
		return h, err
	}
	for item, list := range f.items {
		for _, i := range list {
			if i < 1 || i > len(f.properties) {
				continue
			}
			p := f.properties[i-1]
			if p.kind == "ispe" {
				h.largest = max(h.largest, int64(p.width)*int64(p.height))
			}
			h.Alpha = h.Alpha || p.alpha
			if item == f.primary {
				p.apply(&h)
			}
		}
	}
	return h, nil
}

// apply does to the picture what a property of its item says.
func (p property) apply(h *header) {
	switch p.kind {
	case "ispe":
		h.Width, h.Height = p.width, p.height
	case "clap":
		if p.width > 0 && p.width <= h.Width && p.height > 0 && p.height <= h.Height {
			h.Width, h.Height = p.width, p.height
		}
	case "irot":
		if p.turned {
			h.Width, h.Height = h.Height, h.Width
		}
	case "pixi":
		h.Bits = p.bits
	}
}

// meta reads the boxes inside a meta box that matter here.
func (f *heif) meta(w *window, x box) error {
	switch x.kind {
	case "pitm":
		version, err := w.num(x.start, 1, binary.BigEndian)
		if err != nil {
			return err
		}
		n := 2
		if version > 0 {
			n = 4
		}
		f.primary, err = w.num(x.start+4, n, binary.BigEndian)
		return err
	case "iprp":
		return boxes(w, x.start, x.end, func(y box) (bool, error) {
			switch y.kind {
			case "ipco":
				return true, boxes(w, y.start, y.end, func(z box) (bool, error) { return true, f.property(w, z) })
			case "ipma":
				return true, f.associations(w, y)
			}
			return true, nil
		})
	}
	return nil
}

// property appends what the box x of an ipco says; unknown kinds keep their number.
func (f *heif) property(w *window, x box) error {
	if len(f.properties) >= maxProperties {
		return errBusy
	}
	p := property{kind: x.kind}
	b, err := w.upTo(x.start, int(min(x.end-x.start, 64)))
	if err != nil {
		return err
	}
	b = slices.Clone(b)
	switch {
	case x.kind == "ispe" && len(b) >= 12:
		p.width, p.height = int(binary.BigEndian.Uint32(b[4:])&(1<<31-1)), int(binary.BigEndian.Uint32(b[8:])&(1<<31-1))
	case x.kind == "irot" && len(b) >= 1:
		p.turned = b[0]&1 == 1
	case x.kind == "clap" && len(b) >= 16:
		p.width, p.height = fraction(b[0:]), fraction(b[8:])
	case x.kind == "pixi" && len(b) >= 6:
		p.bits = int(b[5])
	case x.kind == "auxC" && len(b) > 4:
		urn, _, _ := strings.Cut(string(b[4:]), "\x00")
		p.alpha = strings.HasSuffix(urn, ":alpha") || urn == "urn:mpeg:hevc:2015:auxid:1"
	}
	f.properties = append(f.properties, p)
	return nil
}

// fraction reads a numerator and a denominator, rounded; 0 when it is none.
func fraction(b []byte) int {
	n, d := int64(binary.BigEndian.Uint32(b)), int64(binary.BigEndian.Uint32(b[4:]))
	if d == 0 || n/d > 1<<30 {
		return 0
	}
	return int((n + d/2) / d)
}

// associations reads an ipma box: which properties each item has.
func (f *heif) associations(w *window, x box) error {
	b, err := w.bytes(x.start, 8)
	if err != nil {
		return err
	}
	idLen, indexLen := 2, 1
	if b[0] > 0 {
		idLen = 4
	}
	if b[3]&1 != 0 {
		indexLen = 2
	}
	count := binary.BigEndian.Uint32(b[4:])
	off := x.start + 8
	for i := uint32(0); i < count && off < x.end; i++ {
		item, err := w.num(off, idLen, binary.BigEndian)
		if err != nil {
			return err
		}
		n, err := w.num(off+int64(idLen), 1, binary.BigEndian)
		if err != nil {
			return err
		}
		off += int64(idLen) + 1
		for range n {
			v, err := w.num(off, indexLen, binary.BigEndian)
			if err != nil {
				return err
			}
			off += int64(indexLen)
			if f.total++; f.total > maxAssociations {
				return errBusy
			}
			f.items[item] = append(f.items[item], int(v&(1<<(8*indexLen-1)-1)))
		}
	}
	return nil
}
