package engine

import (
	"slices"
	"strings"

	"tintype/internal/media"
)

// installed are the families of this machine by their folded names.
type installed map[string]string

func installedOf(families []string) installed {
	m := installed{}
	for _, f := range families {
		m[folded(f)] = f
	}
	return m
}

// folded is a name as people tell families apart: by letters and digits only.
func folded(family string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '_' || r == '-' {
			return -1
		}
		return r
	}, strings.ToLower(family))
}

// families are what a family that was asked for is drawn with, one after the
// other: the family itself, else what stands for it, and then the defaults,
// for the glyphs that it does not have. "" is the defaults alone. A family
// that is neither here nor known is Invalid.
func (in installed) families(asked string) ([]string, error) {
	if strings.TrimSpace(asked) == "" {
		return defaultFamilies, nil
	}
	name := folded(asked)
	if own, ok := in[name]; ok {
		return append([]string{own}, defaultFamilies...), nil
	}
	s, ok := familiar[name]
	if !ok {
		return nil, media.Errorf(media.Invalid, "Unknown font: %s", shortened(asked))
	}
	return append(slices.Concat(s.equal, s.like), defaultFamilies...), nil
}

// shortened is a name that fits in one sentence.
func shortened(name string) string {
	if r := []rune(name); len(r) > 60 {
		return string(r[:60]) + "..."
	}
	return name
}

// Replaced says that a familiar font is drawn with one of other widths.
type Replaced struct {
	Family, With string
	// Want are the fonts that would fit, of which one is enough.
	Want []string
}

// replaced lists the familiar families for which this machine has no font
// that fits, although there is one.
func (in installed) replaced() (list []Replaced) {
	for _, s := range familiarFonts {
		if len(s.equal) == 0 || in[folded(s.name)] != "" || slices.ContainsFunc(s.equal, in.has) {
			continue
		}
		r := Replaced{Family: s.name, Want: s.equal}
		for _, f := range slices.Concat(s.like, defaultFamilies) {
			if r.With == "" && in.has(f) {
				r.With = f
			}
		}
		list = append(list, r)
	}
	return list
}

func (in installed) has(family string) bool { return in[folded(family)] != "" }
