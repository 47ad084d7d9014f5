package catalog

import (
	"path"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"tintype/internal/media"
)

// Folder is a place where assets lie, or could.
type Folder struct {
	Path      string
	CreatedAt time.Time
}

// Name is the last part of the path.
func (f *Folder) Name() string { return path.Base(f.Path) }

type folderRow struct {
	bun.BaseModel `bun:"table:folder,alias:f"`

	Account   string `bun:"account,pk"`
	Path      string `bun:"path,pk"`
	Parent    string `bun:"parent"`
	CreatedAt int64  `bun:"created_at"`
}

func (r *folderRow) folder() Folder { return Folder{Path: r.Path, CreatedAt: fromMicros(r.CreatedAt)} }

// parentOf is the path of the folder that another lies in, "" for the root.
func parentOf(p string) string {
	i := strings.LastIndexByte(p, '/')
	return p[:max(i, 0)]
}

// PutFolder makes a folder and those that it lies in, as far as they are not
// there, and says whether it made any. A zero time is now. Inside an Update
// the folder stays until the end of the transaction.
func (tx *Tx) PutFolder(acc media.AccountID, p string, at time.Time) (made bool, err error) {
	if err := checkKey("folder", p); err != nil {
		return false, err
	}
	if err := tx.writable(); err != nil {
		return false, err
	}
	if there, err := tx.lockFolder(acc, p); there || err != nil {
		return false, err
	}
	if at.IsZero() {
		at = tx.db.cfg.Now()
	}
	var rows []folderRow
	for ; p != ""; p = parentOf(p) {
		rows = append(rows, folderRow{Account: string(acc), Path: p, Parent: parentOf(p), CreatedAt: micros(at)})
	}
	// The outermost first, so that two transactions cannot block each other.
	for i := len(rows) - 1; i >= 0; i-- {
		n, err := tx.changed("put folder", tx.tx.NewInsert().Model(&rows[i]).On("CONFLICT (account, path) DO NOTHING"))
		if err != nil {
			return made, err
		}
		made = made || n > 0
	}
	return made, nil
}

// lockFolder reports whether a folder is there, and keeps it there.
func (tx *Tx) lockFolder(acc media.AccountID, p string) (bool, error) {
	var rows []folderRow
	q := tx.tx.NewSelect().Model(&rows).Where("account = ?", string(acc)).Where("path = ?", p)
	if tx.db.back.rowLocks {
		q = q.For("KEY SHARE")
	}
	err := q.Scan(tx.ctx)
	return len(rows) > 0, tx.fail("find folder", err)
}

// Folder returns a folder; NotFound if there is none.
func (tx *Tx) Folder(acc media.AccountID, p string) (Folder, error) {
	if checkKey("folder", p) != nil {
		return Folder{}, media.Errorf(media.NotFound, "Folder not found")
	}
	var row folderRow
	err := tx.tx.NewSelect().Model(&row).Where("account = ?", string(acc)).Where("path = ?", p).Scan(tx.ctx)
	if err != nil {
		return Folder{}, tx.found("find folder", err, "Folder not found - %s", p)
	}
	return row.folder(), nil
}

// Folders returns a page of the folders that lie in another, "" for the root,
// by name; how many there are in all; and the cursor of the next page, "" at
// the end. Limit is at most 1,000, and 0 is 100.
func (tx *Tx) Folders(acc media.AccountID, parent, cursor string, limit int) (list []Folder, total int, next string, err error) {
	if err := checkText("folder", parent); err != nil {
		return nil, 0, "", err
	}
	in := func() *bun.SelectQuery {
		return tx.tx.NewSelect().Model((*folderRow)(nil)).Where("account = ?", string(acc)).Where("parent = ?", parent)
	}
	n, err := in().Count(tx.ctx)
	if err != nil {
		return nil, 0, "", tx.fail("count folders", err)
	}
	limit = pageSize(limit)
	var rows []folderRow
	q := in().Order("path").Limit(int64(limit) + 1)
	if cursor != "" {
		after, err := parseCursor(cursorFolders, cursor)
		if err != nil {
			return nil, 0, "", err
		}
		q = q.Where("path > ?", after.id)
	}
	if err := q.Scan(tx.ctx, &rows); err != nil {
		return nil, 0, "", tx.fail("list folders", err)
	}
	if len(rows) > limit {
		rows = rows[:limit]
		next = formatCursor(cursorFolders, position{id: rows[limit-1].Path})
	}
	for i := range rows {
		list = append(list, rows[i].folder())
	}
	return list, int(n), next, nil
}

