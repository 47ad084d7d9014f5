// Package harness starts the real tintype binary for tests: on a free port of
// the loopback interface, in a folder of its own, and ends it with the test.
package harness

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// The account that every started server has.
const (
	Account = "demo"
	Key     = "1234567890"
	Secret  = "harness-secret"
)

var binary = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("TINTYPE_BIN"); path != "" {
		return path, nil
	}
	dir, err := os.MkdirTemp("", "tintype-test-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "tintype")
	build := exec.Command("go", "build", "-o", path, "tintype/cmd/tintype") // tests run in their folder of the module
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})

var faulty = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "tintype-faulty-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "tintype")
	if out, err := exec.Command("go", "build", "-tags", "faults", "-o", path, "tintype/cmd/tintype").CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})

// Faulty returns the path of a binary that dies between two durable steps
// where the file of its variable TINTYPE_DIE_FILE says so.
func Faulty(t testing.TB) string {
	t.Helper()
	path, err := faulty()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// Binary returns the path of the tintype binary: TINTYPE_BIN, or one built
// once for this test process.
func Binary(t testing.TB) string {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// Server is a running tintype.
type Server struct {
	// URL is its root, such as http://127.0.0.1:40123.
	URL string
	// Data is its data folder.
	Data string

	cmd    *exec.Cmd
	log    *lockedBuffer
	out    lockedBuffer
	exited chan struct{}
	err    error
}

// Options for Start; the zero value gives a server on an empty folder.
type Options struct {
	Data   string   // default: a new folder
	Args   []string // further arguments of `tintype serve`
	Env    []string // further variables
	Binary string   // default: Binary
	// NoAccount leaves the account of this package out.
	NoAccount bool
}

// Start runs `tintype serve` and waits until it is ready. It is killed at the
// end of the test if it still runs; its log is printed when the test failed.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	if o.Data == "" {
		o.Data = t.TempDir()
	}
	args := []string{"serve", "--data", o.Data, "--listen", "127.0.0.1:0"}
	if !o.NoAccount {
		args = append(args, "--account", Account+":"+Key+":"+Secret)
	}
	args = append(args, o.Args...)
	if o.Binary == "" {
		o.Binary = Binary(t)
	}
	s := &Server{Data: o.Data, cmd: exec.Command(o.Binary, args...), log: &lockedBuffer{}, exited: make(chan struct{})}
	s.cmd.Env = append(os.Environ(), o.Env...)
	s.cmd.Stderr = s.log
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Kill()
		if t.Failed() {
			t.Logf("log of the server on %s:\n%s", s.URL, s.log)
		}
	})
	lines := bufio.NewScanner(out)
	for s.URL == "" && lines.Scan() {
		fmt.Fprintln(&s.out, lines.Text())
		if _, after, ok := strings.Cut(lines.Text(), "is ready on "); ok {
			s.URL = strings.TrimRight(after, "/ ")
		}
	}
	go func() {
		for lines.Scan() {
			fmt.Fprintln(&s.out, lines.Text())
		}
		s.err = s.cmd.Wait()
		close(s.exited)
	}()
	if s.URL == "" {
		<-s.exited
		t.Fatalf("tintype serve ended before it was ready: %v\n%s", s.err, s.log)
	}
	return s
}

// Kill ends the server as a power cut would, and waits until it is gone.
func (s *Server) Kill() {
	_ = s.cmd.Process.Kill()
	<-s.exited
}

// Stop asks the server to end and returns how it did.
func (s *Server) Stop() error {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	<-s.exited
	return s.err
}

// Ended is closed when the process is gone.
func (s *Server) Ended() <-chan struct{} { return s.exited }

// PID of the server process.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// Log is what the server has written to its log so far.
func (s *Server) Log() string { return s.log.String() }

// Output is what the server has printed so far.
func (s *Server) Output() string { return s.out.String() }

// Get fetches a path below the server's root.
func (s *Server) Get(t testing.TB, path string, header ...string) (int, http.Header, []byte) {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, s.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, answer.Header, body
}

// UploadRequest builds a signed upload of a file with its parameters.
func (s *Server) UploadRequest(kind, filename string, file []byte, params map[string]string) (*http.Request, error) {
	signed := map[string]string{"timestamp": fmt.Sprint(time.Now().Unix())}
	for k, v := range params {
		signed[k] = v
	}
	names := make([]string, 0, len(signed))
	for k := range signed {
		names = append(names, k)
	}
	sort.Strings(names)
	pairs := make([]string, len(names))
	for i, k := range names {
		pairs[i] = k + "=" + strings.ReplaceAll(signed[k], "&", "%26")
	}
	sum := sha1.Sum([]byte(strings.Join(pairs, "&") + Secret))
	signed["signature"], signed["api_key"] = hex.EncodeToString(sum[:]), Key

	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for k, v := range signed {
		if err := form.WriteField(k, v); err != nil {
			return nil, err
		}
	}
	part, err := form.CreateFormFile("file", filename)
	if err != nil {
		return nil, err
	}
	if _, err := part.Write(file); err != nil {
		return nil, err
	}
	if err := form.Close(); err != nil {
		return nil, err
	}
	r, err := http.NewRequest(http.MethodPost, s.URL+"/v1_1/"+Account+"/"+kind+"/upload", &body)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", form.FormDataContentType())
	return r, nil
}

// Upload sends a signed upload and returns status and body.
func (s *Server) Upload(kind, filename string, file []byte, params map[string]string) (int, []byte, error) {
	r, err := s.UploadRequest(kind, filename, file, params)
	if err != nil {
		return 0, nil, err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	return answer.StatusCode, body, err
}

// MustUpload uploads and fails the test when that is not answered by 200.
func (s *Server) MustUpload(t testing.TB, kind, filename string, file []byte, params map[string]string) []byte {
	t.Helper()
	status, body, err := s.Upload(kind, filename, file, params)
	if err != nil {
		t.Fatal(err)
	}
	if status != http.StatusOK {
		t.Fatalf("upload of %s: %d %s", filename, status, body)
	}
	return body
}

// SDKURL is what the official SDKs read from their environment to talk to the server.
func (s *Server) SDKURL() string {
	u, err := url.Parse(s.URL)
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf("cloudinary://%s:%s@%s?upload_prefix=%s&cname=%s&secure=false", Key, Secret, Account, s.URL, u.Host)
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
