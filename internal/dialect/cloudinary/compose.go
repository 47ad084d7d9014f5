package cloudinary

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"

	"tintype/internal/delivery"
	"tintype/internal/dialect"
	"tintype/internal/library"
	"tintype/internal/media"
	"tintype/internal/rendition"
	"tintype/internal/transform"
)

// unbuiltCompose are parameters of multi and sprite that are not offered yet.
var unbuiltCompose = words("async notification_url")

// composing is what multi and sprite have in common.
type composing struct {
	name string // the tag, or what stands for a list of URLs
	// text is the transformation as it came, chain its meaning without format.
	text   string
	chain  transform.Transformation
	format media.Format
	media.Members
}

// composing reads the parameters of multi and sprite.
func (d *Dialect) composing(c *call, usual string) (p composing, err error) {
	if err := refuseUnbuilt(c.form, unbuiltCompose); err != nil {
		return p, err
	}
	if mode := c.form.Get("mode"); mode != "" && mode != "download" {
		return p, media.Errorf(media.Invalid, "Invalid mode %s", dialect.Quotable(mode))
	} else if mode == "" && c.r.Method != http.MethodPost {
		return p, media.Errorf(media.Invalid, "Only mode download takes a GET")
	}
	if p.name = c.form.Get("tag"); p.name != "" {
		p.Tag = p.name
	} else if err = d.memberURLs(c, &p); err != nil {
		return p, err
	}
	p.text = strings.Trim(c.form.Get("transformation"), "/")
	components, written := withoutFormat(strings.Split(p.text, "/"))
	chain, err := parseChainText(strings.Join(components, "/"))
	if err != nil {
		return p, err
	}
	p.chain = chain.Transformation
	ext := orDefault(c.form.Get("format"), orDefault(written, orDefault(p.chain.Output.Format, usual)))
	if f, ok := media.FormatByName(ext); ok {
		p.format = f
	} else if p.format, ok = media.FormatByExtension(ext); !ok {
		return p, media.Errorf(media.Invalid, "Invalid format %s", dialect.Quotable(ext))
	}
	p.chain.Output.Format = ""
	return p, nil
}

// withoutFormat takes an f_ out of components that no picture alone could
// have: a document, or a film.
func withoutFormat(components []string) (rest []string, format string) {
	for _, c := range components {
		params := slices.DeleteFunc(strings.Split(c, ","), func(p string) bool {
			name, ok := strings.CutPrefix(p, "f_")
			if ok = ok && (name == "pdf" || name == "mp4" || name == "webm"); ok {
				format = name
			}
			return ok
		})
		if len(params) > 0 {
			rest = append(rest, strings.Join(params, ","))
		}
	}
	return rest, format
}

// maxMemberURLs bounds the URLs of a call.
const maxMemberURLs = 500

// memberURLs reads a list of URLs: of files here, or elsewhere.
func (d *Dialect) memberURLs(c *call, p *composing) error {
	urls := c.form.List("urls")
	switch {
	case len(urls) == 0:
		return media.Errorf(media.Invalid, "Missing required parameter - tag")
	case len(urls) < 2:
		return media.Errorf(media.Invalid, "urls must name two files or more")
	case len(urls) > maxMemberURLs:
		return media.Errorf(media.Invalid, "There are more than %d urls", maxMemberURLs)
	}
	for _, text := range urls {
		ref, err := d.refOfURL(c, text)
		if err != nil {
			return err
		}
		p.Refs = append(p.Refs, ref)
	}
	sum := sha256.Sum256([]byte(strings.Join(urls, "\n")))
	p.name = hex.EncodeToString(sum[:16])
	return nil
}

