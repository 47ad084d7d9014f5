package catalog

import (
	"database/sql"
	"fmt"
	"maps"
	"slices"

	"github.com/uptrace/bun"

	"tintype/internal/media"
)

type eventRow struct {
	bun.BaseModel `bun:"table:event,alias:e"`

	ID      int64          `bun:"id,pk,autoincrement"`
	Account string         `bun:"account"`
	Type    string         `bun:"type"`
	Asset   string         `bun:"asset"`
	Ref     string         `bun:"ref"`
	At      int64          `bun:"at"`
	Data    sql.NullString `bun:"data"`
	Origin  sql.NullString `bun:"origin"`
}

// OnEvent has fn called with every event, inside the transaction that records
// it and after its ID is known, until cancel. What fn enqueues or records
// commits together with the event, and its error undoes all of it. fn must not
// wait for anything slow.
func (db *DB) OnEvent(fn func(*Tx, media.Event) error) (cancel func()) {
	db.mu.Lock()
	defer db.mu.Unlock()
	id := db.nextID
	db.nextID++
	db.listeners[id] = fn
	return func() {
		db.mu.Lock()
		defer db.mu.Unlock()
		delete(db.listeners, id)
	}
}

// AddEvent records an event with the transaction. Its ID is given at the end,
// so that within an account no event appears with a lower ID than one that a
// reader has seen. A zero At is now, and an Origin that is not given is that
// of the context.
func (tx *Tx) AddEvent(e media.Event) error {
	if err := tx.writable(); err != nil {
		return err
	}
	for _, key := range []struct{ what, text string }{{"account", string(e.Account)}, {"event type", string(e.Type)}} {
		if err := checkKey(key.what, key.text); err != nil {
			return err
		}
	}
	for _, text := range []string{string(e.Asset), e.Ref.Name, e.Ref.URL, string(e.Data)} {
		if err := checkText("event", text); err != nil {
			return err
		}
	}
	if e.At.IsZero() {
		e.At = tx.db.cfg.Now()
	}
	if e.Origin.IsZero() {
		e.Origin = media.OriginOf(tx.ctx)
	}
	tx.events = append(tx.events, e)
	return nil
}

// Origin is who causes what happens in this transaction, as its context says.
func (tx *Tx) Origin() media.Origin { return media.OriginOf(tx.ctx) }

// flush inserts the events. On PostgreSQL it makes other writers of events of
// these accounts wait for this commit: their events get higher ids.
func (tx *Tx) flush() error {
	if len(tx.events) == 0 || tx.broken != nil {
		return nil
	}
	events := tx.events
	rows := make([]eventRow, len(events))
	accounts := map[string]bool{}
	for i, e := range events {
		ref, err := encode(e.Ref, "{}")
		if err != nil {
			return err
		}
		rows[i] = eventRow{
			Account: string(e.Account), Type: string(e.Type), Asset: string(e.Asset), Ref: ref, At: micros(e.At),
			Data: sql.NullString{String: string(e.Data), Valid: e.Data != nil},
		}
		if !e.Origin.IsZero() {
			origin, err := encode(e.Origin, "{}")
			if err != nil {
				return err
			}
			if err := checkText("origin", origin); err != nil {
				return err
			}
			rows[i].Origin = sql.NullString{String: origin, Valid: true}
		}
		accounts[rows[i].Account] = true
	}
	if err := tx.lockEvents(accounts); err != nil {
		return err
	}
	tx.events = nil
	// One statement for each: a statement of many rows need not number them
	// in their order.
	for i := range rows {
		if _, err := tx.changed("add event", tx.tx.NewInsert().Model(&rows[i]).Returning("id")); err != nil {
			return err
		}
		events[i].ID = rows[i].ID
	}
	return tx.tell(events)
}

// tell hands recorded events to those who listen.
func (tx *Tx) tell(events []media.Event) error {
	tx.db.mu.Lock()
	listeners := slices.Collect(maps.Values(tx.db.listeners))
	tx.db.mu.Unlock()
	for _, fn := range listeners {
		for _, e := range events {
			if err := fn(tx, e); err != nil {
				return fmt.Errorf("tell of event: %w", err)
			}
		}
	}
	return nil
}

// lockEvents lets one transaction at a time number the events of an account.
// Locks are taken in order, so that two transactions cannot block each other.
func (tx *Tx) lockEvents(accounts map[string]bool) error {
	if tx.db.back.lock == nil {
		return nil
	}
	for _, acc := range slices.Sorted(maps.Keys(accounts)) {
		if err := tx.db.back.lock(tx.ctx, tx.tx, "events "+acc, false); err != nil {
			return tx.failWrite("lock events", err)
		}
	}
	return nil
}

// Events returns the events of an account with IDs above after, by ID. Limit
// is at most 1,000, and 0 is 100.
func (tx *Tx) Events(acc media.AccountID, after int64, limit int) ([]media.Event, error) {
	if err := tx.flush(); err != nil {
		return nil, err
	}
	var rows []eventRow
	q := tx.tx.NewSelect().Model(&rows).Where("account = ?", string(acc)).Where("id > ?", after).Order("id").Limit(int64(pageSize(limit)))
	if err := q.Scan(tx.ctx); err != nil {
		return nil, tx.fail("list events", err)
	}
	events := make([]media.Event, len(rows))
	for i := range rows {
		var err error
		if events[i], err = rows[i].event(); err != nil {
			return nil, tx.fail("read event", err)
		}
	}
	return events, nil
}

// Event returns one event of an account; NotFound if there is none.
func (tx *Tx) Event(acc media.AccountID, id int64) (media.Event, error) {
	var row eventRow
	if err := tx.tx.NewSelect().Model(&row).Where("account = ?", string(acc)).Where("id = ?", id).Scan(tx.ctx); err != nil {
		return media.Event{}, tx.found("find event", err, "There is no event %d", id)
	}
	e, err := row.event()
	return e, tx.fail("read event", err)
}

func (r *eventRow) event() (media.Event, error) {
	e := media.Event{
		ID: r.ID, Account: media.AccountID(r.Account), Type: media.EventType(r.Type), Asset: media.AssetID(r.Asset), At: fromMicros(r.At),
	}
	if r.Data.Valid {
		e.Data = []byte(r.Data.String)
	}
	if r.Origin.Valid {
		if err := decode("origin", r.Origin.String, &e.Origin); err != nil {
			return e, err
		}
	}
	return e, decode("ref", r.Ref, &e.Ref)
}
