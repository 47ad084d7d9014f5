package rendition

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"tintype/internal/catalog"
	"tintype/internal/media"
)

const (
	// maxImports bounds the remote files that are being read at a time.
	maxImports = 32
	// importWait is how long a request waits for its turn to read one.
	importWait = 10 * time.Second
)

// MayImport reports, as Unauthorized, that an unsigned request may not have
// the content of a URL, because its host is not among Config.RemoteHosts; and
// as Unsupported that nobody may.
func (s *Store) MayImport(rawURL string, signed bool) error {
	switch {
	case s.cfg.Import == nil:
		return media.Errorf(media.Unsupported, "Remote files are not delivered here")
	case signed || len(s.cfg.RemoteHosts) == 0:
		return nil
	}
	u, err := url.Parse(rawURL)
	if err != nil {
		return media.Errorf(media.Invalid, "The remote URL is not valid")
	}
	for _, h := range s.cfg.RemoteHosts {
		if hostMatches(h, u.Hostname()) {
			return nil
		}
	}
	return media.Errorf(media.Unauthorized, "A valid signature is required for files of other hosts")
}

// hostMatches compares a host name with a pattern: a name, or "*." before a
// name for all below it.
func hostMatches(pattern, host string) bool {
	pattern, host = strings.ToLower(pattern), strings.ToLower(host)
	if below, ok := strings.CutPrefix(pattern, "*."); ok {
		return strings.HasSuffix(host, "."+below)
	}
	return pattern == host
}

// Import finds the asset that a reference by name means, or has it made of
// what a URL names: once, however many ask at the same time. The caller has
// asked MayImport. NotFound where the URL names nothing that can be had, which
// is remembered for 5 s; Invalid where that is no such file as the reference
// says.
func (s *Store) Import(ctx context.Context, acc media.AccountID, as media.Ref, rawURL string) (*media.Asset, error) {
	if s.cfg.Import == nil {
		return nil, media.Errorf(media.Unsupported, "Remote files are not delivered here")
	}
	key := strings.Join([]string{string(acc), string(as.Kind), string(as.Access), as.Name}, "/")
	if a, err := s.imported(ctx, acc, as); media.CodeOf(err) != media.NotFound || err == nil {
		return a, err
	}
	return s.imports.do(ctx, key, func(ctx context.Context) (*media.Asset, error) {
		if err := s.takeTurn(ctx); err != nil {
			return nil, err
		}
		defer func() { <-s.turns }()
		unlock, err := s.cfg.Cluster.Lock(ctx, "import/"+key)
		if err != nil {
			return nil, fmt.Errorf("lock import: %w", err)
		}
		defer unlock()
		if a, err := s.imported(ctx, acc, as); media.CodeOf(err) != media.NotFound || err == nil {
			return a, err
		}
		return s.cfg.Import(ctx, acc, as, rawURL)
	})
}

func (s *Store) imported(ctx context.Context, acc media.AccountID, as media.Ref) (a *media.Asset, err error) {
	err = s.cfg.Catalog.View(ctx, func(tx *catalog.Tx) (err error) {
		a, err = tx.Asset(acc, as)
		return err
	})
	return a, err
}

func (s *Store) takeTurn(ctx context.Context) error {
	timer := time.NewTimer(importWait)
	defer timer.Stop()
	select {
	case s.turns <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return media.Errorf(media.Limited, "Too many remote files are being read, try again later")
	}
}
