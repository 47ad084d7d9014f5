package transform

import (
	"math"
	"reflect"
	"testing"
)

// TestCanonical lists groups of equal meaning: the first text is the
// canonical one of all.
func TestCanonical(t *testing.T) {
	t.Parallel()
	groups := [][]string{
		{"", ""},
		{"rotate(0)", "rotate(360)", "rotate(-720)", "opacity(1)", "sepia(0)", "blur(0)", "round(0)", "border(0,#ff0000)", "flip(vertical)|flip(vertical)", "extract", "extend", "resize(cover)"},
		{"resize(cover,200x300,gravity=north)|grayscale|output(webp)", "resize(cover,200x300,gravity=north)|grayscale|output(webp,q=80)", "resize(cover,200x300,gravity=north,x=0)|saturation(-1)|output(webp,q=80)"},
		{"output(png)", "rotate(0)|output(png)", "dpr(3)|output(png)"},
		{"resize(inside,200x)", "dpr(2)|resize(fill,100x)", "resize(cover,200x)", "resize(contain,200x,background=#ff0000)", "resize(outside,199.5x,gravity=north)"},
		{"resize(inside,200x,limit=reduce)", "resize(cover,200x,limit=reduce)", "resize(fill,200x,limit=reduce)"},
		{"resize(contain,200x,limit=reduce)"},
		{"resize(cover,200x,limit=enlarge)"},
		{"resize(fill,200x,free)"},
		{"resize(fill,200x100)", "resize(fill,200x100,ratio=3)", "resize(fill,200x100,free)", "resize(fill,200x100,gravity=north,x=4,background=#123456)"},
		{"resize(cover,200x,ratio=1.5)", "resize(cover,200x,free,ratio=1.5)"},
		{"resize(cover,200x100)", "resize(cover,200x100,gravity=center)", "resize(cover,200x100,background=#ffffff)"},
		{"resize(contain,200x100)", "resize(contain,200x100,gravity=attention)"},
		{"resize(contain,200x100,background=#00000000)", "resize(contain,200x100,background=#12345600)"},
		{"resize(cover,50%x7%)", "resize(cover,50.0%x07%)"},
		{"extract(10x10)", "extract(10x10,gravity=center)", "extract(10x10,gravity=center,x=0,y=0%)"},
		{"extract(10x10,x=0,y=0)", "extract(10x10,x=0)", "extract(10x10,y=0)", "extract(10x10,x=0%,y=0.4)"},
		{"extract(10x10,gravity=center,x=5)", "extract(10x10,gravity=center,x=5,y=0)"},
		{"extract(10x10,x=5,y=0)", "extract(10x10,x=5)"},
		{"extract(10x10,gravity=north-west)", "extract(10x10,gravity=north-west,x=0,y=0)"},
		{"extract(10x10,gravity=attention)"},
		{"extend(10x10)", "extend(10x10,gravity=attention)"},
		{"rotate(90)", "rotate(-270)", "rotate(450,background=#ff0000)", "rotate(180)|rotate(270)"},
		{"rotate(12,background=#ff0000)", "rotate(-348,background=#ff0000)"},
		{"flip(horizontal)", "flip(vertical)|flip(vertical)|flip(horizontal)", "flip(vertical)|rotate(0)|flip(vertical)|flip(horizontal)"},
		{"round(5)", "round(5:5:5:5)", "border(0,#ff0000,radii=5)"},
		{"round(5:0:5:0)", "round(5:0%:5:0)"},
		{"round(ellipse)", "border(0,#ff0000,ellipse)"},
		{"border(3,#ff0000)", "border(3,#ff0000ff,radii=0)", "dpr(1.5)|border(2,#ff0000)"},
		{"border(3,#00000000)", "border(3,#ff000000)"},
		{"flatten(#ff0000)", "flatten(#ff0000)|flatten(#00ff00)", "flatten(#00ff0000)|flatten(#ff0000)"},
		{"flatten(#ff000080)|flatten(#00ff00)"},
		{"blur(200)", "blur(1000)", "blur(0200.0)"},
		{"sharpen(1.5,0.5)", "sharpen(1.50,00.5)"},
		{"input(ignore-orientation)", "input(ignore-orientation)|rotate(0)"},
		{"output(gif,q=5,progressive=true)", "output(gif,progressive=true,frames=all,q=05)"},
		{"flip(vertical)|output(jpeg)", "flip(vertical)|output(jpeg,q=80,chroma=420)", "flip(vertical)|output(jpeg,frames=first,lossless=true,depth=rgb,delay=9)"},
		{"flip(vertical)|output(jpeg,q=90)", "flip(vertical)|output(jpeg,q=90,chroma=444)"},
		{"flip(vertical)|output(jpeg,chroma=444)"},
		{"flip(vertical)|output(jpeg,level=eco)", "flip(vertical)|output(jpeg,q=40,level=eco)"},
		{"flip(vertical)|output(png)", "flip(vertical)|output(png,q=30,chroma=444)", "flip(vertical)|output(png,level=eco)"},
		{"flip(vertical)|output(png,q=30,lossy=true)"},
		{"flip(vertical)|output(webp,lossless=true)", "flip(vertical)|output(webp,q=100,progressive=true)"},
		{"flip(vertical)|output(webp,frames=first)"},
		{"flip(vertical)|output(auto)", "flip(vertical)|output(auto,q=80,space=srgb)"},
		{"output(png,q=80)"}, // asks for a new file, which output(png) may not
		{"use(name='a')|output(q=80)"},
	}
	seen := map[string]bool{}
	for _, g := range groups {
		if seen[g[0]] {
			t.Errorf("%s: two groups have one canonical text", g[0])
		}
		seen[g[0]] = true
		for _, text := range g {
			tr, err := Parse(text)
			if err != nil {
				t.Errorf("%s: %v", text, err)
			} else if got := tr.String(); got != g[0] {
				t.Errorf("%s\n got %s\nwant %s", text, got, g[0])
			}
		}
	}
}

