package transform

import "tintype/internal/media"

// Point is a place on a page; the middle of the first pixel is 0.5, 0.5.
type Point struct{ X, Y float64 }

// OpPerspective maps the page's corners (top left, top right, bottom right,
// bottom left: 0,0 W,0 W,H 0,H) onto Quad, projectively, on a canvas of Width
// x Height, sampled bilinearly; what is not covered is Background. Quad lies
// on the canvas (0 to Width, 0 to Height), is convex and turns clockwise or
// counter-clockwise.
type OpPerspective struct {
	Quad          [4]Point
	Width, Height int
	Background    Color
}

// OpArc bends the page round an arc of Degrees (1 to 360, or -1 to -360): its
// horizontal middle line, of length W, lies on a circle of radius R = W/θ, θ
// being |Degrees| in radians. A canvas pixel at polar (r, φ) about the centre
// CX, CY, φ from -π to π, 0 upwards, clockwise positive, shows the page's
// point (W/2 + φ R, H/2 + R - r). Negative Degrees bend downwards: 0 is
// downwards, φ counts counter-clockwise, and the point is (W/2 + φ R, H/2 - R
// + r). What no point of the page is shown at is Background.
type OpArc struct {
	Degrees       float64
	CX, CY        float64
	Width, Height int
	Background    Color
}

// Blend says how a layer meets the page. With B and L the colours, b and l the
// alphas of page and layer; l is 0 beyond the layer.
type Blend string

const (
	// Over is source-over, and the default.
	Over Blend = "over"
	// Under puts the layer behind the page (destination-over).
	Under Blend = "under"
	// Multiply, Screen and Overlay are those of W3C's Compositing, source-over.
	Multiply Blend = "multiply"
	Screen   Blend = "screen"
	Overlay  Blend = "overlay"
	// Mask multiplies b by l times L's luma.
	Mask Blend = "mask"
	// CutIn multiplies b by l (destination-in).
	CutIn Blend = "cut-in"
	// CutOut multiplies b by 1-l (destination-out).
	CutOut Blend = "cut-out"
	// Displace takes, where l > 0, the page's pixel at x + l DX (2 R - 1),
	// y + l DY (2 G - 1) instead of that at x, y, R and G being L's channels;
	// bilinear, beyond the edge the nearest pixel.
	Displace Blend = "displace"
)

// OpComposite lays a picture at X, Y on the page, which keeps its size: what
// sticks out (X and Y may be negative) is cut off. With Tile the picture is
// repeated in both directions from X, Y over the whole page. A layer of
// several pages plays along: page i of the result shows layer page i mod n.
// Mask, CutIn and CutOut add alpha to the page; so does Under never, and the
// others do not: they draw on an opaque page as on any other.
type OpComposite struct {
	Layer  Picture
	X, Y   int
	Blend  Blend
	Tile   bool
	DX, DY float64 // for Displace, in pixels, within ±999999
}

// Picture is a picture made inside a plan: what to begin with and what to do
// to it. Exactly one of Canvas, Text and Source says what it begins with.
type Picture struct {
	// Source 0 is the plan's own source, n the n-th of Plan.Sources. It is
	// loaded by Input, which is zero for canvas and text.
	Source int
	Input  PlanInput
	Canvas *Canvas   `json:",omitempty"`
	Text   *PlanText `json:",omitempty"`
	Ops    Ops
	// Width and Height are the size of one page of the result.
	Width, Height int
}

// Canvas is a page of one colour.
type Canvas struct {
	Width, Height int
	Color         Color
}

// PlanText is text to be drawn, in pixels, on a transparent page of Width x
// Height: what the question about its extent was answered. See Text for the
// words. The origin is the layout's logical rectangle, or with Trim the ink's.
type PlanText struct {
	Content string
	Family  string // "" is the default; an unknown one is Invalid
	// Font counts the source that is the font file from 1 in Plan.Sources; 0 is none.
	Font                      int `json:",omitempty"`
	Size                      float64
	Weight                    int // 100 to 900
	Italic, Underline, Strike bool
	Align                     Align
	LetterSpacing             float64 // pixels added to each advance
	LineSpacing               float64 // pixels added between lines
	LineHeight                float64 // pixels from line to line; 0 is the font's own
	Color                     Color
	Stroke                    float64 // width of the outline outside of the glyph; 0 is none
	StrokeColor               Color
	// LineColor lies behind each line, as wide as the line's own text.
	LineColor Color
	// Wrap is the width at which words wrap, MaxHeight what is cut off with an
	// ellipsis; 0 is none.
	Wrap, MaxHeight int
	Trim            bool
	Antialias       Antialias
	Hinting         Hinting
	Width, Height   int
}

// PlanSource is a further source of a plan: what package rendition has to
// open for the engine, in this order, after the plan's own.
type PlanSource struct {
	Ref media.Ref
	// Use is what it serves as.
	Use SourceUse
}

// SourceUse says what a source of a plan is used as.
type SourceUse string

// The uses.
const (
	UsePicture SourceUse = "picture"
	UseFont    SourceUse = "font"
	UseLUT     SourceUse = "lut"
)

func (OpPerspective) op() {}
func (OpArc) op()         {}
func (OpComposite) op()   {}
