package transform

// Plan is a transformation resolved for one picture: no name, no fraction and
// no condition is left. The first operation works on the upright picture
// (unless Input says otherwise) in its full size.
type Plan struct {
	Input  PlanInput
	Ops    []Op
	Output PlanOutput
	// Width and Height are the size of one page of the result.
	Width, Height int
	// Sources are what the operations need beside the plan's own source: they
	// count them from 1.
	Sources []PlanSource
}

// PlanInput says how to load the source.
type PlanInput struct {
	// Width and Height of one page before the first operation, upright unless IgnoreOrientation.
	Width, Height     int
	IgnoreOrientation bool
	// Pages is how many pages to load; 1 for a still.
	Pages int
	// First is the first page to load, from 0.
	First int `json:",omitempty"`
	// List names the pages to load, from 0, where they are not those that
	// follow First; it has Pages entries, and First is 0.
	List []int `json:",omitempty"`
	// Density is that at which a vector or document is rendered, in dots per
	// inch; 0 is the one that media.Info's size was found at.
	Density float64 `json:",omitempty"`
}

// Op is one operation of a plan, on every page alike. All numbers are device
// pixels of the page that the operation before left.
type Op interface{ op() }

// OpResize scales to exactly Width x Height.
type OpResize struct{ Width, Height int }

// OpExtract cuts the rectangle out; it lies inside the page.
type OpExtract struct{ X, Y, Width, Height int }

// OpEmbed puts the page at X, Y of a canvas of Width x Height, which holds it whole.
// Around it is Background, or Backdrop where that is given.
type OpEmbed struct {
	X, Y, Width, Height int
	Background          Color
	Backdrop            *Backdrop `json:",omitempty"`
}

// OpRotate turns clockwise by Degrees, in (0, 360), into a canvas of Width x Height.
type OpRotate struct {
	Degrees       float64
	Width, Height int
	Background    Color
}

// OpFlip mirrors, see Flip.
type OpFlip struct{ Vertical bool }

// OpRound makes corners transparent by radii TL, TR, BR, BL; Ellipse as in Round.
type OpRound struct {
	Radii   [4]float64
	Ellipse bool
}

// OpBorder enlarges the page by Width on each side and draws the frame; see Border.
type OpBorder struct {
	Width   int
	Color   Color
	Radii   [4]float64
	Ellipse bool
}

// OpOpacity multiplies alpha, adding it if there is none.
type OpOpacity struct{ Factor float64 }

// OpFlatten lays the page over a colour and drops alpha if the colour is opaque.
type OpFlatten struct{ Color Color }

// OpMatrix maps colours linearly in sRGB's unit range: each row makes one of
// R, G, B from R, G, B and a constant. Alpha stays.
type OpMatrix struct{ M [3][4]float64 }

// OpSigmoid bends tones by a sigmoid through the middle: Slope > 0 raises
// contrast, < 0 lowers it (the inverse curve); 0 does nothing.
type OpSigmoid struct{ Slope float64 }

// OpBlur is a Gaussian of Sigma pixels.
type OpBlur struct{ Sigma float64 }

// OpSharpen is an unsharp mask; see Sharpen. Where the luma differs by less
// than Threshold (unit range) from the blurred one, the pixel stays.
type OpSharpen struct {
	Sigma, Amount float64
	Threshold     float64 `json:",omitempty"`
}

func (OpResize) op()  {}
func (OpExtract) op() {}
func (OpEmbed) op()   {}
func (OpRotate) op()  {}
func (OpFlip) op()    {}
func (OpRound) op()   {}
func (OpBorder) op()  {}
func (OpOpacity) op() {}
func (OpFlatten) op() {}
func (OpMatrix) op()  {}
func (OpSigmoid) op() {}
func (OpBlur) op()    {}
func (OpSharpen) op() {}

// Limits bound what a plan may cost. A zero field takes its default.
type Limits struct {
	Side   int // longest side of any intermediate or final page, default 16384 px
	Pixels int // of one page, default 64 million
	Frames int // pixels of all pages together, default 256 million
	Steps  int // of the chain, default 50
}
