package engine

import (
	"bytes"
	"testing"

	"tintype/internal/engine/vips"
)

func TestStripWebP(t *testing.T) {
	t.Parallel()
	tag := setMeta(t, "exif-ifd0-ImageDescription", "a secret place")
	for name, im := range map[string][]byte{
		"plain":    file(t, photograph(60, 40), "webpsave_buffer", nil, tag),
		"alpha":    file(t, disc(plain(red), 60, 40).image(60, 40), "webpsave_buffer", nil, tag),
		"animated": animatedWebP(t, 60, 40),
	} {
		got := stripWebP(im)
		if bytes.Contains(got, []byte("EXIF")) || bytes.Contains(got, []byte("secret")) {
			t.Errorf("%s: Exif is still there", name)
		}
		before, err := readHeader(bytes.NewReader(im), int64(len(im)))
		must(t, err)
		before.Orientation = 0 // was in Exif
		after, err := readHeader(bytes.NewReader(got), int64(len(got)))
		must(t, err)
		if before != after {
			t.Errorf("%s: %+v became %+v", name, before, after)
		}
		all := vips.Args{"n": -1}
		if !bytes.Equal(pixels(t, "webpload_buffer", im, all).Pix, pixels(t, "webpload_buffer", got, all).Pix) {
			t.Errorf("%s: pixels changed", name)
		}
		if !bytes.Equal(stripWebP(got), got) {
			t.Errorf("%s: stripping twice changes more", name)
		}
	}
}

func FuzzStripWebP(f *testing.F) {
	f.Add([]byte("RIFF\x24\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00EXIF\x02\x00\x00\x00ab"))
	f.Add([]byte("RIFF\x24\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x18\x00\x00\x00\x00\x00\x00\x00\x00\x00VP8L\xff\xff\xff\xffab"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if got := stripWebP(b); len(got) > len(b) {
			t.Errorf("%d bytes became %d", len(b), len(got))
		}
	})
}
