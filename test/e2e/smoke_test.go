// Package e2e starts the real binary and looks at it from outside.
package e2e

import (
	"bytes"
	"encoding/json"
	"html"
	"image"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"tintype/internal/console/sample"
	"tintype/test/harness"
)

// What a newcomer does: start with --demo, open the page, look at its
// pictures, copy the variable.
func TestDemoFromAnEmptyFolder(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	server := harness.Start(t, harness.Options{Data: data, Args: []string{"--demo"}, NoAccount: true})

	status, header, page := server.Get(t, "/")
	if status != 200 || !strings.HasPrefix(header.Get("Content-Type"), "text/html") || header.Get("Content-Security-Policy") == "" {
		t.Fatalf("the welcome page: %d %v", status, header)
	}
	pictures := regexp.MustCompile(`<img src="([^"]+)"`).FindAllSubmatch(page, -1)
	if len(pictures) != 8 {
		t.Fatalf("the welcome page shows %d renditions, want 8", len(pictures))
	}
	for _, p := range pictures {
		path := html.UnescapeString(string(p[1]))
		status, header, body := server.Get(t, path, "Accept", "image/png,*/*")
		if status != 200 {
			t.Errorf("%s: %d %s", path, status, header.Get("X-Cld-Error"))
			continue
		}
		if _, format, err := image.DecodeConfig(bytes.NewReader(body)); err != nil || "image/"+format != header.Get("Content-Type") {
			t.Errorf("%s is %s and says %s: %v", path, format, header.Get("Content-Type"), err)
		}
	}

	waitFor(t, "the variable to be printed", func() bool { return strings.Contains(server.Output(), "CLOUDINARY_URL") })
	m := regexp.MustCompile(`CLOUDINARY_URL='([^']+)'`).FindStringSubmatch(server.Output())
	u, err := url.Parse(m[1])
	if err != nil || u.Host != "demo" || u.Query().Get("upload_prefix") != server.URL {
		t.Errorf("CLOUDINARY_URL is %s", m[1])
	}
	secret, _ := u.User.Password()
	if len(secret) < 20 || bytes.Contains(page, []byte(secret)) {
		t.Error("the secret is short, or stands on the welcome page")
	}
	if err := server.Stop(); err != nil {
		t.Errorf("the server did not stop gracefully: %v", err)
	}

	again := harness.Start(t, harness.Options{Data: data, Args: []string{"--demo"}, NoAccount: true})
	waitFor(t, "the variable to be printed", func() bool { return strings.Contains(again.Output(), "CLOUDINARY_URL") })
	if !strings.Contains(again.Output(), secret) || strings.Contains(again.Output(), "painting") {
		t.Error("a second start makes another key, or uploads the samples again")
	}
}

func run(t *testing.T, env []string, args ...string) (code int, out string) {
	t.Helper()
	cmd := exec.Command(harness.Binary(t), args...)
	cmd.Env = append(os.Environ(), env...)
	b, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(b)
}

func TestCommandLine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		env  []string
		args []string
		code int
		want string
	}{
		{"version", nil, []string{"version"}, 0, "tintype "},
		{"help", nil, []string{"serve", "--help"}, 0, "TINTYPE_ACCOUNTS"},
		{"examples", nil, []string{"--help"}, 0, "tintype doctor"},
		{"completion", nil, []string{"completion", "bash"}, 0, "__start_tintype"},
		{"doctor", nil, []string{"doctor"}, 0, "libvips"},
		{"an unknown command", nil, []string{"nothing"}, 1, `unknown command "nothing"`},
		{"an account without a secret", nil, []string{"serve", "--account", "demo:key"}, 1, "NAME:KEY:SECRET"},
		{"a wrong variable", []string{"TINTYPE_CACHE=plenty"}, []string{"serve"}, 1, "TINTYPE_CACHE"},
		{"a wrong size", nil, []string{"serve", "--max-image", "-4"}, 1, "is no size"},
		{"a wrong address", nil, []string{"serve", "--data", t.TempDir(), "--listen", "nowhere"}, 1, "--listen nowhere"},
		{"a worker started by hand", nil, []string{"engine"}, 1, "not for people"},
	} {
		code, out := run(t, c.env, c.args...)
		if code != c.code || !strings.Contains(out, c.want) {
			t.Errorf("%s: exit status %d, want %d, and %q in:\n%s", c.name, code, c.code, c.want, out)
		}
	}
}

