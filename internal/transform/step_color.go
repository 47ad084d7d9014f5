package transform

import "tintype/internal/media"

// Amounts of the steps below are 0 for no change unless said otherwise. Where
// less than the whole effect, or a part of the picture, is wanted, Mix has it.

// Exposure multiplies colour by 2^Stops, -5 to 5.
type Exposure struct{ Stops float64 }

// Linear raises contrast around mid-grey: 0.5 + (1+Amount) (v-0.5), -1 to 5.
type Linear struct{ Amount float64 }

// Gain multiplies each channel by 1 + its amount, -1 to 5.
type Gain struct{ R, G, B float64 }

// Warmth shifts from blue to red: R (1+0.25 Amount), B (1-0.25 Amount); -1 to 1.
type Warmth struct{ Amount float64 }

// Hue turns the hue by Degrees, as CSS hue-rotate.
type Hue struct{ Degrees float64 }

// Vibrance scales colour, muted ones more: Amount -1 to 5.
type Vibrance struct{ Amount float64 }

// Gamma is v^(1/Exponent); Exponent is 0.01 to 10, 1 changes nothing.
type Gamma struct{ Exponent float64 }

// Negate inverts the colours.
type Negate struct{}

// Threshold makes black of what has a luma below Level, 0 to 1, and white of the rest.
type Threshold struct{ Level float64 }

// Posterize leaves Levels tones of each channel, 2 to 256.
type Posterize struct{ Levels int }

// Colorize makes everything Color; alpha stays.
type Colorize struct{ Color Color }

// Tint maps luma to colours: black, then Colors (1 to 10) at rising Positions
// (0 to 1), then white, linearly between. Without Positions the colours are
// spread evenly: one is in the middle.
type Tint struct {
	Colors    []Color
	Positions []float64
}

// Recolor is a matrix of colour and alpha: see OpRecolor.
type Recolor struct{ M [20]float64 }

// ReplaceColor moves colours near From (nil: the most prominent saturated one)
// to To, within a distance of Tolerance, 0 to 200, in CIELAB's ΔE.
type ReplaceColor struct {
	To        Color
	From      *Color
	Tolerance float64
}

// MakeTransparent takes away what is near Color (nil: the most frequent colour
// of the edge), within Tolerance, 0 to 1. Connected takes only what hangs
// together with the edge.
type MakeTransparent struct {
	Color     *Color
	Tolerance float64
	Connected bool
}

// AlphaThreshold makes opaque what has an alpha of at least Level, 0 to 1, and
// transparent the rest.
type AlphaThreshold struct{ Level float64 }

// Levels fits the tones to the picture: see OpLevels. Clip is 0 to 0.25.
type Levels struct {
	Mode LevelsMode
	Clip float64
}

// Improve is the common correction: levels of each channel, a mean brightness
// a third of the way to the middle, a little saturation, and indoors warmth
// taken out.
type Improve struct{ Indoor bool }

// FillLight lifts the shadows: Bias -1 to 1 moves how far up the tones that
// counts, 0 being the lower half.
type FillLight struct{ Bias float64 }

// Grade is a look made of few numbers, carried out in this order: Saturation
// and Warmth as the steps of these names, Contrast as Contrast, Gamma as Gamma
// (0 is 1), then Fade (0 to 1) lifts black to half of it, and dark tones take
// on Shadows, bright ones Highlights, each by the colour's alpha.
type Grade struct {
	Saturation, Warmth, Contrast, Gamma, Fade float64
	Shadows, Highlights                       Color
}

// Blindness is a way to see colours.
type Blindness string

// The kinds of colour blindness.
const (
	Protanopia       Blindness = "protanopia"
	Deuteranopia     Blindness = "deuteranopia"
	Tritanopia       Blindness = "tritanopia"
	Deuteranomaly    Blindness = "deuteranomaly"
	Protanomaly      Blindness = "protanomaly"
	Tritanomaly      Blindness = "tritanomaly"
	ConeMonochromacy Blindness = "cone-monochromacy"
	RodMonochromacy  Blindness = "rod-monochromacy"
)

// Simulate shows what a colour-blind person sees.
type Simulate struct{ Kind Blindness }

// Assist helps who confuses red and green: stripes of strength Amount, 0 to 1,
// or with Shift the lost difference shifted into blue.
type Assist struct {
	Amount float64
	Shift  bool
}

// RedEye takes the red out of pupils, in the faces where any are found.
type RedEye struct{}

// Dither reduces each channel to black and white by a map: 0 plain threshold,
// 1 checks, 2 to 5 Bayer's of 2x2, 3x3, 4x4 and 8x8, 6 to 8 slanted halftone
// of 4, 6 and 8 pixels, 9 to 12 upright halftone of 4, 6, 8 and 16, 13 to 18
// round dots, black then white, of 5, 6 and 7.
type Dither struct{ Map int }

// Noise adds Gaussian noise of standard deviation Amount, 0 to 1.
type Noise struct{ Amount float64 }

// Quantize leaves at most Colors colours, 2 to 256.
type Quantize struct{ Colors int }

// LUT looks colours up in a table, a raw asset in the form of .cube or .3dl.
type LUT struct{ Ref media.Ref }

func (Exposure) step()        {}
func (Linear) step()          {}
func (Gain) step()            {}
func (Warmth) step()          {}
func (Hue) step()             {}
func (Vibrance) step()        {}
func (Gamma) step()           {}
func (Negate) step()          {}
func (Threshold) step()       {}
func (Posterize) step()       {}
func (Colorize) step()        {}
func (Tint) step()            {}
func (Recolor) step()         {}
func (ReplaceColor) step()    {}
func (MakeTransparent) step() {}
func (AlphaThreshold) step()  {}
func (Levels) step()          {}
func (Improve) step()         {}
func (FillLight) step()       {}
func (Grade) step()           {}
func (Simulate) step()        {}
func (Assist) step()          {}
func (RedEye) step()          {}
func (Dither) step()          {}
func (Noise) step()           {}
func (Quantize) step()        {}
func (LUT) step()             {}
