package dialect

import (
	"bufio"
	"errors"
	"io"
	"mime/multipart"
	"path"
	"strings"
	"sync"
	"unicode/utf8"

	"tintype/internal/media"
)

// pieces are buffers between a body and the reader of its parts, which asks for
// 4 KB at a time, however much has arrived.
var pieces = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, 64<<10) }}

// multipart reads the parts in order. A part with a file name is a file, and
// so is a file's part without one whose content is no text.
func (d *decoder) multipart(body io.Reader, boundary string) error {
	if boundary == "" || len(boundary) > 200 {
		return media.Errorf(media.Invalid, "The multipart body has no usable boundary")
	}
	piece := pieces.Get().(*bufio.Reader)
	piece.Reset(body)
	defer func() {
		piece.Reset(nil)
		pieces.Put(piece)
	}()
	in := multipart.NewReader(piece, boundary)
	for {
		p, err := in.NextPart()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return malformed(err)
		}
		if err := d.onePart(p); err != nil {
			return malformed(err)
		}
	}
}

// malformed gives the code to what the multipart reader finds wrong.
func malformed(err error) error {
	var known *media.Error
	switch {
	case errors.As(err, &known):
		return err
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &media.Error{Code: media.Invalid, Op: "read body", Message: "The request ended before its body was complete", Err: err}
	default:
		return &media.Error{Code: media.Invalid, Op: "read body", Message: "The multipart body is malformed", Err: err}
	}
}

func (d *decoder) onePart(p *multipart.Part) error {
	if err := d.count(); err != nil {
		return err
	}
	key := p.FormName()
	if err := d.take(len(key)); err != nil {
		return err
	}
	if err := d.brackets(key); err != nil {
		return err
	}
	from := partReader{p}
	filename := baseName(p.FileName())
	switch {
	case d.isFile(key) && filename != "":
		return d.filePart(from, filename)
	case filename != "":
		return media.Errorf(media.Invalid, "No file is expected in parameter %s", short(key))
	case d.isFile(key):
		in := bufio.NewReader(from)
		head, err := in.Peek(sniffed)
		if err != nil && err != io.EOF {
			return err
		}
		if binary(head) {
			return d.filePart(in, "")
		}
		return d.fileText(in)
	}
	value, err := d.text(from)
	if err != nil {
		return err
	}
	return d.add(key, value)
}

func (d *decoder) filePart(from io.Reader, filename string) error {
	if err := d.oneFile(); err != nil {
		return err
	}
	staged, err := d.stage(from)
	if err != nil {
		return err
	}
	d.form.File, d.form.Filename = staged, filename
	return nil
}

// sniffed is how much of a part is looked at to tell a file from a text.
const sniffed = 512

// binary reports whether the beginning of something is no text of UTF-8.
func binary(head []byte) bool {
	for i, r := range string(head) {
		switch {
		case r == utf8.RuneError && len(head)-i >= utf8.UTFMax: // else perhaps a character that was cut
			return true
		case r < ' ' && r != '\t' && r != '\n' && r != '\r' && r != '\f':
			return true
		}
	}
	return false
}

// partReader marks a body that breaks off inside a part as the client's
// fault, so that it is not taken for an outage of the store behind Stage.
type partReader struct{ p *multipart.Part }

func (r partReader) Read(b []byte) (int, error) {
	n, err := r.p.Read(b)
	if err != nil && err != io.EOF {
		err = malformed(err)
	}
	return n, err
}

// baseName drops the directories of a file name, of Windows too. A name that
// is not in UTF-8 is in Latin-1, as some client libraries send it.
func baseName(name string) string {
	if !utf8.ValidString(name) {
		runes := make([]rune, len(name))
		for i := range len(name) {
			runes[i] = rune(name[i])
		}
		name = string(runes)
	}
	name = name[strings.LastIndexByte(name, '\\')+1:]
	if name = path.Base(name); name == "." || name == "/" {
		return ""
	}
	return name
}
