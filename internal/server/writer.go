package server

import (
	"io"
	"net/http"
)

// writer notes what was answered. It passes on the ability of the response
// below it to have the kernel send a file.
type writer struct {
	http.ResponseWriter
	status int // 0 until the header is written
	bytes  int64
}

func (w *writer) WriteHeader(code int) {
	if w.status == 0 && code >= 200 {
		w.status = code
	}
	w.ResponseWriter.WriteHeader(code)
}

func (w *writer) Write(p []byte) (int, error) {
	w.begin()
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	return n, err
}

// ReadFrom is what io.Copy calls.
func (w *writer) ReadFrom(r io.Reader) (int64, error) {
	w.begin()
	n, err := io.Copy(w.ResponseWriter, r)
	w.bytes += n
	return n, err
}

func (w *writer) begin() {
	if w.status == 0 {
		w.status = http.StatusOK
	}
}

// Unwrap is for http.ResponseController.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// verdict is a response whose status HTTP itself prescribes, with the header
// that belongs to it, in whatever words an error is told.
type verdict struct {
	http.ResponseWriter
	status int
	field  field
}

type field struct{ name, value string }

func (v *verdict) WriteHeader(int) {
	v.Header().Set(v.field.name, v.field.value)
	v.ResponseWriter.WriteHeader(v.status)
}

// Unwrap is for http.ResponseController.
func (v *verdict) Unwrap() http.ResponseWriter { return v.ResponseWriter }
