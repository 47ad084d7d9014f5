package library_test

import (
	"context"
	"testing"

	"tintype/internal/catalog"
	"tintype/internal/library/librarytest"
	"tintype/internal/media"
	"tintype/internal/search"
)

func TestSearch(t *testing.T) {
	t.Parallel()
	w := librarytest.New(t)
	a := &media.Asset{
		Account: librarytest.Account, Ref: media.Ref{Kind: media.KindRaw, Access: media.Public, Name: "a/b.csv", ID: "1"},
		Folder: "a", Tags: []string{"t"}, Version: media.Version{ID: "v", Blob: "b"},
	}
	w.Update(func(tx *catalog.Tx) error { return tx.PutAsset(a) })
	q := search.Query{Where: search.Contains{Field: "filename", Text: "b"}}
	for acc, want := range map[media.AccountID]int{librarytest.Account: 1, "other": 0} {
		found, err := w.Library.Search(t.Context(), acc, q)
		if err != nil || found.Total != want {
			t.Errorf("%s: %+v %v", acc, found, err)
		}
		folders, err := w.Library.SearchFolders(t.Context(), acc, search.Query{})
		if err != nil || folders.Total != want {
			t.Errorf("%s: %+v %v", acc, folders, err)
		}
		tags, _, err := w.Library.Tags(t.Context(), acc, media.KindRaw, "", "", 0)
		if err != nil || len(tags) != want {
			t.Errorf("%s: %v %v", acc, tags, err)
		}
	}
	_, err := w.Library.Search(t.Context(), librarytest.Account, search.Query{Where: search.Range{Field: "tags"}})
	if media.CodeOf(err) != media.Invalid {
		t.Errorf("a range of texts: %v", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.Library.Search(gone, librarytest.Account, q); err == nil || media.CodeOf(err) == media.Limited {
		t.Errorf("a caller who has gone: %v", err)
	}
}
