package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"tintype/internal/account"
	"tintype/internal/delivery"
	"tintype/internal/dialect"
	"tintype/internal/media"
)

// headerID carries the request's id. The name is in canonical form.
const headerID = "X-Request-Id"

// readyTimeout bounds what /ready waits for.
const readyTimeout = 2 * time.Second

// ServeHTTP answers one request. What was answered before comes from memory,
// before anything is looked at more closely.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := s.ids.next()
	w.Header()[headerID] = []string{id}
	if s.cfg.Logger.Enabled(r.Context(), slog.LevelDebug) {
		lw := &writer{ResponseWriter: w}
		defer s.access(id, r, lw, time.Now())
		w = lw
	}
	if tooLong(r.RequestURI) {
		status(w, r, http.StatusRequestURITooLong, "The path is longer than 8 KiB\n")
		return
	}
	if len(r.TransferEncoding) > 0 {
		switch lengthsOf(r) {
		case twoLengths:
			w.Header().Set("Connection", "close")
			status(w, r, http.StatusBadRequest, "The request has both a Transfer-Encoding and a Content-Length\n")
			return
		case unknown:
			w.Header().Set("Connection", "close") // so that nothing can hide behind this request
		}
	}
	if s.hot(id, w, r) {
		return
	}
	s.identify(r)
	s.cold(id, w, r)
}

func (s *Server) access(id string, r *http.Request, w *writer, began time.Time) {
	s.cfg.Logger.Debug("request", "id", id, "method", r.Method, "host", r.Host, "path", r.URL.EscapedPath(),
		"status", w.status, "bytes", w.bytes, "took", time.Since(began))
}

// tooLong reports whether the path of a request target is, without its query.
func tooLong(target string) bool {
	if len(target) <= maxPath {
		return false
	}
	path, _, _ := strings.Cut(target, "?")
	return len(path) > maxPath
}

func (s *Server) hot(id string, w http.ResponseWriter, r *http.Request) bool {
	defer func() {
		if p := recover(); p != nil {
			s.panicked(id, r, p)
			panic(http.ErrAbortHandler) // something may have been written
		}
	}()
	return s.cfg.Delivery.Hot(w, r)
}

// cold answers what Hot did not know. The one recover of the house is here: a
// bug costs its own request an error and no other anything.
func (s *Server) cold(id string, rw http.ResponseWriter, r *http.Request) {
	w := &writer{ResponseWriter: rw}
	var by dialect.Dialect // whose words an error is told in
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		s.panicked(id, r, p)
		if w.status != 0 {
			panic(http.ErrAbortHandler)
		}
		h := w.Header()
		for name := range h {
			if name != headerID {
				delete(h, name)
			}
		}
		s.fail(by, w, r, &media.Error{Code: media.Internal})
	}()
	s.route(id, w, r, &by)
}

