package search

import (
	"encoding/json"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"tintype/internal/media"
)

// Doc is a thing as it is searched: texts and numbers by field.
type Doc struct {
	Texts   map[string][]string // each cut to MaxText, none empty
	Numbers map[string]float64
}

// NewDoc returns an empty Doc.
func NewDoc() Doc { return Doc{Texts: map[string][]string{}, Numbers: map[string]float64{}} }

// AddText adds a value to a field, unless it is empty or there already.
func (d Doc) AddText(field, value string) {
	if value = cut(value); value != "" && len(field) <= MaxField && !slices.Contains(d.Texts[field], value) {
		d.Texts[field] = append(d.Texts[field], value)
	}
}

// addMixed adds a text and the number that it may be read as.
func (d Doc) addMixed(field, value string) {
	d.AddText(field, value)
	if len(field) > MaxField {
		return
	}
	if n, ok := ParseNumber(value); ok {
		d.Numbers[field] = n
	}
}

// ParseNumber reads a decimal number, or a date or time as ISO 8601 writes it.
func ParseNumber(s string) (float64, bool) {
	if len(s) > 40 || strings.ContainsAny(s, "_xXpPnN") {
		return 0, false // what strconv takes beyond decimals
	}
	if n, err := strconv.ParseFloat(s, 64); err == nil {
		return n + 0, true // of -0 makes 0
	}
	if t, ok := ParseTime(s); ok {
		return Micros(t), true
	}
	return 0, false
}

// ParseTime reads a date, or a date and time of UTC where no zone is given.
func ParseTime(s string) (time.Time, bool) {
	for _, layout := range []string{time.DateOnly, time.RFC3339, "2006-01-02T15:04:05", time.DateTime, "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02T15:04:05Z0700"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// Micros is a time as fields hold it.
func Micros(t time.Time) float64 { return float64(t.UnixMicro()) }

func (d Doc) addNumber(field string, n float64, known bool) {
	if known {
		d.Numbers[field] = n
	}
}

// Of returns an asset as it is searched.
func Of(a *media.Asset) Doc {
	d := NewDoc()
	v, info := &a.Version, &a.Version.Info
	filename := path.Base(a.Name)
	if a.Kind == media.KindRaw {
		filename = strings.TrimSuffix(filename, path.Ext(filename))
	}
	status := "active"
	if a.Deleted {
		status = "deleted"
	}
	for _, f := range [][2]string{
		{"id", string(a.ID)}, {"name", a.Name}, {"display_name", a.DisplayName}, {"filename", filename}, {"folder", a.Folder},
		{"kind", string(a.Kind)}, {"access", string(a.Access)}, {"status", status}, {"md5", v.MD5},
		{"original_name", a.OriginalName}, {"source", a.Detail.Source},
		{"created_by", a.Detail.CreatedBy}, {"uploaded_by", a.Detail.UploadedBy}, {"color_space", info.Space},
	} {
		d.AddText(f[0], f[1])
	}
	format := info.Format
	if a.Kind != media.KindRaw {
		format = media.Extension(format)
	}
	d.AddText("format", format)
	for _, tag := range a.Tags {
		d.AddText("tags", tag)
	}
	for k, value := range a.Context {
		d.addMixed("context."+k, value)
	}
	for k, raw := range a.Metadata {
		for _, value := range metadataValues(raw) {
			d.addMixed("metadata."+k, value)
		}
	}
	d.gather("context")
	d.gather("metadata")
	d.ofInfo(info)
	seen := a.Kind != media.KindRaw && info.Width > 0
	if seen {
		d.AddText("animated", strconv.FormatBool(info.Animated))
		d.AddText("transparent", strconv.FormatBool(info.Alpha))
		d.AddText("grayscale", strconv.FormatBool(info.Space == "b-w" || info.Space == "grey16"))
	}
	d.ofAnalysis(a)
	d.ofAccess(a)
	d.Numbers["tag_count"] = float64(len(a.Tags))
	d.Numbers["version"] = float64(v.CreatedAt.Unix())
	d.Numbers["created_at"] = Micros(a.CreatedAt)
	d.Numbers["updated_at"] = Micros(a.UpdatedAt)
	d.Numbers["uploaded_at"] = Micros(v.CreatedAt)
	return d
}

// ofAccess tells who may read an asset, and what moderators say.
func (d Doc) ofAccess(a *media.Asset) {
	protection := "public"
	if a.Guarded() {
		protection = "authenticated"
	}
	d.AddText("protection", protection)
	for _, m := range a.Detail.Moderation {
		d.AddText("moderation_kind", m.Kind)
		d.AddText("moderation_status", string(m.Status))
		d.AddText("moderation", m.Kind+"="+string(m.Status))
	}
}

func (d Doc) ofInfo(info *media.Info) {
	w, h := float64(info.Width), float64(info.Height)
	picture := w > 0 && h > 0
	d.Numbers["bytes"] = float64(info.Bytes)
	d.addNumber("width", w, w > 0)
	d.addNumber("height", h, h > 0)
	d.addNumber("pixels", w*h, picture)
	if picture {
		d.Numbers["aspect_ratio"] = w / h
	}
	d.addNumber("duration", info.Duration.Seconds(), info.Duration > 0)
	d.addNumber("pages", float64(info.Pages), info.Pages > 0)
	d.addNumber("bit_rate", float64(info.BitRate), info.BitRate > 0)
	d.addNumber("frame_rate", info.FrameRate, info.FrameRate > 0)
}

// metadataValues are the texts of a structured value: a string, a number, or
// a list of these.
func metadataValues(raw json.RawMessage) []string {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		list = []json.RawMessage{raw}
	}
	var values []string
	for _, item := range list {
		var text string
		var number json.Number
		if json.Unmarshal(item, &text) == nil {
			values = append(values, text)
		} else if json.Unmarshal(item, &number) == nil {
			values = append(values, number.String())
		}
	}
	return values
}

// gather makes a field of all texts of a family.
func (d Doc) gather(family string) {
	var keys []string
	for f := range d.Texts {
		if strings.HasPrefix(f, family+".") {
			keys = append(keys, f)
		}
	}
	slices.Sort(keys)
	for _, f := range keys {
		for _, v := range d.Texts[f] {
			d.AddText(family, v)
		}
	}
}
