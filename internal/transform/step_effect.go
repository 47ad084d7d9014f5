package transform

// Pixelate makes blocks of Size pixels; 0 is a fiftieth of the longer side, at
// least 5.
type Pixelate struct{ Size int }

// Vignette darkens towards the corners, by Amount, 0 to 1: see OpVignette.
type Vignette struct{ Amount float64 }

// OilPaint paints with brushes of a radius of 1 to 8 pixels for an Amount of 0 to 1.
type OilPaint struct{ Amount float64 }

// Cartoonify smooths, reduces the tones by Reduction (0 to 1; 0.5 leaves eight)
// and draws the edges with strength Line, 0 to 1. Monochrome keeps lines only.
type Cartoonify struct {
	Line, Reduction float64
	Monochrome      bool
}

// Outline draws along what is opaque; see OpOutline. An empty Mode is
// OutlineOuter; Width is 0.5 to 200, Blur 0 to 200. The size stays.
type Outline struct {
	Mode        OutlineMode
	Width, Blur float64
	Color       Color
}

// Shadow puts what is opaque over its own shadow, moved by X and Y (fractions
// of the sides) and blurred by Sigma, 0 to 200. The canvas grows to hold it,
// unless Clip.
type Shadow struct {
	X, Y  Length
	Sigma float64
	Color Color // alpha is the shadow's strength
	Clip  bool
}

// Gradient lays a gradient over the picture, in the direction of Degrees as in
// CSS (0 to the top, 90 to the right, 180 to the bottom), From where it starts
// and To from Stop on, which counts from the start; a fraction is of the whole
// way, absent is all of it.
type Gradient struct {
	Degrees  float64
	From, To Color
	Stop     Length
}

// Fade makes edges transparent over a distance from each (fractions of the
// height for Top and Bottom, of the width for Left and Right). Power bends the
// way: 1, which 0 stands for, is linear; up to 10 it stays transparent longer.
// With Pad the canvas is enlarged by these distances first, edges repeated, so
// that nothing of the picture fades.
type Fade struct {
	Top, Right, Bottom, Left Length
	Power                    float64
	Pad                      bool
}

// Morphology erodes, dilates or averages over a neighbourhood: see OpMorph.
// An empty Method is Erode, an empty Kernel Disk; Radius is 0.5 to 50,
// Iterations 1 to 20.
type Morphology struct {
	Method     MorphMethod
	Kernel     Kernel
	Radius     float64
	Iterations int
}

func (Pixelate) step()   {}
func (Vignette) step()   {}
func (OilPaint) step()   {}
func (Cartoonify) step() {}
func (Outline) step()    {}
func (Shadow) step()     {}
func (Gradient) step()   {}
func (Fade) step()       {}
func (Morphology) step() {}
