package engine

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"tintype/internal/engine/vips"
	"tintype/internal/transform"
)

// benchOp is an operation with numbers as they are usual, or at its extremes.
type benchOp struct {
	name string
	op   transform.Op
}

const benchWidth, benchHeight = 1900, 1551

var benchBlue = transform.Color{R: 20, G: 40, B: 230, A: 255}

func benchGeometry() []benchOp {
	const w, h = benchWidth, benchHeight
	layer := transform.Picture{Canvas: &transform.Canvas{Width: 600, Height: 400, Color: transform.Color{R: 250, G: 180, B: 20, A: 160}}, Width: 600, Height: 400}
	all := []benchOp{
		{"resize-half", transform.OpResize{Width: w / 2, Height: h / 2}},
		{"resize-double", transform.OpResize{Width: 2 * w, Height: 2 * h}},
		{"extract", transform.OpExtract{X: 100, Y: 100, Width: 1000, Height: 1000}},
		{"embed", transform.OpEmbed{X: 100, Y: 100, Width: w + 200, Height: h + 200, Background: transform.White}},
		{"embed-blurred", transform.OpEmbed{X: 100, Y: 100, Width: w + 200, Height: h + 200, Backdrop: &transform.Backdrop{Kind: transform.BackdropBlurred, Sigma: 40}}},
		{"rotate-90", transform.OpRotate{Degrees: 90, Width: h, Height: w}},
		{"rotate-30", transform.OpRotate{Degrees: 30, Width: 2421, Height: 2294}},
		{"flip", transform.OpFlip{Vertical: true}},
		{"round", transform.OpRound{Radii: [4]float64{200, 200, 200, 200}}},
		{"round-ellipse", transform.OpRound{Ellipse: true}},
		{"border", transform.OpBorder{Width: 20, Color: benchBlue}},
		{"perspective", transform.OpPerspective{Quad: [4]transform.Point{{X: 100, Y: 50}, {X: w - 200, Y: 0}, {X: w, Y: h}, {X: 0, Y: h - 300}}, Width: w, Height: h}},
		{"arc-180", transform.OpArc{Degrees: 180, Width: 2761, Height: 1381, CX: 1380.5, CY: 1380.5}},
	}
	for _, blend := range []transform.Blend{transform.Over, transform.Under, transform.Multiply, transform.Screen, transform.Overlay,
		transform.Mask, transform.CutIn, transform.CutOut, transform.Displace} {
		all = append(all, benchOp{"layer-" + string(blend), transform.OpComposite{Layer: layer, X: 200, Y: 200, Blend: blend, DX: 20, DY: 20}})
	}
	return append(all, benchOp{"layer-tiled", transform.OpComposite{Layer: layer, Blend: transform.Over, Tile: true}})
}

func benchTones() []benchOp {
	curve := bentCurve(0.7)
	sepia := [4][5]float64{{0.393, 0.769, 0.189}, {0.349, 0.686, 0.168}, {0.272, 0.534, 0.131}, {0, 0, 0, 1}}
	grey := [3][4]float64{{0.2, 0.7, 0.1}, {0.2, 0.7, 0.1}, {0.2, 0.7, 0.1}}
	thresholds := make([]int, 64)
	for i := range thresholds {
		thresholds[i] = i * 37 % 64 * 4
	}
	return []benchOp{
		{"opacity", transform.OpOpacity{Factor: 0.5}},
		{"flatten", transform.OpFlatten{Color: transform.White}},
		{"matrix", transform.OpMatrix{M: grey}},
		{"sigmoid", transform.OpSigmoid{Slope: 5}},
		{"recolor", transform.OpRecolor{M: sepia}},
		{"curve", transform.OpCurve{R: curve, G: curve, B: curve}},
		{"curve-luma", transform.OpCurve{R: curve, G: curve, B: curve, Luma: true}},
		{"vibrance", transform.OpVibrance{Amount: 1}},
		{"levels-contrast", transform.OpLevels{Mode: transform.LevelsContrast, Clip: 0.01}},
		{"levels-channels", transform.OpLevels{Mode: transform.LevelsChannels, Clip: 0.01}},
		{"levels-equalize", transform.OpLevels{Mode: transform.LevelsEqualize}},
		{"replace-color", transform.OpReplaceColor{From: &transform.Color{R: 150, G: 120, B: 90, A: 255}, To: benchBlue, Tolerance: 60}},
		{"replace-prominent", transform.OpReplaceColor{To: benchBlue, Tolerance: 60}},
		{"key-out", transform.OpKeyOut{Tolerance: 0.2}},
		{"key-out-connected", transform.OpKeyOut{Tolerance: 0.2, Connected: true}},
		{"quantize-64", transform.OpQuantize{Colors: 64}},
		{"quantize-256", transform.OpQuantize{Colors: 256}},
		{"dither", transform.OpDither{Width: 8, Thresholds: thresholds}},
		{"noise", transform.OpNoise{Amount: 0.1}},
		{"red-eye", transform.OpRedEye{}},
		{"hatch", transform.OpHatch{Amount: 0.5}},
		{"lut", transform.OpLUT{Source: 1}},
		{"mix", transform.OpMix{Ops: transform.Ops{transform.OpCurve{R: curve}}, Amount: 0.5}},
	}
}

