package cloudinary

import (
	"math"
	"strings"

	"tintype/internal/delivery"
	"tintype/internal/media"
	"tintype/internal/transform"
)

// levels are those of q_auto, and sensitive what ":sensitive" makes of them.
var (
	levels = map[string]transform.Level{
		"best": transform.LevelBest, "good": transform.LevelGood, "eco": transform.LevelEco, "low": transform.LevelLow,
	}
	sensitive = map[transform.Level]transform.Level{
		transform.LevelBest: transform.LevelBest, transform.LevelGood: transform.LevelBest,
		transform.LevelEco: transform.LevelGood, transform.LevelLow: transform.LevelEco,
	}
)

// jpegmini are the levels of q_auto that stand in for that third-party encoder's.
var jpegmini = map[string]transform.Level{
	"": transform.LevelBest, "0": transform.LevelBest, "1": transform.LevelGood, "2": transform.LevelEco,
}

// output records what configures the encoder, for the whole chain: f_, q_,
// cs_, dpr_, dn_, dl_ and the loop of an animation; and d_, which is for when
// there is nothing to encode.
func (p *chainParser) output(c component, _ *qualifiers) error {
	for _, one := range []struct {
		prefix string
		read   func(string) error
	}{{"f", p.format}, {"q", p.quality}, {"cs", p.space}, {"dpr", p.ratioOfPixels}, {"dn", p.density}, {"dl", p.delay}, {"d", p.standIn}} {
		v, ok := c.values[one.prefix]
		if !ok {
			continue
		}
		v, err := p.text(one.prefix, v)
		if err != nil {
			return err
		}
		if err := one.read(v); err != nil {
			return err
		}
	}
	return nil
}

// ratioOfPixels reads dpr_.
func (p *chainParser) ratioOfPixels(value string) error {
	dpr := 0.0
	if value == "auto" {
		p.Hints |= delivery.HintDPR
		dpr = math.Ceil(p.hints.DPR)
		p.ContentDPR = max(dpr, 1)
	} else {
		n, _, err := p.fixed("dpr", value)
		if err != nil {
			return err
		}
		if n <= 0 || n > 100 {
			return invalidParam("dpr", value)
		}
		dpr, p.ContentDPR = n, 0
	}
	if dpr == 1 {
		dpr = 0
	}
	p.DPR = dpr
	return nil
}

func (p *chainParser) format(value string) error {
	lower := strings.ToLower(value)
	switch lower {
	case "auto", "auto:image":
		p.Output.Format = transform.Auto
		return nil
	case "auto:animated":
		p.Output.Format, p.Output.Frames = transform.Auto, transform.FramesAll
		return nil
	}
	f, ok := media.FormatByExtension(lower)
	switch {
	case ok && outputFormats[f.Name]:
		p.Output.Format = f.Name
		return nil
	case ok || otherFormats[lower] || lower == "auto:video":
		return unsupportedParam("f_" + value)
	}
	return invalidParam("f", value)
}

// quality reads q_: a whole number from 1 to 100, a fraction of 100, or a
// level of "auto", the last but one with the resolution of colour.
func (p *chainParser) quality(value string) error {
	p.Hints &^= delivery.HintSaveData
	name, arg, hasArg := strings.Cut(value, ":")
	switch name {
	case "auto":
		return p.autoQuality(value, arg, hasArg)
	case "jpegmini":
		level, ok := jpegmini[arg]
		if !ok {
			return invalidParam("q", value)
		}
		p.Output.Level, p.Output.Quality = level, 0
		return nil
	}
	n, decimal, err := p.fixed("q", name)
	if err != nil {
		return err
	}
	if decimal {
		if n > 1 {
			return invalidParam("q", value)
		}
		n *= 100
	}
	n = math.Round(n)
	if n < 1 || n > 100 {
		return invalidParam("q", value)
	}
	chroma := transform.Chroma("")
	switch {
	case !hasArg:
	case arg == "420" || arg == "444":
		chroma = transform.Chroma(arg)
	case strings.HasPrefix(arg, "qmax_"):
		return unsupportedParam("q_" + value)
	default:
		return invalidParam("q", value)
	}
	p.Output.Quality, p.Output.Chroma, p.Output.Level = int(n), chroma, ""
	return nil
}

