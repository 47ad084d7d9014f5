package catalog_test

import (
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"tintype/internal/catalog"
	"tintype/internal/catalog/catalogtest"
	"tintype/internal/media"
	"tintype/internal/search"
)

// foldersIn walks the pages of a folder.
func foldersIn(t *testing.T, db *catalog.DB, acc media.AccountID, parent string, limit int) (paths []string) {
	t.Helper()
	for cursor := ""; ; {
		view(t, db, func(tx *catalog.Tx) error {
			list, total, next, err := tx.Folders(acc, parent, cursor, limit)
			for _, f := range list {
				paths = append(paths, f.Path)
			}
			if next == "" && total != len(paths) {
				t.Errorf("%d folders of %d", len(paths), total)
			}
			cursor = next
			return err
		})
		if cursor == "" {
			return paths
		}
	}
}

func inFolder(name, folder string) *media.Asset {
	a := newAsset("demo", name)
	a.Folder = folder
	return a
}

func TestFolders(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		a := inFolder("a", "summer/2024/sea")
		var made, again bool
		update(t, db, func(tx *catalog.Tx) (err error) {
			made, err = tx.PutFolder("demo", "summer/2023", start)
			again2, err2 := tx.PutFolder("demo", "summer", start)
			again = again2
			_, err3 := tx.PutFolder("demo", "Ä b", start)
			return errors.Join(err, err2, err3, tx.PutAsset(a), tx.PutAsset(inFolder("root", "")))
		})
		if !made || again {
			t.Errorf("made %v, and again %v", made, again)
		}
		for parent, want := range map[string][]string{
			"": {"summer", "Ä b"}, "summer": {"summer/2023", "summer/2024"}, "summer/2024": {"summer/2024/sea"}, "summer/2024/sea": nil, "none": nil,
		} {
			if got := foldersIn(t, db, "demo", parent, 1); !slices.Equal(got, want) {
				t.Errorf("in %q: %q, want %q", parent, got, want)
			}
		}
		view(t, db, func(tx *catalog.Tx) error {
			f, err := tx.Folder("demo", "summer/2023")
			if f.Name() != "2023" || !f.CreatedAt.Equal(start.Truncate(time.Microsecond)) {
				t.Errorf("got %+v", f)
			}
			_, none := tx.Folder("demo", "summer/202")
			wantCode(t, none, media.NotFound)
			_, _, _, junk := tx.Folders("demo", "", "junk", 1)
			wantCode(t, junk, media.Invalid)
			found, err2 := tx.SearchFolders("demo", search.Query{Where: search.Contains{Field: "path", Text: "summer", Prefix: true}})
			if found.Total != 4 {
				t.Errorf("found %+v", found)
			}
			return errors.Join(err, err2)
		})
		// What is deleted does not hold a folder, what lives does.
		wantCode(t, db.Update(t.Context(), func(tx *catalog.Tx) error { _, err := tx.DeleteFolder("demo", "summer"); return err }), media.Conflict)
		if got := foldersIn(t, db, "demo", "summer", 0); len(got) != 2 {
			t.Errorf("a refused deletion leaves %q", got)
		}
		a.Deleted = true
		update(t, db, func(tx *catalog.Tx) error { return tx.PutAsset(a) })
		update(t, db, func(tx *catalog.Tx) error {
			gone, err := tx.DeleteFolder("demo", "summer/2024")
			slices.Sort(gone)
			if !slices.Equal(gone, []string{"summer/2024", "summer/2024/sea"}) {
				t.Errorf("deleted %q", gone)
			}
			return err
		})
	})
}

