package dialect

import (
	"bufio"
	"encoding/base64"
	"errors"
	"io"
	"strings"

	"tintype/internal/media"
)

// maxDataHeader bounds what stands before the comma of a data: URI.
const maxDataHeader = 16 << 10

// sniffData looks whether r begins with "data:". If so it returns a reader of
// the decoded content, else one of the text as it was.
func sniffData(r io.Reader) (data bool, rest io.Reader, err error) {
	in := bufio.NewReaderSize(r, maxDataHeader)
	scheme, err := in.Peek(len("data:"))
	if err != nil && err != io.EOF {
		return false, nil, err
	}
	if !strings.EqualFold(string(scheme), "data:") {
		return false, in, nil
	}
	header, err := in.ReadSlice(',')
	switch {
	case err == io.EOF || errors.Is(err, bufio.ErrBufferFull):
		return true, nil, media.Errorf(media.Invalid, "The data URI has no comma after its media type")
	case err != nil:
		return true, nil, err
	}
	if !strings.HasSuffix(strings.ToLower(strings.TrimRight(string(header[:len(header)-1]), " ")), ";base64") {
		return true, nil, media.Errorf(media.Invalid, "The data URI is not in base64")
	}
	return true, dataError{base64.NewDecoder(base64.RawStdEncoding, &base64Text{in: in})}, nil
}

// base64Text reads base64 of either alphabet, with or without padding or line
// breaks, as the standard alphabet without them. A space stands for a plus
// that a client did not escape.
type base64Text struct {
	in     *bufio.Reader
	padded bool
}

func (b *base64Text) Read(p []byte) (int, error) {
	for n := 0; ; {
		if n == len(p) {
			return n, nil
		}
		c, err := b.in.ReadByte()
		if err != nil {
			return n, err
		}
		switch c {
		case '\r', '\n', '\t':
			continue
		case '=':
			b.padded = true
			continue
		case '-', ' ':
			c = '+'
		case '_':
			c = '/'
		}
		if b.padded {
			return n, media.Errorf(media.Invalid, "The data URI holds more after its padding")
		}
		p[n] = c
		n++
	}
}

// dataError gives the decoder's complaints their code.
type dataError struct{ r io.Reader }

func (d dataError) Read(p []byte) (int, error) {
	n, err := d.r.Read(p)
	var corrupt base64.CorruptInputError
	if errors.As(err, &corrupt) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = &media.Error{Code: media.Invalid, Op: "decode data URI", Message: "The data URI is not valid base64", Err: err}
	}
	return n, err
}
