// Package library is the write side: it takes files in, names them, and
// changes, moves and removes them. Bytes come first and records second; on
// removal records go first and bytes later. See DESIGN.md.
package library

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"time"

	"tintype/internal/blob"
	"tintype/internal/catalog"
	"tintype/internal/cluster"
	"tintype/internal/engine"
	"tintype/internal/fetch"
	"tintype/internal/media"
	"tintype/internal/rendition"
	"tintype/internal/schema"
	"tintype/internal/transform"
)

// Config says what a Library works with. Catalog, Blobs, Engine, Renditions
// and Cluster are needed; Fetch only for uploads by URL.
type Config struct {
	Catalog    *catalog.DB
	Blobs      blob.Store
	Engine     engine.Engine
	Renditions *rendition.Store
	Cluster    cluster.Cluster
	Fetch      *fetch.Client
	// MaxBytes bounds uploads by kind. Zero fields: 64 MiB, 64 MiB and 2 GiB.
	MaxBytes MaxBytes
	// Sessions bounds the uploads in parts of an account.
	Sessions SessionLimits
	// MaxArchive bounds the bytes of the files in one archive; default 2 GiB.
	MaxArchive int64
	// Dynamic reports whether an account's folders are apart from the names of
	// its assets; nil is for none. Elsewhere an asset's folder is the part of
	// its name before the last slash.
	Dynamic func(media.AccountID) bool
	// Moderator finds a moderator of an account by its name; nil knows none.
	Moderator func(acc media.AccountID, kind string) (Moderator, bool)
	// Grace is how long replaced and deleted bytes stay readable for
	// requests that are under way; default one minute.
	Grace  time.Duration
	Logger *slog.Logger
	Now    func() time.Time
	// Rand is where ids and generated names come from; default crypto/rand.
	// It must be safe for concurrent use.
	Rand io.Reader
	// Fault, when set, is called between every two durable steps of an
	// upload or a removal with the name of the point, for tests that stop there.
	Fault func(point string)
}

// MaxBytes are the largest sizes of uploads.
type MaxBytes struct{ Image, Raw, Video int64 }

// Validate reports what is missing.
func (c Config) Validate() error {
	switch {
	case c.Catalog == nil:
		return errors.New("library: no catalog")
	case c.Blobs == nil:
		return errors.New("library: no blob store")
	case c.Engine == nil:
		return errors.New("library: no engine")
	case c.Renditions == nil:
		return errors.New("library: no rendition store")
	case c.Cluster == nil:
		return errors.New("library: no cluster")
	case c.MaxBytes.Image < 0 || c.MaxBytes.Raw < 0 || c.MaxBytes.Video < 0 || c.MaxArchive < 0:
		return errors.New("library: a size limit is negative")
	case c.Sessions.Open < 0 || c.Sessions.Bytes < 0 || c.Sessions.Life < 0:
		return errors.New("library: a limit of sessions is negative")
	}
	return nil
}

// Library is safe for concurrent use.
type Library struct {
	cfg      Config
	archives archiveGate
	digests  digests
}

// New returns a Library.
func New(cfg Config) (*Library, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg.MaxBytes.Image = orDefault(cfg.MaxBytes.Image, 64<<20)
	cfg.MaxBytes.Raw = orDefault(cfg.MaxBytes.Raw, 64<<20)
	cfg.MaxBytes.Video = orDefault(cfg.MaxBytes.Video, 2<<30)
	cfg.Sessions.defaults(max(cfg.MaxBytes.Image, cfg.MaxBytes.Raw, cfg.MaxBytes.Video))
	cfg.MaxArchive = orDefault(cfg.MaxArchive, 2<<30)
	cfg.Grace = orDefault(cfg.Grace, time.Minute)
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Rand == nil {
		cfg.Rand = rand.Reader
	}
	if cfg.Fault == nil {
		cfg.Fault = func(string) {}
	}
	return &Library{cfg: cfg}, nil
}

func orDefault[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}

