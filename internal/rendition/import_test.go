package rendition_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"tintype/internal/media"
	"tintype/internal/rendition"
	"tintype/internal/rendition/renditiontest"
	"tintype/internal/transform"
)

const remoteURL = "https://img.example.org/logo.png"

// importing is a World whose URLs all name a picture.
func importing(t *testing.T, change ...func(*rendition.Config)) (w *renditiontest.World, read *atomic.Int32) {
	t.Helper()
	read = new(atomic.Int32)
	var mu sync.Mutex
	w = renditiontest.New(t, append(change, func(c *rendition.Config) {
		c.Import = func(_ context.Context, acc media.AccountID, as media.Ref, url string) (*media.Asset, error) {
			read.Add(1)
			if url != remoteURL {
				return nil, media.Errorf(media.NotFound, "Error in loading %s - 404 Not Found", url)
			}
			mu.Lock()
			defer mu.Unlock()
			a := renditiontest.Image(as.Name)
			a.Account, a.Ref = acc, as
			return w.Put(a, []byte("R")), nil
		}
	})...)
	return w, read
}

func TestImportReadsOnce(t *testing.T) {
	t.Parallel()
	w, read := importing(t)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			a, err := w.Renditions.Import(context.Background(), renditiontest.Account, media.RemoteRef(remoteURL), remoteURL)
			if err != nil || a.Name != remoteURL || a.Access != media.Remote {
				t.Errorf("%+v, %v", a, err)
			}
		})
	}
	wg.Wait()
	if n := read.Load(); n != 1 {
		t.Errorf("read %d times", n)
	}
}

func TestImportRemembersFailures(t *testing.T) {
	t.Parallel()
	w, read := importing(t)
	for range 3 {
		_, err := w.Renditions.Import(t.Context(), renditiontest.Account, media.RemoteRef("https://no/"), "https://no/")
		if media.CodeOf(err) != media.NotFound {
			t.Errorf("%v", err)
		}
	}
	if n := read.Load(); n != 1 {
		t.Errorf("read %d times", n)
	}
}

func TestRemoteHosts(t *testing.T) {
	t.Parallel()
	w, _ := importing(t, func(c *rendition.Config) { c.RemoteHosts = []string{"Example.com", "*.example.org"} })
	for url, unsigned := range map[string]bool{
		"https://example.com/a":        true,
		"https://EXAMPLE.com:8443/a":   true,
		"https://www.example.com/a":    false,
		"https://img.example.org/a":    true,
		"https://example.org/a":        false,
		"https://evilexample.org/a":    false,
		"https://example.com@evil.org": false,
		"https://evil.org/example.com": false,
	} {
		err := w.Renditions.MayImport(url, false)
		if unsigned != (err == nil) || !unsigned && media.CodeOf(err) != media.Unauthorized {
			t.Errorf("%s: %v", url, err)
		}
		if err := w.Renditions.MayImport(url, true); err != nil {
			t.Errorf("%s, signed: %v", url, err)
		}
	}
	if err := renditiontest.New(t).Renditions.MayImport(remoteURL, true); media.CodeOf(err) != media.Unsupported {
		t.Errorf("without an importer: %v", err)
	}
}

func TestRemoteLayers(t *testing.T) {
	t.Parallel()
	w, read := importing(t, func(c *rendition.Config) { c.RemoteHosts = []string{"img.example.org"} })
	a := w.Put(renditiontest.Image("base"), []byte("A"))
	for range 2 {
		r, err := w.Renditions.Get(t.Context(), a, withLayer(media.Ref{Kind: media.KindImage, URL: remoteURL}))
		if err != nil || len(r.Layers) != 1 {
			t.Fatalf("%+v, %v", r, err)
		}
	}
	if n := read.Load(); n != 1 {
		t.Errorf("read %d times", n)
	}
	_, err := w.Renditions.Get(t.Context(), a, withLayer(media.Ref{URL: "https://elsewhere.org/x"}))
	if media.CodeOf(err) != media.Unauthorized {
		t.Errorf("another host: %v", err)
	}
	_, err = w.Renditions.GetSigned(t.Context(), a, withLayer(media.Ref{URL: "https://elsewhere.org/x"}))
	var layer *media.LayerError
	if media.CodeOf(err) != media.NotFound || !errors.As(err, &layer) {
		t.Errorf("nothing there: %v", err)
	}
}

func TestNamedTransformations(t *testing.T) {
	t.Parallel()
	w := renditiontest.New(t, func(c *rendition.Config) {
		c.Named = func(acc media.AccountID, name string) (transform.Transformation, bool) {
			return width(50, ""), acc == renditiontest.Account && name == "small"
		}
	})
	a := w.Put(renditiontest.Image("base"), []byte("A"))
	use := func(name string) transform.Transformation {
		return transform.Transformation{Steps: []transform.Step{transform.Use{Name: name}}}
	}
	r, err := w.Renditions.Get(t.Context(), a, use("small"))
	if err != nil || r.Info.Width != 50 {
		t.Fatalf("%+v, %v", r, err)
	}
	if _, err := w.Renditions.Get(t.Context(), a, use("none")); media.CodeOf(err) != media.Invalid {
		t.Errorf("unknown: %v", err)
	}
}

func TestStoredRectangles(t *testing.T) {
	t.Parallel()
	w := renditiontest.New(t)
	base := renditiontest.Image("base") // 400x300
	base.Detail.Coordinates = []media.Box{{X: 0, Y: 0, Width: 10, Height: 10}, {X: 100, Y: 50, Width: 80, Height: 60}}
	base.Detail.Faces = []media.Box{{X: 20, Y: 20, Width: 30, Height: 40}}
	base.Detail.Regions = map[string][]media.Point{"sole": {{X: 300, Y: 200}, {X: 350, Y: 290}, {X: 310, Y: 250}}}
	a := w.Put(base, []byte("A"))
	for want, g := range map[string]transform.Gravity{
		"80x60": {Anchor: transform.Custom},
		"30x40": {Anchor: transform.Face},
		"50x90": {Anchor: transform.Region, Name: "sole"},
	} {
		r, err := w.Renditions.Get(t.Context(), a, transform.Transformation{Steps: []transform.Step{transform.Extract{Gravity: g, OfFound: true}}})
		if err != nil {
			t.Errorf("%s: %v", want, err)
			continue
		}
		if got := fmt.Sprintf("%dx%d", r.Info.Width, r.Info.Height); got != want {
			t.Errorf("%+v: %s, want %s", g, got, want)
		}
	}
}
