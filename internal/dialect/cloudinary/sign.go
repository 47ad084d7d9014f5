package cloudinary

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"tintype/internal/dialect"
	"tintype/internal/media"
)

const (
	shortSignature = 8
	longSignature  = 32

	// maxStale and maxAhead bound how far the time of a signed call may lie
	// in the past and in the future.
	maxStale = time.Hour
	maxAhead = 15 * time.Minute

	// maxQuoted bounds the string to sign in an error message, in bytes.
	maxQuoted = 4 << 10
)

// deliverySignature is the short signature of a URL: of the raw
// transformation and the raw public id with its extension.
func deliverySignature(transformation, source, secret string) string {
	sum := sha1.Sum([]byte(toSign(transformation, source) + secret))
	return base64.URLEncoding.EncodeToString(sum[:])[:shortSignature]
}

func toSign(transformation, source string) string {
	if transformation == "" {
		return source
	}
	return transformation + "/" + source
}

// validDelivery reports whether signature belongs to a transformation and a
// source as they stand in a URL. What was signed may have been written
// otherwise: libraries sign transformations before they escape them, with
// spaces or wholly unescaped. Takes the same time for every wrong signature
// of a length.
func validDelivery(signature, transformation, source, secret string) bool {
	if secret == "" || len(signature) != shortSignature && len(signature) != longSignature {
		return false
	}
	spellings := []string{
		toSign(transformation, source),
		toSign(strings.ReplaceAll(transformation, "%20", " "), source),
		toSign(styleSpaces(transformation), source),
		toSign(decodeOnce(transformation), source),
		toSign(decodeOnce(transformation), decodeOnce(source)),
	}
	valid := 0
	for _, s := range spellings {
		long := sha256.Sum256([]byte(s + secret))
		text := base64.URLEncoding.EncodeToString(long[:])
		valid |= subtle.ConstantTimeCompare([]byte(signature), []byte(text[:len(signature)]))
		if len(signature) == shortSignature {
			short := sha1.Sum([]byte(s + secret))
			text = base64.URLEncoding.EncodeToString(short[:])
			valid |= subtle.ConstantTimeCompare([]byte(signature), []byte(text[:len(signature)]))
		}
	}
	return valid == 1
}

// styleSpaces has spaces for "%20" but in the words of text layers, which
// libraries escape before they sign.
func styleSpaces(transformation string) string {
	components := strings.Split(transformation, "/")
	for i, c := range components {
		params := strings.Split(c, ",")
		for j, p := range params {
			text := ""
			if strings.HasPrefix(p, "l_text:") || strings.HasPrefix(p, "u_text:") {
				if at := strings.IndexByte(p[len("l_text:"):], ':'); at >= 0 {
					at += len("l_text:")
					p, text = p[:at], p[at:]
				}
			}
			params[j] = strings.ReplaceAll(p, "%20", " ") + text
		}
		components[i] = strings.Join(params, ",")
	}
	return strings.Join(components, "/")
}

// unsigned are the parameters of an API call that its signature leaves out.
var unsigned = words("file cloud_name resource_type api_key signature signature_algorithm signature_version")

// signatures says which signatures of API calls are taken; the zero value
// takes those of every client library.
type signatures struct {
	// escaped refuses those of version 1, in which an "&" inside a value
	// cannot be told from the beginning of the next parameter.
	escaped bool
	sha256  bool // refuses SHA-1
}

// checkAPISignature verifies the signature among the parameters of an API
// call. Errors: Unauthorized for a missing or wrong one; Invalid for
// parameters that came twice or in two spellings, since which of them was
// signed would be a guess.
func checkAPISignature(fields []dialect.Field, secret string, accept signatures) error {
	if err := checkSpellings(fields); err != nil {
		return err
	}
	given := fieldValue(fields, "signature")
	if given == "" || secret == "" {
		return media.Errorf(media.Unauthorized, "Missing required parameter - signature")
	}
	text := paramsToSign(fields, true)
	valid := 0
	spellings := []string{text}
	if !accept.escaped {
		spellings = append(spellings, paramsToSign(fields, false))
	}
	for _, s := range spellings {
		var want string
		switch len(given) {
		case 2 * sha1.Size:
			if !accept.sha256 {
				want = hexSHA1(s + secret)
			}
		case 2 * sha256.Size:
			sum := sha256.Sum256([]byte(s + secret))
			want = hex.EncodeToString(sum[:])
		}
		valid |= subtle.ConstantTimeCompare([]byte(given), []byte(want))
	}
	if valid != 1 {
		if len(text) > maxQuoted {
			text = strings.ToValidUTF8(text[:maxQuoted], "") + "…"
		}
		return media.Errorf(media.Unauthorized, "Invalid Signature %s. String to sign - '%s'.", dialect.Quotable(given), text)
	}
	return nil
}

// checkSpellings refuses a parameter without brackets that comes a second
// time, be it with brackets. A list may come as one name several times.
func checkSpellings(fields []dialect.Field) error {
	indexed := map[string]bool{}
	for _, f := range fields {
		before, seen := indexed[f.Name]
		if seen && (before != f.Indexed || !f.Indexed && !lists[f.Name]) {
			return media.Errorf(media.Invalid, "Parameter given twice - %s", dialect.Quotable(f.Name))
		}
		indexed[f.Name] = f.Indexed
	}
	return nil
}

// paramsToSign renders parameters in the order of their names, lists joined
// by commas in the order of their arrival. With escape an "&" in a value
// cannot pass for the beginning of the next parameter.
func paramsToSign(fields []dialect.Field, escape bool) string {
	values := map[string][]string{}
	for _, f := range fields {
		if !unsigned[f.Name] {
			values[f.Name] = append(values[f.Name], f.Value)
		}
	}
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	var pairs []string
	for _, name := range names {
		value := strings.Join(values[name], ",")
		if value == "" {
			continue
		}
		pair := name + "=" + value
		if escape {
			pair = strings.ReplaceAll(pair, "&", "%26")
		}
		pairs = append(pairs, pair)
	}
	return strings.Join(pairs, "&")
}

// checkTimestamp verifies that the time of a signed call is about now.
func checkTimestamp(fields []dialect.Field, now time.Time) error {
	text := fieldValue(fields, "timestamp")
	if text == "" {
		return media.Errorf(media.Invalid, "Missing required parameter - timestamp")
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > 1<<40 {
		return media.Errorf(media.Invalid, "Invalid timestamp - %s", dialect.Quotable(text))
	}
	at := time.Unix(n, 0)
	reported := at.UTC().Format("2006-01-02 15:04:05 -0700")
	switch {
	case now.Sub(at) > maxStale:
		return media.Errorf(media.Invalid, "Stale request - reported time is %s which is more than 1 hour ago", reported)
	case at.Sub(now) > maxAhead:
		return media.Errorf(media.Invalid, "Stale request - reported time is %s which is more than 15 minutes ahead", reported)
	}
	return nil
}

// responseSignature signs an API call's answer, so that a browser can hand it
// on to a server that trusts it.
func responseSignature(publicID string, version int64, secret string) string {
	return hexSHA1("public_id=" + publicID + "&version=" + strconv.FormatInt(version, 10) + secret)
}

func hexSHA1(s string) string {
	sum := sha1.Sum([]byte(s))
	return hex.EncodeToString(sum[:])
}

// fieldValue is the value of the first field of a name, or "".
func fieldValue(fields []dialect.Field, name string) string {
	for _, f := range fields {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}
