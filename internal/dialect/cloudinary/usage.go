package cloudinary

import (
	"time"

	"tintype/internal/dialect"
	"tintype/internal/media"
)

// config tells which account this is, and with settings how it is served.
func (d *Dialect) config(c *call) (any, error) {
	withSettings, err := c.form.Bool("settings", false)
	if err != nil {
		return nil, err
	}
	type modes struct {
		FolderMode string `json:"folder_mode"`
	}
	out := struct {
		CloudName string `json:"cloud_name"`
		CreatedAt string `json:"created_at"`
		Settings  *modes `json:"settings,omitempty"`
	}{CloudName: string(c.acc.ID), CreatedAt: rfc3339(c.acc.CreatedAt)}
	if withSettings {
		out.Settings = &modes{"fixed"}
		if c.acc.Options().DynamicFolders {
			out.Settings.FolderMode = "dynamic"
		}
	}
	return out, nil
}

type usageItem struct {
	Usage   int64  `json:"usage"`
	Credits *float `json:"credits_usage,omitempty"`
}

type usageAnswer struct {
	Plan            string           `json:"plan"`
	LastUpdated     string           `json:"last_updated"`
	DateRequested   string           `json:"date_requested"`
	Transformations usageItem        `json:"transformations"`
	Objects         usageItem        `json:"objects"`
	Bandwidth       usageItem        `json:"bandwidth"`
	Storage         usageItem        `json:"storage"`
	Requests        int64            `json:"requests"`
	Resources       int64            `json:"resources"`
	Derived         int64            `json:"derived_resources"`
	MediaLimits     map[string]int64 `json:"media_limits"`
}

// usageDay is how a day is written in a path.
const usageDay = "02-01-2006"

// usage counts what the account keeps and what was delivered in the 30 days
// until now, or until the day that the path names.
func (d *Dialect) usage(c *call) (any, error) {
	now := d.cfg.Now().UTC()
	until := now
	if c.id != "" {
		day, err := time.Parse(usageDay, c.id)
		if err != nil || day.After(now) {
			return nil, media.Errorf(media.Invalid, "Invalid date %s, it must be like %s and not in the future", dialect.Quotable(c.id), now.Format(usageDay))
		}
		until = day
	}
	u, err := d.cfg.Library.Usage(c.ctx, c.acc.ID, until)
	if err != nil {
		return nil, err
	}
	free := new(float) // nothing is charged here
	of := func(n int64) usageItem { return usageItem{n, free} }
	const pixels = 100_000_000
	return usageAnswer{
		Plan: "Tintype", LastUpdated: now.Format(time.DateOnly), DateRequested: rfc3339(until),
		Transformations: of(u.RenditionsSince), Objects: usageItem{Usage: u.Assets + u.Renditions},
		Bandwidth: of(u.Bytes), Storage: of(u.AssetBytes + u.RenditionBytes),
		Requests: u.Requests, Resources: u.Assets, Derived: u.Renditions,
		MediaLimits: map[string]int64{
			"image_max_size_bytes": d.cfg.Library.MaxBytes(media.KindImage), "video_max_size_bytes": d.cfg.Library.MaxBytes(media.KindVideo),
			"raw_max_size_bytes": d.cfg.Library.MaxBytes(media.KindRaw), "image_max_px": pixels, "asset_max_total_px": 256_000_000,
		},
	}, nil
}
