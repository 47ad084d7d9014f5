package catalog

import (
	"encoding/json"
	"time"

	"github.com/uptrace/bun"

	"tintype/internal/media"
)

// Part is a stretch of the file of a session, and where its bytes lie.
type Part struct {
	Offset, Bytes int64
	Blob          string
}

type sessionRow struct {
	bun.BaseModel `bun:"table:upload_session,alias:s"`

	Account     string `bun:"account,pk"`
	ID          string `bun:"id,pk"`
	Total       int64  `bun:"total"`
	Received    int64  `bun:"received"`
	Note        string `bun:"note"`
	Asset       string `bun:"asset"`
	Version     string `bun:"version"`
	Existing    bool   `bun:"existing"`
	Overwritten bool   `bun:"overwritten"`
	CreatedAt   int64  `bun:"created_at"`
	ExpiresAt   int64  `bun:"expires_at"`
}

type partRow struct {
	bun.BaseModel `bun:"table:upload_part,alias:p"`

	Account string `bun:"account,pk"`
	Session string `bun:"session,pk"`
	First   int64  `bun:"first,pk"`
	Bytes   int64  `bun:"bytes"`
	Blob    string `bun:"blob"`
}

func (r *sessionRow) session() *media.Session {
	s := &media.Session{
		Account: media.AccountID(r.Account), ID: media.SessionID(r.ID), Total: r.Total, Received: r.Received,
		Asset: media.AssetID(r.Asset), Version: media.VersionID(r.Version), Existing: r.Existing, Overwritten: r.Overwritten,
		CreatedAt: fromMicros(r.CreatedAt), ExpiresAt: fromMicros(r.ExpiresAt),
	}
	if r.Note != "" {
		s.Note = []byte(r.Note)
	}
	return s
}

// Session returns a session of uploads in parts, expired or not. Inside an
// Update it stays as it was read until the end of the transaction.
func (tx *Tx) Session(acc media.AccountID, id media.SessionID) (*media.Session, error) {
	if checkKey("session", string(id)) != nil {
		return nil, gone(0, nil, "find session", id)
	}
	var row sessionRow
	q := tx.tx.NewSelect().Model(&row).Where("s.account = ?", string(acc)).Where("s.id = ?", string(id))
	if tx.write && tx.db.back.rowLocks {
		q = q.For("UPDATE")
	}
	if err := q.Scan(tx.ctx); err != nil {
		return nil, tx.found("find session", err, "Resource not found - %s", id)
	}
	return row.session(), nil
}

// PutSession inserts a session, or replaces the record of its ID except for
// Note and CreatedAt. Times are kept to the microsecond.
func (tx *Tx) PutSession(s *media.Session) error {
	for _, key := range []struct{ what, text string }{{"account", string(s.Account)}, {"session", string(s.ID)}} {
		if err := checkKey(key.what, key.text); err != nil {
			return err
		}
	}
	if len(s.Note) > 0 && !json.Valid(s.Note) {
		return media.Errorf(media.Invalid, "The note of the session %s is not JSON", s.ID)
	}
	if err := checkText("note", string(s.Note)); err != nil {
		return err
	}
	row := &sessionRow{
		Account: string(s.Account), ID: string(s.ID), Total: s.Total, Received: s.Received, Note: string(s.Note),
		Asset: string(s.Asset), Version: string(s.Version), Existing: s.Existing, Overwritten: s.Overwritten,
		CreatedAt: micros(s.CreatedAt), ExpiresAt: micros(s.ExpiresAt),
	}
	insert := tx.tx.NewInsert().Model(row).On("CONFLICT (account, id) DO UPDATE")
	for _, column := range []string{"total", "received", "asset", "version", "existing", "overwritten", "expires_at"} {
		insert = insert.Set("? = EXCLUDED.?", bun.Ident(column), bun.Ident(column))
	}
	_, err := tx.changed("put session", insert)
	return err
}

// DeleteSession removes a session with the records of its parts. Their blobs
// are the caller's: ask for them before.
func (tx *Tx) DeleteSession(acc media.AccountID, id media.SessionID) error {
	n, err := tx.changed("delete session", tx.tx.NewDelete().Model((*sessionRow)(nil)).Where("account = ?", string(acc)).Where("id = ?", string(id)))
	return gone(n, err, "delete session", id)
}

