package e2e

import (
	"bytes"
	"fmt"
	"image"
	_ "image/jpeg"
	_ "image/png"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tintype/internal/console/sample"
	"tintype/test/harness"
)

// A file that crashes its worker and one that never ends cost their own
// requests a clear error; the requests beside them do not notice.
func TestPoisonousFilesHurtOnlyThemselves(t *testing.T) {
	t.Parallel()
	server := harness.Start(t, harness.Options{Env: []string{"TINTYPE_ENGINE_FAULTS=1"}, Args: []string{"--workers", "2"}})
	photo, err := sample.JPEG(sample.Mountains(900, 600), 85)
	if err != nil {
		t.Fatal(err)
	}
	server.MustUpload(t, "image", "good.jpg", photo, map[string]string{"public_id": "good"})

	type outcome struct {
		fault  string
		status int
		body   []byte
		took   time.Duration
		err    error
	}
	faults := []string{"abort", "hang"}
	outcomes := make(chan outcome, len(faults))
	for _, fault := range faults {
		go func() {
			began := time.Now()
			status, body, err := server.Upload("image", fault+".jpg", []byte("tintype-fault:"+fault), nil)
			outcomes <- outcome{fault, status, body, time.Since(began), err}
		}()
	}
	width := 100
	for left := len(faults); left > 0; width++ {
		select {
		case o := <-outcomes:
			left--
			if o.err != nil || o.status != http.StatusBadRequest || !strings.Contains(string(o.body), `"message"`) {
				t.Errorf("%s: %d %s %v", o.fault, o.status, o.body, o.err)
			}
			if o.took > 15*time.Second {
				t.Errorf("%s was answered after %s", o.fault, o.took)
			}
		default:
			goodRendition(t, server, width)
		}
	}
	goodRendition(t, server, width)
	if status, _, _ := server.Get(t, "/health"); status != http.StatusOK {
		t.Errorf("/health answers %d", status)
	}
}

// goodRendition asks for a rendition of a width that nobody has asked for before.
func goodRendition(t *testing.T, s *harness.Server, width int) {
	t.Helper()
	status, header, body := s.Get(t, fmt.Sprintf("/demo/image/upload/c_scale,w_%d/good.jpg", width))
	if status != http.StatusOK {
		t.Fatalf("a good picture beside the bad ones: %d %s", status, header.Get("X-Cld-Error"))
	}
	c, _, err := image.DecodeConfig(bytes.NewReader(body))
	if err != nil || c.Width != width {
		t.Fatalf("a good picture beside the bad ones: %d px wide, %v", c.Width, err)
	}
}

// A client that sends a tenth of its file and goes away leaves nothing.
func TestDroppedUploadLeavesNothing(t *testing.T) {
	t.Parallel()
	server := harness.Start(t, harness.Options{})
	r, err := server.UploadRequest("raw", "big.bin", bytes.Repeat([]byte("0123456789"), 400_000), map[string]string{"public_id": "big.bin"})
	if err != nil {
		t.Fatal(err)
	}
	var wire bytes.Buffer
	if err := r.Write(&wire); err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", r.URL.Host)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write(wire.Bytes()[:wire.Len()/10]); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the upload to be staged", func() bool { return len(files(t, server.Data, "tmp")) > 0 })
	conn.Close()
	waitFor(t, "the staged file to go", func() bool { return len(files(t, server.Data, "tmp")) == 0 })
	if status, _, _ := server.Get(t, "/demo/raw/upload/big.bin"); status != http.StatusNotFound {
		t.Errorf("the dropped upload is delivered with %d", status)
	}
	if left := files(t, server.Data, "original"); len(left) != 0 {
		t.Errorf("the dropped upload left %v", left)
	}
}

