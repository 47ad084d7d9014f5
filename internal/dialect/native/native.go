// Package native is the product's own plain API. So far it takes uploads that
// can be resumed, by the tus protocol, and tells what they became.
package native

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"tintype/internal/account"
	"tintype/internal/cluster"
	"tintype/internal/delivery"
	"tintype/internal/dialect"
	"tintype/internal/library"
	"tintype/internal/media"
)

// Name is how endpoints refer to this dialect.
const Name = "native"

// apiPrefix is where every route of the API begins.
const apiPrefix = "/api/"

// Reserved is the first segment of the API's paths, which no account can have.
const Reserved = "api"

// Config says what a Dialect works with. Accounts, Library and Cluster are needed.
type Config struct {
	Accounts *account.Directory
	Library  *library.Library
	Cluster  cluster.Cluster
	Logger   *slog.Logger
	Now      func() time.Time
}

// Validate reports what is missing.
func (c Config) Validate() error {
	switch {
	case c.Accounts == nil:
		return errors.New("native: no account directory")
	case c.Library == nil:
		return errors.New("native: no library")
	case c.Cluster == nil:
		return errors.New("native: no cluster")
	}
	return nil
}

// Dialect implements dialect.Dialect. Safe for concurrent use.
type Dialect struct {
	cfg     Config
	guard   *dialect.Guard
	uploads http.Handler
}

// New returns a Dialect.
func New(cfg Config) (*Dialect, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	d := &Dialect{cfg: cfg, guard: dialect.NewGuard(cfg.Cluster, cfg.Now)}
	var err error
	d.uploads, err = d.tusHandler()
	return d, err
}

// Name implements dialect.Dialect.
func (d *Dialect) Name() string { return Name }

// API implements dialect.Dialect.
func (d *Dialect) API() (prefixes []string, h http.Handler) {
	return []string{apiPrefix}, http.HandlerFunc(d.serve)
}

// Parse implements dialect.Dialect: nothing is delivered in this dialect.
func (d *Dialect) Parse(*http.Request, account.Endpoint) (delivery.Request, error) {
	return delivery.Request{}, media.Errorf(media.NotFound, "Nothing is delivered here")
}

// Fail implements dialect.Dialect.
func (d *Dialect) Fail(w http.ResponseWriter, _ *http.Request, err error) {
	dialect.ClearAnswer(w.Header())
	status, body := failure(err)
	switch media.CodeOf(err) {
	case media.Limited, media.Pending:
		w.Header().Set("Retry-After", dialect.RetrySeconds)
	case media.Unauthorized:
		w.Header().Set("WWW-Authenticate", `Basic realm="tintype"`)
	}
	send(w, status, body)
}

// failure is how an error is answered: its message, never its cause.
func failure(err error) (status int, body []byte) {
	switch code := media.CodeOf(err); code {
	case media.TooLarge:
		status = http.StatusRequestEntityTooLarge
	case media.Limited:
		status = http.StatusTooManyRequests
	default:
		status = dialect.StatusOf(code)
	}
	var e struct {
		Error struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	e.Error.Message = media.MessageOf(err)
	return status, encode(e)
}

// encode makes JSON of what always can be.
func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v)
	return b.Bytes()
}

func send(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that has gone needs no answer
}

// serve answers everything below apiPrefix: /api/<account>/uploads/[<id>] and
// /api/<account>/assets/<id>.
func (d *Dialect) serve(w http.ResponseWriter, r *http.Request) {
	allowOrigins(w.Header())
	segments := strings.Split(strings.TrimPrefix(r.URL.EscapedPath(), apiPrefix), "/")
	name, noun, id := segments[0], "", ""
	if len(segments) > 1 {
		noun = segments[1]
	}
	if len(segments) > 2 {
		id = segments[2]
	}
	if len(segments) > 3 || noun != "uploads" && noun != "assets" || noun == "assets" && id == "" {
		d.fail(w, r, media.Errorf(media.NotFound, "There is no %s", dialect.Quotable(r.URL.EscapedPath())))
		return
	}
	if r.Method == http.MethodOptions {
		d.options(w, r, noun)
		return
	}
	acc, key, err := d.authorize(r, name)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	r = r.WithContext(media.WithOrigin(r.Context(), media.Origin{Key: key.ID, Request: w.Header().Get("X-Request-Id")}))
	if noun == "uploads" {
		d.serveUpload(w, r, &exchange{account: acc.ID, id: media.SessionID(id)})
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD, OPTIONS")
		send(w, http.StatusMethodNotAllowed, encode(map[string]any{"error": map[string]string{"message": "An asset is read with GET"}}))
		return
	}
	a, err := d.cfg.Library.Find(r.Context(), acc.ID, media.Ref{ID: media.AssetID(id)})
	if err != nil {
		d.fail(w, r, err)
		return
	}
	send(w, http.StatusOK, encode(present(a)))
}

// fail answers a call that could not be carried out, and logs what is ours.
func (d *Dialect) fail(w http.ResponseWriter, r *http.Request, err error) {
	if media.CodeOf(err) == media.Internal && !dialect.Left(r, err) {
		d.cfg.Logger.Error("API call", "method", r.Method, "path", r.URL.EscapedPath(), "request", w.Header().Get("X-Request-Id"), "error", err)
	}
	d.Fail(w, r, err)
}

// options answers the question of a browser, and that of a client for what
// uploads can do. Neither needs credentials.
func (d *Dialect) options(w http.ResponseWriter, r *http.Request, noun string) {
	if noun == "uploads" {
		d.serveUpload(w, r, &exchange{})
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func allowOrigins(h http.Header) {
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Allow-Methods", "GET, HEAD, POST, PATCH, DELETE, OPTIONS")
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Prefer, Tus-Resumable, Upload-Length, Upload-Offset, Upload-Metadata, "+
		"Upload-Defer-Length, Upload-Checksum, X-HTTP-Method-Override, X-Requested-With, X-Request-ID")
	h.Set("Access-Control-Expose-Headers", "Location, Tus-Resumable, Tus-Version, Tus-Extension, Tus-Max-Size, Tus-Checksum-Algorithm, "+
		"Upload-Offset, Upload-Length, Upload-Metadata, Upload-Defer-Length, Upload-Expires, X-Request-Id, "+headerAsset)
	h.Set("Access-Control-Max-Age", "600")
}

// Notify implements dialect.Dialect: nobody is told of events in this language yet.
func (d *Dialect) Notify(media.Event, media.Key) (http.Header, []byte, error) { return nil, nil, nil }
