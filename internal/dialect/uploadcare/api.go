package uploadcare

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"tintype/internal/account"
	"tintype/internal/dialect"
	"tintype/internal/media"
)

// groupPrefix leads to the calls about groups.
const groupPrefix = "/group/"

// API implements dialect.Dialect: of the vendor's APIs there are the calls
// about groups of the Upload API.
func (d *Dialect) API() (prefixes []string, h http.Handler) {
	if d.cfg.Library == nil || d.cfg.Accounts == nil {
		return nil, nil
	}
	return []string{groupPrefix}, http.HandlerFunc(d.serveAPI)
}

// serveAPI answers what lies below groupPrefix. One client library doubles
// the slash at the end of what it posts to.
func (d *Dialect) serveAPI(w http.ResponseWriter, r *http.Request) {
	var methods string
	var do func(c *call) (any, error)
	switch strings.TrimPrefix(r.URL.EscapedPath(), groupPrefix) {
	case "", "/":
		methods, do = http.MethodPost, d.makeGroup
	case "info/", "info":
		methods, do = http.MethodGet, d.groupInfo
	}
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Allow-Methods", strings.TrimPrefix(methods+", OPTIONS", ", "))
	h.Set("Access-Control-Allow-Headers", "X-UC-User-Agent, X-PINGOTHER, DNT, Authorization, Content-Type")
	h.Set("Access-Control-Expose-Headers", "Warning, Retry-After")
	h.Set("Access-Control-Max-Age", "600")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	switch {
	case r.Method == http.MethodOptions:
		w.WriteHeader(http.StatusNoContent)
		return
	case do == nil:
		d.refuse(w, r, &apiError{http.StatusNotFound, "NotFoundError", "There is no " + quotable(r.URL.EscapedPath())})
		return
	case r.Method != methods:
		h.Set("Allow", methods+", OPTIONS")
		d.refuse(w, r, &apiError{http.StatusMethodNotAllowed, "MethodNotAllowedError",
			"HTTP method " + quotable(r.Method) + " is not allowed for " + quotable(r.URL.EscapedPath())})
		return
	}
	answer, err := d.call(r, do)
	if err != nil {
		d.refuse(w, r, err)
		return
	}
	body, err := json.Marshal(answer)
	if err != nil {
		d.refuse(w, r, err)
		return
	}
	h.Set("Content-Type", "application/json")
	_, _ = w.Write(body) // a client that has gone needs no answer
}

// call is one call of the API on its way to an answer.
type call struct {
	r    *http.Request
	form *dialect.Form
	acc  *account.Account
}

// maxFields are a full group's files and what else a call has.
const maxFields = 1100

func (d *Dialect) call(r *http.Request, do func(*call) (any, error)) (any, error) {
	form, err := dialect.Decode(r.Context(), r, dialect.FormConfig{Lists: map[string]bool{"files": true}, MaxFields: maxFields})
	if err != nil {
		if code := media.CodeOf(err); code != media.Invalid && code != media.TooLarge {
			return nil, err
		}
		return nil, &apiError{http.StatusBadRequest, "PostRequestParserFailedError", "HTTP POST request parsing failed. " + media.MessageOf(err)}
	}
	defer form.Close()
	c := &call{r: r, form: form}
	key := form.Get("pub_key")
	if key == "" {
		return nil, &apiError{http.StatusForbidden, "ProjectPublicKeyRequiredError", "pub_key is required."}
	}
	var ok bool
	if c.acc, ok = d.cfg.Accounts.ByKey(key); !ok {
		return nil, &apiError{http.StatusForbidden, "ProjectPublicKeyInvalidError", "pub_key is invalid."}
	}
	return do(c)
}

// signed checks the signature of a call that makes something, where the
// account wants one: the HMAC of the time at which it ends, by any of the
// account's secrets.
func (d *Dialect) signed(c *call) error {
	if !d.cfg.SignedUploads(c.acc.ID) {
		return nil
	}
	signature, expire := c.form.Get("signature"), c.form.Get("expire")
	seconds, err := strconv.ParseInt(expire, 10, 64)
	switch {
	case signature == "":
		return &apiError{http.StatusBadRequest, "SignatureRequiredError", "`signature` is required."}
	case expire == "":
		return &apiError{http.StatusBadRequest, "SignatureExpirationRequiredError", "`expire` is required."}
	case err != nil:
		return &apiError{http.StatusBadRequest, "SignatureExpirationInvalidError", "`expire` must be a UNIX timestamp."}
	case d.cfg.Now().Unix() >= seconds:
		return &apiError{http.StatusForbidden, "SignatureExpirationError", "Expired signature."}
	}
	given, _ := hex.DecodeString(signature)
	valid := false
	for _, k := range c.acc.Keys {
		mac := hmac.New(sha256.New, []byte(k.Secret))
		mac.Write([]byte(expire))
		valid = hmac.Equal(mac.Sum(nil), given) && !k.Disabled || valid
	}
	if !valid {
		return &apiError{http.StatusForbidden, "SignatureInvalidError", "Invalid signature."}
	}
	return nil
}

// apiError is an error in the Upload API's words.
type apiError struct {
	status        int
	code, content string
}

func (e *apiError) Error() string { return e.content }

// refuse answers an error: as it is to say with its status, or for who sends
// jsonerrors=1 in a body of status 200.
func (d *Dialect) refuse(w http.ResponseWriter, r *http.Request, err error) {
	e := inWords(err)
	if e.status >= http.StatusInternalServerError {
		d.cfg.Logger.Error("API call", "method", r.Method, "path", r.URL.EscapedPath(), "error", err)
	}
	h := w.Header()
	if e.status == http.StatusServiceUnavailable || e.status == http.StatusTooManyRequests {
		h.Set("Retry-After", dialect.RetrySeconds)
	}
	if r.URL.Query().Get("jsonerrors") == "1" {
		body, _ := json.Marshal(map[string]errorDetail{"error": {e.status, e.content, e.code}}) // strings always can be
		h.Set("Content-Type", "application/json")
		_, _ = w.Write(body)
		return
	}
	h.Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(e.status)
	_, _ = w.Write([]byte(e.content))
}

// inWords puts an error of ours into the API's words.
func inWords(err error) *apiError {
	var known *apiError
	if errors.As(err, &known) {
		return known
	}
	code, content := media.CodeOf(err), media.MessageOf(err)
	switch code {
	case media.Limited, media.Pending:
		return &apiError{http.StatusTooManyRequests, "RequestThrottledError", "Request was throttled."}
	case media.Invalid, media.NotFound, media.Unsupported:
		return &apiError{dialect.StatusOf(code), "RequestError", content}
	}
	return &apiError{dialect.StatusOf(code), "UploadAPIError", content}
}
