// Package bench measures the real server beside a reference that runs in the
// same minutes on the same machine: libvips alone for renditions, nginx for
// what is in the cache. Figures are CPU time, which a busy machine disturbs
// least, and ratios. `make bench` runs it; the output is in Go's benchmark
// format, followed by a table.
package bench

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tintype/internal/console/sample"
	"tintype/test/harness"
)

// job is one of the four jobs of docs/benchmarks.md.
type job struct {
	name, says string // name is also what the floor calls it
	file       string
	url        string // of the rendition; %s is the name of the source
}

var jobs = []job{
	{"scale800", "24 MP JPEG to 800 px wide JPEG q80", "large.jpg", "/demo/image/upload/c_limit,w_800/q_80/%s.jpg"},
	{"fill400", "2.9 MP JPEG to 400x400 fill, WebP q80", "medium.jpg", "/demo/image/upload/c_fill,h_400,w_400/q_80/%s.webp"},
	{"avif800", "2.9 MP JPEG to 800 px wide AVIF, effort 0", "medium.jpg", "/demo/image/upload/c_limit,w_800/q_80/%s.avif"},
	{"png300", "3.1 MP RGBA PNG to 300 px wide WebP q80", "alpha.png", "/demo/image/upload/c_limit,w_300/q_80/%s.webp"},
}

// table is printed at the end. A benchmark runs again with a larger b.N: its
// last row counts.
var table []tableRow

type tableRow struct{ key, text string }

func TestMain(m *testing.M) {
	code := m.Run()
	if len(table) > 0 {
		fmt.Println()
		for _, r := range table {
			fmt.Println(r.text)
		}
	}
	os.Exit(code)
}

func row(key, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if i := slices.IndexFunc(table, func(r tableRow) bool { return r.key == key }); i >= 0 {
		table[i].text = text
		return
	}
	table = append(table, tableRow{key, text})
}

// BenchmarkCold asks for renditions that nobody has asked for before, one at
// a time, and runs libvips' floor for the same job between the rounds. Run it
// with -benchtime=Nx: N requests in each of five rounds.
func BenchmarkCold(b *testing.B) {
	media := paint(b)
	floor := buildFloor(b)
	row("cold head", "| job | floor CPU ms | Tintype CPU ms | ratio | floor peak MiB | Tintype peak MiB | bytes, Tintype/floor |")
	row("cold line", "| --- | --- | --- | --- | --- | --- | --- |")
	for _, j := range jobs {
		b.Run(j.name, func(b *testing.B) { cold(b, j, filepath.Join(media, j.file), floor) })
	}
}

const rounds = 5

func cold(b *testing.B, j job, file, floor string) {
	content, err := os.ReadFile(file)
	if err != nil {
		b.Fatal(err)
	}
	server := harness.Start(b, harness.Options{Args: []string{"--workers", "1"}})
	name := func(round, i int) string { return fmt.Sprintf("%s-%d-%d", j.name, round, i) }
	for round := range rounds {
		for i := range b.N {
			server.MustUpload(b, "image", j.file, content, map[string]string{"public_id": name(round, i)})
		}
	}
	server.MustUpload(b, "image", j.file, content, map[string]string{"public_id": "warm"})
	server.Get(b, fmt.Sprintf(j.url, "warm"))

	var own, reference []float64
	var floorPeak float64
	var size, floorSize int
	b.ResetTimer()
	for round := range rounds {
		f := runFloor(b, floor, j.name, file, b.N)
		reference, floorPeak, floorSize = append(reference, f.cpu), max(floorPeak, f.peak), f.size
		before := treeCPU(b, server.PID())
		for i := range b.N {
			status, header, body := server.Get(b, fmt.Sprintf(j.url, name(round, i)))
			if status != 200 {
				b.Fatalf("%d %s", status, header.Get("X-Cld-Error"))
			}
			size = len(body)
		}
		own = append(own, (treeCPU(b, server.PID())-before)*1000/float64(b.N))
	}
	b.StopTimer()
	peak := treePeak(b, server.PID())
	cpu, ref := median(own), median(reference)
	b.ReportMetric(cpu, "cpu-ms/req")
	b.ReportMetric(ref, "floor-cpu-ms/req")
	b.ReportMetric(cpu/ref, "ratio")
	b.ReportMetric(peak, "peak-MiB")
	row(j.name, "| %s | %.1f | %.1f | %.2f | %.0f | %.0f | %.2f |", j.says, ref, cpu, cpu/ref, floorPeak, peak, float64(size)/float64(floorSize))
}

