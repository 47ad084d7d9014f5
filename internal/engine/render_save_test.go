package engine

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"testing"

	"tintype/internal/engine/vips"
	"tintype/internal/transform"
)

// opened is a file's header as the library reads it.
func opened(t *testing.T, format string, b []byte) *vips.Image {
	t.Helper()
	l, err := loaderFor(format)
	must(t, err)
	var s vips.Scope
	t.Cleanup(s.Close)
	im, err := s.Make(l.op, vips.Args{"buffer": b})
	must(t, err)
	return im
}

// made carries out a plan without operations.
func made(t *testing.T, format string, src []byte, w, h int, out transform.PlanOutput) []byte {
	t.Helper()
	return rendered(t, format, src, planFor(t, transform.PlanInput{Width: w, Height: h}, out))
}

func TestDepths(t *testing.T) {
	t.Parallel()
	const w, h = 60, 40
	d := disc(gradient(w, h), w, h)
	src, flat := pngOf(t, d.image(w, h)), pngOf(t, gradient(w, h).image(w, h))
	png := func(depth transform.Depth) transform.PlanOutput {
		return transform.PlanOutput{Format: "png", Depth: depth, Background: transform.White}
	}
	b := made(t, "png", src, w, h, png(transform.DepthRGB))
	if im := opened(t, "png", b); im.Bands() != 3 {
		t.Errorf("rgb has %d bands", im.Bands())
	}
	compare(t, pixels(t, "pngload_buffer", b, nil), d.over(white), tolerance{2, 25})
	if im := opened(t, "png", made(t, "png", flat, w, h, png(transform.DepthRGBA))); im.Bands() != 4 {
		t.Errorf("rgba has %d bands", im.Bands())
	}
	b = made(t, "png", src, w, h, png(transform.DepthPalette))
	if b[25] != 3 { // the colour type of the header
		t.Errorf("a palette has colour type %d", b[25])
	}
	compare(t, pixels(t, "pngload_buffer", b, nil), d, tolerance{4, 30})
	lossy := png("")
	lossy.Lossy, lossy.Quality = true, 30
	photo := pngOf(t, photograph(300, 200))
	small, full := made(t, "png", photo, 300, 200, lossy), made(t, "png", photo, 300, 200, png(""))
	if len(small) > len(full)*2/3 || small[25] != 3 {
		t.Errorf("a lossy PNG has %d bytes of %d, colour type %d", len(small), len(full), small[25])
	}
}

func TestLossyGIF(t *testing.T) {
	t.Parallel()
	// Frames that differ by a little only.
	const w, h = 120, 90
	var s vips.Scope
	defer s.Close()
	roll := image.NewNRGBA(image.Rect(0, 0, w, 4*h))
	for i := range 4 {
		im := photograph(w, h)
		for j := range im.Pix {
			if j%4 != 3 {
				im.Pix[j] = byte(min(255, int(im.Pix[j])+3*i*(j%3)))
			}
		}
		copy(roll.Pix[i*len(im.Pix):], im.Pix)
	}
	im, err := s.Apply(vipsImage(t, &s, roll), "copy", nil)
	must(t, err)
	must(t, im.Set("page-height", h))
	res, err := s.Call("webpsave_buffer", vips.Args{"in": im, "lossless": true})
	must(t, err)
	src := bytes.Clone(res.Blob("buffer").Bytes())
	size := func(out transform.PlanOutput) int {
		out.Format = "gif"
		return len(rendered(t, "webp", src, planFor(t, transform.PlanInput{Width: w, Height: h, Pages: 4}, out)))
	}
	exact, lossy := size(transform.PlanOutput{}), size(transform.PlanOutput{Lossy: true, Quality: 40})
	if lossy > exact*4/5 {
		t.Errorf("a lossy GIF has %d bytes of %d", lossy, exact)
	}
}

