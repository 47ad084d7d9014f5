package vips_test

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/png"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"tintype/internal/engine/vips"
)

func TestMain(m *testing.M) {
	if err := vips.Init(); err != nil {
		panic(err)
	}
	vips.BlockUntrusted()
	os.Exit(m.Run())
}

// gradient is a picture whose red rises with x and green with y.
func gradient(t testing.TB, s *vips.Scope, w, h int) *vips.Image {
	t.Helper()
	px := make([]byte, 0, w*h*3)
	for y := range h {
		for x := range w {
			px = append(px, byte(x*255/w), byte(y*255/h), 128)
		}
	}
	im, err := s.FromPixels(px, w, h, 3, "uchar")
	if err != nil {
		t.Fatal(err)
	}
	im, err = s.Apply(im, "copy", vips.Args{"interpretation": "srgb"})
	if err != nil {
		t.Fatal(err)
	}
	return im
}

func save(t testing.TB, s *vips.Scope, im *vips.Image, op string, args vips.Args) []byte {
	t.Helper()
	all := vips.Args{"in": im}
	for k, v := range args {
		all[k] = v
	}
	res, err := s.Call(op, all)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Clone(res.Blob("buffer").Bytes())
}

func TestRoundTrip(t *testing.T) {
	var s vips.Scope
	defer s.Close()
	file := save(t, &s, gradient(t, &s, 60, 40), "pngsave_buffer", vips.Args{"compression": 3, "interlace": true})
	decoded, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	if b := decoded.Bounds(); b != image.Rect(0, 0, 60, 40) {
		t.Errorf("bounds %v", b)
	}
	if got, want := color.NRGBAModel.Convert(decoded.At(30, 20)), (color.NRGBA{127, 127, 128, 255}); got != want {
		t.Errorf("pixel %v, want %v", got, want)
	}
	im, err := s.Make("pngload_buffer", vips.Args{"buffer": file, "access": "sequential"})
	if err != nil {
		t.Fatal(err)
	}
	if im.Width() != 60 || im.Height() != 40 || im.Bands() != 3 || im.HasAlpha() || im.Format() != "uchar" || im.Interpretation() != "srgb" {
		t.Errorf("loaded %dx%d, %d bands, %s %s", im.Width(), im.Height(), im.Bands(), im.Format(), im.Interpretation())
	}
	px, err := im.Pixels()
	if err != nil || len(px) != 60*40*3 {
		t.Errorf("%d bytes of pixels, %v", len(px), err)
	}
}

func TestArgumentKinds(t *testing.T) {
	var s vips.Scope
	defer s.Close()
	im := gradient(t, &s, 20, 10)
	cases := []struct {
		op    string
		args  vips.Args
		check func(r vips.Result) bool
	}{
		{"embed", vips.Args{"in": im, "x": 1, "y": 2, "width": 30, "height": 20, "extend": "background", "background": []float64{1, 2, 3}},
			func(r vips.Result) bool { return r.Image("out").Width() == 30 }},
		{"affine", vips.Args{"in": im, "matrix": []float64{1, 0, 0, 1}, "oarea": []int{0, 0, 25, 15}, "interpolate": "bicubic"},
			func(r vips.Result) bool { return r.Image("out").Height() == 15 }},
		{"bandjoin", vips.Args{"in": []*vips.Image{im, im}}, func(r vips.Result) bool { return r.Image("out").Bands() == 6 }},
		{"avg", vips.Args{"in": im}, func(r vips.Result) bool { return r["out"].(float64) > 100 }},
		{"max", vips.Args{"in": im, "x": vips.Want{}, "out_array": vips.Want{}}, func(r vips.Result) bool {
			return r["x"].(int) == 19 && len(r["out_array"].([]float64)) == 1
		}},
		{"gaussblur", vips.Args{"in": im, "sigma": 2}, func(r vips.Result) bool { return r.Image("out").Width() == 20 }},
		{"resize", vips.Args{"in": im, "scale": 0.5, "vscale": 1.0, "kernel": "cubic"}, func(r vips.Result) bool { return r.Image("out").Width() == 10 }},
		{"getpoint", vips.Args{"in": im, "x": 0, "y": 0}, func(r vips.Result) bool { return r["out_array"].([]float64)[2] == 128 }},
	}
	for _, c := range cases {
		res, err := s.Call(c.op, c.args)
		if err != nil {
			t.Errorf("%s: %v", c.op, err)
			continue
		}
		if !c.check(res) {
			t.Errorf("%s: %v", c.op, res)
		}
	}
}

