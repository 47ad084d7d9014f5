package library

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tintype/internal/blob"
	"tintype/internal/catalog"
	"tintype/internal/media"
)

// OriginalKey is the blob key of an original of an account.
func OriginalKey(account media.AccountID, sha256 string) string {
	return "original/" + string(account) + "/" + sha256[:2] + "/" + sha256
}

// candidate is a file that passed all checks.
type candidate struct {
	upload *Upload
	naming naming
	staged *Staged
	kind   media.Kind
	info   media.Info
	found  findings
}

// commit stores the bytes, then the record. The blob's lock is held from before
// the bytes are stored until the record refers to them, so that a removal of
// equal bytes cannot come between.
func (l *Library) commit(ctx context.Context, c *candidate) (*Uploaded, error) {
	key := OriginalKey(c.upload.Account, c.staged.SHA256)
	if c.naming.fixed && !c.upload.Overwrite {
		if out, err := l.existing(ctx, c); out != nil || err != nil {
			return out, err
		}
	}
	unlock, err := l.cfg.Cluster.Lock(ctx, blobLock(key))
	if err != nil {
		return nil, fmt.Errorf("lock blob: %w", err)
	}
	defer unlock()
	file := c.staged.take()
	if file == nil {
		return nil, errStagedGone
	}
	if _, err := blob.Adopt(ctx, l.cfg.Blobs, file, key); err != nil {
		return nil, fmt.Errorf("store upload: %w", err)
	}
	l.cfg.Fault("adopted")
	var out *Uploaded
	err = l.retry(ctx, func() error {
		out, err = l.record(ctx, c, key)
		return err
	})
	if err != nil {
		l.release(ctx, c.upload.Account, key)
		return nil, err
	}
	if out.Existing {
		l.release(ctx, c.upload.Account, key)
	}
	l.cfg.Fault("committed")
	return out, nil
}

func blobLock(key string) string { return "blob/" + key }

// existing answers an upload that must not replace what is there.
func (l *Library) existing(ctx context.Context, c *candidate) (*Uploaded, error) {
	name, err := c.naming.make()
	if err != nil {
		return nil, err
	}
	a, err := l.Find(ctx, c.upload.Account, media.Ref{Kind: c.kind, Access: c.upload.Access, Name: name})
	if media.CodeOf(err) == media.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &Uploaded{Asset: a, Existing: true}, nil
}

// retry runs f again when it lost a race for a name: the second look sees the
// winner's record.
func (l *Library) retry(ctx context.Context, f func() error) error {
	for try := 0; ; try++ {
		err := f()
		var final *taken
		if media.CodeOf(err) != media.Conflict || errors.As(err, &final) || try == 10 || ctx.Err() != nil {
			return err
		}
	}
}

// record is the one commit of an upload.
func (l *Library) record(ctx context.Context, c *candidate, key string) (*Uploaded, error) {
	name, err := c.naming.make()
	if err != nil {
		return nil, err
	}
	if c.upload.Access != media.Remote {
		if err := CheckName(name); err != nil {
			return nil, err
		}
	}
	version, err := l.newID()
	if err != nil {
		return nil, err
	}
	id, err := l.newID()
	if err != nil {
		return nil, err
	}
	var out Uploaded
	opened := false
	err = l.cfg.Catalog.Update(ctx, func(tx *catalog.Tx) error {
		out = Uploaded{}
		old, err := tx.Asset(c.upload.Account, media.Ref{Kind: c.kind, Access: c.upload.Access, Name: name})
		switch {
		case media.CodeOf(err) == media.NotFound:
			old = nil
		case err != nil:
			return err
		case !c.naming.fixed:
			return media.Errorf(media.Conflict, "The generated name %s is taken", name)
		case !c.upload.Overwrite:
			out = Uploaded{Asset: old, Existing: true}
			return nil
		}
		a := l.asset(c, name, key, old)
		a.Version.ID = media.VersionID(version)
		if old == nil {
			a.ID = media.AssetID(id)
		}
		if opened, err = l.giveMetadata(tx, a, c.upload); err != nil {
			return err
		}
		if err := l.place(tx, a, c.upload.placing(a)); err != nil {
			return err
		}
		if err := l.submit(tx, a, c.upload.Moderators); err != nil {
			return err
		}
		out = Uploaded{Asset: a, Overwritten: old != nil}
		a.Detail.Analysis = c.found.about(a.Version.ID)
		if err := tx.PutAsset(a); err != nil {
			return err
		}
		if err := c.found.record(tx, a); err != nil {
			return err
		}
		// From here the catalog keeps the blob from being deleted. It can have
		// gone before only if the lock was lost, as when a cluster falls apart.
		if err := l.stillStored(ctx, key); err != nil {
			return err
		}
		if old != nil {
			if err := l.retire(tx, old, key); err != nil {
				return err
			}
		}
		if c.upload.finishes != "" {
			if err := l.endSession(tx, a.Account, c.upload.finishes, &out); err != nil {
				return err
			}
		}
		return l.tell(tx, c.upload, &out)
	})
	if errors.Is(err, catalog.ErrUnknownOutcome) && l.recorded(ctx, out.Asset) {
		err = nil
	}
	if err != nil {
		return nil, fmt.Errorf("record upload: %w", err)
	}
	if opened {
		l.tellSchema(ctx, c.upload.Account)
	}
	return &out, nil
}

