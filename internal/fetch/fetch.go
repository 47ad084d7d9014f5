// Package fetch is the only door to the outside: it reads what a URL of a
// user names, without letting that user reach what he must not.
package fetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"time"

	"tintype/internal/media"
)

// Config of a Client. The zero value works.
type Config struct {
	// Allow lists networks that may be reached although they are not public.
	// A NAT64 prefix in it allows what it embeds only where that would be
	// allowed itself.
	Allow []netip.Prefix
	// AllowPorts are allowed besides 80 and 443.
	AllowPorts []uint16
	// Hosts are answered by something else than themselves. A key is in lower
	// case, without port and final dot.
	Hosts map[string]Mapping
	// Timeout bounds a whole fetch, to the last byte; 30 s if 0.
	Timeout time.Duration
	// HeaderTimeout bounds the time to the header of the final answer,
	// redirects included; 10 s if 0.
	HeaderTimeout time.Duration
	// MinRate is what an origin must send, in bytes per second averaged over
	// RateWindow of waiting for it; 10 KiB/s over 10 s if 0.
	MinRate    int64
	RateWindow time.Duration
	// MaxRedirects is 5 if 0; below 0 none are followed.
	MaxRedirects int
	// RootCAs sign the certificates that https accepts; the system's if nil.
	RootCAs *x509.CertPool
	// Lookup resolves a host name; the system's resolver if nil. What it
	// answers is checked like every address.
	Lookup func(ctx context.Context, host string) ([]netip.Addr, error)
	Logger *slog.Logger
}

// Validate reports the first setting that makes no sense.
func (c Config) Validate() error {
	for _, p := range c.Allow {
		if !p.IsValid() {
			return errors.New("fetch: an allowed network is not valid")
		}
	}
	for host, m := range c.Hosts {
		if err := m.validate(host); err != nil {
			return err
		}
	}
	if c.Timeout < 0 || c.HeaderTimeout < 0 || c.RateWindow < 0 || c.MinRate < 0 {
		return errors.New("fetch: a limit is below zero")
	}
	return nil
}

// The causes inside the *media.Error of a fetch that failed, beside *StatusError.
var (
	// ErrBlocked: the URL, or where it leads, is one that Tintype does not visit.
	ErrBlocked = errors.New("not allowed")
	// ErrUnreachable: no answer, no good one, or not in time.
	ErrUnreachable = errors.New("not reachable")
)

// StatusError is the cause when the origin answered with a status other than 200.
type StatusError struct {
	Status int
	Text   string // the standard text of Status, not the origin's
}

func (e *StatusError) Error() string { return fmt.Sprintf("status %d %s", e.Status, e.Text) }

// Response is what a URL names. The caller closes Body.
type Response struct {
	// Body fails where the origin breaks off, is too slow, or passes the
	// limit of the Get; an end without error is the whole content.
	Body io.ReadCloser
	// Size of Body in bytes, -1 if unknown.
	Size int64
	// ContentType is the origin's claim, lower case and without parameters.
	ContentType string
	// Filename is the origin's suggestion, else the last segment of the
	// path of URL; without directories or control characters. May be empty.
	Filename string
	// URL is the final one, after redirects.
	URL string
}

// Client fetches. It is safe for concurrent use and keeps no connections.
type Client struct {
	cfg   Config
	guard *guard
	http  *http.Client
}

// New makes a Client.
func New(cfg Config) (*Client, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg.Timeout = or(cfg.Timeout, 30*time.Second)
	cfg.HeaderTimeout = or(cfg.HeaderTimeout, 10*time.Second)
	cfg.MinRate = or(cfg.MinRate, 10<<10)
	cfg.RateWindow = or(cfg.RateWindow, 10*time.Second)
	cfg.MaxRedirects = max(0, or(cfg.MaxRedirects, 5))
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	c := &Client{cfg: cfg, guard: newGuard(cfg)}
	d := &dialer{lookup: cfg.Lookup, net: net.Dialer{Control: c.guard.control}}
	network := &http.Transport{
		// No Proxy: not even one named by the environment.
		DialContext:            d.dial,
		TLSClientConfig:        &tls.Config{RootCAs: cfg.RootCAs, MinVersion: tls.VersionTLS12},
		DisableKeepAlives:      true,
		DisableCompression:     true,
		MaxResponseHeaderBytes: 64 << 10,
	}
	c.http = &http.Client{CheckRedirect: c.checkRedirect, Transport: network}
	if len(cfg.Hosts) > 0 {
		c.http.Transport = newMapper(cfg.Hosts, network)
	}
	return c, nil
}