func TestMistakes(t *testing.T) {
	var s vips.Scope
	defer s.Close()
	im := gradient(t, &s, 20, 10)
	cases := []struct {
		op   string
		args vips.Args
		want string
	}{
		{"nosuchthing", vips.Args{}, "nosuchthing"},
		{"invert", vips.Args{"in": im, "colour": 1}, `no argument "colour"`},
		{"invert", vips.Args{"in": 3}, "cannot be a int"},
		{"invert", vips.Args{"in": im, "out": im}, "is no input"},
		{"invert", vips.Args{}, "in"},
		{"gaussblur", vips.Args{"in": im, "sigma": "wide"}, "cannot be a string"},
		{"embed", vips.Args{"in": im, "x": 0, "y": 0, "width": 9, "height": 9, "extend": "sideways"}, "sideways"},
		{"avg", vips.Args{"in": vips.Want{}}, "is no output"},
		{"jpegload_buffer", vips.Args{"buffer": []byte{}}, "is empty"},
		{"extract_area", vips.Args{"input": im, "left": 15, "top": 0, "width": 10, "height": 10}, "bad extract area"},
	}
	for _, c := range cases {
		_, err := s.Call(c.op, c.args)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %v: %v, want %q", c.op, c.args, err, c.want)
		}
	}
	var ve *vips.Error
	if _, err := s.Call("jpegload_buffer", vips.Args{"buffer": []byte("not a picture")}); !errors.As(err, &ve) || ve.Op != "jpegload_buffer" {
		t.Errorf("bad picture: %v", err)
	}
	if _, err := s.Call("invert", vips.Args{"in": im}); err != nil {
		t.Errorf("an old error is still there: %v", err)
	}
}

func TestMetadata(t *testing.T) {
	var s vips.Scope
	defer s.Close()
	im, err := s.Apply(gradient(t, &s, 8, 8), "copy", nil)
	if err != nil {
		t.Fatal(err)
	}
	items := map[string]any{"number": 7, "ratio": 1.5, "text": "ü", "delay": []int{1, 2, 3}, "data": []byte{0, 1, 2}}
	for k, v := range items {
		if err := im.Set(k, v); err != nil {
			t.Errorf("%s: %v", k, err)
		}
	}
	if v, _ := im.Get("ratio"); v != 1.5 {
		t.Errorf("ratio %v", v)
	}
	if v, _ := im.Get("text"); v != "ü" {
		t.Errorf("text %v", v)
	}
	if v, _ := im.Get("delay"); len(v.([]int)) != 3 || v.([]int)[2] != 3 {
		t.Errorf("delay %v", v)
	}
	if v, _ := im.Get("data"); !bytes.Equal(v.([]byte), []byte{0, 1, 2}) {
		t.Errorf("data %v", v)
	}
	if im.Int("number", 0) != 7 || im.Int("none", 5) != 5 || im.Has("none") || !im.Has("text") {
		t.Error("Int or Has")
	}
	if f := im.Fields(); !slices.Contains(f, "number") || !slices.Contains(f, "width") {
		t.Errorf("fields %v", f)
	}
	im.Remove("number")
	im.Remove("width")
	if im.Width() != 8 {
		t.Error("width was removed")
	}
	if im.Has("number") {
		t.Error("still there after Remove")
	}
	if err := im.Set("odd", struct{}{}); err == nil {
		t.Error("a struct was taken as metadata")
	}
}

