package library

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tintype/internal/catalog"
	"tintype/internal/media"
	"tintype/internal/search"
)

// searchTime bounds one search.
const searchTime = 10 * time.Second

// find runs fn in a View, for no longer than a search may take; what takes
// longer is Limited.
func (l *Library) find(ctx context.Context, op string, fn func(tx *catalog.Tx) error) error {
	bounded, cancel := context.WithTimeout(ctx, searchTime)
	defer cancel()
	err := l.cfg.Catalog.View(bounded, fn)
	if err != nil && ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		return &media.Error{Code: media.Limited, Op: op, Message: "The search takes too long, narrow it", Err: err}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	return nil
}

// Search finds assets; see catalog.Tx.Search. One that takes longer than ten
// seconds is Limited.
func (l *Library) Search(ctx context.Context, acc media.AccountID, q search.Query) (found *catalog.Found, err error) {
	err = l.find(ctx, "search", func(tx *catalog.Tx) (err error) {
		found, err = tx.Search(acc, q)
		return err
	})
	return found, err
}

// SearchFolders finds folders by the fields name, path and created_at.
func (l *Library) SearchFolders(ctx context.Context, acc media.AccountID, q search.Query) (found *catalog.FoundFolders, err error) {
	err = l.find(ctx, "search folders", func(tx *catalog.Tx) (err error) {
		found, err = tx.SearchFolders(acc, q)
		return err
	})
	return found, err
}

// Tags returns one page of the tags in use by assets of a kind ("" is any)
// that begin with prefix, and the cursor of the next.
func (l *Library) Tags(ctx context.Context, acc media.AccountID, kind media.Kind, prefix, cursor string, limit int) (tags []string, next string, err error) {
	err = l.find(ctx, "list tags", func(tx *catalog.Tx) (err error) {
		tags, next, err = tx.Tags(acc, kind, prefix, cursor, limit)
		return err
	})
	return tags, next, err
}
