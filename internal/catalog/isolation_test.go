package catalog_test

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"tintype/internal/catalog"
	"tintype/internal/media"
)

// TestAccountsAreApart calls every method with what belongs to account A in
// the name of account B. B finds nothing, and A keeps everything.
func TestAccountsAreApart(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		a := newAsset("a", "shoe")
		old := a.Version
		r := newRendition(a, "r")
		update(t, db, func(tx *catalog.Tx) error {
			err := errors.Join(tx.PutAsset(a), tx.PutRendition(r), tx.PutMeasured("a", a.Version.ID, "q", []byte(`1`)),
				tx.AddEvent(media.Event{Account: "a", Type: media.EventUploaded, Asset: a.ID}))
			s := newSession("a", "one")
			err = errors.Join(err, tx.PutSession(s), tx.PutPart("a", s.ID, catalog.Part{Bytes: 5, Blob: "part/a/one/0-x"}))
			err = errors.Join(err, tx.PutAccount(media.Account{ID: "a"}), tx.AddGroup(&media.Group{Account: "a", ID: "g", Members: []media.Member{{Asset: a.ID}}}))
			a.Version = newVersion("second")
			return errors.Join(err, tx.PutAsset(a))
		})
		const b media.AccountID = "b"
		byName := media.Ref{Kind: a.Kind, Access: a.Access, Name: a.Name}
		theirs := newRendition(a, "theirs")
		theirs.Account = b

		notFound := map[string]func(tx *catalog.Tx) error{
			"Asset by id":   func(tx *catalog.Tx) error { _, err := tx.Asset(b, media.Ref{ID: a.ID}); return err },
			"Asset by name": func(tx *catalog.Tx) error { _, err := tx.Asset(b, byName); return err },
			"Versions":      func(tx *catalog.Tx) error { _, err := tx.Versions(b, a.ID); return err },
			"Rendition":     func(tx *catalog.Tx) error { _, err := tx.Rendition(b, r.Key); return err },
			"RenameAsset":   func(tx *catalog.Tx) error { return tx.RenameAsset(b, a.ID, media.Ref{Name: "mine"}, start) },
			"DeleteAsset":   func(tx *catalog.Tx) error { return tx.DeleteAsset(b, a.ID) },
			"DeleteVersion": func(tx *catalog.Tx) error { return tx.DeleteVersion(b, old.ID) },
			"PutRendition":  func(tx *catalog.Tx) error { return tx.PutRendition(theirs) },
			"Group":         func(tx *catalog.Tx) error { _, err := tx.Group(b, "g"); return err },
			"Session":       func(tx *catalog.Tx) error { _, err := tx.Session(b, "one"); return err },
			"DeleteSession": func(tx *catalog.Tx) error { return tx.DeleteSession(b, "one") },
			"PutPart": func(tx *catalog.Tx) error {
				return tx.PutPart(b, "one", catalog.Part{Bytes: 1, Blob: "part/b/one/0-y"})
			},
			"Folder":       func(tx *catalog.Tx) error { _, err := tx.Folder(b, a.Folder); return err },
			"DeleteFolder": func(tx *catalog.Tx) error { _, err := tx.DeleteFolder(b, "summer"); return err },
			"MoveFolder":   func(tx *catalog.Tx) error { return tx.MoveFolder(b, "summer", "mine", start) },
			"PutMeasured":  func(tx *catalog.Tx) error { return tx.PutMeasured(b, old.ID, "q", []byte(`2`)) },
		}
		for name, fn := range notFound {
			if err := db.Update(t.Context(), fn); media.CodeOf(err) != media.NotFound {
				t.Errorf("%s: error %v, want not found", name, err)
			}
		}
		// Lists, counts and questions are empty, without an error.
		update(t, db, func(tx *catalog.Tx) error {
			list, next, err := tx.Assets(b, catalog.AssetQuery{})
			named, _, err2 := tx.Assets(b, catalog.AssetQuery{Names: []string{a.Name}})
			n, err3 := tx.CountAssets(b)
			made, _, err4 := tx.Renditions(b, a.ID, "", 0)
			deleted, err5 := tx.DeleteRenditions(b, a.ID)
			events, err6 := tx.Events(b, 0, 0)
			_, measured, err7 := tx.Measured(b, old.ID, "q")
			used, err8 := tx.BlobInUse(b, a.Version.Blob)
			parts, err9 := tx.Parts(b, "one", 0, -1)
			dropped, err10 := tx.DeleteParts(b, "one")
			counted, err11 := tx.CountParts(b, "one")
			open, held, err12 := tx.OpenSessions(b, start)
			if n, bytes, err := tx.OpenGuestSessions(b, start); n != 0 || bytes != 0 || err != nil {
				t.Errorf("guests of another account: %d %d %v", n, bytes, err)
			}
			expired, err13 := tx.ExpiredSessions(b, start.AddDate(1, 0, 0), 10)
			partUsed, err14 := tx.BlobInUse(b, "part/a/one/0-x")
			if byID, err := tx.AssetsByID(b, []media.AssetID{a.ID}); err != nil || len(byID) != 0 {
				t.Errorf("B sees %v, %v", byID, err)
			}
			if len(parts)+len(dropped)+int(counted+held)+open+len(expired) != 0 || partUsed {
				t.Errorf("B sees %v %v %d %d %d %v %v", parts, dropped, counted, open, held, expired, partUsed)
			}
			if folders, n, _, err := tx.Folders(b, "", "", 0); err != nil || len(folders)+n != 0 {
				t.Errorf("B sees folders %v, %d, %v", folders, n, err)
			}
			if taken, err := tx.DisplayNameTaken(b, a.Folder, a.DisplayName, "x"); err != nil || taken {
				t.Errorf("B sees a display name: %v, %v", taken, err)
			}
			traffic, errT := tx.Traffic(b, start, start)
			stock, errS := tx.Stock(b, start)
			if errT != nil || errS != nil || traffic != (catalog.Traffic{}) || stock != (catalog.Stock{}) {
				t.Errorf("B uses %+v, %+v: %v %v", traffic, stock, errT, errS)
			}
			err = errors.Join(err, err9, err10, err11, err12, err13, err14)
			if len(list)+len(named)+n+len(made)+len(deleted)+len(events) != 0 || next != "" || measured || used {
				t.Errorf("B sees %v %v %v %v %v %v %v %v", list, named, n, made, deleted, events, measured, used)
			}
			return errors.Join(err, err2, err3, err4, err5, err6, err7, err8)
		})
		// Ids are B's own to use: an asset with A's id is another asset.
		mine := newAsset(b, "mine")
		mine.ID, mine.Version.ID = a.ID, a.Version.ID
		update(t, db, func(tx *catalog.Tx) error { return tx.PutAsset(mine) })
		update(t, db, func(tx *catalog.Tx) error { return tx.DeleteAsset(b, a.ID) })

		view(t, db, func(tx *catalog.Tx) error {
			got, err := tx.Asset("a", byName)
			if !reflect.DeepEqual(got, stored(a)) {
				t.Errorf("A's asset became %+v", got)
			}
			versions, err2 := tx.Versions("a", a.ID)
			made, _, err3 := tx.Renditions("a", a.ID, "", 0)
			events, err4 := tx.Events("a", 0, 0)
			answer, _, err5 := tx.Measured("a", old.ID, "q")
			parts, err6 := tx.Parts("a", "one", 0, -1)
			if err6 != nil || len(parts) != 1 {
				t.Errorf("A's parts are %v, %v", parts, err6)
			}
			if len(versions) != 2 || len(made) != 1 || len(events) != 1 || string(answer) != "1" {
				t.Errorf("A has %v %v %v %s", versions, made, events, answer)
			}
			return errors.Join(err, err2, err3, err4, err5)
		})
	})
}

