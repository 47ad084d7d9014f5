// Package ffmpeg runs ffprobe on films and sound: one process per file, shut
// in, with one named demuxer, killed at its deadline.
package ffmpeg

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"tintype/internal/engine/sandbox"
	"tintype/internal/media"
)

// Config says how the programs are run. The zero value runs ffprobe from the
// PATH with default limits and, for want of a launcher, without a sandbox.
type Config struct {
	// Command starts this binary as a sandbox's launcher, for example
	// [exe, "engine", "exec"]; the arguments of sandbox.LauncherMain are
	// appended. Empty: the program is started directly, under resource
	// limits only.
	Command []string
	// Program is the path of ffprobe; "" looks in the PATH.
	Program string
	// Timeout bounds one run; 0 is 5 s.
	Timeout time.Duration
	// Memory bounds a process's private memory in bytes; 0 is 1 GiB.
	Memory int64

	fileSize int64 // that a file may grow to; 0 is maxOutput
}

func (c Config) withDefaults() Config {
	if c.Timeout == 0 {
		c.Timeout = 5 * time.Second
	}
	if c.Memory == 0 {
		c.Memory = 1 << 30
	}
	return c
}

// demuxers maps the formats of package media to the one demuxer that may look
// at such a file.
var demuxers = map[string]string{
	"mp4": "mov", "mov": "mov", "m4a": "mov", "3gp": "mov",
	"webm": "matroska", "mkv": "matroska",
	"avi": "avi", "flv": "flv", "mpeg": "mpeg", "ts": "mpegts",
	"ogv": "ogg", "ogg": "ogg", "opus": "ogg",
	"mp3": "mp3", "aac": "aac", "wav": "wav", "flac": "flac", "aiff": "aiff",
}

// Demuxer answers the name of the demuxer for a format; ok is false for
// formats that are not film or sound.
func Demuxer(format string) (name string, ok bool) {
	name, ok = demuxers[format]
	return name, ok
}

// maxOutput is how much a program may print.
const maxOutput = 1 << 20

// Probe says what the open file f is, taken for a format of package media
// that its content has shown. The file is not read through f: its position
// stays.
//
// Errors: Invalid when the file is at fault, with anything that it does to
// ffprobe, taking too long included; Unsupported when ffprobe is missing or
// the format has no demuxer; that of ctx when ctx ends first.
func Probe(ctx context.Context, f *os.File, format string, cfg Config) (media.Info, error) {
	cfg = cfg.withDefaults()
	demuxer, ok := Demuxer(format)
	if !ok {
		return media.Info{}, media.Errorf(media.Unsupported, "Format %q is neither video nor audio", format)
	}
	info, err := f.Stat()
	if err != nil {
		return media.Info{}, err
	}
	args := append([]string{"-of", "json=compact=1", "-show_entries", entries}, input(demuxer)...)
	out, err := run(ctx, cfg, []*os.File{f}, args)
	if err != nil {
		return media.Info{}, probeError(format, err)
	}
	return parse(out, format, info.Size())
}

// probeError finds out who is at fault when ffprobe fails.
func probeError(format string, err error) error {
	var exit *exec.ExitError
	switch {
	case errors.Is(err, errTimeout):
		return &media.Error{Code: media.Invalid, Op: "probe", Message: "Video takes too long to read", Err: err}
	case errors.Is(err, errOutput):
		return &media.Error{Code: media.Invalid, Op: "probe", Message: "Video holds too many streams", Err: err}
	case errors.As(err, &exit) && exit.ExitCode() != sandbox.ExitLauncher:
		return &media.Error{Code: media.Invalid, Op: "probe", Message: "Video is damaged or not a valid " + format + " file", Err: err}
	}
	return err
}

// Version asks ffprobe for its version, such as "5.1.9-0+deb12u1". It is
// Unsupported when ffprobe is missing.
func Version(ctx context.Context, cfg Config) (string, error) {
	out, err := run(ctx, cfg.withDefaults(), nil, []string{"-version"})
	if err != nil {
		return "", err
	}
	line, _, _ := strings.Cut(string(out), "\n")
	words := strings.Fields(line)
	if len(words) < 3 || words[1] != "version" {
		return "", errors.New("ffprobe does not say its version: " + strconv.Quote(line))
	}
	return words[2], nil
}