func TestBadUploadsAreRefusedWithOneSentence(t *testing.T) {
	t.Parallel()
	server := harness.Start(t, harness.Options{Args: []string{"--max-raw", "1MB"}})
	photo, err := sample.JPEG(sample.Mountains(300, 200), 85)
	if err != nil {
		t.Fatal(err)
	}
	bomb, err := sample.PNG(sample.Badge(16))
	if err != nil {
		t.Fatal(err)
	}
	copy(bomb[16:], []byte{0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff})
	for _, c := range []struct {
		name, kind string
		file       []byte
		params     map[string]string
		want       string
	}{
		{"no picture", "image", []byte("just words"), nil, "Invalid image file"},
		{"nothing", "image", nil, nil, "Empty file"},
		{"a tenth of a picture", "image", photo[:len(photo)/50], nil, "Invalid image file"},
		{"a pixel bomb", "image", bomb, nil, "65535"},
		{"too large", "raw", make([]byte, 1_000_001), nil, "File size too large. Got 1000001. Maximum is 1000000."},
		{"a bad name", "raw", []byte("x"), map[string]string{"public_id": "a/../b"}, "a/../b"},
		{"an unknown conversion", "image", photo, map[string]string{"format": "xyz"}, "xyz"},
		{"what is not built yet", "image", photo, map[string]string{"backup": "true"}, "backup"},
		{"a bad eager transformation", "image", photo, map[string]string{"eager": "w_abc"}, "Invalid width in transformation: abc"},
	} {
		status, body, err := server.Upload(c.kind, "file", c.file, c.params)
		if err != nil {
			t.Fatal(err)
		}
		if status != http.StatusBadRequest || !strings.Contains(string(body), c.want) {
			t.Errorf("%s: %d %s, want 400 with %q", c.name, status, body, c.want)
		}
	}
	if left := append(files(t, server.Data, "original"), files(t, server.Data, "tmp")...); len(left) != 0 {
		t.Errorf("refused uploads left %v", left)
	}
}

func TestBadRequestsOfRenditions(t *testing.T) {
	t.Parallel()
	server := harness.Start(t, harness.Options{})
	photo, err := sample.JPEG(sample.Mountains(300, 200), 85)
	if err != nil {
		t.Fatal(err)
	}
	server.MustUpload(t, "image", "a.jpg", photo, map[string]string{"public_id": "a"})
	for path, want := range map[string]string{
		"/demo/image/upload/w_abc/a.jpg":                   "400 Invalid width in transformation: abc",
		"/demo/image/upload/w_99999,h_99999/a.jpg":         "400 ",
		"/demo/image/upload/c_fill,w_10,h_10,fl_pdf/a.jpg": "400 Invalid flag in transformation: pdf",
		"/demo/image/upload/w_10/none.jpg":                 "404 Resource not found - none",
		"/demo/image/upload/s--AAAAAAAA--/w_10/a.jpg":      "401 ",
		"/demo/image/nothing/a.jpg":                        "404 ",
		"/nobody/image/upload/a.jpg":                       "",
		"/demo/image/upload/%00.jpg":                       "400 ",
		"/demo/image/upload/..%2f..%2fetc/passwd":          "40",
		"/demo/video/upload/w_10/a.mp4":                    "40",
	} {
		status, header, _ := server.Get(t, path)
		got := fmt.Sprintf("%d %s", status, header.Get("X-Cld-Error"))
		if status < 400 || status >= 500 || !strings.HasPrefix(got, want) {
			t.Errorf("%s answers %q, want %q", path, got, want)
		}
	}
}

// waitFor polls a condition of another process, for which there is no channel.
func waitFor(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(90 * time.Second); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// files lists the regular files below a folder of the blob store.
func files(t *testing.T, data, folder string) []string {
	t.Helper()
	var found []string
	root := filepath.Join(data, "blobs", folder)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if os.IsNotExist(err) {
			return nil
		}
		if err == nil && d.Type().IsRegular() {
			found = append(found, path)
		}
		return err
	})
	if err != nil && err != io.EOF {
		t.Fatal(err)
	}
	return found
}
