package dialect

import (
	"bufio"
	"io"
	"strings"

	"tintype/internal/media"
)

// urlencoded reads name=value pairs. A "+" is a space, and a ";" is a
// character like any other.
func (d *decoder) urlencoded(r io.Reader) error {
	in := bufio.NewReader(r)
	for {
		key, err := d.text(&unescaper{in: in, stop: "=&", what: "the name of a parameter"})
		if err != nil {
			return err
		}
		end, err := in.ReadByte()
		if err == io.EOF && key == "" {
			return nil
		}
		if err != nil && err != io.EOF {
			return err
		}
		if key == "" && end == '&' {
			continue
		}
		if err := d.pair(in, key, end == '='); err != nil {
			return err
		}
	}
}

// pair reads the value of key, up to and with the "&" that ends it.
func (d *decoder) pair(in *bufio.Reader, key string, hasValue bool) error {
	if err := d.count(); err != nil {
		return err
	}
	if err := d.brackets(key); err != nil {
		return err
	}
	var from io.Reader = strings.NewReader("")
	if hasValue {
		from = &unescaper{in: in, stop: "&", what: "parameter " + short(key)}
	}
	if d.isFile(key) {
		if err := d.fileText(from); err != nil {
			return err
		}
	} else {
		value, err := d.text(from)
		if err != nil {
			return err
		}
		if err := d.add(key, value); err != nil {
			return err
		}
	}
	if hasValue {
		in.ReadByte()
	}
	return nil
}

// unescaper reads percent-encoded text up to a stop character, which it
// leaves in its input.
type unescaper struct {
	in   *bufio.Reader
	stop string
	what string
}

func (u *unescaper) Read(p []byte) (int, error) {
	for n := 0; ; n++ {
		if n == len(p) {
			return n, nil
		}
		c, err := u.in.ReadByte()
		if err != nil {
			return n, err
		}
		switch {
		case strings.IndexByte(u.stop, c) >= 0:
			u.in.UnreadByte()
			return n, io.EOF
		case c == '+':
			c = ' '
		case c == '%':
			hex, err := u.in.Peek(2)
			if err != nil && err != io.EOF {
				return n, err
			}
			hi, lo, ok := byte(0), byte(0), len(hex) == 2
			if ok {
				hi, lo = unhex(hex[0]), unhex(hex[1])
				ok = hi < 16 && lo < 16
			}
			if !ok {
				return n, media.Errorf(media.Invalid, "There is an incomplete percent escape in %s", u.what)
			}
			u.in.Discard(2)
			c = hi<<4 | lo
		}
		p[n] = c
	}
}

// unhex returns the value of a hexadecimal digit, or 16.
func unhex(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	}
	return 16
}