func TestLossless(t *testing.T) {
	t.Parallel()
	im := photograph(80, 60)
	for format, most := range map[string]float64{"webp": 0, "jxl": 0, "jp2": 0, "avif": 3} {
		s, err := saverFor(format)
		if err != nil {
			t.Logf("%s: %v", format, err)
			continue
		}
		b := made(t, "png", pngOf(t, im), 80, 60, transform.PlanOutput{Format: format, Lossless: true, Quality: 40})
		op := map[string]string{"webp": "webpload_buffer", "jxl": "jxlload_buffer", "avif": "heifload_buffer"}[s.format]
		if op == "" {
			continue // is written, not read
		}
		back := pixels(t, op, b, nil)
		worst := 0.0
		for i := range im.Pix {
			worst = max(worst, math.Abs(float64(im.Pix[i])-float64(back.Pix[i])))
		}
		if worst > most {
			t.Errorf("%s is off by %v", format, worst)
		}
	}
}

func TestChroma(t *testing.T) {
	t.Parallel()
	src := pngOf(t, photograph(64, 64))
	for _, c := range []struct {
		chroma  transform.Chroma
		quality int
		want    image.YCbCrSubsampleRatio
	}{
		{"", 80, image.YCbCrSubsampleRatio420},
		{"", 90, image.YCbCrSubsampleRatio444},
		{transform.Chroma444, 50, image.YCbCrSubsampleRatio444},
		{transform.Chroma420, 95, image.YCbCrSubsampleRatio420},
	} {
		for _, progressive := range []bool{false, true} {
			b := made(t, "png", src, 64, 64, transform.PlanOutput{Format: "jpeg", Quality: c.quality, Chroma: c.chroma, Progressive: progressive})
			im, err := jpeg.Decode(bytes.NewReader(b))
			must(t, err)
			if got := im.(*image.YCbCr).SubsampleRatio; got != c.want {
				t.Errorf("%+v: %v", c, got)
			}
			if bytes.Contains(b, []byte{0xFF, 0xC2}) != progressive {
				t.Errorf("progressive %v is not", progressive)
			}
		}
	}
}

func TestDensityDelayLoop(t *testing.T) {
	t.Parallel()
	src := pngOf(t, photograph(30, 20))
	b := made(t, "png", src, 30, 20, transform.PlanOutput{Format: "jpeg", Density: 150})
	if !bytes.Contains(b, []byte("JFIF\x00\x01\x01\x01\x00\x96\x00\x96")) {
		t.Errorf("JPEG of 150 dots per inch: % x", b[:24])
	}
	b = made(t, "png", src, 30, 20, transform.PlanOutput{Format: "png", Density: 150})
	// In pixels per metre.
	i := bytes.Index(b, []byte("pHYs"))
	if i < 0 || binary.BigEndian.Uint32(b[i+4:]) < 5900 || binary.BigEndian.Uint32(b[i+4:]) > 5910 || b[i+12] != 1 {
		t.Errorf("PNG of 150 dots per inch: % x", b[:64])
	}
	plan := planFor(t, transform.PlanInput{Width: 60, Height: 40, Pages: 3}, transform.PlanOutput{Delay: 250, Loop: 7})
	for _, out := range []string{"gif", "webp"} {
		for _, c := range []struct{ loop, want int }{{7, 7}, {1, 1}, {-1, 0}} {
			plan.Output.Format, plan.Output.Loop = out, c.loop
			_, delay, loop := frames(t, out, rendered(t, "gif", animation(t, 60, 40), plan))
			if len(delay) != 3 || delay[0] != 250 || delay[2] != 250 || loop != c.want {
				t.Errorf("%s: delay %v, loop %d, want %d", out, delay, loop, c.want)
			}
		}
	}
}

// p3 is a photograph in another colour space, with its profile.
func p3JPEG(t *testing.T, c rgba) []byte {
	t.Helper()
	return file(t, plain(c).image(60, 40), "jpegsave_buffer", vips.Args{"Q": 95},
		applied(t, "icc_transform", vips.Args{"output_profile": "p3", "input_profile": "srgb"}))
}

