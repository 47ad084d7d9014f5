package rendition_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"tintype/internal/blob"
	"tintype/internal/engine"
	"tintype/internal/media"
	"tintype/internal/rendition"
	"tintype/internal/rendition/renditiontest"
	"tintype/internal/transform"
)

// rewrite changes the stored file of an original in place.
func rewrite(t *testing.T, w *renditiontest.World, a *media.Asset, body string, at time.Time) {
	t.Helper()
	files, _ := blob.As[blob.Filer](w.Blobs)
	f, _, err := files.File(t.Context(), a.Version.Blob)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	for _, err := range []error{os.Chmod(f.Name(), 0o600), os.WriteFile(f.Name(), []byte(body), 0o600), os.Chtimes(f.Name(), at, at)} {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// A byte that changed on the disk is in no rendition and no measurement, and
// what was rendered before stays as it was.
func TestDamagedOriginalMakesNothing(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	w := renditiontest.New(t, func(c *rendition.Config) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
	w.Blobs.Files = true
	a := w.Put(renditiontest.Image("shoe"), []byte("Aa"))
	get(t, w, a, width(200, "webp"))

	rewrite(t, w, a, "Ax", time.Unix(1, 0))
	for _, chain := range []transform.Transformation{width(201, "webp"), attention(50)} {
		if _, err := w.Renditions.Get(t.Context(), a, chain); err == nil || media.CodeOf(err) != media.Internal {
			t.Errorf("%v is made from damaged bytes: %v", chain, err)
		}
	}
	w.Engine.OnRender = func(context.Context, engine.Output) error { return media.Errorf(media.Invalid, "broken picture") }
	if _, err := w.Renditions.Get(t.Context(), a, width(202, "webp")); err == nil || media.CodeOf(err) != media.Internal {
		t.Errorf("the file is blamed for our damage: %v", err)
	}
	w.Engine.OnRender = nil
	if n := len(blobs(t, w)); n != 1 {
		t.Errorf("%d renditions are stored", n)
	}
	if r := get(t, w, a, width(200, "webp")); r.Fresh {
		t.Error("the rendition of before was made again")
	}
	if !strings.Contains(log.String(), "level=ERROR") || !strings.Contains(log.String(), a.Version.Blob) {
		t.Errorf("logged: %s", &log)
	}

	rewrite(t, w, a, "Aa", time.Unix(2, 0))
	if r := get(t, w, a, width(203, "webp")); !r.Stored {
		t.Errorf("after it was put back: %+v", r)
	}
}

// A file that nobody touched is read once, whatever is made from it.
func TestOriginalIsHashedOnce(t *testing.T) {
	t.Parallel()
	w := renditiontest.New(t)
	w.Blobs.Files = true
	a := w.Put(renditiontest.Image("shoe"), []byte("Aa"))
	at := time.Unix(1, 0)
	rewrite(t, w, a, "Aa", at)
	get(t, w, a, width(200, "webp"))
	// The same inode, size and time: the content is not looked at again.
	rewrite(t, w, a, "Ax", at)
	get(t, w, a, width(201, "webp"))
	_, closer, err := w.Renditions.Source(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	closer.Close()
}

// The comparison outlives the caller that began it, for others that wait.
func TestSourceOfACallerThatLeaves(t *testing.T) {
	t.Parallel()
	w := renditiontest.New(t)
	w.Blobs.Files = true
	a := w.Put(renditiontest.Image("shoe"), bytes.Repeat([]byte("A"), 1<<20))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, closer, err := w.Renditions.Source(ctx, a); err == nil {
		closer.Close()
	} else if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	src, closer, err := w.Renditions.Source(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	defer closer.Close()
	if n, err := io.Copy(io.Discard, io.NewSectionReader(src, 0, src.Size())); n != 1<<20 || err != nil {
		t.Errorf("%d bytes, %v", n, err)
	}
}
