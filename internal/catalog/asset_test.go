package catalog_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"tintype/internal/catalog"
	"tintype/internal/media"
)

// stored is what the catalog keeps of a: times to the microsecond.
func stored(a *media.Asset) *media.Asset {
	b := *a
	b.CreatedAt, b.UpdatedAt = a.CreatedAt.Truncate(time.Microsecond), a.UpdatedAt.Truncate(time.Microsecond)
	return &b
}

func TestAssetRoundTrip(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		full := newAsset("demo", "summer/shoe 100%_\\'\"?$1")
		bare := &media.Asset{
			Account: "demo", Ref: media.Ref{Kind: media.KindRaw, Access: media.Private, Name: "日本", ID: "bare"},
			Version: media.Version{ID: "bare-1", Blob: "b"},
		}
		update(t, db, func(tx *catalog.Tx) error { return errors.Join(tx.PutAsset(full), tx.PutAsset(bare)) })
		if !bare.CreatedAt.Equal(start.Truncate(time.Microsecond)) || !bare.UpdatedAt.Equal(bare.CreatedAt) || !bare.Version.CreatedAt.Equal(start.Truncate(time.Second)) {
			t.Errorf("times were not filled in: %+v", bare)
		}
		for _, want := range []*media.Asset{full, bare} {
			for _, ref := range []media.Ref{{ID: want.ID}, {Kind: want.Kind, Access: want.Access, Name: want.Name}} {
				var got, locked *media.Asset
				view(t, db, func(tx *catalog.Tx) (err error) { got, err = tx.Asset("demo", ref); return err })
				update(t, db, func(tx *catalog.Tx) (err error) { locked, err = tx.Asset("demo", ref); return err })
				if !reflect.DeepEqual(got, stored(want)) {
					t.Errorf("asset by %+v\n got %+v\nwant %+v", ref, got, stored(want))
				}
				if !reflect.DeepEqual(got, locked) {
					t.Errorf("an Update reads %+v, a View %+v", locked, got)
				}
				if got.CreatedAt.Location() != time.UTC || got.Version.CreatedAt.Location() != time.UTC {
					t.Error("times are not in UTC")
				}
			}
		}
	})
}

func TestPutAssetReplaces(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		a := newAsset("demo", "shoe")
		update(t, db, func(tx *catalog.Tx) error { return tx.PutAsset(a) })
		b := *a
		b.Kind, b.Access, b.Name, b.Folder, b.OriginalName = media.KindVideo, media.Private, "boot", "", ""
		b.Tags, b.Context = nil, nil
		b.CreatedAt, b.UpdatedAt = a.CreatedAt.Add(time.Minute), a.UpdatedAt.Add(time.Minute)
		update(t, db, func(tx *catalog.Tx) error { return tx.PutAsset(&b) })
		view(t, db, func(tx *catalog.Tx) error {
			got, err := tx.Asset("demo", media.Ref{ID: a.ID})
			if !reflect.DeepEqual(got, &b) {
				t.Errorf("got %+v\nwant %+v", got, &b)
			}
			_, byOldName := tx.Asset("demo", media.Ref{Kind: a.Kind, Access: a.Access, Name: a.Name})
			wantCode(t, byOldName, media.NotFound)
			return err
		})
	})
}

func TestNameIsUnique(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		a, b := newAsset("demo", "a"), newAsset("demo", "b")
		update(t, db, func(tx *catalog.Tx) error { return errors.Join(tx.PutAsset(a), tx.PutAsset(b)) })

		taken := *b
		taken.Ref.Name = "a"
		wantCode(t, db.Update(t.Context(), func(tx *catalog.Tx) error { return tx.PutAsset(&taken) }), media.Conflict)
		wantCode(t, db.Update(t.Context(), func(tx *catalog.Tx) error {
			return tx.RenameAsset("demo", b.ID, media.Ref{Name: "a"}, start)
		}), media.Conflict)

		// The same name is free under another kind, access or account.
		for _, free := range []func(*media.Asset){
			func(a *media.Asset) { a.Kind = media.KindRaw },
			func(a *media.Asset) { a.Access = media.Private },
			func(a *media.Asset) { a.Account = "other" },
			func(a *media.Asset) { a.Name = "A" },
		} {
			c := newAsset("demo", "a")
			free(c)
			c.ID += media.AssetID(c.Kind + media.Kind(c.Access) + media.Kind(c.Name))
			c.Version.ID += media.VersionID(c.ID)
			update(t, db, func(tx *catalog.Tx) error { return tx.PutAsset(c) })
		}
	})
}

