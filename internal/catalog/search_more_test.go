package catalog_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"tintype/internal/catalog"
	"tintype/internal/catalog/index"
	"tintype/internal/media"
	"tintype/internal/search"
)

// folded runs fn with nothing of the assets folded, and with all of them.
func folded(t *testing.T, put func(db *catalog.DB), fn func(t *testing.T, db *catalog.DB)) {
	t.Helper()
	each(t, func(t *testing.T, db *catalog.DB) {
		put(db)
		fn(t, db)
		if n, err := db.Fold(context.Background(), "demo", 1000); err != nil || n == 0 {
			t.Fatalf("fold: %d %v", n, err)
		}
		fn(t, db)
	})
}

// some puts assets of which tags, folder, format and bytes are given.
func some(t *testing.T) func(db *catalog.DB) {
	return func(db *catalog.DB) {
		update(t, db, func(tx *catalog.Tx) error {
			for i, row := range []string{"a b|x/y|png|10", "a|x/y|png|20", "b c|x|jpeg|30", "A||mp4|40", "other|z|png|50"} {
				part := strings.Split(row, "|")
				a := newAsset("demo", fmt.Sprint("asset", i))
				a.Tags, a.Folder = strings.Fields(part[0]), part[1]
				a.Version.Info.Format = part[2]
				fmt.Sscan(part[3], &a.Version.Info.Bytes)
				a.CreatedAt = start.Add(time.Duration(i) * time.Hour)
				if part[2] == "mp4" {
					a.Kind = media.KindVideo
				}
				a.Deleted = part[0] == "other"
				if err := tx.PutAsset(a); err != nil {
					return err
				}
			}
			foreign := newAsset("other", "foreign")
			foreign.Tags, foreign.Folder = []string{"foreign"}, "foreign"
			return tx.PutAsset(foreign)
		})
	}
}

func TestSearchCounts(t *testing.T) {
	t.Parallel()
	folded(t, some(t), func(t *testing.T, db *catalog.DB) {
		from, to := 15.0, 40.0
		q := search.Query{Limit: 1, Aggregate: []search.Aggregation{
			{Field: "format"}, {Field: "tags"}, {Field: "format", Among: search.Equals{Field: "kind", Text: "video"}},
			{Field: "bytes", Ranges: []search.Bucket{{Name: "low", To: &from}, {Name: "mid", From: &from, To: &to}, {Name: "high", From: &to}}},
		}}
		view(t, db, func(tx *catalog.Tx) error {
			found, err := tx.Search("demo", q)
			if err != nil {
				return err
			}
			want := "[[{jpg 1} {mp4 1} {png 3}] [{A 1} {a 2} {b 2} {c 1} {other 1}] [{mp4 1}] [{low 1} {mid 2} {high 2}]]"
			if got := fmt.Sprint(found.Counts); got != want || found.Total != 5 || len(found.Assets) != 1 {
				t.Errorf("counts %s of %d\nwant %s", got, found.Total, want)
			}
			q.Where = search.Equals{Field: "tags", Text: "a"}
			found, err = tx.Search("demo", q)
			if want := "[[{png 2}] [{a 2} {b 1}] [] [{low 1} {mid 1} {high 0}]]"; err == nil && fmt.Sprint(found.Counts) != want {
				t.Errorf("counts %v, want %s", found.Counts, want)
			}
			return err
		})
	})
}

func TestSearchTags(t *testing.T) {
	t.Parallel()
	folded(t, some(t), func(t *testing.T, db *catalog.DB) {
		for _, c := range []struct {
			kind         media.Kind
			prefix, want string
		}{{"", "", "A a b c"}, {media.KindImage, "", "a b c"}, {media.KindVideo, "", "A"}, {media.KindRaw, "", ""}, {"", "a", "a"}, {"", "foreign", ""}} {
			var got []string
			cursor := ""
			for {
				var page []string
				view(t, db, func(tx *catalog.Tx) (err error) {
					page, cursor, err = tx.Tags("demo", c.kind, c.prefix, cursor, 2)
					return err
				})
				got = append(got, page...)
				if cursor == "" {
					break
				}
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("%q %q: %v, want %s", c.kind, c.prefix, got, c.want)
			}
		}
		view(t, db, func(tx *catalog.Tx) error {
			_, _, err := tx.Tags("demo", "", "", "junk", 1)
			wantCode(t, err, media.Invalid)
			return nil
		})
	})
}

