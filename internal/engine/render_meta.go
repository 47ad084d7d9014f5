package engine

import (
	"encoding/binary"
	"strings"

	"tintype/internal/engine/vips"
	"tintype/internal/transform"
)

// metadataOf is what of a source's metadata goes into the result, by the
// library's names. Exif goes field by field, out of which the library's savers
// build a new block: the old one holds the orientation, the thumbnail and the
// place too.
func metadataOf(im *vips.Image, mode transform.Metadata) map[string]any {
	if mode == "" {
		return nil
	}
	items := map[string]any{}
	for _, name := range im.Fields() {
		if !takesAlong(name, mode) {
			continue
		}
		if v, ok := im.Get(name); ok {
			items[name] = v
		}
	}
	if len(items) == 0 {
		return nil
	}
	return items
}

// withExif adds a block of Exif that holds the fields and nothing else. Not
// every saver makes one of the fields, so a JPEG saver makes it.
func (p *picture) withExif(items map[string]any) error {
	if items == nil {
		return nil
	}
	one, err := p.scope.FromPixels([]byte{0}, 1, 1, 1, "uchar")
	if err != nil {
		return err
	}
	if one, err = p.scope.Apply(one, "copy", vips.Args{"interpretation": "b-w"}); err != nil {
		return err
	}
	fields := 0
	for name, v := range items {
		if strings.HasPrefix(name, "exif-ifd") || name == "orientation" {
			fields++
			if err := one.Set(name, v); err != nil {
				return err
			}
		}
	}
	if fields == 0 {
		return nil
	}
	res, err := p.scope.Call("jpegsave_buffer", vips.Args{"in": one})
	if err != nil {
		return err
	}
	if one, err = p.scope.Make("jpegload_buffer", vips.Args{"buffer": append([]byte(nil), res.Blob("buffer").Bytes()...)}); err != nil {
		return err
	}
	if block, ok := one.Get("exif-data"); ok {
		items["exif-data"] = block
	}
	return nil
}

// takesAlong decides by the name of an item. Exif's second directory is of a
// thumbnail, which may show what was cut off, and goes always; the fourth is
// of the place.
func takesAlong(name string, mode transform.Metadata) bool {
	switch {
	case name == "xmp-data" || name == "iptc-data":
		return mode == transform.MetadataKeep
	case name == "exif-ifd0-Orientation" || strings.HasPrefix(name, "exif-ifd1-") || !strings.HasPrefix(name, "exif-ifd"):
		return false
	case mode == transform.MetadataAttribution:
		return name == "exif-ifd0-Artist" || name == "exif-ifd0-Copyright"
	case mode == transform.MetadataNoPlace:
		return !strings.HasPrefix(name, "exif-ifd3-") && !strings.Contains(name, "GPS")
	}
	return true
}

// finishJPEG takes the Exif block out of a JPEG file that the library wrote,
// unless exif says that it is wanted: one is added whenever anything at all is
// kept. A density in dots per inch above 0 is written the way that all
// readers know. A file of another form comes back as it is.
func finishJPEG(b []byte, exif bool, density int) []byte {
	if len(b) < 2 {
		return b
	}
	out := append(make([]byte, 0, len(b)+20), b[:2]...)
	if density > 0 {
		out = append(out, "\xFF\xE0\x00\x10JFIF\x00\x01\x01\x01"...)
		out = binary.BigEndian.AppendUint16(out, uint16(density))
		out = binary.BigEndian.AppendUint16(out, uint16(density))
		out = append(out, 0, 0)
	}
	for at := 2; at+4 <= len(b) && b[at] == 0xFF; {
		marker, n := b[at+1], 2+int(b[at+2])<<8+int(b[at+3])
		if marker == 0xDA || n < 4 || at+n > len(b) {
			return append(out, b[at:]...)
		}
		isExif := marker == 0xE1 && strings.HasPrefix(string(b[at+4:min(at+n, at+10)]), "Exif")
		if !(isExif && !exif) && !(marker == 0xE0 && density > 0) {
			out = append(out, b[at:at+n]...)
		}
		at += n
	}
	return b
}
