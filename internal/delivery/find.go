package delivery

import (
	"context"
	"fmt"

	"tintype/internal/catalog"
	"tintype/internal/media"
	"tintype/internal/rendition"
	"tintype/internal/transform"
)

// found is the asset that a request means.
type found struct {
	asset *media.Asset
	first bool // it is the first candidate
}

// find looks for the first candidate that exists and that the request may
// have. Nobody learns from the answer whether a name of restricted access
// exists: without a signature it is Unauthorized either way. An id that the
// request may not have is NotFound, as one that does not exist.
func (d *Delivery) find(ctx context.Context, q Request) (found, error) {
	var f found
	denied := false
	err := d.cfg.Catalog.View(ctx, func(tx *catalog.Tx) error {
		for i, ref := range q.Refs {
			if err := deliverable(ref, q.Chain); err != nil && !q.Rules.ImagesOnly {
				return err
			}
			named := ref.ID == ""
			if named && ref.Access == media.Authenticated && !q.Signed && !q.Rules.Told {
				denied = true
				continue
			}
			a, err := tx.Asset(q.Account.ID, ref)
			switch {
			case media.CodeOf(err) == media.NotFound && err != nil:
				denied = denied || named && ref.Access == media.Private && !q.Signed && !q.Rules.Told && mayBeOriginal(q.Chain)
			case err != nil:
				return fmt.Errorf("find asset: %w", err)
			case !q.Signed && needsSignature(a, q.Chain):
				denied = denied || named
				if q.Rules.Told {
					return nil
				}
			default:
				f = found{asset: a, first: i == 0}
				return nil
			}
		}
		return nil
	})
	switch {
	case err != nil:
		return f, err
	case f.asset != nil:
		return f, nil
	case denied:
		return f, media.Errorf(media.Unauthorized, "A valid signature is required")
	case len(q.Refs) == 0:
		return f, media.Errorf(media.NotFound, "Resource not found")
	}
	return f, media.Errorf(media.NotFound, "Resource not found - %s", label(q.Refs[0]))
}

func label(r media.Ref) string {
	if r.Name != "" {
		return r.Name
	}
	return string(r.ID)
}

// deliverable refuses what no existing asset could make work.
func deliverable(ref media.Ref, t transform.Transformation) error {
	if ref.URL != "" {
		return media.Errorf(media.Unsupported, "Remote files are not delivered here")
	}
	if len(t.Steps) > 0 && (ref.Kind == media.KindVideo || ref.Kind == media.KindRaw) {
		return media.Errorf(media.Unsupported, "Transformations of %s files are not supported", ref.Kind)
	}
	return nil
}

// needsSignature says whether a request for an existing asset takes one.
func needsSignature(a *media.Asset, t transform.Transformation) bool {
	switch a.Access {
	case media.Public:
		return false
	case media.Private:
		return a.Kind != media.KindImage || t.Output.Format != transform.Auto && rendition.Original(a, t)
	}
	return true
}

// mayBeOriginal reports whether t could ask for the original of some asset.
func mayBeOriginal(t transform.Transformation) bool {
	return len(t.Steps) == 0 && t.Input == (transform.Input{}) && t.Output.Quality == 0 && !t.Output.Progressive && t.Output.Format != transform.Auto
}
