package library_test

import (
	"reflect"
	"testing"

	"tintype/internal/library"
	"tintype/internal/library/librarytest"
	"tintype/internal/media"
)

func TestGroups(t *testing.T) {
	t.Parallel()
	w := librarytest.New(t)
	a, b := w.Upload("a", "jpeg 10x10 a"), w.Upload("b", "jpeg 10x10 b")
	members := []media.Member{{Asset: b.ID, Transformation: "flip/"}, {Asset: a.ID}, {Asset: b.ID}}
	made, err := w.Library.MakeGroup(t.Context(), librarytest.Account, members, true)
	if err != nil {
		t.Fatal(err)
	}
	found, err := w.Library.FindGroup(t.Context(), librarytest.Account, made.ID)
	if err != nil || !reflect.DeepEqual(found, made) || len(found.Assets) != 3 || found.Assets[1].ID != a.ID || found.Assets[2].ID != b.ID {
		t.Errorf("made %+v\nfound %+v, %v", made, found, err)
	}
	if _, err := w.Library.Delete(t.Context(), librarytest.Account, media.Ref{ID: b.ID}); err != nil {
		t.Fatal(err)
	}
	found, err = w.Library.FindGroup(t.Context(), librarytest.Account, made.ID)
	if err != nil || len(found.Assets) != 3 || found.Assets[0] != nil || found.Assets[1] == nil || len(found.Members) != 3 {
		t.Errorf("after a removal: %+v, %v", found, err)
	}
	for name, c := range map[string]struct {
		acc     media.AccountID
		members []media.Member
		code    media.Code
	}{
		"none":          {librarytest.Account, nil, media.Invalid},
		"too many":      {librarytest.Account, make([]media.Member, library.MaxGroup+1), media.Invalid},
		"gone":          {librarytest.Account, members, media.NotFound},
		"another's":     {"other", []media.Member{{Asset: a.ID}}, media.NotFound},
		"no such asset": {librarytest.Account, []media.Member{{Asset: a.ID}, {Asset: "x"}}, media.NotFound},
	} {
		if _, err := w.Library.MakeGroup(t.Context(), c.acc, c.members, true); media.CodeOf(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.Library.FindGroup(t.Context(), "other", made.ID); media.CodeOf(err) != media.NotFound {
		t.Errorf("another account's group: %v", err)
	}
}
