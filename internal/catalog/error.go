package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"tintype/internal/media"
)

// failure is what an error of a database driver means.
type failure uint8

const (
	failedOtherwise   failure = iota
	failedUnique              // a unique index has the key already
	failedReference           // a foreign key points at nothing
	failedFull                // no room, or not writable
	failedBusy                // a lock was not to be had in time
	failedUnavailable         // the server cannot be reached, or went away
)

// wrap gives an error of the driver its code and the name of what was tried.
func (db *DB) wrap(ctx context.Context, op string, err error) error {
	var known *media.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return err
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %w", op, ctx.Err())
	}
	e := &media.Error{Op: op, Err: err}
	switch db.back.classify(err) {
	case failedUnique:
		e.Code, e.Message = media.Conflict, "The name is taken already"
	case failedReference:
		e.Code, e.Message = media.NotFound, "The asset is gone"
	case failedFull:
		e.Code, e.Message = media.NoSpace, "The database has no room left"
	case failedBusy:
		e.Code, e.Message = media.Limited, "The database is busy, try again later"
	case failedUnavailable:
		e.Code, e.Message = media.Limited, "The database is unavailable, try again later"
	default:
		return fmt.Errorf("%s: %w", op, err)
	}
	return e
}

// found turns the absence of a row into media.NotFound that names what.
func (tx *Tx) found(op string, err error, format string, args ...any) error {
	if errors.Is(err, sql.ErrNoRows) {
		return &media.Error{Code: media.NotFound, Op: op, Message: fmt.Sprintf(format, args...)}
	}
	return tx.fail(op, err)
}

// maxText bounds the texts that stand in an index: PostgreSQL refuses index
// rows of more than a third of a page.
const maxText = 1024

// checkKey rejects texts that cannot be a key in both databases.
func checkKey(what, s string) error {
	if s == "" {
		return media.Errorf(media.Invalid, "The %s is empty", what)
	}
	if len(s) > maxText {
		e := media.Errorf(media.Invalid, "The %s is longer than %d bytes", what, maxText)
		e.Err = &media.LimitError{What: what, Max: maxText, Got: int64(len(s))}
		return e
	}
	return checkText(what, s)
}

// checkText rejects texts that not both databases can store.
func checkText(what, s string) error {
	if !utf8.ValidString(s) {
		return media.Errorf(media.Invalid, "The %s is not valid UTF-8", what)
	}
	if strings.IndexByte(s, 0) >= 0 {
		return media.Errorf(media.Invalid, "The %s contains a NUL character", what)
	}
	return nil
}

func micros(t time.Time) int64     { return t.UnixMicro() }
func fromMicros(n int64) time.Time { return time.UnixMicro(n).UTC() }
