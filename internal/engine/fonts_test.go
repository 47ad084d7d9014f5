package engine

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tintype/internal/media"
	"tintype/internal/transform"
)

func TestFamilies(t *testing.T) {
	t.Parallel()
	here := installedOf([]string{"Liberation Sans", "Lato", "Open Sans", "Noto Sans Mono", "思源黑体"})
	for asked, want := range map[string]string{
		"Arial": "Liberation Sans", "helvetica": "Liberation Sans", "Times New Roman": "Liberation Serif", "COURIER_NEW": "Liberation Mono",
		"lato": "Lato", "OpenSans": "Open Sans", "open-sans": "Open Sans", "Montserrat": "Montserrat", "PT_Serif": "PT Serif",
		"NotoMono": "Noto Mono", "思源黑体": "思源黑体",
	} {
		f, err := here.families(asked)
		if err != nil || f[0] != want || !slices.Equal(f[len(f)-len(defaultFamilies):], defaultFamilies) {
			t.Errorf("%s is %v, %v", asked, f, err)
		}
	}
	for _, none := range []string{"", " "} {
		if f, err := here.families(none); err != nil || !slices.Equal(f, defaultFamilies) {
			t.Errorf("no family is %v, %v", f, err)
		}
	}
	for _, unknown := range []string{"Comic Sans MS", "Lato, Arial", "Latox", strings.Repeat("ф", 100)} {
		_, err := here.families(unknown)
		if media.CodeOf(err) != media.Invalid || !strings.Contains(media.MessageOf(err), "Unknown font: "+string([]rune(unknown)[:5])) || len(media.MessageOf(err)) > 200 {
			t.Errorf("%s: %v", unknown, err)
		}
	}
}

func TestReplacedFamilies(t *testing.T) {
	t.Parallel()
	by := map[string]string{}
	for _, r := range installedOf([]string{"Liberation Sans", "Carlito", "DejaVu Serif"}).replaced() {
		by[r.Family] = r.With
	}
	for family, with := range map[string]string{"Lato": "Carlito", "Georgia": "DejaVu Serif", "Courier New": "Liberation Sans", "Arial": "", "Calibri": "", "Verdana": ""} {
		if by[family] != with {
			t.Errorf("%s is drawn with %q, want %q", family, by[family], with)
		}
	}
}

// The manual has the same table.
func TestFontsInTheManual(t *testing.T) {
	t.Parallel()
	manual, err := os.ReadFile("../../docs/030-deliver.md")
	must(t, err)
	rows := 0
	for _, s := range familiarFonts {
		fits, like := strings.Join(s.equal, ", "), strings.Join(s.like, ", ")
		if row := "\n| " + s.name + " | " + fits + " | " + like + " |"; !strings.Contains(string(manual), row) {
			t.Errorf("the manual has no row%s", row)
		}
		rows++
	}
	if rows != len(familiar) {
		t.Errorf("%d of %d families have a name of their own", len(familiar), rows)
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
	for family, want := range map[string]int{"Arial": sans, "Helvetica": sans, "Times New Roman": serif, "Courier New": mono, "": sans} {
		if got := width(family); got != want {
			t.Errorf("%q is %d wide, want %d", family, got, want)
		}
	}
}

func TestUnknownFamilyIsNamed(t *testing.T) {
	t.Parallel()
	st := &stock{fonts: &shelf{}}
	text := &transform.PlanText{Content: "A", Family: "No Such Family", Size: 40, Weight: 400}
	if _, err := st.extent(text); media.CodeOf(err) != media.Invalid || media.MessageOf(err) != "Unknown font: No Such Family" {
		t.Errorf("measured: %v", err)
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
