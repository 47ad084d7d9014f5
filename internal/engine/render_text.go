package engine

import (
	"errors"
	"fmt"

	"tintype/internal/engine/pango"
	"tintype/internal/engine/vips"
	"tintype/internal/media"
	"tintype/internal/transform"
)

// text draws a text on a transparent page.
func (st *stock) text(scope *vips.Scope, t *transform.PlanText) (*picture, error) {
	var px []byte
	err := st.lay(t, func(l *pango.Layout) (err error) {
		px, err = l.Draw(t.Width, t.Height)
		return err
	})
	if err != nil {
		return nil, err
	}
	im, err := scope.FromPixels(px, t.Width, t.Height, 4, "uchar")
	if err != nil {
		return nil, err
	}
	if im, err = scope.Apply(im, "copy", vips.Args{"interpretation": "srgb"}); err != nil {
		return nil, err
	}
	return st.drawn(scope, im), nil
}

// extent answers how large the page of a text is.
func (st *stock) extent(t *transform.PlanText) (a transform.Answer, err error) {
	err = st.lay(t, func(l *pango.Layout) error {
		a.Width, a.Height = l.Size()
		return nil
	})
	return a, err
}

// lay hands the laid out text to f.
func (st *stock) lay(t *transform.PlanText, f func(*pango.Layout) error) error {
	fonts, done, err := st.fontsFor(t.Font)
	if err != nil {
		return err
	}
	defer done()
	style, err := st.styleOf(t)
	if err != nil {
		return err
	}
	l, err := fonts.Lay(t.Content, style)
	if errors.Is(err, pango.ErrTooLarge) {
		return media.Errorf(media.Invalid, "The text is too long for its size")
	}
	if err != nil {
		return err
	}
	defer l.Close()
	return f(l)
}

// fontsFor answers the machine's fonts, or those behind font source n.
func (st *stock) fontsFor(n int) (*pango.Fonts, func(), error) {
	if st == nil || st.fonts == nil {
		return nil, nil, errors.New("text without fonts")
	}
	if n == 0 {
		fonts, err := st.fonts.machine()
		return fonts, func() {}, err
	}
	src, err := st.source(n, transform.UseFont)
	if err != nil {
		return nil, nil, err
	}
	return st.fonts.with(src.file, st.name(n))
}

var aligns = map[transform.Align]pango.Align{
	transform.AlignLeft: pango.Left, transform.AlignCenter: pango.Center, transform.AlignRight: pango.Right,
	transform.AlignJustify: pango.Justify, transform.AlignStart: pango.Start, transform.AlignEnd: pango.End,
}

var hints = map[transform.Hinting]pango.Hinting{
	transform.HintingNone: pango.HintNone, transform.HintingSlight: pango.HintSlight,
	transform.HintingMedium: pango.HintMedium, transform.HintingFull: pango.HintFull,
}

// styleOf is how a text looks. A font file goes before every family, so what
// the family is does not count then.
func (st *stock) styleOf(t *transform.PlanText) (pango.Style, error) {
	families := defaultFamilies
	if t.Font == 0 {
		var err error
		if families, err = st.fonts.owned.families(t.Family); err != nil {
			return pango.Style{}, err
		}
	}
	return pango.Style{
		Families: families, Size: t.Size, Weight: t.Weight,
		Italic: t.Italic, Underline: t.Underline, Strike: t.Strike,
		Align: aligns[t.Align], LetterSpacing: t.LetterSpacing, LineSpacing: t.LineSpacing, LineHeight: t.LineHeight,
		Color: pango.Color(t.Color), Stroke: t.Stroke, StrokeColor: pango.Color(t.StrokeColor), LineColor: pango.Color(t.LineColor),
		Wrap: t.Wrap, MaxHeight: t.MaxHeight, Trim: t.Trim,
		Aliased: t.Antialias == transform.AntialiasNone, Hinting: hints[t.Hinting],
	}, nil
}

// tryFonts draws a letter of each script that is looked for, and names the
// scripts for which no font is there.
func tryFonts(s *shelf) (missing []string, err error) {
	fonts, err := s.machine()
	if err != nil {
		return nil, err
	}
	for _, script := range []struct{ name, sample string }{
		{"Latin", "Aß"}, {"Cyrillic", "Жя"}, {"Greek", "Ωα"}, {"Arabic", "مر"},
		{"Chinese and Japanese", "中日の"}, {"Korean", "한"}, {"emoji", "😀"},
	} {
		l, err := fonts.Lay(script.sample, pango.Style{Families: defaultFamilies, Size: 20, Weight: 400})
		if err != nil {
			return nil, fmt.Errorf("lay %s: %w", script.name, err)
		}
		if l.Unknown() > 0 {
			missing = append(missing, script.name)
		}
		l.Close()
	}
	return missing, nil
}
