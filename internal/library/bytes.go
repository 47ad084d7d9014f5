package library

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tintype/internal/catalog"
	"tintype/internal/media"
	"tintype/internal/rendition"
)

// JobDeleteBlobs is the kind of job that DeleteBlobs handles; removals leave
// it behind, here as in package rendition.
const JobDeleteBlobs = rendition.JobDeleteBlobs

// perJob is how many blobs one job deletes.
const perJob = 500

// deleteLater enqueues the deletion of blobs in the transaction that lets go
// of them. The job looks for itself whether something else still refers to them.
func (l *Library) deleteLater(tx *catalog.Tx, acc media.AccountID, keys []string) error {
	return l.deleteAt(tx, acc, keys, l.cfg.Now().Add(l.cfg.Grace))
}

func (l *Library) deleteAt(tx *catalog.Tx, acc media.AccountID, keys []string, at time.Time) error {
	for some := range slices.Chunk(keys, perJob) {
		job := catalog.Job{Kind: JobDeleteBlobs, Args: rendition.BlobDeletion{Account: acc, Keys: some}, RunAt: at}
		if err := tx.Enqueue(job); err != nil {
			return err
		}
	}
	return nil
}

// DeleteBlobs is the handler of JobDeleteBlobs. It deletes each blob that no
// record refers to, under the lock that an upload of equal bytes holds from
// before it stores them until they are recorded. It may run any number of times.
func (l *Library) DeleteBlobs(ctx context.Context, args json.RawMessage) error {
	var job rendition.BlobDeletion
	if err := json.Unmarshal(args, &job); err != nil {
		return fmt.Errorf("read job: %w", err)
	}
	var failed []error
	for _, key := range job.Keys {
		if err := l.deleteBlob(ctx, job.Account, key); err != nil {
			failed = append(failed, fmt.Errorf("delete blob %s: %w", key, err))
		}
	}
	return errors.Join(failed...)
}

func (l *Library) deleteBlob(ctx context.Context, acc media.AccountID, key string) error {
	own := func(prefix string) bool { return strings.HasPrefix(key, prefix+string(acc)+"/") }
	if !media.ValidAccount(string(acc)) || !own("original/") && !own("rendition/") && !own(partPrefix) {
		return fmt.Errorf("not a blob of account %q", acc)
	}
	unlock, err := l.cfg.Cluster.Lock(ctx, blobLock(key))
	if err != nil {
		return err
	}
	defer unlock()
	// The catalog keeps the answer true until the transaction ends, whatever
	// other nodes do; the deletion happens inside it.
	return l.cfg.Catalog.Reclaim(ctx, func(tx *catalog.Tx) error {
		used, err := tx.BlobInUse(acc, key)
		if err != nil || used {
			return err
		}
		l.cfg.Fault("unused")
		return l.cfg.Blobs.Delete(ctx, key)
	})
}

// release has an adopted blob deleted that no record came to refer to. It
// waits long enough for a commit of unknown outcome to have ended.
func (l *Library) release(ctx context.Context, acc media.AccountID, key string) {
	ctx, cancel := context.WithTimeout(after(ctx), 10*time.Second)
	defer cancel()
	err := l.cfg.Catalog.Update(ctx, func(tx *catalog.Tx) error {
		return l.deleteAt(tx, acc, []string{key}, l.cfg.Now().Add(10*time.Minute))
	})
	if err != nil {
		l.cfg.Logger.Error("an orphan blob is left to the sweep", "blob", key, "error", err)
	}
}

// drop forgets what was derived and tells every node. The change itself is
// committed: a failure here is logged, not answered.
func (l *Library) drop(ctx context.Context, acc media.AccountID, id media.AssetID) {
	if err := l.cfg.Renditions.Drop(after(ctx), acc, id); err != nil {
		l.cfg.Logger.Error("drop renditions", "account", acc, "asset", id, "error", err)
	}
}
