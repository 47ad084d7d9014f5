package transform

// identity changes no colour.
var identity = [3][4]float64{{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}}

// grey weighs the channels by Rec. 709's luma.
var grey = [3][4]float64{
	{0.2126, 0.7152, 0.0722, 0},
	{0.2126, 0.7152, 0.0722, 0},
	{0.2126, 0.7152, 0.0722, 0},
}

// brown is the sepia of the W3C's Filter Effects.
var brown = [3][4]float64{
	{0.393, 0.769, 0.189, 0},
	{0.349, 0.686, 0.168, 0},
	{0.272, 0.534, 0.131, 0},
}

// steepest is the slope of the sigmoid at full Contrast.
const steepest = 10

// blend goes from m at 0 to n at 1; beyond it extrapolates.
func blend(m, n [3][4]float64, amount float64) [3][4]float64 {
	for i := range m {
		for j := range m[i] {
			m[i][j] += (n[i][j] - m[i][j]) * amount
		}
	}
	return m
}

// colorOp lowers a colour step; ok is false for other steps. Matrices in a
// row are not multiplied into one: each clips its result to the unit range.
func colorOp(s Step) (op Op, ok bool) {
	switch s := s.(type) {
	case Grayscale:
		return OpMatrix{grey}, true
	case Sepia:
		return OpMatrix{blend(identity, brown, s.Amount)}, true
	case Brightness:
		m := identity
		for i := range m {
			m[i][3] = s.Amount
		}
		return OpMatrix{m}, true
	case Saturation:
		return OpMatrix{blend(grey, identity, 1+s.Amount)}, true
	case Contrast:
		return OpSigmoid{Slope: steepest * s.Amount}, true
	}
	return nil, false
}
