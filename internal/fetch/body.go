package fetch

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"tintype/internal/media"
)

var (
	errNoHeader = errors.New("no header in time")
	errTooLong  = errors.New("not whole in time")
	errTooSlow  = errors.New("below the minimum rate")
)

// flight is one fetch from its first connection to its last byte.
type flight struct {
	parent context.Context
	ctx    context.Context
	cancel context.CancelCauseFunc
	total  *time.Timer
	cfg    Config
}

func newFlight(parent context.Context, cfg Config) *flight {
	f := &flight{parent: parent, cfg: cfg}
	f.ctx, f.cancel = context.WithCancelCause(parent)
	f.total = time.AfterFunc(cfg.Timeout, func() { f.cancel(errTooLong) })
	return f
}

func (f *flight) end() {
	f.total.Stop()
	f.cancel(nil)
}

// wrap turns what went wrong in a round trip or in a body into the error for
// the caller, whose own context goes first.
func (f *flight) wrap(err error) error {
	var known *media.Error
	switch {
	case errors.As(err, &known):
		return known
	case f.parent.Err() != nil:
		return f.parent.Err()
	}
	message := "The URL is not reachable"
	switch cause := context.Cause(f.ctx); cause {
	case errNoHeader, errTooLong, errTooSlow:
		message, err = "The URL does not answer fast enough", cause
	default:
		if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
			message = "The URL broke off before the end of its content"
		}
	}
	return &media.Error{Code: media.Invalid, Op: "fetch", Message: message, Err: errors.Join(ErrUnreachable, err)}
}

// response takes over a round trip's answer. On an error the answer stays
// the caller's to close.
func (f *flight) response(res *http.Response, limit int64) (*Response, error) {
	if res.StatusCode != http.StatusOK {
		e := &StatusError{Status: res.StatusCode, Text: http.StatusText(res.StatusCode)}
		return nil, &media.Error{Code: media.Invalid, Op: "fetch", Message: strings.TrimSpace("The URL answered with " + e.Error()), Err: e}
	}
	b := &body{flight: f, origin: res.Body, limit: limit}
	b.slow = time.AfterFunc(f.cfg.RateWindow, b.windowOver)
	b.slow.Stop()
	out := &Response{Body: b, Size: res.ContentLength, URL: res.Request.URL.String()}
	out.ContentType, _, _ = mime.ParseMediaType(res.Header.Get("Content-Type"))
	out.Filename = filename(res.Header.Get("Content-Disposition"), res.Request.URL)
	b.src = pacedReader{b}
	if !res.Uncompressed {
		switch enc := strings.ToLower(strings.TrimSpace(res.Header.Get("Content-Encoding"))); {
		case enc == "" || enc == "identity":
		case enc != "gzip" && enc != "x-gzip":
			return nil, &media.Error{Code: media.Invalid, Op: "fetch", Message: "The URL answered in an encoding that was not asked for", Err: ErrUnreachable}
		case out.ContentType == "application/gzip" || out.ContentType == "application/x-gzip":
			// The file itself is compressed; its server says so twice.
		default:
			out.Size = -1
			b.src = &gunzip{src: b.src}
		}
	}
	if limit >= 0 && out.Size > limit {
		return nil, tooLarge(limit, out.Size)
	}
	return out, nil
}

func tooLarge(limit, got int64) error {
	e := media.Errorf(media.TooLarge, "The content of the URL is larger than %d bytes", limit)
	e.Op, e.Err = "fetch", &media.LimitError{What: "bytes", Max: limit, Got: got}
	return e
}

// body is the decoded content within its limit. Not for concurrent use,
// except that Close may come at any time.
type body struct {
	flight *flight
	origin io.ReadCloser
	src    io.Reader // origin, paced and decoded
	limit  int64     // below 0: none
	read   int64
	err    error
	slow   *time.Timer

	mu     sync.Mutex // guards the window
	waited time.Duration
	since  time.Time // begin of the Read in course
	got    int64
}

func (b *body) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	if len(p) == 0 {
		return 0, nil
	}
	// One byte more than allowed tells a body at the limit from one above.
	if left := b.limit - b.read; b.limit >= 0 && int64(len(p)) > left+1 {
		p = p[:left+1]
	}
	n, err := b.src.Read(p)
	b.read += int64(n)
	switch {
	case b.limit >= 0 && b.read > b.limit:
		n -= int(b.read - b.limit)
		b.err = tooLarge(b.limit, b.read)
	case err == io.EOF:
		b.err = io.EOF
	case err != nil:
		b.err = b.flight.wrap(err)
	}
	return n, b.err
}

func (b *body) Close() error {
	b.flight.end()
	b.slow.Stop()
	return b.origin.Close()
}

// pacedReader counts what the origin sends and how long it lets us wait. The
// time that our own side takes between two reads is not the origin's.
type pacedReader struct{ b *body }

func (r pacedReader) Read(p []byte) (int, error) {
	b := r.b
	b.mu.Lock()
	b.since = time.Now()
	b.slow.Reset(max(0, b.flight.cfg.RateWindow-b.waited))
	b.mu.Unlock()
	n, err := b.origin.Read(p)
	b.mu.Lock()
	b.slow.Stop()
	b.waited += time.Since(b.since)
	b.got += int64(n)
	b.since = time.Time{}
	b.mu.Unlock()
	return n, err
}

// windowOver runs when the origin has let us wait for a whole window.
func (b *body) windowOver() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.since.IsZero() {
		return // the Read has just ended; the next one sets the timer anew
	}
	if left := b.flight.cfg.RateWindow - b.waited - time.Since(b.since); left > 0 {
		b.slow.Reset(left) // set off for an earlier window
		return
	}
	if float64(b.got) < float64(b.flight.cfg.MinRate)*b.flight.cfg.RateWindow.Seconds() {
		b.flight.cancel(errTooSlow)
		return
	}
	b.waited, b.got, b.since = 0, 0, time.Now()
	b.slow.Reset(b.flight.cfg.RateWindow)
}

// gunzip opens the stream at the first Read, since that reads too.
type gunzip struct {
	src io.Reader
	z   *gzip.Reader
}

func (g *gunzip) Read(p []byte) (int, error) {
	if g.z == nil {
		z, err := gzip.NewReader(g.src)
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return 0, err
		}
		g.z = z
	}
	return g.z.Read(p)
}

// filename picks the name of what was fetched.
func filename(disposition string, u *url.URL) string {
	if _, params, err := mime.ParseMediaType(disposition); err == nil {
		if name := cleanName(params["filename"]); name != "" {
			return name
		}
	}
	return cleanName(u.Path)
}

func cleanName(s string) string {
	s = s[strings.LastIndexAny(s, `/\`)+1:]
	s = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, s)
	s = strings.TrimSpace(s)
	for len(s) > 255 {
		_, n := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-n]
	}
	if s == "." || s == ".." {
		return ""
	}
	return s
}
