package ffmpeg

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"

	"tintype/internal/media"
)

// entries is what ffprobe is asked for.
const entries = "format=duration,bit_rate:" +
	"stream=codec_type,codec_name,profile,level,time_base,width,height,pix_fmt,avg_frame_rate,r_frame_rate,duration,bit_rate,sample_rate,channels,nb_frames:" +
	"stream_disposition=attached_pic:stream_tags=rotate:stream_side_data=rotation"

// report is ffprobe's JSON. Most numbers come as text.
type report struct {
	Streams []stream `json:"streams"`
	Format  struct {
		Duration string `json:"duration"`
		BitRate  string `json:"bit_rate"`
	} `json:"format"`
}

type stream struct {
	Type        string `json:"codec_type"`
	Codec       string `json:"codec_name"`
	Profile     string `json:"profile"`
	Level       int64  `json:"level"`
	TimeBase    string `json:"time_base"`
	Width       int64  `json:"width"`
	Height      int64  `json:"height"`
	PixelFmt    string `json:"pix_fmt"`
	Average     string `json:"avg_frame_rate"`
	Rate        string `json:"r_frame_rate"`
	Duration    string `json:"duration"`
	BitRate     string `json:"bit_rate"`
	SampleRate  string `json:"sample_rate"`
	Channels    int64  `json:"channels"`
	Disposition struct {
		Picture int `json:"attached_pic"`
	} `json:"disposition"`
	Tags struct {
		Rotate string `json:"rotate"`
	} `json:"tags"`
	SideData []struct {
		Rotation *float64 `json:"rotation"`
	} `json:"side_data_list"`
}

// parse turns ffprobe's report on a file into Info. Of several streams the
// first of each kind counts; a cover picture is no film.
func parse(out []byte, format string, size int64) (media.Info, error) {
	var r report
	if err := json.Unmarshal(out, &r); err != nil {
		return media.Info{}, &media.Error{Code: media.Invalid, Op: "probe", Message: "Video could not be understood", Err: err}
	}
	info := media.Info{
		Format:   format,
		Bytes:    size,
		Duration: seconds(r.Format.Duration),
		BitRate:  whole(r.Format.BitRate, math.MaxInt64),
	}
	for _, s := range r.Streams {
		switch {
		case s.Type == "video" && s.Disposition.Picture == 0 && info.VideoCodec == "":
			s.video(&info)
		case s.Type == "audio" && info.AudioCodec == "":
			info.AudioCodec = known(s.Codec)
			info.SampleRate = int(whole(s.SampleRate, math.MaxInt32))
			info.Channels = int(clamp(s.Channels))
			info.AudioBitRate = whole(s.BitRate, math.MaxInt64)
		default:
			continue
		}
		if r.Format.Duration == "" {
			info.Duration = max(info.Duration, seconds(s.Duration))
		}
	}
	if info.VideoCodec == "" && info.AudioCodec == "" {
		return media.Info{}, media.Errorf(media.Invalid, "Video holds neither picture nor sound")
	}
	if info.VideoCodec != "" && (info.Width == 0 || info.Height == 0) {
		return media.Info{}, media.Errorf(media.Invalid, "Video has no size")
	}
	if info.BitRate == 0 && info.Duration > 0 {
		info.BitRate = int64(min(float64(size)*8/info.Duration.Seconds(), math.MaxInt32))
	}
	return info, nil
}

// video fills in what a film's stream says, turned as it is to be shown.
func (s stream) video(info *media.Info) {
	info.VideoCodec = known(s.Codec)
	info.PixelFmt = s.PixelFmt
	info.Level = int(clamp(s.Level))
	info.VideoBitRate = whole(s.BitRate, math.MaxInt64)
	if s.Profile != "unknown" {
		info.Profile = s.Profile
	}
	if ratio(s.TimeBase) > 0 {
		info.TimeBase = s.TimeBase
	}
	info.Pages = 1
	info.Width, info.Height = int(clamp(s.Width)), int(clamp(s.Height))
	info.Rotation = s.rotation()
	if info.Rotation%180 != 0 {
		info.Width, info.Height = info.Height, info.Width
	}
	if info.FrameRate = ratio(s.Average); info.FrameRate == 0 {
		info.FrameRate = ratio(s.Rate)
	}
}

// known keeps a stream whose codec has no name from being taken for none.
func known(codec string) string {
	if codec == "" {
		return "unknown"
	}
	return codec
}

// rotation is in degrees clockwise, by quarters. The display matrix, which
// counts counter-clockwise, goes before the tag of older files.
func (s stream) rotation() int {
	for _, d := range s.SideData {
		if d.Rotation != nil {
			return quarter(-*d.Rotation)
		}
	}
	tag, err := strconv.ParseFloat(s.Tags.Rotate, 64)
	if err != nil {
		return 0
	}
	return quarter(tag)
}

func quarter(degrees float64) int {
	if math.IsNaN(degrees) || math.Abs(degrees) > 1e6 {
		return 0
	}
	q := int(math.Round(degrees/90)) % 4
	return (q + 4) % 4 * 90
}

// ratio reads "30000/1001"; 0 for what is none, as ffprobe's "0/0".
func ratio(s string) float64 {
	a, b, _ := strings.Cut(s, "/")
	n, err := strconv.ParseFloat(a, 64)
	d, err2 := strconv.ParseFloat(b, 64)
	if err != nil || err2 != nil || !(n > 0) || !(d > 0) || math.IsInf(n, 0) || math.IsInf(d, 0) {
		return 0
	}
	return n / d
}

// seconds reads a duration; 0 for none, and for what no clock could show.
func seconds(s string) time.Duration {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || !(v > 0) || v > 9e9 {
		return 0
	}
	return time.Duration(v * float64(time.Second))
}

func whole(s string, most int64) int64 {
	v, err := strconv.ParseInt(s, 10, 64)
	if err != nil || v < 0 || v > most {
		return 0
	}
	return v
}

func clamp(v int64) int64 {
	if v < 0 || v > math.MaxInt32 {
		return 0
	}
	return v
}
