package engine

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
)

// svgPrologue is how much of a file may come before its <svg.
const svgPrologue = 256 << 10

// readSVG looks whether the root element is svg, in any namespace prefix. Its
// size is for the renderer to work out.
func readSVG(w *window, head []byte) (header, error) {
	b := make([]byte, 0, min(w.size, svgPrologue))
	for int64(len(b)) < min(w.size, svgPrologue) {
		part, err := w.upTo(int64(len(b)), streamLen)
		if err != nil {
			return header{}, err
		}
		if len(part) == 0 {
			break
		}
		b = append(b, part...)
	}
	if !svgRoot(decodeText(b)) {
		return header{}, nil
	}
	return header{Format: "svg", Alpha: true}, nil
}

// maybeXML is a cheap look for '<' as the first thing in the text.
func maybeXML(head []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(decodeText(head), " \t\r\n"), []byte("<"))
}

// decodeText brings UTF-16, told by its byte order mark or by '<' in its
// first two bytes, to UTF-8, and takes away a byte order mark.
func decodeText(b []byte) []byte {
	if rest, ok := bytes.CutPrefix(b, []byte("\xEF\xBB\xBF")); ok {
		return rest
	}
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(b, []byte("\xFF\xFE")), bytes.HasPrefix(b, []byte("<\x00")):
		order = binary.LittleEndian
	case bytes.HasPrefix(b, []byte("\xFE\xFF")), bytes.HasPrefix(b, []byte("\x00<")):
		order = binary.BigEndian
	default:
		return b
	}
	units := make([]uint16, 0, len(b)/2)
	for i := 0; i+2 <= len(b); i += 2 {
		units = append(units, order.Uint16(b[i:]))
	}
	if len(units) > 0 && units[0] == 0xFEFF {
		units = units[1:]
	}
	return []byte(string(utf16.Decode(units)))
}

// svgRoot passes over declaration, instructions, comments and document type
// and reports whether the first element is called svg.
func svgRoot(b []byte) bool {
	for {
		b = bytes.TrimLeft(b, " \t\r\n")
		var end string
		switch {
		case bytes.HasPrefix(b, []byte("<?")):
			end = "?>"
		case bytes.HasPrefix(b, []byte("<!--")):
			b, end = b[4:], "-->"
		case bytes.HasPrefix(b, []byte("<!DOCTYPE")):
			rest, ok := afterDoctype(b)
			if !ok {
				return false
			}
			b = rest
			continue
		case bytes.HasPrefix(b, []byte("<")):
			name := b[1:]
			if i := bytes.IndexAny(name, " \t\r\n/>"); i >= 0 {
				name = name[:i]
			} else {
				return false
			}
			if i := bytes.IndexByte(name, ':'); i > 0 {
				name = name[i+1:]
			}
			return string(name) == "svg"
		default:
			return false
		}
		i := bytes.Index(b, []byte(end))
		if i < 0 {
			return false
		}
		b = b[i+len(end):]
	}
}

// afterDoctype passes over a document type with its internal subset, in which
// '>' may stand in quotes and declarations.
func afterDoctype(b []byte) ([]byte, bool) {
	quote, inside := byte(0), false
	for i, c := range b {
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '[':
			inside = true
		case c == ']':
			inside = false
		case c == '>' && !inside:
			return b[i+1:], true
		}
	}
	return nil, false
}

// readPDF is sure once the mark was seen: it may stand anywhere in the first KiB.
func readPDF(_ *window, _ []byte) (header, error) {
	return header{Format: "pdf", Alpha: true}, nil
}
