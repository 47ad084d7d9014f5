package engine

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"math"
	"math/bits"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/bep/imagemeta"

	"tintype/internal/engine/vips"
	"tintype/internal/media"
	"tintype/internal/transform"
)

func found(t *testing.T, format string, src []byte, what transform.What) media.Analysis {
	t.Helper()
	a := answered(t, format, src, transform.Ask{What: what})
	if a.Analysis == nil {
		t.Fatalf("%s: no analysis", what)
	}
	return *a.Analysis
}

func jpegOf(t *testing.T, im image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	must(t, jpeg.Encode(&b, im, &jpeg.Options{Quality: 92}))
	return b.Bytes()
}

// noisy is a picture in which there is something to see everywhere.
func noisy(w, h int, seed dice) *image.NRGBA {
	g := gradient(w, h)
	d := seed
	return field(func(x, y float64) rgba {
		v := 40 * math.Sin(x/2) * math.Cos(y/3)
		return g(x, y).colours(func(c float64) float64 { return c*0.6 + 0.2 + v/255 + float64(d.roll(41)-20)/255 })
	}).image(w, h)
}

func TestColorShares(t *testing.T) {
	t.Parallel()
	blue := rgba{10, 20, 200, 255}
	src := plain(red).within(0, 0, 100, 60, plain(blue)).within(0, 0, 100, 80, plain(rgba{0, 0, 0, 0}))
	got := found(t, "png", pngOf(t, src.image(100, 100)), transform.WhatColors).Colors
	want := []media.ColorShare{{Hex: hexOf(colour(red)), Share: 0.75}, {Hex: "#0A14C8", Share: 0.25}}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	// A picture of which nothing is seen has no colours, which is an answer.
	dot := image.NewPaletted(image.Rect(0, 0, 1, 1), color.Palette{color.Transparent, color.Black})
	var b bytes.Buffer
	must(t, gif.Encode(&b, dot, nil))
	if got := found(t, "gif", b.Bytes(), transform.WhatColors).Colors; got == nil || len(got) != 0 {
		t.Errorf("a transparent dot: %#v", got)
	}
	many := found(t, "jpeg", portrait(t), transform.WhatColors).Colors
	sum := 0.0
	for i, c := range many {
		sum += c.Share
		if i > 0 && c.Share > many[i-1].Share {
			t.Errorf("%v after %v", c, many[i-1])
		}
	}
	if len(many) < 5 || len(many) > 32 || math.Abs(sum-1) > 0.01 {
		t.Errorf("%d colours of %.3f together", len(many), sum)
	}
}

func TestHashes(t *testing.T) {
	t.Parallel()
	hash := func(format string, b []byte) uint64 {
		text := found(t, format, b, transform.WhatHash).Hash
		v, err := strconv.ParseUint(text, 16, 64)
		if err != nil || len(text) != 16 {
			t.Fatalf("hash %q: %v", text, err)
		}
		return v
	}
	same := noisy(400, 300, 1)
	a := hash("png", pngOf(t, same))
	b := hash("jpeg", jpegOf(t, same))
	c := hash("png", pngOf(t, quarters(400, 300).image(400, 300)))
	d := hash("jpeg", portrait(t))
	if n := bits.OnesCount64(a ^ b); n > 6 {
		t.Errorf("the same as JPEG: %d bits differ", n)
	}
	for _, other := range []uint64{c, d} {
		if n := bits.OnesCount64(a ^ other); n < 12 {
			t.Errorf("another picture: only %d bits differ", n)
		}
	}
	hash("png", pngOf(t, image.NewNRGBA(image.Rect(0, 0, 1, 1))))
}

func TestFocusAndLight(t *testing.T) {
	t.Parallel()
	sharp := noisy(400, 300, 2)
	last := found(t, "png", pngOf(t, sharp), transform.WhatQuality).Quality
	if last.Focus < 0.8 {
		t.Errorf("sharp: %+v", last)
	}
	// The more it is blurred, the less focus it has, roughly.
	for _, reach := range []int{2, 4, 8} {
		q := found(t, "png", pngOf(t, boxBlurred(sharp, reach)), transform.WhatQuality).Quality
		if q.Focus > last.Focus+0.03 {
			t.Errorf("blurred by %d: %+v after %+v", reach, q, last)
		}
		last = q
	}
	if last.Focus > 0.2 {
		t.Errorf("mist: %+v", last)
	}
	flat := found(t, "png", pngOf(t, plain(white).image(50, 50)), transform.WhatQuality).Quality
	if *flat != (media.Quality{Focus: 1, Score: 0.5}) {
		t.Errorf("all white: %+v", flat)
	}
	dot := found(t, "png", pngOf(t, image.NewNRGBA(image.Rect(0, 0, 1, 1))), transform.WhatQuality).Quality
	if dot.Focus != 1 {
		t.Errorf("a dot: %+v", dot)
	}
}

