package blob

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// As finds the ability T in s or in what s wraps: a wrapper is a Store with a
// method Unwrap() Store.
func As[T any](s Store) (T, bool) {
	for s != nil {
		if t, ok := s.(T); ok {
			return t, true
		}
		w, ok := s.(interface{ Unwrap() Store })
		if !ok {
			break
		}
		s = w.Unwrap()
	}
	var none T
	return none, false
}

// Stage returns an empty file, open for reading and writing, for bytes that
// are to become a blob of s by Adopt or to be given up by Discard. With a
// Stager it lies where s can keep it, else in os.TempDir.
func Stage(ctx context.Context, s Store) (*os.File, error) {
	if st, ok := As[Stager](s); ok {
		return st.Stage(ctx)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f, err := os.CreateTemp("", "tintype-stage-*")
	if err != nil {
		return nil, fmt.Errorf("stage: %w", err)
	}
	return f, nil
}

// Adopt stores the whole content of f, a file from Stage, under key, as
// durably as Put. It consumes f, also when it fails: f is closed and its
// temporary name is gone, so that a later Discard does nothing. Nobody may
// write to f any more.
func Adopt(ctx context.Context, s Store, f *os.File, key string) (Info, error) {
	if st, ok := As[Stager](s); ok {
		return st.Adopt(ctx, f, key)
	}
	defer Discard(f)
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return Info{}, fmt.Errorf("adopt: %w", err)
	}
	return s.Put(ctx, key, f)
}

// Discard closes f, a file from Stage, and removes it. It does nothing to a
// file that was adopted or discarded before.
func Discard(f *os.File) error {
	if f == nil {
		return nil
	}
	err := f.Close()
	if errors.Is(err, fs.ErrClosed) {
		return nil
	}
	if rmErr := os.Remove(f.Name()); rmErr != nil && !errors.Is(rmErr, fs.ErrNotExist) {
		err = errors.Join(err, rmErr)
	}
	return err
}

// ReadAll reads a small blob whole. It is an error that the blob has another
// size, or another MD5 in lower-case hexadecimal, than the given ones.
func ReadAll(ctx context.Context, s Store, key string, size int64, digest string) ([]byte, error) {
	r, info, err := s.Open(ctx, key, 0, -1)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	if info.Size != size {
		return nil, fmt.Errorf("blob has %d bytes, not %d", info.Size, size)
	}
	body := make([]byte, size)
	if _, err := io.ReadFull(r, body); err != nil {
		return nil, err
	}
	if sum := md5.Sum(body); hex.EncodeToString(sum[:]) != digest {
		return nil, errors.New("blob has another digest")
	}
	return body, nil
}
