package library

import (
	"context"
	"errors"
	"fmt"
	"io"

	"tintype/internal/blob"
	"tintype/internal/catalog"
	"tintype/internal/media"
)

// Finish makes a session whose parts are all there into an asset, as Upload
// does with the file that they are; u has no source of bytes. It may be
// called again while the session lives, and then answers what the first call
// made, as it is now. Invalid when bytes are missing: the session goes on.
// When the file itself is refused the session is over.
func (l *Library) Finish(ctx context.Context, acc media.AccountID, id media.SessionID, u Upload) (*Uploaded, error) {
	unlock, err := l.cfg.Cluster.Lock(ctx, "session/"+string(acc)+"/"+string(id))
	if err != nil {
		return nil, fmt.Errorf("lock session: %w", err)
	}
	defer unlock()
	s, parts, err := l.parts(ctx, acc, id)
	if err != nil {
		return nil, err
	}
	if s.Asset != "" {
		return l.finished(ctx, s, &u)
	}
	if err := complete(s, parts); err != nil {
		return nil, err
	}
	u.Account, u.finishes = acc, id
	if u.Staged, err = l.assemble(ctx, s, parts); err != nil {
		return nil, err
	}
	l.cfg.Fault("assembled")
	out, err := l.Upload(ctx, u)
	switch {
	case err == nil && out.Existing:
		err = l.cfg.Catalog.Update(ctx, func(tx *catalog.Tx) error { return l.endSession(tx, acc, id, out) })
	case err != nil && refused(err):
		if abortErr := l.Abort(context.WithoutCancel(ctx), acc, id); abortErr != nil {
			l.cfg.Logger.Warn("a refused upload is left to the sweep", "account", acc, "session", id, "error", abortErr)
		}
	}
	if errors.Is(err, errFinished) { // another node was quicker
		if s, _, err = l.parts(ctx, acc, id); err == nil {
			return l.finished(ctx, s, &u)
		}
	}
	if err != nil {
		return nil, err
	}
	l.cfg.Fault("finished")
	return out, nil
}

// refused reports whether trying again would end in the same way.
func refused(err error) bool {
	switch media.CodeOf(err) {
	case media.Invalid, media.TooLarge, media.Unsupported:
		return true
	}
	return false
}

// parts returns a session with its parts, of one moment.
func (l *Library) parts(ctx context.Context, acc media.AccountID, id media.SessionID) (s *media.Session, parts []catalog.Part, err error) {
	err = l.cfg.Catalog.View(ctx, func(tx *catalog.Tx) error {
		if s, err = l.session(tx, acc, id); err != nil {
			return err
		}
		parts, err = tx.Parts(acc, id, 0, -1)
		return err
	})
	if err != nil {
		err = fmt.Errorf("find upload: %w", err)
	}
	return s, parts, err
}

// complete names the first bytes that are missing.
func complete(s *media.Session, parts []catalog.Part) error {
	end := int64(0)
	missing := func(to int64) error {
		return media.Errorf(media.Invalid, "Bytes %d-%d of the upload are missing", end, to-1)
	}
	for _, p := range parts {
		if p.Offset > end {
			return missing(p.Offset)
		}
		end = p.Offset + p.Bytes
	}
	switch {
	case s.Total < 0:
		return media.Errorf(media.Invalid, "The size of the upload is not known yet")
	case end < s.Total:
		return missing(s.Total)
	}
	return nil
}

// assemble copies the parts into one staged file.
func (l *Library) assemble(ctx context.Context, s *media.Session, parts []catalog.Part) (*Staged, error) {
	r := &partsReader{ctx: ctx, blobs: l.cfg.Blobs, parts: parts}
	defer r.close()
	staged, err := l.Stage(ctx, r, s.Total)
	if err == nil && staged.Size != s.Total {
		staged.Discard()
		err = fmt.Errorf("the parts have %d bytes of %d", staged.Size, s.Total)
	}
	if err != nil {
		return nil, fmt.Errorf("assemble upload: %w", err)
	}
	return staged, nil
}

// partsReader reads parts one after the other.
type partsReader struct {
	ctx   context.Context
	blobs blob.Store
	parts []catalog.Part
	open  io.ReadCloser
}

func (r *partsReader) Read(p []byte) (int, error) {
	for {
		if r.open == nil {
			if len(r.parts) == 0 {
				return 0, io.EOF
			}
			body, info, err := r.blobs.Open(r.ctx, r.parts[0].Blob, 0, -1)
			if err == nil && info.Size != r.parts[0].Bytes {
				body.Close()
				err = fmt.Errorf("the part has %d bytes, not %d", info.Size, r.parts[0].Bytes)
			}
			switch media.CodeOf(err) {
			case media.NotFound, media.Invalid: // nothing that the client asked for
				err = errors.New(err.Error())
			}
			if err != nil {
				return 0, fmt.Errorf("open part %s: %w", r.parts[0].Blob, err)
			}
			r.open, r.parts = body, r.parts[1:]
		}
		n, err := r.open.Read(p)
		if err == io.EOF {
			r.close()
			err = nil
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

func (r *partsReader) close() {
	if r.open != nil {
		r.open.Close()
		r.open = nil
	}
}

// errFinished says that a session has been made into an asset already.
var errFinished = errors.New("library: the session has finished")

// endSession notes what a session became and lets go of its parts, in the
// transaction that makes the asset.
func (l *Library) endSession(tx *catalog.Tx, acc media.AccountID, id media.SessionID, out *Uploaded) error {
	s, err := tx.Session(acc, id)
	if err != nil {
		return err
	}
	if s.Asset != "" {
		return errFinished
	}
	s.Asset, s.Version = out.Asset.ID, out.Asset.Version.ID
	s.Existing, s.Overwritten = out.Existing, out.Overwritten
	if err := tx.PutSession(s); err != nil {
		return err
	}
	keys, err := tx.DeleteParts(acc, id)
	if err != nil {
		return err
	}
	return l.deleteLater(tx, acc, keys)
}

// finished answers a repeated Finish.
func (l *Library) finished(ctx context.Context, s *media.Session, u *Upload) (*Uploaded, error) {
	a, err := l.Find(ctx, s.Account, media.Ref{ID: s.Asset})
	if err != nil {
		return nil, err
	}
	out := &Uploaded{Asset: a, Existing: s.Existing, Overwritten: s.Overwritten}
	if !out.Existing {
		out.Eager = l.Eager(ctx, a, u.now(), u.EagerLabels)
	}
	return out, nil
}
