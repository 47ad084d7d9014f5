package catalog_test

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"tintype/internal/catalog"
	"tintype/internal/media"
)

// model is what the catalog should hold, in maps.
type model struct {
	assets     map[media.AssetID]media.Asset
	versions   map[media.AssetID][]media.Version // in the order of their coming
	renditions map[string]media.Rendition
	events     int
}

func (m *model) clone() *model {
	c := *m
	c.assets, c.renditions = maps.Clone(m.assets), maps.Clone(m.renditions)
	c.versions = map[media.AssetID][]media.Version{}
	for id, list := range m.versions {
		c.versions[id] = slices.Clone(list)
	}
	return &c
}

func (m *model) taken(ref media.Ref) bool {
	for id, a := range m.assets {
		if id != ref.ID && a.Kind == ref.Kind && a.Access == ref.Access && a.Name == ref.Name {
			return true
		}
	}
	return false
}

var errAbandon = errors.New("abandon")

// TestRandomOperations does the same random things to the catalog and to the
// model, in transactions of which some are abandoned, and compares.
func TestRandomOperations(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		for seed := range uint64(3) {
			runModel(t, db, media.AccountID(fmt.Sprint("demo", seed)), rand.New(rand.NewPCG(seed, 1)))
		}
	})
}

func runModel(t *testing.T, db *catalog.DB, acc media.AccountID, rnd *rand.Rand) {
	m := &model{assets: map[media.AssetID]media.Asset{}, versions: map[media.AssetID][]media.Version{}, renditions: map[string]media.Rendition{}}
	for range 60 {
		next := m.clone()
		abandon := rnd.IntN(5) == 0
		want := media.Internal
		err := db.Update(t.Context(), func(tx *catalog.Tx) error {
			for range 1 + rnd.IntN(4) {
				var err error
				if want, err = operate(tx, next, acc, rnd); err != nil || want != media.Internal {
					return err
				}
			}
			if abandon {
				return errAbandon
			}
			return nil
		})
		switch {
		case want != media.Internal:
			wantCode(t, err, want)
		case abandon:
			if !errors.Is(err, errAbandon) {
				t.Fatalf("error %v, want %v", err, errAbandon)
			}
		case err != nil:
			t.Fatal(err)
		default:
			m = next
		}
		view(t, db, func(tx *catalog.Tx) error { return compare(t, tx, m, acc) })
	}
}

// operate does one thing to both. It returns the code of the error that is
// due, or Internal for none.
func operate(tx *catalog.Tx, m *model, acc media.AccountID, rnd *rand.Rand) (media.Code, error) {
	pick := func() media.AssetID { return media.AssetID(fmt.Sprint("asset", rnd.IntN(6))) }
	ref := media.Ref{ID: pick(), Kind: media.KindImage, Access: []media.Access{media.Public, media.Private}[rnd.IntN(2)], Name: fmt.Sprint("name", rnd.IntN(8))}
	old, known := m.assets[ref.ID]
	switch rnd.IntN(7) {
	case 0, 1, 2: // put, with a new or an old version
		a := newAsset(acc, ref.Name)
		a.Ref, a.Tags = ref, []string{fmt.Sprint(rnd.IntN(9))}
		a.Version = newVersion(fmt.Sprint(acc, ref.ID, rnd.IntN(4)))
		a.Version.CreatedAt = start.Add(time.Duration(rnd.IntN(100)-50) * time.Second).Truncate(time.Second)
		if m.taken(ref) {
			return media.Conflict, tx.PutAsset(a)
		}
		err := tx.PutAsset(a)
		list := m.versions[ref.ID]
		want := a.Version
		if i := slices.IndexFunc(list, func(v media.Version) bool { return v.ID == a.Version.ID }); i >= 0 {
			want = list[i]
		} else {
			for _, v := range list {
				if v.CreatedAt.After(want.CreatedAt) {
					return media.Internal, fmt.Errorf("version %v is older than %v", want, v)
				}
			}
			m.versions[ref.ID] = append(list, want)
		}
		m.assets[ref.ID] = *stored(a)
		if a.Version != want {
			err = errors.Join(err, fmt.Errorf("version %+v, want %+v", a.Version, want))
		}
		return media.Internal, err
	case 3: // rename
		err := tx.RenameAsset(acc, ref.ID, ref, start)
		if !known {
			return media.NotFound, err
		}
		if m.taken(ref) {
			return media.Conflict, err
		}
		old.Ref, old.UpdatedAt = ref, start.Truncate(time.Microsecond)
		m.assets[ref.ID] = old
		return media.Internal, err
	case 4: // delete
		err := tx.DeleteAsset(acc, ref.ID)
		if !known {
			return media.NotFound, err
		}
		delete(m.assets, ref.ID)
		delete(m.versions, ref.ID)
		maps.DeleteFunc(m.renditions, func(_ string, r media.Rendition) bool { return r.Asset == ref.ID })
		return media.Internal, err
	case 5: // rendition
		a := media.Asset{Account: acc, Ref: ref, Version: old.Version}
		r := newRendition(&a, fmt.Sprint("rendition", rnd.IntN(5)))
		err := tx.PutRendition(r)
		if !known {
			return media.NotFound, err
		}
		m.renditions[r.Key] = *r
		return media.Internal, err
	default: // event
		m.events++
		return media.Internal, tx.AddEvent(media.Event{Account: acc, Type: media.EventUpdated, Asset: ref.ID})
	}
}

func compare(t *testing.T, tx *catalog.Tx, m *model, acc media.AccountID) error {
	t.Helper()
	assets, _, err := tx.Assets(acc, catalog.AssetQuery{Limit: 1000, Order: catalog.ByName})
	if err != nil {
		return err
	}
	want := slices.SortedFunc(maps.Values(m.assets), func(a, b media.Asset) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	if len(assets) != len(want) {
		t.Fatalf("%d assets, want %d", len(assets), len(want))
	}
	for i, a := range assets {
		if !reflect.DeepEqual(*a, want[i]) {
			t.Fatalf("got %+v\nwant %+v", *a, want[i])
		}
		versions, err := tx.Versions(acc, a.ID)
		if err != nil {
			return err
		}
		slices.Reverse(versions)
		if !reflect.DeepEqual(versions, m.versions[a.ID]) {
			t.Fatalf("versions %+v\nwant %+v", versions, m.versions[a.ID])
		}
		made, _, err := tx.Renditions(acc, a.ID, "", 0)
		if err != nil {
			return err
		}
		due := 0
		for _, r := range m.renditions {
			if r.Asset == a.ID {
				due++
			}
		}
		if len(made) != due {
			t.Fatalf("%d renditions of %s, want %d", len(made), a.ID, due)
		}
		for _, r := range made {
			if !reflect.DeepEqual(*r, m.renditions[r.Key]) {
				t.Fatalf("got %+v\nwant %+v", *r, m.renditions[r.Key])
			}
		}
	}
	events, err := tx.Events(acc, 0, 1000)
	if len(events) != m.events {
		t.Fatalf("%d events, want %d", len(events), m.events)
	}
	return err
}
