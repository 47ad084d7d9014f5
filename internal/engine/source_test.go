package engine

import (
	"bytes"
	"image"
	"image/color"
	"image/color/palette"
	"image/gif"
	"image/png"
	"math"
	"slices"
	"testing"

	"tintype/internal/engine/vips"
	"tintype/internal/media"
	"tintype/internal/transform"
)

// setMeta makes a prepare function for file that sets a metadata item.
func setMeta(t testing.TB, name string, value any) func(*vips.Scope, *vips.Image) *vips.Image {
	return func(s *vips.Scope, im *vips.Image) *vips.Image {
		im, err := s.Apply(im, "copy", nil)
		must(t, err)
		must(t, im.Set(name, value))
		return im
	}
}

// applied makes a prepare function for file that applies an operation.
func applied(t testing.TB, op string, args vips.Args) func(*vips.Scope, *vips.Image) *vips.Image {
	return func(s *vips.Scope, im *vips.Image) *vips.Image {
		im, err := s.Apply(im, op, args)
		must(t, err)
		return im
	}
}

// stored is a w x h upright picture as a camera that is held by an Exif
// orientation stores it.
func stored(f field, w, h float64, orientation int) (g field, sw, sh int) {
	sw, sh = int(w), int(h)
	if orientation >= 5 {
		sw, sh = sh, sw
	}
	return func(x, y float64) rgba {
		switch orientation {
		case 2:
			return f(w-x, y)
		case 3:
			return f(w-x, h-y)
		case 4:
			return f(x, h-y)
		case 5:
			return f(y, x)
		case 6: // turned clockwise to be upright: what is stored leftmost is on top
			return f(w-y, x)
		case 7:
			return f(w-y, h-x)
		case 8:
			return f(y, h-x)
		}
		return f(x, y)
	}, sw, sh
}

func TestOrientations(t *testing.T) {
	t.Parallel()
	const w, h = 120, 80
	upright := quarters(w, h)
	for o := 1; o <= 8; o++ {
		lying, sw, sh := stored(upright, w, h, o)
		src := file(t, lying.image(sw, sh), "jpegsave_buffer", vips.Args{"Q": 95, "subsample_mode": "off"}, setMeta(t, "orientation", o))
		in := transform.PlanInput{Width: w, Height: h}
		asStored := transform.PlanInput{Width: sw, Height: sh, IgnoreOrientation: true}
		cases := []struct {
			name string
			plan transform.Plan
			want field
		}{
			{"whole", planFor(t, in, transform.PlanOutput{}), upright},
			{"resized", planFor(t, in, transform.PlanOutput{}, transform.OpResize{Width: 60, Height: 20}), upright.scale(0.5, 0.25)},
			{"cut", planFor(t, in, transform.PlanOutput{}, transform.OpExtract{X: 50, Y: 30, Width: 60, Height: 40}), upright.shift(-50, -30)},
			{"ignored", planFor(t, asStored, transform.PlanOutput{}), lying},
			{"ignored and resized", planFor(t, asStored, transform.PlanOutput{}, transform.OpResize{Width: 40, Height: 40}), lying.scale(40/float64(sw), 40/float64(sh))},
		}
		for _, c := range cases {
			out := rendered(t, "jpeg", src, c.plan)
			im := pixels(t, "pngload_buffer", out, nil)
			if im.Rect.Dx() != c.plan.Width || im.Rect.Dy() != c.plan.Height {
				t.Errorf("orientation %d, %s: %v", o, c.name, im.Rect)
				continue
			}
			if mean, worst, where := distance(im, c.want); mean > 3 || worst > 45 {
				t.Errorf("orientation %d, %s: %.1f, %.1f in %s", o, c.name, mean, worst, where)
			}
		}
		var s vips.Scope
		info, err := probe(mapped(t, "jpeg", src), Limits{})
		s.Close()
		if err != nil || info.Width != w || info.Height != h || info.Orientation != o {
			t.Errorf("orientation %d: probe says %+v, %v", o, info, err)
		}
	}
}

// sourceCase is a file of some kind, and what comes out of it.
type sourceCase struct {
	name   string
	format string
	file   []byte
	space  string // as Probe says
	alpha  bool
	icc    bool
	want   field
	tol    tolerance
}