func or[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}

// Get fetches a URL whose content has at most limit bytes after decoding; a
// negative limit is none. Its errors are *media.Error: Invalid with a neutral
// sentence around ErrBlocked, ErrUnreachable or *StatusError, or TooLarge;
// except when ctx ended, whose error they then wrap.
func (c *Client) Get(ctx context.Context, rawURL string, limit int64) (*Response, error) {
	u, err := c.parse(rawURL)
	if err != nil {
		return nil, err
	}
	f := newFlight(ctx, c.cfg)
	res, err := c.roundTrip(f, u)
	if err != nil {
		f.end()
		return nil, c.fail(f, u, err)
	}
	out, err := f.response(res, limit)
	if err != nil {
		res.Body.Close()
		f.end()
		return nil, err
	}
	return out, nil
}

func (c *Client) roundTrip(f *flight, u *url.URL) (*http.Response, error) {
	req, err := http.NewRequestWithContext(f.ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "Tintype/1")
	req.Header.Set("Accept", "*/*")
	req.Header.Set("Accept-Encoding", "identity")
	header := time.AfterFunc(c.cfg.HeaderTimeout, func() { f.cancel(errNoHeader) })
	defer header.Stop()
	return c.http.Do(req)
}

// parse accepts what may be fetched at all.
func (c *Client) parse(rawURL string) (*url.URL, error) {
	if len(rawURL) > 8<<10 {
		return nil, media.Errorf(media.Invalid, "The URL is longer than 8192 bytes")
	}
	u, err := url.Parse(rawURL)
	if err != nil || u.Opaque != "" {
		return nil, media.Errorf(media.Invalid, "Invalid URL")
	}
	u.Fragment, u.RawFragment = "", ""
	return u, c.checkURL(u)
}

func (c *Client) checkURL(u *url.URL) error {
	blocked := func(message string) error {
		return &media.Error{Code: media.Invalid, Op: "fetch", Message: message, Err: ErrBlocked}
	}
	port := uint16(80)
	switch u.Scheme {
	case "http":
	case "https":
		port = 443
	default:
		return blocked("Only URLs of http and https are allowed")
	}
	if u.Hostname() == "" {
		return media.Errorf(media.Invalid, "The URL has no host")
	}
	if u.User != nil {
		return blocked("A URL with a user name is not allowed")
	}
	if p := u.Port(); p != "" {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil {
			return media.Errorf(media.Invalid, "The URL has an invalid port")
		}
		port = uint16(n)
	}
	if !slices.Contains(c.guard.ports, port) {
		return blocked("The port of the URL is not allowed")
	}
	return nil
}

func (c *Client) checkRedirect(req *http.Request, via []*http.Request) error {
	if req.Method != via[0].Method {
		return http.ErrUseLastResponse // see Post
	}
	if len(via) > c.cfg.MaxRedirects {
		return &media.Error{Code: media.Invalid, Op: "fetch", Message: "The URL redirects too often", Err: ErrUnreachable}
	}
	// The way here may hold secrets, as signed URLs do.
	req.Header.Del("Referer")
	return c.checkURL(req.URL)
}

// fail gives an error of a round trip its sentence, without the URL, which
// http.Client puts into every error.
func (c *Client) fail(f *flight, u *url.URL, err error) error {
	var ue *url.Error
	if errors.As(err, &ue) {
		err = ue.Err
	}
	if errors.Is(err, ErrBlocked) {
		c.cfg.Logger.Warn("fetch blocked", "host", u.Host, "error", err)
		var known *media.Error
		if errors.As(err, &known) {
			return known
		}
		return &media.Error{Code: media.Invalid, Op: "fetch", Message: "The URL is not allowed", Err: err}
	}
	return f.wrap(err)
}
