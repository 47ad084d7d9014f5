package transform

import (
	"context"

	"tintype/internal/media"
)

// Facts is what only the asset or its pixels can answer. Facts that know
// nothing but the picture embed Alone.
type Facts interface {
	// Info describes the source; Width, Height, Orientation, Pages, Alpha,
	// Format and Animated are read.
	Info() media.Info
	// Measure answers a question about the source picture. It may be slow;
	// Resolve asks at most once per question.
	Measure(ctx context.Context, q Question) (Answer, error)
	// Value is a fact about the asset by its name in an expression (see
	// Expr), beyond those that Info or a measurement gives; false when there
	// is none.
	Value(name string) (Value, bool)
	// Stored returns the rectangles that were stored with the asset, as
	// fractions of the upright picture, the largest first: those of Face (for
	// both face anchors), of Custom, or of the Region of that name.
	Stored(kind Anchor, name string) []Box4
	// Named returns a named transformation; false when there is none.
	Named(name string) (Transformation, bool)
	// Layer returns the facts of another source. What is missing or not to be
	// read is the error that the whole resolution ends with.
	Layer(ctx context.Context, ref media.Ref) (Facts, error)
}

// Alone is the part of Facts beyond the picture for who knows nothing of it.
type Alone struct{}

// Value knows no fact.
func (Alone) Value(string) (Value, bool) { return Value{}, false }

// Stored knows no rectangle.
func (Alone) Stored(Anchor, string) []Box4 { return nil }

// Named knows no transformation.
func (Alone) Named(string) (Transformation, bool) { return Transformation{}, false }

// Layer refuses every other source.
func (Alone) Layer(context.Context, media.Ref) (Facts, error) {
	return nil, media.Errorf(media.Unsupported, "Layers cannot be used here")
}

// Box4 is a rectangle as fractions of a picture's sides.
type Box4 struct{ X, Y, Width, Height float64 }

// Question is something to be measured on the pixels, in canonical text: a
// name, its arguments in JSON, and after "@" the JSON of the Picture that it is
// asked of, if that is not the upright source as it is. ParseQuestion reads it.
type Question string

// FocusPoint asks for the point that catches the eye: Answer.X, Y.
const FocusPoint Question = "focus"

// FaceBoxes asks for the faces: Answer.Boxes, the largest first, of the
// upright source's first page.
const FaceBoxes Question = "faces"

// Illustration asks how likely the picture is drawn, not photographed: Answer.Number, 0 to 1.
const Illustration Question = "illustration"

// Answer is what was measured; which fields count depends on the question.
type Answer struct {
	// X and Y of the focus as fractions, 0 to 1, of the upright picture.
	X, Y float64
	// Boxes found, as fractions of the picture asked about.
	Boxes []Box4 `json:",omitempty"`
	// Width and Height in pixels, of text or of a page.
	Width, Height int `json:",omitempty"`
	// Number is a measured number.
	Number float64 `json:",omitempty"`
	// Colors of a palette, the most frequent first.
	Colors []Color `json:",omitempty"`
	// Analysis has the one part that was asked for.
	Analysis *media.Analysis `json:",omitempty"`
}
