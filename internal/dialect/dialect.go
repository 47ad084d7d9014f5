// Package dialect is what the vendors' languages have in common: the
// interface that each one implements, and the decoding of requests in all the
// encodings that client libraries use.
package dialect

import (
	"net/http"

	"tintype/internal/account"
	"tintype/internal/delivery"
	"tintype/internal/media"
)

// Dialect turns one vendor's bytes into our nouns and our nouns back into the
// vendor's bytes. It is safe for concurrent use.
type Dialect interface {
	// Name is how an endpoint refers to the dialect.
	Name() string
	// API is the handler of the dialect's upload and management routes and
	// the escaped path prefixes that lead to it, each beginning and ending
	// with a slash; no prefixes and nil where there is no such API.
	API() (prefixes []string, h http.Handler)
	// Parse understands a delivery request. It does no I/O.
	Parse(r *http.Request, e account.Endpoint) (delivery.Request, error)
	// Fail answers a delivery request with an error: the status and the
	// envelope follow from its code and message, never from its cause.
	Fail(w http.ResponseWriter, r *http.Request, err error)
	// Notify returns the body that tells a subscriber of an event, and the
	// headers that belong to it, signed with a key as of now. The body is nil
	// where the dialect has no words for the event.
	Notify(e media.Event, k media.Key) (http.Header, []byte, error)
}

// Answerer is an ability that a Dialect may have: its endpoints answer at some
// paths with something else than a file. Answer does no I/O; the handler
// answers GET and HEAD, errors too.
type Answerer interface {
	Answer(r *http.Request, e account.Endpoint) (http.Handler, bool)
}
