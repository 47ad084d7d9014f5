package cloudinary

import (
	"strings"

	"tintype/internal/dialect"
	"tintype/internal/library"
	"tintype/internal/media"
)

type folderItem struct {
	Name       string `json:"name"`
	Path       string `json:"path"`
	ExternalID string `json:"external_id,omitempty"`
}

func (c *call) folderItem(path string) folderItem {
	return folderItem{baseOf(path), path, folderID(c.acc.ID, path)}
}

// baseOf is the last part of a path.
func baseOf(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

// folderPath is the folder that a path names, "" for the root.
func (c *call) folderPath() string { return strings.Trim(c.id, "/") }

// noFolder says that a folder is missing in the words that clients look for.
func noFolder(err error, path string) error {
	if media.CodeOf(err) != media.NotFound {
		return err
	}
	return &media.Error{Code: media.NotFound, Message: "Can't find folder with path " + dialect.Quotable(path), Err: err}
}

// folders lists the folders in the one that the path names, or in the root.
func (d *Dialect) folders(c *call) (any, error) {
	limit, err := c.maxResults()
	if err != nil {
		return nil, err
	}
	list, total, next, err := d.cfg.Library.Folders(c.ctx, c.acc.ID, c.folderPath(), c.form.Get("next_cursor"), limit)
	if err != nil {
		return nil, noFolder(err, c.folderPath())
	}
	out := struct {
		Folders []folderItem `json:"folders"`
		Next    *string      `json:"next_cursor"`
		Total   int          `json:"total_count"`
	}{Folders: []folderItem{}, Total: total}
	if next != "" {
		out.Next = &next
	}
	for _, f := range list {
		out.Folders = append(out.Folders, c.folderItem(f.Path))
	}
	return out, nil
}

// createFolder makes a folder and those that it lies in.
func (d *Dialect) createFolder(c *call) (any, error) {
	path := c.folderPath()
	if err := checkFolder(path); err != nil {
		return nil, err
	}
	if err := d.cfg.Library.MakeFolder(c.ctx, c.acc.ID, path); err != nil {
		return nil, err
	}
	return struct {
		Success bool `json:"success"`
		folderItem
	}{true, c.folderItem(path)}, nil
}

// checkFolder refuses paths that the vendor does not allow.
func checkFolder(path string) error {
	if path == "" || strings.ContainsAny(path, `?&#\%<>+`) || library.CheckName(path) != nil {
		return media.Errorf(media.Invalid, "Folder path (%s) is invalid", dialect.Quotable(path))
	}
	return nil
}

// deleteFolder removes a folder in which no asset lies. What is kept of assets
// that were deleted does not hold it, whatever skip_backup says.
func (d *Dialect) deleteFolder(c *call) (any, error) {
	if _, err := c.form.Bool("skip_backup", false); err != nil {
		return nil, err
	}
	path := c.folderPath()
	gone, err := d.cfg.Library.DeleteFolder(c.ctx, c.acc.ID, path)
	if media.CodeOf(err) == media.Conflict {
		return nil, &media.Error{Code: media.Invalid, Message: "Folder is not empty", Err: err}
	}
	if err != nil {
		return nil, noFolder(err, path)
	}
	return map[string][]string{"deleted": gone}, nil
}

// renameFolder moves a folder with all that lies in it.
func (d *Dialect) renameFolder(c *call) (any, error) {
	to, err := c.needed("to_folder")
	if err != nil {
		return nil, err
	}
	from, to := c.folderPath(), strings.Trim(to, "/")
	if err := checkFolder(to); err != nil {
		return nil, err
	}
	if !c.acc.Options().DynamicFolders {
		return nil, media.Errorf(media.Invalid, "Folders can be renamed only in dynamic folder mode")
	}
	err = d.cfg.Library.MoveFolder(c.ctx, c.acc.ID, from, to)
	if media.CodeOf(err) == media.Conflict {
		return nil, media.Errorf(media.Conflict, "Folder %s already exists", dialect.Quotable(to))
	}
	if err != nil {
		return nil, noFolder(err, from)
	}
	was, is := c.folderItem(from), c.folderItem(to)
	was.ExternalID, is.ExternalID = "", ""
	return map[string]folderItem{"from": was, "to": is}, nil
}

// placing reads where an asset shall lie and what it is called.
func (c *call) placing() (library.Placing, error) { return c.placingBy("asset_folder") }

// placingBy does so with the folder in a parameter of that name. In fixed mode
// that says nothing: public ids place assets.
func (c *call) placingBy(param string) (p library.Placing, err error) {
	f := c.form
	if f.Has(param) && c.acc.Options().DynamicFolders {
		place := strings.Trim(f.Get(param), "/")
		if place != "" {
			if err := checkFolder(place); err != nil {
				return p, err
			}
		}
		p.Place = &place
	}
	if name := f.Get("display_name"); name != "" {
		p.DisplayName = &name
	}
	p.UniqueDisplayName, err = f.Bool("unique_display_name", false)
	return p, err
}

// placeUpload reads where an upload is put. In dynamic mode folder stands for
// asset_folder, too, where that is not given.
func (c *call) placeUpload(u *library.Upload) (err error) {
	f := c.form
	if u.Placing, err = c.placing(); err != nil {
		return err
	}
	if u.NameByFile, err = f.Bool("use_filename_as_display_name", false); err != nil {
		return err
	}
	asPrefix, err := f.Bool("use_asset_folder_as_public_id_prefix", false)
	if err != nil || !c.acc.Options().DynamicFolders {
		return err
	}
	if folder := strings.Trim(f.Get("folder"), "/"); u.Place == nil && folder != "" {
		u.Place = &folder
	}
	if asPrefix && u.Folder == "" && u.Place != nil {
		u.Folder = *u.Place
	}
	return nil
}
