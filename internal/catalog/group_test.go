package catalog_test

import (
	"reflect"
	"testing"
	"time"

	"tintype/internal/catalog"
	"tintype/internal/media"
)

func TestGroups(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		update(t, db, func(tx *catalog.Tx) error { return tx.PutAccount(media.Account{ID: "demo", CreatedAt: start}) })
		want := &media.Group{
			Account: "demo", ID: media.GroupID(id("group")), CreatedAt: start.Truncate(time.Microsecond),
			Members: []media.Member{
				{Asset: media.AssetID(id("b")), Transformation: "resize/x800/-/text/ü'\"/"},
				{Asset: media.AssetID(id("a"))}, {Asset: media.AssetID(id("b"))},
			},
		}
		update(t, db, func(tx *catalog.Tx) error { return tx.AddGroup(want) })
		view(t, db, func(tx *catalog.Tx) error {
			got, err := tx.Group("demo", want.ID)
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v\nwant %+v", got, want)
			}
			_, other := tx.Group("other", want.ID)
			wantCode(t, other, media.NotFound)
			_, none := tx.Group("demo", "none")
			wantCode(t, none, media.NotFound)
			return err
		})
		wantCode(t, db.Update(t.Context(), func(tx *catalog.Tx) error { return tx.AddGroup(want) }), media.Conflict)
		for name, bad := range map[string]media.Group{
			"no id":    {Account: "demo"},
			"no asset": {Account: "demo", ID: "g", Members: []media.Member{{}}},
			"odd text": {Account: "demo", ID: "g", Members: []media.Member{{Asset: "a", Transformation: "\xff"}}},
			"NUL":      {Account: "demo", ID: "g", Members: []media.Member{{Asset: "a", Transformation: "\x00"}}},
		} {
			if err := db.Update(t.Context(), func(tx *catalog.Tx) error { return tx.AddGroup(&bad) }); media.CodeOf(err) != media.Invalid {
				t.Errorf("%s: %v", name, err)
			}
		}
		nobody := *want
		nobody.Account = "nobody"
		wantCode(t, db.Update(t.Context(), func(tx *catalog.Tx) error { return tx.AddGroup(&nobody) }), media.NotFound)
	})
}

func TestAssetsByID(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		a, b, other := newAsset("demo", "a"), newAsset("demo", "b"), newAsset("other", "c")
		update(t, db, func(tx *catalog.Tx) error {
			for _, one := range []*media.Asset{a, b, other} {
				if err := tx.PutAsset(one); err != nil {
					return err
				}
			}
			return tx.DeleteAsset("demo", b.ID)
		})
		view(t, db, func(tx *catalog.Tx) error {
			got, err := tx.AssetsByID("demo", []media.AssetID{b.ID, a.ID, a.ID, other.ID, "", "none"})
			if err != nil || len(got) != 1 || !reflect.DeepEqual(got[a.ID], a) {
				t.Errorf("%v, %v", got, err)
			}
			none, err := tx.AssetsByID("demo", nil)
			if len(none) != 0 {
				t.Errorf("%v of nothing", none)
			}
			return err
		})
	})
}
