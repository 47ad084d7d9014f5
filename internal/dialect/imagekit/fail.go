package imagekit

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"tintype/internal/dialect"
	"tintype/internal/media"
)

// errorHeader carries the code and the sentence of an error.
const errorHeader = "Ik-Error"

// Fail answers with an error as text. It may be called only before anything
// was written.
func (d *Dialect) Fail(w http.ResponseWriter, r *http.Request, err error) {
	h := w.Header()
	dialect.ClearAnswer(h)
	code, message := media.CodeOf(err), media.MessageOf(err)
	status := dialect.StatusOf(code)
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		status = http.StatusMethodNotAllowed
	}
	var limit *media.LimitError
	switch {
	case code == media.NotFound:
		h.Set(errorHeader, "ENOENT - "+headerText(message))
		h.Set("Cache-Control", "max-age=60")
		message = "Not Found"
	case errors.As(err, &limit):
		h.Set(errorHeader, "ELIMIT - "+headerText(message))
	case code == media.Limited, code == media.Pending:
		h.Set("Retry-After", dialect.RetrySeconds)
	}
	body := message + "\n"
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", errorHeader)
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write([]byte(body)) // a client that has gone needs no answer
	}
}

// headerText makes a message fit for a header: printable ASCII, everything
// else percent-encoded, and no longer than a proxy takes.
func headerText(message string) string {
	const most = 1 << 10
	escaped := escapeIf(message, func(c byte) bool { return c < ' ' || c > '~' })
	if len(escaped) > most {
		escaped = escaped[:most]
	}
	return strings.TrimSpace(escaped)
}

// Notify implements dialect.Dialect: nobody is told of events in this language.
func (d *Dialect) Notify(media.Event, media.Key) (http.Header, []byte, error) { return nil, nil, nil }