func TestOneServerPerDataFolder(t *testing.T) {
	t.Parallel()
	server := harness.Start(t, harness.Options{})
	code, out := run(t, nil, "serve", "--data", server.Data, "--listen", "127.0.0.1:0")
	if code != 1 || !strings.Contains(out, "another tintype is running") {
		t.Errorf("a second server: exit status %d, %s", code, out)
	}
}

func TestAccountsComeFromTheEnvironment(t *testing.T) {
	t.Parallel()
	server := harness.Start(t, harness.Options{NoAccount: true, Env: []string{"TINTYPE_ACCOUNTS=one:1:s1  demo:" + harness.Key + ":" + harness.Secret}})
	server.MustUpload(t, "raw", "a.txt", []byte("words"), map[string]string{"public_id": "a.txt"})
	if status, _, body := server.Get(t, "/demo/raw/upload/a.txt"); status != 200 || string(body) != "words" {
		t.Errorf("delivered %d %q", status, body)
	}
	if status, _, _ := server.Get(t, "/one/raw/upload/a.txt"); status != 404 {
		t.Errorf("the neighbour's file is delivered with %d", status)
	}
}

func TestHostOfItsOwn(t *testing.T) {
	t.Parallel()
	server := harness.Start(t, harness.Options{Args: []string{"--endpoint", "media.test=cloudinary:demo"}})
	server.MustUpload(t, "raw", "a.txt", []byte("words"), map[string]string{"public_id": "a.txt"})
	for _, c := range []struct {
		host, path string
		want       int
	}{
		{"media.test", "/raw/upload/a.txt", 200},
		{"media.test", "/raw/upload/a.txt", 200}, // and from memory
		{"other.test", "/raw/upload/a.txt", 404},
		{"other.test", "/demo/raw/upload/a.txt", 200},
	} {
		r, err := http.NewRequest(http.MethodGet, server.URL+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = c.host
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != c.want {
			t.Errorf("%s at %s: %d, want %d", c.path, c.host, answer.StatusCode, c.want)
		}
	}
}

// One asset, asked for in three dialects, is one picture.
func TestThreeDialectsOnePicture(t *testing.T) {
	t.Parallel()
	server := harness.Start(t, harness.Options{})
	photo, err := sample.JPEG(sample.Mountains(600, 400), 85)
	if err != nil {
		t.Fatal(err)
	}
	var up struct {
		AssetID string `json:"asset_id"`
	}
	if err := json.Unmarshal(server.MustUpload(t, "image", "shoe.jpg", photo, map[string]string{"public_id": "shoe"}), &up); err != nil {
		t.Fatal(err)
	}
	id := up.AssetID
	uuid := id[:8] + "-" + id[8:12] + "-" + id[12:16] + "-" + id[16:20] + "-" + id[20:]
	tags := map[string]string{}
	for _, path := range []string{
		"/demo/image/upload/c_fill,h_150,w_200/f_png/shoe",
		"/uc/demo/" + uuid + "/-/scale_crop/200x150/center/-/format/png/",
		"/ik/demo/tr:w-200,h-150,f-png/shoe.jpg",
		"/ik/demo/shoe.jpg?tr=w-200,h-150,f-png",
	} {
		status, header, body := server.Get(t, path)
		c, format, err := image.DecodeConfig(bytes.NewReader(body))
		if status != 200 || err != nil || format != "png" || c.Width != 200 || c.Height != 150 {
			t.Errorf("%s: %d, %s of %dx%d, %v", path, status, format, c.Width, c.Height, err)
		}
		tags[header.Get("Etag")] = path
	}
	if len(tags) != 1 {
		t.Errorf("the dialects do not give one picture: %v", tags)
	}
}
