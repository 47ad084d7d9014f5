package cloudinary

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"tintype/internal/media"
)

// answer is what a route does with an authorised call: a value for JSON, or an error.
type answer func(d *Dialect, c *call) (any, error)

// route is what a path and method lead to.
type route struct {
	do    answer
	admin bool // Basic credentials instead of a signature, and rate headers
	file  bool // takes a file
	open  bool // needs no credentials of an account
	// define: the JSON body defines something. Its nulls count, and its lists
	// may be long.
	define bool
	// until: the signature may last until expires_at.
	until bool
	// browser: pages of other origins may call it.
	browser bool
}

// routeRow is a route with the pattern of its path.
type routeRow struct {
	pattern string
	route   route
}

// named is what a path names, each "" where it does not.
type named struct {
	kind   media.Kind
	access media.Access
	// id is an asset's id, a public id, or whatever else the pattern names.
	id string
}

// findRoute tells which of rows the escaped segments of a path mean, and what
// they name. Some client libraries escape the slashes of the whole path, as in
// resources%2Fsearch, which counts where nothing else fits.
func findRoute(rows []routeRow, segments []string) (route, named, bool) {
	for _, row := range rows {
		if n, ok := match(row.pattern, segments); ok {
			return row.route, n, true
		}
	}
	if len(segments) != 1 {
		return route{}, named{}, false
	}
	parts := escapedSlash.Split(segments[0], -1)
	if len(parts) == 1 || len(parts) > maxSegments {
		return route{}, named{}, false
	}
	return findRoute(rows, parts)
}

var escapedSlash = regexp.MustCompile("%2[Ff]")

// maxSegments bounds the paths of escaped slashes.
const maxSegments = 100

// match compares segments with a pattern. Ids may contain slashes, escaped or not.
func match(pattern string, segments []string) (n named, ok bool) {
	for pattern != "" {
		var part string
		part, pattern, _ = strings.Cut(pattern, "/")
		if len(segments) == 0 {
			return n, false
		}
		segment := segments[0]
		segments = segments[1:]
		switch part {
		case "{id...}":
			id, err := url.PathUnescape(strings.Join(append([]string{segment}, segments...), "/"))
			n.id = id
			return n, err == nil && id != "" && storable(id)
		case "{name}":
			id, err := url.PathUnescape(segment)
			if err != nil || id == "" || !storable(id) {
				return n, false
			}
			n.id = id
		case "{asset}":
			if !assetID(segment) {
				return n, false
			}
			n.id = segment
		case "{kind}", "{rt}":
			kind, known := kinds[segment]
			if !known || kind == "" && part == "{kind}" {
				return n, false
			}
			n.kind = kind
		case "{type}":
			if n.access, ok = accesses[segment]; !ok {
				n.access, ok = madeAccesses[segment]
			}
			if !ok {
				return n, false
			}
		default:
			if part != segment {
				return n, false
			}
		}
	}
	return n, len(segments) == 0
}

// forBrowsers reports whether pages of other origins may call a path with
// some method.
func forBrowsers(segments []string) bool {
	for _, method := range []string{http.MethodPost, http.MethodGet} {
		if rt, _, ok := findRoute(routes[method], segments); ok && rt.browser {
			return true
		}
	}
	return false
}
