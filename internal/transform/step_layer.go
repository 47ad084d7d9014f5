package transform

import "tintype/internal/media"

// Composite lays a picture on the page, or under it, and blends them: see
// Blend, where empty is Over.
//
// Gravity says where the layer lies on the page. With Origin (a compass point)
// its X and Y count instead from that point of the page to the layer's top
// left corner, right and down. Face, Custom and Region put the layer's middle
// on the middle of what is found (Faces: one layer on each face); where
// nothing is found the layer is left out, whatever the Fallback. Attention is
// Center.
//
// Where the layer leaves the page the canvas grows to hold both, what is new
// being transparent, unless NoOverflow, Tile, or one of the blends Mask,
// CutIn, CutOut and Displace. After CutIn the page is cut to the layer's
// rectangle.
type Composite struct {
	Layer   Layer
	Blend   Blend
	Gravity Gravity
	Origin  Anchor
	// Tile repeats the layer over the whole page, from the top left corner of
	// the page moved by X and Y.
	Tile bool
	// NoOverflow cuts off what sticks out.
	NoOverflow bool
	// Inside moves a layer that fits into the page, so that none of it sticks
	// out, and is NoOverflow for one that does not.
	Inside bool
	// Strict refuses a layer that sticks out, with an error.
	Strict bool
	// DX and DY are Displace's strength in pixels, -999 to 999.
	DX, DY float64
}

// Relative says what the fractions of sizes in a layer's steps count.
type Relative string

const (
	// OfLayer counts the layer itself; it is the default ("").
	OfLayer Relative = ""
	// OfBase counts the page that the layer is laid on.
	OfBase Relative = "base"
	// OfFound counts the rectangle that Gravity found.
	OfFound Relative = "found"
)

// Layer is the picture to be laid on: exactly one of Ref, Text, Canvas and
// Self begins it. Steps are done to it before, with facts of its own, and the
// facts base_width, base_height, base_ratio of the page that it is laid on.
// Its own named settings of output do not count.
type Layer struct {
	// Ref is another asset of the account, or something remote.
	Ref media.Ref
	// Text is drawn.
	Text *Text
	// Canvas is a rectangle of one colour.
	Canvas *Block
	// Self is the source of the whole transformation, untouched.
	Self     bool
	Relative Relative
	Steps    []Step
}

// Block is a rectangle of one colour; a side that is not given, and fractions,
// are of the page that it is laid on.
type Block struct {
	Width, Height Length
	Color         Color
}

// Align is how lines of text lie in their box.
type Align string

// The alignments; "" is AlignLeft. Start and end go by the text's direction.
const (
	AlignLeft    Align = "left"
	AlignCenter  Align = "center"
	AlignRight   Align = "right"
	AlignJustify Align = "justify"
	AlignStart   Align = "start"
	AlignEnd     Align = "end"
)

// Antialias is how the edges of glyphs are smoothed.
type Antialias string

// The ways of smoothing; "" is the best.
const (
	AntialiasNone Antialias = "none"
	AntialiasGray Antialias = "gray"
)

// Hinting is how glyphs are fitted to the pixels.
type Hinting string

// The ways of hinting; "" is the renderer's choice.
const (
	HintingNone   Hinting = "none"
	HintingSlight Hinting = "slight"
	HintingMedium Hinting = "medium"
	HintingFull   Hinting = "full"
)

// maxText bounds a text, in bytes.
const maxText = 10_000

// Text is text in one style. Lengths in pixels and Size are CSS pixels.
type Text struct {
	// Content is UTF-8, at most 10,000 bytes; a line feed breaks the line.
	Content string
	// Style is a stored text in whose style this one is; what is set here,
	// beside Content, wins over it. Zero is none. Color of alpha 0 is then
	// that of the style.
	Style media.Ref
	// Family is a font family; "" is the default. An unknown one is refused when the text is measured.
	Family string
	// Font is a font file among the assets, which wins over Family; zero is none.
	Font media.Ref
	// Size in pixels of the em, above 0, up to 2000.
	Size float64
	// Weight is 100 to 900; 0 is 400.
	Weight                    int
	Italic, Underline, Strike bool
	Align                     Align
	// LetterSpacing and LineSpacing are added, in pixels, -1000 to 1000;
	// LineHeight, if not 0, is the distance of lines.
	LetterSpacing, LineSpacing, LineHeight float64
	Color                                  Color
	// Stroke is the width of an outline around the glyphs in StrokeColor, 0 to 200.
	Stroke      float64
	StrokeColor Color
	// Background fills the text's box, LineColor lies behind each line only;
	// zero is none.
	Background, LineColor Color
	// Padding goes around the text: top, right, bottom, left.
	Padding [4]Length
	// Wrap is the width at which lines break, Height what the text is cut off
	// at with an ellipsis; absent is none, fractions are of the page that it is
	// laid on.
	Wrap, Height Length
	// Fixed makes the box (without padding) exactly Wrap x Height, as far as
	// given, with the text in it by Align and VAlign.
	Fixed  bool
	VAlign VAlign
	// Loose keeps the room of the line's height around the glyphs; else, and
	// without Background, Padding, Wrap or Fixed, the box is that of the ink.
	Loose     bool
	Antialias Antialias
	Hinting   Hinting
}

// VAlign is how text lies in the height of its box.
type VAlign string

// The vertical alignments; "" is VAlignTop.
const (
	VAlignTop    VAlign = "top"
	VAlignMiddle VAlign = "middle"
	VAlignBottom VAlign = "bottom"
)

func (Composite) step() {}
