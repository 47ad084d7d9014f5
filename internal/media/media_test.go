package media

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestValidAccount(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"demo", "a", "0", "my-shop_2", "a--b", "a-", strings.Repeat("x", 64)} {
		if !ValidAccount(s) {
			t.Errorf("%q is refused", s)
		}
	}
	for _, s := range []string{
		"", "-a", "_a", "Demo", "a.b", "a/b", "a b", "ä", "a\x00", "a\n", "..", "a%2e", strings.Repeat("x", 65),
	} {
		if ValidAccount(s) {
			t.Errorf("%q is accepted", s)
		}
	}
}

// Info is stored as JSON: what is not known takes no room, and comes back as it was.
func TestInfoJSON(t *testing.T) {
	t.Parallel()
	raw, err := json.Marshal(Info{Format: "png", Bytes: 7, Width: 3, Height: 2})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(raw), `{"format":"png","bytes":7,"width":3,"height":2}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	full := Info{
		Format: "mp4", Bytes: 1, Width: 2, Height: 3, Orientation: 6, Pages: 4, Animated: true, Alpha: true,
		Space: "srgb", ICC: true, Duration: 5, FrameRate: 29.97, BitRate: 6, VideoCodec: "h264", AudioCodec: "aac",
		PixelFmt: "yuv420p", SampleRate: 7, Channels: 8, Rotation: 90,
	}
	if raw, err = json.Marshal(full); err != nil {
		t.Fatal(err)
	}
	var back Info
	if err := json.Unmarshal(raw, &back); err != nil || back != full {
		t.Errorf("%s came back as %+v, %v", raw, back, err)
	}
}
