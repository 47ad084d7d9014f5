package dialect

import (
	"strings"
	"testing"

	"tintype/internal/media"
)

const multipartForm = "multipart/form-data; boundary=b"

func onePart(header, content string) string {
	return "--b\r\nContent-Disposition: form-data; " + header + "\r\n\r\n" + content + "\r\n--b--"
}

func TestFileNamesInLatin1(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]string{"\xfcnicode \xe9.png": "ünicode é.png", "ünï.png": "ünï.png", "C:\\x\\\xe4.png": "ä.png"} {
		sent = strings.ReplaceAll(sent, `\`, `\\`)
		f, _, err := decode(t, "POST", "/", multipartForm, onePart(`name="file"; filename="`+sent+`"`, "x"))
		if err != nil {
			t.Errorf("%q: %v", sent, err)
		} else if f.Filename != want {
			t.Errorf("%q is %q, want %q", sent, f.Filename, want)
		}
	}
}

// Some clients send the file's bytes as a field.
func TestNamelessFilePart(t *testing.T) {
	t.Parallel()
	for content, file := range map[string]bool{
		"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR": true,
		"\xff\xd8\xff\xe0 and more":             true,
		strings.Repeat("\x00", 5000):            true,
		"https://example.com/ä.png":             false,
		strings.Repeat("x", sniffed-1) + "ä":    false, // cut inside a character
		"":                                      false,
	} {
		f, k, err := decode(t, "POST", "/", multipartForm, onePart(`name="file"`, content))
		if err != nil {
			t.Errorf("%.20q: %v", content, err)
			continue
		}
		if file != (f.File != nil) || file && string(k.got) != content || !file && f.FileText != content || f.Filename != "" {
			t.Errorf("%.20q: file %v, text %.20q", content, f.File != nil, f.FileText)
		}
	}
}

func TestBeforeFile(t *testing.T) {
	t.Parallel()
	var seen string
	look := func(c *FormConfig) {
		c.BeforeFile = func(f *Form) error {
			seen = f.Get("a") + f.Get("b")
			if f.Has("b") {
				return media.Errorf(media.Unauthorized, "no")
			}
			return nil
		}
	}
	field := func(name string) string {
		return "--b\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + name + "\r\n"
	}
	file := onePart(`name="file"; filename="f"`, "x")
	if _, k, err := decode(t, "POST", "/?a=A", multipartForm, field("c")+file, look); err != nil || seen != "A" || k.calls != 1 {
		t.Errorf("seen %q, staged %d times, %v", seen, k.calls, err)
	}
	if _, k, err := decode(t, "POST", "/", multipartForm, field("b")+file, look); media.CodeOf(err) != media.Unauthorized || k.calls != 0 {
		t.Errorf("staged %d times, %v", k.calls, err)
	}
	if _, k, err := decode(t, "POST", "/?b=1", urlencoded, "file=data:;base64,AAAA", look); media.CodeOf(err) != media.Unauthorized || k.calls != 0 {
		t.Errorf("a data URI: staged %d times, %v", k.calls, err)
	}
}
