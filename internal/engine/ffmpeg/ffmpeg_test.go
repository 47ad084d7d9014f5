package ffmpeg

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"tintype/internal/engine/sandbox"
	"tintype/internal/media"
)

// TestMain lets the test binary be the launcher, and a server that is killed.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "launch":
			os.Exit(sandbox.LauncherMain(os.Args[2:]))
		case "probe":
			os.Exit(probeForEver(os.Args[2]))
		}
	}
	os.Exit(m.Run())
}

// probeForEver is a server that asks about a pipe into which nobody writes.
func probeForEver(pipe string) int {
	exe, err := os.Executable()
	if err != nil {
		return 1
	}
	f, err := os.OpenFile(pipe, os.O_RDWR, 0)
	if err != nil {
		return 1
	}
	_, _ = Probe(context.Background(), f, "wav", Config{Command: []string{exe, "launch"}, Timeout: time.Hour})
	return 1
}

func launched(t *testing.T) Config {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return Config{Command: []string{exe, "launch"}, Timeout: 30 * time.Second}
}

// clip makes a file with ffmpeg; args stand between its name and the output.
func clip(t *testing.T, name string, args ...string) *os.File {
	t.Helper()
	for _, program := range []string{"ffmpeg", "ffprobe"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed", program)
		}
	}
	path := filepath.Join(t.TempDir(), name)
	args = append(append([]string{"-v", "error", "-nostdin", "-y"}, args...), path)
	if out, err := exec.Command("ffmpeg", args...).CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return open(t, path)
}

func open(t *testing.T, path string) *os.File {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func write(t *testing.T, name string, content []byte) *os.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return open(t, path)
}

var (
	picture = []string{"-f", "lavfi", "-i", "testsrc=size=64x48:rate=25:duration=0.4"}
	sound   = []string{"-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100:duration=0.4"}
	x264    = []string{"-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"}
)

