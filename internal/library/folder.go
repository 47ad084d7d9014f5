package library

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"strings"
	"unicode/utf8"

	"tintype/internal/catalog"
	"tintype/internal/media"
)

// Placing says where an asset lies and what people call it; nil leaves what
// there is. Only in accounts whose folders are apart from names is Place more
// than a part of the name (see Config.Dynamic).
type Placing struct {
	Place       *string // the folder, "" for the root
	DisplayName *string
	// UniqueDisplayName adds random characters to a display name that another
	// asset of the folder has.
	UniqueDisplayName bool
}

// check refuses a place or a name that cannot be.
func (p Placing) check() error {
	if p.Place != nil && *p.Place != "" {
		if err := checkFolder(*p.Place); err != nil {
			return err
		}
	}
	if p.DisplayName == nil {
		return nil
	}
	switch name := *p.DisplayName; {
	case strings.Contains(name, "/"):
		return media.Errorf(media.Invalid, "Display name cannot contain slashes")
	case !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' }):
		return media.Errorf(media.Invalid, "The display name holds a control character or is not valid UTF-8")
	case utf8.RuneCountInString(name) > maxName:
		return media.Errorf(media.Invalid, "The display name is longer than %d characters", maxName)
	}
	return nil
}

// placing is where an upload puts its asset. One that is there already keeps
// what it is called, unless the upload says.
func (u *Upload) placing(a *media.Asset) Placing {
	p := u.Placing
	if name := stem(u.Filename); p.DisplayName == nil && a.DisplayName == "" && u.NameByFile && name != "" && utf8.RuneCountInString(name) <= maxName {
		p.DisplayName = &name
	}
	return p
}

func checkFolder(p string) error {
	if err := CheckName(p); err != nil {
		return media.Errorf(media.Invalid, "%s", strings.Replace(media.MessageOf(err), "The name", "The folder", 1))
	}
	return nil
}

// dynamic reports whether an account's folders are apart from names.
func (l *Library) dynamic(acc media.AccountID) bool {
	return l.cfg.Dynamic != nil && l.cfg.Dynamic(acc)
}

// place puts an asset where it shall lie. Where folders are apart from names,
// it has a display name in any case.
func (l *Library) place(tx *catalog.Tx, a *media.Asset, p Placing) error {
	dynamic := l.dynamic(a.Account)
	switch {
	case a.Access == media.Remote:
	case !dynamic:
		if p.Place != nil && *p.Place != folderOf(a.Name) {
			return media.Errorf(media.Invalid, "A folder that is not part of the name needs dynamic folders")
		}
		a.Folder = folderOf(a.Name)
	case p.Place != nil:
		a.Folder = *p.Place
	}
	if p.DisplayName != nil {
		a.DisplayName = *p.DisplayName
	}
	if dynamic && a.DisplayName == "" {
		a.DisplayName = path.Base(a.Name)
	}
	if !p.UniqueDisplayName || a.DisplayName == "" {
		return nil
	}
	for base := a.DisplayName; ; {
		taken, err := tx.DisplayNameTaken(a.Account, a.Folder, a.DisplayName, a.ID)
		if err != nil || !taken {
			return err
		}
		suffix, err := l.random(6, mixed)
		if err != nil {
			return err
		}
		a.DisplayName = base + "_" + suffix
	}
}

// Folders returns one page of the folders in another, "" for the root, how
// many there are, and the cursor of the next page. NotFound when that other
// one is not there.
func (l *Library) Folders(ctx context.Context, acc media.AccountID, parent, cursor string, limit int) (list []catalog.Folder, total int, next string, err error) {
	err = l.cfg.Catalog.View(ctx, func(tx *catalog.Tx) (err error) {
		if parent != "" {
			if _, err := tx.Folder(acc, parent); err != nil {
				return err
			}
		}
		list, total, next, err = tx.Folders(acc, parent, cursor, limit)
		return err
	})
	if err != nil {
		return nil, 0, "", fmt.Errorf("list folders: %w", err)
	}
	return list, total, next, nil
}

// MakeFolder makes a folder and those that it lies in. One that is there is
// no error.
func (l *Library) MakeFolder(ctx context.Context, acc media.AccountID, p string) error {
	if err := checkFolder(p); err != nil {
		return err
	}
	err := l.cfg.Catalog.Update(ctx, func(tx *catalog.Tx) error {
		made, err := tx.PutFolder(acc, p, l.now())
		if err != nil || !made {
			return err
		}
		return l.tellFolder(tx, acc, media.EventFolderMade, media.FolderData{Path: p})
	})
	if err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	return nil
}

// DeleteFolder removes a folder with the folders in it, and returns their
// paths. NotFound if there is none, Conflict when an asset lies in one of them.
func (l *Library) DeleteFolder(ctx context.Context, acc media.AccountID, p string) (gone []string, err error) {
	err = l.cfg.Catalog.Reclaim(ctx, func(tx *catalog.Tx) (err error) {
		if gone, err = tx.DeleteFolder(acc, p); err != nil {
			return err
		}
		return l.tellFolder(tx, acc, media.EventFolderDeleted, media.FolderData{Path: p})
	})
	if err != nil {
		return nil, fmt.Errorf("delete folder: %w", err)
	}
	return gone, nil
}

// MoveFolder gives a folder another path, with all that lies in it. NotFound
// if there is none, Conflict when there is one at the new path, and
// Unsupported where folders are parts of names.
func (l *Library) MoveFolder(ctx context.Context, acc media.AccountID, from, to string) error {
	if !l.dynamic(acc) {
		return media.Errorf(media.Unsupported, "Folders can be renamed only where they are dynamic; here they are parts of names")
	}
	if err := checkFolder(to); err != nil {
		return err
	}
	err := l.cfg.Catalog.Update(ctx, func(tx *catalog.Tx) error {
		if err := tx.MoveFolder(acc, from, to, l.now()); err != nil {
			return err
		}
		return l.tellFolder(tx, acc, media.EventFolderMoved, media.FolderData{Path: to, From: from})
	})
	if err != nil {
		return fmt.Errorf("move folder: %w", err)
	}
	return nil
}

func (l *Library) tellFolder(tx *catalog.Tx, acc media.AccountID, t media.EventType, d media.FolderData) error {
	data, err := json.Marshal(d)
	if err != nil {
		return err
	}
	return tx.AddEvent(media.Event{Account: acc, Type: t, At: l.now(), Data: data})
}
