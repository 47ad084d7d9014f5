// Package librarytest builds a library on real records and real files, with
// an engine that knows only pictures made of text, for the tests of whoever
// stands on package library.
package librarytest

import (
	"context"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"tintype/internal/blob"
	"tintype/internal/blob/disk"
	"tintype/internal/catalog"
	"tintype/internal/cluster"
	"tintype/internal/fetch"
	"tintype/internal/library"
	"tintype/internal/media"
	"tintype/internal/rendition"
)

// Account is the account that a World has, and Key its key.
const Account media.AccountID = "demo"

// Key is the key of Account.
var Key = media.Key{ID: "1234567890", Secret: "abcdefghijklmnopqrstuvwxyz1"}

// World is one installation in a temporary directory.
type World struct {
	t        testing.TB
	dir      string
	database string

	Catalog    *catalog.DB
	Disk       *disk.Store
	Blobs      blob.Store
	Engine     *Engine
	Cluster    *cluster.Local
	Renditions *rendition.Store
	Library    *library.Library
	Clock      *Clock
}

// Clock is a clock that tests move.
type Clock struct {
	mu sync.Mutex
	at time.Time
}

// Now is a func() time.Time for configurations.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// Add moves the clock.
func (c *Clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// New makes a World on SQLite. change may alter how the library is configured.
func New(t testing.TB, change ...func(*library.Config)) *World {
	t.Helper()
	return NewOn(t, "sqlite:"+filepath.Join(t.TempDir(), "catalog.db"), change...)
}

// NewOn makes a World on an empty database.
func NewOn(t testing.TB, database string, change ...func(*library.Config)) *World {
	t.Helper()
	w := &World{t: t, dir: t.TempDir(), database: database, Engine: &Engine{}, Clock: &Clock{at: time.Unix(1_700_000_000, 0).UTC()}}
	w.open(change...)
	w.Update(func(tx *catalog.Tx) error {
		return tx.PutAccount(media.Account{ID: Account, Keys: []media.Key{Key}, CreatedAt: w.Clock.Now()})
	})
	return w
}

// Reopen opens the same files again, as after a crash, with other settings.
func (w *World) Reopen(change ...func(*library.Config)) *World {
	w.t.Helper()
	again := &World{t: w.t, dir: w.dir, database: w.database, Engine: &Engine{}, Clock: w.Clock}
	again.open(change...)
	return again
}

func (w *World) open(change ...func(*library.Config)) {
	w.t.Helper()
	var err error
	w.Catalog, err = catalog.Open(context.Background(), w.database, catalog.Config{Now: w.Clock.Now})
	w.check(err)
	w.t.Cleanup(func() { w.Catalog.Close() })
	w.Disk, err = disk.Open(filepath.Join(w.dir, "blobs"), disk.Config{Reserve: -1})
	w.check(err)
	w.t.Cleanup(func() { w.Disk.Close() })
	w.Blobs = w.Disk
	w.Cluster = cluster.NewLocal()
	w.t.Cleanup(func() { w.Cluster.Close() })
	fetcher, err := fetch.New(fetch.Config{})
	w.check(err)
	cfg := library.Config{
		Catalog: w.Catalog, Blobs: w.Blobs, Engine: w.Engine, Cluster: w.Cluster, Fetch: fetcher, Now: w.Clock.Now,
	}
	for _, fn := range change {
		fn(&cfg)
	}
	w.Blobs = cfg.Blobs
	cfg.Renditions, err = rendition.New(rendition.Config{
		Catalog: w.Catalog, Blobs: cfg.Blobs, Engine: w.Engine, Cluster: w.Cluster, Now: w.Clock.Now,
	})
	w.check(err)
	w.Renditions = cfg.Renditions
	w.Library, err = library.New(cfg)
	w.check(err)
}

func (w *World) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// Update runs a transaction that must succeed.
func (w *World) Update(fn func(*catalog.Tx) error) {
	w.t.Helper()
	w.check(w.Catalog.Update(context.Background(), fn))
}

// Stage stages content that must fit.
func (w *World) Stage(content string) *library.Staged {
	w.t.Helper()
	s, err := w.Library.Stage(context.Background(), strings.NewReader(content), int64(len(content)))
	w.check(err)
	return s
}

// Upload uploads a picture under a name, which must succeed.
func (w *World) Upload(name, content string) *media.Asset {
	w.t.Helper()
	up, err := w.Library.Upload(context.Background(), library.Upload{
		Account: Account, Name: name, Overwrite: true, Staged: w.Stage(content),
	})
	w.check(err)
	return up.Asset
}

// Read returns a blob's content, and whether it is there.
func (w *World) Read(key string) (string, bool) {
	w.t.Helper()
	r, _, err := w.Disk.Open(context.Background(), key, 0, -1)
	if media.CodeOf(err) == media.NotFound {
		return "", false
	}
	w.check(err)
	defer r.Close()
	b, err := io.ReadAll(r)
	w.check(err)
	return string(b), true
}

// Originals lists the keys of all originals.
func (w *World) Originals() []string {
	w.t.Helper()
	var keys []string
	for info, err := range w.Disk.List(context.Background(), "original/") {
		w.check(err)
		keys = append(keys, info.Key)
	}
	return keys
}

// Leftovers lists files that are staged or being written.
func (w *World) Leftovers() []string {
	w.t.Helper()
	var files []string
	err := fs.WalkDir(os.DirFS(filepath.Join(w.dir, "blobs", "tmp")), ".", func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, p)
		}
		return err
	})
	w.check(err)
	return files
}

// Events lists the types of all events of Account.
func (w *World) Events() []media.EventType {
	w.t.Helper()
	var types []media.EventType
	w.check(w.Catalog.View(context.Background(), func(tx *catalog.Tx) error {
		events, err := tx.Events(Account, 0, 1000)
		for _, e := range events {
			types = append(types, e.Type)
		}
		return err
	}))
	return types
}
