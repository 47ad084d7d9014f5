// Package pango draws text: Pango lays it out and shapes it, cairo draws it.
// It is plain text always; no markup is ever read.
package pango

// #cgo pkg-config: pangocairo pangoft2 fontconfig
// #cgo LDFLAGS: -lm
// #include <stdlib.h>
// #include "bridge.h"
import "C"

import (
	"errors"
	"fmt"
	"strings"
	"unsafe"
)

// Style is how text looks. Lengths are in pixels.
type Style struct {
	// Families are tried one after the other; the system's fonts that have
	// the missing glyphs come after them.
	Families                  []string
	Size                      float64
	Weight                    int // 100 to 900
	Italic, Underline, Strike bool
	Align                     Align
	// LetterSpacing and LineSpacing are added; LineHeight, if above 0, is the
	// distance of lines.
	LetterSpacing, LineSpacing, LineHeight float64
	// Color fills the glyphs. Those that bring colours of their own take its
	// alpha only.
	Color Color
	// Stroke is the width of the outline outside of the glyphs.
	Stroke      float64
	StrokeColor Color
	// LineColor lies behind each line, as wide as the line's text.
	LineColor Color
	// Wrap is the width at which words wrap, MaxHeight what is shortened with
	// an ellipsis; 0 is none.
	Wrap, MaxHeight int
	// Trim makes the page what is drawn, not the room that lines take.
	Trim    bool
	Aliased bool // no smoothing
	Hinting Hinting
}

// Color is straight sRGB.
type Color struct{ R, G, B, A uint8 }

// Align is how lines lie beside each other.
type Align int

// The alignments. Start and end go by each line's direction.
const (
	Left Align = iota
	Center
	Right
	Justify // within Wrap
	Start
	End
)

// Hinting is how glyphs are fitted to the pixels.
type Hinting int

// The ways of hinting; zero is HintSlight.
const (
	HintDefault Hinting = iota
	HintNone
	HintSlight
	HintMedium
	HintFull
)

// Fonts are the fonts of the machine, perhaps with one file that goes before
// them all. Not safe for concurrent use.
type Fonts struct{ p *C.TpFonts }

// ErrNoFont says that a file is no font, or that the machine's fonts cannot be
// read when no file was given.
var ErrNoFont = errors.New("pango: no fonts can be read")

// NewFonts reads the list of the machine's fonts. file is the path of a font
// file or "". A path stands for one content as long as the process lives:
// cairo keeps what it read from it.
func NewFonts(file string) (*Fonts, error) {
	var path *C.char
	if file != "" {
		path = C.CString(file)
		defer C.free(unsafe.Pointer(path))
	}
	p := C.tp_fonts_new(path)
	if p == nil {
		return nil, ErrNoFont
	}
	return &Fonts{p}, nil
}

// Close gives the fonts back. Every Layout made of them is closed before.
func (f *Fonts) Close() {
	if f.p != nil {
		C.tp_fonts_free(f.p)
		f.p = nil
	}
}

// Families names the families of the machine's fonts, in every language in
// which they have a name.
func (f *Fonts) Families() (names []string) {
	seen := map[string]bool{}
	for n := range int(C.tp_fonts_count(f.p)) {
		for k := 0; ; k++ {
			name := C.tp_fonts_family(f.p, C.int(n), C.int(k))
			if name == nil {
				break
			}
			if s := C.GoString(name); !seen[s] {
				seen[s], names = true, append(names, s)
			}
		}
	}
	return names
}

// maxUnits bounds what a layout may measure: Pango counts 1/1024 pixels in 32 bits.
const maxUnits = 2_000_000

// ErrTooLarge says that a text cannot be laid out at its size.
var ErrTooLarge = errors.New("pango: the text is too large")

// Layout is text laid out in a style.
type Layout struct {
	p     *C.TpLayout
	style C.TpStyle
	c     [3]C.TpColor
}