// below narrows a query to a folder and all that lies in it.
func below[Q interface {
	Where(query string, args ...any) Q
}](q Q, column, p string) Q {
	// Between "p/" and "p0": '0' follows '/'.
	return q.Where("(? = ? OR ? >= ? AND ? < ?)", bun.Ident(column), p, bun.Ident(column), p+"/", bun.Ident(column), p+"0")
}

// DeleteFolder removes a folder with the empty folders in it, and returns
// their paths. NotFound if there is none, Conflict when an asset that is not
// deleted lies in one of them.
func (tx *Tx) DeleteFolder(acc media.AccountID, p string) ([]string, error) {
	if err := tx.writable(); err != nil {
		return nil, err
	}
	if checkKey("folder", p) != nil {
		return nil, media.Errorf(media.NotFound, "Folder not found")
	}
	// The folders first: whoever puts an asset into one of them waits, or is
	// done and seen below.
	var rows []folderRow
	_, err := below(tx.tx.NewDelete().Model(&rows).Where("account = ?", string(acc)), "path", p).Returning("*").Exec(tx.ctx)
	if err != nil {
		return nil, tx.failWrite("delete folder", err)
	}
	if len(rows) == 0 {
		return nil, media.Errorf(media.NotFound, "Folder not found - %s", p)
	}
	used, err := below(tx.tx.NewSelect().Model((*assetRow)(nil)).Where("account = ?", string(acc)).Where("deleted = ?", false), "folder", p).Exists(tx.ctx)
	if err != nil {
		return nil, tx.fail("look into folder", err)
	}
	if used {
		return nil, tx.failWrite("delete folder", media.Errorf(media.Conflict, "The folder %s is not empty", p))
	}
	paths := make([]string, len(rows))
	for i := range rows {
		paths[i] = rows[i].Path
	}
	return paths, nil
}

// MoveFolder gives a folder another path, with all folders and assets in it,
// whose names stay. NotFound if there is none; Conflict when there is a folder
// at the new path; Invalid when that lies in the folder itself.
func (tx *Tx) MoveFolder(acc media.AccountID, from, to string, at time.Time) error {
	if err := checkKey("folder", to); err != nil {
		return err
	}
	if _, err := tx.Folder(acc, from); err != nil {
		return err
	}
	if to == from || strings.HasPrefix(to, from+"/") {
		return media.Errorf(media.Invalid, "The folder %s cannot be moved into itself", from)
	}
	if there, err := tx.lockFolder(acc, to); err != nil || there {
		if err == nil {
			err = media.Errorf(media.Conflict, "There is a folder %s already", to)
		}
		return err
	}
	if p := parentOf(to); p != "" {
		if _, err := tx.PutFolder(acc, p, at); err != nil {
			return err
		}
	}
	cut := len([]rune(from)) + 1
	moved := tx.tx.NewUpdate().Model((*folderRow)(nil)).Where("account = ?", string(acc)).
		Set("path = ? || substr(path, ?)", to, cut).
		Set("parent = CASE WHEN path = ? THEN ? ELSE ? || substr(parent, ?) END", from, parentOf(to), to, cut)
	if n, err := tx.changed("move folder", below(moved, "path", from)); err != nil || n == 0 {
		if err == nil {
			err = media.Errorf(media.NotFound, "Folder not found - %s", from)
		}
		return err
	}
	assets := tx.tx.NewUpdate().Model((*assetRow)(nil)).Where("account = ?", string(acc)).
		Set("folder = ? || substr(folder, ?)", to, cut).Set("updated_at = ?", micros(at))
	tx.wrote(acc)
	_, err := tx.changed("move assets", below(assets, "folder", from))
	return err
}

// DisplayNameTaken reports whether an asset other than id, that is not
// deleted, has a display name in a folder.
func (tx *Tx) DisplayNameTaken(acc media.AccountID, folder, name string, id media.AssetID) (bool, error) {
	taken, err := tx.tx.NewSelect().Model((*assetRow)(nil)).Where("account = ?", string(acc)).Where("folder = ?", folder).
		Where("display_name = ?", name).Where("id <> ?", string(id)).Where("deleted = ?", false).Exists(tx.ctx)
	return taken, tx.fail("look for display name", err)
}
