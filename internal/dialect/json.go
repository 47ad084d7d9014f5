package dialect

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"unicode/utf16"
	"unicode/utf8"

	"tintype/internal/media"
)

// json reads an object. It goes through the top level by itself, so that a
// file's text may be as long as it likes without being held; every other
// value is bounded by the budget before the standard library looks at it.
//
// Strings, numbers and booleans become fields with their text, arrays several
// fields, objects the text of their JSON. Null is as good as absent, unless
// FormConfig.Nulls says otherwise, and an empty array is one empty value.
func (d *decoder) json(body io.Reader) error {
	in := bufio.NewReader(body)
	c, err := space(in)
	if err == io.EOF {
		return nil
	}
	if err != nil {
		return err
	}
	if c != '{' {
		in.UnreadByte()
		raw, err := d.rawValue(in)
		if err == nil && string(raw) != "null" {
			err = media.Errorf(media.Invalid, "The JSON body is not an object")
		}
		return d.endOfJSON(in, err)
	}
	c, err = space(in)
	for first := true; err == nil; first = false {
		if first && c == '}' {
			return d.endOfJSON(in, nil)
		}
		if c != '"' {
			return badJSON(nil)
		}
		in.UnreadByte()
		if err := d.member(in); err != nil {
			return err
		}
		if c, err = space(in); err != nil {
			break
		}
		if c == '}' {
			return d.endOfJSON(in, nil)
		}
		if c != ',' {
			return badJSON(nil)
		}
		c, err = space(in)
	}
	return badJSON(err)
}

func (d *decoder) endOfJSON(in *bufio.Reader, err error) error {
	if err != nil {
		return err
	}
	if _, err := space(in); err != io.EOF {
		return badJSON(err)
	}
	return nil
}

func badJSON(err error) error {
	var known *media.Error
	if errors.As(err, &known) {
		return err
	}
	return &media.Error{Code: media.Invalid, Op: "read body", Message: "The JSON body is malformed", Err: err}
}

// space returns the first byte that is not white space.
func space(in *bufio.Reader) (byte, error) {
	for {
		c, err := in.ReadByte()
		if err != nil || c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			return c, err
		}
	}
}

// member reads "key": value.
func (d *decoder) member(in *bufio.Reader) error {
	if err := d.count(); err != nil {
		return err
	}
	raw, err := d.rawValue(in)
	if err != nil {
		return err
	}
	var key string
	if err := json.Unmarshal(raw, &key); err != nil {
		return badJSON(err)
	}
	if err := d.brackets(key); err != nil {
		return err
	}
	if c, err := space(in); err != nil || c != ':' {
		return badJSON(err)
	}
	c, err := space(in)
	if err != nil {
		return badJSON(err)
	}
	if d.isFile(key) && c == '"' {
		text := &jsonString{in: in}
		if err := d.fileText(text); err != nil {
			return err
		}
		if !text.done {
			return badJSON(nil)
		}
		return nil
	}
	in.UnreadByte()
	if raw, err = d.rawValue(in); err != nil {
		return err
	}
	return d.value(key, raw)
}

// value makes fields of one value.
func (d *decoder) value(key string, raw []byte) error {
	if !json.Valid(raw) {
		return badJSON(nil)
	}
	if d.isFile(key) && string(raw) != "null" {
		return media.Errorf(media.Invalid, "Parameter %s must be a text in JSON", key)
	}
	switch raw[0] {
	case 'n':
		if d.cfg.Nulls {
			return d.add(key, "")
		}
		return nil
	case '[':
		var items []json.RawMessage
		if err := json.Unmarshal(raw, &items); err != nil {
			return badJSON(err)
		}
		if len(items) == 0 {
			return d.item(key, "")
		}
		for _, it := range items {
			if err := d.count(); err != nil {
				return err
			}
			text, err := scalar(it)
			if err != nil {
				return err
			}
			if err := d.item(key, text); err != nil {
				return err
			}
		}
		return nil
	}
	text, err := scalar(raw)
	if err != nil {
		return err
	}
	return d.add(key, text)
}

