package rendition

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"tintype/internal/blob"
	"tintype/internal/catalog"
	"tintype/internal/engine"
	"tintype/internal/media"
	"tintype/internal/transform"
)

// work is one rendition that is asked for.
type work struct {
	asset   *media.Asset
	plan    transform.Plan
	further []*media.Asset  // the plan's sources besides asset
	layers  []media.AssetID // of all assets that the plan came out of, but asset
	text    string          // canonical, of the transformation that asks; others may come to the same plan
	spelled media.Spelling  // as it was written, or zero
	key     string
}

// find looks a rendition up and makes sure that its bytes are there. A record
// whose blob is missing, cut or changed counts as not made: nil, nil.
func (s *Store) find(ctx context.Context, w work) (*Result, error) {
	acc, key := w.asset.Account, w.key
	var rec *media.Rendition
	known := true
	err := s.cfg.Catalog.View(ctx, func(tx *catalog.Tx) (err error) {
		if rec, err = tx.Rendition(acc, key); err == nil && w.spelled.Text != "" {
			known, err = tx.Spelled(acc, w.spelled, key)
		}
		return err
	})
	if err != nil {
		if media.CodeOf(err) == media.NotFound {
			return nil, nil
		}
		return nil, fmt.Errorf("find rendition %s: %w", key, err)
	}
	r := &Result{Rendition: *rec, Stored: true, Layers: w.layers}
	if rec.Info.Bytes <= s.cfg.InlineBytes {
		r.Body, err = s.read(ctx, rec)
	} else {
		err = s.check(ctx, rec)
	}
	if err == nil {
		if !known {
			s.spell(ctx, w)
		}
		return r, nil
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	s.cfg.Logger.Warn("a stored rendition cannot be read and is made again", "account", acc, "key", key, "err", err)
	return nil, nil
}

func (s *Store) read(ctx context.Context, rec *media.Rendition) ([]byte, error) {
	return blob.ReadAll(ctx, s.cfg.Blobs, rec.Blob, rec.Info.Bytes, rec.MD5)
}

func (s *Store) check(ctx context.Context, rec *media.Rendition) error {
	info, err := s.cfg.Blobs.Stat(ctx, rec.Blob)
	if err == nil && info.Size != rec.Info.Bytes {
		err = fmt.Errorf("blob has %d bytes, not %d", info.Size, rec.Info.Bytes)
	}
	return err
}

// make renders, stores and records, unless another node was quicker. Of its
// time other nodes' locks may take all but the rendering.
func (s *Store) make(ctx context.Context, w work) (*Result, error) {
	return s.once(ctx, w, 4*s.cfg.Timeout, func(ctx context.Context) ([]byte, media.Info, error) {
		body, info, err := s.render(ctx, w)
		if err != nil {
			err = fmt.Errorf("render %s of asset %s: %w", w.text, w.asset.ID, err)
		}
		return body, info, err
	})
}

// once has fn make the bytes of a rendition, and stores and records them,
// unless another node did so first. limit bounds all of it but the storing.
func (s *Store) once(ctx context.Context, w work, limit time.Duration, fn func(context.Context) ([]byte, media.Info, error)) (*Result, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	unlock, err := s.cfg.Cluster.Lock(ctx, "rendition/"+w.key)
	if err != nil {
		return nil, fmt.Errorf("lock rendition %s: %w", w.key, err)
	}
	defer unlock()
	if r, err := s.find(ctx, w); r != nil || err != nil {
		return r, err
	}
	body, info, err := fn(ctx)
	if err != nil {
		return nil, err
	}
	r := &Result{Body: body, Fresh: true, Layers: w.layers, Rendition: media.Rendition{
		Key: w.key, Account: w.asset.Account, Asset: w.asset.ID, Version: w.asset.Version.ID,
		Transformation: w.text, Blob: blobKey(w.asset.Account, w.key),
		MD5: md5Hex(body), Info: info, CreatedAt: s.cfg.Now().UTC().Truncate(time.Second),
	}}
	r.Stored = s.keep(ctx, w, r)
	return r, nil
}

// render makes the bytes in memory and checks that they are what was planned.
func (s *Store) render(ctx context.Context, w work) ([]byte, media.Info, error) {
	var info media.Info
	plan := w.plan
	var sources []engine.Source
	var files []*file
	assets := append([]*media.Asset{w.asset}, w.further...)
	for _, a := range assets {
		src, err := s.open(ctx, a)
		if err != nil {
			return nil, info, err
		}
		defer src.Close()
		sources, files = append(sources, src), append(files, src)
	}
	buf := &bounded{max: s.cfg.MaxBytes}
	err := s.run(ctx, func(ctx context.Context) error {
		return s.cfg.Engine.Render(ctx, sources, []engine.Output{{Plan: plan, W: buf, Info: &info}})
	})
	// Damaged bytes may also be why the engine failed.
	for i, a := range assets {
		if damaged := s.intact(ctx, a, files[i]); damaged != nil {
			return nil, info, damaged
		}
	}
	body, err := buf.take(err)
	switch {
	case err != nil:
		return nil, info, err
	case info.Width != plan.Width || info.Height != plan.Height:
		return nil, info, fmt.Errorf("the engine made %dx%d, planned were %dx%d", info.Width, info.Height, plan.Width, plan.Height)
	case info.Format != plan.Output.Format:
		return nil, info, fmt.Errorf("the engine made %q, planned was %q", info.Format, plan.Output.Format)
	}
	info.Bytes = int64(len(body))
	return body, info, nil
}

// run calls the engine within the time limit. Passing it is the file's fault.
func (s *Store) run(ctx context.Context, fn func(context.Context) error) error {
	limited, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	err := fn(limited)
	var classified *media.Error
	if err != nil && ctx.Err() == nil && limited.Err() != nil && !errors.As(err, &classified) {
		return &media.Error{Code: media.Invalid, Op: "run engine", Message: "The file takes too long to process", Err: err}
	}
	return err
}

// keep stores and records a rendition, and reports whether both were done.
// Failing costs the next request a new rendering, not this one its answer. It
// goes on when nobody waits any more, since the work is already paid for.
func (s *Store) keep(ctx context.Context, w work, r *Result) bool {
	a := w.asset
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	log := s.cfg.Logger.With("account", a.Account, "asset", a.ID, "key", r.Key)
	if _, err := s.cfg.Blobs.Put(ctx, r.Blob, bytes.NewReader(r.Body)); err != nil {
		log.Warn("a rendition is served without being stored", "err", err)
		return false
	}
	alive := false
	err := s.cfg.Catalog.Update(ctx, func(tx *catalog.Tx) (err error) {
		if alive, err = current(tx, a); err != nil || !alive {
			return err
		}
		if err := tx.PutRendition(&r.Rendition); err != nil || w.spelled.Text == "" {
			return err
		}
		return tx.PutSpelling(a.Account, w.spelled, r.Key)
	})
	if err != nil {
		log.Warn("a rendition is served without being recorded", "err", err)
		return false
	}
	if !alive {
		if err := s.cfg.Blobs.Delete(ctx, r.Blob); err != nil {
			log.Warn("a rendition of a version that is gone stays behind", "blob", r.Blob, "err", err)
		}
	}
	return alive
}

// spell records in which further words a stored rendition was asked for. What
// cannot be recorded is not listed, and changes nothing else.
func (s *Store) spell(ctx context.Context, w work) {
	err := s.cfg.Catalog.Update(context.WithoutCancel(ctx), func(tx *catalog.Tx) error {
		return tx.PutSpelling(w.asset.Account, w.spelled, w.key)
	})
	if err != nil {
		s.cfg.Logger.Warn("the words of a request are not recorded", "account", w.asset.Account, "key", w.key, "err", err)
	}
}

// current reports whether a still shows the version that it was read with.
// What is made from another one must leave no record behind.
func current(tx *catalog.Tx, a *media.Asset) (bool, error) {
	now, err := tx.Asset(a.Account, media.Ref{ID: a.ID})
	if err != nil {
		if media.CodeOf(err) == media.NotFound {
			return false, nil
		}
		return false, err
	}
	return now.Version.ID == a.Version.ID, nil
}

// bounded is a buffer that refuses to grow past max.
type bounded struct {
	bytes.Buffer
	max, total int64
	over       bool
}

func (b *bounded) Write(p []byte) (int, error) {
	b.total += int64(len(p))
	if b.total > b.max {
		b.over = true
		return 0, errors.New("result is too large")
	}
	return b.Buffer.Write(p)
}

// take answers what was written, by an engine that ended with err, without the
// spare room of a grown buffer: results live in caches.
func (b *bounded) take(err error) ([]byte, error) {
	switch {
	case b.over:
		return nil, &media.Error{Code: media.TooLarge, Op: "render", Message: "The result is too large",
			Err: &media.LimitError{What: "bytes", Max: b.max, Got: b.total}}
	case err != nil:
		return nil, err
	case b.Len() == 0:
		return nil, errors.New("the engine wrote nothing")
	}
	return bytes.Clone(b.Bytes()), nil
}

// ReadFrom hides the buffer's own, which knows no bound.
func (b *bounded) ReadFrom(r io.Reader) (int64, error) {
	return io.Copy(struct{ io.Writer }{b}, r)
}

// WriteString hides the buffer's own, which knows no bound.
func (b *bounded) WriteString(s string) (int, error) { return b.Write([]byte(s)) }
