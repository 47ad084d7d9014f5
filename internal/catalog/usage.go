package catalog

import (
	"time"

	"github.com/uptrace/bun"

	"tintype/internal/media"
)

// Traffic is what was delivered in some time.
type Traffic struct {
	Requests, Bytes int64
}

// Stock is what an account keeps. Bytes of equal content count for each asset
// that has it.
type Stock struct {
	Assets, Renditions         int64
	AssetBytes, RenditionBytes int64
	RenditionsSince            int64 // made since the time that was asked for
}

type trafficRow struct {
	bun.BaseModel `bun:"table:traffic,alias:t"`

	Account  string `bun:"account,pk"`
	Day      string `bun:"day,pk"`
	Requests int64  `bun:"requests"`
	Bytes    int64  `bun:"bytes"`
}

// AddTraffic adds to what was delivered on the day of a time, in UTC.
func (tx *Tx) AddTraffic(acc media.AccountID, at time.Time, t Traffic) error {
	if err := checkKey("account", string(acc)); err != nil {
		return err
	}
	row := &trafficRow{Account: string(acc), Day: at.UTC().Format(time.DateOnly), Requests: t.Requests, Bytes: t.Bytes}
	_, err := tx.changed("add traffic", tx.tx.NewInsert().Model(row).On("CONFLICT (account, day) DO UPDATE").
		Set("requests = t.requests + EXCLUDED.requests").Set("bytes = t.bytes + EXCLUDED.bytes"))
	return err
}

// Traffic sums what was delivered on the days from one to another, both
// included.
func (tx *Tx) Traffic(acc media.AccountID, from, to time.Time) (t Traffic, err error) {
	err = tx.tx.NewSelect().Model((*trafficRow)(nil)).
		ColumnExpr("coalesce(sum(requests), 0)").ColumnExpr("coalesce(sum(bytes), 0)").Where("account = ?", string(acc)).
		Where("day >= ?", from.UTC().Format(time.DateOnly)).Where("day <= ?", to.UTC().Format(time.DateOnly)).
		Scan(tx.ctx, &t.Requests, &t.Bytes)
	return t, tx.fail("sum traffic", err)
}

// Stock counts what an account keeps. It reads all its records.
func (tx *Tx) Stock(acc media.AccountID, since time.Time) (s Stock, err error) {
	size := "coalesce(sum(json_extract(info, '$.bytes')), 0)"
	if tx.db.back.rowLocks {
		size = "coalesce(sum((info::jsonb->>'bytes')::bigint), 0)::bigint"
	}
	n, err := tx.CountAssets(acc)
	if err != nil {
		return s, err
	}
	s.Assets = int64(n)
	of := func(model any) *bun.SelectQuery {
		return tx.tx.NewSelect().Model(model).Where("account = ?", string(acc))
	}
	if err := of((*versionRow)(nil)).ColumnExpr(size).Scan(tx.ctx, &s.AssetBytes); err != nil {
		return s, tx.fail("sum versions", err)
	}
	err = of((*renditionRow)(nil)).ColumnExpr("count(*)").ColumnExpr(size).
		ColumnExpr("coalesce(sum(CASE WHEN created_at >= ? THEN 1 ELSE 0 END), 0)", micros(since)).
		Scan(tx.ctx, &s.Renditions, &s.RenditionBytes, &s.RenditionsSince)
	return s, tx.fail("sum renditions", err)
}
