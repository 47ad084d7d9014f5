// Package cloudinary speaks the language of Cloudinary's client libraries:
// its delivery URLs, its Upload API and its Admin API.
package cloudinary

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"tintype/internal/account"
	"tintype/internal/catalog"
	"tintype/internal/cluster"
	"tintype/internal/delivery"
	"tintype/internal/dialect"
	"tintype/internal/library"
	"tintype/internal/script"
)

// Name is how endpoints refer to this dialect.
const Name = "cloudinary"

// ErrorHeader carries the sentence of an error, on every answer that is one.
const ErrorHeader = errorHeader

// apiPrefix is where every route of the API begins.
const apiPrefix = "/v1_1/"

// pollPrefix is where the routes begin by which notifications are fetched.
const pollPrefix = "/v2/notifications/"

// pollSegments stand before the segments of these routes in the table.
var pollSegments = []string{"v2", "notifications"}

// Config says what a Dialect works with. Accounts, Library and Cluster are
// needed.
type Config struct {
	Accounts *account.Directory
	Library  *library.Library
	Cluster  cluster.Cluster
	// Delivery answers signed downloads; nil refuses them.
	Delivery *delivery.Delivery
	// Lists lets anybody list the public assets of a tag.
	Lists bool
	// Catalog holds the notifications that are fetched; without it there are none.
	Catalog *catalog.DB
	// Scripts runs eval and on_success; nil refuses them.
	Scripts *script.Runner
	// PublicURL is where clients reach the server; answers carry its host,
	// once with http and once with https. Default http://localhost:8080.
	PublicURL string
	// SignatureV2Only refuses signatures of API calls in version 1, in which
	// an "&" in a value can pass for the beginning of another parameter, and
	// SignatureSHA256 those by SHA-1. By default all are taken, as not every
	// client library can do better.
	SignatureV2Only, SignatureSHA256 bool
	// MaxUnproven bounds the bytes of files that are received before their
	// sender has proven who it is, of everybody together: default 1 GiB, or
	// the largest upload where that is more. MaxUnprovenEach bounds those of
	// one address with several requests under way; default 256 MiB.
	MaxUnproven, MaxUnprovenEach int64
	Logger                       *slog.Logger
	Now                          func() time.Time
}

// Validate reports what is missing or malformed.
func (c Config) Validate() error {
	switch {
	case c.Accounts == nil:
		return errors.New("cloudinary: no account directory")
	case c.Library == nil:
		return errors.New("cloudinary: no library")
	case c.Cluster == nil:
		return errors.New("cloudinary: no cluster")
	}
	if c.MaxUnproven < 0 || c.MaxUnprovenEach < 0 {
		return errors.New("cloudinary: a limit is negative")
	}
	_, err := c.publicURL()
	return err
}

// publicURL returns PublicURL without its scheme: host and perhaps a path.
func (c Config) publicURL() (string, error) {
	if c.PublicURL == "" {
		return "localhost:8080", nil
	}
	u, err := url.Parse(c.PublicURL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return "", fmt.Errorf("cloudinary: the public URL %q is not like https://media.example.com", c.PublicURL)
	}
	return u.Host + strings.TrimRight(u.EscapedPath(), "/"), nil
}

// Dialect implements dialect.Dialect. Safe for concurrent use.
type Dialect struct {
	cfg Config
	// public is the host, and perhaps a path, of every URL in an answer.
	public   string
	guard    *dialect.Guard
	unproven *unproven
}

// New returns a Dialect.
func New(cfg Config) (*Dialect, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.MaxUnproven == 0 {
		cfg.MaxUnproven = max(1<<30, cfg.Library.MaxBytes(""))
	}
	if cfg.MaxUnprovenEach == 0 {
		cfg.MaxUnprovenEach = 256 << 20
	}
	d := &Dialect{cfg: cfg, unproven: newUnproven(cfg.MaxUnproven, cfg.MaxUnprovenEach)}
	d.public, _ = cfg.publicURL()
	d.guard = dialect.NewGuard(cfg.Cluster, cfg.Now)
	return d, nil
}

// Name implements dialect.Dialect.
func (d *Dialect) Name() string { return Name }

// API implements dialect.Dialect.
func (d *Dialect) API() (prefixes []string, h http.Handler) {
	return []string{apiPrefix, pollPrefix}, http.HandlerFunc(d.serveAPI)
}
