package dialects

import (
	"strings"
	"testing"

	"tintype/test/harness"
)

// A text in an unknown font is refused by its name in every dialect; the
// familiar names draw something.
func TestFonts(t *testing.T) {
	t.Parallel()
	p := &painter{harness.Start(t, harness.Options{}), map[string]string{}}
	const source = "640x427 jpeg"
	p.upload(t, source)
	for _, dialect := range []string{"cloudinary", "imagekit", "uploadcare"} {
		write := func(font string) string {
			return map[string]string{
				"cloudinary": "l_text:" + font + "_20:x/fl_layer_apply", "imagekit": "l-text,i-x,ff-" + font + ",l-end",
				"uploadcare": "-/font/20/" + font + "/-/text/50px50p/center/x/",
			}[dialect]
		}
		status, header, body := p.server.Get(t, p.path(dialect, source, write("Nosuch")))
		if said := header.Get("X-Cld-Error") + string(body); status != 400 || !strings.Contains(said, "Nosuch") {
			t.Errorf("%s: %d %s", dialect, status, said)
		}
		familiar := map[string][]string{
			"cloudinary": {"Arial", "Times%20New%20Roman", "Verdana", "Georgia", "Courier%20New", "Montserrat", "Open%20Sans", "Roboto@google"},
			"imagekit":   {"AbrilFatFace", "Open%20Sans", "PT_Serif", "exo", "Lato", "Ubuntu"},
			"uploadcare": {"DejaVu", "DejaVuMono", "DejaVuSerif", "Noto", "NotoMono", "NotoSerif"},
		}
		for _, font := range familiar[dialect] {
			if status, _, body := p.server.Get(t, p.path(dialect, source, write(font))); answered(status, body) != source {
				t.Errorf("%s: %s: %s", dialect, font, answered(status, body))
			}
		}
	}
}
