package cloudinary

import (
	"encoding/json"
	"math"
	"path"
	"strconv"
	"strings"
	"time"

	"tintype/internal/media"
)

// float prints with a decimal point, also for whole numbers: client libraries
// tell integers and floats apart by it.
type float float64

// MarshalJSON implements json.Marshaler.
func (f float) MarshalJSON() ([]byte, error) {
	text := strconv.FormatFloat(float64(f), 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return []byte(text), nil
}

// custom wraps the pairs of an asset's context.
type custom struct {
	Custom map[string]string `json:"custom"`
}

// core is what every answer says of an asset.
type core struct {
	AssetID  string `json:"asset_id"`
	PublicID string `json:"public_id"`
	// Format is absent for raw files.
	Format       string `json:"format,omitempty"`
	Version      int64  `json:"version"`
	ResourceType string `json:"resource_type"`
	Type         string `json:"type"`
	CreatedAt    string `json:"created_at"`
	Bytes        int64  `json:"bytes"`
	// Width and Height are absent for raw files and sound.
	Width  int `json:"width,omitempty"`
	Height int `json:"height,omitempty"`
	placed
	AccessMode string `json:"access_mode,omitempty"`
	// AccessControl and Moderation are absent where there is none.
	AccessControl []accessRule     `json:"access_control,omitempty"`
	Moderation    []moderationItem `json:"moderation,omitempty"`
	URL           string           `json:"url"`
	SecureURL     string           `json:"secure_url"`
}

// result answers upload, explicit and rename.
type result struct {
	core
	VersionID        string        `json:"version_id"`
	Signature        string        `json:"signature"`
	Tags             []string      `json:"tags"`
	Pages            *int          `json:"pages,omitempty"`
	ETag             string        `json:"etag"`
	Placeholder      bool          `json:"placeholder"`
	Existing         bool          `json:"existing,omitempty"`
	Overwritten      bool          `json:"overwritten,omitempty"`
	OriginalFilename string        `json:"original_filename,omitempty"`
	Context          *custom       `json:"context,omitempty"`
	Metadata         fieldValues   `json:"metadata,omitzero"`
	Eager            []eagerResult `json:"eager,omitempty"`
	BatchID          string        `json:"batch_id,omitempty"`
	DeleteToken      string        `json:"delete_token,omitempty"`
	APIKey           string        `json:"api_key"`
	// Done: all parts of the file are there.
	Done        bool               `json:"done,omitempty"`
	Breakpoints []breakpointResult `json:"responsive_breakpoints,omitempty"`
	Hooks       map[string]*hook   `json:"hook_execution,omitempty"`
	*videoResult
	*findings
}

// videoResult is what is said of video and sound alone.
type videoResult struct {
	Audio       map[string]any `json:"audio"`
	Video       map[string]any `json:"video"`
	FrameRate   float          `json:"frame_rate"`
	BitRate     int64          `json:"bit_rate"`
	Duration    float          `json:"duration"`
	Rotation    int            `json:"rotation"`
	Frames      int64          `json:"nb_frames"`
	IsAudio     bool           `json:"is_audio"`
	PlaybackURL string         `json:"playback_url"`
}

// placed says where an asset lies, in the words of the account's folder mode.
type placed struct {
	Folder      *string `json:"folder,omitempty"`
	AssetFolder *string `json:"asset_folder,omitempty"`
	DisplayName string  `json:"display_name,omitempty"`
}

func (c *call) placed(a *media.Asset) placed {
	folder := a.Folder
	if c.acc != nil && c.acc.Options().DynamicFolders {
		return placed{AssetFolder: &folder, DisplayName: firstOf(a.DisplayName, path.Base(a.Name))}
	}
	return placed{Folder: &folder, DisplayName: a.DisplayName}
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// core describes an asset to the maker of a call.
func (d *Dialect) core(c *call, a *media.Asset) core {
	v := &a.Version
	r := core{
		AssetID: string(a.ID), PublicID: a.Name, Version: versionNumber(a),
		ResourceType: string(a.Kind), Type: deliveryType(a.Access), CreatedAt: rfc3339(a.CreatedAt),
		Bytes: v.Info.Bytes, placed: c.placed(a), AccessControl: rulesOf(a.Detail.Grants), Moderation: moderationOf(a),
	}
	if a.Kind != media.KindRaw {
		r.Format, r.Width, r.Height = media.Extension(v.Info.Format), v.Info.Width, v.Info.Height
	}
	r.URL, r.SecureURL = d.urls(assetPath(a.Ref, r.Version, v.Info.Format, c.key.Secret), a.Account)
	return r
}

// result describes an asset in full.
func (d *Dialect) result(c *call, a *media.Asset) *result {
	r := &result{
		core:             d.core(c, a),
		VersionID:        string(a.Version.ID),
		Signature:        responseSignature(a.Name, versionNumber(a), c.key.Secret),
		Tags:             orEmpty(a.Tags),
		ETag:             a.Version.MD5,
		OriginalFilename: a.OriginalName,
		Context:          contextOf(a),
		Metadata:         c.values(a, false),
		APIKey:           c.key.ID,
		Pages:            pagesOf(a),
		findings:         marked(a),
	}
	if a.Kind == media.KindVideo {
		r.videoResult = d.video(a)
	}
	return r
}

// resultWith is result with what was found out, as far as the call wants it.
func (d *Dialect) resultWith(c *call, a *media.Asset, w wanted) *result {
	r := d.result(c, a)
	marks := r.findings
	r.findings = w.findings(a)
	r.Coordinates, r.Regions = marks.Coordinates, marks.Regions
	return r
}

// fieldValues are the values of structured fields by their ids, absent where nil.
type fieldValues map[string]json.RawMessage

// values are what a call may know of an asset's structured fields; nil where
// there are none, unless always.
func (c *call) values(a *media.Asset, always bool) fieldValues {
	shown := fieldValues(a.Metadata)
	if c.acc != nil {
		shown = c.acc.Schema().Shown(a.Metadata)
	}
	if len(shown) == 0 {
		shown = nil
		if always {
			shown = fieldValues{}
		}
	}
	return shown
}

func contextOf(a *media.Asset) *custom {
	if len(a.Context) == 0 {
		return nil
	}
	return &custom{a.Context}
}

// pagesOf is absent where there is but one; video says 0.
func pagesOf(a *media.Asset) *int {
	pages := a.Version.Info.Pages
	if a.Kind == media.KindVideo {
		pages = 0
	} else if pages < 2 {
		return nil
	}
	return &pages
}

func (d *Dialect) video(a *media.Asset) *videoResult {
	i := a.Version.Info
	seconds := i.Duration.Seconds()
	r := &videoResult{
		Audio: map[string]any{}, Video: map[string]any{},
		FrameRate: float(i.FrameRate), BitRate: i.BitRate, Duration: float(seconds), Rotation: i.Rotation,
		Frames: int64(math.Round(seconds * i.FrameRate)), IsAudio: i.Width == 0,
	}
	if i.AudioCodec != "" {
		r.Audio["codec"], r.Audio["frequency"], r.Audio["channels"] = i.AudioCodec, i.SampleRate, i.Channels
		if layout := map[int]string{1: "mono", 2: "stereo"}[i.Channels]; layout != "" {
			r.Audio["channel_layout"] = layout
		}
		if i.AudioBitRate > 0 {
			r.Audio["bit_rate"] = strconv.FormatInt(i.AudioBitRate, 10)
		}
	}
	if i.VideoCodec != "" && i.Width > 0 && i.Height > 0 {
		n := gcd(i.Width, i.Height)
		r.Video["codec"], r.Video["pix_format"] = i.VideoCodec, i.PixelFmt
		r.Video["dar"] = strconv.Itoa(i.Width/n) + ":" + strconv.Itoa(i.Height/n)
		if i.Profile != "" {
			r.Video["profile"] = i.Profile
		}
		if i.Level > 0 {
			r.Video["level"] = i.Level
		}
		if i.TimeBase != "" {
			r.Video["time_base"] = i.TimeBase
		}
		if i.VideoBitRate > 0 {
			r.Video["bit_rate"] = strconv.FormatInt(i.VideoBitRate, 10)
		}
	}
	u := deliveryURL{
		Kind: a.Kind, Access: a.Access, Components: []string{"sp_auto"}, Version: versionNumber(a),
		IDs: []candidate{{PublicID: a.Name, Ext: "m3u8"}},
	}
	_, r.PlaybackURL = d.urls(buildURL(u), a.Account)
	return r
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// urls puts the public host before a delivery path: with http, and with https.
func (d *Dialect) urls(path string, acc media.AccountID) (plain, secure string) {
	rest := "://" + d.public + "/" + string(acc) + path
	return "http" + rest, "https" + rest
}

// versionNumber is the number that stands in URLs.
func versionNumber(a *media.Asset) int64 { return a.Version.CreatedAt.Unix() }

func rfc3339(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// row is an asset in a list of the Admin API.
type row struct {
	core
	Pages            *int        `json:"pages,omitempty"`
	Tags             *[]string   `json:"tags,omitempty"`
	Context          *custom     `json:"context,omitempty"`
	Metadata         fieldValues `json:"metadata,omitzero"`
	OriginalFilename string      `json:"original_filename,omitempty"`
	ETag             string      `json:"etag,omitempty"`
	// Moderations take the place of the member of core in lists that ask.
	Moderations *[]moderationItem `json:"moderation,omitempty"`
}

// fieldsOf keeps of a row what a list of fields names, and what always stays.
func fieldsOf(r *row, names []string) (map[string]json.RawMessage, error) {
	return keepFields(r, []string{"asset_id", "public_id", "folder", "asset_folder"}, names)
}

// details answers for one asset.
type details struct {
	row
	Placeholder bool          `json:"placeholder"`
	LastUpdated lastUpdated   `json:"last_updated"`
	Derived     []derived     `json:"derived"`
	NextCursor  string        `json:"next_cursor,omitempty"`
	Versions    []versionItem `json:"versions,omitempty"`
	// Related are present where they were asked for, if only empty.
	Related     *[]relatedAsset `json:"related_assets,omitempty"`
	RelatedNext string          `json:"related_next_cursor,omitempty"`
	*videoResult
	*findings
}

type lastUpdated struct {
	UpdatedAt string `json:"updated_at"`
}

type derived struct {
	Transformation string `json:"transformation"`
	Format         string `json:"format"`
	Bytes          int64  `json:"bytes"`
	ID             string `json:"id"`
	URL            string `json:"url,omitempty"`
	SecureURL      string `json:"secure_url,omitempty"`
}

type versionItem struct {
	VersionID  string `json:"version_id"`
	Version    int64  `json:"version"`
	Format     string `json:"format,omitempty"`
	Size       int64  `json:"size"`
	Time       string `json:"time"`
	Restorable bool   `json:"restorable"`
}
