package cloudinary

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"math"
	"path"
	"strings"
	"time"

	"tintype/internal/media"
	"tintype/internal/search"
)

// searchAnswer is the answer of the Search API.
type searchAnswer struct {
	Total        int            `json:"total_count"`
	Time         int64          `json:"time"` // milliseconds
	Aggregations map[string]any `json:"aggregations,omitempty"`
	Resources    []any          `json:"resources"`
	Next         string         `json:"next_cursor,omitempty"`
}

type folderAnswer struct {
	Total   int           `json:"total_count"`
	Time    int64         `json:"time"`
	Folders []foundFolder `json:"folders"`
	Next    string        `json:"next_cursor,omitempty"`
}

type foundFolder struct {
	Name       string `json:"name"`
	Path       string `json:"path"`
	ExternalID string `json:"external_id"`
	CreatedAt  string `json:"created_at"`
}

// folderID is an id that a folder keeps as long as its path.
func folderID(acc media.AccountID, path string) string {
	sum := sha256.Sum256([]byte(string(acc) + "/" + path))
	return hex.EncodeToString(sum[:16])
}

// searchTime is a time in the form of the Search API.
func searchTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05+00:00") }

// searchRow is an asset in an answer of the Search API.
type searchRow struct {
	AssetID  string `json:"asset_id"`
	PublicID string `json:"public_id"`
	Filename string `json:"filename"`
	placed
	Format        string       `json:"format,omitempty"`
	Version       int64        `json:"version"`
	ResourceType  string       `json:"resource_type"`
	Type          string       `json:"type"`
	CreatedAt     string       `json:"created_at"`
	UploadedAt    string       `json:"uploaded_at"`
	Bytes         int64        `json:"bytes"`
	BackupBytes   int64        `json:"backup_bytes"`
	Width         int          `json:"width,omitempty"`
	Height        int          `json:"height,omitempty"`
	AspectRatio   float        `json:"aspect_ratio,omitempty"`
	Pixels        int          `json:"pixels,omitempty"`
	Pages         int          `json:"pages,omitempty"`
	Duration      float        `json:"duration,omitempty"`
	BitRate       int64        `json:"bit_rate,omitempty"`
	FrameRate     float        `json:"frame_rate,omitempty"`
	URL           string       `json:"url"`
	SecureURL     string       `json:"secure_url"`
	Status        string       `json:"status"`
	AccessMode    string       `json:"access_mode"`
	AccessControl []accessRule `json:"access_control"`
	ETag          string       `json:"etag"`
	CreatedBy     *accessKey   `json:"created_by,omitempty"`
	UploadedBy    *accessKey   `json:"uploaded_by,omitempty"`
	LastUpdated   *lastUpdated `json:"last_updated"`

	Tags          *[]string                  `json:"tags,omitempty"`
	Context       map[string]string          `json:"context,omitempty"`
	Metadata      map[string]json.RawMessage `json:"metadata,omitzero"`
	ImageMetadata map[string]string          `json:"image_metadata,omitzero"`
	ImageAnalysis *imageAnalysis             `json:"image_analysis,omitempty"`
	Quality       map[string]float           `json:"quality_analysis,omitzero"`
	Accessibility *accessibility             `json:"accessibility_analysis,omitempty"`
}

type accessKey struct {
	Key string `json:"access_key"`
}

type imageAnalysis struct {
	FaceCount int      `json:"face_count"`
	Faces     [][4]int `json:"faces"`
	Grayscale bool     `json:"grayscale"`
	// Illustration is a whole number: client libraries read no other.
	Illustration int              `json:"illustration_score"`
	Transparent  bool             `json:"transparent"`
	ETag         string           `json:"etag"`
	Colors       map[string]float `json:"colors"`
}

// searchAlways are the members that every row has, whatever fields says.
var searchAlways = []string{"public_id", "asset_id", "created_at", "status", "type", "resource_type", "folder", "asset_folder"}

