package catalog_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"tintype/internal/catalog"
	"tintype/internal/catalog/catalogtest"
	"tintype/internal/media"
)

func count(t testing.TB, db *catalog.DB) (n int) {
	t.Helper()
	view(t, db, func(tx *catalog.Tx) (err error) { n, err = tx.CountAssets("demo"); return err })
	return n
}

func TestUpdateRollsBack(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		put := func(tx *catalog.Tx) error {
			return errors.Join(tx.PutAsset(newAsset("demo", "a")), tx.Enqueue(catalog.Job{Kind: "job"}))
		}
		woken := 0
		defer db.OnEnqueue(func() { woken++ })()
		want := errors.New("no")
		if err := db.Update(t.Context(), func(tx *catalog.Tx) error { return errors.Join(put(tx), want) }); !errors.Is(err, want) {
			t.Errorf("error %v, want %v", err, want)
		}
		func() {
			defer func() {
				if p := recover(); p != "boom" {
					t.Errorf("recovered %v, want boom", p)
				}
			}()
			_ = db.Update(t.Context(), func(tx *catalog.Tx) error { _ = put(tx); panic("boom") })
		}()
		ctx, cancel := context.WithCancel(t.Context())
		err := db.Update(ctx, func(tx *catalog.Tx) error { defer cancel(); return put(tx) })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want canceled", err)
		}
		if n := count(t, db); n != 0 || woken != 0 {
			t.Errorf("%d assets and %d wake-ups after roll-backs, want none", n, woken)
		}
		update(t, db, put)
		if n := count(t, db); n != 1 || woken != 1 {
			t.Errorf("%d assets and %d wake-ups, want 1 and 1", n, woken)
		}
	})
}

func TestContextEnds(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		for _, run := range []func(context.Context, func(*catalog.Tx) error) error{db.View, db.Update} {
			err := run(ended, func(*catalog.Tx) error { t.Error("ran with an ended context"); return nil })
			if !errors.Is(err, context.Canceled) {
				t.Errorf("error %v, want canceled", err)
			}
			// Ending in the middle makes the next query fail as such.
			ctx, cancel := context.WithCancel(t.Context())
			err = run(ctx, func(tx *catalog.Tx) error { cancel(); _, err := tx.CountAssets("demo"); return err })
			if !errors.Is(err, context.Canceled) {
				t.Errorf("error %v, want canceled", err)
			}
		}
		if err := db.Ping(t.Context()); err != nil {
			t.Errorf("ping after all that: %v", err)
		}
	})
}

func TestViewDoesNotWrite(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		a := newAsset("demo", "a")
		for name, fn := range map[string]func(tx *catalog.Tx) error{
			"PutAccount":       func(tx *catalog.Tx) error { return tx.PutAccount(media.Account{ID: "demo"}) },
			"PutAsset":         func(tx *catalog.Tx) error { return tx.PutAsset(a) },
			"RenameAsset":      func(tx *catalog.Tx) error { return tx.RenameAsset("demo", a.ID, media.Ref{Name: "b"}, start) },
			"DeleteAsset":      func(tx *catalog.Tx) error { return tx.DeleteAsset("demo", a.ID) },
			"PutRendition":     func(tx *catalog.Tx) error { return tx.PutRendition(newRendition(a, "r")) },
			"DeleteRenditions": func(tx *catalog.Tx) error { _, err := tx.DeleteRenditions("demo", a.ID); return err },
			"AddEvent":         func(tx *catalog.Tx) error { return tx.AddEvent(media.Event{Account: "demo", Type: "x"}) },
			"PutMeasured":      func(tx *catalog.Tx) error { return tx.PutMeasured("demo", "v", "q", []byte(`1`)) },
			"Enqueue":          func(tx *catalog.Tx) error { return tx.Enqueue(catalog.Job{Kind: "job"}) },
		} {
			if err := db.View(t.Context(), fn); err == nil || media.CodeOf(err) != media.Internal {
				t.Errorf("%s in a View: error %v, want an internal one", name, err)
			}
		}
	})
}

// TestSnapshot reads, lets a writer commit, and reads the same again. On both
// databases the writer does not wait for the reader, nor the reader for it.
func TestSnapshot(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		update(t, db, func(tx *catalog.Tx) error { return tx.PutAsset(newAsset("demo", "a")) })
		view(t, db, func(tx *catalog.Tx) error {
			before, err := tx.CountAssets("demo")
			update(t, db, func(tx *catalog.Tx) error { return tx.PutAsset(newAsset("demo", "b")) })
			after, err2 := tx.CountAssets("demo")
			if before != 1 || after != 1 {
				t.Errorf("counted %d, then %d, want 1 and 1", before, after)
			}
			return errors.Join(err, err2)
		})
		update(t, db, func(tx *catalog.Tx) error {
			if err := tx.PutAsset(newAsset("demo", "c")); err != nil {
				return err
			}
			if n := count(t, db); n != 2 { // a reader beside the writer
				t.Errorf("counted %d beside the writer, want 2", n)
			}
			return nil
		})
	})
}

