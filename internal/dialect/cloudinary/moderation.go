package cloudinary

import (
	"encoding/json"
	"strings"

	"tintype/internal/dialect"
	"tintype/internal/media"
	"tintype/internal/search"
)

// moderators reads whom to put an upload before.
func (c *call) moderators() ([]string, error) {
	var kinds []string
	for kind := range strings.SplitSeq(c.form.Get("moderation"), "|") {
		if kind = strings.TrimSpace(kind); kind == "" {
			continue
		}
		if _, known := c.acc.Moderator(kind); !known && kind != media.Manual {
			return nil, media.Errorf(media.Invalid, "moderation %s is an add-on that this server does not have", dialect.Quotable(kind))
		}
		kinds = union(kinds, []string{kind})
	}
	return kinds, nil
}

// verdict reads what a person says of an asset; nil is nothing.
func (c *call) verdict() (*media.ModerationStatus, error) {
	status := media.ModerationStatus(c.form.Get("moderation_status"))
	switch status {
	case "":
		return nil, nil
	case media.Approved, media.Rejected, media.Awaited:
		return &status, nil
	}
	return nil, media.Errorf(media.Invalid, "Illegal value for `moderation_status`")
}

type moderationItem struct {
	Kind      string          `json:"kind"`
	Status    string          `json:"status"`
	UpdatedAt string          `json:"updated_at,omitempty"`
	Response  json.RawMessage `json:"response,omitempty"`
}

// moderationOf writes what moderators say; nil where none was asked.
func moderationOf(a *media.Asset) []moderationItem {
	var list []moderationItem
	for _, m := range a.Detail.Moderation {
		list = append(list, moderationItem{m.Kind, string(m.Status), rfc3339(m.UpdatedAt), m.Response})
	}
	return list
}

// resourcesModerated lists the assets of a kind that a moderator has said
// something of, or has yet to.
func (d *Dialect) resourcesModerated(c *call) (any, error) {
	kind, status, ok := strings.Cut(c.id, "/")
	if !ok || strings.Contains(status, "/") {
		return nil, media.Errorf(media.NotFound, "Moderations are listed by kind and status")
	}
	switch media.ModerationStatus(status) {
	case media.Queued, media.Awaited, media.Approved, media.Rejected, media.Aborted:
	default:
		return nil, media.Errorf(media.Invalid, "Invalid moderation status %s", dialect.Quotable(status))
	}
	return d.resourcesWhere(c, search.Equals{Field: "moderation", Text: kind + "=" + status})
}