func (l *Library) stillStored(ctx context.Context, key string) error {
	_, err := l.cfg.Blobs.Stat(ctx, key)
	if media.CodeOf(err) == media.NotFound {
		return media.Errorf(media.Limited, "The upload met a removal of the same file, try again")
	}
	return err
}

// tell records the event of an upload, and what it promises.
func (l *Library) tell(tx *catalog.Tx, u *Upload, out *Uploaded) error {
	if u.keeps != "" {
		if err := tx.DeletePromise(u.Account, u.keeps); err != nil {
			return &kept{err}
		}
	}
	data := media.AssetData{Asset: *out.Asset, Overwritten: out.Overwritten, Ahead: u.wanted(), Later: u.EagerLater}
	if err := tx.AddEvent(media.NewEvent(media.EventUploaded, out.Asset, l.now(), data)); err != nil {
		return err
	}
	return l.promiseAhead(tx, out.Asset, u.Ahead)
}

// leftAlone tells those whom the caller named, and nobody else, of an upload
// that changed nothing.
func (l *Library) leftAlone(ctx context.Context, u *Upload, a *media.Asset) error {
	notify := len(media.OriginOf(ctx).Notify) > 0
	if !notify && u.keeps == "" {
		return nil
	}
	err := l.cfg.Catalog.Update(after(ctx), func(tx *catalog.Tx) error {
		if u.keeps != "" {
			if err := tx.DeletePromise(u.Account, u.keeps); err != nil {
				return &kept{err}
			}
		}
		if !notify {
			return nil
		}
		return tx.AddEvent(media.NewEvent(media.EventUploaded, a, l.now(), media.AssetData{Asset: *a, Existing: true}))
	})
	if err != nil {
		return fmt.Errorf("tell of upload: %w", err)
	}
	return nil
}

// recorded looks whether a commit whose answer was lost took place.
func (l *Library) recorded(ctx context.Context, a *media.Asset) bool {
	if a == nil {
		return false
	}
	ctx, cancel := context.WithTimeout(after(ctx), 10*time.Second)
	defer cancel()
	found, err := l.Find(ctx, a.Account, media.Ref{ID: a.ID})
	return err == nil && found.Version.ID == a.Version.ID
}

// asset is what the record will say; old is the asset that it replaces, or nil.
func (l *Library) asset(c *candidate, name, key string, old *media.Asset) *media.Asset {
	u, now := c.upload, l.now()
	a := &media.Asset{
		Account:   u.Account,
		Ref:       media.Ref{Kind: c.kind, Access: u.Access, Name: name},
		Tags:      u.Tags,
		Context:   u.Context,
		CreatedAt: now,
		UpdatedAt: now,
		Version: media.Version{
			Blob: key, SHA256: c.staged.SHA256, MD5: c.staged.MD5, Info: c.info, CreatedAt: now.Truncate(time.Second),
		},
	}
	if u.remote {
		a.Detail.Source = u.URL
	}
	a.Detail.Drawn, a.Detail.Members = u.drawn, u.members
	u.Marks.on(a, true)
	setAutoQuality(a, u.AutoQuality)
	if !u.NoOriginalName {
		a.OriginalName = stem(u.Filename)
	}
	if u.Grants != nil {
		a.Detail.Grants = *u.Grants
	}
	if old != nil {
		if u.Grants == nil {
			a.Detail.Grants = old.Detail.Grants
		}
		a.ID, a.CreatedAt, a.Folder, a.DisplayName = old.ID, old.CreatedAt, old.Folder, old.DisplayName
		// URLs carry the version's second: another content needs another one,
		// or caches would go on serving the old.
		if !a.Version.CreatedAt.After(old.Version.CreatedAt) {
			a.Version.CreatedAt = old.Version.CreatedAt.Add(time.Second)
		}
	}
	return a
}

// retire removes what belonged to a replaced version, in the transaction that
// replaces it. Its original stays if it is the new one too.
func (l *Library) retire(tx *catalog.Tx, old *media.Asset, key string) error {
	derived, err := tx.DeleteRenditions(old.Account, old.ID)
	if err != nil {
		return err
	}
	if err := tx.DeleteVersion(old.Account, old.Version.ID); err != nil {
		return err
	}
	keys := blobs(derived)
	if old.Version.Blob != key {
		keys = append(keys, old.Version.Blob)
	}
	return l.deleteLater(tx, old.Account, keys)
}

func blobs(derived []*media.Rendition) []string {
	var keys []string
	for _, r := range derived {
		if r.Blob != "" {
			keys = append(keys, r.Blob)
		}
	}
	return keys
}
