package catalog

import (
	"context"
	"fmt"
	"io/fs"
	"strings"

	"github.com/pressly/goose/v3"
	"github.com/uptrace/bun"

	"tintype/internal/media"
)

// Plans returns how the database would run each query, by name: one line for
// each step.
func (tx *Tx) Plans() (map[string]string, error) {
	const acc media.AccountID = "demo"
	list := func(q AssetQuery) *bun.SelectQuery {
		s, _, err := q.page(q.filter(tx.selectAssets(&[]assetRow{}, acc)).Limit(10))
		if err != nil {
			panic(err)
		}
		return s
	}
	created := formatCursor(cursorCreated, position{at: 1, id: "x"})
	name := formatCursor(cursorName, position{name: "a", id: "x"})
	of := func(model any) *bun.SelectQuery { return tx.tx.NewSelect().Model(model).Where("account = ?", "demo") }
	queries := map[string]*bun.SelectQuery{
		"asset by id":               tx.selectAssets(&assetRow{}, acc).Where("a.id = ?", "x"),
		"asset by name":             tx.selectAssets(&assetRow{}, acc).Where("a.kind = ?", "image").Where("a.access = ?", "public").Where("a.name = ?", "x"),
		"list":                      list(AssetQuery{}),
		"list page":                 list(AssetQuery{Cursor: created}),
		"list ascending":            list(AssetQuery{Cursor: created, Ascending: true}),
		"list kind":                 list(AssetQuery{Cursor: created, Kind: "image"}),
		"list kind and access":      list(AssetQuery{Cursor: created, Kind: "image", Access: "public"}),
		"list name":                 list(AssetQuery{Cursor: name, Order: ByName}),
		"list name, kind":           list(AssetQuery{Cursor: name, Order: ByName, Kind: "image"}),
		"list prefix by name":       list(AssetQuery{Prefix: "a", Order: ByName}),
		"list prefix by name, kind": list(AssetQuery{Prefix: "a", Order: ByName, Kind: "image", Access: "public"}),
		"versions":                  of((*versionRow)(nil)).Where("asset = ?", "x").Order("ordinal DESC"),
		"version":                   of((*versionRow)(nil)).Where("id = ?", "x"),
		"blob of version":           of((*versionRow)(nil)).Where("blob = ?", "x"),
		"blob of rendition":         of((*renditionRow)(nil)).Where("blob = ?", "x"),
		"rendition":                 of((*renditionRow)(nil)).Where("key = ?", "x"),
		"renditions":                of((*renditionRow)(nil)).Where("asset = ?", "x").Where("key > ?", "x").Order("key").Limit(10),
		"renditions of a version":   of((*renditionRow)(nil)).Where("asset = ?", "x").Where("version = ?", "x"),
		"events":                    of((*eventRow)(nil)).Where("id > ?", 1).Order("id").Limit(10),
		"measured":                  of((*measuredRow)(nil)).Where("version = ?", "x").Where("question = ?", "x"),
	}
	explain := "EXPLAIN QUERY PLAN "
	if tx.db.back.rowLocks {
		explain = "EXPLAIN (COSTS OFF) "
		// With few rows a sequential scan is right: ask for what many would get.
		if _, err := tx.tx.ExecContext(tx.ctx, "SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off"); err != nil {
			return nil, err
		}
	}
	plans, texts := map[string]string{}, map[string]string{
		"search index":    "SELECT epoch, next FROM search_index WHERE account = 'demo'",
		"live documents":  "SELECT chunk, docs FROM search_live WHERE account = 'demo'",
		"changed":         "SELECT p.asset, coalesce(d.doc, -1) FROM search_pending AS p LEFT JOIN search_doc AS d ON d.account = p.account AND d.asset = p.asset WHERE p.account = 'demo'",
		"terms":           "SELECT term, chunk, docs FROM search_term WHERE account = 'demo' AND term IN ('a', 'b')",
		"terms by prefix": "SELECT term, chunk, docs FROM search_term WHERE account = 'demo' AND term >= 'a' AND term < 'b' ORDER BY term, chunk",
		"terms to sweep":  "SELECT term, chunk FROM search_term WHERE account = 'demo' AND (term, chunk) > ('a', 1) ORDER BY term, chunk LIMIT 10",
		"column":          "SELECT block, filled, least, most FROM search_column WHERE account = 'demo' AND field = 'a'",
		"blocks":          "SELECT block, data FROM search_column WHERE account = 'demo' AND field = 'a' AND block IN (1, 2)",
		"documents":       "SELECT asset FROM search_doc WHERE account = 'demo' AND doc >= 1 AND doc < 9 ORDER BY doc LIMIT 10",
	}
	queries["changed assets"] = tx.selectAssets(&[]assetRow{}, acc).Where("a.id IN (?)", bun.In([]string{"x", "y"}))
	queries["found assets"] = tx.selectFound(&[]foundRow{}, acc, []int{1, 2})
	for name, q := range queries {
		texts[name] = q.String()
	}
	for name, text := range texts {
		rows, err := tx.tx.QueryContext(tx.ctx, explain+strings.ReplaceAll(text, "?", "\\?"))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		columns, err := rows.Columns()
		if err != nil {
			return nil, err
		}
		for rows.Next() {
			cells := make([]any, len(columns))
			for i := range cells {
				cells[i] = new(any)
			}
			var step string
			cells[len(cells)-1] = &step
			if err := rows.Scan(cells...); err != nil {
				return nil, err
			}
			plans[name] += step + "\n"
		}
		if err := rows.Close(); err != nil {
			return nil, err
		}
	}
	return plans, nil
}

