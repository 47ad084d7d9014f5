package catalog_test

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tintype/internal/catalog"
	"tintype/internal/media"
)

// all walks through every page and returns the names, checking that no page
// but the last is short.
func all(t *testing.T, db *catalog.DB, q catalog.AssetQuery) []string {
	t.Helper()
	var names []string
	for {
		var page []*media.Asset
		var next string
		view(t, db, func(tx *catalog.Tx) (err error) { page, next, err = tx.Assets("demo", q); return err })
		for _, a := range page {
			names = append(names, a.Name)
		}
		if next == "" {
			return names
		}
		if len(page) != q.Limit {
			t.Fatalf("page of %d with a next one, want %d", len(page), q.Limit)
		}
		q.Cursor = next
	}
}

// fill puts assets with awkward names, several in the same microsecond, and
// returns them.
func fill(t *testing.T, db *catalog.DB) []*media.Asset {
	t.Helper()
	names := []string{"a", "A", "a%", "a%b", "a_", "a_b", "a\\", "ab", "aab", "axb", "b", "ä", "z", "日本", "日本語", "日", "\U0010FFFF", "\U0010FFFFa", "\uD7FFx", "\uE000x", "%", "_", "a/b", "a/b/c", "a?b", "a'b", "a\"b", " "}
	var assets []*media.Asset
	update(t, db, func(tx *catalog.Tx) error {
		for i, name := range names {
			a := newAsset("demo", name)
			a.CreatedAt = start.Add(time.Duration(i/5) * time.Microsecond)
			a.Kind = []media.Kind{media.KindImage, media.KindRaw}[i%2]
			a.Access = []media.Access{media.Public, media.Public, media.Private}[i%3]
			if err := tx.PutAsset(a); err != nil {
				return err
			}
			assets = append(assets, a)
		}
		stranger := newAsset("other", "a")
		return tx.PutAsset(stranger)
	})
	return assets
}

func byCreated(a, b *media.Asset) int {
	return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
}

func byName(a, b *media.Asset) int { return cmp.Compare(a.Name, b.Name) }

func TestListing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		assets := fill(t, db)
		want := func(q catalog.AssetQuery) (names []string) {
			list := slices.Clone(assets)
			if q.Order == catalog.ByName {
				slices.SortFunc(list, byName)
			} else {
				slices.SortFunc(list, byCreated)
				if !q.Ascending {
					slices.Reverse(list)
				}
			}
			for _, a := range list {
				if (q.Kind == "" || q.Kind == a.Kind) && (q.Access == "" || q.Access == a.Access) && strings.HasPrefix(a.Name, q.Prefix) && (q.Names == nil || slices.Contains(q.Names, a.Name)) {
					names = append(names, a.Name)
				}
			}
			return names
		}
		for _, order := range []catalog.AssetQuery{{}, {Ascending: true}, {Order: catalog.ByName}} {
			for _, filter := range []catalog.AssetQuery{
				{}, {Kind: media.KindRaw}, {Access: media.Private}, {Kind: media.KindImage, Access: media.Public}, {Kind: media.KindVideo},
				{Names: []string{"a", "%", "missing", "\x00", ""}}, {Names: []string{}}, {Names: []string{""}}, {Prefix: "a", Kind: media.KindImage, Names: []string{"ab", "b"}},
			} {
				for _, limit := range []int{1, 3, 1000} {
					q := filter
					q.Order, q.Ascending, q.Limit = order.Order, order.Ascending, limit
					if got, want := all(t, db, q), want(q); !slices.Equal(got, want) {
						t.Errorf("%+v\n got %q\nwant %q", q, got, want)
					}
				}
			}
			for _, prefix := range []string{"a", "a%", "a_", "a\\", "%", "_", "a/", "日", "日本", "\U0010FFFF", "\uD7FF", "\uE000", "nothing", "a'", "a?", " "} {
				q := catalog.AssetQuery{Prefix: prefix, Order: order.Order, Ascending: order.Ascending, Limit: 2}
				got, want := all(t, db, q), want(q)
				if !slices.Equal(got, want) {
					t.Errorf("prefix %q\n got %q\nwant %q", prefix, got, want)
				}
			}
		}
		view(t, db, func(tx *catalog.Tx) error {
			n, err := tx.CountAssets("demo")
			if n != len(assets) {
				t.Errorf("count %d, want %d", n, len(assets))
			}
			return err
		})
	})
}

func TestListingGoesOnAfterChanges(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		var assets []*media.Asset
		update(t, db, func(tx *catalog.Tx) error {
			for i := range 6 {
				a := newAsset("demo", fmt.Sprint(i))
				a.CreatedAt = start.Add(time.Duration(i) * time.Second)
				assets = append(assets, a)
				if err := tx.PutAsset(a); err != nil {
					return err
				}
			}
			return nil
		})
		q := catalog.AssetQuery{Ascending: true, Limit: 3}
		view(t, db, func(tx *catalog.Tx) (err error) { _, q.Cursor, err = tx.Assets("demo", q); return err })
		update(t, db, func(tx *catalog.Tx) error { // the last of the page, and one before
			return cmp.Or(tx.DeleteAsset("demo", assets[2].ID), tx.DeleteAsset("demo", assets[0].ID))
		})
		if got, want := all(t, db, q), []string{"3", "4", "5"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestJunkCursor(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		fill(t, db)
		var created, name string
		view(t, db, func(tx *catalog.Tx) (err error) {
			if _, created, err = tx.Assets("demo", catalog.AssetQuery{Limit: 1}); err != nil {
				return err
			}
			_, name, err = tx.Assets("demo", catalog.AssetQuery{Limit: 1, Order: catalog.ByName})
			return err
		})
		raw := base64.RawURLEncoding.EncodeToString
		for _, cursor := range []string{"x", " ", "'; DROP TABLE asset; --", name, created + "A", created[1:], created + "=", raw([]byte(`{}`)), raw([]byte(`{"k":"c"}`)), raw([]byte(`{"k":"c","t":1,"i":"a","x":1}`)), raw([]byte(`{"k":"c","t":1,"i":"a\u0000"}`))} {
			view(t, db, func(tx *catalog.Tx) error {
				_, _, err := tx.Assets("demo", catalog.AssetQuery{Cursor: cursor})
				wantCode(t, err, media.Invalid)
				if !strings.Contains(media.MessageOf(err), "cursor") {
					t.Errorf("message %q does not name the cursor", media.MessageOf(err))
				}
				_, _, err = tx.Renditions("demo", "x", cursor, 1)
				wantCode(t, err, media.Invalid)
				return nil
			})
		}
		view(t, db, func(tx *catalog.Tx) error {
			_, _, err := tx.Assets("demo", catalog.AssetQuery{Prefix: "\xff"})
			wantCode(t, err, media.Invalid)
			return nil
		})
	})
}
