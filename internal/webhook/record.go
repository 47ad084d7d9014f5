package webhook

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"tintype/internal/account"
	"tintype/internal/catalog"
	"tintype/internal/media"
)

// subscriber is one who is to be told of an event.
type subscriber struct {
	dialect string
	name    string // of the event
	key     string // "" is the account's first
	target  string
}

// Record notes who is to be told of an event, and enqueues the deliveries, in
// the event's transaction.
func (d *Deliverer) Record(tx *catalog.Tx, e media.Event) error {
	for _, s := range d.subscribers(e) {
		n := catalog.Notification{
			Account: e.Account, ID: notificationID(e, s.target), Event: e.ID, Name: s.name, Dialect: s.dialect, Key: s.key,
			Target: s.target, Batch: e.Origin.Batch, State: catalog.NotificationPending,
		}
		_, fetched := account.Channel(s.target)
		if fetched {
			n.State = catalog.NotificationWaiting
		}
		added, err := tx.AddNotification(n)
		if err != nil {
			return fmt.Errorf("record notification: %w", err)
		}
		if added && !fetched {
			if err := tx.Enqueue(job(n.Account, n.ID, 1, len(d.cfg.Schedule))); err != nil {
				return err
			}
		}
	}
	return nil
}

// subscribers are those whom the caller named, or else the account's own.
func (d *Deliverer) subscribers(e media.Event) []subscriber {
	var list []subscriber
	if len(e.Origin.Notify) > 0 {
		if name := d.name(e.Origin.Dialect, e); name != "" {
			for _, target := range e.Origin.Notify {
				list = append(list, subscriber{dialect: e.Origin.Dialect, name: name, key: e.Origin.Key, target: target})
			}
		}
		return list
	}
	a, ok := d.cfg.Accounts.ByName(e.Account)
	if !ok {
		return nil
	}
	for _, t := range a.Triggers() {
		name := d.name(t.Dialect, e)
		if name != "" && (t.Event == name || t.Event == account.AllEvents) {
			list = append(list, subscriber{dialect: t.Dialect, name: name, target: t.URI})
		}
	}
	return list
}

func (d *Deliverer) name(dialect string, e media.Event) string {
	envelope, ok := d.cfg.Envelopes[dialect]
	if !ok {
		return ""
	}
	return envelope.EventName(e)
}

// notificationID is the same for the same event and target, however often it
// is made.
func notificationID(e media.Event, target string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%d\n%s", e.Account, e.ID, target))
	return hex.EncodeToString(sum[:16])
}

// delivery is the argument of JobDeliver.
type delivery struct {
	Account media.AccountID `json:"account"`
	ID      string          `json:"id"`
	// Attempt is its number; the job of one that was made does nothing.
	Attempt int `json:"attempt"`
	// Left is how many may follow it.
	Left int `json:"left"`
}

func job(acc media.AccountID, id string, attempt, left int) catalog.Job {
	return catalog.Job{Kind: JobDeliver, Queue: Queue, Args: delivery{acc, id, attempt, left}}
}

// Again has a dead notification delivered once more by whoever works the jobs
// of the catalog, with as many attempts as a new one by the default schedule.
// NotFound if there is no dead one of the id.
func Again(ctx context.Context, db *catalog.DB, acc media.AccountID, id string) error {
	return db.Update(ctx, func(tx *catalog.Tx) error {
		n, err := tx.Notification(acc, id)
		if err != nil {
			return err
		}
		if n.State != catalog.NotificationDead {
			return media.Errorf(media.NotFound, "The notification %s is %s, not dead", id, n.State)
		}
		if err := tx.PutNotificationState(acc, id, catalog.NotificationPending); err != nil {
			return err
		}
		return tx.Enqueue(job(acc, id, n.Attempts+1, len(DefaultSchedule())))
	})
}
