package library

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"tintype/internal/blob"
	"tintype/internal/catalog"
	"tintype/internal/media"
	"tintype/internal/rendition"
)

// Fault says what is wrong with a blob.
type Fault string

// The faults that Verify finds.
const (
	Missing    Fault = "missing"    // a record refers to bytes that are not there
	Damaged    Fault = "damaged"    // the bytes are others than the record says
	Unreadable Fault = "unreadable" // the store does not give them
	Foreign    Fault = "foreign"    // no record refers to the bytes
)

// Finding is one fault.
type Finding struct {
	Fault  Fault
	Key    string // of the blob
	Of     string // what record it belongs to, for people; "" for Foreign
	Detail string
}

// VerifyConfig says how to verify.
type VerifyConfig struct {
	Catalog *catalog.DB
	Blobs   blob.Store
	// ReadData compares the digests of all bytes, not only sizes.
	ReadData bool
	// Grace is how old a blob without a record has to be to count as foreign:
	// one of an upload under way has none yet. Default 24 h.
	Grace time.Duration
	// Remove deletes foreign blobs, each unless a record has come to refer to it.
	Remove bool
	// Found is told of each fault; Progress of what was looked at, in steps.
	// They are called by one goroutine at a time.
	Found    func(Finding)
	Progress func(Verified)
	Now      func() time.Time
}

// Verified counts what was looked at and what was found.
type Verified struct {
	Records int64 // blobs that records refer to
	Blobs   int64 // blobs that are there
	Bytes   int64 // of these
	Read    int64 // bytes whose digests were compared
	Faults  map[Fault]int64
	// Young counts blobs without a record that are younger than the grace, and
	// those that are waiting for their deletion.
	Young int64
	// Removed counts the foreign blobs that were deleted.
	Removed int64
}

// OK reports that nothing is wrong.
func (v Verified) OK() bool {
	for f, n := range v.Faults {
		if n > 0 && (f != Foreign || v.Removed < n) {
			return false
		}
	}
	return true
}

// verifiers is how many blobs are looked at at a time.
const verifiers = 8

// Verify compares records and bytes in both directions. It may run beside
// servers: what changes meanwhile is looked at once more before it counts as a
// fault. The error is about the comparison itself, not about what it found.
func Verify(ctx context.Context, cfg VerifyConfig) (Verified, error) {
	if cfg.Grace == 0 {
		cfg.Grace = 24 * time.Hour
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	v := &verifier{cfg: cfg, sum: Verified{Faults: map[Fault]int64{}}}
	var accounts []media.Account
	err := cfg.Catalog.View(ctx, func(tx *catalog.Tx) (err error) {
		accounts, err = tx.Accounts()
		return err
	})
	if err != nil {
		return v.sum, fmt.Errorf("verify: %w", err)
	}
	for _, acc := range accounts {
		for _, kind := range catalog.StoredKinds() {
			if err := v.records(ctx, acc.ID, kind); err != nil {
				return v.sum, fmt.Errorf("verify: %w", err)
			}
		}
	}
	if err := v.blobs(ctx); err != nil {
		return v.sum, fmt.Errorf("verify: %w", err)
	}
	return v.sum, nil
}

type verifier struct {
	cfg VerifyConfig
	mu  sync.Mutex
	sum Verified
}

func (v *verifier) found(f Finding) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.sum.Faults[f.Fault]++
	if v.cfg.Found != nil {
		v.cfg.Found(f)
	}
}

func (v *verifier) count(fn func(*Verified)) {
	v.mu.Lock()
	defer v.mu.Unlock()
	fn(&v.sum)
	if v.cfg.Progress != nil {
		v.cfg.Progress(v.sum)
	}
}

// records looks for the bytes of an account's records of a kind.
func (v *verifier) records(ctx context.Context, acc media.AccountID, kind catalog.StoredKind) error {
	slots := make(chan struct{}, verifiers)
	var wg sync.WaitGroup
	defer wg.Wait()
	for after := ""; ; {
		var page []catalog.StoredBlob
		err := v.cfg.Catalog.View(ctx, func(tx *catalog.Tx) (err error) {
			page, err = tx.StoredBlobs(acc, kind, after, 1000)
			return err
		})
		if err != nil || len(page) == 0 {
			return err
		}
		last := ""
		for _, b := range page {
			if b.Key == last {
				continue // equal bytes of several records
			}
			last = b.Key
			slots <- struct{}{}
			wg.Go(func() {
				defer func() { <-slots }()
				v.record(ctx, acc, b)
			})
		}
		after = last
	}
}

// record compares one blob with what its record says.
func (v *verifier) record(ctx context.Context, acc media.AccountID, b catalog.StoredBlob) {
	fault, detail, read := v.look(ctx, b)
	if fault != "" && ctx.Err() == nil && v.stillUsed(ctx, acc, b.Key) {
		v.found(Finding{Fault: fault, Key: b.Key, Of: b.Of, Detail: detail})
	}
	v.count(func(s *Verified) { s.Records++; s.Read += read })
}

