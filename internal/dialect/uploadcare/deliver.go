package uploadcare

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"

	"tintype/internal/account"
	"tintype/internal/delivery"
	"tintype/internal/media"
)

// Parse understands a delivery request. Errors are those of the URL: NotFound
// for what can be no file's id, Forbidden for a token that is wrong, expired
// or missing where one is needed, Invalid and Unsupported for operations.
func (d *Dialect) Parse(r *http.Request, e account.Endpoint) (delivery.Request, error) {
	path := r.URL.EscapedPath()
	inside := strings.TrimPrefix(path, e.Prefix)
	q := delivery.Request{Account: e.Account, Client: delivery.ClientOf(r), Headers: imageSize}
	tok, there, err := tokenOf(r.URL.RawQuery)
	if err != nil {
		return q, err
	}
	switch {
	case there:
		// Libraries sign the path they know, with the endpoint's prefix or without.
		q.Until, err = tok.check([]string{inside, path}, e.Account.Keys, d.cfg.Now())
		if err != nil {
			return q, err
		}
		q.Signed = true
	case d.cfg.Protected(e.Account.ID):
		return q, media.Errorf(media.Forbidden, "The URL takes a token")
	}
	u, err := splitURL(inside)
	if err != nil {
		return q, err
	}
	callback := r.URL.Query().Get(CallbackParam)
	if u.Group == "" {
		err := d.file(&q, u, callback)
		return q, err
	}
	if u.Nth == wholeGroup {
		q.Group = &delivery.Group{ID: u.Group, Size: u.Size, List: listing(strings.TrimSuffix(path, "/"))}
		return q, nil
	}
	if _, err := parseOperations(u.Operations, d.limits()); err != nil {
		return q, err
	}
	q.Group = &delivery.Group{ID: u.Group, Size: u.Size, Nth: u.Nth, Member: func(m media.Member) (delivery.Request, error) {
		next, own := q, u
		next.Group = nil
		var err error
		own.ID = m.Asset
		if own.Operations, err = effectsOf(m); err != nil {
			return next, err
		}
		own.Operations = append(own.Operations, u.Operations...)
		err = d.file(&next, own, callback)
		return next, err
	}}
	return q, nil
}

// file completes a request with what a URL says of the file of its ID.
func (d *Dialect) file(q *delivery.Request, u deliveryURL, callback string) error {
	p, err := parseOperations(u.Operations, d.limits())
	if err != nil {
		return err
	}
	if len(u.Operations) > 0 && !q.Signed && q.Account.Options().Strict {
		return media.Errorf(media.Forbidden, "Operations take a token here")
	}
	q.Refs = []media.Ref{{ID: u.ID}}
	q.Chain = p.Transformation
	q.Attachment, q.Download = p.Attachment, u.Filename
	q.Rules = delivery.Rules{Matte: p.Matte, Told: true} // nobody guesses a UUID
	if callback == "" || p.Asked.op != "jsonp" {
		callback = "uploadcare_callback"
	}
	q.Describe, err = p.Asked.describe(callback)
	return err
}

// effectsOf reads the operations of a member of a group, as groups are made.
func effectsOf(m media.Member) ([]operation, error) {
	if m.Transformation == "" {
		return nil, nil
	}
	segments := strings.Split("-/"+strings.TrimSuffix(m.Transformation, "/"), "/")
	return splitOperations(segments)
}

// listing answers a group with the addresses of its files, one a line, each
// as it follows the host.
func listing(group string) func(*media.Group) (string, []byte) {
	return func(g *media.Group) (string, []byte) {
		var lines bytes.Buffer
		for i := range g.Members {
			lines.WriteString(group + "/nth/" + strconv.Itoa(i) + "/\n")
		}
		return "text/plain; charset=utf-8", lines.Bytes()
	}
}

func (d *Dialect) limits() limits { return limits{d.cfg.MaxSide, d.cfg.MaxJPEGSide} }