// boxBlurred blurs twice with a box.
func boxBlurred(im *image.NRGBA, reach int) *image.NRGBA {
	w, h := im.Rect.Dx(), im.Rect.Dy()
	for range 2 {
		out := image.NewNRGBA(im.Rect)
		for y := range h {
			for x := range w {
				var sum [4]int
				n := 0
				for dy := -reach; dy <= reach; dy++ {
					for dx := -reach; dx <= reach; dx++ {
						i := im.PixOffset(max(0, min(w-1, x+dx)), max(0, min(h-1, y+dy)))
						for c := range sum {
							sum[c] += int(im.Pix[i+c])
						}
						n++
					}
				}
				i := out.PixOffset(x, y)
				for c := range sum {
					out.Pix[i+c] = byte(sum[c] / n)
				}
			}
		}
		im = out
	}
	return im
}

func TestColorVision(t *testing.T) {
	t.Parallel()
	ask := func(f field) *media.ColorVision {
		return found(t, "png", pngOf(t, f.image(64, 64)), transform.WhatColorVision).ColorVision
	}
	green, orange := rgba{90, 140, 90, 255}, rgba{150, 120, 90, 255}
	confusing := ask(plain(green).within(0, 0, 32, 64, plain(orange)))
	if confusing.Edges > 0.5 || confusing.Colors > 0.5 || confusing.Score > 0.3 || !slices.Contains(confusing.Pair[:], "#5A8C5A") || !slices.Contains(confusing.Pair[:], "#96785A") {
		t.Errorf("green and orange: %+v", confusing)
	}
	clear := ask(plain(white).within(0, 0, 32, 64, plain(rgba{0, 0, 0, 255})))
	if clear.Edges != 1 || clear.Colors != 1 || clear.Score != 1 {
		t.Errorf("black and white: %+v", clear)
	}
	if one := ask(plain(green)); one.Score != 1 || one.Pair != [2]string{} {
		t.Errorf("one colour: %+v", one)
	}
}

func TestLook(t *testing.T) {
	t.Parallel()
	grey := noisy(200, 150, 3)
	for i := 0; i < len(grey.Pix); i += 4 {
		grey.Pix[i+1], grey.Pix[i+2] = grey.Pix[i], grey.Pix[i]
	}
	glass := plain(rgba{200, 40, 10, 128}).within(10, 10, 1, 1, plain(red))
	// An edge that is hard in the picture, however much it is reduced.
	hard := plain(red).within(0, 0, 501, 333, plain(rgba{0, 0, 0, 0}))
	for _, c := range []struct {
		name       string
		format     string
		src        []byte
		grey, semi bool
	}{
		{"grey", "jpeg", jpegOf(t, grey), true, false},
		{"grey palette", "png", pngOf(t, plain(white).image(40, 40)), true, false},
		{"photograph", "jpeg", portrait(t), false, false},
		{"one pixel of glass", "png", pngOf(t, glass.image(60, 40)), false, true},
		{"hard edge", "png", pngOf(t, hard.image(1200, 800)), false, false},
	} {
		look := found(t, c.format, c.src, transform.WhatLook).Look
		if look.Grey != c.grey || look.SemiTransparent != c.semi {
			t.Errorf("%s: %+v", c.name, look)
		}
	}
}

func TestCinemagraph(t *testing.T) {
	t.Parallel()
	pal := color.Palette{color.Black, color.White, color.RGBA{200, 0, 0, 255}}
	moving := func(part int, frames int) []byte {
		var all []*image.Paletted
		for f := range frames {
			im := image.NewPaletted(image.Rect(0, 0, 100, 100), pal)
			for i := range im.Pix {
				if i%100 < part && f%2 == 1 {
					im.Pix[i] = 1
				}
			}
			all = append(all, im)
		}
		return gifOf(t, 0, all...)
	}
	score := func(format string, b []byte) float64 {
		return found(t, format, b, transform.WhatCinemagraph).Cinemagraph.Score
	}
	if got := score("png", pngOf(t, quarters(30, 30).image(30, 30))); got != 0 {
		t.Errorf("a still: %v", got)
	}
	if got := score("gif", moving(10, 4)); got < 0.7 || got > 0.9 {
		t.Errorf("a tenth moves: %v", got)
	}
	if got := score("gif", moving(80, 4)); got != 0 {
		t.Errorf("most of it moves: %v", got)
	}
}