// panicked logs a panic, except the one that means to break a connection off.
func (s *Server) panicked(id string, r *http.Request, p any) {
	if p == http.ErrAbortHandler {
		panic(p)
	}
	s.cfg.Logger.Error("panic", "id", id, "method", r.Method, "path", r.URL.EscapedPath(), "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
}

// route finds who answers. Paths are compared as they were sent; nothing is
// cleaned, decoded or redirected here.
func (s *Server) route(id string, w *writer, r *http.Request, by *dialect.Dialect) {
	path := r.URL.EscapedPath()
	switch path {
	case "/health", "/ready":
		s.health(w, r, path == "/ready")
		return
	}
	for _, a := range s.apis {
		if strings.HasPrefix(path, a.prefix) {
			*by = a.dialect
			if r.Body != nil && r.Body != http.NoBody {
				r.Body = newBody(w, r.Body)
			}
			a.handler.ServeHTTP(w, r)
			return
		}
	}
	if h, ok := s.cfg.Extra[path]; ok {
		h.ServeHTTP(w, r)
		return
	}
	e, ok := s.cfg.Directory.Endpoint(r.Host, path)
	if !ok {
		s.nowhere(w, r, by)
		return
	}
	d, ok := s.dialects[e.Dialect]
	if !ok {
		s.cfg.Logger.Error("an endpoint names an unknown dialect", "id", id, "dialect", e.Dialect, "account", e.Account.ID)
		s.fail(nil, w, r, &media.Error{Code: media.Internal})
		return
	}
	*by = d
	s.deliver(id, w, r, e, d)
}

// nowhere answers a request whose path leads to no account.
func (s *Server) nowhere(w *writer, r *http.Request, by *dialect.Dialect) {
	d := s.dialects[s.cfg.Default]
	switch {
	case d == nil:
		status(w, r, http.StatusNotFound, "Nothing answers at this path\n")
	case r.Method == http.MethodOptions:
		preflight(w)
	default:
		*by = d
		d.Fail(w, r, media.Errorf(media.NotFound, "Nothing answers at this path"))
	}
}

// deliver answers a request for an asset.
func (s *Server) deliver(id string, w *writer, r *http.Request, e account.Endpoint, d dialect.Dialect) {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
	case http.MethodOptions:
		preflight(w)
		return
	default:
		err := media.Errorf(media.Unsupported, "Files are read with GET and HEAD, not %s", r.Method)
		d.Fail(&verdict{w, http.StatusMethodNotAllowed, field{"Allow", allowed}}, r, err)
		return
	}
	if a, ok := d.(dialect.Answerer); ok {
		if h, ok := a.Answer(r, e); ok {
			h.ServeHTTP(w, r)
			return
		}
	}
	q, err := d.Parse(r, e)
	if err == nil {
		err = s.cfg.Delivery.Serve(w, r, q)
	}
	if err == nil {
		return
	}
	if w.status != 0 || r.Context().Err() != nil && errors.Is(err, context.Canceled) {
		panic(http.ErrAbortHandler) // half an answer, or nobody left to hear one
	}
	if media.CodeOf(err) == media.Internal {
		s.cfg.Logger.Error("request failed", "id", id, "method", r.Method, "path", r.URL.EscapedPath(), "account", e.Account.ID, "err", err)
	}
	var outside *delivery.RangeError
	if errors.As(err, &outside) {
		unsatisfied := field{"Content-Range", "bytes */" + strconv.FormatInt(outside.Size, 10)}
		d.Fail(&verdict{w, http.StatusRequestedRangeNotSatisfiable, unsatisfied}, r, err)
		return
	}
	s.fail(d, w, r, err)
}

// fail answers with an error in a dialect's words, or in plain ones.
func (s *Server) fail(d dialect.Dialect, w *writer, r *http.Request, err error) {
	if d != nil {
		d.Fail(w, r, err)
		return
	}
	status(w, r, http.StatusInternalServerError, media.MessageOf(err)+"\n")
}

const allowed = "GET, HEAD, OPTIONS"

func preflight(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Allow", allowed)
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Allow-Methods", allowed)
	h.Set("Access-Control-Allow-Headers", "*")
	h.Set("Access-Control-Max-Age", "86400")
	w.WriteHeader(http.StatusNoContent)
}

// health answers the two paths for whoever watches the server.
func (s *Server) health(w http.ResponseWriter, r *http.Request, ready bool) {
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		status(w, r, http.StatusMethodNotAllowed, "Ask with GET or HEAD\n")
	case ready:
		s.ready(w, r)
	default:
		status(w, r, http.StatusOK, "ok\n")
	}
}

// ready says whether this node should get requests: red while it stops, and
// while what it needs does not answer.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	if s.stopping.Load() {
		status(w, r, http.StatusServiceUnavailable, "stopping\n")
		return
	}
	if s.cfg.Ready != nil {
		ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
		defer cancel()
		if err := s.cfg.Ready(ctx); err != nil {
			s.cfg.Logger.Warn("not ready", "err", err)
			status(w, r, http.StatusServiceUnavailable, "not ready\n")
			return
		}
	}
	status(w, r, http.StatusOK, "ready\n")
}

// status answers with a line of plain text that nobody may keep.
func status(w http.ResponseWriter, r *http.Request, code int, text string) {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(code)
	if r.Method != http.MethodHead {
		io.WriteString(w, text)
	}
}
