package transform

// Step is one thing to do to a picture, as it was asked: relative to whatever
// the step before leaves. The types below are all there are.
//
// Basic geometry and tones are in this file; shapes in step_shape.go, colours
// in step_color.go, effects in step_effect.go, layers in step_layer.go, and
// variables, branches and named chains in step_flow.go. Steps are values, not
// pointers.
type Step interface{ step() }

// Box is a size as it may be asked for: of Width, Height and Ratio (width by
// height, 0 when not given) at most two are needed, and what is missing
// follows from the ratio, given or the picture's own; two sides win over a
// ratio. A ratio alone is the largest such rectangle inside the picture. With
// FreeRatio a missing side keeps the input's length instead of following the
// picture's own ratio. A Box without anything is the picture's size.
type Box struct {
	Width, Height Length
	Ratio         float64
	FreeRatio     bool
}

// Resize brings the picture to a size. An empty Fit is Fill.
//
// Limit holds for the scale: Fill limits each side by itself. Cover with
// ReduceOnly leaves the scale as it is where it would have to enlarge, and
// cuts each side that is too long; with EnlargeOnly it cuts without reducing.
// Contain with ReduceOnly still makes a canvas of the whole box; with
// EnlargeOnly the canvas grows to a picture that is larger than the box.
//
// Closeup cuts around what Gravity finds and scales that to the box. Around
// faces the box of what was found is enlarged by half about its middle. The
// region is the smallest of the wanted ratio that holds this divided by Zoom,
// moved into the picture, and reduced where it is larger than the picture.
// Around a point or an edge, and where nothing is found, it is the largest
// region of the ratio divided by Zoom (at least 1), placed by gravity.
type Resize struct {
	Fit   Fit
	Limit Limit
	Box
	// Gravity says which part Cover keeps, and where Contain puts the picture
	// (there what must be looked for is Center). Its offsets are pixels of the
	// result, for Closeup of the step's input.
	Gravity Gravity
	// Background fills what Contain adds; nil is transparent where source
	// and output have alpha, else white.
	Background *Color
	// Backdrop, if given, wins over Background.
	Backdrop *Backdrop
	// Zoom is how close Closeup goes, 0.01 to 100; 0 is 1.
	Zoom float64
}

// Extract cuts a region out, without scaling. Without an Anchor, and with X
// or Y given, these are the region's top left corner and the region is
// clipped to the picture; with an Anchor the region is moved inside.
//
// Where the anchor is Face, Faces, Custom or Region and the box has no sides,
// the region is what was found divided by Zoom, grown to Ratio where that is
// given; with OfFound fractions of the sides count what was found. Where
// nothing is found both mean the whole picture.
type Extract struct {
	Box
	Gravity Gravity
	Zoom    float64 // 0.01 to 100; 0 is 1
	OfFound bool
	// Pad lets the region leave the picture (it is neither clipped nor moved)
	// and fills the rest with Background, nil as in Resize, or Backdrop.
	Pad        bool
	Background *Color
	Backdrop   *Backdrop
	// Strict makes a region that leaves the picture an error.
	Strict bool
}

// Extend enlarges the canvas to at least the box; a side that is already
// longer stays. The picture is placed by gravity (Attention is Center).
type Extend struct {
	Box
	Gravity    Gravity
	Background *Color
	Backdrop   *Backdrop
}

// Rotate turns clockwise by Degrees. Angles that are no multiple of 90
// enlarge the canvas to the bounding box; Background fills the corners, nil
// is transparent where the output has alpha, else white.
type Rotate struct {
	Degrees    float64
	Background *Color
}

// Flip mirrors: Vertical swaps top and bottom, else left and right.
type Flip struct{ Vertical bool }

// Round makes the corners transparent: radii of the top left, top right,
// bottom right and bottom left corner, each at most half the shorter side, of
// which fractions are meant. Ellipse ignores them and leaves the ellipse
// inscribed in the picture.
type Round struct {
	Radii   [4]Length
	Ellipse bool
}

// Border adds a frame of Width on all sides; a fraction is of the picture's
// width. Radii (or Ellipse) are those of the picture inside, as in Round; the
// frame's outer corners follow.
type Border struct {
	Width   Length
	Color   Color
	Radii   [4]Length
	Ellipse bool
}

// Opacity multiplies alpha by Factor, 0 to 1.
type Opacity struct{ Factor float64 }

// Flatten lays the picture over a colour. A transparent colour changes nothing.
type Flatten struct{ Color Color }

// Grayscale removes colour (luma of Rec. 709) and keeps the channels.
type Grayscale struct{}

// Sepia tints brown; Amount 0 to 1 blends from no change to full.
type Sepia struct{ Amount float64 }

// Brightness adds Amount, -1 (black) to 1 (white), to each colour channel's unit range.
type Brightness struct{ Amount float64 }

// Contrast bends the tones by a sigmoid of strength Amount, -1 to 1; below 0 it flattens them.
type Contrast struct{ Amount float64 }

// Saturation scales colour: Amount -1 is grey, 0 no change, 1 twice as strong.
type Saturation struct{ Amount float64 }

// Blur is Gaussian, Sigma in pixels of the step's input, at most 200.
type Blur struct{ Sigma float64 }

// Sharpen is an unsharp mask: radius Sigma in pixels, at most 200, strength
// Amount (1 is a visible sharpening, 100 the most). Differences of luma below
// Threshold, 0 to 1, stay.
type Sharpen struct{ Sigma, Amount, Threshold float64 }

func (Resize) step()     {}
func (Extract) step()    {}
func (Extend) step()     {}
func (Rotate) step()     {}
func (Flip) step()       {}
func (Round) step()      {}
func (Border) step()     {}
func (Opacity) step()    {}
func (Flatten) step()    {}
func (Grayscale) step()  {}
func (Sepia) step()      {}
func (Brightness) step() {}
func (Contrast) step()   {}
func (Saturation) step() {}
func (Blur) step()       {}
func (Sharpen) step()    {}
