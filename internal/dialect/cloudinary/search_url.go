package cloudinary

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"tintype/internal/account"
	"tintype/internal/dialect"
	"tintype/internal/media"
)

// Answer implements dialect.Answerer: beside assets, a delivery host has
// signed searches, whose answers caches may keep.
func (d *Dialect) Answer(r *http.Request, e account.Endpoint) (http.Handler, bool) {
	rest, ok := strings.CutPrefix(pathAfter(r.URL.EscapedPath(), e.Prefix), "/search/")
	if !ok {
		return nil, false
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s, err := readSearchURL(rest, e.Account.Keys)
		var result any
		if err == nil {
			result, err = d.signedSearch(r, e, s)
		}
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Access-Control-Expose-Headers", errorHeader)
		if err != nil {
			d.refuse(w, r, err)
			return
		}
		writeJSONFor(w, result, "public, max-age="+strconv.Itoa(s.ttl))
	}), true
}

// searchURL is a signed search.
type searchURL struct {
	query  []byte // JSON
	cursor string
	ttl    int
	key    media.Key // that signed it
}

// maxSearchTTL is how long a search may be kept, in seconds.
const maxSearchTTL = 365 * 24 * 3600

// readSearchURL takes the part of a path behind "search/" apart:
// signature/ttl/query, and perhaps /cursor. The query is in base64 and may
// contain slashes; the signature tells where it ends.
func readSearchURL(escaped string, keys []media.Key) (searchURL, error) {
	var s searchURL
	refused := media.Errorf(media.Unauthorized, "The signature of the search is not valid")
	text, err := url.PathUnescape(escaped)
	if err != nil {
		return s, media.Errorf(media.Invalid, "The path of the search is malformed")
	}
	signature, text, _ := strings.Cut(text, "/")
	ttl, text, ok := strings.Cut(text, "/")
	if !ok {
		return s, media.Errorf(media.Invalid, "A search is signature/ttl/query")
	}
	query := strings.TrimSuffix(text, "/")
	if s.key, ok = searchKey(signature, ttl, query, keys); !ok {
		at := strings.LastIndexByte(query, '/')
		if at < 0 {
			return s, refused
		}
		query, s.cursor = query[:at], query[at+1:]
		if s.key, ok = searchKey(signature, ttl, query, keys); !ok {
			return s, refused
		}
	}
	if s.ttl, err = strconv.Atoi(ttl); err != nil || s.ttl < 0 || s.ttl > maxSearchTTL {
		return s, media.Errorf(media.Invalid, "The ttl %s is no number of seconds up to %d", dialect.Quotable(ttl), maxSearchTTL)
	}
	if s.query, err = base64.StdEncoding.DecodeString(query); err != nil {
		if s.query, err = base64.URLEncoding.DecodeString(query); err != nil {
			return s, media.Errorf(media.Invalid, "The query of the search is not in base64")
		}
	}
	return s, nil
}

// searchSignature signs a query in base64 and for how long its answer may be kept.
func searchSignature(ttl, query, secret string) string {
	sum := sha256.Sum256([]byte(ttl + query + secret))
	return hex.EncodeToString(sum[:])
}

// searchKey finds the key that made a signature.
func searchKey(signature, ttl, query string, keys []media.Key) (media.Key, bool) {
	for _, k := range keys {
		if k.Disabled || k.Secret == "" {
			continue
		}
		if subtle.ConstantTimeCompare([]byte(searchSignature(ttl, query, k.Secret)), []byte(signature)) == 1 {
			return k, true
		}
	}
	return media.Key{}, false
}

// signedSearch carries a signed search out.
func (d *Dialect) signedSearch(r *http.Request, e account.Endpoint, s searchURL) (any, error) {
	inner, err := http.NewRequestWithContext(r.Context(), http.MethodPost, "/", bytes.NewReader(s.query))
	if err != nil {
		return nil, err
	}
	inner.Header.Set("Content-Type", "application/json")
	form, err := dialect.Decode(r.Context(), inner, dialect.FormConfig{Lists: lists})
	if err != nil {
		return nil, err
	}
	if s.cursor != "" {
		form.Fields = append(form.Fields, dialect.Field{Name: "next_cursor", Value: s.cursor})
	}
	return d.searchAssets(&call{ctx: r.Context(), r: r, acc: e.Account, key: s.key, form: form})
}
