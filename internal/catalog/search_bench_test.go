package catalog_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"tintype/internal/catalog"
	"tintype/internal/catalog/catalogtest"
	"tintype/internal/media"
	"tintype/internal/search"
)

// BenchmarkSearch asks the most usual queries of an account with
// TINTYPE_BENCH_ASSETS assets (20,000 if not set), each as the API does: first
// page of 50, with its assets, exact total, by time of creation. p99-ms is of
// the runs of one query. TINTYPE_BENCH_SQLITE and TINTYPE_BENCH_POSTGRES are
// URLs of catalogs to keep; what they lack is seeded.
func BenchmarkSearch(b *testing.B) {
	n := 20_000
	if s := os.Getenv("TINTYPE_BENCH_ASSETS"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			b.Fatal(err)
		}
	}
	for _, kind := range []string{"sqlite", "postgres"} {
		b.Run(kind, func(b *testing.B) {
			url := os.Getenv("TINTYPE_BENCH_" + strings.ToUpper(kind))
			if url == "" && kind == "sqlite" {
				url = catalogtest.SQLite(b)
			} else if url == "" {
				url = catalogtest.Postgres(b)
			}
			db := catalogtest.Open(b, url, catalog.Config{})
			seed(b, db, n)
			for _, q := range usual() {
				b.Run(q.name, func(b *testing.B) { ask99(b, db, q.Query) })
			}
			b.Run("more/100-changed", func(b *testing.B) { askChanged(b, db) })
			b.Run("reference", func(b *testing.B) { reference(b) })
		})
	}
}

