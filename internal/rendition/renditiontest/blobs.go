package renditiontest

import (
	"context"
	"errors"
	"io"

	"tintype/internal/blob"
)

// ErrCut is what a reader fails with that Blobs.Cut cuts short.
var ErrCut = errors.New("the store broke off")

// Put fails as OnPut says.
func (b *Blobs) Put(ctx context.Context, key string, r io.Reader) (blob.Info, error) {
	if b.OnPut != nil {
		if err := b.OnPut(key); err != nil {
			return blob.Info{}, err
		}
	}
	return b.Store.Put(ctx, key, r)
}

// Open fails as OnOpen and Cut say.
func (b *Blobs) Open(ctx context.Context, key string, off, n int64) (io.ReadCloser, blob.Info, error) {
	if b.OnOpen != nil {
		if err := b.OnOpen(key); err != nil {
			return nil, blob.Info{}, err
		}
	}
	r, info, err := b.Store.Open(ctx, key, off, n)
	if err == nil && b.Cut > 0 {
		r = &cut{r, b.Cut}
	}
	return r, info, err
}

type cut struct {
	io.ReadCloser
	left int64
}

func (c *cut) Read(p []byte) (int, error) {
	if c.left == 0 {
		return 0, ErrCut
	}
	n, err := c.ReadCloser.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	return n, err
}
