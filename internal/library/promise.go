package library

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"tintype/internal/blob"
	"tintype/internal/catalog"
	"tintype/internal/engine"
	"tintype/internal/media"
)

// JobKeep is the kind of job that Keep handles, and QueueLater the line that
// these jobs stand in.
const (
	JobKeep    = "keep-promise"
	QueueLater = "later"
)

const (
	// maxTries is how often a promise is tried to be kept.
	maxTries = 5
	// patienceLater is how long background work waits for a worker.
	patienceLater = 2 * time.Minute
)

// promise is work that was acknowledged, as it lies in the catalog. One of
// Upload and Ahead is set.
type promise struct {
	Origin media.Origin `json:"origin"`
	Upload *Upload      `json:"upload,omitempty"`
	// Asset, by its ID, is what to make Ahead of.
	Asset media.Asset   `json:"asset,omitzero"`
	Ahead []media.Ahead `json:"ahead,omitempty"`
}

// promised is the argument of JobKeep.
type promised struct {
	Account media.AccountID `json:"account"`
	ID      string          `json:"id"`
}

// promise records work and the job that does it. The job is tried more often
// than the work, so that it can say that it gives up.
func (l *Library) promise(tx *catalog.Tx, acc media.AccountID, key string, p promise) error {
	id, err := l.newID()
	if err != nil {
		return err
	}
	work, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("write promise: %w", err)
	}
	if err := tx.AddPromise(catalog.Promise{Account: acc, ID: id, Blob: key, Work: work, CreatedAt: l.now()}); err != nil {
		return err
	}
	return tx.Enqueue(catalog.Job{Kind: JobKeep, Queue: QueueLater, Args: promised{acc, id}, MaxAttempts: maxTries + 3})
}

// promiseAhead has renditions made after the transaction, where an event is to
// tell of them.
func (l *Library) promiseAhead(tx *catalog.Tx, a *media.Asset, ahead Ahead) error {
	if !ahead.promised() {
		return nil
	}
	by := tx.Origin()
	if len(ahead.EagerNotify) > 0 {
		by.Notify = ahead.EagerNotify
	}
	return l.promise(tx, a.Account, "", promise{Origin: by, Asset: *a, Ahead: ahead.wanted()})
}

// UploadLater acknowledges an upload, which a job takes in: when it returns
// without error the bytes, or the URL to fetch them from, would survive a
// power cut. What is wrong with the upload as such is refused at once; what is
// wrong with its content is told by an EventFailed.
func (l *Library) UploadLater(ctx context.Context, u Upload) error {
	if u.Staged != nil {
		defer u.Staged.Discard()
	}
	if err := checkUpload(&u); err != nil {
		return err
	}
	if u.Amend != nil {
		return errors.New("library: an upload that is put off cannot be amended")
	}
	if u.Data != nil {
		staged, err := l.receive(ctx, &u)
		if err != nil {
			return err
		}
		defer staged.Discard()
		u.Data, u.Staged = nil, staged
	}
	p := promise{Origin: media.OriginOf(ctx), Upload: &u}
	if u.Staged == nil {
		if l.cfg.Fetch == nil {
			return media.Errorf(media.Unsupported, "Uploads by URL are switched off here")
		}
		if err := l.cfg.Fetch.Check(u.URL); err != nil {
			return sourceError(u.URL, err)
		}
		return l.acknowledge(ctx, u.Account, "", p)
	}
	if u.Staged.Size == 0 {
		return media.Errorf(media.Invalid, "Empty file")
	}
	key := OriginalKey(u.Account, u.Staged.SHA256)
	unlock, err := l.cfg.Cluster.Lock(ctx, blobLock(key))
	if err != nil {
		return fmt.Errorf("lock blob: %w", err)
	}
	defer unlock()
	file := u.Staged.take()
	if file == nil {
		return errStagedGone
	}
	if _, err := blob.Adopt(ctx, l.cfg.Blobs, file, key); err != nil {
		return fmt.Errorf("store upload: %w", err)
	}
	l.cfg.Fault("adopted")
	if err := l.acknowledge(ctx, u.Account, key, p); err != nil {
		l.release(ctx, u.Account, key)
		return err
	}
	return nil
}

func (l *Library) acknowledge(ctx context.Context, acc media.AccountID, key string, p promise) error {
	err := l.cfg.Catalog.Update(ctx, func(tx *catalog.Tx) error { return l.promise(tx, acc, key, p) })
	if err != nil {
		return fmt.Errorf("acknowledge upload: %w", err)
	}
	l.cfg.Fault("acknowledged")
	return nil
}

// kept marks that a promise is none any more: it was kept, or given up, by
// somebody else.
type kept struct{ err error }

func (k *kept) Error() string { return "promise: " + k.err.Error() }
func (k *kept) Unwrap() error { return k.err }

