package transform

// Page chooses pages of a document, layers of a drawing or frames of an
// animation. It belongs to the loading of the source: it counts wherever it
// stands in the chain, and the last one wins; in a branch it must stand before
// the first operation. Without animation in source and output, only the first
// of the pages is shown.
type Page struct {
	// Ranges of pages, from 1.
	Ranges []PageRange
	// Names of pages, which the fact page_names has to list.
	Names []string
}

// PageRange is the pages First to Last; Last 0 is the end.
type PageRange struct{ First, Last int }

// Trim cuts a border of one colour away. A pixel belongs to it when no channel
// differs by more than Tolerance (0 to 1) from Color, which nil takes from the
// top left pixel, or where it is transparent. Of the border Padding is left.
// Nothing but border leaves the picture as it is.
type Trim struct {
	Tolerance float64
	Color     *Color
	Padding   Length // a fraction is of the width
}

// Perspective moves the corners (top left, top right, bottom right, bottom
// left; x and y of each; a fraction is of the side) and stretches the picture
// between them. The canvas is the box around the corners.
type Perspective struct {
	Corners    [8]Length
	Background *Color
}

// Arc bends the picture round an arc of Degrees, 1 to 360, upwards; -1 to -360
// downwards.
type Arc struct {
	Degrees    float64
	Background *Color
}

// Shear slants by angles: X moves the top against the bottom to the right, Y
// the right against the left downwards. Both are within -89 and 89.
type Shear struct {
	X, Y       float64
	Background *Color
}

// Corners makes the corners transparent along quarters of ellipses, as CSS
// border-radius does: Horizontal and Vertical radii of the top left, top
// right, bottom right and bottom left corner; fractions are of the width and
// the height. Where neighbours overlap, all are reduced alike until the
// largest pair takes 1/1.001 of its side, then rounded to whole pixels.
type Corners struct{ Horizontal, Vertical [4]Length }

func (Page) step()        {}
func (Trim) step()        {}
func (Perspective) step() {}
func (Arc) step()         {}
func (Shear) step()       {}
func (Corners) step()     {}