func TestSearchFolders(t *testing.T) {
	t.Parallel()
	folded(t, some(t), func(t *testing.T, db *catalog.DB) {
		for want, q := range map[string]search.Query{
			"x@0 x/y@0":  {},
			"x/y@0 x@0 ": {Sort: []search.Key{{Field: "name", Descending: true}}},
			"x/y@0":      {Where: search.Equals{Field: "name", Text: "y"}},
			"":           {Where: search.Equals{Field: "path", Text: "foreign"}},
		} {
			var got []string
			q.Limit = 1
			view(t, db, func(tx *catalog.Tx) error {
				for {
					found, err := tx.SearchFolders("demo", q)
					if err != nil {
						return err
					}
					for _, f := range found.Folders {
						got = append(got, fmt.Sprintf("%s@%d", f.Path, int(f.CreatedAt.Sub(start.Truncate(time.Microsecond)).Hours())))
					}
					if q.Cursor = found.Next; found.Next == "" {
						if found.Total != len(got) {
							t.Errorf("total %d of %d", found.Total, len(got))
						}
						return nil
					}
				}
			})
			if strings.Join(got, " ") != strings.TrimSpace(want) {
				t.Errorf("got %v, want %s", got, want)
			}
		}
	})
}

func TestSearchRefuses(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		some(t)(db)
		view(t, db, func(tx *catalog.Tx) error {
			found, err := tx.Search("demo", search.Query{Limit: 1})
			if err != nil {
				return err
			}
			for _, q := range []search.Query{
				{Where: search.Range{Field: "tags"}}, {Where: search.Contains{Text: "a\x00"}}, {Sort: []search.Key{{Field: "tags"}}},
				{Cursor: "junk"}, {Cursor: found.Next + "x"}, {Cursor: found.Next, Sort: []search.Key{{Field: "name"}}},
			} {
				_, err := tx.Search("demo", q)
				wantCode(t, err, media.Invalid)
			}
			return nil
		})
	})
}

// TestSparseChunksAreEmptied: what lives in a chunk that is mostly dead moves
// to the end of the index, and the rest of the chunk goes.
func TestSparseChunksAreEmptied(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		rnd := rand.New(rand.NewPCG(21, 22))
		assets := map[media.AssetID]*media.Asset{}
		put := putter(t, db, rnd, assets)
		for n := range 30 {
			put(n)
		}
		fold := func() {
			if _, err := db.Fold(context.Background(), "demo", 1000); err != nil {
				t.Fatal(err)
			}
		}
		fold()
		if err := db.SkipDocs("demo", index.ChunkSize+5); err != nil {
			t.Fatal(err)
		}
		before, err := db.IndexedChunks("demo", 0)
		if err != nil || before == 0 {
			t.Fatalf("%d pieces: %v", before, err)
		}
		ask(t, db, rnd, assets)
		put(3) // which moves the others too, and begins and ends a sweep
		fold()
		put(4)
		fold()
		if n, err := db.IndexedChunks("demo", 0); err != nil || n != 0 {
			t.Errorf("%d of %d pieces are left: %v", n, before, err)
		}
		ask(t, db, rnd, assets)
	})
}

// TestSearchOfManyChunks numbers documents across the borders of blocks and chunks.
func TestSearchOfManyChunks(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		rnd := rand.New(rand.NewPCG(31, 32))
		assets := map[media.AssetID]*media.Asset{}
		for round, next := range []int{index.BlockSize - 5, index.ChunkSize - 5, 3*index.ChunkSize - 7, 0} {
			update(t, db, func(tx *catalog.Tx) error {
				for n := range 20 {
					a := randomAsset(rnd, "demo", 100*round+n)
					if err := tx.PutAsset(a); err != nil {
						return err
					}
					assets[a.ID] = stored(a)
				}
				return nil
			})
			if _, err := db.Fold(context.Background(), "demo", 1000); err != nil {
				t.Fatal(err)
			}
			if next > 0 {
				if err := db.SkipDocs("demo", next); err != nil {
					t.Fatal(err)
				}
			}
			ask(t, db, rnd, assets)
		}
	})
}

// TestManyChangesAreFoldedWhenOpened: a catalog with assets that no index
// knows, as after an upgrade, has one once it is open.
func TestManyChangesAreFoldedWhenOpened(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		const n = 1100
		rnd := rand.New(rand.NewPCG(41, 42))
		var batch []*media.Asset
		for i := range n {
			batch = append(batch, benchAsset(rnd, i, n))
		}
		for some := range slices.Chunk(batch, 300) {
			if err := db.Seed(context.Background(), some); err != nil {
				t.Fatal(err)
			}
		}
		if err := db.FoldAll(context.Background()); err != nil {
			t.Fatal(err)
		}
		if took, err := db.Fold(context.Background(), "bench", 10); err != nil || took != 0 {
			t.Errorf("%d were left: %v", took, err)
		}
		view(t, db, func(tx *catalog.Tx) error {
			found, err := tx.Search("bench", search.Query{Where: search.Range{Field: "bytes"}})
			if err == nil && found.Total != n {
				t.Errorf("found %d of %d", found.Total, n)
			}
			return err
		})
	})
}
