package catalog_test

import (
	"errors"
	"testing"
	"time"

	"tintype/internal/catalog"
)

func TestUsage(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		a := newAsset("demo", "a")
		r := newRendition(a, "r")
		old := newRendition(a, "old")
		old.CreatedAt = start.AddDate(0, -2, 0)
		day := func(n int) time.Time { return start.AddDate(0, 0, n) }
		update(t, db, func(tx *catalog.Tx) error {
			err := errors.Join(tx.PutAsset(a), tx.PutRendition(r), tx.PutRendition(old))
			for n, bytes := range map[int]int64{0: 100, -1: 20, -40: 7} {
				err = errors.Join(err, tx.AddTraffic("demo", day(n), catalog.Traffic{Requests: 1, Bytes: bytes}))
			}
			return errors.Join(err, tx.AddTraffic("demo", day(0), catalog.Traffic{Requests: 2, Bytes: 1 << 40}), tx.AddTraffic("other", day(0), catalog.Traffic{Requests: 9, Bytes: 9}))
		})
		view(t, db, func(tx *catalog.Tx) error {
			month, err := tx.Traffic("demo", day(-29), day(0))
			if want := (catalog.Traffic{Requests: 4, Bytes: 1<<40 + 120}); month != want {
				t.Errorf("a month is %+v, want %+v", month, want)
			}
			none, err2 := tx.Traffic("none", day(-29), day(0))
			s, err3 := tx.Stock("demo", start.AddDate(0, -1, 0))
			if want := (catalog.Stock{Assets: 1, Renditions: 2, AssetBytes: 12345, RenditionBytes: 198, RenditionsSince: 1}); s != want {
				t.Errorf("stock is %+v, want %+v", s, want)
			}
			empty, err4 := tx.Stock("none", start)
			if none != (catalog.Traffic{}) || empty != (catalog.Stock{}) {
				t.Errorf("of no account: %+v, %+v", none, empty)
			}
			return errors.Join(err, err2, err3, err4)
		})
	})
}
