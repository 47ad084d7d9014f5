package transform

import (
	"encoding/json"
	"fmt"
	"strings"

	"tintype/internal/media"
)

// Ask is a Question taken apart. What names the measurement; the other fields
// are its parameters.
type Ask struct {
	What What
	// Page to look at, from 1, for WhatPage.
	Page int `json:",omitempty"`
	// Tolerance and Color for WhatTrim.
	Tolerance float64 `json:",omitempty"`
	Color     *Color  `json:",omitempty"`
	// Colors wanted, for WhatPalette.
	Colors int `json:",omitempty"`
	// Text whose Width and Height are wanted, for WhatText.
	Text *PlanText `json:",omitempty"`
	// Font is the text's font file, which has to be opened as source 1.
	Font *media.Ref `json:",omitempty"`
	// On is the picture that is asked about, made from the source; nil is the
	// upright source's first page as it is. Only its first page counts, and
	// it needs no source but the plan's own.
	On *Picture `json:",omitempty"`
}

// What is what can be measured.
type What string

const (
	// WhatFocus is FocusPoint.
	WhatFocus What = "focus"
	// WhatFaces is FaceBoxes.
	WhatFaces What = "faces"
	// WhatIllustration is Illustration.
	WhatIllustration What = "illustration"
	// WhatPage asks for the size of a page as it is loaded: Answer.Width and Height.
	WhatPage What = "page"
	// WhatTrim asks for the box of what is not border: Answer.Boxes, none or
	// one, as fractions. A pixel is border when the largest difference of its
	// channels (bytes, alpha included, colours premultiplied) from Color is
	// at most 255 Tolerance; Color nil is that of the top left pixel. Where
	// the page has alpha, pixels of alpha 0 are border too.
	WhatTrim What = "trim"
	// WhatPalette asks for the most frequent colours: Answer.Colors.
	WhatPalette What = "palette"
	// WhatText asks how large the page of a text is, its ink with Trim:
	// Answer.Width and Height, each at least 1. It is asked of no source but Font.
	WhatText What = "text"
	// The rest is answered in Answer.Analysis, each by one part of it:
	// Colors, Hash, Quality, ColorVision, Cinemagraph, Metadata and Look.
	// Metadata is asked of films and sound too, Cinemagraph of films.
	WhatColors      What = "colors"
	WhatHash        What = "hash"
	WhatQuality     What = "quality"
	WhatColorVision What = "color-vision"
	WhatCinemagraph What = "cinemagraph"
	WhatMetadata    What = "metadata"
	WhatLook        What = "look"
)

// Question writes the canonical text.
func (a Ask) Question() Question {
	what, on := a.What, a.On
	a.What, a.On = "", nil
	q := string(what)
	if raw, err := json.Marshal(askJSON(a)); err == nil && string(raw) != "{}" {
		q += string(raw)
	}
	if on != nil {
		if raw, err := json.Marshal(on); err == nil {
			q += "@" + string(raw)
		}
	}
	return Question(q)
}

// askJSON is the parameters alone.
type askJSON struct {
	What      What       `json:",omitempty"`
	Page      int        `json:",omitempty"`
	Tolerance float64    `json:",omitempty"`
	Color     *Color     `json:",omitempty"`
	Colors    int        `json:",omitempty"`
	Text      *PlanText  `json:",omitempty"`
	Font      *media.Ref `json:",omitempty"`
	On        *Picture   `json:",omitempty"`
}

// ParseQuestion takes a question apart. The error is plain: questions are made
// by Resolve.
func ParseQuestion(q Question) (Ask, error) {
	s := string(q)
	end := strings.IndexAny(s, "{@")
	if end < 0 {
		end = len(s)
	}
	name, rest := s[:end], s[end:]
	var a askJSON
	d := json.NewDecoder(strings.NewReader(rest))
	d.DisallowUnknownFields()
	if strings.HasPrefix(rest, "{") {
		if err := d.Decode(&a); err != nil {
			return Ask{}, fmt.Errorf("question %s: %w", name, err)
		}
		rest = rest[d.InputOffset():]
	}
	if on, ok := strings.CutPrefix(rest, "@"); ok {
		a.On = new(Picture)
		if err := strictly([]byte(on), a.On); err != nil {
			return Ask{}, fmt.Errorf("question %s: %w", name, err)
		}
		rest = ""
	}
	a.What = What(name)
	if rest != "" || name == "" {
		return Ask{}, fmt.Errorf("question %.40q is not well formed", s)
	}
	return Ask(a), nil
}
