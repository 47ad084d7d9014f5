package cloudinary

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"tintype/internal/delivery"
	"tintype/internal/dialect"
	"tintype/internal/media"
)

// expiry is the time that expires_at gives: Unix seconds, perhaps with a
// fraction, or RFC 3339; zero where it is absent.
func expiry(fields []dialect.Field) (time.Time, error) {
	text := fieldValue(fields, "expires_at")
	if text == "" {
		return time.Time{}, nil
	}
	if n, err := strconv.ParseFloat(text, 64); err == nil && n >= 0 && n < 1<<40 {
		whole, part := math.Modf(n)
		return time.Unix(int64(whole), int64(part*1e9)), nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, media.Errorf(media.Invalid, "Invalid expires_at - %s", dialect.Quotable(text))
	}
	return at, nil
}

// checkExpiry is checkTimestamp for calls that may say themselves until when
// they hold.
func checkExpiry(fields []dialect.Field, now time.Time) error {
	end, err := expiry(fields)
	switch {
	case err != nil:
		return err
	case end.IsZero():
		return checkTimestamp(fields, now)
	case !now.Before(end):
		return media.Errorf(media.Unauthorized, "The URL has expired at %s", end.UTC().Format("2006-01-02 15:04:05 -0700"))
	}
	return nil
}

// download answers with an original, or with what a format or a
// transformation makes of it.
func (d *Dialect) download(c *call) (any, error) {
	id, err := c.needed("public_id")
	if err != nil {
		return nil, err
	}
	if d.cfg.Delivery == nil {
		return nil, media.Errorf(media.Unsupported, "Downloads are switched off here")
	}
	access, err := c.accessOf("type", media.Public)
	if err != nil {
		return nil, err
	}
	chain, err := parseChainText(c.form.Get("transformation"))
	if err != nil {
		return nil, err
	}
	q := delivery.Request{
		Account: c.acc, Refs: []media.Ref{{Kind: c.kind, Access: access, Name: id}}, Chain: chain.Transformation,
		Signed: true, Owner: true, Personal: true, Client: delivery.ClientOf(c.r), Download: c.form.Get("target_filename"),
	}
	ext := c.form.Get("format")
	if f, ok := media.FormatByExtension(ext); ok && c.kind != media.KindRaw {
		q.Chain.Output.Format = f.Name
	} else if ext != "" && c.kind != media.KindRaw {
		return nil, media.Errorf(media.Invalid, "Invalid format %s", dialect.Quotable(ext))
	}
	if q.Attachment, err = c.form.Bool("attachment", false); err != nil {
		// The name of the file may stand here, too.
		q.Attachment, q.Download = true, orDefault(q.Download, c.form.Get("attachment"))
	}
	q.Attachment = q.Attachment || q.Download != ""
	if q.Until, err = c.until(); err != nil {
		return nil, err
	}
	name := id
	if ext != "" {
		name += "." + ext
	}
	return &deliverySender{d.cfg.Delivery, q, name}, nil
}

// until is when what the call allows ends.
func (c *call) until() (time.Time, error) {
	end, err := expiry(c.form.Fields)
	if err != nil || !end.IsZero() {
		return end, err
	}
	n, err := strconv.ParseInt(fieldValue(c.form.Fields, "timestamp"), 10, 64)
	if err != nil {
		return time.Time{}, nil // Basic credentials
	}
	return time.Unix(n, 0).Add(maxStale), nil
}

func orDefault(text, def string) string {
	if text == "" {
		return def
	}
	return text
}

// deliverySender answers as a delivery does.
type deliverySender struct {
	delivery *delivery.Delivery
	q        delivery.Request
	name     string
}

// send implements sender.
func (s *deliverySender) send(w http.ResponseWriter, r *http.Request) error {
	return missing(s.delivery.Serve(w, r, s.q), s.name)
}

// downloadBackup would answer with a former version of an asset.
func (d *Dialect) downloadBackup(c *call) (any, error) {
	for _, name := range []string{"asset_id", "version_id"} {
		v, err := c.needed(name)
		if err != nil {
			return nil, err
		}
		if strings.Trim(v, "0123456789abcdef") != "" {
			return nil, media.Errorf(media.Invalid, "Invalid %s - %s", name, dialect.Quotable(v))
		}
	}
	return nil, media.Errorf(media.Unsupported, "Backups are not supported yet: download_backup")
}
