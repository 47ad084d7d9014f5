//go:build conformance

// Package conformance runs the official SDKs against the real server: every
// folder <vendor>/<sdk> with a program `run` is one judge.
package conformance

import (
	"image"
	"image/draw"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"tintype/internal/console/sample"
	"tintype/test/harness"
)

func TestOfficialSDKs(t *testing.T) {
	judges, err := filepath.Glob("*/*/run")
	if err != nil || len(judges) == 0 {
		t.Fatalf("no judge found: %v", err)
	}
	files := media(t)
	for _, run := range judges {
		t.Run(filepath.Dir(run), func(t *testing.T) {
			server := harness.Start(t, harness.Options{Args: []string{"--fetch-allow", "127.0.0.0/8", "--fetch-allow-port", "1-65535"}})
			cmd := exec.Command("./" + run)
			cmd.Env = append(append(os.Environ(), "CLOUDINARY_URL="+server.SDKURL(),
				"TINTYPE_URL="+server.URL, "TINTYPE_ACCOUNT="+harness.Account, "TINTYPE_KEY="+harness.Key+":"+harness.Secret), files...)
			out, err := cmd.CombinedOutput()
			t.Logf("%s", out)
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}

// media paints the files that the judges upload, among them a photograph of
// about 5 MB, and returns the variables that name them.
func media(t *testing.T) []string {
	t.Helper()
	dir := t.TempDir()
	write := func(variable, name string, data []byte, err error) string {
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return variable + "=" + path
	}
	photo, err := sample.JPEG(sample.Mountains(4200, 2800), 97)
	if err == nil && (len(photo) < 4_000_000 || len(photo) > 9_000_000) {
		t.Fatalf("the photograph has %d bytes, about 5 MB were meant", len(photo))
	}
	badge, badgeErr := sample.PNG(sample.Badge(200))
	orbit, orbitErr := sample.Orbit(60, 6)
	small, smallErr := sample.JPEG(sample.Mountains(1200, 800), 90)
	wide := image.NewNRGBA(image.Rect(0, 0, 300, 200))
	draw.Draw(wide, image.Rect(50, 0, 250, 200), sample.Badge(200), image.Point{}, draw.Src)
	label, labelErr := sample.PNG(wide)
	return []string{
		write("PHOTO", "photo.jpg", photo, err),
		write("BADGE", "badge.png", badge, badgeErr),
		write("ORBIT", "orbit.gif", orbit, orbitErr),
		write("PHOTO_1200", "photo-1200.jpg", small, smallErr),
		write("BADGE_300", "badge-300.png", label, labelErr),
	}
}
