package cloudinary

import (
	"math"
	"strings"

	"tintype/internal/media"
	"tintype/internal/transform"
)

// chromaFrom is the quality from which colour is kept in full resolution.
const chromaFrom = 90

// autoQuality are the qualities that q_auto stands for; ":sensitive" adds
// sensitiveBonus.
var autoQuality = map[string]int{"best": 87, "good": 78, "eco": 64, "low": 50}

const sensitiveBonus = 5

// jpegmini are the levels of q_auto that stand in for that third-party encoder's.
var jpegmini = map[string]string{"": "best", "0": "best", "1": "good", "2": "eco"}

// output records what configures the encoder: f_, q_, dpr_, cs_.
func (p *chainParser) output(c component, _ qualifiers) error {
	if v, ok := c.values["f"]; ok {
		format, err := parseFormat(v)
		if err != nil {
			return err
		}
		p.Output.Format = format
	}
	if v, ok := c.values["q"]; ok {
		quality, err := parseQuality(v)
		if err != nil {
			return err
		}
		p.Output.Quality = quality
	}
	if v, ok := c.values["dpr"]; ok {
		dpr, err := parseNumber("dpr", v)
		if err != nil {
			return err
		}
		if dpr <= 0 || dpr > 100 {
			return invalidParam("dpr", v)
		}
		if dpr == 1 {
			dpr = 0
		}
		p.DPR = dpr
	}
	if v, ok := c.values["cs"]; ok {
		return checkSpace(v)
	}
	return nil
}

func parseFormat(value string) (string, error) {
	lower := strings.ToLower(value)
	if lower == "auto" || lower == "auto:image" {
		return transform.Auto, nil
	}
	f, ok := media.FormatByExtension(lower)
	if ok && outputFormats[f.Name] {
		return f.Name, nil
	}
	if ok || otherFormats[lower] || strings.HasPrefix(lower, "auto:") {
		return "", unsupportedParam("f_" + value)
	}
	return "", refuse("f", value)
}

// parseQuality reads q_: a whole number from 1 to 100, a fraction of 100, or
// a level of "auto". The colour resolution may be stated where it is the one
// that the quality has anyway.
func parseQuality(value string) (int, error) {
	name, arg, hasArg := strings.Cut(value, ":")
	switch name {
	case "auto":
		return parseAutoQuality(value, arg, hasArg)
	case "jpegmini":
		if level, ok := jpegmini[arg]; ok {
			return autoQuality[level], nil
		}
		return 0, invalidParam("q", value)
	}
	n, err := parseNumber("q", name)
	if err != nil {
		return 0, refuse("q", value)
	}
	if strings.Contains(name, ".") {
		if n > 1 {
			return 0, invalidParam("q", value)
		}
		n = math.Round(n * 100)
	}
	if n < 1 || n > 100 {
		return 0, invalidParam("q", value)
	}
	switch {
	case !hasArg,
		arg == "420" && n < chromaFrom,
		arg == "444" && n >= chromaFrom:
		return int(n), nil
	case arg == "420", arg == "444", strings.HasPrefix(arg, "qmax_"):
		return 0, unsupportedParam("q_" + value)
	}
	return 0, invalidParam("q", value)
}

func parseAutoQuality(value, arg string, hasArg bool) (int, error) {
	level, sensitive := "good", 0
	for i, word := range strings.Split(arg, ":") {
		switch {
		case !hasArg:
		case word == "sensitive":
			sensitive = sensitiveBonus
		case i == 0 && autoQuality[word] > 0:
			level = word
		default:
			return 0, invalidParam("q", value)
		}
	}
	return autoQuality[level] + sensitive, nil
}

// checkSpace accepts the colour spaces that every rendition has anyway.
func checkSpace(value string) error {
	lower := strings.ToLower(value)
	switch lower {
	case "srgb", "no_cmyk":
		return nil
	case "tinysrgb", "cmyk", "keep_cmyk", "srgb:truecolor", "copy":
		return unsupportedParam("cs_" + value)
	}
	if strings.HasPrefix(lower, "icc:") {
		return unsupportedParam("cs_" + value)
	}
	return refuse("cs", value)
}
