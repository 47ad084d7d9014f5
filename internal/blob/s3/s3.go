// Package s3 keeps blobs in a bucket that speaks the S3 protocol.
package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	cloud "gocloud.dev/blob"
	"gocloud.dev/gcerrors"

	"tintype/internal/blob"
	"tintype/internal/media"
)

const (
	partSize        = 8 << 20 // of a multipart upload, and of its buffers
	partConcurrency = 3
	maxRetries      = 3
)

// Config of a Store. The zero value takes credentials and region from where
// the AWS command line does: environment, profile, instance role.
type Config struct {
	// AccessKey and SecretKey, where given, are used instead.
	AccessKey, SecretKey string
	// HeaderTimeout bounds the wait for the begin of each answer; 60 s if 0.
	HeaderTimeout time.Duration
	// RetryDelay is the longest delay before the first retry, doubled with
	// each; the actual one is random below. 100 ms if 0.
	RetryDelay time.Duration
	// Now is the clock for the ModTime that Put reports; nil is time.Now.
	Now func() time.Time
}

// Store is a blob.Store and blob.Linker over a bucket. It is safe for
// concurrent use.
type Store struct {
	bucket *cloud.Bucket
	client *awss3.Client
	name   string // of the bucket
	prefix string // "" or ends in '/'
	cfg    Config
}

var (
	_ blob.Store  = (*Store)(nil)
	_ blob.Linker = (*Store)(nil)
)

// Close implements blob.Store.
func (s *Store) Close() error { return s.bucket.Close() }

// Put implements blob.Store. Up to two parts' size of r is sent as one
// request, more as a multipart upload, each with its CRC32, which the server
// checks. The ModTime of its Info is by this machine's clock.
func (s *Store) Put(ctx context.Context, key string, r io.Reader) (blob.Info, error) {
	const op = "put blob"
	if err := blob.CheckKey(op, key); err != nil {
		return blob.Info{}, err
	}
	if err := ctx.Err(); err != nil {
		return blob.Info{}, fmt.Errorf("%s: %w", op, err)
	}
	in := &source{ctx: ctx, r: r}
	err := s.bucket.Upload(ctx, s.prefix+key, in, &cloud.WriterOptions{
		ContentType: "application/octet-stream", BufferSize: partSize, MaxConcurrency: partConcurrency,
	})
	if err == nil {
		return blob.Info{Key: key, Size: in.n, ModTime: s.cfg.Now()}, nil
	}
	s.abort(ctx, key, err)
	if in.err != nil {
		err = in.err
	}
	return blob.Info{}, wrap(ctx, op, err)
}

