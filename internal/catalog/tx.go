package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"tintype/internal/media"
)

// commitTimeout bounds a commit, which the caller's context does not cut short:
// a commit that was begun is better known than given up.
const commitTimeout = 10 * time.Second

// ErrUnknownOutcome is in the chain of an error of Update when the connection
// broke during the commit, so that the change may or may not be there. Look
// for what was written before doing it again.
var ErrUnknownOutcome = errors.New("outcome of the commit is unknown")

var errReadOnly = errors.New("write in a read transaction")

// Tx is one transaction. It is for one goroutine and ends with the function
// that it was given to. After a writing method failed, the transaction can
// only be rolled back: Update then answers that error even if fn returns nil.
type Tx struct {
	ctx    context.Context
	db     *DB
	tx     bun.Tx
	write  bool
	events []media.Event           // in the order added, inserted by flush
	wake   bool                    // a job was enqueued that can start now
	assets map[media.AccountID]int // how many assets were written
	broken error                   // of the first writing query that failed
}

// View runs fn in a read transaction: everything that fn reads is of one
// moment. It does not wait for writers, nor they for it.
func (db *DB) View(ctx context.Context, fn func(*Tx) error) error {
	return db.run(ctx, false, fn)
}

// Update runs fn in a write transaction and commits when fn returns nil;
// otherwise, and on a panic, nothing of it remains. When Update returns nil
// the change would survive a power cut. fn runs once and is never retried. On
// SQLite Updates run one after the other, so fn must not call View or Update
// itself, nor wait for anything slow. On PostgreSQL they run side by side, and
// what fn reads of an asset is locked until the end.
//
// When ctx ends before the commit begins, nothing is committed. An error of
// code media.Limited means that no connection or lock was to be had in time.
func (db *DB) Update(ctx context.Context, fn func(*Tx) error) error {
	return db.run(ctx, true, fn)
}

// Reclaim is Update for changes that give room back, as deletions do. When the
// disk is full it makes use of room that was set aside for them and runs fn a
// second time; the first has left nothing behind.
func (db *DB) Reclaim(ctx context.Context, fn func(*Tx) error) error {
	err := db.run(ctx, true, fn)
	if err != nil && media.CodeOf(err) == media.NoSpace && db.back.ballast.drop() {
		err = db.run(ctx, true, fn)
	}
	return err
}

func (db *DB) run(ctx context.Context, write bool, fn func(*Tx) error) (err error) {
	// The transaction has a context of its own, so that the end of ctx cannot
	// fall into a commit and leave its outcome unknown.
	own, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	conn, tx, err := db.begin(ctx, own, cancel, write)
	if err != nil {
		return err
	}
	defer conn.Close()
	t := &Tx{ctx: ctx, db: db, tx: tx, write: write}
	done := false
	defer func() {
		if !done {
			timer := time.AfterFunc(commitTimeout, cancel)
			_ = tx.Rollback()
			timer.Stop()
		}
	}()
	if err := fn(t); err != nil {
		return err
	}
	if !write {
		return nil
	}
	if err := t.flush(); err != nil {
		return err
	}
	if t.broken != nil {
		return t.broken
	}
	if err := db.fault("before commit"); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("update: %w", err)
	}
	done = true
	timer := time.AfterFunc(commitTimeout, cancel)
	defer timer.Stop()
	if err := tx.Commit(); err != nil {
		return db.commitError(tx, err)
	}
	if t.wake {
		db.wake()
	}
	db.foldings.note(t.assets)
	db.back.ballast.lay()
	return db.fault("after commit")
}

// begin waits for a connection and starts a transaction on it that lives as
// long as own, which cancel ends.
func (db *DB) begin(ctx, own context.Context, cancel func(), write bool) (bun.Conn, bun.Tx, error) {
	pool, opts := db.read, db.back.view
	if write {
		pool, opts = db.write, db.back.update
	}
	wait, stopWaiting := context.WithTimeout(ctx, db.cfg.Wait)
	defer stopWaiting()
	for {
		conn, err := pool.Conn(wait)
		if err == nil {
			var tx bun.Tx
			stop := context.AfterFunc(wait, cancel)
			tx, err = conn.BeginTx(own, opts)
			inTime := stop()
			if err == nil && inTime {
				return conn, tx, nil
			}
			if err == nil {
				_ = tx.Rollback()
			}
			conn.Close()
		}
		if ctx.Err() != nil {
			return bun.Conn{}, bun.Tx{}, fmt.Errorf("begin: %w", ctx.Err())
		}
		if wait.Err() != nil {
			return bun.Conn{}, bun.Tx{}, &media.Error{Code: media.Limited, Op: "begin", Message: "The database is busy, try again later", Err: err}
		}
		if db.back.classify(err) != failedUnavailable {
			return bun.Conn{}, bun.Tx{}, db.wrap(ctx, "begin", err)
		}
		select {
		case <-wait.Done():
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// commitError says what became of a commit that returned err.
func (db *DB) commitError(tx bun.Tx, err error) error {
	_ = tx.Rollback()
	if kind := db.back.classify(err); kind == failedUnavailable || errors.Is(err, context.Canceled) {
		err = fmt.Errorf("%w: %w", ErrUnknownOutcome, err)
	}
	return db.wrap(context.Background(), "commit", err)
}

func (db *DB) fault(point string) error {
	if db.cfg.Fault == nil {
		return nil
	}
	return db.cfg.Fault(point)
}

// wrote notes that an asset was written, for the search index. A trigger of
// the database marks which; this only tells when many are.
func (tx *Tx) wrote(acc media.AccountID) {
	if tx.assets == nil {
		tx.assets = map[media.AccountID]int{}
	}
	tx.assets[acc]++
}

// fail wraps what the database answered to a reading query.
func (tx *Tx) fail(op string, err error) error {
	if err == nil {
		return nil
	}
	return tx.db.wrap(tx.ctx, op, err)
}

// failWrite wraps what the database answered to a writing query, and dooms
// the transaction: PostgreSQL has given it up by now, and SQLite must not
// behave differently.
func (tx *Tx) failWrite(op string, err error) error {
	if err == nil {
		return nil
	}
	err = tx.fail(op, err)
	if tx.broken == nil {
		tx.broken = err
	}
	return err
}

// writable is asked first by every method that writes.
func (tx *Tx) writable() error {
	if !tx.write {
		return errReadOnly
	}
	return tx.broken
}

// changed executes a writing query and returns how many rows it changed.
func (tx *Tx) changed(op string, q interface {
	Exec(context.Context, ...any) (sql.Result, error)
}) (int64, error) {
	if err := tx.writable(); err != nil {
		return 0, err
	}
	res, err := q.Exec(tx.ctx)
	if err != nil {
		return 0, tx.failWrite(op, err)
	}
	n, err := res.RowsAffected()
	return n, tx.failWrite(op, err)
}
