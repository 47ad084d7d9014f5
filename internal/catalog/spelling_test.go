package catalog_test

import (
	"reflect"
	"strings"
	"testing"

	"tintype/internal/catalog"
	"tintype/internal/media"
)

func TestSpellings(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		a := newAsset("demo", "shoe")
		one, two := newRendition(a, "1"), newRendition(a, "2")
		if one.Key > two.Key {
			one, two = two, one
		}
		in := func(text string) media.Spelling { return media.Spelling{Dialect: "d", Text: text} }
		update(t, db, func(tx *catalog.Tx) error {
			for _, err := range []error{
				tx.PutAsset(a), tx.PutRendition(one), tx.PutRendition(two),
				tx.PutSpelling("demo", in("w 1"), one.Key), tx.PutSpelling("demo", in("w 1"), one.Key),
				tx.PutSpelling("demo", in("w 1"), two.Key), tx.PutSpelling("demo", in("a"), two.Key),
				tx.PutSpelling("demo", media.Spelling{Dialect: "other", Text: "z"}, two.Key),
			} {
				if err != nil {
					return err
				}
			}
			return nil
		})
		wantCode(t, db.Update(t.Context(), func(tx *catalog.Tx) error { return tx.PutSpelling("demo", in("w 1"), "none") }), media.NotFound)
		wantCode(t, db.Update(t.Context(), func(tx *catalog.Tx) error { return tx.PutSpelling("demo", in(strings.Repeat("x", 1025)), one.Key) }), media.Invalid)
		view(t, db, func(tx *catalog.Tx) error {
			if yes, err := tx.Spelled("demo", in("w 1"), one.Key); !yes || err != nil {
				t.Errorf("spelled: %v %v", yes, err)
			}
			if yes, err := tx.Spelled("b", in("w 1"), one.Key); yes || err != nil {
				t.Errorf("of another account: %v %v", yes, err)
			}
			if texts, err := tx.SpellingTexts("demo", "d", "", 0); err != nil || !reflect.DeepEqual(texts, []string{"a", "w 1"}) {
				t.Errorf("texts %v, %v", texts, err)
			}
			if texts, err := tx.SpellingTexts("demo", "d", "a", 0); err != nil || !reflect.DeepEqual(texts, []string{"w 1"}) {
				t.Errorf("texts after a: %v, %v", texts, err)
			}
			of, err := tx.SpellingsOf("demo", "d", []string{one.Key, two.Key})
			if want := map[string]string{one.Key: "w 1", two.Key: "a"}; err != nil || !reflect.DeepEqual(of, want) {
				t.Errorf("spellings %v, %v; want %v", of, err, want)
			}
			page, next, err := tx.SpelledRenditions("demo", in("w 1"), "", 1)
			if err != nil || len(page) != 1 || page[0].Key != one.Key || next == "" {
				t.Fatalf("first page: %v %q %v", page, next, err)
			}
			page, next, err = tx.SpelledRenditions("demo", in("w 1"), next, 1)
			if err != nil || len(page) != 1 || page[0].Key != two.Key || next != "" {
				t.Errorf("second page: %v %q %v", page, next, err)
			}
			if page, _, err := tx.SpelledRenditions("b", in("w 1"), "", 1); err != nil || len(page) != 0 {
				t.Errorf("of another account: %v %v", page, err)
			}
			return nil
		})
		wantCode(t, db.Update(t.Context(), func(tx *catalog.Tx) error { _, err := tx.DeleteRendition("b", one.Key); return err }), media.NotFound)
		update(t, db, func(tx *catalog.Tx) error {
			gone, err := tx.DeleteRendition("demo", two.Key)
			if err == nil && gone.Blob != two.Blob {
				t.Errorf("deleted %+v", gone)
			}
			return err
		})
		view(t, db, func(tx *catalog.Tx) error {
			if texts, err := tx.SpellingTexts("demo", "d", "", 0); err != nil || !reflect.DeepEqual(texts, []string{"w 1"}) {
				t.Errorf("spellings outlive their renditions: %v, %v", texts, err)
			}
			return nil
		})
	})
}