// OpenSessions counts an account's sessions that have neither finished nor
// expired at a moment, and the bytes of their parts. Inside an Update nobody
// else's Update that asks the same goes on before the end of this one.
func (tx *Tx) OpenSessions(acc media.AccountID, at time.Time) (n int, bytes int64, err error) {
	return tx.openSessions(acc, at, "")
}

// OpenGuestSessions is OpenSessions of the sessions that media.SessionID.Guest
// tells.
func (tx *Tx) OpenGuestSessions(acc media.AccountID, at time.Time) (n int, bytes int64, err error) {
	return tx.openSessions(acc, at, media.GuestSession)
}

func (tx *Tx) openSessions(acc media.AccountID, at time.Time, prefix string) (n int, bytes int64, err error) {
	if tx.write && tx.db.back.lock != nil {
		if err := tx.db.back.lock(tx.ctx, tx.tx, "sessions "+string(acc), false); err != nil {
			return 0, 0, tx.failWrite("lock sessions", err)
		}
	}
	var sum struct {
		N     int
		Bytes int64
	}
	err = tx.tx.NewSelect().Model((*sessionRow)(nil)).ColumnExpr("count(*) AS n, coalesce(sum(received), 0) AS bytes").
		Where("account = ?", string(acc)).Where("asset = ''").Where("expires_at > ?", micros(at)).
		Where("id LIKE ?", prefix+"%").Scan(tx.ctx, &sum)
	return sum.N, sum.Bytes, tx.fail("count sessions", err)
}

// ExpiredSessions returns sessions of an account, finished or not, that
// expired before a moment, the oldest first, at most n.
func (tx *Tx) ExpiredSessions(acc media.AccountID, before time.Time, n int64) ([]media.SessionID, error) {
	var ids []media.SessionID
	err := tx.tx.NewSelect().Model((*sessionRow)(nil)).Column("id").
		Where("account = ?", string(acc)).Where("expires_at < ?", micros(before)).Order("expires_at", "id").Limit(n).Scan(tx.ctx, &ids)
	return ids, tx.fail("list expired sessions", err)
}

// Parts returns the parts of a session that have a byte in [from, to), in
// their order; to < 0 is the end of the file.
func (tx *Tx) Parts(acc media.AccountID, id media.SessionID, from, to int64) ([]Part, error) {
	var rows []partRow
	q := tx.tx.NewSelect().Model(&rows).Where("account = ?", string(acc)).Where("session = ?", string(id)).
		Where("first + bytes > ?", from).Order("first")
	if to >= 0 {
		q = q.Where("first < ?", to)
	}
	if err := q.Scan(tx.ctx); err != nil {
		return nil, tx.fail("list parts", err)
	}
	parts := make([]Part, len(rows))
	for i, r := range rows {
		parts[i] = Part{Offset: r.First, Bytes: r.Bytes, Blob: r.Blob}
	}
	return parts, nil
}

// PutPart records a part, in place of one with the same Offset; NotFound
// without its session. That parts do not overlap is for the caller to see to.
func (tx *Tx) PutPart(acc media.AccountID, id media.SessionID, p Part) error {
	if err := checkKey("blob key", p.Blob); err != nil {
		return err
	}
	if err := tx.lockBlob(acc, p.Blob, true); err != nil {
		return err
	}
	row := &partRow{Account: string(acc), Session: string(id), First: p.Offset, Bytes: p.Bytes, Blob: p.Blob}
	_, err := tx.changed("put part", tx.tx.NewInsert().Model(row).On("CONFLICT (account, session, first) DO UPDATE").
		Set("bytes = EXCLUDED.bytes").Set("blob = EXCLUDED.blob"))
	return err
}

// DeleteParts removes the records of all parts of a session, and returns the
// keys of their blobs.
func (tx *Tx) DeleteParts(acc media.AccountID, id media.SessionID) ([]string, error) {
	parts, err := tx.Parts(acc, id, 0, -1)
	if err != nil {
		return nil, err
	}
	_, err = tx.changed("delete parts", tx.tx.NewDelete().Model((*partRow)(nil)).Where("account = ?", string(acc)).Where("session = ?", string(id)))
	keys := make([]string, len(parts))
	for i, p := range parts {
		keys[i] = p.Blob
	}
	return keys, err
}

// CountParts returns how many parts a session has.
func (tx *Tx) CountParts(acc media.AccountID, id media.SessionID) (int64, error) {
	n, err := tx.tx.NewSelect().Model((*partRow)(nil)).Where("account = ?", string(acc)).Where("session = ?", string(id)).Count(tx.ctx)
	return n, tx.fail("count parts", err)
}
