package fetch

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"time"
)

const (
	// postTimeout bounds a whole Post, to the last byte that is read.
	postTimeout = 10 * time.Second
	// maxAnswer is how much of an answer to a Post is read.
	maxAnswer = 64 << 10
)

// Answer is what a server answered to a Post.
type Answer struct {
	Status int
	// Body is its beginning, at most 64 KiB.
	Body []byte
}

// Post sends a body to a URL, under the same rules as Get, and waits at most
// 10 s for the answer. A redirect is followed where it means that the same is
// to be sent again (307 and 308); any other is the answer. An answer is no
// error, whatever its status; errors are those of Get, without *StatusError.
func (c *Client) Post(ctx context.Context, rawURL string, header http.Header, body []byte) (*Answer, error) {
	u, err := c.parse(rawURL)
	if err != nil {
		return nil, err
	}
	cfg := c.cfg
	cfg.Timeout = min(cfg.Timeout, postTimeout)
	f := newFlight(ctx, cfg)
	defer f.end()
	req, err := http.NewRequestWithContext(f.ctx, http.MethodPost, u.String(), bytes.NewReader(body))
	if err != nil {
		return nil, c.fail(f, u, err)
	}
	for name, values := range header {
		req.Header[name] = values
	}
	req.Header.Set("User-Agent", "Tintype/1")
	req.Header.Set("Accept-Encoding", "identity")
	res, err := c.http.Do(req)
	if err != nil {
		return nil, c.fail(f, u, err)
	}
	defer res.Body.Close()
	start, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return nil, c.fail(f, u, err)
	}
	return &Answer{Status: res.StatusCode, Body: start}, nil
}

// Check reports whether a URL is one that could be visited, as far as that can
// be told without looking its host up. Its errors are those of Get.
func (c *Client) Check(rawURL string) error {
	_, err := c.parse(rawURL)
	return err
}
