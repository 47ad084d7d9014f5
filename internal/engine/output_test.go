package engine

import (
	"bytes"
	"image"
	"math/rand/v2"
	"testing"

	"tintype/internal/engine/vips"
	"tintype/internal/media"
	"tintype/internal/transform"
)

// photograph is a generated picture with what makes photographs hard to
// encode: gradients, edges and grain.
func photograph(w, h int) *image.NRGBA {
	im := image.NewNRGBA(image.Rect(0, 0, w, h))
	g, q := gradient(w, h), quarters(max(w/3, 2), max(h/3, 2))
	grain := rand.New(rand.NewPCG(1, 2))
	for y := range h {
		for x := range w {
			a, b := g(float64(x), float64(y)), q(float64(x%max(w/3, 1)), float64(y%max(h/3, 1)))
			n := grain.Float64()*6 - 3
			i := im.PixOffset(x, y)
			for c := range 3 {
				im.Pix[i+c] = byte(min(255, max(0, 0.7*a[c]+0.3*b[c]+n)))
			}
			im.Pix[i+3] = 255
		}
	}
	return im
}

// lossy are the formats whose quality can be chosen.
var lossy = []string{"jpeg", "webp", "avif"}

func TestOutputs(t *testing.T) {
	t.Parallel()
	const w, h = 200, 120
	g := gradient(w, h)
	src := pngOf(t, g.image(w, h))
	for _, s := range savers {
		if !vips.Has(s.op) {
			continue
		}
		for _, progressive := range []bool{false, true} {
			plan := planFor(t, transform.PlanInput{Width: w, Height: h}, transform.PlanOutput{Format: s.format, Quality: 85, Progressive: progressive},
				transform.OpResize{Width: 100, Height: 60})
			b := rendered(t, "png", src, plan)
			head, err := readHeader(bytes.NewReader(b), int64(len(b)))
			if err != nil || head.Format != s.format || head.Width != 100 || head.Height != 60 || head.Pages != 1 || head.Alpha && s.format != "gif" {
				t.Errorf("%s: header %+v, %v", s.format, head, err)
			}
			l, err := loaderFor(s.format)
			if err != nil {
				continue // written, not read
			}
			if mean, worst, where := distance(pixels(t, l.op, b, nil), g.scale(0.5, 0.5)); mean > 3 || worst > 20 {
				t.Errorf("%s: differs by %.1f, %.1f in %s", s.format, mean, worst, where)
			}
			if s.format == "jpeg" && bytes.Contains(b, []byte{0xff, 0xc2}) != progressive {
				t.Errorf("progressive: wanted %v", progressive)
			}
		}
	}
}

func TestAlphaInOutputs(t *testing.T) {
	t.Parallel()
	const w, h = 200, 120
	d := disc(plain(red), w, h)
	src := pngOf(t, d.image(w, h))
	background := rgba{0, 80, 200, 255}
	for _, s := range savers {
		l, err := loaderFor(s.format)
		if err != nil {
			continue
		}
		plan := planFor(t, transform.PlanInput{Width: w, Height: h}, transform.PlanOutput{Format: s.format, Quality: 90, Background: colour(background)})
		im := pixels(t, l.op, rendered(t, "png", src, plan), nil)
		want := d
		if f, _ := media.FormatByName(s.format); !f.Alpha {
			want = d.over(background)
		}
		if mean, worst, where := distance(im, want); mean > 2.5 || worst > 16 {
			t.Errorf("%s: differs by %.1f, %.1f in %s", s.format, mean, worst, where)
		}
	}
}

// Colour on which a grey picture is laid stays colour.
func TestGreyOnColour(t *testing.T) {
	t.Parallel()
	src := file(t, disc(plain(rgba{90, 90, 90, 255}), 80, 60).image(80, 60), "pngsave_buffer", nil, applied(t, "colourspace", vips.Args{"space": "b-w"}))
	plan := planFor(t, transform.PlanInput{Width: 80, Height: 60}, transform.PlanOutput{Format: "jpeg", Quality: 95, Background: colour(red)})
	im := pixels(t, "jpegload_buffer", rendered(t, "png", src, plan), nil)
	if c := im.NRGBAAt(1, 1); c.R < 200 || c.B > 70 {
		t.Errorf("corner is %v", c)
	}
}

