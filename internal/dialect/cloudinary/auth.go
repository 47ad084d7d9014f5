package cloudinary

import (
	"slices"
	"strings"

	"tintype/internal/dialect"
	"tintype/internal/media"
)

// bySignature finds the key that signed a call of the Upload API.
func (d *Dialect) bySignature(c *call, rt route) (media.Key, error) {
	id := c.form.Get("api_key")
	if c.form.Get("signature") == "" {
		switch {
		case !rt.file && id == "":
			return media.Key{}, media.Errorf(media.Invalid, "Missing required parameter - api_key")
		case !rt.file:
			return media.Key{}, media.Errorf(media.Invalid, "Missing required parameter - signature")
		}
		return d.unsigned(c)
	}
	if id == "" {
		return media.Key{}, media.Errorf(media.Invalid, "Missing required parameter - api_key")
	}
	if err := d.guard.Check(c.r, c.acc.ID, id); err != nil {
		return media.Key{}, err
	}
	key, ok := c.acc.Key(id)
	if !ok {
		return media.Key{}, d.unknownKey(c, id)
	}
	if err := d.checkSigned(c.form.Fields, key.Secret); err != nil {
		if media.CodeOf(err) == media.Unauthorized {
			err = d.guard.Wrong(c.r, c.acc.ID, id, err)
		}
		return media.Key{}, err
	}
	check := checkTimestamp
	if rt.until {
		check = checkExpiry
	}
	if err := check(c.form.Fields, d.cfg.Now()); err != nil {
		return media.Key{}, err
	}
	return key, nil
}

func (d *Dialect) unknownKey(c *call, id string) error {
	return d.guard.Wrong(c.r, c.acc.ID, id, media.Errorf(media.Unauthorized, "Unknown API key %s", dialect.Quotable(id)))
}

// checkSigned verifies the signature over the parameters as they came. One
// library signs numbered values in the order of their numbers as text, but
// sends them in any order.
func (d *Dialect) checkSigned(fields []dialect.Field, secret string) error {
	accept := signatures{escaped: d.cfg.SignatureV2Only, sha256: d.cfg.SignatureSHA256}
	err := checkAPISignature(fields, secret, accept)
	if err == nil {
		return nil
	}
	ordered := slices.Clone(fields)
	slices.SortStableFunc(ordered, func(a, b dialect.Field) int {
		if a.Name != b.Name || a.Index == "" || b.Index == "" {
			return strings.Compare(a.Name, b.Name)
		}
		return strings.Compare(a.Index, b.Index)
	})
	if checkAPISignature(ordered, secret, accept) == nil {
		return nil
	}
	return err
}

// basic finds the key by Basic credentials.
func (d *Dialect) basic(c *call) (media.Key, error) {
	header := c.r.Header.Get("Authorization")
	if header == "" {
		return media.Key{}, media.Errorf(media.Unauthorized, "Missing credentials: send api_key and api_secret by Basic authentication")
	}
	id, secret, ok := c.r.BasicAuth()
	if !ok {
		return media.Key{}, d.guard.Wrong(c.r, c.acc.ID, "", media.Errorf(media.Unauthorized, "Invalid token"))
	}
	if err := d.guard.Check(c.r, c.acc.ID, id); err != nil {
		return media.Key{}, err
	}
	key, ok := c.acc.Key(id)
	if !ok {
		return media.Key{}, d.guard.Wrong(c.r, c.acc.ID, id, media.Errorf(media.Unauthorized, "unknown api_key"))
	}
	if !dialect.SameSecret(secret, key.Secret) {
		return media.Key{}, d.guard.Wrong(c.r, c.acc.ID, id, media.Errorf(media.Unauthorized, "api_secret mismatch"))
	}
	return key, nil
}
