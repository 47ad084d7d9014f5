// Package transform is the language of pictures: what a URL asks for, free of
// any vendor's words, and its resolution into a plan of absolute numbers.
//
// A Transformation is what was asked: steps that may be relative to the
// picture. Its String is canonical: equal meaning, equal text. Resolve looks
// at the facts of one picture and answers a Plan that holds nothing but
// absolute numbers, which package engine carries out. The package is pure: no
// pixels, no I/O beyond what Facts does.
package transform

// Revision is part of every rendition's key. Raise it whenever the same plan
// begins to mean other pixels, here or in package engine, so that stored
// renditions of the old meaning are not served for the new. A text that comes
// to another plan needs no new revision.
const Revision = 6

// Transformation is a chain of steps, carried out in order, each on the
// result of the one before, and how to encode the last result.
type Transformation struct {
	Input  Input
	Steps  []Step
	Output Output
	// DPR is the device pixel ratio that multiplies every length in pixels
	// of the whole chain, before it is rounded to whole pixels; 0 means 1.
	DPR float64
}

// Input says how the source is read.
type Input struct {
	// IgnoreOrientation leaves the pixels as stored instead of turning them
	// upright by the Exif orientation.
	IgnoreOrientation bool
	// Density is that at which vectors and documents are rendered, in dots
	// per inch, 1 to 2400; 0 is the usual one. Other sources ignore it.
	Density float64
}

// Empty reports that nothing at all is asked, so that the stored bytes are
// the answer as they are.
func (t Transformation) Empty() bool {
	return len(t.Steps) == 0 && t.Output == Output{} && t.Input == Input{}
}

// Unit is what a Length counts in.
type Unit uint8

const (
	// Absent is the zero value: the length was not given.
	Absent Unit = iota
	// Pixel counts CSS pixels: multiplied by DPR.
	Pixel
	// Fraction is relative to the step's input: its width for widths and x,
	// its height for heights and y. Not multiplied by DPR.
	Fraction
)

// Length is a number with its unit. The zero value means "not given".
type Length struct {
	Value float64
	Unit  Unit
}

// Px is a length in pixels.
func Px(v float64) Length { return Length{v, Pixel} }

// Frac is a length as a fraction of the step's input.
func Frac(v float64) Length { return Length{v, Fraction} }

// Given reports whether the length was given.
func (l Length) Given() bool { return l.Unit != Absent }

// Color is an sRGB colour with straight alpha, 0 to 255 each. The zero value
// is transparent black.
type Color struct{ R, G, B, A uint8 }

// White, Black and Transparent are the colours with a default role.
var (
	White       = Color{255, 255, 255, 255}
	Black       = Color{0, 0, 0, 255}
	Transparent = Color{}
)

// Limit says in which direction a Resize may change the size.
type Limit uint8

const (
	// AnySize enlarges and reduces.
	AnySize Limit = iota
	// ReduceOnly never enlarges.
	ReduceOnly
	// EnlargeOnly never reduces.
	EnlargeOnly
)

// Fit says how a Resize brings a picture into a box; the words are those of
// CSS object-fit and of sharp.
type Fit string

const (
	// Fill gives exactly the box and distorts when both sides are given.
	Fill Fit = "fill"
	// Inside is the largest size of the picture's ratio that fits in the box.
	Inside Fit = "inside"
	// Outside is the smallest size of the picture's ratio that covers the box.
	Outside Fit = "outside"
	// Cover is Outside, then cut to the box by gravity.
	Cover Fit = "cover"
	// Contain is Inside, then padded to the box by gravity.
	Contain Fit = "contain"
	// Closeup gives exactly the box, cut around what gravity finds.
	Closeup Fit = "closeup"
)