func TestPutAccount(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		demo := media.Account{ID: "demo", CreatedAt: start.Truncate(time.Microsecond).AddDate(-1, 0, 0), Keys: []media.Key{
			{ID: "9", Secret: "s'9\\", Name: "old", Disabled: true}, {ID: "1", Secret: "s1"},
		}}
		update(t, db, func(tx *catalog.Tx) error {
			return errors.Join(tx.PutAccount(demo), tx.PutAccount(media.Account{ID: "acme", Keys: []media.Key{{ID: "9", Secret: "other"}}}))
		})
		demo.Keys = []media.Key{{ID: "2", Secret: "s2"}, {ID: "9", Secret: "s9"}}
		update(t, db, func(tx *catalog.Tx) error {
			undated := media.Account{ID: demo.ID, Keys: demo.Keys}
			return errors.Join(tx.PutAccount(undated), tx.PutAccount(media.Account{ID: "acme"}))
		})
		view(t, db, func(tx *catalog.Tx) error {
			got, err := tx.Accounts()
			if want := []media.Account{{ID: "acme", CreatedAt: start.Truncate(time.Microsecond)}, demo}; !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v\nwant %+v", got, want)
			}
			return err
		})
		for code, bad := range map[media.Code]media.Account{
			media.Invalid:  {ID: "Not/valid"},
			media.Conflict: {ID: "demo", Keys: []media.Key{{ID: "1"}, {ID: "1"}}},
		} {
			wantCode(t, db.Update(t.Context(), func(tx *catalog.Tx) error { return tx.PutAccount(bad) }), code)
		}
	})
}
