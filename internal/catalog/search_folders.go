package catalog

import (
	"cmp"
	"slices"

	"tintype/internal/media"
	"tintype/internal/search"
)

// FoundFolders is what SearchFolders found.
type FoundFolders struct {
	Folders []Folder
	Total   int
	Next    string
}

// SearchFolders finds folders by the fields name, path and created_at, in the
// order of their paths where the query has none. Otherwise it is as Search.
func (tx *Tx) SearchFolders(acc media.AccountID, q search.Query) (*FoundFolders, error) {
	if len(q.Sort) == 0 {
		q.Sort = []search.Key{{Field: "path"}}
	}
	if err := q.Validate(); err != nil {
		return nil, err
	}
	keys := distinct(q.Sort)
	var after *place
	if q.Cursor != "" {
		var err error
		if after, err = parsePlace(q.Cursor, keys); err != nil {
			return nil, err
		}
	}
	folders, err := tx.folders(acc)
	if err != nil {
		return nil, err
	}
	return page(folders, q, keys, after), nil
}

// seen is a folder with what orders it.
type seen struct {
	folder Folder
	place  *place
}

// page cuts a page out of all folders.
func page(folders map[string]float64, q search.Query, keys []search.Key, after *place) *FoundFolders {
	out := &FoundFolders{}
	compare := func(a, b *place) int {
		for i, k := range keys {
			if c := k.Compare(a.Values[i], b.Values[i]); c != 0 {
				return c
			}
		}
		return cmp.Compare(a.ID, b.ID)
	}
	var behind []seen
	for p, created := range folders {
		f := Folder{Path: p, CreatedAt: fromMicros(int64(created))}
		d := search.NewDoc()
		d.AddText("name", f.Name())
		d.AddText("path", p)
		d.Numbers["created_at"] = created
		if !search.Match(q.Where, d) {
			continue
		}
		out.Total++
		at := &place{ID: p}
		for _, k := range keys {
			at.Values = append(at.Values, search.ValueOf(d, k.Field))
		}
		if after == nil || compare(at, after) > 0 {
			behind = append(behind, seen{f, at})
		}
	}
	slices.SortFunc(behind, func(a, b seen) int { return compare(a.place, b.place) })
	limit := min(q.PageSize(), len(behind))
	for _, s := range behind[:limit] {
		out.Folders = append(out.Folders, s.folder)
	}
	if limit < len(behind) {
		out.Next = formatPlace(behind[limit-1].place, keys)
	}
	return out
}

// folders are all folders of an account, with the time of their making.
func (tx *Tx) folders(acc media.AccountID) (map[string]float64, error) {
	var rows []folderRow
	if err := tx.tx.NewSelect().Model(&rows).Column("path", "created_at").Where("account = ?", string(acc)).Scan(tx.ctx); err != nil {
		return nil, tx.fail("list folders", err)
	}
	folders := make(map[string]float64, len(rows))
	for _, r := range rows {
		folders[r.Path] = float64(r.CreatedAt)
	}
	return folders, nil
}
