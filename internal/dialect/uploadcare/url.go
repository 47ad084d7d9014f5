package uploadcare

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"tintype/internal/library"
	"tintype/internal/media"
)

const (
	// maxPath bounds the escaped path of a URL, in bytes.
	maxPath = 8 << 10
	// maxOperations bounds how many operations a URL has.
	maxOperations = 100
)

// deliveryURL is a delivery URL taken apart. It names a file by ID, or else by
// its place in a group.
type deliveryURL struct {
	ID media.AssetID
	// Group of Size files; Nth of them is meant, counted from 0, or with
	// wholeGroup the group itself.
	Group      media.GroupID
	Size, Nth  int
	Operations []operation
	// Filename is the last segment, if no slash follows it; it only names the file.
	Filename string
}

// operation is /-/name/arg/arg/, decoded.
type operation struct {
	Name string
	Args []string
}

var (
	uuidText  = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	groupText = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}~[1-9][0-9]*$`)
)

// leading are the segments that may follow an id without a dash before them.
// They mean the same as the operation of that name.
var leading = map[string]bool{
	"gif2video": true, "detect_faces": true, "adaptive_video": true, "video": true, "document": true,
}

// splitURL takes the escaped path of a delivery URL apart, as it follows the
// endpoint's prefix. Errors are *media.Error: NotFound for what names no
// file, Invalid for what is no proper text, Unsupported for archives.
func splitURL(path string) (deliveryURL, error) {
	if len(path) > maxPath {
		return deliveryURL{}, &media.Error{
			Code: media.TooLarge, Message: "The URL is too long",
			Err: &media.LimitError{What: "path", Max: maxPath, Got: int64(len(path))},
		}
	}
	id, rest, slash := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if name, err := decode(id); err == nil && groupText.MatchString(name) {
		return splitGroup(name, rest)
	}
	u := deliveryURL{}
	var ok bool
	if u.ID, ok = assetID(id); !ok {
		return u, notFound(id)
	}
	if !slash || rest == "" {
		return u, nil
	}
	err := u.split(rest)
	return u, err
}

// wholeGroup as deliveryURL.Nth is the group itself.
const wholeGroup = -1

// splitGroup takes apart what names a group, and what follows its id.
func splitGroup(name, rest string) (deliveryURL, error) {
	uuid, count, _ := strings.Cut(name, "~")
	u := deliveryURL{Group: media.GroupID(strings.ReplaceAll(uuid, "-", ""))}
	var err error
	if u.Size, err = strconv.Atoi(count); err != nil || u.Size > library.MaxGroup {
		return deliveryURL{}, notFound(name)
	}
	if rest == "" {
		u.Nth = wholeGroup
		return u, nil
	}
	what, rest, _ := strings.Cut(rest, "/")
	if what == "archive" {
		return deliveryURL{}, media.Errorf(media.Unsupported, "Archives of groups are not supported yet: %s", name)
	}
	nth, rest, slash := strings.Cut(rest, "/")
	if what != "nth" || !slash || !indexText.MatchString(nth) {
		return deliveryURL{}, notFound(name + "/" + what + "/" + nth)
	}
	if u.Nth, err = strconv.Atoi(nth); err != nil {
		return deliveryURL{}, notFound(name + "/nth/" + nth)
	}
	if rest == "" {
		return u, nil
	}
	err = u.split(rest)
	return u, err
}

var indexText = regexp.MustCompile(`^(0|[1-9][0-9]{0,5})$`)

// split reads what follows the id of a file: operations and a file name.
func (u *deliveryURL) split(rest string) error {
	if rest == "detect_faces//" { // as one client library writes it
		rest = "detect_faces/"
	}
	segments := strings.Split(rest, "/")
	last := len(segments) - 1
	var err error
	if u.Filename, err = decode(segments[last]); err != nil {
		return err
	}
	segments = segments[:last]
	if len(segments) > 0 && leading[segments[0]] {
		segments = append([]string{"-"}, segments...)
	}
	if len(segments) > 0 && segments[0] != "-" {
		return notFound(rest)
	}
	u.Operations, err = splitOperations(segments)
	return err
}

func notFound(what string) error {
	if what == "" {
		return media.Errorf(media.NotFound, "File not found")
	}
	return media.Errorf(media.NotFound, "File not found: %s", quotable(what))
}

// splitOperations reads segments that begin with a dash. Dashes in a row are
// one, as when a template left an operation out.
func splitOperations(segments []string) ([]operation, error) {
	var ops []operation
	fresh := false // a dash was the last segment
	for _, raw := range segments {
		if raw == "-" {
			fresh = true
			continue
		}
		text, err := decode(raw)
		if err != nil {
			return nil, err
		}
		if !fresh {
			op := &ops[len(ops)-1]
			op.Args = append(op.Args, text)
			continue
		}
		if text == "" {
			return nil, media.Errorf(media.Invalid, "An operation has no name")
		}
		if len(ops) == maxOperations {
			return nil, media.Errorf(media.Invalid, "The URL has more than %d operations", maxOperations)
		}
		ops, fresh = append(ops, operation{Name: text}), false
	}
	return ops, nil
}

// decode percent-decodes one segment, once.
func decode(raw string) (string, error) {
	text, err := url.PathUnescape(raw)
	if err != nil || !utf8.ValidString(text) || strings.IndexByte(text, 0) >= 0 {
		return "", media.Errorf(media.Invalid, "Part of the URL is not proper text: %s", quotable(raw))
	}
	return text, nil
}

// buildURL writes a delivery URL's path, to follow the endpoint's prefix. It
// is the inverse of splitURL.
func buildURL(u deliveryURL) string {
	var b strings.Builder
	switch {
	case u.Group == "":
		b.WriteString("/" + uuidOf(u.ID) + "/")
	case u.Nth == wholeGroup:
		return "/" + groupID(u.Group, u.Size) + "/"
	default:
		b.WriteString("/" + groupID(u.Group, u.Size) + "/nth/" + strconv.Itoa(u.Nth) + "/")
	}
	for _, op := range u.Operations {
		b.WriteString("-/" + escape(op.Name) + "/")
		for _, a := range op.Args {
			b.WriteString(escape(a) + "/")
		}
	}
	b.WriteString(escape(u.Filename))
	return b.String()
}

// assetID reads a UUID in lower case.
func assetID(uuid string) (media.AssetID, bool) {
	if !uuidText.MatchString(uuid) {
		return "", false
	}
	return media.AssetID(strings.ReplaceAll(uuid, "-", "")), true
}

// groupID writes a group's id, which tells how many files it has.
func groupID(id media.GroupID, size int) string { return uuidOf(id) + "~" + strconv.Itoa(size) }

// uuidOf writes an id, 32 digits, with the dashes of a UUID.
func uuidOf[T ~string](id T) string {
	s := string(id)
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}

const upperHex = "0123456789ABCDEF"

// escape percent-encodes a segment. One that is a dash is escaped too: as it
// is it would begin an operation.
func escape(s string) string {
	if s == "-" {
		return "%2D"
	}
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if letter || strings.IndexByte("-_.!~*'()@:,;=+$&", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.Write([]byte{'%', upperHex[c>>4], upperHex[c&15]})
	}
	return b.String()
}

// quotable makes a part of a URL fit to be quoted in a message.
func quotable(s string) string {
	const most = 100
	if len(s) > most {
		s = s[:most] + "…"
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == utf8.RuneError {
			return '?'
		}
		return r
	}, s)
}
