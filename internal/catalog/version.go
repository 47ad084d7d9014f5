package catalog

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"tintype/internal/media"
)

type versionRow struct {
	bun.BaseModel `bun:"table:version,alias:v"`

	Account string `bun:"account,pk"`
	ID      string `bun:"id,pk"`
	Asset   string `bun:"asset"`
	// Ordinal counts the versions of an asset in the order of their coming.
	Ordinal   int64  `bun:"ordinal"`
	Blob      string `bun:"blob"`
	SHA256    string `bun:"sha256"`
	MD5       string `bun:"md5"`
	Info      string `bun:"info"`
	CreatedAt int64  `bun:"created_at"` // Unix seconds
}

func (r *versionRow) version() (media.Version, error) {
	v := media.Version{ID: media.VersionID(r.ID), Blob: r.Blob, SHA256: r.SHA256, MD5: r.MD5, CreatedAt: time.Unix(r.CreatedAt, 0).UTC()}
	return v, decode("info", r.Info, &v.Info)
}

func decode(what, text string, v any) error {
	if err := json.Unmarshal([]byte(text), v); err != nil {
		return fmt.Errorf("stored %s: %w", what, err)
	}
	return nil
}

// putVersion stores a.Version unless it is stored already. The row of the
// asset is locked by now, so that nobody else adds a version.
func (tx *Tx) putVersion(a *media.Asset, now time.Time) error {
	v := &a.Version
	var stored versionRow
	err := tx.tx.NewSelect().Model(&stored).Where("account = ?", string(a.Account)).Where("id = ?", string(v.ID)).Scan(tx.ctx)
	switch {
	case err == nil && stored.Asset != string(a.ID):
		return tx.failWrite("put version", media.Errorf(media.Conflict, "The version %s belongs to another asset", v.ID))
	case err == nil:
		a.Version, err = stored.version()
		return tx.fail("read version", err)
	case !errors.Is(err, sql.ErrNoRows):
		return tx.fail("find version", err)
	}
	if err := tx.lockBlob(a.Account, v.Blob, true); err != nil {
		return err
	}
	var newest struct{ Ordinal, CreatedAt int64 }
	err = tx.tx.NewSelect().Model((*versionRow)(nil)).
		ColumnExpr("coalesce(max(ordinal), 0) AS ordinal, coalesce(max(created_at), 0) AS created_at").
		Where("account = ?", string(a.Account)).Where("asset = ?", string(a.ID)).Scan(tx.ctx, &newest)
	if err != nil {
		return tx.fail("find newest version", err)
	}
	if v.CreatedAt.IsZero() {
		v.CreatedAt = now
	}
	at := v.CreatedAt.Unix()
	if newest.Ordinal > 0 {
		at = max(at, newest.CreatedAt)
	}
	v.CreatedAt = time.Unix(at, 0).UTC()
	info, err := encode(v.Info, "{}")
	if err != nil {
		return err
	}
	row := &versionRow{
		Account: string(a.Account), ID: string(v.ID), Asset: string(a.ID), Ordinal: newest.Ordinal + 1,
		Blob: v.Blob, SHA256: v.SHA256, MD5: v.MD5, Info: info, CreatedAt: at,
	}
	_, err = tx.changed("put version", tx.tx.NewInsert().Model(row))
	return err
}

// Versions returns all versions of an asset, the newest first.
func (tx *Tx) Versions(acc media.AccountID, id media.AssetID) ([]media.Version, error) {
	var rows []versionRow
	q := tx.tx.NewSelect().Model(&rows).Where("account = ?", string(acc)).Where("asset = ?", string(id)).Order("ordinal DESC")
	if err := q.Scan(tx.ctx); err != nil {
		return nil, tx.fail("list versions", err)
	}
	if len(rows) == 0 { // every asset has one
		return nil, gone(0, nil, "list versions", id)
	}
	versions := make([]media.Version, len(rows))
	for i := range rows {
		var err error
		if versions[i], err = rows[i].version(); err != nil {
			return nil, tx.fail("read version", err)
		}
	}
	return versions, nil
}

// DeleteVersion removes the record of a version that is not the current one
// of its asset (Conflict if it is), with the records of its renditions and
// measurements. Their blobs are the caller's: ask for them before.
func (tx *Tx) DeleteVersion(acc media.AccountID, id media.VersionID) error {
	var row versionRow
	err := tx.tx.NewSelect().Model(&row).Where("account = ?", string(acc)).Where("id = ?", string(id)).Scan(tx.ctx)
	if err != nil {
		return tx.found("find version", err, "Resource not found - %s", id)
	}
	asset, err := tx.Asset(acc, media.Ref{ID: media.AssetID(row.Asset)})
	if err != nil {
		return err
	}
	if asset.Version.ID == id {
		return media.Errorf(media.Conflict, "The version %s is the current one", id)
	}
	n, err := tx.changed("delete version", tx.tx.NewDelete().Model((*versionRow)(nil)).Where("account = ?", string(acc)).Where("id = ?", string(id)))
	return gone(n, err, "delete version", id)
}

// BlobInUse reports whether a version, a rendition, an incoming upload or a
// part of an upload of the account has its bytes under key.
//
// Inside an Update the answer holds until the end of it: whoever records the
// same key waits. So that no record is left without bytes, delete the blob
// inside that Update, and let the other side see that the blob is still there
// inside its Update, after PutAsset or PutRendition. One key per Update, or
// keys in rising order: two Updates that lock keys in different orders can
// stand in each other's way until one fails with Limited.
func (tx *Tx) BlobInUse(acc media.AccountID, key string) (bool, error) {
	if checkKey("blob key", key) != nil {
		return false, nil
	}
	if tx.write {
		if err := tx.lockBlob(acc, key, false); err != nil {
			return false, err
		}
	}
	for _, model := range blobRows {
		used, err := tx.tx.NewSelect().Model(model).Where("account = ?", string(acc)).Where("blob = ?", key).Exists(tx.ctx)
		if used || err != nil {
			return used, tx.fail("look for blob", err)
		}
	}
	return false, nil
}

// lockBlob keeps those who record a blob (shared) and those who ask whether
// it is in use apart until they end.
func (tx *Tx) lockBlob(acc media.AccountID, key string, shared bool) error {
	if tx.db.back.lock == nil {
		return nil
	}
	return tx.failWrite("lock blob", tx.db.back.lock(tx.ctx, tx.tx, "blob "+string(acc)+" "+key, shared))
}
