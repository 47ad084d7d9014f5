package dialect

import (
	"slices"
	"strconv"
	"strings"

	"tintype/internal/library"
	"tintype/internal/media"
)

// Field is one parameter as it arrived.
type Field struct {
	Name  string // without "[]" or "[n]"
	Value string
	// Indexed: the name had brackets, or the value stood in a JSON array.
	Indexed bool
	// Index is the text between the brackets, "" for "[]".
	Index string
}

// Form is a decoded request. Close it when done.
type Form struct {
	// Fields in order of arrival: the query, then the body. The file field is not among them.
	Fields []Field
	// File holds the bytes that came as a file part or as a data: URI; nil
	// where neither came. Who uploads it takes it over; Close removes what
	// nobody took.
	File *library.Staged
	// Filename is the client's name of the file part, without directories; "" for a data: URI.
	Filename string
	// FileText is the file field's text where it is neither a file part nor
	// a data: URI, for instance a URL.
	FileText string
}

// Close discards a staged file that was not used.
func (f *Form) Close() {
	if f.File != nil {
		f.File.Discard()
	}
}

// Has reports whether a parameter came at all, empty or not.
func (f *Form) Has(name string) bool {
	return slices.ContainsFunc(f.Fields, func(d Field) bool { return d.Name == name })
}

// Get returns a parameter's value, or "" where it is absent. Several values
// are joined by commas, which is also how lists are signed.
func (f *Form) Get(name string) string {
	first, n := "", 0
	for _, d := range f.Fields {
		if d.Name != name {
			continue
		}
		if n == 0 {
			first = d.Value
		} else {
			first += "," + d.Value
		}
		n++
	}
	return first
}

// List returns a parameter's values without the empty ones: each of several
// as it is, a single one without brackets cut at its commas. Values whose
// names carry numbers come in the order of these.
func (f *Form) List(name string) []string {
	var got []Field
	for _, d := range f.Fields {
		if d.Name == name {
			got = append(got, d)
		}
	}
	if len(got) == 1 && !got[0].Indexed {
		return trimmed(strings.Split(got[0].Value, ","))
	}
	slices.SortStableFunc(got, func(a, b Field) int { return number(a.Index) - number(b.Index) })
	values := make([]string, len(got))
	for i, d := range got {
		values[i] = d.Value
	}
	return trimmed(values)
}

func number(index string) int {
	n, err := strconv.ParseInt(index, 10, 32)
	if err != nil {
		return 0
	}
	return int(n)
}

func trimmed(values []string) []string {
	var out []string
	for _, v := range values {
		if v = strings.TrimSpace(v); v != "" {
			out = append(out, v)
		}
	}
	return out
}

// Bool reads true, false, 1 and 0 in any case; def stands for an absent or
// empty parameter. Anything else is Invalid.
func (f *Form) Bool(name string, def bool) (bool, error) {
	switch v := strings.ToLower(strings.TrimSpace(f.Get(name))); v {
	case "":
		return def, nil
	case "true", "1":
		return true, nil
	case "false", "0":
		return false, nil
	default:
		return def, media.Errorf(media.Invalid, "Parameter %s must be true or false, not %q", name, short(v))
	}
}

// Int reads a whole number within min and max; def stands for an absent or
// empty parameter. Anything else is Invalid.
func (f *Form) Int(name string, def, min, max int64) (int64, error) {
	v := strings.TrimSpace(f.Get(name))
	if v == "" {
		return def, nil
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil || n < min || n > max {
		return def, media.Errorf(media.Invalid, "Parameter %s must be a whole number from %d to %d, not %q", name, min, max, short(v))
	}
	return n, nil
}

// short keeps what is quoted in a message to a size that can be read.
func short(s string) string {
	const most = 100
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
