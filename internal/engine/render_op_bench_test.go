package engine

import (
	"syscall"
	"testing"
	"time"

	"tintype/internal/engine/vips"
	"tintype/internal/transform"
)

// benchOps are the operations with numbers as they are usual.
func benchOps() []struct {
	name string
	op   transform.Op
} {
	blue := transform.Color{R: 20, G: 40, B: 230, A: 255}
	curve := bentCurve(0.7)
	sepia := [4][5]float64{{0.393, 0.769, 0.189}, {0.349, 0.686, 0.168}, {0.272, 0.534, 0.131}, {0, 0, 0, 1}}
	thresholds := make([]int, 64)
	for i := range thresholds {
		thresholds[i] = i * 37 % 64 * 4
	}
	return []struct {
		name string
		op   transform.Op
	}{
		{"recolor", transform.OpRecolor{M: sepia}},
		{"curve", transform.OpCurve{R: curve, G: curve, B: curve}},
		{"curve-luma", transform.OpCurve{R: curve, G: curve, B: curve, Luma: true}},
		{"vibrance", transform.OpVibrance{Amount: 1}},
		{"levels-contrast", transform.OpLevels{Mode: transform.LevelsContrast, Clip: 0.01}},
		{"levels-channels", transform.OpLevels{Mode: transform.LevelsChannels, Clip: 0.01}},
		{"levels-equalize", transform.OpLevels{Mode: transform.LevelsEqualize}},
		{"replace-color", transform.OpReplaceColor{From: &transform.Color{R: 150, G: 120, B: 90, A: 255}, To: blue, Tolerance: 60}},
		{"replace-prominent", transform.OpReplaceColor{To: blue, Tolerance: 60}},
		{"key-out", transform.OpKeyOut{Tolerance: 0.2}},
		{"key-out-connected", transform.OpKeyOut{Tolerance: 0.2, Connected: true}},
		{"quantize-64", transform.OpQuantize{Colors: 64}},
		{"quantize-256", transform.OpQuantize{Colors: 256}},
		{"dither", transform.OpDither{Width: 8, Thresholds: thresholds}},
		{"noise", transform.OpNoise{Amount: 0.1}},
		{"red-eye", transform.OpRedEye{}},
		{"hatch", transform.OpHatch{Amount: 0.5}},
		{"mix", transform.OpMix{Ops: transform.Ops{transform.OpCurve{R: curve}}, Amount: 0.5}},
		{"pixelate", transform.OpPixelate{Size: 12}},
		{"vignette", transform.OpVignette{Amount: 0.5}},
		{"erode-disk-5", transform.OpMorph{Method: transform.Erode, Kernel: transform.Disk, Radius: 5, Iterations: 1}},
		{"dilate-square-5", transform.OpMorph{Method: transform.Dilate, Kernel: transform.Square, Radius: 5, Iterations: 1}},
		{"mean-disk-5", transform.OpMorph{Method: transform.Mean, Kernel: transform.Disk, Radius: 5, Iterations: 1}},
		{"median-disk-2", transform.OpMorph{Method: transform.Median, Kernel: transform.Disk, Radius: 2, Iterations: 1}},
		{"median-square-5", transform.OpMorph{Method: transform.Median, Kernel: transform.Square, Radius: 5, Iterations: 1}},
		{"oil-paint-4", transform.OpOilPaint{Radius: 4, Levels: 20}},
		{"oil-paint-16", transform.OpOilPaint{Radius: 16, Levels: 64}},
		{"ink", transform.OpInk{Amount: 1}},
		{"outline-10", transform.OpOutline{Mode: transform.OutlineOuter, Width: 10, Blur: 2, Color: blue}},
		{"outline-inner-40", transform.OpOutline{Mode: transform.OutlineInner, Width: 40, Blur: 5, Color: blue}},
		{"shadow", transform.OpShadow{X: 10, Y: 10, Sigma: 12, Color: blue}},
		{"gradient", transform.OpGradient{Degrees: 30, From: blue, Length: 800}},
		{"fade", transform.OpFade{Top: 100, Right: 100, Bottom: 100, Left: 100, Power: 1}},
		{"corners", transform.OpCorners{RX: [4]float64{200, 200, 200, 200}, RY: [4]float64{300, 300, 300, 300}}},
		{"erode-disk-50", transform.OpMorph{Method: transform.Erode, Kernel: transform.Disk, Radius: 50, Iterations: 1}},
		{"mean-disk-50", transform.OpMorph{Method: transform.Mean, Kernel: transform.Disk, Radius: 50, Iterations: 1}},
		{"median-disk-50", transform.OpMorph{Method: transform.Median, Kernel: transform.Disk, Radius: 50, Iterations: 1}},
	}
}

// BenchmarkOps is what an operation adds to a picture of 3 megapixels that is
// decoded already. The processor time counts; the clock of a shared machine
// does not.
func BenchmarkOps(b *testing.B) {
	im := photograph(1900, 1551)
	for _, c := range benchOps() {
		b.Run(c.name, func(b *testing.B) {
			var base vips.Scope
			defer base.Close()
			from, err := base.Memory(vipsImage(b, &base, im))
			must(b, err)
			start := ownTime(b)
			for b.Loop() {
				var s vips.Scope
				p := &picture{scope: &s, src: &source{loader: loader{format: "png"}}, im: from, pages: 1, random: true}
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

// ownTime is the processor time of this process up to now.
func ownTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	must(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