func TestQuality(t *testing.T) {
	t.Parallel()
	src := pngOf(t, photograph(240, 160))
	for _, format := range lossy {
		last := 0
		for _, q := range []int{1, 30, 60, 80, 89, 90, 99, 100} {
			plan := planFor(t, transform.PlanInput{Width: 240, Height: 160}, transform.PlanOutput{Format: format, Quality: q})
			n := len(rendered(t, "png", src, plan))
			if n < last {
				t.Errorf("%s at %d has %d bytes, at less quality %d", format, q, n, last)
			}
			last = n
		}
	}
	for q := 1; q <= 100; q++ {
		if a := avifQuality(q); a < 1 || a > 100 || q > 1 && a < avifQuality(q-1) {
			t.Errorf("avif %d -> %d", q, a)
		}
	}
	if avifQuality(80) != 60 {
		t.Errorf("avif 80 -> %d", avifQuality(80))
	}
}

func TestWebPIsLosslessAt100(t *testing.T) {
	t.Parallel()
	im := photograph(60, 40)
	plan := planFor(t, transform.PlanInput{Width: 60, Height: 40}, transform.PlanOutput{Format: "webp", Quality: 100})
	back := pixels(t, "webpload_buffer", rendered(t, "png", pngOf(t, im), plan), nil)
	if !bytes.Equal(im.Pix, back.Pix) {
		t.Error("pixels differ")
	}
}

// A rendition says nothing about where and by whom a picture was taken.
func TestMetadataIsStripped(t *testing.T) {
	t.Parallel()
	const secret = "52.5200N-13.4050E"
	src := file(t, photograph(80, 60), "jpegsave_buffer", nil,
		setMeta(t, "exif-ifd0-ImageDescription", secret), setMeta(t, "xmp-data", []byte("<x>"+secret+"</x>")), setMeta(t, "iptc-data", []byte(secret)), setMeta(t, "orientation", 6))
	if !bytes.Contains(src, []byte(secret)) {
		t.Fatal("the source does not hold what is to be stripped")
	}
	for _, s := range savers {
		if !vips.Has(s.op) {
			continue
		}
		for _, ops := range [][]transform.Op{nil, {transform.OpResize{Width: 30, Height: 40}}} {
			plan := planFor(t, transform.PlanInput{Width: 60, Height: 80}, transform.PlanOutput{Format: s.format}, ops...)
			b := rendered(t, "jpeg", src, plan)
			if bytes.Contains(b, []byte(secret)) || bytes.Contains(b, []byte("Exif\x00")) || bytes.Contains(b, []byte("ICC_PROFILE")) || bytes.Contains(b, []byte("iCCP")) {
				t.Errorf("%s keeps metadata: %.300q", s.format, b)
			}
			if l, err := loaderFor(s.format); err == nil {
				var sc vips.Scope
				im, err := sc.Make(l.op, vips.Args{"buffer": b})
				if err != nil || im.Int("orientation", 1) != 1 || im.Has("icc-profile-data") && s.format != "avif" && s.format != "jxl" {
					t.Errorf("%s keeps orientation or profile, %v", s.format, err)
				}
				sc.Close()
			}
		}
	}
}

func TestUnknownFormats(t *testing.T) {
	t.Parallel()
	if _, err := loaderFor("psd"); media.CodeOf(err) != media.Unsupported {
		t.Errorf("psd: %v", err)
	}
	if _, err := saverFor("heic"); media.CodeOf(err) != media.Unsupported || media.MessageOf(err) != "HEIC files cannot be made by this server" {
		t.Errorf("heic: %v", err)
	}
}
