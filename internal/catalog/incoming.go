package catalog

import (
	"time"

	"github.com/uptrace/bun"

	"tintype/internal/media"
)

// Incoming is an upload that was acknowledged and is not yet taken in.
type Incoming struct {
	Account media.AccountID
	ID      string
	// Blob is the key of its bytes; "" where they are still to be fetched.
	Blob string
	// Upload is a JSON object for who takes it in.
	Upload []byte
	// Tries counts how often that was begun.
	Tries     int
	CreatedAt time.Time
}

type incomingRow struct {
	bun.BaseModel `bun:"table:incoming,alias:i"`

	Account   string `bun:"account,pk"`
	ID        string `bun:"id,pk"`
	Blob      string `bun:"blob"`
	Upload    string `bun:"upload"`
	Tries     int    `bun:"tries"`
	CreatedAt int64  `bun:"created_at"`
}

// AddIncoming records an upload that is to be taken in. Conflict if there is
// one of its id. From here on its blob is in use.
func (tx *Tx) AddIncoming(in Incoming) error {
	if err := tx.writable(); err != nil {
		return err
	}
	for _, key := range []struct{ what, text string }{{"account", string(in.Account)}, {"upload id", in.ID}} {
		if err := checkKey(key.what, key.text); err != nil {
			return err
		}
	}
	if err := checkText("upload", in.Blob+string(in.Upload)); err != nil {
		return err
	}
	if in.Blob != "" {
		if err := tx.lockBlob(in.Account, in.Blob, true); err != nil {
			return err
		}
	}
	if in.CreatedAt.IsZero() {
		in.CreatedAt = tx.db.cfg.Now()
	}
	row := &incomingRow{Account: string(in.Account), ID: in.ID, Blob: in.Blob, Upload: string(in.Upload), Tries: in.Tries, CreatedAt: micros(in.CreatedAt)}
	_, err := tx.changed("add incoming upload", tx.tx.NewInsert().Model(row))
	return err
}

// TakeIncoming counts a try to take an upload in and returns it; NotFound
// when it was taken in already, or given up.
func (tx *Tx) TakeIncoming(acc media.AccountID, id string) (Incoming, error) {
	n, err := tx.changed("count try", tx.tx.NewUpdate().Model((*incomingRow)(nil)).Set("tries = tries + 1").
		Where("account = ?", string(acc)).Where("id = ?", id))
	if err == nil && n == 0 {
		err = media.Errorf(media.NotFound, "There is no incoming upload %s", id)
	}
	if err != nil {
		return Incoming{}, err
	}
	var row incomingRow
	if err := tx.tx.NewSelect().Model(&row).Where("account = ?", string(acc)).Where("id = ?", id).Scan(tx.ctx); err != nil {
		return Incoming{}, tx.found("find incoming upload", err, "There is no incoming upload %s", id)
	}
	return Incoming{
		Account: acc, ID: row.ID, Blob: row.Blob, Upload: []byte(row.Upload), Tries: row.Tries, CreatedAt: fromMicros(row.CreatedAt),
	}, nil
}

// DeleteIncoming forgets an upload, because it is taken in or given up with
// this transaction; NotFound when another transaction did.
func (tx *Tx) DeleteIncoming(acc media.AccountID, id string) error {
	n, err := tx.changed("delete incoming upload", tx.tx.NewDelete().Model((*incomingRow)(nil)).
		Where("account = ?", string(acc)).Where("id = ?", id))
	if err == nil && n == 0 {
		err = media.Errorf(media.NotFound, "There is no incoming upload %s", id)
	}
	return err
}
