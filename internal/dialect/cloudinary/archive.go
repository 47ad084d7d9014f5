package cloudinary

import (
	"net/http"
	"slices"
	"strings"

	"tintype/internal/delivery"
	"tintype/internal/dialect"
	"tintype/internal/library"
	"tintype/internal/media"
)

// unbuiltArchive are parameters of generate_archive that are not offered yet.
var unbuiltArchive = words("async notification_url batch_id")

// generateArchive makes a file of many and stores or sends it.
func (d *Dialect) generateArchive(c *call) (any, error) {
	if err := refuseUnbuilt(c.form, unbuiltArchive); err != nil {
		return nil, err
	}
	a, err := c.archive()
	if err != nil {
		return nil, err
	}
	name := c.form.Get("target_public_id")
	ext := "." + string(a.Format)
	if name != "" && !strings.HasSuffix(name, ext) {
		name += ext
	}
	mode := c.form.Get("mode")
	switch mode {
	case "", "create":
		if c.r.Method != http.MethodPost {
			return nil, media.Errorf(media.Invalid, "mode create takes a POST")
		}
		if err := checkName("", name); err != nil {
			return nil, err
		}
	case "download":
	default:
		return nil, media.Errorf(media.Invalid, "Invalid mode %s", dialect.Quotable(mode))
	}
	tags := c.form.List("target_tags")
	p, err := d.cfg.Library.Pack(c.ctx, a)
	if err != nil {
		return nil, err
	}
	if mode == "download" {
		if name == "" {
			name = "archive" + ext
		}
		return &archiveSender{d, p, name}, nil
	}
	defer p.Close()
	u := library.Upload{Name: name, Tags: tags, Overwrite: true}
	if u.Placing, err = c.placingBy("target_asset_folder"); err != nil {
		return nil, err
	}
	stored, err := d.cfg.Library.StoreArchive(c.ctx, p, u)
	if err != nil {
		return nil, err
	}
	return d.archiveResult(c, stored, p, a.AllowMissing), nil
}

// downloadTag sends all images of a tag, as older libraries ask for it.
func (d *Dialect) downloadTag(c *call) (any, error) {
	tag, err := c.needed("tag")
	if err != nil {
		return nil, err
	}
	a := library.Archive{
		Account: c.acc.ID, Unlabelled: true, Format: library.ArchiveZip,
		Selection: library.Selection{Tags: []string{tag}, Kind: c.kind, Access: media.Public},
	}
	if text := c.form.Get("transformation"); text != "" {
		chain, err := parseChainText(text)
		if err != nil {
			return nil, err
		}
		a.Variants = []library.Variant{{Chain: chain.Transformation}}
	}
	p, err := d.cfg.Library.Pack(c.ctx, a)
	if err != nil {
		return nil, err
	}
	return &archiveSender{d, p, tag + ".zip"}, nil
}

// archive reads the parameters of generate_archive.
func (c *call) archive() (a library.Archive, err error) {
	a = library.Archive{Account: c.acc.ID, Format: library.ArchiveFormat(strings.ToLower(c.form.Get("target_format")))}
	switch a.Format {
	case "":
		a.Format = library.ArchiveZip
	case library.ArchiveZip, library.ArchiveTGZ:
	default:
		return a, media.Errorf(media.Invalid, "Invalid target_format %s, it must be zip or tgz", dialect.Quotable(string(a.Format)))
	}
	if a.Selection, err = c.selection(); err != nil {
		return a, err
	}
	for name, to := range map[string]*bool{
		"allow_missing": &a.AllowMissing, "flatten_folders": &a.FlattenFolders, "flatten_transformations": &a.FlattenVariants,
		"skip_transformation_name": &a.Unlabelled, "use_original_filename": &a.OriginalNames, "keep_derived": &a.KeepDerived,
	} {
		if *to, err = c.form.Bool(name, false); err != nil {
			return a, err
		}
	}
	list, err := parseEager(c.transformations())
	if err != nil {
		return a, err
	}
	for _, item := range list {
		a.Variants = append(a.Variants, library.Variant{Chain: item.chain, Label: strings.Join(item.components, "/")})
	}
	return a, nil
}

// transformations come in one text, parted by "|", or as a list.
func (c *call) transformations() string {
	if slices.ContainsFunc(c.form.Fields, func(f dialect.Field) bool { return f.Name == "transformations" && f.Indexed }) {
		return strings.Join(c.form.List("transformations"), "|")
	}
	return c.form.Get("transformations")
}

