package library

import (
	"context"
	"fmt"
	"strings"

	"tintype/internal/catalog"
	"tintype/internal/media"
)

// selection is what was found of a Selection, without duplicates.
type selection struct {
	assets                            []*media.Asset
	seen                              map[media.AssetID]bool
	missing, emptyTags, emptyPrefixes []string
}

// selected finds the assets of a selection, each at the version that it has
// now: those of Refs in their order, then those of tags and prefixes by name.
// More than maxArchived are Invalid.
func (l *Library) selected(ctx context.Context, acc media.AccountID, s Selection) (*selection, error) {
	out := &selection{seen: map[media.AssetID]bool{}}
	if n := len(s.Refs); n > maxArchived {
		return nil, tooMany(n)
	}
	if n := len(s.Tags) + len(s.Prefixes); n > maxArchived {
		return nil, media.Errorf(media.Invalid, "There are more than %d tags and prefixes", maxArchived)
	}
	err := l.cfg.Catalog.View(ctx, func(tx *catalog.Tx) error {
		for _, ref := range s.Refs {
			if err := out.ref(tx, acc, ref); err != nil {
				return err
			}
		}
		for _, tag := range s.Tags {
			if err := out.query(tx, acc, catalog.AssetQuery{Tag: tag, Kind: s.Kind, Access: s.Access}, tag, &out.emptyTags); err != nil {
				return err
			}
		}
		for _, prefix := range s.Prefixes {
			if err := out.query(tx, acc, catalog.AssetQuery{Prefix: prefix, Kind: s.Kind, Access: s.Access}, prefix, &out.emptyPrefixes); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("select assets: %w", err)
	}
	return out, nil
}

func tooMany(n int) error {
	return &media.Error{
		Code: media.Invalid, Op: "select", Message: fmt.Sprintf("More than %d assets are selected", maxArchived),
		Err: &media.LimitError{What: "assets", Max: maxArchived, Got: int64(n)},
	}
}

// ref adds the asset of a reference, or of each kind that has one of its name.
func (s *selection) ref(tx *catalog.Tx, acc media.AccountID, ref media.Ref) error {
	kinds := []media.Kind{ref.Kind}
	if ref.Kind == "" && ref.ID == "" {
		kinds = []media.Kind{media.KindImage, media.KindVideo, media.KindRaw}
	}
	found := false
	for _, ref.Kind = range kinds {
		a, err := tx.Asset(acc, ref)
		switch {
		case err == nil:
			found = true
			if err := s.add(a); err != nil {
				return err
			}
		case media.CodeOf(err) != media.NotFound:
			return err
		}
	}
	if !found {
		s.missing = append(s.missing, ref.Name+string(ref.ID))
	}
	return nil
}

// query adds all assets of a query, or notes what it was for as empty.
func (s *selection) query(tx *catalog.Tx, acc media.AccountID, q catalog.AssetQuery, what string, empty *[]string) error {
	q.Order, q.Limit = catalog.ByName, maxArchived
	for n := 0; ; n++ {
		page, next, err := tx.Assets(acc, q)
		if err != nil {
			return err
		}
		for _, a := range page {
			if err := s.add(a); err != nil {
				return err
			}
		}
		if n == 0 && len(page) == 0 {
			*empty = append(*empty, what)
		}
		if q.Cursor = next; next == "" {
			return nil
		}
	}
}

func (s *selection) add(a *media.Asset) error {
	if s.seen[a.ID] {
		return nil
	}
	if len(s.assets) == maxArchived {
		return tooMany(maxArchived + 1)
	}
	s.seen[a.ID] = true
	s.assets = append(s.assets, a)
	return nil
}

// listed puts names into a message, not too many.
func listed(names []string) string {
	const most = 10
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}