func (v *verifier) look(ctx context.Context, b catalog.StoredBlob) (fault Fault, detail string, read int64) {
	if !v.cfg.ReadData {
		info, err := v.cfg.Blobs.Stat(ctx, b.Key)
		switch {
		case err != nil && media.CodeOf(err) == media.NotFound:
			return Missing, "", 0
		case err != nil:
			return Unreadable, err.Error(), 0
		case b.Size >= 0 && info.Size != b.Size:
			return Damaged, fmt.Sprintf("%d bytes instead of %d", info.Size, b.Size), 0
		}
		return "", "", 0
	}
	r, _, err := v.cfg.Blobs.Open(ctx, b.Key, 0, -1)
	if err != nil && media.CodeOf(err) == media.NotFound {
		return Missing, "", 0
	}
	if err != nil {
		return Unreadable, err.Error(), 0
	}
	defer r.Close()
	var h hash.Hash
	want := b.SHA256
	if want != "" {
		h = sha256.New()
	} else {
		h, want = md5.New(), b.MD5
	}
	n, err := io.Copy(h, r)
	switch {
	case err != nil:
		return Unreadable, err.Error(), n
	case b.Size >= 0 && n != b.Size:
		return Damaged, fmt.Sprintf("%d bytes instead of %d", n, b.Size), n
	case want != "" && hex.EncodeToString(h.Sum(nil)) != want:
		return Damaged, "the digest is another", n
	}
	return "", "", n
}

// stillUsed looks once more, for what has gone since the record was read.
func (v *verifier) stillUsed(ctx context.Context, acc media.AccountID, key string) bool {
	used := []string{key}
	err := v.cfg.Catalog.View(ctx, func(tx *catalog.Tx) (err error) {
		used, err = tx.BlobsInUse(acc, used)
		return err
	})
	return err != nil || len(used) > 0
}

// blobs looks for the records of all bytes.
func (v *verifier) blobs(ctx context.Context) error {
	waiting, err := v.waiting(ctx)
	if err != nil {
		return err
	}
	var batch []blob.Info
	var owner media.AccountID
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		err := v.owned(ctx, owner, batch, waiting)
		batch = batch[:0]
		return err
	}
	for info, err := range v.cfg.Blobs.List(ctx, "") {
		if err != nil {
			return err
		}
		acc := ownerOf(info.Key)
		if acc != owner || len(batch) == 500 {
			if err := flush(); err != nil {
				return err
			}
			owner = acc
		}
		batch = append(batch, info)
		v.count(func(s *Verified) { s.Blobs++; s.Bytes += info.Size })
	}
	return flush()
}

// ownerOf is the account whose blob a key would be; "" where it is no such key.
func ownerOf(key string) media.AccountID {
	parts := strings.SplitN(key, "/", 3)
	if len(parts) < 3 || !media.ValidAccount(parts[1]) {
		return ""
	}
	return media.AccountID(parts[1])
}

// waiting are the blobs that jobs are about to delete.
func (v *verifier) waiting(ctx context.Context) (map[string]bool, error) {
	keys := map[string]bool{}
	err := v.cfg.Catalog.View(ctx, func(tx *catalog.Tx) error {
		args, err := tx.WaitingJobs(JobDeleteBlobs)
		if err != nil {
			return err
		}
		for _, raw := range args {
			var job rendition.BlobDeletion
			if err := json.Unmarshal(raw, &job); err != nil {
				return fmt.Errorf("read job: %w", err)
			}
			for _, key := range job.Keys {
				keys[key] = true
			}
		}
		return nil
	})
	return keys, err
}

// owned looks for the records of blobs of one account.
func (v *verifier) owned(ctx context.Context, acc media.AccountID, batch []blob.Info, waiting map[string]bool) error {
	keys := make([]string, len(batch))
	for i, b := range batch {
		keys[i] = b.Key
	}
	var used []string
	err := v.cfg.Catalog.View(ctx, func(tx *catalog.Tx) (err error) {
		used, err = tx.BlobsInUse(acc, keys)
		return err
	})
	if err != nil {
		return err
	}
	old := v.cfg.Now().Add(-v.cfg.Grace)
	for _, b := range batch {
		_, inUse := slices.BinarySearch(used, b.Key)
		switch {
		case inUse:
		case waiting[b.Key] || b.ModTime.After(old):
			v.count(func(s *Verified) { s.Young++ })
		default:
			v.found(Finding{Fault: Foreign, Key: b.Key, Detail: fmt.Sprintf("%d bytes of %s", b.Size, b.ModTime.UTC().Format(time.DateTime))})
			if v.cfg.Remove {
				if err := v.remove(ctx, acc, b.Key); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// remove deletes a foreign blob inside a transaction in which nobody can come
// to refer to it.
func (v *verifier) remove(ctx context.Context, acc media.AccountID, key string) error {
	removed := false
	err := v.cfg.Catalog.Reclaim(ctx, func(tx *catalog.Tx) error {
		used, err := tx.BlobInUse(acc, key)
		if err != nil || used {
			return err
		}
		removed = true
		return v.cfg.Blobs.Delete(ctx, key)
	})
	if err == nil && removed {
		v.count(func(s *Verified) { s.Removed++ })
	}
	return err
}
