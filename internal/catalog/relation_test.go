package catalog_test

import (
	"testing"

	"tintype/internal/catalog"
	"tintype/internal/media"
)

func TestRelations(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		a, b, c := newAsset("demo", "a"), newAsset("demo", "b"), newAsset("demo", "c")
		relate := func(acc media.AccountID, x, y media.AssetID) (fresh bool, err error) {
			err = db.Update(t.Context(), func(tx *catalog.Tx) (err error) {
				fresh, err = tx.Relate(acc, x, y, start)
				return err
			})
			return fresh, err
		}
		update(t, db, func(tx *catalog.Tx) error {
			for _, one := range []*media.Asset{a, b, c} {
				if err := tx.PutAsset(one); err != nil {
					return err
				}
			}
			return nil
		})
		for _, want := range []bool{true, false} {
			if fresh, err := relate("demo", a.ID, b.ID); fresh != want || err != nil {
				t.Errorf("relate: %v %v", fresh, err)
			}
		}
		if fresh, err := relate("demo", b.ID, a.ID); fresh || err != nil {
			t.Errorf("the other way round: %v %v", fresh, err)
		}
		if _, err := relate("demo", a.ID, c.ID); err != nil {
			t.Fatal(err)
		}
		_, err := relate("b", a.ID, c.ID)
		wantCode(t, err, media.NotFound)
		view(t, db, func(tx *catalog.Tx) error {
			first, next, err := tx.Related("demo", a.ID, "", 1)
			if err != nil || len(first) != 1 || next == "" {
				t.Fatalf("first page: %v %q %v", first, next, err)
			}
			second, next, err := tx.Related("demo", a.ID, next, 1)
			if err != nil || len(second) != 1 || next != "" || first[0].ID >= second[0].ID {
				t.Errorf("second page: %v %q %v", second, next, err)
			}
			if list, _, err := tx.Related("b", a.ID, "", 0); len(list) != 0 || err != nil {
				t.Errorf("of another account: %v %v", list, err)
			}
			_, _, err = tx.Related("demo", a.ID, "junk", 0)
			wantCode(t, err, media.Invalid)
			return nil
		})
		update(t, db, func(tx *catalog.Tx) error {
			if there, err := tx.Unrelate("b", a.ID, b.ID); there || err != nil {
				t.Errorf("unrelated by another account: %v %v", there, err)
			}
			there, err := tx.Unrelate("demo", b.ID, a.ID)
			if !there {
				t.Error("there was nothing to undo")
			}
			return err
		})
		update(t, db, func(tx *catalog.Tx) error { return tx.DeleteAsset("demo", c.ID) })
		view(t, db, func(tx *catalog.Tx) error {
			if list, _, err := tx.Related("demo", a.ID, "", 0); len(list) != 0 || err != nil {
				t.Errorf("relations are left: %v %v", list, err)
			}
			return nil
		})
	})
}
