package rendition

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"

	"tintype/internal/blob"
	"tintype/internal/catalog"
	"tintype/internal/engine"
	"tintype/internal/media"
)

// Source opens the original of a's version for the engine: the stored file
// itself where the store has files, else a copy in a temporary file. Its
// digest was compared: bytes that have changed are no source. The caller
// closes the second result after use.
func (s *Store) Source(ctx context.Context, a *media.Asset) (engine.Source, io.Closer, error) {
	src, err := s.open(ctx, a)
	if err != nil {
		return nil, nil, err
	}
	if err := s.intact(ctx, a, src); err != nil {
		src.Close()
		return nil, nil, err
	}
	return src, src, nil
}

// open is Source, but the digest is perhaps being compared still: what is
// made from it must not be kept or served before intact has said yes.
func (s *Store) open(ctx context.Context, a *media.Asset) (*file, error) {
	src, err := s.openVersion(ctx, a.Version)
	if err != nil {
		return nil, s.blame(ctx, a, err)
	}
	return src, nil
}

// intact waits for the digests of sources to be compared.
func (s *Store) intact(ctx context.Context, a *media.Asset, src *file) error {
	if err := src.check.wait(ctx); err != nil {
		return s.blame(ctx, a, err)
	}
	return nil
}

func (s *Store) openVersion(ctx context.Context, v media.Version) (*file, error) {
	files, ok := blob.As[blob.Filer](s.cfg.Blobs)
	if !ok {
		f, err := s.copy(ctx, v)
		if err != nil {
			return nil, err
		}
		return &file{f: f, size: v.Info.Bytes, close: func() error { return blob.Discard(f) }}, nil
	}
	f, info, err := files.File(ctx, v.Blob)
	if err != nil {
		return nil, err
	}
	if info.Size != v.Info.Bytes {
		f.Close()
		return nil, fmt.Errorf("original has %d bytes, not %d", info.Size, v.Info.Bytes)
	}
	held := &shared{File: f}
	c, err := s.checks.begin(held, v, func(err error) {
		s.cfg.Logger.Error("an original on disk is damaged", "blob", v.Blob, "version", v.ID, "err", err)
	})
	if err != nil {
		held.Close()
		return nil, err
	}
	return &file{f: f, size: v.Info.Bytes, check: c, close: held.Close}, nil
}

func (s *Store) copy(ctx context.Context, v media.Version) (*os.File, error) {
	r, _, err := s.cfg.Blobs.Open(ctx, v.Blob, 0, -1)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	f, err := blob.Stage(ctx, s.cfg.Blobs)
	if err != nil {
		return nil, err
	}
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(f, h), io.LimitReader(r, v.Info.Bytes+1))
	if err == nil && n != v.Info.Bytes {
		err = fmt.Errorf("original has %d bytes, not %d", n, v.Info.Bytes)
	}
	if err == nil && hex.EncodeToString(h.Sum(nil)) != v.SHA256 {
		err = fmt.Errorf("original has another digest")
	}
	if err != nil {
		blob.Discard(f)
		return nil, err
	}
	return f, nil
}

// blame turns a failure to open an original into what it means: the asset
// went away meanwhile, or bytes that we promised to keep cannot be had.
func (s *Store) blame(ctx context.Context, a *media.Asset, cause error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	alive := true
	err := s.cfg.Catalog.View(ctx, func(tx *catalog.Tx) (err error) {
		alive, err = current(tx, a)
		return err
	})
	if err == nil && !alive {
		return &media.Error{Code: media.NotFound, Op: "open original", Message: "Resource not found - " + a.Name, Err: cause}
	}
	return &media.Error{Code: media.Internal, Op: "open original", Message: "The original of the asset cannot be read", Err: cause}
}

// file is an engine.Filer: the worker gets the descriptor as it is.
type file struct {
	f     *os.File
	size  int64
	check *check // nil where the digest was compared already
	close func() error
}

func (f *file) ReadAt(p []byte, off int64) (int, error) { return f.f.ReadAt(p, off) }
func (f *file) Size() int64                             { return f.size }
func (f *file) File() *os.File                          { return f.f }
func (f *file) Close() error                            { return f.close() }
