package dialects

import (
	"encoding/json"
	"image"
	"image/draw"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tintype/internal/console/sample"
	"tintype/internal/media"
	"tintype/test/harness"
)

// TestTriplesOfAServer asks a running server for the triples of the first
// source: what the dialects answer is byte for byte one file, and one file is
// all that is stored.
func TestTriplesOfAServer(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("renders many pictures")
	}
	text, err := os.ReadFile("testdata/triples.txt")
	if err != nil {
		t.Fatal(err)
	}
	s := harness.Start(t, harness.Options{})
	photo, err := sample.JPEG(sample.Mountains(1600, 1200), 90)
	if err != nil {
		t.Fatal(err)
	}
	wide := image.NewNRGBA(image.Rect(0, 0, 200, 100))
	draw.Draw(wide, wide.Rect, sample.Badge(100), image.Point{}, draw.Src)
	badge, err := sample.PNG(wide)
	if err != nil {
		t.Fatal(err)
	}
	id := func(name, file string, data []byte) string {
		var up struct {
			ID string `json:"asset_id"`
		}
		if err := json.Unmarshal(s.MustUpload(t, "image", file, data, map[string]string{"public_id": name}), &up); err != nil {
			t.Fatal(err)
		}
		return uuid(media.AssetID(up.ID))
	}
	fill := strings.NewReplacer("{SAMPLE}", id("sample", "sample.jpg", photo), "{LOGO}", id("logo", "logo.png", badge))
	prefixes := map[string]string{"cloudinary": "/" + harness.Account, "uploadcare": "/uc/" + harness.Account, "imagekit": "/ik/" + harness.Account}

	triples, accept := 0, "*/*"
	for _, block := range strings.Split(string(text), "\n\n") {
		if strings.HasPrefix(block, "source ") && triples > 0 {
			break
		}
		files := map[string]string{}
		for line := range strings.Lines(block) {
			word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
			if word == "accept" {
				accept = rest
			}
			if prefixes[word] == "" {
				continue
			}
			status, header, body := s.Get(t, prefixes[word]+fill.Replace(rest), "Accept", accept)
			if status != 200 {
				t.Errorf("%s: %d %s", line, status, body)
			}
			files[header.Get("Content-Type")+string(body)] = line
		}
		if triples++; len(files) != 1 {
			t.Errorf("%s\nhas %d answers", block, len(files))
		}
	}
	if triples < 50 {
		t.Errorf("only %d triples", triples)
	}
	stored := 0
	err = filepath.WalkDir(s.Data, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && strings.Contains(filepath.ToSlash(path), "/rendition/") {
			stored++
		}
		return err
	})
	if err != nil || stored != triples {
		t.Errorf("%d files are stored for %d triples, %v", stored, triples, err)
	}
}
