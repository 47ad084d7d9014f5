package cloudinary

import (
	"net/http"
	"path"
	"strings"
	"time"

	"tintype/internal/account"
	"tintype/internal/delivery"
	"tintype/internal/dialect"
	"tintype/internal/media"
)

// Parse understands a delivery request. Errors are those of the URL:
// Unauthorized for a signature that is there and wrong, Invalid and
// Unsupported for a transformation, NotFound for what can be no asset's name.
func (d *Dialect) Parse(r *http.Request, e account.Endpoint) (delivery.Request, error) {
	client := delivery.ClientOf(r)
	if q := (delivery.Request{Account: e.Account, Client: client}); strings.Contains(r.URL.Path, "/list/") {
		if ok, err := d.listing(pathAfter(r.URL.EscapedPath(), e.Prefix), &q); ok || err != nil {
			return q, err
		}
	}
	u, err := readURL(pathAfter(r.URL.EscapedPath(), e.Prefix), e.Account.Keys, client)
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
		ByURL:      !granted.given,
		Attachment: u.chain.Attachment,
		Download:   u.chain.Filename,
		Client:     client,
		Hints:      u.chain.Hints,
		ContentDPR: u.chain.ContentDPR,
		Personal:   granted.seen,
		Describe:   u.chain.describe(),
		Headers:    contentInfo,
	}
	if !u.signed && granted.given {
		q.Until = granted.until
	}
	if q.Exact = u.Access == media.Remote; !q.Signed {
		u.askAlso(r.URL.RawQuery) // signatures and tokens cover the path alone
	}
	if text := decodeOnce(strings.Join(u.Components, "/")); text != "" {
		q.Spelled = spelledIn(text)
		if e.Account.Options().Strict && !q.Signed && !allowed(e.Account, text) {
			return delivery.Request{}, media.Errorf(media.Unauthorized, "Transformation %s is not allowed", dialect.Quotable(text))
		}
	}
	if u.Access.Composed() {
		q.Headers = nil // there is no original to tell of
	}
	if text := u.sheetText(); text != nil {
		q.Describe = text
	}
	q.Imports = u.imports(e.Account)
	q.Refs = u.refs()
	if u.chain.Default != "" && u.Kind == media.KindImage && u.Access.Open() {
		q.Default = &delivery.Default{
			Ref:  media.Ref{Kind: media.KindImage, Access: media.Public, Name: u.chain.Default},
			Tell: func(h http.Header, missing error) { h.Set(errorHeader, headerText(media.MessageOf(missing))) },
		}
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
