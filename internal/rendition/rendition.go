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
	// Named finds an account's named transformation; nil knows none.
	Named func(acc media.AccountID, name string) (transform.Transformation, bool)
	// Import makes the asset that as names of what a URL names; nil where
	// nothing remote is used. See Store.Import for its errors.
	Import func(ctx context.Context, acc media.AccountID, as media.Ref, url string) (*media.Asset, error)
	// RemoteHosts are those whose files may be used without a signature:
	// names, or "*.example.com" for all below one. Empty is every host.
	RemoteHosts []string
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
	imports  flights[*media.Asset]
	turns    chan struct{} // taken by those who read remote files
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
	return &Store{cfg: cfg, turns: make(chan struct{}, maxImports)}, nil
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
	// Layers are the further assets that the picture shows or is made with.
	// One that changes makes this rendition another one, without a message
	// about this one's own asset.
	Layers []media.AssetID
}

// Original reports whether t asks for nothing but the stored bytes of a's
// version: either nothing at all, or only the format that they have.
func Original(a *media.Asset, t transform.Transformation) bool {
	if a.Access.Composed() {
		return false
	}
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
// is never transform.Auto: the caller has negotiated it. Layers and tables of
// colours are public assets of the same account; fonts are of any access.
//
// Errors are *media.Error: Invalid when the picture or the transformation is
// at fault, NotFound and Unauthorized about a layer, Unsupported for what
// cannot be done to this kind of asset, Limited under load, Internal when the
// original cannot be read. Whoever asked at the same time, or up to 5 s after
// an error, gets the same answer.
func (s *Store) Get(ctx context.Context, a *media.Asset, t transform.Transformation) (*Result, error) {
	return s.get(ctx, a, t, false)
}

// GetSigned is Get for a caller that may read every asset of the account: the
// account's owner, or somebody who shows the owner's signature of this request.
func (s *Store) GetSigned(ctx context.Context, a *media.Asset, t transform.Transformation) (*Result, error) {
	return s.get(ctx, a, t, true)
}

func (s *Store) get(ctx context.Context, a *media.Asset, t transform.Transformation, signed bool) (*Result, error) {
	if t.Output.Format == transform.Auto {
		return nil, errors.New("rendition: the output format was not negotiated")
	}
	if t.Output.Info {
		return nil, media.Errorf(media.Unsupported, "A description of a picture is no file that can be made")
	}
	if a.Access.Composed() {
		return s.compose(ctx, a, t, signed)
	}
	if a.Kind != media.KindImage {
		return nil, media.Errorf(media.Unsupported, "Transformations of %s files are not supported", a.Kind)
	}
	w, err := s.plan(ctx, a, t, signed)
	if err != nil {
		return nil, err
	}
	return s.obtain(ctx, w)
}

// obtain finds what was planned, or makes it.
func (s *Store) obtain(ctx context.Context, w work) (*Result, error) {
	if r, err := s.find(ctx, w); r != nil || err != nil {
		return r, err
	}
	return s.renders.do(ctx, w.key, func(ctx context.Context) (*Result, error) {
		return s.make(ctx, w)
	})
}

type spelledKey struct{}

// maxSpelling bounds the texts that are recorded; longer ones nobody looks up.
const maxSpelling = 1000

// Spelled is a context in which Get records that the rendition was asked for
// in these words.
func Spelled(ctx context.Context, s media.Spelling) context.Context {
	if s.Text == "" || len(s.Text) > maxSpelling {
		return ctx
	}
	return context.WithValue(ctx, spelledKey{}, s)
}

func spelling(ctx context.Context) media.Spelling {
	s, _ := ctx.Value(spelledKey{}).(media.Spelling)
	return s
}

// plan resolves a transformation and names what it makes. Every caller goes
// this way, so a stored rendition is handed to nobody who may not read its
// layers.
func (s *Store) plan(ctx context.Context, a *media.Asset, t transform.Transformation, signed bool) (work, error) {
	w := work{asset: a, text: t.String(), spelled: spelling(ctx)}
	r := &asked{store: s, account: a.Account, signed: signed}
	var err error
	if w.plan, err = transform.Resolve(ctx, withQuality(t, a), facts{asked: r, asset: a}, s.cfg.Limits); err != nil {
		return w, err
	}
	if w.further, err = r.sources(ctx, w.plan); err != nil {
		return w, err
	}
	w.layers = r.seen()
	raw, err := nameless(w.plan)
	if err != nil {
		return w, err
	}
	var versions []media.VersionID
	for _, f := range w.further {
		versions = append(versions, f.Version.ID)
	}
	w.key = key(a.Account, a.Version.ID, raw, versions...)
	return w, nil
}

// withQuality puts the asset's own quality in the place of an automatic one.
func withQuality(t transform.Transformation, a *media.Asset) transform.Transformation {
	if t.Output.Level == "" || a.Detail.AutoQuality == "" {
		return t
	}
	own, err := transform.Parse(a.Detail.AutoQuality)
	if err != nil {
		return t
	}
	t.Output.Quality, t.Output.Level, t.Output.Chroma = own.Output.Quality, own.Output.Level, own.Output.Chroma
	return t
}
