package delivery

import (
	"context"
	"fmt"
	"time"

	"tintype/internal/catalog"
	"tintype/internal/media"
	"tintype/internal/rendition"
	"tintype/internal/transform"
)

// found is the asset that a request means.
type found struct {
	asset *media.Asset
	first bool // it is the first candidate
	// until is when the asset may cease to be open; zero is never.
	until time.Time
	// missing is why asset is the request's default and no candidate; or nil.
	missing error
}

// find looks for the first candidate that exists and that the request may
// have, then for what can be brought in, then for the default. Nobody learns
// from the answer whether a name of restricted access exists: without a
// signature it is Unauthorized either way. An id that the request may not
// have is NotFound, as one that does not exist.
func (d *Delivery) find(ctx context.Context, q Request) (found, error) {
	for _, im := range q.Imports {
		if im.As.Access != media.Remote {
			continue // nobody but the account's owner says what is read
		}
		if err := d.cfg.Renditions.MayImport(im.URL, q.Signed); err != nil {
			return found{}, err
		}
	}
	f, err := d.stored(ctx, q, q.Refs)
	for i := 0; i < len(q.Imports) && missing(err); i++ {
		var a *media.Asset
		if a, err = d.cfg.Renditions.Import(ctx, q.Account.ID, q.Imports[i].As, q.Imports[i].URL); err == nil {
			return found{asset: a, first: i == 0 && len(q.Refs) <= 1}, nil
		}
	}
	if q.Default == nil || !missing(err) {
		return f, err
	}
	f, other := d.stored(ctx, q, []media.Ref{q.Default.Ref})
	if missing(other) {
		return found{}, err
	}
	f.first, f.missing = false, err
	return f, other
}

func missing(err error) bool { return err != nil && media.CodeOf(err) == media.NotFound }

// stored looks for the first of refs that exists and that the request may have.
func (d *Delivery) stored(ctx context.Context, q Request, refs []media.Ref) (found, error) {
	var f found
	denied, now := false, d.cfg.Now()
	err := d.cfg.Catalog.View(ctx, func(tx *catalog.Tx) error {
		for i, ref := range refs {
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
			case !q.granted(a, now):
				// Not told apart from what does not exist.
				denied = denied || named && !ref.Access.Open() && !q.Signed
			case !q.Signed && (needsSignature(a, q.Chain) || !a.Access.Open() && q.tellsOfSource()):
				denied = denied || named
				if q.Rules.Told {
					return nil
				}
			default:
				f = found{asset: a, first: i == 0}
				if _, until := a.Readable(now); !q.Owner {
					f.until = until
				}
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
	case len(refs) == 0:
		return f, media.Errorf(media.NotFound, "Resource not found")
	}
	return f, media.Errorf(media.NotFound, "Resource not found - %s", label(refs[0]))
}

// granted reports whether a request may have an asset as far as its grants
// and its moderation go.
func (q *Request) granted(a *media.Asset, now time.Time) bool {
	open, _ := a.Readable(now)
	return open || q.Owner || q.Signed && !q.ByURL && !a.Withheld()
}

func label(r media.Ref) string {
	if r.Name != "" {
		return r.Name
	}
	return string(r.ID)
}

// deliverable refuses what no existing asset could make work.
func deliverable(ref media.Ref, t transform.Transformation) error {
	if len(t.Steps) > 0 && (ref.Kind == media.KindVideo || ref.Kind == media.KindRaw) {
		return media.Errorf(media.Unsupported, "Transformations of %s files are not supported", ref.Kind)
	}
	return nil
}

// needsSignature says whether a request for an existing asset takes one.
func needsSignature(a *media.Asset, t transform.Transformation) bool {
	switch {
	case a.Access.Open():
		return false
	case a.Access == media.Private:
		return a.Kind != media.KindImage || t.Output.Format != transform.Auto && rendition.Original(a, t)
	}
	return true
}

// tellsOfSource reports whether a description holds what no rendition does: what
// the source's file says of where and when it was made.
func (q Request) tellsOfSource() bool { return q.Describe != nil && q.Describe.Wanted.Metadata }

// mayBeOriginal reports whether t could ask for the original of some asset.
func mayBeOriginal(t transform.Transformation) bool {
	return len(t.Steps) == 0 && t.Input == (transform.Input{}) && t.Output.Quality == 0 && !t.Output.Progressive && t.Output.Format != transform.Auto
}
