// Package uploadcare speaks the language of Uploadcare's client libraries: its
// delivery URLs, /<uuid>/-/operation/argument/…/, and the calls about groups of
// its Upload API.
package uploadcare

import (
	"errors"
	"log/slog"
	"time"

	"tintype/internal/account"
	"tintype/internal/library"
	"tintype/internal/media"
)

// Name is how endpoints refer to this dialect.
const Name = "uploadcare"

// TokenParam is the query parameter that carries the token of a signed URL.
// Package delivery must know it, so that nothing that a token opened is given
// to who has none.
const TokenParam = "token"

// Config says how a Dialect works. The zero value is usable.
type Config struct {
	// MaxSide and MaxJPEGSide bound each side of a result whose size a URL
	// states; the second counts where the URL asks for JPEG. Defaults 3000
	// and 5000. What a URL leaves open is bounded by the limits of plans.
	MaxSide, MaxJPEGSide int
	// Protected reports whether every delivery of an account takes a token;
	// nil is none. It must be quick and safe for concurrent use.
	Protected func(media.AccountID) bool
	// Accounts and Library are for the API; without them there is none.
	Accounts *account.Directory
	Library  *library.Library
	// CDN is where the files of an account are delivered, as an absolute URL
	// without a slash at its end, and PublicURL where the API is. Answers of
	// the API name them.
	CDN       func(media.AccountID) string
	PublicURL string
	// SignedUploads reports whether what makes something in an account takes
	// a signature, under the condition of Protected; nil is none.
	SignedUploads func(media.AccountID) bool
	Logger        *slog.Logger
	Now           func() time.Time
}

// Validate reports what cannot work.
func (c Config) Validate() error {
	if c.MaxSide < 0 || c.MaxJPEGSide < 0 {
		return errors.New("uploadcare: a limit of size is negative")
	}
	if (c.Library != nil || c.Accounts != nil) && (c.Library == nil || c.Accounts == nil || c.CDN == nil) {
		return errors.New("uploadcare: the API takes accounts, a library and the address of files")
	}
	return nil
}

// Dialect implements dialect.Dialect. Safe for concurrent use.
type Dialect struct{ cfg Config }

// New returns a Dialect.
func New(cfg Config) (*Dialect, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.MaxSide == 0 {
		cfg.MaxSide = 3000
	}
	if cfg.MaxJPEGSide == 0 {
		cfg.MaxJPEGSide = 5000
	}
	if cfg.Protected == nil {
		cfg.Protected = func(media.AccountID) bool { return false }
	}
	if cfg.SignedUploads == nil {
		cfg.SignedUploads = func(media.AccountID) bool { return false }
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Dialect{cfg: cfg}, nil
}

// Name implements dialect.Dialect.
func (d *Dialect) Name() string { return Name }