func (p *chainParser) autoQuality(value, arg string, hasArg bool) error {
	level, more := transform.LevelGood, false
	for i, word := range strings.Split(arg, ":") {
		switch {
		case !hasArg:
		case word == "sensitive":
			more = true
		case i == 0 && levels[word] != "":
			level = levels[word]
		default:
			return invalidParam("q", value)
		}
	}
	if !hasArg {
		p.Hints |= delivery.HintSaveData
		if p.hints.SaveData {
			level = transform.LevelEco
		}
	}
	if more {
		level = sensitive[level]
	}
	p.Output.Level, p.Output.Quality, p.Output.Chroma = level, 0, ""
	return nil
}

// space reads cs_.
func (p *chainParser) space(value string) error {
	lower := strings.ToLower(value)
	switch lower {
	case "srgb", "srgb:truecolor":
		p.Output.Space = transform.SpaceSRGB
	case "tinysrgb":
		p.Output.Space = transform.SpaceTagged
	case "cmyk":
		p.Output.Space = transform.SpaceCMYK
	case "no_cmyk":
		p.Output.Space = transform.SpaceNoCMYK
	case "keep_cmyk", "copy":
		p.Output.Space = transform.SpaceKeep
	default:
		if strings.HasPrefix(lower, "icc:") {
			return unsupportedParam("cs_" + value)
		}
		return invalidParam("cs", value)
	}
	return nil
}

// density reads dn_: how vectors are rendered, and what the file states.
func (p *chainParser) density(value string) error {
	if value == "idn" {
		return unsupportedParam("dn_" + value)
	}
	n, decimal, err := p.fixed("dn", value)
	if err != nil {
		return err
	}
	if decimal || n < 1 || n > 2400 || n != math.Trunc(n) {
		return invalidParam("dn", value)
	}
	p.Input.Density, p.Output.Density = n, int(n)
	return nil
}

// standIn reads d_.
func (p *chainParser) standIn(value string) error {
	name, _ := cutExtension(strings.ReplaceAll(value, ":", "/"))
	if validID(name) != nil || !printable(name) {
		return invalidParam("d", value)
	}
	p.Default = name
	return nil
}

// delay reads dl_, milliseconds between frames.
func (p *chainParser) delay(value string) error {
	n, decimal, err := p.fixed("dl", value)
	if err != nil {
		return err
	}
	if decimal || n < 1 || n > 60_000 || n != math.Trunc(n) {
		return invalidParam("dl", value)
	}
	p.Output.Delay = int(n)
	return nil
}

func (p *chainParser) flag(text string, q *qualifiers) error {
	name, arg, hasArg := strings.Cut(text, ":")
	f := flags[name]
	if hasArg && f.kind != flagProgressive && f.kind != flagAttachment && f.kind != flagUnbuilt {
		return invalidParam("fl", text)
	}
	switch f.kind {
	case flagUnbuilt:
		return unsupportedParam("fl_" + text)
	case flagGiven:
	case flagIdle:
		return nil
	case flagOutput:
		f.output(&p.Output)
	case flagQualifier:
		q.flags[name] = true
	case flagAnyFormat:
		p.anyFormat = true
	case flagProgressive:
		switch arg {
		case "", "semi", "steep":
			p.Output.Progressive, p.baseline = true, false
		case "none":
			p.Output.Progressive, p.baseline = false, true
		default:
			return invalidParam("fl", text)
		}
	case flagAttachment:
		filename, err := attachmentName(arg)
		if err != nil {
			return err
		}
		p.Attachment, p.Filename = true, filename
		return nil
	case flagImmutable:
		p.Immutable = true
		return nil
	case flagInfo:
		p.Output.Info = true
		return nil
	case flagFreeRatio:
		q.freeRatio = true
	default:
		return invalidParam("fl", text)
	}
	p.rewrites = true
	return nil
}

// attachmentName decodes the name of a download a second time: a dot would
// end the flag otherwise.
func attachmentName(text string) (string, error) {
	name := decodeOnce(text)
	if !printable(name) || strings.ContainsAny(name, `/\"`) || len(name) > 255 {
		return "", invalidParam("fl", "attachment:"+text)
	}
	return name, nil
}
