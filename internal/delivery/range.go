package delivery

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"tintype/internal/media"
)

// maxRanges is how many ranges one request may ask for; with more the header
// is ignored, as RFC 9110 allows.
const maxRanges = 16

// RangeError is the cause, in an Error of code Invalid, when nothing of what
// a request's Range asks for exists: HTTP's status 416.
type RangeError struct {
	Size int64 // of the whole content
}

func (e *RangeError) Error() string { return fmt.Sprintf("range outside of %d bytes", e.Size) }

func outside(size int64) error {
	return &media.Error{Code: media.Invalid, Op: "read range", Message: "The range lies outside of the file", Err: &RangeError{size}}
}

// withRange returns the request with its Range as http.ServeContent should
// see it: without one that is malformed, of another unit than bytes or of too
// many ranges, which is to be ignored; and with none of those that ask for
// nothing or pass what a number holds.
func withRange(r *http.Request, size int64) *http.Request {
	values := r.Header["Range"]
	if len(values) == 0 {
		return r
	}
	text := ""
	if len(values) == 1 {
		text = cleanRange(values[0], size)
	}
	if text == values[0] {
		return r
	}
	r = r.Clone(r.Context())
	if text == "" {
		r.Header.Del("Range")
	} else {
		r.Header.Set("Range", text)
	}
	return r
}

// cleanRange returns "" for a header that is to be ignored.
func cleanRange(text string, size int64) string {
	unit, set, ok := strings.Cut(text, "=")
	if !ok || !strings.EqualFold(strings.TrimSpace(unit), "bytes") || strings.Count(set, ",") >= maxRanges {
		return ""
	}
	var kept []string
	asked := false
	for spec := range strings.SplitSeq(set, ",") {
		if spec = strings.TrimSpace(spec); spec == "" {
			continue
		}
		first, last, ok := strings.Cut(spec, "-")
		if !ok || !digits(first) || !digits(last) || first+last == "" {
			return ""
		}
		asked = true
		from, to := number(first), number(last)
		switch {
		case first == "" && to == 0:
		case first == "":
			kept = append(kept, "-"+strconv.FormatInt(to, 10))
		case last == "":
			kept = append(kept, strconv.FormatInt(from, 10)+"-")
		case to < from:
			return ""
		default:
			kept = append(kept, strconv.FormatInt(from, 10)+"-"+strconv.FormatInt(to, 10))
		}
	}
	switch {
	case !asked:
		return ""
	case len(kept) == 0:
		return "bytes=" + strconv.FormatInt(size, 10) + "-"
	}
	return "bytes=" + strings.Join(kept, ",")
}

func digits(s string) bool { return strings.Trim(s, "0123456789") == "" }

// number reads digits; what no file can reach is as good as any such number.
func number(s string) int64 {
	const most = 1 << 62
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil && s != "" || n > most {
		return most
	}
	return n
}

// rangeWriter holds back the answer that a range cannot be satisfied, for
// somebody to put it into words.
type rangeWriter struct {
	http.ResponseWriter
	unsatisfied bool
}

func (w *rangeWriter) WriteHeader(code int) {
	if code == http.StatusRequestedRangeNotSatisfiable {
		w.unsatisfied = true
		return
	}
	w.ResponseWriter.WriteHeader(code)
}

func (w *rangeWriter) Write(p []byte) (int, error) {
	if w.unsatisfied {
		return len(p), nil
	}
	return w.ResponseWriter.Write(p)
}

// ReadFrom lets the kernel send files.
func (w *rangeWriter) ReadFrom(r io.Reader) (int64, error) { return io.Copy(w.ResponseWriter, r) }

// Unwrap is for http.ResponseController.
func (w *rangeWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
