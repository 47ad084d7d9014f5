package catalog

import (
	"database/sql"
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
}

// AddEvent records an event with the transaction. Its ID is given at the end,
// so that within an account no event appears with a lower ID than one that a
// reader has seen. A zero At is now.
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
	tx.events = append(tx.events, e)
	return nil
}

// flush inserts the events. On PostgreSQL it makes other writers of events of
// these accounts wait for this commit: their events get higher ids.
func (tx *Tx) flush() error {
	if len(tx.events) == 0 || tx.broken != nil {
		return nil
	}
	rows := make([]eventRow, len(tx.events))
	accounts := map[string]bool{}
	for i, e := range tx.events {
		ref, err := encode(e.Ref, "{}")
		if err != nil {
			return err
		}
		rows[i] = eventRow{
			Account: string(e.Account), Type: string(e.Type), Asset: string(e.Asset), Ref: ref, At: micros(e.At),
			Data: sql.NullString{String: string(e.Data), Valid: e.Data != nil},
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
		if _, err := tx.changed("add event", tx.tx.NewInsert().Model(&rows[i]).Returning("NULL")); err != nil {
			return err
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
	for i, r := range rows {
		events[i] = media.Event{
			ID: r.ID, Account: media.AccountID(r.Account), Type: media.EventType(r.Type), Asset: media.AssetID(r.Asset), At: fromMicros(r.At),
		}
		if r.Data.Valid {
			events[i].Data = []byte(r.Data.String)
		}
		if err := decode("ref", r.Ref, &events[i].Ref); err != nil {
			return nil, tx.fail("read event", err)
		}
	}
	return events, nil
}
