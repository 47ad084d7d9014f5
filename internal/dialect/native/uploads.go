package native

import (
	"context"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/tus/tusd/v2/pkg/handler"
	"github.com/tus/tusd/v2/pkg/memorylocker"
	"golang.org/x/exp/slog"

	"tintype/internal/media"
)

// headerAsset holds the path at which the asset is described that an upload
// became.
const headerAsset = "Tintype-Asset"

// statusChecksumMismatch is the protocol's own status.
const statusChecksumMismatch = 460

// exchange is one request of the protocol, which its handler carries through
// in the context.
type exchange struct {
	account media.AccountID
	id      media.SessionID // "" for a new upload
	request string
	// resume: the client means to go on, so that an upload which lacks
	// nothing but its end is finished.
	resume   bool
	checksum *checksum
	// whole: the client wants the description of what the upload became.
	whole bool

	// What came of it, as far as it went.
	session *media.Session
	asset   *media.Asset
}

type exchangeKey struct{}

func exchangeOf(ctx context.Context) *exchange { return ctx.Value(exchangeKey{}).(*exchange) }

// tusHandler builds the handler of the protocol. It tells nobody over its
// channels: a channel that nobody reads would hold a request for ever.
func (d *Dialect) tusHandler() (http.Handler, error) {
	composer := handler.NewStoreComposer()
	s := store{d}
	composer.UseCore(s)
	composer.UseTerminater(s)
	composer.UseLengthDeferrer(s)
	// A client that comes back takes over from its own broken connection.
	// Across nodes the library refuses what does not fit.
	memorylocker.New().UseIn(composer)
	return handler.NewHandler(handler.Config{
		StoreComposer:             composer,
		MaxSize:                   d.cfg.Library.MaxBytes(""),
		BasePath:                  "/",
		DisableDownload:           true,
		Cors:                      &handler.CorsConfig{Disable: true, AllowOrigin: regexp.MustCompile(".*")},
		Logger:                    slog.New(slog.NewTextHandler(io.Discard, &slog.HandlerOptions{Level: slog.LevelError + 1})),
		PreFinishResponseCallback: d.finished,
	})
}

// serveUpload answers a request for an upload, or for all of them.
func (d *Dialect) serveUpload(w http.ResponseWriter, r *http.Request, ex *exchange) {
	ex.request = w.Header().Get("X-Request-Id")
	ex.whole = strings.Contains(r.Header.Get("Prefer"), "return=representation")
	method := r.Method
	if override := r.Header.Get("X-HTTP-Method-Override"); method == http.MethodPost && override != "" {
		method = override
	}
	if method == http.MethodGet && ex.id != "" {
		d.showUpload(w, r, ex)
		return
	}
	var err error
	if ex.checksum, err = parseChecksum(r.Header.Get("Upload-Checksum")); err != nil {
		d.fail(w, r, err)
		return
	}
	ex.resume = method == http.MethodHead || method == http.MethodPatch
	inner := r.Clone(context.WithValue(r.Context(), exchangeKey{}, ex))
	inner.URL.Path, inner.URL.RawPath = "/", ""
	if ex.id != "" {
		inner.URL.Path = "/" + string(ex.account) + ":" + string(ex.id)
	}
	if r.Body != nil {
		inner.Body = brokenOff{r.Body}
	}
	d.uploads.ServeHTTP(&answer{ResponseWriter: w, ex: ex}, inner)
}

// showUpload describes an upload, and the asset that it became.
func (d *Dialect) showUpload(w http.ResponseWriter, r *http.Request, ex *exchange) {
	u, err := d.findUpload(r.Context(), ex.account, ex.id)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	var a *media.Asset
	if u.session.Asset != "" {
		if a, err = d.cfg.Library.Find(r.Context(), ex.account, media.Ref{ID: u.session.Asset}); err != nil {
			d.fail(w, r, err)
			return
		}
	}
	send(w, http.StatusOK, encode(presentUpload(u.session, a)))
}

// finished describes the asset in the answer to the request that made it:
// where the protocol allows a body, or the client prefers one.
func (d *Dialect) finished(hook handler.HookEvent) (handler.HTTPResponse, error) {
	ex := exchangeOf(hook.Context)
	resp := handler.HTTPResponse{}
	if ex.asset == nil || ex.id != "" && !ex.whole {
		return resp, nil
	}
	resp.Header = handler.HTTPHeader{"Content-Type": "application/json; charset=utf-8"}
	resp.Body = string(encode(presentUpload(ex.session, ex.asset)))
	if ex.id != "" {
		resp.StatusCode = http.StatusOK
		resp.Header["Preference-Applied"] = "return=representation"
	}
	return resp, nil
}

// answer adds to the handler's answers what the handler does not know.
type answer struct {
	http.ResponseWriter
	ex   *exchange
	sent bool
}

// Unwrap is for http.ResponseController.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// SetWriteDeadline does nothing: the answer to the last part takes as long as
// the file takes to be looked at, and a deadline would outlive the request.
func (a *answer) SetWriteDeadline(time.Time) error { return nil }

// SetReadDeadline breaks off a body that is being read. That bodies make
// progress is seen to by the server.
func (a *answer) SetReadDeadline(t time.Time) error {
	if t.After(time.Now()) {
		return nil
	}
	return ignoreUnsupported(http.NewResponseController(a.ResponseWriter).SetReadDeadline(t))
}

func ignoreUnsupported(err error) error {
	if errors.Is(err, http.ErrNotSupported) {
		return nil
	}
	return err
}

func (a *answer) WriteHeader(status int) {
	if !a.sent {
		a.sent = true
		a.complete(a.Header())
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(p []byte) (int, error) {
	if !a.sent {
		a.WriteHeader(http.StatusOK)
	}
	return a.ResponseWriter.Write(p)
}

func (a *answer) complete(h http.Header) {
	ex := a.ex
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-store")
	}
	if extensions := h.Get("Tus-Extension"); extensions != "" {
		h.Set("Tus-Extension", extensions+",expiration,checksum")
		h.Set("Tus-Checksum-Algorithm", checksumNames)
	}
	if ex.session == nil {
		return
	}
	if h.Get("Location") != "" { // a path is right whatever stands before the server
		h.Set("Location", apiPrefix+string(ex.account)+"/uploads/"+string(ex.session.ID))
	}
	if ex.session.Asset != "" {
		h.Set(headerAsset, apiPrefix+string(ex.account)+"/assets/"+string(ex.session.Asset))
		return
	}
	h.Set("Upload-Expires", ex.session.ExpiresAt.UTC().Format(http.TimeFormat))
}

// brokenOff tells the end of a body that came too early in the words that
// the protocol's handler knows.
type brokenOff struct{ io.ReadCloser }

func (b brokenOff) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	var known *media.Error
	if errors.As(err, &known) {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}
