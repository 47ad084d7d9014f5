package transform

import (
	"encoding/base64"
	"fmt"
)

// The operations on colour. Unless said otherwise a colour is straight (not
// premultiplied) sRGB in the unit range, v = byte/255; results are clipped to
// it, alpha stays as it is, and luma is Rec. 709's 0.2126 R + 0.7152 G +
// 0.0722 B of the values as they are. Histograms are taken over the pixels of
// all pages together, so that an animation does not flicker.

// OpRecolor maps colour and alpha linearly: each row makes one of R, G, B and
// A from R, G, B, A and a constant. A page without alpha has A = 1 and gains
// an alpha channel. Every number is within ±1e6.
type OpRecolor struct{ M [4][5]float64 }

// Curve is a table of tones: byte v becomes Curve[v].
type Curve [256]uint8

// OpCurve looks every byte of a channel up in the channel's table; nil leaves
// the channel. With Luma the tables of R, G and B are all looked up at the
// pixel's luma (rounded to a byte), not at their own channel. A table for
// alpha adds an alpha channel (255 everywhere) where there is none.
type OpCurve struct {
	R, G, B, A *Curve `json:",omitempty"`
	Luma       bool
}

// OpVibrance strengthens muted colours more than strong ones: with s = max(R,
// G, B) - min(R, G, B) and k = max(0, 1 + Amount (1-s)), each channel becomes
// luma + k (v-luma). Amount is -1 to 5.
type OpVibrance struct{ Amount float64 }

// LevelsMode says what OpLevels adapts to the picture.
type LevelsMode string

const (
	// LevelsContrast stretches all channels alike so that the luma fills the range.
	LevelsContrast LevelsMode = "contrast"
	// LevelsChannels stretches each channel by itself, which also removes a cast.
	LevelsChannels LevelsMode = "channels"
	// LevelsBrightness bends the tones so that the mean luma comes to the middle.
	LevelsBrightness LevelsMode = "brightness"
	// LevelsEqualize makes the histogram of the luma flat.
	LevelsEqualize LevelsMode = "equalize"
)

// OpLevels fits tones to the range, by the histogram h (256 bins) of the luma,
// or of each channel. Pixels of alpha 0 do not count.
//
//   - contrast, channels: lo is the smallest value up to which more than the
//     share Clip of all counts lies, hi the largest from which on more than
//     Clip lies; v' = (v-lo)/(hi-lo). Where hi <= lo nothing changes.
//   - brightness: v' = v^g with g = ln 0.5 / ln m for the mean luma m clipped
//     to 0.02..0.98; g is clipped to 0.5..2. Clip is 0.
//   - equalize: c(v) is the share of the luma's counts up to v, c0 that of the
//     smallest value that occurs; v' = (c(v)-c0)/(1-c0) for all channels.
//     Nothing changes where c0 = 1. Clip is 0.
type OpLevels struct {
	Mode LevelsMode
	Clip float64 // 0 to 0.25
}

// OpReplaceColor moves colours near From to To, in CIELAB (D65). With d the
// distance ΔE*76 of a pixel from From, and w = 1 for d <= Tolerance/2, falling
// linearly to 0 at Tolerance, (L, a, b) becomes (L, a, b) + w (To-From), so
// that shades are kept. Tolerance 0 replaces the very colour only. From nil is
// the most prominent saturated colour: of 36 bins of hue, weighted by chroma,
// over pixels of chroma > 20, the mean of the heaviest; if no pixel has such a
// chroma, nothing changes.
type OpReplaceColor struct {
	From      *Color `json:",omitempty"`
	To        Color
	Tolerance float64 // ΔE, 0 to 200
}

// OpKeyOut makes a colour transparent: with d the distance ΔE*76 / 100 from
// Color, alpha is multiplied by 0 for d <= Tolerance, by 1 from d >= Tolerance
// + 0.05 on, and linearly between. With Connected only pixels that are joined
// to the page's edge by such pixels (d < Tolerance + 0.05, 4 neighbours)
// change. Color nil is the mean of the fullest of 16x16x16 bins of colours
// of the page's outermost pixels. Adds alpha if there is none.
type OpKeyOut struct {
	Color     *Color  `json:",omitempty"`
	Tolerance float64 // 0 to 1
	Connected bool
}

// OpQuantize reduces each page to at most Colors (2 to 256) colours of its
// own, without dithering; alpha stays.
type OpQuantize struct{ Colors int }

// OpDither reduces each channel to black and white against a tile of
// thresholds, repeated from the top left: v (a byte) becomes 255 where v >
// Thresholds[(y mod rows)*Width + x mod Width], else 0; rows is
// len(Thresholds)/Width, a whole number.
type OpDither struct {
	Width      int
	Thresholds []int // 0 to 255 each, at most 4096
}

// OpNoise adds noise that is Gaussian of standard deviation Amount (0 to 1, of
// the unit range), to each channel by itself. The same page gets the same
// noise every time.
type OpNoise struct{ Amount float64 }

// OpRedEye takes the red out of pupils: where R > 0.2 and R > 1.8 max(G, B),
// R becomes (G+B)/2.
type OpRedEye struct{}

// OpHatch draws diagonal stripes on what a red-green blind person confuses:
// with the sum x+y of a pixel mod 8 < 4, and e = clip(|R-G| - B/2, 0, 1), each
// channel becomes v (1 - Amount e) where R > G, and v + (1-v) Amount e where
// G >= R. Other pixels stay.
type OpHatch struct{ Amount float64 }

// OpLUT looks colours up in the 3-D table of a source (a .cube file: TITLE,
// DOMAIN_MIN, DOMAIN_MAX, LUT_3D_SIZE or LUT_1D_SIZE, then the values; or a
// .3dl file), by trilinear interpolation. Source counts from 1 in Plan.Sources.
type OpLUT struct{ Source int }

func (OpRecolor) op()      {}
func (OpCurve) op()        {}
func (OpVibrance) op()     {}
func (OpLevels) op()       {}
func (OpReplaceColor) op() {}
func (OpKeyOut) op()       {}
func (OpQuantize) op()     {}
func (OpDither) op()       {}
func (OpNoise) op()        {}
func (OpRedEye) op()       {}
func (OpHatch) op()        {}
func (OpLUT) op()          {}

// MarshalText writes the table in base64.
func (c Curve) MarshalText() ([]byte, error) {
	return base64.StdEncoding.AppendEncode(nil, c[:]), nil
}

// UnmarshalText is the inverse of MarshalText.
func (c *Curve) UnmarshalText(b []byte) error {
	if n := base64.StdEncoding.DecodedLen(len(b)); n < len(c) || n > len(c)+2 {
		return fmt.Errorf("curve of %d characters", len(b))
	}
	raw, err := base64.StdEncoding.AppendDecode(make([]byte, 0, len(c)+2), b)
	if err != nil {
		return fmt.Errorf("curve: %w", err)
	}
	if len(raw) != len(c) {
		return fmt.Errorf("curve of %d tones", len(raw))
	}
	copy(c[:], raw)
	return nil
}