func TestSpaces(t *testing.T) {
	t.Parallel()
	const w, h = 60, 40
	c := rgba{200, 60, 50, 255}
	src := p3JPEG(t, c)
	raw := pixels(t, "jpegload_buffer", src, nil).NRGBAAt(30, 20)
	if near(raw, quarters(1, 1).image(1, 1).NRGBAAt(0, 0), 3) || raw.R > 196 {
		t.Fatalf("the source is not in another space: %v", raw)
	}
	resize := transform.OpResize{Width: 30, Height: 20}
	bright := transform.OpMatrix{M: [3][4]float64{{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}}}
	for _, x := range []struct {
		name     string
		space    transform.Space
		ops      []transform.Op
		own      bool // pixels as they are stored
		tagged   bool
		smallest int
	}{
		{"", "", nil, false, false, 0},
		{"reduced", "", []transform.Op{resize}, false, false, 0},
		{"kept whole", transform.SpaceKeep, nil, true, true, 0},
		{"coloured", transform.SpaceKeep, []transform.Op{bright}, false, false, 0},
		{"keep", transform.SpaceKeep, []transform.Op{resize}, true, true, 0},
		{"no cmyk", transform.SpaceNoCMYK, nil, true, true, 0},
		{"untagged", transform.SpaceUntagged, []transform.Op{resize}, true, false, 0},
		{"srgb", transform.SpaceSRGB, []transform.Op{resize}, false, false, 0},
		{"srgb", transform.SpaceSRGB, nil, false, false, 0},
		{"tagged", transform.SpaceTagged, []transform.Op{resize}, false, true, 600},
		{"tagged", transform.SpaceTagged, nil, false, true, 600},
	} {
		for _, format := range []string{"jpeg", "png", "webp", "tiff", "avif"} {
			plan := planFor(t, transform.PlanInput{Width: w, Height: h}, transform.PlanOutput{Format: format, Quality: 95, Space: x.space}, x.ops...)
			b := rendered(t, "jpeg", src, plan)
			l, err := loaderFor(format)
			must(t, err)
			want := c.image()
			if x.own {
				want = raw
			}
			if got := pixels(t, l.op, b, nil).NRGBAAt(5, 5); !near(got, want, 5) {
				t.Errorf("%s as %s: %v, want %v", x.name, format, got, want)
			}
			im := opened(t, format, b)
			v, _ := im.Get(profileItem)
			profile, _ := v.([]byte)
			if (profile != nil) != x.tagged && !(format == "avif" && !x.tagged) || x.smallest > 0 && len(profile) > x.smallest {
				t.Errorf("%s as %s: a profile of %d bytes", x.name, format, len(profile))
			}
			if im.Has("exif-data") && format != "tiff" && format != "avif" {
				t.Errorf("%s as %s has Exif", x.name, format)
			}
		}
	}
}

// image is the colour as bytes.
func (c rgba) image() color.NRGBA { return plain(c).image(1, 1).NRGBAAt(0, 0) }

func TestSmallProfileIsSRGB(t *testing.T) {
	t.Parallel()
	var s vips.Scope
	defer s.Close()
	im := photograph(60, 40)
	v, err := s.Apply(vipsImage(t, &s, im), "copy", nil)
	must(t, err)
	must(t, v.Set(profileItem, srgbProfile()))
	v, err = s.Apply(v, "icc_transform", vips.Args{"output_profile": "srgb", "embedded": true})
	must(t, err)
	px, err := v.Pixels()
	must(t, err)
	for i := range px {
		want := im.Pix[i/3*4+i%3]
		if d := int(px[i]) - int(want); d < -1 || d > 1 {
			t.Fatalf("byte %d became %d", want, px[i])
		}
	}
	if !isSRGB(srgbProfile()) || len(srgbProfile()) > 600 {
		t.Errorf("it has %d bytes", len(srgbProfile()))
	}
}

