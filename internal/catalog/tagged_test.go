package catalog_test

import (
	"errors"
	"slices"
	"testing"

	"tintype/internal/catalog"
	"tintype/internal/media"
)

func TestAssetsOfATag(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		tags := map[string][]string{
			"a": {"x", "y"}, "b": {"x%"}, "c": nil, "d": {"X"}, "e": {`say "x"`, "日本"}, "f": {"y", "x"}, "g": {"xx", `["x"]`},
		}
		update(t, db, func(tx *catalog.Tx) error {
			var failed []error
			for name, list := range tags {
				a := newAsset("demo", name)
				a.Tags = list
				failed = append(failed, tx.PutAsset(a))
			}
			other := newAsset("other", "z")
			other.Tags = []string{"x"}
			return errors.Join(append(failed, tx.PutAsset(other))...)
		})
		for _, c := range []struct {
			q    catalog.AssetQuery
			want []string
		}{
			{catalog.AssetQuery{Tag: "x"}, []string{"a", "f"}},
			{catalog.AssetQuery{Tag: "x", Limit: 1}, []string{"a", "f"}},
			{catalog.AssetQuery{Tag: "x", Prefix: "f"}, []string{"f"}},
			{catalog.AssetQuery{Tag: "x", Kind: media.KindRaw}, nil},
			{catalog.AssetQuery{Tag: "x%"}, []string{"b"}},
			{catalog.AssetQuery{Tag: `say "x"`}, []string{"e"}},
			{catalog.AssetQuery{Tag: "日本"}, []string{"e"}},
			{catalog.AssetQuery{Tag: `["x"]`}, []string{"g"}},
			{catalog.AssetQuery{Tag: "nothing"}, nil},
		} {
			c.q.Order = catalog.ByName
			if got := all(t, db, c.q); !slices.Equal(got, c.want) {
				t.Errorf("%+v: %q, want %q", c.q, got, c.want)
			}
		}
		err := db.View(t.Context(), func(tx *catalog.Tx) error {
			_, _, err := tx.Assets("demo", catalog.AssetQuery{Tag: "\xff"})
			return err
		})
		if media.CodeOf(err) != media.Invalid {
			t.Errorf("a tag that is no text: %v", err)
		}
	})
}

func TestDeleteSomeRenditions(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		a, b := newAsset("demo", "a"), newAsset("demo", "b")
		one, two, of := newRendition(a, "one"), newRendition(a, "two"), newRendition(b, "of b")
		update(t, db, func(tx *catalog.Tx) error {
			return errors.Join(tx.PutAsset(a), tx.PutAsset(b), tx.PutRendition(one), tx.PutRendition(two), tx.PutRendition(of))
		})
		update(t, db, func(tx *catalog.Tx) error {
			gone, err := tx.DeleteRenditionsOf("demo", a.ID, []string{one.Key, of.Key, "missing"})
			if len(gone) != 1 || gone[0].Key != one.Key || gone[0].Blob != one.Blob {
				t.Errorf("deleted %+v", gone)
			}
			theirs, err2 := tx.DeleteRenditionsOf("other", a.ID, []string{two.Key})
			none, err3 := tx.DeleteRenditionsOf("demo", a.ID, nil)
			if len(theirs)+len(none) != 0 {
				t.Errorf("deleted %v %v", theirs, none)
			}
			return errors.Join(err, err2, err3)
		})
		view(t, db, func(tx *catalog.Tx) error {
			_, err := tx.Rendition("demo", two.Key)
			_, err2 := tx.Rendition("demo", of.Key)
			return errors.Join(err, err2)
		})
	})
}
