package catalog

import (
	"time"

	"github.com/uptrace/bun"

	"tintype/internal/media"
)

// Promise is work that was acknowledged and is not done yet, such as an upload
// to be taken in.
type Promise struct {
	Account media.AccountID
	ID      string
	// Blob is the key of bytes that it needs; "" for none.
	Blob string
	// Work is a JSON object for who does it.
	Work []byte
	// Tries counts how often it was begun.
	Tries     int
	CreatedAt time.Time
}

type promiseRow struct {
	bun.BaseModel `bun:"table:promise,alias:p"`

	Account   string `bun:"account,pk"`
	ID        string `bun:"id,pk"`
	Blob      string `bun:"blob"`
	Work      string `bun:"work"`
	Tries     int    `bun:"tries"`
	CreatedAt int64  `bun:"created_at"`
}

// AddPromise records work that is to be done. Conflict if there is some of
// its id. From here on its blob is in use.
func (tx *Tx) AddPromise(p Promise) error {
	if err := tx.writable(); err != nil {
		return err
	}
	for _, key := range []struct{ what, text string }{{"account", string(p.Account)}, {"promise", p.ID}} {
		if err := checkKey(key.what, key.text); err != nil {
			return err
		}
	}
	if err := checkText("promise", p.Blob+string(p.Work)); err != nil {
		return err
	}
	if p.Blob != "" {
		if err := tx.lockBlob(p.Account, p.Blob, true); err != nil {
			return err
		}
	}
	if p.CreatedAt.IsZero() {
		p.CreatedAt = tx.db.cfg.Now()
	}
	row := &promiseRow{Account: string(p.Account), ID: p.ID, Blob: p.Blob, Work: string(p.Work), Tries: p.Tries, CreatedAt: micros(p.CreatedAt)}
	_, err := tx.changed("add promise", tx.tx.NewInsert().Model(row))
	return err
}

// TryPromise counts a try and returns the promise; NotFound when it was kept
// already, or given up.
func (tx *Tx) TryPromise(acc media.AccountID, id string) (Promise, error) {
	n, err := tx.changed("count try", tx.tx.NewUpdate().Model((*promiseRow)(nil)).Set("tries = tries + 1").
		Where("account = ?", string(acc)).Where("id = ?", id))
	if err == nil && n == 0 {
		err = noPromise(id)
	}
	if err != nil {
		return Promise{}, err
	}
	var row promiseRow
	if err := tx.tx.NewSelect().Model(&row).Where("account = ?", string(acc)).Where("id = ?", id).Scan(tx.ctx); err != nil {
		return Promise{}, tx.found("find promise", err, "There is no promise %s", id)
	}
	return Promise{Account: acc, ID: row.ID, Blob: row.Blob, Work: []byte(row.Work), Tries: row.Tries, CreatedAt: fromMicros(row.CreatedAt)}, nil
}

// DeletePromise forgets a promise, because it is kept or given up with this
// transaction; NotFound when another transaction did that.
func (tx *Tx) DeletePromise(acc media.AccountID, id string) error {
	n, err := tx.changed("delete promise", tx.tx.NewDelete().Model((*promiseRow)(nil)).Where("account = ?", string(acc)).Where("id = ?", id))
	if err == nil && n == 0 {
		err = noPromise(id)
	}
	return err
}

func noPromise(id string) error {
	return media.Errorf(media.NotFound, "There is no promise %s", id)
}
