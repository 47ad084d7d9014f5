package catalog

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/mattn/go-sqlite3"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"
)

// sqliteConnector opens connections of one data source name without a driver
// registered under a global name.
type sqliteConnector struct {
	driver *sqlite3.SQLiteDriver
	dsn    string
}

func (c *sqliteConnector) Connect(context.Context) (driver.Conn, error) { return c.driver.Open(c.dsn) }
func (c *sqliteConnector) Driver() driver.Driver                        { return c.driver }

// openSQLite opens a database file with one connection that writes and a pool
// that reads.
func openSQLite(ctx context.Context, path string, cfg Config) (*backend, error) {
	if strings.HasPrefix(path, "//") {
		path = strings.TrimPrefix(path, "//")
	}
	if path == "" || strings.HasPrefix(path, ":") {
		return nil, errors.New("sqlite takes the path of a file")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	// SQLite gives its log and index files the mode of this one.
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	b := &backend{
		name:     "sqlite",
		write:    openPool(path, "_journal_mode=WAL&_synchronous=FULL&_txlock=immediate"),
		read:     openPool(path, "_query_only=1"),
		view:     &sql.TxOptions{ReadOnly: true},
		update:   &sql.TxOptions{},
		bun:      func(p *sql.DB) *bun.DB { return bun.NewDB(p, sqlitedialect.New()) },
		classify: classifySQLite,
		hasTag:   "EXISTS (SELECT 1 FROM json_each(a.tags) AS t WHERE t.value = ?)",
		wait:     10 * time.Second,
	}
	b.jobs = b.write
	b.write.SetMaxOpenConns(1)
	b.read.SetMaxOpenConns(cfg.MaxConns)
	b.read.SetMaxIdleConns(cfg.MaxConns)
	b.driver = riversqlite.New(b.write)
	b.migrate = migrateSQLite
	b.putAll = putAllSQLite
	if err := b.write.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), b.close())
	}
	b.ballast = openBallast(path, cfg.Logger)
	return b, nil
}

// migrateSQLite migrates without a lock, for SQLite has none to hold across
// transactions. Each migration is one: a process that loses the race for it
// fails, and finds it done when it looks again.
func migrateSQLite(ctx context.Context, b *backend) error {
	for try := 0; ; try++ {
		err := migrate(ctx, b, goose.DialectSQLite3)
		if err == nil || try == 4 || ctx.Err() != nil {
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func openPool(path, options string) *sql.DB {
	dsn := (&url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: "_foreign_keys=1&_busy_timeout=10000&" + options}).String()
	pool := sql.OpenDB(&sqliteConnector{dsn: dsn, driver: &sqlite3.SQLiteDriver{ConnectHook: tune}})
	pool.SetConnMaxLifetime(0)
	return pool
}

// tune sets what has no parameter in the data source name. fullfsync matters
// on macOS only, where a plain fsync does not reach the disk.
func tune(c *sqlite3.SQLiteConn) error {
	_, err := c.Exec("PRAGMA fullfsync = 1; PRAGMA checkpoint_fullfsync = 1; PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY", nil)
	return err
}

func classifySQLite(err error) failure {
	var e sqlite3.Error
	if !errors.As(err, &e) {
		return failedOtherwise
	}
	switch {
	case e.ExtendedCode == sqlite3.ErrConstraintUnique, e.ExtendedCode == sqlite3.ErrConstraintPrimaryKey:
		return failedUnique
	case e.ExtendedCode == sqlite3.ErrConstraintForeignKey:
		return failedReference
	case e.Code == sqlite3.ErrFull, e.Code == sqlite3.ErrReadonly:
		return failedFull
	case e.Code == sqlite3.ErrBusy, e.Code == sqlite3.ErrLocked:
		return failedBusy
	}
	return failedOtherwise
}

// putAllSQLite inserts row by row: with a statement that is prepared once,
// that is as quick as can be.
func putAllSQLite(ctx context.Context, tx *sql.Tx, t table) error {
	marks := strings.TrimSuffix(strings.Repeat("?, ", len(t.columns)), ", ")
	st, err := tx.PrepareContext(ctx, t.insert("VALUES ("+marks+")"))
	if err != nil {
		return err
	}
	defer st.Close()
	for _, row := range t.rows {
		if _, err := st.ExecContext(ctx, row...); err != nil {
			return err
		}
	}
	return nil
}
