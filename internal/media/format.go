package media

import "strings"

// Format describes a file format by name.
type Format struct {
	Name string // "jpeg"
	Kind Kind
	// Extension is the usual one, without dot; Aliases are others that mean the same.
	Extension string
	Aliases   []string
	MIME      string
	// Alpha: files may be transparent. Animated: files may hold frames that play.
	Alpha, Animated bool
}

// formats lists what Tintype knows by name. Whether this machine can read or
// write one is the engine's to say.
var formats = []Format{
	{Name: "jpeg", Kind: KindImage, Extension: "jpg", Aliases: []string{"jpeg", "jpe", "jfif"}, MIME: "image/jpeg"},
	{Name: "png", Kind: KindImage, Extension: "png", MIME: "image/png", Alpha: true},
	{Name: "webp", Kind: KindImage, Extension: "webp", MIME: "image/webp", Alpha: true, Animated: true},
	{Name: "avif", Kind: KindImage, Extension: "avif", MIME: "image/avif", Alpha: true},
	{Name: "gif", Kind: KindImage, Extension: "gif", MIME: "image/gif", Alpha: true, Animated: true},
	{Name: "tiff", Kind: KindImage, Extension: "tiff", Aliases: []string{"tif"}, MIME: "image/tiff", Alpha: true},
	{Name: "heic", Kind: KindImage, Extension: "heic", Aliases: []string{"heif"}, MIME: "image/heic", Alpha: true},
	{Name: "jxl", Kind: KindImage, Extension: "jxl", MIME: "image/jxl", Alpha: true},
	{Name: "jp2", Kind: KindImage, Extension: "jp2", Aliases: []string{"j2k", "jpc"}, MIME: "image/jp2", Alpha: true},
	{Name: "bmp", Kind: KindImage, Extension: "bmp", MIME: "image/bmp"},
	{Name: "ico", Kind: KindImage, Extension: "ico", MIME: "image/x-icon", Alpha: true},
	{Name: "svg", Kind: KindImage, Extension: "svg", MIME: "image/svg+xml", Alpha: true},
	{Name: "pdf", Kind: KindImage, Extension: "pdf", MIME: "application/pdf", Alpha: true},
	{Name: "mp4", Kind: KindVideo, Extension: "mp4", Aliases: []string{"m4v"}, MIME: "video/mp4"},
	{Name: "webm", Kind: KindVideo, Extension: "webm", MIME: "video/webm"},
	{Name: "mov", Kind: KindVideo, Extension: "mov", MIME: "video/quicktime"},
	{Name: "ogv", Kind: KindVideo, Extension: "ogv", MIME: "video/ogg"},
	{Name: "mkv", Kind: KindVideo, Extension: "mkv", MIME: "video/x-matroska"},
	{Name: "avi", Kind: KindVideo, Extension: "avi", MIME: "video/x-msvideo"},
	{Name: "flv", Kind: KindVideo, Extension: "flv", MIME: "video/x-flv"},
	{Name: "mpeg", Kind: KindVideo, Extension: "mpeg", Aliases: []string{"mpg"}, MIME: "video/mpeg"},
	{Name: "ts", Kind: KindVideo, Extension: "ts", Aliases: []string{"m2ts", "mts"}, MIME: "video/mp2t"},
	{Name: "3gp", Kind: KindVideo, Extension: "3gp", Aliases: []string{"3g2"}, MIME: "video/3gpp"},
	{Name: "mp3", Kind: KindVideo, Extension: "mp3", MIME: "audio/mpeg"},
	{Name: "m4a", Kind: KindVideo, Extension: "m4a", MIME: "audio/mp4"},
	{Name: "aac", Kind: KindVideo, Extension: "aac", MIME: "audio/aac"},
	{Name: "ogg", Kind: KindVideo, Extension: "ogg", Aliases: []string{"oga"}, MIME: "audio/ogg"},
	{Name: "opus", Kind: KindVideo, Extension: "opus", MIME: "audio/ogg"},
	{Name: "wav", Kind: KindVideo, Extension: "wav", MIME: "audio/wav"},
	{Name: "flac", Kind: KindVideo, Extension: "flac", MIME: "audio/flac"},
	{Name: "aiff", Kind: KindVideo, Extension: "aiff", Aliases: []string{"aif"}, MIME: "audio/aiff"},
}

var byName, byExtension = index()

func index() (names, exts map[string]*Format) {
	names, exts = map[string]*Format{}, map[string]*Format{}
	for i := range formats {
		f := &formats[i]
		names[f.Name] = f
		exts[f.Extension] = f
		for _, a := range f.Aliases {
			exts[a] = f
		}
	}
	return names, exts
}

// FormatByName finds a format by its name.
func FormatByName(name string) (Format, bool) {
	f := byName[name]
	if f == nil {
		return Format{}, false
	}
	return *f, true
}

// FormatByExtension finds a format by a file extension without dot, in any case.
func FormatByExtension(ext string) (Format, bool) {
	f := byExtension[strings.ToLower(ext)]
	if f == nil {
		return Format{}, false
	}
	return *f, true
}

// Extension returns the usual extension of a format, without dot, or the name
// itself where the format is not known here.
func Extension(format string) string {
	if f := byName[format]; f != nil {
		return f.Extension
	}
	return format
}

// MIME returns the media type of a format, or application/octet-stream.
func MIME(format string) string {
	if f := byName[format]; f != nil {
		return f.MIME
	}
	return "application/octet-stream"
}
