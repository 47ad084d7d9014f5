package engine

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"tintype/internal/engine/vips"
)

// kindsOfJPEG are files that encoders write, all of one sequential scan.
func kindsOfJPEG(t testing.TB) map[string][]byte {
	im := photograph(103, 77)
	return map[string][]byte{
		"halved colour":    file(t, im, "jpegsave_buffer", vips.Args{"Q": 80, "subsample_mode": "on"}),
		"full colour":      file(t, im, "jpegsave_buffer", vips.Args{"Q": 95, "subsample_mode": "off"}),
		"finest":           file(t, im, "jpegsave_buffer", vips.Args{"Q": 100, "subsample_mode": "off"}),
		"own codes":        file(t, im, "jpegsave_buffer", vips.Args{"Q": 60, "optimize_coding": true}),
		"restart markers":  file(t, im, "jpegsave_buffer", vips.Args{"Q": 85, "restart_interval": 3}),
		"hardly any codes": file(t, plain(rgba{9, 99, 200, 255}).image(64, 48), "jpegsave_buffer", nil),
	}
}

func TestIntactJPEG(t *testing.T) {
	t.Parallel()
	for name, b := range kindsOfJPEG(t) {
		if !intactJPEG(b) {
			t.Errorf("%s: whole, but left to the decoder", name)
		}
		if !intactJPEG(append(slices.Clone(b), 0, 0, 0xFF, 0xD8, 1, 2)) {
			t.Errorf("%s: with something behind its end left to the decoder", name)
		}
		for n := 0; n < len(b)-2; n += 1 + n/100 {
			if intactJPEG(b[:n:n]) {
				t.Fatalf("%s: intact when cut to %d of %d bytes", name, n, len(b))
			}
			if intactJPEG(append(b[:n:n], 0xFF, 0xD9)) && n < len(b)-3 {
				t.Fatalf("%s: intact when cut to %d of %d bytes and ended", name, n, len(b))
			}
		}
	}
	progressive := file(t, photograph(90, 60), "jpegsave_buffer", vips.Args{"interlace": true})
	if intactJPEG(progressive) {
		t.Error("a progressive file is read as one scan")
	}
}

// agree reports that a file is called intact, which must never be one that the
// decoder would have refused.
func agree(t *testing.T, b []byte) bool {
	t.Helper()
	if _, err := readHeader(bytes.NewReader(b), int64(len(b))); err != nil || !intactJPEG(b) {
		return false
	}
	s := mapped(t, "jpeg", b)
	var scope vips.Scope
	defer scope.Close()
	im, err := s.open(&scope, 1)
	if err != nil {
		return false // refused already
	}
	if err := s.decode(&scope, describe(im, "jpeg")); err != nil {
		t.Errorf("intact, but the decoder says: %v", err)
	}
	return true
}

func TestIntactJPEGAgreesWithDecoder(t *testing.T) {
	t.Parallel()
	chance := rand.New(rand.NewPCG(1, 2))
	intact, all := 0, 0
	for _, b := range kindsOfJPEG(t) {
		for range 60 {
			damaged := slices.Clone(b)
			for range 1 + chance.IntN(3) {
				damaged[chance.IntN(len(damaged))] = byte(chance.Uint32())
			}
			if chance.IntN(3) == 0 {
				i := chance.IntN(len(damaged))
				damaged = slices.Delete(damaged, i, min(i+1+chance.IntN(20), len(damaged)))
			}
			all++
			if agree(t, damaged) {
				intact++
			}
		}
	}
	if intact == 0 || intact == all {
		t.Errorf("of %d damaged files %d are called intact", all, intact)
	}
}

func FuzzIntactJPEG(f *testing.F) {
	for _, b := range kindsOfJPEG(f) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) < 1<<16 {
			agree(t, b)
		}
	})
}
