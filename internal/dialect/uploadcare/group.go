package uploadcare

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"tintype/internal/library"
	"tintype/internal/media"
)

// groupAnswer describes a group.
type groupAnswer struct {
	ID      string `json:"id"`
	Created string `json:"datetime_created"`
	// Stored is when the group was marked to be kept, which every one is.
	Stored *string `json:"datetime_stored"`
	Count  int     `json:"files_count"`
	CDN    string  `json:"cdn_url"`
	URL    string  `json:"url"`
	// Files are null where they were removed, or are of restricted access:
	// everybody who knows the public key may look.
	Files []*groupFile `json:"files"`
}

type groupFile struct {
	Effects string `json:"default_effects"`
	fileInfo
}

// makeGroup answers POST /group/.
func (d *Dialect) makeGroup(c *call) (any, error) {
	if err := d.signed(c); err != nil {
		return nil, err
	}
	if c.form.Get("callback") != "" {
		return nil, &apiError{http.StatusBadRequest, "RequestError", "callback is not supported here"}
	}
	items := c.form.List("files")
	switch {
	case len(items) == 0:
		return nil, &apiError{http.StatusBadRequest, "GroupFilesInvalidError", "No files[N] parameters found."}
	case len(items) > library.MaxGroup:
		return nil, &apiError{http.StatusBadRequest, "GroupFilesInvalidError", fmt.Sprintf("A group has at most %d files.", library.MaxGroup)}
	}
	members := make([]media.Member, len(items))
	for i, item := range items {
		m, ok := d.member(item)
		if !ok {
			return nil, &apiError{http.StatusBadRequest, "GroupFileURLParsingFailedError", "This is not valid file url: " + quotable(item) + "."}
		}
		members[i] = m
	}
	g, err := d.cfg.Library.MakeGroup(c.r.Context(), c.acc.ID, members, d.cfg.SignedUploads(c.acc.ID))
	if err != nil {
		if media.CodeOf(err) == media.NotFound {
			err = &apiError{http.StatusBadRequest, "GroupFilesNotFoundError", "Some files not found."}
		}
		return nil, err
	}
	return d.group(g), nil
}

// groupInfo answers GET /group/info/.
func (d *Dialect) groupInfo(c *call) (any, error) {
	id := c.form.Get("group_id")
	if id == "" {
		return nil, &apiError{http.StatusBadRequest, "GroupIdRequiredError", "group_id is required."}
	}
	none := &apiError{http.StatusNotFound, "GroupNotFoundError", "group_id is invalid."}
	if !groupText.MatchString(id) {
		return nil, none
	}
	u, err := splitGroup(id, "")
	if err != nil {
		return nil, none
	}
	g, err := d.cfg.Library.FindGroup(c.r.Context(), c.acc.ID, u.Group)
	switch {
	case err != nil && media.CodeOf(err) != media.NotFound:
		return nil, err
	case err != nil || len(g.Members) != u.Size:
		return nil, none
	}
	return d.group(g), nil
}

// member reads what names a file in a new group: a UUID, with operations
// behind it or not, or a URL of a file.
func (d *Dialect) member(item string) (media.Member, bool) {
	path := item
	if scheme, rest, ok := strings.Cut(item, "://"); ok {
		if scheme != "http" && scheme != "https" {
			return media.Member{}, false
		}
		_, path, _ = strings.Cut(rest, "/")
		path, _, _ = strings.Cut(path, "?")
	}
	path = strings.TrimPrefix(path, "/")
	// The endpoint's prefix may stand before the file's own path.
	for !uuidBegins(path) {
		var ok bool
		if _, path, ok = strings.Cut(path, "/"); !ok {
			return media.Member{}, false
		}
	}
	if len(path) == uuidLength {
		path += "/"
	}
	u, err := splitURL(url2path(path))
	if err != nil || u.Group != "" {
		return media.Member{}, false
	}
	p, err := parseOperations(u.Operations, d.limits())
	if err != nil || p.Asked.op != "" || p.Validate() != nil {
		return media.Member{}, false
	}
	u.Filename = ""
	effects := strings.TrimPrefix(buildURL(u), "/"+uuidOf(u.ID)+"/")
	return media.Member{Asset: u.ID, Transformation: strings.TrimPrefix(effects, "-/")}, true
}

// uuidLength is that of a UUID with its dashes.
const uuidLength = 36

// uuidBegins reports whether a path begins with the UUID of a file.
func uuidBegins(path string) bool {
	id, _, _ := strings.Cut(path, "/")
	return uuidText.MatchString(id)
}

// url2path makes the path of a URL that people wrote fit to be taken apart:
// what is no proper escape stays a percent sign.
func url2path(path string) string {
	if _, err := url.PathUnescape(path); err != nil {
		path = strings.ReplaceAll(path, "%", "%25")
	}
	return "/" + path
}

// group presents a group.
func (d *Dialect) group(g *library.Grouped) groupAnswer {
	id := groupID(g.ID, len(g.Members))
	out := groupAnswer{
		ID: id, Created: timestamp(g.CreatedAt), Count: len(g.Members),
		CDN: d.cfg.CDN(g.Account) + "/" + id + "/", URL: d.cfg.PublicURL + "/groups/" + id + "/",
		Files: make([]*groupFile, len(g.Members)),
	}
	for i, a := range g.Assets {
		if a != nil && a.Shown(d.cfg.Now()) {
			out.Files[i] = &groupFile{g.Members[i].Transformation, fileInfoOf(a)}
		}
	}
	return out
}

func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }
