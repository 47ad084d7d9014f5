//go:build conformance

package conformance

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tintype/test/harness"
)

const goSDK = "github.com/cloudinary/cloudinary-go/v2"

// The tests that the official Go SDK brings along, from the module's sources:
// all of the root and of the packages that talk to a server.
func TestGoSuite(t *testing.T) {
	source := strings.TrimSpace(command(t, exec.Command("go", "list", "-m", "-f", "{{.Dir}}", goSDK), "cloudinary/go"))
	dir := t.TempDir()
	module := filepath.Join(dir, "sdk") // a copy, since the tests write beside their sources
	if err := os.CopyFS(module, os.DirFS(source)); err != nil {
		t.Fatal(err)
	}
	modfile := filepath.Join(dir, "go.mod")
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join("cloudinary/go", name))
		if err != nil {
			t.Fatal(err)
		}
		if name == "go.mod" {
			text = append(text, "\nreplace "+goSDK+" => "+module+"\n"...)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pictures := folder(t, map[string]string{
		"image/upload/cloudinary_logo.png": filepath.Join(module, "internal/cldtest/testdata/cloudinary_logo.png"),
		"demo/video/upload/dog.mp4":        filepath.Join(module, "internal/cldtest/testdata/movie.mp4"),
	})
	server := harness.Start(t, harness.Options{Args: []string{
		"--fetch-map", "res.cloudinary.com=" + pictures, "--fetch-map", "cloudinary-res.cloudinary.com=" + pictures,
	}})

	packages := []string{goSDK, goSDK + "/api/admin", goSDK + "/api/uploader"}
	list := exec.Command("go", append([]string{"test", "-json", "-modfile", modfile, "-list", "."}, packages...)...)
	tests := goTests(t, command(t, list, "cloudinary/go"))
	// One package after the other: they use the same names.
	run := exec.Command("go", append([]string{"test", "-json", "-p", "1", "-count", "1", "-modfile", modfile}, packages...)...)
	run.Env = append(os.Environ(), "CLOUDINARY_URL="+server.SDKURL())
	results := goResults(t, command(t, run, "cloudinary/go"), tests)
	save(t, results)
	judge(t, "cloudinary/go/suite.txt", results)
}

// command runs in a folder and returns its output. Tests that fail are no
// error of `go test` here; that there is no result for one of them is.
func command(t *testing.T, cmd *exec.Cmd, dir string) string {
	t.Helper()
	var stderr bytes.Buffer
	cmd.Dir, cmd.Stderr = dir, &stderr
	if cmd.Env == nil {
		cmd.Env = os.Environ()
	}
	cmd.Env = append(cmd.Env, "GOFLAGS=-mod=readonly") // the tests find their files by the paths that -trimpath removes
	out, err := cmd.Output()
	if err != nil && len(out) == 0 {
		t.Fatalf("%s: %v\n%s", cmd, err, &stderr)
	}
	return string(out)
}

type goEvent struct{ Action, Package, Test, Output string }

func goEvents(t *testing.T, out string) []goEvent {
	t.Helper()
	var events []goEvent
	for d := json.NewDecoder(strings.NewReader(out)); ; {
		var e goEvent
		err := d.Decode(&e)
		if err == io.EOF {
			return events
		}
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, e)
	}
}

func goName(e goEvent, test string) string {
	return "." + strings.TrimPrefix(e.Package, goSDK) + " " + test
}

// goTests reads the answer to -list.
func goTests(t *testing.T, out string) []string {
	t.Helper()
	var names []string
	for _, e := range goEvents(t, out) {
		if name := strings.TrimSpace(e.Output); e.Action == "output" && strings.HasPrefix(name, "Test") {
			names = append(names, goName(e, name))
		}
	}
	if len(names) == 0 {
		t.Fatalf("no test is listed:\n%s", out)
	}
	return names
}

// goResults gives every listed test its result; one that did not run, as
// after a panic of another, has failed.
func goResults(t *testing.T, out string, tests []string) []result {
	t.Helper()
	results := make([]result, len(tests))
	for i, name := range tests {
		results[i] = result{name: name, outcome: "fail"}
	}
	for _, e := range goEvents(t, out) {
		test, _, sub := strings.Cut(e.Test, "/")
		i := slices.Index(tests, goName(e, test))
		if i < 0 {
			continue
		}
		switch {
		case e.Action == "output":
			results[i].output += e.Output
		case !sub && slices.Contains([]string{"pass", "fail", "skip"}, e.Action):
			results[i].outcome = e.Action
		}
	}
	return results
}

// folder makes a folder of copies: of file names by paths in it.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for path, from := range files {
		data, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(dir, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
