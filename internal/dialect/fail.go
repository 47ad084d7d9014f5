package dialect

import (
	"context"
	"errors"
	"net/http"

	"tintype/internal/media"
)

// RetrySeconds is when a client may try again what was too much or not ready.
const RetrySeconds = "2"

// ClearAnswer removes the headers of an answer that could not be given, and
// sets those that every error has.
func ClearAnswer(h http.Header) {
	for _, name := range []string{"Content-Type", "Content-Disposition", "Content-Encoding", "Content-Range",
		"Content-Security-Policy", "Accept-Ranges", "Etag", "Last-Modified", "Expires", "Vary"} {
		h.Del(name)
	}
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
}

// StatusOf is the usual HTTP status of a code. Dialects whose clients expect
// another one look first.
func StatusOf(code media.Code) int {
	switch code {
	case media.Invalid, media.TooLarge, media.Unsupported:
		return http.StatusBadRequest
	case media.Unauthorized:
		return http.StatusUnauthorized
	case media.Forbidden:
		return http.StatusForbidden
	case media.NotFound:
		return http.StatusNotFound
	case media.Conflict:
		return http.StatusConflict
	case media.Limited, media.Pending:
		return http.StatusServiceUnavailable
	case media.NoSpace:
		return http.StatusInsufficientStorage
	}
	return http.StatusInternalServerError
}

// Left reports whether an error is that the client went away, which is nobody's
// fault.
func Left(r *http.Request, err error) bool {
	return r.Context().Err() != nil && errors.Is(err, context.Canceled)
}
