package transform

import (
	"math"

	"tintype/internal/media"
)

// maxSide is the longest side of a page that any plan may have; products of
// it with a huge length still fit in 64 bits.
const maxSide = 1 << 24

func (l Limits) withDefaults() Limits {
	def := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	def(&l.Side, 16384)
	def(&l.Pixels, 64_000_000)
	def(&l.Frames, 256_000_000)
	def(&l.Steps, 50)
	l.Side = min(l.Side, maxSide)
	return l
}

// page checks one page of a plan with a number of pages. The size's sides are
// at most huge.
func (l Limits) page(s size, pages int) error {
	if s.w > l.Side {
		return overLimit("width", "Width", "pixels", s.w, l.Side)
	}
	if s.h > l.Side {
		return overLimit("height", "Height", "pixels", s.h, l.Side)
	}
	pixels := s.w * s.h
	if pixels > l.Pixels {
		return overLimit("pixels", "Picture size", "pixels", pixels, l.Pixels)
	}
	if pages > l.Frames/pixels {
		all := math.MaxInt
		if pages <= math.MaxInt/pixels {
			all = pages * pixels
		}
		return overLimit("frames", "Size of all frames", "pixels", all, l.Frames)
	}
	return nil
}

func (l Limits) steps(n int) error {
	if n > l.Steps {
		return overLimit("steps", "Length of the transformation", "steps", n, l.Steps)
	}
	return nil
}

func overLimit(what, subject, unit string, got, most int) error {
	e := media.Errorf(media.Invalid, "%s is limited to %d %s, requested %d", subject, most, unit, got)
	e.Err = &media.LimitError{What: what, Max: int64(most), Got: int64(got)}
	return e
}
