//go:build gallery

// Package gallery makes one page that shows every operation on a picture
// beside its URL, so that a person sees at a glance what is wrong. `make
// gallery` runs it.
package gallery

import (
	"bufio"
	"fmt"
	"html/template"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tintype/test/harness"
)

type section struct {
	Name   string
	Shots  []shot
	Failed int
}

type shot struct{ URL, File, Error string }

var page = template.Must(template.New("gallery").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Gallery</title>
<style>
body { font: 14px/1.4 system-ui, "Liberation Sans", sans-serif; margin: 2rem; background: #f6f8fa; color: #1c2430 }
h2 { margin: 2rem 0 .6rem } .grid { display: flex; flex-wrap: wrap; gap: .7rem }
figure { margin: 0; background: #fff; border: 1px solid #dde3ea; border-radius: 8px; width: 15rem; overflow: hidden }
figure div { height: 11rem; display: grid; place-items: center; background: repeating-conic-gradient(#eef1f4 0 25%, #fff 0 50%) 0 0/16px 16px }
img { max-width: 14.5rem; max-height: 10.5rem } figcaption { padding: .4rem .6rem; font: 11px/1.35 monospace; overflow-wrap: anywhere }
.bad { background: #fdd; padding: .5rem }
</style><h1>Every operation on a picture</h1>
{{range .}}<h2>{{.Name}}</h2><div class="grid">
{{range .Shots}}<figure><div>{{if .Error}}<p class="bad">{{.Error}}</p>{{else}}<img src="{{.File}}" alt="">{{end}}</div><figcaption>{{.URL}}</figcaption></figure>
{{end}}</div>{{end}}</html>
`))

func TestGallery(t *testing.T) {
	out := os.Getenv("TINTYPE_GALLERY")
	if out == "" {
		t.Fatal("TINTYPE_GALLERY names no folder")
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		t.Fatal(err)
	}
	server := harness.Start(t, harness.Options{Args: []string{"--demo"}})
	sections := readURLs(t)
	n := 0
	for i := range sections {
		for j := range sections[i].Shots {
			s := &sections[i].Shots[j]
			status, header, body := server.Get(t, s.URL, "Accept", "image/webp,*/*")
			if status != 200 {
				s.Error = fmt.Sprintf("%d %s", status, header.Get("X-Cld-Error"))
				t.Errorf("%s: %s", s.URL, s.Error)
				continue
			}
			n++
			s.File = fmt.Sprintf("%03d.%s", n, strings.TrimPrefix(header.Get("Content-Type"), "image/"))
			if err := os.WriteFile(filepath.Join(out, s.File), body, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	f, err := os.Create(filepath.Join(out, "index.html"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := page.Execute(f, sections); err != nil {
		t.Fatal(err)
	}
}

// readURLs reads urls.txt: a line "# name" begins a section, every other line
// is the rest of a URL after /demo/image/upload/, or a whole path.
func readURLs(t *testing.T) []section {
	f, err := os.Open("urls.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var sections []section
	for lines := bufio.NewScanner(f); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		switch name, heading := strings.CutPrefix(line, "# "); {
		case line == "":
		case heading:
			sections = append(sections, section{Name: name})
		default:
			if !strings.HasPrefix(line, "/") {
				line = "/demo/image/upload/" + line
			}
			last := &sections[len(sections)-1]
			last.Shots = append(last.Shots, shot{URL: line})
		}
	}
	return sections
}
