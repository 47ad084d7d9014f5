package cloudinary

import (
	"strings"
	"unicode"

	"tintype/internal/dialect"
	"tintype/internal/library"
	"tintype/internal/media"
)

// maxTags bounds the tags of an asset.
const maxTags = 1000

// upload carries out upload.
func (d *Dialect) upload(c *call) (any, error) {
	if err := c.applyPreset(); err != nil {
		return nil, err
	}
	if err := c.caused(); err != nil { // the preset has a say in it
		return nil, err
	}
	u, err := c.uploadOf()
	if err != nil {
		return nil, err
	}
	var eager eagerList
	if eager, u.Ahead, err = c.ahead(); err != nil {
		return nil, err
	}
	if code := c.form.Get("eval"); code != "" {
		u.Amend = d.evaluate(c, code, &eager)
	}
	if _, err := c.breakpoints(); err != nil {
		return nil, err
	}
	_, echo, err := c.grants()
	if err != nil {
		return nil, err
	}
	token, err := c.form.Bool("return_delete_token", false)
	if err != nil {
		return nil, err
	}
	if _, err := c.form.Bool("invalidate", false); err != nil {
		return nil, err
	}
	later, err := c.form.Bool("async", false)
	if err != nil {
		return nil, err
	}
	if later {
		return d.uploadLater(c, u, token)
	}
	up, part, err := d.take(c, u)
	if err != nil {
		return nil, err
	}
	if part != nil {
		return part, nil
	}
	if up.Existing && c.unsigned {
		// Whoever sent this may know and do no more about it than its readers.
		if token = false; !up.Asset.Shown(d.cfg.Now()) {
			return nil, media.Errorf(media.Invalid, "public_id (%s) is taken already", dialect.Quotable(up.Asset.Name))
		}
	}
	r, err := d.uploaded(c, up)
	if err != nil {
		return nil, err
	}
	r.AccessMode = echo
	r.Eager = d.eagerResults(c, up.Asset, eager, up.Eager)
	if u.EagerLater && !up.Existing {
		r.Eager, r.BatchID = d.processing(c, up.Asset, eager), c.batch()
	}
	if token {
		r.DeleteToken = deleteToken(c.key, up.Asset, d.cfg.Now())
	}
	return r, nil
}

// uploadLater acknowledges an upload that is done in the background.
func (d *Dialect) uploadLater(c *call, u library.Upload, token bool) (any, error) {
	switch {
	case c.chunk != nil:
		return nil, media.Errorf(media.Invalid, "async is not supported for uploads in parts")
	case token:
		return nil, media.Errorf(media.Invalid, "return_delete_token is not supported together with async")
	}
	name, err := d.cfg.Library.NameOf(u)
	if err != nil {
		return nil, err
	}
	if name != "" {
		u.Name, u.Folder = name, ""
	}
	answer := c.pending(u.Kind, u.Access, name)
	if err := d.cfg.Library.UploadLater(c.ctx, u); err != nil {
		return nil, err
	}
	return answer, nil
}

// uploaded does what is to be done with a stored file, and describes it.
func (d *Dialect) uploaded(c *call, up *library.Uploaded) (*result, error) {
	w, err := c.wanted()
	if err != nil {
		return nil, err
	}
	items, err := c.breakpoints()
	if err != nil {
		return nil, err
	}
	points, err := d.breakpointResults(c, up.Asset, items)
	if err != nil {
		return nil, err
	}
	r := d.resultWith(c, up.Asset, w)
	if code := c.form.Get("on_success"); code != "" && !up.Existing {
		var done *hook
		up.Asset, done = d.succeed(c, code, up.Asset, r)
		r = d.resultWith(c, up.Asset, w)
		r.Hooks = map[string]*hook{"on_success": done}
	}
	r.Breakpoints = points
	r.Done = c.span != nil
	r.Existing, r.Overwritten = up.Existing, up.Overwritten
	return r, nil
}

// take takes in a file, or the part of one.
func (d *Dialect) take(c *call, u library.Upload) (*library.Uploaded, *partResult, error) {
	if c.chunk != nil {
		return d.uploadChunk(c, u)
	}
	up, err := d.cfg.Library.Upload(c.ctx, u)
	return up, nil, err
}

// uploadOf reads the parameters of upload.
func (c *call) uploadOf() (u library.Upload, err error) {
	f := c.form
	if err := refuseUnbuilt(f, unbuilt); err != nil {
		return u, err
	}
	u = library.Upload{
		Account:  c.acc.ID,
		Name:     f.Get("public_id"),
		Folder:   placeOf(f.Get("folder"), f.Get("public_id_prefix")),
		Filename: f.Filename,
		Staged:   f.File,
	}
	if override := f.Get("filename_override"); override != "" {
		u.Filename = override
	}
	if u.Kind, err = c.uploadKind(); err != nil {
		return u, err
	}
	if err := c.source(&u); err != nil {
		return u, err
	}
	if err := checkName(u.Folder, u.Name); err != nil {
		return u, err
	}
	if u.Access, err = c.accessOf("type", media.Public); err != nil {
		return u, err
	}
	for _, b := range []struct {
		name string
		def  bool
		to   *bool
	}{
		{"use_filename", false, &u.UseFilename},
		{"unique_filename", true, &u.Unique},
		{"overwrite", true, &u.Overwrite},
		{"discard_original_filename", false, &u.NoOriginalName},
	} {
		if *b.to, err = f.Bool(b.name, b.def); err != nil {
			return u, err
		}
	}
	if u.Tags, err = c.tags(); err != nil {
		return u, err
	}
	if u.Context, err = parseContext(f.Get("context")); err != nil {
		return u, err
	}
	values, err := c.metadata()
	if err != nil {
		return u, err
	}
	if values != nil {
		u.Metadata = *values
	}
	if err := c.formats(&u); err != nil {
		return u, err
	}
	if err := c.placeUpload(&u); err != nil {
		return u, err
	}
	if u.Grants, _, err = c.grants(); err != nil {
		return u, err
	}
	if u.Moderators, err = c.moderators(); err != nil {
		return u, err
	}
	return u, c.extras(&u)
}