// refOfURL is the asset that a URL of this server means, or the remote file
// of another.
func (d *Dialect) refOfURL(c *call, text string) (media.Ref, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return media.Ref{}, media.Errorf(media.Invalid, "Unsupported source URL: %s", dialect.Quotable(text))
	}
	own, ok := strings.CutPrefix(u.Host+u.EscapedPath(), d.public+"/"+string(c.acc.ID)+"/")
	if !ok {
		return media.Ref{URL: text}, nil
	}
	r, err := splitURL(own)
	if err != nil {
		return media.Ref{}, err
	}
	if len(r.Components) > 0 || r.Kind != media.KindImage {
		return media.Ref{}, media.Errorf(media.Invalid, "A URL of this server must name an image without a transformation: %s", dialect.Quotable(text))
	}
	return media.Ref{Kind: r.Kind, Access: r.Access, Name: r.IDs[0].PublicID}, nil
}

// multiResult answers multi.
type multiResult struct {
	URL       string `json:"url"`
	SecureURL string `json:"secure_url"`
	AssetID   string `json:"asset_id"`
	PublicID  string `json:"public_id"`
	Version   int64  `json:"version"`
}

// multi has all images of a tag play one after the other.
func (d *Dialect) multi(c *call) (any, error) {
	p, err := d.composing(c, "gif")
	if err != nil {
		return nil, err
	}
	p.chain.Output.Format = p.format.Name
	a, err := d.cfg.Library.Gather(c.ctx, library.Gathering{
		Account: c.acc.ID, Access: media.Sequence, Name: p.name, Members: p.Members, Chain: p.chain,
	})
	if err != nil {
		return nil, err
	}
	if c.form.Get("mode") == "download" {
		return d.composed(c, a, p.chain, p.name+"."+p.format.Extension)
	}
	u := deliveryURL{Kind: a.Kind, Access: a.Access, Version: versionNumber(a), IDs: []candidate{{PublicID: a.Name, Ext: p.format.Extension}}}
	if p.text != "" {
		u.Components = strings.Split(escapeTransformation(p.text), "/")
	}
	r := multiResult{AssetID: string(a.ID), PublicID: p.name, Version: versionNumber(a)}
	r.URL, r.SecureURL = d.urls(buildURL(u), a.Account)
	return r, nil
}

// escapeTransformation writes a transformation into a path as it came.
func escapeTransformation(text string) string {
	return strings.NewReplacer("%2C", ",", "%24", "$", "%25", "%").Replace(escapeID(text))
}

// composed answers with the file itself.
func (d *Dialect) composed(c *call, a *media.Asset, chain transform.Transformation, filename string) (any, error) {
	if d.cfg.Delivery == nil {
		return nil, media.Errorf(media.Unsupported, "Downloads are switched off here")
	}
	q := delivery.Request{
		Account: c.acc, Refs: []media.Ref{{ID: a.ID}}, Chain: chain, Signed: true, Owner: true, Personal: true, Attachment: true, Download: path.Base(filename),
	}
	return &deliverySender{d.cfg.Delivery, q, a.Name}, nil
}

// spriteResult answers sprite.
type spriteResult struct {
	CSSURL         string               `json:"css_url"`
	ImageURL       string               `json:"image_url"`
	JSONURL        string               `json:"json_url"`
	SecureCSSURL   string               `json:"secure_css_url"`
	SecureImageURL string               `json:"secure_image_url"`
	SecureJSONURL  string               `json:"secure_json_url"`
	PublicID       string               `json:"public_id"`
	Version        int64                `json:"version"`
	ImageInfos     map[string]imageInfo `json:"image_infos"`
}

type imageInfo struct {
	Width  int `json:"width"`
	Height int `json:"height"`
	X      int `json:"x"`
	Y      int `json:"y"`
}

