package engine

import (
	"errors"
	"fmt"
	"io"

	"tintype/internal/media"
)

// header is what a file's first bytes say about it, read by our own code
// before any decoder sees the file. It is a claim of the file: good enough to
// refuse one that would cost too much, and to choose the one loader that may
// look at it.
type header struct {
	// Format is a name of media's table, or "psd"; "" when the content is
	// none that is known here.
	Format string
	Kind   media.Kind // KindRaw when Format is ""
	// Width and Height are of one page as stored, in pixels; 0 for SVG, PDF,
	// video and audio. HEIC, AVIF and JXL give the size after the rotation
	// that their decoders carry out on their own; Orientation is 0 then.
	Width, Height int
	// Pages counts frames or pages and is at least 1 for a picture. It stays 1
	// for PDF, and for JXL, whose frames cannot be counted without decoding.
	Pages    int
	Animated bool
	// Orientation is the Exif orientation, 1 to 8; 0 means none stated.
	Orientation int
	Alpha       bool
	// Bits per sample; 0 where that is not one number or not said.
	Bits int
	// largest is the number of pixels of the largest picture in the file
	// when that is not the one of Width and Height: a later TIFF page, an
	// auxiliary item of an AVIF.
	largest int64
}

// maxPages is where counting of frames and pages stops; a file with more is
// refused whatever the limits.
const maxPages = 65535

// Limits bound what a source may claim to be. A zero field takes its default.
type Limits struct {
	Pixels      int64 // of one picture, default 100 million
	FramePixels int64 // of all frames of an animation, default 256 million
	Frames      int   // of an animation, default 2,000
	Side        int   // the longer one, default 65,535 px
}

func (l Limits) withDefaults() Limits {
	if l.Pixels == 0 {
		l.Pixels = 100_000_000
	}
	if l.FramePixels == 0 {
		l.FramePixels = 256_000_000
	}
	if l.Frames == 0 {
		l.Frames = 2000
	}
	if l.Side == 0 {
		l.Side = 65535
	}
	return l
}

// check answers with an Invalid error that wraps a *media.LimitError when the
// picture is larger than the limits allow. Video and audio always pass: their
// sizes are not in the header.
func (l Limits) check(h header) error {
	if h.Kind != media.KindImage {
		return nil
	}
	l = l.withDefaults()
	size := fmt.Sprintf("%d x %d pixels", h.Width, h.Height)
	one := int64(h.Width) * int64(h.Height)
	switch {
	case h.Width > l.Side || h.Height > l.Side:
		return tooLarge("side", int64(l.Side), int64(max(h.Width, h.Height)),
			"Image is too large: %s, the maximum side is %d", size, l.Side)
	case one > l.Pixels:
		return tooLarge("pixels", l.Pixels, one,
			"Image is too large: %s, the maximum is %s", size, megapixels(l.Pixels))
	case h.largest > l.Pixels:
		return tooLarge("pixels", l.Pixels, h.largest,
			"Image is too large: it holds a picture of %s, the maximum is %s", megapixels(h.largest), megapixels(l.Pixels))
	case h.Animated && h.Pages > l.Frames:
		return tooLarge("frames", int64(l.Frames), int64(h.Pages),
			"Image has too many frames: the maximum is %d", l.Frames)
	case h.Animated && one*int64(h.Pages) > l.FramePixels:
		return tooLarge("pixels", l.FramePixels, one*int64(h.Pages),
			"Image is too large: %d frames of %s, the maximum is %s together", h.Pages, size, megapixels(l.FramePixels))
	}
	return nil
}

func tooLarge(what string, most, got int64, format string, args ...any) error {
	return &media.Error{
		Code:    media.Invalid,
		Op:      "header",
		Message: fmt.Sprintf(format, args...),
		Err:     &media.LimitError{What: what, Max: most, Got: got},
	}
}

// megapixels writes a number of pixels for people: "100 megapixels", "0.5 megapixels".
func megapixels(n int64) string {
	if n%1_000_000 == 0 {
		return fmt.Sprintf("%d megapixels", n/1_000_000)
	}
	return fmt.Sprintf("%.1f megapixels", float64(n)/1e6)
}

// malformed is the error for a file that breaks the rules of the format that
// it claims to be. The message completes "Image is not a valid X: ".
func malformed(format, why string) error {
	return media.Errorf(media.Invalid, "Image is not a valid %s file: %s", format, why)
}

// readHeader finds out what a file is from its content alone. Unknown content
// gives Format "" and no error. A known format with a broken header gives an
// Invalid error. The work is bounded whatever the file says: bytes read,
// blocks visited, memory. Other errors are those of r.
func readHeader(r io.ReaderAt, size int64) (header, error) {
	w := newWindow(r, size)
	start, err := w.upTo(0, sniffLen)
	if err != nil {
		return header{}, err
	}
	head := append([]byte(nil), start...)
	for _, f := range sniffers {
		if !f.match(head) {
			continue
		}
		h, err := f.read(w, head)
		if err != nil {
			return header{}, headerError(f.name, err)
		}
		if h.Format == "" {
			continue
		}
		return finish(h)
	}
	return header{Kind: media.KindRaw}, nil
}

// finish fills in what follows from the format, and refuses a picture of no size.
func finish(h header) (header, error) {
	if h.Kind == "" {
		h.Kind = media.KindImage
	}
	if h.Kind != media.KindImage {
		return h, nil
	}
	h.Pages = max(h.Pages, 1)
	if h.Pages > maxPages {
		return header{}, tooLarge("pages", maxPages, int64(h.Pages), "Image has too many frames: the maximum is %d", maxPages)
	}
	if h.Format != "svg" && h.Format != "pdf" && (h.Width <= 0 || h.Height <= 0) {
		return header{}, malformed(h.Format, "it has no size")
	}
	return h, nil
}

// headerError turns the window's errors into sentences; those of the
// underlying reader stay as they are.
func headerError(format string, err error) error {
	switch {
	case errors.Is(err, errShort):
		return malformed(format, "it is truncated")
	case errors.Is(err, errBusy):
		return malformed(format, "it has too many parts")
	}
	return err
}
