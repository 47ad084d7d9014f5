package imagekit

import (
	"net/url"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"tintype/internal/dialect"
	"tintype/internal/media"
)

const (
	// maxURL bounds the path and the query of a delivery URL, in bytes.
	maxURL = 16 << 10
	// maxName bounds the path of a file, in bytes.
	maxName = 1024
)

// deliveryURL is a delivery URL taken apart.
type deliveryURL struct {
	// Steps are those of the path, then those of the query.
	Steps chain
	// Name is the path of the file, decoded, without slashes at its ends.
	Name string
	// Suffix is what the last segment asks to be made of the file, or "".
	Suffix string
	// Attachment asks for a download; Filename is its name without extension.
	Attachment bool
	Filename   string
	// Version is that of the file, opaque, or "".
	Version string
	// Signature and Expiry are as they were written, "" without one.
	Signature, Expiry string
}

// thumbnail is the suffix that asks for a still picture of a file.
const thumbnail = "ik-thumbnail.jpg"

// suffixes ask for something to be made of a file.
var suffixes = words(thumbnail + " ik-video.mp4 ik-gif-video.mp4 ik-master.m3u8 ik-master.mpd")

// seoPrefix begins a path whose last segment is decoration.
const seoPrefix = "ik-seo"

// splitURL takes the escaped path after the endpoint's prefix and the raw
// query apart. Errors are *media.Error: NotFound where the path names no
// file, Invalid for a transformation that cannot be taken apart.
func splitURL(escapedPath, rawQuery string) (deliveryURL, error) {
	var u deliveryURL
	if n := len(escapedPath) + len(rawQuery); n > maxURL {
		return u, &media.Error{
			Code: media.TooLarge, Message: "The URL is too long",
			Err: &media.LimitError{What: "url", Max: maxURL, Got: int64(n)},
		}
	}
	segments, err := u.takeSteps(escapedPath)
	if err != nil {
		return u, err
	}
	if err := u.query(rawQuery); err != nil {
		return u, err
	}
	seo := len(segments) > 0 && segments[0] == seoPrefix
	if seo {
		segments = segments[1:]
	}
	if last := len(segments) - 1; last > 0 && suffixes[segments[last]] {
		u.Suffix, segments = segments[last], segments[:last]
	}
	if seo && len(segments) > 1 {
		last := len(segments) - 1
		segments[last-1] += path.Ext(segments[last])
		segments = segments[:last]
	}
	u.Name, err = fileName(segments)
	return u, err
}

// takeSteps returns the segments of a path but those that hold steps.
func (u *deliveryURL) takeSteps(escapedPath string) ([]string, error) {
	var segments []string
	for _, s := range strings.Split(escapedPath, "/") {
		text, ok := strings.CutPrefix(s, "tr:")
		if !ok && (strings.HasPrefix(s, "tr%3A") || strings.HasPrefix(s, "tr%3a")) {
			if text, ok = unescaped(s[len("tr%3A"):]); !ok {
				return nil, invalid(s)
			}
		}
		switch {
		case ok:
			if err := u.addSteps(text); err != nil {
				return nil, err
			}
		case s != "":
			segments = append(segments, s)
		}
	}
	return segments, nil
}

func (u *deliveryURL) addSteps(text string) error {
	c, err := parseChain(text)
	u.Steps = append(u.Steps, c...)
	return err
}

// query reads the keys that mean something, by their literal names.
func (u *deliveryURL) query(raw string) error {
	for _, pair := range strings.Split(raw, "&") {
		key, value, _ := strings.Cut(pair, "=")
		switch key {
		case keySteps:
			if err := u.addSteps(queryText(value)); err != nil {
				return err
			}
		case keySignature:
			u.Signature = first(u.Signature, value)
		case keyExpiry:
			u.Expiry = first(u.Expiry, value)
		case keyAttachment:
			u.Attachment = value == "true"
		case keyFilename:
			name, err := url.QueryUnescape(value)
			if err != nil || !printable(name) || len(name) > maxName {
				return media.Errorf(media.Invalid, "Invalid %s", keyFilename)
			}
			u.Filename = name
		case keyVersion:
			u.Version = first(u.Version, value)
		}
	}
	return nil
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// queryText is the text of steps in a query. Some libraries escape the whole
// of it, which shows by its separators: then it is unescaped once.
func queryText(raw string) string {
	upper := strings.ToUpper(raw)
	if strings.ContainsAny(raw, ",:") || !strings.Contains(upper, "%2C") && !strings.Contains(upper, "%3A") {
		return raw
	}
	if text, err := url.QueryUnescape(raw); err == nil {
		return text
	}
	return raw
}

func unescaped(s string) (string, bool) {
	text, err := url.PathUnescape(s)
	return text, err == nil
}

// fileName is the path of a file by its raw segments.
func fileName(segments []string) (string, error) {
	raw := strings.Join(segments, "/")
	name, ok := unescaped(raw)
	if strings.HasPrefix(name, "http:/") || strings.HasPrefix(name, "https:/") || strings.HasPrefix(name, "ik-genimg-prompt-") {
		return "", media.Errorf(media.Unsupported, "Unsupported path: %s", dialect.Quotable(name))
	}
	if !ok || !validName(name) {
		return "", media.Errorf(media.NotFound, "There is no file %s", dialect.Quotable("/"+raw))
	}
	return name, nil
}

// validName reports whether a file can have a path.
func validName(name string) bool {
	if name == "" || len(name) > maxName || !printable(name) {
		return false
	}
	for _, segment := range strings.Split(name, "/") {
		if segment == "" || segment == "." || segment == ".." {
			return false
		}
	}
	return true
}

// printable reports whether s is valid UTF-8 without control characters.
func printable(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, unicode.IsControl) < 0
}

// format is what the file's extension says; ok is false for none that is known.
func (u deliveryURL) format() (media.Format, bool) {
	return media.FormatByExtension(strings.TrimPrefix(path.Ext(u.Name), "."))
}

// refs are what a path of a file may mean. Images and videos have names
// without the extension, other files with it.
func refs(name string) []media.Ref {
	stem := name
	kinds := []media.Kind{media.KindImage, media.KindRaw, media.KindVideo}
	f, ok := media.FormatByExtension(strings.TrimPrefix(path.Ext(name), "."))
	switch {
	case ok && validName(strings.TrimSuffix(name, path.Ext(name))):
		stem = strings.TrimSuffix(name, path.Ext(name))
		kinds = []media.Kind{f.Kind, media.KindRaw}
	case path.Ext(name) != "":
		kinds = []media.Kind{media.KindRaw, media.KindImage}
	}
	var all []media.Ref
	for _, kind := range kinds {
		of := stem
		if kind == media.KindRaw {
			of = name
		}
		for _, access := range []media.Access{media.Public, media.Authenticated} {
			all = append(all, media.Ref{Kind: kind, Access: access, Name: of})
		}
	}
	return all
}
