package delivery

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"time"

	"tintype/internal/blob"
	"tintype/internal/media"
	"tintype/internal/rendition"
	"tintype/internal/transform"
)

// answer is a complete response, ready to be written any number of times. It
// never changes once made.
type answer struct {
	fields   []field // the headers, all but what depends on the moment
	etag     string
	modified time.Time
	size     int64
	body     []byte // the whole content, or nil
	blob     string // where it lies when body is nil; "" where it lies nowhere

	negotiated bool // depends on the Accept header
	personal   bool
	hints      Hints // that it depends on

	// The rest is set when the answer enters the hot index.
	asset   assetKey
	client  Client // whom it was made for
	exact   bool   // only for what asks with the same query
	life    *life
	until   time.Time // end of the signature that allowed it, or zero
	expires time.Time // end of its time in the index, or zero
}

// field is a header with its canonical name. The values are shared by all
// responses; net/http replaces values and never changes them in place.
type field struct {
	name  string
	value []string
}

func (a *answer) mortal() bool { return !a.until.IsZero() || !a.expires.IsZero() }

func (a *answer) validAt(now time.Time) bool {
	return (a.until.IsZero() || now.Before(a.until)) && (a.expires.IsZero() || now.Before(a.expires))
}

// lasting reports whether the answer can be given again later.
func (a *answer) lasting() bool { return a.blob != "" || a.body != nil }

// modern tells the bit of a format that only some clients accept.
var modern = map[string]Formats{"avif": AVIF, "jxl": JXL, "webp": WebP}

// answer makes the response to a request for an asset that it may have. What
// is too large for a negotiated format is made in the next one.
func (d *Delivery) answer(ctx context.Context, q Request, f found) (*answer, error) {
	accepts := d.class(q.Client.Formats)
	for {
		out, format, err := d.answerIn(ctx, q, f.asset, accepts)
		if err == nil || media.CodeOf(err) != media.TooLarge || accepts&modern[format] == 0 {
			return out, err
		}
		accepts &^= modern[format]
	}
}

// answerIn is answer for a client that accepts the given formats. format is
// the one that was negotiated, or "".
func (d *Delivery) answerIn(ctx context.Context, q Request, a *media.Asset, accepts Formats) (_ *answer, format string, err error) {
	chain := q.Rules.chain(q.Chain, a)
	if chain.Output.Info && q.Describe == nil {
		return nil, "", media.Errorf(media.Unsupported, "Only a URL itself, not a named transformation, can ask for a description")
	}
	chain.Output.Info = false
	negotiated := chain.Output.Format == transform.Auto
	composed := a.Access.Composed()
	if negotiated && composed {
		chain.Output.Format = ""
		if accepts&WebP != 0 {
			chain.Output.Format = "webp"
		}
		format = chain.Output.Format
	} else if negotiated && a.Kind == media.KindImage {
		chain = q.Rules.negotiate(chain, a.Version.Info, accepts)
		format = chain.Output.Format
	}
	// A negotiated format that happens to be the stored one is no request
	// for the original, with its metadata and perhaps behind a signature;
	// but a drawing that stays one is sent as it is.
	asked := !negotiated || chain.Output.Format == "svg" && (a.Access != media.Private || q.Signed)
	original := asked && rendition.Original(a, chain)
	if !original && !composed {
		chain = q.Rules.settled(chain, a.Version.Info)
	}
	if q.Describe != nil {
		out, err := d.describe(ctx, q, a, chain, !original, negotiated)
		return out, format, err
	}
	if original {
		out, err := d.original(ctx, q, a, negotiated)
		return out, format, err
	}
	ctx = rendition.Spelled(ctx, q.Spelled)
	get := d.cfg.Renditions.Get
	if q.Signed {
		get = d.cfg.Renditions.GetSigned
	}
	r, err := get(ctx, a, chain)
	if err != nil {
		return nil, format, err
	}
	out := &answer{etag: r.MD5, modified: r.CreatedAt, size: r.Info.Bytes, body: r.Body, negotiated: negotiated}
	if len(r.Layers) > 0 {
		// A layer may change without a message about this asset.
		out.expires = d.cfg.Now().Add(laterCandidate)
	}
	if r.Stored {
		out.blob = r.Blob
		if _, files := blob.As[blob.Filer](d.cfg.Blobs); files && int64(len(r.Body)) > d.cfg.BodyBytes {
			out.body = nil // a slow reader is to hold a file, not memory
		}
	}
	d.dress(out, q, a, contentType{mime: media.MIME(r.Info.Format)}, r.Info.Format)
	q.tell(out, File{Asset: a, Info: r.Info, Made: r.CreatedAt})
	return out, format, nil
}

