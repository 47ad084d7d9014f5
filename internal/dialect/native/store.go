package native

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/tus/tusd/v2/pkg/handler"

	"tintype/internal/dialect"
	"tintype/internal/library"
	"tintype/internal/media"
)

// store keeps the uploads of the protocol in the library's sessions. It
// implements handler.DataStore and its extensions; ids are "account:session",
// so that the protocol's locks are of one account.
type store struct{ d *Dialect }

// note is what a session holds for this dialect.
type note struct {
	Tus *tusNote `json:"tus"`
}

type tusNote struct {
	Metadata map[string]string `json:"metadata"`
}

// NewUpload begins a session; all that can be refused by its metadata is.
func (s store) NewUpload(ctx context.Context, info handler.FileInfo) (handler.Upload, error) {
	ex := exchangeOf(ctx)
	u, err := uploadOf(info.MetaData)
	if err != nil {
		return nil, s.d.wireError(ex, err)
	}
	total := info.Size
	if info.SizeIsDeferred {
		total = media.UnknownTotal
	}
	if limit := s.d.cfg.Library.MaxBytes(u.Kind); total > limit {
		return nil, s.d.wireError(ex, media.Errorf(media.TooLarge, "The file has %d bytes, the most is %d", total, limit))
	}
	text, err := json.Marshal(note{&tusNote{info.MetaData}})
	if err != nil {
		return nil, s.d.wireError(ex, err)
	}
	session, err := s.d.cfg.Library.Begin(ctx, media.Session{Account: ex.account, Total: total, Note: text})
	if err != nil {
		return nil, s.d.wireError(ex, err)
	}
	ex.session = session
	return &tusUpload{d: s.d, session: session, meta: info.MetaData}, nil
}

// GetUpload finds a session. One that has all its bytes but was not finished,
// because the server died or could not, is finished now: the client that asks
// how far it is would not come back.
func (s store) GetUpload(ctx context.Context, id string) (handler.Upload, error) {
	ex := exchangeOf(ctx)
	_, session, _ := strings.Cut(id, ":")
	u, err := s.d.findUpload(ctx, ex.account, media.SessionID(session))
	if err != nil {
		return nil, s.d.wireError(ex, err)
	}
	ex.session = u.session
	if ex.resume && u.session.Asset == "" && u.session.Received == u.session.Total {
		if err := u.FinishUpload(ctx); err != nil {
			return nil, err
		}
	}
	return u, nil
}

func (d *Dialect) findUpload(ctx context.Context, acc media.AccountID, id media.SessionID) (*tusUpload, error) {
	s, err := d.cfg.Library.Session(ctx, acc, id)
	if err != nil {
		return nil, err
	}
	var n note
	if err := json.Unmarshal(s.Note, &n); err != nil || n.Tus == nil {
		return nil, media.Errorf(media.NotFound, "There is no upload %s", id)
	}
	return &tusUpload{d: d, session: s, meta: n.Tus.Metadata}, nil
}

// AsTerminatableUpload implements handler.TerminaterDataStore.
func (s store) AsTerminatableUpload(u handler.Upload) handler.TerminatableUpload {
	return u.(*tusUpload)
}

// AsLengthDeclarableUpload implements handler.LengthDeferrerDataStore.
func (s store) AsLengthDeclarableUpload(u handler.Upload) handler.LengthDeclarableUpload {
	return u.(*tusUpload)
}

// tusUpload is one session; for one request.
type tusUpload struct {
	d       *Dialect
	session *media.Session
	meta    map[string]string
}

// GetInfo tells what is there. Bytes come one after the other in this
// protocol, so their number is where they end.
func (u *tusUpload) GetInfo(context.Context) (handler.FileInfo, error) {
	s := u.session
	info := handler.FileInfo{ID: string(s.Account) + ":" + string(s.ID), Size: s.Total, Offset: s.Received, MetaData: u.meta}
	if s.Total < 0 {
		info.Size, info.SizeIsDeferred = 0, true
	}
	return info, nil
}