func TestWaitIsBounded(t *testing.T) {
	t.Parallel()
	catalogtest.Each(t, func(t *testing.T, url string) {
		db := catalogtest.Open(t, url, catalog.Config{MaxConns: 1, Wait: 50 * time.Millisecond})
		update(t, db, func(*catalog.Tx) error {
			err := db.Update(t.Context(), func(*catalog.Tx) error { return nil })
			wantCode(t, err, media.Limited)
			return nil
		})
		view(t, db, func(*catalog.Tx) error {
			err := db.View(t.Context(), func(*catalog.Tx) error { return nil })
			wantCode(t, err, media.Limited)
			return nil
		})
		update(t, db, func(*catalog.Tx) error { return nil }) // and recovers
	})
}

func TestParallelUpdates(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		const writers, rounds = 8, 10
		update(t, db, func(tx *catalog.Tx) error {
			shared := newAsset("demo", "shared")
			shared.Tags = nil
			return tx.PutAsset(shared)
		})
		errs := make(chan error, 2*writers)
		var readers, all sync.WaitGroup
		done := make(chan struct{})
		readers.Go(func() { // no reader ever misses or doubles an event
			var last int64
			for seen, over := 0, false; seen < writers*rounds; {
				select {
				case <-done: // everything is there now
					over = true
				default:
				}
				var events []media.Event
				err := db.View(context.Background(), func(tx *catalog.Tx) (err error) { events, err = tx.Events("demo", last, 3); return err })
				for _, e := range events {
					last = e.ID
				}
				seen += len(events)
				if err != nil || over && len(events) == 0 {
					errs <- fmt.Errorf("the reader saw %d events of %d: %w", seen, writers*rounds, err)
					return
				}
			}
		})
		for w := range writers {
			all.Go(func() {
				for i := range rounds {
					err := db.Update(context.Background(), func(tx *catalog.Tx) error {
						// Read, change, write back: no tag may be lost.
						a, err := tx.Asset("demo", media.Ref{ID: media.AssetID(id("asset shared"))})
						if err != nil {
							return err
						}
						a.Tags = append(a.Tags, fmt.Sprintf("%d-%d", w, i))
						a.Version = newVersion(a.Tags[len(a.Tags)-1])
						return errors.Join(tx.PutAsset(a), tx.AddEvent(media.Event{Account: "demo", Type: media.EventUpdated}),
							tx.PutAsset(newAsset("demo", fmt.Sprintf("%d-%d", w, i))))
					})
					if err != nil {
						errs <- err
						return
					}
				}
			})
		}
		all.Wait()
		close(done)
		readers.Wait()
		close(errs)
		for err := range errs {
			t.Error(err)
		}
		view(t, db, func(tx *catalog.Tx) error {
			a, err := tx.Asset("demo", media.Ref{ID: media.AssetID(id("asset shared"))})
			if err != nil {
				return err
			}
			versions, err := tx.Versions("demo", a.ID)
			if len(a.Tags) != writers*rounds || len(versions) != writers*rounds+1 {
				t.Errorf("%d tags and %d versions, want %d and one more", len(a.Tags), len(versions), writers*rounds)
			}
			for i := 1; i < len(versions); i++ {
				if versions[i].CreatedAt.After(versions[i-1].CreatedAt) {
					t.Error("a version is older than the one before it")
				}
			}
			return err
		})
		if n := count(t, db); n != writers*rounds+1 {
			t.Errorf("%d assets, want %d", n, writers*rounds+1)
		}
	})
}

// TestBlobLock: whoever asks whether a blob is in use, and whoever records it,
// do not pass each other unseen.
func TestBlobLock(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		a := newAsset("demo", "a")
		recorded := make(chan error, 1)
		update(t, db, func(tx *catalog.Tx) error {
			used, err := tx.BlobInUse("demo", a.Version.Blob)
			if used || err != nil {
				t.Errorf("in use: %v, %v", used, err)
			}
			begun := make(chan struct{})
			go func() {
				close(begun)
				recorded <- db.Update(context.Background(), func(tx *catalog.Tx) error { return tx.PutAsset(a) })
			}()
			<-begun
			select {
			case err := <-recorded:
				t.Errorf("recorded while the blob was being released: %v", err)
			case <-time.After(100 * time.Millisecond):
			}
			return nil
		})
		if err := <-recorded; err != nil {
			t.Error(err)
		}
	})
}

func TestFaults(t *testing.T) {
	t.Parallel()
	catalogtest.Each(t, func(t *testing.T, url string) {
		injected := errors.New("injected")
		at := ""
		db := catalogtest.Open(t, url, catalog.Config{Fault: func(point string) error {
			if point == at {
				return injected
			}
			return nil
		}})
		for i, point := range []string{"before commit", "after commit"} {
			at = point
			if err := db.Update(t.Context(), func(tx *catalog.Tx) error { return tx.PutAsset(newAsset("demo", "a")) }); !errors.Is(err, injected) {
				t.Errorf("%s: error %v", point, err)
			}
			if n := count(t, db); n != i {
				t.Errorf("%s: %d assets, want %d", point, n, i)
			}
		}
	})
}

