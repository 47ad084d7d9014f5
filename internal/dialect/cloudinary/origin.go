package cloudinary

import (
	"net/url"
	"strings"

	"tintype/internal/account"
	"tintype/internal/dialect"
	"tintype/internal/media"
)

const (
	// maxAddresses bounds the addresses that one call wants told.
	maxAddresses = 10
	// maxAddress and maxBatch bound their lengths, in bytes.
	maxAddress = 1000
	maxBatch   = 255
)

// caused notes in the context who makes the call and whom it wants told of
// what it causes.
func (c *call) caused() error {
	o := media.Origin{Dialect: Name, Key: c.key.ID, Token: c.key.ID == "", Request: c.request, Batch: c.form.Get("batch_id")}
	if len(o.Batch) > maxBatch {
		return media.Errorf(media.Invalid, "batch_id is longer than %d bytes", maxBatch)
	}
	if !o.Token { // a bearer of a token has no say in where the server goes
		var err error
		if o.Notify, err = c.addresses("notification_url"); err != nil {
			return err
		}
	}
	c.ctx = media.WithOrigin(c.ctx, o)
	return nil
}

// batch returns the name of the background work that a call begins, and makes
// one where the call has none.
func (c *call) batch() string {
	o := media.OriginOf(c.ctx)
	if o.Batch == "" {
		o.Batch = requestID() + requestID()
		c.ctx = media.WithOrigin(c.ctx, o)
	}
	return o.Batch
}

// addresses reads a parameter that holds addresses, with "|" between them.
func (c *call) addresses(name string) ([]string, error) {
	var list []string
	for text := range strings.SplitSeq(c.form.Get(name), "|") {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		if err := checkAddress(name, text); err != nil {
			return nil, err
		}
		list = append(list, text)
	}
	if len(list) > maxAddresses {
		return nil, media.Errorf(media.Invalid, "%s names more than %d addresses", name, maxAddresses)
	}
	return list, nil
}

// checkAddress accepts what notifications may be sent to or fetched from. The
// guard on the way out decides again, by the address that is connected to.
func checkAddress(name, text string) error {
	bad := media.Errorf(media.Invalid, "Invalid %s %s", name, dialect.Quotable(text))
	if len(text) > maxAddress {
		return media.Errorf(media.Invalid, "%s is longer than %d bytes", name, maxAddress)
	}
	if channel, ok := account.Channel(text); ok {
		if channel == "" || strings.ContainsAny(channel, " |\t\r\n") {
			return bad
		}
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
		return bad
	}
	return nil
}