func TestFailedWriteDoomsTransaction(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		a, b := newAsset("demo", "a"), newAsset("demo", "b")
		update(t, db, func(tx *catalog.Tx) error { return tx.PutAsset(a) })
		taken := *b
		taken.Ref.Name = "a"
		err := db.Update(t.Context(), func(tx *catalog.Tx) error {
			if err := tx.PutAsset(newAsset("demo", "c")); err != nil {
				return err
			}
			wantCode(t, tx.PutAsset(&taken), media.Conflict)
			return nil // in spite of it
		})
		wantCode(t, err, media.Conflict)
		view(t, db, func(tx *catalog.Tx) error {
			n, err := tx.CountAssets("demo")
			if n != 1 {
				t.Errorf("%d assets, want 1", n)
			}
			return err
		})
	})
}

func TestPutAssetRejects(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		for name, spoil := range map[string]func(*media.Asset){
			"no account":         func(a *media.Asset) { a.Account = "" },
			"no id":              func(a *media.Asset) { a.ID = "" },
			"no kind":            func(a *media.Asset) { a.Kind = "" },
			"no access":          func(a *media.Asset) { a.Access = "" },
			"no name":            func(a *media.Asset) { a.Name = "" },
			"no version":         func(a *media.Asset) { a.Version.ID = "" },
			"no blob":            func(a *media.Asset) { a.Version.Blob = "" },
			"long name":          func(a *media.Asset) { a.Name = strings.Repeat("ä", 513) },
			"NUL in name":        func(a *media.Asset) { a.Name = "a\x00b" },
			"broken UTF-8":       func(a *media.Asset) { a.Name = "a\xffb" },
			"NUL in tag":         func(a *media.Asset) { a.Tags = []string{"\x00"} },
			"broken tag":         func(a *media.Asset) { a.Tags = []string{"\xc3"} },
			"NUL in context":     func(a *media.Asset) { a.Context = map[string]string{"k": "\x00"} },
			"broken context key": func(a *media.Asset) { a.Context = map[string]string{"\xff": ""} },
			"NUL in folder":      func(a *media.Asset) { a.Folder = "\x00" },
			"broken file name":   func(a *media.Asset) { a.OriginalName = "\xff" },
		} {
			a := newAsset("demo", "x")
			spoil(a)
			err := db.Update(t.Context(), func(tx *catalog.Tx) error { return tx.PutAsset(a) })
			if media.CodeOf(err) != media.Invalid {
				t.Errorf("%s: error %v, want invalid", name, err)
			}
		}
		// The longest name that is allowed, of hardly compressible bytes.
		var long strings.Builder
		for i := 0; long.Len() < 1024; i++ {
			long.WriteString(id(string(rune(i))))
		}
		update(t, db, func(tx *catalog.Tx) error { return tx.PutAsset(newAsset("demo", long.String()[:1024])) })
	})
}

func TestRenameAsset(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		a := newAsset("demo", "a")
		at := start.Add(time.Hour)
		update(t, db, func(tx *catalog.Tx) error { return tx.PutAsset(a) })
		update(t, db, func(tx *catalog.Tx) error { return tx.RenameAsset("demo", a.ID, media.Ref{Name: "a"}, at) })
		update(t, db, func(tx *catalog.Tx) error {
			return tx.RenameAsset("demo", a.ID, media.Ref{Access: media.Private, Name: "b", Kind: media.KindRaw}, at)
		})
		want := stored(a)
		want.Name, want.Access, want.Kind, want.UpdatedAt = "b", media.Private, media.KindRaw, at.Truncate(time.Microsecond)
		view(t, db, func(tx *catalog.Tx) error {
			got, err := tx.Asset("demo", media.Ref{Kind: media.KindRaw, Access: media.Private, Name: "b"})
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v\nwant %+v", got, want)
			}
			return err
		})
		wantCode(t, db.Update(t.Context(), func(tx *catalog.Tx) error {
			return tx.RenameAsset("demo", "missing", media.Ref{Name: "c"}, at)
		}), media.NotFound)
	})
}

