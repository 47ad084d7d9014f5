package engine

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"tintype/internal/engine/ffmpeg"
	"tintype/internal/media"
	"tintype/internal/transform"
)

// Composer is the ability to make one file of several pictures. Find it by a
// type assertion on an Engine.
type Composer interface {
	// Compose writes what c says of the pictures, in their order, to w, and
	// answers what it is. Nothing is written before the result is complete.
	// Errors are those of Render; Unsupported for a format that this server
	// cannot write.
	Compose(ctx context.Context, pictures []Source, c Composition, w io.Writer) (media.Info, error)
}

// Composition is a page, or several that play, with pictures on it.
type Composition struct {
	// Places are where the pictures lie, one each, and the sizes that they have.
	Places []transform.Rect
	// Width and Height of a page.
	Width, Height int
	// Play gives each picture a page of its own; else all share one.
	Play bool
	// Delay is how long each page shows.
	Delay time.Duration
	// Loop is how often they play; 0 is for ever.
	Loop int
	// Background lies below everything; formats without alpha want it opaque.
	Background transform.Color
	// Output says how it is written. An animation may be gif, webp, png (by
	// APNG), mp4, webm; or pdf, for which the pictures are JPEG and make a
	// page of their own size each.
	Output transform.PlanOutput
}

// MaxComposed is the largest composition: pixels of all pages together.
const MaxComposed = 40_000_000

func (c Composition) pages() int {
	if c.Play {
		return len(c.Places)
	}
	return 1
}

// check reports what cannot be carried out.
func (c Composition) check(pictures int) error {
	if pictures == 0 || pictures != len(c.Places) {
		return fmt.Errorf("compose: %d pictures for %d places", pictures, len(c.Places))
	}
	if c.Width < 1 || c.Height < 1 || c.Width > 16384 || c.Height > 16384 || c.Width*c.Height > MaxComposed/c.pages() {
		return tooLarge("pixels", MaxComposed, int64(c.Width)*int64(c.Height)*int64(c.pages()),
			"%d pages of %d x %d pixels are too large to be put together, the maximum is %s", c.pages(), c.Width, c.Height, megapixels(MaxComposed))
	}
	for _, r := range c.Places {
		if r.Width < 1 || r.Height < 1 || r.X < 0 || r.Y < 0 || r.X+r.Width > c.Width || r.Y+r.Height > c.Height {
			return fmt.Errorf("compose: place %v lies outside of %d x %d", r, c.Width, c.Height)
		}
	}
	return nil
}

// filmed are the formats of animations that ffmpeg writes.
var filmed = []string{"png", "mp4", "webm"}

// Compose implements Composer.
func (p *Pool) Compose(ctx context.Context, pictures []Source, c Composition, w io.Writer) (media.Info, error) {
	info, err := p.compose(ctx, pictures, c, w)
	if err != nil {
		return media.Info{}, fmt.Errorf("compose: %w", err)
	}
	return info, nil
}

func (p *Pool) compose(ctx context.Context, pictures []Source, c Composition, w io.Writer) (media.Info, error) {
	if c.Output.Format == "pdf" {
		return bindPDF(pictures, w)
	}
	if err := c.check(len(pictures)); err != nil {
		return media.Info{}, err
	}
	film := c.Play && slices.Contains(filmed, c.Output.Format)
	sent := c
	if film {
		sent.Output.Format = "" // the bare pixels
	}
	bundle, req, err := p.bundle(pictures, sent)
	if err != nil {
		return media.Info{}, err
	}
	defer bundle.Close()
	j, err := newJob(req, []Source{bundled{bundle}}, 1)
	if err != nil {
		return media.Info{}, err
	}
	defer j.closeFiles()
	j.timeout = 4 * p.cfg.RenderTimeout
	result := j.files[1]
	j.check = func(reply) error { return checkComposed(result, sent) }
	if _, err := p.do(ctx, j); err != nil {
		return media.Info{}, err
	}
	if film {
		return p.film(ctx, result, c, w)
	}
	h, err := readHeader(result, sizeOf(result))
	if err != nil {
		return media.Info{}, err
	}
	n, err := io.Copy(w, io.NewSectionReader(result, 0, sizeOf(result)))
	f, _ := media.FormatByName(h.Format)
	return media.Info{Format: h.Format, Bytes: n, Width: h.Width, Height: h.Height, Pages: h.Pages, Animated: h.Pages > 1, Alpha: f.Alpha, Space: "srgb"}, err
}