// ask99 asks a query over and over and reports what it took.
func ask99(b *testing.B, db *catalog.DB, q search.Query) {
	total := 0
	times(b, func() {
		err := db.View(context.Background(), func(tx *catalog.Tx) error {
			found, err := tx.Search("bench", q)
			if err == nil {
				total = found.Total
			}
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	})
	b.ReportMetric(float64(total), "found")
}

// reference does a fixed amount of arithmetic: what it takes at p99 beyond its
// p50 is the machine's doing.
func reference(b *testing.B) {
	sum := uint64(1)
	times(b, func() {
		for i := range uint64(4_000_000) {
			sum = sum*6364136223846793005 + i
		}
	})
	if sum == 0 {
		b.Log("zero")
	}
}

// times reports what fn took in the b.N runs.
func times(b *testing.B, fn func()) {
	var took []float64
	b.ResetTimer()
	for range b.N {
		began := time.Now()
		fn()
		took = append(took, float64(time.Since(began).Microseconds())/1000)
	}
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(took[len(took)/2], "p50-ms")
	b.ReportMetric(took[(len(took)*99)/100], "p99-ms")
}

// askChanged is the first of the usual queries while 100 assets have changed
// since the index was folded.
func askChanged(b *testing.B, db *catalog.DB) {
	if err := db.MarkChanged("bench", 100); err != nil {
		b.Fatal(err)
	}
	ask99(b, db, usual()[0].Query)
	if _, err := db.Fold(context.Background(), "bench", 1000); err != nil {
		b.Fatal(err)
	}
}

type usualQuery struct {
	name string
	search.Query
}

// usual are the ten most usual queries, and some that ask for more.
func usual() []usualQuery {
	at := func(field string, from float64) search.Range {
		return search.Range{Field: field, Min: &search.Bound{Value: from, Open: true}}
	}
	month := at("created_at", search.Micros(benchEnd.AddDate(0, 0, -30)))
	tag := func(n int) search.Expr { return search.Equals{Field: "tags", Text: benchTag(n)} }
	bucket := func(from, to float64) search.Bucket { return search.Bucket{From: &from, To: &to} }
	return []usualQuery{
		{"tag", search.Query{Where: tag(12)}},
		{"folder", search.Query{Where: search.Contains{Field: "folder", Text: "f2/", Prefix: true}}},
		{"type+created", search.Query{Where: search.And{search.Contains{Field: "kind", Text: "image"}, month}}},
		{"public_id", search.Query{Where: search.Contains{Field: "name", Text: benchName(1234)}}},
		{"word", search.Query{Where: search.Contains{Text: benchWord(40)}}},
		{"prefix", search.Query{Where: search.Contains{Text: benchWord(40)[:3], Prefix: true}}},
		{"tag-not-tag", search.Query{Where: search.And{tag(3), search.Not{Of: tag(1)}}}},
		{"bytes", search.Query{Where: at("bytes", 1<<20)}},
		{"context", search.Query{Where: search.Contains{Field: "context.license", Text: "editorial"}}},
		{"formats", search.Query{Limit: 1, Aggregate: []search.Aggregation{{Field: "format"}}}},

		{"more/everything", search.Query{}},
		{"more/five-parts", search.Query{Where: search.And{search.Contains{Field: "kind", Text: "image"}, tag(1), month, at("bytes", 1<<20), search.Not{Of: search.Contains{Text: benchWord(3)}}}}},
		{"more/by-size", search.Query{Sort: []search.Key{{Field: "bytes", Descending: true}}}},
		{"more/by-name", search.Query{Where: tag(12), Sort: []search.Key{{Field: "name"}}}},
		{"more/all-by-name", search.Query{Sort: []search.Key{{Field: "name"}}}},
		{"more/sizes", search.Query{Limit: 1, Aggregate: []search.Aggregation{{Field: "bytes", Ranges: []search.Bucket{bucket(0, 1e5), bucket(1e5, 1e6), bucket(1e6, 1e9)}}}}},
		{"more/img-prefix", search.Query{Where: search.Contains{Text: "img_1", Prefix: true}}},
	}
}

var benchEnd = time.Date(2024, 6, 1, 0, 0, 0, 0, time.UTC)

// zipf draws small numbers often and large ones seldom, below n.
func zipf(rnd *rand.Rand, n int) int {
	return min(n-1, int(math.Exp(rnd.Float64()*math.Log(float64(n)))))
}

func benchTag(n int) string { return "tag-" + benchWord(n) }

// benchWord makes words that people could say, each its own.
func benchWord(n int) string {
	const first, second = "bdfgklmnprstvz", "aeiou"
	var b strings.Builder
	for n += 500; n > 0; n /= len(first) * len(second) {
		b.WriteByte(first[n%len(first)])
		b.WriteByte(second[n/len(first)%len(second)])
	}
	return b.String()
}

func benchName(i int) string { return fmt.Sprintf("img_%07d", i*7919%10_000_000) }

// benchAsset is the i-th of n: names, folders, tags and words of a few large
// and many small groups, sizes from icons to films, three years of uploads.
func benchAsset(rnd *rand.Rand, i, n int) *media.Asset {
	folder := fmt.Sprintf("f%d/g%d", zipf(rnd, 60), zipf(rnd, 50))
	at := benchEnd.Add(-time.Duration(float64(n-i) / float64(n) * float64(3*365*24*time.Hour))).Add(time.Duration(rnd.IntN(3_600_000)) * time.Millisecond)
	a := &media.Asset{
		Account: "bench", Ref: media.Ref{ID: media.AssetID(id(fmt.Sprint("bench", i))), Kind: media.KindImage, Access: media.Public, Name: folder + "/" + benchName(i)},
		Folder: folder, OriginalName: fmt.Sprintf("DSC_%05d", i%100_000), CreatedAt: at, UpdatedAt: at, Context: map[string]string{},
		DisplayName: benchWord(zipf(rnd, 5000)) + " " + benchWord(zipf(rnd, 5000)),
	}
	info := media.Info{Format: pick(rnd, "jpeg", "jpeg", "jpeg", "jpeg", "png", "png", "webp", "avif", "gif"), Bytes: int64(math.Exp(12.8 + 1.4*rnd.NormFloat64())), Width: 200 + rnd.IntN(60)*100, Height: 200 + rnd.IntN(40)*100, Pages: 1, Space: "srgb"}
	switch k := rnd.IntN(100); {
	case k < 8:
		a.Kind = media.KindVideo
		info.Format, info.Duration, info.FrameRate, info.BitRate = "mp4", time.Duration(rnd.IntN(300_000))*time.Millisecond, 30, int64(rnd.IntN(8_000_000))
		info.Bytes *= 20
	case k < 11:
		a.Kind, info = media.KindRaw, media.Info{Format: pick(rnd, "csv", "zip", "docx"), Bytes: info.Bytes}
	}
	for range rnd.IntN(6) {
		if tag := benchTag(zipf(rnd, 5000)); !slices.Contains(a.Tags, tag) {
			a.Tags = append(a.Tags, tag)
		}
	}
	if rnd.IntN(10) < 6 {
		words := make([]string, 5)
		for j := range words {
			words[j] = benchWord(zipf(rnd, 5000))
		}
		a.Context["alt"] = strings.Join(words, " ")
	}
	if rnd.IntN(10) < 4 {
		a.Context["license"] = pick(rnd, "royalty-free", "royalty-free", "editorial", "rights-managed")
	}
	if rnd.IntN(10) < 3 {
		a.Metadata = map[string]json.RawMessage{"sku": json.RawMessage(fmt.Sprintf(`"SKU-%06d"`, rnd.IntN(1_000_000))), "price": json.RawMessage(strconv.Itoa(rnd.IntN(500)))}
	}
	sum := id(fmt.Sprint("content", i))
	a.Version = media.Version{ID: media.VersionID(id(fmt.Sprint("v", i))), Blob: "original/bench/" + sum[:2] + "/" + sum, SHA256: sum + sum, MD5: sum, Info: info, CreatedAt: at.Truncate(time.Second)}
	return a
}

// seed brings the account up to n assets, all folded.
func seed(b *testing.B, db *catalog.DB, n int) {
	have := 0
	view(b, db, func(tx *catalog.Tx) (err error) { have, err = tx.CountAssets("bench"); return err })
	rnd := rand.New(rand.NewPCG(1, uint64(have)))
	began := time.Now()
	var batch []*media.Asset
	for i := have; i < n; i++ {
		batch = append(batch, benchAsset(rnd, i, n))
		if len(batch) == 500 || i == n-1 {
			if err := db.Seed(context.Background(), batch); err != nil {
				b.Fatal(err)
			}
			batch = batch[:0]
		}
	}
	inserted := time.Since(began)
	if err := db.FoldAll(context.Background()); err != nil {
		b.Fatal(err)
	}
	if have < n {
		b.Logf("%d assets inserted in %v, indexed in %v", n-have, inserted.Round(time.Second), (time.Since(began) - inserted).Round(time.Second))
	}
	for {
		took, err := db.Fold(context.Background(), "bench", 1000)
		if err != nil {
			b.Fatal(err)
		}
		if took == 0 {
			return
		}
	}
}
