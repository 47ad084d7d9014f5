package pango

import (
	"bytes"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// One list of fonts is enough, and it is not safe for concurrent use.
var (
	fontsMu sync.Mutex
	shared  *Fonts
)

type drawn struct {
	*image.NRGBA
	lines, unknown int
}

func draw(t *testing.T, text string, s Style) drawn {
	t.Helper()
	fontsMu.Lock()
	defer fontsMu.Unlock()
	if shared == nil {
		f, err := NewFonts("")
		if err != nil {
			t.Fatal(err)
		}
		shared = f
	}
	return drawWith(t, shared, text, s)
}

func drawWith(t *testing.T, f *Fonts, text string, s Style) drawn {
	t.Helper()
	if s.Size == 0 {
		s.Size = 40
	}
	if s.Weight == 0 {
		s.Weight = 400
	}
	if s.Color == (Color{}) {
		s.Color = Color{A: 255}
	}
	if s.Families == nil {
		s.Families = []string{"Liberation Sans", "DejaVu Sans"}
	}
	l, err := f.Lay(text, s)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	w, h := l.Size()
	px, err := l.Draw(w, h)
	if err != nil {
		t.Fatal(err)
	}
	d := drawn{&image.NRGBA{Pix: px, Stride: 4 * w, Rect: image.Rect(0, 0, w, h)}, l.Lines(), l.Unknown()}
	if dir := os.Getenv("TINTYPE_LOOK"); dir != "" {
		var b bytes.Buffer
		png.Encode(&b, d.NRGBA)
		os.WriteFile(filepath.Join(dir, strings.ReplaceAll(t.Name(), "/", "-")+".png"), b.Bytes(), 0o644)
	}
	return d
}

// ink is the box of what is not transparent.
func (d drawn) ink() image.Rectangle {
	var box image.Rectangle
	for y := range d.Rect.Dy() {
		for x := range d.Rect.Dx() {
			if d.NRGBAAt(x, y).A > 8 {
				box = box.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	return box
}

func TestTrimIsTheInk(t *testing.T) {
	t.Parallel()
	d := draw(t, "Hxg", Style{Size: 60, Trim: true})
	if ink := d.ink(); ink.Min.X > 1 || ink.Min.Y > 1 || d.Rect.Dx()-ink.Max.X > 1 || d.Rect.Dy()-ink.Max.Y > 1 {
		t.Errorf("page %v, ink %v", d.Rect, ink)
	}
	loose := draw(t, "Hxg", Style{Size: 60})
	if loose.Rect.Dy() < 60 || loose.Rect.Dy() > 90 || loose.Rect.Dy() <= d.Rect.Dy() {
		t.Errorf("line of %d, ink of %d", loose.Rect.Dy(), d.Rect.Dy())
	}
	// The capital height of this family is 1409/2048 em.
	if h := draw(t, "H", Style{Size: 100, Trim: true, Hinting: HintNone}).Rect.Dy(); h < 68 || h > 71 {
		t.Errorf("capital of %d at 100", h)
	}
}

func TestStyles(t *testing.T) {
	t.Parallel()
	plain := draw(t, "Tintype", Style{Trim: true})
	area := func(d drawn) (n int) {
		for i := 3; i < len(d.Pix); i += 4 {
			n += int(d.Pix[i])
		}
		return n / 255
	}
	for name, s := range map[string]Style{"bold": {Weight: 700}, "underline": {Underline: true}, "strike": {Strike: true}, "stroke": {Stroke: 3, StrokeColor: Color{R: 255, A: 255}}} {
		s.Trim = true
		if d := draw(t, "Tintype", s); area(d) < area(plain)*11/10 {
			t.Errorf("%s: %d pixels of ink, plain %d", name, area(d), area(plain))
		}
	}
	if d := draw(t, "Tintype", Style{Trim: true, LetterSpacing: 10}); d.Rect.Dx()-plain.Rect.Dx() < 55 || d.Rect.Dx()-plain.Rect.Dx() > 65 {
		t.Errorf("spaced %d, plain %d", d.Rect.Dx(), plain.Rect.Dx())
	}
	if d := draw(t, "Tintype", Style{Trim: true, Italic: true}); bytes.Equal(d.Pix, plain.Pix) {
		t.Error("italic is upright")
	}
	aliased := draw(t, "Tintype", Style{Trim: true, Aliased: true})
	for i := 3; i < len(aliased.Pix); i += 4 {
		if a := aliased.Pix[i]; a != 0 && a != 255 {
			t.Fatalf("alpha %d without smoothing", a)
		}
	}
}

func TestLines(t *testing.T) {
	t.Parallel()
	const text = "one two three four five six seven eight nine ten"
	one := draw(t, "x", Style{})
	many := draw(t, text, Style{Wrap: 200})
	if many.lines < 4 || many.Rect.Dx() > 200 || many.Rect.Dy() != many.lines*one.Rect.Dy() && many.Rect.Dy() < (many.lines-1)*one.Rect.Dy() {
		t.Errorf("%d lines on %v", many.lines, many.Rect)
	}
	if d := draw(t, text, Style{Wrap: 200, LineHeight: 100}); d.Rect.Dy() != 100*d.lines {
		t.Errorf("%d lines of 100: %v", d.lines, d.Rect)
	}
	if d := draw(t, "a\nb\nc", Style{LineSpacing: 20}); d.lines != 3 || d.Rect.Dy() < 3*one.Rect.Dy()+36 {
		t.Errorf("three lines with 20 between: %v", d.Rect)
	}
	for _, s := range []string{text, strings.ReplaceAll(text, " ", "\n")} {
		d := draw(t, s, Style{Wrap: 200, MaxHeight: 2*one.Rect.Dy() + 5})
		if d.lines != 2 || d.Rect.Dy() > 2*one.Rect.Dy()+5 {
			t.Errorf("cut off at two lines: %d on %v", d.lines, d.Rect)
		}
	}
	if d := draw(t, strings.ReplaceAll(text, " ", "\n"), Style{MaxHeight: one.Rect.Dy() + 5}); d.lines != 1 {
		t.Errorf("cut off without a width: %d lines", d.lines)
	}
}

func TestAlign(t *testing.T) {
	t.Parallel()
	// The second line is short: where it lies shows the alignment.
	at := func(text string, a Align) (left, right int) {
		d := draw(t, text, Style{Align: a, Trim: true})
		low := d.SubImage(image.Rect(0, d.Rect.Dy()*3/5, d.Rect.Dx(), d.Rect.Dy())).(*image.NRGBA)
		left, right = d.Rect.Dx(), d.Rect.Dx()
		for y := low.Rect.Min.Y; y < low.Rect.Max.Y; y++ {
			for x := range d.Rect.Dx() {
				if d.NRGBAAt(x, y).A > 8 {
					left, right = min(left, x), min(right, d.Rect.Dx()-1-x)
				}
			}
		}
		return left, right
	}
	const latin, arabic = "wwwwwwwwww\nn", "سسسسسسسسسس\nن"
	for _, c := range []struct {
		text string
		a    Align
		want string
	}{
		{latin, Left, "left"}, {latin, Center, "middle"}, {latin, Right, "right"}, {latin, Start, "left"}, {latin, End, "right"},
		{arabic, Left, "left"}, {arabic, Right, "right"}, {arabic, Start, "right"}, {arabic, End, "left"},
	} {
		l, r := at(c.text, c.a)
		got := "middle"
		if l > r+40 {
			got = "right"
		} else if r > l+40 {
			got = "left"
		}
		if got != c.want {
			t.Errorf("%q %d: lies %s (%d, %d), want %s", c.text, c.a, got, l, r, c.want)
		}
	}
}

func TestColours(t *testing.T) {
	t.Parallel()
	d := draw(t, "█", Style{Color: Color{10, 200, 30, 128}, LineColor: Color{255, 0, 0, 255}})
	c := d.NRGBAAt(d.Rect.Dx()/2, d.Rect.Dy()/2)
	if c.A != 255 || c.R < 120 || c.R > 140 || c.G < 92 || c.G > 108 {
		t.Errorf("half green over red is %v", c)
	}
	// Translucent glyphs do not show the inner half of their outline.
	d = draw(t, "█", Style{Color: Color{0, 0, 255, 128}, Stroke: 6, StrokeColor: Color{255, 0, 0, 255}})
	if c := d.NRGBAAt(d.Rect.Dx()/2, d.Rect.Dy()/2); c.R > 8 || c.B < 248 || c.A < 120 || c.A > 136 {
		t.Errorf("half blue in a red outline is %v", c)
	}
}

func TestOpaqueStroke(t *testing.T) {
	t.Parallel()
	// In the middle lies the glyph, around it the outline, nothing shows through.
	d := draw(t, "█", Style{Color: Color{0, 0, 255, 255}, Stroke: 6, StrokeColor: Color{255, 0, 0, 255}, Trim: true})
	w, h := d.Rect.Dx(), d.Rect.Dy()
	if c := d.NRGBAAt(w/2, h/2); c.R > 2 || c.B < 253 || c.A != 255 {
		t.Errorf("the glyph is %v", c)
	}
	if c := d.NRGBAAt(2, h/2); c.R < 253 || c.B > 2 || c.A != 255 {
		t.Errorf("the outline is %v", c)
	}
	half := draw(t, "█", Style{Color: Color{0, 0, 255, 255}, Stroke: 6, StrokeColor: Color{255, 0, 0, 128}, Trim: true})
	if c := half.NRGBAAt(2, h/2); c.R < 253 || c.A < 120 || c.A > 136 {
		t.Errorf("half an outline is %v", c)
	}
}

func TestScripts(t *testing.T) {
	t.Parallel()
	tofu := draw(t, "\U000F0000", Style{Trim: true})
	if tofu.unknown != 1 {
		t.Errorf("a private character has %d unknown glyphs", tofu.unknown)
	}
	for name, text := range map[string]string{"latin": "Größe", "cyrillic": "Привет", "greek": "Καλημέρα", "arabic": "مرحبا", "hebrew": "שלום"} {
		d := draw(t, text, Style{Trim: true})
		if d.unknown != 0 || d.ink().Empty() {
			t.Errorf("%s: %d unknown glyphs, ink %v", name, d.unknown, d.ink())
		}
	}
	// These fonts are large; a machine may be without them.
	for name, text := range map[string]string{"cjk": "日本語中文", "emoji": "😀🎉"} {
		t.Run(name, func(t *testing.T) {
			d := draw(t, text, Style{Trim: true})
			if d.unknown > 0 {
				t.Skipf("no font on this machine has %s", text)
			}
			colours := false
			for i := 0; i < len(d.Pix); i += 4 {
				colours = colours || d.Pix[i] != d.Pix[i+2] && d.Pix[i+3] > 128
			}
			if d.ink().Empty() || colours != (name == "emoji") {
				t.Errorf("ink %v, colours: %v", d.ink(), colours)
			}
		})
	}
}

func TestRightToLeft(t *testing.T) {
	t.Parallel()
	// Alef is a thin stroke and sin is wide: in "اس" the alef is on the right.
	d := draw(t, "اس", Style{Trim: true, Size: 100})
	last := d.SubImage(image.Rect(d.Rect.Dx()-12, 0, d.Rect.Dx(), d.Rect.Dy()/3)).(*image.NRGBA)
	ink := 0
	for y := last.Rect.Min.Y; y < last.Rect.Max.Y; y++ {
		for x := last.Rect.Min.X; x < last.Rect.Max.X; x++ {
			if d.NRGBAAt(x, y).A > 128 {
				ink++
			}
		}
	}
	if ink < 30 {
		t.Error("the first letter is not on the right")
	}
	// Letters join: three of them are narrower than three times one.
	one, three := draw(t, "ه", Style{Trim: true, Size: 100}), draw(t, "ههه", Style{Trim: true, Size: 100})
	if bytes.Contains(three.Pix, one.Pix[:40]) && three.Rect.Dx() == 3*one.Rect.Dx() {
		t.Error("letters are not joined")
	}
}

func TestOwnFont(t *testing.T) {
	t.Parallel()
	if _, err := NewFonts(os.Args[0]); err != ErrNoFont {
		t.Errorf("a program as a font: %v", err)
	}
	files, _ := filepath.Glob("/usr/share/fonts/truetype/dejavu/DejaVuSerif.ttf")
	if len(files) == 0 {
		t.Skip("the font of the test is not on this machine")
	}
	fontsMu.Lock()
	defer fontsMu.Unlock()
	own, err := NewFonts(files[0])
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	system, err := NewFonts("")
	if err != nil {
		t.Fatal(err)
	}
	defer system.Close()
	// Whatever family is asked for, the file wins.
	a := drawWith(t, own, "serif", Style{Trim: true, Families: []string{"Liberation Sans"}})
	b := drawWith(t, system, "serif", Style{Trim: true, Families: []string{"DejaVu Serif"}})
	if !bytes.Equal(a.Pix, b.Pix) {
		t.Errorf("the file was not used: %v and %v", a.Rect, b.Rect)
	}
	if c := drawWith(t, own, "日", Style{Trim: true}); c.ink().Empty() {
		t.Error("what the file lacks is not drawn")
	}
}

func TestTooLarge(t *testing.T) {
	t.Parallel()
	f, err := NewFonts("")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Lay(strings.Repeat("m", 10_000), Style{Size: 2000}); err != ErrTooLarge {
		t.Errorf("20 million pixels of text: %v", err)
	}
	for _, text := range []string{"", "\x00\x00", "\xff\xfe", "<b>&amp;"} {
		d := draw(t, text, Style{Trim: true})
		if d.Rect.Dx() < 1 || d.Rect.Dy() < 1 {
			t.Errorf("%q: %v", text, d.Rect)
		}
	}
}
