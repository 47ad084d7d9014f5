package e2e

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	_ "image/jpeg"
	_ "image/png"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"tintype/internal/console/sample"
	"tintype/test/harness"
)

// Pictures of another server: as a delivery, as a layer, and where they are not.
func TestRemotePictures(t *testing.T) {
	t.Parallel()
	picture, err := sample.JPEG(sample.Balloons(320, 200), 90)
	if err != nil {
		t.Fatal(err)
	}
	var read atomic.Int32
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		read.Add(1)
		switch r.URL.Path {
		case "/a b.jpg":
			w.Write(picture)
		case "/text":
			w.Write([]byte("no picture at all"))
		default:
			http.NotFound(w, r)
		}
	}))
	defer origin.Close()
	u, err := url.Parse(origin.URL)
	if err != nil {
		t.Fatal(err)
	}
	server := harness.Start(t, harness.Options{Args: []string{
		"--fetch-allow", "127.0.0.0/8", "--fetch-allow-port", u.Port(), "--remote-host", u.Hostname(), "--remote-host", "*.never.test",
	}})
	for path, want := range map[string]string{
		"/demo/image/fetch/" + origin.URL + "/a%2520b.jpg":                "320x200 jpeg",
		"/demo/image/fetch/w_64,f_png/" + origin.URL + "/a%2520b.jpg":     "64x40 png",
		"/demo/image/fetch/w_32/" + origin.URL + "/none.jpg":              "404 Error in loading " + origin.URL + "/none.jpg - 404 Not Found",
		"/demo/image/fetch/w_32/" + origin.URL + "/text":                  "400 Invalid image file",
		"/demo/image/fetch/https://elsewhere.test/a.jpg":                  "401 A valid signature is required for files of other hosts",
		"/demo/image/fetch/ftp://" + u.Host + "/a.jpg":                    "400 Unsupported source URL: ftp://" + u.Host + "/a.jpg",
		"/demo/image/fetch/http://u:p@" + u.Host + "/a%2520b.jpg?x=1&y=2": "",
	} {
		status, header, body := server.Get(t, path)
		got := fmt.Sprint(status, " ", header.Get("X-Cld-Error"))
		if status == 200 {
			c, format, err := image.DecodeConfig(bytes.NewReader(body))
			if err != nil {
				t.Errorf("%s: %v", path, err)
			}
			got = fmt.Sprintf("%dx%d %s", c.Width, c.Height, format)
		}
		if want == "" && strings.HasPrefix(got, "4") { // credentials in a URL are refused
			continue
		}
		if got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	before := read.Load()
	for range 3 {
		if status, _, _ := server.Get(t, "/demo/image/fetch/w_16/"+origin.URL+"/a%2520b.jpg"); status != 200 {
			t.Fatalf("again: %d", status)
		}
	}
	layer := base64.RawURLEncoding.EncodeToString([]byte(origin.URL + "/a%20b.jpg"))
	if status, header, _ := server.Get(t, "/demo/image/fetch/w_400/l_fetch:"+layer+",w_40/"+origin.URL+"/a%2520b.jpg"); status != 200 {
		t.Errorf("a remote layer: %d %s", status, header.Get("X-Cld-Error"))
	}
	if n := read.Load(); n != before {
		t.Errorf("the origin was read %d times more", n-before)
	}
}
