package delivery

import (
	"strings"
	"unicode/utf8"

	"tintype/internal/media"
)

// contentType is how bytes are announced to a browser.
type contentType struct {
	mime string
	// download forces an attachment: shown in place, the file could run
	// script in our origin or be taken for something else.
	download bool
	// policy is a Content-Security-Policy, or "".
	policy string
}

const (
	policySandbox = "default-src 'none'; sandbox"
	policySVG     = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"
)

// rawTypes are the types of raw files that are safe to show, beside media's.
var rawTypes = map[string]string{
	"txt": "text/plain; charset=utf-8", "log": "text/plain; charset=utf-8", "md": "text/markdown; charset=utf-8",
	"csv": "text/csv; charset=utf-8", "srt": "application/x-subrip", "vtt": "text/vtt; charset=utf-8",
	"json": "application/json", "css": "text/css; charset=utf-8", "pdf": "application/pdf",
	"zip": "application/zip", "gz": "application/gzip", "tar": "application/x-tar", "7z": "application/x-7z-compressed",
	"woff": "font/woff", "woff2": "font/woff2", "ttf": "font/ttf", "otf": "font/otf",
	"doc": "application/msword", "xls": "application/vnd.ms-excel", "ppt": "application/vnd.ms-powerpoint",
	"docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	"pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
	"epub": "application/epub+zip", "psd": "image/vnd.adobe.photoshop", "cube": "text/plain; charset=utf-8",
}

// activeTypes are the types of raw files that a browser could run.
var activeTypes = map[string]string{
	"html": "text/html; charset=utf-8", "htm": "text/html; charset=utf-8", "xhtml": "application/xhtml+xml", "xht": "application/xhtml+xml",
	"xml": "application/xml", "xsl": "application/xml", "svg": "image/svg+xml", "svgz": "image/svg+xml",
	"js": "text/javascript; charset=utf-8", "mjs": "text/javascript; charset=utf-8",
}

// originalType is the type of a stored file, by what was found in it.
func originalType(kind media.Kind, format string) contentType {
	if kind != media.KindRaw {
		if format == "svg" {
			return contentType{mime: "image/svg+xml", policy: policySVG}
		}
		if f, ok := media.FormatByName(format); ok {
			return contentType{mime: f.MIME}
		}
		return contentType{mime: "application/octet-stream", download: true, policy: policySandbox}
	}
	format = strings.ToLower(format)
	if t, ok := activeTypes[format]; ok {
		return contentType{mime: t, download: true, policy: policySandbox}
	}
	if t, ok := rawTypes[format]; ok {
		return contentType{mime: t}
	}
	if f, ok := media.FormatByExtension(format); ok {
		return contentType{mime: f.MIME}
	}
	return contentType{mime: "application/octet-stream", download: true, policy: policySandbox}
}

// Attachment is the value of Content-Disposition for a file name of any
// content, by RFC 6266: an ASCII name for old clients and, where it differs,
// the exact one by RFC 8187.
func Attachment(name string) string {
	clean := strings.Map(func(r rune) rune {
		switch {
		case r < ' ' || r == 0x7f || r == utf8.RuneError || r >= 0x80 && r < 0xa0:
			return -1
		case r == '/' || r == '\\':
			return '_'
		case r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069:
			return -1 // would let "gpj.exe" be displayed as "exe.jpg"
		}
		return r
	}, name)
	if clean == "" || strings.Trim(clean, ".") == "" {
		return "attachment"
	}
	ascii := strings.Map(func(r rune) rune {
		if r >= 0x80 || r == '"' || r == '%' {
			return '_'
		}
		return r
	}, clean)
	v := `attachment; filename="` + ascii + `"`
	if ascii != clean {
		v += "; filename*=UTF-8''" + percent(clean)
	}
	return v
}

// percent escapes all but the attr-char of RFC 8187.
func percent(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("!#$&+-.^_`|~", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(hex[c>>4])
		b.WriteByte(hex[c&15])
	}
	return b.String()
}

// downloadName is the file name to offer for a download of an asset in a
// format: the one that is asked for, that of the upload, or the last part of
// the asset's name.
func downloadName(asked string, a *media.Asset, format string) string {
	name := asked
	if name == "" && a.OriginalName != "" {
		name = a.OriginalName
		if a.Kind == media.KindRaw {
			format = a.Version.Info.Format
		}
	}
	if name == "" {
		name = a.Name[strings.LastIndexByte(a.Name, '/')+1:]
	}
	ext := "." + media.Extension(format)
	if format == "" || strings.HasSuffix(strings.ToLower(name), strings.ToLower(ext)) {
		return name
	}
	if f, ok := media.FormatByName(format); ok {
		for _, alias := range f.Aliases {
			if strings.HasSuffix(strings.ToLower(name), "."+alias) {
				return name
			}
		}
	}
	return name + ext
}
