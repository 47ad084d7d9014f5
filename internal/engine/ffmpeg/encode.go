package ffmpeg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"time"

	"tintype/internal/engine/sandbox"
	"tintype/internal/media"
)

// Film says how bare pixels become a film: Frames of Width x Height in four
// bytes each, red, green, blue and alpha.
type Film struct {
	Format        string // mp4, webm, or png for an animation
	Width, Height int
	Frames        int
	Delay         time.Duration // how long each shows
	Loop          int           // how often an animation plays; 0 is for ever
}

// maxFilm is the largest film that Encode writes, in bytes.
const maxFilm = 256 << 20

// Encode writes the pixels of one open file into another, empty one. Sides of
// an odd number of pixels are made even where the format wants that.
//
// Errors: Unsupported for other formats and when ffmpeg is missing; Invalid
// when it takes too long; that of ctx when ctx ends first.
func Encode(ctx context.Context, pixels, out *os.File, f Film, cfg Config) error {
	codec, err := f.codec()
	if err != nil {
		return err
	}
	cfg = cfg.withDefaults()
	if cfg.Program == "" {
		cfg.Program = "ffmpeg"
	}
	cfg.fileSize = maxFilm
	milliseconds := max(int(f.Delay/time.Millisecond), 1)
	args := []string{
		"-v", "error", "-hide_banner", "-nostdin", "-y", "-threads", "1", "-protocol_whitelist", "file,pipe",
		"-f", "rawvideo", "-pixel_format", "rgba", "-video_size", fmt.Sprintf("%dx%d", f.Width, f.Height),
		"-framerate", fmt.Sprintf("1000/%d", milliseconds), "-i", sandbox.Path(3),
	}
	args = append(append(args, codec...), "-frames:v", strconv.Itoa(f.Frames), "-fs", strconv.Itoa(maxFilm), sandbox.Path(4))
	_, err = run(ctx, cfg, []*os.File{pixels, out}, args)
	var exit *exec.ExitError
	switch {
	case errors.Is(err, errTimeout):
		return &media.Error{Code: media.Invalid, Op: "encode", Message: "The film takes too long to write", Err: err}
	case errors.As(err, &exit) && exit.ExitCode() != sandbox.ExitLauncher:
		return &media.Error{Code: media.Unsupported, Op: "encode", Message: "This server cannot write films as " + f.Format, Err: err}
	}
	return err
}

// codec are the arguments that say how the film is written.
func (f Film) codec() ([]string, error) {
	evenSides := []string{"-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2", "-pix_fmt", "yuv420p", "-an"}
	switch f.Format {
	case "mp4":
		return append(evenSides, "-c:v", "libx264", "-preset", "veryfast", "-crf", "22", "-threads", "1", "-movflags", "+faststart", "-f", "mp4"), nil
	case "webm":
		return append(evenSides, "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "6", "-crf", "32", "-b:v", "0", "-threads", "1", "-f", "webm"), nil
	case "png":
		return []string{"-c:v", "apng", "-plays", strconv.Itoa(f.Loop), "-threads", "1", "-f", "apng"}, nil
	}
	return nil, media.Errorf(media.Unsupported, "Films cannot be written as %s", f.Format)
}
