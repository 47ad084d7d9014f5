package cloudinary

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"tintype/internal/account"
	"tintype/internal/dialect"
	"tintype/internal/library"
	"tintype/internal/media"
)

// call is one call of the API on its way to an answer.
type call struct {
	ctx context.Context
	r   *http.Request
	acc *account.Account
	// request is the id that the answer carries.
	request string
	// key made the call; zero for delete_by_token.
	key  media.Key
	form *dialect.Form
	// unsigned: an upload preset stands for the signature.
	unsigned bool
	named
	// span is which part of a file the call says to bring, nil where it says
	// nothing. chunk is that, too, but nil where it is all of the file.
	span, chunk *chunk
}

// sender is an answer that is no JSON. An error comes before anything was written.
type sender interface {
	send(w http.ResponseWriter, r *http.Request) error
}

// lists are the parameters that may be repeated without brackets.
var lists = words("assets_to_relate assets_to_unrelate derived_resource_ids tags public_ids asset_ids fields allowed_formats prefixes fully_qualified_public_ids target_tags urls sort_by with_field aggregate receipt_handles external_ids")

// serveAPI answers everything below apiPrefix and pollPrefix.
func (d *Dialect) serveAPI(w http.ResponseWriter, r *http.Request) {
	if w.Header().Get("X-Request-Id") == "" {
		w.Header().Set("X-Request-Id", requestID())
	}
	cloud, segments := segmentsOf(r.URL.EscapedPath())
	if forBrowsers(segments) {
		allowOrigins(w.Header())
		if r.Method == http.MethodOptions {
			w.Header().Set("Content-Length", "0")
			return
		}
	}
	acc, ok := d.cfg.Accounts.BySegment(cloud)
	if !ok {
		d.refuse(w, r, media.Errorf(media.Unauthorized, "Invalid cloud_name %s", dialect.Quotable(decodeOnce(cloud))))
		return
	}
	rt, n, ok := findRoute(routes[r.Method], segments)
	if !ok {
		d.refuse(w, r, media.Errorf(media.NotFound, "There is no %s %s", r.Method, dialect.Quotable(r.URL.EscapedPath())))
		return
	}
	c := &call{ctx: r.Context(), r: r, acc: acc, request: w.Header().Get("X-Request-Id"), named: n}
	if rt.admin {
		d.rateHeaders(w.Header())
	}
	result, err := d.run(c, rt)
	if err != nil {
		d.refuse(w, r, err)
		return
	}
	if s, ok := result.(sender); ok {
		if err := s.send(w, r); err != nil {
			d.refuse(w, r, err)
		}
		return
	}
	writeJSON(w, result)
}

// segmentsOf cuts an escaped path into the account and what follows it.
func segmentsOf(path string) (cloud string, segments []string) {
	path, polled := strings.CutPrefix(path, pollPrefix)
	cloud, rest, _ := strings.Cut(strings.TrimPrefix(path, apiPrefix), "/")
	segments = strings.Split(strings.TrimRight(rest, "/"), "/")
	if polled {
		segments = slices.Concat(pollSegments, segments)
	}
	return cloud, segments
}

// run decodes, authorises and carries out a call. Basic credentials are
// looked at before the body is read; a signature covers what is in it.
func (d *Dialect) run(c *call, rt route) (any, error) {
	basic := rt.admin || !rt.open && c.r.Header.Get("Authorization") != ""
	if basic {
		key, err := d.basic(c)
		if err != nil {
			return nil, err
		}
		c.key = key
	}
	held := d.unproven.claim(dialect.Address(c.r))
	defer held.prove()
	if basic {
		held.prove()
	}
	cfg, err := d.formConfig(c, rt, held)
	if err != nil {
		return nil, err
	}
	form, err := dialect.Decode(c.ctx, c.r, cfg)
	if err != nil {
		return nil, err
	}
	defer form.Close()
	c.form = form
	if name := form.Get("cloud_name"); name != "" && name != string(c.acc.ID) {
		return nil, media.Errorf(media.Unauthorized, "cloud_name mismatch")
	}
	if !basic && !rt.open {
		if c.key, err = d.bySignature(c, rt); err != nil {
			return nil, err
		}
	}
	held.prove()
	if err := c.caused(); err != nil {
		return nil, err
	}
	return rt.do(d, c)
}

