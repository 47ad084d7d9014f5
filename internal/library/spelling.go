package library

import (
	"context"
	"fmt"

	"tintype/internal/catalog"
	"tintype/internal/media"
)

// Transformations returns the texts after one that renditions were asked for
// with in a dialect, each once and in order.
func (l *Library) Transformations(ctx context.Context, acc media.AccountID, dialect, after string, limit int) (texts []string, err error) {
	err = l.cfg.Catalog.View(ctx, func(tx *catalog.Tx) (err error) {
		texts, err = tx.SpellingTexts(acc, dialect, after, limit)
		return err
	})
	return texts, err
}

// Made is a rendition with the asset that it was made of.
type Made struct {
	*media.Rendition
	Of *media.Asset
}

// MadeBy returns a page of the renditions that were asked for in these words,
// and the cursor of the next.
func (l *Library) MadeBy(ctx context.Context, acc media.AccountID, s media.Spelling, cursor string, limit int) (made []Made, next string, err error) {
	err = l.cfg.Catalog.View(ctx, func(tx *catalog.Tx) error {
		rs, more, err := tx.SpelledRenditions(acc, s, cursor, limit)
		if err != nil {
			return err
		}
		next = more
		ids := make([]media.AssetID, len(rs))
		for i, r := range rs {
			ids[i] = r.Asset
		}
		assets, err := tx.AssetsByID(acc, ids)
		for _, r := range rs {
			if a := assets[r.Asset]; a != nil {
				made = append(made, Made{r, a})
			}
		}
		return err
	})
	if err != nil {
		return nil, "", fmt.Errorf("list renditions: %w", err)
	}
	return made, next, nil
}

// SpellingsOf returns the words, in a dialect, that renditions were asked for with.
func (l *Library) SpellingsOf(ctx context.Context, acc media.AccountID, dialect string, keys []string) (texts map[string]string, err error) {
	err = l.cfg.Catalog.View(ctx, func(tx *catalog.Tx) (err error) {
		texts, err = tx.SpellingsOf(acc, dialect, keys)
		return err
	})
	return texts, err
}

// DropRendition forgets one rendition by its key; NotFound if there is none.
func (l *Library) DropRendition(ctx context.Context, acc media.AccountID, key string) error {
	var gone *media.Rendition
	err := l.cfg.Catalog.Reclaim(ctx, func(tx *catalog.Tx) (err error) {
		if gone, err = tx.DeleteRendition(acc, key); err != nil {
			return err
		}
		return l.deleteLater(tx, acc, blobs([]*media.Rendition{gone}))
	})
	if err != nil {
		return fmt.Errorf("drop rendition: %w", err)
	}
	l.cfg.Renditions.Announce(after(ctx), acc, gone.Asset)
	return nil
}

// DropRenditionLike forgets the renditions whose keys begin with at least 32
// hexadecimal digits, and says how many there were.
func (l *Library) DropRenditionLike(ctx context.Context, acc media.AccountID, prefix string) (int, error) {
	var keys []string
	err := l.cfg.Catalog.View(ctx, func(tx *catalog.Tx) (err error) {
		keys, err = tx.RenditionKeys(acc, prefix)
		return err
	})
	if err != nil {
		return 0, err
	}
	for _, key := range keys {
		if err := l.DropRendition(ctx, acc, key); err != nil && media.CodeOf(err) != media.NotFound {
			return 0, err
		}
	}
	return len(keys), nil
}

// DropMadeBy forgets all renditions that were asked for in these words, and
// says how many there were.
func (l *Library) DropMadeBy(ctx context.Context, acc media.AccountID, s media.Spelling) (int, error) {
	n := 0
	for {
		made, _, err := l.MadeBy(ctx, acc, s, "", 100)
		if err != nil || len(made) == 0 {
			return n, err
		}
		for _, m := range made {
			if err := l.DropRendition(ctx, acc, m.Key); err != nil && media.CodeOf(err) != media.NotFound {
				return n, err
			}
			n++
		}
	}
}
