package uploadcare

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"tintype/internal/media"
	"tintype/internal/rendition/renditiontest"
	"tintype/internal/transform"
)

func TestFileNames(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ original, name, format, want, plain string }{
		{"WhatsApp Image 2023-06-26 at 8.56.32 AM", "x", "jpeg", "WhatsApp Image 2023-06-26 at 8.56.32 AM.jpg", "WhatsAppImage20230626at85632AM.jpg"},
		{"logo (1)", "x", "png", "logo (1).png", "logo1.png"},
		{"д_д", "x", "pdf", "д_д.pdf", "_.pdf"},
		{"", "dir/shoe", "webp", "shoe.webp", "shoe.webp"},
		{"", "dir/notes.txt", "txt", "notes.txt", "notes.txt"},
		{"README", "README", "", "README", "README"},
	} {
		a := &media.Asset{OriginalName: c.original, Ref: media.Ref{Name: c.name}}
		a.Version.Info.Format = c.format
		if got := originalName(a); got != c.want || plainName(got) != c.plain {
			t.Errorf("%+v: %q and %q", c, got, plainName(got))
		}
	}
}

func TestFileInfo(t *testing.T) {
	t.Parallel()
	const id = "52da3bfc7cd848618b05126fef7a6994"
	image := &media.Asset{
		Ref: media.Ref{ID: id, Kind: media.KindImage, Name: "x"}, OriginalName: "shoe", Context: map[string]string{"pet": "cat"}, Tags: []string{"a"},
		Version: media.Version{ID: "v", Info: media.Info{Format: "jpeg", Bytes: 7, Width: 3024, Height: 4032, Orientation: 6, Space: "srgb"}},
		Detail: media.Detail{Analysis: &media.Analysis{Version: "v", Metadata: &media.Metadata{DPI: 72, Exif: map[string]string{
			"DateTimeOriginal": "2018:08:20 08:59:50", "GPSLatitude": "55.62", "GPSLatitudeRef": "N", "GPSLongitude": "37.66", "GPSLongitudeRef": "W",
		}}}},
	}
	const picture = `{"dpi":[72,72],"width":3024,"height":4032,"format":"JPEG","orientation":6,` +
		`"geo_location":{"latitude":55.62,"longitude":-37.66},"datetime_original":"2018-08-20T08:59:50","sequence":false,"color_mode":"RGB"}`
	const sizes = `{"uuid":"` + fileUUID + `","file_id":"` + fileUUID + `","size":7,"total":7,"done":7,`
	if got, want := mustJSON(fileInfoOf(image)), sizes+`"original_filename":"shoe.jpg","filename":"shoe.jpg","mime_type":"image/jpeg",`+
		`"image_info":`+picture+`,"video_info":null,"content_info":{"mime":{"mime":"image/jpeg","type":"image","subtype":"jpeg"},"image":`+picture+`},`+
		`"metadata":{"pet":"cat"},"tags":["a"],"is_image":true,"is_stored":true,"is_ready":true}`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	image.Version.ID = "later"
	if got := fileInfoOf(image).Image; got.DPI != nil || got.Taken != nil || got.Place != nil {
		t.Errorf("what was known of another version: %+v", got)
	}

	video := &media.Asset{
		Ref: media.Ref{ID: id, Kind: media.KindVideo, Name: "dog"},
		Version: media.Version{Info: media.Info{Format: "mp4", Bytes: 7, Width: 640, Height: 360, Duration: 1500 * time.Millisecond, BitRate: 816_900,
			VideoCodec: "h264", FrameRate: 25, VideoBitRate: 700_000, AudioCodec: "aac", SampleRate: 44100, Channels: 2}},
	}
	const whole = `{"duration":1500,"format":"mp4","bitrate":816,`
	const sound = `{"bitrate":null,"codec":"aac","sample_rate":44100,"channels":2}`
	const moves = `{"height":360,"width":640,"frame_rate":25,"bitrate":700,"codec":"h264"}`
	if got, want := mustJSON(fileInfoOf(video)), sizes+`"original_filename":"dog.mp4","filename":"dog.mp4","mime_type":"video/mp4",`+
		`"image_info":null,"video_info":`+whole+`"audio":`+sound+`,"video":`+moves+`},`+
		`"content_info":{"mime":{"mime":"video/mp4","type":"video","subtype":"mp4"},"video":`+whole+`"audio":[`+sound+`],"video":[`+moves+`]}},`+
		`"metadata":{},"is_image":false,"is_stored":true,"is_ready":true}`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	raw := &media.Asset{Ref: media.Ref{ID: id, Kind: media.KindRaw, Name: "x.bin"}}
	raw.Version.Info.Format = "bin"
	if got := fileInfoOf(raw); got.MIME != "application/octet-stream" || got.Image != nil || got.Video != nil || got.IsImage {
		t.Errorf("raw: %+v", got)
	}
}

func TestDegrees(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text, side string
		want       float64
		ok         bool
	}{
		{"37.5", "E", 37.5, true}, {"37.5", "W", -37.5, true}, {"-37.5", "W", -37.5, true}, {"37.5", "", 37.5, true},
		{"", "W", 0, false}, {"181", "E", 0, false}, {"NaN", "E", 0, false}, {"x", "E", 0, false},
	} {
		if got, ok := degrees(c.text, c.side, "W", 180); got != c.want || ok != c.ok {
			t.Errorf("%q %q: %v, %v", c.text, c.side, got, ok)
		}
	}
}

// TestMaking: what the file says of itself stands in every description, and
// is read from it once.
func TestMaking(t *testing.T) {
	t.Parallel()
	w := newDelivering(t)
	w.Engine.Focus = transform.Answer{Analysis: &media.Analysis{Metadata: &media.Metadata{DPI: 299.6, Exif: map[string]string{
		"DateTimeOriginal": "2018:08:20 08:59:50", "GPSLatitude": "1.5", "GPSLongitude": "2",
	}}}}
	id := uuidOf(w.Put(renditiontest.Image("shoe"), []byte("A")).ID)
	for _, path := range []string{"/-/json/", "/-/preview/10x10/-/json/"} {
		r, _ := w.get("/" + id + path)
		var got pictureInfo
		if err := json.Unmarshal(r.Body.Bytes(), &got); err != nil || got.DPI == nil || *got.DPI != [2]int{300, 300} || got.Taken == nil ||
			*got.Taken != "2018-08-20T08:59:50" || got.Place == nil || *got.Place != (location{1.5, 2}) {
			t.Errorf("%s: %s", path, r.Body)
		}
		if !strings.Contains(r.Body.String(), `"hash":null`) {
			t.Errorf("%s: %s", path, r.Body)
		}
	}
	if n := w.Engine.Measures.Load(); n != 1 {
		t.Errorf("%d measurements", n)
	}
}