func TestMoveFolder(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		const odd = "Ä_%/b"
		in, deep, beside := inFolder("in", odd), inFolder("deep", odd+"/c/d"), inFolder("beside", odd+"x")
		update(t, db, func(tx *catalog.Tx) error {
			_, err := tx.PutFolder("demo", "taken", start)
			return errors.Join(err, tx.PutAsset(in), tx.PutAsset(deep), tx.PutAsset(beside))
		})
		later := start.Add(time.Hour)
		for to, code := range map[string]media.Code{"taken": media.Conflict, odd + "/c/x": media.Invalid, odd: media.Invalid, "": media.Invalid} {
			wantCode(t, db.Update(t.Context(), func(tx *catalog.Tx) error { return tx.MoveFolder("demo", odd, to, later) }), code)
		}
		wantCode(t, db.Update(t.Context(), func(tx *catalog.Tx) error { return tx.MoveFolder("demo", "none", "x", later) }), media.NotFound)
		update(t, db, func(tx *catalog.Tx) error { return tx.MoveFolder("demo", odd, "new/ß", later) })
		for a, want := range map[*media.Asset]string{in: "new/ß", deep: "new/ß/c/d", beside: odd + "x"} {
			view(t, db, func(tx *catalog.Tx) error {
				got, err := tx.Asset("demo", a.Ref)
				if got.Folder != want || got.Name != a.Name || (want != odd+"x") != got.UpdatedAt.Equal(later.Truncate(time.Microsecond)) {
					t.Errorf("%s lies in %q since %v", a.Name, got.Folder, got.UpdatedAt)
				}
				found, err2 := tx.Search("demo", search.Query{Where: search.Equals{Field: "folder", Text: want}})
				if found.Total != 1 {
					t.Errorf("%d found in %s", found.Total, want)
				}
				return errors.Join(err, err2)
			})
		}
		for parent, want := range map[string][]string{"": {"new", "taken", "Ä_%"}, "new": {"new/ß"}, "new/ß": {"new/ß/c"}, "new/ß/c": {"new/ß/c/d"}, "Ä_%": {odd + "x"}, odd: nil} {
			if got := foldersIn(t, db, "demo", parent, 0); !slices.Equal(got, want) {
				t.Errorf("in %q: %q, want %q", parent, got, want)
			}
		}
	})
}

func TestDisplayNameTaken(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		a := inFolder("a", "f")
		update(t, db, func(tx *catalog.Tx) error { return tx.PutAsset(a) })
		view(t, db, func(tx *catalog.Tx) error {
			var got []bool
			for _, c := range []struct {
				folder, name string
				id           media.AssetID
			}{{"f", a.DisplayName, "x"}, {"f", a.DisplayName, a.ID}, {"g", a.DisplayName, "x"}, {"f", "other", "x"}} {
				taken, err := tx.DisplayNameTaken("demo", c.folder, c.name, c.id)
				if err != nil {
					return err
				}
				got = append(got, taken)
			}
			if !reflect.DeepEqual(got, []bool{true, false, false, false}) {
				t.Errorf("got %v", got)
			}
			return nil
		})
	})
}

// Folders of assets that were there before folders had records.
func TestFoldersOfOldAssets(t *testing.T) {
	t.Parallel()
	catalogtest.Each(t, func(t *testing.T, url string) {
		db, err := catalog.Open(t.Context(), url, catalog.Config{})
		if err != nil {
			t.Fatal(err)
		}
		young := inFolder("young", "a/b")
		young.CreatedAt = start.Add(time.Hour)
		update(t, db, func(tx *catalog.Tx) error {
			return errors.Join(tx.PutAsset(young), tx.PutAsset(inFolder("old", "a/b/c")), tx.PutAsset(inFolder("root", "")))
		})
		if err := db.Downgrade(t.Context(), 8); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		db = catalogtest.Open(t, url, catalog.Config{})
		for parent, want := range map[string][]string{"": {"a"}, "a": {"a/b"}, "a/b": {"a/b/c"}, "a/b/c": nil} {
			if got := foldersIn(t, db, "demo", parent, 0); !slices.Equal(got, want) {
				t.Errorf("in %q: %q, want %q", parent, got, want)
			}
		}
		view(t, db, func(tx *catalog.Tx) error {
			f, err := tx.Folder("demo", "a")
			if !f.CreatedAt.Equal(start.Add(-time.Hour).Truncate(time.Microsecond)) {
				t.Errorf("made at %v", f.CreatedAt)
			}
			return err
		})
	})
}
