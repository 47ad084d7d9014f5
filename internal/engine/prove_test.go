package engine

import (
	"testing"

	"tintype/internal/engine/vips"
	"tintype/internal/media"
)

// A file that has lost its end is taken if hardly any of the picture is
// missing, and refused when more is.
func TestLostEnd(t *testing.T) {
	t.Parallel()
	im := photograph(400, 300)
	jpeg := file(t, im, "jpegsave_buffer", vips.Args{"Q": 90})
	progressive := file(t, im, "jpegsave_buffer", vips.Args{"Q": 90, "interlace": true})
	png := pngOf(t, im)
	gif := file(t, im, "gifsave_buffer", nil)
	cut := func(b []byte, percent int) []byte { return b[: len(b)*percent/100 : len(b)*percent/100] }
	for name, c := range map[string]struct {
		format string
		file   []byte
		taken  bool
	}{
		"JPEG whole":                    {"jpeg", jpeg, true},
		"JPEG without its end marker":   {"jpeg", jpeg[:len(jpeg)-2], true},
		"JPEG without its last rows":    {"jpeg", cut(jpeg, 95), true},
		"JPEG cut to 8 %":               {"jpeg", cut(jpeg, 8), false},
		"JPEG cut to half":              {"jpeg", cut(jpeg, 50), false},
		"JPEG cut to half and ended":    {"jpeg", append(cut(jpeg, 50), 0xFF, 0xD9), false},
		"JPEG with rubbish in it":       {"jpeg", append(jpeg[:len(jpeg)-2:len(jpeg)-2], 1, 2, 3, 0xFF, 0xD9), true},
		"progressive JPEG, coarse":      {"jpeg", cut(progressive, 50), true},
		"progressive JPEG, hardly any":  {"jpeg", cut(progressive, 4), false},
		"PNG whole":                     {"png", png, true},
		"PNG without its end":           {"png", png[:len(png)-12], true},
		"PNG without its last rows":     {"png", cut(png, 95), true},
		"PNG cut to 2 %":                {"png", cut(png, 2), false},
		"PNG cut to half":               {"png", cut(png, 50), false},
		"GIF whole":                     {"gif", gif, true},
		"GIF without its trailer":       {"gif", gif[:len(gif)-1], true},
		"GIF cut to 10 %":               {"gif", cut(gif, 10), false},
		"animation cut after one frame": {"gif", cut(animation(t, 40, 30), 60), true},
	} {
		_, err := probe(mapped(t, c.format, c.file), Limits{})
		if c.taken && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if !c.taken {
			wantError(t, err, media.Invalid, "truncated")
		}
	}
}

// A dark or empty lower half is no sign of loss in a file that is whole, nor
// in one whose decoder gets through to it.
func TestEmptyEndIsNoLoss(t *testing.T) {
	t.Parallel()
	top := photograph(200, 150)
	for name, c := range map[string]rgba{"black": {0, 0, 0, 255}, "clear": {0, 0, 0, 0}, "grey": {128, 128, 128, 255}} {
		im := plain(c).image(200, 300)
		for y := range 150 {
			for x := range 200 {
				im.SetNRGBA(x, y, top.NRGBAAt(x, y))
			}
		}
		png := pngOf(t, im)
		for what, b := range map[string][]byte{"whole": png, "without its end": png[:len(png)-12]} {
			if _, err := probe(mapped(t, "png", b), Limits{}); err != nil {
				t.Errorf("%s PNG %s: %v", name, what, err)
			}
		}
		for format, op := range map[string]string{"jpeg": "jpegsave_buffer", "gif": "gifsave_buffer"} {
			if _, err := probe(mapped(t, format, file(t, im, op, nil)), Limits{}); err != nil {
				t.Errorf("%s %s: %v", name, format, err)
			}
		}
	}
}
