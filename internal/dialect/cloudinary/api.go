package cloudinary

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
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
	// key made the call; zero for delete_by_token.
	key  media.Key
	form *dialect.Form
	// kind, access and id are what the path names, each "" where it does not.
	kind   media.Kind
	access media.Access
	id     string
}

// answer is what a route does with an authorised call: a value for JSON, or an error.
type answer func(d *Dialect, c *call) (any, error)

// route is what a path and method lead to.
type route struct {
	do    answer
	admin bool // Basic credentials instead of a signature, and rate headers
	file  bool // takes a file
	open  bool // needs no credentials of an account
	// until: the signature may last until expires_at.
	until bool
}

// sender is an answer that is no JSON. An error comes before anything was written.
type sender interface {
	send(w http.ResponseWriter, r *http.Request) error
}

// lists are the parameters that may be repeated without brackets.
var lists = words("tags public_ids asset_ids fields allowed_formats prefixes fully_qualified_public_ids target_tags urls")

// serveAPI answers everything below apiPrefix.
func (d *Dialect) serveAPI(w http.ResponseWriter, r *http.Request) {
	if w.Header().Get("X-Request-Id") == "" {
		w.Header().Set("X-Request-Id", requestID())
	}
	path := strings.TrimPrefix(r.URL.EscapedPath(), apiPrefix)
	cloud, rest, _ := strings.Cut(path, "/")
	segments := strings.Split(strings.TrimRight(strings.TrimSuffix(rest, "%3F"), "/"), "/")
	if uploadPath(segments) {
		allowOrigins(w.Header())
		if r.Method == http.MethodOptions {
			w.Header().Set("Content-Length", "0")
			return
		}
	}
	acc, ok := d.account(cloud)
	if !ok {
		d.refuse(w, r, media.Errorf(media.Unauthorized, "Invalid cloud_name %s", dialect.Quotable(decodeOnce(cloud))))
		return
	}
	c := &call{ctx: r.Context(), r: r, acc: acc}
	rt, ok := c.find(r.Method, segments)
	if !ok {
		d.refuse(w, r, media.Errorf(media.NotFound, "There is no %s %s", r.Method, dialect.Quotable(r.URL.EscapedPath())))
		return
	}
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

func (d *Dialect) account(segment string) (*account.Account, bool) {
	name, err := url.PathUnescape(segment)
	if err != nil {
		return nil, false
	}
	return d.cfg.Accounts.ByName(media.AccountID(name))
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
	held := d.unproven.claim(address(c))
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
	return rt.do(d, c)
}

// formConfig says how a call's form is decoded, and where its file goes.
func (d *Dialect) formConfig(c *call, rt route, held *claim) (dialect.FormConfig, error) {
	cfg := dialect.FormConfig{Lists: lists}
	if !rt.file {
		return cfg, nil
	}
	if err := wholeFile(c.r.Header.Get("Content-Range")); err != nil {
		return cfg, err
	}
	limit := d.cfg.Library.MaxBytes(c.kind)
	cfg.BeforeFile = func(f *dialect.Form) error { return d.beforeFile(c, f, held) }
	cfg.Stage = func(ctx context.Context, r io.Reader) (*library.Staged, error) {
		return d.cfg.Library.Stage(ctx, held.count(r), limit)
	}
	return cfg, nil
}

// refuse answers an error. What is left of the body is read up to a point,
// because a client that is still sending would not see the answer.
func (d *Dialect) refuse(w http.ResponseWriter, r *http.Request, err error) {
	err = inWords(err)
	if media.CodeOf(err) == media.Internal {
		d.cfg.Logger.Error("API call", "method", r.Method, "path", r.URL.EscapedPath(), "request", w.Header().Get("X-Request-Id"), "error", err)
	}
	if r.Body != nil {
		// Where the server sets deadlines of its own for the body, this is shorter.
		http.NewResponseController(w).SetReadDeadline(time.Now().Add(5 * time.Second))
		io.CopyN(io.Discard, r.Body, 64<<20)
	}
	writeError(w, err, true)
}

// find tells which route a path means and fills in what the path names. Ids
// may contain slashes, escaped or not.
func (c *call) find(method string, segments []string) (route, bool) {
	if method == http.MethodPost {
		return c.findUpload(segments)
	}
	if rt, ok := c.findDownload(segments); ok && method == http.MethodGet {
		return rt, true
	}
	return c.findAdmin(method, segments)
}

// findUpload knows the routes of the Upload API.
func (c *call) findUpload(segments []string) (route, bool) {
	action := segments[len(segments)-1]
	switch len(segments) {
	case 1:
		if action != "upload" && action != "delete_by_token" {
			return route{}, false
		}
	case 2:
		kind, ok := kinds[segments[0]]
		if !ok && !(segments[0] == "all" && action == "generate_archive") {
			return route{}, false
		}
		c.kind = kind
		if action == "generate_archive" {
			return route{do: (*Dialect).generateArchive, until: true}, true
		}
	default:
		return route{}, false
	}
	switch action {
	case "upload":
		return route{do: (*Dialect).upload, file: true}, true
	case "delete_by_token":
		return route{do: (*Dialect).deleteByToken, open: true}, true
	}
	if c.kind == "" {
		return route{}, false
	}
	switch action {
	case "explicit":
		return route{do: (*Dialect).explicit}, true
	case "destroy":
		return route{do: (*Dialect).destroy}, true
	case "rename":
		return route{do: (*Dialect).rename}, true
	}
	return route{}, false
}

// kinds are the vendor's words for kinds of assets; "auto" is any.
var kinds = map[string]media.Kind{"image": media.KindImage, "video": media.KindVideo, "raw": media.KindRaw, "auto": ""}

// accesses are the vendor's words for who may read an asset.
var accesses = map[string]media.Access{"upload": media.Public, "private": media.Private, "authenticated": media.Authenticated}

// uploadPath reports whether a path may belong to the Upload API, which
// browsers of other origins may call.
func uploadPath(segments []string) bool {
	_, up := (&call{}).findUpload(segments)
	_, down := (&call{}).findDownload(segments)
	return up || down
}

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
func writeJSON(w http.ResponseWriter, v any) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		writeError(w, err, true)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
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