func (d *Delivery) original(ctx context.Context, q Request, a *media.Asset, negotiated bool) (*answer, error) {
	v := a.Version
	out := &answer{etag: v.MD5, modified: v.CreatedAt, size: v.Info.Bytes, blob: v.Blob, negotiated: negotiated}
	if v.Info.Bytes <= d.cfg.BodyBytes {
		body, err := blob.ReadAll(ctx, d.cfg.Blobs, v.Blob, v.Info.Bytes, v.MD5)
		if err != nil {
			return nil, unreadable(ctx, err)
		}
		out.body = body
	}
	format := v.Info.Format
	if a.Kind == media.KindRaw {
		format = "" // the extension is part of the name
	}
	d.dress(out, q, a, originalType(a.Kind, v.Info.Format), format)
	q.tell(out, File{Asset: a, Info: v.Info, Made: v.CreatedAt})
	return out, nil
}

// unreadable classifies a failure to read bytes that a record promises: it is
// ours, whatever the store calls it.
func unreadable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return &media.Error{Code: media.Internal, Op: "read blob", Message: "The file cannot be read", Err: err}
}

// digest is the etag of a body that was made here.
func digest(body []byte) string {
	sum := md5.Sum(body)
	return hex.EncodeToString(sum[:])
}

// maxAge is how long others may keep an answer: 30 days. What a URL means
// only changes by an overwrite, for which URLs carry versions.
const maxAge = 30 * 24 * time.Hour

// exposed are the headers of every answer that scripts of other origins may read.
const exposed = "Content-Length, Content-Disposition, Content-Range, Content-DPR, ETag, Last-Modified, X-Request-Id"

// dress sets the headers.
func (d *Delivery) dress(out *answer, q Request, a *media.Asset, t contentType, format string) {
	out.personal, out.hints = q.Personal, q.Hints
	out.until = q.Until
	out.etag = `"` + out.etag + `"`
	add := func(name, value string) { out.fields = append(out.fields, field{name, []string{value}}) }
	add("Content-Type", t.mime)
	add("Content-Length", strconv.FormatInt(out.size, 10))
	add("Etag", out.etag)
	add("Last-Modified", out.modified.UTC().Format(http.TimeFormat))
	add("Accept-Ranges", "bytes")
	add("X-Content-Type-Options", "nosniff")
	add("Access-Control-Allow-Origin", "*")
	add("Access-Control-Expose-Headers", d.exposed)
	add("Timing-Allow-Origin", "*")
	switch {
	case !out.until.IsZero():
	case a.Access.Composed():
		add("Cache-Control", "public, no-transform, max-age=60") // its members may change
	default:
		add("Cache-Control", out.cacheControl(maxAge))
	}
	if q.ContentDPR > 0 {
		add("Content-Dpr", strconv.FormatFloat(q.ContentDPR, 'f', -1, 64))
	}
	if !q.Hints.shared() {
		add("Accept-Ch", acceptCH)
	}
	vary := q.Hints.vary()
	if out.negotiated {
		vary = ", Accept" + vary
	}
	if vary != "" {
		add("Vary", vary[len(", "):])
	}
	if t.policy != "" {
		add("Content-Security-Policy", t.policy)
	}
	if q.Attachment || t.download {
		add("Content-Disposition", Attachment(downloadName(q.Download, a, format)))
	}
}

// standIn makes a an answer that shows a default in place of what is missing.
func (a *answer) standIn(def *Default, missing error) {
	a.personal = true
	h := http.Header{}
	if def.Tell != nil {
		def.Tell(h, missing)
	}
	if a.until.IsZero() {
		h.Set("Cache-Control", "private, no-transform, max-age=60") // until the picture comes
	}
	for name, values := range h {
		i := slices.IndexFunc(a.fields, func(f field) bool { return f.name == name })
		if i < 0 {
			a.fields = append(a.fields, field{name, values})
			continue
		}
		a.fields[i].value = values
	}
}

func (a *answer) cacheControl(age time.Duration) string {
	scope := "public"
	if a.negotiated || a.personal || !a.hints.shared() {
		scope = "private"
	}
	return scope + ", no-transform, immutable, max-age=" + strconv.Itoa(int(max(age, 0)/time.Second))
}
