package cloudinary

import (
	"net/http"
	"path"
	"strings"
	"time"

	"tintype/internal/account"
	"tintype/internal/delivery"
	"tintype/internal/media"
)

// Parse understands a delivery request. Errors are those of the URL:
// Unauthorized for a signature that is there and wrong, Invalid and
// Unsupported for a transformation, NotFound for what can be no asset's name.
func (d *Dialect) Parse(r *http.Request, e account.Endpoint) (delivery.Request, error) {
	client := delivery.ClientOf(r)
	u, err := readURL(pathAfter(r.URL.EscapedPath(), e.Prefix), e.Account.Keys, hintsOf(r, client.DPR))
	if err != nil {
		return delivery.Request{}, err
	}
	granted, err := tokenAccess(r, e.Account.Keys, d.now())
	if err != nil {
		return delivery.Request{}, err
	}
	if u.chain.Restricted && !u.signed && !granted.given {
		return delivery.Request{}, media.Errorf(media.Unauthorized, "A valid signature is required")
	}
	q := delivery.Request{
		Account:    e.Account,
		Chain:      u.chain.Transformation,
		Signed:     u.signed || granted.given,
		Attachment: u.chain.Attachment,
		Download:   u.chain.Filename,
		Client:     client,
		Personal:   u.chain.Hinted || granted.seen,
	}
	if !u.signed && granted.given {
		q.Until = granted.until
	}
	for _, id := range u.IDs {
		q.Refs = append(q.Refs, media.Ref{Kind: u.Kind, Access: u.Access, Name: id.PublicID})
	}
	if u.Kind == media.KindRaw && q.Download != "" && path.Ext(q.Download) == "" {
		q.Download += path.Ext(u.IDs[0].PublicID) // no format says it
	}
	return q, nil
}

// pathAfter cuts an endpoint's prefix off an escaped path.
func pathAfter(escaped, prefix string) string {
	if rest, ok := strings.CutPrefix(escaped, prefix); ok {
		return rest
	}
	return strings.TrimPrefix(collapseSlashes(escaped), prefix)
}

func (d *Dialect) now() time.Time {
	if d.cfg.Now == nil {
		return time.Now()
	}
	return d.cfg.Now()
}
