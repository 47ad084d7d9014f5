package transform

// Anchor is the point of the picture that a Gravity holds on to.
type Anchor string

// The compass points, and what must be looked for.
const (
	Center    Anchor = "center"
	North     Anchor = "north"
	NorthEast Anchor = "north-east"
	East      Anchor = "east"
	SouthEast Anchor = "south-east"
	South     Anchor = "south"
	SouthWest Anchor = "south-west"
	West      Anchor = "west"
	NorthWest Anchor = "north-west"
	// AtPoint holds on to the point X, Y of the step's input, which is
	// brought to the middle as far as the picture reaches. A layer is put
	// with its middle there.
	AtPoint Anchor = "point"
	// AtPosition is CSS's background-position: X and Y are the distance from
	// the left and the top, of which a fraction counts the room that is left
	// (100% is flush right), not the side.
	AtPosition Anchor = "position"
	// Attention holds on to what catches the eye (libvips' attention); on an
	// animated source it is Center.
	Attention Anchor = "attention"
	// Face holds on to the largest face, Faces to the box around all of
	// them. Faces that were stored with the asset win over detection.
	Face  Anchor = "face"
	Faces Anchor = "faces"
	// Custom holds on to the rectangle that was stored with the asset.
	Custom Anchor = "custom"
	// Region holds on to the named rectangle that was stored with the asset.
	Region Anchor = "region"
)

// Gravity says what to hold on to and how far to move away from it. Positive
// offsets go inwards: right and down from the north and west edges and from
// the middle, left from an east edge, up from a south edge. An empty Anchor
// is Center. For AtPoint, X and Y are the point; for what was looked for they
// move it right and down.
type Gravity struct {
	Anchor Anchor
	X, Y   Length
	// Fallback is held on to where Face, Faces, Custom or Region is not
	// found: a compass point, Attention, Face or Faces (whose own fallback is
	// Center). Empty is Center.
	Fallback Anchor
	// Name is that of a Region.
	Name string
}

// found reports that the anchor must be looked for and has an extent.
func (a Anchor) found() bool {
	switch a {
	case Face, Faces, Custom, Region:
		return true
	}
	return false
}
