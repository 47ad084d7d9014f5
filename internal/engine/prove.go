package engine

import (
	"slices"

	"tintype/internal/engine/vips"
	"tintype/internal/media"
)

// proofPixels is how much of an animation is decoded to prove that it can be;
// of a larger one only the first frame is.
const proofPixels = 64_000_000

// strictness is how severe a decoder has to be to notice that a file has lost
// its end. Others notice always, or never.
var strictness = map[string]string{
	"jpeg": "warning", // a cut file may have got an end marker
	"png":  "truncated", "gif": "truncated", "tiff": "truncated", "webp": "truncated",
}

// prove decodes the picture, as cheaply as its format allows. A truncated
// file passes when its decoder fills in the rest, and that is little.
func (s *source) prove(scope *vips.Scope, info media.Info) error {
	if s.format == "jpeg" && intactJPEG(s.data) {
		return nil
	}
	return s.decode(scope, info)
}

// decode is prove by a decoder.
func (s *source) decode(scope *vips.Scope, info media.Info) error {
	strict, ok := strictness[s.format]
	if !ok {
		strict = "none"
	}
	pages := 1
	if (s.format == "gif" || s.format == "webp") && info.Width*info.Height*info.Pages <= proofPixels {
		pages = info.Pages
	}
	err := s.decodes(scope, strict, pages, 1)
	if err == nil || !ok || outOfMemory(err) {
		return s.damagedIf(err)
	}
	if pages > 1 {
		if err := s.decodes(scope, "none", pages, 1); err != nil {
			return s.damaged(err)
		}
	}
	// Decoders that go row by row get through the part that is there.
	if s.decodes(scope, strict, 1, 1-lossMax) == nil {
		return nil
	}
	lost, err := s.lost(scope)
	switch {
	case err != nil:
		return s.damaged(err)
	case lost > lossMax:
		return media.Errorf(media.Invalid, "Image file is truncated")
	}
	return nil
}

// lossMax is the part of a picture's height that may be missing.
const lossMax = 0.1

func (s *source) damagedIf(err error) error {
	if err == nil {
		return nil
	}
	return s.damaged(err)
}

// decodes decodes the upper part of the pages, in one go.
func (s *source) decodes(scope *vips.Scope, failOn string, pages int, part float64) error {
	im, err := s.openToProve(scope, failOn, pages)
	if err != nil {
		return err
	}
	if rows := int(float64(im.Height()) * part); rows < im.Height() {
		im, err = scope.Make("extract_area", vips.Args{"input": im, "left": 0, "top": 0, "width": im.Width(), "height": max(rows, 1)})
		if err != nil {
			return err
		}
	}
	_, err = scope.Call("avg", vips.Args{"in": im})
	return err
}

func (s *source) openToProve(scope *vips.Scope, failOn string, pages int) (*vips.Image, error) {
	args := vips.Args{"buffer": s.data, "access": "sequential", "fail_on": failOn}
	if s.format == "jpeg" {
		args["shrink"] = 8
	}
	if s.pages && pages > 1 {
		args["n"] = pages
	}
	return scope.Make(s.op, args)
}

// lost measures what part of the first page's height a lenient decoder has
// filled in for want of data: the rows at the end that are nothing but its
// filling. Every second row counts, since these come last in interlaced files.
func (s *source) lost(scope *vips.Scope) (float64, error) {
	im, err := s.openToProve(scope, "none", 1)
	if err != nil {
		return 0, err
	}
	if s.format != "jpeg" {
		if im, err = scope.Make("subsample", vips.Args{"input": im, "xfac": min(8, im.Width()), "yfac": 1}); err != nil {
			return 0, err
		}
	}
	px, err := im.Pixels()
	if err != nil {
		return 0, err
	}
	h := im.Height()
	row := len(px) / h
	filled, rows := 0, 0
	inTail := true
	for y := (h - 1) | 1; y >= 0; y -= 2 {
		if y >= h {
			continue
		}
		rows++
		if inTail = inTail && s.isFilling(px[y*row:(y+1)*row]); inTail {
			filled++
		}
	}
	if rows == 0 {
		return 0, nil
	}
	return float64(filled) / float64(rows), nil
}

// isFilling reports that a row's bytes are what the decoder puts where it has
// no data: middle grey for JPEG, nought elsewhere.
func (s *source) isFilling(row []byte) bool {
	least, most := byte(0), byte(0)
	if s.format == "jpeg" {
		least, most = 126, 130
	}
	return !slices.ContainsFunc(row, func(b byte) bool { return b < least || b > most })
}
