package catalog

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"
	"github.com/uptrace/bun"

	"tintype/internal/media"
)

// StoredBlob is what a record says of a blob.
type StoredBlob struct {
	Key  string
	Size int64 // -1 where the record does not tell
	// SHA256 and MD5 are lower-case hexadecimal, "" where the record does not tell.
	SHA256, MD5 string
	Of          string // what it is, for people
}

// StoredKind is a kind of record that has a blob.
type StoredKind uint8

// The kinds of records that have blobs.
const (
	StoredVersions StoredKind = iota
	StoredRenditions
	StoredParts
	StoredPromises
	storedKinds
)

// StoredKinds are all of them.
func StoredKinds() []StoredKind {
	kinds := make([]StoredKind, storedKinds)
	for i := range kinds {
		kinds[i] = StoredKind(i)
	}
	return kinds
}

// StoredBlobs returns blobs of an account's records of a kind with keys above
// after, by key; several records may share one. Limit is at most 1,000.
func (tx *Tx) StoredBlobs(acc media.AccountID, kind StoredKind, after string, limit int) ([]StoredBlob, error) {
	page := func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("account = ?", string(acc)).Where("blob > ?", after).Order("blob").Limit(int64(pageSize(limit)))
	}
	var found []StoredBlob
	var err error
	switch kind {
	case StoredVersions:
		var rows []versionRow
		err = page(tx.tx.NewSelect().Model(&rows)).Scan(tx.ctx)
		for _, r := range rows {
			found = append(found, StoredBlob{Key: r.Blob, Size: bytesOf(r.Info), SHA256: r.SHA256, MD5: r.MD5, Of: "the original of asset " + r.Asset})
		}
	case StoredRenditions:
		var rows []renditionRow
		err = page(tx.tx.NewSelect().Model(&rows)).Scan(tx.ctx)
		for _, r := range rows {
			found = append(found, StoredBlob{Key: r.Blob, Size: bytesOf(r.Info), MD5: r.MD5, Of: fmt.Sprintf("a rendition (%s) of asset %s", r.Transformation, r.Asset)})
		}
	case StoredParts:
		var rows []partRow
		err = page(tx.tx.NewSelect().Model(&rows)).Scan(tx.ctx)
		for _, r := range rows {
			found = append(found, StoredBlob{Key: r.Blob, Size: r.Bytes, Of: "a part of the unfinished upload " + r.Session})
		}
	case StoredPromises:
		var rows []promiseRow
		err = page(tx.tx.NewSelect().Model(&rows).Where("blob <> ''")).Scan(tx.ctx)
		for _, r := range rows {
			found = append(found, StoredBlob{Key: r.Blob, Size: -1, Of: "an upload that is to be taken in"})
		}
	}
	return found, tx.fail("list blobs", err)
}

func bytesOf(info string) int64 {
	var i media.Info
	if json.Unmarshal([]byte(info), &i) != nil {
		return -1
	}
	return i.Bytes
}

// blobRows are the records that refer to a blob, one kind for each StoredKind.
var blobRows = []any{(*versionRow)(nil), (*renditionRow)(nil), (*promiseRow)(nil), (*partRow)(nil)}

// BlobsInUse returns which of the keys a record of the account refers to now,
// in rising order.
func (tx *Tx) BlobsInUse(acc media.AccountID, keys []string) ([]string, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	used := map[string]bool{}
	for _, model := range blobRows {
		var some []string
		err := tx.tx.NewSelect().Model(model).Column("blob").Where("account = ?", string(acc)).Where("blob IN (?)", bun.In(keys)).Scan(tx.ctx, &some)
		if err != nil {
			return nil, tx.fail("look for blobs", err)
		}
		for _, key := range some {
			used[key] = true
		}
	}
	return slices.Sorted(maps.Keys(used)), nil
}

// maxWaiting bounds the jobs that WaitingJobs looks at.
const maxWaiting = 100_000

// WaitingJobs returns the arguments of the jobs of a kind that are still to be
// done, each as JSON.
func (tx *Tx) WaitingJobs(kind string) ([]json.RawMessage, error) {
	exec := tx.db.queue.UnwrapExecutor(tx.tx.Tx)
	jobs, err := exec.JobList(tx.ctx, &riverdriver.JobListParams{
		Max: maxWaiting, OrderByClause: "id", WhereClause: "kind = @kind AND state NOT IN (@completed, @cancelled, @discarded)",
		NamedArgs: map[string]any{
			"kind": kind, "completed": string(rivertype.JobStateCompleted), "cancelled": string(rivertype.JobStateCancelled),
			"discarded": string(rivertype.JobStateDiscarded),
		},
	})
	if err != nil {
		return nil, tx.fail("list jobs", err)
	}
	args := make([]json.RawMessage, len(jobs))
	for i, j := range jobs {
		args[i] = j.EncodedArgs
	}
	return args, nil
}
