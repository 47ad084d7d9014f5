package cloudinary

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"tintype/internal/dialect"
	"tintype/internal/library"
	"tintype/internal/media"
)

// errorHeader carries the sentence of an error, on every answer that is one.
const errorHeader = "X-Cld-Error"

// Fail answers with an error: calls of the API in JSON, deliveries with the
// header alone. It may be called only before anything was written.
func (d *Dialect) Fail(w http.ResponseWriter, r *http.Request, err error) {
	if strings.HasPrefix(r.URL.Path, apiPrefix) || strings.HasPrefix(r.URL.Path, pollPrefix) {
		writeError(w, err, true)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		writeDeliveryError(w, err, http.StatusMethodNotAllowed)
		return
	}
	var content *library.ContentError // of a remote file
	if errors.As(err, &content) {
		err = inWords(err)
	}
	writeError(w, err, false)
}

// writeError answers with an error's status and message, never its cause.
func writeError(w http.ResponseWriter, err error, api bool) {
	err = ofLayer(err)
	code := media.CodeOf(err)
	if !api {
		writeDeliveryError(w, err, deliveryStatus(code))
		return
	}
	body, _ := json.Marshal(errorBody{errorDetail{media.MessageOf(err)}}) // strings always can be
	errorHeaders(w.Header(), err)
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(apiStatus(code))
	_, _ = w.Write(body) // a client that has gone needs no answer
}

// ofLayer says that it is a layer's fault, where it is: what a transformation
// names belongs to the request, and is not what was asked for.
func ofLayer(err error) error {
	var layer *media.LayerError
	if !errors.As(err, &layer) {
		return err
	}
	kind := layer.Ref.Kind
	if kind == "" {
		kind = media.KindImage
	}
	name, access := layer.Ref.Name, layer.Ref.Access
	if layer.Ref.URL != "" {
		name, access = layer.Ref.URL, media.Remote
	}
	e := media.Errorf(media.Invalid, "Unknown or invalid referenced %s %s of type %s", kind, dialect.Quotable(name), deliveryType(access))
	e.Err = err
	return e
}

func writeDeliveryError(w http.ResponseWriter, err error, status int) {
	h := w.Header()
	errorHeaders(h, err)
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", errorHeader)
	if status == http.StatusNotFound {
		h.Set("Cache-Control", "max-age=60")
	}
	h.Set("Content-Length", "0")
	w.WriteHeader(status)
}

// errorHeaders replaces the headers of the answer that could not be given.
func errorHeaders(h http.Header, err error) {
	dialect.ClearAnswer(h)
	h.Set(errorHeader, headerText(media.MessageOf(err)))
	switch media.CodeOf(err) {
	case media.Limited, media.Pending:
		h.Set("Retry-After", dialect.RetrySeconds)
	}
}

type errorBody struct {
	Error errorDetail `json:"error"`
}

type errorDetail struct {
	Message string `json:"message"`
}

func deliveryStatus(code media.Code) int {
	if code == media.Pending {
		return http.StatusLocked
	}
	return dialect.StatusOf(code)
}

// apiStatus keeps to the statuses that client libraries know: some reject
// the answer with any other without looking at its message.
func apiStatus(code media.Code) int {
	switch code {
	case media.Pending, media.Limited:
		return http.StatusTooManyRequests
	case media.NoSpace:
		return http.StatusInternalServerError
	}
	return dialect.StatusOf(code)
}

// headerText makes a message fit for a header: printable ASCII, everything
// else percent-encoded, and no longer than a proxy takes.
func headerText(message string) string {
	const most = 1 << 10
	var b strings.Builder
	for i := 0; i < len(message) && b.Len() < most; i++ {
		if c := message[i]; c >= ' ' && c <= '~' {
			b.WriteByte(c)
		} else {
			b.Write([]byte{'%', upperHex[c>>4], upperHex[c&15]})
		}
	}
	return b.String()
}
