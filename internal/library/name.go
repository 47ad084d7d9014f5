package library

import (
	"fmt"
	"io"
	"net/url"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"tintype/internal/media"
)

// maxName is the longest name in characters.
const maxName = 255

// CheckName reports, as Invalid, why a name cannot be an asset's: it must be
// valid UTF-8 of at most 255 characters, without control characters, without
// empty, "." or ".." segments, and without a space at either end.
func CheckName(name string) error {
	why := ""
	switch {
	case name == "":
		why = "is empty"
	case !utf8.ValidString(name):
		why = "is not valid UTF-8"
	case utf8.RuneCountInString(name) > maxName:
		return media.Errorf(media.Invalid, "The name is longer than %d characters", maxName)
	case strings.IndexFunc(name, func(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }) >= 0:
		why = "holds a control character"
	case strings.TrimSpace(name) != name:
		why = "begins or ends with a space"
	}
	if why == "" {
		for s := range strings.SplitSeq(name, "/") {
			switch s {
			case "":
				why = "has an empty part between slashes"
			case ".", "..":
				why = fmt.Sprintf("has a part %q", s)
			}
		}
	}
	if why != "" {
		return media.Errorf(media.Invalid, "The name %q %s", strings.ToValidUTF8(name, "?"), why)
	}
	return nil
}

const (
	lower = "abcdefghijklmnopqrstuvwxyz0123456789"
	mixed = "ABCDEFGHIJKLMNOPQRSTUVWXYZ" + lower
)

// random returns n characters of an alphabet of at most 128.
func (l *Library) random(n int, alphabet string) (string, error) {
	// Bytes past the largest multiple of the alphabet's size are thrown
	// away, so that every character is equally likely.
	most := byte(256/len(alphabet)*len(alphabet) - 1)
	out := make([]byte, 0, n)
	buf := make([]byte, 2*n)
	for len(out) < n {
		if _, err := io.ReadFull(l.cfg.Rand, buf); err != nil {
			return "", fmt.Errorf("read randomness: %w", err)
		}
		for _, b := range buf {
			if b <= most && len(out) < n {
				out = append(out, alphabet[int(b)%len(alphabet)])
			}
		}
	}
	return string(out), nil
}

// newID returns 32 hexadecimal digits.
func (l *Library) newID() (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(l.cfg.Rand, b[:]); err != nil {
		return "", fmt.Errorf("read randomness: %w", err)
	}
	return fmt.Sprintf("%x", b), nil
}

// naming makes the names of one upload.
type naming struct {
	// fixed: make answers the same each time.
	fixed bool
	make  func() (string, error)
}

// naming says how u's asset is called when it is of the given kind.
func (l *Library) naming(u *Upload, kind media.Kind) naming {
	ext := ""
	if kind == media.KindRaw {
		ext = extension(u.Filename)
	}
	base := normalise(stem(u.Filename))
	switch {
	case u.Name != "":
		return naming{true, func() (string, error) { return join(u.Folder, u.Name), nil }}
	case u.UseFilename && base != "" && !u.Unique:
		return naming{true, func() (string, error) { return join(u.Folder, base+ext), nil }}
	case u.UseFilename && base != "":
		return naming{false, func() (string, error) {
			suffix, err := l.random(6, mixed)
			return join(u.Folder, base+"_"+suffix+ext), err
		}}
	default:
		return naming{false, func() (string, error) {
			name, err := l.random(20, lower)
			return join(u.Folder, name+ext), err
		}}
	}
}

// NameOf makes the name of an upload before its file is there, for Upload.Name
// of a later one; "" where that depends on what the file is, and u does not
// say. A name with random characters is another each time.
func (l *Library) NameOf(u Upload) (string, error) {
	if u.Kind == "" && u.Name == "" {
		return "", nil
	}
	u.Folder = strings.Trim(u.Folder, "/")
	return l.naming(&u, u.Kind).make()
}

func join(folder, name string) string {
	if folder == "" {
		return name
	}
	return folder + "/" + name
}

// folderOf is the part of a name before its last slash.
func folderOf(name string) string {
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		return name[:i]
	}
	return ""
}

// normalise makes a name of a client's file name: letters, digits, "-", "."
// and "_" stay, and each run of anything else becomes one "_".
func normalise(s string) string {
	var b strings.Builder
	gap := false
	for _, r := range strings.ToValidUTF8(s, " ") {
		if unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r) || r == '-' || r == '.' || r == '_' {
			if gap {
				b.WriteByte('_')
			}
			b.WriteRune(r)
			gap = false
			continue
		}
		gap = b.Len() > 0
	}
	out := []rune(strings.Trim(b.String(), "."))
	return string(out[:min(len(out), 200)])
}

// stem is a file name without directories and extension.
func stem(filename string) string {
	b := base(filename)
	if e := path.Ext(b); len(e) < len(b) {
		return strings.TrimSuffix(b, e)
	}
	return b
}

// extension is a file name's extension with its dot, in lower case, if it is
// a plain one of at most 16 letters and digits; else "".
func extension(filename string) string {
	b := base(filename)
	e := path.Ext(b)
	if len(e) < 2 || len(e) > 17 || len(e) == len(b) {
		return ""
	}
	for _, c := range []byte(e[1:]) {
		if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z') {
			return ""
		}
	}
	return strings.ToLower(e)
}

func base(filename string) string {
	return filename[strings.LastIndexAny(filename, `/\`)+1:]
}

// urlFilename is the last path segment of a URL, unescaped.
func urlFilename(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return strings.ToValidUTF8(base(u.Path), "_")
}
