package engine

import (
	"fmt"
	"io"
	"os"

	"tintype/internal/engine/pango"
	"tintype/internal/media"
)

// fontBytesMax bounds a font file; those of Chinese, Japanese and Korean are large.
const fontBytesMax = 32 << 20

// fontMagics are how the files begin that FreeType reads as outlines.
var fontMagics = []string{"\x00\x01\x00\x00", "OTTO", "true", "ttcf", "wOFF", "wOF2"}

// checkFont refuses what is no font before a worker opens it.
func checkFont(src Source, name string) error {
	if src.Size() > fontBytesMax {
		return media.Errorf(media.TooLarge, "The font %s has %d bytes, the maximum is %d", name, src.Size(), fontBytesMax)
	}
	var head [4]byte
	if _, err := src.ReadAt(head[:], 0); err != nil && err != io.EOF {
		return fmt.Errorf("read font: %w", err)
	}
	for _, m := range fontMagics {
		if string(head[:]) == m {
			return nil
		}
	}
	return errNoFont(name)
}

func errNoFont(name string) error {
	return media.Errorf(media.Invalid, "%s is not a font that can be used", name)
}

const (
	// fontFDs is the first of the numbers that font files get, each of which
	// is used once in a worker's life; fontFDsLast is after which it is worn out.
	fontFDs     = 64
	fontFDsLast = 224
)

// shelf holds a worker's fonts: those of the machine, read once, and files
// that come with a job. It is used by one job at a time.
type shelf struct {
	system *pango.Fonts
	owned  installed
	next   int
}

// machine answers the fonts of the machine.
func (s *shelf) machine() (*pango.Fonts, error) {
	if s.system == nil {
		f, err := pango.NewFonts("")
		if err != nil {
			return nil, &media.Error{Code: media.Unsupported, Op: "fonts", Message: "This server has no fonts", Err: err}
		}
		s.system, s.owned = f, installedOf(f.Families())
	}
	return s.system, nil
}

// with answers fonts of which the file's goes first. The caller calls done
// after the last use.
func (s *shelf) with(file *os.File, name string) (fonts *pango.Fonts, done func(), err error) {
	s.next = max(s.next, fontFDs)
	own, path, err := duplicate(file, s.next)
	if err != nil {
		return nil, nil, fmt.Errorf("open font: %w", err)
	}
	s.next = int(own.Fd()) + 1
	fonts, err = pango.NewFonts(path)
	if err != nil {
		own.Close()
		return nil, nil, errNoFont(name)
	}
	return fonts, func() {
		fonts.Close()
		own.Close()
	}, nil
}

// worn reports that the next job might find no fresh number for its fonts.
func (s *shelf) worn() bool { return s.next > fontFDsLast }
