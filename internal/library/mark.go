package library

import (
	"maps"

	"tintype/internal/media"
	"tintype/internal/transform"
)

// Marks are the areas of a picture that a user names; nil leaves what there
// is, and an empty list removes it.
type Marks struct {
	Coordinates *[]media.Box
	Faces       *[]media.Box
	Regions     *map[string][]media.Point
}

const (
	boxesMax  = 200
	pointsMax = 200
	sideMax   = 1 << 20 // of any number in a mark
)

// check refuses marks that nobody could have meant.
func (m Marks) check() error {
	for what, list := range map[string]*[]media.Box{"custom coordinates": m.Coordinates, "face coordinates": m.Faces} {
		if list == nil {
			continue
		}
		if n := len(*list); n > boxesMax {
			return moreThan(what, boxesMax, n)
		}
		for _, b := range *list {
			if !far(b.X) || !far(b.Y) || b.Width < 1 || b.Height < 1 || b.Width > sideMax || b.Height > sideMax {
				return media.Errorf(media.Invalid, "%d,%d,%d,%d is no rectangle of %s", b.X, b.Y, b.Width, b.Height, what)
			}
		}
	}
	if m.Regions == nil {
		return nil
	}
	if n := len(*m.Regions); n > boxesMax {
		return moreThan("regions", boxesMax, n)
	}
	for name, points := range *m.Regions {
		if n := len(points); n > pointsMax {
			return moreThan("points", pointsMax, n)
		}
		if name == "" || len(name) > 255 || len(points) < 2 {
			return media.Errorf(media.Invalid, "A region needs a name and two points at least")
		}
		for _, p := range points {
			if !far(p.X) || !far(p.Y) {
				return media.Errorf(media.Invalid, "%d,%d is no point of a region", p.X, p.Y)
			}
		}
	}
	return nil
}

func far(v int) bool { return v >= -sideMax && v <= sideMax }

func moreThan(what string, most, got int) error {
	e := media.Errorf(media.Invalid, "There are more than %d %s", most, what)
	e.Err = &media.LimitError{What: what, Max: int64(most), Got: int64(got)}
	return e
}

// on stores the marks with an asset. With cut, no box is larger than its
// picture.
func (m Marks) on(a *media.Asset, cut bool) {
	size := a.Version.Info
	boxes := func(to *[]media.Box, from *[]media.Box) {
		if from == nil {
			return
		}
		*to = nil
		for _, b := range *from {
			if cut && size.Width > 0 && size.Height > 0 {
				b.Width, b.Height = min(b.Width, size.Width), min(b.Height, size.Height)
			}
			*to = append(*to, b)
		}
	}
	boxes(&a.Detail.Coordinates, m.Coordinates)
	boxes(&a.Detail.Faces, m.Faces)
	if m.Regions != nil {
		a.Detail.Regions = maps.Clone(*m.Regions)
	}
}

// setAutoQuality stores what takes the place of an automatic quality.
func setAutoQuality(a *media.Asset, t *transform.Transformation) {
	if t == nil {
		return
	}
	o := t.Output
	a.Detail.AutoQuality = ""
	if kept := (transform.Output{Quality: o.Quality, Level: o.Level, Chroma: o.Chroma}); kept != (transform.Output{}) {
		a.Detail.AutoQuality = transform.Transformation{Output: kept}.String()
	}
}