func TestKill(t *testing.T) {
	var s vips.Scope
	defer s.Close()
	im, err := s.Make("gaussnoise", vips.Args{"width": 4000, "height": 4000})
	if err != nil {
		t.Fatal(err)
	}
	if im, err = s.Apply(im, "gaussblur", vips.Args{"sigma": 30.0, "precision": "float"}); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	done := make(chan error)
	go func() {
		_, err := im.Memory()
		done <- err
	}()
	im.Kill()
	if err := <-done; err == nil {
		t.Error("killed computation ended well")
	}
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("took %v to stop", d)
	}
}

func TestBlocked(t *testing.T) {
	if !vips.Has("csvload") {
		t.Skip("this libvips has no CSV loader")
	}
	if _, err := vips.Call("csvload", vips.Args{"filename": "/etc/hostname"}); err == nil || !strings.Contains(err.Error(), "blocked") {
		t.Errorf("an untrusted loader ran: %v", err)
	}
	vips.Block("VipsForeignLoadMatrix", true)
	if _, err := vips.Call("matrixload", vips.Args{"filename": "/etc/hostname"}); err == nil || !strings.Contains(err.Error(), "blocked") {
		t.Errorf("a blocked loader ran: %v", err)
	}
}

func TestFeatures(t *testing.T) {
	if v := vips.Version(); !strings.HasPrefix(v, "8.") {
		t.Errorf("version %q", v)
	}
	if !vips.Has("thumbnail_buffer") || vips.Has("thumbnail_of_nothing") {
		t.Error("Has")
	}
	if !vips.HasArgument("thumbnail_buffer", "size") || vips.HasArgument("thumbnail_buffer", "sizes") || vips.HasArgument("nothing", "size") {
		t.Error("HasArgument")
	}
}

// The whole point of libvips here is its speed: without vector code it is about half.
func TestSIMD(t *testing.T) {
	if !vips.SIMD() {
		t.Error("libvips runs without vector code")
	}
}

// A foreign blob is read in place, and closing everything lets go of it.
func TestForeign(t *testing.T) {
	var s vips.Scope
	file := save(t, &s, gradient(t, &s, 30, 30), "jpegsave_buffer", vips.Args{"Q": 90})
	mem := foreign(t, file)
	im, err := s.Make("thumbnail_buffer", vips.Args{"buffer": mem, "width": 10, "height": 12, "size": "force"})
	if err != nil {
		t.Fatal(err)
	}
	if im, err = s.Memory(im); err != nil || im.Width() != 10 || im.Height() != 12 {
		t.Errorf("%dx%d %v", im.Width(), im.Height(), err)
	}
	s.Close()
}

func TestManyCallsDoNotLeak(t *testing.T) {
	round := func() {
		var s vips.Scope
		defer s.Close()
		im := gradient(t, &s, 500, 500)
		file := save(t, &s, im, "pngsave_buffer", nil)
		if _, err := s.Make("pngload_buffer", vips.Args{"buffer": file}); err != nil {
			t.Fatal(err)
		}
		s.Call("extract_area", vips.Args{"input": im, "left": 600, "top": 0, "width": 1, "height": 1})
		s.Call("jpegload_buffer", vips.Args{"buffer": file})
	}
	for range 20 {
		round()
	}
	before := resident(t)
	for range 200 {
		round()
	}
	if after := resident(t); after > before+40<<20 {
		t.Errorf("resident memory grew from %d to %d MiB over 200 rounds of a 0.75 MB picture", before>>20, after>>20)
	}
}

func BenchmarkCall(b *testing.B) {
	var s vips.Scope
	defer s.Close()
	im := gradient(b, &s, 16, 16)
	for b.Loop() {
		res, err := vips.Call("invert", vips.Args{"in": im})
		if err != nil {
			b.Fatal(err)
		}
		res.Close()
	}
}