func TestCMYK(t *testing.T) {
	t.Parallel()
	const w, h = 60, 40
	c := rgba{180, 140, 120, 255}
	src := file(t, plain(c).image(w, h), "jpegsave_buffer", vips.Args{"Q": 95}, applied(t, "colourspace", vips.Args{"space": "cmyk"}))
	for _, x := range []struct {
		out  transform.PlanOutput
		ops  []transform.Op
		want string
	}{
		{transform.PlanOutput{Format: "jpeg"}, nil, "srgb"},
		{transform.PlanOutput{Format: "jpeg", Space: transform.SpaceKeep}, nil, "cmyk"},
		{transform.PlanOutput{Format: "tiff", Space: transform.SpaceKeep}, nil, "cmyk"},
		{transform.PlanOutput{Format: "jpeg", Space: transform.SpaceKeep}, []transform.Op{transform.OpFlip{}}, "srgb"},
		{transform.PlanOutput{Format: "jpeg", Space: transform.SpaceNoCMYK}, nil, "srgb"},
		{transform.PlanOutput{Format: "png"}, nil, "srgb"},
		{transform.PlanOutput{Format: "jpeg", Space: transform.SpaceCMYK}, []transform.Op{transform.OpFlip{}}, "cmyk"},
	} {
		b := rendered(t, "jpeg", src, planFor(t, transform.PlanInput{Width: w, Height: h}, x.out, x.ops...))
		im := opened(t, x.out.Format, b)
		if im.Interpretation() != x.want {
			t.Errorf("%+v after %v: %s", x.out, x.ops, im.Interpretation())
		}
		l, err := loaderFor(x.out.Format)
		must(t, err)
		var s vips.Scope
		again, err := probe(mapped(t, x.out.Format, b), Limits{})
		must(t, err)
		back := rendered(t, x.out.Format, b, planFor(t, transform.PlanInput{Width: again.Width, Height: again.Height}, transform.PlanOutput{Space: transform.SpaceSRGB}))
		if got := pixels(t, "pngload_buffer", back, nil).NRGBAAt(9, 9); !near(got, c.image(), 9) {
			t.Errorf("%+v after %v by %s: %v", x.out, x.ops, l.op, got)
		}
		s.Close()
	}
	alpha := pngOf(t, plain(rgba{180, 140, 120, 0}).image(w, h))
	b := made(t, "png", alpha, w, h, transform.PlanOutput{Format: "jpeg", Space: transform.SpaceCMYK, Background: transform.White})
	if im := opened(t, "jpeg", b); im.Interpretation() != "cmyk" {
		t.Errorf("transparent as CMYK: %s", im.Interpretation())
	}
}

func TestMetadataModes(t *testing.T) {
	t.Parallel()
	const author, place, model, xmp = "Ada Lovelace", "GPS-REFERENCE-N", "Camera 9", "<x:xmpmeta>note</x:xmpmeta>"
	src := file(t, photograph(60, 40), "jpegsave_buffer", nil,
		setMeta(t, "exif-ifd0-Artist", author), setMeta(t, "exif-ifd0-Model", model), setMeta(t, "exif-ifd3-GPSMapDatum", place),
		setMeta(t, "xmp-data", []byte(xmp)), setMeta(t, "orientation", 6))
	for _, part := range []string{author, place, model, xmp} {
		if !bytes.Contains(src, []byte(part)) {
			t.Fatalf("the source has no %s", part)
		}
	}
	for mode, want := range map[transform.Metadata][]bool{
		"":                            {false, false, false, false},
		transform.MetadataKeep:        {true, true, true, true},
		transform.MetadataAttribution: {true, false, false, false},
		transform.MetadataNoPlace:     {true, false, true, false},
	} {
		for _, format := range []string{"jpeg", "png", "webp"} {
			// Through Go's memory too, where the library's image is lost.
			for _, ops := range [][]transform.Op{nil, {transform.OpResize{Width: 20, Height: 30}}, {transform.OpVignette{Amount: 0.1}}} {
				b := rendered(t, "jpeg", src, planFor(t, transform.PlanInput{Width: 40, Height: 60}, transform.PlanOutput{Format: format, Metadata: mode}, ops...))
				for i, part := range []string{author, place, model, xmp} {
					has := bytes.Contains(b, []byte(part))
					if part == xmp { // which may be deflated
						has = opened(t, format, b).Has("xmp-data")
					}
					if has != want[i] {
						t.Errorf("%s as %q after %v: %s", format, mode, ops, part)
					}
				}
				if im := opened(t, format, b); im.Int("orientation", 1) != 1 {
					t.Errorf("%s as %q has orientation %d", format, mode, im.Int("orientation", 1))
				}
			}
		}
	}
	in := transform.PlanInput{Width: 60, Height: 40, IgnoreOrientation: true}
	b := rendered(t, "jpeg", src, planFor(t, in, transform.PlanOutput{Format: "jpeg", Metadata: transform.MetadataKeep}))
	if im := opened(t, "jpeg", b); im.Int("orientation", 1) != 6 {
		t.Errorf("a picture that was not turned has orientation %d", im.Int("orientation", 1))
	}
}

