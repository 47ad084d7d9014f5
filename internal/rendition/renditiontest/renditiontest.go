// Package renditiontest builds a rendition store on real records and real
// files with an engine that paints nothing, for the tests of whoever stands on
// package rendition.
package renditiontest

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"tintype/internal/blob"
	"tintype/internal/blob/disk"
	"tintype/internal/catalog"
	"tintype/internal/cluster"
	"tintype/internal/engine"
	"tintype/internal/media"
	"tintype/internal/rendition"
	"tintype/internal/transform"
)

// Account is the account that a World has.
const Account media.AccountID = "demo"

// World is one installation in a temporary directory.
type World struct {
	t          testing.TB
	Catalog    *catalog.DB
	Blobs      *Blobs
	Engine     *Engine
	Cluster    *cluster.Local
	Renditions *rendition.Store
	assets     int
}

// New makes a World with the account Account. change may alter how the
// rendition store is configured.
func New(t testing.TB, change ...func(*rendition.Config)) *World {
	t.Helper()
	dir := t.TempDir()
	ctx := context.Background()
	db, err := catalog.Open(ctx, "sqlite:"+filepath.Join(dir, "catalog.db"), catalog.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	files, err := disk.Open(filepath.Join(dir, "blobs"), disk.Config{Reserve: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { files.Close() })
	w := &World{t: t, Catalog: db, Blobs: &Blobs{Store: files}, Engine: &Engine{}, Cluster: cluster.NewLocal()}
	t.Cleanup(func() { w.Cluster.Close() })
	w.Update(func(tx *catalog.Tx) error {
		return tx.PutAccount(media.Account{ID: Account, CreatedAt: time.Unix(1700000000, 0)})
	})
	cfg := rendition.Config{Catalog: db, Blobs: w.Blobs, Engine: w.Engine, Cluster: w.Cluster}
	for _, fn := range change {
		fn(&cfg)
	}
	if w.Renditions, err = rendition.New(cfg); err != nil {
		t.Fatal(err)
	}
	return w
}

// Update runs a transaction that must succeed.
func (w *World) Update(fn func(*catalog.Tx) error) {
	w.t.Helper()
	if err := w.Catalog.Update(context.Background(), fn); err != nil {
		w.t.Fatal(err)
	}
}

// Image is the record of a public opaque JPEG of 400x300 for Put to complete.
func Image(name string) media.Asset {
	return media.Asset{
		Account: Account, Ref: media.Ref{Kind: media.KindImage, Access: media.Public, Name: name},
		Version: media.Version{Info: media.Info{Format: "jpeg", Width: 400, Height: 300, Pages: 1}},
	}
}

// Raw is the record of a public raw file with an extension.
func Raw(name, extension string) media.Asset {
	return media.Asset{
		Account: Account, Ref: media.Ref{Kind: media.KindRaw, Access: media.Public, Name: name},
		Version: media.Version{Info: media.Info{Format: extension}},
	}
}

// Put stores body as the content of a: as a new version when a.ID is set, as
// a new asset otherwise.
func (w *World) Put(a media.Asset, body []byte) *media.Asset {
	w.t.Helper()
	w.assets++
	if a.ID == "" {
		a.ID = media.AssetID(fmt.Sprintf("%032x", w.assets))
	}
	sha, sum := sha256.Sum256(body), md5.Sum(body)
	a.Version.ID = media.VersionID(fmt.Sprintf("%032x", 1<<32+w.assets))
	a.Version.SHA256, a.Version.MD5 = hex.EncodeToString(sha[:]), hex.EncodeToString(sum[:])
	a.Version.Blob = fmt.Sprintf("original/%s/%s/%s", a.Account, a.Version.SHA256[:2], a.Version.SHA256)
	a.Version.Info.Bytes = int64(len(body))
	a.Version.CreatedAt = time.Unix(1700000000, 0).UTC()
	if _, err := w.Blobs.Store.Put(context.Background(), a.Version.Blob, bytes.NewReader(body)); err != nil {
		w.t.Fatal(err)
	}
	w.Update(func(tx *catalog.Tx) error { return tx.PutAsset(&a) })
	return &a
}

// Engine is an engine.Engine whose pictures are a line of text, padded to
// Size. The hooks may be set before it is used.
type Engine struct {
	// Size is how many bytes a picture has at least.
	Size int
	// Focus is the answer to every question.
	Focus transform.Answer
	// OnRender, when set, runs first and may fail.
	OnRender func(ctx context.Context, out engine.Output) error
	// OnMeasure, when set, runs first and may fail.
	OnMeasure func(ctx context.Context) error
	// Lie, when set, changes what a picture is said to be.
	Lie func(*media.Info)
	// OnMeasured, when set, is told what a question is asked of.
	OnMeasured func(src engine.Source)
	// Renders and Measures count the calls.
	Renders, Measures atomic.Int64
	// Sources is how many sources the last rendering had.
	Sources atomic.Int64
}

// Probe is not offered: assets are recorded with what they are.
func (e *Engine) Probe(context.Context, engine.Source, media.Kind) (media.Kind, media.Info, error) {
	return "", media.Info{}, media.Errorf(media.Unsupported, "This engine looks into no files")
}

// Measure answers Focus.
func (e *Engine) Measure(ctx context.Context, src engine.Source, _ transform.Question) (transform.Answer, error) {
	e.Measures.Add(1)
	if e.OnMeasured != nil {
		e.OnMeasured(src)
	}
	if e.OnMeasure != nil {
		if err := e.OnMeasure(ctx); err != nil {
			return transform.Answer{}, err
		}
	}
	return e.Focus, nil
}

// Render writes what Picture says.
func (e *Engine) Render(ctx context.Context, src []engine.Source, outs []engine.Output) error {
	e.Renders.Add(1)
	e.Sources.Store(int64(len(src)))
	for _, o := range outs {
		if e.OnRender != nil {
			if err := e.OnRender(ctx, o); err != nil {
				return err
			}
		}
		first := make([]byte, 1)
		if _, err := src[0].ReadAt(first, 0); err != nil {
			return fmt.Errorf("read source: %w", err)
		}
		if _, err := o.W.Write(e.picture(o.Plan, first[0])); err != nil {
			return err
		}
		*o.Info = media.Info{Format: o.Plan.Output.Format, Width: o.Plan.Width, Height: o.Plan.Height, Pages: o.Plan.Input.Pages}
		if e.Lie != nil {
			e.Lie(o.Info)
		}
	}
	return nil
}

func (e *Engine) picture(p transform.Plan, first byte) []byte {
	text := fmt.Appendf(nil, "%s %dx%d of %c;", p.Output.Format, p.Width, p.Height, first)
	if n := e.Size - len(text); n > 0 {
		text = append(text, bytes.Repeat([]byte{'.'}, n)...)
	}
	return text
}

// Blobs is a blob.Store that can be told to fail. It hides the abilities of
// the store inside unless Files is set.
type Blobs struct {
	blob.Store
	// Files lets blob.As look inside.
	Files bool
	// OnPut and OnOpen, when set, run first and may fail.
	OnPut, OnOpen func(key string) error
	// Cut makes every reader fail after so many bytes; 0 is off.
	Cut int64
}

// Unwrap lets blob.As look inside, or not.
func (b *Blobs) Unwrap() blob.Store {
	if b.Files {
		return b.Store
	}
	return nil
}