func sourceCases(t *testing.T) []sourceCase {
	const w, h = 200, 120
	g := gradient(w, h)
	d := disc(g, w, h)
	soft := disc(plain(red), w, h)
	grey := g.each(func(c rgba) rgba { return rgba{c[1], c[1], c[1], c[3]} })
	rough := tolerance{2.5, 8}
	printable := plain(rgba{180, 90, 80, 255}) // can be mixed of inks
	withoutProfile := func(s *vips.Scope, im *vips.Image) *vips.Image {
		im, err := s.Apply(im, "copy", nil)
		must(t, err)
		im.Remove("icc-profile-data")
		return im
	}
	im := g.image(w, h)
	toSpace := func(space string) func(*vips.Scope, *vips.Image) *vips.Image {
		return applied(t, "colourspace", vips.Args{"space": space})
	}
	grey8 := image.NewGray(image.Rect(0, 0, w, h))
	four := quarters(w, h).image(w, h)
	paletted := image.NewPaletted(image.Rect(0, 0, w, h), palette.WebSafe)
	for y := range h {
		for x := range w {
			grey8.SetGray(x, y, color.Gray{uint8(math.Round(grey(float64(x)+0.5, float64(y)+0.5)[0]))})
			paletted.Set(x, y, four.At(x, y))
		}
	}
	q := field(func(x, y float64) rgba { // the nearest colours of the palette
		i := paletted.ColorIndexAt(int(min(max(x, 0), w-1)), int(min(max(y, 0), h-1)))
		c := color.NRGBAModel.Convert(palette.WebSafe[i]).(color.NRGBA)
		return rgba{float64(c.R), float64(c.G), float64(c.B), 255}
	})
	return []sourceCase{
		{"jpeg", "jpeg", file(t, im, "jpegsave_buffer", vips.Args{"Q": 95}), "srgb", false, false, g, rough},
		{"progressive jpeg", "jpeg", file(t, im, "jpegsave_buffer", vips.Args{"Q": 95, "interlace": true}), "srgb", false, false, g, rough},
		{"grey jpeg", "jpeg", file(t, grey.image(w, h), "jpegsave_buffer", vips.Args{"Q": 95}, toSpace("b-w")), "b-w", false, false, grey, rough},
		{"cmyk jpeg", "jpeg", file(t, printable.image(w, h), "jpegsave_buffer", vips.Args{"Q": 95}, toSpace("cmyk")), "cmyk", false, true, printable, tolerance{3, 8}},
		{"cmyk jpeg without profile", "jpeg", file(t, printable.image(w, h), "jpegsave_buffer", vips.Args{"Q": 95}, toSpace("cmyk"), withoutProfile), "cmyk", false, false, printable, tolerance{3, 8}},
		{"wide gamut jpeg", "jpeg", file(t, plain(rgba{200, 120, 90, 255}).image(w, h), "jpegsave_buffer", vips.Args{"Q": 95},
			applied(t, "icc_transform", vips.Args{"output_profile": "p3", "input_profile": "srgb"})), "srgb", false, true, plain(rgba{200, 120, 90, 255}), tolerance{2.5, 5}},
		{"broken profile", "jpeg", withJPEGProfile(file(t, im, "jpegsave_buffer", vips.Args{"Q": 95}), bytes.Repeat([]byte("rubbish "), 40)), "srgb", false, true, g, rough},
		{"profile of ink on a grey picture", "jpeg", withJPEGProfile(file(t, grey.image(w, h), "jpegsave_buffer", vips.Args{"Q": 95}, toSpace("b-w")), inkProfile(t)), "b-w", false, true, grey, rough},
		{"png", "png", pngOf(t, im), "srgb", false, false, g, tolerance{}},
		{"png with alpha", "png", pngOf(t, d.image(w, h)), "srgb", true, false, d, tolerance{0.9, 6}},
		{"grey png", "png", pngOf(t, grey8), "b-w", false, false, grey, tolerance{}},
		{"grey png with alpha", "png", file(t, soft.each(func(c rgba) rgba { return rgba{90, 90, 90, c[3]} }).image(w, h), "pngsave_buffer", nil, toSpace("b-w")), "b-w", true, false,
			soft.each(func(c rgba) rgba { return rgba{90, 90, 90, c[3]} }), tolerance{0.9, 6}},
		{"16-bit png", "png", file(t, im, "pngsave_buffer", nil, toSpace("rgb16")), "rgb16", false, false, g, tolerance{1, 4}},
		{"16-bit grey png", "png", file(t, grey.image(w, h), "pngsave_buffer", nil, toSpace("grey16")), "grey16", false, false, grey, tolerance{1, 4}},
		{"palette png", "png", pngOf(t, paletted), "srgb", false, false, q, tolerance{1.5, 25}},
		{"interlaced png", "png", file(t, im, "pngsave_buffer", vips.Args{"interlace": true}), "srgb", false, false, g, tolerance{}},
		{"webp", "webp", file(t, im, "webpsave_buffer", vips.Args{"Q": 95}), "srgb", false, false, g, rough},
		{"webp with alpha", "webp", file(t, soft.image(w, h), "webpsave_buffer", vips.Args{"lossless": true}), "srgb", true, false, soft, tolerance{1, 6}},
		{"avif", "avif", file(t, im, "heifsave_buffer", vips.Args{"compression": "av1", "effort": 0, "Q": 80}), "srgb", false, false, g, rough},
		{"avif with alpha", "avif", file(t, soft.image(w, h), "heifsave_buffer", vips.Args{"compression": "av1", "effort": 0, "Q": 90}), "srgb", true, false, soft, tolerance{2.5, 12}},
		{"tiff", "tiff", file(t, im, "tiffsave_buffer", vips.Args{"compression": "lzw"}), "srgb", false, false, g, tolerance{}},
		{"lab tiff", "tiff", file(t, im, "tiffsave_buffer", nil, toSpace("lab")), "lab", false, false, g, tolerance{1, 4}},
		{"float tiff", "tiff", file(t, im, "tiffsave_buffer", nil, toSpace("scrgb")), "scrgb", false, false, g, tolerance{1, 4}},
		{"cmyk tiff", "tiff", file(t, printable.image(w, h), "tiffsave_buffer", nil, toSpace("cmyk")), "cmyk", false, true, printable, tolerance{3, 8}},
		{"gif", "gif", gifOf(t, 0, paletted), "srgb", false, false, q, tolerance{1.5, 25}},
	}
}