// searchRow describes an asset that was found.
func (d *Dialect) searchRow(c *call, a *media.Asset, show searchShown) (any, error) {
	core, info := d.core(c, a), &a.Version.Info
	r := &searchRow{
		AssetID: core.AssetID, PublicID: core.PublicID, placed: core.placed, Filename: filenameOf(a),
		Format: core.Format, Version: core.Version, ResourceType: core.ResourceType, Type: core.Type,
		CreatedAt: searchTime(a.CreatedAt), UploadedAt: searchTime(a.Version.CreatedAt), Bytes: core.Bytes,
		Width: core.Width, Height: core.Height, Pixels: core.Width * core.Height,
		Duration: float(info.Duration.Seconds()), BitRate: info.BitRate, FrameRate: float(info.FrameRate),
		URL: core.URL, SecureURL: core.SecureURL, Status: "active", AccessMode: modeOf(a), AccessControl: core.AccessControl, ETag: a.Version.MD5,
		LastUpdated: &lastUpdated{searchTime(a.UpdatedAt)},
	}
	if core.Height > 0 {
		r.AspectRatio = float(math.Round(1e5*float64(core.Width)/float64(core.Height)) / 1e5)
	}
	if p := pagesOf(a); p != nil {
		r.Pages = *p
	}
	if a.Deleted {
		r.Status, r.Bytes = "deleted", 0
	}
	if by := a.Detail.CreatedBy; by != "" {
		r.CreatedBy = &accessKey{by}
	}
	if by := a.Detail.UploadedBy; by != "" {
		r.UploadedBy = &accessKey{by}
	}
	if show.with["metadata"] {
		r.Metadata = c.values(a, true)
	}
	r.extend(a, show.with)
	if len(show.fields) == 0 {
		return r, nil
	}
	return keepFields(r, searchAlways, show.fields)
}

// filenameOf is the last part of a public id; a raw file's without extension.
func filenameOf(a *media.Asset) string {
	name := path.Base(a.Name)
	if a.Kind == media.KindRaw {
		name = strings.TrimSuffix(name, path.Ext(name))
	}
	return name
}

// extend adds the members of with_field.
func (r *searchRow) extend(a *media.Asset, with map[string]bool) {
	if with["tags"] {
		tags := orEmpty(a.Tags)
		r.Tags = &tags
	}
	if with["context"] {
		r.Context = a.Context
	}
	known := media.Analysis{}
	if n := a.Detail.Analysis; n != nil && n.Version == a.Version.ID {
		known = *n
	}
	if with["image_metadata"] {
		r.ImageMetadata = map[string]string{}
		if m := known.Metadata; m != nil {
			for _, part := range []map[string]string{m.Container, m.XMP, m.IPTC, m.Exif} {
				maps.Copy(r.ImageMetadata, part)
			}
		}
	}
	if with["image_analysis"] && a.Kind == media.KindImage {
		r.ImageAnalysis = analysisOf(a, &known)
	}
	if q := known.Quality; with["quality_analysis"] && q != nil {
		r.Quality = map[string]float{
			"focus": float(q.Focus), "contrast": float(q.Contrast), "exposure": float(q.Exposure), "saturation": float(q.Saturation), "quality_score": float(q.Score),
		}
	}
	if v := known.ColorVision; with["accessibility_analysis"] && v != nil {
		r.Accessibility = accessibilityOf(v)
	}
}

func analysisOf(a *media.Asset, known *media.Analysis) *imageAnalysis {
	d := search.Of(a)
	out := &imageAnalysis{
		Faces: [][4]int{}, ETag: a.Version.MD5, Transparent: a.Version.Info.Alpha, Colors: map[string]float{},
		Grayscale: search.Match(search.Equals{Field: "grayscale", Text: "true"}, d), Illustration: int(math.Round(d.Numbers["illustration_score"])),
	}
	faces := a.Detail.Faces
	if len(faces) == 0 {
		faces = known.Faces
	}
	for _, f := range faces {
		out.Faces = append(out.Faces, [4]int{f.X, f.Y, f.Width, f.Height})
	}
	out.FaceCount = len(out.Faces)
	for field, share := range d.Numbers {
		if name, ok := strings.CutPrefix(field, "colors."); ok {
			out.Colors[name] = float(math.Round(10*share) / 10)
		}
	}
	return out
}

// keepFields keeps of an answer the members that are always there, and those
// that are named. What is named but not known stays away.
func keepFields(v any, always, named []string) (map[string]json.RawMessage, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(raw, &all); err != nil {
		return nil, err
	}
	kept := map[string]json.RawMessage{}
	for _, names := range [][]string{always, named} {
		for _, name := range names {
			if v, ok := all[name]; ok {
				kept[name] = v
			}
		}
	}
	return kept, nil
}