func benchFilters() []benchOp {
	morph := func(m transform.MorphMethod, k transform.Kernel, radius float64, times int) transform.Op {
		return transform.OpMorph{Method: m, Kernel: k, Radius: radius, Iterations: times}
	}
	all := []benchOp{
		{"blur-2", transform.OpBlur{Sigma: 2}},
		{"blur-11", transform.OpBlur{Sigma: 11}},
		{"blur-40", transform.OpBlur{Sigma: 40}},
		{"blur-1000", transform.OpBlur{Sigma: 1000}},
		{"sharpen-1", transform.OpSharpen{Sigma: 1, Amount: 1}},
		{"sharpen-11", transform.OpSharpen{Sigma: 11, Amount: 1, Threshold: 0.1}},
		{"sharpen-1000", transform.OpSharpen{Sigma: 1000, Amount: 1}},
		{"pixelate-2", transform.OpPixelate{Size: 2}},
		{"pixelate-200", transform.OpPixelate{Size: 200}},
		{"vignette", transform.OpVignette{Amount: 0.5}},
		{"oil-paint-3", transform.OpOilPaint{Radius: 3, Levels: 20}},
		{"oil-paint-8", transform.OpOilPaint{Radius: 8, Levels: 20}},
		{"oil-paint-16", transform.OpOilPaint{Radius: 16, Levels: 64}},
		{"ink", transform.OpInk{Amount: 1}},
		{"shadow-12", transform.OpShadow{X: 10, Y: 10, Sigma: 12, Color: benchBlue}},
		{"shadow-200", transform.OpShadow{X: 10, Y: 10, Sigma: 200, Color: benchBlue}},
		{"gradient", transform.OpGradient{Degrees: 30, From: benchBlue, Length: 800}},
		{"fade", transform.OpFade{Top: 100, Right: 100, Bottom: 100, Left: 100, Power: 1}},
		{"corners", transform.OpCorners{RX: [4]float64{200, 200, 200, 200}, RY: [4]float64{300, 300, 300, 300}}},
	}
	for _, m := range []transform.OutlineMode{transform.OutlineOuter, transform.OutlineInner, transform.OutlineInnerFill, transform.OutlineFill} {
		all = append(all, benchOp{"outline-" + string(m) + "-5", transform.OpOutline{Mode: m, Width: 5, Color: benchBlue}},
			benchOp{"outline-" + string(m) + "-200", transform.OpOutline{Mode: m, Width: 200, Blur: 200, Color: benchBlue}})
	}
	for _, m := range []transform.MorphMethod{transform.Dilate, transform.Mean, transform.Median} {
		all = append(all, benchOp{fmt.Sprintf("%s-disk-2", m), morph(m, transform.Disk, 2, 1)},
			benchOp{fmt.Sprintf("%s-disk-2x20", m), morph(m, transform.Disk, 2, 20)},
			benchOp{fmt.Sprintf("%s-square-5", m), morph(m, transform.Square, 5, 1)},
			benchOp{fmt.Sprintf("%s-disk-50", m), morph(m, transform.Disk, 50, 1)})
		for _, k := range allKernels {
			all = append(all, benchOp{fmt.Sprintf("%s-%s-50x20", m, k), morph(m, k, 50, 20)})
		}
	}
	return all
}

// BenchmarkOps is what an operation adds to a picture of 3 megapixels that is
// decoded already. The processor time counts; the clock of a shared machine
// does not.
func BenchmarkOps(b *testing.B) {
	im := photograph(benchWidth, benchHeight)
	cube := cubeOf(33, "", func(r, g, b float64) [3]float64 { return [3]float64{b, r, g} })
	st := &stock{sources: []*source{nil, {loader: loader{format: formatLUT}, data: []byte(cube)}}}
	for _, family := range []struct {
		name string
		ops  []benchOp
	}{{"geometry", benchGeometry()}, {"tone", benchTones()}, {"filter", benchFilters()}} {
		for _, c := range family.ops {
			b.Run(family.name+"/"+c.name, func(b *testing.B) {
				var base vips.Scope
				defer base.Close()
				from, err := base.Memory(vipsImage(b, &base, im))
				must(b, err)
				start := ownTime(b)
				for b.Loop() {
					var s vips.Scope
					p := &picture{scope: &s, src: &source{loader: loader{format: "png"}}, stock: st, im: from, pages: 1, random: true}
					must(b, p.do(c.op))
					_, err := s.Memory(p.im)
					must(b, err)
					s.Close()
				}
				b.ReportMetric(float64((ownTime(b)-start).Microseconds())/1000/float64(b.N), "cpu-ms/op")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}

// ownTime is the processor time of this process up to now.
func ownTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	must(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