// withJPEGProfile puts a colour profile of any content into a JPEG file.
func withJPEGProfile(jpeg, profile []byte) []byte {
	segment := append([]byte("ICC_PROFILE\x00\x01\x01"), profile...)
	head := []byte{0xff, 0xd8, 0xff, 0xe2, byte((len(segment) + 2) >> 8), byte(len(segment) + 2)}
	return slices.Concat(head, segment, jpeg[2:])
}

// inkProfile is the start of a profile for CMYK, which says so in its header.
func inkProfile(t *testing.T) []byte {
	t.Helper()
	var s vips.Scope
	defer s.Close()
	res, err := s.Call("profile_load", vips.Args{"name": "cmyk"})
	must(t, err)
	b := bytes.Clone(res.Blob("profile").Bytes())
	return b[:min(len(b), 60000)]
}

// gifOf is an animation of paletted frames, 80 ms each, looping so often.
func gifOf(t testing.TB, loops int, frames ...*image.Paletted) []byte {
	t.Helper()
	g := &gif.GIF{LoopCount: loops}
	for _, f := range frames {
		g.Image = append(g.Image, f)
		g.Delay = append(g.Delay, 8)
	}
	var b bytes.Buffer
	must(t, gif.EncodeAll(&b, g))
	return b.Bytes()
}

func TestSources(t *testing.T) {
	t.Parallel()
	const w, h = 200, 120
	for _, c := range sourceCases(t) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			info, err := probe(mapped(t, c.format, c.file), Limits{})
			if err != nil {
				t.Fatal(err)
			}
			want := media.Info{Format: c.format, Width: w, Height: h, Pages: 1, Alpha: c.alpha, Space: c.space, ICC: c.icc}
			if info.Orientation = 0; info != want {
				t.Errorf("probe: %+v, want %+v", info, want)
			}
			head, err := readHeader(bytes.NewReader(c.file), int64(len(c.file)))
			if err != nil || head.Format != c.format || head.Width != w || head.Height != h {
				t.Errorf("header: %+v, %v", head, err)
			}
			in := transform.PlanInput{Width: w, Height: h}
			for _, plan := range []transform.Plan{
				planFor(t, in, transform.PlanOutput{Space: transform.SpaceSRGB}),
				planFor(t, in, transform.PlanOutput{Space: transform.SpaceSRGB}, transform.OpResize{Width: 50, Height: 40}),
				planFor(t, in, transform.PlanOutput{Space: transform.SpaceSRGB}, transform.OpFlip{Vertical: true}, transform.OpFlip{Vertical: true}, transform.OpResize{Width: 50, Height: 40}),
			} {
				im := pixels(t, "pngload_buffer", rendered(t, c.format, c.file, plan), nil)
				compare(t, im, c.want.scale(float64(plan.Width)/w, float64(plan.Height)/h), c.tol)
			}
		})
	}
}

