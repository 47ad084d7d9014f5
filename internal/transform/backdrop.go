package transform

// BackdropKind is what a Backdrop makes its colours from.
type BackdropKind string

// The kinds of backdrops.
const (
	// BackdropBlurred is the page itself, scaled to cover the canvas (middle to
	// middle), blurred by Sigma pixels, and with Brightness added to each
	// channel of the unit range.
	BackdropBlurred BackdropKind = "blurred"
	// BackdropBorder takes the most frequent colours of the page's outermost
	// pixels: of 16x16x16 bins the means of the fullest.
	BackdropBorder BackdropKind = "border"
	// BackdropDominant takes those of the whole page.
	BackdropDominant BackdropKind = "dominant"
	// BackdropEdge repeats the nearest pixel of the page's edge.
	BackdropEdge BackdropKind = "edge"
	// BackdropGradient takes Palette as it is, one to four colours.
	BackdropGradient BackdropKind = "gradient"
)

// Direction is the way of a gradient across the canvas.
type Direction string

// The directions: from the left to the right, from the top to the bottom, and
// from the top left or the bottom left corner to the opposite one.
const (
	Horizontal Direction = "horizontal"
	Vertical   Direction = "vertical"
	Descending Direction = "descending"
	Ascending  Direction = "ascending"
)

// Backdrop is what lies around a page on a larger canvas, when it is no plain
// colour. It is made from the page that is put on the canvas.
//
// Border and dominant colours: with Colors 0 or 1 the canvas has the first of
// them alone. With 2 it is a linear gradient along Direction from the first to
// the second (the gradient line as in CSS for that side or corner). With 4 it
// is the bilinear blend of the first four at the corners top left, top right,
// bottom right, bottom left; Direction vertical exchanges the second and the
// fourth. Where there are fewer colours, the last is repeated. Contrast takes
// of each colour, in HSL, the one of opposite lightness (1-L). Palette
// replaces each by the nearest of it (CIELAB).
type Backdrop struct {
	Kind       BackdropKind
	Sigma      float64   `json:",omitempty"` // 0 to 200
	Brightness float64   `json:",omitempty"` // -1 to 1
	Colors     int       `json:",omitempty"` // 0, 1, 2 or 4
	Contrast   bool      `json:",omitempty"`
	Direction  Direction `json:",omitempty"` // "" is horizontal
	Palette    []Color   `json:",omitempty"` // at most 16
}