// abort takes back the parts of a multipart upload that failed. The SDK does
// so itself, but not where the context has ended.
func (s *Store) abort(ctx context.Context, key string, err error) {
	var multi interface{ UploadID() string }
	if ctx.Err() == nil || !errors.As(err, &multi) {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	// What fails here is left to the bucket's life-cycle rule.
	_, _ = s.client.AbortMultipartUpload(ctx, &awss3.AbortMultipartUploadInput{
		Bucket: aws.String(s.name), Key: aws.String(s.prefix + key), UploadId: aws.String(multi.UploadID()),
	})
}

// source counts what is put and keeps the error of its reader, which the SDK
// would bury.
type source struct {
	ctx context.Context
	r   io.Reader
	n   int64
	err error
}

func (s *source) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := s.r.Read(p)
	s.n += int64(n)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// Stat implements blob.Store.
func (s *Store) Stat(ctx context.Context, key string) (blob.Info, error) {
	const op = "stat blob"
	if err := blob.CheckKey(op, key); err != nil {
		return blob.Info{}, err
	}
	a, err := s.bucket.Attributes(ctx, s.prefix+key)
	if err != nil {
		return blob.Info{}, wrap(ctx, op, err)
	}
	return blob.Info{Key: key, Size: a.Size, ModTime: a.ModTime}, nil
}

// Delete implements blob.Store.
func (s *Store) Delete(ctx context.Context, key string) error {
	const op = "delete blob"
	if err := blob.CheckKey(op, key); err != nil {
		return err
	}
	err := wrap(ctx, op, s.bucket.Delete(ctx, s.prefix+key))
	if media.CodeOf(err) == media.NotFound {
		return nil
	}
	return err
}

// List implements blob.Store. Objects whose name is no valid key are passed over.
func (s *Store) List(ctx context.Context, prefix string) iter.Seq2[blob.Info, error] {
	const op = "list blobs"
	return func(yield func(blob.Info, error) bool) {
		if err := blob.CheckPrefix(op, prefix); err != nil {
			yield(blob.Info{}, err)
			return
		}
		last := ""
		for it := s.bucket.List(&cloud.ListOptions{Prefix: s.prefix + prefix}); ; {
			o, err := it.Next(ctx)
			if err == io.EOF {
				return
			}
			if err != nil {
				yield(blob.Info{}, wrap(ctx, op, err))
				return
			}
			key := strings.TrimPrefix(o.Key, s.prefix)
			if !blob.ValidKey(key) {
				continue
			}
			if key <= last {
				yield(blob.Info{}, fmt.Errorf("%s: the bucket does not list in key order", op))
				return
			}
			last = key
			if !yield(blob.Info{Key: key, Size: o.Size, ModTime: o.ModTime}, nil) {
				return
			}
		}
	}
}

// Link implements blob.Linker. The protocol caps ttl at seven days.
func (s *Store) Link(ctx context.Context, key string, ttl time.Duration) (string, error) {
	const op = "link blob"
	if err := blob.CheckKey(op, key); err != nil {
		return "", err
	}
	if ttl < time.Second || ttl > 7*24*time.Hour {
		return "", &media.Error{Code: media.Invalid, Op: op, Message: "A link lasts one second to seven days"}
	}
	u, err := s.bucket.SignedURL(ctx, s.prefix+key, &cloud.SignedURLOptions{Method: http.MethodGet, Expiry: ttl})
	return u, wrap(ctx, op, err)
}

// wrap gives an error of the bucket its code.
func wrap(ctx context.Context, op string, err error) error {
	if err == nil {
		return nil
	}
	var known *media.Error
	if errors.As(err, &known) {
		return fmt.Errorf("%s: %w", op, err)
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", op, ctx.Err())
	}
	switch code, status := apiCode(err); {
	case code == "NoSuchBucket":
		// The whole store is missing: an outage, not a missing blob.
	case status == http.StatusInsufficientStorage, code == "QuotaExceeded", code == "XMinioStorageFull":
		return &media.Error{Code: media.NoSpace, Op: op, Message: "The storage is full", Err: err}
	case gcerrors.Code(err) == gcerrors.NotFound:
		return &media.Error{Code: media.NotFound, Op: op, Message: "Resource not found", Err: err}
	}
	return fmt.Errorf("%s: %w", op, err)
}

// apiCode returns the error code of the protocol and the HTTP status.
func apiCode(err error) (code string, status int) {
	var api interface{ ErrorCode() string }
	if errors.As(err, &api) {
		code = api.ErrorCode()
	}
	var res interface{ HTTPStatusCode() int }
	if errors.As(err, &res) {
		status = res.HTTPStatusCode()
	}
	return code, status
}

// split takes a store's URL apart: the bucket, the key prefix, and the
// parameters that are left to the SDK.
func split(rawURL string) (bucket, prefix string, q url.Values, err error) {
	u, err := url.Parse(rawURL)
	if err != nil || u.Scheme != "s3" || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" {
		return "", "", nil, media.Errorf(media.Invalid, "A bucket is written as s3://bucket?region=…&endpoint=…")
	}
	q = u.Query()
	prefix = strings.Trim(q.Get("prefix"), "/")
	q.Del("prefix")
	if prefix != "" && !blob.ValidKey(prefix) {
		return "", "", nil, media.Errorf(media.Invalid, "The prefix of the bucket is no valid key")
	}
	if prefix != "" {
		prefix += "/"
	}
	return u.Host, prefix, q, nil
}