// placeOf joins the folder and the prefix that stand before a public id.
func placeOf(folder, prefix string) string {
	folder, prefix = strings.Trim(folder, "/"), strings.Trim(prefix, "/")
	if folder == "" || prefix == "" {
		return folder + prefix
	}
	return folder + "/" + prefix
}

// uploadKind is the path's kind; where that is any, the form may narrow it.
func (c *call) uploadKind() (media.Kind, error) {
	v := c.form.Get("resource_type")
	if c.kind != "" || v == "" {
		return c.kind, nil
	}
	kind, ok := kinds[v]
	if !ok {
		return "", media.Errorf(media.Invalid, "Invalid resource_type %s", dialect.Quotable(v))
	}
	return kind, nil
}

// source says where the bytes come from.
func (c *call) source(u *library.Upload) error {
	if u.Staged != nil {
		return nil
	}
	text := strings.TrimSpace(c.form.FileText)
	if text == "" {
		return media.Errorf(media.Invalid, "Missing required parameter - file")
	}
	scheme, _, ok := strings.Cut(text, "://")
	if scheme = strings.ToLower(scheme); !ok || scheme != "http" && scheme != "https" {
		return media.Errorf(media.Invalid, "Unsupported source URL: %s", dialect.Quotable(text))
	}
	u.URL = text
	return nil
}

// formats reads what may be taken and what is to be stored.
func (c *call) formats(u *library.Upload) error {
	if ext := c.form.Get("format"); ext != "" {
		f, ok := media.FormatByExtension(ext)
		if !ok {
			return media.Errorf(media.Invalid, "Invalid format %s", dialect.Quotable(ext))
		}
		u.Format = f.Name
	}
	for _, ext := range c.form.List("allowed_formats") {
		ext = strings.ToLower(strings.TrimPrefix(ext, "."))
		if f, ok := media.FormatByExtension(ext); ok {
			ext = f.Name
		}
		u.Formats = append(u.Formats, ext)
	}
	return nil
}

func (c *call) tags() ([]string, error) { return c.tagsIn("tags") }

// tagsIn reads a parameter that lists tags.
func (c *call) tagsIn(name string) ([]string, error) {
	var tags []string
	for _, v := range c.form.List(name) {
		for t := range strings.SplitSeq(v, ",") {
			if t = strings.TrimSpace(t); t != "" {
				tags = append(tags, t)
			}
		}
	}
	if len(tags) > maxTags {
		return nil, tooMany("tags", maxTags, len(tags))
	}
	return tags, nil
}

// checkName refuses public ids that the vendor does not allow, beyond those
// that the library does not.
func checkName(folder, publicID string) error {
	id := publicID
	if folder != "" {
		id = folder + "/" + publicID
	}
	if id == "" {
		return nil
	}
	check := id
	if publicID == "" {
		check += "x" // the library makes the last part
	}
	if strings.ContainsAny(check, `?&#\%<>+`) || library.CheckName(check) != nil || strings.HasPrefix(publicID, " ") {
		return media.Errorf(media.Invalid, "public_id (%s) is invalid", dialect.Quotable(id))
	}
	return nil
}

// parseContext reads "key=value|key=value", where a backslash makes "=" and
// "|" part of a value.
func parseContext(text string) (map[string]string, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	pairs := map[string]string{}
	for _, part := range splitEscaped(text, '|') {
		if strings.TrimSpace(part) == "" {
			continue
		}
		kv := splitEscaped(part, '=')
		key := strings.TrimSpace(unescape(kv[0]))
		if len(kv) < 2 || key == "" {
			return nil, media.Errorf(media.Invalid, "context (%s) is invalid, it must be like key=value|key=value", dialect.Quotable(part))
		}
		pairs[key] = unescape(strings.Join(kv[1:], "="))
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r != '\n' && r != '\t' && r != '\r' && unicode.IsControl(r) }) {
		return nil, media.Errorf(media.Invalid, "context holds a control character")
	}
	return pairs, nil
}

// splitEscaped cuts at a separator that no backslash stands before. The
// backslashes stay.
func splitEscaped(text string, sep byte) []string {
	var parts []string
	begin := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case sep:
			parts = append(parts, text[begin:i])
			begin = i + 1
		}
	}
	return append(parts, text[begin:])
}

func unescape(text string) string {
	return strings.NewReplacer(`\=`, "=", `\|`, "|").Replace(text)
}
