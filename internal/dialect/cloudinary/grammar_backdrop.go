package cloudinary

import (
	"strings"

	"tintype/internal/transform"
)

// behind reads b_: a colour, or what the padding is made of.
func (p *chainParser) behind(value string, q *qualifiers) error {
	value, err := p.text("b", value)
	if err != nil {
		return err
	}
	name, args, _ := strings.Cut(value, ":")
	switch name {
	case "auto":
		q.backdrop, err = p.autoBackdrop(value, args)
		return err
	case "blurred":
		q.backdrop, err = p.blurredBackdrop(value, args)
		return err
	case "gen_fill":
		return unsupportedParam("b_" + value)
	}
	color, err := parseColor("b", value)
	q.background = &color
	return err
}

// autoBackdrop reads "[:mode][:number][:direction][:palette_c1_c2…]".
func (p *chainParser) autoBackdrop(value, args string) (*transform.Backdrop, error) {
	b := &transform.Backdrop{Kind: transform.BackdropBorder}
	gradient := false
	for i, word := range strings.Split(args, ":") {
		direction, isDirection := backdropDirections[word]
		palette, isPalette := strings.CutPrefix(word, "palette_")
		switch {
		case word == "" && i == 0:
		case i == 0 && backdropMode(b, word):
			gradient = strings.Contains(word, "gradient")
			if gradient {
				b.Colors = 2
			}
		case gradient && (word == "2" || word == "4"):
			b.Colors = int(word[0] - '0')
		case gradient && isDirection:
			b.Direction = direction
		case isPalette:
			for _, name := range strings.Split(palette, "_") {
				c, err := p.effectColor(name)
				if err != nil || len(b.Palette) == 16 {
					return nil, invalidParam("b", value)
				}
				b.Palette = append(b.Palette, c)
			}
		default:
			return nil, invalidParam("b", value)
		}
	}
	return b, nil
}

var backdropDirections = map[string]transform.Direction{
	"horizontal": "", "vertical": transform.Vertical, "diagonal_desc": transform.Descending, "diagonal_asc": transform.Ascending,
}

// backdropMode reads the word that says which colours are taken.
func backdropMode(b *transform.Backdrop, word string) bool {
	word, b.Contrast = strings.CutSuffix(word, "_contrast")
	switch strings.TrimSuffix(word, "_gradient") {
	case "border":
	case "predominant":
		b.Kind = transform.BackdropDominant
	default:
		return false
	}
	return true
}

// blurredBackdrop reads "[:intensity][:brightness]".
func (p *chainParser) blurredBackdrop(value, args string) (*transform.Backdrop, error) {
	given := []float64{100, 0}
	if args != "" {
		for i, text := range strings.Split(args, ":") {
			n, err := parseNumber("b", text)
			if err != nil || i > 1 {
				return nil, invalidParam("b", value)
			}
			given[i] = n.value
		}
	}
	return &transform.Backdrop{
		Kind:       transform.BackdropBlurred,
		Sigma:      max(1, min(given[0], 2000)) / blurUnit,
		Brightness: max(-1, min(given[1]/100, 1)),
	}, nil
}
