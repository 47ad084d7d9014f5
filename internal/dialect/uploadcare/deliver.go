package uploadcare

import (
	"net/http"
	"strings"

	"tintype/internal/account"
	"tintype/internal/delivery"
	"tintype/internal/media"
)

// Parse understands a delivery request. Errors are those of the URL: NotFound
// for what can be no file's id, Forbidden for a token that is wrong, expired
// or missing where one is needed, Invalid and Unsupported for operations.
func (d *Dialect) Parse(r *http.Request, e account.Endpoint) (delivery.Request, error) {
	whole := r.URL.EscapedPath()
	path := strings.TrimPrefix(whole, e.Prefix)
	q := delivery.Request{Account: e.Account, Client: delivery.ClientOf(r)}
	tok, there, err := tokenOf(r.URL.RawQuery)
	if err != nil {
		return q, err
	}
	switch {
	case there:
		// Libraries sign the path they know, with the endpoint's prefix or without.
		q.Until, err = tok.check([]string{path, whole}, e.Account.Keys, d.cfg.Now())
		if err != nil {
			return q, err
		}
		q.Signed = true
	case d.cfg.Protected(e.Account.ID):
		return q, media.Errorf(media.Forbidden, "The URL takes a token")
	}
	u, err := splitURL(path)
	if err != nil {
		return q, err
	}
	p, err := parseOperations(u.Operations, d.limits())
	if err != nil {
		return q, err
	}
	q.Refs = []media.Ref{{ID: u.ID}}
	q.Chain = p.Transformation
	q.Attachment, q.Download = p.Attachment, u.Filename
	callback := "uploadcare_callback"
	if name := r.URL.Query().Get(CallbackParam); p.Asked.op == "jsonp" && name != "" {
		callback = name
	}
	if q.Describe, err = p.Asked.describe(callback); err != nil {
		return q, err
	}
	q.Headers = imageSize
	q.Rules = delivery.Rules{Matte: p.Matte, Told: true} // nobody guesses a UUID
	return q, nil
}

func (d *Dialect) limits() limits { return limits{d.cfg.MaxSide, d.cfg.MaxJPEGSide} }
