package library

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"tintype/internal/engine"
	"tintype/internal/media"
	"tintype/internal/rendition"
	"tintype/internal/transform"
)

// wanted writes down what is to be made, for events.
func (a Ahead) wanted() []media.Ahead {
	var list []media.Ahead
	for i, t := range a.Eager {
		item := media.Ahead{Chain: t.String()}
		if i < len(a.EagerLabels) {
			item.Label = a.EagerLabels[i]
		}
		list = append(list, item)
	}
	return list
}

// promised reports whether an event is to tell of the renditions.
func (a Ahead) promised() bool {
	return len(a.Eager) > 0 && (a.EagerLater || len(a.EagerNotify) > 0)
}

// now are the renditions to make before the call returns.
func (a Ahead) now() []transform.Transformation {
	if a.EagerLater {
		return nil
	}
	return a.Eager
}

// answered returns what was wanted together with what became of it.
func answered(wanted []media.Ahead, made []Eager) []media.Ahead {
	list := slices.Clone(wanted)
	for i, e := range made {
		if e.Err != nil {
			list[i].Error = media.MessageOf(e.Err)
			continue
		}
		list[i].Info = &e.Result.Info
	}
	return list
}

// made makes what was wanted of an asset and answers each.
func (l *Library) made(ctx context.Context, a *media.Asset, wanted []media.Ahead) []media.Ahead {
	chains, labels := make([]transform.Transformation, len(wanted)), make([]string, len(wanted))
	for i, w := range wanted {
		labels[i] = w.Label
		t, err := transform.Parse(w.Chain)
		if err != nil { // written by another release
			return answered(wanted, slices.Repeat([]Eager{{Err: err}}, len(wanted)))
		}
		chains[i] = t
	}
	made := l.Eager(ctx, a, chains, labels)
	for i, e := range made {
		if e.Err != nil && media.CodeOf(e.Err) == media.Internal {
			l.cfg.Logger.Error("eager rendition", "account", a.Account, "asset", a.ID, "chain", wanted[i].Chain, "error", e.Err)
		}
	}
	return answered(wanted, made)
}

// Complete adds to the event of an upload or a change the renditions that the
// call waited for, making those that are not there. It is for who tells others
// of the event; other events it leaves as they are.
func (l *Library) Complete(ctx context.Context, e *media.Event) error {
	if e.Type != media.EventUploaded && e.Type != media.EventUpdated {
		return nil
	}
	var data media.AssetData
	if err := json.Unmarshal(e.Data, &data); err != nil {
		return fmt.Errorf("read event: %w", err)
	}
	if data.Later || len(data.Ahead) == 0 {
		return nil
	}
	a, err := l.Find(ctx, e.Account, media.Ref{ID: e.Asset})
	switch {
	case media.CodeOf(err) == media.NotFound, err == nil && a.Version.ID != data.Asset.Version.ID:
		for i := range data.Ahead {
			data.Ahead[i].Error = "The asset was replaced or removed before"
		}
	case err != nil:
		return err
	default:
		data.Ahead = l.made(engine.Patient(ctx, patience), a, data.Ahead)
	}
	e.Data, err = json.Marshal(data)
	return err
}

// Eager makes renditions of an asset, some at a time, and answers each with
// its result or its error, in order. Labels, where they are given, are the
// words in which the context's origin asked for them, which are recorded.
func (l *Library) Eager(ctx context.Context, a *media.Asset, ts []transform.Transformation, labels []string) []Eager {
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
			ctx := ctx
			if dialect := media.OriginOf(ctx).Dialect; dialect != "" && i < len(labels) {
				ctx = rendition.Spelled(ctx, media.Spelling{Dialect: dialect, Text: labels[i]})
			}
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
