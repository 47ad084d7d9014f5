package webhook

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"tintype/internal/catalog"
	"tintype/internal/media"
)

// Deliver is the handler of JobDeliver: it makes one attempt to deliver a
// notification, and records how that went together with the job of the next
// attempt, if there is to be one. A job that runs a second time after its
// attempt was recorded does nothing. Errors are those of the database.
func (d *Deliverer) Deliver(ctx context.Context, args json.RawMessage) error {
	var todo delivery
	if err := json.Unmarshal(args, &todo); err != nil {
		return fmt.Errorf("read job: %w", err)
	}
	n, e, err := d.load(ctx, todo)
	if media.CodeOf(err) == media.NotFound || err == nil && !due(n, todo) {
		return nil
	}
	if err != nil {
		return err
	}
	wait, leave := d.lanes.enter(ctx, todo.Account)
	if leave == nil {
		return d.postpone(ctx, todo, wait)
	}
	began, start := d.cfg.Now(), time.Now()
	status, err := d.attempt(ctx, n, e)
	took := time.Since(start)
	leave(took)
	if err != nil && ctx.Err() != nil {
		return err // we were told to stop; the attempt does not count
	}
	a := catalog.Attempt{Number: todo.Attempt, At: began, Took: took, Status: status}
	if err != nil {
		a.Error = media.MessageOf(err)
		if media.CodeOf(err) == media.Internal {
			d.cfg.Logger.Error("notification cannot be made", "account", n.Account, "notification", n.ID, "error", err)
		}
	}
	return d.record(ctx, todo, n, a)
}

// due reports whether a job's attempt is still to be made.
func due(n catalog.Notification, todo delivery) bool {
	return n.State == catalog.NotificationPending && n.Attempts == todo.Attempt-1
}

func (d *Deliverer) load(ctx context.Context, todo delivery) (n catalog.Notification, e media.Event, err error) {
	err = d.cfg.Catalog.View(ctx, func(tx *catalog.Tx) (err error) {
		if n, err = tx.Notification(todo.Account, todo.ID); err != nil {
			return err
		}
		e, err = tx.Event(todo.Account, n.Event)
		return err
	})
	if err != nil {
		return n, e, fmt.Errorf("load notification: %w", err)
	}
	return n, e, nil
}

// postpone puts a delivery of an account that has enough of them under way
// behind those.
func (d *Deliverer) postpone(ctx context.Context, todo delivery, wait time.Duration) error {
	again := job(todo.Account, todo.ID, todo.Attempt, todo.Left)
	again.RunAt = time.Now().Add(wait)
	err := d.cfg.Catalog.Update(ctx, func(tx *catalog.Tx) error { return tx.Enqueue(again) })
	if err != nil {
		return fmt.Errorf("postpone notification: %w", err)
	}
	return nil
}

// attempt sends a notification. Any status from 200 to 299 is a success.
func (d *Deliverer) attempt(ctx context.Context, n catalog.Notification, e media.Event) (status int, err error) {
	key, err := d.key(n)
	if err != nil {
		return 0, err
	}
	envelope, ok := d.cfg.Envelopes[n.Dialect]
	if !ok {
		return 0, media.Errorf(media.Unsupported, "The dialect %s is not offered any more", n.Dialect)
	}
	if err := d.cfg.Complete(ctx, &e); err != nil {
		return 0, fmt.Errorf("complete event %d: %w", e.ID, err)
	}
	header, body, err := envelope.Notify(e, key)
	if err != nil {
		return 0, fmt.Errorf("write notification %s: %w", n.ID, err)
	}
	if header == nil {
		header = http.Header{}
	}
	header.Set(HeaderID, n.ID)
	answer, err := d.cfg.Fetch.Post(ctx, n.Target, header, body)
	if err != nil {
		return 0, err
	}
	if answer.Status < 200 || answer.Status > 299 {
		return answer.Status, media.Errorf(media.Invalid, "The receiver answered with status %d", answer.Status)
	}
	return answer.Status, nil
}

// key is the one that signs: that of the notification while it is valid, or
// else the account's first valid one.
func (d *Deliverer) key(n catalog.Notification) (media.Key, error) {
	a, ok := d.cfg.Accounts.ByName(n.Account)
	if !ok {
		return media.Key{}, media.Errorf(media.NotFound, "The account %s is gone", n.Account)
	}
	if k, ok := a.Key(n.Key); ok {
		return k, nil
	}
	k, ok := a.FirstKey()
	if !ok {
		return k, media.Errorf(media.NotFound, "The account %s has no key to sign with", n.Account)
	}
	return k, nil
}

// record keeps an attempt and decides what follows it.
func (d *Deliverer) record(ctx context.Context, todo delivery, n catalog.Notification, a catalog.Attempt) error {
	state := catalog.NotificationDelivered
	switch {
	case a.Error == "":
	case todo.Left > 0:
		state = catalog.NotificationPending
	default:
		state = catalog.NotificationDead
	}
	err := d.cfg.Catalog.Update(context.WithoutCancel(ctx), func(tx *catalog.Tx) error {
		now, err := tx.Notification(todo.Account, todo.ID)
		if media.CodeOf(err) == media.NotFound || err == nil && !due(now, todo) {
			return nil // somebody else was quicker
		}
		if err != nil {
			return err
		}
		if err := tx.AddAttempt(todo.Account, todo.ID, a, state); err != nil {
			return err
		}
		if state != catalog.NotificationPending {
			return nil
		}
		next := job(todo.Account, todo.ID, todo.Attempt+1, todo.Left-1)
		next.RunAt = time.Now().Add(d.wait(todo.Left))
		return tx.Enqueue(next)
	})
	if err != nil {
		return fmt.Errorf("record attempt: %w", err)
	}
	if state == catalog.NotificationDead {
		d.cfg.Logger.Error("notification given up", "account", n.Account, "notification", n.ID, "event", n.Name, "attempts", a.Number, "error", a.Error)
	}
	return nil
}

// wait is how long until the next attempt when left may follow.
func (d *Deliverer) wait(left int) time.Duration {
	i := len(d.cfg.Schedule) - left
	if i < 0 || i >= len(d.cfg.Schedule) {
		return 0 // the schedule was another one when the notification was recorded
	}
	return d.cfg.Schedule[i]
}
