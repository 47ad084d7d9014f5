//go:build conformance

package conformance

import (
	"bufio"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"tintype/internal/console/sample"
	"tintype/test/harness"
)

// The suite that the official Node SDK keeps in its repository, which users
// check out themselves, with its dependencies installed:
//
//	TINTYPE_CLOUDINARY_NPM=/path/to/cloudinary_npm make conformance-node
//
// TINTYPE_MOCHA holds further arguments for mocha, such as `-g tags`; with
// them the results are not compared with the list.
func TestNodeSuite(t *testing.T) {
	checkout := os.Getenv("TINTYPE_CLOUDINARY_NPM")
	if checkout == "" {
		t.Skip("TINTYPE_CLOUDINARY_NPM names no checkout of the SDK's repository")
	}
	suite := copySuite(t, checkout)
	painted := paint(t)
	painted["demo/image/upload/logos/cloudinary_full_logo_white_small.png"] = filepath.Join(suite, "test/.resources/logo.png")
	demo := folder(t, painted)
	site := folder(t, map[string]string{"images/old_logo.png": filepath.Join(suite, "test/.resources/logo.png")})

	front, plain := newTLSFront(t), freeAddress(t)
	server := harness.Start(t, harness.Options{Args: []string{
		"--listen", plain, "--public-url", "https://res.cloudinary.com", "--fetch-map", "res.cloudinary.com=" + demo, "--fetch-map", "cloudinary.com=" + site,
	}})
	server.URL = "http://" + plain // what it says of itself is the public one, which hosts.cjs leads here
	front.forward(t, server.URL)
	picture, err := os.ReadFile(painted["demo/image/upload/sample"])
	if err != nil {
		t.Fatal(err)
	}
	server.MustUpload(t, "image", "sample.jpg", picture, map[string]string{"public_id": "sample"})

	own, err := filepath.Abs("cloudinary/node")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "results")
	args := []string{"node_modules/mocha/bin/_mocha", "--no-config", "--recursive", "--exit", "--require", filepath.Join(own, "hosts.cjs"),
		"--reporter", filepath.Join(own, "reporter.cjs"), "--file", "./test/setup.js"}
	more := strings.Fields(os.Getenv("TINTYPE_MOCHA"))
	cmd := exec.Command("node", append(append(args, more...), "./test/**/*spec.js")...)
	cmd.Dir = suite
	cmd.Env = append(os.Environ(), "RESULTS="+file, "HTTP_AT="+plain, "HTTPS_AT="+front.address,
		"NODE_EXTRA_CA_CERTS="+front.authority, "TRAVIS_JOB_ID=424242",
		"CLOUDINARY_URL=cloudinary://"+harness.Key+":"+harness.Secret+"@"+harness.Account,
		"CLOUDINARY_ACCOUNT_URL=account://key:secret@account?upload_prefix="+front.URL)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	results := nodeResults(t, file)
	if len(results) == 0 {
		t.Fatalf("mocha: %v\n%s", err, out)
	}
	save(t, results)
	if len(more) == 0 {
		judge(t, "cloudinary/node/suite.txt", results)
	}
}

// copySuite copies what the suite needs of a checkout, and writes stand-ins
// of the same names for the large files that a checkout may lack.
func copySuite(t *testing.T, checkout string) string {
	t.Helper()
	checkout, err := filepath.Abs(checkout)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, part := range []string{"lib", "test"} {
		if err := os.CopyFS(filepath.Join(dir, part), os.DirFS(filepath.Join(checkout, part))); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"cloudinary.js", "package.json"} {
		data, err := os.ReadFile(filepath.Join(checkout, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(checkout, "node_modules"), filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	for name, standIn := range map[string]func(t *testing.T, path string){
		"big-image.jpg": func(t *testing.T, path string) {
			data, err := sample.JPEG(sample.Mountains(4200, 2800), 97)
			write(t, path, data, err)
		},
		"TheCompleteWorksOfShakespeare.mobi": func(t *testing.T, path string) {
			data := make([]byte, 8<<20)
			_, err := rand.Read(data)
			write(t, path, data, err)
		},
		"CloudBookStudy-HD.mp4": func(t *testing.T, path string) {
			ffmpeg(t, path, "-f", "lavfi", "-i", "nullsrc=s=320x240:d=5,geq=random(1)*255:128:128", "-c:v", "libx264", "-qp", "1", "-preset", "ultrafast")
		},
	} {
		path := filepath.Join(dir, "test/.resources", name)
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			t.Logf("%s is missing in the checkout: a stand-in takes its place", name)
			standIn(t, path)
		}
	}
	return dir
}

// paint makes the demonstration files that the suite uploads by URL.
func paint(t *testing.T) map[string]string {
	t.Helper()
	dir := t.TempDir()
	files := map[string]string{
		"demo/image/upload/sample":  filepath.Join(dir, "sample.jpg"),
		"demo/image/upload/car":     filepath.Join(dir, "car.jpg"),
		"demo/video/upload/dog.mp4": filepath.Join(dir, "dog.mp4"),
	}
	landscape, err := sample.JPEG(sample.Mountains(864, 576), 85)
	write(t, files["demo/image/upload/sample"], landscape, err)
	other, err := sample.JPEG(sample.Mountains(500, 375), 85)
	write(t, files["demo/image/upload/car"], other, err)
	ffmpeg(t, files["demo/video/upload/dog.mp4"], "-f", "lavfi", "-i", "testsrc=size=640x360:rate=25:duration=13", "-f", "lavfi", "-i", "sine=duration=13")
	return files
}

func ffmpeg(t *testing.T, path string, args ...string) {
	t.Helper()
	args = append(append([]string{"-v", "error"}, args...), "-pix_fmt", "yuv420p", path)
	if out, err := exec.Command("ffmpeg", args...).CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg: %v\n%s", err, out)
	}
}

func write(t *testing.T, path string, data []byte, err error) {
	t.Helper()
	if err == nil {
		err = os.WriteFile(path, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// nodeResults reads what reporter.cjs wrote. A test without an outcome did
// not run, since a hook before it failed: it has failed too.
func nodeResults(t *testing.T, file string) []result {
	t.Helper()
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var results []result
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var line struct {
			ID                    int
			Name, Outcome, Output string
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		switch {
		case line.ID < 0:
			t.Logf("%s: %s", line.Name, line.Output)
		case line.Outcome == "":
			results = append(results, result{name: line.Name, outcome: "fail", output: "did not run"})
		default:
			results[line.ID].outcome, results[line.ID].output = line.Outcome, line.Output
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return distinct(results)
}
