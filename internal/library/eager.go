package library

import (
	"context"
	"sync"

	"tintype/internal/media"
	"tintype/internal/rendition"
	"tintype/internal/transform"
)

// Eager makes renditions of an asset, some at a time, and answers each with
// its result or its error, in order.
func (l *Library) Eager(ctx context.Context, a *media.Asset, ts []transform.Transformation) []Eager {
	if len(ts) == 0 {
		return nil
	}
	const atOnce = 4
	out := make([]Eager, len(ts))
	slots := make(chan struct{}, atOnce)
	var wg sync.WaitGroup
	for i, t := range ts {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			out[i] = l.eager(ctx, a, t)
		})
	}
	wg.Wait()
	return out
}

func (l *Library) eager(ctx context.Context, a *media.Asset, t transform.Transformation) Eager {
	// There is no client to negotiate with.
	if t.Output.Format == transform.Auto {
		t.Output.Format = ""
	}
	if rendition.Original(a, t) {
		v := a.Version
		return Eager{Result: &rendition.Result{Stored: true, Rendition: media.Rendition{
			Account: a.Account, Asset: a.ID, Version: v.ID, Blob: v.Blob, MD5: v.MD5, Info: v.Info, CreatedAt: v.CreatedAt,
		}}}
	}
	res, err := l.cfg.Renditions.GetSigned(ctx, a, t)
	return Eager{Result: res, Err: err}
}