func TestDeleteAsset(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		a := newAsset("demo", "a")
		r := newRendition(a, "r")
		update(t, db, func(tx *catalog.Tx) error {
			return errors.Join(tx.PutAsset(a), tx.PutRendition(r), tx.PutMeasured("demo", a.Version.ID, "q", []byte(`1`)))
		})
		update(t, db, func(tx *catalog.Tx) error { return tx.DeleteAsset("demo", a.ID) })
		view(t, db, func(tx *catalog.Tx) error {
			_, err := tx.Asset("demo", media.Ref{ID: a.ID})
			wantCode(t, err, media.NotFound)
			_, err = tx.Versions("demo", a.ID)
			wantCode(t, err, media.NotFound)
			_, err = tx.Rendition("demo", r.Key)
			wantCode(t, err, media.NotFound)
			_, ok, err := tx.Measured("demo", a.Version.ID, "q")
			for _, blob := range []string{a.Version.Blob, r.Blob} {
				used, err := tx.BlobInUse("demo", blob)
				if used || err != nil {
					t.Errorf("blob %s in use: %v, %v", blob, used, err)
				}
			}
			if ok {
				t.Error("the measurement stayed")
			}
			return err
		})
		for _, err := range []error{
			db.Update(t.Context(), func(tx *catalog.Tx) error { return tx.DeleteAsset("demo", a.ID) }),
			db.Update(t.Context(), func(tx *catalog.Tx) error { return tx.PutRendition(r) }),
			db.Update(t.Context(), func(tx *catalog.Tx) error {
				return tx.PutMeasured("demo", a.Version.ID, "q", []byte(`1`))
			}),
		} {
			wantCode(t, err, media.NotFound)
		}
	})
}

func TestVersions(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		a := newAsset("demo", "a")
		v1 := a.Version
		update(t, db, func(tx *catalog.Tx) error { return tx.PutAsset(a) })

		// The clock went back by a day: the version may not.
		v2 := newVersion("a 2")
		v2.CreatedAt = v1.CreatedAt.Add(-24 * time.Hour)
		a.Version = v2
		update(t, db, func(tx *catalog.Tx) error { return tx.PutAsset(a) })
		if !a.Version.CreatedAt.Equal(v1.CreatedAt) {
			t.Errorf("second version at %v, want %v", a.Version.CreatedAt, v1.CreatedAt)
		}
		v2 = a.Version

		v3 := newVersion("a 3")
		v3.CreatedAt = v1.CreatedAt.Add(5*time.Second + 900*time.Millisecond)
		a.Version = v3
		update(t, db, func(tx *catalog.Tx) error { return tx.PutAsset(a) })
		v3.CreatedAt = v1.CreatedAt.Add(5 * time.Second)

		// A stored version is immutable, and can become current again.
		a.Version = media.Version{ID: v1.ID, Blob: "lies"}
		update(t, db, func(tx *catalog.Tx) error { return tx.PutAsset(a) })
		if a.Version != v1 {
			t.Errorf("got %+v\nwant %+v", a.Version, v1)
		}
		view(t, db, func(tx *catalog.Tx) error {
			got, err := tx.Versions("demo", a.ID)
			if want := []media.Version{v3, v2, v1}; !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v\nwant %+v", got, want)
			}
			current, err2 := tx.Asset("demo", media.Ref{ID: a.ID})
			if current.Version != v1 {
				t.Errorf("current is %+v, want %+v", current.Version, v1)
			}
			return errors.Join(err, err2)
		})

		wantCode(t, db.Update(t.Context(), func(tx *catalog.Tx) error { return tx.DeleteVersion("demo", v1.ID) }), media.Conflict)
		wantCode(t, db.Update(t.Context(), func(tx *catalog.Tx) error { return tx.DeleteVersion("demo", "none") }), media.NotFound)
		update(t, db, func(tx *catalog.Tx) error { return tx.DeleteVersion("demo", v2.ID) })
		view(t, db, func(tx *catalog.Tx) error {
			got, err := tx.Versions("demo", a.ID)
			if want := []media.Version{v3, v1}; !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v\nwant %+v", got, want)
			}
			return err
		})

		other := newAsset("demo", "b")
		other.Version = v3
		wantCode(t, db.Update(t.Context(), func(tx *catalog.Tx) error { return tx.PutAsset(other) }), media.Conflict)
	})
}