// selection reads which assets are meant.
func (c *call) selection() (s library.Selection, err error) {
	access, err := c.accessOf("type", media.Public)
	if err != nil {
		return s, err
	}
	s = library.Selection{Kind: c.kind, Access: access, Tags: c.form.List("tags"), Prefixes: c.form.List("prefixes")}
	for _, id := range c.form.List("public_ids") {
		s.Refs = append(s.Refs, media.Ref{Kind: c.kind, Access: access, Name: id})
	}
	for _, id := range c.form.List("fully_qualified_public_ids") {
		ref, ok := qualifiedID(id)
		if !ok {
			return s, media.Errorf(media.Invalid, "Invalid fully_qualified_public_id %s, it must be like image/upload/name", dialect.Quotable(id))
		}
		s.Refs = append(s.Refs, ref)
	}
	return s, nil
}

// qualifiedID reads "image/upload/name".
func qualifiedID(text string) (media.Ref, bool) {
	parts := strings.SplitN(text, "/", 3)
	if len(parts) < 3 || parts[2] == "" {
		return media.Ref{}, false
	}
	kind, known := resourceTypes[parts[0]]
	access, ok := accesses[parts[1]]
	return media.Ref{Kind: kind, Access: access, Name: parts[2]}, known && ok
}

// archiveSender answers with an archive.
type archiveSender struct {
	d    *Dialect
	p    *library.Packing
	name string
}

// send implements sender. What fails once bytes went out breaks the
// connection off, so that nobody takes half an archive for a whole one.
func (s *archiveSender) send(w http.ResponseWriter, r *http.Request) error {
	defer s.p.Close()
	h := w.Header()
	h.Set("Content-Type", map[library.ArchiveFormat]string{library.ArchiveZip: "application/zip", library.ArchiveTGZ: "application/gzip"}[s.p.Format])
	h.Set("Content-Disposition", delivery.Attachment(s.name))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	counted := &written{w: w}
	err := s.p.Write(r.Context(), counted)
	if err == nil || counted.n == 0 {
		return err
	}
	if r.Context().Err() == nil {
		s.d.cfg.Logger.Error("an archive broke off", "request", h.Get("X-Request-Id"), "error", err)
	}
	panic(http.ErrAbortHandler)
}

// written counts the bytes that went out.
type written struct {
	w http.ResponseWriter
	n int64
}

func (w *written) Write(p []byte) (int, error) {
	n, err := w.w.Write(p)
	w.n += int64(n)
	return n, err
}

// archiveResult answers generate_archive.
type archiveResult struct {
	AssetID       string    `json:"asset_id"`
	PublicID      string    `json:"public_id"`
	Version       int64     `json:"version"`
	VersionID     string    `json:"version_id"`
	Signature     string    `json:"signature"`
	ResourceType  string    `json:"resource_type"`
	CreatedAt     string    `json:"created_at"`
	Tags          []string  `json:"tags"`
	Bytes         int64     `json:"bytes"`
	Type          string    `json:"type"`
	ETag          string    `json:"etag"`
	Placeholder   bool      `json:"placeholder"`
	URL           string    `json:"url"`
	SecureURL     string    `json:"secure_url"`
	AccessMode    string    `json:"access_mode"`
	ResourceCount int       `json:"resource_count"`
	FileCount     int       `json:"file_count"`
	Missing       *[]string `json:"missing_public_ids,omitempty"`
	EmptyTags     *[]string `json:"empty_tags,omitempty"`
	EmptyPrefixes *[]string `json:"empty_prefixes,omitempty"`
}

func (d *Dialect) archiveResult(c *call, a *media.Asset, p *library.Packing, missing bool) *archiveResult {
	core := d.core(c, a)
	r := &archiveResult{
		AssetID: core.AssetID, PublicID: core.PublicID, Version: core.Version, VersionID: string(a.Version.ID),
		Signature: responseSignature(a.Name, core.Version, c.key.Secret), ResourceType: core.ResourceType, CreatedAt: core.CreatedAt,
		Tags: orEmpty(a.Tags), Bytes: core.Bytes, Type: core.Type, ETag: a.Version.MD5, URL: core.URL, SecureURL: core.SecureURL,
		AccessMode: "public", ResourceCount: p.Assets, FileCount: p.Files,
	}
	if missing {
		lists := []*[]string{&p.Missing, &p.EmptyTags, &p.EmptyPrefixes}
		for _, l := range lists {
			*l = orEmpty(*l)
		}
		r.Missing, r.EmptyTags, r.EmptyPrefixes = lists[0], lists[1], lists[2]
	}
	return r
}
