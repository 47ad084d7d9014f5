package engine

import (
	"bytes"
	"image"
	"image/color"
	"image/gif"
	"testing"

	"tintype/internal/engine/vips"
	"tintype/internal/transform"
)

// frameColours paint the frames of the animations under test.
var frameColours = []color.NRGBA{{220, 30, 40, 255}, {20, 190, 60, 255}, {30, 60, 220, 255}}

// animation is a GIF of plain frames, each with a white bar of 10 pixels on top.
func animation(t *testing.T, w, h int) []byte {
	t.Helper()
	var frames []*image.Paletted
	for _, c := range frameColours {
		p := image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{c, color.White, color.Black})
		for i := range 10 * w {
			p.Pix[i] = 1
		}
		frames = append(frames, p)
	}
	return gifOf(t, 3, frames...)
}

func animatedWebP(t *testing.T, w, h int) []byte {
	t.Helper()
	var s vips.Scope
	defer s.Close()
	im, err := s.Make("gifload_buffer", vips.Args{"buffer": animation(t, w, h), "n": -1})
	must(t, err)
	res, err := s.Call("webpsave_buffer", vips.Args{"in": im, "lossless": true})
	must(t, err)
	return bytes.Clone(res.Blob("buffer").Bytes())
}

// frames decodes an animation to its frames, timing and loop count.
func frames(t *testing.T, format string, b []byte) (pages []*image.NRGBA, delay []int, loop int) {
	t.Helper()
	l, err := loaderFor(format)
	must(t, err)
	var s vips.Scope
	defer s.Close()
	head, err := s.Make(l.op, vips.Args{"buffer": b, "n": -1})
	must(t, err)
	n, h := head.Int("n-pages", 1), head.PageHeight()
	if v, ok := head.Get("delay"); ok {
		delay = v.([]int)
	}
	roll := pixels(t, l.op, b, vips.Args{"n": -1})
	for i := range n {
		pages = append(pages, roll.SubImage(image.Rect(0, i*h, roll.Rect.Dx(), (i+1)*h)).(*image.NRGBA))
	}
	return pages, delay, head.Int("loop", -1)
}

func near(a, b color.NRGBA, by int) bool {
	d := func(x, y uint8) bool { return int(x)-int(y) <= by && int(y)-int(x) <= by }
	return d(a.R, b.R) && d(a.G, b.G) && d(a.B, b.B) && d(a.A, b.A)
}

