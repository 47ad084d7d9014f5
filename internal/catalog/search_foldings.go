package catalog

import (
	"context"
	"sync"

	"tintype/internal/media"
)

// foldings folds the indexes of accounts in the background, one at a time.
type foldings struct {
	db      *DB
	ctx     context.Context
	cancel  context.CancelFunc
	working sync.WaitGroup

	mu      sync.Mutex
	changed map[media.AccountID]int // assets since the last kick
	waiting map[media.AccountID]bool
	running bool
}

func newFoldings(db *DB) *foldings {
	f := &foldings{db: db, changed: map[media.AccountID]int{}, waiting: map[media.AccountID]bool{}}
	f.ctx, f.cancel = context.WithCancel(context.Background())
	return f
}

// note counts changes of an account's assets, and kicks when they are many.
func (f *foldings) note(changes map[media.AccountID]int) {
	for acc, n := range changes {
		f.mu.Lock()
		f.changed[acc] += n
		many := f.changed[acc] >= foldAt
		f.mu.Unlock()
		if many {
			f.kick(acc)
		}
	}
}

// kick has an account's index folded soon. It does not wait.
func (f *foldings) kick(acc media.AccountID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ctx.Err() != nil {
		return
	}
	delete(f.changed, acc)
	f.waiting[acc] = true
	if !f.running {
		f.running = true
		f.working.Add(1)
		go f.work()
	}
}

// work folds until no account waits.
func (f *foldings) work() {
	defer f.working.Done()
	for {
		acc, ok := f.take()
		if !ok {
			return
		}
		for n := foldMost; n >= foldAt/2 && f.ctx.Err() == nil; {
			var err error
			if n, err = f.db.foldSearch(f.ctx, acc, foldMost); err != nil {
				if f.ctx.Err() == nil {
					// The next change or search kicks again; searches find
					// everything meanwhile, if more slowly.
					f.db.cfg.Logger.Warn("the search index could not be folded", "account", acc, "err", err)
				}
				break
			}
		}
	}
}

func (f *foldings) take() (media.AccountID, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for acc := range f.waiting {
		delete(f.waiting, acc)
		return acc, f.ctx.Err() == nil
	}
	f.running = false
	return "", false
}

// close ends the work and waits for it.
func (f *foldings) close() {
	f.mu.Lock()
	f.cancel()
	f.mu.Unlock()
	f.working.Wait()
}

// foldAll folds every account that has much to fold, while nobody searches yet.
func (db *DB) foldAll(ctx context.Context) error {
	counts := map[media.AccountID]int{}
	err := db.View(ctx, func(tx *Tx) error {
		return tx.eachRow("count changed assets", "SELECT account, count(*) FROM search_pending GROUP BY account", nil, func(scan func(...any) error) error {
			var acc media.AccountID
			var n int
			err := scan(&acc, &n)
			counts[acc] = n
			return err
		})
	})
	if err != nil {
		return err
	}
	built := false
	for acc, n := range counts {
		if n >= 8*foldMost {
			db.cfg.Logger.Info("building the search index", "account", acc, "assets", n)
		}
		for n >= foldMost {
			took, err := db.foldSearch(ctx, acc, foldBulk)
			if err != nil {
				return err
			}
			if n -= took; took == 0 {
				break
			}
			built = true
		}
	}
	if built && db.back.settle != nil {
		return db.back.settle(ctx, db.back.write)
	}
	return nil
}
