// Package catalog keeps the records: accounts, assets, their versions and
// renditions, events, measurements and the queue of jobs, in SQLite or
// PostgreSQL. Both answer alike; a contract suite says so.
//
// Reads happen in [DB.View], writes in [DB.Update]. A [Tx] has one method per
// thing done. Every method about records takes the account first, and what
// belongs to another account is not found. See DESIGN.md for what holds
// between the tables and what a crash leaves behind.
package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/uptrace/bun"

	"tintype/internal/media"
)

// Config holds what Open may be told. The zero value is usable.
type Config struct {
	// Logger receives what an operator should know; nil discards.
	Logger *slog.Logger
	// Now is the wall clock for times that the caller leaves zero; nil is time.Now.
	Now func() time.Time
	// Wait bounds how long View and Update wait for a connection before they
	// answer media.Limited. 0 is 2 s on PostgreSQL and 10 s on SQLite, where
	// writers stand in line.
	Wait time.Duration
	// MaxConns bounds the connections for requests (on SQLite: those for
	// reading). 0 is 16. Jobs have 4 more on PostgreSQL.
	MaxConns int
	// SearchMemory bounds what of the search index is kept in memory, in
	// bytes. 0 is 128 MiB.
	SearchMemory int
	// Fault, when set, is called at "before commit" and "after commit" of
	// every Update. An error of it before the commit rolls back. For tests of
	// what a crash leaves behind.
	Fault func(point string) error
}

// DB is an open catalog, safe for concurrent use.
type DB struct {
	cfg  Config
	back *backend
	read *bun.DB
	// write is the only connection that writes to SQLite; on PostgreSQL it is
	// the same pool as read.
	write *bun.DB
	queue riverdriver.Driver[*sql.Tx]
	// enqueuer inserts jobs and never works any.
	enqueuer *river.Client[*sql.Tx]

	mu       sync.Mutex
	watchers map[int]func()
	// listeners are told of events; see OnEvent.
	listeners map[int]func(*Tx, media.Event) error
	nextID    int

	foldings *foldings
	pieces   *pieces
}

// backend holds what differs between the two databases.
type backend struct {
	name string
	// pools opens the pools of connections. They may be the same.
	read, write, jobs *sql.DB
	bun               func(*sql.DB) *bun.DB
	driver            riverdriver.Driver[*sql.Tx]
	view, update      *sql.TxOptions
	// rowLocks: reads inside an Update lock the rows that they find.
	rowLocks bool
	// hasTag is the condition that an asset "a" has a tag.
	hasTag string
	// classify tells what kind of error the driver returned.
	classify func(error) failure
	// lock takes a named lock that the end of the transaction releases; nil
	// where Updates are alone anyway.
	lock    func(ctx context.Context, tx bun.Tx, name string, shared bool) error
	migrate func(ctx context.Context, b *backend) error
	// settle has the database look at tables that were just filled; nil where
	// there is no need.
	settle func(ctx context.Context, pool *sql.DB) error
	// putAll inserts or replaces many rows.
	putAll  func(ctx context.Context, tx *sql.Tx, t table) error
	wait    time.Duration
	ballast *ballast // nil where room is not our business
}

// Open opens the catalog at a URL and brings its tables up to date:
// "sqlite:/path/file.db" (made if missing, readable by its owner only) or
// "postgres://user:password@host/database". Errors never show the password.
func Open(ctx context.Context, url string, cfg Config) (*DB, error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.SearchMemory <= 0 {
		cfg.SearchMemory = 128 << 20
	}
	if cfg.MaxConns <= 0 {
		cfg.MaxConns = 16
	}
	scheme, rest, _ := strings.Cut(url, ":")
	var back *backend
	var err error
	switch scheme {
	case "sqlite":
		back, err = openSQLite(ctx, rest, cfg)
	case "postgres", "postgresql":
		back, err = openPostgres(ctx, url, cfg)
	default:
		return nil, fmt.Errorf("open catalog: scheme %q is neither sqlite nor postgres", scheme)
	}
	if err != nil {
		return nil, fmt.Errorf("open catalog: %w", err)
	}
	if cfg.Wait <= 0 {
		cfg.Wait = back.wait
	}
	if err := back.migrate(ctx, back); err != nil {
		return nil, errors.Join(fmt.Errorf("open catalog: %w", err), back.close())
	}
	db := &DB{cfg: cfg, back: back, queue: quiet{back.driver}, watchers: map[int]func(){}, listeners: map[int]func(*Tx, media.Event) error{}}
	db.read = back.bun(back.read)
	db.write = db.read
	if back.write != back.read {
		db.write = back.bun(back.write)
	}
	db.enqueuer, err = river.NewClient(db.queue, &river.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open catalog: %w", err), back.close())
	}
	db.foldings, db.pieces = newFoldings(db), newPieces(cfg.SearchMemory)
	if err := db.foldAll(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open catalog: %w", err), back.close())
	}
	return db, nil
}

// Close waits for running transactions and closes every connection.
func (db *DB) Close() error {
	db.foldings.close()
	return db.back.close()
}

func (b *backend) close() error {
	var errs []error
	closed := map[*sql.DB]bool{}
	for _, pool := range []*sql.DB{b.read, b.jobs, b.write} {
		if pool != nil && !closed[pool] {
			closed[pool] = true
			errs = append(errs, pool.Close())
		}
	}
	return errors.Join(errs...)
}

// Ping reports whether the database answers.
func (db *DB) Ping(ctx context.Context) error {
	return db.View(ctx, func(tx *Tx) error {
		var one int
		return tx.fail("ping", tx.tx.QueryRowContext(ctx, "SELECT 1").Scan(&one))
	})
}
