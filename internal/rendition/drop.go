package rendition

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"tintype/internal/catalog"
	"tintype/internal/media"
)

// Topic is where a change of an asset is published, with a Changed as JSON.
const Topic = "asset"

// Changed says that what was known of an asset is out of date: its content,
// its name, or that it exists.
type Changed struct {
	Account media.AccountID `json:"account"`
	ID      media.AssetID   `json:"id"`
}

// JobDeleteBlobs is the kind of job that Drop leaves behind, with a
// BlobDeletion as its arguments.
const JobDeleteBlobs = "delete-blobs"

// BlobDeletion lists blobs that nothing refers to any more.
type BlobDeletion struct {
	Account media.AccountID `json:"account"`
	Keys    []string        `json:"keys"`
}

const (
	// dropGrace is how long dropped bytes stay for those who are reading them.
	dropGrace = time.Minute
	// dropBatch is how many blobs one job deletes.
	dropBatch = 500
)

// Drop forgets everything derived from an asset and tells every node. The
// bytes go later, by jobs recorded in the same transaction. Requests after
// Drop get renditions made anew.
func (s *Store) Drop(ctx context.Context, acc media.AccountID, id media.AssetID) error {
	// Nodes are told in any case: what they remember may be of an asset that
	// is gone already.
	defer s.Announce(ctx, acc, id)
	err := s.cfg.Catalog.Reclaim(ctx, func(tx *catalog.Tx) error {
		gone, err := tx.DeleteRenditions(acc, id)
		if err != nil {
			return err
		}
		keys := make([]string, len(gone))
		for i, r := range gone {
			keys[i] = r.Blob
		}
		for batch := range slices.Chunk(keys, dropBatch) {
			job := catalog.Job{Kind: JobDeleteBlobs, Args: BlobDeletion{acc, batch}, RunAt: s.cfg.Now().Add(dropGrace)}
			if err := tx.Enqueue(job); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("drop renditions of asset %s: %w", id, err)
	}
	return nil
}

// Announce tells every node, this one included, that what it knows of an
// asset is out of date; the renditions stay. Call it after the commit that
// made it so. A message that cannot be sent is logged: it delays others' view
// and undoes nothing.
func (s *Store) Announce(ctx context.Context, acc media.AccountID, id media.AssetID) {
	msg, err := json.Marshal(Changed{acc, id})
	if err == nil {
		err = s.cfg.Cluster.Publish(context.WithoutCancel(ctx), Topic, msg)
	}
	if err != nil {
		s.cfg.Logger.Warn("nodes were not told of a changed asset", "account", acc, "asset", id, "err", err)
	}
}
