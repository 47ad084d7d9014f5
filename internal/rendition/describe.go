package rendition

import (
	"context"
	"errors"

	"tintype/internal/media"
	"tintype/internal/transform"
)

// Wanted says what Describe tells beside the result's size and format.
type Wanted struct {
	// Signed: as for GetSigned.
	Signed bool
	// Made: the file is one that Get makes, also where t would leave the
	// stored one as it is.
	Made bool
	// Bytes: the size of the file, which is made for that unless it is there.
	Bytes bool
	// Faces: those of the upright source. ResultFaces: those of the result.
	Faces, ResultFaces bool
	// Metadata: what the source's file says of itself; of raw files nothing.
	Metadata bool
	// Colors is how many of the result's most frequent colours to tell.
	Colors int
}

// Description tells of a rendition in place of its pixels.
type Description struct {
	Asset *media.Asset
	// Result is the file that the transformation makes: its Format, Width,
	// Height, Pages, Animated and Alpha, and Bytes where they were wanted.
	// Where that is the stored one it is the version's in full.
	Result media.Info
	// Original: nothing is done to the stored file.
	Original bool
	// Shown is the part of the source, in pixels of the page as it is loaded,
	// that the result shows.
	Shown transform.Rect
	// Faces are the boxes that were stored with the asset, or else found, the
	// largest first, in pixels of the upright source; ResultFaces are found,
	// in pixels of the result.
	Faces, ResultFaces []transform.Rect
	// Sheet says, of a sheet of pictures, where they lie; of that nothing else is told.
	Sheet *Layout
	// Colors of the result, the most frequent first.
	Colors []transform.Color
	// Metadata of the source, nil where it was not wanted.
	Metadata *media.Metadata
	// Layers is as in Result.
	Layers []media.AssetID
}

// Describe tells of what Get would give for t, of an asset of any kind as long
// as t asks for nothing but its stored bytes. Pixels are touched only for what
// is wanted of them, and what was measured once is not measured again. The
// errors are Get's, and Unsupported for faces and colours of a result that
// shows layers.
func (s *Store) Describe(ctx context.Context, a *media.Asset, t transform.Transformation, want Wanted) (*Description, error) {
	t.Output.Info = false
	d := &Description{Asset: a, Result: a.Version.Info, Original: !want.Made && Original(a, t)}
	if a.Access.Composed() {
		l, layers, err := s.Sheet(ctx, a, t, want.Signed)
		if err != nil {
			return nil, err
		}
		d.Sheet, d.Layers = l, layers
		return d, nil
	}
	whole := transform.Rect{Width: a.Version.Info.Width, Height: a.Version.Info.Height}
	d.Shown = whole
	if a.Kind != media.KindImage {
		if !d.Original || want.Faces || want.ResultFaces || want.Colors > 0 {
			return nil, media.Errorf(media.Unsupported, "Transformations of %s files are not supported", a.Kind)
		}
		return d, nil
	}
	if t.Output.Format == transform.Auto {
		return nil, errors.New("rendition: the output format was not negotiated")
	}
	about := facts{asked: &asked{store: s, account: a.Account, signed: want.Signed}, asset: a}
	var subject *transform.Picture
	if !d.Original {
		w, err := s.plan(ctx, a, t, want.Signed)
		if err != nil {
			return nil, err
		}
		d.Layers = w.layers
		d.Result = resultOf(w.plan, a.Version.Info)
		d.Shown, _ = w.plan.Shown()
		var own bool
		if subject, own = w.plan.Picture(); !own && (want.ResultFaces || want.Colors > 0) {
			return nil, media.Errorf(media.Unsupported, "Faces and colours of pictures with layers cannot be told")
		}
		if want.Bytes {
			r, err := s.obtain(ctx, w)
			if err != nil {
				return nil, err
			}
			d.Result.Bytes, d.Result.Alpha, d.Layers = r.Info.Bytes, r.Info.Alpha, r.Layers
		}
	}
	return d, d.measure(ctx, about, subject, want, whole)
}

// measure asks what is wanted of pixels. subject is the result, nil where that
// is the upright source.
func (d *Description) measure(ctx context.Context, about facts, subject *transform.Picture, want Wanted, whole transform.Rect) error {
	faces := func(on *transform.Picture, page transform.Rect, stored []transform.Box4) ([]transform.Rect, error) {
		boxes := stored
		if len(boxes) == 0 {
			ans, err := about.Measure(ctx, transform.Ask{What: transform.WhatFaces, On: on}.Question())
			if err != nil {
				return nil, err
			}
			boxes = ans.Boxes
		}
		var all []transform.Rect
		for _, b := range boxes {
			all = append(all, b.In(page.Width, page.Height))
		}
		return all, nil
	}
	var err error
	if want.Faces {
		if d.Faces, err = faces(nil, whole, about.Stored(transform.Face, "")); err != nil {
			return err
		}
	}
	if want.ResultFaces {
		if d.ResultFaces, err = faces(subject, transform.Rect{Width: d.Result.Width, Height: d.Result.Height}, nil); err != nil {
			return err
		}
	}
	if want.Metadata {
		ans, err := about.Measure(ctx, transform.Ask{What: transform.WhatMetadata}.Question())
		if err != nil {
			return err
		}
		if d.Metadata = (&media.Metadata{}); ans.Analysis != nil && ans.Analysis.Metadata != nil {
			d.Metadata = ans.Analysis.Metadata
		}
	}
	if want.Colors > 0 {
		ans, err := about.Measure(ctx, transform.Ask{What: transform.WhatPalette, Colors: want.Colors, On: subject}.Question())
		if err != nil {
			return err
		}
		d.Colors = ans.Colors
	}
	return nil
}

// resultOf is what a plan says of the file that it makes of a source.
func resultOf(p transform.Plan, source media.Info) media.Info {
	f, _ := media.FormatByName(p.Output.Format)
	return media.Info{
		Format: p.Output.Format, Width: p.Width, Height: p.Height, Pages: p.Input.Pages,
		Animated: f.Animated && source.Animated && p.Input.Pages > 1,
		Alpha:    f.Alpha && p.Alpha(source.Alpha) && p.Output.Depth != transform.DepthRGB,
		Space:    source.Space,
	}
}
