// Package webhook tells subscribers of events. What is to be told, and to
// whom, is recorded in the transaction of the event; a job delivers each
// notification, signed, and keeps every attempt. Delivery is at least once: a
// notification has one id for all its attempts.
package webhook

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"tintype/internal/account"
	"tintype/internal/catalog"
	"tintype/internal/fetch"
	"tintype/internal/media"
)

// JobDeliver is the kind of job that Deliver handles, and Queue the line that
// these jobs stand in.
const (
	JobDeliver = "deliver-notification"
	Queue      = "notifications"
)

// HeaderID carries a notification's id, the same for every attempt.
const HeaderID = "Webhook-Id"

// Envelope writes events in the words of one dialect.
type Envelope interface {
	// EventName is the dialect's word for an event; "" where it has none, so
	// that nobody is told of it.
	EventName(e media.Event) string
	// Notify returns the body that tells of an event, and the headers that
	// belong to it, signed with a key as of now.
	Notify(e media.Event, k media.Key) (http.Header, []byte, error)
}

// Config says what a Deliverer works with. Catalog, Accounts, Fetch and
// Envelopes are needed.
type Config struct {
	Catalog  *catalog.DB
	Accounts *account.Directory
	Fetch    *fetch.Client
	// Envelopes by the names of their dialects.
	Envelopes map[string]Envelope
	// Complete, if given, adds to an event what was not known yet when it
	// was recorded, before it is told of.
	Complete func(context.Context, *media.Event) error
	// Schedule is how long to wait after each failed attempt; after the last
	// of them another failure is final. Default 3, 6 and 9 minutes.
	Schedule []time.Duration
	// Each is how many deliveries of one account run at a time; default 16.
	// An account whose receivers are slow has two.
	Each int
	// Keep is how long delivered notifications, and those that nobody
	// fetches, are remembered; default 7 days. Dead ones stay four times as long.
	Keep   time.Duration
	Logger *slog.Logger
	Now    func() time.Time
}

// DefaultSchedule is the Schedule where none is given.
func DefaultSchedule() []time.Duration {
	return []time.Duration{3 * time.Minute, 6 * time.Minute, 9 * time.Minute}
}

// Validate reports what is missing.
func (c Config) Validate() error {
	switch {
	case c.Catalog == nil:
		return errors.New("webhook: no catalog")
	case c.Accounts == nil:
		return errors.New("webhook: no account directory")
	case c.Fetch == nil:
		return errors.New("webhook: no fetch client")
	case len(c.Envelopes) == 0:
		return errors.New("webhook: no envelopes")
	case c.Each < 0 || c.Keep < 0:
		return errors.New("webhook: a limit is negative")
	}
	for _, wait := range c.Schedule {
		if wait < 0 {
			return errors.New("webhook: a wait of the schedule is negative")
		}
	}
	return nil
}

// Deliverer records and delivers notifications. Safe for concurrent use.
type Deliverer struct {
	cfg   Config
	lanes *lanes
}

// New returns a Deliverer. Its Record is to be made known to the catalog
// (OnEvent), and its Deliver to package jobs.
func New(cfg Config) (*Deliverer, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.Schedule == nil {
		cfg.Schedule = DefaultSchedule()
	}
	if cfg.Each == 0 {
		cfg.Each = 16
	}
	if cfg.Keep == 0 {
		cfg.Keep = 7 * 24 * time.Hour
	}
	if cfg.Complete == nil {
		cfg.Complete = func(context.Context, *media.Event) error { return nil }
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Deliverer{cfg: cfg, lanes: newLanes(cfg.Each)}, nil
}

// Run forgets old notifications, every hour, until ctx ends. The error is
// always nil.
func (d *Deliverer) Run(ctx context.Context) error {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	for {
		if err := d.Prune(ctx); err != nil && ctx.Err() == nil {
			d.cfg.Logger.Warn("old notifications cannot be removed", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Prune forgets the notifications that Config.Keep has run out for.
func (d *Deliverer) Prune(ctx context.Context) error {
	const atOnce = 1000
	for state, keep := range map[catalog.NotificationState]time.Duration{
		catalog.NotificationDelivered: d.cfg.Keep, catalog.NotificationWaiting: d.cfg.Keep,
		catalog.NotificationDead: 4 * d.cfg.Keep, catalog.NotificationPending: 4 * d.cfg.Keep,
	} {
		for n := atOnce; n == atOnce; {
			err := d.cfg.Catalog.Reclaim(ctx, func(tx *catalog.Tx) (err error) {
				n, err = tx.PruneNotifications(state, d.cfg.Now().Add(-keep), atOnce)
				return err
			})
			if err != nil {
				return fmt.Errorf("prune notifications: %w", err)
			}
		}
	}
	return nil
}
