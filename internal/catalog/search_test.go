package catalog_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"tintype/internal/catalog"
	"tintype/internal/media"
	"tintype/internal/search"
)

var searchWords = []string{"red", "Red", "redder", "shoe", "shoes", "blue-shoe", "my_tag_1", "my_tag_2", "new in", "ÄPFEL", "äpfel", "50%", "日本", "quote'\"\\", "a/b", "!", "7", "-3.5", "2024-05-01"}

func pick[T any](rnd *rand.Rand, of ...T) T { return of[rnd.IntN(len(of))] }

// randomAsset has few values for each field, so that many agree, and leaves
// some out.
func randomAsset(rnd *rand.Rand, acc media.AccountID, n int) *media.Asset {
	word := func() string { return pick(rnd, searchWords...) }
	a := newAsset(acc, fmt.Sprintf("%s/%s_%d", word(), word(), n))
	a.ID = media.AssetID(id(fmt.Sprint("random", n)))
	a.Kind = pick(rnd, media.KindImage, media.KindImage, media.KindVideo, media.KindRaw)
	a.Access = pick(rnd, media.Public, media.Private)
	a.Folder = pick(rnd, "", "shop", "shop/shoes", "shop/Shoes/red", "other")
	a.DisplayName = pick(rnd, "", word(), word()+" "+word())
	a.Deleted = rnd.IntN(10) == 0
	a.Tags, a.Context, a.Metadata = nil, nil, nil
	for range rnd.IntN(4) {
		a.Tags = append(a.Tags, word())
	}
	slices.Sort(a.Tags)
	a.Tags = slices.Compact(a.Tags)
	for range rnd.IntN(3) {
		if a.Context == nil {
			a.Context = map[string]string{}
		}
		a.Context[pick(rnd, "alt", "rank", "ключ")] = word()
	}
	if rnd.IntN(2) == 0 {
		raw, _ := json.Marshal(pick[any](rnd, word(), rnd.IntN(5), []string{word(), word()}))
		a.Metadata = map[string]json.RawMessage{pick(rnd, "sku", "size"): raw}
	}
	a.CreatedAt = start.Add(time.Duration(rnd.IntN(20)) * time.Hour)
	a.Version = newVersion(fmt.Sprint(n, rnd.IntN(1e9)))
	a.Version.Info = media.Info{Format: pick(rnd, "jpeg", "png", "mp4"), Bytes: int64(rnd.IntN(5)) * 1000, Width: rnd.IntN(4) * 100, Height: rnd.IntN(4) * 100, Pages: rnd.IntN(3)}
	if rnd.IntN(3) == 0 {
		a.Version.Info.Duration = time.Duration(rnd.IntN(5)) * time.Second / 2
	}
	return a
}

var textFields = []string{"name", "display_name", "filename", "folder", "tags", "format", "kind", "access", "status", "context.alt", "context.rank", "metadata.sku", "metadata.size", "id", "md5", "none.of", ""}

var numberFields = []string{"bytes", "width", "pixels", "aspect_ratio", "duration", "pages", "created_at", "uploaded_at", "tag_count", "context.rank", "metadata.size", "metadata.sku"}

func randomExpr(rnd *rand.Rand, depth int) search.Expr {
	field, word := pick(rnd, textFields...), pick(rnd, append(searchWords, "image", "public", "shop", "shop/", "jpg", "deleted", "")...)
	if field == "none.of" {
		field = "context.none"
	}
	prefix := rnd.IntN(3) == 0
	if r := []rune(word); prefix && len(r) > 1 {
		word = string(r[:1+rnd.IntN(len(r)-1)])
	}
	several := func() (of []search.Expr) {
		for range 1 + rnd.IntN(3) {
			of = append(of, randomExpr(rnd, depth-1))
		}
		return of
	}
	switch n := rnd.IntN(10); {
	case depth > 0 && n < 2:
		return search.And(several())
	case depth > 0 && n < 4:
		return search.Or(several())
	case depth > 0 && n < 5:
		return search.Not{Of: randomExpr(rnd, depth-1)}
	case n < 6:
		return search.Contains{Field: field, Text: word, Prefix: prefix}
	case n < 7:
		if field == "" {
			return search.All{}
		}
		return search.Equals{Field: field, Text: word, Prefix: prefix}
	case n < 9:
		r := search.Range{Field: pick(rnd, numberFields...)}
		value := func() *search.Bound {
			v := float64(pick(rnd, 0, 1, 2, 7, 100, 200, 1000, 3000, 40000))
			if strings.HasSuffix(r.Field, "_at") {
				v = search.Micros(start.Add(time.Duration(rnd.IntN(20)) * time.Hour))
			}
			return &search.Bound{Value: v, Open: rnd.IntN(2) == 0}
		}
		if rnd.IntN(4) > 0 {
			r.Min = value()
		}
		if rnd.IntN(2) == 0 {
			r.Max = value()
		}
		return r
	default:
		return search.Present{Field: pick(rnd, "tags", "display_name", "duration", "context.alt", "metadata.size", "context", "width", "source")}
	}
}

