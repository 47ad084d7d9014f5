// Package dialects holds what must be the same whichever dialect is spoken.
package dialects

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"tintype/internal/account"
	"tintype/internal/catalog"
	"tintype/internal/delivery"
	"tintype/internal/dialect/cloudinary"
	"tintype/internal/dialect/imagekit"
	"tintype/internal/dialect/uploadcare"
	"tintype/internal/engine"
	"tintype/internal/media"
	"tintype/internal/rendition/renditiontest"
	"tintype/internal/transform"
)

// parser is what a delivery request goes through first.
type parser interface {
	Parse(r *http.Request, e account.Endpoint) (delivery.Request, error)
}

// house is one account in three dialects, with an engine that paints nothing
// and keeps the plans.
type house struct {
	*renditiontest.World
	t        *testing.T
	delivery *delivery.Delivery
	speakers map[string]parser
	account  *account.Account
	plans    []string
}

func newHouse(t *testing.T) *house {
	care, err := uploadcare.New(uploadcare.Config{})
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, World: renditiontest.New(t), speakers: map[string]parser{
		"cloudinary": new(cloudinary.Dialect), "imagekit": imagekit.New(imagekit.Config{}), "uploadcare": care,
	}}
	h.Engine.Focus = transform.Answer{X: 0.5, Y: 0.5, Width: 90, Height: 30}
	h.Engine.OnRender = func(_ context.Context, out engine.Output) error {
		h.plans = append(h.plans, out.Plan.String())
		return nil
	}
	if h.account, err = account.New(media.Account{ID: renditiontest.Account}); err != nil {
		t.Fatal(err)
	}
	h.delivery, err = delivery.New(delivery.Config{Catalog: h.Catalog, Blobs: h.Blobs, Renditions: h.Renditions, Cluster: h.Cluster})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.delivery.Close)
	return h
}

// get asks for a path after the endpoint's prefix, and answers what makes the
// answer one of its kind.
func (h *house) get(dialect, path, accept string) (string, error) {
	e := account.Endpoint{Prefix: "/" + dialect, Dialect: dialect, Account: h.account}
	r := httptest.NewRequest(http.MethodGet, e.Prefix+path, nil)
	r.Header.Set("Accept", accept)
	q, err := h.speakers[dialect].Parse(r, e)
	if err != nil {
		return "", err
	}
	w := httptest.NewRecorder()
	if err := h.delivery.Serve(w, r, q); err != nil {
		return "", err
	}
	return w.Header().Get("Etag"), nil
}

// stored counts the renditions of an asset.
func (h *house) stored(id media.AssetID) (n int) {
	err := h.Catalog.View(h.t.Context(), func(tx *catalog.Tx) error {
		made, _, err := tx.Renditions(renditiontest.Account, id, "", 1000)
		n = len(made)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return n
}

// uuid writes an id as Uploadcare does.
func uuid(id media.AssetID) string {
	s := string(id)
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}

// source reads "640x427 jpeg", perhaps with "alpha", "frames=N" or
// "orientation=N" behind it.
func source(t *testing.T, line string) media.Asset {
	a := renditiontest.Image("sample")
	info := &a.Version.Info
	fields := strings.Fields(line)
	if len(fields) < 2 {
		t.Fatalf("source %q", line)
	}
	info.Format = fields[1]
	if _, err := fmt.Sscanf(fields[0], "%dx%d", &info.Width, &info.Height); err != nil {
		t.Fatalf("source %q: %v", line, err)
	}
	for _, f := range fields[2:] {
		key, value, _ := strings.Cut(f, "=")
		switch key {
		case "alpha":
			info.Alpha = true
		case "frames":
			fmt.Sscan(value, &info.Pages)
			info.Animated = true
		case "orientation":
			fmt.Sscan(value, &info.Orientation)
		default:
			t.Fatalf("source %q: what is %s?", line, f)
		}
	}
	return a
}

// TestTriples asks for every triple of testdata/triples.txt in three dialects:
// one plan, one key, one stored rendition. Triples are separated by blank
// lines; a line "source" says which picture those that follow are asked of,
// "accept" what the client takes. The paths name the picture "sample" and
// another one "logo", or their ids {SAMPLE} and {LOGO}.
func TestTriples(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/triples.txt")
	if err != nil {
		t.Fatal(err)
	}
	var picture, accept string
	var h *house
	var sample, logo *media.Asset
	triples := 0
	seen := map[string]string{}
	for _, block := range strings.Split(strings.TrimSpace(string(text)), "\n\n") {
		paths := map[string]string{}
		for line := range strings.Lines(block) {
			word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
			switch word {
			case "#":
			case "source":
				picture, h = rest, newHouse(t)
				sample = h.Put(source(t, picture), []byte("S"))
				overlay := renditiontest.Image("logo")
				overlay.Version.Info = media.Info{Format: "png", Width: 200, Height: 100, Pages: 1, Alpha: true}
				logo = h.Put(overlay, []byte("L"))
				accept = "*/*"
			case "accept":
				accept = rest
			default:
				paths[word] = strings.NewReplacer("{SAMPLE}", uuid(sample.ID), "{LOGO}", uuid(logo.ID)).Replace(rest)
			}
		}
		if len(paths) == 0 {
			continue
		}
		triples++
		before := h.stored(sample.ID)
		h.plans = nil
		tags := map[string]bool{}
		for dialect := range h.speakers {
			if paths[dialect] == "" {
				t.Errorf("%s\nhas no URL of %s", block, dialect)
				continue
			}
			tag, err := h.get(dialect, paths[dialect], accept)
			if err != nil {
				t.Errorf("%s\nin %s: %v", block, dialect, err)
				continue
			}
			tags[tag] = true
		}
		if n := h.stored(sample.ID) - before; n != 1 || len(tags) != 1 || len(h.plans) != 1 {
			t.Errorf("of %s\n%s\n%d renditions are stored, plans:\n%s", picture, block, n, strings.Join(h.plans, "\n"))
			continue
		}
		if other := seen[picture+h.plans[0]]; other != "" {
			t.Errorf("%s\nmeans what\n%s\nmeans", block, other)
		}
		seen[picture+h.plans[0]] = block
	}
	if triples < 60 {
		t.Errorf("only %d triples", triples)
	}
}