func TestLevelsOfQuality(t *testing.T) {
	t.Parallel()
	const w, h = 400, 300
	starts := map[transform.Level]int{transform.LevelBest: 88, transform.LevelGood: 78, transform.LevelEco: 64, transform.LevelLow: 50}
	calm := gradient(w, h).image(w, h)
	for name, src := range map[string][]byte{"rough": pngOf(t, photograph(w, h)), "calm": pngOf(t, calm)} {
		for _, format := range []string{"jpeg", "webp", "avif"} {
			last := math.MaxInt / 2
			for _, l := range []transform.Level{transform.LevelBest, transform.LevelGood, transform.LevelEco, transform.LevelLow} {
				b := made(t, "png", src, w, h, transform.PlanOutput{Format: format, Quality: starts[l], Level: l})
				if len(b) > last+last/50 {
					t.Errorf("%s as %s: %s has %d bytes after %d", name, format, l, len(b), last)
				}
				last = len(b)
			}
		}
	}
	// Where the first quality to try is far off, another one is taken.
	src := file(t, photograph(w, h), "pngsave_buffer", nil, func(s *vips.Scope, im *vips.Image) *vips.Image {
		im, err := s.Apply(im, "gaussblur", vips.Args{"sigma": 0.9})
		must(t, err)
		return im
	})
	near := func(start int) int {
		return len(made(t, "png", src, w, h, transform.PlanOutput{Format: "jpeg", Quality: start, Level: transform.LevelGood}))
	}
	if a, b := float64(near(60)), float64(near(90)); math.Abs(a/b-1) > 0.25 {
		t.Errorf("from below %v bytes, from above %v", a, b)
	}
	// Animations too.
	plan := planFor(t, transform.PlanInput{Width: 60, Height: 40, Pages: 3}, transform.PlanOutput{Format: "webp", Quality: 78, Level: transform.LevelGood})
	if pages, _, _ := frames(t, "webp", rendered(t, "gif", animation(t, 60, 40), plan)); len(pages) != 3 {
		t.Errorf("%d pages", len(pages))
	}
}

func TestSimilarity(t *testing.T) {
	t.Parallel()
	a := shadePlane{16, 16, make([]byte, 256)}
	for i := range a.px {
		a.px[i] = byte(i * 7)
	}
	b := shadePlane{16, 16, bytes.Clone(a.px)}
	if s := a.similarity(b); math.Abs(s-1) > 1e-9 {
		t.Errorf("with itself: %v", s)
	}
	last := 1.0
	for _, by := range []int{2, 8, 30} {
		for i := range b.px {
			b.px[i] = byte(max(0, min(255, int(a.px[i])+by*(i%3-1))))
		}
		s := a.similarity(b)
		if s >= last {
			t.Errorf("changed by %d: %v after %v", by, s, last)
		}
		last = s
	}
}