func TestReopen(t *testing.T) {
	t.Parallel()
	catalogtest.Each(t, func(t *testing.T, url string) {
		var nodes sync.WaitGroup
		for range 3 { // nodes that start together migrate one after the other
			nodes.Go(func() {
				db, err := catalog.Open(context.Background(), url, catalog.Config{})
				if err != nil {
					t.Error(err)
					return
				}
				if err := db.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		nodes.Wait()
		first := catalogtest.Open(t, url, catalog.Config{})
		update(t, first, func(tx *catalog.Tx) error { return tx.PutAsset(newAsset("demo", "a")) })
		if n := count(t, catalogtest.Open(t, url, catalog.Config{})); n != 1 {
			t.Errorf("%d assets after opening again, want 1", n)
		}
	})
}

func TestSQLiteFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "new dir", "a ?#%41&=.db")
	db := catalogtest.Open(t, "sqlite:"+path, catalog.Config{})
	update(t, db, func(tx *catalog.Tx) error { return tx.PutAsset(newAsset("demo", "a")) })
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode() != fs.FileMode(0o600) {
			t.Errorf("%s has mode %v, want 0600", suffix, info.Mode())
		}
	}
}

func TestOpenRejects(t *testing.T) {
	t.Parallel()
	junk := filepath.Join(t.TempDir(), "junk.db")
	if err := os.WriteFile(junk, []byte(strings.Repeat("this is no database", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, url := range []string{"", "mysql://x", "sqlite:", "sqlite::memory:", "sqlite:" + t.TempDir(), "sqlite:" + junk, "postgres://u:secret@127.0.0.1:1/x?sslmode=disable", "postgres://u:secret@[::1"} {
		db, err := catalog.Open(t.Context(), url, catalog.Config{})
		if err == nil {
			db.Close()
			t.Errorf("opened %q", url)
			continue
		}
		if strings.Contains(err.Error(), "secret") {
			t.Errorf("the password stands in %q", err)
		}
	}
}

// TestDeadline: a deadline ends the waiting for what another transaction holds.
func TestDeadline(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		a := newAsset("demo", "a")
		update(t, db, func(tx *catalog.Tx) error { return tx.PutAsset(a) })
		update(t, db, func(tx *catalog.Tx) error {
			_, err := tx.Asset("demo", media.Ref{ID: a.ID})
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			late := db.Update(ctx, func(tx *catalog.Tx) error { return tx.DeleteAsset("demo", a.ID) })
			wantCode(t, late, media.Limited)
			if !errors.Is(late, context.DeadlineExceeded) {
				t.Errorf("error %v, want the deadline", late)
			}
			return err
		})
		if n := count(t, db); n != 1 {
			t.Errorf("%d assets, want 1", n)
		}
	})
}

// TestFull fills a SQLite database up. Reading goes on meanwhile, and writing
// when there is room again.
func TestFull(t *testing.T) {
	t.Parallel()
	db := catalogtest.Open(t, catalogtest.SQLite(t), catalog.Config{})
	if err := db.LimitPages(1); err != nil { // as large as it is
		t.Fatal(err)
	}
	kept := 0
	for {
		err := put(db, fmt.Sprint(kept))
		if err != nil {
			wantCode(t, err, media.NoSpace)
			break
		}
		kept++
	}
	if n := count(t, db); n != kept {
		t.Errorf("%d assets, want %d", n, kept)
	}
	if err := db.LimitPages(1 << 20); err != nil {
		t.Fatal(err)
	}
	if err := put(db, "afterwards"); err != nil {
		t.Error(err)
	}
}

// TestOutage ends every connection of the server's side. The next transaction
// finds a new one by itself.
func TestOutage(t *testing.T) {
	t.Parallel()
	url := catalogtest.Postgres(t)
	db := catalogtest.Open(t, url, catalog.Config{})
	for range 3 {
		err := db.Update(t.Context(), func(tx *catalog.Tx) error {
			catalogtest.Disconnect(t, url)
			return tx.PutAsset(newAsset("demo", "a"))
		})
		wantCode(t, err, media.Limited)
		update(t, db, func(tx *catalog.Tx) error { _, err := tx.Accounts(); return err })
	}
	if n := count(t, db); n != 0 {
		t.Errorf("%d assets, want 0", n)
	}
	err := db.Update(t.Context(), func(tx *catalog.Tx) error {
		err := tx.PutAsset(newAsset("demo", "a"))
		catalogtest.Disconnect(t, url)
		return err
	})
	wantCode(t, err, media.Limited)
	if !errors.Is(err, catalog.ErrUnknownOutcome) {
		t.Errorf("error %v, want an unknown outcome", err)
	}
}