// scalar is the text of a value: a string's content, anything else as written
// but without white space.
func scalar(raw json.RawMessage) (string, error) {
	if raw[0] == '"' {
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			return "", badJSON(err)
		}
		return s, nil
	}
	var b bytes.Buffer
	if err := json.Compact(&b, raw); err != nil {
		return "", badJSON(err)
	}
	return b.String(), nil
}

// rawValue reads the bytes of one value, whose nesting is balanced but whose
// syntax is not checked further.
func (d *decoder) rawValue(in *bufio.Reader) ([]byte, error) {
	var b []byte
	depth, quoted := 0, false
	for {
		c, err := in.ReadByte()
		if err == io.EOF && depth == 0 && !quoted && len(b) > 0 {
			return b, nil
		}
		if err != nil {
			return nil, badJSON(err)
		}
		if depth == 0 && !quoted && len(b) > 0 && endsScalar(c) {
			in.UnreadByte()
			return b, nil
		}
		if err := d.take(1); err != nil {
			return nil, err
		}
		b = append(b, c)
		switch {
		case quoted && c == '\\':
			if c, err = in.ReadByte(); err != nil {
				return nil, badJSON(err)
			}
			b = append(b, c)
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			depth--
		}
		if depth < 0 {
			return nil, badJSON(nil)
		}
		if depth == 0 && !quoted && (c == '"' || c == '}' || c == ']') {
			return b, nil
		}
	}
}

func endsScalar(c byte) bool {
	return c == ',' || c == '}' || c == ']' || c == ':' || c == ' ' || c == '\t' || c == '\n' || c == '\r'
}

// jsonString reads the content of a JSON string whose opening quote was read,
// and ends after the closing one.
type jsonString struct {
	in      *bufio.Reader
	done    bool
	pending []byte
}

func (s *jsonString) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		if len(s.pending) > 0 {
			m := copy(p[n:], s.pending)
			s.pending = s.pending[m:]
			n += m
			continue
		}
		if s.done {
			return n, io.EOF
		}
		c, err := s.in.ReadByte()
		if err != nil {
			return n, badJSON(err)
		}
		switch {
		case c == '"':
			s.done = true
		case c == '\\':
			if s.pending, err = s.escape(); err != nil {
				return n, err
			}
		case c < ' ':
			return n, badJSON(nil)
		default:
			p[n] = c
			n++
		}
	}
	return n, nil
}

// escape reads what follows a backslash.
func (s *jsonString) escape() ([]byte, error) {
	c, err := s.in.ReadByte()
	if err != nil {
		return nil, badJSON(err)
	}
	switch c {
	case '"', '\\', '/':
		return []byte{c}, nil
	case 'b':
		return []byte{'\b'}, nil
	case 'f':
		return []byte{'\f'}, nil
	case 'n':
		return []byte{'\n'}, nil
	case 'r':
		return []byte{'\r'}, nil
	case 't':
		return []byte{'\t'}, nil
	case 'u':
	default:
		return nil, badJSON(nil)
	}
	r, err := s.hex4()
	if err != nil {
		return nil, err
	}
	if utf16.IsSurrogate(r) {
		next, err := s.in.Peek(2)
		if err != nil && err != io.EOF {
			return nil, badJSON(err)
		}
		low := rune(0)
		if string(next) == `\u` {
			s.in.Discard(2)
			if low, err = s.hex4(); err != nil {
				return nil, err
			}
		}
		r = utf16.DecodeRune(r, low)
	}
	return utf8.AppendRune(nil, r), nil
}

func (s *jsonString) hex4() (rune, error) {
	var r rune
	for range 4 {
		c, err := s.in.ReadByte()
		if err != nil {
			return 0, badJSON(err)
		}
		v := unhex(c)
		if v > 15 {
			return 0, badJSON(nil)
		}
		r = r<<4 | rune(v)
	}
	return r, nil
}
