package e2e

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"tintype/internal/console/sample"
	"tintype/test/harness"
)

// An upload that was answered 200 is there, byte for byte, whatever happened
// to the process afterwards; one that was not answered is whole or absent, and
// one that was refused for being too much at once is absent.
func TestKillDuringUploadsLosesNothing(t *testing.T) {
	const rounds, inFlight = 20, 50
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	data := t.TempDir()
	pictures := smallPictures(t)

	acknowledged, unknown, refused := map[string][]byte{}, map[string][]byte{}, map[string]bool{}
	batch := 600 * time.Millisecond // how long the uploads of a round take; measured below
	killed := 0
	for round := range rounds {
		server := harness.Start(t, harness.Options{Data: data})
		verifyUploads(t, server, acknowledged, unknown, refused)
		clear(unknown)
		moment := time.Duration(random.Int64N(int64(batch)))
		kill := time.AfterFunc(moment, server.Kill)
		began := time.Now()
		answers := uploadBatch(server, round, inFlight, pictures, random.Uint64())
		if kill.Stop() {
			batch = max(time.Since(began), 50*time.Millisecond) // all were answered: the next moment falls inside
			server.Kill()
		}
		for _, a := range answers {
			switch a.status {
			case http.StatusOK:
				acknowledged[a.path] = a.content
			case http.StatusTooManyRequests, http.StatusServiceUnavailable:
				refused[a.path] = true
			case 0:
				unknown[a.path] = a.content
				killed++
			default:
				t.Errorf("%s was answered %d", a.path, a.status)
			}
		}
		verifyBlobs(t, data)
		if t.Failed() {
			return
		}
	}
	server := harness.Start(t, harness.Options{Data: data})
	verifyUploads(t, server, acknowledged, unknown, refused)
	t.Logf("%d uploads acknowledged, %d cut off, %d refused", len(acknowledged), killed, len(refused))
	if len(acknowledged) == 0 || killed == 0 {
		t.Errorf("%d acknowledged and %d cut off: the kills did not fall among the uploads", len(acknowledged), killed)
	}
}

type uploadAnswer struct {
	path    string // below the server's root, of the original
	content []byte
	status  int // 0: there was no whole answer
}

func uploadBatch(s *harness.Server, round, n int, pictures [][]byte, seed uint64) []uploadAnswer {
	answers := make([]uploadAnswer, n)
	var group sync.WaitGroup
	for i := range answers {
		group.Go(func() {
			random := rand.New(rand.NewPCG(seed, uint64(i)))
			name := fmt.Sprintf("crash/%d-%d", round, i)
			kind, ext := "raw", ".bin"
			content := make([]byte, 1+random.IntN(300_000))
			for j := range content {
				content[j] = byte(random.Uint32())
			}
			if i%5 == 0 {
				// Bytes after a PNG's end belong to nobody: every picture is a file of its own.
				kind, ext = "image", ".png"
				content = append(bytes.Clone(pictures[random.IntN(len(pictures))]), content[:min(16, len(content))]...)
			}
			a := uploadAnswer{path: "/demo/" + kind + "/upload/" + name + ext, content: content}
			if kind == "raw" {
				name += ext
			}
			status, body, err := s.Upload(kind, "file"+ext, content, map[string]string{"public_id": name})
			if err == nil && json.Valid(body) {
				a.status = status
			}
			answers[i] = a
		})
	}
	group.Wait()
	return answers
}

func verifyUploads(t *testing.T, s *harness.Server, acknowledged, unknown map[string][]byte, refused map[string]bool) {
	t.Helper()
	for path, content := range acknowledged {
		status, _, body := s.Get(t, path)
		if status != http.StatusOK || !bytes.Equal(body, content) {
			t.Errorf("%s was acknowledged with %d bytes and is now %d with %d bytes", path, len(content), status, len(body))
		}
	}
	for path, content := range unknown {
		status, _, body := s.Get(t, path)
		if status != http.StatusNotFound && (status != http.StatusOK || !bytes.Equal(body, content)) {
			t.Errorf("%s was cut off and is now %d with %d of %d bytes", path, status, len(body), len(content))
		}
	}
	for path := range refused {
		if status, _, _ := s.Get(t, path); status != http.StatusNotFound {
			t.Errorf("%s was refused and is now %d", path, status)
		}
	}
}

// verifyBlobs checks that every stored original is what its name says.
func verifyBlobs(t *testing.T, data string) {
	t.Helper()
	root := filepath.Join(data, "blobs")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.Contains(path, string(filepath.Separator)+"original"+string(filepath.Separator)) {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(content)
		if hex.EncodeToString(sum[:]) != d.Name() {
			t.Errorf("the blob %s holds other bytes than its name says", d.Name())
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func smallPictures(t *testing.T) [][]byte {
	t.Helper()
	var pictures [][]byte
	for _, size := range []int{24, 40, 64} {
		data, err := sample.PNG(sample.Badge(size))
		if err != nil {
			t.Fatal(err)
		}
		pictures = append(pictures, data)
	}
	return pictures
}
