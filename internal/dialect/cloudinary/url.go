package cloudinary

import (
	"math"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"tintype/internal/dialect"
	"tintype/internal/media"
)

const (
	// maxPath bounds the escaped path of a delivery URL, in bytes.
	maxPath = 8 << 10
	// maxPublicID bounds a public id, in characters.
	maxPublicID = 255
)

// deliveryURL is a delivery URL taken apart. What it calls raw is still
// percent-encoded as in the URL.
type deliveryURL struct {
	Kind   media.Kind
	Access media.Access
	// Signature is the text between "s--" and "--", "" without one.
	Signature string
	// Components of the transformation, raw.
	Components []string
	// Version as in the URL, 0 without one. It only distinguishes URLs.
	Version int64
	// IDs are what the URL may mean, in order: the first that exists.
	IDs []candidate
}

// candidate is one reading of the end of a path.
type candidate struct {
	PublicID string
	// Ext is the file extension as written, without dot; "" where there is
	// none, and for raw files, whose extension belongs to the id.
	Ext string
	// Suffix is the decorative last segment, without the extension.
	Suffix string
	// source is what the signature covers: raw id and extension.
	source string
}

// family is what the first segments of a path stand for.
type family struct {
	kind   media.Kind
	access media.Access
	// suffixed: the last segment is a decoration; optional: it may be one.
	suffixed, optional bool
}

var families = map[string]family{
	"iu":                   {media.KindImage, media.Public, false, false},
	"images":               {media.KindImage, media.Public, true, false},
	"private_images":       {media.KindImage, media.Private, true, false},
	"authenticated_images": {media.KindImage, media.Authenticated, true, false},
	"files":                {media.KindRaw, media.Public, true, false},
	"videos":               {media.KindVideo, media.Public, true, false},
}

var resourceTypes = map[string]media.Kind{"image": media.KindImage, "video": media.KindVideo, "raw": media.KindRaw}

var accessTypes = map[string]media.Access{
	"upload":        media.Public,
	"public":        media.Public,
	"private":       media.Private,
	"authenticated": media.Authenticated,
	"fetch":         media.Remote,
	"url":           media.Remote,
	"text":          media.Drawn,
	"multi":         media.Sequence,
	"sprite":        media.Sheet,
}

// otherTypes are delivery types that are not offered here yet.
var otherTypes = words(`facebook twitter twitter_name gravatar instagram_name google_plus
	youtube vimeo dailymotion hulu animoto worldstarhiphop asset`)

var (
	versionText   = regexp.MustCompile(`^v[0-9]+$`)
	signatureText = regexp.MustCompile(`^s--([A-Za-z0-9_-]{8}|[A-Za-z0-9_-]{32})--$`)
	variableText  = regexp.MustCompile(`^\$[A-Za-z][A-Za-z0-9]*(_.*)?$`)
)

// splitURL takes the escaped path of a delivery URL apart, as it follows the
// endpoint's prefix. Errors are *media.Error: NotFound where the path cannot
// name an asset, Invalid where it is not proper text, Unsupported for what
// is the vendor's but not offered here.
func splitURL(path string) (deliveryURL, error) {
	if len(path) > maxPath {
		return deliveryURL{}, &media.Error{
			Code: media.TooLarge, Message: "The URL is too long",
			Err: &media.LimitError{What: "path", Max: maxPath, Got: int64(len(path))},
		}
	}
	segments := strings.Split(strings.Trim(collapseSlashes(path), "/"), "/")
	f, rest, err := findFamily(segments)
	if err != nil {
		return deliveryURL{}, err
	}
	u := deliveryURL{Kind: f.kind, Access: f.access}
	least := 1 // segments of the id and its suffix
	if f.suffixed {
		least = 2
	}
	if len(rest) > least {
		if m := signatureText.FindStringSubmatch(rest[0]); m != nil {
			u.Signature, rest = m[1], rest[1:]
		} else if strings.HasPrefix(rest[0], "s--") && strings.HasSuffix(rest[0], "--") {
			return u, invalidSignature(rest[0])
		}
	}
	for len(rest) > least && isComponent(rest[0]) && !(f.access == media.Remote && remoteText.MatchString(rest[0])) {
		u.Components, rest = append(u.Components, rest[0]), rest[1:]
	}
	if len(rest) > least && versionText.MatchString(rest[0]) {
		u.Version, rest = parseVersion(rest[0]), rest[1:]
	}
	if len(rest) < least || rest[0] == "" {
		return u, notFound(strings.Join(segments, "/"))
	}
	if f.access == media.Remote {
		id, err := remoteID(tailOf(path, rest))
		u.IDs = []candidate{id}
		return u, err
	}
	u.IDs, err = candidates(f, rest)
	return u, err
}

// findFamily resolves the short and the full forms of the beginning of a
// path. What is neither is the rest of a public image's.
func findFamily(segments []string) (family, []string, error) {
	if f, ok := families[segments[0]]; ok {
		return f, segments[1:], nil
	}
	kind, ok := resourceTypes[segments[0]]
	if !ok {
		return family{media.KindImage, media.Public, false, true}, segments, nil
	}
	if len(segments) == 1 {
		return family{}, nil, notFound(segments[0])
	}
	access, ok := accessTypes[segments[1]]
	switch {
	case ok && kind != media.KindImage && imagesOnly(access):
	case ok:
		return family{kind: kind, access: access}, segments[2:], nil
	case otherTypes[segments[1]]:
		return family{}, nil, media.Errorf(media.Unsupported, "Unsupported delivery type: %s", segments[1])
	}
	return family{}, nil, notFound(strings.Join(segments, "/"))
}

