// Package uploadcare speaks the language of Uploadcare's client libraries: its
// delivery URLs, /<uuid>/-/operation/argument/…/.
package uploadcare

import (
	"errors"
	"net/http"
	"time"

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
	Now       func() time.Time
}

// Validate reports what cannot work.
func (c Config) Validate() error {
	if c.MaxSide < 0 || c.MaxJPEGSide < 0 {
		return errors.New("uploadcare: a limit of size is negative")
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
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Dialect{cfg: cfg}, nil
}

// Name implements dialect.Dialect.
func (d *Dialect) Name() string { return Name }

// API implements dialect.Dialect: this one only delivers.
func (d *Dialect) API() (prefixes []string, h http.Handler) { return nil, nil }
