package transform

// Let gives a variable a value from here on, in layers and branches too. A
// later Let of the same name replaces it. Name is a letter, then letters and
// digits.
type Let struct {
	Name  string
	Value Expr
}

// If carries out Then where Cond is true (not zero, not empty), else Else.
// Variables that are set in a branch stay set.
type If struct {
	Cond       Expr
	Then, Else []Step
}

// Use stands for the steps of a named transformation. The transformation's
// Input and Output count as if they stood in the chain that uses it (see
// Expand). Scale multiplies its lengths in pixels like a device pixel ratio; 0
// is 1.
type Use struct {
	Name  string
	Scale float64
}

// Bind sets fields of a step from expressions when the chain comes to it, and
// then does the step. The step may leave these fields zero.
type Bind struct {
	Step   Step
	Values []Binding
}

// Binding is one field of a Bind's step, by its name in the canonical text: a
// key, or one of the names of arguments without key: width and height of a
// size, degrees, sigma, amount, factor, color, radius for all radii or
// radius1 to radius4. A number for a length is in CSS pixels.
//
// In a Composite x, y, dx and dy may also use the facts layer_width and
// layer_height, the size of the finished layer.
type Binding struct {
	Field string
	Expr  Expr
}

// Mix carries Steps out and blends the result with what was before: 0 is
// before, 1 after, up to 2 beyond it, below 0 (to -2) away from it. With Where
// only that part changes. The steps may not change the size.
type Mix struct {
	Steps  []Step
	Amount float64
	Where  Area
}

// Area is a part of the picture. The zero Area is all of it. With Anchor
// (Face, Faces, Custom or Region) it is what that finds, every single one for
// Faces, and nothing if nothing is found. Else it is a rectangle with its
// corner at X, Y that reaches to the picture's end where Width or Height is
// not given; what lies outside the picture is left out.
type Area struct {
	X, Y, Width, Height Length
	Anchor              Anchor
	Name                string
}

func (Let) step()  {}
func (If) step()   {}
func (Use) step()  {}
func (Bind) step() {}
func (Mix) step()  {}