// imagesOnly reports that files of an access are images.
func imagesOnly(a media.Access) bool { return a == media.Drawn || a.Composed() }

// isComponent reports whether a segment is a transformation component: each
// part between literal commas has the form of a parameter.
func isComponent(segment string) bool {
	for _, part := range strings.Split(segment, ",") {
		prefix, value, ok := strings.Cut(part, "_")
		if _, known := params[prefix]; ok && known && value != "" {
			continue
		}
		if !variableText.MatchString(strings.Replace(part, "%24", "$", 1)) {
			return false
		}
	}
	return true
}

// parseVersion reads "v" and digits. Any number is a version; those that no
// clock shows are as good as the largest.
func parseVersion(text string) int64 {
	n, err := strconv.ParseInt(text[1:], 10, 64)
	if err != nil {
		return math.MaxInt64
	}
	return n
}

// candidates reads the segments of the public id in the ways that the family allows.
func candidates(f family, segments []string) ([]candidate, error) {
	var found []candidate
	if !f.suffixed {
		c, err := wholeID(f.kind, segments)
		if err != nil {
			return nil, err
		}
		found = append(found, c)
	}
	if (f.suffixed || f.optional) && len(segments) > 1 {
		c, err := suffixedID(f.kind, segments)
		if err != nil && f.suffixed {
			return nil, err
		}
		if err == nil {
			found = append(found, c)
		}
	}
	return found, nil
}

// wholeID reads all segments as the public id, of which a known extension is
// cut off unless the file is raw.
func wholeID(kind media.Kind, segments []string) (candidate, error) {
	raw := strings.Join(segments, "/")
	id, err := decodeID(raw)
	if err != nil {
		return candidate{}, err
	}
	c := candidate{PublicID: id, source: raw}
	if kind != media.KindRaw {
		c.PublicID, c.Ext = cutExtension(id)
	}
	return c, validID(c.PublicID)
}

// suffixedID reads the last segment as decoration, which holds no dot but
// the one of the extension.
func suffixedID(kind media.Kind, segments []string) (candidate, error) {
	last := len(segments) - 1
	raw := strings.Join(segments[:last], "/")
	id, err := decodeID(raw)
	if err != nil {
		return candidate{}, err
	}
	suffix, err := decodeID(segments[last])
	if err != nil {
		return candidate{}, err
	}
	c := candidate{PublicID: id, source: raw}
	var ext string
	if kind == media.KindRaw {
		suffix, ext, _ = strings.Cut(suffix, ".")
	} else {
		suffix, ext = cutExtension(suffix)
		c.Ext = ext
	}
	c.Suffix = suffix
	if ext != "" {
		c.source += "." + ext
	}
	if kind == media.KindRaw && ext != "" {
		c.PublicID += "." + ext
	}
	if strings.ContainsAny(suffix+ext, "./") {
		return candidate{}, notFound(id + "/" + segments[last])
	}
	return c, validID(c.PublicID)
}

func cutExtension(id string) (stem, ext string) {
	i := strings.LastIndexByte(id, '.')
	if i <= 0 || id[i-1] == '/' {
		return id, ""
	}
	if _, ok := media.FormatByExtension(id[i+1:]); !ok {
		return id, ""
	}
	return id[:i], id[i+1:]
}

// decodeID undoes the percent-encoding of a public id, once.
func decodeID(raw string) (string, error) {
	id, err := url.PathUnescape(raw)
	if err != nil || !printable(id) {
		return "", media.Errorf(media.Invalid, "public_id (%s) is invalid", dialect.Quotable(raw))
	}
	return id, nil
}

// validID refuses what cannot be the name of an asset.
func validID(id string) error {
	if utf8.RuneCountInString(id) > maxPublicID {
		return &media.Error{
			Code: media.Invalid, Message: "public_id is too long",
			Err: &media.LimitError{What: "public_id", Max: maxPublicID, Got: int64(utf8.RuneCountInString(id))},
		}
	}
	for _, segment := range strings.Split(id, "/") {
		if segment == "" || segment == "." || segment == ".." {
			return media.Errorf(media.Invalid, "public_id (%s) is invalid", dialect.Quotable(id))
		}
	}
	return nil
}

// collapseSlashes makes one slash of several, except after a colon, where
// two belong to a URL.
func collapseSlashes(path string) string {
	if !strings.Contains(path, "//") {
		return path
	}
	b := make([]byte, 0, len(path))
	for i := 0; i < len(path); i++ {
		if n := len(b); path[i] == '/' && n > 0 && b[n-1] == '/' && (n < 2 || b[n-2] != ':') {
			continue
		}
		b = append(b, path[i])
	}
	return string(b)
}

func notFound(id string) error {
	if id == "" {
		id = "/"
	}
	return media.Errorf(media.NotFound, "Resource not found - %s", dialect.Quotable(decodeOnce(id)))
}