// sprite puts all images of a tag on one sheet.
func (d *Dialect) sprite(c *call) (any, error) {
	p, err := d.composing(c, "png")
	if err != nil {
		return nil, err
	}
	tag := p.name
	if p.text != "" {
		p.name += "," + p.text
	}
	p.Chain, p.Format = transform.Transformation{Steps: p.chain.Steps, Input: p.chain.Input}.String(), p.format.Name
	a, err := d.cfg.Library.Gather(c.ctx, library.Gathering{
		Account: c.acc.ID, Access: media.Sheet, Name: p.name, Members: p.Members,
	})
	if err != nil {
		return nil, err
	}
	if c.form.Get("mode") == "download" {
		return d.composed(c, a, transform.Transformation{}, tag+"."+p.format.Extension)
	}
	layout, err := d.cfg.Library.Sheet(c.ctx, a)
	if err != nil {
		return nil, err
	}
	r := &spriteResult{PublicID: tag, Version: versionNumber(a), ImageInfos: infosOf(layout)}
	base := "/image/sprite/v" + strconv.FormatInt(r.Version, 10) + "/" + escapeID(tag)
	if p.text != "" {
		base += "," + escapeTransformation(p.text)
	}
	r.CSSURL, r.SecureCSSURL = d.urls(base+".css", a.Account)
	r.JSONURL, r.SecureJSONURL = d.urls(base+".json", a.Account)
	r.ImageURL, r.SecureImageURL = d.urls(base+"."+p.format.Extension, a.Account)
	return r, nil
}

func infosOf(l *rendition.Layout) map[string]imageInfo {
	infos := map[string]imageInfo{}
	for _, cell := range l.Cells {
		infos[cell.Asset.Name] = imageInfo{cell.Width, cell.Height, cell.X, cell.Y}
	}
	return infos
}

// sheetText recognises a URL that asks for the text that goes with a sheet,
// and takes the extension off its id.
func (u *reading) sheetText() *delivery.Describe {
	if u.Access != media.Sheet {
		return nil
	}
	id := &u.IDs[0]
	name, ext := strings.TrimSuffix(id.PublicID, path.Ext(id.PublicID)), path.Ext(id.PublicID)
	switch {
	case id.Ext != "" || name == "":
		return nil
	case ext == ".json":
		id.PublicID = name
		return &delivery.Describe{Present: func(d *rendition.Description) (string, []byte, error) { return asJSON(infosOf(d.Sheet)) }}
	case ext == ".css":
		id.PublicID = name
		return &delivery.Describe{Present: presentCSS}
	}
	return nil
}

// presentCSS writes a rule for each member. The sheet lies beside the rules:
// its URL is relative to theirs.
func presentCSS(d *rendition.Description) (string, []byte, error) {
	format := orDefault(d.Asset.Detail.Members.Format, "png")
	sheet := escapeTransformation(path.Base(d.Asset.Name)) + "." + media.Extension(format)
	var b bytes.Buffer
	for _, c := range d.Sheet.Cells {
		b.WriteString("." + cssName(c.Asset.Name) + " { display: inline-block; width: " + strconv.Itoa(c.Width) + "px; height: " + strconv.Itoa(c.Height) +
			"px; background: url(\"" + sheet + "\") no-repeat -" + strconv.Itoa(c.X) + "px -" + strconv.Itoa(c.Y) + "px; }\n")
	}
	return "text/css; charset=utf-8", b.Bytes(), nil
}

// cssName makes a class of a public id: whatever cannot stand in one is "_".
func cssName(id string) string {
	name := strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= 0xA0 {
			return r
		}
		return '_'
	}, id)
	if name == "" || name[0] >= '0' && name[0] <= '9' || name[0] == '-' {
		name = "_" + name
	}
	return name
}

// listed is a row of the list of a tag.
type listed struct {
	PublicID  string  `json:"public_id"`
	Version   int64   `json:"version"`
	Format    string  `json:"format,omitempty"`
	Width     int     `json:"width,omitempty"`
	Height    int     `json:"height,omitempty"`
	Type      string  `json:"type"`
	CreatedAt string  `json:"created_at"`
	Context   *custom `json:"context,omitempty"`
}

