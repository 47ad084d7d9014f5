package delivery

import (
	"context"
	"net/http"
	"time"

	"tintype/internal/media"
	"tintype/internal/rendition"
	"tintype/internal/transform"
)

// Describe is a request for a description in place of a file.
type Describe struct {
	// Wanted is what to find out; its Signed and Made follow from the Request.
	Wanted rendition.Wanted
	// Present puts what was found into words: a media type and a body. Its
	// error is the request's. It depends on nothing but its argument and the
	// request.
	Present func(*rendition.Description) (mime string, body []byte, err error)
}

// File is what an answer with a file delivers, for Request.Headers.
type File struct {
	Asset *media.Asset
	// Info of the delivered bytes, which were made at Made: the asset's own,
	// or those of a rendition.
	Info media.Info
	Made time.Time
}

// describe makes the answer to a request for a description. chain is as for
// rendition.Store.Get; made says that it is not the stored file that is asked
// about.
func (d *Delivery) describe(ctx context.Context, q Request, a *media.Asset, chain transform.Transformation, made, negotiated bool) (*answer, error) {
	want := q.Describe.Wanted
	want.Signed, want.Made = q.Signed, made
	told, err := d.cfg.Renditions.Describe(ctx, a, chain, want)
	if err != nil {
		return nil, err
	}
	mime, body, err := q.Describe.Present(told)
	if err != nil {
		return nil, err
	}
	out := &answer{
		etag: digest(body), modified: a.Version.CreatedAt, size: int64(len(body)), body: body, negotiated: negotiated,
	}
	if len(told.Layers) > 0 {
		out.expires = d.cfg.Now().Add(laterCandidate)
	}
	d.dress(out, q, a, contentType{mime: mime}, "json")
	return out, nil
}

// tell adds the headers that a dialect gives an answer with a file.
func (q Request) tell(out *answer, f File) {
	if q.Headers == nil {
		return
	}
	h := http.Header{}
	q.Headers(h, f)
	for name, values := range h {
		out.fields = append(out.fields, field{name, values})
	}
}