// bundle puts all pictures into one file and says where each lies: a packet
// holds fewer descriptors than there may be pictures.
func (p *Pool) bundle(pictures []Source, c Composition) (*os.File, request, error) {
	req := request{Kind: jobCompose, Compose: &composeJob{Composition: c}}
	f, err := memoryFile("pictures")
	if err != nil {
		return nil, req, err
	}
	end := int64(0)
	for i, src := range pictures {
		h, err := p.picture(src)
		if err == nil && (h.Width != c.Places[i].Width || h.Height != c.Places[i].Height) {
			err = fmt.Errorf("picture %d has %d x %d pixels, planned were %v", i, h.Width, h.Height, c.Places[i])
		}
		if err == nil {
			_, err = io.Copy(f, io.NewSectionReader(src, 0, src.Size()))
		}
		if err != nil {
			f.Close()
			return nil, req, err
		}
		req.Compose.Parts = append(req.Compose.Parts, part{Format: h.Format, At: end, Bytes: src.Size()})
		end += src.Size()
	}
	return f, req, nil
}

// bundled is an open file as a Source.
type bundled struct{ f *os.File }

func (b bundled) ReadAt(p []byte, off int64) (int, error) { return b.f.ReadAt(p, off) }
func (b bundled) Size() int64                             { return sizeOf(b.f) }
func (b bundled) File() *os.File                          { return b.f }

func sizeOf(f *os.File) int64 {
	info, err := f.Stat()
	if err != nil {
		return 0
	}
	return info.Size()
}

// checkComposed looks at what a worker made of a composition.
func checkComposed(f *os.File, c Composition) error {
	size := sizeOf(f)
	if c.Output.Format == "" {
		if want := int64(c.Width) * int64(c.Height) * int64(c.pages()) * 4; size != want {
			return fmt.Errorf("worker wrote %d bytes of pixels, not %d", size, want)
		}
		return nil
	}
	h, err := readHeader(f, size)
	if err != nil {
		return &media.Error{Code: media.Internal, Op: "result", Err: err}
	}
	if h.Format != c.Output.Format || h.Width != c.Width || h.Height != c.Height || h.Pages > c.pages() {
		return fmt.Errorf("result is %d x %d %s of %d pages", h.Width, h.Height, h.Format, h.Pages)
	}
	return nil
}

// film has ffmpeg, which takes a worker's place for so long, write bare pixels
// as a film.
func (p *Pool) film(ctx context.Context, pixels *os.File, c Composition, w io.Writer) (media.Info, error) {
	s, err := p.acquire(ctx)
	if err != nil {
		return media.Info{}, err
	}
	defer p.release(s)
	out, err := memoryFile("film")
	if err != nil {
		return media.Info{}, err
	}
	defer out.Close()
	cfg := ffmpeg.Config{
		Command: append(slices.Clone(p.cfg.Command), "exec"), Timeout: 4 * p.cfg.RenderTimeout, Memory: int64(p.cfg.Memory),
	}
	f := ffmpeg.Film{Format: c.Output.Format, Width: c.Width, Height: c.Height, Delay: c.Delay, Loop: c.Loop, Frames: len(c.Places)}
	if err := ffmpeg.Encode(ctx, pixels, out, f, cfg); err != nil {
		return media.Info{}, err
	}
	n, err := io.Copy(w, io.NewSectionReader(out, 0, sizeOf(out)))
	if err != nil {
		return media.Info{}, fmt.Errorf("write result: %w", err)
	}
	info := media.Info{Format: f.Format, Bytes: n, Width: f.Width, Height: f.Height, Pages: f.Frames, Animated: true, Duration: c.Delay * time.Duration(f.Frames)}
	if f.Format != "png" {
		info.Width, info.Height = even(f.Width), even(f.Height)
	} else {
		info.Alpha, info.Duration = true, 0
	}
	return info, nil
}

func even(n int) int { return n + n&1 }