func join(parts ...[]string) []string {
	var all []string
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

func TestProbe(t *testing.T) {
	t.Parallel()
	cases := []struct {
		format, file string
		args         []string
		want         media.Info // Bytes and BitRate are checked apart
	}{
		{"mp4", "a.mp4", join(picture, sound, x264, []string{"-c:a", "aac", "-shortest"}), media.Info{
			Width: 64, Height: 48, Pages: 1, FrameRate: 25, VideoCodec: "h264", AudioCodec: "aac", PixelFmt: "yuv420p", SampleRate: 44100, Channels: 1,
		}},
		{"mov", "a.mov", join(picture, x264), media.Info{Width: 64, Height: 48, Pages: 1, FrameRate: 25, VideoCodec: "h264", PixelFmt: "yuv420p"}},
		{"webm", "a.webm", join(picture, []string{"-c:v", "libvpx", "-deadline", "realtime"}), media.Info{Width: 64, Height: 48, Pages: 1, FrameRate: 25, VideoCodec: "vp8", PixelFmt: "yuv420p"}},
		{"mkv", "a.mkv", join(picture, x264), media.Info{Width: 64, Height: 48, Pages: 1, FrameRate: 25, VideoCodec: "h264", PixelFmt: "yuv420p"}},
		{"avi", "a.avi", join(picture, []string{"-c:v", "mpeg4"}), media.Info{Width: 64, Height: 48, Pages: 1, FrameRate: 25, VideoCodec: "mpeg4", PixelFmt: "yuv420p"}},
		{"flv", "a.flv", join(picture, []string{"-c:v", "flv"}), media.Info{Width: 64, Height: 48, Pages: 1, FrameRate: 25, VideoCodec: "flv1", PixelFmt: "yuv420p"}},
		{"ts", "a.ts", join(picture, x264), media.Info{Width: 64, Height: 48, Pages: 1, FrameRate: 25, VideoCodec: "h264", PixelFmt: "yuv420p"}},
		{"mpeg", "a.mpg", join(picture, []string{"-c:v", "mpeg1video", "-f", "mpeg"}), media.Info{Width: 64, Height: 48, Pages: 1, FrameRate: 25, VideoCodec: "mpeg1video", PixelFmt: "yuv420p"}},
		{"m4a", "a.m4a", join(sound, []string{"-c:a", "aac"}), media.Info{AudioCodec: "aac", SampleRate: 44100, Channels: 1}},
		{"mp3", "a.mp3", join(sound, []string{"-c:a", "libmp3lame"}), media.Info{AudioCodec: "mp3", SampleRate: 44100, Channels: 1}},
		{"aac", "a.aac", join(sound, []string{"-c:a", "aac"}), media.Info{AudioCodec: "aac", SampleRate: 44100, Channels: 1}},
		{"wav", "a.wav", join(sound, []string{"-ac", "2"}), media.Info{AudioCodec: "pcm_s16le", SampleRate: 44100, Channels: 2}},
		{"flac", "a.flac", sound, media.Info{AudioCodec: "flac", SampleRate: 44100, Channels: 1}},
		{"opus", "a.opus", sound, media.Info{AudioCodec: "opus", SampleRate: 48000, Channels: 1}},
		{"aiff", "a.aiff", sound, media.Info{AudioCodec: "pcm_s16be", SampleRate: 44100, Channels: 1}},
	}
	for _, c := range cases {
		t.Run(c.format, func(t *testing.T) {
			t.Parallel()
			f := clip(t, c.file, c.args...)
			got, err := Probe(t.Context(), f, c.format, launched(t))
			if err != nil {
				t.Fatal(err)
			}
			least := 300 * time.Millisecond
			if c.format == "mpeg" { // has no duration: ffprobe guesses by time stamps
				least = 100 * time.Millisecond
			}
			if got.Duration < least || got.Duration > 600*time.Millisecond {
				t.Errorf("Duration = %v, want about 0.4 s", got.Duration)
			}
			size, _ := f.Seek(0, 2)
			if got.Bytes != size || got.BitRate <= 0 {
				t.Errorf("Bytes = %d, BitRate = %d for a file of %d bytes", got.Bytes, got.BitRate, size)
			}
			want := c.want
			want.Format, want.Duration, want.Bytes, want.BitRate = c.format, got.Duration, got.Bytes, got.BitRate
			// The encoder's own choices are named, whatever they are.
			if (got.Profile == "" || got.Level == 0) && (got.VideoCodec == "h264") || got.TimeBase == "" && got.VideoCodec != "" {
				t.Errorf("profile %q, level %d, time base %q", got.Profile, got.Level, got.TimeBase)
			}
			if got.VideoBitRate == 0 && c.format == "mov" || got.AudioBitRate == 0 && c.format == "mp4" {
				t.Errorf("bit rates %d and %d", got.VideoBitRate, got.AudioBitRate)
			}
			want.Profile, want.Level, want.TimeBase = got.Profile, got.Level, got.TimeBase
			want.VideoBitRate, want.AudioBitRate = got.VideoBitRate, got.AudioBitRate
			if got != want {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

func TestProbeWithoutLauncher(t *testing.T) {
	t.Parallel()
	f := clip(t, "a.mp4", join(picture, x264)...)
	got, err := Probe(t.Context(), f, "mp4", Config{Timeout: 30 * time.Second})
	if err != nil || got.Width != 64 {
		t.Fatalf("got %+v, %v", got, err)
	}
}

// The matrix of the track's header turns by a quarter clockwise, as a phone
// held upright writes it.
func TestProbeRotated(t *testing.T) {
	t.Parallel()
	whole := clip(t, "a.mp4", join(picture, x264)...)
	content, err := os.ReadFile(whole.Name())
	if err != nil {
		t.Fatal(err)
	}
	upright := []byte("\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00")
	turned := []byte("\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\xFF\xFF\x00\x00\x00\x00\x00\x00")
	tkhd := bytes.Index(content, []byte("tkhd"))
	at := bytes.Index(content[tkhd:], upright)
	if tkhd < 0 || at < 0 || at > 100 {
		t.Fatal("the clip has no upright track")
	}
	copy(content[tkhd+at:], turned)
	got, err := Probe(t.Context(), write(t, "b.mp4", content), "mp4", launched(t))
	if err != nil {
		t.Fatal(err)
	}
	if got.Width != 48 || got.Height != 64 || got.Rotation != 90 {
		t.Errorf("got %d x %d turned by %d, want 48 x 64 turned by 90", got.Width, got.Height, got.Rotation)
	}
}

// A descriptor without a name in the file system is read all the same.
func TestProbeUnlinked(t *testing.T) {
	t.Parallel()
	f := clip(t, "a.mp4", join(picture, x264)...)
	if err := os.Remove(f.Name()); err != nil {
		t.Fatal(err)
	}
	if _, err := Probe(t.Context(), f, "mp4", launched(t)); err != nil {
		t.Fatal(err)
	}
}

func TestProbeRefuses(t *testing.T) {
	t.Parallel()
	whole := clip(t, "a.mp4", join(picture, x264)...)
	content, err := os.ReadFile(whole.Name())
	if err != nil {
		t.Fatal(err)
	}
	playlist := "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://" + whole.Name() + "\n#EXT-X-ENDLIST\n"
	cases := []struct {
		name, format string
		content      []byte
	}{
		{"playlist as mp4", "mp4", []byte(playlist)},
		{"playlist as ts", "ts", []byte(playlist)},
		{"concat script", "mkv", []byte("ffconcat version 1.0\nfile '" + whole.Name() + "'\n")},
		{"text", "mp4", []byte("this is not a film\n")},
		{"empty", "mp4", nil},
		{"truncated", "mp4", content[:len(content)/3]},
		{"other container", "webm", content},
		{"other demuxer", "avi", content},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := Probe(t.Context(), write(t, "x.mp4", c.content), c.format, launched(t))
			if media.CodeOf(err) != media.Invalid {
				t.Fatalf("got %+v, %v, want an Invalid error", got, err)
			}
		})
	}
}

// externalData turns the data reference of an mp4 into one to another file.
func externalData(t *testing.T, mp4 []byte, target string) []byte {
	t.Helper()
	self := []byte("\x00\x00\x00\x0curl \x00\x00\x00\x01")
	i := bytes.Index(mp4, self)
	if i < 0 {
		t.Fatal("the clip has no data reference of the expected form")
	}
	ref := "url \x00\x00\x00\x00file://" + target + "\x00"
	size := len(ref) + 4
	ref = string([]byte{0, 0, byte(size >> 8), byte(size)}) + ref
	out := append(append(append([]byte(nil), mp4[:i]...), ref...), mp4[i+len(self):]...)
	grow := len(ref) - len(self)
	for _, kind := range []string{"moov", "trak", "mdia", "minf", "dinf", "dref"} {
		at := bytes.Index(out, []byte(kind)) - 4
		n := int(out[at])<<24 | int(out[at+1])<<16 | int(out[at+2])<<8 | int(out[at+3])
		n += grow
		out[at], out[at+1], out[at+2], out[at+3] = byte(n>>24), byte(n>>16), byte(n>>8), byte(n)
	}
	return out
}

// A film whose data are said to lie in another file opens no other file: a
// named pipe with nobody at its other end would block whoever opens it, and
// wake the writer that waits here.
func TestProbeExternalReference(t *testing.T) {
	t.Parallel()
	whole := clip(t, "a.mp4", join(picture, x264)...)
	content, err := os.ReadFile(whole.Name())
	if err != nil {
		t.Fatal(err)
	}
	pipe := filepath.Join(t.TempDir(), "secret")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	f := write(t, "x.mp4", externalData(t, content, pipe))
	if _, err := Probe(t.Context(), f, "mp4", launched(t)); err != nil && media.CodeOf(err) != media.Invalid {
		t.Fatal(err)
	}
	w, err := os.OpenFile(pipe, os.O_WRONLY|syscall.O_NONBLOCK, 0)
	if err == nil {
		w.Close()
		t.Error("somebody has the referenced file open")
	} else if !errors.Is(err, syscall.ENXIO) {
		t.Error(err)
	}
}

func TestProbeUnsupported(t *testing.T) {
	t.Parallel()
	f := write(t, "x", []byte("x"))
	if _, err := Probe(t.Context(), f, "jpeg", Config{}); media.CodeOf(err) != media.Unsupported {
		t.Errorf("a picture's format: %v", err)
	}
	if _, err := Probe(t.Context(), f, "mp4", Config{Program: "ffprobe-that-is-not-there"}); media.CodeOf(err) != media.Unsupported {
		t.Errorf("no ffprobe: %v", err)
	}
}

// slow writes a program that never ends, with a child in its group, and
// answers the file in which the child's number will stand.
func slow(t *testing.T) (program, child string) {
	t.Helper()
	dir := t.TempDir()
	program, child = filepath.Join(dir, "slow"), filepath.Join(dir, "child")
	script := "#!/bin/sh\nPATH=/usr/bin:/bin\nsleep 1000 &\necho $! > " + child + ".tmp\nmv " + child + ".tmp " + child + "\nwait\n"
	if err := os.WriteFile(program, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return program, child
}

// number reads the number that stands in a file.
func number(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(b))
}

// gone waits until no process has the number; a zombie that nobody has
// reaped counts as gone.
func gone(t *testing.T, pid string) {
	t.Helper()
	stat := "/proc/" + pid + "/stat"
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		s, err := os.ReadFile(stat)
		if err != nil || strings.Contains(string(s), ") Z ") {
			return
		}
	}
	t.Errorf("process %s still runs", pid)
}

func TestDeadlineKillsTheGroup(t *testing.T) {
	t.Parallel()
	program, child := slow(t)
	// On a busy machine the child may not be there when the time is over:
	// then once more with more time.
	for timeout := 200 * time.Millisecond; ; timeout *= 2 {
		start := time.Now()
		_, err := Probe(t.Context(), write(t, "x", []byte("x")), "mp4", Config{Program: program, Timeout: timeout})
		if media.CodeOf(err) != media.Invalid || !errors.Is(err, errTimeout) {
			t.Fatalf("got %v, want Invalid for the time", err)
		}
		if d := time.Since(start); d > timeout+5*time.Second {
			t.Errorf("took %v at a limit of %v", d, timeout)
		}
		if _, err := os.Stat(child); err == nil {
			break
		}
		if timeout > 10*time.Second {
			t.Fatal("the program never started its child")
		}
	}
	gone(t, number(t, child))
}

func TestCancelKillsTheGroup(t *testing.T) {
	t.Parallel()
	program, child := slow(t)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for {
			if _, err := os.Stat(child); err == nil || ctx.Err() != nil {
				cancel()
				return
			}
			time.Sleep(time.Millisecond)
		}
	}()
	_, err := Probe(ctx, write(t, "x", []byte("x")), "mp4", Config{Program: program, Timeout: 20 * time.Second})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want the context's error", err)
	}
	gone(t, number(t, child))
}

func TestOutputIsBounded(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "loud")
	if err := os.WriteFile(program, []byte("#!/bin/sh\nwhile :; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := Probe(t.Context(), write(t, "x", []byte("x")), "mp4", Config{Program: program, Timeout: 20 * time.Second})
	if media.CodeOf(err) != media.Invalid || !errors.Is(err, errOutput) {
		t.Fatalf("got %v, want Invalid for the output", err)
	}
}

func TestLauncherFailureIsOurs(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(program, nil, 0o700); err != nil {
		t.Fatal(err)
	}
	cfg := launched(t)
	cfg.Program = program
	if _, err := Probe(t.Context(), write(t, "x", []byte("x")), "mp4", cfg); err == nil || media.CodeOf(err) != media.Internal {
		t.Fatalf("got %v, want an Internal error", err)
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("ffprobe"); err != nil {
		t.Skip("ffprobe is not installed")
	}
	v, err := Version(t.Context(), Config{Timeout: 20 * time.Second})
	if err != nil || v == "" {
		t.Fatalf("got %q, %v", v, err)
	}
	sealed, err := Version(t.Context(), launched(t))
	if err != nil || sealed != v {
		t.Errorf("in the sandbox %q, %v; outside %q", sealed, err, v)
	}
	if _, err := Version(t.Context(), Config{Program: "ffprobe-that-is-not-there"}); media.CodeOf(err) != media.Unsupported {
		t.Errorf("no ffprobe: %v", err)
	}
}

// Every format of film or sound that has a name must have a demuxer.
func TestDemuxers(t *testing.T) {
	t.Parallel()
	for format := range demuxers {
		f, ok := media.FormatByName(format)
		if !ok || f.Kind != media.KindVideo {
			t.Errorf("%s has a demuxer but is no film or sound", format)
		}
	}
	for _, ext := range []string{"mp4", "webm", "mov", "ogv", "mkv", "avi", "flv", "mpg", "ts", "3gp", "mp3", "m4a", "aac", "ogg", "opus", "wav", "flac", "aif"} {
		f, _ := media.FormatByExtension(ext)
		if _, ok := Demuxer(f.Name); !ok {
			t.Errorf("%s has no demuxer", ext)
		}
	}
}
