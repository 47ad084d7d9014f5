package engine

import (
	"encoding/binary"
	"slices"
)

// Flags of a WebP file's VP8X chunk.
const (
	webpXMP  = 0x04
	webpExif = 0x08
	webpICC  = 0x20
)

// stripWebP takes metadata out of a WebP file that libvips wrote: its 8.14
// adds an Exif block to whatever it saves, also when told to strip. A file of
// another form comes back as it is. Chunks of the names in keep stay.
func stripWebP(b []byte, keep ...string) []byte {
	if len(b) < 30 || string(b[:4]) != "RIFF" || string(b[8:16]) != "WEBPVP8X" {
		return b
	}
	out := append(make([]byte, 0, len(b)), b[:12]...)
	for rest := b[12:]; len(rest) > 0; {
		if len(rest) < 8 {
			return b
		}
		n := 8 + int64(binary.LittleEndian.Uint32(rest[4:]))
		n += n & 1
		if n > int64(len(rest)) {
			return b
		}
		chunk := rest[:n]
		rest = rest[n:]
		switch name := string(chunk[:4]); name {
		case "EXIF", "XMP ", "ICCP":
			if slices.Contains(keep, name) {
				out = append(out, chunk...)
			}
			continue
		case "VP8X":
			if n < 18 {
				return b
			}
			flags := chunk[8]
			for name, flag := range map[string]byte{"EXIF": webpExif, "XMP ": webpXMP, "ICCP": webpICC} {
				if !slices.Contains(keep, name) {
					flags &^= flag
				}
			}
			if flags == 0 {
				continue // a plain file needs no such chunk
			}
			out = append(out, chunk...)
			out[len(out)-len(chunk)+8] = flags
			continue
		}
		out = append(out, chunk...)
	}
	binary.LittleEndian.PutUint32(out[4:], uint32(len(out)-8))
	return out
}
