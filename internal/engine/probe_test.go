package engine

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tintype/internal/engine/vips"
	"tintype/internal/media"
	"tintype/internal/transform"
)

func TestProbe(t *testing.T) {
	t.Parallel()
	p := newPool(t, nil)
	im := gradient(200, 120).image(200, 120)
	turned := file(t, im, "jpegsave_buffer", nil, setMeta(t, "orientation", 6))
	cases := []struct {
		name string
		src  []byte
		want media.Kind
		kind media.Kind
		info media.Info
		code media.Code
		says string
	}{
		{"a picture", turned, "", media.KindImage,
			media.Info{Format: "jpeg", Bytes: int64(len(turned)), Width: 120, Height: 200, Orientation: 6, Pages: 1, Space: "srgb"}, 0, ""},
		{"an animation", animation(t, 40, 30), media.KindImage, media.KindImage,
			media.Info{Format: "gif", Bytes: int64(len(animation(t, 40, 30))), Width: 40, Height: 30, Pages: 3, Animated: true, Space: "srgb"}, 0, ""},
		{"text", []byte("hello, world"), "", media.KindRaw, media.Info{Bytes: 12}, 0, ""},
		{"text as a picture", []byte("hello, world"), media.KindImage, "", media.Info{}, media.Invalid, "not a picture"},
		{"text as a film", []byte("hello, world"), media.KindVideo, "", media.Info{}, media.Invalid, "neither video nor audio"},
		{"a picture as a film", turned, media.KindVideo, "", media.Info{}, media.Invalid, "neither video nor audio"},
		{"nothing", nil, "", "", media.Info{}, media.Invalid, "empty"},
		{"a drawing", []byte(`<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"/>`), "", media.KindImage,
			media.Info{Format: "svg", Bytes: 64, Width: 10, Height: 10, Pages: 1, Alpha: true, Space: "srgb"}, 0, ""},
		{"a drawing with entities", []byte(`<!DOCTYPE svg [<!ENTITY a "b">]><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>`), "", "", media.Info{}, media.Invalid, "entities"},
		{"a layered picture", []byte("8BPS\x00\x01\x00\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x09\x00\x00\x00\x09\x00\x08\x00\x03"), "", "", media.Info{}, media.Unsupported, "PSD"},
		{"magic alone", []byte("\x89PNG\r\n\x1a\n"), "", "", media.Info{}, media.Invalid, "PNG"},
		{"a fault without leave", []byte(faultMark + "abort"), media.KindImage, "", media.Info{}, media.Invalid, "not a picture"},
	}
	for _, c := range cases {
		kind, info, err := p.Probe(t.Context(), bytes.NewReader(c.src), c.want)
		if c.says != "" {
			if media.CodeOf(err) != c.code || !strings.Contains(strings.ToUpper(media.MessageOf(err)), strings.ToUpper(c.says)) {
				t.Errorf("%s: %v, want %v with %q", c.name, err, c.code, c.says)
			}
			continue
		}
		if err != nil || kind != c.kind || info != c.info {
			t.Errorf("%s: %v %+v, %v", c.name, kind, info, err)
		}
	}
	if s := p.Stats(); s.Crashed != 0 || s.Started != 1 {
		t.Errorf("%+v", s)
	}
}

// A header that claims too much never meets a decoder.
func TestProbeRefusesBombsUnseen(t *testing.T) {
	t.Parallel()
	p := newPool(t, func(c *Config) { c.Command = []string{"/nowhere"} })
	bomb := pngOf(t, gradient(10, 10).image(10, 10))
	binary.BigEndian.PutUint32(bomb[16:], 60000)
	binary.BigEndian.PutUint32(bomb[20:], 60000)
	start := time.Now()
	_, _, err := p.Probe(t.Context(), bytes.NewReader(bomb), media.KindImage)
	var limit *media.LimitError
	if media.CodeOf(err) != media.Invalid || !errors.As(err, &limit) || limit.What != "pixels" {
		t.Errorf("60,000 x 60,000: %v", err)
	}
	plan := planFor(t, transform.PlanInput{Width: 60000, Height: 60000}, transform.PlanOutput{}, transform.OpResize{Width: 10, Height: 10})
	if _, _, err = renderOne(t.Context(), p, bytes.NewReader(bomb), plan); media.CodeOf(err) != media.Invalid {
		t.Errorf("render: %v", err)
	}
	if _, err = p.Measure(t.Context(), bytes.NewReader(bomb), transform.FocusPoint); media.CodeOf(err) != media.Invalid {
		t.Errorf("measure: %v", err)
	}
	if d := time.Since(start); d > 2*time.Second {
		t.Errorf("took %v", d)
	}
}

