package catalog

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/uptrace/bun"

	"tintype/internal/media"
)

type assetRow struct {
	bun.BaseModel `bun:"table:asset,alias:a"`

	Account      string `bun:"account,pk"`
	ID           string `bun:"id,pk"`
	Kind         string `bun:"kind"`
	Access       string `bun:"access"`
	Name         string `bun:"name"`
	Version      string `bun:"version"`
	Folder       string `bun:"folder"`
	Tags         string `bun:"tags"`
	Context      string `bun:"context"`
	OriginalName string `bun:"original_name"`
	CreatedAt    int64  `bun:"created_at"`
	UpdatedAt    int64  `bun:"updated_at"`
	Metadata     string `bun:"metadata"`
	DisplayName  string `bun:"display_name"`
	Detail       string `bun:"detail"`
	Deleted      bool   `bun:"deleted"`

	// Of the current version, by the join of selectAssets.
	Blob      string `bun:"v_blob,scanonly"`
	SHA256    string `bun:"v_sha256,scanonly"`
	MD5       string `bun:"v_md5,scanonly"`
	Info      string `bun:"v_info,scanonly"`
	VersionAt int64  `bun:"v_created_at,scanonly"`
}

// selectAssets begins a query for assets with their current versions.
func (tx *Tx) selectAssets(model any, acc media.AccountID) *bun.SelectQuery {
	return tx.tx.NewSelect().Model(model).
		Column("a.account", "a.id", "a.kind", "a.access", "a.name", "a.version", "a.folder", "a.tags", "a.context", "a.original_name", "a.created_at", "a.updated_at",
			"a.metadata", "a.display_name", "a.detail", "a.deleted").
		ColumnExpr("v.blob AS v_blob, v.sha256 AS v_sha256, v.md5 AS v_md5, v.info AS v_info, v.created_at AS v_created_at").
		Join("JOIN version AS v ON v.account = a.account AND v.id = a.version").
		Where("a.account = ?", string(acc))
}

func (r *assetRow) asset() (*media.Asset, error) {
	a := &media.Asset{
		Account:      media.AccountID(r.Account),
		Ref:          media.Ref{Kind: media.Kind(r.Kind), Access: media.Access(r.Access), Name: r.Name, ID: media.AssetID(r.ID)},
		Folder:       r.Folder,
		OriginalName: r.OriginalName,
		CreatedAt:    fromMicros(r.CreatedAt),
		UpdatedAt:    fromMicros(r.UpdatedAt),
		DisplayName:  r.DisplayName,
		Deleted:      r.Deleted,
	}
	v := versionRow{ID: r.Version, Blob: r.Blob, SHA256: r.SHA256, MD5: r.MD5, Info: r.Info, CreatedAt: r.VersionAt}
	var err error
	if a.Version, err = v.version(); err != nil {
		return nil, err
	}
	if err := decode("tags", r.Tags, &a.Tags); err != nil {
		return nil, err
	}
	if err := decode("context", r.Context, &a.Context); err != nil {
		return nil, err
	}
	if err := decode("metadata", r.Metadata, &a.Metadata); err != nil {
		return nil, err
	}
	if err := decode("detail", r.Detail, &a.Detail); err != nil {
		return nil, err
	}
	if len(a.Metadata) == 0 {
		a.Metadata = nil
	}
	for k, v := range a.Metadata { // PostgreSQL stores values, not their spelling
		var b bytes.Buffer
		if err := json.Compact(&b, v); err != nil {
			return nil, err
		}
		a.Metadata[k] = b.Bytes()
	}
	if len(a.Tags) == 0 {
		a.Tags = nil
	}
	if len(a.Context) == 0 {
		a.Context = nil
	}
	return a, nil
}

// Asset returns an asset with its current version: by ref.ID when that is
// set, else by ref.Kind, ref.Access and ref.Name. What is deleted is not
// found. Inside an Update the asset stays as it was read until the end of the
// transaction.
func (tx *Tx) Asset(acc media.AccountID, ref media.Ref) (*media.Asset, error) {
	a, err := tx.AnyAsset(acc, ref)
	if err == nil && a.Deleted {
		return nil, &media.Error{Code: media.NotFound, Op: "find asset", Message: "Resource not found - " + a.Name}
	}
	return a, err
}

// AnyAsset is Asset, and finds what is deleted too.
func (tx *Tx) AnyAsset(acc media.AccountID, ref media.Ref) (*media.Asset, error) {
	where := func(q bun.QueryBuilder) bun.QueryBuilder {
		if ref.ID != "" {
			return q.Where("a.id = ?", string(ref.ID))
		}
		return q.Where("a.kind = ?", string(ref.Kind)).Where("a.access = ?", string(ref.Access)).Where("a.name = ?", ref.Name)
	}
	named := ref.Name
	if ref.ID != "" {
		named = string(ref.ID)
	}
	if checkKey("name", named) != nil {
		return nil, media.Errorf(media.NotFound, "Resource not found")
	}
	if tx.write && tx.db.back.rowLocks {
		// Lock first, then join: a locking join would pair the newest asset
		// with versions of an older moment, and miss.
		var id string
		q := tx.tx.NewSelect().Model((*assetRow)(nil)).Column("a.id").Where("a.account = ?", string(acc)).ApplyQueryBuilder(where).For("UPDATE")
		if err := q.Scan(tx.ctx, &id); err != nil {
			return nil, tx.found("lock asset", err, "Resource not found - %s", named)
		}
	}
	var row assetRow
	if err := tx.selectAssets(&row, acc).ApplyQueryBuilder(where).Scan(tx.ctx); err != nil {
		return nil, tx.found("find asset", err, "Resource not found - %s", named)
	}
	a, err := row.asset()
	return a, tx.fail("read asset", err)
}

