package catalog_test

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"tintype/internal/catalog"
	"tintype/internal/catalog/catalogtest"
	"tintype/internal/media"
)

// start is the time of a clock that stands still.
var start = time.Date(2024, 2, 29, 12, 30, 15, 123456789, time.UTC)

// each runs fn with an empty catalog of each kind.
func each(t *testing.T, fn func(t *testing.T, db *catalog.DB)) {
	t.Helper()
	catalogtest.Each(t, func(t *testing.T, url string) {
		fn(t, catalogtest.Open(t, url, catalog.Config{Now: func() time.Time { return start }}))
	})
}

func update(t testing.TB, db *catalog.DB, fn func(*catalog.Tx) error) {
	t.Helper()
	if err := db.Update(context.Background(), fn); err != nil {
		t.Fatalf("update: %v", err)
	}
}

func view(t testing.TB, db *catalog.DB, fn func(*catalog.Tx) error) {
	t.Helper()
	if err := db.View(context.Background(), fn); err != nil {
		t.Fatalf("view: %v", err)
	}
}

// wantCode fails unless err has the code.
func wantCode(t testing.TB, err error, code media.Code) {
	t.Helper()
	if err == nil || media.CodeOf(err) != code {
		t.Fatalf("error %v, want one of code %q", err, code)
	}
}

// newAsset makes an asset with everything set; its ids come from its name.
func newAsset(acc media.AccountID, name string) *media.Asset {
	return &media.Asset{
		Account:     acc,
		Ref:         media.Ref{Kind: media.KindImage, Access: media.Public, Name: name, ID: media.AssetID(id("asset " + name))},
		Version:     newVersion(name + " 1"),
		Folder:      "summer/2024",
		Tags:        []string{"zebra", "apple", "Ä", "quote\"'\\"},
		Context:     map[string]string{"alt": "a ? b", "ключ": "значение"},
		Metadata:    map[string]json.RawMessage{"sku": json.RawMessage(`"A-1"`), "sizes": json.RawMessage(`["s","m"]`), "stock": json.RawMessage(`12`)},
		DisplayName: "Shoe, red",
		Detail: media.Detail{Source: "https://example.com/a b", UploadedBy: "key1", Faces: []media.Box{{X: -1, Y: 2, Width: 3, Height: 4}},
			Regions: map[string][]media.Point{"sole": {{X: 1, Y: 2}, {X: 3, Y: 4}}}},
		OriginalName: "IMG 0001",
		CreatedAt:    start.Add(-time.Hour),
		UpdatedAt:    start,
	}
}

func newVersion(seed string) media.Version {
	sum := sha256.Sum256([]byte(seed))
	sum5 := md5.Sum([]byte(seed))
	return media.Version{
		ID: media.VersionID(id("version " + seed)), Blob: fmt.Sprintf("original/demo/%x/%x", sum[:1], sum), SHA256: hex.EncodeToString(sum[:]), MD5: hex.EncodeToString(sum5[:]),
		Info:      media.Info{Format: "jpeg", Bytes: 12345, Width: 640, Height: 480, Pages: 1, Space: "srgb", Duration: 1500 * time.Millisecond, FrameRate: 29.97},
		CreatedAt: start.Add(-time.Hour).Truncate(time.Second),
	}
}

func newRendition(a *media.Asset, key string) *media.Rendition {
	return &media.Rendition{
		Key: id(key), Account: a.Account, Asset: a.ID, Version: a.Version.ID, Transformation: "resize/cover:w_200?" + key,
		Blob: "rendition/" + string(a.Account) + "/" + id(key), MD5: id(key), Info: media.Info{Format: "webp", Bytes: 99, Width: 20, Height: 10}, CreatedAt: start.Truncate(time.Microsecond),
	}
}

func id(seed string) string {
	sum := md5.Sum([]byte(seed))
	return hex.EncodeToString(sum[:])
}