// A foreign word in a field must never pass for another transformation.
func TestForeignWords(t *testing.T) {
	t.Parallel()
	for _, tr := range []Transformation{
		{Output: Output{Format: "webp,q=80"}},
		{Output: Output{Format: "png)|blur(3"}},
		{Steps: []Step{Resize{Fit: "cover,10x10", Box: Box{Width: Px(3)}}}},
		{Steps: []Step{Resize{Fit: Cover, Box: Box{Width: Px(3), Height: Px(3)}, Gravity: Gravity{Anchor: "north,x=3"}}}},
		{Steps: []Step{Resize{Fit: Cover, Limit: 9, Box: Box{Width: Px(3)}}}},
		{Steps: []Step{Blur{Sigma: 1}, nil}},
		{Steps: []Step{&Blur{Sigma: 1}}},
		{Output: Output{Frames: 7}},
		{Output: Output{Quality: -5}},
		{Steps: []Step{Blur{Sigma: math.NaN()}}},
		{Steps: []Step{Resize{Box: Box{Width: Length{3, 9}}}}},
		{DPR: math.Inf(1)},
	} {
		text := tr.String()
		if back, err := Parse(text); err == nil {
			t.Errorf("%#v\n writes %s\nwhich reads %v", tr, text, back)
		}
		if tr.Validate() == nil {
			t.Errorf("%s is taken for valid", text)
		}
		if _, err := Resolve(t.Context(), tr, photo(), Limits{}); err == nil {
			t.Errorf("%s is resolved", text)
		}
	}
}

func TestPercent(t *testing.T) {
	t.Parallel()
	for v, want := range map[float64]string{
		0.5: "50%", 0.07: "7%", 0.29: "29%", 1: "100%", 1.005: "100.5%", 0.001: "0.1%", 12: "1200%", -0.25: "-25%",
		1.0 / 3: "33.33333333333333%", 1e-7: "0.00001%",
	} {
		if got := lengthText(Frac(v)); got != want {
			t.Errorf("%v: got %s, want %s", v, got, want)
		}
	}
	for _, v := range []float64{0.07, 0.29, 0.57, 1.1, 1.0 / 3, 2.0 / 3, math.Pi, 1e-300, 5e-324, 1e300} {
		a := &args{item: "test"}
		if got := a.parseLength(lengthText(Frac(v))); a.err != nil || got != Frac(v) {
			t.Errorf("%v came back as %v, %v", v, got, a.err)
		}
	}
}

func TestColorText(t *testing.T) {
	t.Parallel()
	for c, want := range map[Color]string{White: "#ffffff", Transparent: "#00000000", {1, 2, 3, 254}: "#010203fe"} {
		if c.String() != want {
			t.Errorf("%#v: got %s, want %s", c, c, want)
		}
		if back, err := ParseColor(want); err != nil || back != c {
			t.Errorf("%s: got %v, %v", want, back, err)
		}
	}
	for _, bad := range []string{"", "#", "ffffff", "#fff", "#fffffg", "#FFFFFF", "#fffffff", "#fffffffff", "#+fffff"} {
		if c, err := ParseColor(bad); err == nil {
			t.Errorf("%q is taken for %v", bad, c)
		}
	}
}

func TestNormalizeKeepsTheOriginal(t *testing.T) {
	t.Parallel()
	red := Color{255, 0, 0, 0}
	tr := Transformation{DPR: 2, Steps: []Step{
		Rotate{Degrees: 90}, Rotate{Degrees: 90}, Resize{Fit: Contain, Box: Box{Width: Px(3), Height: Px(4)}, Background: &red},
	}}
	_ = tr.String()
	want := []Step{Rotate{Degrees: 90}, Rotate{Degrees: 90}, Resize{Fit: Contain, Box: Box{Width: Px(3), Height: Px(4)}, Background: &red}}
	if !reflect.DeepEqual(tr.Steps, want) || red.R != 255 {
		t.Errorf("String changed its receiver to %#v", tr)
	}
}

func TestEmpty(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{"": true, "rotate(0)": false, "output(q=3)": false, "input(ignore-orientation)": false, "dpr(2)": true} {
		tr, err := Parse(text)
		if err != nil || tr.Empty() != want {
			t.Errorf("%q: Empty is %v, %v", text, tr.Empty(), err)
		}
		if n := tr.Normalize(); n.Empty() != want {
			t.Errorf("%q: normalized to %q, Empty is %v", text, n, n.Empty())
		}
	}
}
