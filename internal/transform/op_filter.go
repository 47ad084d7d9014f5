package transform

// The operations on neighbourhoods, on alpha as a shape, and the one that
// mixes. They keep the page's size. Pixels beyond the page are those of the
// nearest edge unless said otherwise. Filters work on premultiplied colour,
// so that what is transparent does not bleed.

// Rect is a rectangle in whole pixels, inside its page.
type Rect struct{ X, Y, Width, Height int }

// OpMix carries Ops out on a copy of the page and blends the copy back: each
// channel, alpha included, becomes v + Amount (v'-v), clipped. Amount is -2 to
// 2: 1 takes the copy as it is, a negative one leads away from it. With
// Regions only the pixels inside one of them change; the copy is that of the
// whole page all the same (a grid starts at the page's corner). Ops keep the
// size. Where Ops add alpha, the page has it afterwards.
type OpMix struct {
	Ops     Ops
	Amount  float64
	Regions []Rect // at most 64
}

// OpPixelate fills each cell of Size x Size pixels, counted from the top
// left, with its mean (of premultiplied colour); cells at the right and the
// bottom may be smaller. Size is 2 to 16384.
type OpPixelate struct{ Size int }

// OpVignette darkens towards the corners: with r the distance from the middle
// divided by half the diagonal, and t = clip((r-0.4)/0.6, 0, 1), each channel
// is multiplied by 1 - Amount t² (3-2t). Amount is 0 to 1.
type OpVignette struct{ Amount float64 }

// MorphMethod is what OpMorph takes from a neighbourhood.
type MorphMethod string

// The methods of OpMorph.
const (
	Erode  MorphMethod = "erode"  // the least of each channel
	Dilate MorphMethod = "dilate" // the greatest
	Mean   MorphMethod = "mean"
	Median MorphMethod = "median"
)

// Kernel is the shape of a neighbourhood.
type Kernel string

// The kernels: the offsets (dx, dy) with |dx|, |dy| <= Radius for which ...
const (
	Disk    Kernel = "disk"    // dx² + dy² <= Radius²
	Square  Kernel = "square"  // always
	Diamond Kernel = "diamond" // |dx| + |dy| <= Radius
	Octagon Kernel = "octagon" // |dx| + |dy| <= 1.5 Radius
	Plus    Kernel = "plus"    // dx = 0 or dy = 0
)

// OpMorph replaces each channel by the least, greatest, mean or median over a
// neighbourhood, Iterations times. Alpha is a channel like the others. Means
// and medians of many pixels, or many times over, may be taken from a reduced
// page where that hardly shows: a pixel's cost is bounded.
type OpMorph struct {
	Method     MorphMethod
	Kernel     Kernel
	Radius     float64 // 0.5 to 50
	Iterations int     // 1 to 20
}

// OpOilPaint gives each pixel the mean colour of the most frequent of Levels
// equal classes of luma in the square of (2 Radius + 1)² around it; of equally
// frequent ones the darkest. Radius is 1 to 16, Levels 2 to 64.
type OpOilPaint struct{ Radius, Levels int }

// OpInk draws the edges dark: with e the length of the Sobel gradient of the
// luma (after a Gaussian of sigma 1; kernels [1 2 1]/4), each channel is
// multiplied by 1 - Amount s, where s rises linearly from 0 at e = 0.1 to 1 at
// e = 0.3. Alone keeps nothing but the lines: white, multiplied alike. Amount
// is 0 to 1.
type OpInk struct {
	Amount float64
	Alone  bool
}

// OutlineMode says where an outline lies.
type OutlineMode string

// The outlines. With A the page's alpha, D its dilation and E its erosion by a
// disk of Width, both blurred by a Gaussian of sigma Blur; what is beyond the
// page counts as transparent.
const (
	OutlineOuter     OutlineMode = "outer"      // the page over Color with alpha D
	OutlineInner     OutlineMode = "inner"      // Color with alpha A (1-E) over the page
	OutlineInnerFill OutlineMode = "inner-fill" // Color with alpha A E over the page
	OutlineFill      OutlineMode = "fill"       // Color with alpha D alone
)

// OpOutline draws along the border of what is opaque. A page without alpha is
// opaque all over.
type OpOutline struct {
	Mode  OutlineMode
	Width float64 // 0.5 to 200
	Blur  float64 // sigma, 0 to 200
	Color Color   // whose alpha multiplies that of the mode
}

// OpShadow puts the page over its shadow: Color with the page's alpha,
// multiplied by Color's, moved by X, Y (right, down) and blurred by a Gaussian
// of Sigma, 0 to 200. What falls beyond the page is lost; beyond the page
// alpha counts as 0. Adds alpha.
type OpShadow struct {
	X, Y  int
	Sigma float64
	Color Color
}

// OpGradient lays a linear gradient over the page. The gradient line goes
// through the middle in the direction of Degrees as in CSS (0 to the top, 90
// to the right) and is |W sin| + |H cos| long; with p the distance of a
// pixel's middle from the line's start along it, t = clip(p/Length, 0, 1). The
// colour is From + t (To-From), in premultiplied sRGB.
type OpGradient struct {
	Degrees  float64 // 0 to 360
	From, To Color
	Length   float64 // pixels, above 0
}

// OpFade makes edges transparent: for each edge of width e > 0, alpha is
// multiplied by min(1, d/e)^Power, with d the distance of the pixel's middle
// from that edge. Adds alpha.
type OpFade struct {
	Top, Right, Bottom, Left float64 // pixels
	Power                    float64 // 0.01 to 10
}

// OpCorners makes the corners transparent along quarters of ellipses of radii
// RX and RY (top left, top right, bottom right, bottom left), anti-aliased.
// Neighbouring radii together are no longer than their side and one pixel.
type OpCorners struct{ RX, RY [4]float64 }

func (OpMix) op()      {}
func (OpPixelate) op() {}
func (OpVignette) op() {}
func (OpMorph) op()    {}
func (OpOilPaint) op() {}
func (OpInk) op()      {}
func (OpOutline) op()  {}
func (OpShadow) op()   {}
func (OpGradient) op() {}
func (OpFade) op()     {}
func (OpCorners) op()  {}
