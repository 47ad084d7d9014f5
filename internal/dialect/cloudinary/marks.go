package cloudinary

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"tintype/internal/dialect"
	"tintype/internal/library"
	"tintype/internal/media"
)

// marks reads the areas that a call names. A parameter that is there but
// empty removes what is stored.
func (c *call) marks() (m library.Marks, err error) {
	for name, to := range map[string]**[]media.Box{"custom_coordinates": &m.Coordinates, "face_coordinates": &m.Faces} {
		if !c.form.Has(name) {
			continue
		}
		boxes, err := parseBoxes(name, c.form.Fields)
		if err != nil {
			return m, err
		}
		*to = &boxes
	}
	if c.form.Has("regions") {
		regions, err := parseRegions(c.form.Get("regions"))
		if err != nil {
			return m, err
		}
		m.Regions = &regions
	}
	return m, nil
}

// parseBoxes reads "x,y,w,h|x,y,w,h". Some libraries send lists of lists in
// JSON, whole or a box or a number at a time: the numbers count, in their order.
func parseBoxes(name string, fields []dialect.Field) ([]media.Box, error) {
	boxes := []media.Box{}
	var numbers []int
	text := ""
	for _, f := range fields {
		if f.Name != name {
			continue
		}
		text += f.Value
		for _, part := range strings.FieldsFunc(f.Value, func(r rune) bool { return strings.ContainsRune("|,[] \t\n", r) }) {
			v, err := strconv.ParseFloat(part, 64)
			if err != nil || math.Abs(v) > 1e9 || math.IsNaN(v) {
				return nil, invalidMark(name, text)
			}
			numbers = append(numbers, int(math.Round(v)))
		}
	}
	if len(numbers)%4 != 0 {
		return nil, invalidMark(name, text)
	}
	for i := 0; i < len(numbers); i += 4 {
		boxes = append(boxes, media.Box{X: numbers[i], Y: numbers[i+1], Width: numbers[i+2], Height: numbers[i+3]})
	}
	return boxes, nil
}

func invalidMark(name, text string) error {
	return media.Errorf(media.Invalid, "Invalid %s %s", name, dialect.Quotable(text))
}

// parseRegions reads {"name":[[x,y],[x,y]]}.
func parseRegions(text string) (map[string][]media.Point, error) {
	regions := map[string][]media.Point{}
	if strings.TrimSpace(text) == "" {
		return regions, nil
	}
	var raw map[string][][]float64
	if err := json.Unmarshal([]byte(text), &raw); err != nil {
		return nil, invalidMark("regions", text)
	}
	for name, points := range raw {
		list := []media.Point{}
		for _, p := range points {
			if len(p) != 2 || math.Abs(p[0]) > 1e9 || math.Abs(p[1]) > 1e9 {
				return nil, invalidMark("regions", text)
			}
			list = append(list, media.Point{X: int(math.Round(p[0])), Y: int(math.Round(p[1]))})
		}
		regions[name] = list
	}
	return regions, nil
}
