package cloudinary

import (
	"strings"

	"tintype/internal/dialect"
	"tintype/internal/media"
)

// reading is all that a delivery URL says.
type reading struct {
	deliveryURL
	chain parsedChain
	// signed: the URL carries a signature, which is valid for all of IDs.
	signed bool
}

// readURL takes the escaped path of a delivery URL apart, verifies its
// signature against the keys that are enabled, and reads its transformation.
// A signature that is there and wrong is Unauthorized, whatever it is for.
func readURL(path string, keys []media.Key, h hints) (reading, error) {
	u, err := splitURL(path)
	if err != nil {
		return reading{}, err
	}
	if u.Signature != "" {
		if u.IDs = signedIDs(u, keys); len(u.IDs) == 0 {
			return reading{}, invalidSignature("s--" + u.Signature + "--")
		}
	}
	chain, err := deliveryChain(u, u.IDs[0].Ext, h)
	return reading{deliveryURL: u, chain: chain, signed: u.Signature != ""}, err
}

// signedIDs returns the candidates that the URL's signature covers.
func signedIDs(u deliveryURL, keys []media.Key) []candidate {
	var signed []candidate
	transformation := strings.Join(u.Components, "/")
	for _, id := range u.IDs {
		valid := false
		for _, k := range keys {
			valid = !k.Disabled && validDelivery(u.Signature, transformation, id.source, k.Secret) || valid
		}
		if valid {
			signed = append(signed, id)
		}
	}
	return signed
}

// deliveryChain reads a URL's transformation. What f_ says goes before the
// extension. An extension alone is no transformation where the asset has
// that format already, which only its record can tell.
func deliveryChain(u deliveryURL, ext string, h hints) (parsedChain, error) {
	if u.Access == media.Sequence {
		var format string
		if u.Components, format = withoutFormat(u.Components); ext == "" {
			ext = format
		}
	}
	c, err := parseComponents(u.Components, h)
	if err != nil {
		return c, err
	}
	if u.Kind != media.KindImage && !c.handOver() {
		return c, media.Errorf(media.Unsupported, "Transformations of %s files are not supported yet: %s",
			u.Kind, dialect.Quotable(decodeOnce(strings.Join(u.Components, "/"))))
	}
	if ext == "" {
		return c, nil
	}
	f, _ := media.FormatByExtension(ext)
	if f.Kind != u.Kind && u.Access != media.Sequence {
		return c, media.Errorf(media.Unsupported, "Unsupported extension in transformation: %s", ext)
	}
	if c.Output.Format == "" {
		c.Output.Format = f.Name
		c.lossless()
	}
	return c, nil
}

// handOver reports that a chain does not concern the picture.
func (c parsedChain) handOver() bool {
	c.Output.Info = false
	return c.Empty() && c.DPR == 0
}

func invalidSignature(segment string) error {
	return media.Errorf(media.Unauthorized, "Invalid Signature %s", dialect.Quotable(segment))
}
