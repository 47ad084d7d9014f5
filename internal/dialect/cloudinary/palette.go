package cloudinary

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"tintype/internal/media"
)

// swatch is a colour with a name.
type swatch struct {
	name    string
	r, g, b float64
}

// palettes are the vendor's two sets of names for main colours. A name may
// have several colours.
var palettes = map[string][]swatch{
	"google": {
		{"black", 0, 0, 0}, {"gray", 128, 128, 128}, {"gray", 80, 80, 80}, {"gray", 190, 190, 190}, {"white", 255, 255, 255},
		{"red", 220, 20, 30}, {"red", 140, 10, 20}, {"orange", 245, 130, 20}, {"yellow", 250, 220, 30}, {"yellow", 210, 200, 90},
		{"green", 30, 160, 40}, {"green", 20, 90, 20}, {"green", 130, 180, 70}, {"teal", 20, 140, 140}, {"teal", 80, 200, 200},
		{"blue", 30, 60, 200}, {"blue", 20, 30, 100}, {"blue", 100, 160, 230}, {"purple", 120, 40, 160}, {"purple", 70, 20, 90},
		{"pink", 245, 150, 190}, {"pink", 240, 60, 150}, {"brown", 120, 70, 30}, {"brown", 160, 110, 70}, {"brown", 70, 40, 20},
	},
	"cloudinary": {
		{"black", 0, 0, 0}, {"gray", 128, 128, 128}, {"gray", 80, 80, 80}, {"gray", 190, 190, 190}, {"white", 255, 255, 255},
		{"red", 220, 20, 30}, {"red", 140, 10, 20}, {"orange", 245, 130, 20}, {"yellow", 250, 220, 30},
		{"olive", 128, 128, 0}, {"olive", 85, 95, 40}, {"olive", 170, 170, 90}, {"lime", 150, 240, 40}, {"green", 30, 160, 40}, {"green", 20, 90, 20},
		{"teal", 20, 130, 130}, {"cyan", 60, 220, 230}, {"lightblue", 150, 195, 235}, {"blue", 30, 60, 200}, {"blue", 20, 30, 100}, {"blue", 70, 120, 200},
		{"purple", 120, 40, 160}, {"purple", 70, 20, 90}, {"pink", 245, 150, 190}, {"pink", 240, 60, 150},
		{"brown", 120, 70, 30}, {"brown", 160, 110, 70}, {"brown", 70, 40, 20},
	},
}

// predominantLeast is the share, in percent, from which a name is listed.
const predominantLeast = 5

// predominant adds up colours under the nearest name of each palette.
func predominant(colors []media.ColorShare) map[string][]share {
	out := map[string][]share{}
	for name, swatches := range palettes {
		sums := map[string]float64{}
		for _, c := range colors {
			var r, g, b uint8
			if _, err := fmt.Sscanf(c.Hex, "#%02X%02X%02X", &r, &g, &b); err == nil {
				sums[nearestSwatch(swatches, float64(r), float64(g), float64(b))] += 100 * c.Share
			}
		}
		out[name] = []share{}
		for group, percent := range sums {
			if percent = math.Round(percent*10) / 10; percent >= predominantLeast {
				out[name] = append(out[name], share{group, percent})
			}
		}
		slices.SortFunc(out[name], func(a, b share) int {
			return cmp.Or(cmp.Compare(b.percent, a.percent), cmp.Compare(a.name, b.name))
		})
	}
	return out
}

// nearestSwatch weighs the channels as the eye does, roughly.
func nearestSwatch(list []swatch, r, g, b float64) string {
	best, least := "", math.Inf(1)
	for _, s := range list {
		mean := (r + s.r) / 2
		dr, dg, db := r-s.r, g-s.g, b-s.b
		if d := (2+mean/256)*dr*dr + 4*dg*dg + (2+(255-mean)/256)*db*db; d < least {
			best, least = s.name, d
		}
	}
	return best
}

// sharesOf shows colours in percent, to one decimal.
func sharesOf(colors []media.ColorShare) []share {
	out := []share{}
	for _, c := range colors {
		if percent := math.Round(1000*c.Share) / 10; percent > 0 {
			out = append(out, share{c.Hex, percent})
		}
	}
	return out
}
