package catalog_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"tintype/internal/catalog"
	"tintype/internal/media"
)

func notice(id string, event int64, state catalog.NotificationState) catalog.Notification {
	return catalog.Notification{
		Account: "demo", ID: id, Event: event, Name: "upload", Dialect: "d", Key: "k", Target: "poll://a", Batch: "b" + id, State: state,
		Due: start.Truncate(time.Microsecond), CreatedAt: start.Add(time.Duration(event) * time.Second).Truncate(time.Microsecond),
	}
}

func addNotices(t *testing.T, db *catalog.DB, list ...catalog.Notification) {
	t.Helper()
	update(t, db, func(tx *catalog.Tx) error {
		for _, n := range list {
			if added, err := tx.AddNotification(n); err != nil || !added {
				return fmt.Errorf("added %v: %w", added, err)
			}
		}
		return nil
	})
}

func TestOnEventCommitsWithTheEvent(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		var heard []media.Event
		refuse := false
		cancel := db.OnEvent(func(tx *catalog.Tx, e media.Event) error {
			heard = append(heard, e)
			if refuse {
				return errors.New("no")
			}
			_, err := tx.AddNotification(notice(fmt.Sprint("n", e.ID), e.ID, catalog.NotificationPending))
			return err
		})
		ctx := media.WithOrigin(t.Context(), media.Origin{Dialect: "d", Key: "k", Notify: []string{"u"}})
		add := func() error {
			return db.Update(ctx, func(tx *catalog.Tx) error {
				return tx.AddEvent(media.Event{Account: "demo", Type: media.EventUploaded})
			})
		}
		if err := add(); err != nil {
			t.Fatal(err)
		}
		if len(heard) != 1 || heard[0].ID == 0 || heard[0].Origin.Key != "k" {
			t.Fatalf("heard %+v", heard)
		}
		view(t, db, func(tx *catalog.Tx) error {
			e, err := tx.Event("demo", heard[0].ID)
			if !reflect.DeepEqual(e.Origin, heard[0].Origin) || e.ID != heard[0].ID {
				t.Errorf("got %+v", e)
			}
			_, missing := tx.Event("other", heard[0].ID)
			wantCode(t, missing, media.NotFound)
			_, err2 := tx.Notification("demo", fmt.Sprint("n", e.ID))
			return errors.Join(err, err2)
		})
		refuse = true
		if err := add(); err == nil {
			t.Error("a listener's error did not undo the event")
		}
		cancel()
		if err := add(); err != nil || len(heard) != 2 {
			t.Errorf("after cancel: %v, heard %d", err, len(heard))
		}
		view(t, db, func(tx *catalog.Tx) error {
			events, err := tx.Events("demo", 0, 0)
			if len(events) != 2 {
				t.Errorf("%d events", len(events))
			}
			return err
		})
	})
}

func TestNotificationAttempts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		n := notice("1", 1, catalog.NotificationPending)
		addNotices(t, db, n)
		update(t, db, func(tx *catalog.Tx) error {
			added, err := tx.AddNotification(n)
			if added {
				t.Error("added twice")
			}
			return err
		})
		want := []catalog.Attempt{
			{Number: 1, At: start.Truncate(time.Microsecond), Took: time.Second, Status: 500, Error: "no"},
			{Number: 2, At: start.Add(time.Minute).Truncate(time.Microsecond), Took: time.Millisecond, Status: 200},
		}
		update(t, db, func(tx *catalog.Tx) error {
			return errors.Join(tx.AddAttempt("demo", "1", want[0], catalog.NotificationPending), tx.AddAttempt("demo", "1", want[1], catalog.NotificationDelivered))
		})
		view(t, db, func(tx *catalog.Tx) error {
			got, err := tx.Attempts("demo", "1")
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v", got)
			}
			n.State, n.Attempts = catalog.NotificationDelivered, 2
			stored, err2 := tx.Notification("demo", "1")
			if !reflect.DeepEqual(stored, n) {
				t.Errorf("got  %+v\nwant %+v", stored, n)
			}
			_, missing := tx.Notification("other", "1")
			wantCode(t, missing, media.NotFound)
			return errors.Join(err, err2)
		})
		if err := db.Update(t.Context(), func(tx *catalog.Tx) error { return tx.AddAttempt("demo", "1", want[1], catalog.NotificationDead) }); err == nil {
			t.Error("an attempt was recorded twice")
		}
		update(t, db, func(tx *catalog.Tx) error { return tx.PutNotificationState("demo", "1", catalog.NotificationPending) })
		wantCode(t, db.Update(t.Context(), func(tx *catalog.Tx) error {
			return tx.PutNotificationState("other", "1", catalog.NotificationPending)
		}), media.NotFound)
	})
}

