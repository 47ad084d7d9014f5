// Package delivery is the read side: it finds the asset that a request means,
// applies the access rules, negotiates the format, gets the bytes and answers
// with them. What was answered once is answered from memory afterwards,
// without parsing, SQL or a lock.
package delivery

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"tintype/internal/account"
	"tintype/internal/blob"
	"tintype/internal/catalog"
	"tintype/internal/cluster"
	"tintype/internal/media"
	"tintype/internal/rendition"
	"tintype/internal/transform"
)

// Config says what a Delivery works with. Catalog, Blobs, Renditions and
// Cluster are required.
type Config struct {
	Catalog    *catalog.DB
	Blobs      blob.Store
	Renditions *rendition.Store
	Cluster    cluster.Cluster
	// CacheBytes bounds the memory of the hot index; default 256 MiB.
	CacheBytes int64
	// BodyBytes is the largest body that the hot index holds in memory;
	// larger ones are read from the blob store each time. Default 1 MiB.
	BodyBytes int64
	// Offer are the formats that negotiation may choose; default AVIF and WebP.
	Offer Formats
	// TokenParams are the query parameters that carry an access token. A
	// request with one of them never meets the hot index.
	TokenParams []string
	// QueryParams are the query parameters that belong to what a request
	// means. The hot index tells requests apart by them, as they are written
	// and in their order, and by no other part of the query.
	QueryParams []string
	// ExposeHeaders are headers, beside those of every answer, that scripts of
	// other origins may read: those in which dialects tell errors.
	ExposeHeaders []string
	Logger        *slog.Logger
	Now           func() time.Time
}

// Validate reports the first setting that cannot work.
func (c Config) Validate() error {
	switch {
	case c.Catalog == nil:
		return errors.New("delivery: no catalog")
	case c.Blobs == nil:
		return errors.New("delivery: no blob store")
	case c.Renditions == nil:
		return errors.New("delivery: no rendition store")
	case c.Cluster == nil:
		return errors.New("delivery: no cluster")
	case c.CacheBytes < 0 || c.BodyBytes < 0:
		return errors.New("delivery: a size is negative")
	}
	return nil
}

// Request is what a dialect understood of a request.
type Request struct {
	Account *account.Account
	// Refs are the candidates: the first that exists is meant.
	Refs []media.Ref
	// Imports are files that may be brought in when none of them does: the
	// first that can be had is meant.
	Imports []Import
	// Default stands in when there is none of all these; nil is an error.
	Default *Default
	// Chain is what to do to it; an empty one asks for the original.
	Chain transform.Transformation
	// Spelled is Chain as the request wrote it, to be recorded; or zero.
	Spelled media.Spelling
	// Listing, where it is given, asks for a list in place of all this.
	Listing *Listing
	// Signed: a valid signature or token covers the request. A wrong one is
	// an error of the dialect and never gets here.
	Signed bool
	// ByURL: Signed is by a signature that is a part of the URL, and so of
	// every page that shows it; what is granted to tokens takes more.
	ByURL bool
	// Owner: who asks may have everything of the account.
	Owner bool
	// Until is when Signed ends; zero is never.
	Until time.Time
	// Hints are those that Chain was made by: what the request means depends
	// on what the client says of them, or on its saying nothing.
	Hints Hints
	// ContentDPR is the device pixel ratio that a hint made the picture for,
	// to be told in the answer; 0 tells none.
	ContentDPR float64
	// Personal: the request means what it means by more than its host, path,
	// query parameters of Config, Accept header and Hints, for example by a
	// token in a cookie. The answer then never enters the hot index or a
	// shared cache.
	Personal bool
	// Exact: all of the query belongs to what the request means, whichever
	// parameters Config names.
	Exact bool
	// Group, where it is given, is what the request names in place of Refs:
	// of the rest only Account, Signed, Until and Personal count then.
	Group *Group
	// Describe, where it is given, asks for a description of what Chain makes
	// in place of the file.
	Describe *Describe
	// Headers, where it is given, adds to an answer with a file. It is called
	// once for all times that the answer is given.
	Headers func(h http.Header, f File)
	// Attachment asks for a download instead of a display.
	Attachment bool
	// Download is the file name of the attachment; "" takes the asset's.
	Download string
	Client   Client
	Rules    Rules
}

// Import is a remote file that may become an asset.
type Import struct {
	As  media.Ref // by name, of open access
	URL string
}

// Default is a picture in the place of one that does not exist. It is public,
// and answers that show it are kept for a short time only.
type Default struct {
	Ref media.Ref
	// Tell adds headers to an answer that shows it, in place of the error
	// that it answers; nil adds none.
	Tell func(h http.Header, missing error)
}

// Delivery answers requests for assets. Safe for concurrent use.
type Delivery struct {
	cfg     Config
	exposed string
	hot     *index
	stop    []func()
	meter   meter
}

