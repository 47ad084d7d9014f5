package uploadcare

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"tintype/internal/dialect"
	"tintype/internal/media"
)

// Fail answers a delivery with an error: its sentence as plain text, as JSON
// for who accepts that by name, and nothing but the status where a picture is
// wanted. It may be called only before anything was written.
func (d *Dialect) Fail(w http.ResponseWriter, r *http.Request, err error) {
	status := statusOf(media.CodeOf(err))
	h := w.Header()
	dialect.ClearAnswer(h)
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Allow-Methods", "HEAD, GET, OPTIONS")
	if status == http.StatusNotFound {
		h.Set("Cache-Control", "max-age=60")
	}
	h.Set("Vary", "Accept")
	if status == http.StatusServiceUnavailable {
		h.Set("Retry-After", dialect.RetrySeconds)
	}
	body := failure(w.Header(), r.Header.Get("Accept"), status, media.MessageOf(err))
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // a client that has gone needs no answer
	}
}

// failure is the body of an error, in the form that a client accepts.
func failure(h http.Header, accept string, status int, message string) []byte {
	accept = strings.ToLower(strings.TrimSpace(accept))
	switch {
	case strings.HasPrefix(accept, "image/"):
		h.Del("Content-Type")
		return nil
	case strings.Contains(accept, "application/json"):
		h.Set("Content-Type", "application/json")
		body, _ := json.Marshal(errorBody{errorDetail{StatusCode: status, Content: message}}) // strings always can be
		return body
	}
	h.Set("Content-Type", "text/plain; charset=utf-8")
	return []byte(message + "\n")
}

type errorBody struct {
	Error errorDetail `json:"error"`
}

type errorDetail struct {
	StatusCode int    `json:"status_code"`
	Content    string `json:"content"`
	ErrorCode  string `json:"error_code,omitempty"`
}

func statusOf(code media.Code) int {
	switch code {
	case media.Unauthorized:
		return http.StatusForbidden
	case media.TooLarge:
		return http.StatusRequestEntityTooLarge
	}
	return dialect.StatusOf(code)
}

// Notify implements dialect.Dialect: nobody is told of events in this language.
func (d *Dialect) Notify(media.Event, media.Key) (http.Header, []byte, error) { return nil, nil, nil }
