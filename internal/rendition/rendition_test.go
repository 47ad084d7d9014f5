package rendition_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"tintype/internal/catalog"
	"tintype/internal/engine"
	"tintype/internal/jobs"
	"tintype/internal/media"
	"tintype/internal/rendition"
	"tintype/internal/rendition/renditiontest"
	"tintype/internal/transform"
)

func width(px float64, format string) transform.Transformation {
	return transform.Transformation{
		Steps:  []transform.Step{transform.Resize{Fit: transform.Fill, Box: transform.Box{Width: transform.Px(px)}}},
		Output: transform.Output{Format: format},
	}
}

func attention(px float64) transform.Transformation {
	t := width(px, "png")
	t.Steps = []transform.Step{transform.Resize{
		Fit: transform.Cover, Box: transform.Box{Width: transform.Px(px), Height: transform.Px(px)},
		Gravity: transform.Gravity{Anchor: transform.Attention},
	}}
	return t
}

func get(t *testing.T, w *renditiontest.World, a *media.Asset, tr transform.Transformation) *rendition.Result {
	t.Helper()
	r, err := w.Renditions.Get(t.Context(), a, tr)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// rows counts the renditions that are recorded of an asset.
func rows(t *testing.T, w *renditiontest.World, id media.AssetID) int {
	t.Helper()
	n := 0
	err := w.Catalog.View(t.Context(), func(tx *catalog.Tx) error {
		rs, _, err := tx.Renditions(renditiontest.Account, id, "", 100)
		n = len(rs)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// blobs lists the keys of the stored renditions.
func blobs(t *testing.T, w *renditiontest.World) []string {
	t.Helper()
	var keys []string
	for info, err := range w.Blobs.List(t.Context(), "rendition/") {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, info.Key)
	}
	return keys
}

func TestGetMakesOnce(t *testing.T) {
	t.Parallel()
	w := renditiontest.New(t)
	a := w.Put(renditiontest.Image("shoe"), []byte("A"))
	made := get(t, w, a, width(200, "webp"))
	if !made.Fresh || !made.Stored || !strings.HasPrefix(string(made.Body), "webp 200x150 of A;") {
		t.Fatalf("made %+v %q", made, made.Body)
	}
	if made.Info.Bytes != int64(len(made.Body)) || made.Info.Width != 200 || made.Info.Format != "webp" || made.Version != a.Version.ID {
		t.Errorf("recorded %+v", made.Rendition)
	}
	found := get(t, w, a, width(200, "webp"))
	if found.Fresh || !found.Stored || !bytes.Equal(found.Body, made.Body) || found.MD5 != made.MD5 || found.Key != made.Key {
		t.Errorf("found %+v %q", found, found.Body)
	}
	if n := w.Engine.Renders.Load(); n != 1 {
		t.Errorf("rendered %d times", n)
	}
	if keys := blobs(t, w); len(keys) != 1 || keys[0] != made.Blob || keys[0] != "rendition/demo/"+made.Key[:2]+"/"+made.Key {
		t.Errorf("stored %v", keys)
	}
}

func TestGetLeavesLargeBodiesInTheStore(t *testing.T) {
	t.Parallel()
	w := renditiontest.New(t, func(c *rendition.Config) { c.InlineBytes = 100 })
	w.Engine.Size = 101
	a := w.Put(renditiontest.Image("shoe"), []byte("A"))
	get(t, w, a, width(200, "webp"))
	if r := get(t, w, a, width(200, "webp")); r.Fresh || r.Body != nil || r.Info.Bytes != 101 {
		t.Errorf("found %+v", r)
	}
}

func TestGetJoinsEqualRequests(t *testing.T) {
	t.Parallel()
	w := renditiontest.New(t)
	a := w.Put(renditiontest.Image("shoe"), []byte("A"))
	started, release := make(chan struct{}), make(chan struct{})
	w.Engine.OnRender = func(ctx context.Context, _ engine.Output) error {
		close(started) // a second render would panic
		select {
		case <-release:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	first, leave := context.WithCancel(t.Context())
	left := make(chan error, 1)
	go func() { _, err := w.Renditions.Get(first, a, width(200, "webp")); left <- err }()
	<-started
	var wg sync.WaitGroup
	asked := make(chan struct{}, 64)
	for range 64 {
		wg.Go(func() {
			asked <- struct{}{}
			r, err := w.Renditions.Get(t.Context(), a, width(200, "webp"))
			if err != nil || len(r.Body) == 0 {
				t.Errorf("got %v", err)
			}
		})
	}
	for range 64 {
		<-asked
	}
	close(release)
	wg.Wait()
	leave()
	<-left
	if n := w.Engine.Renders.Load(); n != 1 {
		t.Errorf("rendered %d times", n)
	}
}

func TestGetSharesAndRemembersErrors(t *testing.T) {
	t.Parallel()
	w := renditiontest.New(t)
	a := w.Put(renditiontest.Image("shoe"), []byte("A"))
	w.Engine.OnRender = func(context.Context, engine.Output) error { return media.Errorf(media.Invalid, "Invalid image file") }
	for range 3 {
		_, err := w.Renditions.Get(t.Context(), a, width(200, "webp"))
		if media.CodeOf(err) != media.Invalid || media.MessageOf(err) != "Invalid image file" {
			t.Fatalf("got %v", err)
		}
	}
	if n := w.Engine.Renders.Load(); n != 1 {
		t.Errorf("rendered %d times", n)
	}
	if keys := blobs(t, w); len(keys) != 0 || rows(t, w, a.ID) != 0 {
		t.Errorf("an error left %v behind", keys)
	}
}

func TestGetMakesAgainWhatIsDamaged(t *testing.T) {
	t.Parallel()
	damage := map[string]func(*testing.T, *renditiontest.World, *rendition.Result){
		"missing": func(t *testing.T, w *renditiontest.World, r *rendition.Result) {
			if err := w.Blobs.Delete(t.Context(), r.Blob); err != nil {
				t.Fatal(err)
			}
		},
		"changed": func(t *testing.T, w *renditiontest.World, r *rendition.Result) {
			rot := bytes.Clone(r.Body)
			rot[3] ^= 1
			if _, err := w.Blobs.Store.Put(t.Context(), r.Blob, bytes.NewReader(rot)); err != nil {
				t.Fatal(err)
			}
		},
		"cut": func(t *testing.T, w *renditiontest.World, r *rendition.Result) {
			if _, err := w.Blobs.Store.Put(t.Context(), r.Blob, bytes.NewReader(r.Body[1:])); err != nil {
				t.Fatal(err)
			}
		},
	}
	for name, hurt := range damage {
		for _, inline := range []int64{1, 1 << 20} {
			if name == "changed" && inline == 1 {
				continue // large ones are read by others only
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				w := renditiontest.New(t, func(c *rendition.Config) { c.InlineBytes = inline })
				a := w.Put(renditiontest.Image("shoe"), []byte("A"))
				made := get(t, w, a, width(200, "webp"))
				hurt(t, w, made)
				again := get(t, w, a, width(200, "webp"))
				if !again.Fresh || !again.Stored || !bytes.Equal(again.Body, made.Body) {
					t.Errorf("got %+v %q", again, again.Body)
				}
				if r := get(t, w, a, width(200, "webp")); r.Fresh {
					t.Error("the repair was not stored")
				}
			})
		}
	}
}

func TestGetServesWithoutRoom(t *testing.T) {
	t.Parallel()
	w := renditiontest.New(t)
	a := w.Put(renditiontest.Image("shoe"), []byte("A"))
	w.Blobs.OnPut = func(string) error { return media.Errorf(media.NoSpace, "The store is full") }
	if r := get(t, w, a, width(200, "webp")); r.Stored || len(r.Body) == 0 || rows(t, w, a.ID) != 0 {
		t.Errorf("got %+v", r)
	}
	w.Blobs.OnPut = nil
	if r := get(t, w, a, width(200, "webp")); !r.Stored || rows(t, w, a.ID) != 1 {
		t.Errorf("with room again got %+v", r)
	}
}

func TestNothingIsRecordedOfWhatIsGone(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(*renditiontest.World, media.Asset){
		"deleted": func(w *renditiontest.World, a media.Asset) {
			w.Update(func(tx *catalog.Tx) error { return tx.DeleteAsset(a.Account, a.ID) })
		},
		"overwritten": func(w *renditiontest.World, a media.Asset) { w.Put(a, []byte("B")) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := renditiontest.New(t)
			a := w.Put(renditiontest.Image("shoe"), []byte("A"))
			w.Engine.OnRender = func(context.Context, engine.Output) error { leave(w, *a); return nil }
			r := get(t, w, a, width(200, "webp"))
			if r.Stored || !strings.HasPrefix(string(r.Body), "webp 200x150 of A") {
				t.Errorf("got %+v %q", r, r.Body)
			}
			if keys := blobs(t, w); len(keys) != 0 || rows(t, w, a.ID) != 0 {
				t.Errorf("left behind: %v, %d rows", keys, rows(t, w, a.ID))
			}
		})
	}
}

func TestGetChecksTheEngine(t *testing.T) {
	t.Parallel()
	for name, lie := range map[string]func(*media.Info){
		"width":  func(i *media.Info) { i.Width++ },
		"height": func(i *media.Info) { i.Height-- },
		"format": func(i *media.Info) { i.Format = "gif" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := renditiontest.New(t)
			a := w.Put(renditiontest.Image("shoe"), []byte("A"))
			w.Engine.Lie = lie
			if _, err := w.Renditions.Get(t.Context(), a, width(200, "webp")); err == nil || media.CodeOf(err) != media.Internal {
				t.Errorf("got %v", err)
			}
			if n := len(blobs(t, w)); n != 0 {
				t.Errorf("%d blobs are stored", n)
			}
		})
	}
}

func TestGetRefuses(t *testing.T) {
	t.Parallel()
	w := renditiontest.New(t, func(c *rendition.Config) { c.MaxBytes = 50 })
	image, raw := w.Put(renditiontest.Image("shoe"), []byte("A")), w.Put(renditiontest.Raw("doc.txt", "txt"), []byte("A"))
	auto := width(10, transform.Auto)
	if _, err := w.Renditions.Get(t.Context(), image, auto); err == nil {
		t.Error("an automatic format was taken")
	}
	if _, err := w.Renditions.Get(t.Context(), raw, width(10, "png")); media.CodeOf(err) != media.Unsupported {
		t.Errorf("a raw file gave %v", err)
	}
	if _, err := w.Renditions.Get(t.Context(), image, width(99999, "png")); media.CodeOf(err) != media.Invalid {
		t.Errorf("a huge size gave %v", err)
	}
	w.Engine.Size = 51
	var limit *media.LimitError
	if _, err := w.Renditions.Get(t.Context(), image, width(10, "png")); media.CodeOf(err) != media.TooLarge || !errors.As(err, &limit) || limit.Got != 51 {
		t.Errorf("a large result gave %v", err)
	}
	if n := len(blobs(t, w)); n != 0 {
		t.Errorf("%d blobs are stored", n)
	}
}

func TestGetEndsWhatTakesTooLong(t *testing.T) {
	t.Parallel()
	w := renditiontest.New(t, func(c *rendition.Config) { c.Timeout = 200 * time.Millisecond })
	a := w.Put(renditiontest.Image("shoe"), []byte("A"))
	w.Engine.OnRender = func(ctx context.Context, _ engine.Output) error { <-ctx.Done(); return ctx.Err() }
	if _, err := w.Renditions.Get(t.Context(), a, width(10, "png")); media.CodeOf(err) != media.Invalid {
		t.Errorf("got %v", err)
	}
}

func TestMeasuredOnceAndPartOfTheKey(t *testing.T) {
	t.Parallel()
	w := renditiontest.New(t)
	w.Engine.Focus = transform.Answer{X: 0.25, Y: 0.5}
	a := w.Put(renditiontest.Image("shoe"), []byte("A"))
	one, two := get(t, w, a, attention(50)), get(t, w, a, attention(60))
	if n := w.Engine.Measures.Load(); n != 1 {
		t.Errorf("measured %d times", n)
	}
	if one.Key == two.Key {
		t.Error("two sizes have one key")
	}
	b := w.Put(renditiontest.Image("boot"), []byte("B"))
	w.Engine.OnMeasure = func(context.Context) error { return media.Errorf(media.Invalid, "Invalid image file") }
	if _, err := w.Renditions.Get(t.Context(), b, attention(50)); media.CodeOf(err) != media.Invalid {
		t.Errorf("got %v", err)
	}
	w.Engine.OnMeasure = nil
	moving := renditiontest.Image("film")
	moving.Version.Info.Format, moving.Version.Info.Animated, moving.Version.Info.Pages = "gif", true, 3
	get(t, w, w.Put(moving, []byte("C")), attention(50))
	if n := w.Engine.Measures.Load(); n != 2 {
		t.Errorf("measured %d times", n)
	}
}

func TestSource(t *testing.T) {
	t.Parallel()
	for _, files := range []bool{true, false} {
		w := renditiontest.New(t)
		w.Blobs.Files = files
		a := w.Put(renditiontest.Image("shoe"), []byte("original"))
		src, closer, err := w.Renditions.Source(t.Context(), a)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := src.(engine.Filer); !ok {
			t.Error("the source is no file")
		}
		body, err := io.ReadAll(io.NewSectionReader(src, 0, src.Size()))
		if err != nil || string(body) != "original" {
			t.Errorf("read %q, %v", body, err)
		}
		if err := closer.Close(); err != nil {
			t.Error(err)
		}
		bad := *a
		bad.Version.Info.Bytes++
		if _, _, err := w.Renditions.Source(t.Context(), &bad); media.CodeOf(err) != media.Internal || err == nil {
			t.Errorf("a cut original gave %v", err)
		}
		bad = *a
		bad.Version.SHA256 = strings.Repeat("0", 64)
		if _, _, err := w.Renditions.Source(t.Context(), &bad); !files && err == nil {
			t.Error("a changed original was taken")
		}
		w.Update(func(tx *catalog.Tx) error { return tx.DeleteAsset(a.Account, a.ID) })
		if err := w.Blobs.Delete(t.Context(), a.Version.Blob); err != nil {
			t.Fatal(err)
		}
		if _, _, err := w.Renditions.Source(t.Context(), a); media.CodeOf(err) != media.NotFound {
			t.Errorf("a deleted asset gave %v", err)
		}
	}
}

func TestMissingOriginalIsOurFault(t *testing.T) {
	t.Parallel()
	w := renditiontest.New(t)
	a := w.Put(renditiontest.Image("shoe"), []byte("A"))
	if err := w.Blobs.Delete(t.Context(), a.Version.Blob); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Renditions.Get(t.Context(), a, width(10, "png")); err == nil || media.CodeOf(err) != media.Internal {
		t.Errorf("got %v", err)
	}
}

func TestDrop(t *testing.T) {
	t.Parallel()
	past := func() time.Time { return time.Now().Add(-time.Hour) } // so that jobs are due
	w := renditiontest.New(t, func(c *rendition.Config) { c.Now = past })
	a := w.Put(renditiontest.Image("shoe"), []byte("A"))
	made := get(t, w, a, width(200, "webp"))
	told := make(chan rendition.Changed, 1)
	defer w.Cluster.Subscribe(rendition.Topic, func(msg []byte) {
		var c rendition.Changed
		if err := json.Unmarshal(msg, &c); err != nil {
			t.Error(err)
		}
		told <- c
	})()
	if err := w.Renditions.Drop(t.Context(), a.Account, a.ID); err != nil {
		t.Fatal(err)
	}
	if c := <-told; c.Account != a.Account || c.ID != a.ID {
		t.Errorf("told %+v", c)
	}
	if rows(t, w, a.ID) != 0 {
		t.Error("rows are left")
	}
	deleted := make(chan rendition.BlobDeletion, 1)
	run, err := jobs.New(w.Catalog, jobs.Config{}, map[string]jobs.Handler{
		rendition.JobDeleteBlobs: func(_ context.Context, args json.RawMessage) error {
			var d rendition.BlobDeletion
			err := json.Unmarshal(args, &d)
			deleted <- d
			return err
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- run.Run(ctx) }()
	if d := <-deleted; d.Account != a.Account || len(d.Keys) != 1 || d.Keys[0] != made.Blob {
		t.Errorf("to be deleted: %+v", d)
	}
	stop()
	<-ended
	if r := get(t, w, a, width(200, "webp")); !r.Fresh {
		t.Error("a dropped rendition was found")
	}
}

func TestOriginal(t *testing.T) {
	t.Parallel()
	still := renditiontest.Image("shoe")
	moving := still
	moving.Version.Info.Format, moving.Version.Info.Animated, moving.Version.Info.Pages = "gif", true, 3
	out := func(o transform.Output) transform.Transformation { return transform.Transformation{Output: o} }
	for _, c := range []struct {
		a    media.Asset
		t    transform.Transformation
		want bool
	}{
		{still, transform.Transformation{}, true},
		{still, transform.Transformation{DPR: 2}, true},
		{still, out(transform.Output{Format: "jpeg"}), true},
		{still, out(transform.Output{Format: "jpeg", Frames: transform.FramesFirst}), true},
		{still, out(transform.Output{Format: "png"}), false},
		{still, out(transform.Output{Format: "jpeg", Quality: 80}), false},
		{still, out(transform.Output{Format: "jpeg", Progressive: true}), false},
		{still, out(transform.Output{Quality: 80}), false},
		{still, transform.Transformation{Input: transform.Input{IgnoreOrientation: true}}, false},
		{still, width(10, "jpeg"), false},
		{moving, out(transform.Output{Format: "gif"}), true},
		{moving, out(transform.Output{Format: "gif", Frames: transform.FramesAll}), true},
		{moving, out(transform.Output{Format: "gif", Frames: transform.FramesFirst}), false},
	} {
		if got := rendition.Original(&c.a, c.t); got != c.want {
			t.Errorf("%s %+v: %v", c.a.Version.Info.Format, c.t, got)
		}
	}
}
