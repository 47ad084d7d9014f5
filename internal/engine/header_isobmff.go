package engine

import (
	"encoding/binary"
	"errors"
	"strings"

	"tintype/internal/media"
)

// box is one box of an ISO base media file, without its header.
type box struct {
	kind       string
	start, end int64
}

// boxAt reads the header of the box at off, in a container that ends at end.
func boxAt(w *window, off, end int64) (box, error) {
	b, err := w.bytes(off, 8)
	if err != nil {
		return box{}, err
	}
	x := box{kind: string(b[4:8]), start: off + 8}
	switch size := int64(binary.BigEndian.Uint32(b)); size {
	case 0:
		x.end = end
	case 1:
		v, err := w.num(off+8, 8, binary.BigEndian)
		if err != nil {
			return box{}, err
		}
		x.start, x.end = off+16, off+int64(min(v, 1<<61))
	default:
		x.end = off + size
	}
	if x.end < x.start {
		return box{}, malformed("media", "a box is smaller than its header")
	}
	return x, nil
}

// boxes calls fn for each box between off and end until it returns false.
// Truncation ends the walk with errShort.
func boxes(w *window, off, end int64, fn func(box) (bool, error)) error {
	for range maxChunks {
		if off >= end {
			return nil
		}
		x, err := boxAt(w, off, end)
		if err != nil {
			return err
		}
		if more, err := fn(x); err != nil || !more {
			return err
		}
		off = x.end
	}
	return errBusy
}

// findBox returns the first box of a kind; found is false when there is none.
func findBox(w *window, off, end int64, kind string) (x box, found bool, err error) {
	err = boxes(w, off, end, func(b box) (bool, error) {
		if b.kind == kind {
			x, found = b, true
		}
		return !found, nil
	})
	return x, found, err
}

// brands maps what a file's ftyp box may say to a format. M4A and the like
// are told from MP4 only by brand.
var brands = map[string]string{
	"avif": "avif", "avis": "avif",
	"heic": "heic", "heix": "heic", "heim": "heic", "heis": "heic", "hevc": "heic", "hevx": "heic", "hevm": "heic", "hevs": "heic",
	"qt  ": "mov",
	"M4A ": "m4a", "M4B ": "m4a", "M4P ": "m4a",
	"M4V ": "mp4", "M4VH": "mp4", "M4VP": "mp4", "mp41": "mp4", "mp42": "mp4", "avc1": "mp4", "MSNV": "mp4",
	"dash": "mp4", "msdh": "mp4", "cmfc": "mp4", "cmff": "mp4", "F4V ": "mp4", "f4v ": "mp4", "mp71": "mp4", "iso": "mp4",
	"3gp": "3gp", "3gr": "3gp", "3gs": "3gp", "3ge": "3gp", "3gg": "3gp", "3gh": "3gp", "3g2": "3gp",
}

// formatOfBrand knows whole brands, and families by their first three letters.
func formatOfBrand(brand string) string {
	if f := brands[brand]; f != "" {
		return f
	}
	return brands[brand[:3]]
}

// readISO tells pictures from films by brand: the major one first, then the
// compatible ones in order.
func readISO(w *window, _ []byte) (header, error) {
	x, err := boxAt(w, 0, w.size)
	if _, ours := err.(*media.Error); ours {
		return header{}, nil // four letters that stand there by chance
	} else if err != nil {
		return header{}, unlessReading(err)
	}
	n := int(min(x.end-x.start, 4+4+4*64))
	b, err := w.upTo(x.start, n)
	if err != nil || len(b) < 8 {
		return header{}, err
	}
	major := string(b[:4])
	format := formatOfBrand(major)
	var compatible []string
	for i := 8; i+4 <= len(b); i += 4 {
		compatible = append(compatible, string(b[i:i+4]))
	}
	for _, c := range compatible {
		if format == "" {
			format = formatOfBrand(c)
		}
	}
	if major == "mif1" || major == "msf1" || major == "miaf" || format == "" && strings.Contains(strings.Join(compatible, " "), "mif1") {
		format = "heic"
		for _, c := range compatible {
			if c == "avif" || c == "avis" {
				format = "avif"
			}
		}
	}
	switch format {
	case "":
		return header{}, nil
	case "avif", "heic":
		return readHEIF(w, x.end, format)
	}
	return header{Format: format, Kind: media.KindVideo}, nil
}

// readMOV is for QuickTime files from before ftyp: they are taken for films
// when a moov box is found at the top.
func readMOV(w *window, _ []byte) (header, error) {
	_, found, err := findBox(w, 0, w.size, "moov")
	if _, ours := err.(*media.Error); found && err == nil {
		return header{Format: "mov", Kind: media.KindVideo}, nil
	} else if err == nil || ours || errors.Is(err, errShort) || errors.Is(err, errBusy) {
		return header{}, nil
	}
	return header{}, err
}