func TestNotificationList(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		for i := range 5 {
			state := catalog.NotificationDead
			if i == 2 {
				state = catalog.NotificationPending
			}
			addNotices(t, db, notice(fmt.Sprint(i), int64(i), state))
		}
		var got []string
		view(t, db, func(tx *catalog.Tx) error {
			q := catalog.NotificationQuery{State: catalog.NotificationDead, Limit: 3}
			for {
				page, next, err := tx.Notifications("demo", q)
				if err != nil {
					return err
				}
				for _, n := range page {
					got = append(got, n.ID)
				}
				if q.Cursor = next; next == "" {
					return nil
				}
			}
		})
		if !reflect.DeepEqual(got, []string{"4", "3", "1", "0"}) {
			t.Errorf("got %v", got)
		}
		update(t, db, func(tx *catalog.Tx) error {
			n, err := tx.PruneNotifications(catalog.NotificationDead, start.Add(2*time.Second), 10)
			if n != 2 {
				t.Errorf("%d pruned", n)
			}
			return err
		})
		view(t, db, func(tx *catalog.Tx) error {
			page, _, err := tx.Notifications("demo", catalog.NotificationQuery{})
			if len(page) != 3 {
				t.Errorf("%d left", len(page))
			}
			_, _, junk := tx.Notifications("demo", catalog.NotificationQuery{Cursor: "junk"})
			wantCode(t, junk, media.Invalid)
			return err
		})
	})
}

func TestClaimAndAcknowledge(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		other := notice("9", 9, catalog.NotificationWaiting)
		other.Account = "other"
		addNotices(t, db, notice("1", 1, catalog.NotificationWaiting), notice("2", 2, catalog.NotificationWaiting), notice("3", 3, catalog.NotificationPending), other)
		claim := func(at time.Time, batch string) (list []catalog.Notification) {
			update(t, db, func(tx *catalog.Tx) (err error) {
				q := catalog.ClaimQuery{Target: "poll://a", Batch: batch, Now: at, Until: at.Add(time.Minute)}
				some, err := tx.HasWaiting("demo", q)
				if err != nil {
					return err
				}
				if list, err = tx.ClaimNotifications("demo", q); some != (len(list) > 0) {
					t.Errorf("HasWaiting says %t before %d were claimed", some, len(list))
				}
				return err
			})
			return list
		}
		first := claim(start.Add(time.Second), "")
		if len(first) != 2 || first[0].ID != "1" || first[1].ID != "2" || first[0].Receipt == first[1].Receipt || first[0].Receipt == "" {
			t.Fatalf("got %+v", first)
		}
		if again := claim(start.Add(2*time.Second), ""); len(again) != 0 {
			t.Errorf("claimed again at once: %+v", again)
		}
		second := claim(start.Add(2*time.Minute), "b2")
		if len(second) != 1 || second[0].ID != "2" {
			t.Fatalf("got %+v", second)
		}
		for receipt, want := range map[string]bool{first[0].Receipt: true, first[1].Receipt: false, second[0].Receipt: true, "junk": false, "": false} {
			update(t, db, func(tx *catalog.Tx) error {
				ok, err := tx.AckNotification("demo", receipt)
				if ok != want {
					t.Errorf("receipt %q: %v", receipt, ok)
				}
				return err
			})
		}
		if left := claim(start.Add(time.Hour), ""); len(left) != 0 {
			t.Errorf("acknowledged, and there again: %+v", left)
		}
	})
}

func TestPromise(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		p := catalog.Promise{Account: "demo", ID: "i", Blob: "original/demo/x", Work: []byte(`{"a": 1}`), CreatedAt: start.Truncate(time.Microsecond)}
		update(t, db, func(tx *catalog.Tx) error { return tx.AddPromise(p) })
		wantCode(t, db.Update(t.Context(), func(tx *catalog.Tx) error { return tx.AddPromise(p) }), media.Conflict)
		inUse := func() (used bool) {
			view(t, db, func(tx *catalog.Tx) (err error) {
				used, err = tx.BlobInUse("demo", p.Blob)
				return err
			})
			return used
		}
		if !inUse() {
			t.Error("the blob of a promise is not in use")
		}
		for try := 1; try <= 2; try++ {
			update(t, db, func(tx *catalog.Tx) error {
				got, err := tx.TryPromise("demo", "i")
				p.Tries = try
				if !reflect.DeepEqual(got, p) {
					t.Errorf("got %+v", got)
				}
				return err
			})
		}
		drop := func() error {
			return db.Update(context.Background(), func(tx *catalog.Tx) error { return tx.DeletePromise("demo", "i") })
		}
		if err := drop(); err != nil {
			t.Fatal(err)
		}
		wantCode(t, drop(), media.NotFound)
		if inUse() {
			t.Error("the blob is in use after the promise was forgotten")
		}
		wantCode(t, db.Update(t.Context(), func(tx *catalog.Tx) error {
			_, err := tx.TryPromise("demo", "i")
			return err
		}), media.NotFound)
	})
}
