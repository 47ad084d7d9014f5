package engine

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"testing"
	"time"

	"tintype/internal/media"
	"tintype/internal/transform"
)

// flats are pictures of one colour each, as PNG or JPEG files.
func flats(t *testing.T, jpg bool, sizes ...image.Point) (files []Source, places []transform.Rect) {
	t.Helper()
	for i, s := range sizes {
		im := image.NewNRGBA(image.Rectangle{Max: s})
		for p := 0; p < len(im.Pix); p += 4 {
			copy(im.Pix[p:], []byte{byte(60 * i), 200, byte(255 - 60*i), 255})
		}
		var b bytes.Buffer
		if jpg {
			must(t, jpeg.Encode(&b, im, nil))
		} else {
			must(t, png.Encode(&b, im))
		}
		files = append(files, bytes.NewReader(b.Bytes()))
		places = append(places, transform.Rect{Width: s.X, Height: s.Y})
	}
	return files, places
}

func TestComposePlays(t *testing.T) {
	t.Parallel()
	p := newPool(t, nil)
	files, places := flats(t, false, image.Pt(41, 30), image.Pt(20, 31), image.Pt(41, 31))
	places[1].X = 10
	for _, c := range []struct {
		format string
		kind   media.Kind
		want   string
	}{
		{"gif", media.KindImage, "gif 41x31 3"}, {"webp", media.KindImage, "webp 41x31 3"}, {"png", media.KindImage, "png 41x31 1"},
		{"mp4", media.KindVideo, "mp4 42x32 1"}, {"webm", media.KindVideo, "webm 42x32 1"},
	} {
		var b bytes.Buffer
		bg := transform.Color{}
		if c.kind == media.KindVideo {
			bg = transform.White
		}
		said, err := p.Compose(t.Context(), files, Composition{
			Places: places, Width: 41, Height: 31, Play: true, Delay: 200 * time.Millisecond, Background: bg,
			Output: transform.PlanOutput{Format: c.format, Quality: 80},
		}, &b)
		must(t, err)
		kind, info, err := p.Probe(t.Context(), bytes.NewReader(b.Bytes()), "")
		must(t, err)
		if got := fmt.Sprintf("%s %dx%d %d", info.Format, info.Width, info.Height, max(info.Pages, 1)); kind != c.kind || got != c.want {
			t.Errorf("%s is %s, want %s", c.format, got, c.want)
		}
		if said.Format != info.Format || said.Width != info.Width || said.Height != info.Height || said.Bytes != int64(b.Len()) || said.Pages != 3 {
			t.Errorf("%s: said %+v", c.format, said)
		}
		if c.kind == media.KindVideo && (info.Duration < 590*time.Millisecond || info.Duration > 610*time.Millisecond) {
			t.Errorf("%s takes %v", c.format, info.Duration)
		}
		if c.format == "png" && (bytes.Count(b.Bytes(), []byte("fcTL")) != 3 || !bytes.Contains(b.Bytes(), []byte("acTL"))) {
			t.Error("the PNG does not play")
		}
	}
}

func TestComposeSheet(t *testing.T) {
	t.Parallel()
	p := newPool(t, nil)
	files, places := flats(t, false, image.Pt(10, 20), image.Pt(30, 5))
	places[1].X, places[1].Y = 10, 15
	for _, format := range []string{"png", "jpeg", "webp", "avif"} {
		var b bytes.Buffer
		bg := transform.Color{}
		if format == "jpeg" {
			bg = transform.White
		}
		info, err := p.Compose(t.Context(), files, Composition{
			Places: places, Width: 40, Height: 20, Background: bg, Output: transform.PlanOutput{Format: format, Quality: 90},
		}, &b)
		must(t, err)
		if info.Format != format || info.Width != 40 || info.Height != 20 || info.Pages != 1 {
			t.Errorf("%s: %+v", format, info)
		}
		if format != "png" {
			continue
		}
		im, err := png.Decode(&b)
		must(t, err)
		for at, want := range map[image.Point]color.NRGBA{
			{5, 19}: {0, 200, 255, 255}, {10, 15}: {60, 200, 195, 255}, {39, 19}: {60, 200, 195, 255}, {20, 5}: {},
		} {
			if got := color.NRGBAModel.Convert(im.At(at.X, at.Y)); got != want {
				t.Errorf("at %v is %v, want %v", at, got, want)
			}
		}
	}
}

func TestComposePDF(t *testing.T) {
	t.Parallel()
	p := newPool(t, nil)
	files, places := flats(t, true, image.Pt(120, 80), image.Pt(60, 90))
	c := Composition{Places: places, Play: true, Output: transform.PlanOutput{Format: "pdf"}}
	var b bytes.Buffer
	info, err := p.Compose(t.Context(), files, c, &b)
	must(t, err)
	kind, got, err := p.Probe(t.Context(), bytes.NewReader(b.Bytes()), "")
	must(t, err)
	if kind != media.KindImage || got.Format != "pdf" || got.Pages != 2 || info.Pages != 2 || info.Bytes != int64(b.Len()) || got.Width != info.Width || got.Height != info.Height {
		t.Errorf("%+v, said %+v", got, info)
	}
	pngs, _ := flats(t, false, image.Pt(1, 1))
	if _, err := p.Compose(t.Context(), pngs, c, &b); media.CodeOf(err) != media.Invalid {
		t.Errorf("a document of PNG: %v", err)
	}
}

func TestComposeRefuses(t *testing.T) {
	t.Parallel()
	p := newPool(t, nil)
	files, places := flats(t, false, image.Pt(10, 10))
	for name, c := range map[string]Composition{
		"too large":  {Places: places, Width: 10_000, Height: 10_000},
		"outside":    {Places: []transform.Rect{{X: 1, Width: 10, Height: 10}}, Width: 10, Height: 10},
		"other size": {Places: []transform.Rect{{Width: 9, Height: 10}}, Width: 10, Height: 10},
		"too few":    {Width: 10, Height: 10},
	} {
		c.Output = transform.PlanOutput{Format: "png", Quality: 80}
		if _, err := p.Compose(t.Context(), files, c, &bytes.Buffer{}); err == nil {
			t.Errorf("%s was composed", name)
		}
	}
	_, err := p.Compose(t.Context(), []Source{bytes.NewReader([]byte("\x89PNG\r\n\x1a\nbut not quite"))}, Composition{
		Places: places, Width: 10, Height: 10, Output: transform.PlanOutput{Format: "gif", Quality: 80},
	}, &bytes.Buffer{})
	if media.CodeOf(err) != media.Invalid {
		t.Errorf("a damaged picture: %v", err)
	}
}

func FuzzFrameOfJPEG(f *testing.F) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 3, 4)), nil); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte("\xff\xd8\xff\xff\xff\xe0\x00\x02\xff\xc0\x00\x0b\x08\x00\x01\x00\x01\x01"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, err := readFrame(bytes.NewReader(b)); err == nil && (got.width < 1 || got.height < 1 || got.space == "") {
			t.Errorf("%+v", got)
		}
	})
}