func TestProbeVideo(t *testing.T) {
	t.Parallel()
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("needs ffmpeg")
	}
	name := filepath.Join(t.TempDir(), "film.mp4")
	cmd := exec.Command(ffmpeg, "-v", "error", "-f", "lavfi", "-i", "testsrc=size=64x48:rate=10:duration=1", "-c:v", "mpeg4", name)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("ffmpeg cannot make a film: %v %s", err, out)
	}
	b, err := os.ReadFile(name)
	must(t, err)
	p := newPool(t, nil)
	kind, info, err := p.Probe(t.Context(), bytes.NewReader(b), "")
	if err != nil || kind != media.KindVideo || info.Format != "mp4" || info.Width != 64 || info.Height != 48 || info.Duration != time.Second || info.Bytes != int64(len(b)) {
		t.Errorf("%v %+v, %v", kind, info, err)
	}
	if _, _, err := p.Probe(t.Context(), bytes.NewReader(b), media.KindImage); media.CodeOf(err) != media.Invalid {
		t.Errorf("a film as a picture: %v", err)
	}
	if _, err := p.Measure(t.Context(), bytes.NewReader(b), transform.FocusPoint); media.CodeOf(err) != media.Invalid {
		t.Errorf("focus of a film: %v", err)
	}
}

func TestFocus(t *testing.T) {
	t.Parallel()
	const w, h = 900, 600
	p := newPool(t, nil)
	for _, at := range [][2]float64{{0.25, 0.3}, {0.5, 0.5}, {0.75, 0.7}, {0.3, 0.75}} {
		// A patch of strong colours and edges on a dull ground.
		scene := field(func(x, y float64) rgba {
			if dx, dy := x-at[0]*w, y-at[1]*h; dx*dx+dy*dy < 60*60 {
				if (int(x)/12+int(y)/12)%2 == 0 {
					return rgba{230, 60, 40, 255}
				}
				return rgba{250, 220, 190, 255}
			}
			return rgba{120, 125, 130, 255}
		})
		got, err := p.Measure(t.Context(), bytes.NewReader(pngOf(t, scene.image(w, h))), transform.FocusPoint)
		if err != nil || abs(got.X-at[0]) > 0.1 || abs(got.Y-at[1]) > 0.1 {
			t.Errorf("focus at %v, want %v, %v", got, at, err)
		}
	}
	// The answer is about the upright picture.
	scene := plain(rgba{120, 125, 130, 255}).image(w, h)
	patch := disc(plain(rgba{240, 40, 30, 255}), 120, 120).image(120, 120)
	for y := range 120 {
		for x := range 120 {
			if c := patch.NRGBAAt(x, y); c.A != 0 && (x/10+y/10)%2 == 0 {
				scene.SetNRGBA(w/4-60+x, h/4-60+y, c)
			}
		}
	}
	src := file(t, scene, "jpegsave_buffer", vips.Args{"Q": 95}, setMeta(t, "orientation", 6))
	got, err := p.Measure(t.Context(), bytes.NewReader(src), transform.FocusPoint)
	if err != nil || abs(got.X-0.75) > 0.1 || abs(got.Y-0.25) > 0.1 {
		t.Errorf("upright focus at %v, %v", got, err)
	}
	if _, err := p.Measure(t.Context(), bytes.NewReader(src), "mood"); media.CodeOf(err) != media.Unsupported {
		t.Errorf("mood: %v", err)
	}
	for _, size := range [][2]int{{1, 1}, {2, 3}, {500, 1}} {
		got, err := p.Measure(t.Context(), bytes.NewReader(pngOf(t, plain(red).image(size[0], size[1]))), transform.FocusPoint)
		if err != nil || got.X <= 0 || got.X >= 1 || got.Y <= 0 || got.Y >= 1 {
			t.Errorf("%v: %v, %v", size, got, err)
		}
	}
}

func abs(v float64) float64 { return max(v, -v) }

func TestDoctor(t *testing.T) {
	t.Parallel()
	r, err := Doctor(t.Context(), Config{Command: []string{os.Args[0], "engine"}, Workers: 3})
	must(t, err)
	if r.Library != vips.Version() || r.Workers != 3 || r.Memory != 1<<30 || r.Sandbox == "" || r.Limits.Frames != 2000 {
		t.Errorf("%+v", r)
	}
	if !r.SIMD {
		t.Error("workers run without vector code")
	}
	found := map[string]FormatSupport{}
	for _, f := range r.Formats {
		found[f.Format] = f
	}
	for _, name := range []string{"jpeg", "png", "webp", "gif", "tiff", "avif"} {
		if f := found[name]; !f.Read || !f.Write || f.Problem != "" {
			t.Errorf("%s: %+v", name, f)
		}
	}
	if _, err := Doctor(t.Context(), Config{Command: []string{"/nowhere"}}); err == nil {
		t.Error("no worker, and yet all is well")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Doctor(ctx, Config{Command: []string{os.Args[0], "engine"}}); err == nil {
		t.Error("cancelled, and yet all is well")
	}
}
