package engine

import (
	"bytes"
	"encoding/binary"
	"testing"

	"tintype/internal/engine/vips"
	"tintype/internal/transform"
)

// twoPictures is an AVIF file of a red picture and a blue one, of which the
// second is the primary one.
func twoPictures(t testing.TB, w, h int) []byte {
	t.Helper()
	both := field(func(_, y float64) rgba {
		if y < float64(h) {
			return rgba{220, 30, 30, 255}
		}
		return rgba{30, 30, 220, 255}
	})
	b := file(t, both.image(w, 2*h), "heifsave_buffer", vips.Args{"compression": "av1", "effort": 0, "Q": 90}, setMeta(t, "page-height", h))
	at := bytes.Index(b, []byte("pitm"))
	if at < 0 {
		t.Fatal("no primary item")
	}
	first := binary.BigEndian.Uint16(b[at+8:])
	// The items are listed by infe boxes; the other picture is the one with another number.
	for rest := b; ; {
		i := bytes.Index(rest, []byte("infe\x02"))
		if i < 0 {
			t.Fatal("no second item")
		}
		rest = rest[i+8:]
		if n := binary.BigEndian.Uint16(rest); n != first && string(rest[4:8]) == "av01" {
			binary.BigEndian.PutUint16(b[at+8:], n)
			return b
		}
	}
}

// The picture of a HEIF file is its primary item, wherever that stands, and
// however it is decoded.
func TestPrimaryItem(t *testing.T) {
	t.Parallel()
	const w, h = 128, 96
	b := twoPictures(t, w, h)
	for name, ops := range map[string][]transform.Op{
		"whole":   nil,
		"reduced": {transform.OpResize{Width: w / 2, Height: h / 2}},
	} {
		plan := planFor(t, transform.PlanInput{Width: w, Height: h}, transform.PlanOutput{Format: "png"}, ops...)
		im := pixels(t, "pngload_buffer", rendered(t, "avif", b, plan), nil)
		if c := im.NRGBAAt(10, 10); c.B < 180 || c.R > 80 {
			t.Errorf("%s: the colour is %v, want the primary item's blue", name, c)
		}
	}
}
