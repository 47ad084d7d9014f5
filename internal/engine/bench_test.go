package engine

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tintype/internal/engine/vips"
	"tintype/internal/transform"
)

// benchJob is one of the jobs by which engines are compared: a large JPEG
// reduced, a cover crop as WebP, AVIF, and a PNG with alpha.
type benchJob struct {
	name   string
	format string
	src    func(testing.TB) []byte
	plan   func(testing.TB) transform.Plan
}

var benchJobs = []benchJob{
	{"jpeg24MP-800-jpeg", "jpeg",
		func(t testing.TB) []byte {
			return file(t, photograph(5450, 4450), "jpegsave_buffer", vips.Args{"Q": 90})
		},
		func(t testing.TB) transform.Plan {
			return planFor(t, transform.PlanInput{Width: 5450, Height: 4450}, transform.PlanOutput{Format: "jpeg"}, transform.OpResize{Width: 800, Height: 653})
		}},
	{"jpeg3MP-400x400-webp", "jpeg",
		func(t testing.TB) []byte {
			return file(t, photograph(1900, 1551), "jpegsave_buffer", vips.Args{"Q": 90})
		},
		func(t testing.TB) transform.Plan {
			return planFor(t, transform.PlanInput{Width: 1900, Height: 1551}, transform.PlanOutput{Format: "webp"},
				transform.OpResize{Width: 490, Height: 400}, transform.OpExtract{X: 45, Width: 400, Height: 400})
		}},
	{"jpeg3MP-800-avif", "jpeg",
		func(t testing.TB) []byte {
			return file(t, photograph(1900, 1551), "jpegsave_buffer", vips.Args{"Q": 90})
		},
		func(t testing.TB) transform.Plan {
			return planFor(t, transform.PlanInput{Width: 1900, Height: 1551}, transform.PlanOutput{Format: "avif"}, transform.OpResize{Width: 800, Height: 653})
		}},
	{"png3MP-300-webp", "png",
		func(t testing.TB) []byte {
			im := photograph(2048, 1536)
			for i := 3; i < len(im.Pix); i += 4 {
				im.Pix[i] = byte(i / 4 % 2048 / 8)
			}
			return file(t, im, "pngsave_buffer", nil)
		},
		func(t testing.TB) transform.Plan {
			return planFor(t, transform.PlanInput{Width: 2048, Height: 1536}, transform.PlanOutput{Format: "webp"}, transform.OpResize{Width: 300, Height: 225})
		}},
}

// floor does the same work with nothing but the calls of the library.
func floor(src vips.Foreign, plan transform.Plan) error {
	var s vips.Scope
	defer s.Close()
	to := plan.Ops[0].(transform.OpResize)
	im, err := s.Make("thumbnail_buffer", vips.Args{"buffer": src, "width": to.Width, "height": to.Height, "size": "force"})
	if err != nil {
		return err
	}
	for _, op := range plan.Ops[1:] {
		cut := op.(transform.OpExtract)
		if im, err = s.Make("extract_area", vips.Args{"input": im, "left": cut.X, "top": cut.Y, "width": cut.Width, "height": cut.Height}); err != nil {
			return err
		}
	}
	saver, err := saverFor(plan.Output.Format)
	if err != nil {
		return err
	}
	args := saveArgs(saver.op, plan.Output)
	args["in"] = im
	_, err = s.Call(saver.op, args)
	return err
}

// BenchmarkRender compares a plan through the pool ("worker") and in this
// process ("inside") with the library's own calls ("floor"), taking turns, so
// that what else the machine does hits all alike. The processor time counts;
// the clock on a shared machine does not.
func BenchmarkRender(b *testing.B) {
	for _, j := range benchJobs {
		b.Run(j.name, func(b *testing.B) {
			file, plan := j.src(b), j.plan(b)
			src, onDisk := mapped(b, j.format, file), asFile(b, file)
			p := newPool(b, nil)
			mustRender(b, p)
			s, err := p.acquire(b.Context())
			must(b, err)
			pid := s.proc.pid()
			p.release(s)
			ways := []struct {
				name string
				run  func() error
				pids []int
			}{
				{"floor", func() error { return floor(src.data, plan) }, []int{os.Getpid()}},
				{"inside", func() error { return inside(src, plan) }, []int{os.Getpid()}},
				{"worker", func() error {
					var out bytes.Buffer
					return p.Render(b.Context(), []Source{onDisk}, []Output{{Plan: plan, W: &out}})
				}, []int{os.Getpid(), pid}},
			}
			spent := make([]time.Duration, len(ways))
			for i := 0; b.Loop(); i++ {
				for w := range ways {
					way := ways[(w+i)%len(ways)]
					must(b, way.run()) // its memory is warm again
					start := processorTime(b, way.pids)
					for range inRow {
						must(b, way.run())
					}
					spent[(w+i)%len(ways)] += processorTime(b, way.pids) - start
				}
			}
			for i, way := range ways {
				b.ReportMetric(float64(spent[i].Microseconds())/1000/float64(b.N*inRow), way.name+"-cpu-ms/op")
			}
			b.ReportMetric(float64(spent[2])/float64(spent[1]), "worker/inside")
			b.ReportMetric(float64(spent[2])/float64(spent[0]), "worker/floor")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// inRow is how often a way runs at each of its turns.
const inRow = 5

// inside carries a plan out in this process.
func inside(src *source, plan transform.Plan) error {
	var s vips.Scope
	defer s.Close()
	p, err := render(&s, src, plan)
	if err != nil {
		return err
	}
	_, err = p.encode(plan.Output)
	return err
}

// asFile is a source on disk, as a store has it.
func asFile(t testing.TB, content []byte) Filer {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "source"))
	must(t, err)
	t.Cleanup(func() { f.Close() })
	_, err = f.Write(content)
	must(t, err)
	return filer{f, int64(len(content))}
}

// processorTime is what the processes, with all their threads, have used up to now.
func processorTime(b *testing.B, pids []int) (total time.Duration) {
	b.Helper()
	for _, pid := range pids {
		var ts unix.Timespec
		// The clock of another process, as clock_getcpuclockid computes it.
		if err := unix.ClockGettime(int32(^pid<<3|2), &ts); err != nil {
			b.Skip("needs the processor clock of another process:", err)
		}
		total += time.Duration(ts.Nano())
	}
	return total
}