// New returns a Delivery that listens for changed assets and accounts until
// Close.
func New(cfg Config) (*Delivery, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.CacheBytes == 0 {
		cfg.CacheBytes = 256 << 20
	}
	if cfg.BodyBytes == 0 {
		cfg.BodyBytes = 1 << 20
	}
	if cfg.Offer == 0 {
		cfg.Offer = AVIF | WebP
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	hot, err := newIndex(uint64(cfg.CacheBytes))
	if err != nil {
		return nil, err
	}
	d := &Delivery{cfg: cfg, hot: hot, exposed: strings.Join(append([]string{exposed}, cfg.ExposeHeaders...), ", ")}
	d.stop = []func(){
		cfg.Cluster.Subscribe(rendition.Topic, d.changed),
		// A key that was withdrawn may have signed what is in the index.
		cfg.Cluster.Subscribe(account.Topic, func(msg []byte) { hot.forgetAccount(media.AccountID(msg)) }),
	}
	return d, nil
}

// Close ends the listening and the index's own work. Requests may still come.
func (d *Delivery) Close() {
	for _, stop := range d.stop {
		stop()
	}
	d.hot.close()
}

func (d *Delivery) changed(msg []byte) {
	var c rendition.Changed
	if err := json.Unmarshal(msg, &c); err != nil {
		d.cfg.Logger.Error("a message about a changed asset cannot be read", "err", err)
		return
	}
	d.hot.forget(assetKey{c.Account, c.ID})
}

// Serve answers a request that Hot did not know. An error comes before
// anything was written, so that the caller can answer with it. What fails
// after the headers went out breaks the connection off by panicking with
// http.ErrAbortHandler.
//
// Errors: NotFound when no candidate exists; Unauthorized when the request
// would need a signature, which for names of restricted access is said
// without looking whether they exist; Unsupported for steps on anything but
// an image; Invalid with a *RangeError when nothing of the range asked for
// exists; and those of rendition.Store.Get.
func (d *Delivery) Serve(w http.ResponseWriter, r *http.Request, q Request) error {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return media.Errorf(media.Unsupported, "The method %s is not allowed here", r.Method)
	}
	now := d.cfg.Now()
	if !q.Until.IsZero() && !now.Before(q.Until) {
		return media.Errorf(media.Unauthorized, "The signature has expired")
	}
	if q.Group != nil {
		return d.serveGroup(w, r, q, now)
	}
	return d.serve(w, r, q, now)
}

// serve answers a request for an asset.
func (d *Delivery) serve(w http.ResponseWriter, r *http.Request, q Request, now time.Time) error {
	if q.Listing != nil {
		return d.list(w, r, q)
	}
	mark := d.hot.mark()
	var err error
	if q.Chain, err = transform.Expand(q.Chain, q.Account.Named); err != nil {
		return err
	}
	f, err := d.find(r.Context(), q)
	if err != nil {
		return err
	}
	if !f.until.IsZero() && (q.Until.IsZero() || f.until.Before(q.Until)) {
		q.Until = f.until
	}
	a, err := d.answer(r.Context(), q, f)
	if err != nil {
		return err
	}
	if f.missing != nil {
		a.standIn(q.Default, f.missing)
	}
	body, err := a.open(r.Context(), d.cfg.Blobs, wantsWhole(r))
	if err != nil {
		return err
	}
	defer body.Close()
	d.fill(r, q, f, a, mark)
	if err := a.write(w, r, body, now); err != nil {
		return err
	}
	d.meter.count(f.asset.Account, w, r, a.size)
	return nil
}

// fill puts an answer into the hot index where the same request will always
// mean the same.
func (d *Delivery) fill(r *http.Request, q Request, f found, a *answer, mark uint64) {
	path, ok := hotPath(r, d.cfg.TokenParams, d.cfg.QueryParams)
	if !ok || q.Personal || !a.lasting() {
		return
	}
	if q.Exact {
		path = r.RequestURI
	}
	e := *a
	e.exact = q.Exact
	e.asset = assetKey{f.asset.Account, f.asset.ID}
	e.until = q.Until
	e.client = q.Client
	if int64(len(e.body)) > d.cfg.BodyBytes {
		if e.body = nil; e.blob == "" {
			return
		}
	}
	if !f.first {
		// A better candidate may come into being without a message about
		// this asset.
		e.expires = d.cfg.Now().Add(laterCandidate)
	}
	d.hot.put(hotKey{r.Host, path}, d.class(q.Client.Formats), &e, mark)
}

// laterCandidate is how long an answer stays in the hot index that holds only
// because earlier candidates do not exist.
const laterCandidate = 5 * time.Second

func (d *Delivery) class(f Formats) Formats { return f & d.cfg.Offer }

// Hot answers from memory what was answered before, and reports whether it
// did. It writes nothing otherwise. It reads no more of the request than its
// method, host, path, header, and the query parameters named in Config.
func (d *Delivery) Hot(w http.ResponseWriter, r *http.Request) bool {
	path, ok := hotPath(r, d.cfg.TokenParams, d.cfg.QueryParams)
	if !ok {
		return false
	}
	a := d.hot.get(hotKey{r.Host, path}, d.class(FormatsOf(r)), r.Header)
	if path != r.RequestURI && (a == nil || a.exact) {
		if a = d.hot.get(hotKey{r.Host, r.RequestURI}, d.class(FormatsOf(r)), r.Header); a != nil && !a.exact {
			a = nil
		}
	}
	if a == nil {
		return false
	}
	var now time.Time
	if a.mortal() {
		if now = d.cfg.Now(); !a.validAt(now) {
			return false
		}
	}
	if a.body != nil {
		return d.repeat(w, r, a, content{bytes: a.body}, now)
	}
	body, err := a.open(r.Context(), d.cfg.Blobs, wantsWhole(r))
	if err != nil {
		return false // Serve finds out why, or makes it anew
	}
	defer body.Close()
	return d.repeat(w, r, a, body, now)
}

// repeat writes an answer that was in the hot index, and reports whether it did.
func (d *Delivery) repeat(w http.ResponseWriter, r *http.Request, a *answer, body content, now time.Time) bool {
	if a.write(w, r, body, now) != nil {
		return false
	}
	d.meter.count(a.asset.account, w, r, a.size)
	return true
}
