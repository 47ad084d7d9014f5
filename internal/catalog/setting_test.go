package catalog_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"tintype/internal/catalog"
	"tintype/internal/media"
)

func TestSettings(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		one := media.Setting{Account: "demo", Kind: "preset", Name: "a/b ?", Body: json.RawMessage(`{"tags": ["x"]}`)}
		wantCode(t, db.Update(t.Context(), func(tx *catalog.Tx) error { return tx.AddSetting(one) }), media.NotFound) // no such account
		update(t, db, func(tx *catalog.Tx) error { return tx.PutAccount(media.Account{ID: "demo"}) })
		update(t, db, func(tx *catalog.Tx) error { return tx.AddSetting(one) })
		wantCode(t, db.Update(t.Context(), func(tx *catalog.Tx) error { return tx.AddSetting(one) }), media.Conflict)

		changed := one
		changed.Body, changed.UpdatedAt = json.RawMessage(`{}`), start.Add(time.Hour)
		before := revision(t, db)
		update(t, db, func(tx *catalog.Tx) error { return tx.PutSetting(changed) })
		if revision(t, db) == before {
			t.Error("the revision stays when a setting changes")
		}
		changed.CreatedAt, changed.UpdatedAt = start.Truncate(time.Microsecond), changed.UpdatedAt.Truncate(time.Microsecond)
		view(t, db, func(tx *catalog.Tx) error {
			got, err := tx.Setting("demo", "preset", one.Name)
			if err != nil || !reflect.DeepEqual(got, changed) {
				t.Errorf("setting %+v, %v; want %+v", got, err, changed)
			}
			all, err := tx.Settings()
			if err != nil || len(all) != 1 || !reflect.DeepEqual(all[0], changed) {
				t.Errorf("settings %+v, %v", all, err)
			}
			some, err := tx.SettingsOf("demo", "mapping", "preset")
			if err != nil || len(some) != 1 || !reflect.DeepEqual(some[0], changed) {
				t.Errorf("settings of two kinds %+v, %v", some, err)
			}
			for acc, kind := range map[media.AccountID]media.SettingKind{"demo": "mapping", "other": "preset"} {
				if none, err := tx.SettingsOf(acc, kind); err != nil || len(none) != 0 {
					t.Errorf("%s of %s: %+v, %v", kind, acc, none, err)
				}
			}
			_, err = tx.Setting("demo", "transformation", one.Name)
			wantCode(t, err, media.NotFound)
			_, err = tx.Setting("other", "preset", one.Name)
			wantCode(t, err, media.NotFound)
			return nil
		})
		wantCode(t, db.Update(t.Context(), func(tx *catalog.Tx) error { return tx.DeleteSetting("other", "preset", one.Name) }), media.NotFound)
		update(t, db, func(tx *catalog.Tx) error { return tx.DeleteSetting("demo", "preset", one.Name) })
		wantCode(t, db.Update(t.Context(), func(tx *catalog.Tx) error { return tx.DeleteSetting("demo", "preset", one.Name) }), media.NotFound)
		for _, bad := range []media.Setting{
			{Account: "demo", Kind: "preset", Name: "", Body: json.RawMessage(`{}`)},
			{Account: "demo", Kind: "preset", Name: "x", Body: json.RawMessage(`{`)},
			{Account: "demo", Kind: "preset", Name: "x"},
		} {
			wantCode(t, db.Update(t.Context(), func(tx *catalog.Tx) error { return tx.PutSetting(bad) }), media.Invalid)
		}
	})
}

func revision(t *testing.T, db *catalog.DB) (n int64) {
	t.Helper()
	view(t, db, func(tx *catalog.Tx) (err error) {
		n, err = tx.DirectoryRevision()
		return err
	})
	return n
}

func TestDeletedAssetsHide(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		a := newAsset("demo", "gone")
		a.Deleted = true
		update(t, db, func(tx *catalog.Tx) error { return tx.PutAsset(a) })
		view(t, db, func(tx *catalog.Tx) error {
			for _, ref := range []media.Ref{{ID: a.ID}, {Kind: a.Kind, Access: a.Access, Name: a.Name}} {
				_, err := tx.Asset("demo", ref)
				wantCode(t, err, media.NotFound)
				if found, err := tx.AnyAsset("demo", ref); err != nil || !found.Deleted {
					t.Errorf("AnyAsset: %+v, %v", found, err)
				}
			}
			if n, err := tx.CountAssets("demo"); n != 0 || err != nil {
				t.Errorf("counted %d, %v", n, err)
			}
			if list, _, err := tx.Assets("demo", catalog.AssetQuery{}); len(list) != 0 || err != nil {
				t.Errorf("listed %v, %v", list, err)
			}
			return nil
		})
	})
}