// listing understands image/list/<tag>.json and the like. ok is false for
// other paths.
func (d *Dialect) listing(escaped string, q *delivery.Request) (ok bool, err error) {
	segments := strings.Split(strings.Trim(escaped, "/"), "/")
	if len(segments) < 3 || segments[1] != "list" {
		return false, nil
	}
	kind, known := resourceTypes[segments[0]]
	if !known {
		return false, nil
	}
	rest := segments[2:]
	if len(rest) > 1 && versionText.MatchString(rest[0]) {
		rest = rest[1:]
	}
	tag, err := decodeID(strings.Join(rest, "/"))
	if err != nil {
		return true, err
	}
	tag, found := strings.CutSuffix(tag, ".json")
	switch {
	case !d.cfg.Lists:
		return true, media.Errorf(media.Unauthorized, "Listing the resources of a tag is not allowed")
	case !found || tag == "":
		return true, notFound(strings.Join(segments, "/"))
	}
	q.Listing = &delivery.Listing{Tag: tag, Kind: kind, Present: presentList}
	return true, nil
}

func presentList(assets []*media.Asset) (string, []byte, error) {
	out := struct {
		Resources []listed `json:"resources"`
		UpdatedAt string   `json:"updated_at"`
	}{Resources: []listed{}}
	var newest *media.Asset
	for _, a := range assets {
		i := a.Version.Info
		row := listed{
			PublicID: a.Name, Version: versionNumber(a), Width: i.Width, Height: i.Height, Type: deliveryType(a.Access),
			CreatedAt: rfc3339(a.CreatedAt), Context: contextOf(a),
		}
		if a.Kind != media.KindRaw {
			row.Format = media.Extension(i.Format)
		}
		out.Resources = append(out.Resources, row)
		if newest == nil || a.UpdatedAt.After(newest.UpdatedAt) {
			newest = a
		}
	}
	if newest != nil {
		out.UpdatedAt = rfc3339(newest.UpdatedAt)
	}
	body, err := json.Marshal(out)
	return "application/json; charset=utf-8", body, err
}

// explode has each page of a document rendered, in the background.
func (d *Dialect) explode(c *call) (any, error) {
	id, err := c.needed("public_id")
	if err != nil {
		return nil, err
	}
	text := orDefault(c.form.Get("transformation"), "pg_all")
	if err := refuseUnbuilt(c.form, words("notification_url")); err != nil {
		return nil, err
	}
	access, made := madeAccesses[c.form.Get("type")]
	if !made {
		if access, err = c.accessOf("type", media.Public); err != nil {
			return nil, err
		}
	}
	a, err := d.cfg.Library.Find(c.ctx, c.acc.ID, media.Ref{Kind: media.KindImage, Access: access, Name: id})
	if err != nil {
		return nil, missing(err, id)
	}
	chains, err := pageChains(text, orDefault(c.form.Get("format"), "png"), a.Version.Info.Pages)
	if err != nil {
		return nil, err
	}
	batch, err := d.cfg.Library.MakeLater(c.ctx, a, chains)
	if err != nil {
		return nil, err
	}
	return struct {
		Status  string `json:"status"`
		BatchID string `json:"batch_id"`
	}{"processing", batch}, nil
}

// pageChains are a transformation with pg_all, once for each page.
func pageChains(text, ext string, pages int) ([]transform.Transformation, error) {
	components := strings.Split(strings.Trim(text, "/"), "/")
	at := -1
	for i, c := range components {
		if slices.Contains(strings.Split(c, ","), "pg_all") {
			at = i
		}
	}
	if at < 0 {
		return nil, media.Errorf(media.Invalid, "The transformation must contain pg_all: %s", dialect.Quotable(text))
	}
	var chains []transform.Transformation
	for n := 1; n <= max(pages, 1); n++ {
		one := slices.Clone(components)
		params := strings.Split(one[at], ",")
		params[slices.Index(params, "pg_all")] = "pg_" + strconv.Itoa(n)
		one[at] = strings.Join(params, ",")
		chain, err := parseChainText(strings.Join(append(one, ext), "/"))
		if err != nil {
			return nil, err
		}
		chains = append(chains, chain.Transformation)
	}
	return chains, nil
}