// Keep is the handler of JobKeep. It does what was acknowledged, and the
// transaction that records the outcome forgets the promise, so that it is done
// once however often the job runs. What can never be done, and what failed
// maxTries times, is given up with an EventFailed.
func (l *Library) Keep(ctx context.Context, args json.RawMessage) error {
	var job promised
	if err := json.Unmarshal(args, &job); err != nil {
		return fmt.Errorf("read job: %w", err)
	}
	var rec catalog.Promise
	err := l.cfg.Catalog.Update(ctx, func(tx *catalog.Tx) (err error) {
		rec, err = tx.TryPromise(job.Account, job.ID)
		return err
	})
	if media.CodeOf(err) == media.NotFound {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read promise: %w", err)
	}
	l.cfg.Fault("tried")
	var p promise
	if err := json.Unmarshal(rec.Work, &p); err != nil {
		return l.giveUp(ctx, rec, p, fmt.Errorf("read promise: %w", err))
	}
	ctx = engine.Patient(media.WithOrigin(ctx, p.Origin), patienceLater)
	switch {
	case rec.Tries > maxTries:
		err = l.giveUp(ctx, rec, p, media.Errorf(media.Internal, "The work failed %d times and was given up", maxTries))
	case p.Upload != nil:
		err = l.takeIn(ctx, rec, p)
	default:
		err = l.makeAhead(ctx, rec, p)
	}
	var k *kept
	if errors.As(err, &k) && media.CodeOf(k) == media.NotFound {
		return nil
	}
	return err
}

// takeIn does an upload that was acknowledged.
func (l *Library) takeIn(ctx context.Context, rec catalog.Promise, p promise) error {
	u := *p.Upload
	u.keeps = rec.ID
	if rec.Blob != "" {
		r, info, err := l.cfg.Blobs.Open(ctx, rec.Blob, 0, -1)
		if err != nil {
			return fmt.Errorf("open upload: %w", err)
		}
		u.Staged, err = l.Stage(ctx, r, info.Size)
		r.Close()
		if err != nil {
			return err
		}
	}
	out, err := l.Upload(ctx, u)
	switch {
	case err != nil && refused(err):
		return l.giveUp(ctx, rec, p, err)
	case err != nil:
		return err
	case rec.Blob != "" && rec.Blob != out.Asset.Version.Blob:
		l.release(ctx, rec.Account, rec.Blob)
	}
	l.cfg.Fault("kept")
	return nil
}

// makeAhead makes renditions that were promised, and tells of them.
func (l *Library) makeAhead(ctx context.Context, rec catalog.Promise, p promise) error {
	a, err := l.Find(ctx, rec.Account, media.Ref{ID: p.Asset.ID})
	switch {
	case media.CodeOf(err) == media.NotFound:
		for i := range p.Ahead {
			p.Ahead[i].Error = "The asset was removed before"
		}
		a = &p.Asset
	case err != nil:
		return err
	default:
		p.Ahead = l.made(ctx, a, p.Ahead)
		if ctx.Err() != nil {
			return ctx.Err() // told to stop
		}
	}
	l.cfg.Fault("rendered")
	return l.tellAhead(ctx, rec, a, p.Ahead)
}

func (l *Library) tellAhead(ctx context.Context, rec catalog.Promise, a *media.Asset, made []media.Ahead) error {
	err := l.cfg.Catalog.Update(ctx, func(tx *catalog.Tx) error {
		if err := tx.DeletePromise(rec.Account, rec.ID); err != nil {
			return &kept{err}
		}
		return tx.AddEvent(media.NewEvent(media.EventRendered, a, l.now(), media.AssetData{Asset: *a, Ahead: made}))
	})
	if err != nil {
		return fmt.Errorf("tell of renditions: %w", err)
	}
	l.cfg.Fault("kept")
	return nil
}

// giveUp forgets a promise and tells why.
func (l *Library) giveUp(ctx context.Context, rec catalog.Promise, p promise, why error) error {
	if media.CodeOf(why) == media.Internal {
		l.cfg.Logger.Error("background work given up", "account", rec.Account, "promise", rec.ID, "tries", rec.Tries, "error", why)
	}
	if len(p.Ahead) > 0 {
		for i := range p.Ahead {
			p.Ahead[i].Error = media.MessageOf(why)
		}
		return l.tellAhead(ctx, rec, &p.Asset, p.Ahead)
	}
	e := media.Event{Account: rec.Account, Type: media.EventFailed, At: l.now(), Origin: p.Origin}
	data := media.FailureData{Message: media.MessageOf(why)}
	if p.Upload != nil {
		e.Ref = media.Ref{Kind: p.Upload.Kind, Access: p.Upload.Access, Name: join(p.Upload.Folder, p.Upload.Name)}
		data.Name = e.Ref.Name
	}
	e.Data, _ = json.Marshal(data) // of strings: cannot fail
	err := l.cfg.Catalog.Reclaim(ctx, func(tx *catalog.Tx) error {
		if err := tx.DeletePromise(rec.Account, rec.ID); err != nil {
			return &kept{err}
		}
		if rec.Blob != "" {
			if err := l.deleteLater(tx, rec.Account, []string{rec.Blob}); err != nil {
				return err
			}
		}
		return tx.AddEvent(e)
	})
	if err != nil {
		return fmt.Errorf("give up: %w", err)
	}
	l.cfg.Fault("kept")
	return nil
}
