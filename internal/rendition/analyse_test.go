package rendition_test

import (
	"reflect"
	"testing"

	"tintype/internal/media"
	"tintype/internal/rendition"
	"tintype/internal/rendition/renditiontest"
	"tintype/internal/transform"
)

func TestAnalyse(t *testing.T) {
	t.Parallel()
	w := renditiontest.New(t)
	w.Engine.Focus = transform.Answer{
		Boxes:    []transform.Box4{{X: 0.5, Y: 0.1, Width: 0.6, Height: 0.5}},
		Analysis: &media.Analysis{Hash: "00ff00ff00ff00ff"},
	}
	a := w.Put(renditiontest.Image("a"), []byte("a"))
	parts := []rendition.Part{transform.WhatHash, transform.WhatFaces}
	want := media.Analysis{Version: a.Version.ID, Hash: "00ff00ff00ff00ff", Faces: []media.Box{{X: 200, Y: 30, Width: 200, Height: 150}}}
	for range 2 {
		got, err := w.Renditions.Analyse(t.Context(), a, parts)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("got %+v, %v", got, err)
		}
	}
	if n := w.Engine.Measures.Load(); n != 2 {
		t.Errorf("two parts were measured %d times", n)
	}
	w.Engine.Focus.Boxes = nil
	b := w.Put(renditiontest.Image("b"), []byte("b"))
	if got, err := w.Renditions.Analyse(t.Context(), b, parts); err != nil || got.Faces == nil || len(got.Faces) != 0 {
		t.Errorf("no faces are %#v, %v", got.Faces, err)
	}
}

func TestAnalyseByKind(t *testing.T) {
	t.Parallel()
	w := renditiontest.New(t)
	w.Engine.Focus = transform.Answer{Analysis: &media.Analysis{Cinemagraph: &media.Cinemagraph{}}}
	film := renditiontest.Image("f")
	film.Kind = media.KindVideo
	for _, c := range []struct {
		asset media.Asset
		asks  int64
	}{{renditiontest.Raw("r.txt", "txt"), 0}, {film, 2}, {renditiontest.Image("i"), int64(len(rendition.Parts))}} {
		before := w.Engine.Measures.Load()
		a := w.Put(c.asset, []byte(c.asset.Name))
		if _, err := w.Renditions.Analyse(t.Context(), a, rendition.Parts); err != nil {
			t.Errorf("%s: %v", a.Kind, err)
		}
		if n := w.Engine.Measures.Load() - before; n != c.asks {
			t.Errorf("%s: %d questions, want %d", a.Kind, n, c.asks)
		}
	}
}
