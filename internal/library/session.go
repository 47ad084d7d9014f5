package library

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"tintype/internal/blob"
	"tintype/internal/catalog"
	"tintype/internal/media"
)

// SessionLimits bound the uploads in parts of one account. Zero fields take
// their defaults.
type SessionLimits struct {
	// Open is how many may be unfinished at a time; default 1,000.
	Open int
	// Bytes is how many bytes these may hold together; default 16 GiB, or
	// eight of the largest uploads where that is more.
	Bytes int64
	// Life is how long a session is kept after its last part; default 24 hours.
	Life time.Duration
}

func (s *SessionLimits) defaults(largest int64) {
	s.Open = orDefault(s.Open, 1000)
	s.Bytes = orDefault(s.Bytes, max(16<<30, 8*largest))
	s.Life = orDefault(s.Life, 24*time.Hour)
}

// maxParts bounds the parts of one session.
const maxParts = 10_000

// partPrefix is where the parts of all accounts lie.
const partPrefix = "part/"

// Begin opens a session for a file that arrives in parts, of which s says
// Account, Total, Note and, where the caller knows sessions by a name of its
// own, ID. If there is one of that ID it is returned as it is; whoever begins
// first has set its Note. Limited when the account has too many.
func (l *Library) Begin(ctx context.Context, s media.Session) (*media.Session, error) {
	if !media.ValidAccount(string(s.Account)) {
		return nil, errors.New("library: a session without an account")
	}
	if err := l.checkTotal(s.Total); err != nil {
		return nil, err
	}
	if s.ID == "" {
		id, err := l.newID()
		if err != nil {
			return nil, err
		}
		s.ID = media.SessionID(id)
	} else if !blob.ValidKey(partKey(&s, 0, "x")) || strings.Contains(string(s.ID), "/") {
		return nil, fmt.Errorf("library: the session id %q cannot stand in a key", s.ID)
	}
	out, err := l.Session(ctx, s.Account, s.ID)
	if err == nil || media.CodeOf(err) != media.NotFound {
		return out, err
	}
	err = l.cfg.Catalog.Update(ctx, func(tx *catalog.Tx) error {
		// Nobody else begins one meanwhile.
		open, _, most, err := l.openSessions(tx, s.Account, s.ID)
		if err != nil {
			return err
		}
		switch out, err = tx.Session(s.Account, s.ID); {
		case err == nil && l.now().Before(out.ExpiresAt):
			return nil
		case err == nil:
			if err := l.forget(tx, s.Account, s.ID); err != nil {
				return err
			}
		case media.CodeOf(err) != media.NotFound:
			return err
		}
		if open >= most.Open {
			e := media.Errorf(media.Limited, "There are %d unfinished uploads in parts already; finish or abort some first", open)
			e.Err = &media.LimitError{What: "sessions", Max: int64(most.Open), Got: int64(open) + 1}
			return e
		}
		out = &media.Session{
			Account: s.Account, ID: s.ID, Total: s.Total, Note: s.Note,
			CreatedAt: l.now(), ExpiresAt: l.now().Add(l.cfg.Sessions.Life),
		}
		return tx.PutSession(out)
	})
	if err != nil {
		return nil, fmt.Errorf("begin upload: %w", err)
	}
	l.cfg.Fault("begun")
	return out, nil
}

// openSessions counts the unfinished sessions that share the bounds of one,
// and tells these: guests have a quarter of what their account has, so that
// they never take the room of its owner.
func (l *Library) openSessions(tx *catalog.Tx, acc media.AccountID, id media.SessionID) (n int, bytes int64, most SessionLimits, err error) {
	most = l.cfg.Sessions
	count := tx.OpenSessions
	if id.Guest() {
		most.Open, most.Bytes = most.Open/4, most.Bytes/4
		count = tx.OpenGuestSessions
	}
	n, bytes, err = count(acc, l.now())
	return n, bytes, most, err
}

func (l *Library) checkTotal(total int64) error {
	if total > l.MaxBytes("") {
		return tooLarge(l.MaxBytes(""), total)
	}
	return nil
}

