package media

import (
	"mime"
	"slices"
	"strings"
	"testing"
)

func TestFormatTable(t *testing.T) {
	t.Parallel()
	names, extensions := map[string]bool{}, map[string]string{}
	for _, f := range formats {
		if names[f.Name] {
			t.Errorf("%s stands twice in the table", f.Name)
		}
		names[f.Name] = true
		if f.Kind != KindImage && f.Kind != KindVideo {
			t.Errorf("%s is of kind %q", f.Name, f.Kind)
		}
		if f.Animated && f.Kind != KindImage {
			t.Errorf("%s: only pictures are animated, films just play", f.Name)
		}
		if got, _, err := mime.ParseMediaType(f.MIME); err != nil || got != f.MIME {
			t.Errorf("%s has the media type %q: %v", f.Name, f.MIME, err)
		}
		for _, e := range append([]string{f.Extension}, f.Aliases...) {
			if e == "" || e != strings.ToLower(e) || strings.ContainsAny(e, "./ ") {
				t.Errorf("%s has the extension %q", f.Name, e)
			}
			if other, taken := extensions[e]; taken {
				t.Errorf("%s and %s share the extension %s", other, f.Name, e)
			}
			extensions[e] = f.Name
		}
		if slices.Contains(f.Aliases, f.Extension) {
			t.Errorf("%s: %s is extension and alias", f.Name, f.Extension)
		}
	}
	// A format's name is one of its own extensions, so that both may be
	// looked up by what a user writes.
	for _, f := range formats {
		if extensions[f.Name] != f.Name {
			t.Errorf("%s is not an extension of itself", f.Name)
		}
	}
}

func TestFormatLookup(t *testing.T) {
	t.Parallel()
	for ext, name := range map[string]string{
		"jpg": "jpeg", "JPG": "jpeg", "Jpeg": "jpeg", "jpe": "jpeg", "png": "png", "tif": "tiff", "heif": "heic",
		"j2k": "jp2", "M4V": "mp4", "oga": "ogg", "webp": "webp",
	} {
		if f, ok := FormatByExtension(ext); !ok || f.Name != name {
			t.Errorf("extension %s is %q, want %s", ext, f.Name, name)
		}
	}
	for _, ext := range []string{"", ".jpg", "exe", "jpg ", "auto"} {
		if f, ok := FormatByExtension(ext); ok {
			t.Errorf("extension %q is taken for %s", ext, f.Name)
		}
	}
	for _, name := range []string{"", "jpg", "JPEG", "auto"} {
		if f, ok := FormatByName(name); ok {
			t.Errorf("name %q is taken for %s", name, f.Name)
		}
	}
	for _, c := range [][3]string{{"jpeg", "jpg", "image/jpeg"}, {"tiff", "tiff", "image/tiff"}, {"docx", "docx", "application/octet-stream"}, {"", "", "application/octet-stream"}} {
		if Extension(c[0]) != c[1] || MIME(c[0]) != c[2] {
			t.Errorf("%q: extension %q, media type %q", c[0], Extension(c[0]), MIME(c[0]))
		}
	}
}

func TestFormatAbilities(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][2]bool{ // alpha, animated
		"jpeg": {false, false}, "png": {true, false}, "gif": {true, true}, "webp": {true, true},
		"avif": {true, false}, "bmp": {false, false}, "mp4": {false, false},
	} {
		f, ok := FormatByName(name)
		if !ok || f.Alpha != want[0] || f.Animated != want[1] {
			t.Errorf("%s: alpha %v, animated %v", name, f.Alpha, f.Animated)
		}
	}
}

// What a lookup returns is the caller's own.
func TestFormatIsACopy(t *testing.T) {
	t.Parallel()
	f, _ := FormatByName("png")
	f.MIME = "text/html"
	if MIME("png") != "image/png" {
		t.Error("a caller changed the table")
	}
}
