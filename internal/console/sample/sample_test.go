package sample

import (
	"bytes"
	"image"
	"image/gif"
	"testing"
)

func TestSamplesDecodeAndAreTheSameEachTime(t *testing.T) {
	first, err := All()
	if err != nil {
		t.Fatal(err)
	}
	again, err := All()
	if err != nil {
		t.Fatal(err)
	}
	sizes := map[string]image.Point{"mountains.jpg": {2400, 1600}, "balloons.jpg": {1600, 2000}, "badge.png": {640, 640}, "orbit.gif": {240, 240}}
	for i, p := range first {
		im, _, err := image.Decode(bytes.NewReader(p.Data))
		if err != nil {
			t.Fatalf("%s: %v", p.File, err)
		}
		if im.Bounds().Size() != sizes[p.File] {
			t.Errorf("%s is %v, want %v", p.File, im.Bounds().Size(), sizes[p.File])
		}
		if !bytes.Equal(p.Data, again[i].Data) {
			t.Errorf("%s differs from one painting to the next", p.File)
		}
	}
}

func TestOrbitMoves(t *testing.T) {
	data, err := Orbit(40, 6)
	if err != nil {
		t.Fatal(err)
	}
	g, err := gif.DecodeAll(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if len(g.Image) != 6 || bytes.Equal(g.Image[0].Pix, g.Image[3].Pix) {
		t.Errorf("%d frames, or they do not differ", len(g.Image))
	}
}

func TestBadgeHasRealTransparency(t *testing.T) {
	im := Badge(64)
	if im.NRGBAAt(0, 0).A != 0 || im.NRGBAAt(32, 32).A != 0 || im.NRGBAAt(32, 8).A != 255 {
		t.Error("corner and middle must be clear, the ring opaque")
	}
}