// Session returns a session; NotFound if there is none or it has expired.
func (l *Library) Session(ctx context.Context, acc media.AccountID, id media.SessionID) (*media.Session, error) {
	var s *media.Session
	err := l.cfg.Catalog.View(ctx, func(tx *catalog.Tx) (err error) {
		s, err = l.session(tx, acc, id)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find upload: %w", err)
	}
	return s, nil
}

func (l *Library) session(tx *catalog.Tx, acc media.AccountID, id media.SessionID) (*media.Session, error) {
	s, err := tx.Session(acc, id)
	if err == nil && !l.now().Before(s.ExpiresAt) {
		return nil, media.Errorf(media.NotFound, "The upload %s has expired", id)
	}
	return s, err
}

// Part is a stretch of the file of a session.
type Part struct {
	// Offset is where it begins in the file.
	Offset int64
	// Total is the size of the file; media.UnknownTotal where the bringer of
	// this part does not know it.
	Total int64
	// Staged is consumed in any case.
	Staged *Staged
}

// Append adds a part to a session and returns how that stands then: the bytes
// would survive a power cut. Parts come in any order and may be repeated, the
// later one counts; one that overlaps others without being one of them again
// is Invalid, and so is one that does not fit the total. No byte at all
// changes nothing but the total. A session that has finished is returned as
// it is.
func (l *Library) Append(ctx context.Context, acc media.AccountID, id media.SessionID, p Part) (*media.Session, error) {
	defer p.Staged.Discard()
	s, err := l.Session(ctx, acc, id)
	if err != nil {
		return nil, err
	}
	if err := l.checkPart(s, p); err != nil || s.Asset != "" {
		return s, err
	}
	var stored catalog.Part
	if p.Staged.Size > 0 {
		if stored, err = l.storePart(ctx, s, p); err != nil {
			return nil, err
		}
	}
	err = l.cfg.Catalog.Update(ctx, func(tx *catalog.Tx) error {
		s, err = l.recordPart(tx, acc, id, p, stored)
		return err
	})
	if stored.Blob != "" && (err != nil || s.Asset != "") {
		l.release(ctx, acc, stored.Blob)
	}
	if err != nil {
		return nil, fmt.Errorf("record part: %w", err)
	}
	l.cfg.Fault("part recorded")
	return s, nil
}

// checkPart refuses what does not fit a session whatever parts it has.
func (l *Library) checkPart(s *media.Session, p Part) error {
	end := p.Offset + p.Staged.Size
	total := s.Total
	if total < 0 {
		total = p.Total
	}
	switch {
	case p.Offset < 0 || end < 0:
		return media.Errorf(media.Invalid, "The part begins at byte %d", p.Offset)
	case p.Total >= 0 && p.Total != total:
		return media.Errorf(media.Invalid, "The part says that the file has %d bytes, an earlier one said %d", p.Total, total)
	case total >= 0 && end > total:
		return media.Errorf(media.Invalid, "The part ends at byte %d of a file of %d", end, total)
	case end > l.MaxBytes(""):
		return tooLarge(l.MaxBytes(""), end)
	}
	return l.checkTotal(total)
}

// storePart makes the bytes of a part durable under a key of their own, so
// that two writers of one part cannot mix.
func (l *Library) storePart(ctx context.Context, s *media.Session, p Part) (catalog.Part, error) {
	unique, err := l.random(12, lower)
	if err != nil {
		return catalog.Part{}, err
	}
	part := catalog.Part{Offset: p.Offset, Bytes: p.Staged.Size, Blob: partKey(s, p.Offset, unique)}
	file := p.Staged.take()
	if file == nil {
		return part, errStagedGone
	}
	if _, err := blob.Adopt(ctx, l.cfg.Blobs, file, part.Blob); err != nil {
		return part, fmt.Errorf("store part: %w", err)
	}
	l.cfg.Fault("part adopted")
	return part, nil
}

func partKey(s *media.Session, offset int64, unique string) string {
	return fmt.Sprintf("%s%s/%s/%d-%s", partPrefix, s.Account, s.ID, offset, unique)
}

func (l *Library) recordPart(tx *catalog.Tx, acc media.AccountID, id media.SessionID, p Part, stored catalog.Part) (*media.Session, error) {
	_, held, most, err := l.openSessions(tx, acc, id) // nobody else adds bytes meanwhile
	if err != nil {
		return nil, err
	}
	s, err := l.session(tx, acc, id)
	if err != nil || s.Asset != "" {
		return s, err
	}
	if err := l.checkPart(s, Part{Offset: p.Offset, Total: p.Total, Staged: &Staged{Size: stored.Bytes}}); err != nil {
		return nil, err
	}
	if p.Total >= 0 && s.Total < 0 {
		switch beyond, err := tx.Parts(acc, id, p.Total, -1); {
		case err != nil:
			return nil, err
		case len(beyond) > 0:
			return nil, media.Errorf(media.Invalid, "The part says that the file has %d bytes, but some beyond have arrived", p.Total)
		}
		s.Total = p.Total
	}
	if stored.Bytes > 0 {
		if err := l.makeRoom(tx, s, stored, held, most.Bytes); err != nil {
			return nil, err
		}
		if err := tx.PutPart(acc, id, stored); err != nil {
			return nil, err
		}
		s.Received += stored.Bytes
	}
	s.ExpiresAt = l.now().Add(l.cfg.Sessions.Life)
	return s, tx.PutSession(s)
}

// makeRoom lets go of the part that a new one repeats, and refuses one that
// overlaps others or passes a bound. held is what the account has of the most
// that it may have.
func (l *Library) makeRoom(tx *catalog.Tx, s *media.Session, p catalog.Part, held, most int64) error {
	there, err := tx.Parts(s.Account, s.ID, p.Offset, p.Offset+p.Bytes)
	if err != nil {
		return err
	}
	for _, old := range there {
		if old.Offset != p.Offset || old.Bytes != p.Bytes {
			return media.Errorf(media.Invalid, "The part of bytes %d-%d overlaps bytes %d-%d, which arrived before",
				p.Offset, p.Offset+p.Bytes-1, old.Offset, old.Offset+old.Bytes-1)
		}
		s.Received -= old.Bytes
		return l.deleteLater(tx, s.Account, []string{old.Blob})
	}
	if held+p.Bytes > most {
		e := media.Errorf(media.Limited, "The unfinished uploads in parts are larger than %d bytes together; finish or abort some first", most)
		e.Err = &media.LimitError{What: "bytes in parts", Max: most, Got: held + p.Bytes}
		return e
	}
	switch n, err := tx.CountParts(s.Account, s.ID); {
	case err != nil:
		return err
	case n >= maxParts:
		e := media.Errorf(media.Invalid, "The upload has more than %d parts", maxParts)
		e.Err = &media.LimitError{What: "parts", Max: maxParts, Got: n + 1}
		return e
	}
	return nil
}

// Abort ends a session and has its parts deleted; NotFound if there is none.
// What a finished session became stays.
func (l *Library) Abort(ctx context.Context, acc media.AccountID, id media.SessionID) error {
	err := l.cfg.Catalog.Reclaim(ctx, func(tx *catalog.Tx) error { return l.forget(tx, acc, id) })
	if err != nil {
		return fmt.Errorf("abort upload: %w", err)
	}
	l.cfg.Fault("aborted")
	return nil
}

func (l *Library) forget(tx *catalog.Tx, acc media.AccountID, id media.SessionID) error {
	if _, err := tx.Session(acc, id); err != nil { // and nobody adds a part
		return err
	}
	keys, err := tx.DeleteParts(acc, id)
	if err != nil {
		return err
	}
	if err := tx.DeleteSession(acc, id); err != nil {
		return err
	}
	return l.deleteLater(tx, acc, keys)
}

// SweepSessions ends the sessions that have expired, and deletes parts that
// no record names: a process died before it recorded them, more than an hour
// ago. It returns how many of each. Any number of nodes may do so at once.
func (l *Library) SweepSessions(ctx context.Context) (sessions, parts int, err error) {
	var accounts []media.Account
	err = l.cfg.Catalog.View(ctx, func(tx *catalog.Tx) (err error) {
		accounts, err = tx.Accounts()
		return err
	})
	for i := 0; i < len(accounts) && err == nil; i++ {
		var n int
		n, err = l.sweepAccount(ctx, accounts[i].ID)
		sessions += n
	}
	if err != nil {
		return sessions, 0, fmt.Errorf("sweep sessions: %w", err)
	}
	for info, err := range l.cfg.Blobs.List(ctx, partPrefix) {
		if err != nil {
			return sessions, parts, fmt.Errorf("sweep parts: %w", err)
		}
		owner, _, _ := strings.Cut(strings.TrimPrefix(info.Key, partPrefix), "/")
		if l.now().Sub(info.ModTime) < time.Hour {
			continue
		}
		gone, err := l.sweepBlob(ctx, media.AccountID(owner), info.Key)
		if err != nil {
			return sessions, parts, fmt.Errorf("sweep part %s: %w", info.Key, err)
		}
		if gone {
			parts++
		}
	}
	return sessions, parts, nil
}

// sweepBatch is how many expired sessions are looked up at a time.
const sweepBatch = 100

func (l *Library) sweepAccount(ctx context.Context, acc media.AccountID) (n int, err error) {
	for {
		var ids []media.SessionID
		err := l.cfg.Catalog.View(ctx, func(tx *catalog.Tx) (err error) {
			ids, err = tx.ExpiredSessions(acc, l.now(), sweepBatch)
			return err
		})
		if err != nil || len(ids) == 0 {
			return n, err
		}
		for _, id := range ids {
			// Another node may have been here.
			if err := l.Abort(ctx, acc, id); err != nil && media.CodeOf(err) != media.NotFound {
				return n, err
			}
			n++
		}
	}
}

func (l *Library) sweepBlob(ctx context.Context, acc media.AccountID, key string) (gone bool, err error) {
	var used bool
	err = l.cfg.Catalog.View(ctx, func(tx *catalog.Tx) (err error) {
		used, err = tx.BlobInUse(acc, key)
		return err
	})
	if err != nil || used {
		return false, err
	}
	return true, l.deleteBlob(ctx, acc, key)
}