// MaxBytes returns the largest size of an upload of a kind, and with "" the
// largest of any kind.
func (l *Library) MaxBytes(kind media.Kind) int64 {
	m := l.cfg.MaxBytes
	switch kind {
	case media.KindImage:
		return m.Image
	case media.KindVideo:
		return m.Video
	case media.KindRaw:
		return m.Raw
	default:
		return max(m.Image, m.Video, m.Raw)
	}
}

// Upload describes a file to take in, and exactly one source of its bytes.
type Upload struct {
	Account media.AccountID
	// Kind is what the file must be; "" takes whatever it is, and what the
	// engine cannot open as raw.
	Kind media.Kind
	// Access is Public by default.
	Access media.Access
	// Name is the asset's name without Folder; "" lets one be made.
	Name string
	// Folder is put before the name, with a slash.
	Folder string
	Placing
	// Grants say who may read the asset; nil leaves those of the asset that is
	// replaced, and an empty list removes them.
	Grants *[]media.Grant
	// Moderators are put before the asset, one after the other.
	Moderators []string
	// NameByFile makes the display name from Filename where there is no other.
	NameByFile bool
	// Filename is the client's name of the file; with a URL and no Filename
	// it is the URL's last segment.
	Filename string
	// UseFilename makes the name from Filename, and Unique adds six random
	// characters to that.
	UseFilename, Unique bool
	// NoOriginalName forgets Filename after it has served to make the name.
	NoOriginalName bool
	// Overwrite replaces the content of an asset that has the name. Without
	// it such an asset is left as it is and returned.
	Overwrite bool

	// Staged is consumed in any case, also when the upload is refused.
	Staged *Staged `json:"-"`
	URL    string
	Data   []byte

	Tags    []string
	Context map[string]string
	// Metadata are the values of structured fields.
	Metadata schema.Change
	// Format converts an image before it is stored.
	Format string
	// Formats, if any, are the only ones taken; with Format given they do not matter.
	Formats []string
	Ahead
	// Incoming is carried out on a picture before it is stored.
	Incoming transform.Transformation
	// Analyse lists what to find out about the content. What there is not of
	// its kind is left out.
	Analyse []rendition.Part
	// Marks are stored with the asset; boxes are cut to the picture's size.
	Marks Marks
	// AutoQuality, if set, is what takes the place of qualities that would be
	// chosen by what can be seen: its output's Quality, Level and Chroma
	// count. An empty one leaves the choice.
	AutoQuality *transform.Transformation
	// Amend, if set, is called once it is known what the file is, before
	// anything is done with it. It may change what is asked for, but not the
	// source, the account and the kind. An upload that is put off has none.
	Amend func(ctx context.Context, f *File, u *Upload) error `json:"-"`

	// finishes is the session that ends with this upload, or "".
	finishes media.SessionID
	// keeps is the promise that is kept with this upload, or "".
	keeps  string
	remote bool // URL is what the asset is a copy of
	// largest, when not 0, takes the place of the limit of Kind.
	largest int64
	// drawn and members go into the asset's details.
	drawn   string
	members *media.Members
}

// Ahead lists renditions to make before anybody looks at them.
type Ahead struct {
	// Eager are made before the call returns, which answers each.
	Eager []transform.Transformation
	// EagerLabels are what the caller calls them, for those who are told.
	EagerLabels []string
	// EagerLater has them made in the background instead: an event tells when
	// they are made, of the batch that the context's origin names.
	EagerLater bool
	// EagerNotify are told of that event instead of those whom the context's
	// origin names.
	EagerNotify []string
}

// Uploaded is the outcome of an upload.
type Uploaded struct {
	Asset *media.Asset
	// Existing: Overwrite was off and the asset was there; nothing changed.
	Existing bool
	// Overwritten: the asset was there and has new content.
	Overwritten bool
	// Eager answers Upload.Eager, in its order; empty with EagerLater.
	Eager []Eager
}

// Eager is the outcome of one rendition made ahead: a result or an error.
type Eager struct {
	Result *rendition.Result
	Err    error
}

// after returns a context for what must follow a commit even though the
// client may have gone.
func after(ctx context.Context) context.Context { return context.WithoutCancel(ctx) }