// formConfig says how a call's form is decoded, and where its file goes.
func (d *Dialect) formConfig(c *call, rt route, held *claim) (dialect.FormConfig, error) {
	cfg := dialect.FormConfig{Lists: lists, Nulls: rt.define}
	if rt.define {
		cfg.MaxFields = 4000
	}
	if !rt.file {
		return cfg, nil
	}
	if err := d.readChunk(c); err != nil {
		return cfg, err
	}
	limit := d.cfg.Library.MaxBytes(c.kind)
	cfg.BeforeFile = func(f *dialect.Form) error { return d.beforeFile(c, f, held) }
	cfg.Stage = func(ctx context.Context, r io.Reader) (*library.Staged, error) {
		if c.span != nil {
			return d.stageChunk(ctx, c.span, held.count(r))
		}
		return d.cfg.Library.Stage(ctx, held.count(r), limit)
	}
	return cfg, nil
}

// refuse answers an error. What is left of the body is read up to a point,
// because a client that is still sending would not see the answer.
func (d *Dialect) refuse(w http.ResponseWriter, r *http.Request, err error) {
	err = inWords(err)
	if media.CodeOf(err) == media.Internal && !dialect.Left(r, err) {
		d.cfg.Logger.Error("API call", "method", r.Method, "path", r.URL.EscapedPath(), "request", w.Header().Get("X-Request-Id"), "error", err)
	}
	if r.Body != nil {
		// Where the server sets deadlines of its own for the body, this is shorter.
		http.NewResponseController(w).SetReadDeadline(time.Now().Add(5 * time.Second))
		io.CopyN(io.Discard, r.Body, 64<<20)
	}
	writeError(w, err, true)
}

// kinds are the vendor's words for kinds of assets; "auto" is any.
var kinds = map[string]media.Kind{"image": media.KindImage, "video": media.KindVideo, "raw": media.KindRaw, "auto": ""}

// accesses are the vendor's words for who may read an asset.
var accesses = map[string]media.Access{"upload": media.Public, "private": media.Private, "authenticated": media.Authenticated}

func allowOrigins(h http.Header) {
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Allow-Methods", "GET, POST, OPTIONS")
	h.Set("Access-Control-Allow-Headers", "Content-Range, X-Unique-Upload-Id, X-Requested-With, Content-Type, Authorization, Cache-Control")
	h.Set("Access-Control-Expose-Headers", "X-Request-Id, X-Cld-Error")
	h.Set("Access-Control-Max-Age", "600")
}

func requestID() string {
	var b [16]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// writeJSON answers 200, as every success is.
func writeJSON(w http.ResponseWriter, v any) { writeJSONFor(w, v, "no-store") }

// writeJSONFor is writeJSON for an answer that caches may keep as told.
func writeJSONFor(w http.ResponseWriter, v any, cacheControl string) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		writeError(w, err, true)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", cacheControl)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Write(b.Bytes())
}

// needed returns a parameter that a call cannot do without.
func (c *call) needed(name string) (string, error) {
	v := c.form.Get(name)
	if v == "" {
		return "", media.Errorf(media.Invalid, "Missing required parameter - %s", name)
	}
	return v, nil
}

// madeAccesses are the words for what the vendor's calls make of a text or of
// other pictures. Nothing is uploaded as such.
var madeAccesses = map[string]media.Access{"text": media.Drawn, "multi": media.Sequence, "sprite": media.Sheet}

// accessOf reads a parameter that names a type of delivery.
func (c *call) accessOf(name string, def media.Access) (media.Access, error) {
	v := c.form.Get(name)
	if v == "" {
		return def, nil
	}
	a, ok := accesses[v]
	if !ok {
		return "", media.Errorf(media.Invalid, "%s %s is not supported yet", name, dialect.Quotable(v))
	}
	return a, nil
}