// Lay lays text out: UTF-8, with line feeds. The caller closes the layout.
func (f *Fonts) Lay(text string, s Style) (*Layout, error) {
	n := float64(len([]rune(text)) + 1)
	if n*(2*s.Size+abs(s.LetterSpacing)+abs(s.LineSpacing)+s.LineHeight) > maxUnits || s.Wrap > maxUnits || s.MaxHeight > maxUnits {
		return nil, ErrTooLarge
	}
	text = strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "\uFFFD")
	if s.MaxHeight > 0 {
		// Pango shows at least one line of each paragraph, however low the
		// layout: so lines must not be paragraphs.
		text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\n", "\u2028")
	}
	l := &Layout{style: s.c(), c: [3]C.TpColor{s.Color.c(), s.StrokeColor.c(), s.LineColor.c()}}
	families := C.CString(strings.Join(s.Families, ","))
	defer C.free(unsafe.Pointer(families))
	chars := C.CString(text)
	defer C.free(unsafe.Pointer(chars))
	style := l.style
	style.families = families
	l.p = C.tp_layout_new(f.p, chars, C.int(len(text)), &style)
	return l, nil
}

func (s Style) c() C.TpStyle {
	hint := map[Hinting]C.int{
		HintDefault: C.CAIRO_HINT_STYLE_SLIGHT, HintNone: C.CAIRO_HINT_STYLE_NONE, HintSlight: C.CAIRO_HINT_STYLE_SLIGHT,
		HintMedium: C.CAIRO_HINT_STYLE_MEDIUM, HintFull: C.CAIRO_HINT_STYLE_FULL,
	}[s.Hinting]
	antialias := C.int(C.TP_BEST)
	if s.Aliased {
		antialias = C.TP_NONE
	}
	return C.TpStyle{
		size: C.double(s.Size), weight: C.int(s.Weight), italic: flag(s.Italic), underline: flag(s.Underline), strike: flag(s.Strike),
		align: C.int(s.Align), letter_spacing: C.double(s.LetterSpacing), line_spacing: C.double(s.LineSpacing), line_height: C.double(s.LineHeight),
		stroke: C.double(s.Stroke), line_color: flag(s.LineColor.A > 0), wrap: C.int(s.Wrap), max_height: C.int(s.MaxHeight), trim: flag(s.Trim),
		antialias: antialias, hinting: hint,
	}
}

func (c Color) c() C.TpColor {
	f := func(v uint8) C.double { return C.double(v) / 255 }
	return C.TpColor{r: f(c.R), g: f(c.G), b: f(c.B), a: f(c.A)}
}

func flag(on bool) C.int {
	if on {
		return 1
	}
	return 0
}

func abs(v float64) float64 { return max(v, -v) }

// Close gives the layout back.
func (l *Layout) Close() {
	if l.p != nil {
		C.tp_layout_free(l.p)
		l.p = nil
	}
}

// Size is that of the page in pixels, each side at least 1.
func (l *Layout) Size() (width, height int) { return int(l.p.width), int(l.p.height) }

// Lines counts the lines.
func (l *Layout) Lines() int { return int(l.p.n) }

// Unknown counts the characters that no font has a glyph for.
func (l *Layout) Unknown() int { return int(l.p.unknown) }

// Draw draws the page's top left part of width x height on transparency:
// straight RGBA, row by row.
func (l *Layout) Draw(width, height int) ([]byte, error) {
	px := make([]byte, 4*width*height)
	if len(px) == 0 {
		return nil, fmt.Errorf("pango: page of %d x %d", width, height)
	}
	if status := C.tp_draw(l.p, &l.style, l.c[0], l.c[1], l.c[2], (*C.uchar)(unsafe.Pointer(&px[0])), C.int(width), C.int(height)); status != 0 {
		return nil, fmt.Errorf("pango: draw: %s", C.GoString(C.cairo_status_to_string(C.cairo_status_t(status))))
	}
	straighten(px)
	return px, nil
}

// straighten turns cairo's premultiplied words into straight bytes.
func straighten(px []byte) {
	for i := 0; i < len(px); i += 4 {
		v := *(*uint32)(unsafe.Pointer(&px[i]))
		a := v >> 24
		if a == 0 {
			continue // all four are 0
		}
		un := func(c uint32) byte { return byte(min(255, (c*255+a/2)/a)) }
		px[i], px[i+1], px[i+2], px[i+3] = un(v>>16&255), un(v>>8&255), un(v&255), byte(a)
	}
}
