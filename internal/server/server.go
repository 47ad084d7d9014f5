// Package server is the listener: it gives every request an id and its
// limits, finds out who has to answer it, and stops gracefully.
package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"tintype/internal/account"
	"tintype/internal/delivery"
	"tintype/internal/dialect"
)

const (
	maxHeader     = 64 << 10
	headerTimeout = 10 * time.Second
	idleTimeout   = 120 * time.Second
	maxPath       = 8 << 10
)

// Config says what a Server works with. Directory and Delivery are required.
type Config struct {
	Directory *account.Directory
	Delivery  *delivery.Delivery
	// Dialects are those that endpoints may name.
	Dialects []dialect.Dialect
	// Default names the dialect in whose words a path is refused that leads
	// to no account; "" refuses in plain text.
	Default string
	// TrustedProxies are the networks of proxies whose X-Forwarded-For says
	// who the client is.
	TrustedProxies []netip.Prefix
	// Extra are handlers for exact escaped paths: "/".
	Extra map[string]http.Handler
	// Ready, when set, is asked by /ready: an error makes the answer red.
	Ready func(context.Context) error
	// StopTimeout is how long requests under way may take when Run ends,
	// before they are broken off; default 30 s.
	StopTimeout time.Duration
	Logger      *slog.Logger
}

// Validate reports the first setting that cannot work.
func (c Config) Validate() error {
	switch {
	case c.Directory == nil:
		return errors.New("server: no account directory")
	case c.Delivery == nil:
		return errors.New("server: no delivery")
	case c.StopTimeout < 0:
		return errors.New("server: stop timeout is negative")
	}
	for path := range c.Extra {
		if !strings.HasPrefix(path, "/") {
			return fmt.Errorf("server: the path %q does not begin with a slash", path)
		}
	}
	return nil
}

// Server is an http.Handler, safe for concurrent use.
type Server struct {
	cfg      Config
	dialects map[string]dialect.Dialect
	apis     []api // longest prefix first
	ids      *ids
	stopping atomic.Bool
	// strangers: a proxy that is not trusted was told of.
	strangers sync.Once
}

// api is a dialect's handler below a path prefix.
type api struct {
	prefix  string
	handler http.Handler
	dialect dialect.Dialect
}

// New returns a Server. Dialects of one name, or two that want one prefix,
// are an error.
func New(cfg Config) (*Server, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.StopTimeout == 0 {
		cfg.StopTimeout = 30 * time.Second
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Server{cfg: cfg, dialects: make(map[string]dialect.Dialect), ids: newIDs()}
	owner := make(map[string]string)
	for _, d := range cfg.Dialects {
		if _, dup := s.dialects[d.Name()]; dup {
			return nil, fmt.Errorf("server: two dialects are called %s", d.Name())
		}
		s.dialects[d.Name()] = d
		prefixes, h := d.API()
		for _, p := range prefixes {
			if !strings.HasPrefix(p, "/") || !strings.HasSuffix(p, "/") || h == nil {
				return nil, fmt.Errorf("server: the API of %s cannot be reached by %q", d.Name(), p)
			}
			if o, dup := owner[p]; dup {
				return nil, fmt.Errorf("server: %s and %s both want %s", o, d.Name(), p)
			}
			owner[p] = d.Name()
			s.apis = append(s.apis, api{p, h, d})
		}
	}
	if _, ok := s.dialects[cfg.Default]; !ok && cfg.Default != "" {
		return nil, fmt.Errorf("server: there is no dialect %s to be the default", cfg.Default)
	}
	slices.SortFunc(s.apis, func(a, b api) int { return cmp.Compare(len(b.prefix), len(a.prefix)) })
	return s, nil
}

// Run serves on all listeners until ctx ends or one of them fails. Then
// /ready turns red, no new connection is taken, and requests under way may
// end within Config.StopTimeout. It closes the listeners. The error is nil
// after a stop by ctx.
func (s *Server) Run(ctx context.Context, listeners ...net.Listener) error {
	if len(listeners) == 0 {
		return errors.New("server: no listener")
	}
	hs := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ConnState:         watch,
		ConnContext:       remember,
		ErrorLog:          slog.NewLogLogger(s.cfg.Logger.Handler(), slog.LevelDebug),
	}
	failed := make(chan error, len(listeners))
	for _, l := range listeners {
		go func() { failed <- hs.Serve(listener{l}) }()
	}
	ended := 0
	var cause error
	select {
	case <-ctx.Done():
	case err := <-failed:
		ended++
		cause = fmt.Errorf("serve: %w", err)
	}
	s.stopping.Store(true)
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.StopTimeout)
	defer cancel()
	if err := hs.Shutdown(grace); err != nil {
		s.cfg.Logger.Warn("requests that did not end in time are broken off", "err", err)
		hs.Close()
	}
	for ; ended < len(listeners); ended++ {
		<-failed
	}
	return cause
}