// cameraBlock is a little-endian block of Exif with a camera, an exposure, a
// place and a density of 300 dots per inch.
func cameraBlock() []byte {
	type entry struct {
		tag, kind uint16
		n, value  uint32
	}
	le := binary.LittleEndian
	var heap []byte
	const dirs = 8 + (2 + 12*6 + 4) + (2 + 12*2 + 4) + (2 + 12*2 + 4)
	put := func(b []byte) uint32 {
		at := uint32(dirs + len(heap))
		heap = append(heap, b...)
		if len(heap)%2 == 1 {
			heap = append(heap, 0)
		}
		return at
	}
	text := func(tag uint16, s string) entry { return entry{tag, 2, uint32(len(s) + 1), put([]byte(s + "\x00"))} }
	rat := func(tag uint16, parts ...uint32) entry {
		var b []byte
		for _, p := range parts {
			b = le.AppendUint32(b, p)
		}
		return entry{tag, 5, uint32(len(parts) / 2), put(b)}
	}
	exif := uint32(8 + 2 + 12*6 + 4)
	gps := exif + 2 + 12*2 + 4
	out := append([]byte("II*\x00"), 8, 0, 0, 0)
	for _, dir := range [][]entry{
		{text(0x10F, "Kodak"), text(0x110, "Brownie"), rat(0x11A, 300, 1), {0x128, 3, 1, 2}, {0x8769, 4, 1, exif}, {0x8825, 4, 1, gps}},
		{rat(0x829A, 1, 250), rat(0x829D, 28, 10)},
		{{1, 2, 2, 'N'}, rat(2, 48, 1, 30, 1, 0, 1)},
	} {
		out = le.AppendUint16(out, uint16(len(dir)))
		for _, e := range dir {
			out = le.AppendUint16(out, e.tag)
			out = le.AppendUint16(out, e.kind)
			out = le.AppendUint32(out, e.n)
			out = le.AppendUint32(out, e.value)
		}
		out = le.AppendUint32(out, 0)
	}
	return append(out, heap...)
}

// withSegments puts segments at the beginning of a JPEG file.
func withSegments(file []byte, segments ...string) []byte {
	out := slices.Clone(file[:2])
	for _, s := range segments {
		out = append(out, 0xFF, s[0], byte((len(s)+1)>>8), byte(len(s)+1))
		out = append(out, s[1:]...)
	}
	return append(out, file[2:]...)
}

