package delivery

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"tintype/internal/catalog"
	"tintype/internal/media"
)

// Group is a request that names a group of assets in place of one.
type Group struct {
	ID media.GroupID
	// Size is how many members the request takes the group to have; a group
	// of another size is not the one that is meant.
	Size int
	// Nth is the member that is asked for, from 0.
	Nth int
	// Member is called with it, and answers the request for that asset.
	Member func(media.Member) (Request, error)
	// List, where it is given, asks for the group itself instead: a media type
	// and a body.
	List func(*media.Group) (mime string, body []byte)
}

// group finds the group that a request names.
func (d *Delivery) group(ctx context.Context, q Request) (*media.Group, error) {
	var g *media.Group
	err := d.cfg.Catalog.View(ctx, func(tx *catalog.Tx) (err error) {
		g, err = tx.Group(q.Account.ID, q.Group.ID)
		return err
	})
	switch {
	case err != nil:
		return nil, fmt.Errorf("find group: %w", err)
	case len(g.Members) != q.Group.Size:
		return nil, media.Errorf(media.NotFound, "Resource not found - %s", q.Group.ID)
	}
	return g, nil
}

// serveGroup answers a request that names a group. Groups never change, so an
// answer to what one of them leads to is as lasting as any other.
func (d *Delivery) serveGroup(w http.ResponseWriter, r *http.Request, q Request, now time.Time) error {
	g, err := d.group(r.Context(), q)
	if err != nil {
		return err
	}
	if q.Group.List == nil {
		if q.Group.Nth < 0 || q.Group.Nth >= len(g.Members) {
			return media.Errorf(media.NotFound, "The group has %d files, and none of number %d", len(g.Members), q.Group.Nth)
		}
		next, err := q.Group.Member(g.Members[q.Group.Nth])
		if err != nil {
			return err
		}
		return d.serve(w, r, next, now)
	}
	mime, body := q.Group.List(g)
	a := &answer{etag: digest(body), modified: g.CreatedAt, size: int64(len(body)), body: body}
	d.dress(a, q, &media.Asset{}, contentType{mime: mime}, "")
	return a.write(w, r, content{bytes: body}, now)
}
