package imagekit

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"tintype/internal/account"
	"tintype/internal/delivery"
	"tintype/internal/dialect"
	"tintype/internal/media"
	"tintype/internal/transform"
)

// Parse understands a delivery request. Errors are those of the URL:
// Unauthorized for a signature that is there and wrong or has expired,
// Invalid and Unsupported for a transformation, NotFound for what can be no
// file's path.
func (d *Dialect) Parse(r *http.Request, e account.Endpoint) (delivery.Request, error) {
	target := r.RequestURI
	if !strings.HasPrefix(target, "/") {
		target = r.URL.RequestURI()
	}
	client := delivery.ClientOf(r)
	u, err := splitURL(strings.TrimPrefix(r.URL.EscapedPath(), e.Prefix), r.URL.RawQuery)
	if err != nil {
		return delivery.Request{}, err
	}
	q := delivery.Request{
		Account: e.Account, Attachment: u.Attachment, Download: u.Filename, Client: client,
		Rules: delivery.Rules{
			Offer: delivery.WebP, KeepFormat: true, ImagesOnly: true, Told: true,
			Chroma: transform.Chroma444, // colour keeps its resolution in JPEGs
		},
	}
	if u.Signature != "" {
		if q.Until, err = d.signedUntil(u, signedTexts(target, e.Prefix), e.Account.Keys); err != nil {
			return delivery.Request{}, err
		}
		q.Signed = true
	}
	read, err := readURL(u, client)
	if err != nil {
		return delivery.Request{}, err
	}
	if e.Account.Options().Strict && !q.Signed && !read.Original && !allowed(e.Account, u.Steps) {
		return delivery.Request{}, media.Errorf(media.Unauthorized, "Transformation %s is not allowed without a signature", dialect.Quotable(u.Steps.String()))
	}
	q.Refs, q.Chain, q.Rules.Matte = read.refs, read.Transformation, read.Matte
	q.Hints, q.ContentDPR = read.Hints, read.ContentDPR
	if read.Named && !q.Signed {
		allowNamed(&q, u)
	}
	return q, nil
}

// allowed reports that a chain is no more than what the account's owner allows
// everybody.
func allowed(acc *account.Account, c chain) bool {
	for _, s := range c {
		for _, t := range s {
			if t.key != "n" || !acc.AllowsNamed(t.value) {
				return false
			}
		}
	}
	return true
}

// allowNamed lets a picture be had without signature: what has a name is what
// the account's owner allows of private ones. It does not allow what the
// transformation is not carried out on.
func allowNamed(q *delivery.Request, u deliveryURL) {
	if f, ok := u.format(); !ok || f.Kind != media.KindImage {
		return
	}
	q.Signed, q.ByURL, q.Rules.KeepFormat = true, true, false
	q.Refs = slices.DeleteFunc(q.Refs, func(r media.Ref) bool {
		return r.Kind != media.KindImage && r.Access != media.Public
	})
}

// signedUntil verifies a signature, and tells when it ends.
func (d *Dialect) signedUntil(u deliveryURL, texts []string, keys []media.Key) (time.Time, error) {
	until, ok := expiryOf(u.Expiry)
	if !ok || !verified(u.Signature, u.Expiry, texts, keys) {
		return until, media.Errorf(media.Unauthorized, "The signature is not valid")
	}
	if !until.IsZero() && !d.cfg.Now().Before(until) {
		return until, media.Errorf(media.Unauthorized, "The signature has expired")
	}
	return until, nil
}

// urlReading is what a URL asks for.
type urlReading struct {
	reading
	refs []media.Ref
}

// readURL reads a URL's transformation, for the kind of file that its path
// names. Files that are no pictures are answered as they are.
func readURL(u deliveryURL, h hints) (urlReading, error) {
	out := urlReading{refs: refs(u.Name)}
	if u.Version != "" {
		return out, media.Errorf(media.Unsupported, "Unsupported parameter: %s", keyVersion)
	}
	f, known := u.format()
	if u.Suffix != "" && (u.Suffix != thumbnail || !known || f.Kind != media.KindImage) {
		return out, media.Errorf(media.Unsupported, "Unsupported path: %s", u.Suffix)
	}
	if known && f.Kind == media.KindVideo {
		if len(u.Steps) > 0 && !u.Steps.original() {
			return out, media.Errorf(media.Unsupported, "Unsupported transformation of a video: %s", dialect.Quotable(u.Steps.String()))
		}
		return out, nil
	}
	if known && f.Name == "pdf" && u.Suffix == "" {
		return out, nil
	}
	var err error
	if out.reading, err = readChain(u.Steps, h); err != nil || out.Original {
		return out, err
	}
	if u.Suffix == thumbnail {
		out.still(u.Steps)
	}
	if out.Default != "" {
		if out.Default = strings.Trim(out.Default, "/"); !validName(out.Default) {
			return out, invalid("di-" + out.Default)
		}
		out.refs = append(out.refs, refs(out.Default)...)
	}
	return out, nil
}

// still makes the chain one of a single page, in JPEG unless it says otherwise.
func (r *reading) still(c chain) {
	if !c.says("pg") {
		r.Steps = append([]transform.Step{transform.Page{Ranges: []transform.PageRange{{First: 1, Last: 1}}}}, r.Steps...)
	}
	r.Output.Frames = transform.FramesFirst
	if !c.says("f") {
		r.Output.Format = "jpeg"
	}
}
