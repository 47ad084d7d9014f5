package uploadcare

import (
	"path"
	"strings"

	"tintype/internal/media"
)

// fileInfo describes a file as the Upload API does.
type fileInfo struct {
	UUID     string `json:"uuid"`
	FileID   string `json:"file_id"`
	Size     int64  `json:"size"`
	Total    int64  `json:"total"`
	Done     int64  `json:"done"`
	Original string `json:"original_filename"`
	Filename string `json:"filename"`
	MIME     string `json:"mime_type"`
	// Image and Video are null for other files.
	Image    *imageInfo        `json:"image_info"`
	Video    *oneVideo         `json:"video_info"`
	Content  contentInfo       `json:"content_info"`
	Metadata map[string]string `json:"metadata"`
	Tags     []string          `json:"tags,omitempty"`
	IsImage  bool              `json:"is_image"`
	IsStored bool              `json:"is_stored"`
	IsReady  bool              `json:"is_ready"`
}

// contentInfo has what applies.
type contentInfo struct {
	MIME  mimeInfo     `json:"mime"`
	Image *imageInfo   `json:"image,omitempty"`
	Video *manyStreams `json:"video,omitempty"`
}

type mimeInfo struct {
	MIME    string `json:"mime"`
	Type    string `json:"type"`
	Subtype string `json:"subtype"`
}

type container struct {
	Duration int64  `json:"duration"` // milliseconds
	Format   string `json:"format"`
	BitRate  *int64 `json:"bitrate"` // kilobits per second
}

// oneVideo and manyStreams say the same in two forms.
type oneVideo struct {
	container
	Audio *audioStream `json:"audio"`
	Video *videoStream `json:"video"`
}

type manyStreams struct {
	container
	Audio []audioStream `json:"audio"`
	Video []videoStream `json:"video"`
}

type audioStream struct {
	BitRate    *int64 `json:"bitrate"`
	Codec      string `json:"codec"`
	SampleRate int    `json:"sample_rate"`
	Channels   int    `json:"channels"`
}

type videoStream struct {
	Height    int     `json:"height"`
	Width     int     `json:"width"`
	FrameRate float64 `json:"frame_rate"`
	BitRate   *int64  `json:"bitrate"`
	Codec     string  `json:"codec"`
}

func fileInfoOf(a *media.Asset) fileInfo {
	i := a.Version.Info
	out := fileInfo{
		UUID: uuidOf(a.ID), FileID: uuidOf(a.ID), Size: i.Bytes, Total: i.Bytes, Done: i.Bytes,
		Original: originalName(a), MIME: mimeOf(a), Metadata: a.Context, Tags: a.Tags,
		IsImage: a.Kind == media.KindImage, IsStored: true, IsReady: true,
	}
	out.Filename = plainName(out.Original)
	if out.Metadata == nil {
		out.Metadata = map[string]string{}
	}
	kind, sub, _ := strings.Cut(out.MIME, "/")
	out.Content.MIME = mimeInfo{out.MIME, kind, sub}
	switch a.Kind {
	case media.KindImage:
		info := imageInfoOf(i, a.Version, true)
		if known := a.Detail.Analysis; known != nil && known.Version == a.Version.ID {
			info.making(known.Metadata)
		}
		out.Image, out.Content.Image = &info, &info
	case media.KindVideo:
		out.Video, out.Content.Video = streams(i)
	}
	return out
}

// originalName is the name of the file at its upload, or else what its asset
// is called.
func originalName(a *media.Asset) string {
	name := a.OriginalName
	if name == "" {
		name = path.Base(a.Name)
	}
	ext := media.Extension(a.Version.Info.Format)
	if ext == "" || strings.EqualFold(path.Ext(name), "."+ext) {
		return name
	}
	return name + "." + ext
}

// plainName keeps letters, digits and underscores of a file's name and of its
// extension.
func plainName(name string) string {
	keep := func(s string) string {
		return strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' {
				return r
			}
			return -1
		}, s)
	}
	ext := path.Ext(name)
	stem := keep(strings.TrimSuffix(name, ext))
	if ext = keep(ext); ext == "" {
		return stem
	}
	return stem + "." + ext
}

func mimeOf(a *media.Asset) string {
	format := a.Version.Info.Format
	if a.Kind == media.KindRaw {
		if f, ok := media.FormatByExtension(format); ok {
			return f.MIME
		}
	}
	return media.MIME(format)
}

func streams(i media.Info) (*oneVideo, *manyStreams) {
	kilo := func(bits int64) *int64 {
		if bits <= 0 {
			return nil
		}
		bits /= 1000
		return &bits
	}
	c := container{Duration: i.Duration.Milliseconds(), Format: i.Format, BitRate: kilo(i.BitRate)}
	one, many := &oneVideo{container: c}, &manyStreams{c, []audioStream{}, []videoStream{}}
	if i.AudioCodec != "" {
		one.Audio = &audioStream{kilo(i.AudioBitRate), i.AudioCodec, i.SampleRate, i.Channels}
		many.Audio = append(many.Audio, *one.Audio)
	}
	if i.VideoCodec != "" {
		one.Video = &videoStream{i.Height, i.Width, i.FrameRate, kilo(i.VideoBitRate), i.VideoCodec}
		many.Video = append(many.Video, *one.Video)
	}
	return one, many
}
