package ffmpeg

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"

	"tintype/internal/engine/sandbox"
	"tintype/internal/media"
)

// input is how either program opens descriptor 3, and nothing else.
func input(demuxer string) []string {
	args := []string{
		"-v", "error", "-hide_banner",
		"-protocol_whitelist", "file,pipe", "-format_whitelist", demuxer, "-f", demuxer,
	}
	if demuxer == "mov" {
		args = append(args, "-enable_drefs", "0", "-use_absolute_path", "0")
	}
	return append(args, "-i", sandbox.Path(3))
}

// Tags answers what the container of a film or sound says of itself, by the
// names that ffprobe gives; where a stream says the same as the whole file,
// the file's counts. Errors are those of Probe.
func Tags(ctx context.Context, f *os.File, format string, cfg Config) (map[string]string, error) {
	demuxer, ok := Demuxer(format)
	if !ok {
		return nil, media.Errorf(media.Unsupported, "Format %q is neither video nor audio", format)
	}
	args := append([]string{"-of", "json=compact=1", "-show_entries", "format_tags:stream_tags"}, input(demuxer)...)
	out, err := run(ctx, cfg.withDefaults(), []*os.File{f}, args)
	if err != nil {
		return nil, probeError(format, err)
	}
	type tagged struct {
		Tags map[string]string `json:"tags"`
	}
	var said struct {
		Streams []tagged `json:"streams"`
		Format  tagged   `json:"format"`
	}
	if err := json.Unmarshal(out, &said); err != nil {
		return nil, &media.Error{Code: media.Invalid, Op: "probe", Message: "Video could not be understood", Err: err}
	}
	tags := map[string]string{}
	for _, of := range append([]tagged{said.Format}, said.Streams...) {
		for name, text := range of.Tags {
			if _, known := tags[name]; !known {
				tags[name] = text
			}
		}
	}
	return tags, nil
}

// Frames decodes up to most frames of a film, some three a second from its
// beginning, stretched to side x side grey bytes each. Sound has none.
func Frames(ctx context.Context, f *os.File, format string, side, most int, cfg Config) ([]byte, error) {
	demuxer, ok := Demuxer(format)
	if !ok {
		return nil, media.Errorf(media.Unsupported, "Format %q is neither video nor audio", format)
	}
	info, err := Probe(ctx, f, format, cfg)
	if err != nil || info.VideoCodec == "" {
		return nil, err
	}
	if side*side*most > maxOutput {
		return nil, fmt.Errorf("%d frames of %d x %d are too much", most, side, side)
	}
	cfg = cfg.withDefaults()
	if cfg.Program == "" {
		cfg.Program = "ffmpeg"
	}
	args := append([]string{"-nostdin", "-threads", "1", "-t", "16"}, input(demuxer)...)
	args = append(args, "-map", "0:V:0", "-an", "-sn", "-dn",
		"-vf", fmt.Sprintf("fps=3,scale=%d:%d:flags=area,format=gray", side, side),
		"-frames:v", strconv.Itoa(most), "-f", "rawvideo", "pipe:1")
	out, err := run(ctx, cfg, []*os.File{f}, args)
	if err != nil {
		return nil, probeError(format, err)
	}
	return out, nil
}
