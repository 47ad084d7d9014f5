package server

import (
	"errors"
	"io"
	"net/http"
	"os"
	"time"

	"tintype/internal/media"
)

const (
	bodyGrace = 20 * time.Second // before the rate counts
	bodyRate  = 1 << 10          // bytes per second
	bodyPause = 60 * time.Second // the longest silence
)

// body is a request's body that has to make progress: its reads end with an
// error when it falls behind bodyRate or is silent for bodyPause. Whatever
// cuts it short is an Invalid request, not a failure of ours.
type body struct {
	r     io.ReadCloser
	conn  *http.ResponseController
	began time.Time // of the first read
	n     int64
	done  bool
}

func newBody(w http.ResponseWriter, r io.ReadCloser) *body {
	return &body{r: r, conn: http.NewResponseController(w)}
}

func (b *body) Read(p []byte) (int, error) {
	now := time.Now()
	if b.began.IsZero() {
		b.began = now
	}
	if !b.done {
		due := b.began.Add(bodyGrace + time.Duration(b.n/bodyRate)*time.Second)
		if pause := now.Add(bodyPause); pause.Before(due) {
			due = pause
		}
		b.conn.SetReadDeadline(due) // a connection without deadlines is a test's
	}
	n, err := b.r.Read(p)
	b.n += int64(n)
	if err == nil {
		return n, nil
	}
	if !b.done {
		// The connection is read on, for the client's leaving and its next
		// request, to which this deadline means nothing.
		b.done = true
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			b.conn.SetReadDeadline(time.Time{})
		}
	}
	var tooLarge *http.MaxBytesError
	switch {
	case err == io.EOF, errors.As(err, &tooLarge):
	case errors.Is(err, os.ErrDeadlineExceeded):
		err = &media.Error{Code: media.Invalid, Op: "read body", Message: "The request body arrives too slowly", Err: err}
	default:
		err = &media.Error{Code: media.Invalid, Op: "read body", Message: "The request body ended early", Err: err}
	}
	return n, err
}

func (b *body) Close() error { return b.r.Close() }