// PutAsset inserts an asset, or replaces the record of its ID; Conflict when
// another asset has its Kind, Access and Name. Zero CreatedAt and UpdatedAt
// become now; times are kept to the microsecond.
//
// The folder that it lies in is made where it is missing.
//
// a.Version becomes the current version. If it is new it is stored, its
// CreatedAt cut to the second and moved up where the clock went back behind
// the newest version of the asset. A version that is stored already is
// immutable: a.Version is then set to what is stored. Older versions stay
// until DeleteVersion.
func (tx *Tx) PutAsset(a *media.Asset) error {
	if err := checkAsset(a); err != nil {
		return err
	}
	if a.Folder != "" && !a.Deleted {
		if _, err := tx.PutFolder(a.Account, a.Folder, a.CreatedAt); err != nil {
			return err
		}
	}
	now := tx.db.cfg.Now()
	if a.CreatedAt.IsZero() {
		a.CreatedAt = now
	}
	if a.UpdatedAt.IsZero() {
		a.UpdatedAt = now
	}
	a.CreatedAt, a.UpdatedAt = fromMicros(micros(a.CreatedAt)), fromMicros(micros(a.UpdatedAt))
	row, err := newAssetRow(a)
	if err != nil {
		return err
	}
	insert := tx.tx.NewInsert().Model(row).On("CONFLICT (account, id) DO UPDATE")
	for _, column := range []string{"kind", "access", "name", "version", "folder", "tags", "context", "original_name", "created_at", "updated_at", "metadata", "display_name", "detail", "deleted"} {
		insert = insert.Set("? = EXCLUDED.?", bun.Ident(column), bun.Ident(column))
	}
	if _, err := tx.changed("put asset", insert); err != nil {
		return err
	}
	tx.wrote(a.Account)
	return tx.putVersion(a, now)
}

// newAssetRow is the row of an asset that was checked, with its times set.
func newAssetRow(a *media.Asset) (*assetRow, error) {
	tags, err := encode(a.Tags, "[]")
	if err != nil {
		return nil, err
	}
	pairs, err := encode(a.Context, "{}")
	if err != nil {
		return nil, err
	}
	values, err := encode(a.Metadata, "{}")
	if err != nil {
		return nil, err
	}
	detail, err := encode(a.Detail, "{}")
	if err != nil {
		return nil, err
	}
	return &assetRow{
		Account: string(a.Account), ID: string(a.ID), Kind: string(a.Kind), Access: string(a.Access), Name: a.Name,
		Version: string(a.Version.ID), Folder: a.Folder, Tags: tags, Context: pairs, OriginalName: a.OriginalName,
		CreatedAt: micros(a.CreatedAt), UpdatedAt: micros(a.UpdatedAt),
		Metadata: values, DisplayName: a.DisplayName, Detail: detail, Deleted: a.Deleted,
	}, nil
}

func checkAsset(a *media.Asset) error {
	for _, key := range []struct{ what, text string }{
		{"account", string(a.Account)}, {"asset id", string(a.ID)}, {"kind", string(a.Kind)}, {"access", string(a.Access)},
		{"name", a.Name}, {"version id", string(a.Version.ID)}, {"blob key", a.Version.Blob},
	} {
		if err := checkKey(key.what, key.text); err != nil {
			return err
		}
	}
	for _, text := range []struct{ what, text string }{{"folder", a.Folder}, {"file name", a.OriginalName}, {"display name", a.DisplayName}, {"source", a.Detail.Source}} {
		if err := checkText(text.what, text.text); err != nil {
			return err
		}
	}
	for _, tag := range a.Tags {
		if err := checkText("tag", tag); err != nil {
			return err
		}
	}
	for k, v := range a.Context {
		if err := checkText("context", k+v); err != nil {
			return err
		}
	}
	for k, v := range a.Metadata {
		if err := checkText("metadata", k+string(v)); err != nil {
			return err
		}
	}
	return nil
}

// RenameAsset gives an asset another Kind, Access and Name (an empty one of
// these stays) and sets UpdatedAt; Conflict when that is taken.
func (tx *Tx) RenameAsset(acc media.AccountID, id media.AssetID, to media.Ref, at time.Time) error {
	if err := checkKey("name", to.Name); err != nil && to.Name != "" {
		return err
	}
	q := tx.tx.NewUpdate().Model((*assetRow)(nil)).Set("updated_at = ?", micros(at)).
		Where("account = ?", string(acc)).Where("id = ?", string(id))
	for _, c := range []struct{ column, value string }{{"kind", string(to.Kind)}, {"access", string(to.Access)}, {"name", to.Name}} {
		if c.value != "" {
			q = q.Set("? = ?", bun.Ident(c.column), c.value)
		}
	}
	tx.wrote(acc)
	n, err := tx.changed("rename asset", q)
	return gone(n, err, "rename asset", id)
}

// DeleteAsset removes an asset with the records of its versions, renditions
// and measurements. Their blobs are the caller's: ask for them before.
func (tx *Tx) DeleteAsset(acc media.AccountID, id media.AssetID) error {
	tx.wrote(acc)
	n, err := tx.changed("delete asset", tx.tx.NewDelete().Model((*assetRow)(nil)).Where("account = ?", string(acc)).Where("id = ?", string(id)))
	return gone(n, err, "delete asset", id)
}

// gone turns a write that met no row into media.NotFound.
func gone[ID ~string](n int64, err error, op string, id ID) error {
	if err == nil && n == 0 {
		return &media.Error{Code: media.NotFound, Op: op, Message: "Resource not found - " + string(id)}
	}
	return err
}

// encode returns v as JSON, and an empty slice or map as the given text.
func encode[T any](v T, empty string) (string, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	if string(b) == "null" {
		return empty, nil
	}
	return string(b), nil
}