// TestSearchAgreesWithMatch asks random questions about random assets, of
// which some are folded into the index, some are not, and some were changed or
// deleted after they were, and compares with what Match says of each.
func TestSearchAgreesWithMatch(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		rnd := rand.New(rand.NewPCG(11, 12))
		assets := map[media.AssetID]*media.Asset{}
		put := putter(t, db, rnd, assets)
		update(t, db, func(tx *catalog.Tx) error { return tx.PutAsset(randomAsset(rnd, "other", 1)) })
		for n := range 60 {
			put(n)
		}
		for round := range 4 {
			ask(t, db, rnd, assets)
			if _, err := db.Fold(context.Background(), "demo", 45); err != nil {
				t.Fatal(err)
			}
			ask(t, db, rnd, assets)
			for range 8 { // change, add and delete
				put(rnd.IntN(70))
			}
			for _, gone := range slices.Sorted(func(yield func(media.AssetID) bool) {
				for id := range assets {
					if !yield(id) {
						return
					}
				}
			})[round : round+2] {
				update(t, db, func(tx *catalog.Tx) error { return tx.DeleteAsset("demo", gone) })
				delete(assets, gone)
			}
		}
	})
}

// putter returns a function that puts the n-th random asset, and remembers it.
func putter(t *testing.T, db *catalog.DB, rnd *rand.Rand, assets map[media.AssetID]*media.Asset) func(n int) {
	return func(n int) {
		a := randomAsset(rnd, "demo", n)
		update(t, db, func(tx *catalog.Tx) error { return tx.PutAsset(a) })
		assets[a.ID] = stored(a)
	}
}

func ask(t *testing.T, db *catalog.DB, rnd *rand.Rand, assets map[media.AssetID]*media.Asset) {
	t.Helper()
	view(t, db, func(tx *catalog.Tx) error {
		for range 30 {
			q := search.Query{Where: randomExpr(rnd, 3), Limit: pick(rnd, 5, 9, 500)}
			for _, f := range []string{"name", "created_at", "bytes", "format", "metadata.size", "duration", "display_name", "context.rank"} {
				if rnd.IntN(6) == 0 {
					q.Sort = append(q.Sort, search.Key{Field: f, Descending: rnd.IntN(2) == 0})
				}
			}
			want := expected(q, assets)
			got, err := walk(tx, q, len(want))
			if err != nil {
				return fmt.Errorf("%s: %w", search.String(q.Where), err)
			}
			if !slices.Equal(got, want) {
				t.Fatalf("%s by %v, pages of %d\n got %d %v\nwant %d %v", search.String(q.Where), q.Sort, q.Limit, len(got), got, len(want), want)
			}
		}
		return nil
	})
}

// expected finds and orders by looking at each asset.
func expected(q search.Query, assets map[media.AssetID]*media.Asset) []string {
	type found struct {
		id string
		d  search.Doc
	}
	var all []found
	for id, a := range assets {
		if d := search.Of(a); search.Match(q.Where, d) {
			all = append(all, found{string(id), d})
		}
	}
	slices.SortFunc(all, func(a, b found) int {
		for _, k := range q.Keys() {
			if c := k.Compare(search.ValueOf(a.d, k.Field), search.ValueOf(b.d, k.Field)); c != 0 {
				return c
			}
		}
		return strings.Compare(a.id, b.id)
	})
	ids := make([]string, len(all))
	for i, f := range all {
		ids[i] = f.id
	}
	return ids
}

// walk reads every page and checks that each says the same total.
func walk(tx *catalog.Tx, q search.Query, total int) ([]string, error) {
	ids := []string{}
	for {
		f, err := tx.Search("demo", q)
		if err != nil {
			return nil, err
		}
		if f.Total != total {
			return nil, fmt.Errorf("total %d, want %d", f.Total, total)
		}
		for _, a := range f.Assets {
			ids = append(ids, string(a.ID))
		}
		if f.Next == "" {
			return ids, nil
		}
		if len(f.Assets) != q.Limit {
			return nil, fmt.Errorf("a page of %d with a next one, want %d", len(f.Assets), q.Limit)
		}
		q.Cursor = f.Next
	}
}
