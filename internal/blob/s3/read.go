package s3

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	cloud "gocloud.dev/blob"

	"tintype/internal/blob"
)

// Open implements blob.Store. A body that breaks is resumed up to three
// times, at the byte where it broke and of the same version.
func (s *Store) Open(ctx context.Context, key string, off, n int64) (io.ReadCloser, blob.Info, error) {
	const op = "open blob"
	if err := blob.CheckKey(op, key); err != nil {
		return nil, blob.Info{}, err
	}
	if off < 0 {
		_, err := blob.Section(0, off, n)
		return nil, blob.Info{}, err
	}
	if n == 0 {
		return s.openEmpty(ctx, key, off)
	}
	r := &reader{store: s, ctx: ctx, key: key, off: off}
	if err := r.connect(n); err != nil {
		if _, status := apiCode(err); status == 416 {
			return s.openEmpty(ctx, key, off)
		}
		return nil, blob.Info{}, wrap(ctx, op, err)
	}
	return r, r.info, nil
}

// openEmpty answers a range without bytes, which the protocol cannot ask for.
func (s *Store) openEmpty(ctx context.Context, key string, off int64) (io.ReadCloser, blob.Info, error) {
	i, err := s.Stat(ctx, key)
	if err == nil {
		_, err = blob.Section(i.Size, off, 0)
	}
	if err != nil {
		return nil, blob.Info{}, err
	}
	return io.NopCloser(eof{}), i, nil
}

type eof struct{}

func (eof) Read([]byte) (int, error) { return 0, io.EOF }

// reader reads left bytes from off of the version that it began with.
type reader struct {
	store   *Store
	ctx     context.Context
	key     string
	off     int64
	left    int64
	etag    string // "" before the first connection
	info    blob.Info
	body    *cloud.Reader
	resumed int
}

// connect asks for n bytes from off and checks that they are what will come.
func (r *reader) connect(n int64) error {
	body, err := r.store.bucket.NewRangeReader(r.ctx, r.store.prefix+r.key, r.off, n, &cloud.ReaderOptions{
		BeforeRead: func(as func(any) bool) error {
			var in *awss3.GetObjectInput
			if r.etag != "" && as(&in) {
				in.IfMatch = aws.String(r.etag)
			}
			return nil
		},
	})
	if err != nil {
		return err
	}
	var out awss3.GetObjectOutput
	body.As(&out)
	want, err := blob.Section(body.Size(), r.off, n)
	if err == nil && aws.ToInt64(out.ContentLength) != want {
		err = fmt.Errorf("got a range of %d bytes instead of %d", aws.ToInt64(out.ContentLength), want)
	}
	if err == nil && r.etag != "" && aws.ToString(out.ETag) != r.etag {
		err = fmt.Errorf("the blob was replaced while it was read")
	}
	if err != nil {
		body.Close()
		return err
	}
	r.body, r.left, r.etag = body, want, aws.ToString(out.ETag)
	r.info = blob.Info{Key: r.key, Size: body.Size(), ModTime: body.ModTime()}
	return nil
}

func (r *reader) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	if int64(len(p)) > r.left {
		p = p[:r.left]
	}
	n, err := r.body.Read(p)
	r.off += int64(n)
	r.left -= int64(n)
	if r.left == 0 || err == nil {
		return n, nil
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if r.ctx.Err() == nil && r.etag != "" && r.resumed < maxRetries {
		if err = r.resume(); err == nil {
			return n, nil
		}
	}
	return n, wrap(r.ctx, "read blob", err)
}

func (r *reader) resume() error {
	r.body.Close()
	r.resumed++
	t := time.NewTimer(jitter(r.store.cfg.RetryDelay, r.resumed))
	defer t.Stop()
	select {
	case <-t.C:
	case <-r.ctx.Done():
		return r.ctx.Err()
	}
	return r.connect(r.left)
}

func (r *reader) Close() error { return r.body.Close() }

// jitter is a random delay below base doubled with each attempt from the
// first on: the full jitter that spreads callers who failed together.
func jitter(base time.Duration, attempt int) time.Duration {
	return rand.N(base << max(0, min(attempt-1, 6)))
}
