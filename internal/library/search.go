package library

import (
	"context"
	"fmt"

	"tintype/internal/catalog"
	"tintype/internal/media"
	"tintype/internal/search"
)

// Search finds assets; see catalog.Tx.Search.
func (l *Library) Search(ctx context.Context, acc media.AccountID, q search.Query) (found *catalog.Found, err error) {
	err = l.cfg.Catalog.View(ctx, func(tx *catalog.Tx) (err error) {
		found, err = tx.Search(acc, q)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	return found, nil
}

// SearchFolders finds folders by the fields name, path and created_at.
func (l *Library) SearchFolders(ctx context.Context, acc media.AccountID, q search.Query) (found *catalog.FoundFolders, err error) {
	err = l.cfg.Catalog.View(ctx, func(tx *catalog.Tx) (err error) {
		found, err = tx.SearchFolders(acc, q)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("search folders: %w", err)
	}
	return found, nil
}

// Tags returns one page of the tags in use by assets of a kind ("" is any)
// that begin with prefix, and the cursor of the next.
func (l *Library) Tags(ctx context.Context, acc media.AccountID, kind media.Kind, prefix, cursor string, limit int) (tags []string, next string, err error) {
	err = l.cfg.Catalog.View(ctx, func(tx *catalog.Tx) (err error) {
		tags, next, err = tx.Tags(acc, kind, prefix, cursor, limit)
		return err
	})
	if err != nil {
		return nil, "", fmt.Errorf("list tags: %w", err)
	}
	return tags, next, nil
}
