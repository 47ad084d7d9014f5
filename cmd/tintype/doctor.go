package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tintype/internal/engine"
	"tintype/internal/engine/ffmpeg"
	"tintype/internal/media"
)

// neededFormats are those without which the server cannot do its main job.
var neededFormats = map[string]bool{"jpeg": true, "png": true, "webp": true, "gif": true}

// advised are the oldest versions without a known hole of a kind that the
// sandbox has to hold. Distributions mend older ones too, so being older is a
// warning.
var advised = map[string]string{"libvips": "8.18.3", "ffmpeg": "8.1.3"}

func doctorCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Say what this machine can do, and what is missing",
		Long: `Starts a worker as the server does, has it write and read a small picture in
every format, and looks for ffmpeg and fonts. The exit status is 1 when
something is missing that the server needs.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), time.Minute)
			defer cancel()
			d := doctor{out: cmd.OutOrStdout()}
			d.examine(ctx)
			if d.missing > 0 {
				return exitCode(1)
			}
			return nil
		},
	}
}

type doctor struct {
	out     io.Writer
	missing int
}

func (d *doctor) good(what, says string) { d.line("ok", what, says) }
func (d *doctor) warn(what, says string) { d.line("warn", what, says) }
func (d *doctor) bad(what, says string)  { d.missing++; d.line("FAIL", what, says) }
func (d *doctor) line(mark, what, says string) {
	fmt.Fprintf(d.out, "%-5s %-10s %s\n", mark, what, says)
}

func (d *doctor) examine(ctx context.Context) {
	d.good("tintype", version)
	report, err := engine.Doctor(ctx, engine.Config{})
	if err != nil {
		d.bad("engine", fmt.Sprintf("no worker can be started: %v", err))
	} else {
		d.engine(report)
		if len(report.Unwritten) > 0 {
			d.warn("text", "no font has letters of "+strings.Join(report.Unwritten, ", ")+": run deploy/setup.sh, or install fonts that do")
		} else {
			d.good("text", "Latin, Cyrillic, Greek, Arabic, Chinese, Japanese, Korean, emoji")
		}
		d.replaced(report.Replaced)
	}
	d.ffmpeg(ctx)
	d.fonts(ctx)
}

// replaced names the familiar fonts for which others stand.
func (d *doctor) replaced(list []engine.Replaced) {
	var all []string
	for _, r := range list {
		s := r.Family + " (" + r.With + ")"
		if r.Want[0] != r.Family {
			s += " for want of " + r.Want[0]
		}
		all = append(all, s)
	}
	if len(all) > 0 {
		d.warn("fonts", "not installed, and drawn with others of a similar look: "+strings.Join(all, ", "))
	}
}

func (d *doctor) engine(r engine.Report) {
	d.version("libvips", r.Library)
	if r.SIMD {
		d.good("simd", "libvips runs its vector code")
	} else {
		d.warn("simd", "libvips runs without vector code: renditions take about twice as long")
	}
	for _, f := range r.Formats {
		what := "format"
		switch name := media.Extension(f.Format); {
		case f.Read && f.Write:
			d.good(what, name+": read and written")
		case neededFormats[f.Format]:
			d.bad(what, name+": "+f.Problem)
		case f.Write:
			d.warn(what, name+": written, not read")
		default:
			d.warn(what, fmt.Sprintf("%s: not available (%s)", name, strings.TrimSpace(f.Problem)))
		}
	}
	if r.Walled {
		d.good("sandbox", r.Sandbox)
	} else {
		d.warn("sandbox", r.Sandbox+": the kernel does not shut workers in; do not take files from strangers")
	}
	d.good("limits", fmt.Sprintf("%d workers of %s each; stills of %s, animations of %s and %d frames, sides of %d px",
		r.Workers, (*size)(new(int64(r.Memory))), megapixels(r.Limits.Pixels), megapixels(r.Limits.FramePixels), r.Limits.Frames, r.Limits.Side))
}

func (d *doctor) ffmpeg(ctx context.Context) {
	v, err := ffmpeg.Version(ctx, ffmpeg.Config{})
	if err != nil {
		d.bad("ffmpeg", "not found: install ffmpeg, or videos cannot be uploaded")
		return
	}
	d.version("ffmpeg", v)
}

// version tells a version, and warns when it is older than advised.
func (d *doctor) version(what, v string) {
	if older(v, advised[what]) {
		d.warn(what, fmt.Sprintf("%s; upstream mended holes up to %s: keep your distribution's security updates on", v, advised[what]))
		return
	}
	d.good(what, v)
}

func (d *doctor) fonts(ctx context.Context) {
	out, err := exec.CommandContext(ctx, "fc-list", ":", "family").Output()
	if n := strings.Count(string(out), "\n"); err == nil && n > 0 {
		d.good("fonts", fmt.Sprintf("%d families", n))
		return
	}
	if _, statErr := os.Stat("/usr/share/fonts"); statErr == nil && err != nil {
		d.warn("fonts", "there are fonts, but no fc-list to count them: install fontconfig")
		return
	}
	d.bad("fonts", "none found: install fontconfig and some fonts")
}

// older compares versions number by number; what follows the numbers does not count.
func older(v, than string) bool {
	a, b := versionNumbers(v), versionNumbers(than)
	for i := range b {
		n := 0
		if i < len(a) {
			n = a[i]
		}
		if n != b[i] {
			return n < b[i]
		}
	}
	return false
}

func versionNumbers(v string) (numbers []int) {
	for _, part := range strings.Split(v, ".") {
		digits := strings.IndexFunc(part+" ", func(r rune) bool { return r < '0' || r > '9' })
		n, err := strconv.Atoi(part[:digits])
		if err != nil {
			return numbers
		}
		numbers = append(numbers, n)
		if digits < len(part) {
			return numbers
		}
	}
	return numbers
}

func megapixels(n int64) string { return fmt.Sprintf("%d MP", n/1_000_000) }