// A picture that is far larger than the result is decoded at a fraction of
// its size; nothing must move by that.
func TestShrinkOnLoadStaysInPlace(t *testing.T) {
	t.Parallel()
	const w, h = 1600, 1200
	im := quarters(w, h).image(w, h)
	for format, src := range map[string][]byte{
		"jpeg": file(t, im, "jpegsave_buffer", vips.Args{"Q": 95}),
		"webp": file(t, im, "webpsave_buffer", vips.Args{"Q": 95, "effort": 0}),
		"png":  file(t, im, "pngsave_buffer", vips.Args{"compression": 1}),
	} {
		for _, n := range []int{800, 400, 200, 100, 96} {
			plan := planFor(t, transform.PlanInput{Width: w, Height: h}, transform.PlanOutput{}, transform.OpResize{Width: n, Height: n})
			out := pixels(t, "pngload_buffer", rendered(t, format, src, plan), nil)
			// Where red passes half way between its values left and right, in pixels.
			a, b := float64(out.NRGBAAt(n/2-1, n/4).R), float64(out.NRGBAAt(n/2, n/4).R)
			if mid := (220.0 + 20) / 2; a < mid || b > mid {
				t.Errorf("%s to %d: the edge is not in the middle: %.0f, %.0f", format, n, a, b)
			}
			if off := math.Abs((a - 220) + (b - 20)); off > 60 {
				t.Errorf("%s to %d: the edge leans: %.0f, %.0f", format, n, a, b)
			}
		}
	}
}

func TestTruncated(t *testing.T) {
	t.Parallel()
	const w, h = 400, 300
	im := gradient(w, h).image(w, h)
	files := map[string][]byte{
		"jpeg": file(t, im, "jpegsave_buffer", vips.Args{"Q": 90}),
		"png":  pngOf(t, im),
		"webp": file(t, im, "webpsave_buffer", nil),
		"gif":  file(t, im, "gifsave_buffer", nil),
		"tiff": file(t, im, "tiffsave_buffer", vips.Args{"compression": "lzw"}),
		"avif": file(t, im, "heifsave_buffer", vips.Args{"compression": "av1", "effort": 0}),
	}
	for format, whole := range files {
		for _, percent := range []int{10, 50, 90} {
			b := whole[:len(whole)*percent/100]
			src := mapped(t, format, b)
			info, err := probe(src, Limits{})
			if err != nil {
				if media.CodeOf(err) != media.Invalid {
					t.Errorf("%s cut to %d %%: %v", format, percent, err)
				}
				continue
			}
			if info.Width != w || info.Height != h {
				t.Errorf("%s cut to %d %%: %+v", format, percent, info)
			}
			// What passes can be rendered, and always to the same picture.
			plan := planFor(t, transform.PlanInput{Width: w, Height: h}, transform.PlanOutput{}, transform.OpResize{Width: 100, Height: 75})
			first := rendered(t, format, b, plan)
			if !bytes.Equal(first, rendered(t, format, b, plan)) {
				t.Errorf("%s cut to %d %% comes out differently each time", format, percent)
			}
			if _, err := png.Decode(bytes.NewReader(first)); err != nil {
				t.Errorf("%s cut to %d %%: %v", format, percent, err)
			}
		}
	}
}

func TestRubbishBehindAHeader(t *testing.T) {
	t.Parallel()
	im := gradient(64, 48).image(64, 48)
	for format, whole := range map[string][]byte{
		"png":  pngOf(t, im),
		"webp": file(t, im, "webpsave_buffer", nil),
		"avif": file(t, im, "heifsave_buffer", vips.Args{"compression": "av1", "effort": 0}),
		"jpeg": file(t, im, "jpegsave_buffer", nil),
	} {
		b := append([]byte(nil), whole...)
		for i := len(b) / 2; i < len(b); i++ {
			b[i] = byte(i * 7)
		}
		if info, err := probe(mapped(t, format, b), Limits{}); err != nil && media.CodeOf(err) != media.Invalid {
			t.Errorf("%s: %+v %v", format, info, err)
		}
	}
	for format, magic := range map[string]string{"png": "\x89PNG\r\n\x1a\n", "jpeg": "\xff\xd8\xff\xe0", "gif": "GIF89a", "webp": "RIFF\x10\x00\x00\x00WEBP", "tiff": "II*\x00"} {
		if _, err := probe(mapped(t, format, []byte(magic)), Limits{}); media.CodeOf(err) != media.Invalid {
			t.Errorf("%s of nothing but its magic: %v", format, err)
		}
	}
}

// The worker trusts no header: a decoder that finds a larger picture than the
// limits allow is not let loose.
func TestWorkerChecksLimitsToo(t *testing.T) {
	t.Parallel()
	src := pngOf(t, gradient(64, 48).image(64, 48))
	if _, err := probe(mapped(t, "png", src), Limits{Pixels: 1000}); media.CodeOf(err) != media.Invalid {
		t.Errorf("64 x 48 pixels under a limit of 1000: %v", err)
	}
}
