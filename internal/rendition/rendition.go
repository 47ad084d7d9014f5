// Package rendition is the waist of the house: it finds or makes one
// rendition of one version of an asset. Equal requests become one piece of
// work, whoever asks and on whichever node; DESIGN.md tells how.
package rendition

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"tintype/internal/blob"
	"tintype/internal/catalog"
	"tintype/internal/cluster"
	"tintype/internal/engine"
	"tintype/internal/media"
	"tintype/internal/transform"
)

// Config says what a Store works with. Catalog, Blobs, Engine and Cluster are
// required.
type Config struct {
	Catalog *catalog.DB
	Blobs   blob.Store
	Engine  engine.Engine
	Cluster cluster.Cluster
	// Limits bound every plan.
	Limits transform.Limits
	// Timeout bounds one run of the engine, default 15 s.
	Timeout time.Duration
	// MaxBytes bounds the size of one rendition, which is made in memory;
	// default 128 MiB.
	MaxBytes int64
	// InlineBytes is the largest stored rendition that Get reads into
	// Result.Body; default 1 MiB.
	InlineBytes int64
	Logger      *slog.Logger
	Now         func() time.Time
}

// Validate reports the first setting that cannot work.
func (c Config) Validate() error {
	switch {
	case c.Catalog == nil:
		return errors.New("rendition: no catalog")
	case c.Blobs == nil:
		return errors.New("rendition: no blob store")
	case c.Engine == nil:
		return errors.New("rendition: no engine")
	case c.Cluster == nil:
		return errors.New("rendition: no cluster")
	case c.Timeout < 0 || c.MaxBytes < 0 || c.InlineBytes < 0:
		return errors.New("rendition: a limit is negative")
	}
	return nil
}

// Store finds and makes renditions. Safe for concurrent use.
type Store struct {
	cfg      Config
	renders  flights[*Result]
	measures flights[transform.Answer]
	checks   checks
}

// New returns a Store. It starts nothing and needs no closing.
func New(cfg Config) (*Store, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 15 * time.Second
	}
	if cfg.MaxBytes == 0 {
		cfg.MaxBytes = 128 << 20
	}
	if cfg.InlineBytes == 0 {
		cfg.InlineBytes = 1 << 20
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Store{cfg: cfg}, nil
}

// Result is a rendition that was found or made. It is shared between callers:
// nobody changes it or its Body.
type Result struct {
	media.Rendition
	// Body is the whole content when it was at hand: always when Fresh, and
	// when the stored blob is small. When nil, open Blob.
	Body []byte
	// Fresh: made for this call or one that it joined, not found in the store.
	Fresh bool
	// Stored: Blob and its record exist. False when the store had no room or
	// the asset went away meanwhile; then Body is all there is.
	Stored bool
}

// Original reports whether t asks for nothing but the stored bytes of a's
// version: either nothing at all, or only the format that they have.
func Original(a *media.Asset, t transform.Transformation) bool {
	if t.Empty() {
		return true
	}
	format := t.Output.Format
	if len(t.Steps) > 0 || t.Input != (transform.Input{}) || format == "" || format != a.Version.Info.Format {
		return false
	}
	first := t.Output.Frames == transform.FramesFirst && a.Version.Info.Pages > 1
	return !first && t.Output.Quality == 0 && !t.Output.Progressive
}

// Get finds the rendition of a's version by t, or makes it. t.Output.Format
// is never transform.Auto: the caller has negotiated it.
//
// Errors are *media.Error: Invalid when the picture or the transformation is
// at fault, Unsupported for what cannot be done to this kind of asset,
// Limited under load, Internal when the original cannot be read. Whoever
// asked at the same time, or up to 5 s after an error, gets the same answer.
func (s *Store) Get(ctx context.Context, a *media.Asset, t transform.Transformation) (*Result, error) {
	if t.Output.Format == transform.Auto {
		return nil, errors.New("rendition: the output format was not negotiated")
	}
	if a.Kind != media.KindImage {
		return nil, media.Errorf(media.Unsupported, "Transformations of %s files are not supported", a.Kind)
	}
	answers, err := s.answers(ctx, a, t)
	if err != nil {
		return nil, err
	}
	w := work{asset: a, chain: t, answers: answers}
	w.text = t.String()
	w.key = key(a.Account, a.Version.ID, w.text, answers)
	if r, err := s.find(ctx, a.Account, w.key); r != nil || err != nil {
		return r, err
	}
	return s.renders.do(ctx, w.key, func(ctx context.Context) (*Result, error) {
		return s.make(ctx, w)
	})
}
