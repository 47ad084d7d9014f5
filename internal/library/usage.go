package library

import (
	"context"
	"fmt"
	"time"

	"tintype/internal/catalog"
	"tintype/internal/media"
)

// Usage is what an account keeps, and what was delivered of it in the 30 days
// that end with a day.
type Usage struct {
	catalog.Stock
	catalog.Traffic
}

// usageDays is over how many days traffic is summed.
const usageDays = 30

// Usage counts what an account uses, and used until a day.
func (l *Library) Usage(ctx context.Context, acc media.AccountID, until time.Time) (u Usage, err error) {
	from := until.AddDate(0, 0, 1-usageDays)
	err = l.cfg.Catalog.View(ctx, func(tx *catalog.Tx) (err error) {
		if u.Stock, err = tx.Stock(acc, from); err != nil {
			return err
		}
		u.Traffic, err = tx.Traffic(acc, from, until)
		return err
	})
	if err != nil {
		return u, fmt.Errorf("count usage: %w", err)
	}
	return u, nil
}
