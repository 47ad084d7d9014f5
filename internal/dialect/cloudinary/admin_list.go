package cloudinary

import (
	"strconv"
	"strings"
	"time"

	"tintype/internal/dialect"
	"tintype/internal/media"
)

// startTimes are the forms of start_at beside a number of seconds. The fourth
// is what JavaScript makes of a date.
var startTimes = []string{
	time.RFC3339, time.DateOnly, time.DateTime, "Mon Jan 2 2006 15:04:05 GMT-0700",
	"2006-01-02T15:04:05", "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05 MST", "2006-01-02 15:04:05 -0700 MST",
	time.RFC1123, time.RFC1123Z, time.UnixDate,
}

// startAt reads the time at which a list begins; zero is none.
func (c *call) startAt() (time.Time, error) {
	text := strings.TrimSpace(c.form.Get("start_at"))
	if text == "" {
		return time.Time{}, nil
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && n >= 0 && n < 1<<40 {
		return time.Unix(n, 0).UTC(), nil
	}
	plain, _, _ := strings.Cut(text, " (") // JavaScript adds the zone's name
	for _, layout := range startTimes {
		t, err := time.Parse(layout, plain)
		if err != nil {
			continue
		}
		// A zone that is known by nothing but its letters would count as UTC.
		if zone, offset := t.Zone(); offset == 0 && strings.HasSuffix(layout, "MST") && !strings.Contains(layout, "-0700") && zone != "UTC" && zone != "GMT" {
			continue
		}
		if y := t.Year(); y > 0 && y < 10_000 {
			return t.UTC(), nil
		}
	}
	return time.Time{}, media.Errorf(media.Invalid, "Invalid start_at %s", dialect.Quotable(text))
}

// resourcesByIDs lists assets by their asset ids.
func (d *Dialect) resourcesByIDs(c *call) (any, error) {
	if err := refuseUnbuilt(c.form, unbuiltAdmin); err != nil {
		return nil, err
	}
	s, err := c.shown()
	if err != nil {
		return nil, err
	}
	ids, err := c.assetIDs()
	if err != nil {
		return nil, err
	}
	assets, err := d.cfg.Library.FindEach(c.ctx, c.acc.ID, ids)
	if err != nil {
		return nil, err
	}
	return d.rows(c, assets, s, "")
}

// assetIDs reads asset_ids, of which there must be one.
func (c *call) assetIDs() ([]media.AssetID, error) {
	texts, err := c.idsIn("asset_ids")
	if err != nil {
		return nil, err
	}
	if len(texts) == 0 {
		return nil, media.Errorf(media.Invalid, "Missing required parameter - asset_ids")
	}
	ids := make([]media.AssetID, len(texts))
	for i, text := range texts {
		ids[i] = media.AssetID(text)
	}
	return ids, nil
}
