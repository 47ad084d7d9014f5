package account

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"tintype/internal/catalog"
	"tintype/internal/cluster"
	"tintype/internal/media"
)

// Topic is where a change of any account is published. The message is the
// account's name; subscribers read everything anew.
const Topic = "accounts"

// Config opens a Directory. Catalog and Cluster are required.
type Config struct {
	Catalog *catalog.DB
	Cluster cluster.Cluster
	// DefaultDialect names the dialect spoken at /<account>/… .
	DefaultDialect string
	// Mounts are further dialects that every account answers in.
	Mounts []Mount
	// Hosts are endpoints with a host of their own. One whose account does
	// not exist answers nothing until it does.
	Hosts []HostEndpoint
	// Reserved are first path segments that lead elsewhere and therefore
	// cannot be names of accounts.
	Reserved []string
	// Poll is how often Run reads the catalog without having been told to,
	// for messages that were lost. Default 5 s.
	Poll   time.Duration
	Logger *slog.Logger
	Now    func() time.Time
}

// Validate reports the first setting that cannot work.
func (c Config) Validate() error {
	switch {
	case c.Catalog == nil:
		return errors.New("account: no catalog")
	case c.Cluster == nil:
		return errors.New("account: no cluster")
	case c.Poll < 0:
		return errors.New("account: poll interval is negative")
	}
	firsts, hosts := map[string]bool{}, map[string]bool{}
	for _, m := range c.Mounts {
		if !media.ValidAccount(m.First) || m.Dialect == "" || firsts[m.First] {
			return fmt.Errorf("account: %q of the dialect %q is no place for accounts, or stands twice", m.First, m.Dialect)
		}
		firsts[m.First] = true
	}
	for _, h := range c.Hosts {
		host := strings.ToLower(h.Host)
		if host == "" || h.Dialect == "" || !media.ValidAccount(string(h.Account)) || hosts[host] {
			return fmt.Errorf("account: the endpoint %q of %q in the dialect %q is incomplete, or stands twice", h.Host, h.Account, h.Dialect)
		}
		hosts[host] = true
	}
	return nil
}

// Directory answers who an account is and where it answers. Lookups are safe
// for concurrent use and never wait.
type Directory struct {
	cfg  Config
	snap atomic.Pointer[snapshot]

	reload sync.Mutex // one reader of the catalog at a time, so that an older snapshot never replaces a newer one
}

// Open reads all accounts. Changes made later are seen while Run runs.
func Open(ctx context.Context, cfg Config) (*Directory, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.Poll == 0 {
		cfg.Poll = 5 * time.Second
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	d := &Directory{cfg: cfg}
	if err := d.refresh(ctx); err != nil {
		return nil, err
	}
	return d, nil
}

// Run renews the snapshot whenever a change is published, and every
// Config.Poll, until ctx ends. While the catalog cannot be read the last
// snapshot stays. The error is always nil.
func (d *Directory) Run(ctx context.Context) error {
	changed := make(chan struct{}, 1)
	cancel := d.cfg.Cluster.Subscribe(Topic, func([]byte) {
		select {
		case changed <- struct{}{}:
		default: // a reading that has not begun yet will see this change too
		}
	})
	defer cancel()
	tick := time.NewTicker(d.cfg.Poll)
	defer tick.Stop()
	failing := false
	for {
		// The first round covers what changed between Open and Subscribe.
		err := d.refresh(ctx)
		if err != nil && ctx.Err() == nil && !failing {
			d.cfg.Logger.Error("accounts cannot be read, the last known ones stay", "err", err)
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		case <-tick.C:
		}
	}
}

// refresh reads everything anew, unless nothing has changed.
func (d *Directory) refresh(ctx context.Context) error {
	d.reload.Lock()
	defer d.reload.Unlock()
	old := d.snap.Load()
	var recs []media.Account
	var settings []media.Setting
	var revision int64
	err := d.cfg.Catalog.View(ctx, func(tx *catalog.Tx) (err error) {
		// Before the rest: what changes meanwhile is read once more.
		if revision, err = tx.DirectoryRevision(); err != nil || old != nil && old.revision == revision {
			return err
		}
		if recs, err = tx.Accounts(); err != nil {
			return err
		}
		settings, err = tx.Settings()
		return err
	})
	if err != nil {
		return fmt.Errorf("read accounts: %w", err)
	}
	if old != nil && old.revision == revision {
		return nil
	}
	s, err := newSnapshot(recs, settings, d.cfg)
	if err != nil {
		return err
	}
	s.revision = revision
	d.snap.Store(s)
	return nil
}

// ByName finds an account by its exact name.
func (d *Directory) ByName(id media.AccountID) (*Account, bool) {
	a, ok := d.snap.Load().accounts[id]
	return a, ok
}

// BySegment is ByName for a segment of an escaped path.
func (d *Directory) BySegment(segment string) (*Account, bool) {
	name, err := url.PathUnescape(segment)
	if err != nil {
		return nil, false
	}
	return d.ByName(media.AccountID(name))
}

// ByKey finds the account that has an enabled key of a public id; false where
// there is none, or more than one.
func (d *Directory) ByKey(id string) (*Account, bool) {
	a := d.snap.Load().keys[id]
	return a, a != nil
}

// Endpoint finds who answers at a host and an escaped path. Segments are
// compared as they were sent: an escaped spelling of a name is not that name.
func (d *Directory) Endpoint(host, escapedPath string) (Endpoint, bool) {
	return d.snap.Load().endpoint(host, escapedPath)
}

// Put stores an account, new or changed, and tells every node. This node
// knows it when Put returns.
func (d *Directory) Put(ctx context.Context, rec media.Account) error {
	if _, err := New(rec); err != nil {
		return err
	}
	reserved := slices.Clone(d.cfg.Reserved)
	for _, m := range d.cfg.Mounts {
		reserved = append(reserved, m.First)
	}
	for _, r := range reserved {
		if string(rec.ID) == r {
			return media.Errorf(media.Invalid, "%q cannot be the name of an account: the server uses it itself", rec.ID)
		}
	}
	return d.change(ctx, rec.ID, func(tx *catalog.Tx) error { return tx.PutAccount(rec) })
}
