package rendition

import (
	"context"
	"fmt"
	"math"

	"tintype/internal/media"
	"tintype/internal/transform"
)

// Part is a part of an analysis, named by the question that it answers.
type Part = transform.What

// Parts are all parts that Analyse knows.
var Parts = []Part{
	transform.WhatColors, transform.WhatFaces, transform.WhatHash, transform.WhatQuality,
	transform.WhatColorVision, transform.WhatCinemagraph, transform.WhatMetadata, transform.WhatLook,
}

// HasPart reports whether there is such a part for files of a kind: for
// pictures every one, for films two, for anything else none.
func HasPart(kind media.Kind, p Part) bool {
	switch kind {
	case media.KindImage:
		return true
	case media.KindVideo:
		return p == transform.WhatMetadata || p == transform.WhatCinemagraph
	}
	return false
}

// Analyse finds out parts of what is to be known of a's version, each once in
// the version's life. A part that there is none of for its kind is left out.
// Errors are those of Get.
func (s *Store) Analyse(ctx context.Context, a *media.Asset, parts []Part) (media.Analysis, error) {
	found, err := Analyse(a.Kind, a.Version.Info, parts, func(q transform.Question) (transform.Answer, error) {
		ans, err := s.measure(ctx, a, q, false)
		if err != nil {
			return ans, fmt.Errorf("measure %s of asset %s: %w", q, a.ID, err)
		}
		return ans, nil
	})
	found.Version = a.Version.ID
	return found, err
}

// Analyse puts an analysis together of the answers that ask gives about a
// file of a kind.
func Analyse(kind media.Kind, info media.Info, parts []Part, ask func(transform.Question) (transform.Answer, error)) (media.Analysis, error) {
	var found media.Analysis
	for _, p := range parts {
		if !HasPart(kind, p) {
			continue
		}
		ans, err := ask(transform.Ask{What: p}.Question())
		switch {
		case err != nil:
			return found, err
		case p == transform.WhatFaces:
			found.Faces = inPixels(ans.Boxes, info)
		case ans.Analysis == nil:
			return found, fmt.Errorf("no answer to %s", p)
		default:
			found.Join(*ans.Analysis)
		}
	}
	return found, nil
}

// inPixels makes boxes of fractions; the result is not nil.
func inPixels(boxes []transform.Box4, info media.Info) []media.Box {
	out := []media.Box{}
	for _, b := range boxes {
		at := func(f float64, of int) int { return max(0, min(of, int(math.Round(f*float64(of))))) }
		x, y := at(b.X, info.Width), at(b.Y, info.Height)
		out = append(out, media.Box{X: x, Y: y, Width: at(b.X+b.Width, info.Width) - x, Height: at(b.Y+b.Height, info.Height) - y})
	}
	return out
}
