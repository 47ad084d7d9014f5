package ffmpeg

import (
	"strings"
	"testing"
	"time"

	"tintype/internal/media"
)

const sample = `{"programs":[],"streams":[
 {"codec_name":"mjpeg","codec_type":"video","width":300,"height":300,"disposition":{"attached_pic":1}},
 {"codec_name":"h264","codec_type":"video","profile":"High","level":31,"time_base":"1/30000","bit_rate":"928173","width":1920,"height":1080,"pix_fmt":"yuv420p","r_frame_rate":"60/1","avg_frame_rate":"30000/1001","disposition":{"attached_pic":0},"side_data_list":[{},{"rotation":-90}]},
 {"codec_name":"h264","codec_type":"video","width":10,"height":10},
 {"codec_name":"aac","codec_type":"audio","sample_rate":"48000","channels":2,"bit_rate":"74999","profile":"LC"},
 {"codec_type":"data"}],
 "format":{"duration":"12.500000","bit_rate":"123456"}}`

func TestParse(t *testing.T) {
	t.Parallel()
	got, err := parse([]byte(sample), "mp4", 1000)
	if err != nil {
		t.Fatal(err)
	}
	want := media.Info{
		Format: "mp4", Bytes: 1000, Width: 1080, Height: 1920, Pages: 1, Rotation: 90,
		Duration: 12500 * time.Millisecond, FrameRate: 30000.0 / 1001, BitRate: 123456,
		VideoCodec: "h264", AudioCodec: "aac", PixelFmt: "yuv420p", SampleRate: 48000, Channels: 2,
		Profile: "High", Level: 31, TimeBase: "1/30000", VideoBitRate: 928173, AudioBitRate: 74999,
	}
	if got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestParseTable(t *testing.T) {
	t.Parallel()
	stream := func(more string) string {
		return `{"streams":[{"codec_type":"video","codec_name":"h264","width":4,"height":2` + more + `}],"format":{}}`
	}
	cases := []struct {
		name, in string
		check    func(media.Info) bool
	}{
		{"rotate tag", stream(`,"tags":{"rotate":"270"}`), func(i media.Info) bool { return i.Rotation == 270 && i.Width == 2 }},
		{"matrix before tag", stream(`,"tags":{"rotate":"90"},"side_data_list":[{"rotation":180}]`), func(i media.Info) bool { return i.Rotation == 180 && i.Width == 4 }},
		{"odd angle", stream(`,"side_data_list":[{"rotation":-88.5}]`), func(i media.Info) bool { return i.Rotation == 90 }},
		{"no rate", stream(`,"avg_frame_rate":"0/0","r_frame_rate":"25/1"`), func(i media.Info) bool { return i.FrameRate == 25 }},
		{"endless rate", stream(`,"avg_frame_rate":"inf/1"`), func(i media.Info) bool { return i.FrameRate == 0 }},
		{"stream's duration", stream(`,"duration":"2.5"`), func(i media.Info) bool { return i.Duration == 2500*time.Millisecond && i.BitRate == 3200 }},
		{"impossible duration", strings.Replace(stream(""), `"format":{}`, `"format":{"duration":"1e300"}`, 1), func(i media.Info) bool { return i.Duration == 0 }},
		{"negative duration", strings.Replace(stream(""), `"format":{}`, `"format":{"duration":"-3"}`, 1), func(i media.Info) bool { return i.Duration == 0 }},
		{"no profile", stream(`,"profile":"unknown","level":-99,"time_base":"0/0","bit_rate":"N/A"`), func(i media.Info) bool {
			return i.Profile == "" && i.Level == 0 && i.TimeBase == "" && i.VideoBitRate == 0
		}},
		{"codec without name", `{"streams":[{"codec_type":"audio"}]}`, func(i media.Info) bool { return i.AudioCodec == "unknown" && i.Width == 0 && i.Pages == 0 }},
	}
	for _, c := range cases {
		got, err := parse([]byte(c.in), "mp4", 1000)
		if err != nil || !c.check(got) {
			t.Errorf("%s: %+v, %v", c.name, got, err)
		}
	}
	for _, in := range []string{
		``, `[]`, `{`, `{}`, `{"streams":[]}`, `{"streams":[{"codec_type":"data"}]}`,
		`{"streams":[{"codec_type":"video","codec_name":"h264"}]}`,
		`{"streams":[{"codec_type":"video","codec_name":"h264","width":-4,"height":2}]}`,
		`{"streams":[{"codec_type":"video","codec_name":"mjpeg","width":4,"height":2,"disposition":{"attached_pic":1}}]}`,
	} {
		if got, err := parse([]byte(in), "mp4", 1); media.CodeOf(err) != media.Invalid {
			t.Errorf("%q: %+v, %v", in, got, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(sample))
	f.Add([]byte(`{"streams":[{"codec_type":"video","width":9223372036854775807,"height":1,"avg_frame_rate":"1/0"}],"format":{"duration":"nan","bit_rate":"-1"}}`))
	f.Add([]byte(`{"streams":[{"codec_type":"audio","sample_rate":"1e9","channels":-1}]}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		i, err := parse(in, "mp4", 1<<20)
		if err != nil {
			if media.CodeOf(err) != media.Invalid {
				t.Fatalf("%v is not Invalid", err)
			}
			return
		}
		if i.Width < 0 || i.Height < 0 || i.Duration < 0 || i.BitRate < 0 || i.SampleRate < 0 || i.Channels < 0 || !(i.FrameRate >= 0) || i.Rotation%90 != 0 || i.Rotation < 0 || i.Rotation > 270 {
			t.Fatalf("impossible: %+v", i)
		}
	})
}
