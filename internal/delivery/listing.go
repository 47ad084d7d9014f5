package delivery

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"tintype/internal/catalog"
	"tintype/internal/media"
)

// Listing is a request for a list of the public assets of a tag, by name. Who
// may have that is the dialect's to say.
type Listing struct {
	Tag  string
	Kind media.Kind
	// Present puts them into words: a media type and a body.
	Present func([]*media.Asset) (mime string, body []byte, err error)
}

const (
	// maxListed bounds the assets of a list.
	maxListed = 1000
	// listAge is how long others may keep one, in seconds.
	listAge = 60
)

// list answers a request for a list. NotFound when nothing has the tag.
func (d *Delivery) list(w http.ResponseWriter, r *http.Request, q Request) error {
	assets, err := d.tagged(r.Context(), q)
	if err != nil {
		return err
	}
	mime, body, err := q.Listing.Present(assets)
	if err != nil {
		return err
	}
	out := &answer{etag: `"` + digest(body) + `"`, size: int64(len(body)), body: body}
	for _, f := range [][2]string{
		{"Content-Type", mime}, {"Content-Length", strconv.Itoa(len(body))}, {"Etag", out.etag}, {"X-Content-Type-Options", "nosniff"},
		{"Access-Control-Allow-Origin", "*"}, {"Access-Control-Expose-Headers", d.exposed},
		{"Cache-Control", "public, max-age=" + strconv.Itoa(listAge)},
	} {
		out.fields = append(out.fields, field{f[0], []string{f[1]}})
	}
	return out.write(w, r, content{bytes: body}, d.cfg.Now())
}

func (d *Delivery) tagged(ctx context.Context, q Request) (assets []*media.Asset, err error) {
	err = d.cfg.Catalog.View(ctx, func(tx *catalog.Tx) (err error) {
		assets, _, err = tx.Assets(q.Account.ID, catalog.AssetQuery{
			Tag: q.Listing.Tag, Kind: q.Listing.Kind, Access: media.Public, Order: catalog.ByName, Limit: maxListed,
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list a tag: %w", err)
	}
	assets = slices.DeleteFunc(assets, func(a *media.Asset) bool { return !a.Shown(d.cfg.Now()) })
	if len(assets) == 0 {
		return nil, media.Errorf(media.NotFound, "Resource not found - %s", q.Listing.Tag)
	}
	return assets, nil
}