const packet = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` +
	`<rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:CreatorTool="Darkroom 1"/></rdf:RDF></x:xmpmeta>`

func described(t *testing.T) []byte {
	return withSegments(jpegOf(t, quarters(40, 30).image(40, 30)),
		"\xE1Exif\x00\x00"+string(cameraBlock()),
		"\xE1http://ns.adobe.com/xap/1.0/\x00"+packet,
		"\xEDPhotoshop 3.0\x008BIM\x04\x04\x00\x00\x00\x00\x00\x0C\x1C\x02\x78\x00\x07A field")
}

func TestMetadata(t *testing.T) {
	t.Parallel()
	m := found(t, "jpeg", described(t), transform.WhatMetadata).Metadata
	for name, want := range map[string]string{"Make": "Kodak", "Model": "Brownie", "ExposureTime": "1/250", "FNumber": "2.8", "GPSLatitude": "48.5"} {
		if got := m.Exif[name]; got != want {
			t.Errorf("%s is %q, want %q (of %v)", name, got, want, m.Exif)
		}
	}
	if m.XMP["CreatorTool"] != "Darkroom 1" || m.IPTC["Caption-Abstract"] != "A field" || m.DPI != 300 {
		t.Errorf("%+v", m)
	}
	// A density without Exif is the format's own.
	dense := file(t, quarters(9, 9).image(9, 9), "pngsave_buffer", nil, applied(t, "copy", vips.Args{"xres": 5.9055, "yres": 5.9055}))
	if own := found(t, "png", dense, transform.WhatMetadata).Metadata; own.DPI != 150 {
		t.Errorf("a density of PNG: %+v", own)
	}
	if none := found(t, "png", pngOf(t, quarters(9, 9).image(9, 9)), transform.WhatMetadata).Metadata; none.Exif != nil || none.DPI != 0 && none.DPI != 72 {
		t.Errorf("of a bare picture: %+v", none)
	}
}

// Metadata that is damaged leaves what could be read, and no error.
func TestDamagedMetadata(t *testing.T) {
	t.Parallel()
	plainFile := jpegOf(t, quarters(40, 30).image(40, 30))
	block := cameraBlock()
	for _, n := range []int{4, 9, 20, 60, len(block) - 20} {
		found(t, "jpeg", withSegments(plainFile, "\xE1Exif\x00\x00"+string(block[:n])), transform.WhatMetadata)
	}
	loop := slices.Clone(block)
	binary.LittleEndian.PutUint32(loop[8+2+12*4+8:], 8) // the Exif directory is the first one again
	found(t, "jpeg", withSegments(plainFile, "\xE1Exif\x00\x00"+string(loop)), transform.WhatMetadata)
}

func TestTidy(t *testing.T) {
	t.Parallel()
	big := string(bytes.Repeat([]byte("x"), fieldMax+1))
	got := tidy(map[string]string{"a": "b\x00c\xff\u200bd", "big": big, "": "x", "na\nme": "y"})
	if len(got) != 1 || got["a"] != "bc\u200bd" {
		t.Errorf("%q", got)
	}
	many := map[string]string{}
	for i := range 1000 {
		many[strconv.Itoa(i)] = string(bytes.Repeat([]byte("y"), 500))
	}
	total := 0
	for k, v := range tidy(many) {
		total += len(k) + len(v)
	}
	if total == 0 || total > metaMax {
		t.Errorf("%d bytes are kept", total)
	}
}

// A worker that is shut in answers each question, and says what films are.
func TestAnalyseInWorker(t *testing.T) {
	t.Parallel()
	pool := newPool(t, nil)
	src := inMemory(described(t))
	for what := range findings {
		a, err := pool.Measure(t.Context(), src, transform.Ask{What: what}.Question())
		if err != nil || a.Analysis == nil {
			t.Errorf("%s: %+v, %v", what, a, err)
		}
	}
	film := filepath.Join(t.TempDir(), "a.mp4")
	cmd := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "color=c=blue:s=96x96:r=12:d=2", "-f", "lavfi", "-i", "testsrc=s=24x24:r=12:d=2",
		"-filter_complex", "[0][1]overlay=10:10", "-metadata", "title=A test", "-pix_fmt", "yuv420p", "-c:v", "libx264", film)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("ffmpeg: %v: %s", err, out)
	}
	content, err := os.ReadFile(film)
	must(t, err)
	video := inMemory(content)
	a, err := pool.Measure(t.Context(), video, transform.Ask{What: transform.WhatMetadata}.Question())
	if err != nil || a.Analysis.Metadata.Container["title"] != "A test" {
		t.Errorf("metadata: %+v, %v", a.Analysis, err)
	}
	a, err = pool.Measure(t.Context(), video, transform.Ask{What: transform.WhatCinemagraph}.Question())
	if err != nil || a.Analysis.Cinemagraph.Score < 0.7 || a.Analysis.Cinemagraph.Score >= 1 {
		t.Errorf("cinemagraph: %+v, %v", a.Analysis, err)
	}
	if _, err := pool.Measure(t.Context(), video, transform.Ask{What: transform.WhatHash}.Question()); media.CodeOf(err) != media.Invalid {
		t.Errorf("the hash of a film: %v", err)
	}
}

func FuzzMetadata(f *testing.F) {
	f.Add(cameraBlock())
	f.Add([]byte(packet))
	f.Fuzz(func(t *testing.T, b []byte) {
		fields := map[string]string{}
		for _, format := range metadataFormats {
			readFields(b, format, func(tag imagemeta.TagInfo) {
				if text, ok := fieldText(tag.Value); ok {
					fields[tag.Tag] = text
				}
			})
		}
		for name, text := range tidy(fields) {
			if name == "" || len(text) > fieldMax {
				t.Errorf("%q is %q", name, text)
			}
		}
	})
}
