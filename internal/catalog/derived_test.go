package catalog_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"tintype/internal/catalog"
	"tintype/internal/media"
)

func TestRenditions(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		a, b := newAsset("demo", "a"), newAsset("demo", "b")
		var made []*media.Rendition
		update(t, db, func(tx *catalog.Tx) error {
			err := errors.Join(tx.PutAsset(a), tx.PutAsset(b), tx.PutRendition(newRendition(b, "of b")))
			for i := range 7 {
				made = append(made, newRendition(a, fmt.Sprint(i)))
				err = errors.Join(err, tx.PutRendition(made[i]))
			}
			return err
		})
		// The same key again replaces.
		made[3].Blob, made[3].Info.Bytes, made[3].Transformation = "rendition/elsewhere", 5, "other"
		update(t, db, func(tx *catalog.Tx) error { return tx.PutRendition(made[3]) })
		for _, want := range made {
			view(t, db, func(tx *catalog.Tx) error {
				got, err := tx.Rendition("demo", want.Key)
				if !reflect.DeepEqual(got, want) {
					t.Errorf("got %+v\nwant %+v", got, want)
				}
				return err
			})
		}
		slices.SortFunc(made, func(a, b *media.Rendition) int { return strings.Compare(a.Key, b.Key) })
		for _, limit := range []int{1, 3, 7, 100} {
			var got []*media.Rendition
			for cursor, more := "", true; more; more = cursor != "" {
				view(t, db, func(tx *catalog.Tx) error {
					page, next, err := tx.Renditions("demo", a.ID, cursor, limit)
					got, cursor = append(got, page...), next
					return err
				})
			}
			if !reflect.DeepEqual(got, made) {
				t.Errorf("pages of %d: got %d renditions, want %d", limit, len(got), len(made))
			}
		}
		update(t, db, func(tx *catalog.Tx) error {
			deleted, err := tx.DeleteRenditions("demo", a.ID)
			slices.SortFunc(deleted, func(a, b *media.Rendition) int { return strings.Compare(a.Key, b.Key) })
			if !reflect.DeepEqual(deleted, made) {
				t.Errorf("deleted %+v\nwant %+v", deleted, made)
			}
			rest, err2 := tx.DeleteRenditions("demo", a.ID)
			if len(rest) != 0 {
				t.Errorf("deleted %d more", len(rest))
			}
			_, err3 := tx.Rendition("demo", id("of b"))
			return errors.Join(err, err2, err3)
		})
		// A rendition names an asset and a version of that asset.
		odd := newRendition(a, "odd")
		odd.Version = b.Version.ID
		wantCode(t, db.Update(t.Context(), func(tx *catalog.Tx) error { return tx.PutRendition(odd) }), media.NotFound)
	})
}

func TestDeleteVersionTakesWhatIsDerived(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		a := newAsset("demo", "a")
		old := a.Version.ID
		update(t, db, func(tx *catalog.Tx) error {
			err := errors.Join(tx.PutAsset(a), tx.PutRendition(newRendition(a, "old")), tx.PutMeasured("demo", old, "q", []byte(`1`)))
			a.Version = newVersion("new")
			return errors.Join(err, tx.PutAsset(a), tx.PutRendition(newRendition(a, "new")))
		})
		update(t, db, func(tx *catalog.Tx) error { return tx.DeleteVersion("demo", old) })
		view(t, db, func(tx *catalog.Tx) error {
			left, _, err := tx.Renditions("demo", a.ID, "", 0)
			if len(left) != 1 || left[0].Key != id("new") {
				t.Errorf("renditions %+v, want the new version's", left)
			}
			_, ok, err2 := tx.Measured("demo", old, "q")
			if ok {
				t.Error("the measurement of the deleted version stayed")
			}
			return errors.Join(err, err2)
		})
	})
}

