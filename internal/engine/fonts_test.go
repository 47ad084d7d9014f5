package engine

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"tintype/internal/media"
	"tintype/internal/transform"
)

func TestFamilies(t *testing.T) {
	t.Parallel()
	for family, second := range map[string]string{"Arial": "Liberation Sans", "helvetica": "Liberation Sans", "Times New Roman": "Liberation Serif", "Courier New": "Liberation Mono"} {
		if f := families(family); f[0] != family || f[1] != second {
			t.Errorf("%s is %v", family, f)
		}
	}
	if f := families(""); !slices.Equal(f, defaultFamilies) {
		t.Errorf("no family is %v", f)
	}
	if f := families("A, B"); f[0] != "A  B" {
		t.Errorf("a comma makes %v", f)
	}
}

// Metric-compatible families have the same widths, so a text is as long.
func TestWidthsOfFamilies(t *testing.T) {
	t.Parallel()
	st := &stock{fonts: &shelf{}}
	width := func(family string) int {
		a, err := st.extent(&transform.PlanText{Content: "Hamburgefonstiv iiii WWWW", Family: family, Size: 40, Weight: 400})
		must(t, err)
		return a.Width
	}
	sans, serif, mono := width("Liberation Sans"), width("Liberation Serif"), width("Liberation Mono")
	if sans == serif || serif == mono || sans == mono {
		t.Skip("the fonts of the test are not on this machine")
	}
	for family, want := range map[string]int{"Arial": sans, "Helvetica": sans, "Times New Roman": serif, "Courier New": mono, "No Such Family": sans, "": sans} {
		if got := width(family); got != want {
			t.Errorf("%q is %d wide, want %d", family, got, want)
		}
	}
}

// A number that stood for one font never stands for another in a worker's life.
func TestFontNumbers(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "font.ttf")
	must(t, os.WriteFile(name, someFont(t), 0o644))
	var s shelf
	last := 0
	for range 3 {
		f, err := os.Open(name)
		must(t, err)
		_, done, err := s.with(f, "font.ttf")
		must(t, err)
		done()
		f.Close()
		if s.next <= last {
			t.Errorf("number %d after %d", s.next-1, last-1)
		}
		last = s.next
	}
	if s.worn() {
		t.Error("worn out by three fonts")
	}
	s.next = fontFDsLast + 1
	if !s.worn() {
		t.Error("not worn out when the numbers end")
	}
	bad, err := os.Open(os.Args[0])
	must(t, err)
	defer bad.Close()
	if _, _, err := s.with(bad, "tool"); media.CodeOf(err) != media.Invalid || media.MessageOf(err) != "tool is not a font that can be used" {
		t.Errorf("a program as a font: %v", err)
	}
}

// Workers that have used up their numbers are replaced, and nobody notices.
func TestWornWorkers(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a few seconds")
	}
	t.Parallel()
	pool := newPool(t, nil)
	font := inMemory(someFont(t))
	q := transform.Ask{What: transform.WhatText, Text: &transform.PlanText{Content: "A", Size: 20, Weight: 400, Font: 1}}.Question()
	for i := range fontFDsLast - fontFDs + 10 {
		if _, err := pool.Measure(t.Context(), font, q); err != nil {
			t.Fatalf("font %d: %v", i, err)
		}
	}
	if n := pool.Stats(); n.Started < 2 || n.Crashed != 0 {
		t.Errorf("%+v", n)
	}
}