// LimitPages lets the SQLite file grow to n pages and no further.
func (db *DB) LimitPages(n int) error {
	_, err := db.write.Exec(fmt.Sprintf("PRAGMA max_page_count = %d", n))
	return err
}

// Fold folds up to n changed assets into the search index now.
func (db *DB) Fold(ctx context.Context, acc media.AccountID, n int) (int, error) {
	return db.foldSearch(ctx, acc, n)
}

// Seed inserts new assets many at a time, without events.
func (db *DB) Seed(ctx context.Context, assets []*media.Asset) error {
	return db.Update(ctx, func(tx *Tx) error {
		rows, versions := make([]assetRow, len(assets)), make([]versionRow, len(assets))
		for i, a := range assets {
			row, err := newAssetRow(a)
			if err != nil {
				return err
			}
			rows[i] = *row
			info, err := encode(a.Version.Info, "{}")
			if err != nil {
				return err
			}
			versions[i] = versionRow{
				Account: string(a.Account), ID: string(a.Version.ID), Asset: string(a.ID), Ordinal: 1, Blob: a.Version.Blob,
				SHA256: a.Version.SHA256, MD5: a.Version.MD5, Info: info, CreatedAt: a.Version.CreatedAt.Unix(),
			}
		}
		if _, err := tx.changed("seed", tx.tx.NewInsert().Model(&rows)); err != nil {
			return err
		}
		_, err := tx.changed("seed", tx.tx.NewInsert().Model(&versions))
		return err
	})
}

// FoldAll folds everything, as opening the catalog does.
func (db *DB) FoldAll(ctx context.Context) error { return db.foldAll(ctx) }

// SkipDocs has the next document of an account's search index numbered n.
func (db *DB) SkipDocs(acc media.AccountID, n int) error {
	_, err := db.write.Exec("UPDATE search_index SET next = ? WHERE account = ?", n, string(acc))
	return err
}

// IndexedChunks returns how many pieces of chunk the index of an account has.
func (db *DB) IndexedChunks(acc media.AccountID, chunk int) (n int, err error) {
	const pieces = `SELECT (SELECT count(*) FROM search_term WHERE account = ? AND chunk = ?) + (SELECT count(*) FROM search_live WHERE account = ? AND chunk = ?)
		+ (SELECT count(*) FROM search_column WHERE account = ? AND block / 8 = ?)`
	err = db.read.QueryRow(pieces, string(acc), chunk, string(acc), chunk, string(acc), chunk).Scan(&n)
	return n, err
}

// MarkChanged marks n assets as changed since the search index was folded.
func (db *DB) MarkChanged(acc media.AccountID, n int) error {
	_, err := db.write.Exec("INSERT INTO search_pending (account, asset) SELECT account, id FROM asset WHERE account = ? ORDER BY id LIMIT ?", string(acc), n)
	return err
}

// Downgrade takes migrations back, down to a version.
func (db *DB) Downgrade(ctx context.Context, version int64) error {
	dir, err := fs.Sub(migrations, "migrations/"+db.back.name)
	if err != nil {
		return err
	}
	dialect := goose.DialectSQLite3
	if db.back.rowLocks {
		dialect = goose.DialectPostgres
	}
	ours, err := goose.NewProvider(dialect, db.back.write, dir, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	_, err = ours.DownTo(ctx, version)
	return err
}
