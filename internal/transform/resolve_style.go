package transform

import "tintype/internal/media"

// FactDrawn is the name of a fact: of a stored text, the transformation that
// drew it (see DrawText) in canonical text.
const FactDrawn = "drawn"

// DrawText is the transformation that draws a text on a transparent page as
// large as the text; opacity is 0 to 1.
func DrawText(t Text, opacity float64) Transformation {
	l := Layer{Text: &t}
	if opacity < 1 {
		l.Steps = []Step{Opacity{Factor: opacity}}
	}
	return Transformation{
		Steps:  []Step{Composite{Layer: l, Gravity: Gravity{Anchor: NorthWest}}},
		Output: Output{Format: "png"},
	}
}

// styled answers a text with what it lacks taken from the stored text in
// whose style it is.
func (r *resolver) styled(t *Text) (*Text, error) {
	if (t.Style == media.Ref{}) {
		return t, nil
	}
	f, err := r.facts.Layer(r.ctx, t.Style)
	if err != nil {
		return nil, err
	}
	s, ok := drawn(f)
	if !ok {
		return nil, &media.Error{
			Code: media.Invalid, Message: t.Style.Name + " is no stored text whose style could be used", Err: &media.LayerError{Ref: t.Style},
		}
	}
	s.Content, s.Loose = t.Content, s.Loose || t.Loose
	if t.Color.A > 0 {
		s.Color = t.Color
	}
	if t.Background.A > 0 {
		s.Background, s.Padding = t.Background, t.Padding
	}
	if t.Wrap.Given() {
		s.Wrap = t.Wrap
	}
	if t.Height.Given() {
		s.Height = t.Height
	}
	return s, nil
}

// drawn is the text that an asset shows.
func drawn(f Facts) (*Text, bool) {
	v, ok := f.Value(FactDrawn)
	if !ok {
		return nil, false
	}
	t, err := Parse(v.Text)
	if err != nil || len(t.Steps) == 0 {
		return nil, false
	}
	c, ok := t.Steps[0].(Composite)
	if !ok || c.Layer.Text == nil {
		return nil, false
	}
	text := *c.Layer.Text
	return &text, true
}
