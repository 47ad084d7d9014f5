package cloudinary

import (
	"math"
	"reflect"
	"slices"
	"strings"

	"tintype/internal/media"
	"tintype/internal/transform"
)

// effectText writes a step that is an effect. What it wrote is read again,
// and refused where that is not the same step.
func effectText(s transform.Step) (string, error) {
	for _, text := range effectTexts(s) {
		if c, err := parseComponents([]string{text}, hints{}); err == nil && len(c.Steps) == 1 && reflect.DeepEqual(c.Steps[0], s) {
			return text, nil
		}
	}
	return "", unsayable(s)
}

// effectTexts are what a step may be written as.
func effectTexts(s transform.Step) []string {
	var texts []string
	for name, plain := range plainEffects {
		if plain == s {
			texts = append(texts, "e_"+name)
		}
	}
	for name, e := range effects {
		if v, ok := e.get(s); ok {
			texts = append(texts, "e_"+name+":"+numberText(math.Round((v-e.add)*e.div/e.mul)))
		}
	}
	texts = append(texts, richTexts(s)...)
	slices.Sort(texts)
	return texts
}

func percent(v float64) string { return numberText(math.Round(v * 100)) }

func bare(c transform.Color) string { return strings.TrimPrefix(colorText(c), "rgb:") }

// richTexts writes the effects that are not in the table of those with one number.
func richTexts(s transform.Step) []string {
	switch s := s.(type) {
	case transform.Pixelate:
		if s.Size == 0 {
			return []string{"e_pixelate"}
		}
		return []string{"e_pixelate:" + numberText(float64(s.Size))}
	case transform.Linear:
		return []string{"e_contrast:level_" + percent(s.Amount+1) + ";type_linear"}
	case transform.Colorize:
		return []string{"co_" + colorText(s.Color) + ",e_colorize"}
	case transform.Levels:
		return []string{"e_auto_brightness", "e_auto_color", "e_auto_contrast"}
	case transform.Improve:
		if s.Indoor {
			return []string{"e_improve:indoor"}
		}
		return []string{"e_improve"}
	case transform.FillLight:
		return []string{"e_fill_light:100:" + percent(s.Bias)}
	case transform.Trim:
		text := "e_trim:" + percent(s.Tolerance)
		if s.Color != nil {
			text += ":" + bare(*s.Color)
		}
		return []string{text}
	case transform.ReplaceColor:
		text := "e_replace_color:" + bare(s.To) + ":" + numberText(s.Tolerance)
		if s.From != nil {
			text += ":" + bare(*s.From)
		}
		return []string{text}
	case transform.MakeTransparent:
		text := "e_make_transparent:" + percent(s.Tolerance)
		if s.Color != nil {
			text = "co_" + colorText(*s.Color) + "," + text
		}
		return []string{text}
	case transform.Simulate:
		return []string{"e_simulate_colorblind:" + strings.ReplaceAll(string(s.Kind), "-", "_")}
	case transform.Assist:
		return []string{"e_assist_colorblind:xray", "e_assist_colorblind:" + percent(s.Amount)}
	case transform.Grade:
		var texts []string
		for name := range looks {
			texts = append(texts, "e_art:"+name)
		}
		return texts
	case transform.Cartoonify:
		text := "e_cartoonify:" + percent(s.Line) + ":"
		if s.Monochrome {
			return []string{text + "bw"}
		}
		return []string{text + percent(s.Reduction)}
	case transform.Mix:
		return mixTexts(s)
	}
	return shapeTexts(s)
}

// mixTexts writes effects that are done in part.
func mixTexts(s transform.Mix) []string {
	if s.Where != (transform.Area{}) || len(s.Steps) != 1 {
		return nil
	}
	amount := ":" + percent(s.Amount)
	switch one := s.Steps[0].(type) {
	case transform.Colorize:
		return []string{"co_" + colorText(one.Color) + ",e_colorize" + amount}
	case transform.Levels:
		return []string{"e_auto_brightness" + amount, "e_auto_color" + amount, "e_auto_contrast" + amount}
	case transform.Improve:
		return []string{"e_improve" + amount, "e_improve:indoor" + amount}
	case transform.FillLight:
		return []string{"e_fill_light" + amount + ":" + percent(one.Bias)}
	}
	return nil
}

// shapeTexts writes effects that change the shape of the picture, and pages.
func shapeTexts(s transform.Step) []string {
	switch s := s.(type) {
	case transform.Shadow:
		text := "co_" + colorText(s.Color) + ",e_shadow:" + numberText(math.Round(s.Sigma*shadowUnit))
		x, err1 := lengthText(s.X)
		y, err2 := lengthText(s.Y)
		if err1 != nil || err2 != nil || !s.X.Given() || !s.Y.Given() {
			return nil
		}
		return []string{text + ",x_" + x + ",y_" + y}
	case transform.Shear:
		return []string{"e_shear:" + numberText(s.X) + ":" + numberText(s.Y)}
	case transform.Arc:
		return []string{"e_distort:arc:" + numberText(s.Degrees)}
	case transform.Outline:
		var texts []string
		for name, mode := range outlines {
			if mode == s.Mode || s.Mode == "" {
				texts = append(texts, "co_"+colorText(s.Color)+",e_outline:"+name+":"+numberText(s.Width)+":"+numberText(s.Blur))
			}
		}
		return append(texts, "co_"+colorText(s.Color)+",e_outline:"+numberText(s.Width)+":"+numberText(s.Blur))
	case transform.Use:
		return []string{"t_" + escapeID(s.Name)}
	case transform.Page:
		return []string{"pg_" + pagesText(s)}
	case transform.LUT:
		return []string{"l_lut:" + strings.ReplaceAll(escapeID(s.Ref.Name), "/", ":")}
	}
	return nil
}

func pagesText(s transform.Page) string {
	if len(s.Names) > 0 {
		return "name:" + escapeID(strings.Join(s.Names, ";"))
	}
	var ranges []string
	for _, r := range s.Ranges {
		text := numberText(float64(r.First))
		switch {
		case r.Last == 0:
			text += "-"
		case r.Last != r.First:
			text += "-" + numberText(float64(r.Last))
		}
		ranges = append(ranges, text)
	}
	return strings.Join(ranges, ";")
}

// backdropText writes b_ of what is no plain colour.
func backdropText(b transform.Backdrop) (string, error) {
	text := "b_auto"
	switch b.Kind {
	case transform.BackdropBlurred:
		text = "b_blurred:" + numberText(math.Round(b.Sigma*blurUnit)) + ":" + percent(b.Brightness)
	case transform.BackdropBorder:
		text += ":border"
	case transform.BackdropDominant:
		text += ":predominant"
	}
	if b.Colors > 1 {
		text += "_gradient"
	}
	if b.Contrast {
		text += "_contrast"
	}
	if b.Colors > 1 {
		text += ":" + numberText(float64(b.Colors))
		for name, direction := range backdropDirections {
			if direction == b.Direction {
				text += ":" + name
			}
		}
	}
	for i, c := range b.Palette {
		if i == 0 {
			text += ":palette"
		}
		text += "_" + bare(c)
	}
	var q qualifiers
	p := chainParser{}
	if err := p.behind(strings.TrimPrefix(text, "b_"), &q); err != nil || q.backdrop == nil || !reflect.DeepEqual(*q.backdrop, b) {
		return "", media.Errorf(media.Unsupported, "Background cannot be said in this dialect: %s", b.Kind)
	}
	return text, nil
}
