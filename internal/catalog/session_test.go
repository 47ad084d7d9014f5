package catalog_test

import (
	"errors"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"tintype/internal/catalog"
	"tintype/internal/media"
)

func newSession(acc media.AccountID, id string) *media.Session {
	return &media.Session{
		Account: acc, ID: media.SessionID(id), Total: media.UnknownTotal, Note: []byte(`{"name": "x"}`),
		CreatedAt: start.Truncate(time.Microsecond), ExpiresAt: start.Truncate(time.Microsecond).Add(time.Hour),
	}
}

func TestSession(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		s := newSession("demo", "one")
		find := func() (got *media.Session) {
			view(t, db, func(tx *catalog.Tx) (err error) { got, err = tx.Session("demo", "one"); return err })
			return got
		}
		update(t, db, func(tx *catalog.Tx) error { return tx.PutSession(s) })
		if got := find(); !reflect.DeepEqual(got, s) {
			t.Errorf("got %+v\nwant %+v", got, s)
		}
		// Everything but the note and the time of its coming may change.
		s.Total, s.Received, s.ExpiresAt = 100, 60, s.ExpiresAt.Add(time.Hour)
		s.Asset, s.Version, s.Existing, s.Overwritten = "asset", "version", true, true
		changed := *s
		changed.Note, changed.CreatedAt = []byte(`{}`), start.AddDate(1, 0, 0)
		update(t, db, func(tx *catalog.Tx) error { return tx.PutSession(&changed) })
		if got := find(); !reflect.DeepEqual(got, s) {
			t.Errorf("got %+v\nwant %+v", got, s)
		}
		for _, bad := range []*media.Session{{Account: "demo"}, {ID: "x"}, {Account: "demo", ID: media.SessionID(strings.Repeat("x", 2000))}, {Account: "demo", ID: "x", Note: []byte("{")}} {
			wantCode(t, db.Update(t.Context(), func(tx *catalog.Tx) error { return tx.PutSession(bad) }), media.Invalid)
		}
		for _, id := range []media.SessionID{"", "two"} {
			wantCode(t, db.View(t.Context(), func(tx *catalog.Tx) error { _, err := tx.Session("demo", id); return err }), media.NotFound)
		}
	})
}

func TestParts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		put := func(offset, bytes int64, blob string) {
			t.Helper()
			update(t, db, func(tx *catalog.Tx) error {
				return tx.PutPart("demo", "one", catalog.Part{Offset: offset, Bytes: bytes, Blob: blob})
			})
		}
		want := func(from, to int64, blobs ...string) {
			t.Helper()
			var got []string
			view(t, db, func(tx *catalog.Tx) error {
				parts, err := tx.Parts("demo", "one", from, to)
				for _, p := range parts {
					got = append(got, p.Blob)
				}
				return err
			})
			if !reflect.DeepEqual(got, blobs) {
				t.Errorf("from %d to %d: %v, want %v", from, to, got, blobs)
			}
		}
		update(t, db, func(tx *catalog.Tx) error { return tx.PutSession(newSession("demo", "one")) })
		put(20, 5, "c")
		put(0, 10, "a")
		put(10, 10, "b")
		want(0, -1, "a", "b", "c")
		want(9, 10, "a")
		want(10, 20, "b")
		want(19, 21, "b", "c")
		want(25, -1)
		put(10, 10, "b2")
		want(0, 20, "a", "b2")
		var inUse, replaced bool
		update(t, db, func(tx *catalog.Tx) (err error) {
			var err2, err3 error
			inUse, err = tx.BlobInUse("demo", "b2")
			replaced, err2 = tx.BlobInUse("demo", "b")
			n, err3 := tx.CountParts("demo", "one")
			if n != 3 {
				t.Errorf("%d parts", n)
			}
			return errors.Join(err, err2, err3)
		})
		if !inUse || replaced {
			t.Errorf("in use: %v, replaced in use: %v", inUse, replaced)
		}
		wantCode(t, db.Update(t.Context(), func(tx *catalog.Tx) error {
			return tx.PutPart("demo", "none", catalog.Part{Bytes: 1, Blob: "x"})
		}), media.NotFound)
		var keys []string
		update(t, db, func(tx *catalog.Tx) (err error) { keys, err = tx.DeleteParts("demo", "one"); return err })
		if !reflect.DeepEqual(keys, []string{"a", "b2", "c"}) {
			t.Errorf("deleted %v", keys)
		}
		want(0, -1)
		// A session takes its parts with it.
		put(0, 1, "d")
		update(t, db, func(tx *catalog.Tx) error { return tx.DeleteSession("demo", "one") })
		want(0, -1)
		wantCode(t, db.Update(t.Context(), func(tx *catalog.Tx) error { return tx.DeleteSession("demo", "one") }), media.NotFound)
	})
}

func TestOpenAndExpiredSessions(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		update(t, db, func(tx *catalog.Tx) (err error) {
			for i, id := range []string{"c", "a", "guest-b", "done"} {
				s := newSession("demo", id)
				s.Received, s.ExpiresAt = int64(10+i), s.ExpiresAt.Add(time.Duration(i)*time.Minute)
				if id == "done" {
					s.Asset, s.ExpiresAt = "asset", s.CreatedAt
				}
				err = errors.Join(err, tx.PutSession(s))
			}
			return errors.Join(err, tx.PutSession(newSession("other", "a")))
		})
		view(t, db, func(tx *catalog.Tx) error {
			n, bytes, err := tx.OpenSessions("demo", start)
			if n != 3 || bytes != 33 {
				t.Errorf("%d sessions of %d bytes are open", n, bytes)
			}
			if n, bytes, err := tx.OpenSessions("demo", start.Add(time.Hour+30*time.Second)); n != 2 || bytes != 23 || err != nil {
				t.Errorf("later %d sessions of %d bytes are open, %v", n, bytes, err)
			}
			if n, bytes, err := tx.OpenGuestSessions("demo", start); n != 1 || bytes != 12 || err != nil {
				t.Errorf("%d sessions of %d bytes of guests are open, %v", n, bytes, err)
			}
			ids, err2 := tx.ExpiredSessions("demo", start.Add(time.Hour+90*time.Second), 10)
			if !reflect.DeepEqual(ids, []media.SessionID{"done", "c", "a"}) {
				t.Errorf("expired: %v", ids)
			}
			ids, err3 := tx.ExpiredSessions("demo", start.Add(2*time.Hour), 1)
			if !reflect.DeepEqual(ids, []media.SessionID{"done"}) {
				t.Errorf("the first expired: %v", ids)
			}
			return errors.Join(err, err2, err3)
		})
	})
}

// Whoever counts the open sessions inside an Update keeps others that do so out.
func TestOpenSessionsAreCountedOneAtATime(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				err := db.Update(t.Context(), func(tx *catalog.Tx) error {
					n, _, err := tx.OpenSessions("demo", start)
					if err != nil || n >= 3 {
						return err
					}
					return tx.PutSession(newSession("demo", id(string(rune('a'+i)))))
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		view(t, db, func(tx *catalog.Tx) error {
			n, _, err := tx.OpenSessions("demo", start)
			if n != 3 {
				t.Errorf("%d sessions", n)
			}
			return err
		})
	})
}