func TestAnimations(t *testing.T) {
	t.Parallel()
	const w, h = 120, 80
	white, clearest := color.NRGBA{255, 255, 255, 255}, color.NRGBA{}
	type probePoint struct {
		x, y int
		want color.NRGBA // zero alpha 1: the frame's colour
	}
	frame := color.NRGBA{A: 1}
	cases := []struct {
		name   string
		ops    []transform.Op
		points []probePoint
	}{
		{"as it is", nil, []probePoint{{60, 5, white}, {60, 11, frame}, {60, 79, frame}}},
		{"reduced", []transform.Op{transform.OpResize{Width: 60, Height: 40}}, []probePoint{{30, 2, white}, {30, 10, frame}, {30, 37, frame}}},
		{"enlarged", []transform.Op{transform.OpResize{Width: 240, Height: 200}}, []probePoint{{100, 5, white}, {100, 40, frame}, {100, 199, frame}}},
		{"cut and reduced", []transform.Op{transform.OpExtract{X: 20, Y: 20, Width: 60, Height: 60}, transform.OpResize{Width: 30, Height: 30}}, []probePoint{{1, 1, frame}, {29, 29, frame}}},
		{"upside down", []transform.Op{transform.OpFlip{Vertical: true}}, []probePoint{{60, 75, white}, {60, 2, frame}}},
		{"mirrored", []transform.Op{transform.OpFlip{}}, []probePoint{{60, 5, white}, {60, 75, frame}}},
		{"turned", []transform.Op{transform.OpRotate{Degrees: 90, Width: h, Height: w}}, []probePoint{{77, 60, white}, {2, 60, frame}, {40, 119, frame}}},
		{"padded", []transform.Op{transform.OpEmbed{X: 10, Y: 10, Width: 140, Height: 100, Background: colour(rgba{255, 255, 255, 255})}}, []probePoint{{2, 50, white}, {75, 95, white}, {75, 80, frame}}},
		{"reduced and round", []transform.Op{transform.OpResize{Width: 60, Height: 60}, transform.OpRound{Ellipse: true}}, []probePoint{{1, 1, clearest}, {58, 58, clearest}, {30, 50, frame}}},
		{"bordered", []transform.Op{transform.OpBorder{Width: 5, Color: transform.White, Radii: [4]float64{8, 8, 8, 8}}}, []probePoint{{60, 1, white}, {60, 87, white}, {60, 60, frame}, {0, 0, clearest}}},
		{"blurred", []transform.Op{transform.OpBlur{Sigma: 2}}, []probePoint{{60, 0, white}, {60, 79, frame}}},
		{"sharpened", []transform.Op{transform.OpSharpen{Sigma: 1, Amount: 1}}, []probePoint{{60, 1, white}, {60, 79, frame}}},
	}
	for format, src := range map[string][]byte{"gif": animation(t, w, h), "webp": animatedWebP(t, w, h)} {
		for _, out := range []string{"gif", "webp"} {
			for _, c := range cases {
				t.Run(format+" to "+out+" "+c.name, func(t *testing.T) {
					t.Parallel()
					plan := planFor(t, transform.PlanInput{Width: w, Height: h, Pages: 3}, transform.PlanOutput{Format: out, Quality: 90}, c.ops...)
					b := rendered(t, format, src, plan)
					pages, delay, loop := frames(t, out, b)
					if len(pages) != 3 || len(delay) != 3 || delay[1] != 80 || loop < 3 || loop > 4 {
						t.Fatalf("%d pages, delay %v, loop %d", len(pages), delay, loop)
					}
					for i, p := range pages {
						if p.Rect.Dx() != plan.Width || p.Rect.Dy() != plan.Height {
							t.Fatalf("page of %v, want %d x %d", p.Rect, plan.Width, plan.Height)
						}
						for _, pt := range c.points {
							want := pt.want
							if want == frame {
								want = frameColours[i]
							}
							if got := p.NRGBAAt(pt.x, p.Rect.Min.Y+pt.y); !near(got, want, 22) && (got.A != 0 || want.A != 0) {
								t.Errorf("frame %d at %d,%d: %v, want %v", i, pt.x, pt.y, got, want)
							}
						}
					}
					h, err := readHeader(bytes.NewReader(b), int64(len(b)))
					if err != nil || h.Pages != 3 || !h.Animated || h.Width != plan.Width || h.Height != plan.Height {
						t.Errorf("header %+v, %v", h, err)
					}
				})
			}
		}
	}
}

// Of an animation that a format cannot play, or that was not asked for, the
// first frame is taken.
func TestFirstFrame(t *testing.T) {
	t.Parallel()
	const w, h = 120, 80
	src := animation(t, w, h)
	for _, out := range []string{"png", "jpeg", "webp", "gif", "avif", "tiff"} {
		for _, ops := range [][]transform.Op{nil, {transform.OpResize{Width: 60, Height: 40}}} {
			plan := planFor(t, transform.PlanInput{Width: w, Height: h}, transform.PlanOutput{Format: out, Quality: 90}, ops...)
			b := rendered(t, "gif", src, plan)
			head, err := readHeader(bytes.NewReader(b), int64(len(b)))
			if err != nil || head.Format != out || head.Pages != 1 || head.Animated || head.Width != plan.Width || head.Height != plan.Height {
				t.Errorf("%s: header %+v, %v", out, head, err)
			}
			l, err := loaderFor(out)
			must(t, err)
			im := pixels(t, l.op, b, nil)
			if got := im.NRGBAAt(plan.Width/2, plan.Height-3); !near(got, frameColours[0], 22) {
				t.Errorf("%s: %v, want %v", out, got, frameColours[0])
			}
		}
	}
}

// Some of the frames may be asked for.
func TestSomeFrames(t *testing.T) {
	t.Parallel()
	plan := planFor(t, transform.PlanInput{Width: 120, Height: 80, Pages: 2}, transform.PlanOutput{Format: "gif"}, transform.OpResize{Width: 60, Height: 40})
	g, err := gif.DecodeAll(bytes.NewReader(rendered(t, "gif", animation(t, 120, 80), plan)))
	if err != nil || len(g.Image) != 2 || g.LoopCount != 3 {
		t.Errorf("%d frames, %d loops, %v", len(g.Image), g.LoopCount, err)
	}
}

func TestAnimationProbe(t *testing.T) {
	t.Parallel()
	for format, src := range map[string][]byte{"gif": animation(t, 120, 80), "webp": animatedWebP(t, 120, 80)} {
		info, err := probe(mapped(t, format, src), Limits{})
		if err != nil || info.Pages != 3 || info.Width != 120 || info.Height != 80 {
			t.Errorf("%s: %+v, %v", format, info, err)
		}
	}
}
