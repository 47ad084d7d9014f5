package e2e

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path/filepath"
	"testing"

	"tintype/test/harness"
)

const chunkSize = 5 << 20

// sendChunk sends the n-th part of a file and returns the decoded answer.
func sendChunk(t *testing.T, s *harness.Server, uploadID, name string, file []byte, n int) (status int, answer map[string]any) {
	t.Helper()
	first := n * chunkSize
	end := min(first+chunkSize, len(file))
	r, err := s.UploadRequest("raw", "file.bin", file[first:end], map[string]string{"public_id": name})
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Unique-Upload-Id", uploadID)
	r.Header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", first, end-1, len(file)))
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		t.Fatalf("%d %s", resp.StatusCode, body)
	}
	return resp.StatusCode, answer
}

// An upload in parts goes on after the server was killed between any two of
// them, and after it was killed while one was on its way.
func TestChunkedUploadGoesOnAfterKill(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	file := make([]byte, 3*chunkSize+12345)
	rand.Read(file)
	for n := range 4 {
		s := harness.Start(t, harness.Options{Data: data})
		if n > 0 { // a part that dies with the server
			cut(t, s, file, n)
			s.Kill()
			s = harness.Start(t, harness.Options{Data: data})
		}
		status, answer := sendChunk(t, s, "one", "crash/parts.bin", file, n)
		if status != http.StatusOK || answer["done"] != (n == 3) {
			t.Fatalf("part %d: %d %v", n, status, answer)
		}
		if n < 3 && answer["bytes"] != float64((n+1)*chunkSize) {
			t.Errorf("after part %d there are %v bytes", n, answer["bytes"])
		}
		s.Kill()
	}
	s := harness.Start(t, harness.Options{Data: data})
	status, _, body := s.Get(t, "/demo/raw/upload/crash/parts.bin")
	if status != http.StatusOK || !bytes.Equal(body, file) {
		t.Errorf("it is %d with %d bytes of %d", status, len(body), len(file))
	}
	// The answer to the last part was lost with the server: asked again, it is the same asset.
	status, answer := sendChunk(t, s, "one", "crash/parts.bin", file, 3)
	if status != http.StatusOK || answer["done"] != true || answer["bytes"] != float64(len(file)) {
		t.Errorf("again: %d %v", status, answer)
	}
	verifyBlobs(t, data)
	staged := 0
	err := filepath.WalkDir(filepath.Join(data, "blobs", "tmp"), func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			staged++
		}
		return err
	})
	if err != nil || staged > 3 { // one for each part that was cut; swept after an hour
		t.Errorf("%d staged files are left, %v", staged, err)
	}
}

// cut sends half of a part, and returns while the server waits for the rest.
func cut(t *testing.T, s *harness.Server, file []byte, n int) {
	t.Helper()
	first := n * chunkSize
	end := min(first+chunkSize, len(file))
	r, err := s.UploadRequest("raw", "file.bin", file[first:end], nil)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	reached, hang := make(chan struct{}), make(chan struct{})
	t.Cleanup(func() { close(hang) })
	r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(whole[:len(whole)/2]), waiter{reached, hang}))
	r.GetBody = nil
	r.Header.Set("X-Unique-Upload-Id", "one")
	r.Header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", first, end-1, len(file)))
	go func() {
		if resp, err := http.DefaultClient.Do(r); err == nil {
			resp.Body.Close()
		}
	}()
	<-reached
}

// waiter says when it is read, and then has nothing until it is told to end.
type waiter struct{ reached, hang chan struct{} }

func (w waiter) Read([]byte) (int, error) {
	close(w.reached)
	<-w.hang
	return 0, io.ErrUnexpectedEOF
}

// tus sends one request of the protocol.
func tus(t *testing.T, s *harness.Server, method, path string, body []byte, headers ...string) *http.Response {
	t.Helper()
	r, err := http.NewRequest(method, s.URL+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth(harness.Key, harness.Secret)
	r.Header.Set("Tus-Resumable", "1.0.0")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp
}

// A resumable upload goes on at the last acknowledged byte after each kill.
func TestResumableUploadGoesOnAfterKill(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	file := make([]byte, 900_001)
	rand.Read(file)
	path, offset := "", 0
	for range 4 {
		s := harness.Start(t, harness.Options{Data: data})
		if path == "" {
			created := tus(t, s, "POST", "/api/demo/uploads/", nil, "Upload-Length", fmt.Sprint(len(file)),
				"Upload-Metadata", "kind cmF3,name "+base64.StdEncoding.EncodeToString([]byte("crash/tus.bin")))
			path = created.Header.Get("Location")
		}
		if got := tus(t, s, "HEAD", path, nil).Header.Get("Upload-Offset"); got != fmt.Sprint(offset) {
			t.Fatalf("%s bytes are there, %d were acknowledged", got, offset)
		}
		end := min(offset+300_000, len(file))
		sent := tus(t, s, "PATCH", path, file[offset:end], "Upload-Offset", fmt.Sprint(offset), "Content-Type", "application/offset+octet-stream")
		if offset = end; sent.StatusCode != http.StatusNoContent || sent.Header.Get("Upload-Offset") != fmt.Sprint(offset) {
			t.Fatalf("patch up to %d: %d %v", offset, sent.StatusCode, sent.Header)
		}
		s.Kill()
	}
	s := harness.Start(t, harness.Options{Data: data})
	if status, _, body := s.Get(t, "/demo/raw/upload/crash/tus.bin"); status != http.StatusOK || !bytes.Equal(body, file) {
		t.Errorf("it is %d with %d bytes of %d", status, len(body), len(file))
	}
	if named := tus(t, s, "HEAD", path, nil).Header.Get("Tintype-Asset"); named == "" {
		t.Error("the finished upload names no asset")
	}
}
