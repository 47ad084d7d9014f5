package s3

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	gcaws "gocloud.dev/aws"
	"gocloud.dev/blob/s3blob"

	"tintype/internal/media"
)

// Open connects to the bucket of a URL, s3://bucket?…, and finds out whether
// it is there. Of the parameters, endpoint (host:port or URL), region,
// use_path_style, disable_https and prefix (of all keys) are ours; others
// (profile, anonymous, role, request_checksum_calculation, …) are those of
// gocloud.dev/aws. Unknown ones are an error.
func Open(ctx context.Context, rawURL string, cfg Config) (*Store, error) {
	name, prefix, q, err := split(rawURL)
	if err != nil {
		return nil, err
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.HeaderTimeout == 0 {
		cfg.HeaderTimeout = time.Minute
	}
	if cfg.RetryDelay == 0 {
		cfg.RetryDelay = 100 * time.Millisecond
	}
	client, sdk, err := dial(ctx, q, cfg)
	if err != nil {
		return nil, err
	}
	bucket, err := s3blob.OpenBucket(ctx, client, name, &s3blob.Options{RequestChecksumCalculation: sdk.RequestChecksumCalculation})
	if err != nil {
		return nil, fmt.Errorf("open bucket %s: %w", name, err)
	}
	s := &Store{bucket: bucket, client: client, name: name, prefix: prefix, cfg: cfg}
	if ok, err := bucket.IsAccessible(ctx); err != nil || !ok {
		bucket.Close()
		if err == nil {
			return nil, media.Errorf(media.Invalid, "The bucket %s does not exist", name)
		}
		return nil, fmt.Errorf("open bucket %s: %w", name, err)
	}
	return s, nil
}

func dial(ctx context.Context, q url.Values, cfg Config) (*awss3.Client, aws.Config, error) {
	pathStyle, err := take(q, "use_path_style")
	if err != nil {
		return nil, aws.Config{}, err
	}
	plain, err := take(q, "disable_https")
	if err != nil {
		return nil, aws.Config{}, err
	}
	endpoint := q.Get("endpoint")
	q.Del("endpoint")
	if endpoint != "" && !strings.Contains(endpoint, "://") {
		scheme := "https://"
		if plain {
			scheme = "http://"
		}
		endpoint = scheme + endpoint
	}
	sdk, err := gcaws.V2ConfigFromURLParams(ctx, q)
	if err != nil {
		return nil, aws.Config{}, fmt.Errorf("configure S3: %w", err)
	}
	if sdk.Region == "" && endpoint != "" {
		sdk.Region = "us-east-1" // what servers other than Amazon's take
	}
	if cfg.AccessKey != "" {
		sdk.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: cfg.AccessKey, SecretAccessKey: cfg.SecretKey, Source: "configuration"}, nil
		})
	}
	sdk.HTTPClient = awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.ResponseHeaderTimeout = cfg.HeaderTimeout
		t.MaxIdleConnsPerHost = 64
	})
	sdk.Retryer = func() aws.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxAttempts = 1 + maxRetries
			o.Retryables = slices.Concat(o.Retryables, []retry.IsErrorRetryable{
				retry.RetryableHTTPStatusCode{Codes: map[int]struct{}{http.StatusTooManyRequests: {}}},
			})
			o.Backoff = retry.BackoffDelayerFunc(func(attempt int, _ error) (time.Duration, error) {
				return jitter(cfg.RetryDelay, attempt), nil
			})
			// A budget, so that an outage does not multiply the load: each
			// retry takes 5 or 10 tokens, each success gives one back.
			o.RateLimiter = ratelimit.NewTokenRateLimit(500)
		})
	}
	return awss3.NewFromConfig(sdk, func(o *awss3.Options) {
		o.UsePathStyle = pathStyle
		o.EndpointOptions.DisableHTTPS = plain
		o.DisableLogOutputChecksumValidationSkipped = true
		if endpoint != "" {
			o.BaseEndpoint = aws.String(endpoint)
		}
	}), sdk, nil
}

func take(q url.Values, name string) (bool, error) {
	v := q.Get(name)
	q.Del(name)
	if v == "" {
		return false, nil
	}
	b, err := strconv.ParseBool(v)
	if err != nil {
		return false, media.Errorf(media.Invalid, "The parameter %s of the bucket is true or false", name)
	}
	return b, nil
}
