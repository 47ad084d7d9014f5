package catalog

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
)

// migrationLock is the key of the advisory lock that one node at a time holds
// while it brings the tables up to date: "tintype" in ASCII.
const migrationLock = 0x74696e74797065

// openPostgres opens a pool for requests and a small one of its own for jobs,
// so that neither starves the other.
func openPostgres(ctx context.Context, url string, cfg Config) (*backend, error) {
	conf, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, err // pgx leaves the password out
	}
	// bun writes arguments into the text of a query, so that a cache of
	// prepared statements would only ever miss.
	conf.DefaultQueryExecMode = pgx.QueryExecModeExec
	set := func(name, value string) {
		if _, ok := conf.RuntimeParams[name]; !ok {
			conf.RuntimeParams[name] = value
		}
	}
	set("application_name", "tintype")
	set("lock_timeout", "10s")
	set("idle_in_transaction_session_timeout", "60s")
	// bun escapes texts as the standard says, without backslashes.
	conf.RuntimeParams["standard_conforming_strings"] = "on"
	if err := checkServer(ctx, conf); err != nil {
		return nil, err
	}
	b := &backend{
		name:     "postgres",
		read:     stdlib.OpenDB(*conf),
		jobs:     stdlib.OpenDB(*conf),
		view:     &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true},
		update:   &sql.TxOptions{Isolation: sql.LevelReadCommitted},
		bun:      func(p *sql.DB) *bun.DB { return bun.NewDB(p, pgdialect.New()) },
		rowLocks: true,
		classify: classifyPostgres,
		hasTag:   "jsonb_exists(a.tags::jsonb, ?)",
		lock:     lockPostgres,
		migrate:  migratePostgres,
		putAll:   putAllPostgres,
		settle:   settlePostgres,
		wait:     2 * time.Second,
	}
	b.write = b.read
	b.read.SetMaxOpenConns(cfg.MaxConns)
	b.read.SetMaxIdleConns(cfg.MaxConns)
	b.read.SetConnMaxIdleTime(5 * time.Minute)
	b.jobs.SetMaxOpenConns(4)
	b.jobs.SetMaxIdleConns(4)
	b.driver = riverdatabasesql.New(b.jobs)
	return b, nil
}

// checkServer connects once and sets in conf what promises need: a database
// in UTF-8, and a commit that waits for the disk.
func checkServer(ctx context.Context, conf *pgx.ConnConfig) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, conf)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	var encoding, commit string
	err = conn.QueryRow(ctx, "SELECT current_setting('server_encoding'), current_setting('synchronous_commit')").Scan(&encoding, &commit)
	if err != nil {
		return err
	}
	if encoding != "UTF8" {
		return fmt.Errorf("the database is in %s, it has to be in UTF8", encoding)
	}
	if commit == "off" {
		conf.RuntimeParams["synchronous_commit"] = "on"
	}
	return nil
}

// migratePostgres holds the advisory lock while it migrates. It tries for the
// lock again and again rather than waiting inside a statement, because a
// waiting statement's snapshot holds up index builds of whoever migrates.
func migratePostgres(ctx context.Context, b *backend) error {
	conn, err := b.jobs.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	for {
		var got bool
		if err := conn.QueryRowContext(ctx, "SELECT pg_try_advisory_lock($1)", int64(migrationLock)).Scan(&got); err != nil {
			return fmt.Errorf("lock for migration: %w", err)
		}
		if got {
			break
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the migration of another node: %w", ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
	err = migrate(ctx, b, goose.DialectPostgres)
	_, unlock := conn.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", int64(migrationLock))
	return errors.Join(err, unlock)
}

// lockPostgres takes an advisory lock until the end of the transaction.
func lockPostgres(ctx context.Context, tx bun.Tx, name string, shared bool) error {
	fn := "pg_advisory_xact_lock"
	if shared {
		fn = "pg_advisory_xact_lock_shared"
	}
	_, err := tx.ExecContext(ctx, "SELECT "+fn+"(hashtextextended(?, 0))", name)
	return err
}

func classifyPostgres(err error) failure {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		var connect *pgconn.ConnectError
		var network *net.OpError
		switch {
		case errors.As(err, &connect), errors.As(err, &network), errors.Is(err, driver.ErrBadConn),
			errors.Is(err, sql.ErrConnDone), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return failedUnavailable
		}
		return failedOtherwise
	}
	switch e.Code {
	case "23505":
		return failedUnique
	case "23503":
		return failedReference
	case "53100", "25006", "53200": // disk full, read-only transaction, out of memory
		return failedFull
	case "40001", "40P01", "55P03": // serialization, deadlock, lock timeout
		return failedBusy
	case "53300", "57P01", "57P02", "57P03", "25P03": // connections, shutdown, crash, starting, idle timeout
		return failedUnavailable
	}
	if strings.HasPrefix(e.Code, "08") {
		return failedUnavailable
	}
	return failedOtherwise
}

// settlePostgres clears away the rows that building the search index left
// dead, and counts what is there for the planner.
func settlePostgres(ctx context.Context, pool *sql.DB) error {
	_, err := pool.ExecContext(ctx, "VACUUM (ANALYZE) search_pending, search_doc, search_term, search_column, search_live")
	return err
}

// putAllPostgres sends rows as one array for each column.
func putAllPostgres(ctx context.Context, tx *sql.Tx, t table) error {
	for rows := range slices.Chunk(t.rows, 2000) {
		arrays, sources := make([]any, len(t.columns)), make([]string, len(t.columns))
		for i := range t.columns {
			switch rows[0][i].(type) {
			case string:
				arrays[i], sources[i] = array[string](rows, i), fmt.Sprintf("$%d::text[]", i+1)
			case int64:
				arrays[i], sources[i] = array[int64](rows, i), fmt.Sprintf("$%d::bigint[]", i+1)
			case float64:
				arrays[i], sources[i] = array[float64](rows, i), fmt.Sprintf("$%d::double precision[]", i+1)
			default:
				arrays[i], sources[i] = array[[]byte](rows, i), fmt.Sprintf("$%d::bytea[]", i+1)
			}
		}
		if _, err := tx.ExecContext(ctx, t.insert("SELECT * FROM unnest("+strings.Join(sources, ", ")+")"), arrays...); err != nil {
			return err
		}
	}
	return nil
}

func array[T any](rows [][]any, column int) []T {
	out := make([]T, len(rows))
	for i, row := range rows {
		out[i] = row[column].(T)
	}
	return out
}
