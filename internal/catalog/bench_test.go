package catalog_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"tintype/internal/catalog"
	"tintype/internal/catalog/catalogtest"
	"tintype/internal/media"
)

func benchEach(b *testing.B, fn func(b *testing.B, db *catalog.DB)) {
	b.Run("sqlite", func(b *testing.B) { fn(b, catalogtest.Open(b, catalogtest.SQLite(b), catalog.Config{})) })
	b.Run("postgres", func(b *testing.B) { fn(b, catalogtest.Open(b, catalogtest.Postgres(b), catalog.Config{})) })
}

// BenchmarkPutAsset is the commit of an upload: asset, version and event, with
// the sync of the disk on SQLite and without it on the test's PostgreSQL.
func BenchmarkPutAsset(b *testing.B) {
	benchEach(b, func(b *testing.B, db *catalog.DB) {
		var n atomic.Int64
		b.ResetTimer() // opening took its time
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				a := newAsset("demo", fmt.Sprint(n.Add(1)))
				if err := db.Update(context.Background(), func(tx *catalog.Tx) error {
					return errors.Join(tx.PutAsset(a), tx.AddEvent(media.Event{Account: "demo", Type: media.EventUploaded, Asset: a.ID, Ref: a.Ref}))
				}); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "puts/s")
	})
}

// BenchmarkAsset looks one of 1,000 assets up by name.
func BenchmarkAsset(b *testing.B) {
	benchEach(b, func(b *testing.B, db *catalog.DB) {
		update(b, db, func(tx *catalog.Tx) error {
			for i := range 1000 {
				if err := tx.PutAsset(newAsset("demo", fmt.Sprint(i))); err != nil {
					return err
				}
			}
			return nil
		})
		b.ResetTimer()
		b.RunParallel(func(pb *testing.PB) {
			for i := 0; pb.Next(); i++ {
				ref := media.Ref{Kind: media.KindImage, Access: media.Public, Name: fmt.Sprint(i % 1000)}
				if err := db.View(context.Background(), func(tx *catalog.Tx) error { _, err := tx.Asset("demo", ref); return err }); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "lookups/s")
	})
}
