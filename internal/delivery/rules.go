package delivery

import (
	"slices"

	"tintype/internal/media"
	"tintype/internal/transform"
)

// Rules are how a dialect fills what its requests leave open. The zero value
// is what most do.
type Rules struct {
	// Offer are the formats that negotiation may choose, as far as Config
	// offers them; zero is all of these.
	Offer Formats
	// KeepFormat has negotiation keep the source's own format where the
	// client accepts none of those offered, if browsers know it; and leaves
	// drawings (SVG) untouched, whatever the steps.
	KeepFormat bool
	// Matte lies under what is transparent where the format has no alpha; a
	// transparent one leaves that to the encoding.
	Matte transform.Color
	// Chroma is that of a JPEG where the chain leaves it open; "" is what the
	// quality suggests.
	Chroma transform.Chroma
	// ImagesOnly: Chain concerns images, other files are answered as they are.
	ImagesOnly bool
	// Told: what is of restricted access is no secret. Without a signature,
	// what exists is Unauthorized and what does not is NotFound.
	Told bool
}

// keeps are the formats that browsers know.
var keeps = []string{"jpeg", "png", "webp", "gif", "avif"}

// chain is what to do to an asset.
func (u Rules) chain(t transform.Transformation, a *media.Asset) transform.Transformation {
	if u.ImagesOnly && a.Kind != media.KindImage {
		return transform.Transformation{}
	}
	return t
}

// negotiate decides the automatic format of a chain for an image.
func (u Rules) negotiate(t transform.Transformation, info media.Info, accepts Formats) transform.Transformation {
	if u.Offer != 0 {
		accepts &= u.Offer
	}
	switch {
	case u.KeepFormat && info.Format == "svg":
		return transform.Transformation{Output: transform.Output{Format: "svg"}}
	case u.KeepFormat && accepts == 0 && slices.Contains(keeps, info.Format):
		t.Output.Format = info.Format
		return t
	}
	t.Output = negotiate(t, info, accepts)
	return t
}

// settled is a chain of decided format with what the rules add to it: the
// resolution of colour, and a matte under a result that needs one.
func (u Rules) settled(t transform.Transformation, info media.Info) transform.Transformation {
	name := t.Output.Format
	if name == "" {
		name = info.Format
	}
	if t.Output.Chroma == "" && name != "avif" && name != "heic" {
		t.Output.Chroma = u.Chroma // formats without a choice ignore it
	}
	if u.Matte.A == 0 || len(t.Steps) == 0 && !info.Alpha {
		return t
	}
	if f, ok := media.FormatByName(name); ok && !f.Alpha && f.Kind == media.KindImage {
		t.Steps = append(slices.Clone(t.Steps), transform.Flatten{Color: u.Matte})
	}
	return t
}
