package media

import (
	"context"
	"errors"
	"fmt"
)

// Code classifies an error for whoever has to answer it.
type Code uint8

// The codes. The zero value is Internal, so that an unclassified error is
// ours and never blamed on a caller.
const (
	Internal     Code = iota // a bug or an outage of ours
	Invalid                  // the request or the file is wrong
	Unauthorized             // no or wrong credentials
	Forbidden                // known, but not allowed
	NotFound                 // no such thing, or none that the caller may know of
	Conflict                 // the name is taken
	TooLarge                 // over a limit of size
	Unsupported              // understood, but not offered here
	Limited                  // too much at once; try later
	Pending                  // being made; try again
	NoSpace                  // the store is full
)

var codeNames = [...]string{"internal", "invalid", "unauthorized", "forbidden", "not found", "conflict", "too large", "unsupported", "limited", "pending", "no space"}

func (c Code) String() string {
	if int(c) < len(codeNames) {
		return codeNames[c]
	}
	return fmt.Sprintf("code %d", uint8(c))
}

// Error is the one error type that crosses packages with a meaning. Only the
// place that knows the code makes one; everybody else wraps with %w.
type Error struct {
	Code Code
	// Op is what was tried, for logs: "probe", "put asset". May be empty.
	Op string
	// Message is one sentence for the user that names the culprit. It holds
	// no internals: no paths, addresses, SQL or library output.
	Message string
	// Err is the cause, for logs only. May be nil.
	Err error
}

func (e *Error) Error() string {
	s := e.Message
	if s == "" {
		s = e.Code.String()
	}
	if e.Op != "" {
		s = e.Op + ": " + s
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

// Errorf returns an *Error of a code with a message for the user.
func Errorf(c Code, format string, args ...any) *Error {
	return &Error{Code: c, Message: fmt.Sprintf(format, args...)}
}

// CodeOf returns the code of the outermost *Error in err's chain. A context's
// deadline counts as Limited; everything else unclassified is Internal.
func CodeOf(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return Limited
	}
	return Internal
}

// MessageOf returns the sentence to show to a user: the outermost *Error's
// Message, or a neutral one that shows no internals.
func MessageOf(err error) string {
	var e *Error
	if errors.As(err, &e) && e.Message != "" {
		return e.Message
	}
	switch CodeOf(err) {
	case Limited:
		return "The server is busy, try again later"
	case NotFound:
		return "Resource not found"
	default:
		return "Internal error"
	}
}

// LimitError is the cause inside an Error of code TooLarge, Invalid or
// Limited when a numeric limit was passed, for dialects that quote numbers.
type LimitError struct {
	What     string // "bytes", "pixels", "frames", "width", …
	Max, Got int64
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("%s: got %d, maximum is %d", e.What, e.Got, e.Max)
}

// LayerError is the cause inside an Error about an asset that a
// transformation names (a layer, a font, a table), not about the asset that
// it is for; dialects have other words for the two.
type LayerError struct {
	Ref Ref
	Err error // the cause; may be nil
}

func (e *LayerError) Error() string {
	return fmt.Sprintf("layer %s%s%s", e.Ref.Name, e.Ref.ID, e.Ref.URL)
}

func (e *LayerError) Unwrap() error { return e.Err }
