package bench

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"tintype/internal/console/sample"
	"tintype/test/harness"
)

const (
	uploadBytes   = 3 << 20
	uploadsAtOnce = 32
	uploadRounds  = 5
	uploadsARound = 128
)

// BenchmarkUpload sends signed uploads of photos of 3 MB, 32 at a time, and
// between the rounds writes the same bytes with dd, each file synced, as many
// at a time.
func BenchmarkUpload(b *testing.B) {
	photo := heavyPhoto(b)
	dir := b.TempDir()
	server := harness.Start(b, harness.Options{Data: filepath.Join(dir, "data")})
	pid := server.PID()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: uploadsAtOnce}}
	var ours, theirs, cpu []float64
	files := 0
	for b.Loop() {
		for range uploadRounds {
			before, began := treeCPU(b, pid), time.Now()
			atOnce(uploadsARound, func(i int) {
				r, err := server.UploadRequest("image", "a.jpg", unlike(photo, files+i), map[string]string{"public_id": fmt.Sprint("a", files+i)})
				if err != nil {
					b.Error(err)
					return
				}
				answer, err := client.Do(r)
				if err != nil {
					b.Error(err)
					return
				}
				answer.Body.Close()
				if answer.StatusCode != http.StatusOK {
					b.Errorf("upload: %d", answer.StatusCode)
				}
			})
			ours = append(ours, uploadsARound/time.Since(began).Seconds())
			cpu = append(cpu, 1000*(treeCPU(b, pid)-before)/uploadsARound)
			files += uploadsARound
			theirs = append(theirs, ddRound(b, dir, photo))
		}
	}
	peak := treePeak(b, pid)
	b.ReportMetric(median(ours), "uploads/s")
	b.ReportMetric(median(theirs), "dd-files/s")
	b.ReportMetric(median(ours)/median(theirs), "of-dd")
	b.ReportMetric(median(cpu), "cpu-ms/upload")
	b.ReportMetric(peak, "peak-MiB")
	row("upload head", "| uploads/s | files/s by dd | ratio | CPU ms/upload | peak MiB | MiB/upload under way |")
	row("upload line", "| --- | --- | --- | --- | --- | --- |")
	row("upload", "| %.1f | %.1f | %.2f | %.1f | %.0f | %.1f |",
		median(ours), median(theirs), median(ours)/median(theirs), median(cpu), peak, peak/uploadsAtOnce)
}

// atOnce calls fn for 0 to n-1, uploadsAtOnce at a time.
func atOnce(n int, fn func(i int)) {
	next := make(chan int)
	var wg sync.WaitGroup
	for range uploadsAtOnce {
		wg.Go(func() {
			for i := range next {
				fn(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}

// ddRound is how many files of the photo's bytes dd writes and syncs a second.
func ddRound(b *testing.B, dir string, photo []byte) float64 {
	b.Helper()
	source := filepath.Join(dir, "source.jpg")
	if err := os.WriteFile(source, photo, 0o600); err != nil {
		b.Fatal(err)
	}
	out := filepath.Join(dir, "dd")
	if err := os.MkdirAll(out, 0o700); err != nil {
		b.Fatal(err)
	}
	defer os.RemoveAll(out)
	began := time.Now()
	atOnce(uploadsARound, func(i int) {
		cmd := exec.Command("dd", "if="+source, "of="+filepath.Join(out, fmt.Sprint(i)), "bs=1M", "conv=fsync", "status=none")
		if text, err := cmd.CombinedOutput(); err != nil {
			b.Errorf("dd: %v %s", err, text)
		}
	})
	return uploadsARound / time.Since(began).Seconds()
}

// heavyPhoto is a JPEG of 3 MB: what a camera's file weighs is partly behind
// the picture, and so is the rest of this one.
func heavyPhoto(b *testing.B) []byte {
	b.Helper()
	if dir := os.Getenv("TINTYPE_BENCH_MEDIA"); dir != "" {
		photo, err := os.ReadFile(filepath.Join(dir, "upload.jpg"))
		if err == nil {
			return photo
		}
	}
	photo, err := sample.JPEG(sample.Mountains(2600, 1950), 92)
	if err != nil {
		b.Fatal(err)
	}
	return append(photo, make([]byte, max(0, uploadBytes-len(photo)))...)
}

// unlike is the photo with other bytes at its end, so that no upload finds its
// bytes in the storage.
func unlike(photo []byte, n int) []byte {
	return binary.BigEndian.AppendUint64(bytes.Clone(photo), uint64(n)+1)
}