func TestBlobInUse(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		a, twin := newAsset("demo", "a"), newAsset("demo", "twin")
		twin.Version.Blob = a.Version.Blob
		r := newRendition(a, "r")
		inUse := func(key string) (used bool) {
			update(t, db, func(tx *catalog.Tx) (err error) { used, err = tx.BlobInUse("demo", key); return err })
			return used
		}
		update(t, db, func(tx *catalog.Tx) error {
			return errors.Join(tx.PutAsset(a), tx.PutAsset(twin), tx.PutRendition(r))
		})
		if !inUse(a.Version.Blob) || !inUse(r.Blob) || inUse("other") || inUse("") {
			t.Error("wrong about blobs in use")
		}
		update(t, db, func(tx *catalog.Tx) error { return tx.DeleteAsset("demo", a.ID) })
		if !inUse(twin.Version.Blob) || inUse(r.Blob) {
			t.Error("wrong about the blobs that the twin has and has not")
		}
		update(t, db, func(tx *catalog.Tx) error { return tx.DeleteAsset("demo", twin.ID) })
		if inUse(twin.Version.Blob) {
			t.Error("in use after both are gone")
		}
	})
}

func TestEvents(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		a := newAsset("demo", "a")
		want := []media.Event{
			{Account: "demo", Type: media.EventUploaded, Asset: a.ID, Ref: a.Ref, At: start.Truncate(time.Microsecond), Data: []byte(`{"b": 1, "a": 1.0}`)},
			{Account: "demo", Type: media.EventRenamed, Asset: a.ID, Ref: a.Ref, At: start.Truncate(time.Microsecond)},
			{Account: "demo", Type: media.EventDeleted, Asset: a.ID, Ref: a.Ref, At: start.AddDate(-1, 0, 0).Truncate(time.Microsecond)},
		}
		update(t, db, func(tx *catalog.Tx) error {
			undated := want[0]
			undated.At = time.Time{}
			return errors.Join(tx.AddEvent(undated), tx.AddEvent(media.Event{Account: "other", Type: media.EventUploaded}), tx.AddEvent(want[1]))
		})
		rolledBack := errors.New("no")
		if err := db.Update(t.Context(), func(tx *catalog.Tx) error { return errors.Join(tx.AddEvent(want[0]), rolledBack) }); !errors.Is(err, rolledBack) {
			t.Fatal(err)
		}
		update(t, db, func(tx *catalog.Tx) error {
			err := tx.AddEvent(want[2])
			events, err2 := tx.Events("demo", 0, 0) // also within the transaction
			if len(events) != 3 {
				t.Errorf("%d events inside, want 3", len(events))
			}
			return errors.Join(err, err2)
		})
		var last int64
		for i := range want {
			view(t, db, func(tx *catalog.Tx) error {
				events, err := tx.Events("demo", last, 1)
				if len(events) != 1 || events[0].ID <= last {
					t.Fatalf("event %d after %d: %+v", i, last, events)
				}
				last = events[0].ID
				events[0].ID = 0
				if !reflect.DeepEqual(events[0], want[i]) {
					t.Errorf("got %+v\nwant %+v", events[0], want[i])
				}
				return err
			})
		}
		view(t, db, func(tx *catalog.Tx) error {
			if events, err := tx.Events("demo", last, 0); err != nil || len(events) != 0 {
				t.Errorf("after the last: %v, %v", events, err)
			}
			return nil
		})
		wantCode(t, db.Update(t.Context(), func(tx *catalog.Tx) error { return tx.AddEvent(media.Event{Type: "x"}) }), media.Invalid)
	})
}

func TestMeasured(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		a := newAsset("demo", "a")
		update(t, db, func(tx *catalog.Tx) error { return tx.PutAsset(a) })
		for _, answer := range []string{`{"b": 1,  "a":[1.0, "\u0000"]}`, `null`} { // kept byte for byte, then replaced
			update(t, db, func(tx *catalog.Tx) error {
				return tx.PutMeasured("demo", a.Version.ID, "trim:10", []byte(answer))
			})
			view(t, db, func(tx *catalog.Tx) error {
				got, ok, err := tx.Measured("demo", a.Version.ID, "trim:10")
				if !ok || string(got) != answer {
					t.Errorf("got %s, %v, want %s", got, ok, answer)
				}
				_, other, err2 := tx.Measured("demo", a.Version.ID, "trim:11")
				if other {
					t.Error("found an answer to another question")
				}
				return errors.Join(err, err2)
			})
		}
		for _, bad := range []string{"", "{", "\"\xff\""} {
			wantCode(t, db.Update(t.Context(), func(tx *catalog.Tx) error { return tx.PutMeasured("demo", a.Version.ID, "q", []byte(bad)) }), media.Invalid)
		}
	})
}
