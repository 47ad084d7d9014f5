package engine

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"

	"tintype/internal/media"
)

// bindPDF writes a document that has a page for each JPEG file, as large as
// the picture at 72 dots per inch. The files go in as they are: nothing is
// decoded.
func bindPDF(pictures []Source, w io.Writer) (media.Info, error) {
	if len(pictures) == 0 {
		return media.Info{}, fmt.Errorf("pdf: no pictures")
	}
	out := &pdfWriter{w: bufio.NewWriter(w)}
	out.print("%PDF-1.4\n%\xE2\xE3\xCF\xD3\n")
	// Objects: 1 the catalog, 2 the list of pages, then page, content and
	// picture of each.
	out.object(1, "<< /Type /Catalog /Pages 2 0 R >>")
	kids := ""
	for i := range pictures {
		kids += fmt.Sprintf("%d 0 R ", 3+3*i)
	}
	out.object(2, fmt.Sprintf("<< /Type /Pages /Count %d /Kids [ %s] >>", len(pictures), kids))
	info := media.Info{Format: "pdf", Pages: len(pictures)}
	for i, src := range pictures {
		f, err := readFrame(src)
		if err != nil {
			return media.Info{}, err
		}
		n := 3 + 3*i
		out.object(n, fmt.Sprintf("<< /Type /Page /Parent 2 0 R /MediaBox [ 0 0 %d %d ] /Contents %d 0 R /Resources << /XObject << /Im %d 0 R >> >> >>",
			f.width, f.height, n+1, n+2))
		draw := fmt.Sprintf("q %d 0 0 %d 0 0 cm /Im Do Q", f.width, f.height)
		out.object(n+1, fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(draw), draw))
		out.begin(n + 2)
		out.print(fmt.Sprintf("<< /Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /%s /BitsPerComponent 8 /Filter /DCTDecode /Length %d >>\nstream\n",
			f.width, f.height, f.space, src.Size()))
		out.copy(src)
		out.print("\nendstream\nendobj\n")
		if i == 0 {
			info.Width, info.Height = f.width, f.height
		}
	}
	info.Bytes = out.end()
	return info, out.err
}

// pdfWriter writes objects and remembers where they are. Its first error stays.
type pdfWriter struct {
	w   *bufio.Writer
	n   int64
	at  []int64 // of the objects from 1 on
	err error
}

func (p *pdfWriter) print(s string) {
	if p.err == nil {
		_, p.err = p.w.WriteString(s)
		p.n += int64(len(s))
	}
}

func (p *pdfWriter) copy(src Source) {
	if p.err == nil {
		var n int64
		n, p.err = io.Copy(p.w, io.NewSectionReader(src, 0, src.Size()))
		p.n += n
		if p.err == nil && n != src.Size() {
			p.err = io.ErrUnexpectedEOF
		}
	}
}

// begin starts the next object, whose number must be the next.
func (p *pdfWriter) begin(number int) {
	p.at = append(p.at, p.n)
	p.print(fmt.Sprintf("%d 0 obj\n", number))
}

func (p *pdfWriter) object(number int, body string) {
	p.begin(number)
	p.print(body + "\nendobj\n")
}

// end writes the table of objects and answers the size of all.
func (p *pdfWriter) end() int64 {
	table := p.n
	p.print(fmt.Sprintf("xref\n0 %d\n0000000000 65535 f \n", len(p.at)+1))
	for _, at := range p.at {
		p.print(fmt.Sprintf("%010d 00000 n \n", at))
	}
	p.print(fmt.Sprintf("trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(p.at)+1, table))
	if p.err == nil {
		p.err = p.w.Flush()
	}
	return p.n
}

// frame is what a JPEG file says of its picture.
type frame struct {
	width, height int
	space         string // in PDF's words
}

// readFrame finds the frame header of a JPEG file.
func readFrame(src Source) (frame, error) {
	bad := media.Errorf(media.Invalid, "A picture for the document is no JPEG file")
	var b [9]byte
	if _, err := src.ReadAt(b[:2], 0); err != nil || b[0] != 0xFF || b[1] != 0xD8 {
		return frame{}, bad
	}
	for at := int64(2); ; {
		if _, err := src.ReadAt(b[:4], at); err != nil || b[0] != 0xFF {
			return frame{}, bad
		}
		marker, n := b[1], int64(binary.BigEndian.Uint16(b[2:]))
		if marker == 0xFF { // fill byte
			at++
			continue
		}
		if marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC {
			if _, err := src.ReadAt(b[:6], at+4); err != nil {
				return frame{}, bad
			}
			f := frame{height: int(binary.BigEndian.Uint16(b[1:])), width: int(binary.BigEndian.Uint16(b[3:]))}
			f.space = map[byte]string{1: "DeviceGray", 3: "DeviceRGB"}[b[5]]
			if f.space == "" || b[0] != 8 || f.width == 0 || f.height == 0 {
				return frame{}, bad
			}
			return f, nil
		}
		if n < 2 || marker == 0xDA {
			return frame{}, bad
		}
		at += 2 + n
	}
}
