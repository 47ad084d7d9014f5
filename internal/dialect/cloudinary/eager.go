package cloudinary

import (
	"strings"

	"tintype/internal/library"
	"tintype/internal/media"
	"tintype/internal/transform"
)

// maxEager bounds the renditions that one call makes.
const maxEager = 50

// eagerItem is one transformation of an eager parameter.
type eagerItem struct {
	// text is as it was sent, with a format perhaps.
	text string
	// components are those of the text, without the format.
	components []string
	// ext is the format, "" for the asset's own.
	ext   string
	chain transform.Transformation
}

type eagerList []eagerItem

// parseEager reads transformations between "|", each of which may end in a
// format: "c_fit,w_10/jpg|c_fill,h_10,w_10".
func parseEager(text string) (eagerList, error) {
	var list eagerList
	for part := range strings.SplitSeq(text, "|") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		chain, err := parseChainText(part)
		if err != nil {
			return nil, err
		}
		item := eagerItem{text: part, chain: chain.Transformation}
		item.components = strings.FieldsFunc(part, func(r rune) bool { return r == '/' })
		if n := len(item.components); n > 0 && !strings.Contains(item.components[n-1], "_") {
			item.ext, item.components = item.components[n-1], item.components[:n-1]
		}
		list = append(list, item)
	}
	if len(list) > maxEager {
		return nil, &media.Error{
			Code:    media.Invalid,
			Message: "There are too many eager transformations",
			Err:     &media.LimitError{What: "eager", Max: maxEager, Got: int64(len(list))},
		}
	}
	return list, nil
}

// labels are the transformations as they were sent.
func (l eagerList) labels() []string {
	labels := make([]string, len(l))
	for i, item := range l {
		labels[i] = item.text
	}
	return labels
}

// ahead reads the renditions that a call wants made, and how.
func (c *call) ahead() (eagerList, library.Ahead, error) {
	var a library.Ahead
	list, err := parseEager(c.form.Get("eager"))
	if err != nil {
		return nil, a, err
	}
	a.Eager, a.EagerLabels = list.chains(), list.labels()
	if a.EagerLater, err = c.form.Bool("eager_async", false); err != nil {
		return nil, a, err
	}
	a.EagerNotify, err = c.addresses("eager_notification_url")
	if a.EagerLater = a.EagerLater && len(list) > 0; a.EagerLater {
		c.batch()
	}
	return list, a, err
}

func (l eagerList) chains() []transform.Transformation {
	chains := make([]transform.Transformation, len(l))
	for i, item := range l {
		chains[i] = item.chain
	}
	return chains
}

// eagerResult answers one transformation.
type eagerResult struct {
	Transformation string `json:"transformation"`
	Width          int    `json:"width,omitempty"`
	Height         int    `json:"height,omitempty"`
	Bytes          int64  `json:"bytes,omitempty"`
	Format         string `json:"format,omitempty"`
	URL            string `json:"url,omitempty"`
	SecureURL      string `json:"secure_url,omitempty"`
	Status         string `json:"status,omitempty"`
	BatchID        string `json:"batch_id,omitempty"`
	Error          string `json:"error,omitempty"`
	Reason         string `json:"reason,omitempty"` // the same, in notifications
}

// eagerResults answers a list, in its order. One that could not be made says
// why and fails no other.
func (d *Dialect) eagerResults(c *call, a *media.Asset, list eagerList, made []library.Eager) []eagerResult {
	var out []eagerResult
	for i, e := range made {
		item := list[i]
		r := eagerResult{Transformation: item.text}
		if e.Err != nil {
			if media.CodeOf(e.Err) == media.Internal {
				d.cfg.Logger.Error("eager rendition", "account", a.Account, "asset", a.ID, "transformation", item.text, "error", e.Err)
			}
			r.Status, r.Error = "failed", media.MessageOf(inWords(e.Err))
			out = append(out, r)
			continue
		}
		d.eagerMade(c, a, item, &e.Result.Info, &r)
		out = append(out, r)
	}
	return out
}

// eagerMade fills in what became of a transformation.
func (d *Dialect) eagerMade(c *call, a *media.Asset, item eagerItem, info *media.Info, r *eagerResult) {
	r.Width, r.Height, r.Bytes, r.Format = info.Width, info.Height, info.Bytes, media.Extension(info.Format)
	r.URL, r.SecureURL = d.eagerURLs(c, a, item)
}

func (d *Dialect) eagerURLs(c *call, a *media.Asset, item eagerItem) (plain, secure string) {
	ext := item.ext
	if ext == "" {
		ext = media.Extension(a.Version.Info.Format)
	}
	return d.urls(derivedPath(a, item.components, ext, c.key.Secret), a.Account)
}

// derivedPath is the path of an asset's rendition as the client libraries
// write it. Like an asset's own it is signed where the asset is not public.
func derivedPath(a *media.Asset, components []string, ext, secret string) string {
	escaped := make([]string, len(components))
	for i, text := range components {
		escaped[i] = strings.ReplaceAll(text, " ", "%20")
	}
	u := deliveryURL{Kind: a.Kind, Access: a.Access, Components: escaped, Version: versionNumber(a)}
	id := candidate{PublicID: a.Name}
	source := escapeID(a.Name)
	if a.Kind != media.KindRaw && ext != "" {
		id.Ext = ext
		source += "." + ext
	}
	if !a.Access.Open() {
		u.Signature = deliverySignature(strings.Join(components, "/"), source, secret)
	}
	u.IDs = []candidate{id}
	return buildURL(u)
}