// WriteChunk keeps what arrives of a request's body: src ends where the
// client breaks off. With a checksum it is all or nothing.
func (u *tusUpload) WriteChunk(ctx context.Context, offset int64, src io.Reader) (int64, error) {
	ex := exchangeOf(ctx)
	most := u.d.cfg.Library.MaxBytes("") - offset
	if u.session.Total >= 0 {
		most = u.session.Total - offset
	}
	if ex.checksum != nil {
		src = io.TeeReader(src, ex.checksum.hash)
	}
	staged, err := u.d.cfg.Library.Stage(ctx, src, most)
	if err != nil {
		return 0, u.d.wireError(ex, err)
	}
	if ex.checksum != nil && !ex.checksum.matches() {
		staged.Discard()
		return 0, handler.NewError("ERR_CHECKSUM_MISMATCH", "the bytes do not have the checksum", statusChecksumMismatch)
	}
	n := staged.Size
	return n, u.append(ctx, library.Part{Offset: offset, Total: media.UnknownTotal, Staged: staged})
}

func (u *tusUpload) append(ctx context.Context, p library.Part) error {
	ex := exchangeOf(ctx)
	s, err := u.d.cfg.Library.Append(ctx, u.session.Account, u.session.ID, p)
	if err != nil {
		return u.d.wireError(ex, err)
	}
	u.session, ex.session = s, s
	return nil
}

// DeclareLength tells the size of a file that began without.
func (u *tusUpload) DeclareLength(ctx context.Context, length int64) error {
	nothing, err := u.d.cfg.Library.Stage(ctx, strings.NewReader(""), 0)
	if err != nil {
		return u.d.wireError(exchangeOf(ctx), err)
	}
	return u.append(ctx, library.Part{Offset: u.session.Received, Total: length, Staged: nothing})
}

// FinishUpload makes the asset.
func (u *tusUpload) FinishUpload(ctx context.Context) error {
	ex := exchangeOf(ctx)
	to, err := uploadOf(u.meta)
	if err != nil {
		return u.d.wireError(ex, err)
	}
	out, err := u.d.cfg.Library.Finish(ctx, u.session.Account, u.session.ID, to)
	if err != nil {
		return u.d.wireError(ex, err)
	}
	u.session.Asset, u.session.Existing = out.Asset.ID, out.Existing
	ex.session, ex.asset = u.session, out.Asset
	return nil
}

// Terminate forgets the upload; what it became stays.
func (u *tusUpload) Terminate(ctx context.Context) error {
	if err := u.d.cfg.Library.Abort(ctx, u.session.Account, u.session.ID); err != nil {
		return u.d.wireError(exchangeOf(ctx), err)
	}
	return nil
}

// GetReader implements handler.Upload; an upload is not read back here.
func (u *tusUpload) GetReader(context.Context) (io.ReadCloser, error) {
	return nil, handler.NewError("ERR_NOT_READABLE", "an upload cannot be read back", http.StatusMethodNotAllowed)
}

// wireError makes of an error what the protocol's handler sends as it is; any
// other error it would show in full.
func (d *Dialect) wireError(ex *exchange, err error) error {
	var made handler.Error
	if errors.As(err, &made) {
		return made
	}
	if media.CodeOf(err) == media.Internal {
		d.cfg.Logger.Error("resumable upload", "account", ex.account, "upload", ex.id, "request", ex.request, "error", err)
	}
	status, body := failure(err)
	header := handler.HTTPHeader{"Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store"}
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		header["Retry-After"] = dialect.RetrySeconds
	}
	return handler.Error{ErrorCode: "ERR_" + strings.ToUpper(strings.ReplaceAll(media.CodeOf(err).String(), " ", "_")), Message: media.MessageOf(err),
		HTTPResponse: handler.HTTPResponse{StatusCode: status, Body: string(body), Header: header}}
}