type floorRun struct {
	cpu, peak float64 // milliseconds per job, MiB
	size      int     // bytes of one result
}

func runFloor(b *testing.B, floor, job, file string, count int) floorRun {
	b.Helper()
	out, err := exec.Command(floor, job, file, fmt.Sprint(count)).CombinedOutput()
	if err != nil {
		b.Fatalf("floor: %v\n%s", err, out)
	}
	var r floorRun
	if _, err := fmt.Sscan(string(out), &r.cpu, &r.peak, &r.size); err != nil {
		b.Fatalf("floor printed %q: %v", out, err)
	}
	return r
}

func buildFloor(b *testing.B) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "floor")
	flags, err := exec.Command("pkg-config", "--cflags", "--libs", "vips").Output()
	if err != nil {
		b.Fatal(err)
	}
	args := append([]string{"-O2", "floor/floor.c", "-o", path}, strings.Fields(string(flags))...)
	if out, err := exec.Command("cc", args...).CombinedOutput(); err != nil {
		b.Fatalf("cc: %v\n%s", err, out)
	}
	return path
}

// paint makes the sources, or takes them from the folder that TINTYPE_BENCH_MEDIA names.
func paint(b *testing.B) string {
	b.Helper()
	if dir := os.Getenv("TINTYPE_BENCH_MEDIA"); dir != "" {
		return dir
	}
	dir := b.TempDir()
	large, err := sample.JPEG(sample.Mountains(5450, 4450), 90)
	if err != nil {
		b.Fatal(err)
	}
	medium, err := sample.JPEG(sample.Mountains(1900, 1551), 90)
	if err != nil {
		b.Fatal(err)
	}
	alpha, err := sample.PNG(sample.Badge(1760))
	if err != nil {
		b.Fatal(err)
	}
	for name, data := range map[string][]byte{"large.jpg": large, "medium.jpg": medium, "alpha.png": alpha} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			b.Fatal(err)
		}
	}
	return dir
}

// BenchmarkHit asks for one stored file over and over with wrk, in turn with
// nginx serving the same bytes. CPU microseconds per request, median of five rounds.
func BenchmarkHit(b *testing.B) {
	row("hit head", "\n| bytes | nginx CPU us | Tintype CPU us | nginx / Tintype |")
	row("hit line", "| --- | --- | --- | --- |")
	for _, size := range []int{20_000, 200_000} {
		b.Run(fmt.Sprintf("%dkB", size/1000), func(b *testing.B) { hit(b, size) })
	}
}

func hit(b *testing.B, size int) {
	server := harness.Start(b, harness.Options{})
	content := bytes.Repeat([]byte("tintype "), size/8)
	server.MustUpload(b, "raw", "hit.bin", content, map[string]string{"public_id": "hit.bin"})
	nginx := startNginx(b, content)
	own, reference := server.URL+"/demo/raw/upload/hit.bin", nginx.url+"/hit.bin"
	wrk(b, own)
	wrk(b, reference)
	var ownCPU, referenceCPU []float64
	b.ResetTimer()
	for range rounds {
		before := treeCPU(b, nginx.pid)
		n := wrk(b, reference)
		referenceCPU = append(referenceCPU, (treeCPU(b, nginx.pid)-before)*1e6/float64(n))
		before = treeCPU(b, server.PID())
		n = wrk(b, own)
		ownCPU = append(ownCPU, (treeCPU(b, server.PID())-before)*1e6/float64(n))
	}
	b.StopTimer()
	cpu, ref := median(ownCPU), median(referenceCPU)
	b.ReportMetric(cpu, "cpu-us/req")
	b.ReportMetric(ref, "nginx-cpu-us/req")
	b.ReportMetric(ref/cpu, "ratio")
	row(fmt.Sprint("hit ", size), "| %d | %.1f | %.1f | %.2f |", size, ref, cpu, ref/cpu)
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
