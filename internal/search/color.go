package search

import "strconv"

// colorNames are the colours that people have short names for, and what is
// most typical of each.
var colorNames = []struct {
	name    string
	r, g, b int
}{
	{"black", 0, 0, 0}, {"gray", 128, 128, 128}, {"lightgray", 200, 200, 200}, {"white", 255, 255, 255},
	{"red", 220, 30, 30}, {"darkred", 120, 15, 15}, {"pink", 250, 160, 180}, {"magenta", 220, 40, 200}, {"purple", 110, 40, 140},
	{"orange", 245, 135, 25}, {"brown", 115, 70, 35}, {"beige", 225, 205, 165}, {"gold", 205, 165, 40}, {"yellow", 250, 230, 50},
	{"olive", 120, 120, 35}, {"green", 45, 150, 50}, {"darkgreen", 15, 75, 25}, {"lightgreen", 150, 225, 140}, {"teal", 20, 130, 130},
	{"cyan", 60, 215, 225}, {"lightblue", 155, 200, 240}, {"blue", 40, 80, 215}, {"darkblue", 15, 25, 90},
}

// ColorName names the colour that "#RRGGBB" is nearest to; "" for what is not
// written so. Green counts most, as the eye has it.
func ColorName(hex string) string {
	if len(hex) != 7 || hex[0] != '#' {
		return ""
	}
	v, err := strconv.ParseUint(hex[1:], 16, 32)
	if err != nil {
		return ""
	}
	r, g, b := int(v>>16), int(v>>8&255), int(v&255)
	best, name := 1<<30, ""
	for _, c := range colorNames {
		dr, dg, db := r-c.r, g-c.g, b-c.b
		if d := 3*dr*dr + 6*dg*dg + 2*db*db; d < best {
			best, name = d, c.name
		}
	}
	return name
}
