// Package imagekit speaks the language of ImageKit's client libraries: its
// delivery URLs, with transformations in the path or in the query.
package imagekit

import (
	"net/http"
	"time"
)

// Name is how endpoints refer to this dialect.
const Name = "imagekit"

// Config says what a Dialect works with; the zero value will do.
type Config struct {
	// Now tells whether a signature has expired. Default time.Now.
	Now func() time.Time
}

// Dialect implements dialect.Dialect. Safe for concurrent use.
type Dialect struct{ cfg Config }

// New returns a Dialect.
func New(cfg Config) *Dialect {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Dialect{cfg: cfg}
}

// Name implements dialect.Dialect.
func (d *Dialect) Name() string { return Name }

// API implements dialect.Dialect: there is none.
func (d *Dialect) API() (prefixes []string, h http.Handler) { return nil, nil }

// Keys of the query that mean something. All others only distinguish URLs.
const (
	keySteps      = "tr"
	keySignature  = "ik-s"
	keyExpiry     = "ik-t"
	keyAttachment = "ik-attachment"
	keyFilename   = "ik-attachment-filename"
	keyVersion    = "ik-obj-version"
	keySanitize   = "ik-sanitizeSvg"
)

// QueryParams are the query parameters that belong to what a request means.
// An index of answers has to tell requests apart by them; the signature is
// one, so that no answer to a signed request is given to another.
func QueryParams() []string {
	return []string{keySteps, keySignature, keyExpiry, keyAttachment, keyFilename, keyVersion, keySanitize}
}
